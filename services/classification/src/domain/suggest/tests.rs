use super::*;
use crate::domain::facts::{ExampleFact, Shortfall, SourceFact, VagueFact, VagueTerm};
use crate::domain::testing::{day, starter};

fn example(description: &str, edition: &str, code: &str) -> ExampleFact {
    ExampleFact {
        description: description.to_owned(),
        edition: edition.to_owned(),
        code: code.to_owned(),
        decided_on: day("2024-01-01"),
        source: SourceFact::default(),
        invented: true,
        withdrawn: false,
        taught: 2,
    }
}

fn ask(catalogue: &Catalogue, description: &str) -> Suggestion {
    among(catalogue, description, None)
}

fn among(catalogue: &Catalogue, description: &str, among: Option<&HashSet<u32>>) -> Suggestion {
    let edition = catalogue.edition("HS2022").unwrap();
    suggest(catalogue, &Question { description, edition, on: day("2025-01-01"), among, limit: 10 })
}

fn first(catalogue: &Catalogue, answer: &Suggestion) -> String {
    catalogue.code(answer.candidates[0].at).fact.code.clone()
}

fn findings(answer: &Suggestion) -> Vec<&'static str> {
    answer.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn confidences_are_probabilities_in_falling_order() {
    let catalogue = starter().with_taught(2, vec![example("Sun catcher 9000", "HS2022", "854143")]);
    for text in
        ["solar cells", "copper scrap", "sun catcher 9000", "electric motor vehicles with battery", "锂离子电池"]
    {
        let answer = ask(&catalogue, text);
        let sum: f64 = answer.candidates.iter().map(|candidate| candidate.confidence).sum();
        assert!(sum <= 1.0 + 1e-9, "{text}: {sum}");
        let falling = answer.candidates.windows(2).all(|pair| pair[0].confidence >= pair[1].confidence);
        assert!(falling && answer.candidates.iter().all(|c| (0.0..=1.0).contains(&c.confidence)), "{text}");
    }
}

#[test]
fn a_taught_name_is_found_with_the_example_that_decided_and_the_lift_it_gave() {
    let untaught = ask(&starter(), "Sun catcher 9000");
    assert!(untaught.cannot_tell);
    let lesson = example("Sun catcher 9000", "HS2022", "854143");
    let catalogue = starter().with_taught(2, vec![lesson.clone()]);
    let answer = ask(&catalogue, "sun catcher 9000");
    let best = &answer.candidates[0];
    assert_eq!(first(&catalogue, &answer), "854143");
    assert_eq!(best.examples.iter().map(|example| &example.fact).collect::<Vec<_>>(), [&lesson]);
    assert!(best.confidence > 0.8 && best.lift > 0.7, "{} {}", best.confidence, best.lift);
    assert!(!answer.cannot_tell);
    assert!(!findings(&answer).contains(&"vague_term"), "what was taught is no unknown word: {:?}", answer.findings);
}

#[test]
fn of_an_edition_that_is_held_in_part_it_is_said_that_the_right_code_may_not_be_there() {
    let catalogue = starter();
    let answer = ask(&catalogue, "bicycle");
    assert_eq!(first(&catalogue, &answer), "871160", "no code of bicycles without a motor is held");
    assert_eq!(findings(&answer), ["use_missing", "edition_partial"]);
    assert!(answer.findings[0].message.contains("electric"), "{:?}", answer.findings);
    let mut facts = crate::starter::facts().unwrap();
    facts.editions.iter_mut().for_each(|edition| edition.partial = false);
    let whole = Catalogue::build(1, facts).unwrap();
    assert_eq!(findings(&ask(&whole, "bicycle")), ["use_missing"]);
}

#[test]
fn of_an_edition_that_is_held_in_part_nothing_is_surer_than_that_the_right_code_is_held() {
    let catalogue = starter();
    let mut facts = crate::starter::facts().unwrap();
    facts.editions.iter_mut().for_each(|edition| edition.partial = false);
    let whole = Catalogue::build(1, facts).unwrap();
    for text in ["bicycle", "自行车", "solar panel", "copper scrap", "热泵"] {
        let (part, whole) = (ask(&catalogue, text), ask(&whole, text));
        assert!(part.candidates[0].confidence <= HELD, "{text}: {}", part.candidates[0].confidence);
        assert!(part.cannot_tell || part.candidates[0].confidence == whole.candidates[0].confidence * HELD, "{text}");
        let told = part.findings.last().unwrap().message.as_str();
        assert!(told.ends_with("as likely as not.") || told.ends_with("各半计算。"), "{text}: {told}");
        // What the description says does not hang on what is held.
        assert_eq!(findings(&part)[..part.findings.len() - 1], findings(&whole), "{text}");
    }
    // Of what was decided before the code is held.
    let taught = starter().with_taught(2, vec![example("Bicycle", "HS2022", "871160")]);
    let answer = ask(&taught, "bicycle");
    assert!(answer.candidates[0].confidence > 0.8, "{:?}", answer.candidates[0]);
    assert!(answer.findings.iter().all(|finding| !finding.message.contains("as likely as not")));
}

#[test]
fn only_what_is_open_is_asked_and_by_what_tells_the_leading_candidates_apart() {
    let catalogue = starter();
    for text in
        ["solar panel", "photovoltaic module", "太阳能电池板", "bicycle", "太阳能电池", "copper scrap", "热泵热水器"]
    {
        let answer = ask(&catalogue, text);
        let confidence = |place: usize| answer.candidates.get(place).map_or(0.0, |candidate| candidate.confidence);
        let open = confidence(1) >= confidence(0) * 0.2;
        assert!(open || answer.question.is_none(), "{text}: {:?}", answer.question);
        assert!(open || !findings(&answer).contains(&"material_missing"), "{text}: {:?}", answer.findings);
    }
    let panel = ask(&catalogue, "solar panel");
    assert_eq!(panel.question, None, "{:?}", panel.candidates[1].confidence);
    assert!(!panel.findings[0].message.contains("display"), "those are of another code: {:?}", panel.findings);
}

/// What is said of a description: each finding, and what is asked.
fn said(answer: Suggestion) -> Vec<String> {
    answer.findings.into_iter().map(|finding| finding.message).chain(answer.question).collect()
}

#[test]
fn who_asks_in_chinese_is_told_and_asked_everything_in_chinese() {
    let catalogue = starter();
    let told = |text: &str| said(ask(&catalogue, text));
    // An edition is called the same in any language.
    let latin = |text: &String| text.replace("HS2022", "").contains(|letter: char| letter.is_ascii_alphabetic());
    for text in ["太阳能电池", "光伏组件", "热泵", "电池", "热水器", "零件", "绿色产品"] {
        let told = told(text);
        assert!(told.len() > 1 && !told.iter().any(latin), "{text}: {told:?}");
    }
    for text in ["photovoltaic module", "water heater", "spare parts", "green"] {
        assert!(told(text).iter().all(|told| !crate::domain::words::is_chinese(told)), "{text}: {:?}", told(text));
    }
    assert!(!told("太阳能电池").concat().contains('铁'), "{:?}", told("太阳能电池"));
}

#[test]
fn that_a_word_stands_all_over_or_is_listed_is_told_in_chinese_to_who_asks_so() {
    let mut facts = crate::domain::testing::invented_facts(&[""], &[]);
    for heading in 1..=60 {
        let (digits, goods) = (format!("{heading:02}{heading:02}10"), format!("Plastic goods, kind {heading}"));
        let mut code = crate::domain::testing::code("E1", &digits, &goods);
        code.descriptions.push(("zh".to_owned(), format!("塑料货品，第{heading}种")));
        facts.codes.push(code);
    }
    let term = |term: &str| VagueTerm { term: term.to_owned(), ..VagueTerm::default() };
    for (shortfall, listed) in [(Shortfall::Vague, "赠品"), (Shortfall::Ambiguous, "灯")] {
        let (language, source) = ("zh".to_owned(), SourceFact::default());
        facts.vague.push(VagueFact { shortfall, language, terms: vec![term(listed)], source });
    }
    let catalogue = Catalogue::build(1, facts).unwrap();
    for (description, told) in [
        ("塑料", "“塑料”一词见于 60 章。"),
        ("赠品", "“赠品”已被列为没有说明是什么货物的用语。"),
        ("灯", "“灯”已被列为可能指多个编码的货物的用语。"),
    ] {
        let asked = Question { description, edition: 0, on: day("2025-01-01"), among: None, limit: 10 };
        let said = said(suggest(&catalogue, &asked));
        assert!(said.contains(&told.to_owned()), "{description}: {said:?}");
    }
}

#[test]
fn a_listed_term_is_found_where_its_words_stand_whatever_joins_them_and_not_without_what_makes_it_another() {
    let mut facts = crate::domain::testing::invented_facts(&["84"], &[]);
    let term = |term: &str, question: &str| {
        let (term, question) = (term.to_owned(), question.to_owned());
        VagueTerm { term, question, ..VagueTerm::default() }
    };
    let listed = [
        ("IT goods", "Which?"),
        ("IT equipment parts", "Which?"),
        ("machine parts", "Of which?"),
        ("parts", "Whose?"),
        ("arts and crafts", "Which?"),
        ("accessories of apparatus", "Of which?"),
    ];
    let terms = listed.map(|(listed, question)| term(listed, question)).to_vec();
    let (language, source) = ("en".to_owned(), SourceFact::default());
    facts.vague.push(VagueFact { shortfall: Shortfall::Vague, language, terms, source });
    let catalogue = Catalogue::build(1, facts).unwrap();
    for (description, listed) in [
        ("it goods", Some("IT goods")),
        ("Goods, IT", Some("IT goods")),
        ("goods", None),
        ("other goods", None),
        ("parts of a machine", Some("machine parts")),
        ("other parts", Some("parts")),
        ("arts & crafts", Some("arts and crafts")),
        ("apparatus accessories", Some("accessories of apparatus")),
        ("parts of IT equipment", Some("IT equipment parts")),
        ("parts of equipment", None),
    ] {
        let asked = Question { description, edition: 0, on: day("2025-01-01"), among: None, limit: 10 };
        let answer = suggest(&catalogue, &asked);
        let found = answer.findings.iter().find(|finding| finding.message.contains("is listed"));
        let term = found.map(|finding| finding.parameters[0].1.as_str());
        assert_eq!(term, listed, "{description}: {:?}", answer.findings);
    }
}

#[test]
fn who_asks_in_chinese_of_codes_that_are_described_in_english_alone_is_told_in_chinese_with_their_words() {
    let mut facts = crate::domain::testing::invented_facts(&[""], &[]);
    for heading in 1..=60 {
        let digits = format!("{heading:02}{heading:02}10");
        let kind = if heading % 2 == 0 { "wheeled" } else { "inflatable" };
        facts.codes.push(crate::domain::testing::code("E1", &digits, &format!("Toys, {kind}")));
        let [edition, language, term] = ["E1", "zh", "玩具 儿童"].map(str::to_owned);
        facts.terms.push(crate::domain::TermFact { edition, code: digits, language, term });
    }
    let catalogue = Catalogue::build(1, facts).unwrap();
    let asked = Question { description: "玩具", edition: 0, on: day("2025-01-01"), among: None, limit: 10 };
    let said = said(suggest(&catalogue, &asked));
    assert!(said.iter().all(|told| crate::domain::words::is_chinese(told)), "{said:?}");
    assert!(said.iter().any(|told| told.starts_with("描述没有说明") && told.contains("inflatable")), "{said:?}");
}

#[test]
fn a_code_that_has_only_the_words_which_name_no_goods_is_not_told() {
    // The starter has no code of washing machines, and several of machines.
    let answer = ask(&starter(), "washing machine");
    assert!(answer.cannot_tell, "{:?}", answer.candidates.first());
    assert!(answer.candidates.iter().all(|candidate| candidate.confidence < 0.25));
}

#[test]
fn the_everyday_chinese_words_for_solar_panels_and_for_solar_cells_are_told_apart() {
    let catalogue = starter();
    for (text, code) in [("太阳能电池板", "854143"), ("太阳能电池", "854142")] {
        assert_eq!(first(&catalogue, &ask(&catalogue, text)), code, "{text}");
    }
}

#[test]
fn abbreviations_and_references_to_other_codes_tell_nothing_of_goods() {
    let said = words("Harvesting machinery, n.e.c. in heading no. 8433").into_iter().filter(doubt::says);
    assert_eq!(said.map(|word| word.shown).collect::<Vec<_>>(), ["harvesting", "machinery"]);
}

#[test]
fn where_nothing_was_taught_no_candidate_has_a_lift() {
    let taught_later = starter().with_taught(2, vec![example("solar cell", "HS2022", "854142")]);
    let edition = taught_later.edition("HS2022").unwrap();
    for text in ["solar cells", "copper scrap", "electric motor vehicles with battery", "锂离子电池", "spare parts"]
    {
        for catalogue in [&starter(), &taught_later] {
            let on = day("2023-01-01");
            let answer = suggest(catalogue, &Question { description: text, edition, on, among: None, limit: 100 });
            assert!(answer.candidates.iter().all(|candidate| candidate.lift == 0.0), "{text}");
        }
    }
}

#[test]
fn an_example_in_an_older_edition_speaks_for_what_its_code_became() {
    let catalogue = starter().with_taught(2, vec![example("Sun catcher 9000", "HS2017", "854140")]);
    let answer = ask(&catalogue, "sun catcher 9000");
    let became: Vec<_> = answer.candidates.iter().take(4).map(|c| catalogue.code(c.at).fact.code.as_str()).collect();
    assert!(became.iter().all(|code| code.starts_with("8541")), "{became:?}");
    assert!(answer.candidates[0].confidence < 0.5);
}

#[test]
fn an_example_that_is_hardly_like_it_decides_nothing() {
    let plain = ask(&starter(), "lithium-ion battery");
    let catalogue = starter().with_taught(2, vec![example("ion thruster", "HS2022", "740400")]);
    let answer = ask(&catalogue, "lithium-ion battery");
    assert_eq!(first(&catalogue, &answer), first(&catalogue, &plain));
}

#[test]
fn examples_that_share_no_word_with_a_description_leave_its_answer_as_it_was_however_many_were_taught() {
    let plain = starter();
    let lessons = (0..400).flat_map(|number| {
        // Like the words that are asked, letter by letter, and none of them.
        [
            example(&format!("STUART solarium panelboard {number}"), "HS2022", "740400"),
            example(&format!("Coppertone scrapbook motorola {number}"), "HS2022", "854143"),
            example(&format!("美 {number} 段 Batterion Lithuania"), "HS2022", "853951"),
        ]
    });
    let taught = starter().with_taught(2, lessons.collect());
    let edition = plain.edition("HS2022").unwrap();
    let title = plain.code(plain.find(edition, "854143").unwrap()).fact.descriptions[0].1.clone();
    for text in ["solar panel", "copper scrap", "electric motor", "lithium-ion battery", "spare parts", &title] {
        let after = ask(&taught, text);
        // To the last bit.
        assert_eq!(format!("{after:?}"), format!("{:?}", ask(&plain, text)), "{text}");
        assert!(after.candidates.iter().all(|it| it.lift == 0.0 && it.examples.is_empty()), "{text}");
    }
}

#[test]
fn a_title_is_answered_with_its_code_however_many_examples_share_a_word_with_it() {
    let plain = starter();
    let lessons = (0..400).map(|number| match number % 4 {
        0 => example(&format!("photovoltaic garden lamp {number}"), "HS2022", "853951"),
        _ => example(&format!("boots, size {number}"), "HS2022", "740400"),
    });
    let taught = starter().with_taught(2, lessons.collect());
    let edition = plain.edition("HS2022").unwrap();
    let descriptions = &plain.code(plain.find(edition, "854143").unwrap()).fact.descriptions;
    let title = &descriptions.iter().find(|(language, _)| language == "en").unwrap().1;
    assert!(title.to_lowercase().contains("photovoltaic"), "{title}");
    let (before, after) = (ask(&plain, title), ask(&taught, title));
    assert_eq!((first(&plain, &before), first(&taught, &after)), ("854143".to_owned(), "854143".to_owned()));
    let [before, after] = [before, after].map(|answer| answer.candidates[0].confidence);
    assert!(after > 0.8 * before, "{before} {after}");
}

#[test]
fn a_misspelt_word_that_is_known_nowhere_is_answered_with_the_examples_of_the_one_that_was_meant() {
    let catalogue = starter().with_taught(2, vec![example("Tangleteezer", "HS2022", "740400")]);
    let answer = ask(&catalogue, "tangelteezer");
    assert_eq!(first(&catalogue, &answer), "740400");
    assert_eq!(answer.candidates[0].examples.len(), 1);
}

#[test]
fn one_taught_example_that_shares_a_word_outvotes_nothing() {
    let plain = starter();
    let catalogue = starter().with_taught(
        2,
        vec![
            example("water bottle for electric bicycle", "HS2022", "854143"),
            example("copper garden lamp", "HS2022", "853951"),
        ],
    );
    for text in
        ["electric motor", "water meter", "copper scrap", "garden hose", "electric lamp oil", "garden", "copper"]
    {
        let (before, after) = (ask(&plain, text), ask(&catalogue, text));
        let told = |answer: &Suggestion| answer.candidates.first().map(|best| best.confidence).unwrap_or_default();
        if before.cannot_tell {
            assert!(after.cannot_tell, "{text}: {} {}", told(&before), told(&after));
        } else {
            assert_eq!(first(&catalogue, &after), first(&plain, &before), "{text}");
        }
    }
    // What it is really like it decides still.
    let answer = ask(&catalogue, "water bottles for electric bicycles");
    assert_eq!(first(&catalogue, &answer), "854143");
    assert!(answer.candidates[0].confidence > 0.5, "{}", answer.candidates[0].confidence);
}

#[test]
fn examples_that_contradict_one_another_share_the_confidence() {
    let lessons =
        vec![example("Sun catcher 9000", "HS2022", "854143"), example("Sun catcher 9000", "HS2022", "853951")];
    let catalogue = starter().with_taught(2, lessons);
    let answer = ask(&catalogue, "sun catcher 9000");
    let shared: Vec<f64> = answer.candidates.iter().take(2).map(|candidate| candidate.confidence).collect();
    assert!(shared[0] <= 0.5 && shared[1] > 0.3 && shared[0] - shared[1] < 0.1, "{shared:?}");
}

#[test]
fn vague_words_are_told_and_not_guessed_at() {
    for text in [
        "spare parts",
        "gift item",
        "various goods",
        "xyzzy",
        "black",
        "new green product",
        "large size",
        "10 pcs",
        "零件",
    ] {
        let answer = ask(&starter(), text);
        assert!(answer.cannot_tell, "{text}");
        assert!(answer.candidates.iter().all(|candidate| candidate.confidence < TELLS), "{text}");
        assert!(findings(&answer).contains(&"vague_term") || text == "10 pcs", "{text}: {:?}", answer.findings);
    }
    // Beside a word that names goods they are no fault.
    let answer = ask(&starter(), "new electric cars");
    assert!(!answer.cannot_tell && !findings(&answer).contains(&"vague_term"), "{:?}", answer.findings);
}

#[test]
fn a_word_that_stands_all_over_the_classification_tells_nothing_alone() {
    let mut facts = crate::domain::testing::invented_facts(&[""], &[]);
    for heading in 1..=60 {
        let (digits, goods) = (format!("{heading:02}{heading:02}10"), format!("Plastic goods, kind {heading}"));
        facts.codes.push(crate::domain::testing::code("E1", &digits, &goods));
    }
    facts.codes.push(crate::domain::testing::code("E1", "990110", "Plastic clamps"));
    let catalogue = Catalogue::build(1, facts).unwrap();
    let asked = |description: &str| {
        suggest(&catalogue, &Question { description, edition: 0, on: day("2025-01-01"), among: None, limit: 10 })
    };
    let answer = asked("plastic");
    assert!(answer.cannot_tell && findings(&answer).contains(&"ambiguous_term"), "{:?}", answer.findings);
    assert!(!asked("plastic clamps").cannot_tell);
    assert_eq!(first(&catalogue, &asked("plastic clamps")), "990110");
}

#[test]
fn the_question_names_the_codes_that_it_tells_apart() {
    let mut facts = crate::domain::testing::invented_facts(&["85 8541"], &[]);
    for (digits, goods) in [("854141", "Copper tubes, polished"), ("854142", "Copper tubes, painted")] {
        facts.codes.push(crate::domain::testing::code("E1", digits, goods));
    }
    let catalogue = Catalogue::build(1, facts).unwrap();
    let asked = Question { description: "copper tubes", edition: 0, on: day("2025-01-01"), among: None, limit: 10 };
    let question = suggest(&catalogue, &asked).question.unwrap();
    assert!(question.contains("polished\" (8541.41)") && question.contains("painted\" (8541.42)"), "{question}");
}

#[test]
fn near_ties_are_told_as_near_ties_and_asked_about_however_many_others_have_a_word() {
    let mut facts = crate::domain::testing::invented_facts(&["85 8541"], &[]);
    for (digits, goods) in [("854141", "Copper tubes, polished"), ("854142", "Copper tubes, painted")] {
        facts.codes.push(crate::domain::testing::code("E1", digits, goods));
    }
    for kind in 0..250 {
        let (heading, goods) = if kind < 50 { (74, "Copper wire") } else { (70, "Glass beads") };
        let (digits, goods) = (format!("{heading}{kind:04}"), format!("{goods}, kind {kind}"));
        facts.codes.push(crate::domain::testing::code("E1", &digits, &goods));
    }
    let catalogue = Catalogue::build(1, facts).unwrap();
    let asked = Question { description: "copper tubes", edition: 0, on: day("2025-01-01"), among: None, limit: 100 };
    let answer = suggest(&catalogue, &asked);
    let said: Vec<f64> = answer.candidates.iter().map(|candidate| candidate.confidence).collect();
    assert!(said[1] > 0.8 * said[0] && said[2] < 0.2 * said[0], "{said:?}");
    assert!(said.iter().sum::<f64>() <= 1.0 + 1e-9, "{said:?}");
    assert!(answer.question.is_some());
}

#[test]
fn probabilities_fall_off_as_the_evidence_does_and_are_never_more_than_one_together() {
    let told = |top, behind: &[f64]| {
        let told = spread(top, behind);
        assert!(told.iter().sum::<f64>() <= 1.0 + 1e-9, "{told:?}");
        told
    };
    // Near ties before others: the first is as likely as said.
    let near = told(0.44, &[0.0, -0.1, -0.8, -0.9, -1.0, -1.1, -1.2, -1.3, -1.4, -1.5]);
    assert!((near[0] - 0.44).abs() < 1e-9 && near[1] > 0.3 && near[2] < 0.1, "{near:?}");
    // No surer than a tie allows.
    assert_eq!(told(0.9, &[0.0, 0.0]), [0.5, 0.5]);
    // That the first is not likely makes nothing more likely that is far behind it.
    let far = told(0.3, &[0.0, -5.0]);
    assert!((far[0] - 0.3).abs() < 1e-9 && (far[1] - 0.3 * f64::exp(-5.0)).abs() < 1e-12, "{far:?}");
}

#[test]
fn what_a_code_became_is_as_likely_each_where_nothing_prefers_one() {
    let catalogue = starter().with_taught(2, vec![example("Sun catcher 9000", "HS2017", "854140")]);
    let answer = ask(&catalogue, "sun catcher 9000");
    let said: Vec<f64> = answer.candidates.iter().take(4).map(|candidate| candidate.confidence).collect();
    assert!(said.len() == 4 && said[3] > 0.9 * said[0], "{said:?}");
    assert!(answer.question.is_some());
}

#[test]
fn only_what_is_admitted_is_suggested() {
    let catalogue = starter();
    let edition = catalogue.edition("HS2022").unwrap();
    let only = HashSet::from([catalogue.find(edition, "854143").unwrap().row]);
    let answer = among(&catalogue, "battery cells for vehicles", Some(&only));
    assert!(answer.candidates.iter().all(|candidate| only.contains(&candidate.at.row)));
}

#[test]
fn the_same_question_gives_the_same_answer_to_the_last_bit() {
    let lessons = || vec![example("battery car", "HS2022", "870380"), example("battery cell", "HS2022", "850760")];
    let catalogue = starter().with_taught(2, lessons());
    let confidences = |catalogue: &Catalogue| {
        let answer = ask(catalogue, "electric battery car with cell");
        answer.candidates.iter().map(|c| (c.at, c.confidence.to_bits())).collect::<Vec<_>>()
    };
    let once = confidences(&catalogue);
    for _ in 0..5 {
        assert_eq!(confidences(&starter().with_taught(2, lessons())), once);
    }
}
