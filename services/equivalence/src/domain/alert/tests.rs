use std::sync::Arc;

use greenlane_curation::alerts::Concerns;
use serde_json::json;

use super::{Interest, ReachOf, due};
use crate::domain::catalogue::Catalogue;
use crate::domain::code::CodeReference;
use crate::domain::entry::Entry;
use crate::domain::equivalence::TargetKey;
use crate::domain::key::EconomyCode;
use crate::domain::translate::{NoTranslation, TranslateError, Translator};

fn catalogue() -> Catalogue {
    let entries = json!([
        { "economy": { "name": "XA" } },
        { "economy": { "name": "XB" } },
        { "economy": { "name": "XC" } },
        { "economy": { "name": "XBLOC", "bloc": true, "members": [{ "economy": "XB", "validity": { "from": "2020-01-01" } }] } },
        { "body": { "name": "bodies/cab", "economy": "XA" } },
        { "scheme": { "name": "schemes/held", "kind": "ENVIRONMENTAL_LABEL", "standards": ["standards/one"] } },
        { "scheme": { "name": "schemes/far", "kind": "ENVIRONMENTAL_LABEL" } },
        { "standard": { "name": "standards/one" } },
        { "standard": { "name": "standards/two" } },
        { "equivalence": { "name": "equivalences/e", "from": { "name": "standards/one" }, "to": { "name": "standards/two" },
            "degree": "IDENTICAL", "validity": { "from": "2020-01-01", "until": "2026-06-01" } } },
        { "requirement": { "name": "requirements/r", "market": "XBLOC", "mandatory": true,
            "codes": [{ "code": { "edition": "HS2022", "code": "8541" }, "except": ["854110"] }],
            "acceptances": [{ "target": { "name": "standards/two" } }], "validity": { "from": "2020-01-01" } } },
        { "arrangement": { "name": "arrangements/m", "parties": [{ "economy": "XA" }, { "economy": "XC" }],
            "in_force_from": "2020-01-01", "lapse": { "on": "2026-05-26", "rule": "GRANDFATHER", "earlier_results_until": "2027-01-01" } } },
        { "annex": { "name": "annexes/a", "arrangement": "arrangements/m", "validity": { "from": "2020-01-01" },
            "covered": [{ "name": "schemes/far" }], "origin_rule": "EXPORTING_PARTY",
            "codes": [{ "code": { "edition": "HS2017", "code": "854140" } }],
            "transitions": [{ "economy": "XC", "ends_on": "2026-03-01" }] } },
        { "designation": { "name": "designations/d", "body": "bodies/cab", "authority": "bodies/cab", "annex": "annexes/a",
            "validity": { "from": "2020-01-01", "until": "2026-04-01" } } },
    ]);
    let entries: Vec<Entry> = serde_json::from_value(entries).unwrap();
    Catalogue::new(7, entries)
}

fn interest(codes: &[(&str, &str)], markets: &[&str], schemes: &[&str]) -> Interest {
    Interest {
        codes: codes.iter().map(|(edition, code)| CodeReference::new(edition, code).unwrap()).collect(),
        markets: markets.iter().map(|it| EconomyCode::parse(it).unwrap()).collect(),
        schemes: schemes.iter().map(|it| TargetKey::parse(it).unwrap()).collect(),
        origins: Vec::new(),
    }
}

fn concerned(entry: &str, interest: &Interest) -> Concerns {
    let catalogue = catalogue();
    let reach = ReachOf::new(&catalogue).entry(&catalogue.entry(entry).unwrap());
    interest.in_reach(&reach, &NoTranslation)
}

#[test]
fn a_requirement_concerns_the_members_of_its_bloc_its_goods_and_whoever_can_reach_what_it_accepts() {
    let of = |codes: &[(&str, &str)], markets: &[&str], schemes: &[&str]| {
        concerned("requirements/r", &interest(codes, markets, schemes))
    };
    assert_eq!(of(&[], &[], &[]), Concerns::Yes);
    // A member of the bloc, a code and a heading, and a scheme that certifies to what is mapped to what is accepted.
    assert_eq!(of(&[("HS2022", "854143")], &["XB"], &["schemes/held"]), Concerns::Yes);
    assert_eq!(of(&[("HS2022", "85")], &[], &[]), Concerns::Yes);
    assert_eq!(of(&[("HS2022", "854110")], &[], &[]), Concerns::No);
    assert_eq!(of(&[("HS2022", "850231"), ("HS2022", "854143")], &[], &[]), Concerns::Yes);
    assert_eq!(of(&[], &["XC"], &[]), Concerns::No);
    assert_eq!(of(&[], &[], &["schemes/far"]), Concerns::No);
}

#[test]
fn an_equivalence_concerns_the_markets_that_it_opens_and_not_the_others() {
    let of = |markets: &[&str]| concerned("equivalences/e", &interest(&[], markets, &["schemes/held"]));
    assert_eq!(of(&["XB"]), Concerns::Yes);
    assert_eq!(of(&["XC"]), Concerns::No);
}

#[test]
fn a_designation_concerns_whom_its_annex_concerns() {
    assert_eq!(concerned("designations/d", &interest(&[], &["XC"], &["schemes/far"])), Concerns::Yes);
    assert_eq!(concerned("designations/d", &interest(&[], &["XB"], &[])), Concerns::No);
}

#[test]
fn what_is_asked_of_goods_of_some_origins_does_not_concern_goods_of_others() {
    let of = |entry: &str, origin: &str| {
        let origins = vec![EconomyCode::parse(origin).unwrap()];
        concerned(entry, &Interest { origins, ..Interest::default() })
    };
    // The annex carries what the parties certify and make.
    assert_eq!([of("annexes/a", "XA"), of("annexes/a", "XB")], [Concerns::Yes, Concerns::No]);
    assert_eq!([of("designations/d", "XC"), of("designations/d", "XB")], [Concerns::Yes, Concerns::No]);
    // The requirement is on goods of every origin.
    assert_eq!([of("requirements/r", "XA"), of("equivalences/e", "XC")], [Concerns::Yes, Concerns::Yes]);
    let mut requirement = catalogue().entry("requirements/r").unwrap();
    if let Entry::Requirement(it) = &mut requirement {
        it.origins = vec![EconomyCode::parse("XBLOC").unwrap()];
    }
    let catalogue = catalogue();
    let reach = ReachOf::new(&catalogue).entry(&requirement);
    let of = |origin: &str| {
        let origins = vec![EconomyCode::parse(origin).unwrap()];
        Interest { origins, ..Interest::default() }.in_reach(&reach, &NoTranslation)
    };
    assert_eq!([of("XB"), of("XA")], [Concerns::Yes, Concerns::No]);
}

#[test]
fn a_reach_over_changes_is_the_reach_in_the_catalogue_that_they_make() {
    use crate::domain::change::Change;
    use crate::domain::impact::apply;
    let entry = |value: serde_json::Value| Change::Upsert(serde_json::from_value(value).unwrap());
    let changes = [
        Change::Retire("equivalences/e".to_owned()),
        entry(
            json!({ "scheme": { "name": "schemes/far", "kind": "ENVIRONMENTAL_LABEL", "standards": ["standards/two"] } }),
        ),
        entry(
            json!({ "economy": { "name": "XBLOC", "bloc": true, "members": [{ "economy": "XC", "validity": { "from": "2020-01-01" } }] } }),
        ),
        entry(json!({ "requirement": { "name": "requirements/r", "market": "XBLOC", "mandatory": true,
            "acceptances": [{ "target": { "name": "standards/one" } }], "validity": { "from": "2020-01-01" } } })),
        entry(json!({ "requirement": { "name": "requirements/new", "market": "XA", "mandatory": true,
            "codes": [{ "code": { "edition": "HS2022", "code": "8501" } }],
            "acceptances": [{ "target": { "name": "standards/two" } }], "validity": { "from": "2020-01-01" } } })),
        entry(
            json!({ "annex": { "name": "annexes/b", "arrangement": "arrangements/m", "validity": { "from": "2020-01-01" } } }),
        ),
        entry(
            json!({ "annex": { "name": "annexes/a", "arrangement": "arrangements/m", "validity": { "from": "2020-01-01" },
            "covered": [{ "name": "standards/two" }], "codes": [{ "code": { "edition": "HS2022", "code": "8502" } }] } }),
        ),
    ];
    let before = catalogue();
    let after = apply(&before, &changes);
    let (over, whole) = (ReachOf::over(&before, &changes), ReachOf::new(&after));
    for entry in after.entries() {
        assert_eq!(over.entry(&entry), whole.entry(&entry), "{}", entry.name());
    }
    let (untouched, whole) = (ReachOf::over(&before, &[]), ReachOf::new(&before));
    for entry in before.entries() {
        assert_eq!(untouched.entry(&entry), whole.entry(&entry), "{}", entry.name());
    }
}

struct One;

impl Translator for One {
    fn translate(&self, code: &CodeReference, _: &Arc<str>) -> Result<Arc<[Arc<str>]>, TranslateError> {
        match &*code.code {
            "854143" => Ok([Arc::from("854140")].into()),
            "850231" => Ok([Arc::from("850231")].into()),
            _ => Err(TranslateError::Unknown),
        }
    }

    fn revision(&self) -> u64 {
        1
    }
}

#[test]
fn codes_of_another_edition_are_translated_and_what_cannot_be_is_said_to_be_uncertain() {
    let catalogue = catalogue();
    let reach = ReachOf::new(&catalogue).entry(&catalogue.entry("annexes/a").unwrap());
    let of = |code: &str| interest(&[("HS2022", code)], &[], &[]).in_reach(&reach, &One);
    assert_eq!(of("854143"), Concerns::Yes);
    assert_eq!(of("850231"), Concerns::No);
    assert_eq!(of("8541"), Concerns::Perhaps);
}

#[test]
fn each_day_that_comes_is_told_once_with_what_it_does_and_in_order() {
    let day = |text: &str| text.parse().unwrap();
    let now = "2026-02-15T12:00:00Z".parse().unwrap();
    let catalogue = catalogue();
    let alerts = due(&catalogue, day("2026-02-15"), day("2026-06-01"), now);
    let told: Vec<_> = alerts
        .iter()
        .map(|alert| {
            let item = &alert.items[0];
            (item.from.unwrap().to_string(), item.entry.as_str(), item.field.as_str(), item.tightens)
        })
        .collect();
    let told: Vec<_> =
        told.iter().map(|(day, entry, field, tightens)| (day.as_str(), *entry, *field, *tightens)).collect();
    assert_eq!(
        told,
        [
            ("2026-03-01", "annexes/a", "transitions[0].ends_on", false),
            ("2026-04-01", "designations/d", "validity.until", true),
            ("2026-05-26", "arrangements/m", "lapse.on", true),
            ("2026-06-01", "equivalences/e", "validity.until", true),
        ]
    );
    assert!(alerts[2].items[0].what.contains("count until 2027-01-01"), "{:?}", alerts[2]);
    // The same days are the same alerts, whatever the clock and the revision.
    let later = Catalogue::new(9, catalogue.entries());
    let again = due(&later, day("2026-02-16"), day("2026-06-02"), "2026-02-16T12:00:00Z".parse().unwrap());
    let names = |alerts: &[super::Alert]| alerts.iter().map(|alert| alert.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&again), names(&alerts));
}

#[test]
fn a_calendar_of_editions_concerns_the_goods_of_laws_that_ask_for_the_edition_beside_a_scheme() {
    let more = json!([
        { "requirement": { "name": "requirements/s", "market": "XB", "mandatory": true,
            "codes": [{ "code": { "edition": "HS2022", "code": "850740" } }], "validity": { "from": "2020-01-01" },
            "acceptances": [{ "target": { "name": "schemes/far" }, "together_with": [{ "name": "standards/old" }] }] } },
        { "edition_transition": { "name": "editionTransitions/t", "market": "XB", "from_standard": "standards/old",
            "to_standard": "standards/new", "new_only_from": "2026-01-01" } },
    ]);
    let more: Vec<Entry> = serde_json::from_value(more).unwrap();
    let catalogue = Catalogue::new(8, catalogue().entries().into_iter().chain(more));
    let reach = ReachOf::new(&catalogue).entry(&catalogue.entry("editionTransitions/t").unwrap());
    let of = |code: &str| interest(&[("HS2022", code)], &["XB"], &[]).in_reach(&reach, &NoTranslation);
    assert_eq!([of("850740"), of("850760")], [Concerns::Yes, Concerns::No]);
}

#[test]
fn what_concerns_a_bloc_concerns_the_members_of_its_members() {
    let more: Vec<Entry> = serde_json::from_value(json!([{ "economy": { "name": "AAA", "bloc": true,
        "members": [{ "economy": "XBLOC", "validity": { "from": "2020-01-01" } }] } }]))
    .unwrap();
    let catalogue = Catalogue::new(8, catalogue().entries().into_iter().chain(more));
    let reach = ReachOf::new(&catalogue).entry(&catalogue.entry("economies/AAA").unwrap());
    let of = |market: &str| interest(&[], &[market], &[]).in_reach(&reach, &NoTranslation);
    assert_eq!([of("XB"), of("XC")], [Concerns::Yes, Concerns::No]);
}

#[test]
fn what_is_honoured_opens_by_its_beginning_and_closes_by_its_end() {
    for mandatory in [true, false] {
        let entries: Vec<Entry> = serde_json::from_value(json!([
            { "economy": { "name": "XB" } },
            { "requirement": { "name": "requirements/r", "market": "XB", "mandatory": mandatory,
                "acceptances": [{ "target": { "name": "standards/two" } }],
                "validity": { "from": "2026-01-01", "until": "2026-06-01" } } },
        ]))
        .unwrap();
        let day = |text: &str| crate::domain::time::parse_date(text).unwrap();
        let now = "2026-01-01T12:00:00Z".parse().unwrap();
        let all = due(&Catalogue::new(1, entries), day("2026-01-01"), day("2026-12-31"), now);
        let told: Vec<_> = all.iter().flat_map(|it| &it.items).map(|it| (it.field.as_str(), it.tightens)).collect();
        assert_eq!(told, [("validity.from", mandatory), ("validity.until", !mandatory)], "{all:?}");
    }
}

#[test]
fn a_designation_that_is_contested_is_told_of_when_it_counts_again() {
    let entries: Vec<Entry> = serde_json::from_value(json!([
        { "designation": { "name": "designations/d", "body": "bodies/cab", "authority": "bodies/cab",
            "annex": "annexes/a", "validity": { "from": "2020-01-01" },
            "contestations": [{ "party": "XB", "raised_on": "2026-01-01",
                "interim_suspension": { "from": "2026-01-02", "until": "2026-03-01" } }] } },
    ]))
    .unwrap();
    let day = |text: &str| crate::domain::time::parse_date(text).unwrap();
    let now = "2026-01-01T12:00:00Z".parse().unwrap();
    let all = due(&Catalogue::new(1, entries), day("2026-01-01"), day("2026-12-31"), now);
    let told: Vec<_> = all.iter().flat_map(|it| &it.items).map(|it| (it.field.as_str(), it.tightens)).collect();
    let field = |end: &str| format!("contestations[0].interim_suspension.{end}");
    assert_eq!(told, [(field("from").as_str(), true), (field("until").as_str(), false)]);
}

#[test]
fn a_panel_that_lets_an_interim_effect_outlast_its_time_is_told_of() {
    let told = |contest: serde_json::Value| {
        let mut whole = json!({ "party": "XC", "raised_on": "2026-01-01", "note": "disputes/1: It cannot test.",
            "interim_suspension": { "from": "2026-01-10" } });
        whole.as_object_mut().unwrap().extend(contest.as_object().unwrap().clone());
        let designation = json!({ "designation": { "name": "designations/e", "body": "bodies/cab",
            "authority": "bodies/cab", "annex": "annexes/a", "validity": { "from": "2020-01-01" },
            "contestations": [whole] } });
        let designation: Entry = serde_json::from_value(designation).unwrap();
        let later = Catalogue::new(8, catalogue().entries().into_iter().chain([designation]));
        let day = |text: &str| crate::domain::time::parse_date(text).unwrap();
        let alerts = due(&later, day("2026-02-01"), day("2026-12-31"), chrono::DateTime::UNIX_EPOCH);
        let of_it = alerts.into_iter().flat_map(|it| it.items).filter(|it| it.entry == "designations/e");
        of_it.map(|it| (it.field, it.from.unwrap().to_string(), it.what)).collect::<Vec<_>>()
    };
    // Sixty days for objections and thirty to decide, or as it is recorded.
    let found = told(json!({}));
    let [(field, from, what)] = &found[..] else { panic!("{found:?}") };
    assert_eq!((field.as_str(), from.as_str()), ("contestations[0].interim_suspension.until", "2026-04-02"));
    let until = "disputes/1 had until 2026-04-01 to decide, or if it was appointed late until `decide_by`";
    assert!(what.contains(until), "{what}");
    assert_eq!(told(json!({ "object_by": "2026-04-01" }))[0].1, "2026-05-02");
    let fast = json!({ "object_by": "2026-01-21", "fast_track_reason": "A danger." });
    assert_eq!(told(fast)[0].1, "2026-02-06");
    // What a panel that was appointed late orders after that day does not outlast it.
    let ordered = |from: &str| {
        let found = told(json!({ "interim_suspension": { "from": from } }));
        found.into_iter().map(|(field, ..)| field.rsplit('.').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ordered("2026-04-01"), ["from", "until"]);
    assert_eq!(ordered("2026-04-02"), ["from"]);
    // It has an end, is settled, or there is no panel.
    let ends = told(json!({ "interim_suspension": { "from": "2026-01-10", "until": "2026-06-01" } }));
    assert_eq!(ends.iter().map(|it| it.1.as_str()).collect::<Vec<_>>(), ["2026-06-01"], "{ends:?}");
    assert!(told(json!({ "settled_on": "2026-02-01" })).is_empty());
    assert!(told(json!({ "note": "By letter." })).is_empty());
}
