mod checked;

use std::fs;

use super::*;
use crate::domain::facts::Share;
use crate::domain::testing::{at, invented_facts, real, starter, with_list};
use crate::domain::{Facts, Likeness, Position, Query, compare, resolve, search, translate};

pub(super) fn announced(format: Format, edition: Option<EditionFact>) -> Announced {
    Announced {
        format,
        edition,
        system: None,
        second_edition: String::new(),
        unchanged_left_out: false,
        whole: false,
        in_part: false,
        source: SourceFact::default(),
    }
}

pub(super) fn edition(id: &str, system: &str, extends: &str) -> EditionFact {
    let known = crate::domain::harmonized::edition("HS2022").unwrap();
    EditionFact { id: id.to_owned(), system: system.to_owned(), extends: extends.to_owned(), ..known }
}

/// Reads a text in pieces of so many bytes.
pub(super) fn read(catalogue: &Catalogue, announced: &Announced, text: &[u8], piece: usize) -> Imported {
    let mut reader = Reader::new(announced.format);
    let mut early = Vec::new();
    for piece in text.chunks(piece) {
        early.extend(reader.push(piece));
    }
    let mut imported = reader.finish(catalogue, announced);
    early.append(&mut imported.faults);
    imported.faults = early;
    imported
}

pub(super) fn told(imported: &Imported) -> Vec<String> {
    let mark = |fault: &RowFault| if fault.mended { " mended" } else { "" };
    imported.faults.iter().map(|f| format!("{} {} {}{}", f.line, f.column, f.code, mark(f))).collect()
}

/// The catalogue with a file in it.
fn with(catalogue: &Catalogue, announced: &Announced, text: &[u8]) -> (Catalogue, Imported) {
    let imported = read(catalogue, announced, text, 64 * 1024);
    let mut facts: Facts = catalogue.facts();
    apply(&mut facts, imported.clone(), &announced.source);
    (Catalogue::build(2, facts).unwrap(), imported)
}

fn file(name: &str) -> Option<Vec<u8>> {
    Some(fs::read(real::folder()?.join(name)).unwrap())
}

/// All editions and tables, out of the real files, on top of the starter.
fn imported() -> Option<&'static Catalogue> {
    static IMPORTED: std::sync::OnceLock<Option<Catalogue>> = std::sync::OnceLock::new();
    let build = || {
        let nomenclature = file("hs_nomenclature_all_editions.csv")?;
        let (catalogue, codes) = with(&starter(), &announced(Format::ComtradeNomenclature, None), &nomenclature);
        assert!(codes.faults.is_empty(), "{:?}", codes.faults.first());
        let tables = file("hs_correlation_unsd.csv")?;
        let (catalogue, links) = with(&catalogue, &announced(Format::UnsdCorrelation, None), &tables);
        assert!(links.faults.is_empty(), "{:?}", links.faults.first());
        Some(catalogue)
    };
    IMPORTED.get_or_init(build).as_ref()
}

#[test]
fn a_bad_row_names_its_line_and_column_and_stops_nothing_else() {
    let text = b"code,description_en,effective_from\n01,Live animals,\n0101,Horses,\n10129,Horses,\n0102,,\n01x,?,\n\
        010121,Horses for breeding,soon\n0101,Again,\n02,\xff,\n0201,Meat,\n";
    let imported = read(&starter(), &announced(Format::CodesCsv, Some(edition("HS2028", "hs", ""))), text, 7);
    let expected = [
        "5  description_empty",
        "6 code code_malformed",
        "7 effective_from date_malformed",
        "9 description_en encoding",
        "4 code leading_zero_lost mended",
        "8 code duplicate",
        "10 code parent_missing",
    ];
    assert_eq!(told(&imported), expected);
    let codes: Vec<&str> = imported.codes.iter().map(|code| code.code.as_str()).collect();
    assert_eq!(codes, ["01", "0101", "010129"]);
    assert_eq!((imported.rows, imported.refused), (9, 6));
    assert!(imported.editions[0].partial, "not all of it came in");
}

#[test]
fn a_code_of_an_odd_length_that_its_system_has_is_kept_as_it_is() {
    let of = |lengths: &[u32], text: &str| {
        let system = CodeSystemFact {
            id: "other".to_owned(),
            code_lengths: lengths.to_vec(),
            ..crate::domain::harmonized::system("hs").unwrap()
        };
        let announced =
            Announced { system: Some(system), ..announced(Format::CodesCsv, Some(edition("OTHER-1", "other", ""))) };
        let imported = read(&starter(), &announced, text.as_bytes(), 9);
        let codes: Vec<String> = imported.codes.iter().map(|code| code.code.clone()).collect();
        (codes, told(&imported))
    };
    let rows = |codes: &str| {
        codes.split(' ').fold("code,description_en\n".to_owned(), |text, code| format!("{text}{code},Goods\n"))
    };
    let chinese = "8541430010001 8541430010002";
    let trade = "0 00 001 00111";
    for (lengths, codes) in [(&[13][..], chinese), (&[], chinese), (&[1, 2, 3, 5], trade), (&[], trade)] {
        assert_eq!(of(lengths, &rows(codes)), (codes.split(' ').map(str::to_owned).collect(), vec![]), "{lengths:?}");
    }
    let (codes, faults) = of(&[13], &rows("101210010001 8541430010001"));
    assert_eq!(codes, ["0101210010001", "8541430010001"]);
    assert_eq!(faults, ["2 code leading_zero_lost mended"]);
    assert_eq!(of(&[2, 4], &rows("01 1 101 0102")).0, ["01", "0101", "0102"], "a second 01 is a duplicate");
}

#[test]
fn a_mark_of_a_part_is_yes_or_no_or_a_fault() {
    let of = |mark: &str| {
        let text = format!("earlier,later,ex\n740400,740400,{mark}\n");
        let announced = Announced {
            second_edition: "HS2022".to_owned(),
            ..announced(Format::CorrelationCsv, crate::domain::harmonized::edition("HS2017"))
        };
        let read = read(&starter(), &announced, text.as_bytes(), 99);
        let link = read.links.iter().find(|link| link.earlier_code == "740400").map(|link| link.ex);
        (link, told(&read).into_iter().filter(|fault| !fault.contains("codes_left_out")).collect::<Vec<_>>())
    };
    for yes in ["1", "true", "yes", "y", "X", " ex "] {
        assert_eq!(of(yes), (Some(true), vec![]), "{yes}");
    }
    for no in ["", "0", "no", "N", "false"] {
        assert_eq!(of(no), (Some(false), vec![]), "{no}");
    }
    assert_eq!(of("partly"), (None, vec!["2 ex flag_malformed".to_owned()]));
}

#[test]
fn our_own_json_brings_notes_sections_and_parents() {
    let text = r#"{"code":"I","level":"section","descriptions":{"en":"Animals"},"notes":[{"number":"1","texts":{"en":"A note."}}]}
{"code":"01","parent":"I","descriptions":{"en":"Live animals"}}
{"code":"0101","parent":"01","descriptions":{"en":"Horses"},"units":["u"]}
{"code":"0102","parent":"09","descriptions":{"en":"Cattle"}}
{"code":"0103","description":"x"}
"#;
    let announced = announced(Format::CodesJson, Some(edition("HS2028", "hs", "")));
    let (catalogue, imported) = with(&starter(), &announced, text.as_bytes());
    assert_eq!(told(&imported), ["5 28 json_malformed", "4 parent parent_missing"]);
    let horses = at(&catalogue, "HS2028", "0101");
    let above: Vec<_> = catalogue.ancestors(horses).map(|at| catalogue.code(at).fact.code.as_str()).collect();
    assert_eq!(above, ["01", "I"]);
    assert_eq!(catalogue.code(at(&catalogue, "HS2028", "I")).fact.notes[0].number, "1");
}

#[test]
fn a_correlation_before_its_nomenclatures_says_which_are_to_come_first() {
    let text = b"earlier,later\n010121,010121\n010129,010129\n850231,850231\n";
    let mut announced = announced(Format::CorrelationCsv, Some(edition("HS2017", "hs", "")));
    let of = |later: &str, announced: &mut Announced| {
        announced.second_edition = later.to_owned();
        let imported = read(&starter(), announced, text, 99);
        let hints = imported.faults.iter().filter(|fault| fault.code == "nomenclature_missing");
        (hints.map(|fault| fault.message.clone()).collect::<Vec<_>>(), imported.refused, imported.faults[0].line)
    };
    let (hints, refused, first) = of("HS2022", &mut announced);
    assert_eq!((hints.len(), refused, first), (2, 2, 1), "{hints:?}");
    let part = "The edition HS2017 is held in part, and 2 codes of it that rows name are not: publish an import of its \
                nomenclature first, and then import this file again.";
    assert_eq!(hints[0], part);
    let (hints, refused, _) = of("HS2028", &mut announced);
    assert_eq!((hints.len(), refused), (1, 3), "{hints:?}");
    assert!(hints[0].starts_with("Nothing is held of the edition HS2028: publish"), "{hints:?}");
}

#[test]
fn a_correlation_of_our_own_brings_shares_and_words() {
    let text = b"earlier,later,ex,share_of_earlier,share_of_later,part_en\n850231,850231,0,,,\n\
        854140,854143,1,0.4,1,Modules\n854140,999999,1,2,,\n";
    let mut announced = announced(Format::CorrelationCsv, Some(edition("HS2017", "hs", "")));
    announced.second_edition = "HS2022".to_owned();
    let starter = starter();
    let imported = read(&starter, &announced, text, 11);
    assert_eq!(told(&imported), ["4 share_of_earlier share_malformed", "1  codes_left_out mended"]);
    let words = imported.links[1].words.as_ref().unwrap();
    assert_eq!((words.share_of_earlier.unwrap().get(), words.part[0].1.as_str()), (0.4, "Modules"));
    let (catalogue, _) = with(&starter, &announced, text);
    let found = translate(&catalogue, at(&catalogue, "HS2017", "854140"), catalogue.edition("HS2022").unwrap(), false);
    assert_eq!(found.targets.len(), 1);
    assert!(found.targets[0].source_part, "the link says that it is a part");
}

#[test]
fn shares_that_add_up_to_more_than_a_code_are_left_out_and_the_links_are_not() {
    let mut announced = announced(Format::CorrelationCsv, Some(edition("HS2017", "hs", "")));
    announced.second_edition = "HS2022".to_owned();
    let of = |first: &str, second: &str| {
        let text = format!(
            "earlier,later,ex,share_of_earlier,share_of_later\n854140,854142,1,{first},0.3\n854140,854143,1,{second},1\n"
        );
        let imported = read(&starter(), &announced, text.as_bytes(), 99);
        let share = |link: &LinkFact| {
            let words = link.words.as_ref().unwrap();
            (words.share_of_earlier.map(Share::get), words.share_of_later.map(Share::get))
        };
        let faults: Vec<String> = told(&imported).into_iter().filter(|it| !it.contains("codes_left_out")).collect();
        (imported.links.iter().map(share).collect::<Vec<_>>(), faults, imported.refused)
    };
    assert_eq!(of("0.4", "0.6"), (vec![(Some(0.4), Some(0.3)), (Some(0.6), Some(1.0))], vec![], 0));
    assert_eq!(of("0.34", "0.67").1, Vec::<String>::new(), "both were rounded up");
    let faults = [2, 3].map(|line| format!("{line} share_of_earlier shares_exceed_whole mended")).to_vec();
    assert_eq!(of("0.9", "0.9"), (vec![(None, Some(0.3)), (None, Some(1.0))], faults, 0));
}

#[test]
fn of_codes_that_a_table_of_changes_leaves_out_nothing_is_known_unless_it_says_that_they_are_unchanged() {
    let facts = invented_facts(&["01 0101 010121 010122 999999", "01 0101 010121 010129 999999"], &[]);
    let before = Catalogue::build(1, facts).unwrap();
    let mut announced = announced(Format::CorrelationCsv, Some(before.editions[0].fact.clone()));
    announced.second_edition = "E2".to_owned();
    let text = b"earlier,later\n010122,010129\n";
    let (catalogue, imported) = with(&before, &announced, text);
    assert_eq!((told(&imported), imported.refused), (vec!["1  codes_left_out mended".to_owned()], 0));
    let to = |catalogue: &Catalogue, code: &str| {
        let found = translate(catalogue, at(catalogue, "E1", code), catalogue.edition("E2").unwrap(), false);
        (found.targets.len(), found.incomplete)
    };
    assert_eq!(to(&catalogue, "010121"), (0, true), "it did not vanish");
    assert_eq!((to(&catalogue, "010122"), to(&catalogue, "999999")), ((1, false), (0, false)));
    let compared = compare(&catalogue, at(&catalogue, "E1", "010121"), at(&catalogue, "E2", "010121"));
    assert_eq!(compared.likeness, Likeness::Undetermined);
    announced.unchanged_left_out = true;
    let (catalogue, imported) = with(&before, &announced, text);
    assert_eq!(told(&imported), ["1  codes_left_out mended"]);
    assert_eq!((to(&catalogue, "010121"), to(&catalogue, "999999")), ((1, false), (0, false)));
}

#[test]
fn a_code_of_the_harmonized_system_has_nothing_but_digits() {
    let text = b"edition,code,level,description_en\nHS2022,01,2,Animals\nHS2022,0101,4,Horses\nHS2022,0101AB,6,None\n";
    let imported = read(&starter(), &announced(Format::ComtradeNomenclature, None), text, 9);
    assert_eq!((told(&imported), imported.codes.len()), (vec!["4 code code_malformed".to_owned()], 2));
}

#[test]
fn what_ends_before_it_begins_is_refused() {
    let list = b"list,edition,code,effective_from,effective_to\nours,HS2022,850231,2030-01-01,2020-01-01\n";
    let codes = b"code,description_en,effective_from,effective_to\n010121,Horses,2022-01-01,2021-12-31\n";
    let eu = b"code,suffix,hier_pos,dash,desc_en,start_date,end_date\n0100000000,80,2,,Animals,2022-01-01,2021-12-31\n";
    let read = |format, text: &[u8]| {
        let imported = read(&starter(), &announced(format, Some(edition("HS2022", "hs", ""))), text, 9);
        (imported.refused, imported.faults.iter().filter(|it| it.code == "date_malformed").count())
    };
    assert_eq!(read(Format::GreenListCsv, list), (1, 1));
    assert_eq!(read(Format::CodesCsv, codes), (1, 1));
    assert_eq!(read(Format::EuNomenclature, eu).1, 1);
}

#[test]
fn a_green_list_is_read_with_its_parts() {
    let text = b"list,edition,code,ex_description_en,category\nours,HS2022,854143,Above 20 percent,REP\n\
        ours,HS2022,854140,,\nours,HS1988,854140,,\nours,HS2022,8541.43,Above 20 percent,\n";
    let imported = read(&starter(), &announced(Format::GreenListCsv, None), text, 9);
    assert_eq!(told(&imported), ["3 code code_unknown", "4 edition edition_wrong", "5 code duplicate"]);
    assert_eq!((imported.entries.len(), imported.entries[0].ex), (1, true));
    assert_eq!(imported.entries[0].category, "REP", "the row that says more is kept");
}

#[test]
fn a_green_list_may_have_a_code_in_several_editions_and_leave_the_announced_one_out() {
    let text = b"list,edition,code\nours,HS2017,850231\nours,HS2022,850231\nours,,854143\nours,HS2022,850231\n";
    let imported = read(&starter(), &announced(Format::GreenListCsv, Some(edition("HS2022", "hs", ""))), text, 9);
    assert_eq!(told(&imported), ["5 code duplicate"]);
    let entries: Vec<_> = imported.entries.iter().map(|it| (it.id.as_str(), it.edition.as_str())).collect();
    assert_eq!(entries, [("850231", "HS2017"), ("850231-HS2022", "HS2022"), ("854143", "HS2022")]);
    let none = read(&starter(), &announced(Format::GreenListCsv, None), b"list,code\nours,854143\n", 9);
    assert_eq!(none.faults[0].message, "The row names no edition, and none was announced.");
}

/// The entries of a file whose rows come in this order: name, edition, part.
fn entries_of(catalogue: &Catalogue, rows: &[&str], order: &[usize]) -> (Vec<[String; 3]>, Vec<String>) {
    let rows: Vec<&str> = order.iter().map(|at| rows[*at]).collect();
    let text = format!("list,edition,code,entry,ex_description_en,category\n{}\n", rows.join("\n"));
    let imported = read(catalogue, &announced(Format::GreenListCsv, None), text.as_bytes(), 9);
    let mut entries: Vec<[String; 3]> = imported
        .entries
        .iter()
        .map(|it| {
            let part = it.ex_descriptions.first().map(|(_, texts)| texts[0].1.clone()).unwrap_or_default();
            [it.id.clone(), it.edition.clone(), format!("{part}{}", it.category)]
        })
        .collect();
    entries.sort();
    let faults = told(&imported).into_iter().map(|fault| fault.split_once(' ').unwrap().1.to_owned());
    (entries, faults.collect())
}

#[test]
fn the_same_rows_of_a_green_list_in_another_order_are_the_same_entries() {
    let rows = [
        "ours,HS2017,850231,,,",
        "ours,HS2022,850231,,,",
        "ours,HS2022,854143,,Above 20 percent,",
        "ours,HS2022,854143,,Of thin films,",
        "ours,HS2022,850231,,,",
        "ours,HS2022,854142,,,A",
        "ours,HS2022,854142,,,B",
        "ours,HS2022,850231,cells,,",
    ];
    let (expected, faults) = entries_of(&starter(), &rows, &[0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(faults, ["code duplicate", "code duplicate"]);
    let ids: Vec<&str> = expected.iter().map(|it| it[0].as_str()).collect();
    assert_eq!(&ids[..3], ["850231", "850231-HS2022", "854142"]);
    assert!(ids[3].starts_with("854143-") && ids[4].starts_with("854143-") && ids[5] == "cells", "{ids:?}");
    assert_eq!(expected[2][2], "B", "of two that differ in no more than this the same one is kept");
    for order in [[7, 6, 5, 4, 3, 2, 1, 0], [3, 1, 4, 0, 6, 2, 7, 5], [1, 0, 3, 2, 5, 4, 7, 6]] {
        assert_eq!(entries_of(&starter(), &rows, &order), (expected.clone(), faults.clone()), "{order:?}");
    }
}

#[test]
fn what_was_published_of_a_green_list_keeps_its_name_whatever_comes_beside_it() {
    let header = "list,edition,code,entry,ex_description_en,category\n";
    let publish = |catalogue: &Catalogue, rows: &str| {
        let text = format!("{header}{rows}");
        with(catalogue, &announced(Format::GreenListCsv, None), text.as_bytes()).0
    };
    let ids = |catalogue: &Catalogue| -> Vec<String> {
        catalogue.list("ours").unwrap().entries.iter().map(|it| format!("{} {}", it.edition, it.id)).collect()
    };
    let first = publish(&starter(), "ours,HS2022,850231,,,\nours,HS2022,854143,,Above 20 percent,\n");
    assert_eq!(ids(&first), ["HS2022 850231", "HS2022 854143"]);
    // An older edition, and another part, are called otherwise; of the one that stays the words change.
    let more = "ours,HS2017,850231,,,\nours,HS2022,850231,,,\n\
        ours,HS2022,854143,,Of thin films,\nours,HS2022,854143,,Above 20 percent,\n";
    let second = publish(&first, more);
    assert_eq!(ids(&second)[..2], ["HS2017 850231-HS2017", "HS2022 850231"]);
    let parts = ids(&second)[2..].to_vec();
    assert!(parts[0] == "HS2022 854143" && parts[1].starts_with("HS2022 854143-"), "{parts:?}");
    let third = publish(&second, &more.replace("Above 20 percent", "Above 21 percent"));
    assert_eq!(ids(&third), ids(&second));
    let moved = publish(&first, "ours,HS2017,850231,,,\n");
    assert_eq!(ids(&moved), ["HS2017 850231"], "what took its place has its name");
}

#[test]
fn every_code_of_the_real_nomenclature_is_there_with_its_leading_zeros() {
    let Some(catalogue) = imported() else { return };
    let rows = real::rows("hs_nomenclature_all_editions.csv").unwrap();
    for row in &rows {
        let found = at(catalogue, &row["edition"], &row["code"]);
        let parent = catalogue.code(found).parent.map(|row| Position { row, ..found });
        let parent = parent.map(|parent| catalogue.code(parent).fact.code.as_str()).unwrap_or_default();
        assert_eq!(parent, row["parent"]);
    }
    assert_eq!(catalogue.editions.iter().map(|edition| edition.codes.len()).sum::<usize>(), rows.len());
    assert!(catalogue.editions.iter().all(|edition| !edition.fact.partial));
    // Chinese words of the starter stay beside the English ones that came.
    let modules = catalogue.code(at(catalogue, "HS2022", "854143"));
    assert_eq!(modules.fact.descriptions.iter().map(|text| text.0.as_str()).collect::<Vec<_>>(), ["en", "zh"]);
    let predecessors: Vec<&str> = catalogue.editions.iter().map(|it| it.fact.predecessor.as_str()).collect();
    assert_eq!(predecessors, ["", "HS1992", "HS1996", "HS2002", "HS2007", "HS2012", "HS2017"]);
}

#[test]
fn every_row_of_the_real_correlation_tables_is_reproduced_by_translation_in_both_directions() {
    let Some(catalogue) = imported() else { return };
    let rows = real::rows("hs_correlation_unsd.csv").unwrap();
    let mut expected: std::collections::BTreeMap<(Position, usize), Vec<(Position, &str)>> = Default::default();
    for row in &rows {
        let (from, to) = (
            at(catalogue, &row["from_edition"], &row["from_code"]),
            at(catalogue, &row["to_edition"], &row["to_code"]),
        );
        expected.entry((from, to.edition)).or_default().push((to, row["relationship"].as_str()));
        expected.entry((to, from.edition)).or_default().push((from, ""));
    }
    let mut seen = 0;
    for ((from, edition), mut targets) in expected {
        targets.sort_unstable();
        // The explosive codes have a thousand targets each, which all come back the same way.
        let found = translate(catalogue, from, edition, true);
        let codes: Vec<Position> = found.targets.iter().map(|target| target.at).collect();
        assert_eq!(codes, targets.iter().map(|(to, _)| *to).collect::<Vec<_>>());
        for (target, (_, relation)) in found.targets.iter().zip(&targets) {
            let said = match (target.target_part, target.source_part) {
                (false, false) => "1:1",
                (false, true) => "1:n",
                (true, false) => "n:1",
                (true, true) => "n:n",
            };
            if !relation.is_empty() {
                assert_eq!(said, *relation, "{:?} to {:?}", catalogue.code(from).fact, catalogue.code(target.at).fact);
                seen += 1;
            }
        }
    }
    assert_eq!(seen, rows.len());
}

#[test]
fn the_explosive_links_of_the_real_tables_are_held_back_and_no_others() {
    let Some(catalogue) = imported() else { return };
    let table = catalogue
        .tables
        .iter()
        .find(|table| {
            let id = |edition: usize| catalogue.editions[edition].fact.id.as_str();
            (id(table.earlier), id(table.later)) == ("HS2017", "HS2022")
        })
        .unwrap();
    let held: std::collections::BTreeSet<&str> = table
        .rows()
        .filter(|(_, edge)| edge.held_back)
        .map(|(_, edge)| catalogue.editions[table.later].codes[edge.to as usize].fact.code.as_str())
        .collect();
    let expected = [
        "852411", "852412", "852419", "852491", "852492", "852499", "852990", "854151", "854159", "854921", "854929",
        "854931", "854939", "854991", "854999",
    ];
    assert_eq!(held.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn as_many_codes_changed_their_scope_under_the_same_digits_as_is_known() {
    let Some(catalogue) = imported() else { return };
    let (from, to) = (catalogue.edition("HS2017").unwrap(), catalogue.edition("HS2022").unwrap());
    let rows = (0u32..).zip(&catalogue.editions[from].codes).filter(|(_, code)| code.children.is_empty());
    let changed = rows
        .filter(|(row, _)| {
            translate(catalogue, Position { edition: from, row: *row }, to, false).same_digits_changed_scope
        })
        .count();
    assert_eq!(changed, 178);
}

#[test]
fn the_conversion_tables_add_nothing_to_the_correlations() {
    let Some(catalogue) = imported() else { return };
    let conversion = file("hs_conversion_unsd.csv").unwrap();
    let imported = read(catalogue, &announced(Format::UnsdConversion, None), &conversion, 1 << 20);
    assert_eq!((imported.rows, imported.tables.len(), imported.links.len()), (38_433, 0, 0));
    assert!(imported.faults.is_empty(), "{:?}", imported.faults.first());
    // Where there is no correlation they are all there is, and known not to be all.
    let nomenclature = file("hs_nomenclature_all_editions.csv").unwrap();
    let (bare, _) = with(&starter(), &announced(Format::ComtradeNomenclature, None), &nomenclature);
    let mut facts = bare.facts();
    facts.links.clear();
    let bare = Catalogue::build(1, facts).unwrap();
    let (converted, _) = with(&bare, &announced(Format::UnsdConversion, None), &conversion);
    let found = translate(&converted, at(&converted, "HS2022", "854143"), converted.edition("HS2017").unwrap(), false);
    assert!(found.incomplete && found.targets.len() == 1);
}

#[test]
fn the_us_tariff_keeps_the_words_of_its_uncoded_headings() {
    let (Some(base), Some(text)) = (imported(), file("us_hts_2026_rev4.csv")) else { return };
    let announced = announced(Format::UsHtsCsv, Some(edition("US-HTS-2026", "us-hts", "HS2022")));
    let (catalogue, imported) = with(base, &announced, &text);
    assert_eq!(
        (imported.rows, imported.refused),
        (35_733, 0),
        "{:?}",
        &imported.faults[..imported.faults.len().min(5)]
    );
    let us = catalogue.edition("US-HTS-2026").unwrap();
    let uncoded = catalogue.editions[us].codes.iter().filter(|code| code.level == Level::Uncoded).count();
    assert_eq!(uncoded, 5_926);
    let males = at(&catalogue, "US-HTS-2026", "0101210010");
    let above: Vec<&str> =
        catalogue.ancestors(males).map(|at| catalogue.code(at).fact.descriptions[0].1.as_str()).collect();
    assert_eq!(above, ["Purebred breeding animals", "Horses:", "Live horses, asses, mules and hinnies:"]);
    assert_eq!(catalogue.code(males).fact.units, ["No."]);
    // A national line is a part of its subheading, and nothing is padded into one.
    let line = at(&catalogue, "US-HTS-2026", "8541430010");
    let found = translate(&catalogue, line, catalogue.edition("HS2022").unwrap(), false);
    let codes: Vec<&str> = found.targets.iter().map(|it| catalogue.code(it.at).fact.code.as_str()).collect();
    assert_eq!(codes, ["854143"]);
    assert!(found.targets[0].target_part && !found.incomplete);
    let asked = |code: &str| crate::domain::CodeRef {
        edition: crate::domain::EditionId::parse("US-HTS-2026").unwrap(),
        code: crate::domain::CodeText::parse(code).unwrap(),
    };
    assert!(resolve(&catalogue, &asked("854143")).is_err());
    assert!(resolve(&catalogue, &asked("8541.43.00.10")).is_ok());
}

#[test]
fn terms_of_the_uk_lead_to_the_codes_that_hold_their_lines() {
    let announced = announced(Format::UkSearchReferences, crate::domain::harmonized::edition("HS2022"));
    let text = b"term,commodity_code\nsun panel,8541430010\nsun panel,8541430090\n,8541430000\nnothing,0000000000\n";
    let (catalogue, found) = with(&starter(), &announced, text);
    assert_eq!(told(&found), ["4 term description_empty", "5 commodity_code code_unknown"]);
    assert_eq!((found.rows, found.refused, found.terms.len()), (4, 2, 1));
    assert_eq!(catalogue.terms[0].at, at(&catalogue, "HS2022", "854143"));
    // The next file takes the place of this one.
    let (catalogue, _) = with(&catalogue, &announced, b"term,commodity_code\nwind mill,8502310000\n");
    let terms: Vec<_> = catalogue.facts().terms.into_iter().map(|term| (term.code, term.term)).collect();
    assert_eq!(terms, [("850231".to_owned(), "wind mill".to_owned())]);

    let (Some(base), Some(text)) = (imported(), file("uk_search_references.csv")) else { return };
    let (catalogue, found) = with(base, &announced, &text);
    assert_eq!((found.rows, found.refused), (4_006, 0), "{:?}", found.faults.first());
    let query =
        Query { text: "abalone".to_owned(), editions: vec![catalogue.edition("HS2022").unwrap()], ..Query::default() };
    let best = search(&catalogue, &query).next().unwrap();
    assert!(["030781", "030783", "030787", "160557"].contains(&catalogue.code(best.at).fact.code.as_str()));
}

#[test]
fn vague_and_ambiguous_terms_of_the_uk_are_kept_apart_each_the_whole_of_its_kind() {
    let vague = announced(Format::UkVagueTerms, None);
    let (catalogue, found) = with(&starter(), &vague, b"gift\n\"parts, spare\"\n\"24\"\" screen\"\n...\n");
    assert_eq!(told(&found), ["4  description_empty"]);
    assert_eq!((found.rows, found.refused), (4, 1));
    let terms = |catalogue: &Catalogue| {
        let of = |fact: &VagueFact| (fact.id(), fact.terms.iter().map(|it| it.term.clone()).collect::<Vec<_>>());
        catalogue.facts().vague.iter().map(of).collect::<Vec<_>>()
    };
    let expected = ["gift", "parts, spare", "24\" screen"].map(str::to_owned).to_vec();
    assert_eq!(terms(&catalogue), [("vague-en".to_owned(), expected.clone())]);
    let ambiguous = announced(Format::UkInterceptTerms, None);
    let text = b"term,related_words,question,guidance_page\nadapter,\"adapters, adaptor\",,\nsteel,,Which product of steel?,\n\
        tile,,,ceramics\n,x,,\n";
    let (catalogue, found) = with(&catalogue, &ambiguous, text);
    assert_eq!(told(&found), ["5 term description_empty"]);
    let all = terms(&catalogue);
    assert_eq!(all[0], ("vague-en".to_owned(), expected));
    assert_eq!(all[1], ("ambiguous-en".to_owned(), ["adapter", "steel", "tile"].map(str::to_owned).to_vec()));
    let facts = catalogue.facts().vague;
    assert_eq!(facts[1].terms[0].related, ["adapters", "adaptor"]);
    assert_eq!(facts[1].terms[1].question, "Which product of steel?");
    assert!(facts[1].terms[2].question.ends_with("ceramics"));
    // The next file takes the place of its own kind alone.
    let (catalogue, _) = with(&catalogue, &vague, b"stuff\n");
    assert_eq!(terms(&catalogue).into_iter().map(|(_, terms)| terms.len()).collect::<Vec<_>>(), [3, 1]);

    let (Some(vague), Some(ambiguous)) = (file("uk_vague_terms.csv"), file("uk_intercept_terms_ambiguous.csv")) else {
        return;
    };
    let (_, found) = with(&starter(), &announced(Format::UkVagueTerms, None), &vague);
    assert!(found.rows > 4_400 && found.refused < 10, "{} {:?}", found.rows, &found.faults);
    let (_, found) = with(&starter(), &announced(Format::UkInterceptTerms, None), &ambiguous);
    assert_eq!((found.rows, found.refused), (728, 0), "{:?}", found.faults.first());
}

#[test]
fn the_european_nomenclature_is_known_by_code_and_suffix() {
    let (Some(base), Some(text)) = (imported(), file("eu_taric_nomenclature_en_fr_de.csv")) else { return };
    let announced = announced(Format::EuNomenclature, Some(edition("EU-TARIC-2025", "eu-taric", "HS2022")));
    let (catalogue, imported) = with(base, &announced, &text);
    assert_eq!(
        (imported.rows, imported.refused),
        (25_702, 0),
        "{:?}",
        &imported.faults[..imported.faults.len().min(5)]
    );
    let breeding = at(&catalogue, "EU-TARIC-2025", "0101210000");
    let above: Vec<(&str, &str)> = catalogue
        .ancestors(breeding)
        .map(|at| (catalogue.code(at).fact.code.as_str(), catalogue.code(at).fact.suffix.as_str()))
        .collect();
    assert_eq!(above, [("010121000010", "10"), ("0101000000", "80"), ("0100000000", "80")]);
    let languages: Vec<&str> = catalogue.code(breeding).fact.descriptions.iter().map(|text| text.0.as_str()).collect();
    assert_eq!(languages, ["de", "en", "fr"]);
    let modules = at(&catalogue, "EU-TARIC-2025", "8541430000");
    let found = translate(&catalogue, modules, catalogue.edition("HS2022").unwrap(), false);
    let codes: Vec<&str> = found.targets.iter().map(|it| catalogue.code(it.at).fact.code.as_str()).collect();
    assert_eq!(codes, ["854143"]);
    assert!(!found.targets[0].target_part, "the European line is all of the subheading");
}
