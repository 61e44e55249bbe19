//! The QR code of a certificate.

use greenlane_api::registry::v1 as wire;
use greenlane_credential::{OfflineError, to_offline};
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;

use super::super::consistency;
use super::{Certificates, not_found};
use crate::app::qr::{Form, Resilience, draw};
use crate::app::read::at_revision;
use crate::domain::status::Purpose;
use crate::store::list;

impl Certificates {
    pub(super) async fn qr(
        &self,
        caller: &Caller,
        raw: wire::GetCertificateQrRequest,
    ) -> Result<wire::GetCertificateQrResponse, Fault> {
        let mut v = Violations::new();
        let number = consistency::certificate(&mut v, "name", &raw.name, false);
        let form = v.enumeration("format", raw.format).and_then(form);
        let (number, form) = v.finish_with(|| Some((number?, form?)))?;
        let (revision, today) = (self.reader.published.revision(), self.registry.clock.today());
        let asked = number.clone();
        let found = self
            .reader
            .read("get_certificate_qr", move |tx| {
                let number = asked.clone();
                Box::pin(async move {
                    let Some(known) = list::certificate(tx, &number).await? else { return Ok(None) };
                    Ok(at_revision(&known, revision, 0, today))
                })
            })
            .await?;
        let snapshot = found.ok_or_else(|| not_found(&number))?;
        consistency::own_or_unbound(caller, &snapshot.body.name())?;
        let (text, resilience) = if raw.offline {
            // Where there is no network nobody learns that it does not count any more.
            if snapshot.purposes(today).contains(&Purpose::Revocation) {
                let state = snapshot.standing(today).as_str();
                return Err(Fault::state_conflict(number.name(), state, "an offline code"));
            }
            let text = to_offline(&snapshot.version.document).map_err(|error| match error {
                OfflineError::TooLarge | OfflineError::Unusual => Fault::invalid("offline", error.to_string()),
                OfflineError::Text(_) => Fault::internal(error),
            })?;
            (text, Resilience::Low)
        } else {
            (format!("{}/{}", self.registry.public_url, number.name()), Resilience::Medium)
        };
        let content = draw(&text, form, resilience).map_err(Fault::internal)?;
        let media_type = form.media_type().to_owned();
        Ok(wire::GetCertificateQrResponse { content: content.into(), media_type, text, revision })
    }
}

fn form(raw: wire::QrFormat) -> Option<Form> {
    Some(match raw {
        wire::QrFormat::Unspecified => return None,
        wire::QrFormat::Svg => Form::Svg,
        wire::QrFormat::Png => Form::Png,
        wire::QrFormat::Terminal => Form::Terminal,
    })
}
