use super::*;
use crate::domain::testing::{at, day, invented_facts, real, with_named_list};

fn rules(threshold: f64) -> Rules {
    Rules { threshold, include_widened: false, always: Vec::new(), never: Vec::new() }
}

fn drafted(catalogue: &Catalogue, edition: &str, rules: &Rules) -> Vec<String> {
    let on = day("2026-01-01");
    let weights = [2.0, 1.0, 1.0];
    let lists: Vec<_> = catalogue.lists.iter().zip(weights).map(|(list, weight)| ((list, on), weight)).collect();
    let mark = |row: &ReferenceRow| if row.ex { "~" } else { "" };
    build_reference(catalogue, &lists, catalogue.edition(edition).unwrap(), rules)
        .rows
        .iter()
        .map(|row| format!("{}{} {}", catalogue.code(row.code).fact.code, mark(row), row.weight))
        .collect()
}

fn catalogue() -> Catalogue {
    let facts = invented_facts(&["10 11 12 13 14", "20 21 22 23"], &["10>20 11>21 12>21 13>22 14>23"]);
    let facts = with_named_list(facts, "a", "E1", "10 11");
    let facts = with_named_list(facts, "b", "E1", "10 12 13");
    Catalogue::build(1, with_named_list(facts, "c", "E1", "13 12~")).unwrap()
}

#[test]
fn a_code_is_taken_when_its_lists_weigh_enough() {
    let catalogue = catalogue();
    assert_eq!(drafted(&catalogue, "E1", &rules(2.0)), ["10 3", "11 2", "13 2"]);
    assert_eq!(drafted(&catalogue, "E1", &rules(3.0)), ["10 3"]);
}

#[test]
fn what_a_merge_widened_counts_only_when_asked_and_then_as_a_part() {
    let catalogue = catalogue();
    assert_eq!(drafted(&catalogue, "E2", &rules(2.0)), ["20 3", "22 2"]);
    let widened = Rules { include_widened: true, ..rules(2.0) };
    assert_eq!(drafted(&catalogue, "E2", &widened), ["20 3", "21~ 4", "22 2"]);
}

#[test]
fn what_is_named_is_taken_or_left_in_any_case() {
    let catalogue = catalogue();
    let named =
        Rules { always: vec![at(&catalogue, "E1", "14")], never: vec![at(&catalogue, "E1", "10")], ..rules(2.0) };
    assert_eq!(drafted(&catalogue, "E1", &named), ["11 2", "13 2", "14 0"]);
}

#[test]
fn a_reference_out_of_the_known_lists_holds_no_chips() {
    let Some(catalogue) = real::real() else { return };
    let on = day("2026-01-01");
    let lists: Vec<_> = catalogue.lists.iter().map(|list| ((list, on), 1.0)).collect();
    let edition = catalogue.edition("HS2022").unwrap();
    let widened = Rules { include_widened: true, ..rules(2.0) };
    let draft = build_reference(catalogue, &lists, edition, &widened);
    let code = |row: &ReferenceRow| catalogue.code(row.code).fact.code.clone();
    assert!(draft.rows.len() > 150, "{} rows", draft.rows.len());
    assert!(draft.rows.iter().all(|row| !code(row).starts_with("8542") && !code(row).starts_with("8549")));
    let modules = draft.rows.iter().find(|row| code(row) == "854143").unwrap();
    assert!(modules.findings.iter().any(|finding| finding.code == "threshold_reached"));
}
