//! What is wrong with an entry by itself, without looking at any other.

use std::collections::BTreeSet;

use super::Entry;
use crate::domain::arrangement::{Annex, Exclusions, MAX_CHAIN_LINKS};
use crate::domain::code::{CodeScope, MAX_CODE_CHARS};
use crate::domain::equivalence::{Target, TargetKey};
use crate::domain::source::Source;
use crate::domain::standard::{EditionTransition, StockExemption};
use crate::domain::time::{Ending, Validity, is_date_in_part, parse_date};
use crate::domain::words::{ConditionKind, EquivalenceDegree, LapseRule, MUST_BE_RESULT, RecognitionObject};

/// A fault of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// Path of the field within the entry.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// Of what kind that is.
    pub kind: FaultKind,
}

/// Kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Something must be there and is not: whatever stands in other fields, it is so.
    Missing,
    /// What is there is wrong.
    Wrong,
}

const MAX_TEXT_CHARS: usize = 4_000;

/// What stands for a date, as far as it is said again.
fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

#[derive(Default)]
struct Faults(Vec<FieldFault>);

impl Faults {
    fn stock_exemption(&mut self, it: &EditionTransition, exemption: &StockExemption) {
        if exemption.placed_on_market_before.is_none() && exemption.manufactured_before.is_none() {
            self.missing("stock_exemption", "must name a day before which goods are exempt");
        }
        match it.convert_by {
            None => self.add("stock_exemption", "is for a transition with a day to convert by"),
            Some(by) if exemption.until.is_some_and(|until| until <= by) => {
                self.add("stock_exemption.until", "must be later than `convert_by`");
            }
            Some(_) => {}
        }
        for (field, before) in [
            ("placed_on_market_before", exemption.placed_on_market_before),
            ("manufactured_before", exemption.manufactured_before),
        ] {
            if before.zip(exemption.until).is_some_and(|(before, until)| until < before) {
                self.add("stock_exemption.until", format!("must not be earlier than `{field}`"));
            }
        }
        self.text("stock_exemption.provided", &exemption.provided, false);
    }

    fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldFault { field: field.into(), message: message.into(), kind: FaultKind::Wrong });
    }

    fn missing(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldFault { field: field.into(), message: message.into(), kind: FaultKind::Missing });
    }

    fn text(&mut self, field: &str, text: &str, required: bool) {
        if required && text.trim().is_empty() {
            self.missing(field, "is required");
        }
        if text.chars().count() > MAX_TEXT_CHARS {
            self.add(field, format!("is longer than {MAX_TEXT_CHARS} characters"));
        }
        if text.contains('\0') {
            self.add(field, "must not contain NUL");
        }
    }

    fn source(&mut self, source: &Source) {
        self.text("source.uri", &source.uri, false);
        self.text("source.note", &source.note, false);
        if !source.retrieved_on.is_empty() && parse_date(&source.retrieved_on).is_none() {
            self.add("source.retrieved_on", format!("`{}` is no YYYY-MM-DD", shortened(&source.retrieved_on)));
        }
        if !source.is_given() {
            self.missing("source.uri", "is required, unless the entry is marked as an example");
        }
    }

    /// A date as exactly as its source has it.
    fn date_in_part(&mut self, field: &str, text: &str) {
        if !text.is_empty() && !is_date_in_part(text) {
            self.add(field, format!("`{}` is no YYYY-MM-DD, YYYY-MM or YYYY", shortened(text)));
        }
    }

    fn validity(&mut self, field: &str, validity: &Validity) {
        if validity.is_empty() {
            self.add(format!("{field}.until"), "must be later than `from`");
        }
    }

    fn periods(&mut self, field: &str, periods: &[Validity]) {
        for (i, period) in periods.iter().enumerate() {
            self.validity(&format!("{field}[{i}]"), period);
        }
    }

    fn ending(&mut self, field: &str, ending: Option<&Ending>) {
        let Some(ending) = ending else { return };
        if ending.earlier_results_until.is_some_and(|until| until < ending.on) {
            self.add(format!("{field}.earlier_results_until"), "must not be earlier than `on`");
        }
        if ending.earlier_results_until.is_some() && ending.rule == LapseRule::CutOff {
            let message = "is for results that are grandfathered: nothing counts after what cuts off";
            self.add(format!("{field}.earlier_results_until"), message);
        }
    }

    /// An end of what has a period as well.
    fn ending_of(&mut self, field: &str, ending: Option<&Ending>, validity: &Validity) {
        self.ending(field, ending);
        if ending.is_some_and(|it| it.on < validity.from) {
            self.add(format!("{field}.on"), "must not be earlier than `validity.from`");
        }
        if let Some(until) = validity.until
            && ending.is_some_and(|it| it.on > until)
        {
            self.add(
                format!("{field}.on"),
                format!("must not be later than `validity.until`, {until}: it is over then"),
            );
        }
    }

    fn target(&mut self, field: &str, target: &Target) {
        if matches!(target.name, TargetKey::Standard(_)) && !target.level.is_empty() {
            self.add(format!("{field}.level"), "only schemes have levels");
        }
    }

    fn codes(&mut self, field: &str, scopes: &[CodeScope]) {
        let editions: BTreeSet<_> = scopes.iter().map(|scope| &scope.code.edition).collect();
        if editions.len() > 1 {
            self.add(field, "all codes must be of one edition");
        }
        for (i, scope) in scopes.iter().enumerate() {
            for (part, message) in scope.code.faults() {
                self.add(format!("{field}[{i}].code.{part}"), message);
            }
            for (j, except) in scope.except.iter().enumerate() {
                let longer = except.starts_with(&*scope.code.code) && except.len() > scope.code.code.len();
                if !longer || except.len() > MAX_CODE_CHARS {
                    self.add(format!("{field}[{i}].except[{j}]"), "must be a longer code within the scope");
                }
            }
            self.text(&format!("{field}[{i}].ex_description"), &scope.ex_description, false);
        }
    }

    fn identifiers<'a>(&mut self, field: &str, part: &str, ids: impl Iterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        for (i, id) in ids.enumerate() {
            let fits = (1..=100).contains(&id.len()) && id.chars().all(|c| c.is_ascii_graphic());
            if !fits {
                self.add(format!("{field}[{i}].{part}"), "must be 1 to 100 printable ASCII characters without spaces");
            } else if !seen.insert(id) {
                self.add(format!("{field}[{i}].{part}"), format!("`{id}` is there twice"));
            }
        }
    }
}

impl Entry {
    /// What is wrong with it by itself; everything at once.
    pub fn faults(&self) -> Vec<FieldFault> {
        let mut faults = Faults::default();
        match self {
            Self::Economy(it) => {
                if !it.bloc && !it.members.is_empty() {
                    faults.add("members", "only a bloc has members");
                }
                if !it.bloc && it.members_incomplete {
                    faults.add("members_incomplete", "only a bloc has members");
                }
                for (i, member) in it.members.iter().enumerate() {
                    faults.validity(&format!("members[{i}].validity"), &member.validity);
                    if member.economy == it.name {
                        faults.add(format!("members[{i}].economy"), "a bloc is no member of itself");
                    }
                }
                if let Some(complete) = &it.complete_requirements {
                    faults.codes("complete_requirements.codes", &complete.codes);
                }
                faults.source(&it.source);
            }
            Self::Body(it) => {
                faults.text("display_name", &it.display_name, true);
                faults.source(&it.source);
            }
            Self::Scheme(it) => {
                faults.identifiers("levels", "id", it.levels.iter().map(|level| level.id.as_str()));
                if let Some(validity) = &it.validity {
                    faults.validity("validity", validity);
                }
                faults.source(&it.source);
            }
            Self::Standard(it) => {
                faults.text("designation", &it.designation, true);
                faults.text("publisher", &it.publisher, true);
                faults.text("title", &it.title, false);
                faults.date_in_part("published_on", &it.published_on);
                if let Some(on) = it.withdrawn_on {
                    // As exactly as it is known when it was published.
                    let day = on.to_string();
                    if day.get(..it.published_on.len()).is_some_and(|day| day < it.published_on.as_str()) {
                        faults.add("withdrawn_on", "must not be earlier than `published_on`");
                    } else if it.implemented_on.is_some_and(|from| on < from) {
                        faults.add("withdrawn_on", "must not be earlier than `implemented_on`");
                    }
                }
                let named = crate::domain::key::StandardKey::parse(&it.designation).ok();
                if named.as_ref().is_some_and(|key| *key != it.name) {
                    faults.add(
                        "name",
                        format!(
                            "must be made of the designation: `{}`",
                            named.map_or_else(String::new, |key| key.name())
                        ),
                    );
                }
                faults.source(&it.source);
            }
            Self::EditionTransition(it) => {
                if it.from_standard == it.to_standard {
                    faults.add("to_standard", "must differ from `from_standard`");
                }
                if it.either_from.is_some_and(|either| either > it.new_only_from) {
                    faults.add("either_from", "must not be later than `new_only_from`");
                }
                // On its eve at the earliest: else what may still be granted would not count any more.
                if it.convert_by.and_then(|by| by.succ_opt()).is_some_and(|over| over < it.new_only_from) {
                    faults.add("convert_by", "must not be earlier than the day before `new_only_from`");
                }
                if it.withdraw_by.zip(it.convert_by).is_some_and(|(withdraw, convert)| withdraw < convert) {
                    faults.add("withdraw_by", "must not be earlier than `convert_by`");
                }
                let without_convert = it.withdraw_by.filter(|_| it.convert_by.is_none());
                if without_convert.and_then(|by| by.succ_opt()).is_some_and(|over| over < it.new_only_from) {
                    faults.add("withdraw_by", "must not be earlier than the day before `new_only_from`");
                }
                faults.text("exempt_stock", &it.exempt_stock, false);
                if let Some(exemption) = &it.stock_exemption {
                    faults.stock_exemption(it, exemption);
                }
                faults.source(&it.source);
            }
            Self::Equivalence(it) => {
                faults.target("from", &it.from);
                faults.target("to", &it.to);
                if it.from == it.to {
                    faults.add("to", "must differ from `from`");
                }
                if it.degree == EquivalenceDegree::Identical && !it.deviations.is_empty() {
                    faults.add("deviations", "an identical document has none");
                }
                if it.degree == EquivalenceDegree::Modified && it.deviations.is_empty() {
                    faults.missing(
                        "deviations",
                        "at least one is required: a modified document deviates, or it is identical",
                    );
                }
                for (i, deviation) in it.deviations.iter().enumerate() {
                    faults.text(&format!("deviations[{i}].description"), &deviation.description, true);
                    if let Some(test) = &deviation.bridging_test {
                        faults.text(&format!("deviations[{i}].bridging_test.id"), &test.id, true);
                        faults.text(&format!("deviations[{i}].bridging_test.description"), &test.description, true);
                    }
                }
                faults.validity("validity", &it.validity);
                faults.source(&it.source);
            }
            Self::Arrangement(it) => {
                faults.text("title", &it.title, true);
                if it.parties.is_empty() {
                    faults.missing("parties", "at least one is required");
                }
                for (i, party) in it.parties.iter().enumerate() {
                    if it.parties[..i].iter().any(|earlier| earlier.economy == party.economy) {
                        faults
                            .add(format!("parties[{i}].economy"), "is a party already: one that goes both ways is one");
                    }
                }
                if it.provisional_from.zip(it.in_force_from).is_some_and(|(provisional, full)| provisional > full) {
                    faults.add("provisional_from", "must not be later than `in_force_from`");
                }
                faults.date_in_part("signed_on", &it.signed_on);
                faults.periods("suspensions", &it.suspensions);
                faults.ending("lapse", it.lapse.as_ref());
                if it.lapse.as_ref().zip(it.applies_from()).is_some_and(|(lapse, from)| lapse.on < from) {
                    let from = if it.provisional_from.is_some() { "provisional_from" } else { "in_force_from" };
                    faults.add("lapse.on", format!("must not be earlier than `{from}`"));
                }
                faults.source(&it.source);
            }
            Self::Annex(it) => annex(it, &mut faults),
            Self::Designation(it) => {
                faults.codes("codes", &it.codes);
                faults.validity("validity", &it.validity);
                faults.periods("suspensions", &it.suspensions);
                faults.ending_of("ending", it.ending.as_ref(), &it.validity);
                for (i, contest) in it.contestations.iter().enumerate() {
                    for (field, message) in contest.faults() {
                        faults.add(format!("contestations[{i}].{field}"), message);
                    }
                }
                faults.source(&it.source);
            }
            Self::Requirement(it) => {
                faults.text("title", &it.title, true);
                faults.text("legal_reference", &it.legal_reference, false);
                if it.codes.is_empty() {
                    faults.missing("codes", "at least one is required");
                }
                faults.codes("codes", &it.codes);
                for (i, origin) in it.excluded_origins.iter().enumerate().filter(|(_, not)| it.origins.contains(not)) {
                    faults.add(format!("excluded_origins[{i}]"), format!("{} is in `origins`", origin.as_str()));
                }
                if it.acceptances.is_empty() {
                    faults.missing("acceptances", "at least one is required");
                }
                for (i, acceptance) in it.acceptances.iter().enumerate() {
                    faults.target(&format!("acceptances[{i}].target"), &acceptance.target);
                    for (j, beside) in acceptance.together_with.iter().enumerate() {
                        faults.target(&format!("acceptances[{i}].together_with[{j}]"), beside);
                    }
                    for (j, _) in acceptance.objects.iter().enumerate().filter(|(_, object)| !object.is_result()) {
                        faults.add(format!("acceptances[{i}].objects[{j}]"), MUST_BE_RESULT);
                    }
                    if let Some(validity) = &acceptance.validity {
                        faults.validity(&format!("acceptances[{i}].validity"), validity);
                        if !validity.is_empty() && !it.validity.is_empty() && !validity.overlaps(&it.validity) {
                            faults.add(format!("acceptances[{i}].validity"), "has no day in common with `validity`");
                        }
                    }
                    let rule = &acceptance.bodies;
                    for (j, body) in
                        rule.excluded_bodies.iter().enumerate().filter(|(_, not)| rule.bodies.contains(not))
                    {
                        faults.add(
                            format!("acceptances[{i}].bodies.excluded_bodies[{j}]"),
                            format!("{body} is in `bodies`"),
                        );
                    }
                }
                faults.validity("validity", &it.validity);
                faults.source(&it.source);
            }
        }
        faults.0
    }
}

fn annex(it: &Annex, faults: &mut Faults) {
    faults.text("title", &it.title, true);
    if it.objects.is_empty() {
        faults.missing("objects", "at least one is required");
    }
    if !it.designation_required && it.objects.iter().any(|object| object.is_of_bodies()) {
        let others = || it.objects.iter().filter(|object| !object.is_of_bodies());
        let mut results = RecognitionObject::ALL.iter().filter(|object| object.is_result());
        if results.any(|result| !others().any(|object| object.covers(*result))) {
            let message =
                "must be true: some results count for nothing but the designation or accreditation of the body";
            faults.add("designation_required", message);
        }
    }
    if it.max_chain_links.is_some_and(|links| links > MAX_CHAIN_LINKS) {
        faults.add("max_chain_links", format!("must be at most {MAX_CHAIN_LINKS}"));
    }
    for (i, covered) in it.covered.iter().enumerate() {
        faults.target(&format!("covered[{i}]"), covered);
    }
    faults.codes("codes", &it.codes);
    if let Some(not) = &it.exclusions {
        if *not == Exclusions::default() {
            faults.missing("exclusions", "must name what is not covered: leave it out where all is");
        }
        for (i, economy) in not.economies.iter().enumerate().filter(|(_, not)| it.economies.contains(not)) {
            faults.add(format!("exclusions.economies[{i}]"), format!("{} is in `economies`", economy.as_str()));
        }
        let is_covered = |not: &TargetKey| it.covered.iter().any(|covered| covered.name == *not);
        for (i, target) in not.targets.iter().enumerate().filter(|(_, not)| is_covered(not)) {
            faults.add(format!("exclusions.targets[{i}]"), format!("{target} is in `covered`"));
        }
        faults.codes("exclusions.codes", &not.codes);
    }
    for (i, period) in it.transitions.iter().enumerate() {
        if it.transitions[..i].iter().any(|earlier| earlier.economy == period.economy) {
            faults.add(format!("transitions[{i}].economy"), "has a period already");
        }
        if period.ends_on < it.validity.from {
            faults.add(format!("transitions[{i}].ends_on"), "must not be earlier than `validity.from`");
        }
    }
    faults.identifiers("conditions", "id", it.conditions.iter().map(|condition| &*condition.id));
    for (i, condition) in it.conditions.iter().enumerate() {
        faults.text(&format!("conditions[{i}].description"), &condition.description, true);
        if condition.kind == ConditionKind::ExemptStock {
            faults.add(format!("conditions[{i}].kind"), "is of edition transitions, not of an annex");
        }
    }
    faults.validity("validity", &it.validity);
    faults.periods("suspensions", &it.suspensions);
    faults.ending_of("lapse", it.lapse.as_ref(), &it.validity);
    faults.source(&it.source);
}
