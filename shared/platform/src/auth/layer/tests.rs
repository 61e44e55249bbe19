use std::convert::Infallible;
use std::sync::Arc;

use http::{Request, Response, header};
use tonic::{Code, Status};
use tower::{Layer, ServiceExt, service_fn};

use super::super::testing::{self, ISSUER, With};
use super::super::{AuthConfig, Authenticator, AuthorizationTable, IssuerConfig, JwksSource, Rule};
use super::AuthLayer;
use crate::audit::{MemorySink, Origin, Outcome, Peer};
use crate::clock::Clock;
use crate::fault::{ErrorReason, Fault};

const RULES: &[Rule] = &[
    Rule::public("/a.v1.A/Public"),
    Rule::scope("/a.v1.A/Read", "certificates.read"),
    Rule::scope("/a.v1.A/Verify", "verify"),
];

struct Set {
    layer: AuthLayer,
    audit: MemorySink,
    _folder: tempfile::TempDir,
}

async fn set() -> Set {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    std::fs::write(&file, testing::jwks()).unwrap();
    set_with(JwksSource::File(file), folder).await
}

async fn set_with(source: JwksSource, folder: tempfile::TempDir) -> Set {
    let config = AuthConfig { issuers: vec![IssuerConfig::new(ISSUER, source)], ..AuthConfig::default() };
    let clock = Clock::settable(testing::start());
    let authenticator = Authenticator::new(config, clock.clone()).await.unwrap();
    let table = Arc::new(AuthorizationTable::new(RULES).unwrap());
    let audit = MemorySink::default();
    Set { layer: AuthLayer::new(authenticator, table, Arc::new(audit.clone()), clock), audit, _folder: folder }
}

/// What the handler saw: the caller's subject and the origin's method and peer.
type Seen = (Option<String>, String, String);

impl Set {
    async fn call(&self, method: &str, authorization: &[&str]) -> Result<Seen, Status> {
        let handler = service_fn(|request: Request<()>| async move {
            let origin = request.extensions().get::<Arc<Origin>>().cloned().unwrap();
            let caller = origin.caller.as_ref().map(|caller| caller.subject().to_owned());
            let mut response = Response::new(());
            response.extensions_mut().insert((caller, origin.method.to_string(), origin.peer.to_string()));
            Ok::<_, Infallible>(response)
        });
        let mut request = Request::builder().uri(format!("http://x{method}"));
        for value in authorization {
            request = request.header(header::AUTHORIZATION, *value);
        }
        let mut request = request.body(()).unwrap();
        request.extensions_mut().insert(Peer("192.0.2.1:7".into()));
        let response = self.layer.layer(handler).oneshot(request).await.unwrap();
        match response.extensions().get::<Seen>() {
            Some(seen) => Ok(seen.clone()),
            None => Err(Status::from_header_map(response.headers()).unwrap()),
        }
    }

    async fn refusal(&self, method: &str, authorization: &[&str]) -> (Code, Option<ErrorReason>) {
        let status = self.call(method, authorization).await.unwrap_err();
        (status.code(), Fault::reason_of(&status))
    }
}

#[tokio::test]
async fn a_good_token_passes_and_the_handler_learns_who_calls_from_where() {
    let set = set().await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let value = format!("{scheme} {}", With::Ed.changed(|_, _| ()));
        let seen = set.call("/a.v1.A/Read", &[&value]).await.unwrap();
        assert_eq!(seen, (Some("alice".into()), "/a.v1.A/Read".into(), "192.0.2.1:7".into()));
    }
    assert!(set.audit.records().is_empty(), "what passes is audited by whoever does it");
}

#[tokio::test]
async fn refusals_have_their_codes_and_are_audited() {
    let set = set().await;
    let good = format!("Bearer {}", With::Ed.changed(|_, _| ()));
    let expired = With::Ed.changed(|_, claims| {
        claims["nbf"] = (testing::start().timestamp() - 100).into();
        claims["exp"] = (testing::start().timestamp() - 31).into();
    });
    let expired = format!("Bearer {expired}");
    let forged = format!("Bearer {}", With::Stranger.changed(|_, _| ()));
    let cases: [(&str, &[&str], Code, ErrorReason); 9] = [
        ("/a.v1.A/Read", &[], Code::Unauthenticated, ErrorReason::TokenMissing),
        ("/a.v1.A/Read", &[&expired], Code::Unauthenticated, ErrorReason::TokenExpired),
        ("/a.v1.A/Read", &[&forged], Code::Unauthenticated, ErrorReason::TokenInvalid),
        ("/a.v1.A/Read", &["Basic YTpi"], Code::Unauthenticated, ErrorReason::TokenInvalid),
        ("/a.v1.A/Read", &["Bearer"], Code::Unauthenticated, ErrorReason::TokenInvalid),
        ("/a.v1.A/Read", &[&good, &good], Code::Unauthenticated, ErrorReason::TokenInvalid),
        ("/a.v1.A/Verify", &[&good], Code::PermissionDenied, ErrorReason::ScopeMissing),
        ("/a.v1.A/Other", &[&good], Code::PermissionDenied, ErrorReason::NoRule),
        ("/a.v1.A/Other", &[], Code::PermissionDenied, ErrorReason::NoRule),
    ];
    for (number, (method, authorization, code, reason)) in cases.into_iter().enumerate() {
        assert_eq!(set.refusal(method, authorization).await, (code, Some(reason)), "case {number}");
        let record = set.audit.records().pop().unwrap();
        assert_eq!(set.audit.records().len(), number + 1);
        let name = reason.as_str_name().trim_start_matches("ERROR_REASON_");
        // Whoever nobody knows writes no paths of his own into the trail.
        let method = if method.ends_with("Other") && authorization.is_empty() { "_OTHER" } else { method };
        assert_eq!((record.method.as_str(), record.reason.as_str(), record.outcome), (method, name, Outcome::Refused));
        assert_eq!((record.at, record.peer.as_str()), (testing::start(), "192.0.2.1:7"));
        // Who was refused is on record once the token was believed, and not before.
        let known = code == Code::PermissionDenied && !authorization.is_empty();
        assert_eq!(record.subject, if known { "alice" } else { "" }, "case {number}");
        assert_eq!(record.body, if known { "bodies/example" } else { "" });
    }
}

#[tokio::test]
async fn a_public_method_needs_no_token_and_still_refuses_a_bad_one() {
    let set = set().await;
    assert_eq!(set.call("/a.v1.A/Public", &[]).await.unwrap().0, None);
    let good = format!("Bearer {}", With::Ec.changed(|_, _| ()));
    assert_eq!(set.call("/a.v1.A/Public", &[&good]).await.unwrap().0.as_deref(), Some("alice"));
    let forged = format!("Bearer {}", With::Stranger.changed(|_, _| ()));
    assert_eq!(set.refusal("/a.v1.A/Public", &[&forged]).await.0, Code::Unauthenticated);
}

#[tokio::test]
async fn no_token_appears_in_a_refusal_or_in_the_audit_trail() {
    let set = set().await;
    let forged = With::Stranger.changed(|_, _| ());
    let status = set.call("/a.v1.A/Read", &[&format!("Bearer {forged}")]).await.unwrap_err();
    let signature = forged.rsplit('.').next().unwrap();
    assert!(!format!("{status:?}{:?}", set.audit.records()).contains(signature));
}

#[tokio::test]
async fn a_token_that_cannot_be_checked_is_a_failure_and_not_a_refusal() {
    // Nothing listens on port 1 of this machine.
    let source = JwksSource::Url("http://127.0.0.1:1/jwks".into());
    let set = set_with(source, tempfile::tempdir().unwrap()).await;
    let good = format!("Bearer {}", With::Ed.changed(|_, _| ()));
    let refusal = set.refusal("/a.v1.A/Read", &[&good]).await;
    assert_eq!(refusal, (Code::Unavailable, Some(ErrorReason::DependencyUnavailable)));
    assert_eq!(set.audit.records()[0].outcome, Outcome::Failed);
}
