//! What is refused or remarked of rows, and what that makes of the edition.

use super::*;

#[test]
fn an_edition_of_which_any_row_was_refused_is_in_part_unless_its_publisher_says_that_it_is_whole() {
    let of = |announced: &Announced, text: &str| {
        let imported = read(&starter(), announced, text.as_bytes(), 9);
        imported.editions.iter().filter(|edition| edition.partial).map(|it| it.id.clone()).collect::<Vec<_>>()
    };
    let hs2028 = announced(Format::CodesCsv, Some(edition("HS2028", "hs", "")));
    let good = "code,description_en,effective_from\n01,Live animals,\n";
    assert!(of(&hs2028, good).is_empty());
    for bad in ["02,,", "02,Meat,soon", "02,\"Meat\" of,", "0x,Meat,", "0201,Beef,"] {
        let text = format!("{good}{bad}\n");
        assert_eq!(of(&hs2028, &text), ["HS2028"], "{bad}");
        assert!(of(&Announced { whole: true, ..hs2028.clone() }, &text).is_empty(), "{bad}");
    }
    let json = announced(Format::CodesJson, Some(edition("HS2028", "hs", "")));
    assert_eq!(
        of(&json, "{\"code\": \"01\", \"descriptions\": {\"en\": \"Animals\"}}\n{\"code\": \"02\",\n"),
        ["HS2028"]
    );
    // A row that names its edition says of which a code is missing; where it cannot be read it may be any.
    let rows = "code,edition,description_en\n01,HS2017,Animals\n01,HS2022,Animals\n";
    let own = announced(Format::CodesCsv, None);
    assert_eq!(of(&own, &format!("{rows}02,HS2017,\n")), ["HS2017"]);
    assert_eq!(of(&own, &format!("{rows}02,HS2017,\"Meat\" of\n")), ["HS2017", "HS2022"]);
    assert!(of(&own, rows).is_empty(), "the editions were in part before");
    // That the file is a part can be said too.
    let part = Announced { in_part: true, ..hs2028 };
    assert_eq!(of(&part, good), ["HS2028"]);
}

#[test]
fn an_import_announced_before_a_part_could_be_said_is_none_though_its_edition_was_held_in_part() {
    let held = EditionFact { partial: true, ..edition("HS2022", "hs", "") };
    let mut stored = serde_json::to_value(announced(Format::CodesCsv, Some(held))).unwrap();
    for later in ["whole", "in_part"] {
        stored.as_object_mut().unwrap().remove(later).unwrap();
    }
    let announced: Announced = serde_json::from_value(stored).unwrap();
    let text = b"code,description_en\n01,Live animals\n";
    let imported = read(&starter(), &announced, text, 9);
    assert_eq!(imported.editions.iter().map(|edition| edition.partial).collect::<Vec<_>>(), [false]);
}

#[test]
fn a_term_leads_to_a_commodity_code_of_ten_digits() {
    let text = b"term,commodity_code\nshort,85414\nlong,8541430\nletters,85414300AB\nmodule,8541430010\n";
    let imported = read(&starter(), &announced(Format::UkSearchReferences, Some(edition("HS2022", "hs", ""))), text, 9);
    assert_eq!(told(&imported), [2, 3, 4].map(|line| format!("{line} commodity_code code_malformed")));
    assert_eq!((imported.refused, imported.terms.len()), (3, 1));
}

#[test]
fn a_line_indented_too_deep_is_refused_and_faults_name_the_columns_of_the_file() {
    let us = announced(Format::UsHtsCsv, Some(edition("US1", "us-hts", "")));
    let rows = "0101,0,Horses\n,2,Two deeper is seen\n0101.21.00,99,Too deep\n0101.29,x,No number\n0101.3x,3,Odd\n0101,0,Again\n0102,0,\n";
    for names in [["hts_code", "indent", "description"], ["HTS Number", "Indent", "Description"]] {
        let imported = read(&starter(), &us, format!("{}\n{rows}", names.join(",")).as_bytes(), 9);
        let [code, indent, words] = names;
        let mut faults = told(&imported);
        faults.sort();
        let expected = [
            format!("4 {indent} indent_malformed"),
            format!("5 {indent} indent_malformed"),
            format!("6 {code} code_malformed"),
            format!("7 {code} duplicate"),
            format!("8 {words} description_empty"),
        ];
        assert_eq!(faults, expected);
    }
}

#[test]
fn what_is_odd_about_a_national_line_is_remarked_and_it_is_taken() {
    let facts = invented_facts(&["01 0101 010121 99 9999 999999"], &[]);
    let base = Catalogue::build(1, facts).unwrap();
    let national = edition("YY1", "yy", "E1");
    let system = CodeSystemFact {
        id: "yy".to_owned(),
        code_lengths: vec![8],
        ..crate::domain::harmonized::system("hs").unwrap()
    };
    let announced = Announced { system: Some(system), ..announced(Format::CodesCsv, Some(national)) };
    let text = "code,description_en,effective_to\n01012100,Horses,2021-12-31\n01012900,Other,\n01990000,None,2022-01-01\n\
        01010000,A heading,\n99030101,Special,\n";
    let imported = read(&base, &announced, text.as_bytes(), 9);
    let expected = ["2 effective_to date_malformed mended", "3 code code_unknown mended", "4 code code_unknown mended"];
    assert_eq!(told(&imported), expected);
    assert!(imported.faults[1].message.contains("has no code 010129"), "{}", imported.faults[1].message);
    assert!(imported.faults[2].message.contains("has no code 0199"), "{}", imported.faults[2].message);
    assert_eq!((imported.codes.len(), imported.refused, imported.editions[0].partial), (5, 0, false));
    // Of one that is refused it is told why, and nothing else.
    let text = "code,description_en,effective_to\n01990000,None,\n01990000,Again,2021-12-31\n019900,Short,2021-12-31\n";
    let imported = read(&base, &announced, text.as_bytes(), 9);
    assert_eq!(told(&imported), ["2 code code_unknown mended", "3 code duplicate", "4 code code_malformed"]);
}

#[test]
fn a_line_below_a_code_that_is_filled_up_with_zeros_extends_it() {
    let base = Catalogue::build(1, invented_facts(&["8541430000"], &[])).unwrap();
    let system = CodeSystemFact {
        id: "yy".to_owned(),
        code_lengths: vec![10],
        ..crate::domain::harmonized::system("hs").unwrap()
    };
    let announced = Announced { system: Some(system), ..announced(Format::CodesCsv, Some(edition("YY1", "yy", "E1"))) };
    let text = b"code,description_en\n8541430010,Modules\n9503000010,Toys\n";
    assert_eq!(told(&read(&base, &announced, text, 9)), ["3 code code_unknown mended"]);
}

#[test]
fn a_part_that_is_not_described_is_refused_but_of_a_list_that_is_narrowed() {
    let text = b"list,edition,code,ex,ex_description_en\nours,HS2022,854143,x,\nours,HS2022,850231,x,Big ones\n\
        apec-54,HS2017,850231,x,\nours,HS2022,850760,,\n";
    let imported = read(&starter(), &announced(Format::GreenListCsv, None), text, 9);
    assert_eq!(told(&imported), ["2 ex ex_without_description"]);
    assert_eq!((imported.entries.len(), imported.refused), (3, 1));
}

#[test]
fn a_part_that_is_published_without_a_description_is_imported_again_with_a_remark() {
    let facts = with_list(invented_facts(&["010121 010129"], &[]), "E1", "010121~ 010129");
    let catalogue = Catalogue::build(1, facts).unwrap();
    let text = b"list,entry,edition,code,ex\nlist,,E1,010121,x\nlist,010121,E1,010121,x\nlist,other,E1,010121,x\n\
        list,,E1,010129,x\n";
    let imported = read(&catalogue, &announced(Format::GreenListCsv, None), text, 9);
    let mut faults = told(&imported);
    faults.retain(|fault| fault.contains("ex_without_description"));
    faults.sort();
    let [first, second] = [2, 3].map(|line| format!("{line} ex ex_without_description mended"));
    let [third, fourth] = [4, 5].map(|line| format!("{line} ex ex_without_description"));
    assert_eq!(faults, [first, second, third, fourth]);
    // Alone the row is the entry that is published.
    let text = b"list,edition,code,ex\nlist,E1,010121,x\n";
    let imported = read(&catalogue, &announced(Format::GreenListCsv, None), text, 9);
    let ids: Vec<&str> = imported.entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!((ids, imported.refused), (vec!["010121"], 0));
}
