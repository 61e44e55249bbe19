use clap::ValueEnum as _;

use super::*;

fn filter(kind: Kind, text: &str) -> Result<(String, Value), String> {
    let request = dynamic::find_method(&POOL, &kind.list_method()).unwrap().input();
    condition(&request, text).map_err(|error| error.to_string())
}

#[test]
fn every_kind_has_its_methods_and_its_fields_in_the_contract() {
    for kind in Kind::value_variants() {
        let get = dynamic::find_method(&POOL, &kind.get_method()).unwrap();
        let list = dynamic::find_method(&POOL, &kind.list_method()).unwrap();
        let entry = get.output().get_field_by_json_name(kind.field()).unwrap();
        let items = list.output().get_field_by_json_name(kind.items()).unwrap();
        assert_eq!(entry.kind(), items.kind(), "{kind:?}");
        let prost_reflect::Kind::Message(entry) = entry.kind() else { panic!("{kind:?} is a message") };
        for (_, path) in kind.columns() {
            let field = path.split('.').next().unwrap();
            assert!(entry.get_field_by_json_name(field).is_some(), "{kind:?} has {field}");
        }
    }
}

#[test]
fn a_name_tells_its_kind() {
    assert_eq!(Kind::of("requirements/xb-pv").unwrap(), Kind::Requirements);
    assert_eq!(Kind::of("editionTransitions/x").unwrap(), Kind::EditionTransitions);
    assert!(Kind::of("certificates/x").unwrap_err().to_string().contains("requirements"));
    assert!(Kind::of("requirements").is_err());
}

#[test]
fn filters_are_those_of_the_contract() {
    assert_eq!(filter(Kind::Requirements, "market=XB"), Ok(("market".to_owned(), json!("XB"))));
    assert_eq!(filter(Kind::Requirements, "in-force-on=2026-01-01").unwrap().0, "inForceOn");
    assert_eq!(
        filter(Kind::Requirements, "code=HS2022:8541.43").unwrap().1,
        json!({ "edition": "HS2022", "code": "854143" })
    );
    assert_eq!(filter(Kind::Equivalences, "degree=modified").unwrap().1, json!("EQUIVALENCE_DEGREE_MODIFIED"));
    assert_eq!(filter(Kind::Economies, "blocs_only=yes").unwrap().1, json!(true));
    assert!(filter(Kind::Equivalences, "degree=x").unwrap_err().contains("identical"));
    assert!(filter(Kind::Requirements, "degree=x").unwrap_err().contains("market, code, in-force-on"));
    assert!(filter(Kind::Requirements, "page-size=1").is_err());
    assert!(filter(Kind::Requirements, "market").is_err());
}
