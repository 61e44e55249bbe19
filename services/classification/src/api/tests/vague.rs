use greenlane_api::classification::v1::change::Change as Raw;
use greenlane_api::classification::v1::lookup_service_client::LookupServiceClient;
use greenlane_api::classification::v1::{
    ImportFormat, SuggestCodesRequest, SuggestCodesResponse, TaughtExample, TeachClassificationsRequest,
};
use greenlane_api::common::v1::Source;
use greenlane_store::engine_tests;
use greenlane_store::testing::TestDatabase;

use super::owners::{SCOPES, publish, upload};
use super::running::{Running, code};
use crate::Migrator;

engine_tests!(Migrator:
    what_is_no_more_than_an_imported_vague_term_cannot_be_told_until_it_is_decided,
);

async fn what_is_no_more_than_an_imported_vague_term_cannot_be_told_until_it_is_decided(db: TestDatabase) {
    let running = Running::start(&db).await;
    let client = running.client(SCOPES);
    let mut lookup = LookupServiceClient::new(client.clone());
    let ask = async |description: &str| {
        let (description, edition) = (description.to_owned(), "HS2022".to_owned());
        let request = SuggestCodesRequest { description, edition, ..SuggestCodesRequest::default() };
        running.lookup().suggest_codes(request).await.unwrap().into_inner()
    };
    let before = ask("solar cells").await;
    assert!(!before.cannot_tell && before.candidates[0].confidence >= 0.25);
    let text = "term,related_words,question\ncell,\"cells, solar cell\",Are they assembled in modules?\n";
    let name = upload(client.clone(), ImportFormat::UkInterceptTerms, None, text).await.unwrap();
    publish(&running, client.clone(), "ambiguous", vec![Raw::PublishImport(name)]).await;
    let name = upload(client.clone(), ImportFormat::UkVagueTerms, None, "\"panel, solar\"\n").await.unwrap();
    publish(&running, client, "vague", vec![Raw::PublishImport(name)]).await;
    let after = ask("Solar cells").await;
    assert!(after.cannot_tell && after.candidates[0].confidence < 0.25);
    assert_eq!(after.question, "Are they assembled in modules?");
    let found = &after.findings[0];
    assert_eq!((found.code.as_str(), found.parameters["term"].as_str()), ("ambiguous_term", "cell"));
    let codes = |answer: &SuggestCodesResponse| answer.candidates.iter().map(|it| it.code.clone()).collect::<Vec<_>>();
    assert_eq!(codes(&after), codes(&before), "what may be meant is shown still");
    let panel = ask("solar panel").await;
    assert!(panel.cannot_tell && panel.findings[0].code == "vague_term", "{:?}", panel.findings);
    // More words than the term has say more.
    assert_eq!(ask("solar cells for roofs").await.findings.iter().filter(|it| it.code == "ambiguous_term").count(), 0);
    let lesson = TeachClassificationsRequest {
        request_id: "decided".to_owned(),
        validate_only: false,
        examples: vec![TaughtExample {
            description: "solar cells".to_owned(),
            code: code("HS2022", "854142"),
            decided_on: "2026-01-01".to_owned(),
            source: Some(Source { example: true, ..Source::default() }),
            withdrawn: false,
        }],
    };
    lookup.teach_classifications(lesson).await.unwrap();
    let decided = ask("solar cells").await;
    assert!(!decided.cannot_tell && decided.candidates[0].confidence > 0.7);
    running.end().await;
}
