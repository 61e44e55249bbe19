//! Calls made of bytes: what no generated client would send.

use bytes::{BufMut as _, Bytes, BytesMut};
use greenlane_platform::client::Client;
use http_body_util::{BodyExt as _, Full};
use tonic::{Code, Status, body::Body};
use tower::ServiceExt as _;

/// A gRPC frame around a message: no compression, its length, itself.
///
/// # Panics
/// When the message is 4 GiB or more.
pub fn frame(message: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(5 + message.len());
    frame.put_u8(0);
    frame.put_u32(message.len().try_into().expect("a message of a test is small"));
    frame.put_slice(message);
    frame.freeze()
}

/// Sends these bytes as the body of a call and returns how it ended, from its headers or its trailers.
///
/// # Errors
/// When no answer comes that has a status.
pub async fn send(client: Client, path: &str, body: Bytes) -> anyhow::Result<Status> {
    let request = http::Request::post(format!("http://service{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Body::new(Full::new(body)))?;
    let response = match client.oneshot(request).await {
        Ok(response) => response,
        Err(status) => return Ok(status),
    };
    if let Some(status) = Status::from_header_map(response.headers()) {
        return Ok(status);
    }
    anyhow::ensure!(response.status() == http::StatusCode::OK, "{path}: HTTP status {}", response.status());
    match response.into_body().collect().await {
        Ok(body) => {
            let status = body.trailers().and_then(Status::from_header_map);
            Ok(status.unwrap_or_else(|| Status::new(Code::Unknown, "the answer ends without a status")))
        }
        Err(status) => Ok(status),
    }
}
