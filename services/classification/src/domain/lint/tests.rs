use super::*;
use crate::domain::testing::{day, invented_facts, real, with_named_list};

fn row(code: &str) -> LintRow {
    LintRow { code: code.to_owned(), ..LintRow::default() }
}

fn rows(codes: &str) -> Vec<LintRow> {
    codes.split_whitespace().map(row).collect()
}

fn look(catalogue: &Catalogue, rows: &[LintRow], claimed: Option<&str>) -> Lint {
    let claimed = claimed.map(|edition| catalogue.edition(edition).unwrap());
    lint(catalogue, rows, claimed, None, day("2026-01-01"))
}

/// Findings as `code: rows from 1`.
fn found(lint: &Lint) -> Vec<String> {
    let rows = |found: &LintFinding| found.rows.iter().map(|row| (row + 1).to_string()).collect::<Vec<_>>().join(" ");
    lint.findings.iter().map(|found| format!("{}: {}", found.finding.code, rows(found))).collect()
}

/// Of a file: its codes and its other columns.
fn file(name: &str, code: &str) -> Option<Vec<LintRow>> {
    let rows = real::rows(name)?.into_iter();
    let row = |mut row: BTreeMap<String, String>| {
        let code = row.remove(code).unwrap();
        LintRow { code, columns: row, ..LintRow::default() }
    };
    Some(rows.map(row).collect())
}

fn invented() -> Catalogue {
    Catalogue::build(1, invented_facts(&["01 10 11 12", "01 10 11 20", "01 10 20 30"], &[])).unwrap()
}

#[test]
fn a_good_list_has_no_findings() {
    let lint = look(&invented(), &rows("01 10 20"), Some("E3"));
    assert_eq!(found(&lint), Vec::<String>::new());
    assert_eq!(lint.likely_edition, Some(2));
}

#[test]
fn a_list_without_codes_is_not_without_faults() {
    assert_eq!(found(&look(&invented(), &[], Some("E3"))), ["no_codes: "]);
}

#[test]
fn each_fault_names_its_rows() {
    let catalogue = invented();
    assert_eq!(found(&look(&catalogue, &rows("10 1 20 10"), None)), ["leading_zero_lost: 2", "duplicate: 4"]);
    assert_eq!(found(&look(&catalogue, &rows("10 99 x"), None)), ["code_unknown: 2 3"]);
    let wrong = look(&catalogue, &rows("10 20 11"), Some("E3"));
    assert_eq!(found(&wrong), ["edition_wrong: 3", "code_deleted: 3"]);
    assert_eq!(wrong.likely_edition, Some(1));
    let mixed = look(&catalogue, &rows("10 12 30 20"), None);
    assert_eq!(found(&mixed), ["code_deleted: 2", "editions_mixed: 2"]);
}

/// Rows that name their editions: `E1:10`.
fn named(codes: &str) -> Vec<LintRow> {
    let row = |text: &str| match text.split_once(':') {
        Some((edition, code)) => LintRow { edition: edition.to_owned(), ..row(code) },
        None => row(text),
    };
    codes.split_whitespace().map(row).collect()
}

#[test]
fn a_row_that_names_its_edition_is_looked_over_in_that() {
    let catalogue = invented();
    let look = |codes: &str, claimed| found(&look(&catalogue, &named(codes), claimed));
    assert_eq!(look("E1:10 E2:10 E3:30 E1:12", None), [""; 0], "no code comes again, and each is of its edition");
    assert_eq!(look("E1:10 10 E1:10 10 E1:1", None), ["leading_zero_lost: 5", "duplicate: 3 4"]);
    assert_eq!(look("E1:30 E3:10 E1:99", None), ["code_unknown: 3", "edition_wrong: 1"]);
    assert_eq!(look("E9:10 E3:10", None), ["edition_unknown: 1"]);
    assert_eq!(look("E1:12 E3:30 10", Some("E3")), ["edition_wrong: 1"], "not the one that is claimed");
    assert_eq!(look("E1:12 E1:11 12 30", None), ["editions_mixed: 4"], "of those that name none");
    let mut rows = named("E1:10 E1:10 E1:10");
    for (row, list) in rows.iter_mut().zip(["a", "b", "a"]) {
        row.columns.insert("list".to_owned(), list.to_owned());
    }
    assert_eq!(found(&lint(&catalogue, &rows, None, None, day("2026-01-01"))), ["duplicate: 3"], "on one list");
}

#[test]
fn an_unknown_code_of_a_length_that_no_code_has_is_told_so_and_one_fault_in_the_singular() {
    let catalogue = Catalogue::build(1, invented_facts(&["01 0101 010121 85 8541 854143"], &[])).unwrap();
    let told = |codes: &str| -> Vec<String> {
        let lint = look(&catalogue, &rows(codes), None);
        lint.findings.into_iter().map(|found| found.finding.message).collect()
    };
    let why = "digits, and codes have 2, 4, 6: digits are missing (more than a leading zero) or too many.";
    assert_eq!(told("85414"), [format!("1 code is a code of no edition that is known here. It has 5 {why}")]);
    assert_eq!(
        told("010121 85414 8541430 999999 x"),
        [format!("4 codes are codes of no edition that is known here. 2 of them have 5, 7 {why}")]
    );
    assert_eq!(told("999999 010121"), ["1 code is a code of no edition that is known here."]);
    assert_eq!(told("10121"), ["1 code has lost its leading zero."]);
    assert_eq!(told("010121 010121"), ["1 row repeats the code of an earlier one."]);
}

#[test]
fn a_column_that_is_another_list_than_its_name_says_is_found() {
    let codes: Vec<String> = (10..60).map(|n| n.to_string()).collect();
    let facts = invented_facts(&[&codes.join(" ")], &[]);
    let facts = with_named_list(facts, "oecd-cleg", "E1", &codes[..20].join(" "));
    let catalogue = Catalogue::build(1, with_named_list(facts, "apec", "E1", &codes[30..45].join(" "))).unwrap();
    let flag = |range: std::ops::Range<usize>, index: usize| if range.contains(&index) { "1" } else { "0" }.to_owned();
    let rows: Vec<LintRow> = (0..50)
        .map(|index| LintRow {
            code: codes[index].clone(),
            columns: [("unctad", 0..20), ("oecd", 18..38), ("apec", 30..45), ("same", 30..45), ("group", 0..0)]
                .map(|(name, range)| {
                    let value = if name == "group" { "solar".to_owned() } else { flag(range, index) };
                    (name.to_owned(), value)
                })
                .into(),
            ..LintRow::default()
        })
        .collect();
    let lint = look(&catalogue, &rows, Some("E1"));
    let of = |code: &str| -> Vec<String> {
        let found = lint.findings.iter().filter(|found| found.finding.code == code);
        found.map(|found| found.finding.parameters[0].1.clone()).collect()
    };
    assert_eq!(of("column_mislabelled"), ["oecd", "same", "unctad"]);
    assert_eq!(of("column_duplicate"), ["same"]);
    assert_eq!(of("overlap"), ["apec", "oecd-cleg"]);
}

#[test]
fn the_two_faulty_lists_are_found_and_the_sound_one_is_not() {
    let Some(catalogue) = real::real() else { return };
    let concorded = file("green_lists_hs1992_concorded.csv", "hs1992").unwrap();
    let lint = look(catalogue, &concorded, Some("HS1992"));
    assert_eq!(lint.likely_edition, catalogue.edition("HS1992"));
    let mislabelled: Vec<_> =
        lint.findings.iter().filter(|found| found.finding.code == "column_mislabelled").map(|f| &f.finding).collect();
    let told = |column: &str, list: &str| {
        mislabelled
            .iter()
            .any(|finding| finding.parameters == [("column", column.to_owned()), ("list", list.to_owned())])
    };
    assert!(told("unctad", "oecd-cleg"), "it is really the OECD's: {mislabelled:?}");
    assert!(told("oecd", "oecd-cleg"), "and what bears its name is not");
    assert!(!mislabelled.iter().any(|finding| finding.parameters[0].1 == "apec"), "{mislabelled:?}");

    let community = file("green_lct_community_mixed_editions.csv", "hs6").unwrap();
    let lint = look(catalogue, &community, None);
    let mixed = lint.findings.iter().find(|found| found.finding.code == "editions_mixed").unwrap();
    let codes: BTreeSet<&str> = mixed.rows.iter().map(|row| community[*row].code.as_str()).collect();
    assert!(codes.contains("854143") && codes.contains("284160"), "{codes:?}");
    let deleted = lint.findings.iter().find(|found| found.finding.code == "code_deleted").unwrap();
    assert!(deleted.rows.iter().any(|row| community[*row].code == "284160"), "it is in none of the editions it names");

    let cleg = file("green_cleg_hs2007.csv", "hs2007").unwrap();
    let lint = look(catalogue, &cleg, Some("HS2007"));
    let faults: Vec<_> = lint.findings.iter().map(|f| f.finding.code).filter(|code| *code != "overlap").collect();
    assert_eq!(faults, Vec::<&str>::new());
}

#[test]
fn a_naive_projection_is_told_by_the_chips_it_turned_green() {
    let Some(catalogue) = real::real() else { return };
    let rows = real::rows("green_cleg_projected_2012_2017_2022.csv").unwrap();
    let rows: Vec<LintRow> = rows.iter().filter(|r| r["edition"] == "HS2022").map(|r| row(&r["hs6"])).collect();
    let lint = look(catalogue, &rows, Some("HS2022"));
    let chips = lint.findings.iter().find(|found| found.finding.code == "chips_turned_green").unwrap();
    let codes: BTreeSet<&str> = chips.rows.iter().map(|index| rows[*index].code.as_str()).collect();
    assert!(["854231", "854232", "854239"].iter().all(|chip| codes.contains(chip)), "{codes:?}");
    assert!(!codes.contains("854143"));
}

#[test]
fn what_only_a_composed_way_of_links_that_are_held_back_leads_to_is_no_chip() {
    // A list of E2: one table leads from it to 11 of E3, and the next on to 12 and 13 of E4.
    let editions = ["01", "10", "10 11", "11 12 13"];
    let facts = invented_facts(&editions, &["01>10", "10>10 10>11!", "10>11 11>12! 11>13!"]);
    let catalogue = Catalogue::build(1, with_named_list(facts, "list", "E2", "10")).unwrap();
    assert_eq!(found(&look(&catalogue, &rows("11"), Some("E3"))), ["chips_turned_green: 1"]);
    assert_eq!(found(&look(&catalogue, &rows("12 13"), Some("E4"))), Vec::<String>::new());
}
