use std::path::Path;

use indicatif::ProgressBar;

use super::super::{
    survey::{self, Survey},
    table::Table,
};
use super::*;

/// A table of rows `partner code procedure mode`.
fn table(rows: &[&str]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let rows: String = rows.iter().map(|row| format!("2023,CHN,M,{},5\n", row.replace(' ', ","))).collect();
    let header = "refYear,reporterISO,flowCode,partnerISO,cmdCode,customsCode,motCode,primaryValue";
    std::fs::write(file.path(), format!("{header}\n{rows}")).unwrap();
    file
}

fn read(path: &Path) -> Survey {
    survey::read(path, &ProgressBar::hidden()).unwrap()
}

fn each(path: &Path, survey: &Survey, mut each: impl FnMut(u32, &Columns, &Row<'_>)) {
    let Table { columns, mut rows, .. } = Table::needed(path).unwrap();
    let mut key = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        each(survey.number(&columns, &row, &mut key).unwrap(), &columns, &row);
    }
}

#[test]
fn nothing_is_kept_of_rows_that_have_their_total_wherever_it_stands_nor_where_all_are_broken_down_in_one_way() {
    for (rows, kept) in [
        (vec!["DEU 010121 C00 0", "DEU 010121 C00 1000", "DEU 010121 C01 0"], 0),
        (vec!["DEU 010121 C00 1000", "DEU 010121 C01 0", "DEU 010121 C00 0"], 0),
        (vec!["DEU 010121 C00 1000", "DEU 010121 C00 2000", "FRA 010121 C00 1000"], 0),
        // A code and a partner that have no total.
        (vec!["DEU 010121 C00 0", "DEU 010121 C00 1000", "DEU 010129 C00 1000", "FRA 010121 C01 0"], 2),
    ] {
        let file = table(&rows);
        assert_eq!(read(file.path()).parts.ways.len(), kept, "{rows:?}");
    }
}

#[test]
fn what_is_kept_because_its_total_came_long_before_is_let_go_of_when_the_table_is_read_again() {
    let file = table(&["DEU 010121 C00 0", "FRA 010121 C00 0", "DEU 010121 C00 1000", "PER 010121 C00 1000"]);
    let survey = read(file.path());
    let (ways, recent) = (HashMap::default(), vec![0]);
    let mut parts = Parts { ways, recent, driven_out: false, ..survey.parts.clone() };
    each(file.path(), &survey, |number, columns, row| parts.keep(number, columns, row));
    assert_eq!((parts.ways.len(), parts.are_open()), (2, true), "there was room for one total");
    each(file.path(), &survey, |number, columns, row| parts.release(number, columns, row));
    let mut found = Vec::new();
    each(file.path(), &survey, |number, columns, row| found.push(parts.part(number, columns, row)));
    assert_eq!(found, [None, None, Some(6), None], "the column of the mode, and of a partner without a total none");
}
