//! Reading certificates and their events.

use greenlane_api::registry::v1 as wire;
use greenlane_credential::Profile;
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};
use prost::Message;

use super::super::{consistency, content, render};
use super::{Certificates, not_found};
use crate::app::files;
use crate::app::read::{Disputed, Freshness};
use crate::app::recall;
use crate::domain::life::{Standing, State, overtakers};
use crate::domain::names::BodyId;
use crate::domain::world::Known;
use crate::store::filter::{Filter, MAX_NUMBER_CHARS};
use crate::store::list;

/// A page may look at this many rows for each that it shows, since what shows is computed.
const LOOK_AT: usize = 4;

impl Certificates {
    pub(super) async fn get(
        &self,
        caller: &Caller,
        raw: wire::GetCertificateRequest,
    ) -> Result<wire::GetCertificateResponse, Fault> {
        let mut v = Violations::new();
        let hint = consistency::did_you_mean(&self.reader, caller, &raw.name).await?;
        let number = consistency::certificate_or(&mut v, "name", &raw.name, false, &hint);
        let freshness = consistency::freshness(&mut v, raw.consistency.as_ref());
        let profile = profile(&mut v, raw.document_profile);
        let (number, freshness, profile) = v.finish_with(|| Some((number?, freshness?, profile?)))?;
        let revision = self.reader.settle(freshness).await?;
        let today = self.registry.clock.today();
        let (asked, include_proof, wanted) = (number.clone(), raw.include_proof, raw.version);
        let found = self
            .reader
            .read("get_certificate", move |tx| {
                let number = asked.clone();
                Box::pin(async move {
                    let Some(known) = list::certificate(tx, &number).await? else { return Ok(None) };
                    let disputed = Disputed::of(tx, std::slice::from_ref(&known)).await?;
                    let Some(snapshot) = disputed.at_revision(&known, revision, wanted, today) else { return Ok(None) };
                    let proof = if include_proof {
                        let size = crate::store::log::checkpoint_at(tx, revision).await?;
                        Some(recall::proof(tx, snapshot.latest().log_index, size).await?)
                    } else {
                        None
                    };
                    Ok(Some((snapshot, proof)))
                })
            })
            .await?;
        let missing = || match raw.version {
            0 => not_found(&number),
            version => Fault::not_found(format!("{}/versions/{version}", number.name())),
        };
        let (mut snapshot, proof) = found.ok_or_else(missing)?;
        consistency::own_or_unbound(caller, &snapshot.body.name()).map_err(|denied| denied.about(number.name()))?;
        let stored = files::stated((&snapshot.number, &snapshot.body), &snapshot.version);
        if profile == Profile::W3c {
            snapshot.version.document = self.registry.restate(&snapshot.body, &snapshot.version).await?.into();
        }
        Ok(wire::GetCertificateResponse {
            certificate: Some(render::certificate(&snapshot, today, true)),
            revision,
            proof: proof.as_ref().map(render::proof),
            findings: stored.finding().into_iter().map(render::finding).collect(),
        })
    }

    pub(super) async fn list(
        &self,
        caller: &Caller,
        raw: wire::ListCertificatesRequest,
    ) -> Result<wire::ListCertificatesResponse, Fault> {
        let mut v = Violations::new();
        let filter_bytes = raw.filter.as_ref().map(Message::encode_to_vec).unwrap_or_default();
        let binding = PageBinding::new("ListCertificates").with(filter_bytes);
        let page_size = v.page_size(raw.page_size);
        let after = v.page_token::<u64>(&raw.page_token, &binding);
        let freshness = consistency::freshness(&mut v, raw.consistency.as_ref());
        let parsed = filter(&mut v, raw.filter.unwrap_or_default());
        let (page_size, mut after, freshness, (mut filter, states)) =
            v.finish_with(|| Some((page_size?, after?, freshness?, parsed?)))?;
        match (&filter.body, caller.body()) {
            (Some(body), _) => consistency::own_or_unbound(caller, &body.name())?,
            (None, Some(own)) => filter.body = Some(BodyId::from_name(own).map_err(|_| Fault::not_yours("body", own))?),
            (None, None) => {}
        }
        let revision = self.reader.settle(freshness).await?;
        let today = self.registry.clock.today();
        if !states.is_empty() && !matches!(freshness, Freshness::Exactly(_)) {
            filter.states = Some((stored_as(&states), self.registry.clock.now()));
        }
        let wanted = filter.clone();
        let mut shown = Vec::new();
        let mut looked_at = 0;
        let mut more = true;
        // States depend on the date, so they are decided on what was read; a page may look further for its rows.
        while more && shown.len() < page_size && looked_at < page_size * LOOK_AT {
            let (query, start, limit) = (filter.clone(), after, (page_size - shown.len()) as u64);
            let rows = self
                .reader
                .read("list_certificates", move |tx| {
                    let query = query.clone();
                    Box::pin(async move {
                        let page = list::certificates(tx, &query, start, limit).await?;
                        let disputed = Disputed::of(tx, &page).await?;
                        let row =
                            |known: &Known| (known.head.granted_index, disputed.at_revision(known, revision, 0, today));
                        Ok(page.iter().map(row).collect::<Vec<_>>())
                    })
                })
                .await?;
            more = rows.len() as u64 == limit;
            looked_at += rows.len();
            for (granted, snapshot) in rows {
                after = Some(granted);
                let Some(snapshot) = snapshot else {
                    // Rows come in the order of their grants: from here on nothing was known at the revision.
                    more = false;
                    break;
                };
                if !wanted.holds_for(&snapshot.version.content) {
                    continue;
                }
                let certificate = render::certificate(&snapshot, today, false);
                if states.is_empty() || states.contains(&certificate.state) {
                    shown.push(certificate);
                }
            }
        }
        let next_page_token = match after {
            Some(after) if more => binding.token(&after)?,
            _ => String::new(),
        };
        Ok(wire::ListCertificatesResponse { certificates: shown, next_page_token, revision })
    }

    pub(super) async fn list_events(
        &self,
        caller: &Caller,
        raw: wire::ListCertificateEventsRequest,
    ) -> Result<wire::ListCertificateEventsResponse, Fault> {
        let mut v = Violations::new();
        let number = consistency::certificate(&mut v, "certificate", &raw.certificate, false);
        let binding = PageBinding::new("ListCertificateEvents").with(&raw.certificate);
        let page_size = v.page_size(raw.page_size);
        let after = v.page_token::<u64>(&raw.page_token, &binding);
        let freshness = consistency::freshness(&mut v, raw.consistency.as_ref());
        let (number, page_size, after, freshness) =
            v.finish_with(|| Some((number?, page_size?, after?, freshness?)))?;
        let revision = self.reader.settle(freshness).await?;
        if caller.body().is_some() {
            let file = self.registry.published.files().certificate(&self.reader.store, &number).await?;
            let file = file.ok_or_else(|| not_found(&number))?;
            consistency::own_or_unbound(caller, &file.body.name()).map_err(|denied| denied.about(number.name()))?;
        }
        let asked = number.clone();
        // All that follow, and not a page: what overtook an event comes behind it.
        let mut events = self
            .reader
            .read("list_certificate_events", move |tx| {
                let number = asked.clone();
                Box::pin(async move { Ok(list::events(tx, &number, after, None).await?) })
            })
            .await?;
        events.retain(|event| event.log_index < revision);
        if events.is_empty() && after.is_none() {
            return Err(not_found(&number));
        }
        let page = events.iter().zip(overtakers(&events)).take(page_size);
        let shown = page.map(|(event, by)| wire::CertificateEvent {
            overtaken_by: by.map(|by| render::event_name(&number, by)).unwrap_or_default(),
            ..render::event(&number, event)
        });
        let shown: Vec<wire::CertificateEvent> = shown.collect();
        let next_page_token = match shown.last() {
            Some(last) if events.len() > page_size => binding.token(&last.log_index)?,
            _ => String::new(),
        };
        let events = shown;
        Ok(wire::ListCertificateEventsResponse { events, next_page_token, revision })
    }
}

/// The filter, and the states that are asked for as the wire has them.
fn filter(v: &mut Violations, raw: wire::CertificateFilter) -> Option<(Filter, Vec<i32>)> {
    let mut v = v.scope("filter");
    let v = &mut *v;
    let body = consistency::optional_body(v, "body", &raw.body);
    let holder = v.text("holder", &raw.holder, 0..=300);
    let product = content::product_id(v, "product", raw.product.unwrap_or_default());
    let code = match raw.code {
        None => Some(None),
        Some(code) => content::code(&mut v.scope("code"), &code).map(Some),
    };
    let scheme = v.text("scheme", &raw.scheme, 0..=100);
    let standard = v.text("standard_edition", &raw.standard_edition, 0..=120);
    let valid_on = v.optional_date("valid_on", &raw.valid_on);
    let expires_from = v.optional_date("expires_from", &raw.expires_from);
    let expires_until = v.optional_date("expires_until", &raw.expires_until);
    let granted_on_from = v.optional_date("granted_on_from", &raw.granted_on_from);
    let granted_on_until = v.optional_date("granted_on_until", &raw.granted_on_until);
    let reference = v.text("body_reference", &raw.body_reference, 0..=100);
    let number_prefix: String = raw.number_prefix.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    let fits = number_prefix.len() <= MAX_NUMBER_CHARS && number_prefix.bytes().all(|b| b.is_ascii_alphanumeric());
    v.check("number_prefix", fits, "must be at most 32 letters and digits");
    for (index, state) in raw.states.iter().enumerate() {
        match wire::CertificateState::try_from(*state) {
            Ok(state) if state != wire::CertificateState::Unspecified => {}
            _ => v.add(&format!("states[{index}]"), format!("has no value {state}")),
        }
    }
    let set = |text: Option<String>| text.map(|text| (!text.is_empty()).then_some(text));
    let filter = Filter {
        body: body?,
        holder: set(holder)?,
        product: product?,
        code: code?,
        schemes: set(scheme)?.into_iter().collect(),
        number_prefix: set(Some(number_prefix.to_ascii_uppercase()))?,
        standard: set(standard)?,
        valid_on: valid_on?,
        expires: (expires_from?, expires_until?),
        granted_on: (granted_on_from?, granted_on_until?),
        granted_from_index: raw.granted_from_revision.checked_sub(1),
        body_reference: set(reference)?,
        ..Filter::default()
    };
    Some((filter, raw.states))
}

/// The stored states that can show as one of these.
fn stored_as(states: &[i32]) -> Vec<&'static str> {
    let shows = |stored: State, state: i32| {
        let computed = match stored {
            State::Active => [wire::CertificateState::Expired, wire::CertificateState::NotYetValid].as_slice(),
            State::Suspended => &[wire::CertificateState::Expired],
            State::Withdrawn | State::Terminated | State::Annulled | State::Superseded => &[],
        };
        i32::from(render::state(Standing::Stored(stored))) == state
            || computed.iter().any(|computed| i32::from(*computed) == state)
    };
    let wanted = |stored: &State| states.iter().any(|state| shows(*stored, *state));
    State::ALL.into_iter().filter(wanted).map(State::as_str).collect()
}

fn profile(v: &mut Violations, raw: i32) -> Option<Profile> {
    match wire::DocumentProfile::try_from(raw) {
        Ok(wire::DocumentProfile::Unspecified | wire::DocumentProfile::Untp) => Some(Profile::Untp),
        Ok(wire::DocumentProfile::W3c) => Some(Profile::W3c),
        Err(_) => {
            v.add("document_profile", "is not a known profile");
            None
        }
    }
}
