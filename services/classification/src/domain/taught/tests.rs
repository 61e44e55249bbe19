use std::collections::BTreeSet;

use super::*;
use crate::domain::testing::{day, starter};

fn example(description: &str, code: &str, decided_on: &str) -> ExampleFact {
    ExampleFact {
        description: description.to_owned(),
        edition: "HS2022".to_owned(),
        code: code.to_owned(),
        decided_on: day(decided_on),
        source: crate::domain::SourceFact::default(),
        invented: true,
        withdrawn: false,
        taught: 2,
    }
}

fn nearest(catalogue: &Catalogue, description: &str, on: &str) -> Vec<(String, f64)> {
    let found = catalogue.taught.nearest(description, day(on), |_| false);
    found.into_iter().map(|near| (near.example.fact.code.clone(), near.likeness)).collect()
}

#[test]
fn what_was_taught_is_known_at_once_and_the_nearest_comes_first() {
    let lessons = vec![
        example("Glow Wand Sun Catcher 400W panel", "854143", "2024-01-01"),
        example("copper cable offcuts", "740400", "2024-01-01"),
    ];
    let catalogue = starter().with_taught(2, lessons);
    let found = nearest(&catalogue, "sun catcher panel", "2024-06-01");
    assert_eq!(found[0].0, "854143");
    assert!(found.iter().skip(1).all(|(_, likeness)| *likeness < found[0].1 / 3.0), "{found:?}");
    assert!(nearest(&starter(), "sun catcher panel", "2024-06-01").is_empty());
}

#[test]
fn a_word_that_is_known_elsewhere_is_taken_for_no_other_that_was_taught() {
    let lessons = vec![
        example("STUART boots", "854143", "2024-01-01"),
        example("爱 美 1 段 4 Aptamil 德国", "740400", "2024-01-01"),
        example("lifter", "853951", "2024-01-01"),
    ];
    let catalogue = starter().with_taught(2, lessons);
    let found = |description: &str, known: &[&str]| {
        let found = catalogue.taught.nearest(description, day("2024-06-01"), |word| known.contains(&word));
        found.into_iter().filter(|near| near.akin).map(|near| near.example.fact.code.clone()).collect::<Vec<_>>()
    };
    let none: [&str; 0] = [];
    assert_eq!(found("stud horse", &["stud", "hors"]), none);
    assert_eq!(found("laptop 4", &["laptop"]), none);
    // Known nowhere else, they may be misspelt.
    assert_eq!(found("stuat horse", &["hors"]), ["854143"]);
    assert_eq!(found("aptamill", &[]), ["740400"]);
    // Two letters that both begin with are no misspelling, and neither is a consonant after them that is left of both.
    assert_eq!(found("stroblex", &[]), none);
    // All that is left of it without vowels.
    assert_eq!(found("lftr", &[]), ["853951"]);
    // What it has itself, whoever else knows it.
    assert_eq!(found("boots", &["boot"]), ["854143"]);
}

#[test]
fn a_ruling_never_sees_its_own_future_not_even_in_how_rare_a_word_is() {
    let past = vec![example("sun catcher", "854143", "2024-01-01"), example("moon light", "853951", "2024-02-01")];
    let mut all = past.clone();
    all.extend([
        example("sun catcher", "853951", "2024-05-02"),
        example("sun sun sun shade of great length and no use", "740400", "2024-05-02"),
    ]);
    let (then, now) = (starter().with_taught(2, past), starter().with_taught(2, all));
    assert_eq!(nearest(&then, "sun light", "2024-05-01"), nearest(&now, "sun light", "2024-05-01"));
    assert_ne!(nearest(&then, "sun light", "2024-05-02"), nearest(&now, "sun light", "2024-05-02"));
    assert!(nearest(&now, "sun light", "2023-12-31").is_empty());
}

#[test]
fn a_correction_replaces_what_was_decided_before_of_the_same_goods_from_its_day_on() {
    let lessons = vec![example("Sun catcher!", "853951", "2024-01-01"), example("sun catcher", "854143", "2024-03-01")];
    let catalogue = starter().with_taught(2, lessons);
    let codes = |on| nearest(&catalogue, "sun catcher", on).into_iter().map(|(code, _)| code).collect::<Vec<_>>();
    assert_eq!(codes("2024-02-01"), ["853951"]);
    assert_eq!(codes("2024-03-01"), ["854143"]);
}

#[test]
fn the_order_in_which_it_is_taught_does_not_matter() {
    let lessons = || {
        vec![
            example("sun catcher", "854143", "2024-01-01"),
            example("sun light strip", "853951", "2024-01-01"),
            example("sun shade", "740400", "2023-01-01"),
        ]
    };
    let forth = starter().with_taught(2, lessons());
    let mut back = starter();
    for lesson in lessons().into_iter().rev() {
        back = back.with_taught(2, vec![lesson]);
    }
    assert_eq!(nearest(&forth, "sun strip light", "2025-01-01"), nearest(&back, "sun strip light", "2025-01-01"));
}

#[test]
fn an_example_of_a_code_that_is_gone_says_nothing() {
    let catalogue = starter().with_taught(2, vec![example("sun catcher", "999998", "2024-01-01")]);
    assert!(nearest(&catalogue, "sun catcher", "2025-01-01").is_empty());
}

/// An example as a later revision teaches it.
fn later(taught: u64, fact: ExampleFact) -> ExampleFact {
    ExampleFact { taught, ..fact }
}

#[test]
fn of_one_day_the_last_taught_stands_and_what_was_taught_together_stands_together() {
    let day_of = "2024-01-01";
    let lessons =
        |last| vec![example("Sun catcher!", "853951", day_of), later(last, example("sun catcher", "854143", day_of))];
    let codes = |last| {
        let catalogue = starter().with_taught(last, lessons(last));
        let near: BTreeSet<String> =
            nearest(&catalogue, "sun catcher", day_of).into_iter().map(|near| near.0).collect();
        let decided = catalogue.taught.decided(&fold("Sun catcher"), day(day_of));
        let decided: BTreeSet<String> = decided.into_iter().map(|at| catalogue.code(at).fact.code.clone()).collect();
        assert_eq!(near, decided);
        near.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(codes(3), ["854143"]);
    assert_eq!(codes(2), ["853951", "854143"]);
}

#[test]
fn what_is_withdrawn_says_nothing_from_that_day_on_and_what_it_corrected_stands_again() {
    let withdrawn = |revision, code: &str, day_of: &str| ExampleFact {
        withdrawn: true,
        ..later(revision, example("SUN catcher", code, day_of))
    };
    let lessons = || {
        vec![example("Sun catcher", "853951", "2024-01-01"), later(3, example("sun catcher", "854143", "2024-03-01"))]
    };
    let codes = |more: ExampleFact, on: &str| {
        let whole = starter().with_taught(4, lessons().into_iter().chain([more.clone()]).collect());
        let stepwise = starter().with_taught(3, lessons()).with_taught(4, vec![more]);
        assert_eq!(nearest(&whole, "sun catcher", on), nearest(&stepwise, "sun catcher", on));
        let counted = ["853951", "854143"].map(|digits| whole.taught.count(digits, day(on)));
        (nearest(&whole, "sun catcher", on).into_iter().map(|near| near.0).collect::<Vec<_>>(), counted)
    };
    let none: [&str; 0] = [];
    // On its own day: as if it had never been taught.
    assert_eq!(codes(withdrawn(4, "854143", "2024-03-01"), "2024-03-01"), (vec!["853951".to_owned()], [1, 0]));
    // Later: it counted until then.
    assert_eq!(codes(withdrawn(4, "854143", "2024-05-01"), "2024-04-30").0, ["854143"]);
    assert_eq!(codes(withdrawn(4, "854143", "2024-05-01"), "2024-05-01"), (vec!["853951".to_owned()], [1, 0]));
    // The one that was corrected: nothing changes for what corrected it.
    assert_eq!(codes(withdrawn(4, "853951", "2024-02-01"), "2024-02-15").0, none);
    assert_eq!(codes(withdrawn(4, "853951", "2024-02-01"), "2024-03-01").0, ["854143"]);
    // Another code, or before it was decided: no withdrawal of it.
    assert_eq!(codes(withdrawn(4, "740400", "2024-05-01"), "2024-05-01").0, ["854143"]);
    assert_eq!(codes(withdrawn(4, "854143", "2024-02-01"), "2024-05-01").0, ["854143"]);
    // Taught again after that, it stands again.
    let again = later(5, example("sun catcher", "854143", "2024-03-01"));
    let catalogue = starter().with_taught(4, lessons()).with_taught(4, vec![withdrawn(4, "854143", "2024-03-01")]);
    assert_eq!(nearest(&catalogue.with_taught(5, vec![again]), "sun catcher", "2024-03-01")[0].0, "854143");
}
