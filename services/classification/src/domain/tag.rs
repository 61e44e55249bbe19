//! Rows of trade statistics and the green lists that they fall under.
//!
//! What is said of a code on a day is found once and kept for the rows to come: a run over millions of rows asks the
//! catalogue about a few thousand codes. Nothing that is kept grows with the number of rows.

mod repeats;
mod seen;
mod standings;
mod totals;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;
use foldhash::quality::RandomState;
use greenlane_tally::{Share, flow_text, is_amount, is_world};

use super::catalogue::{Catalogue, Position};
use super::code::{CodeText, unwrapped};
use super::facts::ListFact;
use super::harmonized;
use super::infer::{period, with_zero};
use super::membership::{MembershipStatus, Unsaid};
use repeats::{Beside, Counted, Repeats, Written};
use seen::Seen;
use standings::{Standing, Standings};
use totals::Totals;
pub(crate) use totals::{TooMany, Total, TotalKey};

/// What is known of codes is forgotten when it is about more than this: a row that comes back is looked up again.
const KEPT: usize = 200_000;
/// What is known of what is written at such length, in bytes, is not kept: that would be no code.
const LONGEST: usize = 100;

/// Digits of a code that tables give as the goods themselves: shorter ones with codes below them are sums. National lines
/// may lie under it, and under one another; whether a table has both is more than one row says.
const SUBHEADING: usize = 6;

/// How to tag.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Lists, as indexes.
    pub(crate) lists: Vec<usize>,
    /// Edition of rows that name none.
    pub(crate) edition: Option<usize>,
    /// Links that are held back by default count.
    pub(crate) held: bool,
    /// Mend what is unambiguous.
    pub(crate) mend: bool,
    /// Day of membership. None means the last of each row's period.
    pub(crate) on: Option<NaiveDate>,
    pub(crate) total_by: Vec<TotalKey>,
}

/// A row as it was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'r> {
    pub(crate) code: &'r str,
    pub(crate) edition: &'r str,
    pub(crate) period: &'r str,
    pub(crate) reporter: &'r str,
    pub(crate) partner: &'r str,
    pub(crate) flow: &'r str,
    pub(crate) value: f64,
}

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TradeFault {
    CodeUnknown,
    EditionWrong,
    AggregateCode,
    Duplicate,
    LeadingZeroLost,
    ValueMalformed,
    PeriodMalformed,
    AggregatePartner,
    PartOfFlow,
    EditionEarly,
    CodeWrapped,
}

impl TradeFault {
    const ALL: [Self; 11] = [
        Self::CodeUnknown,
        Self::EditionWrong,
        Self::AggregateCode,
        Self::Duplicate,
        Self::LeadingZeroLost,
        Self::ValueMalformed,
        Self::PeriodMalformed,
        Self::AggregatePartner,
        Self::PartOfFlow,
        Self::EditionEarly,
        Self::CodeWrapped,
    ];

    /// Stable identifier.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CodeUnknown => "code_unknown",
            Self::EditionWrong => "edition_wrong",
            Self::AggregateCode => "aggregate_code",
            Self::Duplicate => "duplicate",
            Self::LeadingZeroLost => "leading_zero_lost",
            Self::ValueMalformed => "value_malformed",
            Self::PeriodMalformed => "period_malformed",
            Self::AggregatePartner => "aggregate_partner",
            Self::PartOfFlow => "part_of_flow",
            Self::EditionEarly => "edition_early",
            Self::CodeWrapped => "code_wrapped",
        }
    }
}

/// A list that a code falls under, or may. What is held back and what cannot be told lie outside the bounds: links that
/// say next to nothing, no links at all, or a code that is unknown, make nothing green, and do not make it certain that
/// nothing is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tag {
    /// Its index.
    pub(crate) list: usize,
    pub(crate) status: MembershipStatus,
    /// How much of the value.
    pub(crate) share: Share,
}

/// What is said of a code as it is written, in an edition and a period.
#[derive(Debug, Default)]
struct Said {
    written: Written,
    /// The period is one.
    dated: bool,
    at: Option<Position>,
    /// Each with whether it was mended.
    faults: Vec<(TradeFault, bool)>,
    tags: Arc<[Tag]>,
    aggregate: bool,
    /// Of a code that is not of the edition: those that have it, by their identifiers.
    editions: Box<str>,
}

/// A tagged row.
#[derive(Clone, Debug)]
pub(crate) struct Tagged {
    said: Arc<Said>,
    /// Faults of the row beside its code's.
    own: [Option<TradeFault>; 5],
}

impl Tagged {
    /// The code as it was understood.
    pub(crate) fn at(&self) -> Option<Position> {
        self.said.at
    }

    pub(crate) fn tags(&self) -> &[Tag] {
        &self.said.tags
    }

    /// Of a code that is not of the edition: the identifiers of those that have it as it is written, or once a lost leading
    /// zero is put back, separated by commas.
    pub(crate) fn editions(&self) -> &str {
        &self.said.editions
    }

    /// Faults, each with whether it was mended.
    pub(crate) fn faults(&self) -> impl Iterator<Item = (TradeFault, bool)> + '_ {
        self.said.faults.iter().copied().chain(self.own.iter().flatten().map(|fault| (*fault, false)))
    }
}

/// Tags the rows of one run, all at one revision.
#[derive(Debug)]
pub(crate) struct Tagger {
    catalogue: Arc<Catalogue>,
    settings: Settings,
    said: HashMap<String, Arc<Said>, RandomState>,
    /// By epoch, what is said of all goods of which it is not known what they are, or of which day.
    of_the_unknown: HashMap<Option<usize>, Arc<[Tag]>>,
    standings: Standings,
    key: String,
    seen: Seen,
    repeats: Repeats,
    totals: Totals,
    rows: u64,
    mended: u64,
    /// By fault, in the order of [`TradeFault::ALL`].
    faults: [u64; TradeFault::ALL.len()],
}

impl Tagger {
    pub(crate) fn new(catalogue: Arc<Catalogue>, settings: Settings) -> Self {
        let totals = Totals::new(settings.total_by.clone(), settings.lists.clone());
        Self {
            settings,
            said: HashMap::default(),
            of_the_unknown: HashMap::new(),
            standings: Standings::of(&catalogue),
            key: String::new(),
            seen: Seen::default(),
            repeats: Repeats::default(),
            totals,
            rows: 0,
            mended: 0,
            faults: [0; TradeFault::ALL.len()],
            catalogue,
        }
    }

    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The lists that rows are tagged with.
    pub(crate) fn lists(&self) -> impl Iterator<Item = &ListFact> {
        self.settings.lists.iter().map(|list| &self.catalogue.lists[*list].fact)
    }

    /// Tags a row and adds it to the totals.
    ///
    /// # Errors
    /// When the totals are kept by so much that they would grow without bound.
    pub(crate) fn tag(&mut self, row: &Row<'_>) -> Result<Tagged, TooMany> {
        let row = &Row { flow: flow_text(row.flow), ..*row };
        let said = self.said(row);
        let written = said.written;
        let good_value = is_amount(row.value);
        let part = Repeats::part(row);
        let own = [
            (!said.dated).then_some(TradeFault::PeriodMalformed),
            (!good_value).then_some(TradeFault::ValueMalformed),
            self.seen.before(row, written).then_some(TradeFault::Duplicate),
            // Whether rows of the partners or of the whole flow are still to come is not known.
            is_world(row.partner.as_bytes()).then_some(TradeFault::AggregatePartner),
            part.map(|_| TradeFault::PartOfFlow),
        ];
        let tagged = Tagged { said, own };
        self.rows += 1;
        let mut mended = false;
        for (fault, was_mended) in tagged.faults() {
            self.faults[fault as usize] += 1;
            mended |= was_mended;
        }
        self.mended += u64::from(mended);
        // A heading or a chapter repeats the value of the codes below it.
        let counts = !tagged.said.aggregate;
        let value = if good_value { row.value } else { 0.0 };
        let beside = self.repeats.note(row, written, part);
        // By flow, a part of a flow has a total of its own.
        let part = part.filter(|_| !self.settings.total_by.contains(&TotalKey::Flow));
        match beside {
            Beside::Single if counts => self.totals.add(row, part, value, &tagged.said.tags)?,
            Beside::Single | Beside::Repeated => {}
            Beside::Open(trade) => {
                let said = Arc::clone(&tagged.said);
                let counted =
                    if counts { Some(Counted { key: self.totals.key(row, part)?, value, said }) } else { None };
                if self.repeats.wait(trade, counted) {
                    self.settle();
                }
            }
        }
        Ok(tagged)
    }

    /// Counts the rows of the world that repeat none of those that came so far.
    fn settle(&mut self) {
        for Counted { key, value, said } in self.repeats.settle() {
            self.totals.add_to(&key, value, &said.tags);
        }
    }

    fn said(&mut self, row: &Row<'_>) -> Arc<Said> {
        self.key.clear();
        for part in [row.code, row.edition, row.period] {
            self.key.push_str(part);
            self.key.push('\u{1f}');
        }
        if let Some(said) = self.said.get(&self.key) {
            return Arc::clone(said);
        }
        let said = Arc::new(self.say(row));
        if self.key.len() > LONGEST {
            return said;
        }
        if self.said.len() >= KEPT {
            self.said.clear();
        }
        self.said.insert(self.key.clone(), Arc::clone(&said));
        said
    }

    /// What is to be said of a code as it is written, in a period.
    fn say(&mut self, row: &Row<'_>) -> Said {
        let when = period(row.period);
        let mut said = understand(&self.catalogue, &self.settings, row, when);
        (said.written, said.dated) = (self.repeats.written(row, said.at), when.is_some());
        if let Some(code) = said.at.map(|at| self.catalogue.code(at))
            && !code.children.is_empty()
            && code.fact.code.len() < SUBHEADING
        {
            said.aggregate = true;
            said.faults.push((TradeFault::AggregateCode, false));
        }
        // All goods together are of no list.
        if said.at.is_none() && said.aggregate {
            return said;
        }
        let on = self.settings.on.or(when.map(|(_, last)| last));
        let Self { catalogue, settings, standings, of_the_unknown, .. } = self;
        said.tags = match (said.at, on) {
            (Some(at), Some(on)) => {
                tags(&settings.lists, |list| standings.of_code(catalogue, list, at, on, settings.held))
            }
            // Nobody knows which goods, or on which day.
            (_, on) => {
                let known = of_the_unknown.entry(on.map(|on| standings.epoch(on)));
                let of = |list: usize| Standing::of_the_unknown(&catalogue.lists[list], on);
                Arc::clone(known.or_insert_with(|| tags(&settings.lists, of)))
            }
        };
        said
    }

    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    pub(crate) fn mended(&self) -> u64 {
        self.mended
    }

    /// Rows by fault: of the world and of parts of flows those that repeat others of the rows so far.
    pub(crate) fn faults(&self) -> BTreeMap<TradeFault, u64> {
        let mut faults = self.faults;
        faults[TradeFault::AggregatePartner as usize] = self.repeats.of_the_world();
        faults[TradeFault::PartOfFlow as usize] = self.repeats.of_parts();
        TradeFault::ALL.into_iter().zip(faults).filter(|(_, rows)| *rows > 0).collect()
    }

    pub(crate) fn totals(&self) -> Vec<Total> {
        let mut totals = self.totals.clone();
        for Counted { key, value, said } in self.repeats.waiting() {
            totals.add_to(key, *value, &said.tags);
        }
        totals.all(|flow| self.repeats.is_part(flow))
    }
}

/// The tags of goods that stand so to lists.
fn tags(lists: &[usize], mut standing: impl FnMut(usize) -> Standing) -> Arc<[Tag]> {
    let tag = |list: &usize| {
        let standing = standing(*list);
        let (certain, possible, held_back, undetermined) = match (standing.status, standing.unsaid) {
            (MembershipStatus::Member, _) => (1.0, 1.0, 0.0, 0.0),
            (MembershipStatus::Partly, _) => (0.0, 1.0, 0.0, 0.0),
            (MembershipStatus::Undetermined, Some(Unsaid::HeldBack)) => (0.0, 0.0, 1.0, 0.0),
            (MembershipStatus::Undetermined, Some(Unsaid::Unlinked | Unsaid::ListPartial) | None) => {
                (0.0, 0.0, 0.0, 1.0)
            }
            (MembershipStatus::NotMember, _) => return None,
        };
        let share = Share { certain, possible, held_back, undetermined, estimated: standing.estimated };
        Some(Tag { list: *list, status: standing.status, share })
    };
    lists.iter().filter_map(tag).collect()
}

/// Which code is meant.
fn understand(catalogue: &Catalogue, settings: &Settings, row: &Row<'_>, when: Option<(i32, NaiveDate)>) -> Said {
    let mut said = Said::default();
    let raw = row.code.trim();
    let bare = unwrapped(raw);
    let raw = bare.unwrap_or(raw);
    if is_total(raw) {
        said.aggregate = true;
        said.faults.push((TradeFault::AggregateCode, false));
        return said;
    }
    let Ok(code) = CodeText::parse(raw) else {
        said.faults.push((TradeFault::CodeUnknown, false));
        return said;
    };
    let code = code.as_str();
    let edition = if row.edition.is_empty() { settings.edition } else { catalogue.edition(row.edition) };
    let Some(edition) = edition else {
        // Without a period nobody could say which it is, and the period is a fault of its own.
        if !row.edition.is_empty() || when.is_some() {
            said.faults.push((TradeFault::EditionWrong, false));
            said.editions = editions_with(catalogue, code);
        }
        return said;
    };
    let find = |edition: usize| match catalogue.find(edition, code) {
        Some(at) => Some((at, false)),
        None => with_zero(code).and_then(|code| catalogue.find(edition, &code)).map(|at| (at, true)),
    };
    let found = match find(edition) {
        Some(found) => {
            // Whether the edition or the period is the wrong one is not for us to say, nor whether an old table was
            // written anew in a new edition: the code is what it is said to be.
            let from = harmonized::told_from(&catalogue.editions[edition].fact);
            if when.is_some_and(|(_, last)| last < from) {
                said.faults.push((TradeFault::EditionEarly, false));
            }
            Some(found)
        }
        None => {
            let of_system = editions_of_system(catalogue, edition);
            let other = when.and_then(|(_, last)| other_edition(catalogue, of_system.clone(), last, &find));
            // In an edition that came later it is a code as well, and none to mend it to.
            let known = other.is_some() || of_system.clone().any(|other| find(other).is_some());
            let fault = if known { TradeFault::EditionWrong } else { TradeFault::CodeUnknown };
            said.faults.push((fault, other.is_some() && settings.mend));
            if known {
                said.editions = editions_with(catalogue, code);
            }
            other.filter(|_| settings.mend)
        }
    };
    if let Some((at, zero)) = found {
        if zero {
            said.faults.push((TradeFault::LeadingZeroLost, settings.mend));
        }
        if bare.is_some() {
            said.faults.push((TradeFault::CodeWrapped, settings.mend));
        }
        let as_written = !zero && bare.is_none();
        said.at = (as_written || settings.mend).then_some(at);
    }
    said
}

/// The identifiers of the editions that have a code as it is written, or once a lost leading zero is put back.
fn editions_with(catalogue: &Catalogue, code: &str) -> Box<str> {
    let with = catalogue.editions_with(code);
    let with = match with_zero(code) {
        Some(code) if with.is_empty() => catalogue.editions_with(&code),
        Some(_) | None => with,
    };
    with.join(",").into_boxed_str()
}

/// The editions of the system of one, by their order.
fn editions_of_system(catalogue: &Catalogue, edition: usize) -> impl DoubleEndedIterator<Item = usize> + Clone {
    let system = &catalogue.editions[edition].fact.system;
    (0..catalogue.editions.len()).filter(move |other| catalogue.editions[*other].fact.system == *system)
}

/// The newest of some editions that has the code and was in force by the end of the row's period: economies take up a new
/// edition late, never early.
fn other_edition(
    catalogue: &Catalogue,
    editions: impl DoubleEndedIterator<Item = usize>,
    last: NaiveDate,
    find: &dyn Fn(usize) -> Option<(Position, bool)>,
) -> Option<(Position, bool)> {
    editions.rev().filter(|other| catalogue.editions[*other].fact.effective_from <= last).find_map(find)
}

/// Whether a text stands for all goods, or for all codes of a length: `TOTAL`, `AG2`.
fn is_total(raw: &str) -> bool {
    let ag = raw.strip_prefix("AG").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()));
    raw.eq_ignore_ascii_case("total") || ag
}

#[cfg(test)]
mod tests;
