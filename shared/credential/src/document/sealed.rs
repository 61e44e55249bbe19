//! What a document keeps back, to be disclosed to those who may see it.

use std::collections::BTreeSet;

use greenlane_jose::canonical::Node;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::facts::Facts;
use crate::sd_jwt::{DIGESTS, Disclosure};

/// A part of the facts that may be kept back: what customs and the holder need and a competitor does not, and what no
/// verdict rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ConfidentialField {
    /// Where the holder is.
    #[serde(rename = "holder.address")]
    HolderAddress,
    /// Where the products are made.
    #[serde(rename = "sites")]
    Sites,
    /// The body's own number: of the file with its test reports.
    #[serde(rename = "body_reference")]
    BodyReference,
    /// Conditions and limits.
    #[serde(rename = "remarks")]
    Remarks,
    /// What was measured.
    #[serde(rename = "measurements")]
    Measurements,
}

impl ConfidentialField {
    /// Every one.
    pub const ALL: [Self; 5] =
        [Self::HolderAddress, Self::Sites, Self::BodyReference, Self::Remarks, Self::Measurements];

    /// Its path in the facts, as in the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HolderAddress => "holder.address",
            Self::Sites => "sites",
            Self::BodyReference => "body_reference",
            Self::Remarks => "remarks",
            Self::Measurements => "measurements",
        }
    }

    /// The field of this path.
    pub fn parse(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == path)
    }

    /// Whether a disclosure is of one of these fields; one that cannot be read is.
    pub fn any_disclosed_by(fields: &[Self], disclosure: &str) -> bool {
        Disclosure::parse(disclosure)
            .map_or(true, |disclosure| fields.iter().any(|field| disclosure.name() == Some(field.member())))
    }

    /// The member that it is in the facts of a document, or in the holder there.
    const fn member(self) -> &'static str {
        match self {
            Self::HolderAddress => "address",
            Self::Sites => "sites",
            Self::BodyReference => "bodyReference",
            Self::Remarks => "remarks",
            Self::Measurements => "measurements",
        }
    }

    const fn is_of_holder(self) -> bool {
        matches!(self, Self::HolderAddress)
    }
}

/// The hashes that stand in a document in place of fields, and which fields they are known to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// Fields that are kept back, as far as they are disclosed.
    pub fields: BTreeSet<ConfidentialField>,
    /// Hashes among the members of the holder.
    pub holder: Vec<String>,
    /// Hashes among the members of the facts.
    pub facts: Vec<String>,
}

impl Sealed {
    /// Keeps back these fields of the facts, as far as there is something in them, each under a fresh salt.
    pub fn new(facts: &Facts, fields: impl IntoIterator<Item = ConfidentialField>) -> (Self, Vec<Disclosure>) {
        let (mut sealed, mut disclosures) = (Self::default(), Vec::new());
        let mut fields = fields.into_iter().peekable();
        if fields.peek().is_none() {
            return (sealed, disclosures);
        }
        let stated = serde_json::to_value(facts).expect("facts are texts, dates and lists of them");
        for field in fields {
            let place = if field.is_of_holder() { &stated["holder"] } else { &stated };
            let Some(value) = place.get(field.member()) else { continue };
            if !sealed.fields.insert(field) {
                continue;
            }
            let disclosure = Disclosure::new(field.member(), value.clone());
            let digests = if field.is_of_holder() { &mut sealed.holder } else { &mut sealed.facts };
            digests.push(disclosure.digest());
            disclosures.push(disclosure);
        }
        // Their order tells nothing of what they are.
        sealed.holder.sort_unstable();
        sealed.facts.sort_unstable();
        (sealed, disclosures)
    }

    /// Whether nothing is kept back.
    pub fn is_empty(&self) -> bool {
        self.holder.is_empty() && self.facts.is_empty()
    }

    /// Whether every hash was disclosed.
    pub fn is_whole(&self) -> bool {
        self.fields.len() == self.holder.len() + self.facts.len()
    }

    /// The facts as they stand in the document.
    pub(super) fn conceal<'f>(&'f self, facts: &'f Facts) -> Node<'f> {
        let mut holder = facts.holder.members();
        self.keep_back(&mut holder, &self.holder, true);
        let mut stated = facts.members_with(Node::Object(holder));
        self.keep_back(&mut stated, &self.facts, false);
        Node::Object(stated)
    }

    /// Takes the fields out of the members among which they are, and puts their hashes there.
    fn keep_back<'f>(&self, members: &mut Vec<(&'static str, Node<'f>)>, digests: &'f [String], of_holder: bool) {
        let of_these = |field: &&ConfidentialField| field.is_of_holder() == of_holder;
        for field in self.fields.iter().filter(of_these) {
            members.retain(|(name, _)| *name != field.member());
        }
        if !digests.is_empty() {
            members.push((DIGESTS, Node::list(digests)));
        }
    }

    /// What the facts of a document keep back. None when its hashes are malformed.
    pub(super) fn of(facts: &Map<String, Value>, disclosures: &[Disclosure]) -> Option<Self> {
        let digests = |members: &Map<String, Value>| -> Option<Vec<String>> {
            let Some(listed) = members.get(DIGESTS) else { return Some(Vec::new()) };
            listed.as_array()?.iter().map(|digest| digest.as_str().map(str::to_owned)).collect()
        };
        let holder = facts.get("holder").and_then(Value::as_object).map_or(Some(Vec::new()), digests)?;
        let mut sealed = Self { fields: BTreeSet::new(), holder, facts: digests(facts)? };
        for disclosure in disclosures {
            let digest = disclosure.digest();
            let known = ConfidentialField::ALL.into_iter().find(|field| {
                let digests = if field.is_of_holder() { &sealed.holder } else { &sealed.facts };
                disclosure.name() == Some(field.member()) && digests.contains(&digest)
            });
            sealed.fields.extend(known);
        }
        Some(sealed)
    }
}
