use super::*;
use crate::client::commands::tag::{By, ask::Tag, parquet, survey};

const LOST: usize = 0;
const SUM: usize = 1;

/// What is said of the codes of a survey.
fn said(survey: &Survey) -> Said {
    let tag = |list, certain, possible, estimated| Tag { list, certain, possible, estimated, ..Tag::default() };
    let known = |digits: &str, tags: Vec<Tag>| Code {
        edition: "HS2017".to_owned(),
        code: digits.to_owned(),
        tags,
        ..Code::default()
    };
    let code = |written: &str| match written {
        "010121" => known("010121", vec![tag(0, 1.0, 1.0, None), tag(1, 0.0, 1.0, Some(0.25))]),
        "20110" => Code { faults: vec![(LOST, true)], ..known("020110", vec![]) },
        "01" => Code { aggregate: true, faults: vec![(SUM, false)], ..known("01", vec![]) },
        _ => Code::default(),
    };
    Said {
        lists: vec!["greenLists/a".to_owned(), "greenLists/b".to_owned()],
        faults: vec!["leading_zero_lost".to_owned(), "aggregate_code".to_owned()],
        codes: survey.written.iter().map(|(written, _)| code(&written.code)).collect(),
        revision: 7,
    }
}

fn surveyed(args: &Args) -> Survey {
    survey::read(&args.file, &ProgressBar::hidden()).unwrap()
}

fn tagged(args: &Args) -> TagTotals {
    let survey = surveyed(args);
    run(args, &survey, &said(&survey), &ProgressBar::hidden()).unwrap()
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
    let survey = surveyed(&args);
    assert_eq!((survey.rows, survey.mixed_partners), (8, true));
    let totals = tagged(&args);
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
        .map(|total| {
            let bounds = (total.certain_value_usd, total.possible_value_usd);
            (total.green_list.as_str(), total.value_usd, bounds, total.estimated_value_usd)
        })
        .collect();
    assert_eq!(
        sums,
        [
            ("", 158.0, (107.0, 107.0), None),
            ("greenLists/a", 158.0, (107.0, 107.0), None),
            ("greenLists/b", 158.0, (0.0, 107.0), Some(26.75))
        ]
    );

    let tagged = std::fs::read_to_string(folder.path().join("tagged.csv")).unwrap();
    let mut lines = tagged.lines();
    assert_eq!(
        lines.next().unwrap(),
        "refYear,flowCode,reporterDesc,partnerDesc,cmdCode,primaryValue,hs_edition,hs_code,faults,counted,certain:a,\
         possible:a,certain:b,possible:b,estimated:b"
    );
    assert_eq!(lines.next().unwrap(), "2020,M,Canada,Peru,010121,100,HS2017,010121,,1,100,100,0,100,25");
    assert!(tagged.contains("\n2020,M,,,,,,,columns_missing,0,0,0,0,0,\n"), "{tagged}");
    let faults = std::fs::read_to_string(folder.path().join("faults.csv")).unwrap();
    assert!(faults.contains("3,cmdCode,leading_zero_lost,20110,1\n"), "{faults}");
    assert!(faults.contains("value_malformed,-7,0\n"), "{faults}");
}

#[test]
fn an_output_that_was_broken_off_is_gone_on_with_and_ends_as_if_it_had_not_been() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows.csv"), ROWS).unwrap();
    let whole = args(folder.path(), false);
    let totals = tagged(&whole);
    let expected = std::fs::read(folder.path().join("tagged.csv")).unwrap();
    for cut in [0, 10, 150, 230, 260, expected.len()] {
        std::fs::write(folder.path().join("tagged.csv.part"), &expected[..cut]).unwrap();
        assert_eq!(tagged(&args(folder.path(), true)), totals);
        assert_eq!(std::fs::read(folder.path().join("tagged.csv")).unwrap(), expected, "cut at {cut}");
    }
}

#[test]
fn a_parquet_file_is_tagged_as_the_csv_file_of_the_same_rows_under_old_and_new_column_names() {
    let folder = tempfile::tempdir().unwrap();
    let new = ["refYear", "flowCode", "reporterISO", "partnerISO", "cmdCode", "primaryValue"];
    let old = ["Year", "Trade Flow Code", "Reporter ISO", "Partner ISO", "Commodity Code", "Trade Value (US$)"];
    let rows: Vec<Vec<String>> = (0..6_000)
        .map(|row: usize| {
            let code = ["010121", "20110", "01"][row % 3];
            let partner = if row.is_multiple_of(100) { String::new() } else { format!("P{}", row % 97) };
            ["2020", "M", "CAN", &partner, code, &row.to_string()].map(str::to_owned).to_vec()
        })
        .collect();
    for names in [new, old] {
        let path = folder.path().join("rows.csv");
        let mut csv = ::csv::Writer::from_path(&path).unwrap();
        csv.write_record(names).unwrap();
        rows.iter().for_each(|row| csv.write_record(row).unwrap());
        csv.flush().unwrap();
        let args = args(folder.path(), false);
        let expected = tagged(&args);
        let file = std::fs::read(folder.path().join("tagged.csv")).unwrap();
        assert_eq!(expected.rows, 6_000);

        // The message format has no names with blanks: the schema is built from its parts.
        let kinds = ["int32", "binary", "binary", "binary", "binary", "double"];
        parquet::tests::write_named(&path, &names, &kinds, &rows);
        assert_eq!(tagged(&args), expected);
        assert_eq!(std::fs::read(folder.path().join("tagged.csv")).unwrap(), file);
        let without_output = Args { out: None, faults: None, ..args };
        assert_eq!(tagged(&without_output), expected);
    }
}

#[test]
fn a_compressed_table_and_one_of_tabs_are_tagged_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    std::fs::write(&path, ROWS).unwrap();
    let expected = tagged(&args(folder.path(), false));
    let mut zipped = flate2::write::GzEncoder::new(std::fs::File::create(&path).unwrap(), flate2::Compression::fast());
    std::io::Write::write_all(&mut zipped, ROWS.as_bytes()).unwrap();
    zipped.finish().unwrap();
    assert_eq!(tagged(&args(folder.path(), false)), expected);
    let tabs = ROWS.replace("\"Korea,\nRep.\"", "Korea").replace(',', "\t");
    std::fs::write(&path, tabs).unwrap();
    assert_eq!(tagged(&args(folder.path(), false)).totals, expected.totals);
}
