//! What nobody can certify to on a day: what is over or withdrawn by then, or is not there yet.

use std::fmt;

use chrono::NaiveDate;

use crate::domain::catalogue::Catalogue;
use crate::domain::equivalence::{Target, TargetKey};
use crate::domain::time::earliest_day;

/// Why nobody can certify to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Barred<'c> {
    /// An edition of a standard that is withdrawn since a day.
    Withdrawn(NaiveDate),
    /// One that is not published before then, as exactly as that is known.
    Unpublished(&'c str),
    /// A scheme that is operated no more since a day.
    Over(NaiveDate),
    /// One that is not operated before a day.
    NotBegun(NaiveDate),
}

impl<'c> Barred<'c> {
    /// Why nobody can on a day; none where the catalogue knows nothing against it.
    pub(super) fn of(catalogue: &'c Catalogue, target: &Target, date: NaiveDate) -> Option<Self> {
        match &target.name {
            TargetKey::Standard(key) => {
                let edition = catalogue.standards.get(key)?;
                let withdrawn = edition.withdrawn_on.filter(|on| *on <= date).map(Self::Withdrawn);
                let is_later = || earliest_day(&edition.published_on).is_some_and(|first| date < first);
                withdrawn.or_else(|| is_later().then_some(Self::Unpublished(&edition.published_on)))
            }
            TargetKey::Scheme(key) => {
                let validity = catalogue.schemes.get(key)?.validity.as_ref()?;
                let over = validity.until.filter(|until| *until <= date).map(Self::Over);
                over.or_else(|| (date < validity.from).then_some(Self::NotBegun(validity.from)))
            }
        }
    }
}

/// Said of what it is about.
impl fmt::Display for Barred<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Withdrawn(on) => write!(f, "is withdrawn since {on}"),
            Self::Unpublished(on) => write!(f, "is not published before {on}"),
            Self::Over(until) => write!(f, "is operated no more since {until}"),
            Self::NotBegun(from) => write!(f, "is not operated before {from}"),
        }
    }
}
