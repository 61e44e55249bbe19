use greenlane_api::common::v1 as common;
use greenlane_api::equivalence::v1 as pb;
use greenlane_store::testing::TestDatabase;
use greenlane_store::{Store, StoreError, revision};
use prost::Message as _;
use serde_json::{Value, json};

use super::harness::{Served, at_least, exactly, now, question, serve, serve_patiently};
use crate::Migrator;
use crate::domain::change::Change;
use crate::store::{REVISION, entries};

greenlane_store::engine_tests!(Migrator:
    stored_decisions_recompute_to_the_same_bytes_after_a_thousand_later_revisions,
    a_decision_that_is_given_again_is_the_one_that_was_made_until_the_catalogue_moves,
    a_question_that_is_written_twice_leaves_no_other_decision_behind,
);

const REVISIONS: usize = 1_000;
/// How many revisions one transaction of this test publishes.
const AT_ONCE: usize = 50;

/// A decision as somebody would keep it: what was asked, and the bytes of the answer.
struct Stored {
    request: pb::RecogniseRequest,
    bytes: Vec<u8>,
}

/// Every market of the story, with a code as it is and with one that must be translated, and with earlier stock.
async fn decide_all(served: &Served, revision: u64) -> Vec<Stored> {
    let mut client = served.recognition();
    let mut stored = Vec::new();
    for destination in ["XB", "XC", "XD", "XE", "XF", "AU", "QQ"] {
        for (edition, code, placed_on) in [
            ("HS2022", "854143", ""),
            ("HS2022", "854143", "2025-03-01"),
            ("HS2017", "854149", ""),
            ("HS2017", "854140", ""),
        ] {
            let mut question = question(destination);
            question.certificate.as_mut().unwrap().granted_on = "2024-05-01".into();
            question.placed_on_market_on = placed_on.into();
            question.code = Some(common::CodeReference { edition: edition.into(), code: code.into() });
            question.date = "2026-11-23".into();
            let mut request = pb::RecogniseRequest { question: Some(question), explain: true, ..Default::default() };
            request.consistency = at_least(revision);
            let decision = client.recognise(request.clone()).await.unwrap().into_inner().decision.unwrap();
            assert_eq!(decision.revision, revision);
            request.consistency = exactly(decision.revision);
            request.classification_revision = decision.classification_revision;
            stored.push(Stored { request, bytes: decision.encode_to_vec() });
        }
    }
    stored
}

/// What the revision of a number changes: each time something that the decisions rest on.
fn change(number: usize) -> Change {
    let entry = |value: Value| Change::Upsert(serde_json::from_value(value).unwrap());
    let until = if number.is_multiple_of(2) { "" } else { "2025-01-01" };
    match number % 7 {
        0 => Change::Retire("designations/aurora-xa-xc-pv".to_owned()),
        1 => entry(json!({ "designation": { "name": "designations/aurora-xa-xc-pv", "body": "bodies/aurora-cert",
            "authority": "bodies/aurelia-standards-authority", "annex": "annexes/xa-xc-pv",
            "validity": { "from": "2020-02-01", "until": until }, "source": { "example": true } } })),
        2 => entry(json!({ "equivalence": { "name": "equivalences/iec-61730-to-ds-61730",
            "from": { "name": "standards/iec-61730-1-2016" }, "to": { "name": "standards/ds-61730-1-2019" },
            "degree": if number.is_multiple_of(2) { "identical" } else { "not_equivalent" },
            "validity": { "from": "2019-03-01" }, "source": { "example": true } } })),
        3 | 4 => entry(json!({ "requirement": { "name": "requirements/xf-new", "market": "XF", "mandatory": true,
            "title": format!("Demand {number}"), "codes": [{ "code": { "edition": "HS2022", "code": "8541" } }],
            "acceptances": [{ "target": { "name": "standards/iec-61215-1-2021" } }],
            "validity": { "from": "2020-01-01", "until": until }, "source": { "example": true } } })),
        5 => entry(json!({ "edition_transition": { "name": "editionTransitions/xf-iec-61215", "market": "XF",
            "from_standard": "standards/iec-61215-1-2021", "to_standard": "standards/ds-61730-1-2019",
            "new_only_from": "2025-01-01", "convert_by": "2025-12-31", "source": { "example": true },
            "stock_exemption": { "placed_on_market_before": if until.is_empty() { "2025-06-01" } else { until } } } })),
        _ => entry(json!({ "economy": { "name": "economies/EU", "bloc": true,
            "members": [{ "economy": "XB", "validity": { "from": "2020-01-01", "until": until } }],
            "source": { "example": true } } })),
    }
}

/// Publishes revisions as a change set's publication does, several in one transaction to be quick.
async fn publish(store: &Store, from: usize, number: usize) {
    let published: Result<(), StoreError> = store
        .write("publish_revisions", move |tx| {
            Box::pin(async move {
                for number in from..from + number {
                    let current = revision::lock(tx, REVISION).await?;
                    entries::write(tx, current, &[change(number)], "", now()).await?;
                    revision::next(tx, REVISION).await?;
                }
                Ok(())
            })
        })
        .await;
    published.unwrap();
}

async fn stored_decisions_recompute_to_the_same_bytes_after_a_thousand_later_revisions(db: TestDatabase) {
    let served = serve_patiently(&db).await;
    let mut stored = decide_all(&served, 1).await;
    let first: Vec<_> = stored.iter().map(|it| it.bytes.clone()).collect();
    for batch in 0..REVISIONS / AT_ONCE {
        publish(db.store(), batch * AT_ONCE, AT_ONCE).await;
        if batch == REVISIONS / AT_ONCE / 2 {
            stored.extend(decide_all(&served, 1 + ((batch + 1) * AT_ONCE) as u64).await);
        }
    }
    let last = decide_all(&served, 1 + REVISIONS as u64).await;
    let changed = last.iter().zip(&first).filter(|(now, then)| {
        let outcome = |bytes: &[u8]| pb::RecognitionDecision::decode(bytes).unwrap().outcome();
        outcome(&now.bytes) != outcome(then)
    });
    assert!(changed.count() > 2, "what was published matters to what was decided");
    stored.extend(last);

    // By this process, and by one that has only the database.
    let another = serve(&db).await;
    for served in [&served, &another] {
        for Stored { request, bytes } in &stored {
            let again = served.recognition().recognise(request.clone()).await.unwrap().into_inner();
            assert_eq!(&again.decision.unwrap().encode_to_vec(), bytes, "{request:?}");
        }
    }
}

/// The decisions of a call for each question, of a batch, and of a stream.
async fn decide_three_ways(served: &Served, asked: &[pb::RecognitionQuestion], explain: bool) -> [Vec<Vec<u8>>; 3] {
    let mut client = served.recognition();
    let encode = |decision: Option<pb::RecognitionDecision>| decision.unwrap().encode_to_vec();
    let mut alone = Vec::new();
    for question in asked {
        let request = pb::RecogniseRequest { question: Some(question.clone()), explain, ..Default::default() };
        alone.push(encode(client.recognise(request).await.unwrap().into_inner().decision));
    }
    let batch = pb::BatchRecogniseRequest { questions: asked.to_vec(), explain, ..Default::default() };
    let batch = client.batch_recognise(batch).await.unwrap().into_inner();
    assert_eq!(batch.freshness.is_some(), batch.revision > 0);
    let item = |(place, question): (usize, &pb::RecognitionQuestion)| pb::StreamRecogniseRequest {
        sequence: place as u64,
        question: Some(question.clone()),
        explain,
        ..Default::default()
    };
    let items: Vec<_> = asked.iter().enumerate().map(item).collect();
    let stream = client.stream_recognise(tokio_stream::iter(items)).await.unwrap().into_inner();
    let answers: Vec<_> = tokio_stream::StreamExt::collect::<Vec<_>>(stream).await;
    let streamed = answers.into_iter().enumerate().map(|(place, answer)| {
        let answer = answer.unwrap();
        assert_eq!((answer.sequence, answer.revision), (place as u64, batch.revision));
        match answer.answer {
            Some(pb::stream_recognise_response::Answer::Decision(decision)) => decision.encode_to_vec(),
            other => panic!("{other:?}"),
        }
    });
    [alone, batch.decisions.into_iter().map(|decision| encode(Some(decision))).collect(), streamed.collect()]
}

async fn a_decision_that_is_given_again_is_the_one_that_was_made_until_the_catalogue_moves(db: TestDatabase) {
    let served = serve_patiently(&db).await;
    let asked = ["XB", "XC", "XD", "XE", "XF", "AU"].map(question);
    for explain in [true, false] {
        let made = decide_three_ways(&served, &asked, explain).await;
        assert_eq!(decide_three_ways(&served, &asked, explain).await, made);
        assert_eq!((&made[1], &made[2]), (&made[0], &made[0]));
    }
    publish(db.store(), 0, 1).await;
    let revision = |bytes: &[u8]| pb::RecognitionDecision::decode(bytes).unwrap().revision;
    let mut request = pb::RecogniseRequest { question: Some(question("XB")), ..Default::default() };
    request.consistency = at_least(2);
    served.recognition().recognise(request).await.unwrap();
    let moved = decide_three_ways(&served, &asked, true).await;
    assert!(moved.iter().flatten().all(|bytes| revision(bytes) == 2));
}

/// A `RecogniseRequest` whose question is written as often as there are some here.
#[derive(Clone, PartialEq, prost::Message)]
struct Twice {
    #[prost(message, repeated, tag = "1")]
    questions: Vec<pb::RecognitionQuestion>,
    #[prost(bool, tag = "4")]
    explain: bool,
}

/// Protobuf joins a message that is written twice; what is kept for its last writing must not be of both.
async fn a_question_that_is_written_twice_leaves_no_other_decision_behind(db: TestDatabase) {
    let served = serve(&db).await;
    let (mut bad, good) = (question("XC"), question("XC"));
    bad.certificate.as_mut().unwrap().schemes.clear();
    bad.certificate.as_mut().unwrap().standard_editions = vec!["EX 99999:2020".into()];
    let once = |question: &pb::RecognitionQuestion| pb::RecogniseRequest {
        question: Some(question.clone()),
        explain: true,
        ..Default::default()
    };
    let expected = served.recognition().recognise(once(&bad)).await.unwrap().into_inner().decision.unwrap();

    let another = serve(&db).await;
    let twice = Twice { questions: vec![good, bad.clone()], explain: true };
    let mut grpc = tonic::client::Grpc::new(another.channel("customs", "XB"));
    grpc.ready().await.unwrap();
    let path =
        tonic::codegen::http::uri::PathAndQuery::from_static("/greenlane.equivalence.v1.RecognitionService/Recognise");
    let codec = tonic_prost::ProstCodec::<Twice, pb::RecogniseResponse>::default();
    grpc.unary(tonic::Request::new(twice), path, codec).await.unwrap();
    let after = another.recognition().recognise(once(&bad)).await.unwrap().into_inner().decision.unwrap();
    assert_eq!(after, expected);
}
