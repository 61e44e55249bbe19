//! Any entry of the catalogue: its name, what it refers to, what is wrong with it by itself.

mod codes;
mod faults;

use serde::{Deserialize, Serialize};

pub use self::faults::{FaultKind, FieldFault};
use super::arrangement::{Annex, Arrangement};
use super::body::{Body, Designation};
use super::economy::Economy;
use super::equivalence::{Equivalence, TargetKey};
use super::requirement::Requirement;
use super::scheme::Scheme;
use super::standard::{EditionTransition, StandardEdition};

/// Reads an empty text as no key.
pub(crate) mod optional_key {
    use serde::de::IntoDeserializer;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    pub(crate) fn serialize<T: Serialize, S: Serializer>(key: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        match key {
            Some(key) => key.serialize(serializer),
            None => serializer.serialize_str(""),
        }
    }

    pub(crate) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(None);
        }
        T::deserialize(text.into_deserializer()).map(Some).map_err(|error: de::value::Error| de::Error::custom(error))
    }
}

/// Writes a word that is not said as nothing.
pub(crate) mod optional_word {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<T: Serialize, S: Serializer>(word: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        word.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        Option::deserialize(deserializer)
    }
}

/// An entry.
#[allow(clippy::large_enum_variant)] // passes through on its way to or from the store; the catalogue holds the parts
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// An economy or bloc.
    Economy(Economy),
    /// A body.
    Body(Body),
    /// A scheme.
    Scheme(Scheme),
    /// A standard edition.
    Standard(StandardEdition),
    /// An edition transition.
    EditionTransition(EditionTransition),
    /// An equivalence.
    Equivalence(Equivalence),
    /// An arrangement.
    Arrangement(Arrangement),
    /// An annex.
    Annex(Annex),
    /// A designation.
    Designation(Designation),
    /// A requirement.
    Requirement(Requirement),
}

impl Entry {
    /// Its resource name.
    pub fn name(&self) -> String {
        match self {
            Self::Economy(it) => it.name.name(),
            Self::Body(it) => it.name.name(),
            Self::Scheme(it) => it.name.name(),
            Self::Standard(it) => it.name.name(),
            Self::EditionTransition(it) => it.name.name(),
            Self::Equivalence(it) => it.name.name(),
            Self::Arrangement(it) => it.name.name(),
            Self::Annex(it) => it.name.name(),
            Self::Designation(it) => it.name.name(),
            Self::Requirement(it) => it.name.name(),
        }
    }

    /// Every resource name that it refers to, with the field that does.
    pub fn references(&self) -> Vec<(String, String)> {
        let mut found = References::default();
        match self {
            Self::Economy(it) => {
                for (i, member) in it.members.iter().enumerate() {
                    found.add(format!("members[{i}].economy"), member.economy.name());
                }
            }
            Self::Body(it) => found.add("economy", it.economy.name()),
            Self::Scheme(it) => {
                found.all("owner", it.owner.iter().map(|key| key.name()), false);
                found.all("standards", it.standards.iter().map(|key| key.name()), true);
            }
            Self::Standard(it) => found.all("supersedes", it.supersedes.iter().map(|key| key.name()), true),
            Self::EditionTransition(it) => {
                found.add("market", it.market.name());
                found.add("from_standard", it.from_standard.name());
                found.add("to_standard", it.to_standard.name());
            }
            Self::Equivalence(it) => {
                found.target("from.name", &it.from.name);
                found.target("to.name", &it.to.name);
            }
            Self::Arrangement(it) => {
                for (i, party) in it.parties.iter().enumerate() {
                    found.add(format!("parties[{i}].economy"), party.economy.name());
                }
            }
            Self::Annex(it) => annex(it, &mut found),
            Self::Designation(it) => {
                found.add("body", it.body.name());
                found.add("authority", it.authority.name());
                found.add("annex", it.annex.name());
                found.all("targets", it.targets.iter().map(ToString::to_string), true);
                for (i, contest) in it.contestations.iter().enumerate() {
                    found.add(format!("contestations[{i}].party"), contest.party.name());
                }
            }
            Self::Requirement(it) => requirement(it, &mut found),
        }
        found.0
    }
}

#[derive(Default)]
struct References(Vec<(String, String)>);

impl References {
    fn add(&mut self, field: impl Into<String>, name: String) {
        self.0.push((field.into(), name));
    }

    fn all(&mut self, field: &str, names: impl Iterator<Item = String>, repeated: bool) {
        for (i, name) in names.enumerate() {
            self.add(if repeated { format!("{field}[{i}]") } else { field.to_owned() }, name);
        }
    }

    fn target(&mut self, field: &str, key: &TargetKey) {
        self.add(field, key.to_string());
    }
}

fn annex(it: &Annex, found: &mut References) {
    found.add("arrangement", it.arrangement.name());
    for (i, covered) in it.covered.iter().enumerate() {
        found.target(&format!("covered[{i}].name"), &covered.name);
    }
    found.all("economies", it.economies.iter().map(|key| key.name()), true);
    if let Some(not) = &it.exclusions {
        found.all("exclusions.economies", not.economies.iter().map(|key| key.name()), true);
        found.all("exclusions.bodies", not.bodies.iter().map(|key| key.name()), true);
        found.all("exclusions.targets", not.targets.iter().map(ToString::to_string), true);
        found.all("exclusions.origins", not.origins.iter().map(|key| key.name()), true);
    }
    for (i, condition) in it.conditions.iter().enumerate() {
        found.all(&format!("conditions[{i}].markets"), condition.markets.iter().map(|key| key.name()), true);
    }
    for (i, period) in it.transitions.iter().enumerate() {
        found.add(format!("transitions[{i}].economy"), period.economy.name());
    }
}

fn requirement(it: &Requirement, found: &mut References) {
    found.add("market", it.market.name());
    found.all("regulator", it.regulator.iter().map(|key| key.name()), false);
    found.all("origins", it.origins.iter().map(|key| key.name()), true);
    found.all("excluded_origins", it.excluded_origins.iter().map(|key| key.name()), true);
    for (i, acceptance) in it.acceptances.iter().enumerate() {
        found.target(&format!("acceptances[{i}].target.name"), &acceptance.target.name);
        for (j, beside) in acceptance.together_with.iter().enumerate() {
            found.target(&format!("acceptances[{i}].together_with[{j}].name"), &beside.name);
        }
        let bodies = &acceptance.bodies;
        let field = format!("acceptances[{i}].bodies");
        found.all(&format!("{field}.economies"), bodies.economies.iter().map(|key| key.name()), true);
        found.all(&format!("{field}.bodies"), bodies.bodies.iter().map(|key| key.name()), true);
        found.all(&format!("{field}.excluded_bodies"), bodies.excluded_bodies.iter().map(|key| key.name()), true);
    }
}

#[cfg(test)]
mod tests;
