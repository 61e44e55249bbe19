//! Following certificates: each guarantee by its name.

use std::sync::Arc;
use std::time::Duration;

use greenlane_api::common::v1 as common;
use greenlane_api::common::v1::{ErrorReason, watch_start::Position};
use greenlane_api::registry::v1 as wire;
use greenlane_api::registry::v1::certificate_service_client::CertificateServiceClient;
use greenlane_api::registry::v1::watch_certificates_response::Change;
use greenlane_platform::fault::Fault;
use greenlane_store::testing::TestDatabase;
use tonic::{Code, Streaming};

use super::harness::{Served, order, serve};
use super::life::{suspension, withdrawal};
use super::revise::amendment;
use crate::Migrator;
use crate::app::files::Files;
use crate::app::published::Published;
use crate::app::read::Reader;
use crate::app::watch::{Pace, Start, Told, Watch, WatchEnd};

greenlane_store::engine_tests!(Migrator:
    a_watch_is_ordered_complete_and_without_duplicates,
    a_watch_is_resumable_from_every_revision_that_it_told,
    a_watch_is_bookmarked_when_it_has_caught_up,
    a_watch_begins_with_what_is_published_after_it,
    a_snapshot_is_followed_by_what_happens_after_it,
    a_watch_tells_what_is_asked_for_alone,
    a_body_follows_its_own_certificates,
    a_watch_of_what_is_not_there_yet_is_refused,
    a_reader_that_leaves_a_message_waiting_is_told_where_to_go_on,
);

type Stream = Streaming<wire::WatchCertificatesResponse>;

fn from(position: Position) -> wire::WatchCertificatesRequest {
    wire::WatchCertificatesRequest {
        start: Some(common::WatchStart { position: Some(position) }),
        ..Default::default()
    }
}

async fn open(served: &Served, request: wire::WatchCertificatesRequest) -> Result<Stream, tonic::Status> {
    let mut customs = CertificateServiceClient::new(served.channel("customs", None));
    Ok(customs.watch_certificates(request).await?.into_inner())
}

async fn next(stream: &mut Stream) -> wire::WatchCertificatesResponse {
    let message = tokio::time::timeout(Duration::from_secs(30), stream.message());
    message.await.expect("a message comes").unwrap().expect("the stream goes on")
}

/// Everything up to the bookmark that ends what was known.
async fn told(stream: &mut Stream) -> Vec<wire::WatchCertificatesResponse> {
    let mut told = Vec::new();
    loop {
        let message = next(stream).await;
        if message.change.is_none() {
            return told;
        }
        told.push(message);
    }
}

fn revisions(told: &[wire::WatchCertificatesResponse]) -> Vec<u64> {
    told.iter().map(|message| message.revision).collect()
}

/// Two bodies, three certificates, some steps: 10 entries, of which 6 are of certificates.
async fn some(served: &Served) -> Vec<String> {
    served.enrol("xa-lab").await;
    served.enrol("xb-lab").await;
    let first = served.issue("xa-lab", "1").await.certificate.unwrap().name;
    let second = served.issue("xb-lab", "2").await.certificate.unwrap().name;
    let mut third = order("xa-lab", "3");
    third.content.as_mut().unwrap().scheme.as_mut().unwrap().scheme = "schemes/other".to_owned();
    let mut body = served.certificates("bodies/xa-lab");
    let third = body.issue_certificate(third).await.unwrap().into_inner().certificate.unwrap().name;
    body.suspend_certificate(suspension(&first, "s")).await.unwrap();
    body.amend_certificate(amendment(&third, "a", "Other words.")).await.unwrap();
    served.certificates("bodies/xb-lab").withdraw_certificate(withdrawal(&second, "w")).await.unwrap();
    vec![first, second, third]
}

async fn a_watch_is_ordered_complete_and_without_duplicates(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let mut stream = open(&served, from(Position::Earliest(true))).await.unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for index in 0..60 {
        let mut body = served.certificates("bodies/xa-lab");
        writers.spawn(async move { body.issue_certificate(order("xa-lab", &format!("c{index}"))).await.unwrap() });
    }
    let mut seen = Vec::new();
    while seen.len() < 60 {
        let message = next(&mut stream).await;
        if let Some(Change::Event(event)) = message.change {
            assert_eq!((message.revision, event.revision), (event.log_index + 1, event.log_index + 1));
            seen.push(message.revision);
        }
    }
    assert_eq!(seen, (3..63).collect::<Vec<u64>>(), "after the body and its key, each once and in order");
    writers.join_all().await;
}

async fn a_watch_is_resumable_from_every_revision_that_it_told(db: TestDatabase) {
    let served = serve(&db).await;
    some(&served).await;
    let mut stream = open(&served, from(Position::Earliest(true))).await.unwrap();
    let all = told(&mut stream).await;
    assert_eq!(revisions(&all), [5, 6, 7, 8, 9, 10]);
    for (index, message) in all.iter().enumerate() {
        let mut again = open(&served, from(Position::AfterRevision(message.revision))).await.unwrap();
        assert_eq!(told(&mut again).await, all[index + 1..], "after {}", message.revision);
    }
}

async fn a_watch_is_bookmarked_when_it_has_caught_up(db: TestDatabase) {
    let served = serve(&db).await;
    some(&served).await;
    let nobody = greenlane_credential::CertificateNumber::generate(greenlane_credential::Prefix::new("XA").unwrap());
    let request = wire::WatchCertificatesRequest {
        certificates: vec![format!("certificates/{nobody}")],
        ..from(Position::Earliest(true))
    };
    let mut stream = open(&served, request).await.unwrap();
    let bookmark = next(&mut stream).await;
    assert_eq!((bookmark.revision, bookmark.change), (10, None), "nothing passed, and all was looked at");
    let idle = next(&mut stream).await;
    assert_eq!((idle.revision, idle.change), (10, None), "a silent stream says that it is there");
}

async fn a_watch_begins_with_what_is_published_after_it(db: TestDatabase) {
    let served = serve(&db).await;
    let names = some(&served).await;
    let mut stream = open(&served, wire::WatchCertificatesRequest::default()).await.unwrap();
    assert_eq!(next(&mut stream).await.revision, 10);
    served.certificates("bodies/xa-lab").withdraw_certificate(withdrawal(&names[0], "w2")).await.unwrap();
    let message = next(&mut stream).await;
    let Some(Change::Event(event)) = message.change else { panic!("an event") };
    assert_eq!((message.revision, event.kind()), (11, wire::CertificateEventKind::Withdraw));
    assert!(event.name.starts_with(&names[0]), "{}", event.name);
}

async fn a_snapshot_is_followed_by_what_happens_after_it(db: TestDatabase) {
    let served = serve(&db).await;
    let names = some(&served).await;
    let mut stream = open(&served, from(Position::Snapshot(true))).await.unwrap();
    let mut shown = Vec::new();
    loop {
        let message = next(&mut stream).await;
        let Some(change) = message.change else {
            assert_eq!(message.revision, 10, "resume after the snapshot");
            break;
        };
        assert_eq!(message.revision, 0, "a snapshot is begun again");
        let Change::Certificate(certificate) = change else { panic!("the certificates come first") };
        assert!(certificate.document.is_empty());
        shown.push((certificate.name.clone(), certificate.version, certificate.state()));
    }
    use wire::CertificateState as S;
    let expected = [(1, S::Suspended), (1, S::Withdrawn), (2, S::Active)];
    let expected: Vec<_> =
        names.iter().zip(expected).map(|(name, (version, state))| (name.clone(), version, state)).collect();
    assert_eq!(shown, expected);
    served.certificates("bodies/xa-lab").withdraw_certificate(withdrawal(&names[0], "w2")).await.unwrap();
    assert_eq!(next(&mut stream).await.revision, 11);
}

async fn a_watch_tells_what_is_asked_for_alone(db: TestDatabase) {
    let served = serve(&db).await;
    let names = some(&served).await;
    let all = || from(Position::Earliest(true));
    let watch = async |request| revisions(&told(&mut open(&served, request).await.unwrap()).await);
    let body = wire::WatchCertificatesRequest { body: "bodies/xb-lab".to_owned(), ..all() };
    assert_eq!(watch(body).await, [6, 10]);
    let numbers = wire::WatchCertificatesRequest { certificates: vec![names[0].clone()], ..all() };
    assert_eq!(watch(numbers).await, [5, 8]);
    let scheme = wire::WatchCertificatesRequest { schemes: vec!["schemes/other".to_owned()], ..all() };
    assert_eq!(watch(scheme).await, [7, 9]);
    let here = wire::WatchCertificatesRequest { economies: vec!["XA".to_owned()], ..all() };
    assert_eq!(watch(here).await, [5, 6, 7, 8, 9, 10]);
    let elsewhere = wire::WatchCertificatesRequest { economies: vec!["XB".to_owned()], ..all() };
    assert!(watch(elsewhere).await.is_empty());
    let wrong = wire::WatchCertificatesRequest {
        body: "xb-lab".to_owned(),
        certificates: vec!["certificates/1".to_owned()],
        schemes: vec!["other".to_owned()],
        economies: vec!["nowhere".to_owned()],
        ..from(Position::Snapshot(false))
    };
    let refused = open(&served, wrong).await.unwrap_err();
    let fields: Vec<String> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
    assert_eq!(fields, ["start.snapshot", "body", "certificates[0]", "schemes[0]", "economies[0]"]);
}

async fn a_body_follows_its_own_certificates(db: TestDatabase) {
    let served = serve(&db).await;
    some(&served).await;
    let mut clerk = served.certificates("bodies/xb-lab");
    let mut stream = clerk.watch_certificates(from(Position::Earliest(true))).await.unwrap().into_inner();
    assert_eq!(revisions(&told(&mut stream).await), [6, 10]);
    let other = wire::WatchCertificatesRequest { body: "bodies/xa-lab".to_owned(), ..Default::default() };
    let refused = clerk.watch_certificates(other).await.unwrap_err();
    assert_eq!((refused.code(), Fault::reason_of(&refused)), (Code::PermissionDenied, Some(ErrorReason::NotYours)));
}

async fn a_watch_of_what_is_not_there_yet_is_refused(db: TestDatabase) {
    let served = serve(&db).await;
    some(&served).await;
    let refused = open(&served, from(Position::AfterRevision(1_000))).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::RevisionNotReached));
}

async fn a_reader_that_leaves_a_message_waiting_is_told_where_to_go_on(db: TestDatabase) {
    let served = serve(&db).await;
    some(&served).await;
    let head = db.store().read("head", |tx| Box::pin(async move { Ok(crate::store::log::head(tx).await?) }));
    let head: Result<_, greenlane_store::StoreError> = head.await;
    let published = Arc::new(Published::new(head.unwrap(), Files::new(1, 1)));
    let reader = Reader { store: db.store().clone(), published, wait: Duration::from_secs(1) };
    let pace = Pace { bookmark: Duration::from_secs(5), patience: Duration::from_millis(200) };
    // Where the machine stalls, an earlier message is left waiting too: it is begun again.
    let mut attempts = 0;
    let mut watch = loop {
        let filter = crate::store::filter::Filter::default();
        let begun = Watch::begin(reader.clone(), served.clock.clone(), pace, filter, Start::After(0)).await;
        let mut watch = begun.unwrap();
        match (watch.next().await, watch.next().await) {
            (Some(Ok((5, Told::Event(..)))), Some(Ok((6, Told::Event(..))))) => break watch,
            (Some(Err(WatchEnd::TooSlow { .. })), _) | (_, Some(Err(WatchEnd::TooSlow { .. }))) if attempts < 20 => {
                attempts += 1;
            }
            other => panic!("{other:?}"),
        }
    };
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert!(matches!(watch.next().await, Some(Err(WatchEnd::TooSlow { resume: 6 }))));
}
