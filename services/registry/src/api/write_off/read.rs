//! Reading, listing and following the ledger.

use futures_util::stream;
use greenlane_api::common::v1::watch_start::Position;
use greenlane_api::registry::v1 as wire;
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};
use tonic::codegen::BoxStream;

use super::super::consistency;
use super::{WriteOffs, parse, render};
use crate::app::notices::Notices;
use crate::app::read::at_revision;
use crate::app::watch::Pace;
use crate::domain::names::BodyId;
use crate::domain::write_off::lineage::Lineage;
use crate::domain::write_off::parse_write_off_name;
use crate::store::list;
use crate::store::write_off::{self, Asked, WriteOffFilter};

impl WriteOffs {
    pub(super) async fn get(
        &self,
        caller: &Caller,
        raw: wire::GetWriteOffRequest,
    ) -> Result<wire::GetWriteOffResponse, Fault> {
        let mut v = Violations::new();
        let index = v.parse("name", parse_write_off_name(&raw.name));
        let freshness = consistency::freshness(&mut v, raw.consistency.as_ref());
        let (index, freshness) = v.finish_with(|| Some((index?, freshness?)))?;
        let revision = self.reader.settle(freshness).await?;
        let (found, reversed) = self
            .reader
            .read("get_write_off", move |tx| {
                Box::pin(async move {
                    let found = write_off::by_index(tx, index).await?;
                    Ok((found, write_off::reversals(tx, [index], revision).await?))
                })
            })
            .await?;
        let found = found.filter(|found| found.index < revision).ok_or_else(|| Fault::not_found(&raw.name))?;
        let record = &found.record;
        match (caller.body(), caller.economy()) {
            (Some(_), _) => consistency::own_or_unbound(caller, &record.body.name()),
            (None, Some(_)) => caller.must_be_economy(&record.economy),
            (None, None) => Ok(()),
        }
        .map_err(|denied| denied.about(raw.name.clone()))?;
        let write_off = Some(render::write_off(&found, reversed.get(&index).copied()));
        Ok(wire::GetWriteOffResponse { write_off, revision })
    }

    pub(super) async fn list(
        &self,
        caller: &Caller,
        raw: wire::ListWriteOffsRequest,
    ) -> Result<wire::ListWriteOffsResponse, Fault> {
        let mut v = Violations::new();
        let binding = PageBinding::new("ListWriteOffs")
            .with(&raw.certificate)
            .with(&raw.body)
            .with(&raw.economy)
            .with(raw.kind.to_be_bytes());
        let filter = filter(&mut v, &raw.certificate, &raw.body, &raw.economy, raw.kind);
        let page_size = v.page_size(raw.page_size);
        let after = v.page_token::<u64>(&raw.page_token, &binding);
        let freshness = consistency::freshness(&mut v, raw.consistency.as_ref());
        let (mut filter, page_size, after, freshness) =
            v.finish_with(|| Some((filter?, page_size?, after?, freshness?)))?;
        bind(caller, &mut filter)?;
        let revision = self.reader.settle(freshness).await?;
        let from = after.map_or(0, |after| after + 1);
        let (mut found, reversed) = self
            .reader
            .read("list_write_offs", move |tx| {
                let filter = filter.clone();
                Box::pin(async move {
                    let limit = Some(page_size as u64 + 1);
                    let found = write_off::list(tx, &filter, (from, revision), limit).await?;
                    let indices: Vec<u64> = found.iter().map(|write_off| write_off.index).collect();
                    Ok((found, write_off::reversals(tx, indices, revision).await?))
                })
            })
            .await?;
        let more = found.len() > page_size;
        found.truncate(page_size);
        let next_page_token = match found.last() {
            Some(last) if more => binding.token(&last.index)?,
            _ => String::new(),
        };
        let show = |write_off| render::write_off(write_off, reversed.get(&write_off.index).copied());
        Ok(wire::ListWriteOffsResponse { write_offs: found.iter().map(show).collect(), next_page_token, revision })
    }

    pub(super) async fn balance(
        &self,
        caller: &Caller,
        raw: wire::GetBalanceRequest,
    ) -> Result<wire::GetBalanceResponse, Fault> {
        let mut v = Violations::new();
        let number = consistency::certificate(&mut v, "certificate", &raw.certificate, false);
        let freshness = consistency::freshness(&mut v, raw.consistency.as_ref());
        let (number, freshness) = v.finish_with(|| Some((number?, freshness?)))?;
        let revision = self.reader.settle(freshness).await?;
        self.may_read(caller, &number).await?;
        let (today, asked) = (self.registry.clock.today(), number.clone());
        let found = self
            .reader
            .read("get_balance", move |tx| {
                let number = asked.clone();
                Box::pin(async move {
                    let Some(known) = list::certificate(tx, &number).await? else { return Ok(None) };
                    let ledger = write_off::ledger_at(tx, &number, revision, &Asked::All).await?;
                    let Some(snapshot) = at_revision(&known, revision, 0, today) else { return Ok(None) };
                    let versions = known.versions.iter().filter(|version| version.log_index < revision);
                    let versions = versions.map(|version| (version.version, version.content.as_ref()));
                    let lineage = Lineage::of(&snapshot.events, versions);
                    Ok(Some((snapshot.version, lineage, ledger)))
                })
            })
            .await?;
        let (shown, lineage, ledger) = found.ok_or_else(|| Fault::not_found(number.name()))?;
        let products = render::balances(shown.version, &shown.content, &lineage, &ledger);
        Ok(wire::GetBalanceResponse { products, revision })
    }

    pub(super) async fn watch(
        &self,
        caller: &Caller,
        raw: wire::WatchWriteOffsRequest,
    ) -> Result<BoxStream<wire::WatchWriteOffsResponse>, Fault> {
        let mut v = Violations::new();
        let after = match raw.start.as_ref().and_then(|start| start.position) {
            None => Some(None),
            Some(Position::AfterRevision(revision)) => Some(Some(revision)),
            Some(Position::Earliest(set)) => v.check("start.earliest", set, "must be true when set").then_some(Some(0)),
            Some(Position::Snapshot(_)) => {
                v.add("start.snapshot", "is not offered: the earliest is the whole");
                None
            }
        };
        let filter = filter(&mut v, &raw.certificate, &raw.body, &raw.economy, raw.kind);
        let (after, mut filter) = v.finish_with(|| Some((after?, filter?)))?;
        bind(caller, &mut filter)?;
        let notices = Notices::begin(self.reader.clone(), Pace::default(), filter, after).await?;
        let messages = stream::unfold(Some(notices), |notices| async move {
            let mut notices = notices?;
            match notices.next().await? {
                Ok((revision, told)) => {
                    let write_off = told.map(|told| render::write_off(&told, None));
                    Some((Ok(wire::WatchWriteOffsResponse { revision, write_off }), Some(notices)))
                }
                Err(end) => Some((Err(Fault::from(end).into()), None)),
            }
        });
        Ok(Box::pin(messages))
    }
}

fn filter(v: &mut Violations, certificate: &str, body: &str, economy: &str, kind: i32) -> Option<WriteOffFilter> {
    let certificate = consistency::optional_certificate(v, "certificate", certificate);
    let body = consistency::optional_body(v, "body", body);
    let economy = v.optional_economy("economy", economy);
    let kind = parse::kind(v, kind);
    Some(WriteOffFilter {
        certificate: certificate?,
        body: body?,
        economy: economy?.map(|economy| economy.into_string()),
        kind: kind?,
    })
}

/// Narrows a filter to what the caller may read.
fn bind(caller: &Caller, filter: &mut WriteOffFilter) -> Result<(), Fault> {
    match (caller.body(), caller.economy()) {
        (Some(own), _) => match &filter.body {
            Some(asked) => caller.must_be_body(&asked.name())?,
            None => filter.body = Some(BodyId::from_name(own).map_err(|_| Fault::not_yours("body", own))?),
        },
        (None, Some(own)) => match &filter.economy {
            Some(asked) => caller.must_be_economy(asked)?,
            None => filter.economy = Some(own.to_owned()),
        },
        (None, None) => {}
    }
    Ok(())
}
