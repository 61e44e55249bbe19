//! Events of products' lives.

use greenlane_api::common::v1 as common;
use greenlane_api::registry::v1 as wire;
use greenlane_api::registry::v1::trace_service_client::TraceServiceClient;
use greenlane_jose::compact::{self, NewHeader};
use greenlane_jose::{SigningKey, canonical};
use greenlane_platform::client::Client;
use greenlane_platform::fault::Fault;
use greenlane_store::testing::TestDatabase;
use tonic::Code;

use super::harness::{Served, content, order, serve};
use crate::Migrator;

mod footprint;

greenlane_store::engine_tests!(Migrator:
    an_event_is_signed_logged_and_read_again,
    a_reporter_signs_with_a_key_of_its_own,
    nobody_reports_for_another,
    events_add_up_to_a_footprint_that_a_claim_is_held_against,
    an_import_reports_refused_rows_and_goes_on,
    every_wrong_field_of_an_event_is_named,
    an_event_is_corrected_once_and_by_its_reporter,
);

/// A certificate that claims a footprint, in kg.
async fn claiming(served: &Served, kilograms: &str, confidential: bool) -> String {
    let mut issue = order("xa-lab", &format!("claims-{kilograms}-{confidential}"));
    issue.content = Some(stating(kilograms, confidential));
    let issued = served.certificates("bodies/xa-lab").issue_certificate(issue).await.unwrap().into_inner();
    issued.certificate.unwrap().name
}

fn stating(kilograms: &str, confidential: bool) -> wire::CertificateContent {
    let mut claims = content();
    claims.measurements = vec![wire::Measurement {
        metric: "Carbon footprint per module".to_owned(),
        value: Some(wire::Quantity { amount: kilograms.to_owned(), unit: "KGM".to_owned() }),
        method: "ISO 14067:2018".to_owned(),
    }];
    claims.confidential_fields = confidential.then(|| "measurements".to_owned()).into_iter().collect();
    claims
}

fn traces(served: &Served, body: &str) -> TraceServiceClient<Client> {
    TraceServiceClient::new(served.channel("clerk", Some(body)))
}

fn event(stage: wire::LifeCycleStage, emissions: &str) -> wire::TraceEvent {
    wire::TraceEvent {
        product: Some(common::ProductIdentification {
            model: "SR-400".to_owned(),
            batch: "B1".to_owned(),
            ..common::ProductIdentification::default()
        }),
        stage: stage.into(),
        event_time: Some(prost_types::Timestamp { seconds: 1_780_000_000, nanos: 0 }),
        economy: "XA".to_owned(),
        declared_units: Some(wire::Quantity { amount: "100".to_owned(), unit: "C62".to_owned() }),
        energy_kwh_per_unit: "2".to_owned(),
        emissions_kg_co2e_per_unit: emissions.to_owned(),
        reporter: "bodies/xa-lab".to_owned(),
        ..wire::TraceEvent::default()
    }
}

fn record(event: wire::TraceEvent, request_id: &str) -> wire::RecordTraceEventRequest {
    wire::RecordTraceEventRequest { request_id: request_id.to_owned(), validate_only: false, event: Some(event) }
}

async fn an_event_is_signed_logged_and_read_again(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let mut clerk = traces(&served, "bodies/xa-lab");
    let request = record(event(wire::LifeCycleStage::Production, "4.5"), "t1");
    let checked = wire::RecordTraceEventRequest { validate_only: true, ..request.clone() };
    let checked = clerk.record_trace_event(checked).await.unwrap().into_inner();
    assert_eq!((checked.event.unwrap().name.as_str(), checked.proof), ("", None));
    let first = clerk.record_trace_event(request.clone()).await.unwrap().into_inner();
    let again = clerk.record_trace_event(request).await.unwrap().into_inner();
    assert_eq!(again, first);
    let recorded = first.event.unwrap();
    assert_eq!((recorded.name.as_str(), recorded.revision, first.revision), ("traceEvents/2", 3, 3));
    let proof = first.proof.unwrap();
    let leaf: serde_json::Value = serde_json::from_slice(&proof.leaf).unwrap();
    assert_eq!(leaf["event"], "trace.record");
    assert_eq!(leaf["document_sha256"], hex::encode(greenlane_jose::sha256(&recorded.document)));
    assert!(!String::from_utf8_lossy(&proof.leaf).contains("SR-400"), "nothing commercial enters the log");
    let get = |name: &str, revision| wire::GetTraceEventRequest {
        name: name.to_owned(),
        consistency: super::bodies::exactly(revision),
    };
    let read = clerk.get_trace_event(get("traceEvents/2", 3)).await.unwrap().into_inner();
    assert_eq!(read.event.unwrap(), recorded);
    assert_eq!(clerk.get_trace_event(get("traceEvents/2", 2)).await.unwrap_err().code(), Code::NotFound);
    let list = wire::ListTraceEventsRequest {
        product: Some(common::ProductIdentification { batch: "b1".to_owned(), ..Default::default() }),
        stage: wire::LifeCycleStage::Production.into(),
        ..Default::default()
    };
    assert_eq!(clerk.list_trace_events(list).await.unwrap().into_inner().events, [recorded]);
    let other = wire::ListTraceEventsRequest { stage: wire::LifeCycleStage::Use.into(), ..Default::default() };
    assert!(clerk.list_trace_events(other).await.unwrap().into_inner().events.is_empty());
}

async fn a_reporter_signs_with_a_key_of_its_own(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let key = SigningKey::generate_ed25519();
    let create = wire::CreateBodyKeyRequest {
        request_id: "own".to_owned(),
        body: "bodies/xa-lab".to_owned(),
        source: Some(wire::create_body_key_request::Source::PublicJwk(key.to_public_jwk().to_json())),
        ..Default::default()
    };
    let own = served.bodies().create_body_key(create).await.unwrap().into_inner().key.unwrap();
    let mut clerk = traces(&served, "bodies/xa-lab");
    let plain = event(wire::LifeCycleStage::Production, "4.5");
    let checked = wire::RecordTraceEventRequest { validate_only: true, ..record(plain.clone(), "t0") };
    let prepared = clerk.record_trace_event(checked).await.unwrap().into_inner().event.unwrap().document;
    let payload = greenlane_jose::b64::decode(prepared.split('.').nth(1).unwrap()).unwrap();
    let header = NewHeader { kid: Some(&own.verification_method), typ: Some("trace-event+jwt"), cty: None };
    let signed = compact::sign(&key, header, &payload).unwrap();
    let request = record(wire::TraceEvent { document: signed.clone(), ..plain.clone() }, "t1");
    let recorded = clerk.record_trace_event(request).await.unwrap().into_inner().event.unwrap();
    assert_eq!(recorded.document, signed);
    // Another event than the one that was signed, another key, another type.
    let changed = wire::TraceEvent { emissions_kg_co2e_per_unit: "1".to_owned(), document: signed, ..plain.clone() };
    let forged = compact::sign(&SigningKey::generate_ed25519(), header, &payload).unwrap();
    let typed = compact::sign(&key, NewHeader { typ: Some("jwt"), ..header }, &payload).unwrap();
    let mut claims: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    claims["iss"] = "did:web:other.example.org".into();
    let foreign = compact::sign(&key, header, &canonical::to_vec(&claims).unwrap()).unwrap();
    let with = |document: String| wire::TraceEvent { document, ..plain.clone() };
    for (index, wrong) in
        [changed, with(forged), with(typed), with(foreign), with("nonsense".to_owned())].into_iter().enumerate()
    {
        let refused = clerk.record_trace_event(record(wrong, &format!("w{index}"))).await.unwrap_err();
        assert_eq!(Fault::violations_of(&refused)[0].field, "event.document", "{index}");
    }
}

async fn nobody_reports_for_another(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    served.enrol("xa-other").await;
    let request = record(event(wire::LifeCycleStage::Production, "1"), "t1");
    for body in [Some("bodies/xa-other"), None] {
        let mut stranger = TraceServiceClient::new(served.channel("clerk", body));
        let refused = stranger.record_trace_event(request.clone()).await.unwrap_err();
        assert_eq!(Fault::reason_of(&refused), Some(common::ErrorReason::NotYours));
    }
}

async fn events_add_up_to_a_footprint_that_a_claim_is_held_against(db: TestDatabase) {
    use wire::LifeCycleStage as S;
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let mut clerk = traces(&served, "bodies/xa-lab");
    let product = event(S::Use, "1").product;
    let compare = async |certificate: &str| {
        let (product, certificate) = (product.clone(), certificate.to_owned());
        let request = wire::CompareFootprintRequest { product, certificate, consistency: None, ..Default::default() };
        traces(&served, "bodies/xa-lab").compare_footprint(request).await.unwrap().into_inner()
    };
    let certificate = claiming(&served, "15", false).await;
    let silent = served.issue("xa-lab", "c2").await.certificate.unwrap().name;
    let footprint = wire::GetFootprintRequest { product: product.clone(), consistency: None, ..Default::default() };
    let none = clerk.get_footprint(footprint.clone()).await.unwrap_err();
    assert_eq!((none.code(), none.message()), (Code::NotFound, "there are no events of this product"));

    clerk.record_trace_event(record(event(S::RawMaterial, "8"), "t1")).await.unwrap();
    clerk.record_trace_event(record(event(S::Production, "4.5"), "t2")).await.unwrap();
    let gap = compare(&certificate).await;
    assert_eq!(gap.comparison(), wire::FootprintComparison::Undetermined);
    assert_eq!(gap.footprint.unwrap().findings[0].code, "stage_missing");
    clerk.record_trace_event(record(event(S::Transport, "2.5"), "t3")).await.unwrap();
    let found = clerk.get_footprint(footprint).await.unwrap().into_inner().footprint.unwrap();
    assert_eq!((found.emissions_kg_co2e_per_unit.as_str(), found.energy_kwh_per_unit.as_str()), ("15", "6"));
    assert_eq!((found.event_count, found.unit.as_str(), found.findings.len()), (3, "C62", 0));
    assert_eq!(compare(&certificate).await.comparison(), wire::FootprintComparison::Consistent);
    assert_eq!(compare(&silent).await.comparison(), wire::FootprintComparison::NoClaim);
    clerk.record_trace_event(record(event(S::Transport, "0.1"), "t4")).await.unwrap();
    let more = compare(&certificate).await;
    assert_eq!(
        (more.comparison(), more.claimed_kg_co2e_per_unit.as_str()),
        (wire::FootprintComparison::ExceedsClaim, "15")
    );
}

async fn an_import_reports_refused_rows_and_goes_on(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let mut clerk = traces(&served, "bodies/xa-lab");
    let epcis = r#"{"type":"ObjectEvent","eventTime":"2026-05-01T10:00:00Z","action":"ADD","bizStep":"commissioning",
        "quantityList":[{"epcClass":"https://id.gs1.org/01/09506000134352/10/L1","quantity":20,"uom":"C62"}]}"#;
    let read = wire::TraceEvent {
        reporter: "bodies/xa-lab".to_owned(),
        economy: "XA".to_owned(),
        epcis_json: epcis.to_owned(),
        ..wire::TraceEvent::default()
    };
    let wrong = wire::TraceEvent { economy: "nowhere".to_owned(), ..event(wire::LifeCycleStage::Use, "1") };
    let events = [event(wire::LifeCycleStage::Production, "1"), wrong, read, event(wire::LifeCycleStage::Use, "x")];
    let rows: Vec<_> = events
        .into_iter()
        .enumerate()
        .map(|(at, event)| wire::ImportTraceEventsRequest {
            request_id: format!("row-{at}"),
            validate_only: false,
            event: Some(event),
            row: at as u64 + 1,
        })
        .collect();
    for _ in 0..2 {
        let mut reports =
            clerk.import_trace_events(futures_util::stream::iter(rows.clone())).await.unwrap().into_inner();
        let (mut refused, mut last) = (Vec::new(), None);
        while let Some(report) = reports.message().await.unwrap() {
            if report.refused_row != 0 {
                refused.push((report.refused_row, report.findings[0].parameters["field"].clone()));
            }
            last = Some(report);
        }
        let last = last.unwrap();
        assert_eq!((last.received, last.accepted, last.refused, last.refused_row), (4, 2, 2, 0));
        assert_eq!(refused, [(2, "event.economy".to_owned()), (4, "event.emissions_kg_co2e_per_unit".to_owned())]);
        assert_eq!(last.revision, 4, "the second time nothing is written");
    }
    let list = wire::ListTraceEventsRequest {
        product: Some(common::ProductIdentification { gtin: "9506000134352".to_owned(), ..Default::default() }),
        ..Default::default()
    };
    let found = clerk.list_trace_events(list).await.unwrap().into_inner().events.pop().unwrap();
    assert_eq!((found.stage(), found.epcis_json.as_str()), (wire::LifeCycleStage::Production, epcis));
    assert_eq!(found.declared_units.unwrap().amount, "20");
}

async fn every_wrong_field_of_an_event_is_named(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let mut clerk = traces(&served, "bodies/xa-lab");
    let wrong = wire::TraceEvent {
        product: Some(common::ProductIdentification::default()),
        stage: 0,
        event_time: None,
        economy: String::new(),
        declared_units: Some(wire::Quantity { amount: "0".to_owned(), unit: "C62".to_owned() }),
        energy_kwh_per_unit: "-1".to_owned(),
        emissions_kg_co2e_per_unit: "1e3".to_owned(),
        inputs: vec!["traceEvents/x".to_owned()],
        corrects: "events/1".to_owned(),
        ..event(wire::LifeCycleStage::Use, "1")
    };
    let refused = clerk.record_trace_event(record(wrong, "")).await.unwrap_err();
    let fields: Vec<String> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
    assert_eq!(
        fields,
        [
            "request_id",
            "event.product",
            "event.stage",
            "event.event_time",
            "event.economy",
            "event.declared_units.amount",
            "event.energy_kwh_per_unit",
            "event.emissions_kg_co2e_per_unit",
            "event.inputs[0]",
            "event.corrects",
        ]
    );
    let unread = wire::TraceEvent {
        reporter: "bodies/xa-lab".to_owned(),
        economy: "XA".to_owned(),
        epcis_json: "[]".to_owned(),
        ..wire::TraceEvent::default()
    };
    let refused = clerk.record_trace_event(record(unread, "e")).await.unwrap_err();
    let fields: Vec<String> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
    assert_eq!(fields, ["event.epcis_json"]);
    let unknown =
        wire::TraceEvent { inputs: vec!["traceEvents/99".to_owned()], ..event(wire::LifeCycleStage::Use, "1") };
    assert_eq!(clerk.record_trace_event(record(unknown, "u")).await.unwrap_err().code(), Code::NotFound);
}

async fn an_event_is_corrected_once_and_by_its_reporter(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    served.enrol("xa-other").await;
    let mut clerk = traces(&served, "bodies/xa-lab");
    let first = clerk.record_trace_event(record(event(wire::LifeCycleStage::Use, "9"), "t1")).await.unwrap();
    let name = first.into_inner().event.unwrap().name;
    let corrected = wire::TraceEvent { corrects: name.clone(), ..event(wire::LifeCycleStage::Use, "1") };
    let foreign = wire::TraceEvent { reporter: "bodies/xa-other".to_owned(), ..corrected.clone() };
    let refused = traces(&served, "bodies/xa-other").record_trace_event(record(foreign, "f")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(common::ErrorReason::NotYours));
    clerk.record_trace_event(record(corrected.clone(), "t2")).await.unwrap();
    let twice = clerk.record_trace_event(record(corrected, "t3")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&twice), Some(common::ErrorReason::StateConflict));
    let request = wire::GetFootprintRequest {
        product: event(wire::LifeCycleStage::Use, "1").product,
        consistency: None,
        ..Default::default()
    };
    let footprint = clerk.get_footprint(request).await.unwrap().into_inner().footprint.unwrap();
    assert_eq!((footprint.emissions_kg_co2e_per_unit.as_str(), footprint.event_count), ("1", 1));
}
