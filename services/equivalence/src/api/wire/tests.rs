use std::collections::BTreeMap;

use greenlane_api::equivalence::v1 as pb;
use greenlane_curation::Contract as _;

use super::*;
use crate::api::changes::ChangesApi;
use crate::app::starter;
use crate::domain::change::Change;
use crate::domain::entry::Entry;
use crate::domain::words::VOCABULARIES;

#[test]
fn every_entry_of_the_starter_catalogue_goes_to_the_contract_and_back_unchanged() {
    for change in starter::changes().unwrap() {
        let Change::Upsert(entry) = change else { panic!("the starter retires nothing") };
        let message: pb::CatalogueEntry = to_wire(&entry).unwrap();
        let back: Entry = Parser::default().domain_value(&message).unwrap();
        assert_eq!(back, entry);
    }
}

#[test]
fn each_field_that_cannot_be_read_is_named_and_not_only_the_first() {
    let annex = pb::Annex {
        name: "annexes/ä".into(),
        arrangement: "arrangements/m".into(),
        title: "M".into(),
        validity: Some(pb::Validity { from: "2026-13-01".into(), until: "soon".into() }),
        codes: vec![pb::CodeScope::default()],
        economies: vec!["XB".into(), "Nowhere".into()],
        ..Default::default()
    };
    let entry = pb::CatalogueEntry { entry: Some(pb::catalogue_entry::Entry::Annex(annex)) };
    let faults = Parser::default().domain_value::<_, Entry>(&entry).unwrap_err();
    let mut fields: Vec<_> = faults.iter().map(|(field, _)| field.as_str()).collect();
    fields.sort_unstable();
    let wanted =
        ["annex.codes[0].code", "annex.economies[1]", "annex.name", "annex.validity.from", "annex.validity.until"];
    assert_eq!(fields, wanted, "{faults:?}");
    assert!(faults.contains(&("annex.validity.from".into(), "`2026-13-01` is no YYYY-MM-DD".into())), "{faults:?}");
}

#[test]
fn of_each_of_many_faulty_changes_of_a_request_something_is_told_and_of_the_last_no_longer_all() {
    let condition = || pb::AnnexCondition { id: "c".into(), description: "c".into(), ..Default::default() };
    let annex = pb::Annex {
        name: "annexes/a".into(),
        arrangement: "arrangements/m".into(),
        validity: Some(pb::Validity { from: "2026-01-01".into(), until: String::new() }),
        conditions: std::iter::repeat_with(condition).take(20).collect(),
        ..Default::default()
    };
    let entry = pb::CatalogueEntry { entry: Some(pb::catalogue_entry::Entry::Annex(annex)) };
    let change = pb::Change { change: Some(pb::change::Change::Upsert(entry)) };
    let mut parse = ChangesApi::parser();
    let mut told = |index: usize| {
        let mut v = Violations::new();
        assert!(parse(&mut v, &format!("changes[{index}]"), &change).is_none());
        v.len()
    };
    let told: Vec<_> = (0..500).map(&mut told).collect();
    assert_eq!((told.first(), told.last()), (Some(&20), Some(&1)), "{told:?}");
}

#[test]
fn every_word_of_the_vocabularies_is_in_the_contract_under_the_same_number_and_no_other_is() {
    for (name, words) in VOCABULARIES {
        let name = format!("greenlane.equivalence.v1.{name}");
        let named = POOL.get_enum_by_name(&name).unwrap_or_else(|| panic!("{name} is not in the contract"));
        let of_contract: BTreeMap<_, _> =
            named.values().filter(|it| it.number() != 0).map(|it| (it.name().to_owned(), it.number())).collect();
        let own = words.iter().map(|(word, number)| ((*word).to_owned(), *number)).collect();
        assert_eq!(of_contract, own, "{name}");
    }
}
