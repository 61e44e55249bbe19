use serde_json::json;

use super::*;

const VIEW: View = View::List {
    items: "things",
    name: "name",
    columns: &[("NAME", "name"), ("STATE", "state"), ("NUMBER", "number")],
};

fn page(from: usize, rows: usize, token: &str) -> Value {
    let things =
        (from..from + rows).map(|number| json!({ "name": format!("t{number}"), "state": "", "number": number }));
    json!({ "things": things.collect::<Vec<_>>(), "nextPageToken": token, "revision": 7 })
}

/// What is written of these pages.
fn written(output: Output, pages: &[Value]) -> String {
    let mut out = Vec::new();
    let mut list = Pages::new(output, VIEW, &mut out).unwrap();
    for page in pages {
        assert!(list.page(page).unwrap());
    }
    list.end(pages.last().unwrap()).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn json_and_yaml_of_pages_are_those_of_one_answer() {
    let whole = page(0, 3, "");
    for pages in [vec![page(0, 2, "x"), page(2, 1, "")], vec![page(0, 0, "x"), page(0, 3, "")], vec![whole.clone()]] {
        let json: Value = serde_json::from_str(&written(Output::Json, &pages)).unwrap();
        assert_eq!(json, whole);
        let yaml: Value = serde_yaml_ng::from_str(&written(Output::Yaml, &pages)).unwrap();
        assert_eq!(yaml, whole);
    }
    let none = page(0, 0, "");
    for output in [Output::Json, Output::Yaml] {
        let text = written(output, std::slice::from_ref(&none));
        assert_eq!(serde_yaml_ng::from_str::<Value>(&text).unwrap(), none, "{text}");
    }
}

#[test]
fn an_answer_with_nothing_but_its_rows_is_json_too() {
    let answer = json!({ "things": [{ "name": "a" }] });
    let text = written(Output::Json, std::slice::from_ref(&answer));
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), answer, "{text}");
}

#[test]
fn a_table_of_pages_has_one_heading_and_columns_that_stay_where_they_are() {
    let text = written(Output::Table, &[page(100_000, 2, "x"), page(3, 2, "")]);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 5, "{text}");
    let column = lines[0].find("NUMBER").unwrap();
    assert!(lines[1..].iter().all(|line| line[column..].starts_with(|c: char| c.is_ascii_digit())), "{text}");
}

#[test]
fn csv_of_pages_has_one_heading_and_names_have_none() {
    let pages = [page(0, 2, "x"), page(2, 1, "")];
    assert_eq!(written(Output::Csv, &pages), "NAME,STATE,NUMBER\nt0,,0\nt1,,1\nt2,,2\n");
    assert_eq!(written(Output::Name, &pages), "t0\nt1\nt2\n");
}

#[test]
fn no_more_is_asked_for_than_is_wanted_and_nothing_when_nobody_reads() {
    struct Gone;
    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut list = Pages::new(Output::Name, VIEW, Vec::new()).unwrap();
    assert_eq!((list.next(3), list.next(5_000)), (Some(3), Some(1_000)));
    list.page(&page(0, 3, "x")).unwrap();
    assert_eq!((list.next(3), list.next(1_002)), (None, Some(999)));
    assert!(!Pages::new(Output::Name, VIEW, Gone).unwrap().page(&page(0, 1, "x")).unwrap());
}

#[test]
fn things_are_counted_and_not_the_rows_that_a_table_shows_each_in() {
    let twice = |answer: &mut Value| {
        let things = answer["things"].as_array_mut().map(std::mem::take).unwrap_or_default();
        answer["things"] = things.into_iter().flat_map(|thing| [thing.clone(), thing]).collect();
    };
    for (output, rows) in [(Output::Table, 4), (Output::Csv, 4), (Output::Name, 2)] {
        let mut out = Vec::new();
        let mut list = Pages::new(output, VIEW, &mut out).unwrap();
        list.page_as(&mut page(0, 2, "x"), twice).unwrap();
        assert_eq!((list.next(2), list.next(3)), (None, Some(1)), "{output:?}");
        let written = String::from_utf8(out).unwrap();
        assert_eq!(written.lines().filter(|line| line.starts_with('t')).count(), rows, "{written}");
    }
}
