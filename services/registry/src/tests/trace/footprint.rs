//! What counts in a footprint, what does not, and who is told of a claim.

use super::*;
use crate::app::trace::{Bounds, gathered};
use crate::domain::goods::ProductId;
use crate::domain::trace::footprint::footprint;
use crate::store::trace::TraceFilter;

greenlane_store::engine_tests!(Migrator:
    what_a_certificate_keeps_back_no_comparison_tells,
    a_footprint_is_held_against_the_version_that_counts,
    a_claim_in_whatever_unit_is_no_silence,
    what_a_compromised_key_signed_counts_in_no_footprint,
    of_a_certificate_that_a_compromised_key_signed_no_claim_is_borne_out,
    what_two_products_used_up_is_told_of_both,
    who_else_used_up_an_input_is_read_up_to_a_bound,
    an_epcis_event_is_recorded_once,
    what_has_not_happened_yet_is_refused,
    a_footprint_says_who_tells_what_and_can_be_asked_of_some,
);

fn comparison(certificate: &str) -> wire::CompareFootprintRequest {
    let product = event(wire::LifeCycleStage::Use, "1").product;
    wire::CompareFootprintRequest {
        product,
        certificate: certificate.to_owned(),
        consistency: None,
        ..Default::default()
    }
}

fn codes_of(findings: &[common::Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// Raw material, production and transport: 15 kg a piece.
async fn lived(served: &Served) {
    use wire::LifeCycleStage as S;
    let mut clerk = traces(served, "bodies/xa-lab");
    for (id, stage, emissions) in
        [("l1", S::RawMaterial, "8"), ("l2", S::Production, "4.5"), ("l3", S::Transport, "2.5")]
    {
        clerk.record_trace_event(record(event(stage, emissions), id)).await.unwrap();
    }
}

async fn what_a_certificate_keeps_back_no_comparison_tells(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    served.enrol("xb-lab").await;
    lived(&served).await;
    let (secret, open) = (claiming(&served, "15", true).await, claiming(&served, "16", false).await);
    for certificate in [&secret, &open] {
        let refused = traces(&served, "bodies/xb-lab").compare_footprint(comparison(certificate)).await.unwrap_err();
        assert_eq!(Fault::reason_of(&refused), Some(common::ErrorReason::NotYours), "as the certificate itself");
    }
    let ask = async |channel: Client, certificate: &str| {
        TraceServiceClient::new(channel).compare_footprint(comparison(certificate)).await.unwrap().into_inner()
    };
    for channel in [served.channel("clerk", Some("bodies/xa-lab")), served.channel("auditor", None)] {
        let told = ask(channel, &secret).await;
        assert_eq!(
            (told.claimed_kg_co2e_per_unit.as_str(), told.comparison()),
            ("15", wire::FootprintComparison::Consistent)
        );
    }
    let told = ask(served.channel_with(&["trace.read"]), &secret).await;
    assert_eq!((told.claimed_kg_co2e_per_unit.as_str(), codes_of(&told.findings)), ("", vec!["claim_kept_back"]));
    assert_eq!(told.comparison(), wire::FootprintComparison::Undetermined);
    let told = ask(served.channel_with(&["trace.read"]), &open).await;
    assert_eq!(told.claimed_kg_co2e_per_unit, "16");
}

async fn a_footprint_is_held_against_the_version_that_counts(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    lived(&served).await;
    let name = claiming(&served, "14", false).await;
    let mut body = served.certificates("bodies/xa-lab");
    let later = served.clock.now() + chrono::TimeDelta::days(20);
    let announced = wire::AmendCertificateRequest {
        content: Some(stating("99", false)),
        update_mask: Some(prost_types::FieldMask { paths: vec!["measurements".to_owned()] }),
        effective_time: Some(prost_types::Timestamp { seconds: later.timestamp(), nanos: 0 }),
        ..crate::tests::revise::amendment(&name, "a", "")
    };
    body.amend_certificate(announced).await.unwrap();
    let ask =
        async || traces(&served, "bodies/xa-lab").compare_footprint(comparison(&name)).await.unwrap().into_inner();
    let today = ask().await;
    assert_eq!(
        (today.claimed_kg_co2e_per_unit.as_str(), today.comparison()),
        ("14", wire::FootprintComparison::ExceedsClaim)
    );
    served.clock.advance(chrono::TimeDelta::days(20));
    let then = ask().await;
    assert_eq!(
        (then.claimed_kg_co2e_per_unit.as_str(), then.comparison()),
        ("99", wire::FootprintComparison::Consistent)
    );
    body.withdraw_certificate(crate::tests::life::withdrawal(&name, "w")).await.unwrap();
    let ended = ask().await;
    assert_eq!(
        (codes_of(&ended.findings), ended.comparison()),
        (vec!["not_in_force"], wire::FootprintComparison::Undetermined)
    );
    assert_eq!(ended.findings[0].parameters["state"], "withdrawn");
}

async fn a_claim_in_whatever_unit_is_no_silence(db: TestDatabase) {
    use wire::FootprintComparison as C;
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    lived(&served).await;
    for (amount, unit, claimed, outcome, code) in [
        ("15000", "GRM", "15", C::Consistent, "claim_borne_out"),
        ("0.0149", "TNE", "14.9", C::ExceedsClaim, "claim_exceeded"),
        ("15.0000001", "KGM", "", C::Undetermined, "claim_not_comparable"),
        ("33", "LBR", "", C::Undetermined, "claim_not_comparable"),
    ] {
        let mut stated = stating(amount, false);
        stated.measurements[0].value.as_mut().unwrap().unit = unit.to_owned();
        let issue = wire::IssueCertificateRequest { content: Some(stated), ..order("xa-lab", unit) };
        let issued = served.certificates("bodies/xa-lab").issue_certificate(issue).await.unwrap().into_inner();
        let asked = comparison(&issued.certificate.unwrap().name);
        let told = traces(&served, "bodies/xa-lab").compare_footprint(asked).await.unwrap().into_inner();
        assert_eq!((told.claimed_kg_co2e_per_unit.as_str(), told.comparison()), (claimed, outcome), "{unit}");
        assert_eq!(codes_of(&told.findings), [code]);
    }
}

async fn what_a_compromised_key_signed_counts_in_no_footprint(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    lived(&served).await;
    let name = claiming(&served, "99", false).await;
    let request = wire::ListBodyKeysRequest { body: "bodies/xa-lab".to_owned(), ..Default::default() };
    let key = served.bodies().list_body_keys(request).await.unwrap().into_inner().keys.remove(0);
    let since = served.clock.now().timestamp() - 60;
    let revoke = wire::RevokeBodyKeyRequest {
        request_id: "v".to_owned(),
        name: key.name,
        compromised_since: Some(prost_types::Timestamp { seconds: since, nanos: 0 }),
        reason_text: "Lost.".to_owned(),
        ..Default::default()
    };
    let revision = served.bodies().revoke_body_key(revoke).await.unwrap().into_inner().revision;
    let mut clerk = traces(&served, "bodies/xa-lab");
    let mut ask = async |consistency| {
        let product = event(wire::LifeCycleStage::Use, "1").product;
        let request = wire::GetFootprintRequest { product, consistency, ..Default::default() };
        clerk.get_footprint(request).await.unwrap().into_inner().footprint.unwrap()
    };
    let void = ask(None).await;
    assert_eq!((void.event_count, codes_of(&void.findings)), (0, vec!["key_compromised"; 3]));
    let before = ask(crate::tests::bodies::exactly(revision - 1)).await;
    assert_eq!((before.event_count, before.emissions_kg_co2e_per_unit.as_str()), (3, "15"), "as it was known then");
    let compared = traces(&served, "bodies/xa-lab").compare_footprint(comparison(&name)).await.unwrap().into_inner();
    assert_eq!(compared.comparison(), wire::FootprintComparison::Undetermined);
    // With a new key the events are told anew.
    let anew = wire::CreateBodyKeyRequest { request_id: "anew".to_owned(), ..crate::tests::harness::new_key("xa-lab") };
    served.bodies().create_body_key(anew).await.unwrap();
    served.clock.advance(chrono::TimeDelta::seconds(1));
    let mut clerk = traces(&served, "bodies/xa-lab");
    clerk.record_trace_event(record(event(wire::LifeCycleStage::Production, "4"), "n1")).await.unwrap();
    let request = wire::GetFootprintRequest {
        product: event(wire::LifeCycleStage::Use, "1").product,
        consistency: None,
        ..Default::default()
    };
    let anew = clerk.get_footprint(request).await.unwrap().into_inner().footprint.unwrap();
    assert_eq!((anew.event_count, anew.emissions_kg_co2e_per_unit.as_str()), (1, "4"));
}

async fn of_a_certificate_that_a_compromised_key_signed_no_claim_is_borne_out(db: TestDatabase) {
    use wire::LifeCycleStage as S;
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    served.enrol("xa-maker").await;
    let mut maker = traces(&served, "bodies/xa-maker");
    for (id, stage) in [("l1", S::RawMaterial), ("l2", S::Production), ("l3", S::Transport)] {
        let event = wire::TraceEvent { reporter: "bodies/xa-maker".to_owned(), ..event(stage, "4") };
        maker.record_trace_event(record(event, id)).await.unwrap();
    }
    let name = claiming(&served, "99", false).await;
    let mut clerk = traces(&served, "bodies/xa-lab");
    let before = clerk.compare_footprint(comparison(&name)).await.unwrap().into_inner();
    assert_eq!(before.comparison(), wire::FootprintComparison::Consistent);
    let request = wire::ListBodyKeysRequest { body: "bodies/xa-lab".to_owned(), ..Default::default() };
    let key = served.bodies().list_body_keys(request).await.unwrap().into_inner().keys.remove(0);
    let since = served.clock.now().timestamp() - 60;
    let revoke = wire::RevokeBodyKeyRequest {
        request_id: "v".to_owned(),
        name: key.name,
        compromised_since: Some(prost_types::Timestamp { seconds: since, nanos: 0 }),
        reason_text: "Lost.".to_owned(),
        ..Default::default()
    };
    served.bodies().revoke_body_key(revoke).await.unwrap();
    let void = clerk.compare_footprint(comparison(&name)).await.unwrap().into_inner();
    assert_eq!(
        (codes_of(&void.findings), void.comparison()),
        (vec!["not_in_force"], wire::FootprintComparison::Undetermined)
    );
    assert_eq!(void.findings[0].parameters["state"], "key_compromised");
    let consistency = crate::tests::bodies::exactly(before.revision);
    let then = wire::CompareFootprintRequest { consistency, ..comparison(&name) };
    let then = clerk.compare_footprint(then).await.unwrap().into_inner();
    assert_eq!(then.comparison(), wire::FootprintComparison::Consistent, "as it was known then");
}

async fn what_two_products_used_up_is_told_of_both(db: TestDatabase) {
    use wire::LifeCycleStage as S;
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let mut clerk = traces(&served, "bodies/xa-lab");
    let named = |model: &str| {
        Some(common::ProductIdentification { model: model.to_owned(), ..common::ProductIdentification::default() })
    };
    let cells = wire::TraceEvent { product: named("CELL"), ..event(S::RawMaterial, "1") };
    let cells = clerk.record_trace_event(record(cells, "c")).await.unwrap().into_inner().event.unwrap().name;
    let made = |model: &str| wire::TraceEvent {
        product: named(model),
        inputs: vec![cells.clone()],
        ..event(S::Production, "2")
    };
    clerk.record_trace_event(record(made("T2"), "p2")).await.unwrap();
    let ask = async |model: &str| {
        let request = wire::GetFootprintRequest { product: named(model), consistency: None, ..Default::default() };
        let mut clerk = traces(&served, "bodies/xa-lab");
        clerk.get_footprint(request).await.unwrap().into_inner().footprint.unwrap()
    };
    assert_eq!(codes_of(&ask("T2").await.findings), ["stage_missing"]);
    let other = clerk.record_trace_event(record(made("T3"), "p3")).await.unwrap().into_inner().event.unwrap().name;
    for model in ["T2", "T3"] {
        let found = ask(model).await;
        assert_eq!((found.emissions_kg_co2e_per_unit.as_str(), found.event_count), ("3", 2));
        assert_eq!(codes_of(&found.findings), ["counted_twice", "stage_missing"]);
        assert_eq!(found.findings[0].parameters["event"], cells);
    }
    let right = wire::TraceEvent { corrects: other, inputs: Vec::new(), ..made("T3") };
    clerk.record_trace_event(record(right, "p3b")).await.unwrap();
    assert_eq!(codes_of(&ask("T2").await.findings), ["stage_missing"]);
}

async fn who_else_used_up_an_input_is_read_up_to_a_bound(db: TestDatabase) {
    use wire::LifeCycleStage as S;
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let mut clerk = traces(&served, "bodies/xa-lab");
    let named = |model: &str| Some(common::ProductIdentification { model: model.to_owned(), ..Default::default() });
    let mut tell = async |event: wire::TraceEvent, id: &str| {
        clerk.record_trace_event(record(event, id)).await.unwrap().into_inner().event.unwrap().name
    };
    let mut inputs = Vec::new();
    for id in ["c1", "c2", "c3"] {
        inputs.push(tell(wire::TraceEvent { product: named("CELL"), ..event(S::RawMaterial, "1") }, id).await);
    }
    let made = |model: &str, inputs: &[String]| wire::TraceEvent {
        product: named(model),
        inputs: inputs.to_vec(),
        ..event(S::Production, "2")
    };
    tell(made("MINE", &inputs), "mine").await;
    // Others said so by mistake; only the last did use up the first of them.
    for other in ["o1", "o2", "o3"] {
        let wrong = tell(made(other, &inputs[..1]), other).await;
        tell(wire::TraceEvent { corrects: wrong, ..made(other, &[]) }, &format!("{other}-right")).await;
    }
    tell(made("BOTH", &inputs[1..]), "both").await;
    let last = tell(made("LAST", &inputs[..1]), "last").await;
    let revision = last.strip_prefix("traceEvents/").unwrap().parse::<u64>().unwrap() + 1;
    let store = greenlane_store::Store::open(&db.config()).await.unwrap();
    let read = async |revision: u64, users_of_one: u64, users: usize| {
        let read: Result<_, greenlane_store::StoreError> = store
            .read("gather", move |tx| {
                Box::pin(async move {
                    let product = ProductId { model: "MINE".to_owned(), ..ProductId::default() };
                    let bounds = Bounds { users_of_one, users, ..Bounds::default() };
                    let filter = TraceFilter { product, ..TraceFilter::default() };
                    Ok(gathered(tx, &filter, revision, bounds).await?)
                })
            })
            .await;
        let gathered = read.unwrap().unwrap();
        let product = ProductId { model: "mine".to_owned(), ..ProductId::default() };
        let found = footprint(&gathered, &product).unwrap();
        let told = found.findings.into_iter().filter(|finding| finding.code != "stage_missing");
        told.map(|finding| (finding.code, finding.parameters.last().unwrap().1.clone())).collect::<Vec<_>>()
    };
    let twice: Vec<_> = inputs.iter().rev().map(|input| ("counted_twice", input.clone())).collect();
    assert_eq!(read(revision, 20, 20_000).await, twice);
    // Those that were corrected take up all that is read of the first; of the others all is read.
    let unknown = |inputs: &str| ("uses_unknown", inputs.to_owned());
    assert_eq!(read(revision, 3, 20_000).await, [&twice[..2], &[unknown("1")]].concat());
    assert_eq!(read(revision, 1, 20_000).await, [unknown("3")]);
    assert_eq!(read(revision, 20, 0).await, [unknown("3")]);
    assert_eq!(read(revision - 1, 20, 20_000).await, twice[..2], "as it was known then");
    assert_eq!(read(revision - 1, 4, 20_000).await, twice[..2], "all that had used it up by then was read");
}

async fn an_epcis_event_is_recorded_once(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    served.enrol("xb-lab").await;
    let mut clerk = traces(&served, "bodies/xa-lab");
    let epcis = |id: &str| {
        let template = r#"{"type":"ObjectEvent","eventID":"@","eventTime":"2026-05-01T10:00:00Z","action":"OBSERVE",
            "bizStep":"shipping","quantityList":[{"epcClass":"https://id.gs1.org/01/09506000134352/10/L1","quantity":20}]}"#;
        wire::TraceEvent {
            reporter: "bodies/xa-lab".to_owned(),
            economy: "XA".to_owned(),
            emissions_kg_co2e_per_unit: "1".to_owned(),
            epcis_json: template.replace('@', id),
            ..wire::TraceEvent::default()
        }
    };
    let first = clerk.record_trace_event(record(epcis("urn:uuid:3"), "a")).await.unwrap().into_inner().event.unwrap();
    let again = wire::TraceEvent { emissions_kg_co2e_per_unit: "2".to_owned(), ..epcis("urn:uuid:3") };
    for dry in [true, false] {
        let request = wire::RecordTraceEventRequest { validate_only: dry, ..record(again.clone(), "b") };
        let refused = clerk.record_trace_event(request).await.unwrap_err();
        assert_eq!(Fault::reason_of(&refused), Some(common::ErrorReason::ResourceExists));
        assert_eq!(Fault::metadata_of(&refused)["resource"], first.name);
    }
    // A correction may carry the same one; then it is the one that stands.
    let right = wire::TraceEvent { corrects: first.name, ..again.clone() };
    let right = clerk.record_trace_event(record(right, "c")).await.unwrap().into_inner().event.unwrap();
    let refused = clerk.record_trace_event(record(again, "d")).await.unwrap_err();
    assert_eq!(Fault::metadata_of(&refused)["resource"], right.name);
    clerk.record_trace_event(record(epcis("urn:uuid:4"), "e")).await.unwrap();
    // Two reporters tell of one event: both are kept, and the footprint says so.
    let other = wire::TraceEvent { reporter: "bodies/xb-lab".to_owned(), ..epcis("urn:uuid:4") };
    traces(&served, "bodies/xb-lab").record_trace_event(record(other, "f")).await.unwrap();
    let product = Some(common::ProductIdentification { gtin: "9506000134352".to_owned(), ..Default::default() });
    let found = clerk
        .get_footprint(wire::GetFootprintRequest { product, consistency: None, ..Default::default() })
        .await
        .unwrap();
    let findings = found.into_inner().footprint.unwrap().findings;
    assert_eq!(codes_of(&findings).iter().filter(|code| **code == "counted_twice").count(), 1);
}

async fn what_has_not_happened_yet_is_refused(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let mut clerk = traces(&served, "bodies/xa-lab");
    let at = |time: chrono::DateTime<chrono::Utc>| wire::TraceEvent {
        event_time: Some(prost_types::Timestamp { seconds: time.timestamp(), nanos: 0 }),
        ..event(wire::LifeCycleStage::Production, "1")
    };
    let epcis = r#"{"type":"ObjectEvent","eventTime":"2027-05-01T10:00:00Z","action":"ADD","bizStep":"commissioning",
        "quantityList":[{"epcClass":"https://id.gs1.org/01/09506000134352/10/L1","quantity":20,"uom":"C62"}]}"#;
    let read = wire::TraceEvent { epcis_json: epcis.to_owned(), event_time: None, ..at(served.clock.now()) };
    for later in [at(served.clock.now() + chrono::TimeDelta::days(30)), read] {
        let refused = clerk.record_trace_event(record(later, "a")).await.unwrap_err();
        assert_eq!(Fault::violations_of(&refused)[0].field, "event.event_time");
    }
    let minutes = served.clock.now() + chrono::TimeDelta::minutes(4);
    clerk.record_trace_event(record(at(minutes), "b")).await.unwrap();
}

async fn a_footprint_says_who_tells_what_and_can_be_asked_of_some(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    served.enrol("xb-lab").await;
    lived(&served).await;
    let name = claiming(&served, "15", false).await;
    let foreign = event(wire::LifeCycleStage::Transport, "500");
    let foreign = wire::TraceEvent { reporter: "bodies/xb-lab".to_owned(), ..foreign };
    traces(&served, "bodies/xb-lab").record_trace_event(record(foreign, "f")).await.unwrap();
    let mut clerk = traces(&served, "bodies/xa-lab");
    let of = |reporters: &[&str]| reporters.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let told = |footprint: &wire::Footprint| {
        let told =
            |it: &wire::ReporterFootprint| (it.reporter.clone(), it.emissions_kg_co2e_per_unit.clone(), it.event_count);
        footprint.reporters.iter().map(told).collect::<Vec<_>>()
    };
    let (own, other) = (("bodies/xa-lab", "15", 3_u64), ("bodies/xb-lab", "500", 1));
    let [own, other] = [own, other].map(|(body, emissions, count)| (body.to_owned(), emissions.to_owned(), count));
    let all = clerk.compare_footprint(comparison(&name)).await.unwrap().into_inner();
    assert_eq!(all.comparison(), wire::FootprintComparison::ExceedsClaim);
    assert_eq!(codes_of(&all.findings), ["claim_exceeded", "other_reporter"]);
    assert_eq!(all.findings[1].parameters["reporter"], "bodies/xb-lab");
    assert_eq!(told(&all.footprint.unwrap()), [own.clone(), other]);
    let request = wire::CompareFootprintRequest { reporters: of(&["bodies/xa-lab"]), ..comparison(&name) };
    let some = clerk.compare_footprint(request).await.unwrap().into_inner();
    assert_eq!(some.comparison(), wire::FootprintComparison::Consistent);
    assert_eq!(codes_of(&some.findings), ["claim_borne_out"]);
    assert_eq!(told(&some.footprint.unwrap()), [own]);
    let product = event(wire::LifeCycleStage::Use, "1").product;
    let asked = |reporters: &[&str]| wire::GetFootprintRequest {
        product: product.clone(),
        reporters: of(reporters),
        ..Default::default()
    };
    let both = clerk.get_footprint(asked(&["bodies/xa-lab", "bodies/xb-lab"])).await.unwrap().into_inner();
    assert_eq!(both.footprint.unwrap().event_count, 4);
    assert_eq!(clerk.get_footprint(asked(&["bodies/nobody"])).await.unwrap_err().code(), tonic::Code::NotFound);
    let wrong = clerk.get_footprint(asked(&["bodies/xa-lab", "xb-lab"])).await.unwrap_err();
    assert_eq!(Fault::violations_of(&wrong)[0].field, "reporters[1]");
}
