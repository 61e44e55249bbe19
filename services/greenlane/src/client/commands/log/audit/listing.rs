//! What a registry lists of its certificates, held against what follows from the log.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use greenlane_api::registry::v1::{self as wire, CertificateState};
use greenlane_registry::audit::{Auditor, DerivedCertificate};

/// The certificates that a registry listed so far: of one body alone where the token names one, since no others are
/// listed to it.
pub(super) struct Listing<'a> {
    auditor: &'a Auditor,
    body: Option<&'a str>,
    seen: BTreeSet<&'a str>,
}

impl<'a> Listing<'a> {
    pub(super) fn new(auditor: &'a Auditor, body: Option<&'a str>) -> Self {
        Self { auditor, body, seen: BTreeSet::new() }
    }

    /// Takes the next one that is listed, or says what is wrong with it.
    pub(super) fn take(&mut self, listed: &wire::Certificate, today: NaiveDate) -> Result<(), String> {
        let (name, logged) = (&listed.name, self.auditor.certificates());
        let known = name.strip_prefix("certificates/").and_then(|number| logged.get_key_value(number));
        let Some((number, derived)) = known else {
            return Err(format!("{name} is in the register, and not in the log"));
        };
        if !follows(listed, derived, today) {
            return Err(format!("{name} is not in the register what the log says it is"));
        }
        if self.body.is_some_and(|body| body != derived.body) {
            return Err(format!("{name} is listed to another body than its own, {}", derived.body));
        }
        if !self.seen.insert(number) {
            return Err(format!("{name} is listed twice"));
        }
        Ok(())
    }

    /// How many there are, once all are listed: every certificate of the log, and no other.
    pub(super) fn end(self) -> Result<usize, String> {
        let logged = self.auditor.certificates().iter();
        let mut logged = logged.filter(|(_, derived)| self.body.is_none_or(|body| body == derived.body));
        match logged.find(|(number, _)| !self.seen.contains(number.as_str())) {
            Some((number, _)) => Err(format!("certificates/{number} is in the log, and not in the register")),
            None => Ok(self.seen.len()),
        }
    }
}

/// Whether a certificate is in the register what the log says it is. Which day it is, the registry's clock tells: another
/// one than here, when midnight lies between the two.
fn follows(listed: &wire::Certificate, derived: &DerivedCertificate, today: NaiveDate) -> bool {
    let sha256: String = listed.document_sha256.iter().map(|byte| format!("{byte:02x}")).collect();
    let on = |day: NaiveDate| {
        let standing = derived.on(day);
        standing.version == listed.version
            && standing.document_sha256 == sha256
            && state_fits(listed.state(), standing.state)
    };
    derived.body == listed.body
        && derived.latest_index + 1 == listed.latest_revision
        && [Some(today), today.pred_opt(), today.succ_opt()].into_iter().flatten().any(on)
}

/// Expiry and "not yet valid" come from dates that are not in the log.
fn state_fits(listed: CertificateState, derived: &str) -> bool {
    match listed {
        CertificateState::Expired => matches!(derived, "active" | "suspended"),
        CertificateState::NotYetValid => derived == "active",
        other => other.as_str_name().trim_start_matches("CERTIFICATE_STATE_").eq_ignore_ascii_case(derived),
    }
}

#[cfg(test)]
mod tests;
