use clap::ValueEnum as _;
use greenlane_api::equivalence::v1::CatalogueEntry;
use prost::Name as _;

use super::*;
use crate::client::{commands::catalogue::Kind, render::POOL};

const ANNEX: &str = "\
- annex:
    name: annexes/x
    arrangement: arrangements/m
    title: X
    validity: { from: \"2026-01-01\" }
    objects: [certificate, TEST_REPORT]
    effect: full
    codes:
      - code: { edition: HS2022, code: \"854143\" }
";

fn parse(file: &str, text: &str) -> Result<Vec<Item>, Vec<Fault>> {
    let mut read = Read::default();
    super::parse(file, text, &mut read);
    if read.faults.is_empty() { Ok(read.items) } else { Err(read.faults) }
}

fn faults(text: &str) -> Vec<String> {
    parse("a.yaml", text).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn a_fault_of_an_entry_hides_neither_its_name_nor_the_entries_beside_it() {
    let wrong = ANNEX.replace("annexes/x", "schemes/s").replace("title: X", "titel: X");
    let other = ANNEX.replace("annexes/x", "annexes/y");
    let broken = ANNEX.replace("annexes/x", "annexes/z").replace("title: X", "title X");
    let mut read = Read::default();
    super::parse("a.yaml", &format!("{wrong}{other}{broken}"), &mut read);
    let told: Vec<String> = read.faults.iter().map(ToString::to_string).collect();
    let expected = [
        "a.yaml:2:11: `schemes/s` does not name an entry of the kind `annex`",
        "a.yaml:4:5: there is no field `titel` here",
        "a.yaml:22:5: there is no `: ` here",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    assert!(told.iter().zip(expected).all(|(told, expected)| told.starts_with(expected)), "{told:#?}");
    assert_eq!(read.items.iter().map(|item| item.name.as_str()).collect::<Vec<_>>(), ["annexes/y"]);
    assert_eq!(read.faulty.iter().map(String::as_str).collect::<Vec<_>>(), ["annexes/z", "schemes/s"]);
}

#[test]
fn an_entry_is_read_with_words_in_short_and_its_fields_have_places() {
    let items = parse("a.yaml", ANNEX).unwrap();
    let [item] = items.as_slice() else { panic!("{items:?}") };
    assert_eq!((item.form.kind, item.name.as_str()), (Kind::Annexes, "annexes/x"));
    assert_eq!(item.content["objects"][1], "RECOGNITION_OBJECT_TEST_REPORT");
    assert_eq!(item.place("name").to_string(), "a.yaml:2:11");
    assert_eq!(item.place("codes[0].code.code").to_string(), "a.yaml:9:40");
    // What is not there is told at what it would be in.
    assert_eq!(item.place("codes[0].except").to_string(), "a.yaml:9:9");
    assert_eq!(item.place("legal_reference").to_string(), "a.yaml:2:5");
}

#[test]
fn every_fault_comes_at_once_with_file_line_and_column() {
    let text = ANNEX
        .replace("title: X", "titel: X")
        .replace("[certificate, TEST_REPORT]", "[certificate, diploma]")
        .replace("\"854143\"", "854143");
    let found = faults(&text);
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(
        found[0].starts_with("a.yaml:4:5: there is no field `titel` here; did you mean `title`? There are name, "),
        "{found:#?}"
    );
    assert!(found[1].starts_with("a.yaml:6:28: `diploma` must be one of test_report, "), "{found:#?}");
    assert_eq!(found[2], "a.yaml:9:40: must be a text: write it in quotes, \"854143\"");
}

#[test]
fn a_key_that_is_given_twice_is_a_fault_at_its_second_place() {
    let twice = ANNEX.replace("    title: X\n", "    title: X\n    title: Y\n");
    assert_eq!(faults(&twice), ["a.yaml:5:5: `title` is given twice: first in line 4"]);
    let more = twice.replace("    effect: full\n", "    effect: full\n    effect: none\n    titel: Z\n");
    let found = faults(&more);
    assert_eq!(found.len(), 4, "{found:#?}");
    assert_eq!(found[1], "a.yaml:9:5: `effect` is given twice: first in line 8");
}

#[test]
fn a_tab_and_a_line_in_a_wrong_column_are_told_where_they_stand_and_what_to_do() {
    for (text, place) in [
        ("- annex:\n    name: annexes/x\n\ttitle: X\n", "3:1: a tab is no indentation: indent with spaces"),
        ("- annex:\n    title: X\n  \tname: annexes/x\n", "3:3: a tab is no indentation: indent with spaces"),
        ("- annex:\n    title:\n      x: 1\n    \ty: 2\n", "4:5: a tab is no indentation: indent with spaces"),
        ("- annex:\n    name: annexes/x\n   title: X\n", "3:4: this line is indented otherwise than the fields above"),
    ] {
        let found = faults(text);
        assert!(found[0].starts_with(&format!("a.yaml:{place}")), "{found:?}");
    }
}

#[test]
fn of_lines_in_other_columns_that_one_is_told_which_differs() {
    let text = "\
- annex:
    name: annexes/x
    objects:
    - test_report
    - certificate
    basis: importer_rules
    economies:
      - XA
      - XB
    title: X
    exclusions:
      economies:
        - XA
      origins: [XB]
    effect: full
    validity:
      from: \"2026-01-01\"
      until: \"2027-01-01\"
    codes:
      - code:
          edition: HS2022
          code: \"854143\"
        except: []
    source:
      example: true
- scheme:
    name: schemes/s
    kind: environmental_label
    levels: []
";
    assert!(faults_or_none(text).is_empty(), "{:?}", faults_or_none(text));
    let lines: Vec<&str> = text.lines().collect();
    let mut missed = Vec::new();
    for (at, line) in lines.iter().enumerate().skip(1).filter(|(_, line)| line.starts_with(' ')) {
        for moved in [format!(" {line}"), line[1..].to_owned()] {
            let mut other: Vec<&str> = lines.clone();
            other[at] = &moved;
            // Elsewhere it may be as good, or something else that is wrong.
            let told = faults_or_none(&other.join("\n"));
            let is_syntax = |told: &&String| told.contains("indented") || told.contains("there is no `: `");
            let Some(first) = told.iter().find(is_syntax) else { continue };
            if !first.starts_with(&format!("a.yaml:{}:", at + 1)) {
                missed.push(format!("{}: `{moved}`: {first}", at + 1));
            }
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

fn faults_or_none(text: &str) -> Vec<String> {
    parse("a.yaml", text).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[test]
fn a_missing_colon_is_told_where_it_is_missing() {
    for (text, place) in [
        (
            "- annex:\n    name: annexes/x\n    title X\n    effect: full\n",
            "3:5: there is no `: ` here: write `title: …`",
        ),
        ("- annex:\n    name annexes/x\n    title: X\n", "2:5: there is no `: ` here: write `name: …`"),
        ("- annex\n    name: annexes/x\n", "1:3: there is no `: ` here: write `annex: …`"),
        ("- annex:\n    name: annexes/x\n    effect full\n", "3:5: there is no `: ` here: write `effect: …`"),
        ("- annex:\n    name:annexes/x\n    title: X\n", "2:5: there is no `: ` here: write `name: …`"),
        ("- annex: { name: annexes/x, title X }\n", "1:29: there is no `: ` here: write `title: …`"),
        ("- annex:\n  name: annexes/x\n   title: X\n", "3:9: this line is indented further than the one above"),
        ("- annex:\n    title: a: b\n", "2:13: a text with `: ` in it stands in quotes"),
    ] {
        let found = faults(text);
        assert!(found[0].starts_with(&format!("a.yaml:{place}")), "{text}{found:#?}");
    }
}

#[test]
fn a_file_that_is_named_twice_or_with_its_folder_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("annexes.yaml");
    std::fs::write(&file, ANNEX).unwrap();
    let read = read(&[folder.path().to_owned(), file.clone(), folder.path().join(".").join("annexes.yaml")]).unwrap();
    assert_eq!((read.items.len(), read.faults.len()), (1, 0));
    // Another file with the same entry is a fault.
    std::fs::write(folder.path().join("more.yaml"), ANNEX).unwrap();
    assert_eq!(super::read(&[folder.path().to_owned()]).unwrap().faults.len(), 1);
}

#[test]
fn what_is_no_yaml_in_one_entry_hides_nothing_of_the_others() {
    let broken = ANNEX.replace("title: X", "title X");
    let wrong = ANNEX.replace("title: X", "titel: X");
    let found = faults(&format!("# Two annexes.\n{broken}\n{wrong}{broken}"));
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[0].starts_with("a.yaml:5:5: there is no `: `"), "{found:#?}");
    assert!(found[1].starts_with("a.yaml:15:5: there is no field `titel`"), "{found:#?}");
    assert!(found[2].starts_with("a.yaml:24:5: there is no `: `"), "{found:#?}");
}

#[test]
fn what_get_prints_can_be_applied() {
    let got = "annex:\n  name: annexes/x\n  basis: RECOGNITION_BASIS_UNSPECIFIED\n  objects: [RECOGNITION_OBJECT_CERTIFICATE]\n\
               \x20 legalReference: A\nknownFromRevision: 1\nrevision: 7\n";
    let items = parse("a.yaml", got).unwrap();
    assert_eq!((items.len(), &items[0].content["legal_reference"]), (1, &"A".into()));
    assert!(faults("annex: { name: annexes/x }\nscheme: { name: schemes/s }\n")[0].contains("must be an entry"));
}

#[test]
fn what_get_prints_of_one_thing_is_read_as_that_thing_with_its_places() {
    let kind = POOL.get_message_by_name("greenlane.registry.v1.CertificateContent").unwrap();
    let got =
        "certificate:\n  name: certificates/x\n  content:\n    scope: Modules.\n    validUntil: 2031\nrevision: 3\n";
    let faults = message("a.yaml", got, &kind).err().unwrap();
    assert_eq!(faults[0].to_string(), "a.yaml:5:17: must be a text: write it in quotes, \"2031\"");
    let written = message("a.yaml", &got.replace("2031", "'2031-01-01'"), &kind).ok().unwrap();
    assert_eq!(written.fields, ["scope", "valid_until"]);
    let sent = written.sent("content");
    assert_eq!(sent.place("content.valid_until").unwrap().to_string(), "a.yaml:5:17");
    assert_eq!(sent.place("content.holder.name").unwrap().to_string(), "a.yaml:4:5", "what is not there");
    // Something else is told as what it is not.
    let other = message("a.yaml", "annex: { name: annexes/x }\nchangeSet: { title: X }\n", &kind).err().unwrap();
    assert!(other[1].to_string().contains("there is no field `changeSet` here"), "{other:?}");
}

#[test]
fn what_is_no_yaml_and_no_entry_is_told_where_it_is() {
    assert!(faults("- annex:\n   name: [\n")[0].starts_with("a.yaml:3:"), "{:?}", faults("- annex:\n   name: [\n"));
    assert!(faults("- just words\n")[0].starts_with("a.yaml:1:3: must be an entry: one of economy, body, "));
    assert!(
        faults("- annex: { name: schemes/s }\n")[0].contains("`schemes/s` does not name an entry of the kind `annex`")
    );
    assert!(parse("a.yaml", "# nothing yet\n").unwrap().is_empty());
}

#[test]
fn what_is_written_is_read_as_the_same_and_written_as_the_same() {
    let items = parse("a.yaml", ANNEX).unwrap();
    let text = write::text([(form::of_kind(Kind::Annexes), &items[0].content)], schema::FILE).unwrap();
    assert!(text.contains("  objects:\n"), "{text}");
    assert!(text.find("name:") < text.find("arrangement:") && text.contains("- test_report"), "{text}");
    let again = parse("b.yaml", &text).unwrap();
    assert_eq!(again[0].content, items[0].content);
    assert_eq!(write::text([(form::of_kind(Kind::Annexes), &again[0].content)], schema::FILE).unwrap(), text);
}

#[test]
fn the_schema_knows_every_kind_every_word_and_what_they_mean() {
    let schema = schema::schema().unwrap();
    assert_eq!(schema["items"]["oneOf"].as_array().unwrap().len(), 12);
    let list = schema["definitions"]["GreenList"]["properties"].as_object().unwrap();
    assert!(list.contains_key("edition") && !list.contains_key("version"), "nobody writes what the service counts");
    let annex = &schema["definitions"]["Annex"]["properties"];
    let objects = &annex["objects"];
    assert_eq!(objects["items"]["enum"][0], "test_report");
    assert!(objects["description"].as_str().unwrap().contains("certificate: "), "{objects}");
    assert!(annex["title"]["description"].as_str().is_some_and(|text| !text.is_empty()), "{annex}");
    let undefined = schema.to_string().matches("#/definitions/").count();
    assert!(undefined > 20 && schema["definitions"].as_object().unwrap().values().all(|it| it.is_object()));
}

#[test]
fn every_kind_of_the_catalogue_and_every_entry_of_the_contract_has_a_form() {
    for kind in Kind::value_variants() {
        assert_eq!(form::of_kind(*kind).kind, *kind);
    }
    let catalogue = POOL.get_message_by_name(&CatalogueEntry::full_name()).unwrap();
    for word in catalogue
        .fields()
        .map(|field| field.name().to_owned())
        .chain(["green_list", "green_list_entry"].map(str::to_owned))
    {
        assert_eq!(form::of_word(&word).map(|form| form.word.as_str()), Some(word.as_str()));
    }
    assert_eq!(form::of_word("greenListEntry").map(|form| form.word.as_str()), Some("green_list_entry"));
    assert_eq!(form::all().len(), catalogue.fields().count() + 2);
}
