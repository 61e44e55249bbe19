use indicatif::ProgressBar;

use super::super::survey;
use super::*;

/// What is known of a table of rows `partner code mode`.
fn read(rows: &[String]) -> Repeats {
    let file = tempfile::NamedTempFile::new().unwrap();
    let rows: String = rows.iter().map(|row| format!("2010,A,M,{},5\n", row.replace(' ', ","))).collect();
    std::fs::write(file.path(), format!("period,reporter,flow,partner,code,motCode,value\n{rows}")).unwrap();
    survey::read(file.path(), &ProgressBar::hidden()).unwrap().repeats
}

#[test]
fn of_rows_that_are_broken_down_nothing_is_kept_but_where_the_rows_beside_them_that_are_not_have_shorter_codes() {
    let all = |rows: &[&str]| read(&rows.iter().map(|row| (*row).to_owned()).collect::<Vec<_>>());
    let modes = ["B 0101 0", "B 010121 0", "B 0101 1000", "B 010121 1000", "B 010129 2100", "World 010121 3000"];
    let repeats = all(&modes);
    assert_eq!((repeats.groups.len(), repeats.longest.numbers.len()), (1, 1));
    assert_eq!(repeats.longest.others.len(), 1, "of the world there is no row that is not broken down");
    let repeats = all(&["B 0101 0", "B 010121 1000", "World 0101 0"]);
    assert_eq!(repeats.longest.others.len(), 1, "its longer code is there in one mode only");
    assert_eq!(all(&["World 010121 0", "World 0101 0", "B 010121 1000"]).longest.others.len(), 0);
}

#[test]
fn more_partners_than_there_are_economies_have_no_number_and_are_known_all_the_same() {
    let partners = (0..PARTNERS + 3).flat_map(|partner| {
        let heading = format!("P{partner} 0101 0");
        // Each second one has the code too.
        let code = partner.is_multiple_of(2).then(|| format!("P{partner} 010121 0"));
        [Some(heading), code].into_iter().flatten()
    });
    let repeats = read(&partners.collect::<Vec<_>>());
    assert_eq!(repeats.longest.numbers.len(), PARTNERS);
    let group = repeats.groups.values().next().unwrap();
    let key = *repeats.groups.keys().next().unwrap();
    for partner in [0, 1, PARTNERS - 1, PARTNERS, PARTNERS + 1, PARTNERS + 2] {
        let name = format!("P{partner}");
        let of = |breakdown| repeats.longest.of(key, group, repeats.longest.partner(name.as_bytes()), breakdown);
        let digits = if partner.is_multiple_of(2) { 6 } else { 4 };
        assert_eq!((of(Breakdown::Any), of(Breakdown::None)), (digits, digits), "{name}");
    }
}
