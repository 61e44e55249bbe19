use serde_json::{Value, json};

use super::{Exporter, Untold};
use crate::domain::catalogue::Catalogue;
use crate::domain::entry::Entry;
use crate::domain::key::{DesignationKey, SchemeKey};

fn catalogue() -> Catalogue {
    let entries = json!([
        { "economy": { "name": "XA" } },
        { "economy": { "name": "XB" } },
        { "body": { "name": "bodies/owner", "display_name": "An owner", "economy": "XA" } },
        { "body": { "name": "bodies/cab", "economy": "XA" } },
        { "scheme": { "name": "schemes/one", "display_names": [{ "language": "en", "text": "One" }], "owner": "bodies/owner",
            "kind": "ENVIRONMENTAL_LABEL", "standards": ["standards/a"], "source": { "uri": "https://example.org/one" } } },
        { "scheme": { "name": "schemes/nobodys", "kind": "ENVIRONMENTAL_LABEL" } },
        { "standard": { "name": "standards/a", "designation": "A:2020" } },
        { "standard": { "name": "standards/b" } },
        { "standard": { "name": "standards/c" } },
        { "standard": { "name": "standards/d" } },
        { "equivalence": { "name": "equivalences/ab", "from": { "name": "standards/a" }, "to": { "name": "standards/b" },
            "degree": "IDENTICAL", "validity": { "from": "2020-01-01" } } },
        { "equivalence": { "name": "equivalences/ac", "from": { "name": "standards/a" }, "to": { "name": "standards/c" },
            "degree": "MODIFIED", "validity": { "from": "2020-01-01" } } },
        { "equivalence": { "name": "equivalences/ad", "from": { "name": "standards/a" }, "to": { "name": "standards/d" },
            "degree": "NOT_EQUIVALENT", "validity": { "from": "2020-01-01" } } },
        { "requirement": { "name": "requirements/law", "market": "XB", "title": "A law", "mandatory": true,
            "acceptances": [{ "target": { "name": "standards/c" } }], "validity": { "from": "2020-01-01" } } },
        { "requirement": { "name": "requirements/honour", "market": "XB",
            "acceptances": [{ "target": { "name": "standards/a" } }], "validity": { "from": "2020-01-01" } } },
        { "arrangement": { "name": "arrangements/m", "in_force_from": "2018-01-01",
            "parties": [{ "economy": "XA" }, { "economy": "XB" }] } },
        { "annex": { "name": "annexes/a", "arrangement": "arrangements/m", "title": "Modules",
            "covered": [{ "name": "schemes/one" }], "validity": { "from": "2020-01-01" } } },
        { "designation": { "name": "designations/d", "body": "bodies/cab", "authority": "bodies/owner", "annex": "annexes/a",
            "validity": { "from": "2020-01-01", "until": "2027-01-01" },
            "suspensions": [{ "from": "2026-05-01", "until": "2026-06-01" }] } },
    ]);
    let entries: Vec<Entry> = serde_json::from_value(entries).unwrap();
    Catalogue::new(7, entries)
}

fn exporter<'c>(catalogue: &'c Catalogue, date: &str) -> Exporter<'c> {
    Exporter { catalogue, base: "https://equivalence.example.org", date: date.parse().unwrap() }
}

fn alignments(profile: &Value, list: &str, of: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    profile[list].as_array().unwrap().iter().map(|it| (text(&it[of]["name"]), text(&it["alignmentLevel"]))).collect()
}

#[test]
fn a_scheme_meets_its_standards_and_what_is_identical_and_in_part_what_is_modified() {
    let catalogue = catalogue();
    let scheme = exporter(&catalogue, "2026-01-01").conformity_scheme(&SchemeKey::parse("one").unwrap()).unwrap();
    let profile = &scheme["includedProfile"][0];
    let pair = |name: &str, level: &str| (name.to_owned(), level.to_owned());
    let standards = alignments(profile, "standardAlignment", "standard");
    assert_eq!(standards, [pair("A:2020", "meets"), pair("b", "meets"), pair("c", "partial")]);
    // What is only honoured is no regulation.
    assert_eq!(alignments(profile, "regulatoryAlignment", "regulation"), [pair("A law", "partial")]);
    assert_eq!(scheme["endorsementLevel"], "endorsed_self");
    assert_eq!(scheme["id"], "https://equivalence.example.org/schemes/one");
    // Before any equivalence was in force.
    let earlier = exporter(&catalogue, "2019-01-01").conformity_scheme(&SchemeKey::parse("one").unwrap()).unwrap();
    let standards = alignments(&earlier["includedProfile"][0], "standardAlignment", "standard");
    assert_eq!(standards, [pair("A:2020", "meets")]);
}

#[test]
fn what_untp_demands_and_the_catalogue_does_not_know_is_said_and_not_made_up() {
    let catalogue = catalogue();
    let untold = exporter(&catalogue, "2026-01-01").conformity_scheme(&SchemeKey::parse("nobodys").unwrap());
    assert_eq!(untold, Err(Untold::Missing { name: "schemes/nobodys".to_owned(), what: "its owner" }));
}

#[test]
fn a_designation_is_anchored_while_it_is_in_force_and_not_suspended() {
    let catalogue = catalogue();
    let key = DesignationKey::parse("d").unwrap();
    let on = |date: &str| exporter(&catalogue, date).identity_anchor(&key, "did:web:authority", "did:web:cab");
    let anchor = on("2026-01-01").unwrap();
    assert_eq!(anchor["validUntil"], "2027-01-01T00:00:00Z");
    assert_eq!(anchor["credentialSubject"]["registrationScope"][0], "https://equivalence.example.org/schemes/one");
    for date in ["2019-12-31", "2026-05-01", "2027-01-01"] {
        assert!(matches!(on(date), Err(Untold::NotInForce { .. })), "{date}");
    }
}

#[test]
fn a_designation_is_anchored_only_while_its_annex_and_arrangement_let_new_results_count_and_until_the_first_of_their_ends()
 {
    let with = |field: &str, value: Value, of: &str, date: &str| {
        let entries = catalogue().entries().into_iter().map(|entry| {
            let mut it = serde_json::to_value(&entry).unwrap();
            if let Some(it) = it.get_mut(of) {
                it[field] = value.clone();
            }
            serde_json::from_value::<Entry>(it).unwrap()
        });
        let catalogue = Catalogue::new(7, entries);
        let key = DesignationKey::parse("d").unwrap();
        let anchor = exporter(&catalogue, date).identity_anchor(&key, "did:web:authority", "did:web:cab");
        anchor.map(|it| it["validUntil"].as_str().unwrap().to_owned())
    };
    let not = |name: &str, date: &str| Err(Untold::NotInForce { name: name.to_owned(), date: date.parse().unwrap() });
    let until = |day: &str| Ok(format!("{day}T00:00:00Z"));
    // A lapse that lets earlier results count on lets no new ones count.
    for rule in ["cut_off", "grandfather"] {
        let lapse = json!({ "on": "2026-02-01", "rule": rule });
        for (of, name) in [("annex", "annexes/a"), ("arrangement", "arrangements/m")] {
            assert_eq!(with("lapse", lapse.clone(), of, "2026-01-31"), until("2026-02-01"), "{name}, {rule}");
            assert_eq!(with("lapse", lapse.clone(), of, "2026-02-01"), not(name, "2026-02-01"), "{name}, {rule}");
        }
    }
    let validity = json!({ "from": "2021-01-01", "until": "2026-03-01" });
    assert_eq!(with("validity", validity.clone(), "annex", "2020-12-31"), not("annexes/a", "2020-12-31"));
    assert_eq!(with("validity", validity.clone(), "annex", "2026-02-28"), until("2026-03-01"));
    assert_eq!(with("validity", validity, "annex", "2026-03-01"), not("annexes/a", "2026-03-01"));
    let suspended = json!([{ "from": "2026-02-01", "until": "2026-03-01" }]);
    for (of, name) in [("annex", "annexes/a"), ("arrangement", "arrangements/m")] {
        assert_eq!(with("suspensions", suspended.clone(), of, "2026-02-01"), not(name, "2026-02-01"));
        assert_eq!(with("suspensions", suspended.clone(), of, "2026-03-01"), until("2027-01-01"));
    }
    let unknown = with("in_force_from", json!(""), "arrangement", "2026-01-01").unwrap_err();
    assert!(matches!(&unknown, Untold::MayNotBeInForce { name, .. } if name == "arrangements/m"), "{unknown}");
}

#[test]
fn a_law_is_met_only_with_all_that_it_asks_beside_and_by_an_edition_that_counts_for_a_new_certificate() {
    let together = |extra: &str| {
        json!({ "requirement": { "name": "requirements/t", "market": "XB", "title": "Together", "mandatory": true,
            "acceptances": [{ "target": { "name": "schemes/one" }, "together_with": [{ "name": extra }] }],
            "validity": { "from": "2020-01-01" } } })
    };
    let calendar = json!({ "edition_transition": { "name": "editionTransitions/t", "market": "XB",
        "from_standard": "standards/a", "to_standard": "standards/e", "new_only_from": "2026-06-01" } });
    let regulations = |more: &[Value], date: &str| {
        let more = more.iter().map(|it| serde_json::from_value::<Entry>(it.clone()).unwrap());
        let catalogue = Catalogue::new(7, catalogue().entries().into_iter().chain(more));
        let scheme = exporter(&catalogue, date).conformity_scheme(&SchemeKey::parse("one").unwrap()).unwrap();
        let all = alignments(&scheme["includedProfile"][0], "regulatoryAlignment", "regulation");
        all.into_iter().find(|(name, _)| name == "Together").map(|(_, level)| level)
    };
    assert_eq!(regulations(&[together("standards/a")], "2026-06-01").as_deref(), Some("meets"));
    assert_eq!(regulations(&[together("standards/c")], "2026-06-01").as_deref(), Some("partial"));
    assert_eq!(regulations(&[together("standards/d")], "2026-06-01"), None, "what the scheme does not answer to");
    assert_eq!(regulations(&[together("standards/a"), calendar.clone()], "2026-05-31").as_deref(), Some("meets"));
    assert_eq!(regulations(&[together("standards/a"), calendar.clone()], "2026-06-01"), None, "the earlier edition");
    // Of a bloc that the market may belong to.
    let mut of_bloc = calendar;
    of_bloc["edition_transition"]["market"] = json!("UNION");
    for (incomplete, level) in [(false, Some("meets")), (true, None)] {
        let union = json!({ "economy": { "name": "UNION", "bloc": true, "members_incomplete": incomplete } });
        let found = regulations(&[together("standards/a"), of_bloc.clone(), union], "2026-06-01");
        assert_eq!(found.as_deref(), level);
    }
}
