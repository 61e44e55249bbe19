//! Status lists: every document has a place in them, and they say what verdicts say.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use greenlane_api::common::v1::ErrorReason;
use greenlane_api::registry::v1 as wire;
use greenlane_credential::{Presented, StatusEntry, StatusListCredential};
use greenlane_jose::{Signer as _, SigningKey, b64, canonical};
use greenlane_log::note::NoteKey;
use greenlane_platform::clock::Clock;
use greenlane_platform::fault::Fault;
use greenlane_store::testing::TestDatabase;
use sea_orm::ConnectionTrait as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tonic::Code;

use super::harness::{Served, any_port, content, now, order, serve, serve_with};
use super::life::{suspension, withdrawal};
use super::revise::{amendment, renewal};
use crate::domain::status::ENTRIES;
use crate::{Config, Migrator, Peers};

greenlane_store::engine_tests!(Migrator:
    who_asks_for_lists_of_the_past_again_and_again_is_told_when_to_come_back,
    a_document_names_its_place_and_the_lists_say_its_state,
    a_list_says_what_it_said_at_a_moment,
    a_past_list_that_is_kept_is_of_its_moment_and_purpose_alone,
    a_step_counts_from_its_day,
    the_document_of_an_announced_version_is_not_to_be_accepted_before_its_day,
    a_list_is_kept_by_caches_and_changes_its_tag,
    what_there_is_not_is_a_problem,
    a_full_list_is_followed_by_another,
    a_place_is_one_documents_alone,
    places_that_somebody_else_filled_are_left_for_others,
    the_promise_is_made_where_lists_are_served,
);

pub(super) struct Got {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

/// A request over HTTP, with further headers.
pub(super) async fn get(port: u16, path: &str, headers: &str) -> Got {
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: registry.example.org\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Got { status, head: head.to_lowercase(), body: body.to_owned() }
}

/// A registry that serves over HTTP, and its port.
pub(super) async fn serve_site(db: &TestDatabase, change: impl FnOnce(&mut Config)) -> (Served, u16) {
    let keys = Arc::new(tempfile::tempdir().unwrap());
    let with_site = |config: &mut Config| {
        any_port(config);
        change(config);
    };
    let served = serve_with(db, Clock::settable(now()), keys, with_site, Peers::default()).await;
    served.enrol("xa-lab").await;
    let port = served.port();
    (served, port)
}

fn entry(document: &str) -> StatusEntry {
    Presented::read(document).unwrap().certificate().status.clone().unwrap()
}

async fn open(served: &Served, port: u16, path: &str) -> StatusListCredential {
    let got = get(port, path, "").await;
    assert_eq!(got.status, 200, "{path}: {}", got.body);
    let head = served.log().get_checkpoint(wire::GetCheckpointRequest::default()).await.unwrap().into_inner();
    let key: NoteKey = head.checkpoint.unwrap().verifier_key.parse().unwrap();
    StatusListCredential::open(&got.body, key.public_key()).unwrap()
}

/// What both lists say of a document, now or at a moment: must it not be accepted, and is it over?
pub(super) async fn says(served: &Served, port: u16, document: &str, moment: Option<DateTime<Utc>>) -> (bool, bool) {
    let entry = entry(document);
    let query = moment.map_or_else(String::new, |at| format!("?timestamp={}", at.format("%Y-%m-%dT%H:%M:%SZ")));
    let mut said = Vec::new();
    for address in [&entry.suspension, &entry.revocation] {
        let path = address.strip_prefix("https://registry.example.org").unwrap();
        let list = open(served, port, &format!("{path}{query}")).await;
        assert_eq!(&list.id, address);
        assert!(address.ends_with(list.purpose.as_str()));
        assert_eq!(list.list.entries(), u64::from(ENTRIES));
        said.push(list.list.get(entry.index).unwrap());
    }
    (said[0], said[1])
}

async fn issued(served: &Served, id: &str) -> wire::Certificate {
    served.issue("xa-lab", id).await.certificate.unwrap()
}

async fn a_document_names_its_place_and_the_lists_say_its_state(db: TestDatabase) {
    let (served, port) = serve_site(&db, |_| {}).await;
    let (one, two) = (issued(&served, "c1").await, issued(&served, "c2").await);
    assert_ne!(entry(&one.document).index, entry(&two.document).index);
    assert_eq!(entry(&one.document).suspension, "https://registry.example.org/status/xa-lab/1/suspension");
    assert_eq!(says(&served, port, &one.document, None).await, (false, false));
    let mut body = served.certificates("bodies/xa-lab");
    body.suspend_certificate(suspension(&one.name, "s")).await.unwrap();
    assert_eq!(says(&served, port, &one.document, None).await, (true, false));
    assert_eq!(says(&served, port, &two.document, None).await, (false, false), "another's state is its own");
    let lift = wire::ReinstateCertificateRequest {
        request_id: "r".to_owned(),
        name: one.name.clone(),
        reason: wire::CertificateReason::Remedied.into(),
        ..Default::default()
    };
    body.reinstate_certificate(lift).await.unwrap();
    assert_eq!(says(&served, port, &one.document, None).await, (false, false));
    // A new version is another document, with a place of its own; the old one is over.
    let new = body.amend_certificate(amendment(&one.name, "a", "Other words.")).await.unwrap().into_inner();
    let new = new.certificate.unwrap();
    assert_eq!(says(&served, port, &one.document, None).await, (true, true));
    assert_eq!(says(&served, port, &new.document, None).await, (false, false));
    body.withdraw_certificate(withdrawal(&one.name, "w")).await.unwrap();
    assert_eq!(says(&served, port, &new.document, None).await, (true, true));
    let list = open(&served, port, "/status/xa-lab/1/revocation").await;
    assert_eq!((list.issuer.as_str(), list.ttl_ms), ("did:web:registry.example.org", 60_000));
    assert!(list.valid_from <= now() && now() < list.valid_until);
}

async fn a_list_says_what_it_said_at_a_moment(db: TestDatabase) {
    let (served, port) = serve_site(&db, |_| {}).await;
    let one = issued(&served, "c1").await;
    let path = "/status/xa-lab/1/suspension";
    served.clock.advance(TimeDelta::minutes(10));
    let before = get(port, path, "").await.body;
    served.clock.advance(TimeDelta::minutes(10));
    let mut body = served.certificates("bodies/xa-lab");
    body.suspend_certificate(suspension(&one.name, "s")).await.unwrap();
    served.clock.advance(TimeDelta::minutes(10));
    body.withdraw_certificate(withdrawal(&one.name, "w")).await.unwrap();
    let said = async |minutes| says(&served, port, &one.document, Some(now() + TimeDelta::minutes(minutes))).await;
    assert_eq!(said(15).await, (false, false));
    assert_eq!(said(25).await, (true, false));
    assert_eq!(said(30).await, (true, true));
    served.clock.advance(TimeDelta::hours(3));
    let then = get(port, &format!("{path}?timestamp=2026-06-01T12:10:00Z"), "").await;
    assert_eq!(then.body, before, "the same text as then");
    assert!(then.head.contains("immutable"), "{}", then.head);
    // An annulment was not known before, though it counts from the start.
    let two = issued(&served, "c2").await;
    let annulment = wire::AnnulCertificateRequest {
        request_id: "x".to_owned(),
        name: two.name.clone(),
        reason: wire::CertificateReason::Fraud.into(),
        ..Default::default()
    };
    let at = served.clock.now();
    served.clock.advance(TimeDelta::hours(1));
    body.annul_certificate(annulment).await.unwrap();
    assert_eq!(says(&served, port, &two.document, Some(at)).await, (false, false));
    assert_eq!(says(&served, port, &two.document, None).await, (true, true));
}

async fn a_past_list_that_is_kept_is_of_its_moment_and_purpose_alone(db: TestDatabase) {
    let (served, port) = serve_site(&db, |_| {}).await;
    let one = issued(&served, "c1").await;
    let mut body = served.certificates("bodies/xa-lab");
    served.clock.advance(TimeDelta::minutes(20));
    body.suspend_certificate(suspension(&one.name, "s")).await.unwrap();
    served.clock.advance(TimeDelta::minutes(10));
    body.withdraw_certificate(withdrawal(&one.name, "w")).await.unwrap();
    served.clock.advance(TimeDelta::hours(3));
    for minutes in [10, 25, 35, 10, 25, 35, 19, 29, 59, 70] {
        let said = says(&served, port, &one.document, Some(now() + TimeDelta::minutes(minutes))).await;
        assert_eq!(said, (minutes >= 20, minutes >= 30), "{minutes}");
    }
    let at = async |moment: &str| {
        let path = format!("/status/xa-lab/1/suspension?timestamp={moment}");
        let got = get(port, &path, "").await;
        assert_eq!(got.status, 200, "{moment}: {}", got.body);
        got.body
    };
    assert_eq!(at("2026-06-01T12:21:00Z").await, at("2026-06-01T12:29:59Z").await, "one text between two events");
    assert_ne!(at("2026-06-01T12:40:00Z").await, at("2026-06-01T13:40:00Z").await, "another one each hour");
}

async fn a_step_counts_from_its_day(db: TestDatabase) {
    let (served, port) = serve_site(&db, |_| {}).await;
    let one = issued(&served, "c1").await;
    let later = served.clock.now() + TimeDelta::days(3);
    let announced = wire::WithdrawCertificateRequest {
        effective_time: Some(prost_types::Timestamp { seconds: later.timestamp(), nanos: 0 }),
        ..withdrawal(&one.name, "w")
    };
    served.certificates("bodies/xa-lab").withdraw_certificate(announced).await.unwrap();
    assert_eq!(says(&served, port, &one.document, None).await, (false, false));
    served.clock.advance(TimeDelta::hours(59));
    assert_eq!(says(&served, port, &one.document, None).await, (false, false));
    // Days are whole, as in verdicts.
    served.clock.advance(TimeDelta::hours(2));
    assert_eq!(says(&served, port, &one.document, None).await, (true, true));
    assert_eq!(served.verdict(&one.name).await.outcome(), wire::VerdictOutcome::Refused);
    assert_eq!(says(&served, port, &one.document, Some(now() + TimeDelta::hours(1))).await, (false, false));
    // What a list says is for good is: the hour of the withdrawal is to come, and nothing overtakes it any more.
    let refused = served.certificates("bodies/xa-lab").suspend_certificate(suspension(&one.name, "s")).await;
    assert_eq!(Fault::reason_of(&refused.unwrap_err()), Some(ErrorReason::StateConflict));
    assert_eq!(says(&served, port, &one.document, None).await, (true, true));
}

async fn the_document_of_an_announced_version_is_not_to_be_accepted_before_its_day(db: TestDatabase) {
    let (served, port) = serve_site(&db, |_| {}).await;
    let one = issued(&served, "c1").await;
    let mut body = served.certificates("bodies/xa-lab");
    let later = served.clock.now() + TimeDelta::days(3);
    let announced = wire::AmendCertificateRequest {
        effective_time: Some(prost_types::Timestamp { seconds: later.timestamp(), nanos: 0 }),
        ..amendment(&one.name, "a", "Other words.")
    };
    let two = body.amend_certificate(announced).await.unwrap().into_inner().certificate.unwrap();
    assert_eq!(two.status_purposes().collect::<Vec<_>>(), [wire::StatusPurpose::Suspension]);
    let both =
        async || [says(&served, port, &one.document, None).await, says(&served, port, &two.document, None).await];
    assert_eq!(both().await, [(false, false), (true, false)], "for now, and not for good");
    served.clock.advance(TimeDelta::hours(59));
    assert_eq!(both().await, [(false, false), (true, false)]);
    served.clock.advance(TimeDelta::hours(2));
    assert_eq!(both().await, [(true, true), (false, false)], "on its day it takes the place of the one before");
    // One that is overtaken never comes.
    let announced = wire::AmendCertificateRequest {
        effective_time: Some(prost_types::Timestamp { seconds: later.timestamp() + 86_400, nanos: 0 }),
        ..amendment(&one.name, "b", "Words again.")
    };
    let three = body.amend_certificate(announced).await.unwrap().into_inner().certificate.unwrap();
    body.suspend_certificate(suspension(&one.name, "s")).await.unwrap();
    assert_eq!(says(&served, port, &three.document, None).await, (true, true));
}

async fn a_list_is_kept_by_caches_and_changes_its_tag(db: TestDatabase) {
    let (served, port) = serve_site(&db, |_| {}).await;
    let one = issued(&served, "c1").await;
    let path = "/status/xa-lab/1/revocation";
    let first = get(port, path, "").await;
    assert!(first.head.contains("content-type: application/vc+jwt"), "{}", first.head);
    assert!(first.head.contains("cache-control: public, max-age=60"), "{}", first.head);
    let tag = first.head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().to_owned();
    // What happens elsewhere does not change it.
    issued(&served, "c2").await;
    let again = get(port, path, &format!("if-none-match: {tag}\r\n")).await;
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    served.certificates("bodies/xa-lab").withdraw_certificate(withdrawal(&one.name, "w")).await.unwrap();
    let changed = get(port, path, &format!("if-none-match: {tag}\r\n")).await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.body, first.body);
}

async fn what_there_is_not_is_a_problem(db: TestDatabase) {
    let (served, port) = serve_site(&db, |_| {}).await;
    issued(&served, "c1").await;
    for (path, status) in [
        ("/status/xa-lab/2/revocation", 404),
        ("/status/nobody/1/revocation", 404),
        ("/status/xa-lab/1/revocation?timestamp=2026-06-01", 400),
        ("/status/xa-lab/1/revocation?timestamp=2099-06-01T00:00:00Z", 400),
        // Before anything had a place in it there was no such list.
        ("/status/xa-lab/1/revocation?timestamp=2026-06-01T11:59:59Z", 404),
    ] {
        let got = get(port, path, "").await;
        assert_eq!(got.status, status, "{path}");
        assert!(got.head.contains("application/problem+json"), "{path}: {}", got.head);
        assert!(got.body.contains("#STATUS_RETRIEVAL_ERROR"), "{path}: {}", got.body);
    }
    assert_eq!(get(port, "/status/xa-lab/01/revocation", "").await.status, 404);
}

async fn a_full_list_is_followed_by_another(db: TestDatabase) {
    let (served, port) = serve_site(&db, |config| config.status_list_fill = 3).await;
    let mut lists = Vec::new();
    for number in 0..5 {
        let one = issued(&served, &format!("c{number}")).await;
        lists.push(entry(&one.document).revocation.rsplit('/').nth(1).unwrap().to_owned());
    }
    assert_eq!(lists, ["1", "1", "1", "2", "2"]);
    open(&served, port, "/status/xa-lab/2/revocation").await;
}

async fn a_place_is_one_documents_alone(db: TestDatabase) {
    let served = serve(&db).await;
    let signer = SigningKey::generate_ed25519();
    served.bodies().create_body(super::harness::new_body("xa-lab")).await.unwrap();
    let key = wire::CreateBodyKeyRequest {
        source: Some(wire::create_body_key_request::Source::PublicJwk(signer.to_public_jwk().to_json())),
        ..super::harness::new_key("xa-lab")
    };
    let key = served.bodies().create_body_key(key).await.unwrap().into_inner().key.unwrap();
    let mut certificates = served.certificates("bodies/xa-lab");
    let mut prepare = async || {
        let request = wire::PrepareCertificateRequest {
            body: "bodies/xa-lab".to_owned(),
            content: Some(content()),
            key: key.name.clone(),
            ..Default::default()
        };
        certificates.prepare_certificate(request).await.unwrap().into_inner().signing_input
    };
    let (first, second) = (prepare().await, prepare().await);
    let parts = |input: &str| {
        let (header, payload) = input.split_once('.').unwrap();
        let payload: serde_json::Value = serde_json::from_slice(&b64::decode(payload).unwrap()).unwrap();
        (header.to_owned(), payload)
    };
    let (header, taken) = parts(&first);
    let sign = |payload: &serde_json::Value, id: &str| {
        let input = format!("{header}.{}", b64::encode(canonical::to_vec(payload).unwrap()));
        let document = format!("{input}.{}", b64::encode(signer.sign(input.as_bytes()).unwrap()));
        let mut request = order("xa-lab", id);
        request.signing = Some(wire::issue_certificate_request::Signing::SignedDocument(document));
        request
    };
    served.certificates("bodies/xa-lab").issue_certificate(sign(&taken, "one")).await.unwrap();
    // Another document with the place of the first, or with one in a list that there is not.
    let refuse = async |change: &(dyn Fn(&mut serde_json::Value) + Sync), id: &str| {
        let (_, mut payload) = parts(&second);
        change(&mut payload);
        let refused = served.certificates("bodies/xa-lab").issue_certificate(sign(&payload, id)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{}", refused.message());
        let fields: Vec<String> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
        assert_eq!(fields, ["signed_document"]);
        refused.message().to_owned()
    };
    let same = |payload: &mut serde_json::Value| {
        payload["credentialStatus"] = taken["credentialStatus"].clone();
        payload["greenlaneCertificate"]["status"] = taken["greenlaneCertificate"]["status"].clone();
    };
    refuse(&same, "two").await;
    // Which says nothing of the places that are chosen here: those that follow are still beside one another.
    let part = |payload: &serde_json::Value| {
        payload["credentialStatus"]["statusListIndex"].as_u64().unwrap() / u64::from(ENTRIES / 64)
    };
    let (_, third) = parts(&prepare().await);
    assert_eq!(part(&third), part(&taken));
    let elsewhere = |payload: &mut serde_json::Value| {
        let address = |purpose| format!("https://registry.example.org/status/xa-lab/9/{purpose}");
        payload["credentialStatus"]["statusListCredential"] = address("suspension").into();
        payload["greenlaneCertificate"]["status"][0]["statusListCredential"] = address("revocation").into();
    };
    refuse(&elsewhere, "three").await;
    // As it was prepared it is good.
    let (_, payload) = parts(&second);
    served.certificates("bodies/xa-lab").issue_certificate(sign(&payload, "four")).await.unwrap();
}

async fn places_that_somebody_else_filled_are_left_for_others(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let one = entry(&issued(&served, "c1").await.document).index;
    // As another replica would: all places of the part from which the next ones were chosen.
    let part = u64::from(ENTRIES / 64);
    let first = one / part * part;
    db.store()
        .write::<_, std::convert::Infallible, _>("fill", move |tx| {
            Box::pin(async move {
                let last = first + part - 1;
                tx.execute_unprepared(&format!(
                    "WITH RECURSIVE place (idx) AS (SELECT {first} UNION ALL SELECT idx + 1 FROM place WHERE idx < {last}) \
                     INSERT INTO status_entry (body, list, idx, certificate, version) \
                     SELECT 'xa-lab', 1, idx, -1, 1 FROM place WHERE idx <> {one}"
                ))
                .await?;
                Ok(())
            })
        })
        .await
        .unwrap();
    for id in ["c2", "c3"] {
        let other = entry(&issued(&served, id).await.document).index;
        assert_ne!(other / part, one / part);
    }
}

async fn the_promise_is_made_where_lists_are_served(db: TestDatabase) {
    let promised =
        || wire::IssueCertificateRequest { promise: wire::LogPromise::InStatusList.into(), ..order("xa-lab", "one") };
    let (served, port) = serve_site(&db, |_| {}).await;
    let answer = served.certificates("bodies/xa-lab").issue_certificate(promised()).await.unwrap().into_inner();
    let certificate = answer.certificate.unwrap();
    assert_eq!(says(&served, port, &certificate.document, None).await, (false, false));
    let suspend = |id| wire::SuspendCertificateRequest {
        promise: wire::LogPromise::InStatusList.into(),
        ..suspension(&certificate.name, id)
    };
    served.certificates("bodies/xa-lab").suspend_certificate(suspend("s")).await.unwrap();
    assert_eq!(says(&served, port, &certificate.document, None).await, (true, false), "at once");
    served.end().await;
    let served = serve(&db).await;
    let refused = served.certificates("bodies/xa-lab").suspend_certificate(suspend("s2")).await.unwrap_err();
    let fields: Vec<String> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
    assert_eq!(fields, ["promise"]);
    let refused = served
        .certificates("bodies/xa-lab")
        .renew_certificate(wire::RenewCertificateRequest {
            promise: wire::LogPromise::Witnessed.into(),
            ..renewal(&certificate.name, "r", "2030-01-09")
        })
        .await
        .unwrap_err();
    let fields: Vec<String> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
    assert_eq!(fields, ["promise"]);
    let request = wire::IssueCertificateRequest { request_id: "two".to_owned(), ..promised() };
    let refused = served.certificates("bodies/xa-lab").issue_certificate(request).await.unwrap_err();
    let fields: Vec<String> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
    assert_eq!(fields, ["promise"]);
}

async fn who_asks_for_lists_of_the_past_again_and_again_is_told_when_to_come_back(db: TestDatabase) {
    let trusting = |config: &mut Config| config.page.trusted_proxies = vec!["127.0.0.0/8".to_owned()];
    let (_served, port) = serve_site(&db, trusting).await;
    // Nothing had a place in it then, which takes no list to tell.
    let past = "/status/xa-lab/1/revocation?timestamp=2020-01-01T00:00:00Z";
    let ask = async |client: &str| get(port, past, &format!("x-forwarded-for: {client}\r\n")).await;
    let mut answered = 0;
    let refused = loop {
        let got = ask("192.0.2.1").await;
        if got.status != 404 {
            break got;
        }
        answered += 1;
        assert!(answered < 50 * crate::api::PAST_A_MINUTE);
    };
    assert!(answered >= crate::api::PAST_A_MINUTE);
    assert!(refused.status == 429 && refused.head.contains("retry-after: "), "{}", refused.head);
    assert_eq!(ask("192.0.2.2").await.status, 404, "another client is not held up");
    let now = get(port, "/status/xa-lab/1/revocation", "x-forwarded-for: 192.0.2.1\r\n").await;
    assert_ne!(now.status, 429, "what is kept is for everybody");
}
