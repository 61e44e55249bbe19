use std::collections::{BTreeMap, BTreeSet};

use nix::time::{ClockId, clock_gettime};
use proptest::prelude::*;

use super::*;
use crate::domain::compare::{Likeness, compare};
use crate::domain::testing::{at, invented, invented_facts, starter, with_national, with_whole_tables};

fn to(catalogue: &Catalogue, from: (&str, &str), edition: &str, held: bool) -> Translation {
    translate(catalogue, at(catalogue, from.0, from.1), catalogue.edition(edition).unwrap(), held)
}

fn codes(catalogue: &Catalogue, translation: &Translation) -> Vec<String> {
    translation.targets.iter().map(|target| catalogue.code(target.at).fact.code.clone()).collect()
}

fn finding_codes(translation: &Translation) -> Vec<&'static str> {
    translation.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn the_solar_code_of_2017_was_split_in_2022() {
    let catalogue = starter();
    let found = to(&catalogue, ("HS2017", "854140"), "HS2022", false);
    assert_eq!(found.relation, Relation::Split);
    assert_eq!(codes(&catalogue, &found), ["854141", "854142", "854143", "854149"]);
    assert!(found.targets.iter().all(|target| target.source_part && !target.target_part && !target.held_back));
    assert_eq!(found.method, Method::Direct);
    assert_eq!(found.held_back.len(), 6, "the waste of 8549 is held back");
    assert_eq!(finding_codes(&found), ["links_held_back"]);
}

#[test]
fn solar_modules_of_2022_were_merged_with_others_in_2017() {
    let catalogue = starter();
    let found = to(&catalogue, ("HS2022", "854143"), "HS2017", false);
    assert_eq!(found.relation, Relation::Merged);
    assert_eq!(codes(&catalogue, &found), ["854140"]);
    assert!(found.targets[0].target_part && !found.targets[0].source_part);
}

#[test]
fn an_unchanged_code_is_exact_both_ways() {
    let catalogue = starter();
    for (from, edition) in [(("HS2017", "870380"), "HS2022"), (("HS2022", "870380"), "HS2017")] {
        let found = to(&catalogue, from, edition, false);
        assert_eq!(found.relation, Relation::Exact);
        assert!(!found.same_digits_changed_scope && found.findings.is_empty());
    }
}

#[test]
fn led_lamps_kept_their_scope_and_modules_came_from_many() {
    let catalogue = starter();
    let lamps = to(&catalogue, ("HS2017", "853950"), "HS2022", false);
    assert_eq!((lamps.relation, codes(&catalogue, &lamps)), (Relation::Exact, vec!["853952".to_owned()]));
    let modules = to(&catalogue, ("HS2022", "853951"), "HS2017", false);
    assert_eq!(modules.relation, Relation::SplitAndMerged);
    assert_eq!(codes(&catalogue, &modules), ["853990", "854370", "940510", "940520", "940530", "940540"]);
}

#[test]
fn the_same_digits_with_another_scope_are_flagged() {
    let catalogue = starter();
    let found = to(&catalogue, ("HS2017", "850131"), "HS2022", false);
    assert!(found.same_digits_changed_scope);
    assert_eq!(finding_codes(&found)[0], "same_digits_changed_scope");
    assert!(codes(&catalogue, &found).contains(&"850171".to_owned()), "photovoltaic generators went out of it");
}

#[test]
fn links_that_are_held_back_come_when_asked_for() {
    let catalogue = starter();
    let plain = to(&catalogue, ("HS2022", "854921"), "HS2017", false);
    assert_eq!(plain.relation, Relation::None);
    assert!(plain.targets.is_empty() && !plain.held_back.is_empty());
    assert_eq!(finding_codes(&plain), ["links_held_back", "links_incomplete"]);
    let all = to(&catalogue, ("HS2022", "854921"), "HS2017", true);
    assert_eq!(all.targets.len(), plain.held_back.len());
    assert!(all.targets.iter().all(|target| target.held_back));
}

#[test]
fn a_heading_is_translated_by_way_of_its_subheadings() {
    let catalogue = starter();
    let found = to(&catalogue, ("HS2017", "8703"), "HS2022", false);
    assert!(codes(&catalogue, &found).contains(&"870380".to_owned()));
    assert!(finding_codes(&found).contains(&"aggregate"));
    assert!(found.incomplete, "not all codes of the edition are known");
}

#[test]
fn the_same_edition_needs_no_table() {
    let catalogue = starter();
    let found = to(&catalogue, ("HS2022", "854143"), "HS2022", false);
    assert_eq!((found.relation, found.method), (Relation::Exact, Method::SameEdition));
}

#[test]
fn without_a_table_the_way_leads_over_other_editions() {
    let catalogue = invented(&["01 02", "01 02", "01 02 03"], &["01>01 02>02", "01>01 02>02 02>03"]);
    let found = to(&catalogue, ("E1", "02"), "E3", false);
    assert_eq!((found.relation, found.method), (Relation::Split, Method::Composed));
    assert_eq!(codes(&catalogue, &found), ["02", "03"]);
    assert_eq!(found.path, [0, 1, 2]);
    assert!(finding_codes(&found).contains(&"composed"));
    assert_eq!(to(&catalogue, ("E3", "03"), "E1", false).relation, Relation::Merged);
}

#[test]
fn a_code_that_several_came_from_is_followed_once() {
    let catalogue = invented(&["01 02", "01", "01 02 03"], &["01>01 02>01", "01>01 01>02 01>03"]);
    let way = catalogue.way(0, 2).unwrap();
    let leaves = BTreeSet::from([0, 1]);
    let mut within = Within::new(&catalogue, way, &leaves, false);
    assert!((0..3).all(|row| within.of(row) == Lie::Within));
    assert_eq!(within.known.get(&(1, 0)), Some(&Lie::Within), "the code between is known by its first question");
}

#[test]
fn without_any_way_nothing_is_guessed() {
    let catalogue = invented(&["01", "01"], &[]);
    let found = to(&catalogue, ("E1", "01"), "E2", false);
    assert_eq!(found.relation, Relation::None);
    assert!(found.path.is_empty() && found.incomplete);
    assert_eq!(finding_codes(&found), ["no_correlation"]);
}

#[test]
fn a_link_marked_ex_is_never_exact() {
    let catalogue = invented(&["01", "01"], &["01>01~"]);
    let found = to(&catalogue, ("E1", "01"), "E2", false);
    assert_eq!(found.relation, Relation::Split);
    assert!(found.same_digits_changed_scope);
}

/// The relation of a code as the words of the contract say it, over plain pairs.
fn naive(pairs: &BTreeSet<(u32, u32)>, source: u32) -> (Relation, Vec<u32>) {
    let mut origins: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for (from, to) in pairs {
        origins.entry(*to).or_default().insert(*from);
    }
    let targets: Vec<u32> = origins.iter().filter(|(_, from)| from.contains(&source)).map(|(to, _)| *to).collect();
    let shared = targets.iter().any(|to| origins[to].len() > 1);
    let relation = match (targets.len(), shared) {
        (0, _) => Relation::None,
        (1, false) => Relation::Exact,
        (1, true) => Relation::Merged,
        (_, false) => Relation::Split,
        (_, true) => Relation::SplitAndMerged,
    };
    (relation, targets)
}

proptest! {
    #[test]
    fn every_relation_is_that_of_the_naive_reading(
        pairs in proptest::collection::btree_set((10u32..22, 10u32..22), 0..40),
        middle in proptest::collection::btree_set((10u32..22, 10u32..22), 0..40),
    ) {
        let all: Vec<String> = (10..22).map(|n| n.to_string()).collect();
        let all = all.join(" ");
        let rows = |pairs: &BTreeSet<(u32, u32)>| pairs.iter().map(|(a, b)| format!("{a}>{b}")).collect::<Vec<_>>().join(" ");
        let facts = invented_facts(&[&all, &all, &all], &[&rows(&pairs), &rows(&middle)]);
        let catalogue = Catalogue::build(1, facts).unwrap();
        let composed: BTreeSet<(u32, u32)> = pairs
            .iter()
            .flat_map(|(a, b)| middle.iter().filter(move |(c, _)| b == c).map(move |(_, d)| (*a, *d)))
            .collect();
        let turned: BTreeSet<(u32, u32)> = pairs.iter().map(|(a, b)| (*b, *a)).collect();
        for source in 10..22u32 {
            let digits = source.to_string();
            for (from, edition, pairs) in [("E1", "E2", &pairs), ("E2", "E1", &turned), ("E1", "E3", &composed)] {
                if catalogue.tables.len() < 2 { continue; }
                let found = to(&catalogue, (from, &digits), edition, false);
                let (relation, targets) = naive(pairs, source);
                prop_assert_eq!(found.relation, relation);
                let codes: Vec<String> = targets.iter().map(u32::to_string).collect();
                prop_assert_eq!(self::codes(&catalogue, &found), codes);
            }
        }
    }
}

#[test]
fn a_code_passed_on_the_way_whose_links_are_not_all_known_makes_the_translation_incomplete() {
    let mut facts =
        invented_facts(&["01 0101 010101", "01 0101 010101", "01 0101 010101 010102"], &["010101>010101"; 2]);
    let complete = Catalogue::build(1, facts.clone()).unwrap();
    let found = to(&complete, ("E1", "010101"), "E3", true);
    assert_eq!((found.method, found.incomplete), (Method::Composed, false));
    facts.codes.iter_mut().filter(|code| code.edition == "E2").for_each(|code| code.links_partial = true);
    let partial = Catalogue::build(1, facts).unwrap();
    for (from, edition) in [("E1", "E3"), ("E3", "E1")] {
        let found = to(&partial, (from, "010101"), edition, true);
        assert!(found.incomplete, "{from} to {edition}");
        assert!(finding_codes(&found).contains(&"links_incomplete"));
    }
    // The links of the code itself are all known: a step that does not pass the other edition is whole.
    assert!(!to(&partial, ("E1", "010101"), "E2", true).incomplete);
    let compared = compare(&partial, at(&partial, "E1", "010101"), at(&partial, "E3", "010102"));
    assert_eq!(compared.likeness, Likeness::Undetermined);
}

/// Semiconductors of two editions, and national ones of one line: XW says that it is all there is, XP is known in part.
fn solar() -> Catalogue {
    let links = "854140>854141 854140>854142 854140>854143 854140>854149";
    let facts = invented_facts(&["8541 854140", "8541 854141 854142 854143 854149"], &[links]);
    let facts = with_national(with_whole_tables(facts), "XW", "E2", false, "85414300");
    Catalogue::build(1, with_national(facts, "XP", "E2", true, "8541430010 854149")).unwrap()
}

#[test]
fn by_way_of_a_national_edition_of_few_lines_no_goods_of_the_code_that_they_are_in_are_lost() {
    let catalogue = solar();
    for from in [("XW", "85414300"), ("XP", "8541430010"), ("E2", "854143")] {
        let found = to(&catalogue, from, "E1", false);
        assert_eq!((found.relation, codes(&catalogue, &found)), (Relation::Merged, vec!["854140".to_owned()]));
        assert!(found.targets[0].target_part, "{from:?}");
    }
    let back = to(&catalogue, ("E1", "854140"), "XW", false);
    assert_eq!((back.relation, codes(&catalogue, &back)), (Relation::Split, vec!["85414300".to_owned()]));
    assert_eq!(to(&catalogue, ("E2", "8541"), "XW", false).relation, Relation::Split);
    assert_eq!(to(&catalogue, ("XW", "85414300"), "E2", false).relation, Relation::Exact, "its publisher has no other");
}

#[test]
fn a_line_of_an_edition_known_in_part_is_not_taken_for_the_whole_code() {
    let catalogue = solar();
    for held in [false, true] {
        let found = to(&catalogue, ("XP", "8541430010"), "E2", held);
        assert_eq!((found.relation, found.incomplete), (Relation::Merged, false));
        assert_eq!(finding_codes(&found), ["target_links_incomplete"], "{held}");
    }
    // A line of the same digits is.
    let same = to(&catalogue, ("XP", "854149"), "E2", false);
    assert_eq!((same.relation, finding_codes(&same)), (Relation::Exact, vec![]));
    let down = to(&catalogue, ("E2", "854143"), "XP", false);
    assert!(finding_codes(&down).contains(&"links_incomplete"));
}

/// Which targets hold other goods too, by following each back to all that it came from.
fn naive_parts(catalogue: &Catalogue, found: &Translation, source: Position, held: bool) -> Vec<bool> {
    let way = catalogue.way(source.edition, *found.path.last().unwrap()).unwrap();
    let leaves: BTreeSet<u32> = catalogue.leaves(source).collect();
    let part = |target: &Target| {
        let back = way.back(catalogue, BTreeSet::from([target.at.row]), held);
        back.ex || !back.rows.is_subset(&leaves)
    };
    found.targets.iter().map(part).collect()
}

proptest! {
    #[test]
    fn what_else_a_target_holds_is_found_as_by_following_every_link(
        links in proptest::collection::vec((10u32..16, 10u32..16, 0u32..6), 1..30),
        middle in proptest::collection::vec((10u32..16, 10u32..16, 0u32..6), 1..30),
    ) {
        let all = "1 10 11 12 13 14 15";
        let rows = |links: &[(u32, u32, u32)]| {
            let unique: BTreeMap<(u32, u32), u32> = links.iter().map(|(a, b, mark)| ((*a, *b), *mark)).collect();
            let mark = |mark| match mark { 0 => "!", 1 => "~", _ => "" };
            unique.into_iter().map(|((a, b), of)| format!("{a}>{b}{}", mark(of))).collect::<Vec<_>>().join(" ")
        };
        let catalogue = invented(&[all, all, all], &[&rows(&links), &rows(&middle)]);
        for (from, edition) in [("E1", "E3"), ("E3", "E1"), ("E1", "E2"), ("E2", "E1")] {
            let edition = catalogue.edition(edition).unwrap();
            for row in 0..7 {
                let source = Position { edition: catalogue.edition(from).unwrap(), row };
                for held in [false, true] {
                    let found = translate(&catalogue, source, edition, held);
                    let way = catalogue.way(source.edition, edition).unwrap();
                    let unsure = |target: &Target| held && way.is_unsure_at_end(&catalogue, target.at.row);
                    let told: Vec<bool> = found.targets.iter().map(|t| t.target_part || unsure(t)).collect();
                    let naive = naive_parts(&catalogue, &found, source, held);
                    let expected: Vec<bool> =
                        found.targets.iter().zip(naive).map(|(target, part)| part || unsure(target)).collect();
                    prop_assert_eq!(told, expected);
                }
            }
        }
    }
}

#[test]
fn links_that_are_held_back_are_followed_once_and_not_for_each_code_that_they_lead_to() {
    let Some(catalogue) = crate::domain::testing::real::real() else { return };
    // From HS 1992 to HS 2007 there is no table: by way of the waste of 8549 motors lead to a thousand codes.
    let time = || std::time::Duration::from(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap());
    let before = time();
    let found = to(catalogue, ("HS1992", "85"), "HS2007", true);
    assert!(found.targets.len() > 900, "{}", found.targets.len());
    for code in ["850110", "850120", "850131"] {
        assert!(to(catalogue, ("HS1992", code), "HS2007", true).targets.len() > 900);
    }
    // What this thread had of a processor: the machine does other things too.
    let took = time() - before;
    assert!(took < std::time::Duration::from_secs(2), "{took:?}");
}

/// Two editions of national lines below one edition, with no table between them.
fn national_editions() -> Catalogue {
    let facts = with_national(invented_facts(&["8541 854143"], &[]), "XA", "E1", false, "8541430010 8541430080");
    Catalogue::build(1, with_national(facts, "XB", "E1", false, "8541430010 8541430090")).unwrap()
}

#[test]
fn by_way_of_a_coarser_code_it_is_not_known_whether_the_same_digits_hold_the_same_goods() {
    let catalogue = national_editions();
    let found = to(&catalogue, ("XA", "8541430010"), "XB", false);
    assert_eq!(codes(&catalogue, &found), ["8541430010", "8541430090"], "it may link too much");
    assert!(!found.same_digits_changed_scope);
    assert_eq!(finding_codes(&found), ["composed", "through_coarser"]);
    assert!(found.findings[1].message.contains("the coarser codes of E1"), "{:?}", found.findings);
    let up = to(&catalogue, ("XA", "8541430010"), "E1", false);
    assert_eq!(finding_codes(&up), Vec::<&str>::new());
    let [one, other] = ["XA", "XB"].map(|edition| at(&catalogue, edition, "8541430010"));
    let compared = compare(&catalogue, one, other);
    assert_eq!(compared.likeness, Likeness::MayOverlap);
    let told: Vec<_> = compared.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(told, ["correlation", "composed", "through_coarser"]);
    assert!(compared.findings[0].message.ends_with("may have goods in common."), "{:?}", compared.findings);
}
