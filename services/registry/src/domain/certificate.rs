//! A certificate as the registry holds it.

use std::cmp::Ordering;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use greenlane_credential::ConfidentialField;

use super::content::Content;
use super::contestation::{Contestation, without_effect};
use super::life::{Event, Standing, State, conditions, is_overtaken, last_effective, overtakers, standing};
use super::names::{BodyId, CertificateNumber};
use super::status::{self, Phase, Purpose};

/// What is current: the head of a certificate's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) number: CertificateNumber,
    pub(crate) body: BodyId,
    /// The state after the last recorded event, whenever that takes effect.
    pub(crate) state: State,
    /// The newest version, whenever it takes effect, and whether it does.
    pub(crate) version: u32,
    pub(crate) granted_index: u64,
    pub(crate) latest_index: u64,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    /// When the last step takes effect that counts, the grant apart.
    pub(crate) effect_floor: Option<DateTime<Utc>>,
    pub(crate) superseded_by: Option<CertificateNumber>,
    /// First and last day on which any of its versions is valid: what searches by date begin with.
    pub(crate) valid: (NaiveDate, NaiveDate),
}

/// One version: the facts and the document that states them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) version: u32,
    pub(crate) log_index: u64,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) content: Arc<Content>,
    /// Without disclosures: what was signed, and what the log names.
    pub(crate) document: Arc<str>,
    pub(crate) document_sha256: [u8; 32],
    /// Of the fields that the document keeps back, each with its salt.
    pub(crate) disclosures: Vec<String>,
    pub(crate) key: String,
}

/// What is stored of a version: made where it is prepared, outside any lock.
#[derive(Clone, Debug)]
pub(crate) struct VersionBytes {
    /// The facts as JSON.
    pub(crate) content: String,
    /// The document, as the store packs it.
    pub(crate) document: Vec<u8>,
}

impl Version {
    /// Whether the document keeps this field back, whether or not what it says was erased here.
    pub(crate) fn keeps_back(&self, field: ConfidentialField) -> bool {
        self.content.confidential.contains(&field)
    }

    /// Forgets what these fields said and their salts, if the document keeps them back. The document stays.
    pub(crate) fn erase(&mut self, fields: &[ConfidentialField]) {
        let rest = self.content.without(fields);
        let gone: Vec<ConfidentialField> =
            fields.iter().copied().filter(|field| rest.confidential.contains(field)).collect();
        self.disclosures.retain(|text| !ConfidentialField::any_disclosed_by(&gone, text));
        self.content = Arc::new(rest);
    }
}

/// A certificate as it is to be shown: at one revision, in one version.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) number: CertificateNumber,
    pub(crate) body: BodyId,
    pub(crate) granted_index: u64,
    pub(crate) version: Version,
    /// The events known at the revision, in the order of the log. Not empty.
    pub(crate) events: Vec<Event>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) superseded_by: Option<CertificateNumber>,
    /// What had been heard of disputes about it at the revision, in the order of the log; nothing in what a step answers.
    pub(crate) contestations: Vec<Contestation>,
}

impl Snapshot {
    /// The latest event.
    pub(crate) fn latest(&self) -> &Event {
        self.events.last().expect("a certificate has its grant")
    }

    /// The events that the latest one has overtaken.
    pub(crate) fn overtaken(&self) -> impl Iterator<Item = &Event> {
        let latest = self.latest().log_index;
        let overtakers = overtakers(&self.events).into_iter().zip(&self.events);
        overtakers.filter(move |(by, _)| by.is_some_and(|by| by.log_index == latest)).map(|(_, event)| event)
    }

    /// Where it stands on a day, in the version shown: one that a newer version has replaced, or that was overtaken
    /// before it took effect, is superseded; one that takes effect later is not yet valid.
    pub(crate) fn standing(&self, day: NaiveDate) -> Standing {
        let valid = (self.version.content.valid_from, self.version.content.valid_until);
        let standing = standing(&self.events, valid, day).unwrap_or(Standing::Stored(self.latest().state_after));
        let is_over = !matches!(
            standing,
            Standing::Stored(State::Active | State::Suspended) | Standing::Expired | Standing::NotYetValid
        );
        match self.version.version.cmp(&current_version(&self.events, day)) {
            Ordering::Less if !is_over => Standing::Stored(State::Superseded),
            Ordering::Greater if !is_over && is_overtaken(&self.events, self.version.version) => {
                Standing::Stored(State::Superseded)
            }
            Ordering::Greater if !is_over => Standing::NotYetValid,
            Ordering::Less | Ordering::Equal | Ordering::Greater => standing,
        }
    }

    /// What status lists say of the version's document on a day.
    pub(crate) fn purposes(&self, day: NaiveDate) -> &'static [Purpose] {
        let state = last_effective(&self.events, day).map_or(State::Active, |event| event.state_after);
        let phase = Phase::of(&self.events, self.version.version, current_version(&self.events, day));
        let set = status::purposes(state, phase);
        match without_effect(&self.contestations, day).is_empty() {
            false if set.is_empty() => &[Purpose::Suspension],
            _ => set,
        }
    }

    /// What would end the suspension that it is under on a day.
    pub(crate) fn remedy(&self, day: NaiveDate) -> &str {
        let suspension = last_effective(&self.events, day).filter(|event| event.state_after == State::Suspended);
        suspension.map_or("", |event| &event.remedy)
    }

    /// The conditions under which it goes on, on a day.
    pub(crate) fn conditions(&self, day: NaiveDate) -> &str {
        conditions(&self.events, day).map_or("", |event| &event.remedy)
    }
}

/// The version that is current on a day: the one that the last step which had taken effect by then made or left.
pub(crate) fn current_version(events: &[Event], day: NaiveDate) -> u32 {
    last_effective(events, day).map_or(0, |event| event.version)
}

/// The etag of a certificate whose latest event has this index: changes with every event.
pub(crate) fn etag(latest_index: u64) -> String {
    format!("{:x}", latest_index + 1)
}
