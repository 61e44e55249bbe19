//! What a browser needs to prove an answer for itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use greenlane_credential::CertificateNumber as Checked;
use greenlane_log::Hash;
use greenlane_store::StoreError;
use http::StatusCode;
use serde_json::{Value, json};

use super::super::{Answer, NOT_KEPT, found, status};
use super::{Page, form_value};
use crate::app::evidence::evidence;
use crate::app::mutation::LogReceipt;
use crate::app::read::{Freshness, ReadError};
use crate::config::Shows;
use crate::domain::names::CertificateNumber;

impl Page {
    /// `/certificates/{number}/proof?version=…&at=REVISION&from=SIZE`: the entries of a certificate in the log as it was
    /// at a revision, with their proofs, and how it has grown from an earlier size.
    pub(super) async fn proof(&self, number: &str, query: &str) -> Result<Answer, StoreError> {
        let number = Checked::parse(number).ok().map(|number| CertificateNumber::trusted(number.as_str()));
        let (Some(number), Some(version)) = (number, value(query, "version")) else {
            return Ok(status(StatusCode::BAD_REQUEST));
        };
        let freshness = value(query, "at").map_or(Freshness::Latest, Freshness::Exactly);
        let revision = match self.reader.settle(freshness).await {
            Ok(revision) => revision,
            Err(ReadError::RevisionNotReached { .. }) => return Ok(status(StatusCode::NOT_FOUND)),
            Err(ReadError::Store(error)) => return Err(error),
        };
        let version = u32::try_from(version).unwrap_or_default();
        let evidence = evidence(&self.reader, &number, version, revision, value(query, "from")).await?;
        let Some(evidence) = evidence else { return Ok(status(StatusCode::NOT_FOUND)) };
        let document = Some(evidence.document).filter(|_| self.shows == Shows::Documents);
        let answer = json!({
            "verifierKey": self.log.verifier_key().to_string(),
            "checkpoint": &*evidence.checkpoint,
            "events": evidence.events.iter().map(receipt).collect::<Vec<_>>(),
            "keyEvents": evidence.key_events.iter().map(receipt).collect::<Vec<_>>(),
            "publicJwk": evidence.public_jwk,
            "document": document,
            "growth": evidence.growth.map(|(from, path)| json!({"from": from, "hashes": hashes(&path)})),
        });
        Ok(found("application/json", NOT_KEPT, answer.to_string()))
    }
}

fn value(query: &str, name: &str) -> Option<u64> {
    form_value(query, name)?.parse().ok()
}

fn receipt(receipt: &LogReceipt) -> Value {
    json!({"index": receipt.index, "leaf": STANDARD.encode(&receipt.leaf), "hashes": hashes(&receipt.hashes)})
}

fn hashes(path: &[Hash]) -> Vec<String> {
    path.iter().map(|hash| STANDARD.encode(hash.as_bytes())).collect()
}
