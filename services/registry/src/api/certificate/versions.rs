//! The versions of a certificate.

use greenlane_api::registry::v1 as wire;
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};

use super::super::{consistency, render};
use super::{Certificates, not_found};
use crate::app::read::Disputed;
use crate::store::list;

impl Certificates {
    pub(super) async fn list_versions(
        &self,
        caller: &Caller,
        raw: wire::ListCertificateVersionsRequest,
    ) -> Result<wire::ListCertificateVersionsResponse, Fault> {
        let mut v = Violations::new();
        let number = consistency::certificate(&mut v, "certificate", &raw.certificate, false);
        let binding = PageBinding::new("ListCertificateVersions").with(&raw.certificate);
        let page_size = v.page_size(raw.page_size);
        let after = v.page_token::<u32>(&raw.page_token, &binding);
        let freshness = consistency::freshness(&mut v, raw.consistency.as_ref());
        let (number, page_size, after, freshness) =
            v.finish_with(|| Some((number?, page_size?, after?, freshness?)))?;
        let revision = self.reader.settle(freshness).await?;
        let (today, asked) = (self.registry.clock.today(), number.clone());
        let found = self
            .reader
            .read("list_certificate_versions", move |tx| {
                let number = asked.clone();
                Box::pin(async move {
                    let Some(known) = list::certificate(tx, &number).await? else { return Ok(None) };
                    let disputed = Disputed::of(tx, std::slice::from_ref(&known)).await?;
                    Ok(Some((known, disputed)))
                })
            })
            .await?;
        let (known, disputed) = found.ok_or_else(|| not_found(&number))?;
        if known.head.granted_index >= revision {
            return Err(not_found(&number));
        }
        consistency::own_or_unbound(caller, &known.head.body.name())?;
        let first = after.unwrap_or_default();
        let wanted = known.versions.iter().filter(|row| row.version > first && row.log_index < revision);
        let wanted: Vec<u32> = wanted.map(|row| row.version).take(page_size + 1).collect();
        let more = wanted.len() > page_size;
        let shown = &wanted[..wanted.len().min(page_size)];
        let next_page_token = match shown.last() {
            Some(last) if more => binding.token(last)?,
            _ => String::new(),
        };
        let snapshots = shown.iter().filter_map(|version| disputed.at_revision(&known, revision, *version, today));
        let versions = snapshots.map(|snapshot| render::certificate(&snapshot, today, true)).collect();
        Ok(wire::ListCertificateVersionsResponse { versions, next_page_token, revision })
    }
}
