//! What handlers refuse is in the audit trail, whichever handler it is.

use std::sync::Arc;

use greenlane_api::classification::v1::lookup_service_client::LookupServiceClient;
use tonic::{Code, Request};

use crate::audit::{MemorySink, Outcome};
use crate::server::ServerConfig;
use crate::testing::{Echo, public, request, start};

#[tokio::test]
async fn what_a_handler_denies_is_audited_once_with_the_resource_and_the_trace() {
    let sink = MemorySink::default();
    let server = start(&ServerConfig::loopback(), public(&Echo::default()).audit(Arc::new(sink.clone()))).await;
    let mut client = LookupServiceClient::new(server.channel().await);
    client.get_code(request("hello")).await.unwrap();
    client.get_code(request("fail")).await.unwrap_err();
    assert!(sink.records().is_empty(), "a read that fails is no refusal");

    let mut denied = Request::new(request("deny"));
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    denied.metadata_mut().insert("traceparent", traceparent.parse().unwrap());
    assert_eq!(client.get_code(denied).await.unwrap_err().code(), Code::PermissionDenied);
    let [record] = <[_; 1]>::try_from(sink.records()).unwrap();
    assert_eq!((record.outcome, record.reason.as_str()), (Outcome::Refused, "NOT_YOURS"));
    assert_eq!(record.method, "/greenlane.classification.v1.LookupService/GetCode");
    assert_eq!(record.resource, "certificates/GL1");
    assert_eq!(record.trace_id, "0af7651916cd43dd8448eb211c80319c");
    assert!(record.peer.starts_with("127.0.0.1:"));
}
