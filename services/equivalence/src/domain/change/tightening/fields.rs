//! How each field of each kind of entry may change without taking anything from anybody. A field that is not in the
//! table of its kind may not change at all.

use serde_json::Value;

use super::compare::read;
use crate::domain::entry::Entry;
use crate::domain::words::{EquivalenceDegree, OriginRule, PartyDirection, RecognitionEffect};

/// How a field may change without tightening.
#[derive(Clone, Copy)]
pub(super) enum May {
    /// In any way.
    Change,
    /// A list that loses nothing.
    Grow,
    /// A list that gains nothing.
    Shrink,
    /// A list of which none means all, and that loses nothing.
    Cover,
    /// A list of which none means all, and that gains nothing.
    Uncover,
    /// Goods, of which none means all, and none of which goes.
    CoverGoods,
    /// Goods, of which none means all, and none of which comes.
    UncoverGoods,
    /// Goods that are excepted, none of which comes.
    ExceptGoods,
    /// What is to be certified, at a level that is no better.
    Lower,
    /// A list of what may be certified, of which none means all; each still enough.
    CoverTargets,
    /// A list of what must all be certified, none of which comes.
    ShrinkTargets,
    /// The levels of a scheme, best first, that keep their order and lose none.
    KeepLevels,
    /// Deviations, with no test to bridge them that was not there.
    ShrinkTests,
    /// Periods without effect, each within one that was there.
    ShrinkPeriods,
    /// Contests, with no suspension meanwhile that was not there.
    ShrinkContests,
    /// A period that begins no later and ends no earlier.
    Widen,
    /// The same, where none means always.
    WidenOrGo,
    /// A period that begins no earlier and ends no later.
    Narrow,
    /// An end that comes no sooner and cuts off no more.
    EndLater,
    /// A day that comes no sooner; none is the latest.
    Later,
    /// A day that comes no later; none is the soonest.
    Sooner,
    /// A text or a part that goes.
    Go,
    /// True to false.
    TurnOff,
    /// False to true.
    TurnOn,
    /// A number that becomes no smaller; none means one.
    Rise,
    /// A word, for another that grants no less; otherwise how it is less.
    Word(fn(&Value, &Value) -> Option<String>),
    /// Whose results are accepted.
    WidenBodies,
    /// A part, of which none is one with nothing in it.
    Part(Fields),
    /// A part that grants something, if it is there.
    Grant(Fields),
    /// A list of grants: each still there, or in one that grants no less. Those with the same at the pointer are compared.
    GrowEach(&'static str, Fields),
    /// A list of demands: each was there, or in one that asked no less. Those with the same at the pointer are compared.
    ShrinkEach(&'static str, Fields),
}

pub(super) type Fields = &'static [(&'static str, May)];

/// The table for a change of an entry; none when the kinds differ.
pub(super) fn of(before: &Entry, after: &Entry) -> Option<Fields> {
    match (before, after) {
        (Entry::Economy(_), Entry::Economy(_)) => Some(ECONOMY),
        (Entry::Body(_), Entry::Body(_)) => Some(BODY),
        (Entry::Scheme(_), Entry::Scheme(_)) => Some(SCHEME),
        (Entry::Standard(_), Entry::Standard(_)) => Some(STANDARD),
        (Entry::EditionTransition(_), Entry::EditionTransition(_)) => Some(TRANSITION),
        (Entry::Equivalence(_), Entry::Equivalence(_)) => Some(EQUIVALENCE),
        (Entry::Arrangement(_), Entry::Arrangement(_)) => Some(ARRANGEMENT),
        (Entry::Annex(_), Entry::Annex(_)) => Some(ANNEX),
        (Entry::Designation(_), Entry::Designation(_)) => Some(DESIGNATION),
        (Entry::Requirement(was), Entry::Requirement(is)) => Some(match (was.mandatory, is.mandatory) {
            (true, true) => DEMANDED,
            (true, false) => RELEASED,
            (false, _) => HONOURED,
        }),
        _ => None,
    }
}

pub(super) const ECONOMY: Fields = &[
    ("display_names", May::Change),
    // What binds or favours a bloc does its members: compared with what does.
    ("members", May::Change),
    // What is certain of others becomes undetermined: they may be members.
    ("members_incomplete", May::TurnOff),
    ("complete_requirements", May::Grant(&[("codes", May::CoverGoods)])),
    ("source", May::Change),
];
const BODY: Fields = &[("display_name", May::Change), ("roles", May::Change), ("source", May::Change)];
const SCHEME: Fields = &[
    ("display_names", May::Change),
    ("kind", May::Change),
    ("owner", May::Change),
    ("levels", May::KeepLevels),
    ("standards", May::Change),
    ("validity", May::Change),
    ("source", May::Change),
];
/// What a market accepts is said by requirements, whatever a publisher says of its edition.
const STANDARD: Fields = &[
    ("designation", May::Change),
    ("publisher", May::Change),
    ("title", May::Change),
    ("published_on", May::Change),
    ("implemented_on", May::Change),
    ("withdrawn_on", May::Change),
    ("supersedes", May::Change),
    ("source", May::Change),
];
const TRANSITION: Fields = &[
    ("either_from", May::Sooner),
    ("new_only_from", May::Later),
    ("convert_by", May::Later),
    ("withdraw_by", May::Later),
    ("exempt_stock", May::Change),
    ("stock_exemption", May::Grant(STOCK)),
    ("source", May::Change),
];
const STOCK: Fields = &[
    ("placed_on_market_before", May::Later),
    ("manufactured_before", May::Later),
    ("until", May::Later),
    ("provided", May::Go),
];
const EQUIVALENCE: Fields = &[
    ("degree", May::Word(degree)),
    ("deviations", May::ShrinkTests),
    ("validity", May::Widen),
    ("legal_reference", May::Change),
    ("source", May::Change),
];
pub(super) const ARRANGEMENT: Fields = &[
    ("title", May::Change),
    ("parties", May::GrowEach("/economy", &[("direction", May::Word(direction))])),
    ("signed_on", May::Change),
    // Together they say from when it applies, and are compared so.
    ("provisional_from", May::Change),
    ("in_force_from", May::Change),
    ("suspensions", May::ShrinkPeriods),
    ("lapse", May::EndLater),
    ("legal_reference", May::Change),
    ("source", May::Change),
];
pub(super) const ANNEX: Fields = &[
    ("title", May::Change),
    ("legal_reference", May::Change),
    ("validity", May::Widen),
    ("suspensions", May::ShrinkPeriods),
    ("lapse", May::EndLater),
    ("objects", May::Grow),
    ("basis", May::Change),
    ("effect", May::Word(effect)),
    ("reciprocal", May::TurnOff),
    ("covered", May::CoverTargets),
    ("codes", May::CoverGoods),
    ("economies", May::Cover),
    ("exclusions", May::Part(EXCLUSIONS)),
    ("origin_rule", May::Word(origin_rule)),
    ("designation_required", May::TurnOff),
    ("conditions", May::ShrinkEach("/id", &[("markets", May::Uncover)])),
    ("transitions", May::ShrinkEach("/economy", PERIOD)),
    ("max_chain_links", May::Rise),
    ("within_party", May::TurnOn),
    ("source", May::Change),
];
const EXCLUSIONS: Fields = &[
    ("economies", May::Shrink),
    ("bodies", May::Shrink),
    ("targets", May::Shrink),
    ("codes", May::ExceptGoods),
    ("origins", May::Shrink),
];
const PERIOD: Fields =
    &[("ends_on", May::Sooner), ("special_and_differential", May::Change), ("legal_reference", May::Change)];
pub(super) const DESIGNATION: Fields = &[
    ("authority", May::Change),
    ("targets", May::Cover),
    ("codes", May::CoverGoods),
    ("validity", May::Widen),
    ("suspensions", May::ShrinkPeriods),
    ("ending", May::EndLater),
    ("contestations", May::ShrinkContests),
    ("source", May::Change),
];
/// Of what stays mandatory: fewer goods and origins, for a shorter time, and more that is accepted.
const DEMANDED: Fields = &[
    ("title", May::Change),
    ("codes", May::UncoverGoods),
    ("origins", May::Uncover),
    ("excluded_origins", May::Grow),
    ("acceptances", May::GrowEach("/target/name", ACCEPTANCE)),
    ("validity", May::Narrow),
    ("legal_reference", May::Change),
    ("notification_reference", May::Change),
    ("regulator", May::Change),
    ("source", May::Change),
];
/// Of what stays voluntary: more goods and origins, for a longer time, and more that is accepted.
const HONOURED: Fields = &[
    ("title", May::Change),
    ("codes", May::CoverGoods),
    ("origins", May::Cover),
    ("excluded_origins", May::Shrink),
    ("acceptances", May::GrowEach("/target/name", ACCEPTANCE)),
    ("validity", May::Widen),
    ("legal_reference", May::Change),
    ("notification_reference", May::Change),
    ("regulator", May::Change),
    ("source", May::Change),
];
/// Of what is no longer mandatory: nothing is demanded of any goods, so what counts is what is still honoured.
const RELEASED: Fields = &[
    ("title", May::Change),
    ("mandatory", May::TurnOff),
    ("codes", May::Change),
    ("origins", May::Change),
    ("excluded_origins", May::Change),
    ("acceptances", May::GrowEach("/target/name", ACCEPTANCE)),
    ("validity", May::Change),
    ("legal_reference", May::Change),
    ("notification_reference", May::Change),
    ("regulator", May::Change),
    ("source", May::Change),
];
const ACCEPTANCE: Fields = &[
    ("target", May::Lower),
    ("bodies", May::WidenBodies),
    ("objects", May::Cover),
    ("validity", May::WidenOrGo),
    ("together_with", May::ShrinkTargets),
];
pub(super) const SOME_BODIES: Fields = &[
    ("any", May::TurnOn),
    ("economies", May::Grow),
    ("bodies", May::Grow),
    ("excluded_bodies", May::Shrink),
    ("incomplete", May::TurnOn),
];
/// Where everybody's results are accepted, only who is not matters.
pub(super) const ANY_BODY: Fields = &[
    ("any", May::TurnOn),
    ("economies", May::Change),
    ("bodies", May::Change),
    ("excluded_bodies", May::Shrink),
    ("incomplete", May::Change),
];

fn degree(before: &Value, after: &Value) -> Option<String> {
    let rank = |it| match it {
        EquivalenceDegree::Identical => 0,
        EquivalenceDegree::Modified | EquivalenceDegree::EquivalentLegacy => 1,
        EquivalenceDegree::NotEquivalent => 2,
    };
    read(before, after, |before: EquivalenceDegree, after: EquivalenceDegree| {
        (rank(after) > rank(before)).then(|| lowered(&before.words(), &after.words()))
    })
}

fn effect(before: &Value, after: &Value) -> Option<String> {
    let rank = |it| match it {
        RecognitionEffect::Full => 0,
        RecognitionEffect::Partial => 1,
        RecognitionEffect::InformationOnly => 2,
    };
    read(before, after, |before: RecognitionEffect, after: RecognitionEffect| {
        (rank(after) > rank(before)).then(|| lowered(&before.words(), &after.words()))
    })
}

fn origin_rule(before: &Value, after: &Value) -> Option<String> {
    read(before, after, |before: OriginRule, after: OriginRule| {
        (after != OriginRule::Any).then(|| lowered(&before.words(), &after.words()))
    })
}

fn direction(before: &Value, after: &Value) -> Option<String> {
    read(before, after, |before: PartyDirection, after: PartyDirection| {
        (after != PartyDirection::Both).then(|| lowered(&before.words(), &after.words()))
    })
}

fn lowered(before: &str, after: &str) -> String {
    format!("lowered from {before} to {after}")
}

#[cfg(test)]
pub(super) const ALL: [(&str, Fields); 12] = [
    ("economy", ECONOMY),
    ("body", BODY),
    ("scheme", SCHEME),
    ("standard", STANDARD),
    ("edition_transition", TRANSITION),
    ("equivalence", EQUIVALENCE),
    ("arrangement", ARRANGEMENT),
    ("annex", ANNEX),
    ("designation", DESIGNATION),
    ("requirement", DEMANDED),
    ("requirement", HONOURED),
    ("requirement", RELEASED),
];
