use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::super::issuer::{LocalIssuer, TokenRequest};
use super::super::testing::{self, ISSUER, With};
use super::super::{AuthConfig, IssuerConfig, JwksSource};
use super::Authenticator;
use crate::clock::Clock;
use crate::fault::{ErrorReason, Fault};

struct Set {
    clock: Clock,
    folder: TempDir,
    authenticator: Arc<Authenticator>,
}

fn config(source: JwksSource) -> AuthConfig {
    let issuers = vec![IssuerConfig::new(ISSUER, source)];
    AuthConfig { issuers, min_refresh_seconds: 0, refresh_seconds: 86_400, ..AuthConfig::default() }
}

async fn set_with(jwks: &str) -> Set {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    std::fs::write(&file, jwks).unwrap();
    let clock = Clock::settable(testing::start());
    let authenticator = Authenticator::new(config(JwksSource::File(file)), clock.clone()).await.unwrap();
    Set { clock, folder, authenticator }
}

impl Set {
    fn write(&self, jwks: &str) {
        std::fs::write(self.folder.path().join("jwks.json"), jwks).unwrap();
    }
}

fn local_issuer(clock: &Clock) -> LocalIssuer {
    LocalIssuer::generate(ISSUER, "greenlane", clock.clone())
}

fn reason<T: std::fmt::Debug>(result: Result<T, Fault>) -> ErrorReason {
    result.unwrap_err().reason()
}

#[tokio::test]
async fn a_verified_token_is_remembered_until_it_expires() {
    let set = set_with(&testing::jwks()).await;
    let token = With::Ed.changed(|_, _| ());
    assert!(set.authenticator.remembered(&token).is_none());
    let caller = set.authenticator.authenticate(&token).await.unwrap();
    assert!(Arc::ptr_eq(&caller, &set.authenticator.remembered(&token).unwrap()));
    set.clock.advance(TimeDelta::seconds(600 + 29));
    assert!(set.authenticator.remembered(&token).is_some());
    set.clock.advance(TimeDelta::seconds(1));
    assert!(set.authenticator.remembered(&token).is_none());
    assert_eq!(set.authenticator.verified.len(), 0, "the entry is dropped");
    assert_eq!(reason(set.authenticator.authenticate(&token).await), ErrorReason::TokenExpired);
}

#[tokio::test]
async fn a_refused_token_is_not_remembered() {
    let set = set_with(&testing::jwks()).await;
    let token = With::Stranger.changed(|_, _| ());
    assert_eq!(reason(set.authenticator.authenticate(&token).await), ErrorReason::TokenInvalid);
    assert_eq!(set.authenticator.verified.len(), 0);
}

#[tokio::test]
async fn the_memory_of_verified_tokens_is_bounded() {
    let clock = Clock::settable(testing::start());
    let issuer = local_issuer(&clock);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    issuer.write_jwks(&file).unwrap();
    let config = AuthConfig { cache_capacity: 50, ..config(JwksSource::File(file)) };
    let authenticator = Authenticator::new(config, clock).await.unwrap();
    for _ in 0..200 {
        authenticator.authenticate(&issuer.mint(&TokenRequest::new("alice", []))).await.unwrap();
    }
    assert!(authenticator.verified.len() <= 60, "{} entries", authenticator.verified.len());
}

#[tokio::test]
async fn a_new_key_is_found_when_a_token_first_names_it() {
    let set = set_with(r#"{"keys":[]}"#).await;
    let issuer = local_issuer(&set.clock);
    let token = issuer.mint(&TokenRequest::new("alice", ["verify"]));
    assert_eq!(reason(set.authenticator.authenticate(&token).await), ErrorReason::TokenInvalid);
    set.write(&issuer.jwks());
    assert_eq!(set.authenticator.authenticate(&token).await.unwrap().scopes(), ["verify"]);
}

#[tokio::test]
async fn a_key_that_is_withdrawn_takes_its_remembered_tokens_along() {
    let set = set_with(&testing::jwks()).await;
    let token = With::Ed.changed(|_, _| ());
    set.authenticator.authenticate(&token).await.unwrap();
    set.write(&local_issuer(&set.clock).jwks());
    assert!(set.authenticator.refresh().await);
    assert!(set.authenticator.remembered(&token).is_none());
    assert_eq!(reason(set.authenticator.authenticate(&token).await), ErrorReason::TokenInvalid);
}

#[tokio::test]
async fn the_last_good_keys_stay_when_reading_fails() {
    let set = set_with(&testing::jwks()).await;
    let token = With::Ed.changed(|_, _| ());
    let weak =
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"ed","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}"#;
    for broken in ["", "{", r#"{"keys":1}"#, weak] {
        set.write(broken);
        assert!(!set.authenticator.refresh().await, "{broken:?}");
        set.authenticator.verified.clear();
        set.authenticator.authenticate(&token).await.unwrap();
    }
    std::fs::remove_file(set.folder.path().join("jwks.json")).unwrap();
    assert!(!set.authenticator.refresh().await);
    set.authenticator.verified.clear();
    set.authenticator.authenticate(&token).await.unwrap();
}

#[tokio::test]
async fn keys_are_read_again_in_the_background() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    std::fs::write(&file, r#"{"keys":[]}"#).unwrap();
    let config =
        AuthConfig { refresh_seconds: 1, min_refresh_seconds: 3_600, ..config(JwksSource::File(file.clone())) };
    let authenticator = Authenticator::new(config, Clock::settable(testing::start())).await.unwrap();
    let before = authenticator.issuers.generation();
    std::fs::write(&file, testing::jwks()).unwrap();
    let changed = async {
        while authenticator.issuers.generation() == before {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), changed).await.unwrap();
    authenticator.authenticate(&With::Ec.changed(|_, _| ())).await.unwrap();
    let weak = Arc::downgrade(&authenticator);
    drop(authenticator);
    assert!(weak.upgrade().is_none(), "the background task keeps nothing alive");
}

#[tokio::test]
async fn a_file_that_is_missing_or_wrong_at_start_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    let start = || Authenticator::new(config(JwksSource::File(file.clone())), Clock::system());
    let error = start().await.unwrap_err().to_string();
    assert!(error.contains("jwks.json") && error.contains(ISSUER), "{error}");
    std::fs::write(&file, r#"{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"x"}]}"#).unwrap();
    let error = start().await.unwrap_err().to_string();
    assert!(error.contains("private"), "{error}");
}

#[tokio::test]
async fn a_configuration_that_cannot_be_meant_is_refused() {
    let good = config(JwksSource::Url("https://id.example.org/jwks".into()));
    let twice = AuthConfig { issuers: vec![good.issuers[0].clone(), good.issuers[0].clone()], ..good.clone() };
    let mut scope = good.clone();
    scope.issuers[0].scopes = vec!["everything".into()];
    for (config, word) in [
        (AuthConfig { audience: String::new(), ..good.clone() }, "audience"),
        (AuthConfig { refresh_seconds: 0, ..good.clone() }, "refresh_seconds"),
        (AuthConfig { leeway_seconds: 3_600, ..good.clone() }, "leeway_seconds"),
        (twice, "twice"),
        (scope, "everything"),
        (config(JwksSource::Url("http://id.example.org/jwks".into())), "https"),
        (config(JwksSource::Url("ftp://id.example.org/jwks".into())), "https"),
        (config(JwksSource::Url("https://user@id.example.org/jwks".into())), "user name"),
        (config(JwksSource::Url("jwks.json".into())), "https"),
    ] {
        let error = Authenticator::new(config, Clock::system()).await.unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

/// A key server on this machine that answers with whatever it is told to, and counts.
struct KeyServer {
    address: SocketAddr,
    answer: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl KeyServer {
    async fn start(answer: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (answer, asked) = (Arc::new(Mutex::new(answer)), Arc::new(AtomicUsize::new(0)));
        let (shared, count) = (answer.clone(), asked.clone());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 4_096];
                let length = stream.read(&mut request).await.unwrap();
                assert!(request[..length].starts_with(b"GET /jwks HTTP/1.1\r\n"));
                count.fetch_add(1, Ordering::SeqCst);
                let answer = shared.lock().unwrap().clone();
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Self { address, answer, asked }
    }

    fn source(&self) -> JwksSource {
        JwksSource::Url(format!("http://{}/jwks", self.address))
    }

    fn set(&self, answer: String) {
        *self.answer.lock().unwrap() = answer;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn keys_behind_an_address_are_read_and_bad_answers_change_nothing() {
    let server = KeyServer::start(ok(&testing::jwks())).await;
    let clock = Clock::settable(testing::start());
    let authenticator = Authenticator::new(config(server.source()), clock).await.unwrap();
    let token = With::RsaPss.changed(|_, _| ());
    authenticator.authenticate(&token).await.unwrap();
    let huge = ok(&format!("{}{}", " ".repeat(300_000), testing::jwks()));
    let moved = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n".to_owned();
    let empty_error = "HTTP/1.1 500 Oops\r\ncontent-length: 11\r\n\r\n{\"keys\":[]}".to_owned();
    for bad in [moved, empty_error, "nonsense".to_owned(), String::new(), huge] {
        server.set(bad);
        assert!(!authenticator.refresh().await);
        authenticator.verified.clear();
        authenticator.authenticate(&token).await.unwrap();
    }
}

#[tokio::test]
async fn an_issuer_whose_keys_were_never_read_is_unavailable_and_recovers() {
    let server = KeyServer::start("HTTP/1.1 503 Later\r\ncontent-length: 0\r\n\r\n".into()).await;
    let clock = Clock::settable(testing::start());
    let authenticator = Authenticator::new(config(server.source()), clock).await.unwrap();
    let token = With::Ed.changed(|_, _| ());
    assert_eq!(reason(authenticator.authenticate(&token).await), ErrorReason::DependencyUnavailable);
    server.set(ok(&testing::jwks()));
    authenticator.authenticate(&token).await.unwrap();
}

#[tokio::test]
async fn unknown_key_ids_ask_the_key_server_no_more_often_than_configured() {
    let server = KeyServer::start(ok(&testing::jwks())).await;
    let config = AuthConfig { min_refresh_seconds: 3_600, ..config(server.source()) };
    let authenticator = Authenticator::new(config, Clock::settable(testing::start())).await.unwrap();
    assert_eq!(server.asked(), 1);
    for kid in ["a", "b", "c", "d"] {
        let token = With::Ed.changed(|header, _| header["kid"] = kid.into());
        assert_eq!(reason(authenticator.authenticate(&token).await), ErrorReason::TokenInvalid);
    }
    assert_eq!(server.asked(), 2, "the first unknown id asks, the others wait");
}

#[tokio::test]
async fn unknown_key_ids_at_once_share_one_reading() {
    let server = KeyServer::start(ok(&testing::jwks())).await;
    let config = AuthConfig { min_refresh_seconds: 3_600, ..config(server.source()) };
    let authenticator = Authenticator::new(config, Clock::settable(testing::start())).await.unwrap();
    let calls = (0..20).map(|number| {
        let authenticator = authenticator.clone();
        tokio::spawn(async move {
            let token = With::Ed.changed(|header, _| header["kid"] = format!("unknown-{number}").into());
            authenticator.authenticate(&token).await.is_err()
        })
    });
    for call in calls.collect::<Vec<_>>() {
        assert!(call.await.unwrap());
    }
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn an_issuer_that_is_not_configured_is_refused_whoever_signed() {
    let set = set_with(&testing::jwks()).await;
    let token = With::Ed.changed(|_, claims| claims["iss"] = "https://other.example.org".into());
    let fault = set.authenticator.authenticate(&token).await.unwrap_err();
    assert_eq!(fault.reason(), ErrorReason::TokenInvalid);
    assert_eq!(fault.metadata()["detail"], "its issuer is not trusted");
}

#[tokio::test]
async fn one_issuer_cannot_use_the_keys_of_another() {
    let clock = Clock::settable(testing::start());
    let folder = tempfile::tempdir().unwrap();
    let mut issuers = Vec::new();
    let mut minters = Vec::new();
    for name in ["https://a.example.org", "https://b.example.org"] {
        let minter = LocalIssuer::generate(name, "greenlane", clock.clone());
        let file = folder.path().join(format!("{}.json", minters.len()));
        minter.write_jwks(&file).unwrap();
        issuers.push(IssuerConfig::new(name, JwksSource::File(file)));
        minters.push(minter);
    }
    let config = AuthConfig { issuers, ..AuthConfig::default() };
    let authenticator = Authenticator::new(config, clock).await.unwrap();
    let token = minters[0].mint(&TokenRequest::new("alice", ["admin"]));
    assert_eq!(authenticator.authenticate(&token).await.unwrap().issuer(), "https://a.example.org");
    let crossed = minters[0].mint_with(&TokenRequest::new("alice", ["admin"]), |claims| {
        claims["iss"] = "https://b.example.org".into();
    });
    assert_eq!(reason(authenticator.authenticate(&crossed).await), ErrorReason::TokenInvalid);
}

#[tokio::test]
async fn a_new_key_is_found_though_another_issuers_keys_changed_meanwhile() {
    let clock = Clock::settable(testing::start());
    let folder = tempfile::tempdir().unwrap();
    let names = ["https://a.example.org", "https://b.example.org"];
    let minters = names.map(|name| LocalIssuer::generate(name, "greenlane", clock.clone()));
    let files = ["a.json", "b.json"].map(|name| folder.path().join(name));
    let issuers = names.iter().zip(&files).map(|(name, file)| {
        std::fs::write(file, r#"{"keys":[]}"#).unwrap();
        IssuerConfig::new(*name, JwksSource::File(file.clone()))
    });
    let config = AuthConfig { issuers: issuers.collect(), min_refresh_seconds: 0, ..AuthConfig::default() };
    let authenticator = Authenticator::new(config, clock).await.unwrap();
    for (minter, file) in minters.iter().zip(&files) {
        minter.write_jwks(file).unwrap();
    }

    let issuers = &authenticator.issuers;
    let held = issuers.find(names[1]).unwrap().hold_reading().await;
    let token = minters[1].mint(&TokenRequest::new("alice", []));
    let waiting = tokio::spawn({
        let authenticator = authenticator.clone();
        async move { authenticator.authenticate(&token).await.map(|caller| caller.subject().to_owned()) }
    });
    tokio::task::yield_now().await;
    assert!(authenticator.authenticate(&minters[0].mint(&TokenRequest::new("bob", []))).await.is_ok());
    drop(held);
    assert_eq!(waiting.await.unwrap().unwrap(), "alice");
}

#[tokio::test]
async fn the_local_issuer_keeps_its_key_and_writes_what_the_authenticator_reads() {
    let folder = tempfile::tempdir().unwrap();
    let (key, jwks) = (folder.path().join("issuer.jwk"), folder.path().join("jwks.json"));
    let clock = Clock::settable(testing::start());
    let first = LocalIssuer::load_or_create(&key, ISSUER, "greenlane", clock.clone()).unwrap();
    first.write_jwks(&jwks).unwrap();
    let second = LocalIssuer::load_or_create(&key, ISSUER, "greenlane", clock.clone()).unwrap();
    assert_eq!(first.jwks(), second.jwks());
    assert!(!first.jwks().contains("\"d\""));
    let authenticator = Authenticator::new(config(JwksSource::File(jwks)), clock.clone()).await.unwrap();
    let request = TokenRequest::new("alice", ["verify", "admin"]).for_body("bodies/x").for_economy("XA");
    let caller = authenticator.authenticate(&second.mint(&request.valid_for(Duration::from_secs(60)))).await.unwrap();
    assert_eq!((caller.subject(), caller.body(), caller.economy()), ("alice", Some("bodies/x"), Some("XA")));
    assert!(caller.is_admin());
}
