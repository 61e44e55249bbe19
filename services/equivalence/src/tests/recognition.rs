use std::sync::atomic::Ordering;
use std::time::Duration;

use greenlane_api::common::v1 as common;
use greenlane_api::equivalence::v1 as pb;
use greenlane_api::equivalence::v1::RecognitionOutcome as Outcome;
use greenlane_platform::fault::{ErrorReason, Fault};
use greenlane_store::testing::TestDatabase;
use prost::Message;
use tokio_stream::StreamExt as _;

use super::changes::{create, propose, publish, review, tightened, upsert};
use super::harness::{Classifier, at_least, exactly, question, serve, serve_beside, serve_with};
use crate::Migrator;

greenlane_store::engine_tests!(Migrator:
    the_story_is_recognised_as_told,
    that_nothing_is_asked_is_said_of_covered_markets_and_real_codes_alone,
    bad_questions_are_refused_with_every_field,
    a_batch_keeps_its_order_and_a_stream_survives_a_bad_question,
    codes_of_another_edition_are_translated_once_a_revision,
    without_classification_the_answer_is_undetermined_and_returns_when_it_does,
    a_classification_that_was_never_heard_is_waited_for_once,
    what_was_decided_without_classification_is_decided_anew_once_it_is_there,
);

fn ask(destination: &str) -> pb::RecogniseRequest {
    pb::RecogniseRequest { question: Some(question(destination)), explain: true, ..Default::default() }
}

async fn the_story_is_recognised_as_told(db: TestDatabase) {
    let served = serve(&db).await;
    let mut client = served.recognition();
    for (destination, outcome) in [
        ("XB", Outcome::Recognised),
        ("XC", Outcome::Recognised),
        ("XD", Outcome::RecognisedOnConditions),
        ("XE", Outcome::NotRecognised),
        ("XF", Outcome::NoRequirementApplies),
        ("AU", Outcome::NotRecognised),
    ] {
        let answer = client.recognise(ask(destination)).await.unwrap().into_inner();
        let decision = answer.decision.unwrap();
        assert_eq!(decision.outcome(), outcome, "{destination}");
        assert_eq!((answer.revision, decision.revision, decision.date.as_str()), (1, 1, "2026-11-23"));
        // Of goods that nothing is asked of, classification was asked whether there are such goods.
        let revision = if destination == "XF" { 5 } else { 0 };
        assert_eq!(answer.classification_revision, revision, "{destination}");
        let missed = decision.requirements.iter().filter(|it| it.nearest_miss.is_some()).count();
        assert_eq!(missed > 0, outcome == Outcome::NotRecognised, "{destination}");
        // The identifier does not depend on whether the explanation was asked for.
        let mut short = ask(destination);
        short.explain = false;
        let short = client.recognise(short).await.unwrap().into_inner().decision.unwrap();
        assert_eq!(short.decision_id, decision.decision_id);
        assert!(short.requirements.is_empty());
    }
    assert_eq!(served.classifier.translations.load(Ordering::SeqCst), 1, "all codes are of one edition");
    let explained = pb::ExplainRequest { question: Some(question("XE")), ..Default::default() };
    let explained = client.explain(explained).await.unwrap().into_inner();
    assert_eq!(explained.attempts.len(), 2, "the direct route and the annex");
}

async fn that_nothing_is_asked_is_said_of_covered_markets_and_real_codes_alone(db: TestDatabase) {
    let served = serve(&db).await;
    let mut client = served.recognition();
    for (destination, code, finding) in [
        ("CN", "854143", "market_not_covered"),
        ("EU", "854143", "market_not_covered"),
        ("XF", "999999", "code_unknown"),
    ] {
        let mut request = ask(destination);
        let code = common::CodeReference { edition: "HS2022".into(), code: code.into() };
        request.question.as_mut().unwrap().code = Some(code);
        let decision = client.recognise(request).await.unwrap().into_inner().decision.unwrap();
        assert_eq!(decision.outcome(), Outcome::Undetermined, "{destination}");
        assert!(decision.findings.iter().any(|it| it.code == finding), "{destination}: {:?}", decision.findings);
    }
}

async fn bad_questions_are_refused_with_every_field(db: TestDatabase) {
    let served = serve(&db).await;
    let mut bad = question("nowhere");
    bad.origin = String::new();
    bad.date = "2026-02-30".into();
    (bad.placed_on_market_on, bad.manufactured_on) = ("2023-05-01".into(), "2023-05-02".into());
    bad.code = Some(common::CodeReference { edition: "hs".into(), code: "8541.43".into() });
    let facts = bad.certificate.as_mut().unwrap();
    facts.body = "aurora".into();
    facts.object = 9;
    facts.schemes[0].scheme = "schemes/a b".into();
    let request = pb::RecogniseRequest { question: Some(bad), ..Default::default() };
    let status = served.recognition().recognise(request).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::InvalidArgument);
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::FieldViolations));
    let mut fields: Vec<_> = Fault::violations_of(&status).into_iter().map(|it| it.field).collect();
    fields.sort();
    assert_eq!(
        fields,
        [
            "question.certificate.body",
            "question.certificate.object",
            "question.certificate.schemes[0].scheme",
            "question.code.code",
            "question.code.edition",
            "question.date",
            "question.destination",
            "question.manufactured_on",
            "question.origin",
        ]
    );
    // Goods that are not there yet on the day that counts.
    let mut future = question("XB");
    (future.date, future.placed_on_market_on) = ("2026-07-01".into(), "2026-07-02".into());
    let request = pb::RecogniseRequest { question: Some(future), ..Default::default() };
    let status = served.recognition().recognise(request).await.unwrap_err();
    let fields: Vec<_> = Fault::violations_of(&status).into_iter().map(|it| it.field).collect();
    assert_eq!(fields, ["question.placed_on_market_on"]);
    // So is a result that is granted only later.
    let granted_on = |day: &str| {
        let mut question = question("XB");
        question.date = "2026-07-01".into();
        question.certificate.as_mut().unwrap().granted_on = day.into();
        question
    };
    let one = |day: &str| pb::RecogniseRequest { question: Some(granted_on(day)), ..Default::default() };
    assert!(served.recognition().recognise(one("2026-07-01")).await.is_ok());
    let status = served.recognition().recognise(one("2026-07-02")).await.unwrap_err();
    assert_eq!(Fault::violations_of(&status)[0].field, "question.certificate.granted_on");
    let questions = vec![granted_on("2026-07-01"), granted_on("2026-07-02")];
    let batch = pb::BatchRecogniseRequest { questions, ..Default::default() };
    let status = served.recognition().batch_recognise(batch).await.unwrap_err();
    let fields: Vec<_> = Fault::violations_of(&status).into_iter().map(|it| it.field).collect();
    assert_eq!(fields, ["questions[1].certificate.granted_on"]);
    let item = pb::StreamRecogniseRequest { question: Some(granted_on("2026-07-02")), ..Default::default() };
    let stream = served.recognition().stream_recognise(tokio_stream::iter([item])).await;
    let answer = stream.unwrap().into_inner().message().await.unwrap().unwrap();
    let Some(pb::stream_recognise_response::Answer::Refused(refused)) = answer.answer else {
        panic!("it is not refused");
    };
    assert!(refused.fields.contains_key("question.certificate.granted_on"), "{refused:?}");
    let plan = pb::PlanMarketAccessRequest {
        code: question("XB").code,
        origin: "XA".into(),
        date: "2026-07-01".into(),
        manufactured_on: "2026-07-02".into(),
        ..Default::default()
    };
    let status = served.recognition().plan_market_access(plan).await.unwrap_err();
    assert_eq!(Fault::violations_of(&status)[0].field, "manufactured_on");
    let status = served.recognition().recognise(pb::RecogniseRequest::default()).await.unwrap_err();
    assert_eq!(Fault::violations_of(&status)[0].field, "question");
}

async fn a_batch_keeps_its_order_and_a_stream_survives_a_bad_question(db: TestDatabase) {
    let served = serve(&db).await;
    let batch = pb::BatchRecogniseRequest {
        questions: vec![question("XD"), question("XB"), question("XF")],
        ..Default::default()
    };
    let answer = served.recognition().batch_recognise(batch).await.unwrap().into_inner();
    let outcomes: Vec<_> = answer.decisions.iter().map(pb::RecognitionDecision::outcome).collect();
    assert_eq!(outcomes, [Outcome::RecognisedOnConditions, Outcome::Recognised, Outcome::NoRequirementApplies]);

    let ask = |sequence, question| pb::StreamRecogniseRequest { sequence, question, ..Default::default() };
    let questions = vec![ask(1, Some(question("XB"))), ask(2, None), ask(3, Some(question("XF")))];
    let answers = served.recognition().stream_recognise(tokio_stream::iter(questions)).await.unwrap().into_inner();
    let answers: Vec<_> = answers.map(Result::unwrap).collect().await;
    assert_eq!(answers.iter().map(|it| it.sequence).collect::<Vec<_>>(), [1, 2, 3]);
    use pb::stream_recognise_response::Answer;
    assert!(matches!(&answers[1].answer, Some(Answer::Refused(it)) if it.fields.contains_key("question")));
    assert!(matches!(&answers[2].answer, Some(Answer::Decision(it)) if it.outcome() == Outcome::NoRequirementApplies));
}

async fn codes_of_another_edition_are_translated_once_a_revision(db: TestDatabase) {
    let served = serve(&db).await;
    let mut client = served.recognition();
    let with_code = |code: &str| {
        let mut request = ask("XB");
        request.question.as_mut().unwrap().code =
            Some(common::CodeReference { edition: "HS2017".into(), code: code.into() });
        request
    };
    for _ in 0..3 {
        let answer = client.recognise(with_code("854149")).await.unwrap().into_inner();
        assert_eq!(answer.decision.unwrap().outcome(), Outcome::Recognised);
        assert_eq!(answer.classification_revision, 5);
    }
    assert_eq!(served.classifier.translations.load(Ordering::SeqCst), 1);
    let split = client.recognise(with_code("854140")).await.unwrap().into_inner().decision.unwrap();
    assert_eq!((split.outcome(), split.findings[0].code.as_str()), (Outcome::Undetermined, "code_ambiguous"));
    let unknown = client.recognise(with_code("999999")).await.unwrap().into_inner().decision.unwrap();
    assert_eq!((unknown.outcome(), unknown.findings[0].code.as_str()), (Outcome::Undetermined, "code_unknown"));
}

async fn without_classification_the_answer_is_undetermined_and_returns_when_it_does(db: TestDatabase) {
    let served = serve_with(&db, |config| config.classification_freshness_ms = 300).await;
    let mut client = served.recognition();
    let mut request = ask("XB");
    request.question.as_mut().unwrap().code =
        Some(common::CodeReference { edition: "HS2017".into(), code: "854149".into() });
    let mut fresh = pb::RecognitionDecision::default();
    for _ in 0..500 {
        fresh = client.recognise(request.clone()).await.unwrap().into_inner().decision.unwrap();
        if fresh.outcome() == Outcome::Recognised {
            break;
        }
        // Where the machine stalls, nothing was heard for a while.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(fresh.outcome(), Outcome::Recognised);

    served.classifier.down.store(true, Ordering::SeqCst);
    let mut outcome = Outcome::Recognised;
    for _ in 0..500 {
        let decision = client.recognise(request.clone()).await.unwrap().into_inner().decision.unwrap();
        outcome = decision.outcome();
        if outcome == Outcome::Undetermined {
            assert_eq!(decision.findings[0].code, "classification_unavailable");
            break;
        }
        assert_eq!(outcome, Outcome::Recognised, "either what is known and fresh, or nothing");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(outcome, Outcome::Undetermined);
    // What was decided at revisions that are named can be repeated whoever is down.
    let mut again = request.clone();
    again.classification_revision = 5;
    again.consistency = exactly(1);
    let again = client.recognise(again).await.unwrap().into_inner().decision.unwrap();
    assert_eq!(again.encode_to_vec(), fresh.encode_to_vec());

    served.classifier.down.store(false, Ordering::SeqCst);
    for _ in 0..500 {
        outcome = client.recognise(request.clone()).await.unwrap().into_inner().decision.unwrap().outcome();
        if outcome == Outcome::Recognised {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(outcome, Outcome::Recognised);
}

async fn a_classification_that_was_never_heard_is_waited_for_once(db: TestDatabase) {
    let silent = Classifier::default();
    silent.down.store(true, Ordering::SeqCst);
    let served = serve_beside(&db, silent, |_| {}).await;
    let mut foreign = question("XB");
    foreign.code = Some(common::CodeReference { edition: "HS2017".into(), code: "854149".into() });
    let batch = pb::BatchRecogniseRequest { questions: vec![foreign; 60], ..Default::default() };
    let mut request = tonic::Request::new(batch);
    request.set_timeout(Duration::from_secs(30));
    // Sixty waits would not fit into the deadline; one does many times over.
    let answer = served.recognition().batch_recognise(request).await.unwrap().into_inner();
    assert!(answer.decisions.iter().all(|decision| decision.outcome() == Outcome::Undetermined));
}

async fn what_was_decided_without_classification_is_decided_anew_once_it_is_there(db: TestDatabase) {
    let silent = Classifier::default();
    silent.down.store(true, Ordering::SeqCst);
    let served = serve_beside(&db, silent, |config| {
        config.classification_freshness_ms = 300;
        config.revision_wait_ms = 20_000;
    })
    .await;
    // What is honoured is of another edition: of what is demanded, and decides, it changes nothing.
    let mut honoured = pb::Requirement { name: "requirements/xb-honoured".into(), mandatory: false, ..tightened() };
    honoured.codes[0].code = Some(common::CodeReference { edition: "HS2017".into(), code: "854140".into() });
    let change = upsert(pb::catalogue_entry::Entry::Requirement(honoured));
    let mut author = served.changes("author");
    let drafted = author.create_change_set(create("create", vec![change])).await.unwrap().into_inner();
    let name = drafted.change_set.unwrap().name;
    author.propose_change_set(propose(&name)).await.unwrap();
    let mut reviewer = served.changes("reviewer");
    reviewer.review_change_set(review(&name)).await.unwrap();
    let revision = reviewer.publish_change_set(publish(&name)).await.unwrap().into_inner().revision;

    let batch = pb::BatchRecogniseRequest {
        questions: vec![question("XB")],
        consistency: at_least(revision),
        explain: true,
        ..Default::default()
    };
    // One by one, and in batches.
    for together in [false, true] {
        let missing = async || {
            let mut client = served.recognition();
            let decision = if together {
                client.batch_recognise(batch.clone()).await.unwrap().into_inner().decisions.remove(0)
            } else {
                let request = pb::RecogniseRequest { consistency: at_least(revision), ..ask("XB") };
                client.recognise(request).await.unwrap().into_inner().decision.unwrap()
            };
            assert_eq!(decision.outcome(), Outcome::Recognised);
            let of_it = decision.requirements.iter().find(|it| it.requirement == "requirements/xb-honoured");
            of_it.unwrap().findings[0].code.clone()
        };
        served.classifier.down.store(true, Ordering::SeqCst);
        let mut told = String::new();
        for _ in 0..500 {
            told = missing().await;
            if told == "classification_unavailable" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(told, "classification_unavailable");
        served.classifier.down.store(false, Ordering::SeqCst);
        for _ in 0..500 {
            told = missing().await;
            if told != "classification_unavailable" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(told, "code_unknown");
    }
}
