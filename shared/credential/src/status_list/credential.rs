//! A status list as a signed credential (Bitstring Status List 2.2), in the envelope that documents have.

use chrono::{DateTime, SecondsFormat, Utc};
use greenlane_jose::compact::{self, Limits, NewHeader};
use greenlane_jose::{PublicKey, SignError, Signer, canonical};
use serde_json::{Map, Value, json};

use super::StatusList;
use crate::document::{CONTEXTS, CTY, DocumentError, TYP};

/// What a bit of a status list is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatusPurpose {
    /// The document must not be accepted, for now or for good.
    Suspension,
    /// The document is over, for good.
    Revocation,
}

impl StatusPurpose {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Suspension, Self::Revocation];

    /// The name in entries, lists and addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suspension => "suspension",
            Self::Revocation => "revocation",
        }
    }
}

/// A status list, and what its publisher says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusListCredential {
    /// Its address: what entries name.
    pub id: String,
    /// The decentralised identifier of whoever publishes it.
    pub issuer: String,
    /// What its bits are about.
    pub purpose: StatusPurpose,
    /// The bits.
    pub list: StatusList,
    /// From when it counts, in whole seconds.
    pub valid_from: DateTime<Utc>,
    /// Until when it may be used at most, in whole seconds.
    pub valid_until: DateTime<Utc>,
    /// After how many milliseconds a reader should ask again.
    pub ttl_ms: u64,
}

impl StatusListCredential {
    /// Signs it; `kid` is the DID URL of the signer's key. The same list signed by an Ed25519 key is the same text.
    pub fn sign(&self, signer: &dyn Signer, kid: &str) -> Result<String, SignError> {
        let payload = canonical::to_vec(&self.payload()).expect("texts and small integers are canonical");
        compact::sign(signer, NewHeader { kid: Some(kid), typ: Some(TYP), cty: Some(CTY) }, &payload)
    }

    fn payload(&self) -> Value {
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        json!({
            "@context": [CONTEXTS[0]],
            "id": self.id,
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": self.issuer,
            "validFrom": time(self.valid_from),
            "validUntil": time(self.valid_until),
            "credentialSubject": {
                "id": format!("{}#list", self.id),
                "type": "BitstringStatusList",
                "statusPurpose": self.purpose.as_str(),
                "encodedList": self.list.encode(),
                "ttl": self.ttl_ms,
            },
        })
    }

    /// Reads a signed status list and verifies it with the publisher's key. Whether it counts at the moment is the
    /// reader's to see.
    pub fn open(text: &str, key: &PublicKey) -> Result<Self, DocumentError> {
        let compact = compact::parse_strict(text.trim_ascii().as_bytes(), &Limits::DOCUMENT)?;
        if compact.header.typ.as_deref() != Some(TYP) {
            return Err(DocumentError::Member("typ"));
        }
        compact.verify(key).map_err(|_| DocumentError::Signature)?;
        let claims = &compact.claims;
        let issuer = text_of(claims, "issuer")?;
        if !compact.header.kid.starts_with(&format!("{issuer}#")) {
            return Err(DocumentError::ForeignKey);
        }
        if !holds(claims.get("@context"), CONTEXTS[0]) {
            return Err(DocumentError::Member("@context"));
        }
        if !holds(claims.get("type"), "BitstringStatusListCredential") {
            return Err(DocumentError::Member("type"));
        }
        let subject = claims.get("credentialSubject").and_then(Value::as_object);
        let subject = subject.ok_or(DocumentError::Member("credentialSubject"))?;
        if !holds(subject.get("type"), "BitstringStatusList") {
            return Err(DocumentError::Member("credentialSubject"));
        }
        let purpose = StatusPurpose::ALL.into_iter().find(|known| holds(subject.get("statusPurpose"), known.as_str()));
        let list = StatusList::decode(text_of(subject, "encodedList")?);
        Ok(Self {
            id: text_of(claims, "id")?.to_owned(),
            issuer: issuer.to_owned(),
            purpose: purpose.ok_or(DocumentError::Member("statusPurpose"))?,
            list: list.map_err(|_| DocumentError::Member("encodedList"))?,
            valid_from: time_of(claims, "validFrom")?,
            valid_until: time_of(claims, "validUntil")?,
            ttl_ms: subject.get("ttl").and_then(Value::as_u64).unwrap_or_default(),
        })
    }
}

/// Whether a member is this text, or a list that has it.
fn holds(member: Option<&Value>, text: &str) -> bool {
    match member {
        Some(Value::String(only)) => only == text,
        Some(Value::Array(items)) => items.iter().any(|item| item == text),
        _ => false,
    }
}

fn text_of<'a>(members: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, DocumentError> {
    members.get(name).and_then(Value::as_str).ok_or(DocumentError::Member(name))
}

fn time_of(members: &Map<String, Value>, name: &'static str) -> Result<DateTime<Utc>, DocumentError> {
    let time = DateTime::parse_from_rfc3339(text_of(members, name)?).map_err(|_| DocumentError::Member(name))?;
    Ok(time.to_utc())
}

#[cfg(test)]
mod tests {
    use greenlane_jose::SigningKey;

    use super::*;
    use crate::MIN_ENTRIES;

    fn credential() -> StatusListCredential {
        let mut list = StatusList::new(MIN_ENTRIES).unwrap();
        list.set(94_567, true).unwrap();
        StatusListCredential {
            id: "https://registry.example.org/status/cb01/1/revocation".to_owned(),
            issuer: "did:web:registry.example.org".to_owned(),
            purpose: StatusPurpose::Revocation,
            list,
            valid_from: "2026-06-01T12:00:00Z".parse().unwrap(),
            valid_until: "2026-06-02T12:00:00Z".parse().unwrap(),
            ttl_ms: 60_000,
        }
    }

    #[test]
    fn a_list_is_read_as_it_was_signed_and_by_nobody_elses_key() {
        let key = SigningKey::generate_ed25519();
        let text = credential().sign(&key, "did:web:registry.example.org#log").unwrap();
        assert_eq!(text, credential().sign(&key, "did:web:registry.example.org#log").unwrap());
        assert_eq!(StatusListCredential::open(&text, key.public_key()), Ok(credential()));
        let other = SigningKey::generate_ed25519();
        assert_eq!(StatusListCredential::open(&text, other.public_key()), Err(DocumentError::Signature));
        let foreign = credential().sign(&key, "did:web:elsewhere.example.org#log").unwrap();
        assert_eq!(StatusListCredential::open(&foreign, key.public_key()), Err(DocumentError::ForeignKey));
    }

    #[test]
    fn what_is_no_status_list_is_refused() {
        let key = SigningKey::generate_ed25519();
        let refuse = |change: fn(&mut Value)| {
            let mut payload = credential().payload();
            change(&mut payload);
            let payload = canonical::to_vec(&payload).unwrap();
            let header = NewHeader { kid: Some("did:web:registry.example.org#log"), typ: Some(TYP), cty: Some(CTY) };
            let text = compact::sign(&key, header, &payload).unwrap();
            StatusListCredential::open(&text, key.public_key()).unwrap_err()
        };
        let member = DocumentError::Member;
        assert_eq!(refuse(|p| p["type"] = json!(["VerifiableCredential"])), member("type"));
        assert_eq!(refuse(|p| p["@context"] = json!([])), member("@context"));
        assert_eq!(refuse(|p| p["credentialSubject"]["type"] = json!("List")), member("credentialSubject"));
        assert_eq!(refuse(|p| p["credentialSubject"]["statusPurpose"] = json!("message")), member("statusPurpose"));
        assert_eq!(refuse(|p| p["credentialSubject"]["encodedList"] = json!("uAAAA")), member("encodedList"));
        assert_eq!(refuse(|p| p["validUntil"] = json!("tomorrow")), member("validUntil"));
    }
}
