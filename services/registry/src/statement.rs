//! A verdict as a signed statement: what customs put into their file, and what anybody checks who trusts the log's key.
//!
//! A JWT of a type of its own, signed by the key of the registry's log. Its claims, as canonical JSON:
//!
//! - `iss`: the registry's decentralised identifier, whose key `#log` signed; `iat`: when, in seconds since 1970;
//! - `form`: 1;
//! - `question`: the certificate's name, or the SHA-256 of the presented document; the goods and the date that were judged;
//! - `verdict`: the whole verdict with the reasons of its four parts, as protobuf JSON;
//! - `checkpoint`: the signed checkpoint that holds all that the verdict rests on.

use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use greenlane_api::registry::v1 as wire;
use greenlane_jose::compact::{self, CompactError, Limits, NewHeader};
use greenlane_jose::{SignError, Signer, canonical};
use greenlane_log::Checkpoint;
use greenlane_log::note::NoteKey;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use serde_json::{Value, json};

/// The media type in the header's `typ`, without `application/`.
const TYP: &str = "greenlane-verdict+jwt";

/// Version of the form of statements.
const FORM: u64 = 1;

/// A signed verdict that was read and verified.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The registry that signed it.
    pub issuer: String,
    /// When.
    pub signed_at: DateTime<Utc>,
    /// What was asked.
    pub question: Value,
    /// What was answered.
    pub verdict: wire::Verdict,
    /// Size of the log's tree that the checkpoint in it names.
    pub tree_size: u64,
}

/// Why a statement is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// Not a strict compact JWS.
    #[error("it is not a signed statement: {0}")]
    Compact(#[from] CompactError),
    /// Signed, but of another kind, or with a member missing or not of its type.
    #[error("it is no signed verdict: {0:?} is missing or not as it should be")]
    Member(&'static str),
    /// Changed, or signed by another key.
    #[error("its signature is not by {0}: it was altered, or another registry made it")]
    Signature(String),
}

/// What a statement is made of.
pub(crate) struct Stated<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) signed_at: DateTime<Utc>,
    pub(crate) question: Value,
    pub(crate) verdict: &'a wire::Verdict,
    pub(crate) checkpoint: &'a str,
}

impl Stated<'_> {
    pub(crate) fn sign(&self, signer: &dyn Signer) -> Result<String, SignError> {
        let wrong = |error: &dyn std::fmt::Display| SignError::new(error.to_string());
        let mut verdict = DynamicMessage::new(descriptor());
        verdict.transcode_from(self.verdict).map_err(|error| wrong(&error))?;
        let claims = json!({
            "iss": self.issuer,
            "iat": self.signed_at.timestamp(),
            "form": FORM,
            "question": self.question,
            "verdict": serde_json::to_value(&verdict).map_err(|error| wrong(&error))?,
            "checkpoint": self.checkpoint,
        });
        let payload = canonical::to_vec(&claims).map_err(|error| wrong(&error))?;
        let kid = format!("{}#log", self.issuer);
        compact::sign(signer, NewHeader { kid: Some(&kid), typ: Some(TYP), cty: None }, &payload)
    }
}

impl Statement {
    /// Reads a statement that the log of this key signed.
    ///
    /// # Errors
    /// When it is no statement, was altered, or is another registry's.
    pub fn open(text: &str, log: &NoteKey) -> Result<Self, StatementError> {
        let compact = compact::parse_strict(text.trim_ascii().as_bytes(), &Limits::DOCUMENT)?;
        let member = StatementError::Member;
        if compact.header.typ.as_deref() != Some(TYP) {
            return Err(member("typ"));
        }
        let unsigned = || StatementError::Signature(log.name().to_string());
        compact.verify(log.public_key()).map_err(|_| unsigned())?;
        let claim = |name: &'static str| compact.claims.get(name).ok_or(member(name));
        if claim("form")? != FORM {
            return Err(member("form"));
        }
        let issuer = claim("iss")?.as_str().ok_or(member("iss"))?;
        if compact.header.kid != format!("{issuer}#log") {
            return Err(member("kid"));
        }
        let signed_at = claim("iat")?.as_i64().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        let verdict = DynamicMessage::deserialize(descriptor(), claim("verdict")?.clone())
            .ok()
            .and_then(|verdict| verdict.transcode_to::<wire::Verdict>().ok())
            .ok_or(member("verdict"))?;
        let note = claim("checkpoint")?.as_str().ok_or(member("checkpoint"))?;
        let checkpoint = Checkpoint::open(note.as_bytes(), log, &[]).map_err(|_| member("checkpoint"))?.checkpoint;
        // A verdict rests on nothing that is not in the tree.
        if verdict.revisions.as_ref().is_none_or(|revisions| revisions.registry > checkpoint.size) {
            return Err(member("checkpoint"));
        }
        Ok(Self {
            issuer: issuer.to_owned(),
            signed_at: signed_at.ok_or(member("iat"))?,
            question: claim("question")?.clone(),
            verdict,
            tree_size: checkpoint.size,
        })
    }
}

fn descriptor() -> MessageDescriptor {
    static VERDICT: OnceLock<MessageDescriptor> = OnceLock::new();
    let read = || {
        let pool =
            DescriptorPool::decode(greenlane_api::DESCRIPTORS).expect("the contracts were compiled by the build");
        pool.get_message_by_name("greenlane.registry.v1.Verdict").expect("the contracts have it")
    };
    VERDICT.get_or_init(read).clone()
}

#[cfg(test)]
mod tests {
    use greenlane_api::common::v1 as common;
    use greenlane_jose::{SigningKey, b64};
    use greenlane_log::note::{KeyName, NoteSigner};

    use super::*;

    fn verdict() -> wire::Verdict {
        let finding = |code: &str| common::Finding {
            code: code.to_owned(),
            message: "In words.".to_owned(),
            parameters: [("until".to_owned(), "2029-01-09".to_owned())].into(),
        };
        let part = |outcome: wire::PartOutcome, code| wire::VerdictPart {
            outcome: outcome.into(),
            findings: vec![finding(code)],
        };
        wire::Verdict {
            outcome: wire::VerdictOutcome::Refused.into(),
            authentic: Some(part(wire::PartOutcome::Yes, "signature_valid")),
            in_force: Some(part(wire::PartOutcome::No, "withdrawn")),
            covers_goods: Some(part(wire::PartOutcome::NotAsked, "x")),
            recognised: Some(part(wire::PartOutcome::YesOnConditions, "condition")),
            certificate: "certificates/GLXA4HP9Z1PPYMB35F".to_owned(),
            date: "2026-06-01".to_owned(),
            revisions: Some(common::Revisions { registry: 7, equivalence: u64::MAX, classification: 0 }),
            freshness: Some(wire::Freshness {
                checkpoint_time: Some(prost_types::Timestamp { seconds: 1_780_000_000, nanos: 5_000 }),
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    fn signed(signer: &NoteSigner, size: u64) -> String {
        let root = greenlane_log::empty_root();
        let checkpoint = Checkpoint::new("registry.example.org/log", size, root).sign(signer).unwrap().to_text();
        let stated = Stated {
            issuer: "did:web:registry.example.org",
            signed_at: "2026-06-01T12:00:00Z".parse().unwrap(),
            question: json!({"certificate": "certificates/GLXA4HP9Z1PPYMB35F", "date": "2026-06-01"}),
            verdict: &verdict(),
            checkpoint: &checkpoint,
        };
        stated.sign(signer.signer()).unwrap()
    }

    fn signer() -> NoteSigner {
        let key = std::sync::Arc::new(SigningKey::generate_ed25519());
        NoteSigner::new(KeyName::new("registry.example.org/log").unwrap(), key).unwrap()
    }

    #[test]
    fn a_statement_is_read_as_it_was_signed() {
        let signer = signer();
        let read = Statement::open(&signed(&signer, 9), signer.key()).unwrap();
        assert_eq!(read.verdict, verdict());
        assert_eq!((read.issuer.as_str(), read.tree_size), ("did:web:registry.example.org", 9));
        assert_eq!(read.signed_at.timestamp(), 1_780_315_200);
        assert_eq!(read.question["date"], "2026-06-01");
    }

    #[test]
    fn an_altered_statement_is_refused_and_so_is_another_logs() {
        let key = signer();
        let text = signed(&key, 9);
        let [header, payload, signature]: [&str; 3] = text.split('.').collect::<Vec<_>>().try_into().unwrap();
        let claims = String::from_utf8(b64::decode(payload).unwrap()).unwrap();
        for (from, to) in [("REFUSED", "ACCEPTED"), ("2026-06-01", "2026-06-02"), ("withdrawn", "active")] {
            let altered = claims.replace(from, to);
            assert_ne!(altered, claims);
            let altered = format!("{header}.{}.{signature}", b64::encode(altered));
            assert!(matches!(Statement::open(&altered, key.key()), Err(StatementError::Signature(_))), "{from}");
        }
        assert!(matches!(Statement::open(&text, signer().key()), Err(StatementError::Signature(_))));
        assert!(matches!(Statement::open("no statement", key.key()), Err(StatementError::Compact(_))));
    }

    #[test]
    fn what_else_the_log_signs_is_no_statement() {
        let key = signer();
        let claims = canonical::to_vec(&json!({"iss": "did:web:registry.example.org"})).unwrap();
        for (typ, wrong) in [("vc+jwt", "typ"), (TYP, "form")] {
            let kid = Some("did:web:registry.example.org#log");
            let text = compact::sign(key.signer(), NewHeader { kid, typ: Some(typ), cty: None }, &claims).unwrap();
            assert_eq!(Statement::open(&text, key.key()).unwrap_err(), StatementError::Member(wrong));
        }
        let older = signed(&key, 6);
        assert_eq!(Statement::open(&older, key.key()).unwrap_err(), StatementError::Member("checkpoint"));
    }
}
