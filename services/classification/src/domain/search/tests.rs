use super::*;
use crate::domain::testing::{at, code, edition, invented_facts, starter, with_national};
use crate::domain::{CodeFact, Facts, Scope, SourceFact, SynonymGroup, SynonymsFact, TermFact};

fn find(catalogue: &Catalogue, text: &str) -> Vec<(String, HitKind)> {
    let editions = vec![catalogue.edition("HS2022").unwrap()];
    let query = Query { text: text.to_owned(), editions, ..Query::default() };
    search(catalogue, &query).map(|hit| (catalogue.code(hit.at).fact.code.clone(), hit.kind)).collect()
}

fn first(catalogue: &Catalogue, text: &str) -> (String, HitKind) {
    find(catalogue, text).into_iter().next().unwrap_or_else(|| panic!("nothing for {text}"))
}

#[test]
fn the_exact_code_comes_first_then_those_that_begin_with_it() {
    let catalogue = starter();
    for text in ["8541.43", "854143", "8541 43", "８５４１．４３"] {
        assert_eq!(find(&catalogue, text), [("854143".to_owned(), HitKind::ExactCode)], "{text}");
    }
    let heading = find(&catalogue, "8541");
    assert_eq!(heading[0], ("8541".to_owned(), HitKind::ExactCode));
    assert!(heading[1..].iter().all(|(code, kind)| code.starts_with("8541") && *kind == HitKind::CodePrefix));
}

#[test]
fn a_code_of_letters_and_digits_is_found_as_one_of_digits_is() {
    let mut facts = invented_facts(&[""], &[]);
    // In the order of the file, which is not that of the codes.
    let rows = [
        ("A02", "Fish"),
        ("A021", "Cod"),
        ("A01", "Cereals"),
        ("A012", "Barley 01"),
        ("A011", "Wheat A01"),
        ("AB", "Led"),
    ];
    for (order, (digits, words)) in (1..).zip(rows) {
        facts.codes.push(CodeFact { order, ..code("E1", digits, words) });
    }
    let catalogue = Catalogue::build(1, facts).unwrap();
    let found = |text: &str| {
        let query = Query { text: text.to_owned(), editions: vec![0], ..Query::default() };
        let hits = search(&catalogue, &query).map(|hit| (catalogue.code(hit.at).fact.code.clone(), hit.kind));
        hits.collect::<Vec<_>>()
    };
    let all = ["A01", "A011", "A012"].map(str::to_owned);
    let kinds = [HitKind::ExactCode, HitKind::CodePrefix, HitKind::CodePrefix];
    for text in ["A01", "a01", "A.01", "Ａ０１"] {
        assert_eq!(found(text), all.clone().into_iter().zip(kinds).collect::<Vec<_>>(), "{text}");
    }
    assert_eq!(found("AB"), [("AB".to_owned(), HitKind::ExactCode)]);
    assert!(found("ab").is_empty(), "a word");
    let words = found("A 01");
    assert_eq!(words.first().map(|(code, _)| code.as_str()), Some("A012"));
    assert!(words.iter().all(|(_, kind)| *kind > HitKind::CodePrefix), "{words:?}");
}

#[test]
fn a_title_comes_before_everything_that_merely_holds_its_words() {
    let catalogue = starter();
    assert_eq!(
        first(&catalogue, "heat pumps other than air conditioning machines"),
        ("841861".to_owned(), HitKind::ExactTitle)
    );
    assert_eq!(first(&catalogue, "锂离子蓄电池（锂离子电池）"), ("850760".to_owned(), HitKind::ExactTitle));
}

/// Codes with descriptions as the nomenclature words them.
fn described(codes: &[(&str, &str)]) -> Catalogue {
    let digits: Vec<&str> = codes.iter().map(|(code, _)| *code).collect();
    let mut facts = crate::domain::testing::invented_facts(&[&digits.join(" ")], &[]);
    for (fact, (_, text)) in facts.codes.iter_mut().zip(codes) {
        fact.descriptions[0].1 = (*text).to_owned();
    }
    Catalogue::build(1, facts).unwrap()
}

#[test]
fn a_name_that_few_descriptions_begin_with_comes_before_what_merely_holds_its_words() {
    let catalogue = described(&[
        ("8712", "Bicycles and other cycles; including delivery tricycles, not motorised"),
        ("871200", "Bicycles and other cycles; including delivery tricycles, not motorised"),
        ("8512", "Lighting; for bicycles, bicycle lamps"),
        ("871491", "Cycles; frames and forks"),
        ("871492", "Cycles; wheel rims"),
        ("871493", "Cycles; hubs"),
        ("871494", "Cycles; brakes"),
        ("871495", "Cycles; saddles"),
        ("9506", "Skis; for snow"),
        ("6211", "Ski suits"),
    ]);
    let asked = |text: &str| -> Vec<(String, HitKind)> {
        let query = Query { text: text.to_owned(), editions: vec![0], ..Query::default() };
        search(&catalogue, &query).map(|hit| (catalogue.code(hit.at).fact.code.clone(), hit.kind)).collect()
    };
    let first = asked("Bicycles and other cycles");
    assert_eq!(first[..2], [("8712".to_owned(), HitKind::Name), ("871200".to_owned(), HitKind::Name)]);
    assert_eq!(asked("skis")[0], ("9506".to_owned(), HitKind::Name));
    // What many begin with names none of them.
    assert!(asked("cycles").iter().all(|(_, kind)| *kind != HitKind::Name));
}

/// The codes that words find in such a catalogue, best first.
fn found_in(catalogue: &Catalogue, text: &str) -> Vec<String> {
    let query = Query { text: text.to_owned(), editions: vec![0], ..Query::default() };
    search(catalogue, &query).map(|hit| catalogue.code(hit.at).fact.code.clone()).collect()
}

#[test]
fn a_description_speaks_first_of_what_its_head_names() {
    let catalogue = described(&[
        ("871200", "Bicycles and other cycles; including delivery tricycles, not motorised"),
        ("401150", "Rubber tyres, of a kind used on bicycles"),
        ("851210", "Lamps for bicycles"),
        ("270900", "Oils (petroleum), crude"),
    ]);
    assert_eq!(found_in(&catalogue, "bicycle")[0], "871200");
    assert_eq!(found_in(&catalogue, "bicycle tyres")[0], "401150");
    assert_eq!(found_in(&catalogue, "oil")[0], "270900");
}

#[test]
fn who_asks_for_a_thing_does_not_ask_for_its_parts() {
    let catalogue = described(&[
        ("845011", "Washing machines, fully automatic"),
        ("845090", "Washing machines, parts"),
        ("732490", "Sinks and baths"),
    ]);
    assert_eq!(found_in(&catalogue, "washing machine")[0], "845011");
    for text in ["washing machine parts", "parts for washing machines", "washing machine accessory"] {
        assert_eq!(found_in(&catalogue, text)[0], "845090", "{text}");
    }
}

#[test]
fn goods_are_found_by_common_chinese_words_where_they_are_described_in_english_alone() {
    let mut facts = crate::domain::testing::invented_facts(&["871200 871160 330510"], &[]);
    for (fact, text) in
        facts.codes.iter_mut().zip(["Bicycles and other cycles; not motorised", "Motorcycles; electric", "Shampoos"])
    {
        fact.descriptions[0].1 = text.to_owned();
    }
    facts.synonyms = starter().synonyms.facts().to_vec();
    let catalogue = Catalogue::build(1, facts).unwrap();
    for (text, code) in [("自行车", "871200"), ("洗发水", "330510")] {
        assert_eq!(found_in(&catalogue, text), [code], "{text}");
    }
}

#[test]
fn a_term_leads_to_the_older_code_that_all_its_goods_were_in_and_to_none_that_had_a_part() {
    use crate::domain::TermFact;
    let editions = ["10 11 12", "10 11 12", "20 21 22"];
    let mut facts =
        crate::domain::testing::invented_facts(&editions, &["10>10 11>11 12>12", "10>20 10>21 11>22 12>22"]);
    let term = |code: &str, term: &str| TermFact {
        edition: "E3".to_owned(),
        code: code.to_owned(),
        language: "en".to_owned(),
        term: term.to_owned(),
    };
    facts.terms.extend([term("20", "laptop"), term("22", "gadget")]);
    let catalogue = Catalogue::build(1, facts).unwrap();
    let found = |edition: usize, text: &str| -> Vec<String> {
        let query = Query { text: text.to_owned(), editions: vec![edition], ..Query::default() };
        search(&catalogue, &query).map(|hit| catalogue.code(hit.at).fact.code.clone()).collect()
    };
    for edition in [0, 1] {
        assert_eq!(found(edition, "laptop"), ["10"]);
        assert!(found(edition, "gadget").is_empty());
    }
}

#[test]
fn plain_words_find_what_people_mean_in_both_languages() {
    let catalogue = starter();
    for (text, code) in [
        ("solar modules", "854143"),
        ("wind turbines", "850231"),
        ("lithium-ion battery", "850760"),
        ("electric cars", "870380"),
        ("electric truck", "870460"),
        ("LED modules", "853951"),
        ("copper scrap", "7404"),
        ("太阳能电池组件", "854143"),
        ("风力发电机", "850231"),
        ("锂离子电池", "850760"),
        ("纯电动汽车", "870380"),
        ("热泵", "841861"),
        ("铝废碎料", "7602"),
    ] {
        let hits = find(&catalogue, text);
        let top: Vec<_> = hits.iter().take(3).map(|(code, _)| code.as_str()).collect();
        assert!(top.contains(&code), "{text}: {top:?}");
    }
}

#[test]
fn what_a_description_excludes_counts_less_than_what_it_names() {
    let catalogue = starter();
    assert_eq!(first(&catalogue, "solar modules").0, "854143");
    assert!(first(&catalogue, "photovoltaic DC generators").0.starts_with("85017"));
}

#[test]
fn words_of_the_heading_help_and_count_less() {
    let catalogue = starter();
    let hits = find(&catalogue, "vehicles golf");
    assert_eq!(hits[0].0, "870310");
}

#[test]
fn nothing_is_found_for_words_that_stand_nowhere() {
    let catalogue = starter();
    for text in ["xylophone", "的", "!!!", "of the", "9999"] {
        assert!(find(&catalogue, text).is_empty(), "{text}");
    }
}

#[test]
fn the_same_question_gives_the_same_hits_in_the_same_order() {
    let catalogue = starter();
    let editions: Vec<usize> = (0..catalogue.editions.len()).collect();
    let query = Query { text: "electric motor vehicles battery".to_owned(), editions, ..Query::default() };
    let once: Vec<_> = search(&catalogue, &query).collect();
    assert!(once.len() > 20);
    for _ in 0..10 {
        assert_eq!(search(&starter(), &query).collect::<Vec<_>>(), once);
    }
}

#[test]
fn filters_keep_what_they_name() {
    let catalogue = starter();
    let editions = vec![catalogue.edition("HS2017").unwrap(), catalogue.edition("HS2022").unwrap()];
    let only = at(&catalogue, "HS2017", "854140");
    let found = |editions: &[usize], level| {
        let (text, editions, levels) = ("solar".to_owned(), editions.to_vec(), vec![level]);
        let query = Query { text, editions, levels, ..Query::default() };
        search(&catalogue, &query).map(|hit| hit.at).collect::<Vec<_>>()
    };
    let subheadings = found(&editions[..1], Level::Subheading);
    assert!(subheadings.contains(&only) && subheadings.iter().all(|at| at.edition == only.edition));
    assert!(subheadings.iter().all(|at| catalogue.code(*at).level == Level::Subheading));
    let headings = found(&editions, Level::Heading);
    assert!(!headings.is_empty() && headings.iter().all(|at| catalogue.code(*at).level == Level::Heading));
}

#[test]
fn the_words_that_matched_are_shown() {
    let catalogue = starter();
    let query = Query {
        text: "purple solar cells".to_owned(),
        editions: vec![catalogue.edition("HS2022").unwrap()],
        ..Query::default()
    };
    let hit = search(&catalogue, &query).next().unwrap();
    assert_eq!((hit.kind, hit.matched), (HitKind::SomeWords, vec!["solar".to_owned(), "cells".to_owned()]));
}

#[test]
fn what_these_very_words_were_decided_to_mean_comes_after_titles_and_before_words() {
    use crate::domain::ExampleFact;
    use crate::domain::testing::day;
    let taught = |description: &str, code: &str, day_of: &str| ExampleFact {
        description: description.to_owned(),
        edition: "HS2022".to_owned(),
        code: code.to_owned(),
        decided_on: day(day_of),
        source: SourceFact::default(),
        invented: true,
        withdrawn: false,
        taught: 2,
    };
    let lessons =
        vec![taught("Solar modules!", "853951", "2024-01-01"), taught("solar MODULES", "740400", "2025-01-01")];
    let catalogue = starter().with_taught(2, lessons);
    let asked = |on: Option<&str>| {
        let editions = vec![catalogue.edition("HS2022").unwrap()];
        let query = Query { text: "solar modules".to_owned(), editions, on: on.map(day), ..Query::default() };
        let hit = search(&catalogue, &query).next().unwrap();
        (catalogue.code(hit.at).fact.code.clone(), hit.kind)
    };
    assert_eq!(asked(Some("2025-06-01")), ("740400".to_owned(), HitKind::TaughtExample));
    // A decision counts from its day on, until the next corrects it.
    assert_eq!(asked(Some("2024-06-01")), ("853951".to_owned(), HitKind::TaughtExample));
    assert_eq!(asked(Some("2023-06-01")).0, "854143");
    assert_eq!(asked(None).0, "854143");
}

/// Three editions of codes whose words are as common as those of a language: the first stands everywhere, the last once.
fn spoken() -> Catalogue {
    let mut facts = crate::domain::testing::invented_facts(&["", "", ""], &[]);
    let mut number = 1u64;
    let mut below = |most: u64| {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (number >> 33) % most
    };
    for (edition, codes) in [("E1", 2_000), ("E2", 2_000), ("E3", 300)] {
        for code in 0..codes {
            let mut words: Vec<String> = (0..4).map(|_| format!("word{}", word(below(1 << 16)))).collect();
            words.extend((0..40).filter(|_| below(4) == 0).map(|common| format!("word{}", word(1 << (common % 16)))));
            // Some stand above those that begin with their digits.
            let digits = if code % 50 == 0 { format!("{:04}", code / 50) } else { format!("{code:06}") };
            let parts = if code % 7 == 0 { "; parts" } else { "" };
            let not = if code % 3 == 0 { format!("; not word{}", word(1 << (code % 16))) } else { String::new() };
            let description = format!("{}{not}{parts}", words.join(" "));
            facts.codes.push(crate::domain::testing::code(edition, &digits, &description));
        }
    }
    let group = |asked: &str, meant: &[&str]| SynonymGroup {
        asked: vec![asked.to_owned()],
        meant: meant.iter().map(|&word| word.to_owned()).collect(),
    };
    facts.synonyms.push(SynonymsFact {
        language: "en".to_owned(),
        groups: vec![group("gadget", &["wordcg", "wordab"]), group("wordbd", &["wordah"])],
        source: SourceFact::default(),
    });
    Catalogue::build(1, facts).unwrap()
}

/// Numbers as letters: digits are no words. Small ones are few.
fn word(number: u64) -> String {
    let few = (65_536 / (number + 1)).min(300);
    [few / 17, few % 17].map(|part| char::from(b'a' + u8::try_from(part).unwrap())).iter().collect()
}

#[test]
fn a_special_provision_stands_behind_the_lines_that_goods_are_classified_in() {
    let facts = invented_facts(&["44 4421 442199 84 8479 847990 94 9403 940360 99 9999 999999"], &[]);
    let mut facts = with_national(facts, "N1", "E1", false, "");
    for (digits, words) in [
        ("44219900", "Wood"),
        ("84799000", "Machines"),
        ("94036000", "Furniture"),
        ("99030101", "Machine, wood or furniture of a country as enumerated in subdivision, provided for in a note"),
    ] {
        facts.codes.push(code("N1", digits, words));
    }
    let catalogue = Catalogue::build(1, facts).unwrap();
    let found = |editions: Vec<usize>| {
        let query = Query { text: "machine wood furniture".to_owned(), editions, ..Query::default() };
        let hits: Vec<String> =
            search(&catalogue, &query).map(|hit| catalogue.code(hit.at).fact.code.clone()).collect();
        hits
    };
    assert_eq!(found(vec![1]), ["44219900", "84799000", "94036000", "99030101"]);
    assert_eq!(
        found(vec![0]),
        ["442199", "847990", "940360"],
        "nothing of it is said of the chapter of the same digits"
    );
}

#[test]
fn a_question_of_nothing_but_what_goods_are_not_is_answered_by_what_excludes_the_same() {
    let mut facts = invented_facts(&[""], &[]);
    for (digits, words) in [
        ("700100", "Lenses of glass"),
        ("900150", "Lenses, other than of glass"),
        ("900160", "Lenses not of glass or plastics"),
        ("900170", "Frames without lenses"),
    ] {
        facts.codes.push(code("E1", digits, words));
    }
    let catalogue = Catalogue::build(1, facts).unwrap();
    let found = |text: &str| {
        let query = Query { text: text.to_owned(), editions: vec![0], ..Query::default() };
        let hits = search(&catalogue, &query).map(|hit| (catalogue.code(hit.at).fact.code.clone(), hit.matched));
        hits.collect::<Vec<_>>()
    };
    let hit = |digits: &str, words: &[&str]| -> (String, Vec<String>) {
        (digits.to_owned(), words.iter().map(|it| (*it).to_owned()).collect())
    };
    for text in ["not of glass", "other than of glass", "without glass"] {
        assert_eq!(found(text), [hit("900150", &["glass"]), hit("900160", &["glass"])], "{text}");
    }
    let two = found("not of plastics or glass");
    assert_eq!(two, [hit("900160", &["plastics", "glass"]), hit("900150", &["glass"])]);
    assert_eq!(found("lenses not of glass").len(), 3, "what is asked for counts first");
}

/// The hits as they are where every row is scored, each edition is asked alone, and all are put in order.
fn plainly(catalogue: &Catalogue, query: &Query) -> Vec<(Position, HitKind, f64)> {
    let words = words(&query.text);
    let wanted = Wanted::of(&words, &catalogue.synonyms);
    let hits = found(catalogue, query);
    let mut all: Vec<Ranked<'_>> = hits.better.values().copied().collect();
    for edition in &query.editions {
        let index = catalogue.index(*edition);
        let asked = index.ask(&wanted, &mut Slips::default());
        for (row, (score, found)) in index.score_plainly(&asked) {
            all.extend(hits.by_words(*edition, row, score / (2.0 * asked.total), found == asked.keys.len()));
        }
    }
    all.sort_unstable_by(|a, b| b.cmp(a));
    all.into_iter().map(|hit| (hit.at, hit.kind, f64::from(hit.score))).collect()
}

#[test]
fn what_cannot_be_among_the_best_is_left_out_and_changes_nothing() {
    let catalogue = spoken();
    let title = catalogue.editions[1].codes[777].fact.descriptions[0].1.clone();
    let texts = [
        "wordcg wordab wordad",
        "wordbd wordah wordap wordab",
        "wordcg wordbd",
        "wordab",
        // Misspelt, cut short, or standing nowhere.
        "wordcg wordzz wordab",
        "wordcgg wordabx wordad",
        "wordc worda wordbdd",
        "xylophone wordab wordcg",
        "xylophone",
        // Asked again, in one word or another, and with others that mean the same.
        "wordab wordab wordcg wordcgg",
        "gadget wordab wordap",
        "gadget wordcg wordbd wordah",
        "wordad parts",
        // What is not meant.
        "wordcg wordab not wordad",
        "wordap wordad, not wordbd wordcg",
        "wordcg wordad wordab wordap, not wordaa wordac wordbd wordah",
        "wordcgg wordad wordab, not wordaabb wordac wordah wordap wordar",
        // A code, the beginning of some, and a title.
        "000777",
        "0007",
        "0012",
        title.as_str(),
    ];
    let asked: [(&[usize], &[Level]); 5] = [
        (&[0, 1, 2], &[]),
        (&[2, 0], &[]),
        (&[1], &[]),
        (&[0, 1, 2], &[Level::Subheading]),
        (&[2, 0], &[Level::Heading]),
    ];
    let (mut left_out, mut kinds) = (0, BTreeSet::new());
    for (text, (editions, levels)) in texts.iter().flat_map(|text| asked.map(|asked| (*text, asked))) {
        let (text, editions, levels) = (text.to_owned(), editions.to_vec(), levels.to_vec());
        let query = Query { text, editions, levels, ..Query::default() };
        let mut expected = plainly(&catalogue, &query);
        expected.truncate(400);
        kinds.extend(expected.iter().map(|(_, kind, _)| *kind));
        let mut some = found(&catalogue, &query);
        some.rank();
        left_out += usize::from(!some.all);
        for taken in [0, 40, 300] {
            let hits = search(&catalogue, &Query { taken, ..query.clone() }).take(400);
            let hits: Vec<_> = hits.map(|hit| (hit.at, hit.kind, hit.score)).collect();
            let differ = hits.iter().zip(&expected).find(|(hit, expected)| hit != expected);
            assert_eq!((differ, hits.len()), (None, expected.len()), "{query:?}, {taken} taken");
        }
    }
    assert!(left_out > 30, "the question is not asked: {left_out}");
    let expected =
        [HitKind::ExactCode, HitKind::CodePrefix, HitKind::ExactTitle, HitKind::AllWords, HitKind::SomeWords];
    assert!(expected.iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
}

#[test]
fn hits_among_some_codes_are_those_of_all_hits_that_are_among_them() {
    let catalogue = spoken();
    let rows = |edition: u32| Arc::new((0..2_000).filter(|row| row % 37 == edition).collect::<HashSet<u32>>());
    let among = HashMap::from([(0, rows(3)), (1, rows(5))]);
    let is_among = |hit: &Hit| among.get(&hit.at.edition).is_some_and(|rows| rows.contains(&hit.at.row));
    for text in ["wordcg wordab wordad", "wordab", "0007", "wordap wordad, not wordbd wordcg"] {
        let all = Query { text: text.to_owned(), editions: vec![0, 1, 2], ..Query::default() };
        let some = Query { among: Some(among.clone()), ..all.clone() };
        let expected: Vec<Hit> = search(&catalogue, &all).filter(is_among).collect();
        assert!(!expected.is_empty() || text == "0007", "{text}");
        assert_eq!(search(&catalogue, &some).collect::<Vec<_>>(), expected, "{text}");
    }
}

#[test]
fn rows_that_are_likely_among_the_best_are_scored_as_when_they_are_found() {
    let catalogue = spoken();
    let mut scored = 0;
    for text in [
        "wordcg wordab wordad",
        "wordbd wordah wordap wordab",
        "gadget wordcg wordbd",
        "wordab parts",
        "wordcg wordab, not wordbd wordad",
    ] {
        let words = words(text);
        let wanted = Wanted::of(&words, &catalogue.synonyms);
        for edition in 0..3 {
            let index = catalogue.index(edition);
            let asked = index.ask(&wanted, &mut Slips::default());
            let likely = index.likely(&asked, FIRST);
            assert!(likely.is_empty() || likely.len() == FIRST, "{text}: {}", likely.len());
            scored += likely.len();
            let scores = index.score_plainly(&asked);
            for (row, score, all) in likely {
                let (expected, found) = scores[&row];
                assert_eq!((score, all), (expected, found == asked.keys.len()), "{text}, row {row} of {edition}");
            }
        }
    }
    assert!(scored > 0, "none is likely");
}

#[test]
fn what_was_read_for_indexes_is_forgotten_also_after_building_one_failed() {
    let catalogue = spoken();
    let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut read = catalogue.search.building.read.lock().unwrap();
        EditionIndex::build(&catalogue, 0, &mut read);
        assert_ne!(format!("{:?}", *read), format!("{:?}", Read::default()));
        panic!("it is not built");
    }));
    failed.unwrap_err();
    catalogue.build_indexes(&Catalogue::empty());
    let building = &catalogue.search.building;
    assert!(!building.read.is_poisoned(), "the next are built together again");
    let read = building.read.lock().unwrap();
    assert_eq!(format!("{:?}", *read), format!("{:?}", Read::default()));
}

#[test]
fn synonyms_are_read_with_the_words_that_are_indexed_and_not_before_a_code_can_be_asked_for() {
    let catalogue = starter();
    assert!(!catalogue.synonyms.are_read());
    catalogue.build_indexes(&Catalogue::empty());
    assert!(catalogue.synonyms.are_read());
    let catalogue = starter();
    catalogue.index(0);
    assert!(catalogue.synonyms.are_read());
}

#[test]
fn only_the_editions_whose_words_a_revision_changes_are_indexed_anew() {
    let mut facts = invented_facts(&["01 02 03"; 3], &["01>01 02>02 03>03"; 2]);
    let [of, digits, language, term] = ["E1", "01", "en", "panels"].map(str::to_owned);
    facts.terms.push(TermFact { edition: of, code: digits, language, term });
    let before = Catalogue::build(1, facts).unwrap();
    before.build_indexes(&Catalogue::empty());
    let indexed_anew = |editions: &[&str], change: &dyn Fn(&mut Facts)| -> Vec<String> {
        let editions = editions.iter().map(|id| (*id).to_owned()).collect();
        let tables = [("E1".to_owned(), "E2".to_owned())].into();
        let scope = Scope { editions, tables };
        let mut next = before.facts_within(&scope);
        change(&mut next);
        let after = before.rebuilt(2, next, &scope).unwrap();
        after.build_indexes(&before);
        assert!(after.is_wholly_indexed());
        let anew = |edition: &usize| {
            let id = after.editions[*edition].fact.id.as_str();
            let old = before.edition(id).and_then(|old| before.search.get(old));
            !old.is_some_and(|old| std::ptr::eq(old, after.index(*edition)))
        };
        (0..after.editions.len()).filter(anew).map(|at| after.editions[at].fact.id.clone()).collect()
    };
    assert!(indexed_anew(&[], &|_| ()).is_empty());
    // A link that no word goes along.
    assert!(indexed_anew(&[], &|facts| facts.links.retain(|link| link.earlier_code != "03")).is_empty());
    // The term of E1 goes no further than E1.
    assert_eq!(indexed_anew(&[], &|facts| facts.links.retain(|link| link.earlier_code != "01")), ["E2", "E3"]);
    let described = |facts: &mut Facts| facts.codes[0].descriptions[0].1 = "Tiles".to_owned();
    assert_eq!(indexed_anew(&["E2"], &described), ["E2"]);
    let new_edition = |facts: &mut Facts| {
        facts.editions.push(edition("E0", -1));
        facts.codes.push(code("E0", "01", "Tiles"));
    };
    assert_eq!(indexed_anew(&["E0"], &new_edition), ["E0"]);
    let new_term = |facts: &mut Facts| facts.terms[0].term = "modules".to_owned();
    assert_eq!(indexed_anew(&[], &new_term), ["E1", "E2", "E3"]);
}
