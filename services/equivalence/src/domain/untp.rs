//! What the catalogue knows, in the words of the UN Transparency Protocol 0.7.0: schemes as its Conformity Vocabulary
//! Catalogue has them (CVC), and designations as Digital Identity Anchors (DIA).
//!
//! Nothing is said that the catalogue does not know: where the protocol demands what is not known, the answer is why
//! there is none.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::catalogue::{Calendar, Catalogue};
use super::equivalence::TargetKey;
use super::key::{DesignationKey, SchemeKey};
use super::requirement::{Acceptance, Requirement};
use super::scheme::Scheme;
use super::standard::Stock;
use super::time::Counts;
use super::words::EquivalenceDegree;

const UNTP: &str = "https://vocabulary.uncefact.org/untp/0.7.0/context/";
const CREDENTIALS: &str = "https://www.w3.org/ns/credentials/v2";

/// Why something cannot be said in the protocol's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untold {
    /// It is not in the catalogue.
    #[error("{0} is not in the catalogue")]
    Unknown(String),
    /// The protocol demands what the catalogue does not know.
    #[error("{name}: the catalogue does not know {what}, which UNTP demands")]
    Missing {
        /// What it is about.
        name: String,
        /// What is not known.
        what: &'static str,
    },
    /// A designation that is not in force is no identity to anchor, nor is one under what is not.
    #[error("{name} is not in force on {date}")]
    NotInForce {
        /// The designation, its annex, or the arrangement of that.
        name: String,
        /// The day.
        date: NaiveDate,
    },
    /// Nor is one of which nobody can tell.
    #[error("whether {name} is in force on {date} is not known: the catalogue holds no entry into force of it")]
    MayNotBeInForce {
        /// The arrangement.
        name: String,
        /// The day.
        date: NaiveDate,
    },
}

/// How far what is certified answers to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// In part: by an equivalence with deviations.
    Partial,
    /// It meets it.
    Meets,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Partial => "partial",
            Self::Meets => "meets",
        }
    }
}

/// Makes documents out of a catalogue as it is on a day. Identifiers of entries are their resource names under `base`, an
/// address without a slash at its end.
#[derive(Clone, Copy, Debug)]
pub struct Exporter<'c> {
    /// The catalogue.
    pub catalogue: &'c Catalogue,
    /// Where its entries are.
    pub base: &'c str,
    /// The day.
    pub date: NaiveDate,
}

impl Exporter<'_> {
    fn id(&self, name: &str) -> String {
        format!("{}/{name}", self.base)
    }

    /// A `ConformityScheme` with one profile: the standards that the scheme answers to, itself and by equivalences in
    /// force, and the mandatory requirements that accept it.
    ///
    /// # Errors
    /// What the catalogue does not know of it.
    pub fn conformity_scheme(&self, key: &SchemeKey) -> Result<Value, Untold> {
        let scheme = self.catalogue.schemes.get(key).ok_or_else(|| Untold::Unknown(key.name()))?;
        let missing = |what| Untold::Missing { name: key.name(), what };
        let owner = scheme.owner.as_ref().and_then(|owner| self.catalogue.bodies.get(owner));
        let owner = owner.ok_or_else(|| missing("its owner"))?;
        if !is_address(&scheme.source.uri) {
            return Err(missing("where it is documented"));
        }
        let aligned = self.aligned(scheme);
        let regulations = self.regulations(&aligned);
        // What a law in force accepts by its own words is endorsed by it; of other endorsements the catalogue knows none.
        let own = TargetKey::Scheme(key.clone());
        let mandated = regulations.iter().any(|(it, _)| it.acceptances.iter().any(|it| it.target.name == own));
        let (name, id) = (display_name(scheme), self.id(&key.name()));
        let since = scheme.validity.as_ref().map_or(self.date, |validity| validity.from);
        let profile = json!({
            "type": ["ConformityProfile"],
            "id": format!("{id}#profile"),
            "name": name,
            "version": format!("0.{}.0", self.catalogue.revision()),
            "validFrom": since.to_string(),
            "status": if self.operated(scheme) { "active" } else { "deprecated" },
            "subjectType": "product",
            "standardAlignment": self.standards(&aligned),
            "regulatoryAlignment": regulations.iter().map(|(it, level)| self.regulation(it, *level)).collect::<Vec<_>>(),
            "documentation": scheme.source.uri,
            // The catalogue holds standards, and no criteria of schemes.
            "criterion": [],
            "scheme": { "type": ["ConformityScheme"], "id": id, "name": name },
        });
        let owner_name = if owner.display_name.is_empty() { owner.name.as_str() } else { &owner.display_name };
        Ok(json!({
            "@context": [UNTP],
            "type": ["ConformityScheme"],
            "id": id,
            "name": name,
            "owner": { "type": ["Party"], "id": self.id(&owner.name.name()), "name": owner_name },
            "endorsementLevel": if mandated { "endorsed_mandate" } else { "endorsed_self" },
            "documentation": scheme.source.uri,
            "includedProfile": [profile],
        }))
    }

    fn operated(&self, scheme: &Scheme) -> bool {
        scheme.validity.as_ref().is_none_or(|validity| validity.contains(self.date))
    }

    /// What a certificate of the scheme answers to: the scheme, its standards, and what one equivalence in force leads
    /// to from them. Identical is meeting; modified is meeting in part, because of the deviations.
    fn aligned(&self, scheme: &Scheme) -> BTreeMap<TargetKey, Level> {
        let own = TargetKey::Scheme(scheme.name.clone());
        let standards = scheme.standards.iter().cloned().map(TargetKey::Standard);
        let mut aligned: BTreeMap<_, _> = standards.chain([own]).map(|target| (target, Level::Meets)).collect();
        let first = aligned.clone();
        for it in self.catalogue.equivalences.values() {
            let level = match it.degree {
                EquivalenceDegree::Identical => Level::Meets,
                EquivalenceDegree::Modified | EquivalenceDegree::EquivalentLegacy => Level::Partial,
                EquivalenceDegree::NotEquivalent => continue,
            };
            // What holds for one level of a scheme only is nothing that the whole scheme answers to.
            let whole = it.from.level.is_empty() && it.to.level.is_empty();
            if whole && it.validity.contains(self.date) && first.contains_key(&it.from.name) {
                let known = aligned.entry(it.to.name.clone()).or_insert(level);
                *known = level.max(*known);
            }
        }
        aligned
    }

    fn standards(&self, aligned: &BTreeMap<TargetKey, Level>) -> Vec<Value> {
        let standards = aligned.iter().filter_map(|(target, level)| match target {
            TargetKey::Standard(key) => {
                let designation = self.catalogue.standards.get(key).map(|it| it.designation.as_str());
                let name = designation.filter(|name| !name.is_empty()).unwrap_or(key.as_str());
                Some(json!({
                    "standard": { "type": ["Standard"], "id": self.id(&key.name()), "name": name },
                    "alignmentLevel": level.as_str(),
                }))
            }
            TargetKey::Scheme(_) => None,
        });
        standards.collect()
    }

    /// Mandatory requirements in force that accept some of it, each with the best level: what a new certificate is good for.
    fn regulations(&self, aligned: &BTreeMap<TargetKey, Level>) -> Vec<(&Requirement, Level)> {
        let all = self.catalogue.requirements.values();
        let in_force = all.filter(|it| it.mandatory && it.validity.contains(self.date));
        let met = in_force.filter_map(|it| {
            let accepted = it.acceptances.iter().filter(|accepted| self.counts(it, accepted));
            Some((&**it, accepted.filter_map(|it| answers(aligned, it)).max()?))
        });
        met.collect()
    }

    /// Whether an acceptance is in force, and every calendar of its market, or of a bloc that this may belong to, lets the
    /// editions that it names count for a certificate granted on the day.
    fn counts(&self, requirement: &Requirement, acceptance: &Acceptance) -> bool {
        let here = |it: &Calendar| {
            let (market, bloc) = (&requirement.market, &it.transition.market);
            self.catalogue.is_within(market, bloc, self.date) || self.catalogue.may_be_within(market, bloc, self.date)
        };
        let counts = |it: &Calendar| {
            it.transition.counts(&it.standard, self.date, Some(self.date), Stock::default()) == Counts::Yes
        };
        acceptance.in_force(self.date)
            && self.catalogue.calendars_of(acceptance).iter().filter(|it| here(it)).all(counts)
    }

    fn regulation(&self, requirement: &Requirement, level: Level) -> Value {
        let title = if requirement.title.is_empty() { requirement.name.as_str() } else { &requirement.title };
        let reference = &requirement.legal_reference;
        let name = if reference.is_empty() { title.to_owned() } else { format!("{title} ({reference})") };
        json!({
            "regulation": { "type": ["Regulation"], "id": self.id(&requirement.name.name()), "name": name },
            "alignmentLevel": level.as_str(),
        })
    }

    /// A Digital Identity Anchor for the authority to sign: that the body is designated. `issuer` is the authority's DID,
    /// `subject` the body's.
    ///
    /// # Errors
    /// When the designation, its annex or the arrangement of that is not in force for what is granted on the day, or what
    /// is not known of them.
    pub fn identity_anchor(&self, key: &DesignationKey, issuer: &str, subject: &str) -> Result<Value, Untold> {
        let it = self.catalogue.designations.get(key).ok_or_else(|| Untold::Unknown(key.name()))?;
        let missing = |what| Untold::Missing { name: key.name(), what };
        let body = self.catalogue.bodies.get(&it.body).ok_or_else(|| missing("its body"))?;
        let authority = self.catalogue.bodies.get(&it.authority).ok_or_else(|| missing("its authority"))?;
        let annex = self.catalogue.annexes.get(&it.annex).ok_or_else(|| missing("its annex"))?;
        let arrangement = self.catalogue.arrangements.get(&annex.arrangement);
        let arrangement = arrangement.ok_or_else(|| missing("the arrangement of its annex"))?;
        // As for a result that is granted on the day.
        let (date, granted_on) = (self.date, Some(self.date));
        for (counts, name) in [
            (it.counts(date, granted_on), key.name()),
            (annex.counts(date, granted_on), annex.name.name()),
            (arrangement.counts(date, granted_on), arrangement.name.name()),
        ] {
            match counts {
                Counts::Yes => {}
                Counts::NeedsEntryIntoForce => return Err(Untold::MayNotBeInForce { name, date }),
                Counts::No | Counts::NeedsGrantDate => return Err(Untold::NotInForce { name, date }),
            }
        }
        let endings = [&it.ending, &annex.lapse, &arrangement.lapse].into_iter().flatten().map(|ending| ending.on);
        let until = [it.validity.until, annex.validity.until].into_iter().flatten().chain(endings).min();
        let targets: Vec<&TargetKey> = if it.targets.is_empty() {
            annex.covered.iter().map(|it| &it.name).collect()
        } else {
            it.targets.iter().collect()
        };
        let scope: Vec<String> = targets.into_iter().map(|target| self.id(&target.to_string())).collect();
        let named = |name: &str, otherwise: &str| if name.is_empty() { otherwise.to_owned() } else { name.to_owned() };
        let (body_name, authority_name) =
            (named(&body.display_name, body.name.as_str()), named(&authority.display_name, authority.name.as_str()));
        let mut credential = json!({
            "@context": [CREDENTIALS, UNTP],
            "type": ["DigitalIdentityAnchor", "VerifiableCredential"],
            "id": self.id(&key.name()),
            "issuer": { "type": ["CredentialIssuer"], "id": issuer, "name": authority_name },
            "validFrom": midnight(it.validity.from),
            "name": format!("Designation of {body_name}"),
            "credentialSubject": {
                "type": ["RegisteredIdentity"],
                "id": subject,
                "registeredName": body_name,
                "registeredId": key.name(),
                "registeredDate": it.validity.from.to_string(),
                "idScheme": {
                    "type": ["IdentifierScheme"],
                    "id": self.id(&annex.name.name()),
                    "name": named(&annex.title, annex.name.as_str()),
                },
                "registrar": { "type": ["Party"], "id": self.id(&authority.name.name()), "name": authority_name },
                "registerType": "accreditation",
                "registrationScope": scope,
            },
        });
        if let Some(until) = until {
            credential["validUntil"] = midnight(until).into();
        }
        Ok(credential)
    }
}

/// How far what is aligned answers to an acceptance, with everything that must be certified beside it. What is wanted at a
/// level of a scheme only is nothing that the whole scheme answers to.
fn answers(aligned: &BTreeMap<TargetKey, Level>, acceptance: &Acceptance) -> Option<Level> {
    let wanted = std::iter::once(&acceptance.target).chain(&acceptance.together_with);
    let levels = wanted.map(|it| aligned.get(&it.name).copied().filter(|_| it.level.is_empty()));
    levels.collect::<Option<Vec<_>>>()?.into_iter().min()
}

/// The beginning of a day in UTC. What ends on the first day after ends there.
fn midnight(day: NaiveDate) -> String {
    format!("{day}T00:00:00Z")
}

fn is_address(text: &str) -> bool {
    (text.starts_with("https://") || text.starts_with("http://")) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn display_name(scheme: &Scheme) -> &str {
    let english = scheme.display_names.iter().find(|name| name.language == "en");
    english.or(scheme.display_names.first()).map_or(scheme.name.as_str(), |name| &name.text)
}

#[cfg(test)]
mod tests;
