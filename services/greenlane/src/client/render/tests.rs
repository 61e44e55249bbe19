use greenlane_api::registry::v1::{Certificate, CertificateState, GetCertificateResponse, LogProof};
use prost::bytes::Bytes;
use serde_json::json;

use super::*;

const RECORD: View = View::Record {
    at: "certificate",
    name: "name",
    fields: &[("Name", "name"), ("State", "state"), ("Body", "body"), ("Revision", "latestRevision")],
};
const LIST: View = View::List { items: "items", name: "code", columns: &[("CODE", "code"), ("WHEN", "when")] };

fn answer() -> GetCertificateResponse {
    let certificate = Certificate {
        name: "certificates/GLXA".to_owned(),
        state: CertificateState::Active.into(),
        latest_revision: 9_007_199_254_740_000,
        ..Certificate::default()
    };
    let proof = LogProof { hashes: vec![Bytes::from_static(&[0xfb, 0xff])], ..LogProof::default() };
    GetCertificateResponse { certificate: Some(certificate), revision: 7, proof: Some(proof), ..Default::default() }
}

#[test]
fn json_has_64_bit_integers_as_numbers_bytes_as_base64_and_empty_fields() {
    let value = to_json(&answer()).unwrap();
    assert_eq!(value["revision"], json!(7));
    assert_eq!(value["certificate"]["latestRevision"], json!(9_007_199_254_740_000_u64));
    assert_eq!(value["proof"]["hashes"], json!(["+/8="]));
    assert_eq!(value["certificate"]["state"], json!("CERTIFICATE_STATE_ACTIVE"));
    assert_eq!(value["certificate"]["body"], json!(""));
}

#[test]
fn json_of_the_same_answer_is_the_same_text() {
    let text = |value: &Value| text(Output::Json, value, RECORD).unwrap();
    let first = text(&to_json(&answer()).unwrap());
    assert_eq!(first, text(&to_json(&answer()).unwrap()));
    let mut keys: Vec<_> = first.lines().filter(|line| line.starts_with("  \"")).collect();
    let found = keys.clone();
    keys.sort_unstable();
    assert_eq!(found, keys, "keys are in order");
}

#[test]
fn a_record_shows_enum_values_as_words_and_leaves_out_what_is_empty() {
    let text = text(Output::Table, &to_json(&answer()).unwrap(), RECORD).unwrap();
    assert_eq!(text, "Name      certificates/GLXA\nState     active\nRevision  9007199254740000\n");
}

#[test]
fn what_would_act_on_a_terminal_is_seen_in_a_table_and_does_nothing() {
    let value = json!({ "items": [{ "code": "A\u{1b}[31mB\u{9b}C\u{7}", "when": "2020" }] });
    let table = text(Output::Table, &value, LIST).unwrap();
    assert!(table.contains("A\\u{1b}[31mB\\u{9b}C\\u{7}") && !table.contains('\u{1b}'), "{table:?}");
    assert_eq!(visible("Réunion\n\tB"), "Réunion\n\tB");
}

#[test]
fn a_zero_that_means_none_is_left_out_and_others_are_shown() {
    let columns: &[Column] = &[("Index", "index"), ("Published", "published?")];
    let value = json!({ "index": 0, "published": 0 });
    let view = View::Record { at: "", name: "index", fields: columns };
    assert_eq!(text(Output::Table, &value, view).unwrap(), "Index  0\n");
}

#[test]
fn names_are_all_that_the_name_output_prints_and_codes_are_named_as_they_are_typed() {
    let value = to_json(&answer()).unwrap();
    assert_eq!(text(Output::Name, &value, RECORD).unwrap(), "certificates/GLXA\n");
    let list = json!({ "items": [{ "code": { "edition": "HS2022", "code": "854143" } }, { "code": null }] });
    assert_eq!(text(Output::Name, &list, LIST).unwrap(), "HS2022:854143\n");
}

#[test]
fn a_list_keeps_a_row_on_one_line_where_there_is_no_terminal() {
    let long = "word ".repeat(100);
    let list = json!({ "items": [{ "code": long, "when": "2026-11-23T23:58:26.096362Z" }] });
    let text = text(Output::Table, &list, LIST).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.ends_with("2026-11-23T23:58:26Z\n"), "times are told to the second: {text}");
}

#[test]
fn what_eyes_have_room_for_is_as_columns_says_or_the_terminal_and_through_a_pipe_nothing_is_cut() {
    for (terminal, columns, forced, expected) in [
        (Some(120), None, false, Some(120)),
        (Some(120), Some(60), false, Some(60)),
        (Some(0), None, false, Some(TERMINAL)),
        (Some(0), Some(132), false, Some(132)),
        (Some(120), Some(0), false, Some(120)),
        (Some(120), Some(3), false, Some(NARROWEST)),
        (None, None, false, None),
        (None, Some(60), false, None),
        (None, None, true, None),
        (None, Some(60), true, Some(60)),
    ] {
        assert_eq!(room(terminal, columns, forced), expected, "{terminal:?} {columns:?} {forced}");
    }
}

#[test]
fn every_enum_value_of_the_contracts_has_a_word_without_its_prefix() {
    for kind in POOL.all_enums().filter(|kind| kind.full_name().starts_with("greenlane.")) {
        for value in kind.values() {
            let word = label(value.name()).unwrap();
            assert!(word.is_empty() == value.name().ends_with("_UNSPECIFIED"), "{}", value.name());
            assert!(!word.starts_with('-') && word.len() < value.name().len(), "{}: {word}", value.name());
        }
    }
}

#[test]
fn a_document_has_its_name_first_and_nothing_that_is_empty() {
    let value =
        json!({ "thing": { "a": [{ "b": "" }], "codes": ["x"], "mandatory": false, "name": "n", "until": "" } });
    assert_eq!(document(&value, "thing").unwrap(), "name: n\nmandatory: false\ncodes:\n- x\n");
    let text = text(Output::Table, &value, View::Document { at: "thing" }).unwrap();
    assert_eq!(text, "Name       n\nMandatory  no\nCodes      x\n");
}

#[test]
fn a_list_as_csv_has_its_headings_and_quotes_what_needs_it() {
    let list = json!({ "items": [{ "code": "a, \"b\"", "when": "2026-11-23" }] });
    assert_eq!(text(Output::Csv, &list, LIST).unwrap(), "CODE,WHEN\n\"a, \"\"b\"\"\",2026-11-23\n");
}

#[test]
fn a_thing_with_parts_as_csv_names_each_field_by_its_path() {
    let value = json!({ "thing": { "name": "n", "codes": [{ "edition": "HS2022" }], "until": "" } });
    let text = text(Output::Csv, &value, View::Document { at: "thing" }).unwrap();
    assert_eq!(text, "FIELD,VALUE\ncodes.0.edition,HS2022\nname,n\n");
}

/// What a terminal of so many columns shows of these rows, the first being the headings.
fn shown(width: u16, rows: &[&[&str]]) -> String {
    let mut table = bare_table();
    table.set_width(width).set_header(rows[0]);
    table.add_rows(rows[1..].iter().map(|row| row.iter()));
    tidy(&mut table)
}

#[test]
fn names_stay_whole_on_a_narrow_terminal_and_columns_of_nothing_are_left_out() {
    let digest = "a".repeat(64);
    let text = shown(
        60,
        &[
            &["NAME", "UNTIL", "WHAT THERE IS TO SAY OF IT"],
            &["certificates/GLXA6W1K3EFKNM62QW", "", "it was withdrawn by its body some time ago"],
            &["certificates/GLXA4HP9Z1PPYMB35F", "", &digest],
        ],
    );
    assert!(text.lines().all(|line| line.len() <= 60), "{text}");
    assert!(text.contains("certificates/GLXA6W1K3EFKNM62QW") && text.contains("withdrawn"), "{text}");
    assert!(!text.contains("UNTIL"), "{text}");
}

#[test]
fn a_resource_name_is_whole_at_any_width_however_long_it_is() {
    let key = format!("bodies/aurora-cert/keys/{}", "k".repeat(45));
    for name in ["changeSets/01a22258-caa1-7425-b7f8-0765f8e660f3", &key] {
        let rows: [&[&str]; 2] =
            [&["NAME", "STATE", "CREATED", "TITLE"], &[name, "withdrawn", "2026-11-28T13:29:34Z", "Another title"]];
        for width in 80..160 {
            let text = shown(width, &rows);
            assert!(text.split_whitespace().any(|it| it == name), "{name} at {width}:\n{text}");
            assert!(text.lines().all(|line| line.len() <= usize::from(width)), "{width}:\n{text}");
        }
    }
}

const EVENT: [&str; 6] =
    ["3", "2026-11-26T16:44:49Z", "extend-scope", "standard-changed", "2026-12-20T00:00:00Z", "not-yet-valid"];

#[test]
fn where_moments_and_numbers_have_no_room_beside_one_another_each_row_is_lines_of_headings_and_values() {
    let rows: [&[&str]; 3] =
        [&["LOG INDEX", "RECORDED", "EVENT", "REASON", "EFFECTIVE", "STATE AFTER"], &EVENT, &EVENT];
    let wide = shown(120, &rows);
    assert_eq!(wide.lines().count(), 3, "{wide}");
    for width in [80, 40] {
        let text = shown(width, &rows);
        assert!(text.starts_with("LOG INDEX: 3\nRECORDED: 2026-11-26T16:44:49Z\nEVENT: extend-scope\n"), "{text}");
        assert_eq!(text.split("\n\n").count(), 2, "one row and the next: {text}");
    }
}

#[test]
fn no_word_that_fits_on_a_line_is_broken_at_any_width() {
    let rows: [&[&str]; 2] = [&["LOG INDEX", "RECORDED", "EVENT", "REASON", "EFFECTIVE", "STATE AFTER"], &EVENT];
    for width in 24..160 {
        let text = shown(width, &rows);
        for word in EVENT {
            let whole = text.split_whitespace().any(|it| it == word);
            assert!(whole, "{word} at {width}:\n{text}");
        }
        assert!(text.lines().all(|line| line.len() <= usize::from(width)), "{width}:\n{text}");
    }
}

#[test]
fn no_heading_is_broken_where_there_is_no_row_at_any_width() {
    let headings = ["DISPUTE", "CHALLENGER", "ABOUT", "STATE", "OPENED", "ANSWER BY", "OVERDUE"];
    for width in 20..120 {
        let text = shown(width, &[&headings]);
        for word in headings.iter().flat_map(|heading| heading.split(' ')) {
            let whole = text.split([' ', ',', '\n']).any(|it| it == word);
            assert!(whole, "{word} at {width}:\n{text}");
        }
        assert!(text.lines().all(|line| line.len() <= usize::from(width)), "{width}:\n{text}");
    }
}

#[test]
fn a_record_on_a_very_narrow_terminal_has_each_value_behind_its_heading() {
    let mut table = bare_table();
    table.set_width(40);
    table.add_row(["Name", "certificates/GLXA4HP9Z1PPYMB35F"]).add_row(["Logged at revision", "4"]);
    table.add_row(["Holder", "Example Solar Ltd of the very long Example Street"]);
    table.add_row(["Key", &"k".repeat(70)]);
    let text = tidy(&mut table);
    let (text, key) = text.split_once("Key:").unwrap();
    assert!(key.contains(&"k".repeat(70)), "a key has a line of its own: {key}");
    assert_eq!(
        text,
        "Name: certificates/GLXA4HP9Z1PPYMB35F\nLogged at revision: 4\nHolder: Example Solar Ltd of the very\n  long Example Street\n"
    );
}

#[test]
fn each_of_several_is_told_and_what_they_have_in_common_once_where_that_is_asked() {
    let code = |code: &str| json!({ "edition": "HS2022", "code": code });
    let row = json!({ "products": [
        { "name": "Module, 450 W", "codes": [code("854143"), code("854142")] },
        { "name": "Module, 500 W", "codes": [code("854143")] },
        { "name": "" },
    ] });
    assert_eq!(cell_text(&row, "products.*.name"), "Module, 450 W; Module, 500 W");
    assert_eq!(cell_text(&row, "products.+.codes.+."), "HS2022:854143; HS2022:854142");
    assert_eq!(cell_text(&row, "products.*.codes.*.code"), "854143; 854142; 854143");
}

#[test]
fn an_amount_stands_before_its_unit() {
    let quantity = json!({ "quantity": { "amount": "1200", "unit": "C62" } });
    assert_eq!(cell_text(&quantity, "quantity"), "1200 C62");
}

#[test]
fn a_part_in_a_cell_is_told_in_words_its_times_first_and_one_is_parted_from_the_next() {
    let period = |from: &str, end: &str| json!({ "by": "bodies/asa", "endReason": end, "from": from, "reason": "audit", "until": "" });
    let row = json!({ "suspensions": [period("2026-03-01", "mended"), period("2026-05-01", "")] });
    assert_eq!(
        cell_text(&row, "suspensions"),
        "from 2026-03-01, by bodies/asa, end reason mended, reason audit; from 2026-05-01, by bodies/asa, reason audit"
    );
    let row = json!({ "codes": [{ "edition": "HS2022", "code": "8541" }, { "edition": "HS2022", "code": "8501" }] });
    assert_eq!(cell_text(&row, "codes"), "HS2022:8541, HS2022:8501");
}
