use super::*;
use crate::client::render::POOL;

fn find(name: &str) -> Result<String, String> {
    find_method(&POOL, name).map(|method| method.full_name().to_owned()).map_err(|error| error.to_string())
}

#[test]
fn a_method_is_found_by_its_service_with_or_without_its_package() {
    let full = "greenlane.registry.v1.LogService.GetCheckpoint".to_owned();
    assert_eq!(find("LogService/GetCheckpoint"), Ok(full.clone()));
    assert_eq!(find("/greenlane.registry.v1.LogService/GetCheckpoint"), Ok(full));
}

#[test]
fn a_service_of_several_packages_must_be_named_in_full() {
    let error = find("ChangeService/CreateChangeSet").unwrap_err();
    assert!(error.contains("greenlane.equivalence.v1.ChangeService") && error.contains("name it in full"), "{error}");
    assert!(find("greenlane.equivalence.v1.ChangeService/CreateChangeSet").is_ok());
}

#[test]
fn what_is_not_found_is_answered_with_what_there_is() {
    assert!(find("Foo/Bar").unwrap_err().contains("VerificationService"));
    assert!(find("LogService/Bar").unwrap_err().contains("GetCheckpoint"));
    assert!(find("LogService").unwrap_err().contains("Service/Method"));
}

#[test]
fn a_request_with_an_unknown_field_or_something_after_it_is_refused() {
    let method = find_method(&POOL, "LogService/GetInclusionProof").unwrap();
    assert!(request(&method, r#"{"index": 3}"#).is_ok());
    assert!(request(&method, r#"{"idx": 3}"#).is_err());
    assert!(request(&method, r#"{"index": 3} x"#).is_err());
}
