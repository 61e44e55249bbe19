use std::collections::BTreeMap;

use proptest::prelude::*;

use super::naive::{self, Flaw};
use super::random::{
    Dice, Splitting, catalogue, catalogue_of_routes, catalogue_of_stock, question, question_of_routes,
    question_of_stock,
};
use crate::domain::decision::{Check, Outcome};
use crate::domain::recognise::context::Context;
use crate::domain::recognise::identity;
use crate::domain::words::ConditionKind;
use crate::domain::{Detail, explain, recognise};

// Ten questions to each of ten thousand catalogues: a hundred thousand cases.
proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_decision_equals_the_naive_evaluators(seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        // A quarter of them are about stock that may be exempt from a calendar of editions, and a quarter about annexes that
        // differ in what matters most.
        let catalogue = match seed % 4 {
            0 => catalogue_of_stock(&mut dice),
            1 => catalogue_of_routes(&mut dice),
            _ => catalogue(&mut dice),
        };
        for _ in 0..10 {
            let question = match seed % 4 {
                0 => question_of_stock(&mut dice),
                1 => question_of_routes(&mut dice),
                _ => question(&mut dice),
            };
            let decision = recognise(&catalogue, &Splitting, &question);
            let naive = naive::recognise(&catalogue, &Splitting, &question);
            prop_assert_eq!(naive::essence(&decision, &question), naive, "question {:?}", question);
        }
    }
}

#[test]
fn every_rule_that_was_once_wrong_matters_in_random_cases() {
    let flaws = [
        Flaw::CalendarOfTargetAlone,
        Flaw::WeakerSettles,
        Flaw::StartsAnywhere,
        Flaw::DesignatedForAll,
        Flaw::EndAnnulsGrandfathering,
        Flaw::MembersAlone,
        Flaw::ConditionsByIdentifier,
        Flaw::WhatIsThereSettles,
        Flaw::AnyOrigin,
        Flaw::AnyIssuer,
        Flaw::ListedMembersAlone,
        Flaw::CalendarsOfListedMembers,
    ];
    let mut differ = flaws.map(|_| 0);
    for seed in 0..6_000 {
        let mut dice = Dice::new(seed);
        let of_routes = seed % 2 == 0;
        let catalogue = if of_routes { catalogue_of_routes(&mut dice) } else { catalogue(&mut dice) };
        let question = if of_routes { question_of_routes(&mut dice) } else { question(&mut dice) };
        let right = naive::recognise(&catalogue, &Splitting, &question);
        for (flaw, differ) in flaws.iter().zip(&mut differ) {
            *differ += u32::from(naive::recognise_with(Some(*flaw), &catalogue, &Splitting, &question) != right);
        }
    }
    // In one of a thousand cases at the least: dozens of all that are compared above.
    assert!(differ.iter().all(|cases| *cases >= 6), "{:?}", flaws.iter().zip(differ).collect::<Vec<_>>());
}

/// Else it would have that of the decision that was made when such calendars were taken for none of the market's.
#[test]
fn a_decision_that_the_calendar_of_a_bloc_in_doubt_changes_has_an_identifier_that_it_has_not_without() {
    let mut changed = 0;
    for seed in 0..6_000 {
        let mut dice = Dice::new(seed);
        let of_routes = seed % 2 == 0;
        let catalogue = if of_routes { catalogue_of_routes(&mut dice) } else { catalogue(&mut dice) };
        let question = if of_routes { question_of_routes(&mut dice) } else { question(&mut dice) };
        let decision = recognise(&catalogue, &Splitting, &question);
        let now = naive::recognise(&catalogue, &Splitting, &question).decided();
        let flaw = Some(Flaw::CalendarsOfListedMembers);
        let once = naive::recognise_with(flaw, &catalogue, &Splitting, &question).decided();
        // Which translations are lacking is in the identifier, too.
        if now == once || decision.lacks_translations {
            continue;
        }
        // With the revisions of the decision, and nothing noted.
        let ctx = Context::new(&catalogue, &Splitting, &question, Detail::Outcome);
        if decision.classification_revision != 0 {
            let _ = ctx.translate(&"HS2022".into());
        }
        assert_eq!(ctx.classification_revision(), decision.classification_revision);
        assert_ne!(decision.id, identity::of(&ctx), "seed {seed}: {question:?}");
        changed += 1;
    }
    assert!(changed > 0);
}

#[test]
fn random_cases_reach_every_outcome_and_every_failing_check() {
    let mut outcomes: BTreeMap<Outcome, u32> = BTreeMap::new();
    let mut checks: BTreeMap<Check, u32> = BTreeMap::new();
    for seed in 0..24_000 {
        let mut dice = Dice::new(seed);
        let catalogue = catalogue(&mut dice);
        let decision = recognise(&catalogue, &Splitting, &question(&mut dice));
        *outcomes.entry(decision.outcome).or_default() += 1;
        for miss in decision.requirements.iter().filter_map(|result| result.nearest_miss.as_ref()) {
            *checks.entry(miss.check).or_default() += 1;
        }
    }
    assert_eq!(outcomes.len(), 7, "{outcomes:?}");
    // An annex that does not concern the parties is never nearer than the direct route.
    assert_eq!(checks.len(), 12, "{checks:?}");
    assert!(!checks.contains_key(&Check::Parties));
}

#[test]
fn random_cases_about_stock_reach_routes_that_rely_on_its_exemption() {
    // Directly and by an annex, with something to be shown and without.
    let mut exempt: BTreeMap<(bool, bool), u32> = BTreeMap::new();
    for seed in 0..24_000 {
        let mut dice = Dice::new(seed);
        let catalogue = catalogue_of_stock(&mut dice);
        let question = question_of_stock(&mut dice);
        let decision = recognise(&catalogue, &Splitting, &question);
        let routes = decision.requirements.iter().filter_map(|result| result.route.as_ref());
        for route in routes.filter(|route| !route.exemptions.is_empty()) {
            let shows = route.conditions.iter().any(|it| it.kind() == ConditionKind::ExemptStock);
            *exempt.entry((route.annex.is_some(), shows)).or_default() += 1;
        }
    }
    assert_eq!(exempt.len(), 4, "{exempt:?}");
}

#[test]
fn the_same_question_at_the_same_revisions_gives_the_same_decision_and_explaining_changes_nothing() {
    for seed in 0..500 {
        let mut dice = Dice::new(seed);
        let catalogue = catalogue(&mut dice);
        let question = question(&mut dice);
        let copy = catalogue.clone();
        let decision = recognise(&catalogue, &Splitting, &question);
        assert_eq!(decision, recognise(&copy, &Splitting, &question));
        let mut explained = explain(&catalogue, &Splitting, &question);
        explained.requirements.iter_mut().for_each(|result| result.attempts.clear());
        assert_eq!(decision, explained);
    }
}
