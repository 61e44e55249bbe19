//! Services of another version than the command.

use std::{convert::Infallible, net::SocketAddr};

use bytes::{BufMut as _, Bytes, BytesMut};
use greenlane_api::registry::v1::{
    BatchVerifyResponse, Body, ListBodiesResponse, Verdict, VerdictOutcome, VerifyResponse, VerifyResult, verify_result,
};
use greenlane_e2e::greenlane;
use http_body_util::{BodyExt as _, Full, combinators::BoxBody};
use hyper::{HeaderMap, Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message as _;
use tokio::net::TcpListener;

/// A field that this version does not know: number 1,000, with the value 1.
const UNKNOWN_FIELD: [u8; 3] = [0xC0, 0x3E, 1];
/// A role that this version does not know.
const UNKNOWN_ROLE: i32 = 99;

#[test]
fn a_newer_service_is_understood_as_far_as_both_know_and_an_older_one_says_what_it_lacks() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let serving = serve(|path, _| path.ends_with("/ListBodies").then(bodies));
    let address = runtime.block_on(serving).expect("a port");
    let folder = tempfile::tempdir().expect("a folder");
    let run = |words: &str| {
        let registry = format!("{words} --registry http://{address}");
        greenlane(folder.path(), registry.split_whitespace()).expect("it runs")
    };

    for output in ["table", "csv", "yaml", "name"] {
        let listed = run(&format!("body list -o {output}")).expect(0);
        assert!(listed.stdout.contains("aurora-cert"), "{}", listed.stdout);
        assert!(listed.stderr.contains("the server is version 999.1.0"), "{}", listed.stderr);
    }
    let listed = run("body list -o json").expect(0).json().expect("JSON");
    assert_eq!(listed["bodies"][0]["roles"][0], UNKNOWN_ROLE, "what has no name here is told by its number");

    let lacking = run("body get aurora-cert").expect(1).stderr;
    assert!(lacking.contains("this service does not have this method yet"), "{lacking}");
}

#[test]
fn a_registry_that_passes_over_the_day_asked_about_gives_no_answer() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let serving = serve(|path, _| match path.rsplit('/').next() {
        Some("Verify") => Some(answered(&accepted())),
        Some("BatchVerify") => Some(answered(&BatchVerifyResponse {
            results: vec![VerifyResult { result: Some(verify_result::Result::Response(accepted())) }],
            ..Default::default()
        })),
        _ => None,
    });
    let address = runtime.block_on(serving).expect("a port");
    let folder = tempfile::tempdir().expect("a folder");
    let run = |words: &str| {
        let registry = format!("verify {words} --registry http://{address}");
        greenlane(folder.path(), registry.split_whitespace()).expect("it runs")
    };
    run("GLXA4HP9Z1PPYMB35F").expect(0);
    run("GLXA4HP9Z1PPYMB35F --date 2026-01-01").expect(0);
    for subjects in ["GLXA4HP9Z1PPYMB35F", "GLXA4HP9Z1PPYMB35F GLXA4HP9Z1PPYMB35G"] {
        let refused = run(&format!("{subjects} --date 2027-06-01")).expect(1);
        assert!(refused.stderr.contains("judged the day 2026-01-01 and not 2027-06-01"), "{}", refused.stderr);
        assert_eq!(refused.stdout, "", "what is not of that day is not shown");
    }
}

/// A verdict of a day of its own.
fn accepted() -> VerifyResponse {
    let verdict =
        Verdict { outcome: VerdictOutcome::Accepted.into(), date: "2026-01-01".to_owned(), ..Verdict::default() };
    VerifyResponse { verdict: Some(verdict), ..Default::default() }
}

/// What a service makes of a method and of its request; none when it does not know the method.
type Answer = fn(&str, &[u8]) -> Option<Vec<u8>>;

/// A service in a version to come.
pub(crate) async fn serve(answer: Answer) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let http = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            let service = service_fn(move |request| respond(answer, request));
            tokio::spawn(http.serve_connection(TokioIo::new(connection), service));
        }
    });
    Ok(address)
}

async fn respond(
    answer: Answer,
    request: Request<Incoming>,
) -> Result<Response<BoxBody<Bytes, Infallible>>, Infallible> {
    let response = Response::builder().header("content-type", "application/grpc").header("server", "greenlane/999.1.0");
    let path = request.uri().path().to_owned();
    let asked = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    // Before the message stand a mark and its length.
    let response = match answer(&path, asked.get(5..).unwrap_or_default()) {
        Some(answer) => {
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", 0.into());
            let body = Full::new(Bytes::from(answer)).with_trailers(async move { Some(Ok(trailers)) });
            response.body(body.boxed())
        }
        None => response.header("grpc-status", 12).body(Full::default().boxed()),
    };
    Ok(response.expect("headers are well-formed"))
}

/// A message as gRPC sends it.
pub(crate) fn answered(message: &impl prost::Message) -> Vec<u8> {
    framed(message.encode_to_vec())
}

fn framed(message: Vec<u8>) -> Vec<u8> {
    let mut framed = BytesMut::new();
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).expect("it is short"));
    framed.extend(message);
    framed.to_vec()
}

/// The answer of ListBodies as gRPC sends it.
fn bodies() -> Vec<u8> {
    let body = Body { name: "bodies/aurora-cert".to_owned(), roles: vec![UNKNOWN_ROLE], ..Body::default() };
    let mut answer = ListBodiesResponse { bodies: vec![body], ..Default::default() }.encode_to_vec();
    answer.extend(UNKNOWN_FIELD);
    framed(answer)
}
