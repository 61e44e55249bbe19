use std::sync::Arc;

use tonic::Request;

use super::{Caller, SCOPES};
use crate::audit::Origin;
use crate::fault::ErrorReason;

#[test]
fn admin_holds_every_scope_and_nobody_elses_identity() {
    let admin = Caller::new("root", "https://id.example.org", ["admin"]);
    assert!(SCOPES.iter().all(|scope| admin.has_scope(scope)));
    assert_eq!(admin.must_be_body("bodies/x").unwrap_err().reason(), ErrorReason::NotYours);
    assert_eq!(admin.must_be_economy("NZ").unwrap_err().reason(), ErrorReason::NotYours);
}

#[test]
fn a_scope_is_held_whole_or_not_at_all() {
    let caller = Caller::new("alice", "i", ["certificates.read", "certificates", "unknown", "", "certificates.read"]);
    assert_eq!(caller.scopes(), ["certificates.read"]);
    assert!(!caller.has_scope("certificates.write") && !caller.has_scope("certificates") && !caller.is_admin());
}

#[test]
fn a_caller_acts_for_its_own_body_and_economy_only() {
    let caller = Caller::new("alice", "i", []).for_body("bodies/x").for_economy("NZ");
    assert!(caller.must_be_body("bodies/x").is_ok() && caller.must_be_economy("NZ").is_ok());
    let fault = caller.must_be_body("bodies/y").unwrap_err();
    assert_eq!((fault.metadata()["claim"].as_str(), fault.metadata()["required"].as_str()), ("body", "bodies/y"));
    assert!(caller.must_be_body("bodies/X").is_err() && caller.must_be_body("").is_err());
    assert!(caller.must_be_economy("AU").is_err());
}

#[test]
fn a_request_without_a_caller_says_so() {
    let mut request = Request::new(());
    assert_eq!(Caller::of(&request).unwrap_err().reason(), ErrorReason::TokenMissing);
    let mut origin = Origin::new("/a.v1.A/Do", "192.0.2.1:7");
    origin.caller = Some(Arc::new(Caller::new("alice", "i", [])));
    request.extensions_mut().insert(Arc::new(origin));
    assert_eq!(Caller::of(&request).unwrap().subject(), "alice");
}

#[test]
fn subjects_of_two_issuers_have_two_keys() {
    assert_ne!(Caller::new("a", "i b", []).key(), Caller::new("b a", "i", []).key());
    assert_ne!(Caller::new("alice", "i", []).key(), Caller::new("alice", "j", []).key());
}

#[test]
fn what_a_subject_asks_for_one_body_or_economy_is_told_from_what_it_asks_for_another() {
    let clerk = || Caller::new("clerk", "i", []);
    let callers = [
        clerk().for_body("bodies/a"),
        clerk().for_body("bodies/b"),
        clerk().for_economy("bodies/a"),
        clerk().for_body("bodies/a").for_economy("XA"),
        clerk().for_body("bodies/a XA"),
    ];
    let told: std::collections::BTreeSet<_> = callers.iter().map(Caller::acts_for).collect();
    assert_eq!((told.len(), told.contains(&None), clerk().acts_for()), (callers.len(), false, None));
}
