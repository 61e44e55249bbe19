use greenlane_api::classification::v1::lookup_service_client::LookupServiceClient;
use greenlane_api::classification::v1::{
    MatchKind, SearchCodesRequest, SuggestCodesRequest, SuggestCodesResponse, TaughtExample,
    TeachClassificationsRequest,
};
use greenlane_api::common::v1::read_consistency::Requirement;
use greenlane_api::common::v1::{ErrorReason, ReadConsistency, Source};
use greenlane_platform::client::Client;
use greenlane_platform::fault::Fault;
use greenlane_store::engine_tests;
use greenlane_store::testing::TestDatabase;
use tonic::Code;

use super::running::{Running, code};
use crate::{Config, Migrator};

engine_tests!(Migrator:
    what_was_taught_counts_at_once_survives_a_restart_and_is_learned_once,
    a_taught_example_counts_from_its_date_and_its_revision,
    a_lesson_is_learned_whole_or_not_at_all,
    what_was_answered_for_one_economy_is_not_answered_again_for_another,
    a_correction_of_the_same_day_stands_and_a_teaching_can_be_taken_back_and_taught_again,
    an_example_of_a_heading_is_refused_with_the_codes_below_it,
    an_example_that_is_older_than_its_edition_or_of_a_day_to_come_is_refused,
    the_green_filter_keeps_codes_on_the_list,
    a_misspelt_word_finds_what_was_meant,
);

fn example(description: &str, digits: &str, decided_on: &str) -> TaughtExample {
    TaughtExample {
        description: description.to_owned(),
        code: code("HS2022", digits),
        decided_on: decided_on.to_owned(),
        source: Some(Source { example: true, ..Source::default() }),
        withdrawn: false,
    }
}

fn lesson(request_id: &str, examples: Vec<TaughtExample>) -> TeachClassificationsRequest {
    TeachClassificationsRequest { request_id: request_id.to_owned(), validate_only: false, examples }
}

fn teacher(running: &Running) -> LookupServiceClient<Client> {
    LookupServiceClient::new(running.client(&["codes.read", "codes.write"]))
}

fn question(description: &str) -> SuggestCodesRequest {
    SuggestCodesRequest {
        description: description.to_owned(),
        edition: "HS2022".to_owned(),
        ..SuggestCodesRequest::default()
    }
}

fn best(answer: &SuggestCodesResponse) -> &str {
    answer.candidates.first().map_or("", |best| &best.code.as_ref().unwrap().reference.as_ref().unwrap().code)
}

async fn what_was_taught_counts_at_once_survives_a_restart_and_is_learned_once(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut teacher = teacher(&running);
    let untaught = teacher.suggest_codes(question("sun catcher 9000")).await.unwrap().into_inner();
    assert!(untaught.cannot_tell && untaught.findings.iter().any(|finding| finding.code == "vague_term"));

    let first = lesson("one", vec![example("Sun catcher 9000", "854143", "2026-01-01")]);
    let taught = teacher.teach_classifications(first.clone()).await.unwrap().into_inner();
    assert_eq!((taught.learned, taught.revision), (1, 2));
    let answer = teacher.suggest_codes(question("sun catcher 9000")).await.unwrap().into_inner();
    assert_eq!((best(&answer), answer.revision, answer.cannot_tell), ("854143", 2, false));
    let decided = &answer.candidates[0].examples[0];
    assert_eq!((decided.description.as_str(), decided.decided_on.as_str()), ("Sun catcher 9000", "2026-01-01"));
    assert!(decided.source.as_ref().unwrap().example);
    assert!(answer.candidates[0].taught_lift > 0.5);

    assert_eq!(teacher.teach_classifications(first.clone()).await.unwrap().into_inner(), taught);
    let again = teacher.teach_classifications(lesson("two", first.examples)).await.unwrap().into_inner();
    assert_eq!((again.learned, again.revision), (0, 2));
    let other = lesson("one", vec![example("Moon light", "853951", "2026-01-01")]);
    let refused = teacher.teach_classifications(other).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::RequestIdReused));
    running.end().await;

    let restarted = Running::start(&db).await;
    let after = restarted.lookup().suggest_codes(question("sun catcher 9000")).await.unwrap().into_inner();
    assert_eq!(after, answer);
    restarted.end().await;
}

async fn a_taught_example_counts_from_its_date_and_its_revision(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut teacher = teacher(&running);
    let first = lesson("one", vec![example("Sun catcher 9000", "854143", "2026-03-01")]);
    teacher.teach_classifications(first).await.unwrap();
    let second = lesson("two", vec![example("Sun catcher 9000", "853951", "2026-04-01")]);
    teacher.teach_classifications(second).await.unwrap();
    for (date, revision, expected) in [
        ("2026-02-28", 3, ""),
        ("2026-03-01", 3, "854143"),
        ("2026-04-01", 3, "853951"),
        ("", 3, "853951"),
        ("", 2, "854143"),
        ("", 1, ""),
    ] {
        let consistency = Some(ReadConsistency { requirement: Some(Requirement::ExactlyRevision(revision)) });
        let asked = SuggestCodesRequest { date: date.to_owned(), consistency, ..question("sun catcher 9000") };
        let answer = teacher.suggest_codes(asked).await.unwrap().into_inner();
        assert_eq!((best(&answer), answer.revision), (expected, revision), "{date}");
    }
    running.end().await;
}

async fn a_lesson_is_learned_whole_or_not_at_all(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut teacher = teacher(&running);
    let good = example("Sun catcher 9000", "854143", "2026-01-01");
    let bad = TaughtExample { decided_on: "soon".to_owned(), source: None, ..example("", "854199", "") };
    let refused = teacher.teach_classifications(lesson("?", vec![good.clone(), bad])).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let fields: Vec<_> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
    assert_eq!(fields, ["request_id", "examples[1].description", "examples[1].decided_on", "examples[1].source"]);
    let unknown = lesson("one", vec![good.clone(), example("Moon", "999999", "2026-01-01")]);
    let refused = teacher.teach_classifications(unknown).await.unwrap_err();
    assert_eq!(Fault::violations_of(&refused)[0].field, "examples[1].code.code");
    let tried = TeachClassificationsRequest { validate_only: true, ..lesson("one", vec![good]) };
    assert_eq!(teacher.teach_classifications(tried).await.unwrap().into_inner().learned, 1);
    let answer = teacher.suggest_codes(question("sun catcher 9000")).await.unwrap().into_inner();
    assert_eq!((answer.revision, answer.candidates.len()), (1, 0));
    assert_eq!(
        running.lookup().teach_classifications(lesson("x", Vec::new())).await.unwrap_err().code(),
        Code::PermissionDenied
    );
    running.end().await;
}

async fn what_was_answered_for_one_economy_is_not_answered_again_for_another(db: TestDatabase) {
    let running = Running::start(&db).await;
    let lesson = lesson("one", vec![example("sun catcher 9000", "854143", "2026-01-01")]);
    let teach = async |economy: &str| {
        let client = running.client_in(economy, "teacher", &["codes.read", "codes.write"]);
        LookupServiceClient::new(client).teach_classifications(lesson.clone()).await.map(tonic::Response::into_inner)
    };
    let first = teach("XA").await.unwrap();
    let refused = teach("XB").await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::RequestIdReused));
    assert_eq!(teach("XA").await.unwrap(), first);
    running.end().await;
}

async fn a_correction_of_the_same_day_stands_and_a_teaching_can_be_taken_back_and_taught_again(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut teacher = teacher(&running);
    let (day, words) = ("2026-01-01", "Sun catcher 9000");
    let withdrawn = |digits| TaughtExample { withdrawn: true, ..example(words, digits, day) };
    let steps = [
        (example(words, "854143", day), "854143"),
        (example(words, "853951", day), "853951"),
        // The first again, which corrects the correction.
        (example(words, "854143", day), "854143"),
        (withdrawn("854143"), "853951"),
        (withdrawn("853951"), ""),
        (example(words, "854143", day), "854143"),
    ];
    for (number, (step, expected)) in steps.into_iter().enumerate() {
        let taught = teacher.teach_classifications(lesson(&format!("step-{number}"), vec![step.clone()])).await;
        assert_eq!(taught.unwrap().into_inner().learned, 1, "{number}");
        let answer = teacher.suggest_codes(question(words)).await.unwrap().into_inner();
        assert_eq!(best(&answer), expected, "{number}");
        if !expected.is_empty() {
            assert!(answer.candidates[0].confidence > 0.7, "{number}");
        }
        let again = teacher.teach_classifications(lesson(&format!("again-{number}"), vec![step])).await;
        assert_eq!(again.unwrap().into_inner().learned, 0, "{number}: it stands");
    }
    let answer = teacher.suggest_codes(question(words)).await.unwrap().into_inner();
    let never = lesson("never", vec![TaughtExample { withdrawn: true, ..example("Moon light", "854143", day) }]);
    let refused = teacher.teach_classifications(never).await.unwrap_err();
    assert_eq!(Fault::violations_of(&refused)[0].field, "examples[0].withdrawn");
    running.end().await;
    let restarted = Running::start(&db).await;
    assert_eq!(restarted.lookup().suggest_codes(question(words)).await.unwrap().into_inner(), answer);
    restarted.end().await;
}

async fn an_example_of_a_heading_is_refused_with_the_codes_below_it(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut teacher = teacher(&running);
    let refused =
        teacher.teach_classifications(lesson("one", vec![example("Sun catcher", "8541", "2026-01-01")])).await;
    let violations = Fault::violations_of(&refused.unwrap_err());
    assert_eq!(violations.len(), 1);
    assert_eq!(violations[0].field, "examples[0].code.code");
    assert!(violations[0].description.contains("8541"), "{}", violations[0].description);
    running.end().await;
}

async fn an_example_that_is_older_than_its_edition_or_of_a_day_to_come_is_refused(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut teacher = teacher(&running);
    for (day, why) in [("2020-05-01", "HS2017 was in force"), ("2026-06-03", "must not be after today")] {
        let bad = lesson("bad", vec![example("Sun catcher", "854143", day)]);
        let violations = Fault::violations_of(&teacher.teach_classifications(bad).await.unwrap_err());
        assert_eq!((violations.len(), violations[0].field.as_str()), (1, "examples[0].decided_on"));
        assert!(violations[0].description.contains(why), "{}", violations[0].description);
    }
    // The first day of the edition; tomorrow, which is today further east; and where no older edition could be named.
    let oldest = TaughtExample { code: code("HS2017", "854140"), ..example("Old sun catcher", "", "2010-01-01") };
    let good = [example("Sun catcher", "854143", "2022-01-01"), example("Sun trap", "854143", "2026-06-02"), oldest];
    let taught = teacher.teach_classifications(lesson("good", good.to_vec())).await.unwrap().into_inner();
    assert_eq!(taught.learned, 3);
    running.end().await;
}

async fn the_green_filter_keeps_codes_on_the_list(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut lookup = running.lookup();
    let lists = vec!["greenLists/apec-54".to_owned()];
    let all = lookup.suggest_codes(question("electric motors and generators")).await.unwrap().into_inner();
    let green = SuggestCodesRequest { green_lists: lists.clone(), ..question("electric motors and generators") };
    let green = lookup.suggest_codes(green).await.unwrap().into_inner();
    assert!(!green.candidates.is_empty() && green.candidates.len() < all.candidates.len());
    let search = SearchCodesRequest {
        query: "electric motors and generators".to_owned(),
        green_lists: lists,
        page_size: 1_000,
        ..SearchCodesRequest::default()
    };
    let hits = lookup.search_codes(search).await.unwrap().into_inner().hits;
    assert!(
        green.candidates.iter().all(|candidate| hits
            .iter()
            .any(|hit| { hit.code.as_ref().map(|code| &code.name) == candidate.code.as_ref().map(|code| &code.name) }))
    );
    running.end().await;
}

async fn a_misspelt_word_finds_what_was_meant(db: TestDatabase) {
    let running = Running::with(Config { store: db.config(), ..Config::default() }).await;
    let search = SearchCodesRequest { query: "photovoltaik moduls".to_owned(), ..SearchCodesRequest::default() };
    let hits = running.lookup().search_codes(search).await.unwrap().into_inner().hits;
    let code = hits[0].code.as_ref().unwrap().reference.as_ref().unwrap();
    assert_eq!(code.code, "854143");
    assert_eq!(
        (hits[0].r#match(), hits[0].matched_words.clone()),
        (MatchKind::AllWords, vec!["photovoltaik".to_owned(), "moduls".to_owned()])
    );
    running.end().await;
}
