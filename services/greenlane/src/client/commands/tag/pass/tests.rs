use super::*;
use crate::client::commands::tag::{By, survey};

fn said() -> Said {
    let mut said = Said { lists: vec!["greenLists/a".to_owned(), "greenLists/b".to_owned()], ..Said::default() };
    let mut add = |written: &str, code: Code| {
        said.codes.insert([b"\0".as_slice(), written.as_bytes(), b"\x002020"].concat(), code);
    };
    let known = |digits: &str, tags: Vec<(usize, f64, f64)>| Code {
        edition: "HS2017".to_owned(),
        code: digits.to_owned(),
        tags,
        ..Code::default()
    };
    add("010121", known("010121", vec![(0, 1.0, 1.0), (1, 0.0, 1.0)]));
    add("20110", Code { faults: vec![("leading_zero_lost".to_owned(), true)], ..known("020110", vec![]) });
    add("01", Code { aggregate: true, faults: vec![("aggregate_code".to_owned(), false)], ..known("01", vec![]) });
    said
}

fn args(folder: &Path, resume: bool) -> Args {
    Args {
        file: folder.join("rows.csv"),
        edition: String::new(),
        lists: Vec::new(),
        by: vec![By::List, By::Year],
        out: Some(folder.join("tagged.csv")),
        faults: Some(folder.join("faults.csv")),
        on: String::new(),
        include_held_back: false,
        no_mend: false,
        resume,
    }
}

const ROWS: &str = "\
refYear,flowCode,reporterDesc,partnerDesc,cmdCode,primaryValue
2020,M,Canada,Peru,010121,100
2020,M,Canada,\"Korea,
Rep.\",20110,50
2020,M,Canada,World,010121,100
2020,M,Canada,Peru,01,150
2020,M,Canada,Peru,010121,7
2020,M,Canada,Peru,010121,-7
2020,M
2020,M,Canada,Chile,xx,1
";

#[test]
fn each_row_is_tagged_in_its_place_and_each_fault_names_its_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows.csv"), ROWS).unwrap();
    let args = args(folder.path(), false);
    let survey = survey::read(&args.file).unwrap();
    assert_eq!((survey.rows, survey.mixed_partners), (8, true));
    let totals = run(&args, &survey, &said()).unwrap();
    assert_eq!((totals.rows, totals.mended_rows), (8, 1));
    let told: Vec<_> = totals.faults.iter().map(|(fault, rows)| format!("{fault} {rows}")).collect();
    assert_eq!(
        told,
        [
            "aggregate_code 1",
            "aggregate_partner 1",
            "columns_missing 1",
            "duplicate 2",
            "leading_zero_lost 1",
            "value_malformed 1"
        ]
    );
    let sums: Vec<_> = totals
        .totals
        .iter()
        .map(|total| (total.green_list.as_str(), total.value_usd, total.certain_value_usd, total.possible_value_usd))
        .collect();
    assert_eq!(
        sums,
        [("", 158.0, 107.0, 107.0), ("greenLists/a", 158.0, 107.0, 107.0), ("greenLists/b", 158.0, 0.0, 107.0)]
    );

    let tagged = std::fs::read_to_string(folder.path().join("tagged.csv")).unwrap();
    let mut lines = tagged.lines();
    assert_eq!(
        lines.next().unwrap(),
        "refYear,flowCode,reporterDesc,partnerDesc,cmdCode,primaryValue,hs_edition,hs_code,faults,counted,certain:a,\
         possible:a,certain:b,possible:b"
    );
    assert_eq!(lines.next().unwrap(), "2020,M,Canada,Peru,010121,100,HS2017,010121,,1,100,100,0,100");
    let faults = std::fs::read_to_string(folder.path().join("faults.csv")).unwrap();
    assert!(faults.contains("3,cmdCode,leading_zero_lost,20110,1\n"), "{faults}");
    assert!(faults.contains("value_malformed,-7,0\n"), "{faults}");
}

#[test]
fn an_output_that_was_broken_off_is_gone_on_with_and_ends_as_if_it_had_not_been() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows.csv"), ROWS).unwrap();
    let whole = args(folder.path(), false);
    let survey = survey::read(&whole.file).unwrap();
    let totals = run(&whole, &survey, &said()).unwrap();
    let expected = std::fs::read(folder.path().join("tagged.csv")).unwrap();
    for cut in [0, 10, 150, 230, 260, expected.len()] {
        std::fs::write(folder.path().join("tagged.csv.part"), &expected[..cut]).unwrap();
        assert_eq!(run(&args(folder.path(), true), &survey, &said()).unwrap(), totals);
        assert_eq!(std::fs::read(folder.path().join("tagged.csv")).unwrap(), expected, "cut at {cut}");
    }
}

#[test]
#[ignore = "a measurement: run it in release with --ignored --nocapture"]
fn rows_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from("refYear,flowCode,reporterDesc,partnerDesc,cmdCode,primaryValue\n");
    let line = |row: usize| format!("2020,M,Reporter {},Partner {},010121,{}\n", row % 97, row / 97 % 1009, row);
    (0..3_000_000).for_each(|row| text.push_str(&line(row)));
    std::fs::write(folder.path().join("rows.csv"), text).unwrap();
    for out in [None, Some(folder.path().join("tagged.csv"))] {
        let args = Args { out, faults: None, ..args(folder.path(), false) };
        let started = std::time::Instant::now();
        let survey = survey::read(&args.file).unwrap();
        let read = started.elapsed();
        run(&args, &survey, &said()).unwrap();
        let rate = 3.0 / started.elapsed().as_secs_f64();
        #[expect(clippy::print_stdout, reason = "it is what it is run for")]
        {
            println!("output {}: {rate:.2} million rows a second, survey {read:.2?}", args.out.is_some());
        }
    }
}
