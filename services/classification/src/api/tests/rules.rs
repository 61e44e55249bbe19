use std::collections::BTreeSet;

use greenlane_api::classification::v1::GetCodeRequest;
use greenlane_api::classification::v1::lookup_service_client::LookupServiceClient;
use greenlane_api::common::v1::ErrorReason;
use greenlane_platform::auth::AuthorizationTable;
use greenlane_platform::fault::Fault;
use greenlane_store::engine_tests;
use greenlane_store::testing::TestDatabase;
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic::Code;

use super::running::{Running, code};
use crate::{Migrator, RULES};

engine_tests!(Migrator: who_lacks_the_scope_is_refused);

/// Full paths of all methods of the classification contract.
fn methods() -> BTreeSet<String> {
    let set = FileDescriptorSet::decode(greenlane_api::DESCRIPTORS).unwrap();
    let files = set.file.iter().filter(|file| file.package() == "greenlane.classification.v1");
    let services = files.flat_map(|file| &file.service);
    services
        .flat_map(|service| {
            service.method.iter().map(|m| format!("/greenlane.classification.v1.{}/{}", service.name(), m.name()))
        })
        .collect()
}

#[test]
fn every_method_has_a_rule_and_every_rule_a_method() {
    AuthorizationTable::new(RULES).unwrap();
    let ruled: BTreeSet<String> = RULES.iter().map(|rule| rule.method.to_owned()).collect();
    assert_eq!(ruled, methods());
}

async fn who_lacks_the_scope_is_refused(db: TestDatabase) {
    let running = Running::start(&db).await;
    let request = GetCodeRequest { code: code("HS2022", "854143"), ..GetCodeRequest::default() };
    let mut stranger = LookupServiceClient::new(running.client(&["certificates.read"]));
    let refused = stranger.get_code(request.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::ScopeMissing));
    assert_eq!(Fault::metadata_of(&refused)["scope"], "codes.read");
    // A token that has run out is refused although it was good before.
    let mut lookup = running.lookup();
    lookup.get_code(request.clone()).await.unwrap();
    running.clock.advance(chrono::TimeDelta::days(400));
    assert_eq!(lookup.get_code(request).await.unwrap_err().code(), Code::Unauthenticated);
    running.end().await;
}
