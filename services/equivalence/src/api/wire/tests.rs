use greenlane_api::equivalence::v1 as pb;

use super::*;
use crate::app::starter;
use crate::domain::change::Change;
use crate::domain::entry::Entry;

#[test]
fn every_entry_of_the_starter_catalogue_goes_to_the_contract_and_back_unchanged() {
    for change in starter::changes().unwrap() {
        let Change::Upsert(entry) = change else { panic!("the starter retires nothing") };
        let message: pb::CatalogueEntry = to_wire(&entry).unwrap();
        let back: Entry = to_domain(&message).unwrap();
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
    let faults = to_domain::<_, Entry>(&entry).unwrap_err();
    let mut fields: Vec<_> = faults.iter().map(|(field, _)| field.as_str()).collect();
    fields.sort_unstable();
    let wanted =
        ["annex.codes[0].code", "annex.economies[1]", "annex.name", "annex.validity.from", "annex.validity.until"];
    assert_eq!(fields, wanted, "{faults:?}");
    assert!(faults.contains(&("annex.validity.from".into(), "`2026-13-01` is no YYYY-MM-DD".into())), "{faults:?}");
}

#[test]
fn every_word_of_the_vocabularies_is_in_the_contract_under_the_same_number() {
    use crate::domain::words::*;
    macro_rules! same {
        ($($name:ident),+) => {$(
            for word in $name::ALL {
                let value = pb::$name::from_str_name(word.wire_name());
                assert_eq!(value.map(i32::from), Some(word.number()), "{}", word.wire_name());
            }
        )+};
    }
    same!(
        RecognitionObject,
        RecognitionBasis,
        RecognitionEffect,
        EquivalenceDegree,
        ConditionKind,
        SchemeKind,
        BodyRole,
        PartyDirection,
        LapseRule,
        OriginRule,
        ConversionConsequence
    );
}
