//! Rows out of files as they really come: cut anywhere, quoted wrongly, in other encodings and with other marks.

use super::super::Format;
use super::super::tests::{announced, edition, read, told};
use super::Fields;
use crate::domain::testing::starter;

#[test]
fn a_file_without_its_columns_brings_nothing() {
    let of = |format| announced(format, Some(edition("HS2028", "hs", "")));
    for format in [Format::CodesCsv, Format::UsHtsCsv, Format::EuNomenclature, Format::CorrelationCsv] {
        let imported = read(&starter(), &of(format), b"a,b\n1,2\n3,4\n", 3);
        assert_eq!(told(&imported), ["1  columns_missing"]);
        assert_eq!((imported.codes.len(), imported.links.len(), imported.rows), (0, 0, 0));
    }
}

/// The codes and the faults of a file of codes, in whatever pieces it comes.
fn codes_of(text: &[u8]) -> (Vec<String>, Vec<String>, (u64, u64)) {
    let announced = announced(Format::CodesCsv, Some(edition("HS2028", "hs", "")));
    let of = |piece| {
        let read = read(&starter(), &announced, text, piece);
        (read.codes.iter().map(|code| code.code.clone()).collect(), told(&read), (read.rows, read.refused))
    };
    let whole = of(text.len());
    for piece in 1..9 {
        assert_eq!(of(piece), whole, "in pieces of {piece}");
    }
    whole
}

#[test]
fn a_stray_quotation_mark_takes_no_row_with_it() {
    let of = |rows: &str| codes_of(format!("code,description_en\n{rows}").as_bytes());
    let all = ["01", "0101", "02", "03"].map(str::to_owned).to_vec();
    let three = |without: &str| all.iter().filter(|code| *code != without).cloned().collect::<Vec<_>>();
    // Within a field it is a letter like others, be it one or a pair lines apart.
    let inches = "01,Live animals\n0101,Horses 12\" tall\n02,Meat\n03,Fish 9\" long\n";
    assert_eq!(of(inches), (all.clone(), vec![], (4, 0)));
    // One that opens a field and is never closed.
    let open = "01,Live animals\n0101,\"Horses\n02,Meat\n03,Fish\n";
    let faults = vec!["3  quotation_malformed".to_owned()];
    assert_eq!(of(open), (three("0101"), faults.clone(), (4, 1)));
    // One that a later one seems to close, in the middle of another row.
    let far = "01,Live animals\n0101,\"Horses\n02,Meat\n03,\"Fish\"\n";
    assert_eq!(of(far), (three("0101"), faults.clone(), (4, 1)));
    let behind = "01,Live animals\n0101,\"Horses\" tall\n02,Meat\n03,Fish\n";
    assert_eq!(of(behind), (three("0101"), faults, (4, 1)));
    let last = "01,Live animals\n0101,Horses\n02,Meat\n03,\"Fish";
    assert_eq!(of(last), (three("03"), vec!["5  quotation_malformed".to_owned()], (4, 1)));
    // A comment says nothing, whatever stands in it.
    assert_eq!(of("01,Live animals\n# see,\"there\n0101,Horses\n02,Meat\n03,Fish\n"), (all, vec![], (4, 0)));
}

#[test]
fn a_good_row_is_read_as_if_it_were_the_first_whatever_came_before_it() {
    let good: &[u8] = "0101,\"Horses, \"\"live\"\"\",,马\n".as_bytes();
    let first = Fields::new(b',').of(good);
    let wanted = ["0101", "Horses, \"live\"", "", "马"].map(|text| text.as_bytes().to_vec());
    assert_eq!(first.as_deref(), Some(wanted.as_slice()));
    let long = format!("01,\"{}\"\n", "Live animals, ".repeat(1_000));
    let wide = format!("01{}\n", ",x".repeat(1_000));
    let rows = [
        ("a text goes on behind its mark", "01,\"Live\" animals\n", Some(2)),
        ("a mark that is not closed", "01,\"Live animals\n", Some(2)),
        ("two rows", "01,Live\n02,Meat\n", None),
        ("two rows, the second one open", "01,\"a\" \"b\nc\"\n", None),
        ("longer than what it is read into", &*long, Some(2)),
        ("more fields than there was room for", &*wide, Some(1_001)),
        ("no end of line", "01,Live", Some(2)),
        ("nothing", "", Some(0)),
    ];
    for (why, before, fields) in rows {
        let mut kept = Fields::new(b',');
        assert_eq!(kept.of(before.as_bytes()).map(|read| read.len()), fields, "{why}");
        assert_eq!(kept.of(good), first, "after {why}");
    }
    let mut kept = Fields::new(b',');
    for (why, before, _) in rows {
        kept.of(before.as_bytes());
        assert_eq!(kept.of(good), first, "after all, {why} the last");
    }
}

#[test]
fn rows_that_cannot_be_read_change_nothing_of_those_behind_them() {
    let header = "code,description_en\n";
    let good = "01,Live animals\n0101,\"Horses, live\"\n02,Meat\n";
    let (codes, ..) = codes_of(format!("{header}{good}").as_bytes());
    assert_eq!(codes, ["01", "0101", "02"]);
    let wide = format!("03{}\n", ",x".repeat(200));
    let long = format!("03,\"{}\n", "long ".repeat(1_000));
    for (bad, fault) in [
        ("03,\"Fish\" dried\n", "2  quotation_malformed"),
        ("03,\"a\" \"b\nc\"\n", "2  quotation_malformed"),
        (&*wide, "2  fields_too_many"),
        (&*long, "2  quotation_malformed"),
    ] {
        let (after, faults, _) = codes_of(format!("{header}{bad}{good}").as_bytes());
        assert_eq!((after.as_slice(), faults.first().map(String::as_str)), (codes.as_slice(), Some(fault)), "{bad}");
    }
}

#[test]
fn a_file_full_of_quotation_marks_that_do_not_match_is_read_in_time() {
    let rows = "01,x\" ,\"a\n".repeat(200_000);
    let read = read(
        &starter(),
        &announced(Format::CodesCsv, Some(edition("HS2028", "hs", ""))),
        format!("code,description_en\n{rows}").as_bytes(),
        1 << 16,
    );
    assert_eq!(read.codes.len(), 0);
    assert!(read.faults.len() > 10, "{}", read.faults.len());
    assert!(read.faults.iter().all(|fault| !fault.mended));
}

#[test]
fn a_row_with_more_fields_than_columns_is_a_fault_and_empty_ones_are_none() {
    let text = b"code,description_en\n01,Live animals, horses, asses\n02,Meat,,\n03,\"Fish, dried\"\n";
    let (codes, faults, _) = codes_of(text);
    assert_eq!((codes, faults), (vec!["02".to_owned(), "03".to_owned()], vec!["2  fields_too_many".to_owned()]));
}

#[test]
fn a_line_may_end_with_a_carriage_return_alone() {
    let (codes, faults, counts) = codes_of(b"code,description_en\r01,Live animals\r02,Meat\r0201,,\r");
    assert_eq!((codes, counts), (vec!["01".to_owned(), "02".to_owned()], (3, 1)));
    assert_eq!(faults, ["4  description_empty"]);
    let (codes, faults, _) = codes_of(b"code,description_en\r\n01,\"Live\r\nanimals\"\r\n\r\n02,\r\n");
    assert_eq!((codes, faults), (vec!["01".to_owned()], vec!["5  description_empty".to_owned()]));
}

#[test]
fn a_file_that_is_not_utf_8_or_parted_by_bars_is_told_so() {
    let (little, big): (Vec<u8>, Vec<u8>) = {
        let text = "\u{feff}code,description_en\n01,Live animals\n";
        (
            text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        )
    };
    let of = |text: &[u8]| {
        let read = read(&starter(), &announced(Format::CodesCsv, Some(edition("HS2028", "hs", ""))), text, 1 << 16);
        assert!(read.codes.is_empty());
        read.faults.iter().map(|fault| format!("{} {}", fault.code, fault.message)).collect::<Vec<_>>().join("; ")
    };
    for text in [&little, &big] {
        assert!(of(text).starts_with("encoding") && of(text).contains("UTF-16"), "{}", of(text));
        assert!(!of(text).contains("columns_missing"), "{}", of(text));
    }
    let bars = of(b"code|description_en\n01|Live animals\n");
    assert!(bars.ends_with("parted by bars: part them by commas, semicolons or tabs."), "{bars}");
    let none = read(&starter(), &announced(Format::CodesCsv, None), b"code,description_en\n01,Live animals\n", 99);
    assert_eq!(none.faults[0].message, "Neither the row nor the import names an edition.");
}

#[test]
fn rows_are_the_same_in_whatever_pieces_they_come() {
    let text =
        "code,description_en,description_zh\n01,\"Animals,\n live\",活动物\n0101,\"The \"\"horse\"\"\",马\n".as_bytes();
    let announced = announced(Format::CodesCsv, Some(edition("HS2028", "hs", "")));
    let whole = read(&starter(), &announced, text, text.len());
    assert_eq!(
        whole.codes[0].descriptions,
        [("en".to_owned(), "Animals, live".to_owned()), ("zh".to_owned(), "活动物".to_owned())]
    );
    assert_eq!(whole.codes[1].descriptions[0].1, "The \"horse\"");
    for piece in 1..text.len() {
        let cut = read(&starter(), &announced, text, piece);
        assert_eq!((cut.codes, cut.faults), (whole.codes.clone(), whole.faults.clone()), "{piece}");
    }
}

#[test]
fn columns_are_parted_by_semicolons_or_tabs_too_or_by_what_a_line_before_them_names() {
    let first = "01,Live animals".replace(',', ";");
    for text in [
        format!("code;description_en\n{first}\n02;\"Meat; salted\"\n03;Fish, dried\n"),
        format!("\u{feff}sep=;\r\ncode;description_en\r\n{first}\r\n02;Meat\r\n03;Fish\r\n"),
        "# ours, all\n\nsep=|\ncode|description_en\n01|Live animals\n02|Meat\n03|Fish".to_owned(),
        "code\tdescription_en\r01\tLive animals\r02\tMeat\r03\tFish".to_owned(),
    ] {
        let (codes, faults, counts) = codes_of(text.as_bytes());
        assert_eq!((codes.join(" ").as_str(), faults.len(), counts), ("01 02 03", 0, (3, 0)), "{text}");
    }
    let (_, faults, _) = codes_of(b"code;description_en\n01;Live animals; horses\n");
    assert_eq!(faults, ["2  fields_too_many"]);
}
