//! Annexes as recognition reads them: what is compared stands together, as numbers, and the rest behind pointers that are
//! followed only where an annex says more than most do.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

use chrono::NaiveDate;
use smallvec::SmallVec;

use super::Catalogue;
use super::numbers::{Numbers, Wanted};
use super::scopes::Scopes;
use crate::domain::arrangement::{Annex, Arrangement, Exclusions, Party};
use crate::domain::body::Designation;
use crate::domain::key::{AnnexKey, BodyKey};
use crate::domain::time::{Counts, Validity};
use crate::domain::words::{OriginRule, RecognitionEffect, RecognitionObject};

/// An annex with its arrangement and the designations under it: of most all that is compared is in place, in three of the
/// lines in which the processor reads.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub struct AnnexEntry {
    /// What recognition compares.
    pub(in crate::domain) terms: Terms,
    /// The annex.
    pub annex: Arc<Annex>,
    /// Its arrangement.
    pub arrangement: Arc<Arrangement>,
    /// The designations under it, by body and name.
    pub designations: Box<[Arc<Designation>]>,
}

/// An annex in numbers, in the order in which it is read, so that one that fails early costs little.
#[derive(Clone, Debug)]
#[repr(C)]
pub(in crate::domain) struct Terms {
    pub(in crate::domain) parties: SmallVec<[PartyTerms; 2]>,
    more: Option<Box<More>>,
    /// From when its arrangement applies, if nothing but that must be known of the arrangement.
    arrangement_from: Option<NaiveDate>,
    /// Its place among all annexes in the order of names.
    pub(in crate::domain) place: u32,
    pub(in crate::domain) codes: Scopes,
    /// When it is in force, if nothing but that must be known of it.
    validity: Option<Validity>,
    /// The kinds of results that it covers, a bit each.
    objects: u16,
    pub(in crate::domain) effect: RecognitionEffect,
    pub(in crate::domain) chain_limit: u8,
    pub(in crate::domain) within_party: bool,
    pub(in crate::domain) any_origin: bool,
    pub(in crate::domain) designation_required: bool,
    pub(in crate::domain) has_conditions: bool,
    pub(in crate::domain) has_transitions: bool,
    pub(in crate::domain) designated: SmallVec<[DesignationTerms; 3]>,
}

/// What few annexes have.
#[derive(Clone, Debug)]
struct More {
    economies: Vec<u32>,
    covered: Vec<Wanted>,
    exclusions: Option<ExclusionTerms>,
    /// For what each designation is, if not for all of the annex's; empty when none is.
    only: Box<[Option<Only>]>,
}

/// A party in numbers.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain) struct PartyTerms {
    pub(in crate::domain) economy: u32,
    pub(in crate::domain) accepts: bool,
    pub(in crate::domain) is_accepted: bool,
}

/// A designation in numbers.
#[derive(Clone, Debug)]
pub(in crate::domain) struct DesignationTerms {
    pub(in crate::domain) body: u32,
    /// When it stands, if nothing but that must be known of it.
    pub(in crate::domain) validity: Option<Validity>,
}

/// The schemes, standards and goods that a designation is for; an empty list means all of the annex's.
#[derive(Clone, Debug)]
pub(in crate::domain) struct Only {
    pub(in crate::domain) targets: SmallVec<[u32; 2]>,
    pub(in crate::domain) codes: Scopes,
}

/// Exclusions in numbers.
#[derive(Clone, Debug)]
pub(in crate::domain) struct ExclusionTerms {
    pub(in crate::domain) economies: SmallVec<[u32; 2]>,
    pub(in crate::domain) bodies: SmallVec<[u32; 2]>,
    pub(in crate::domain) targets: SmallVec<[u32; 2]>,
    pub(in crate::domain) origins: SmallVec<[u32; 2]>,
    pub(in crate::domain) codes: Scopes,
}

// Three lines.
const _: () = assert!(size_of::<AnnexEntry>() <= 192);

impl AnnexEntry {
    /// Reads something of each of its lines: see [`Catalogue::read_ahead`].
    pub(super) fn read_ahead(&self) {
        black_box((self.terms.place, self.terms.objects, self.designations.len()));
    }

    /// The designations of a body.
    pub fn designations_of(&self, body: &BodyKey) -> &[Arc<Designation>] {
        let from = self.designations.partition_point(|it| it.body < *body);
        let until = from + self.designations[from..].partition_point(|it| it.body == *body);
        &self.designations[from..until]
    }

    /// The designations of a body, as their places.
    pub(in crate::domain) fn designations_by(&self, body: u32) -> impl Iterator<Item = usize> + Clone + '_ {
        let terms = &self.terms.designated;
        let from = terms.partition_point(|it| it.body < body);
        (from..terms.len()).take_while(move |at| terms[*at].body == body)
    }

    /// Whether its arrangement counts on a day for a result granted on `granted_on`.
    pub(in crate::domain) fn arrangement_counts(&self, date: NaiveDate, granted_on: Option<NaiveDate>) -> Counts {
        match self.terms.arrangement_from {
            Some(from) if date < from => Counts::No,
            Some(_) => Counts::Yes,
            None => self.arrangement.counts(date, granted_on),
        }
    }

    /// Whether it counts itself.
    pub(in crate::domain) fn counts(&self, date: NaiveDate, granted_on: Option<NaiveDate>) -> Counts {
        match &self.terms.validity {
            Some(validity) if validity.contains(date) => Counts::Yes,
            Some(_) => Counts::No,
            None => self.annex.counts(date, granted_on),
        }
    }
}

impl Terms {
    fn new(
        numbers: &mut Numbers,
        place: u32,
        annex: &Annex,
        arrangement: &Arrangement,
        designations: &[Arc<Designation>],
    ) -> Self {
        let plain_arrangement = arrangement.suspensions.is_empty() && arrangement.lapse.is_none();
        let plain = annex.suspensions.is_empty() && annex.lapse.is_none();
        let covers = |it: &&RecognitionObject| annex.objects.iter().any(|object| object.covers(**it));
        let only: Box<[_]> = designations.iter().map(|it| Only::new(numbers, it)).collect();
        let more = More {
            economies: annex.economies.iter().map(|it| numbers.economy(it)).collect(),
            covered: annex.covered.iter().map(|it| numbers.wanted(it)).collect(),
            exclusions: annex.exclusions.as_ref().map(|not| ExclusionTerms::new(numbers, not)),
            only: if only.iter().any(Option::is_some) { only } else { Box::default() },
        };
        Self {
            place,
            codes: Scopes::new(numbers, &annex.codes),
            parties: arrangement.parties.iter().map(|it| PartyTerms::new(numbers, annex, it)).collect(),
            objects: RecognitionObject::ALL.iter().filter(covers).fold(0, |bits, it| bits | it.bit()),
            effect: annex.effect,
            chain_limit: u8::try_from(annex.chain_limit()).unwrap_or(u8::MAX),
            within_party: annex.within_party,
            any_origin: annex.origin_rule == OriginRule::Any,
            designation_required: annex.designation_required,
            has_conditions: !annex.conditions.is_empty(),
            has_transitions: !annex.transitions.is_empty(),
            arrangement_from: arrangement.applies_from().filter(|_| plain_arrangement),
            validity: plain.then(|| annex.validity.clone()),
            designated: designations.iter().map(|it| DesignationTerms::new(numbers, it)).collect(),
            more: (!more.is_empty()).then(|| Box::new(more)),
        }
    }

    /// Which economies take part; empty means all.
    pub(in crate::domain) fn economies(&self) -> &[u32] {
        self.more.as_ref().map_or(&[], |it| &it.economies)
    }

    /// The schemes and standards whose results are covered; empty means all.
    pub(in crate::domain) fn covered(&self) -> &[Wanted] {
        self.more.as_ref().map_or(&[], |it| &it.covered)
    }

    pub(in crate::domain) fn exclusions(&self) -> Option<&ExclusionTerms> {
        self.more.as_ref()?.exclusions.as_ref()
    }

    /// For what the designation at a place is, if not for all of the annex's.
    pub(in crate::domain) fn only(&self, designation: usize) -> Option<&Only> {
        self.more.as_ref()?.only.get(designation)?.as_ref()
    }

    pub(in crate::domain) fn covers(&self, object: RecognitionObject) -> bool {
        self.objects & object.bit() != 0
    }
}

impl PartyTerms {
    fn new(numbers: &Numbers, annex: &Annex, party: &Party) -> Self {
        // What is granted each other is granted by nobody who grants or is granted nothing.
        let both = party.accepts() && party.is_accepted();
        let takes_part = both || !annex.reciprocal;
        Self {
            economy: numbers.economy(&party.economy),
            accepts: party.accepts() && takes_part,
            is_accepted: party.is_accepted() && takes_part,
        }
    }
}

impl More {
    fn is_empty(&self) -> bool {
        self.economies.is_empty() && self.covered.is_empty() && self.exclusions.is_none() && self.only.is_empty()
    }
}

impl DesignationTerms {
    /// Whether the designation, which these are of, counts on a day for a result granted on `granted_on`.
    pub(in crate::domain) fn counts(
        &self,
        designation: &Designation,
        date: NaiveDate,
        granted_on: Option<NaiveDate>,
    ) -> Counts {
        match &self.validity {
            Some(validity) if validity.contains(date) => Counts::Yes,
            Some(_) => Counts::No,
            None => designation.counts(date, granted_on),
        }
    }

    fn new(numbers: &Numbers, it: &Designation) -> Self {
        let plain = it.suspensions.is_empty() && it.contestations.is_empty() && it.ending.is_none();
        Self { body: numbers.body(&it.body), validity: plain.then(|| it.validity.clone()) }
    }
}

impl Only {
    fn new(numbers: &mut Numbers, it: &Designation) -> Option<Self> {
        (!it.targets.is_empty() || !it.codes.is_empty()).then(|| Self {
            targets: it.targets.iter().map(|target| numbers.node(target)).collect(),
            codes: Scopes::new(numbers, &it.codes),
        })
    }
}

impl ExclusionTerms {
    fn new(numbers: &mut Numbers, not: &Exclusions) -> Self {
        Self {
            economies: not.economies.iter().map(|it| numbers.economy(it)).collect(),
            bodies: not.bodies.iter().map(|it| numbers.body(it)).collect(),
            targets: not.targets.iter().map(|it| numbers.node(it)).collect(),
            origins: not.origins.iter().map(|it| numbers.economy(it)).collect(),
            codes: Scopes::new(numbers, &not.codes),
        }
    }
}

/// Every annex of which there is the arrangement, in the order of names.
pub(super) fn entries(numbers: &mut Numbers, catalogue: &Catalogue) -> Vec<AnnexEntry> {
    let mut under: BTreeMap<&AnnexKey, Vec<Arc<Designation>>> = BTreeMap::new();
    for it in catalogue.designations.values() {
        under.entry(&it.annex).or_default().push(it.clone());
    }
    let mut entries = Vec::with_capacity(catalogue.annexes.len());
    for annex in catalogue.annexes.values() {
        let Some(arrangement) = catalogue.arrangements.get(&annex.arrangement) else { continue };
        let mut designations = under.remove(&annex.name).unwrap_or_default();
        designations.sort_by(|a, b| a.body.cmp(&b.body)); // stable: by name within a body
        let place = super::numbers::number(entries.len());
        let terms = Terms::new(numbers, place, annex, arrangement, &designations);
        let (annex, arrangement) = (annex.clone(), arrangement.clone());
        entries.push(AnnexEntry { terms, annex, arrangement, designations: designations.into() });
    }
    entries
}
