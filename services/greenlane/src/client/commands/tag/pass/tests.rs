use std::path::Path;

use greenlane_tally::Share;

use super::*;
use crate::client::{
    commands::tag::{
        By,
        ask::Tag,
        files, parquet,
        reporters::{Contradicted, Reporters, Year},
        survey,
    },
    exit::Usage,
};

mod changed;
mod repeats;

const LOST: usize = 0;
const SUM: usize = 1;

/// What is said of the codes of a survey.
fn said(survey: &Survey) -> Said {
    let tag = |list, certain, possible, estimated| Tag {
        list,
        share: Share { certain, possible, estimated, ..Share::default() },
    };
    let known = |digits: &str, tags: Vec<Tag>| Code {
        edition: "HS2017".to_owned(),
        code: digits.to_owned(),
        tags,
        ..Code::default()
    };
    let code = |written: &str| match written {
        "010121" | "0101.21" | "0101 21" => known("010121", vec![tag(0, 1.0, 1.0, None), tag(1, 0.0, 1.0, Some(0.25))]),
        "020110" => known("020110", vec![]),
        "20110" => Code { faults: vec![(LOST, true)], ..known("020110", vec![]) },
        "01" => Code { aggregate: true, faults: vec![(SUM, false)], ..known("01", vec![]) },
        _ => Code::default(),
    };
    let mut codes: Vec<Code> = survey.written.iter().map(|(written, _)| code(&written.code)).collect();
    for number in 0..codes.len() {
        if codes[number].aggregate {
            let alone = Code { aggregate: false, faults: Vec::new(), ..codes[number].clone() };
            codes[number].alone = Some(codes.len());
            codes.push(alone);
        }
    }
    Said {
        lists: vec!["greenLists/a".to_owned(), "greenLists/b".to_owned()],
        faults: vec!["leading_zero_lost".to_owned(), "aggregate_code".to_owned()],
        codes,
        revision: 7,
        ..Said::default()
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
fn an_output_that_is_the_table_or_another_output_is_refused_whatever_it_is_called() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str| Some(folder.path().join(name));
    std::fs::create_dir(folder.path().join("below")).unwrap();
    std::fs::write(folder.path().join("rows.csv"), ROWS).unwrap();
    let refused = |out: &str, faults: &str| {
        let args = Args { out: of(out), faults: of(faults), ..args(folder.path(), false) };
        files::must_be_good(&args).is_err_and(|error| error.is::<Usage>())
    };
    assert!(!refused("tagged.csv", "faults.csv") && !refused("rows.csv.tagged", "below/rows.csv"));
    assert!(refused("rows.csv", "faults.csv") && refused("tagged.csv", "rows.csv"));
    assert!(refused("tagged.csv", "below/../rows.csv") && refused("below/./../rows.csv", "faults.csv"));
    assert!(refused("same.csv", "below/../same.csv") && refused("same.csv", "same.csv.part"));
    let table = Args { file: folder.path().join("tagged.csv.part"), ..args(folder.path(), false) };
    assert!(files::must_be_good(&table).is_err(), "what is written first is called so");
}

#[test]
fn an_output_that_is_a_device_stays_one_and_behind_a_link_the_file_is_written_that_it_leads_to() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str| folder.path().join(name);
    let link = |to: &Path, name: &str| std::os::unix::fs::symlink(to, of(name)).unwrap();
    std::fs::write(of("rows.csv"), ROWS).unwrap();
    std::fs::create_dir(of("below")).unwrap();
    std::fs::write(of("below/there.csv"), "of before").unwrap();
    tagged(&args(folder.path(), false));
    let expected = std::fs::read(of("tagged.csv")).unwrap();
    link(Path::new("below/there.csv"), "link.csv");
    link(Path::new("below/new.csv"), "nothing.csv");
    link(Path::new("/dev/null"), "null");
    link(Path::new("/dev/full"), "full");
    for (name, leads) in [("link.csv", "below/there.csv"), ("nothing.csv", "below/new.csv"), ("null", "/dev/null")] {
        let args = Args { out: Some(of(name)), ..args(folder.path(), false) };
        files::must_be_good(&args).unwrap();
        tagged(&args);
        assert_eq!(of(name).read_link().unwrap(), Path::new(leads), "{name}");
        assert!(name == "null" || std::fs::read(of(leads)).unwrap() == expected, "{name}");
        assert!(!of(&format!("{name}.part")).exists(), "{name}");
    }
    let full = Args { out: Some(of("full")), ..args(folder.path(), false) };
    let survey = surveyed(&full);
    let error = format!("{:#}", run(&full, &survey, &said(&survey), &ProgressBar::hidden()).unwrap_err());
    assert!(error.contains("cannot write") && error.contains("full: No space left"), "{error}");
    assert!(of("full").is_symlink(), "{error}");
    let refused = files::must_be_good(&Args { resume: true, ..full }).unwrap_err().to_string();
    assert!(refused.contains("nothing is there that --resume could go on with"), "{refused}");
}

#[test]
fn a_file_that_somebody_has_open_is_written_through_its_descriptor_and_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str| folder.path().join(name);
    std::fs::write(of("rows.csv"), ROWS).unwrap();
    tagged(&args(folder.path(), false));
    let expected = std::fs::read(of("tagged.csv")).unwrap();
    let mut open = std::fs::OpenOptions::new().read(true).write(true).create_new(true).open(of("open.csv")).unwrap();
    let descriptor = std::os::fd::AsRawFd::as_raw_fd(&open);
    for path in [format!("/proc/self/fd/{descriptor}"), format!("/dev/fd/{descriptor}")] {
        open.set_len(0).unwrap();
        let args = Args { out: Some(path.clone().into()), ..args(folder.path(), false) };
        files::must_be_good(&args).unwrap();
        tagged(&args);
        let mut written = Vec::new();
        std::io::Seek::rewind(&mut open).unwrap();
        std::io::Read::read_to_end(&mut open, &mut written).unwrap();
        assert_eq!(String::from_utf8_lossy(&written), String::from_utf8_lossy(&expected), "{path}");
        assert!(!of("open.csv.part").exists(), "{path}");
    }
    // As standard output it has the totals.
    let mut other = std::process::Command::new("sleep").arg("60").stdout(open).spawn().unwrap();
    let args = Args { out: Some(format!("/proc/{}/fd/1", other.id()).into()), ..args(folder.path(), false) };
    let error = files::must_be_good(&args);
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(format!("{:#}", error.unwrap_err()).contains("leads to a file that has other output"));
}

#[test]
fn an_output_that_cannot_be_a_file_is_refused_before_any_work() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("below")).unwrap();
    for (out, why) in [
        (folder.path().join("below"), "is a folder"),
        (folder.path().join("none/"), "is a folder"),
        (folder.path().join("none/tagged.csv"), "there is no folder"),
        ("-".into(), "standard output has the totals"),
    ] {
        for args in [
            Args { out: Some(out.clone()), ..args(folder.path(), false) },
            Args { faults: Some(out.clone()), ..args(folder.path(), false) },
        ] {
            let error = files::must_be_good(&args).unwrap_err();
            assert!(error.is::<Usage>() && format!("{error:#}").contains(why), "{error:#}");
        }
    }
}

#[test]
fn a_disk_that_is_full_is_told_with_the_file_and_how_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows.csv"), ROWS).unwrap();
    // What is written first is, for once, a device.
    std::os::unix::fs::symlink("/dev/full", folder.path().join("tagged.csv.part")).unwrap();
    let args = args(folder.path(), false);
    let survey = surveyed(&args);
    let error = format!("{:#}", run(&args, &survey, &said(&survey), &ProgressBar::hidden()).unwrap_err());
    assert!(error.contains("tagged.csv.part: --resume goes on") && error.contains("No space left"), "{error}");
    assert!(!folder.path().join("tagged.csv").exists());
}

#[test]
fn the_faults_of_a_run_that_breaks_off_replace_none_that_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows.csv"), ROWS).unwrap();
    let (whole, faults) = (args(folder.path(), false), folder.path().join("faults.csv"));
    let survey = surveyed(&whole);
    std::fs::write(&faults, "those of before").unwrap();
    let broken = Args { file: folder.path().join("missing.csv"), ..args(folder.path(), false) };
    assert!(run(&broken, &survey, &said(&survey), &ProgressBar::hidden()).is_err());
    assert_eq!(std::fs::read_to_string(&faults).unwrap(), "those of before");
    tagged(&whole);
    assert!(std::fs::read_to_string(&faults).unwrap().starts_with("line,column,fault,value,mended\n"));
    assert!(!folder.path().join("faults.csv.part").exists());
}

#[test]
fn a_table_that_is_tagged_is_not_tagged_again_so_that_no_column_of_before_is_read_for_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows.csv"), ROWS).unwrap();
    tagged(&args(folder.path(), false));
    std::fs::rename(folder.path().join("tagged.csv"), folder.path().join("rows.csv")).unwrap();
    let again = args(folder.path(), false);
    let survey = surveyed(&again);
    let error = run(&again, &survey, &said(&survey), &ProgressBar::hidden()).unwrap_err();
    assert!(error.is::<Usage>() && error.to_string().contains("column hs_edition already"), "{error:#}");
    assert_eq!(tagged(&Args { out: None, ..again }).rows, 8, "totals of it are those of the table that it was made of");
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
fn an_output_of_another_table_or_other_lists_is_not_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let (rows, part) = (folder.path().join("rows.csv"), folder.path().join("tagged.csv.part"));
    std::fs::write(&rows, ROWS).unwrap();
    tagged(&args(folder.path(), false));
    let written = std::fs::read_to_string(folder.path().join("tagged.csv")).unwrap();
    let refused = |part_of: &str| {
        std::fs::write(&part, part_of).unwrap();
        let args = args(folder.path(), true);
        let survey = surveyed(&args);
        let error = run(&args, &survey, &said(&survey), &ProgressBar::hidden()).unwrap_err().to_string();
        assert!(error.contains("is of another run"), "{error}");
    };
    let first: String = written.split_inclusive('\n').take(2).collect();
    refused(&first.replace("possible:a", "possible:c"));
    refused(&first.replace(",100,", ",90,"));
    // The same rows and more of them.
    std::fs::write(&rows, ROWS.split_inclusive('\n').take(2).collect::<String>()).unwrap();
    refused(&written);
    assert!(folder.path().join("tagged.csv").exists(), "what was whole is still there");
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

type Values = Vec<(String, f64)>;
type Faults = Vec<(String, u64)>;

/// The value of all goods, by flow where that is asked, and the rows of each fault.
fn sums(rows: &str, by: &[By]) -> (Values, Faults) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows.csv"), rows).unwrap();
    let totals = tagged(&Args { by: by.to_vec(), out: None, faults: None, ..args(folder.path(), false) });
    let all = totals.totals.iter().filter(|total| total.green_list.is_empty());
    (all.map(|total| (total.flow.clone(), total.value_usd)).collect(), totals.faults.into_iter().collect())
}

#[test]
fn rows_of_an_economy_that_reports_in_another_edition_are_what_their_codes_are_in_that() {
    let folder = tempfile::tempdir().unwrap();
    let rows =
        "period,reporterDesc,cmdCode,primaryValue\n2020,A,010121,100\n2020,Z,010121,30\n2020,Z,xx,1\n2020,Z,xx,2\n";
    std::fs::write(folder.path().join("rows.csv"), rows).unwrap();
    let args = args(folder.path(), false);
    let survey = surveyed(&args);
    let mut said = said(&survey);
    let number = |code: &str| survey.written.iter().position(|(written, _)| written.code == code).unwrap();
    let contradicted = Contradicted {
        years: vec![Year { name: "2020".to_owned(), editions: vec!["HS2017".to_owned(), "HS2012".to_owned()] }],
        of: vec![Some(0); survey.written.len()],
        // `xx` is of HS2012 alone.
        against: survey.written.iter().map(|(written, _)| u8::from(written.code == "xx")).collect(),
    };
    said.reporters = Reporters::read(&contradicted, &args.file, &survey).unwrap();
    said.reporters.put(number("010121"), 1, said.codes.len());
    let (edition, code) = ("HS2012".to_owned(), "010121".to_owned());
    said.codes.push(Code { edition, code, ..Code::default() });
    run(&args, &survey, &said, &ProgressBar::hidden()).unwrap();
    let out = std::fs::read_to_string(folder.path().join("tagged.csv")).unwrap();
    assert!(out.contains("\n2020,A,010121,100,HS2017,010121,,1,100,100,0,100,25\n"), "{out}");
    assert!(out.contains("\n2020,Z,010121,30,HS2012,010121,,1,0,0,0,0,\n"), "{out}");
}

#[test]
fn what_is_broken_down_further_counts_once_by_its_total_and_without_one_by_its_parts() {
    let header = "refYear,reporterISO,flowCode,partnerISO,partner2Code,cmdCode,customsCode,motCode,primaryValue\n";
    let row = |reporter: &str, rest: &str| format!("2023,{reporter},M,DEU,{rest}\n");
    let all = |rows: &[String]| sums(&format!("{header}{}", rows.concat()), &[By::Year]);
    let one = |value: f64| vec![(String::new(), value)];
    let parts = |rows: u64| if rows == 0 { vec![] } else { vec![("part_of_total".to_owned(), rows)] };
    let modes = [("0", 200), ("1000", 150), ("2000", 50), ("2100", 40)];
    let modes = modes.map(|(mode, value)| row("CHN", &format!("0,010121,C00,{mode},{value}")));
    assert_eq!(all(&modes), (one(200.0), parts(3)));
    // Another economy, and another code of the same one, without a total: their parts are all that there is.
    let others = [row("IND", "0,010121,C00,1000,7"), row("CHN", "0,010129,C00,1000,5")];
    assert_eq!(all(&[modes.concat(), others.concat()]), (one(212.0), parts(3)));
    // Nor has another partner one.
    let partner = row("CHN", "0,010121,C00,1000,3").replace("DEU", "FRA");
    assert_eq!(all(&[modes.concat(), partner]), (one(203.0), parts(3)));
    // Total, by mode, by procedure, by both and by second partner.
    let cube = ["0,010121,C00,0,100", "0,010121,C00,1000,60", "0,010121,C01,0,90", "0,010121,C01,1000,50"];
    let cube: Vec<String> = cube.iter().chain(&["156,010121,C00,0,100"]).map(|rest| row("CHN", rest)).collect();
    assert_eq!(all(&cube), (one(100.0), parts(4)));
    // Without the grand total the coarsest way counts, and but one of two that are as coarse.
    assert_eq!(all(&cube[1..4]), (one(90.0), parts(2)));
    assert_eq!(all(&cube[..1]), (one(100.0), parts(0)));
}

#[test]
fn a_flow_that_is_a_part_of_another_counts_in_that_one_and_by_itself_where_flows_are_kept_apart() {
    let header = "refYear,reporterISO,flowCode,partnerISO,cmdCode,primaryValue\n";
    let row = |flow: &str, value: u32| format!("2023,CHN,{flow},DEU,010121,{value}\n");
    let rows = format!("{header}{}{}{}", row("X", 90), row("RX", 40), row("M", 500));
    let fault = vec![("part_of_flow".to_owned(), 1)];
    assert_eq!(sums(&rows, &[By::Year]), (vec![(String::new(), 590.0)], fault.clone()));
    let apart = [("M", 500.0), ("RX", 40.0), ("X", 90.0)].map(|(flow, value)| (flow.to_owned(), value));
    assert_eq!(sums(&rows, &[By::Flow]), (apart.to_vec(), fault));
    let alone = format!("{header}{}{}", row("RX", 40), row("M", 500));
    assert_eq!(sums(&alone, &[By::Year]), (vec![(String::new(), 540.0)], vec![]));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows.csv"), &rows).unwrap();
    let args = args(folder.path(), false);
    assert_eq!(surveyed(&args).added_flows().as_deref(), Some("X, M"));
    tagged(&args);
    let out = std::fs::read_to_string(folder.path().join("tagged.csv")).unwrap();
    assert!(out.contains("2023,CHN,RX,DEU,010121,40,HS2017,010121,part_of_flow,0,"), "{out}");
}

#[test]
fn old_and_new_exports_in_one_table_are_read_by_the_columns_that_each_row_fills() {
    let header = "refYear,reporterISO,flowCode,partnerISO,cmdCode,primaryValue,\
        Year,Reporter ISO,Trade Flow Code,Partner ISO,Commodity Code,Trade Value (US$)\n";
    let rows = "2023,CHN,X,DEU,010121,90,,,,,,\n,,,,,,2010,CHN,X,DEU,010121,40\n,,,,,,2010,CHN,X,DEU,20110,7\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows.csv"), format!("{header}{rows}")).unwrap();
    let args = args(folder.path(), false);
    let totals = tagged(&args);
    assert_eq!(totals.faults.into_iter().collect::<Vec<_>>(), [("leading_zero_lost".to_owned(), 1)]);
    let values = totals.totals.iter().filter(|it| it.green_list.is_empty()).map(|it| (it.year.as_str(), it.value_usd));
    assert_eq!(values.collect::<Vec<_>>(), [("2010", 47.0), ("2023", 90.0)]);
    // Of old bulk files, which have a year and a period, and of new ones, which have both too.
    let header = "Classification,Year,Period,Trade Flow Code,Reporter ISO,Partner ISO,Commodity Code,Trade Value (US$),\
        refYear,period,flowCode,reporterISO,partnerISO,cmdCode,primaryValue\n";
    let rows = "H3,2010,2010,X,CHN,DEU,010121,40,,,,,,,\n,,,,,,,,2023,2023,X,CHN,DEU,010121,90\n";
    let (values, faults) = sums(&format!("{header}{rows}"), &[By::Year]);
    assert_eq!((values, faults), (vec![(String::new(), 40.0), (String::new(), 90.0)], vec![]));
    // A flow has one name in all of them: what stands in both is a duplicate, and re-exports are exports.
    let rows = "H3,2010,2010,2,CHN,DEU,010121,40,,,,,,,\nH3,,,,,,,,2010,2010,X,CHN,DEU,010121,40\n\
        H3,2010,2010,3,CHN,DEU,010121,5,,,,,,,\n";
    let (values, faults) = sums(&format!("{header}{rows}"), &[By::Flow]);
    assert_eq!(values, [("RX".to_owned(), 5.0), ("X".to_owned(), 80.0)]);
    assert_eq!(faults, [("duplicate".to_owned(), 1), ("part_of_flow".to_owned(), 1)]);
    // The usual columns of one export are no two of anything.
    let usual = "refYear,period,reporterISO,reporterCode,reporterDesc,partnerISO,flowCode,cmdCode,primaryValue\n\
        2023,2023,CHN,156,China,,X,010121,90\n";
    assert_eq!(sums(usual, &[By::Partner]).0, [(String::new(), 90.0)]);
}

#[test]
fn values_of_a_spreadsheet_are_read_and_what_may_mean_two_is_a_fault() {
    let rows = "period;cmdCode;primaryValue\n2020;010121;1.234,50\n2020;010121;\"1 000,5\"\n 2020 ;010121;1,234\n";
    let (values, faults) = sums(rows, &[By::Year]);
    assert_eq!(values, [(String::new(), 2235.0)]);
    assert_eq!(faults, [("duplicate".to_owned(), 2), ("value_malformed".to_owned(), 1)]);
}

#[test]
fn what_may_be_thousands_is_a_fault_where_other_values_of_the_table_have_their_thousands_parted_so() {
    let rows = "period;cmdCode;primaryValue\n2020;010121;1.234\n2021;010121;1.234.567,89\n2022;010121;1234\n";
    let (values, faults) = sums(rows, &[By::Flow]);
    assert_eq!((values, faults), (vec![(String::new(), 1_235_801.89)], vec![("value_malformed".to_owned(), 1)]));
    // With commas between columns it is known from the first rows that values have some too.
    let commas = rows.replace(',', "_").replace(';', ",").replace("1.234.567_89", "\"1.234.567,89\"");
    assert_eq!(
        sums(&commas, &[By::Flow]),
        (vec![(String::new(), 1_235_801.89)], vec![("value_malformed".to_owned(), 1)])
    );
    let (values, faults) = sums(&rows.replace("1.234.567,89", "1234567.89"), &[By::Flow]);
    assert!(faults.is_empty() && (values[0].1 - 1_235_803.124).abs() < 1e-6, "{values:?} {faults:?}");
}

#[test]
fn a_row_with_more_fields_than_the_table_has_columns_is_a_fault_that_names_them_and_counts_nowhere() {
    let header = "period,reporterDesc,partnerDesc,flowCode,cmdCode,primaryValue,note\n";
    // Thousands and a name that nobody quoted: the last field of the second is empty.
    let good = "2010,A,B,M,010121,7,\n2010,A,C,M,010121,\"8\",\"a, b\"\n";
    let rows = format!("{header}{good}2010,A,B,M,20110,1,234,567\n2010,A,Korea, Rep. of,M,010121,500,\n");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows.csv"), &rows).unwrap();
    let args = args(folder.path(), false);
    let totals = tagged(&args);
    assert_eq!(totals.faults.iter().collect::<Vec<_>>(), [(&"columns_surplus".to_owned(), &2)]);
    assert_eq!(totals.totals[0].value_usd, 15.0);
    assert_eq!(tagged(&Args { out: None, faults: None, ..args }), totals, "also where only the first fields are cut");
    let faults = std::fs::read_to_string(folder.path().join("faults.csv")).unwrap();
    assert!(faults.ends_with("\n4,note,columns_surplus,567,0\n5,note,columns_surplus,,0\n"), "{faults}");
    let out = std::fs::read_to_string(folder.path().join("tagged.csv")).unwrap();
    assert!(out.contains("\n2010,A,B,M,20110,1,234,,,columns_surplus,0,0,0,0,0"), "{out}");
}

#[test]
fn a_separator_behind_the_last_field_of_all_rows_is_no_field_more() {
    let header = "period,reporterDesc,partnerDesc,flowCode,cmdCode,primaryValue\n";
    let (values, faults) = sums(&format!("{header}2010,A,B,M,010121,7,\n2010,A,C,M,010121,8,\n"), &[By::Year]);
    assert_eq!((values, faults), (vec![(String::new(), 15.0)], vec![]));
    // Of one row alone it may be a name with a comma in it.
    let (values, faults) = sums(&format!("{header}2010,A,B,M,010121,7\n2010,A,\"C\",M,010121,8, \n"), &[By::Year]);
    assert_eq!((values, faults), (vec![(String::new(), 7.0)], vec![("columns_surplus".to_owned(), 1)]));
}

#[test]
fn a_row_whose_quotation_marks_do_not_match_is_a_fault_with_its_line_and_column_and_no_other_row_is_lost() {
    let header = "refYear,flowCode,reporterDesc,partnerDesc,cmdCode,primaryValue\n";
    let bad = "2022,M,\"Chile,Peru,010121,100\n2022,M,Chile,Brazil,010121,1000\n2022,M,Chile,\"China, Hong Kong SAR\",\
        010129,7\n2022,M,\"Chi\"le,Cuba,010129,5\n2022,M,Chile,Cuba,010129,3\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows.csv"), format!("{header}{bad}")).unwrap();
    let args = args(folder.path(), false);
    let totals = tagged(&args);
    assert_eq!(totals.rows, 5);
    assert_eq!(totals.faults.iter().collect::<Vec<_>>(), [(&"quotation_malformed".to_owned(), &2)]);
    assert_eq!(totals.totals[0].value_usd, 1010.0);
    assert_eq!(tagged(&Args { out: None, faults: None, ..args }), totals);
    let faults = std::fs::read_to_string(folder.path().join("faults.csv")).unwrap();
    assert!(faults.contains("\n2,reporterDesc,quotation_malformed,"), "{faults}");
    assert!(faults.contains("\n5,reporterDesc,quotation_malformed,Chile,0\n"), "{faults}");
    let out = std::fs::read_to_string(folder.path().join("tagged.csv")).unwrap();
    assert!(
        out.contains(",quotation_malformed,0,0,0,0,0,\n2022,M,Chile,Brazil,010121,1000,HS2017,010121,,1,"),
        "{out}"
    );
    std::fs::write(folder.path().join("rows.csv"), "period,\"code,value\n2022,010121,7\n").unwrap();
    let error = format!("{:#}", survey::read(&folder.path().join("rows.csv"), &ProgressBar::hidden()).unwrap_err());
    assert!(error.contains("the quotation marks of its first line do not match"), "{error}");
}

#[test]
fn a_row_that_is_too_long_is_a_fault_of_its_line_and_the_others_are_tagged() {
    let header = "refYear,flowCode,reporterDesc,partnerDesc,cmdCode,primaryValue\n";
    let long = "x".repeat(17 << 20);
    let rows = format!("{header}2022,M,\"{long}\",Peru,010121,100\n2022,M,Chile,Brazil,010121,1000\n");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows.csv"), rows).unwrap();
    let totals = tagged(&args(folder.path(), false));
    assert_eq!((totals.rows, totals.totals[0].value_usd), (2, 1000.0));
    assert_eq!(totals.faults.iter().collect::<Vec<_>>(), [(&"row_too_long".to_owned(), &1)]);
    let faults = std::fs::read_to_string(folder.path().join("faults.csv")).unwrap();
    assert!(faults.ends_with("mended\n2,refYear,row_too_long,,0\n"), "{faults}");
    let out = std::fs::read_to_string(folder.path().join("tagged.csv")).unwrap();
    assert!(out.contains("\n,,,,,,,,row_too_long,0,0,0,0,0,\n2022,M,Chile,Brazil,010121,1000,HS2017,"), "{out}");
}
