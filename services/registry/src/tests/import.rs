//! Importing a back catalogue.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use greenlane_api::common::v1::{self as common, ErrorReason};
use greenlane_api::registry::v1 as wire;
use greenlane_credential::Presented;
use greenlane_platform::fault::Fault;
use greenlane_store::testing::TestDatabase;
use tonic::{Code, Status};

use super::harness::{Served, content, serve};
use crate::Migrator;
use crate::domain::status::ENTRIES;

greenlane_store::engine_tests!(Migrator:
    a_catalogue_is_imported_and_every_row_logged,
    a_refused_row_is_reported_and_stops_no_other,
    an_import_that_broke_is_simply_repeated,
    what_was_imported_is_there_when_its_key_signs_no_more,
    a_request_id_of_another_row_is_refused_when_the_key_signs_no_more,
    a_trial_writes_nothing,
    a_trial_uses_up_no_places_in_the_status_lists,
    a_trial_tells_what_the_import_will,
    an_import_is_of_the_callers_body_alone,
    an_import_without_a_key_ends,
);

fn row(number: u64) -> wire::ImportCertificatesRequest {
    wire::ImportCertificatesRequest {
        request_id: format!("row-{number}"),
        body: "bodies/xa-lab".to_owned(),
        content: Some(wire::CertificateContent { body_reference: format!("No. {number}"), ..content() }),
        row: number,
        ..Default::default()
    }
}

/// All answers to these rows, and how the stream ended.
async fn import(
    served: &Served,
    rows: Vec<wire::ImportCertificatesRequest>,
) -> (Vec<wire::ImportCertificatesResponse>, Result<(), Status>) {
    let mut body = served.certificates("bodies/xa-lab");
    let mut stream = match body.import_certificates(futures_util::stream::iter(rows)).await {
        Ok(stream) => stream.into_inner(),
        Err(status) => return (Vec::new(), Err(status)),
    };
    let mut answers = Vec::new();
    loop {
        match stream.message().await {
            Ok(Some(answer)) => answers.push(answer),
            Ok(None) => return (answers, Ok(())),
            Err(status) => return (answers, Err(status)),
        }
    }
}

fn counts(answer: &wire::ImportCertificatesResponse) -> (u64, u64, u64) {
    (answer.received, answer.accepted, answer.refused)
}

async fn revision(served: &Served) -> u64 {
    served.log().get_checkpoint(wire::GetCheckpointRequest::default()).await.unwrap().into_inner().revision
}

async fn a_catalogue_is_imported_and_every_row_logged(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let (answers, end) = import(&served, (1..=1_500).map(row).collect()).await;
    end.unwrap();
    let last = answers.last().unwrap();
    assert_eq!((counts(last), last.revision), ((1_500, 1_500, 0), 1_502));
    assert_eq!(revision(&served).await, 1_502);
    let filter = wire::CertificateFilter { body_reference: "No. 777".to_owned(), ..Default::default() };
    let listed = wire::ListCertificatesRequest { filter: Some(filter), ..Default::default() };
    let listed = served.certificates("bodies/xa-lab").list_certificates(listed).await.unwrap().into_inner();
    assert_eq!(listed.certificates.len(), 1);
    let verdict = served.verdict(&listed.certificates[0].name).await;
    assert_eq!(verdict.outcome(), wire::VerdictOutcome::Accepted);
    // By what they have in common all of them are found, each once.
    let code = common::CodeReference { edition: "HS2022".to_owned(), code: "8541".to_owned() };
    for filter in [
        wire::CertificateFilter { holder: "solar".to_owned(), ..Default::default() },
        wire::CertificateFilter { code: Some(code), ..Default::default() },
        wire::CertificateFilter { granted_on_from: "2026-01-10".to_owned(), ..Default::default() },
    ] {
        let mut names = BTreeSet::new();
        let mut request = wire::ListCertificatesRequest { filter: Some(filter), page_size: 500, ..Default::default() };
        loop {
            let page =
                served.certificates("bodies/xa-lab").list_certificates(request.clone()).await.unwrap().into_inner();
            names.extend(page.certificates.into_iter().map(|certificate| certificate.name));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(names.len(), 1_500);
    }
}

async fn a_refused_row_is_reported_and_stops_no_other(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    // Rows are worked on side by side: the request id is taken for certain before.
    import(&served, vec![row(1)]).await.1.unwrap();
    let mut rows: Vec<_> = (1..=300).map(row).collect();
    let bad = rows[99].content.as_mut().unwrap();
    bad.valid_until = "never".to_owned();
    bad.holder = None;
    rows[199].request_id = "row-1".to_owned();
    let (answers, end) = import(&served, rows).await;
    end.unwrap();
    assert_eq!(counts(answers.last().unwrap()), (300, 298, 2));
    // What the parser refuses is told before what the log refuses: the rows' order is not promised.
    let mut refused: Vec<_> = answers.iter().filter_map(|answer| answer.refused_row.as_ref()).collect();
    refused.sort_by_key(|refused| refused.row);
    let fields: Vec<&str> = refused[0].findings.iter().map(|finding| finding.parameters["field"].as_str()).collect();
    assert_eq!((refused[0].row, fields), (100, vec!["content.holder", "content.valid_until"]));
    assert_eq!(refused[0].findings[0].code, "field_violations");
    assert_eq!((refused[1].row, refused[1].request_id.as_str()), (200, "row-1"));
    assert_eq!(refused[1].findings[0].code, "request_id_reused");
    assert_eq!(revision(&served).await, 300);
}

async fn an_import_that_broke_is_simply_repeated(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let (answers, end) = import(&served, (1..=100).map(row).collect()).await;
    end.unwrap();
    assert_eq!(answers.last().unwrap().already_there, 0);
    assert_eq!(counts(answers.last().unwrap()), (100, 100, 0));
    // Counted anew by the caller, and some that are new among them.
    let again = (1..=150).map(|number| wire::ImportCertificatesRequest { row: 1_000 + number, ..row(number) });
    let (answers, end) = import(&served, again.collect()).await;
    end.unwrap();
    assert_eq!(answers.last().unwrap().already_there, 100, "so many were there");
    assert_eq!(answers.last().unwrap().same_as_earlier_row, 0, "and all of them before");
    let last = answers.last().unwrap();
    assert_eq!((counts(last), last.revision), ((150, 150, 0), 152), "each is there once");
    let (answers, end) = import(&served, (1..=150).map(row).collect()).await;
    end.unwrap();
    assert_eq!(answers.last().unwrap().revision, 152, "all were there");
    assert_eq!(revision(&served).await, 152);
}

/// Imports rows, and lets the key that signed them sign no more.
async fn import_and_retire(served: &Served, rows: Vec<wire::ImportCertificatesRequest>) {
    served.enrol("xa-lab").await;
    let (_, end) = import(served, rows).await;
    end.unwrap();
    let listed = wire::ListCertificatesRequest::default();
    let listed = served.certificates("bodies/xa-lab").list_certificates(listed).await.unwrap().into_inner();
    let name = listed.certificates[0].signing_key.clone();
    let retire = wire::RetireBodyKeyRequest { request_id: "retire".to_owned(), name, ..Default::default() };
    served.clock.advance(TimeDelta::hours(1));
    served.bodies().retire_body_key(retire).await.unwrap();
    served.clock.advance(TimeDelta::hours(1));
}

async fn what_was_imported_is_there_when_its_key_signs_no_more(db: TestDatabase) {
    let served = serve(&db).await;
    import_and_retire(&served, (1..=80).map(row).collect()).await;
    let (answers, end) = import(&served, (1..=80).map(row).collect()).await;
    end.unwrap();
    let last = answers.last().unwrap();
    assert_eq!((counts(last), last.already_there), ((80, 80, 0), 80));
    let (_, end) = import(&served, (1..=81).map(row).collect()).await;
    assert_eq!(Fault::reason_of(&end.unwrap_err()), Some(ErrorReason::NoSigningKey), "a new row needs a key");
}

async fn a_request_id_of_another_row_is_refused_when_the_key_signs_no_more(db: TestDatabase) {
    let served = serve(&db).await;
    import_and_retire(&served, (1..=80).map(row).collect()).await;
    // The first, so that nothing was found yet when it cannot be signed; and one after it.
    let mut rows: Vec<_> = (1..=80).map(row).collect();
    for changed in [0, 4] {
        rows[changed].content = row(1_000).content;
    }
    let (answers, end) = import(&served, rows).await;
    end.unwrap();
    let last = answers.last().unwrap();
    assert_eq!((counts(last), last.already_there), ((80, 78, 2), 78));
    let refused = answers.iter().filter_map(|answer| answer.refused_row.as_ref());
    let refused: Vec<_> = refused.map(|refused| (refused.row, refused.findings[0].code.as_str())).collect();
    assert_eq!(refused, [(1, "request_id_reused"), (5, "request_id_reused")]);
}

async fn a_trial_writes_nothing(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let mut rows: Vec<_> = (1..=200).map(row).collect();
    rows[0].validate_only = true;
    rows[150].content = None;
    let (answers, end) = import(&served, rows).await;
    end.unwrap();
    let last = answers.last().unwrap();
    assert_eq!((counts(last), last.revision), ((200, 199, 1), 0));
    assert_eq!(revision(&served).await, 2);
}

async fn a_trial_uses_up_no_places_in_the_status_lists(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let part = async |id: &str| {
        let document = served.issue("xa-lab", id).await.certificate.unwrap().document;
        let entry = Presented::read(&document).unwrap().certificate().status.clone().unwrap();
        entry.index / u64::from(ENTRIES / 64)
    };
    let before = part("c1").await;
    // As many as are given of a part.
    let mut rows: Vec<_> = (1..=256).map(row).collect();
    rows[0].validate_only = true;
    import(&served, rows).await.1.unwrap();
    assert_eq!(part("c2").await, before);
}

async fn a_trial_tells_what_the_import_will(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let mut rows: Vec<_> = (1..=200).map(row).collect();
    rows[80].content = rows[1].content.clone();
    rows[80].request_id = rows[1].request_id.clone();
    rows[90].request_id = rows[2].request_id.clone();
    rows[0].validate_only = true;
    let (trial, end) = import(&served, rows.clone()).await;
    end.unwrap();
    rows[0].validate_only = false;
    let (done, end) = import(&served, rows).await;
    end.unwrap();
    for last in [trial.last().unwrap(), done.last().unwrap()] {
        assert_eq!((counts(last), last.already_there), ((200, 199, 1), 1));
        assert_eq!(last.same_as_earlier_row, 1, "the registry had none of them");
    }
    let reasons = |answers: &[wire::ImportCertificatesResponse]| -> Vec<String> {
        let refused = answers.iter().filter_map(|answer| answer.refused_row.clone());
        refused.map(|row| row.findings[0].code.clone()).collect()
    };
    assert_eq!(
        (reasons(&trial), reasons(&done)),
        (vec!["request_id_reused".to_owned()], vec!["request_id_reused".to_owned()])
    );
}

async fn an_import_is_of_the_callers_body_alone(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    served.enrol("xb-lab").await;
    let mut rows: Vec<_> = (1..=10).map(row).collect();
    rows[5].body = "bodies/xb-lab".to_owned();
    let (answers, end) = import(&served, rows).await;
    let status = end.unwrap_err();
    assert_eq!((status.code(), Fault::reason_of(&status)), (Code::PermissionDenied, Some(ErrorReason::NotYours)));
    assert_eq!(answers.last().unwrap().accepted, 5, "those before it were good");
    assert_eq!(revision(&served).await, 9);
    let mut nobody = wire::certificate_service_client::CertificateServiceClient::new(served.channel("x", None));
    let refused = nobody.import_certificates(futures_util::stream::iter([row(1)])).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::NotYours));
}

async fn an_import_without_a_key_ends(db: TestDatabase) {
    let served = serve(&db).await;
    served.bodies().create_body(super::harness::new_body("xa-lab")).await.unwrap();
    let (_, end) = import(&served, vec![row(1)]).await;
    assert_eq!(Fault::reason_of(&end.unwrap_err()), Some(ErrorReason::NoSigningKey));
}
