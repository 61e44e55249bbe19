use crate::domain::testing::{at, day, invented, invented_facts, starter, with_whole_tables};
use crate::domain::*;

fn codes(catalogue: &Catalogue, positions: impl IntoIterator<Item = Position>) -> Vec<String> {
    positions.into_iter().map(|at| catalogue.code(at).fact.code.clone()).collect()
}

#[test]
fn ancestors_go_up_to_the_chapter_nearest_first() {
    let catalogue = starter();
    let ancestors = catalogue.ancestors(at(&catalogue, "HS2022", "854143"));
    assert_eq!(codes(&catalogue, ancestors), ["8541", "85"]);
}

#[test]
fn what_is_below_a_code_lies_between_it_and_its_end() {
    let catalogue = invented(&["01 0101 010121 010129 0102 010221 02 0201"], &[]);
    let chapter = at(&catalogue, "E1", "01");
    let leaves: Vec<_> = catalogue.leaves(chapter).map(|row| Position { row, ..chapter }).collect();
    assert_eq!(codes(&catalogue, leaves), ["010121", "010129", "010221"]);
    assert_eq!(catalogue.code(chapter).children.len(), 2);
}

#[test]
fn a_code_whose_parent_is_not_known_hangs_under_the_next_one_up() {
    let catalogue = invented(&["01 010121"], &[]);
    assert_eq!(codes(&catalogue, catalogue.ancestors(at(&catalogue, "E1", "010121"))), ["01"]);
}

#[test]
fn the_nearest_codes_to_one_that_does_not_exist_are_those_above_it() {
    let catalogue = starter();
    let edition = catalogue.edition("HS2022").unwrap();
    assert_eq!(codes(&catalogue, catalogue.nearest(edition, "854140")), ["8541", "85"]);
    assert_eq!(catalogue.editions_with("854140"), ["HS2017"]);
}

#[test]
fn where_all_codes_end_in_zeros_the_nearest_are_those_above_and_no_neighbours_that_begin_alike() {
    let mut facts =
        invented_facts(&["8000000000 8500000000 8540000000 8541000000 8541430000 9000000000 9900000000"], &[]);
    for (code, parent) in [("8540000000", "8500000000"), ("8541000000", "8500000000"), ("8541430000", "8541000000")] {
        facts.codes.iter_mut().find(|fact| fact.code == code).unwrap().parent = parent.to_owned();
    }
    let catalogue = Catalogue::build(1, facts).unwrap();
    let edition = catalogue.edition("E1").unwrap();
    let nearest = |code: &str| codes(&catalogue, catalogue.nearest(edition, code));
    assert_eq!(nearest("8541439999"), ["8541430000", "8541000000", "8500000000"]);
    assert_eq!(nearest("8541"), ["8541000000", "8500000000"]);
    assert_eq!(nearest("8549990000"), ["8500000000"]);
    assert_eq!(nearest("9999999999"), ["9900000000"]);
    assert!(nearest("7777777777").is_empty());
}

#[test]
fn the_edition_in_force_is_the_one_of_the_day() {
    let catalogue = starter();
    let ids = |on: &str| -> Vec<&str> {
        catalogue.in_force(day(on)).into_iter().map(|e| catalogue.editions[e].fact.id.as_str()).collect()
    };
    assert_eq!(ids("2021-12-31"), ["HS2017"]);
    assert_eq!(ids("2022-01-01"), ["HS2022"]);
    assert!(ids("2016-12-31").is_empty());
}

#[test]
fn facts_that_do_not_fit_together_are_refused() {
    let mut dangling = invented_facts(&["01", "01"], &["01>01"]);
    dangling.links[0].later_code = "02".to_owned();
    assert!(Catalogue::build(1, dangling).unwrap_err().to_string().contains("02 of E2"));
    let mut twice = invented_facts(&["01"], &[]);
    twice.codes.push(twice.codes[0].clone());
    assert!(Catalogue::build(1, twice).unwrap_err().to_string().contains("twice"));
    let mut orphan = invented_facts(&["01"], &[]);
    orphan.codes[0].edition = "E9".to_owned();
    assert!(Catalogue::build(1, orphan).unwrap_err().to_string().contains("E9"));
}

#[test]
fn a_code_that_has_lost_its_leading_zero_is_near_the_one_with_it() {
    let catalogue = Catalogue::build(1, invented_facts(&["01 0101 010121 10"], &[])).unwrap();
    let (edition, code) = (EditionId::parse("E1").unwrap(), CodeText::parse("10121").unwrap());
    let why = resolve(&catalogue, &CodeRef { edition, code }).unwrap_err();
    assert!(why.to_string().ends_with("; with its leading zero it is 010121"), "{why}");
    let near = |code: &str| codes(&catalogue, near_code(&catalogue, 0, code).1);
    assert_eq!(near("10121"), ["010121"], "where it is searched, too");
    assert!(matches!(&why, Unresolved::WrongLength { nearest, .. } if *nearest == ["010121"]), "{why:?}");
}

#[test]
fn a_near_code_is_written_apart_from_the_suffix_that_tells_its_line_apart() {
    let mut facts = invented_facts(&["01 0101 010121 01012110"], &[]);
    let line = facts.codes.iter_mut().find(|code| code.code == "01012110").unwrap();
    line.suffix = "10".to_owned();
    let catalogue = Catalogue::build(1, facts).unwrap();
    let (edition, code) = (EditionId::parse("E1").unwrap(), CodeText::parse("010121109999").unwrap());
    let nearest = match resolve(&catalogue, &CodeRef { edition, code }).unwrap_err() {
        Unresolved::WrongLength { nearest, .. } | Unresolved::UnknownCode { nearest, .. } => nearest,
        Unresolved::UnknownEdition { .. } => panic!("it is known"),
    };
    assert_eq!(nearest, ["010121 10", "010121", "0101", "01"]);
    let typed = CodeText::parse(&nearest[0]).unwrap();
    assert!(catalogue.find(0, typed.as_str()).is_some(), "it is found as it is written");
}

#[test]
fn a_wrong_length_a_missing_code_and_a_missing_edition_are_told_apart() {
    let catalogue = starter();
    let asked = |edition: &str, code: &str| {
        let (edition, code) = (EditionId::parse(edition).unwrap(), CodeText::parse(code).unwrap());
        resolve(&catalogue, &CodeRef { edition, code }).unwrap_err()
    };
    assert!(matches!(asked("HS2022", "85414"), Unresolved::WrongLength { length: 5, .. }));
    let line = asked("HS2022", "8541430010");
    assert!(
        matches!(&line, Unresolved::WrongLength { nearest, .. } if *nearest == ["854143", "8541", "85"]),
        "a line of a tariff is told the subheading that holds it: {line}"
    );
    assert!(line.to_string().ends_with("; the nearest code above it is 854143"), "{line}");
    assert!(
        matches!(asked("HS2012", "854140"), Unresolved::UnknownEdition { known, .. } if known == ["HS2017", "HS2022"])
    );
    assert!(matches!(asked("HS2022", "854140"), Unresolved::UnknownCode { editions, .. } if editions == ["HS2017"]));
}

#[test]
fn history_tells_creation_deletion_and_changed_scope() {
    let catalogue = starter();
    let steps = |edition: &str, code: &str| -> Vec<(Event, Vec<String>)> {
        let steps = history(&catalogue, at(&catalogue, edition, code));
        steps.into_iter().map(|step| (step.event, codes(&catalogue, step.related))).collect()
    };
    assert_eq!(steps("HS2022", "854143"), [(Event::Created, vec!["854140".to_owned()])]);
    let split = ["854141", "854142", "854143", "854149"].map(str::to_owned).to_vec();
    assert_eq!(steps("HS2017", "854140"), [(Event::Deleted, split)]);
    assert!(matches!(steps("HS2022", "850131").as_slice(), [(Event::ScopeChanged, _)]));
    assert!(steps("HS2022", "850231").is_empty());
    assert!(steps("HS2022", "852990").is_empty(), "nothing is said of a code whose links are not all known");
}

#[test]
fn history_holds_each_edition_against_the_one_before_it_alone_and_tells_nothing_twice() {
    let facts = invented_facts(&["10", "10 11", "10 11", "10"], &["10>10~ 10>11", "10>10 11>11", "10>10 11>10"]);
    let mut whole = facts.clone();
    // Tables that leap over an edition, as the published ones do.
    for (earlier, later) in [("E1", "E3"), ("E1", "E4"), ("E2", "E4")] {
        whole.links.push(crate::domain::LinkFact {
            earlier_edition: earlier.to_owned(),
            earlier_code: "10".to_owned(),
            later_edition: later.to_owned(),
            later_code: "10".to_owned(),
            ex: false,
            held_back: false,
            words: None,
        });
    }
    for facts in [facts, whole] {
        let catalogue = Catalogue::build(1, facts).unwrap();
        let told = |edition: &str, code: &str| -> Vec<(Event, String)> {
            let steps = history(&catalogue, at(&catalogue, edition, code)).into_iter();
            steps.map(|step| (step.event, catalogue.editions[step.edition].fact.id.clone())).collect()
        };
        let of = |event, edition: &str| (event, edition.to_owned());
        assert_eq!(told("E2", "11"), [of(Event::Created, "E2"), of(Event::Deleted, "E4")]);
        assert_eq!(told("E1", "10"), [of(Event::ScopeChanged, "E2"), of(Event::ScopeChanged, "E4")]);
    }
}

#[test]
fn history_of_the_real_nomenclature_tells_each_creation_and_deletion_once_and_in_its_edition() {
    let Some(catalogue) = crate::domain::testing::real::real() else { return };
    let told = |edition: &str, code: &str| -> Vec<(Event, String)> {
        let steps = history(catalogue, at(catalogue, edition, code)).into_iter();
        steps.map(|step| (step.event, catalogue.editions[step.edition].fact.id.clone())).collect()
    };
    assert_eq!(told("HS2022", "010121"), [(Event::Created, "HS2012".to_owned())]);
    let displays = told("HS2012", "852851");
    assert_eq!(displays.iter().filter(|(event, _)| *event == Event::Deleted).count(), 1, "{displays:?}");
    assert_eq!(displays.last(), Some(&(Event::Deleted, "HS2017".to_owned())));
}

#[test]
fn history_of_a_heading_is_that_of_the_goods_below_it() {
    // In E2 010102 went to a new heading, and 0103 was split under itself; in E3 0104 is gone and 0103 has new words.
    let editions = [
        "01 0101 010101 010102 0103 010300 0104 010400",
        "01 0101 010101 0102 010202 0103 010301 010302 0104 010400",
        "01 0101 010101 0102 010202 0103 010301 010302",
    ];
    let links = [
        "010101>010101 010102>010202 010300>010301 010300>010302 010400>010400",
        "010101>010101 010202>010202 010301>010301 010302>010302 010400>010101",
    ];
    let mut facts = invented_facts(&editions, &links);
    let of_words = |code: &&mut crate::domain::CodeFact| (code.edition.as_str(), code.code.as_str()) == ("E3", "0103");
    facts.codes.iter_mut().find(of_words).unwrap().descriptions[0].1 = "Horses".to_owned();
    let told = |facts: &crate::domain::Facts, edition: &str, code: &str| -> Vec<(Event, usize, Vec<String>)> {
        let catalogue = Catalogue::build(1, facts.clone()).unwrap();
        let steps = history(&catalogue, at(&catalogue, edition, code)).into_iter();
        steps.map(|step| (step.event, step.edition, codes(&catalogue, step.related))).collect()
    };
    let of = |event, edition, related: &[&str]| -> (Event, usize, Vec<String>) {
        (event, edition, related.iter().map(|code| (*code).to_owned()).collect())
    };
    assert_eq!(
        told(&facts, "E1", "0101"),
        [of(Event::ScopeChanged, 1, &["0101", "0102"]), of(Event::ScopeChanged, 2, &["0101"])]
    );
    assert_eq!(told(&facts, "E2", "0102"), [of(Event::Created, 1, &["0101"])]);
    assert_eq!(told(&facts, "E1", "0103"), [of(Event::Redescribed, 2, &["0103"])], "a split under it is none of it");
    assert_eq!(told(&facts, "E1", "0104"), [of(Event::Deleted, 2, &["0101"])]);
    assert!(told(&facts, "E1", "01").is_empty(), "all that moved stayed in the chapter");
    // Of a heading of which not all codes are known here, no more is said than is known.
    facts.editions[1].partial = true;
    assert!(told(&facts, "E1", "0101").is_empty());
    assert_eq!(told(&facts, "E1", "0104"), [of(Event::Deleted, 2, &[])]);
}

#[test]
fn a_table_that_says_nothing_of_a_code_is_no_change_of_its_scope() {
    let codes = "01 0101 010101 010102 99 9999 999901 999999";
    let links = "010101>010101 010101>010102 010102>010102 999901>999901";
    let catalogue = Catalogue::build(1, with_whole_tables(invented_facts(&[codes, codes], &[links]))).unwrap();
    let events = |code: &str| -> Vec<Event> {
        history(&catalogue, at(&catalogue, "E1", code)).into_iter().map(|step| step.event).collect()
    };
    for code in ["999999", "9999", "99"] {
        assert!(events(code).is_empty(), "{code}");
    }
    assert_eq!(events("010101"), [Event::ScopeChanged], "the table is whole");
    // Where the rest of a heading changed, it did.
    let links = "010101>010101 010101>999901";
    let catalogue = Catalogue::build(1, with_whole_tables(invented_facts(&[codes, codes], &[links]))).unwrap();
    let steps = history(&catalogue, at(&catalogue, "E1", "9999"));
    assert_eq!(steps.iter().map(|step| step.event).collect::<Vec<_>>(), [Event::ScopeChanged]);
}

#[test]
fn history_of_real_headings_and_chapters_tells_what_their_goods_became() {
    let Some(catalogue) = crate::domain::testing::real::real() else { return };
    let told = |edition: &str, code: &str| -> Vec<(Event, String, Vec<String>)> {
        let steps = history(catalogue, at(catalogue, edition, code)).into_iter();
        let edition = |step: &crate::domain::Step| catalogue.editions[step.edition].fact.id.clone();
        steps.map(|step| (step.event, edition(&step), codes(catalogue, step.related))).collect()
    };
    let made = told("HS2022", "8524");
    assert!(matches!(made.as_slice(), [.., (Event::Created, edition, _)] if edition == "HS2022"), "{made:?}");
    let solar = told("HS2022", "8541");
    assert!(solar.iter().any(|(event, edition, _)| (*event, edition.as_str()) == (Event::ScopeChanged, "HS2022")));
    for (event, _, related) in told("HS2022", "85") {
        assert!(matches!(event, Event::ScopeChanged | Event::Redescribed));
        assert!(related.iter().all(|code| code.len() == 2) && related.contains(&"85".to_owned()), "{related:?}");
    }
}

#[test]
fn history_tells_that_the_same_goods_were_put_in_other_words() {
    let mut facts = invented_facts(&["01 02", "01 02"], &["01>01 02>02"]);
    for code in facts.codes.iter_mut().filter(|code| code.edition == "E2") {
        code.descriptions[0].1 = if code.code == "01" { "Live animals".to_owned() } else { " 02. ".to_owned() };
    }
    let catalogue = Catalogue::build(1, facts).unwrap();
    let events = |code: &str| -> Vec<Event> {
        history(&catalogue, at(&catalogue, "E2", code)).into_iter().map(|step| step.event).collect()
    };
    assert_eq!(events("01"), [Event::Redescribed]);
    assert!(events("02").is_empty(), "marks and blanks are no words");
}
