use super::*;

#[test]
fn what_the_service_would_refuse_is_not_asked_and_keeps_no_other_row_from_being_tagged() {
    for (period, good) in
        [("2020", true), ("202012", true), ("1900", true), ("0000", false), ("1899", false), ("202013", false)]
    {
        assert_eq!(is_period(period), good, "{period}");
    }
    assert!(!is_period("202000") && !is_period("20x0") && !is_period("20201"));
    assert!(is_askable("8541.43") && !is_askable("8541\n43") && !is_askable(&"1".repeat(65)) && !is_askable(""));
}

#[test]
fn a_code_of_another_classification_is_sent_as_such_and_says_nothing_of_the_edition_of_others() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let rows = "classification,period,code,value\nS3,2010,8413,5\nHS,2010,841381,5\nH3,2010,8413,5\nUS-HTS-2026,2010,\
        8413,5\nBE4,2010,41,5\n,2010,841382,5\nHS2012,2010,8413,5\n";
    std::fs::write(file.path(), rows).unwrap();
    let survey = super::super::survey::read(file.path(), &indicatif::ProgressBar::hidden()).unwrap();
    let asked: Vec<_> = samples(&survey).into_values().flatten().map(|sample| sample.code).collect();
    assert_eq!(asked, ["841381", "841382"]);
    let mut editions = Editions::default();
    let fit = EditionFit { edition: "editions/HS2002".to_owned(), ..EditionFit::default() };
    editions.by_year.insert("2010".to_owned(), Some((fit, true)));
    let of: Vec<String> = survey.written.iter().map(|(written, _)| editions.of(written)).collect();
    assert_eq!(of, ["S3", "HS2002", "HS2007", "US-HTS-2026", "BE4", "HS2002", "HS2012"]);
}

#[test]
fn a_code_may_name_its_edition_itself_or_its_row_in_a_column_as_other_commands_read_them() {
    let surveyed = |text: &str| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        super::super::survey::read(file.path(), &indicatif::ProgressBar::hidden()).unwrap()
    };
    let asked_of = |survey: &Survey, editions: &Editions| -> Vec<(String, String)> {
        let rows = survey.written.iter().map(|(written, _)| asked(written, editions.of(written)));
        rows.map(|row| (row.edition, row.code)).collect()
    };
    let told = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(edition, code)| ((*edition).to_owned(), (*code).to_owned())).collect()
    };
    let given = Editions { given: "HS2017".to_owned(), ..Editions::default() };
    let survey = surveyed("period,code,value\n2023,HS2022:854143,5\n2023,editions/HS2012:854140,5\n2023,854140,5\n");
    let pairs = [("HS2022", "854143"), ("HS2012", "854140"), ("HS2017", "854140")];
    assert_eq!(asked_of(&survey, &given), told(&pairs));
    let samples: Vec<_> = samples(&survey).into_values().flatten().map(|sample| sample.code).collect();
    assert_eq!(samples, ["854140"], "the others need none to be found out");
    let survey = surveyed("period,Edition,code,value\n2023,HS2022,854143,5\n2023,editions/HS2012,854140,5\n");
    let pairs = [("HS2022", "854143"), ("HS2012", "854140")];
    assert_eq!(asked_of(&survey, &Editions::default()), told(&pairs));
}

#[test]
fn rows_are_in_the_edition_that_they_name_whichever_the_catalogue_has() {
    let editions = Editions::default();
    for (classification, edition) in [
        ("H0", "HS1992"),
        ("H1", "HS1996"),
        ("H2", "HS2002"),
        ("H3", "HS2007"),
        ("H4", "HS2012"),
        ("H5", "HS2017"),
        ("H6", "HS2022"),
        ("H7", "HS2028"),
        (" h7", "HS2028"),
        ("HS2028", "HS2028"),
        ("hs2017", "HS2017"),
        ("HS 2012", "HS2012"),
        ("2017", "HS2017"),
        // Of what none is called the catalogue says so, and of a number that none has yet.
        ("H8", "H8"),
        ("HS2040", "HS2040"),
    ] {
        let written =
            Written { classification: classification.to_owned(), period: "2028".to_owned(), ..Written::default() };
        assert_eq!(editions.of(&written), edition, "{classification}");
    }
}

#[test]
fn the_edition_of_rows_that_name_the_harmonized_system_and_none_of_its_editions_is_found_out() {
    for open in ["", "HS", "H", "hs as reported", "HS17", "HS92", "HS 1988/92", "HS-2017", "HS1988", "2018", "17"] {
        assert_eq!(Classification::of(open), Classification::Harmonized, "{open}");
    }
}

#[test]
fn a_year_that_fits_no_edition_is_told_as_such_and_its_rows_are_of_none() {
    let by_year = BTreeMap::from([("1985".to_owned(), None)]);
    let editions = Editions { by_year, ..Editions::default() };
    assert_eq!(editions.told(), "1985: no edition has any of its codes\n");
    let written = Written { code: "854140".to_owned(), period: "1985".to_owned(), ..Written::default() };
    assert_eq!(editions.of(&written), "");
    let years = ["1987", "1988", "1991", "1992"].map(|year| (year.to_owned(), None));
    let editions = Editions { by_year: BTreeMap::from(years), ..Editions::default() };
    assert_eq!(
        editions.told(),
        "1987: no edition has any of its codes\n1988: of the first edition of the HS (1988), which is not held here\n\
         1991: of the first edition of the HS (1988), which is not held here\n1992: no edition has any of its codes\n"
    );
}

#[test]
fn an_edition_that_is_given_for_all_rows_is_too_new_for_none_of_them() {
    let names = ["leading_zero_lost", "edition_early"];
    let code = Code { faults: vec![(0, true), (1, false)], ..Code::default() };
    let faults = names.map(str::to_owned).to_vec();
    let mut said = Said { faults, codes: vec![code], ..Said::default() };
    said.forget_early();
    assert_eq!(said.codes[0].faults, [(0, true)]);
}

/// Which codes of a table are sums, when but for some all of them are unknown.
fn sums(rows: &str, known: &[&str]) -> Vec<bool> {
    sums_as(rows, known, |code| code)
}

/// The same when those that are known are understood so.
fn sums_as(rows: &str, known: &[&str], understood: fn(&str) -> &str) -> Vec<bool> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), rows).unwrap();
    let survey = super::super::survey::read(file.path(), &indicatif::ProgressBar::hidden()).unwrap();
    let mut said = Said { codes: vec![Code::default(); survey.written.len()], ..Said::default() };
    for (code, (written, _)) in said.codes.iter_mut().zip(&survey.written) {
        if known.contains(&written.code.as_str()) {
            (code.edition, code.code) = ("E".to_owned(), understood(&written.code).to_owned());
        }
    }
    said.sums(&survey);
    let of_sums = said.faults.iter().position(|fault| fault == "aggregate_code");
    let told = |code: &Code| code.faults == Vec::from_iter(of_sums.filter(|_| code.aggregate).map(|it| (it, false)));
    assert!(said.codes.iter().all(told), "{:?} {:?}", said.faults, said.codes);
    let of_table = said.codes.iter().take(survey.written.len());
    of_table.map(|code| code.aggregate).collect()
}

#[test]
fn an_unknown_heading_beside_unknown_codes_that_begin_so_is_a_sum_of_them() {
    let rows = "period,code,value\n2023,99,5\n2023,9999,5\n2023,9999.99,5\n2022,9999,5\n2023,77,5\n2023,854143,5\n\
        2023,702,5\n2023,702000,5\n";
    assert_eq!(sums(rows, &["854143"]), [true, true, false, false, false, false, false, false]);
}

#[test]
fn chapters_and_headings_that_lost_their_zeros_and_were_not_mended_are_sums_of_codes_that_did_too() {
    let rows = "period,code,value\n2023,1,5\n2023,101,5\n2023,10121,5\n2023,2,5\n2023,100110,5\n";
    assert_eq!(sums(rows, &["100110"]), [true, true, false, false, false]);
    // Nothing was lost of a code of chapter 10.
    assert_eq!(sums("period,code,value\n2023,1,5\n2023,100110,5\n", &["100110"]), [false, false]);
}

#[test]
fn a_known_heading_is_a_sum_where_the_table_has_codes_under_it_in_the_same_period_and_classification() {
    let known = ["85", "8541", "854140", "8542", "01"];
    let rows = "period,code,value\n2010,8541,5\n2011,8541,5\n2011,854140,5\n2011,85,5\n2010,85,5\n2011,01,5\n";
    assert_eq!(sums(rows, &known), [false, true, false, true, true, false]);
    let rows = "classification,period,code,value\nH3,2010,8541,5\nH4,2010,854140,5\nH3,2010,8542,5\nH3,2010,854299,5\n";
    assert_eq!(sums(rows, &known), [false, false, true, false], "also where those under it are not known");
}

#[test]
fn a_heading_is_a_sum_whatever_stands_around_it_and_the_codes_under_it() {
    for rows in [
        "2010,HS2017:8541,5\n2010,HS2017:854140,5\n",
        "2010,=\"8541\",5\n2010,=\"854140\",5\n",
        "2010,'8541,5\n2010,854140.0,5\n",
    ] {
        let known: Vec<&str> = rows.lines().filter_map(|row| row.split(',').nth(1)).collect();
        let rows = format!("period,code,value\n{rows}");
        assert_eq!(sums(&rows, &[]), [true, false], "{rows}");
        assert_eq!(sums_as(&rows, &known, super::super::table::bare), [true, false], "{rows}");
    }
}

#[test]
fn a_national_line_is_a_sum_of_the_lines_under_it_and_of_none_that_its_edition_has_not() {
    let rows = "period,code,value\n2026,854143,5\n2026,85414300,5\n2026,8541430010,5\n2026,8541430080,5\n2026,854231,5\n\
        2026,85423100,5\n";
    let known = ["854143", "85414300", "8541430010", "8541430080", "854231"];
    assert_eq!(sums(rows, &known), [true, true, false, false, false, false]);
}
