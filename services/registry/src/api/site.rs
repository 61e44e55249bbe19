//! What the registry serves over plain HTTP, to everybody: the log as tiles (C2SP tlog-tiles), `did:web` documents, the
//! context of its documents, status lists, witnessing, the verification page, and `security.txt`.

mod page;
mod security;
mod status;

use std::sync::Arc;

use bytes::Bytes;
use greenlane_log::{TileId, bundle};
use greenlane_platform::server::Route;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::app::files::BodyFile;
use crate::app::log::LogWriter;
use crate::app::read::Reader;
use crate::app::status::{StatusLists, TTL_SECONDS};
use crate::app::witness::{self, Reply, Witness};
use crate::domain::key::Key;
use crate::domain::names::BodyId;
use crate::store::{cosign, log};

pub(crate) use page::{Page, Visitors, trusted};
pub(crate) use security::SecurityText;

/// The site.
pub(crate) struct Site {
    pub(crate) reader: Reader,
    pub(crate) log: Arc<LogWriter>,
    pub(crate) public_url: String,
    pub(crate) witness: Option<Witness>,
    pub(crate) status: StatusLists,
    /// How often each may ask for lists of the past, which are made anew.
    pub(crate) past: Visitors,
    pub(crate) page: Option<Page>,
    pub(crate) security: Option<SecurityText>,
}

/// The largest body of a request that is read: a form with a document in it.
pub(crate) const MAX_REQUEST_BYTES: usize = 512 * 1024;
const _: () = assert!(witness::MAX_REQUEST_BYTES <= MAX_REQUEST_BYTES, "what a witness is sent is read");

type Answer = Response<Full<Bytes>>;

/// Of what never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Of what changes now and then.
const FOR_A_MINUTE: &str = "public, max-age=60";
const _: () = assert!(TTL_SECONDS == 60, "lists are kept by caches for as long as they say themselves");
const NOT_KEPT: &str = "no-cache";

/// Lists of the past that one client may ask for in a minute.
pub(crate) const PAST_A_MINUTE: u32 = 120;

/// Cosignatures on a checkpoint.
const COSIGNATURES: u64 = 100;

impl Site {
    /// Answers a request, and says which route it took.
    pub(crate) async fn answer(&self, request: Request<Bytes>) -> Answer {
        let route = self.route(request.uri().path());
        let mut answer = self.find(request).await;
        if let Some(route) = route {
            answer.extensions_mut().insert(Route(route));
        }
        answer
    }

    /// The route of a path, if it is one of ours.
    fn route(&self, path: &str) -> Option<&'static str> {
        if path == "/witness/add-checkpoint" {
            return Some("/witness/add-checkpoint");
        }
        if path == security::PATH {
            return Some(security::PATH);
        }
        if let Some(rest) = path.strip_prefix(&path_of(self.log.origin())).and_then(|rest| rest.strip_prefix('/')) {
            return match rest.split('/').next()? {
                "checkpoint" => Some("/{log}/checkpoint"),
                "tile" => Some("/{log}/tile/{tile}"),
                _ => None,
            };
        }
        match path.strip_prefix(&self.base())?.split('/').nth(1)? {
            "verify" => Some("/verify"),
            "certificates" => Some("/certificates/{certificate}"),
            "assets" => Some("/assets/{asset}"),
            "status" => Some("/status/{body}/{list}/{purpose}"),
            "bodies" => Some("/bodies/{body}/did.json"),
            "did.json" | ".well-known" => Some("/did.json"),
            "contexts" => Some("/contexts/{context}"),
            _ => None,
        }
    }

    async fn find(&self, request: Request<Bytes>) -> Answer {
        let path = request.uri().path();
        let base = self.base();
        let reading = matches!(*request.method(), Method::GET | Method::HEAD);
        if let (Some(page), Some(rest)) = (&self.page, path.strip_prefix(&base))
            && let Some(answered) = page.answer(&base, rest, &request).await
        {
            return answered.unwrap_or_else(|error| failed(path, &error));
        }
        let answered = match path {
            "/witness/add-checkpoint" if request.method() == Method::POST => self.witness(request.body()).await,
            "/witness/add-checkpoint" => Ok(not_allowed("POST")),
            _ if !reading => {
                let asked = self.page.is_some() && path.strip_prefix(&base) == Some("/verify");
                Ok(not_allowed(if asked { "GET, HEAD, POST" } else { "GET, HEAD" }))
            }
            security::PATH => {
                Ok(self.security.as_ref().map_or_else(|| status(StatusCode::NOT_FOUND), SecurityText::answer))
            }
            _ => match status::path_of_list(path.strip_prefix(&base).unwrap_or_default()) {
                Some((body, list, purpose)) => self.status_list(&request, &body, list, purpose).await,
                None => self.read(path).await,
            },
        };
        answered.unwrap_or_else(|error| failed(path, &error))
    }

    async fn read(&self, path: &str) -> Result<Answer, greenlane_store::StoreError> {
        if let Some(rest) = path.strip_prefix(&format!("{}/", path_of(self.log.origin()))) {
            return self.tree(rest).await;
        }
        let base = self.base();
        let Some(rest) = path.strip_prefix(&base) else { return Ok(status(StatusCode::NOT_FOUND)) };
        let own = if base.is_empty() { "/.well-known/did.json" } else { "/did.json" };
        if rest == own {
            return Ok(self.own_did());
        }
        if rest == "/contexts/certificate-v1.jsonld" {
            let context = greenlane_credential::context_document();
            return Ok(found("application/ld+json", FOR_A_MINUTE, context.to_string()));
        }
        let body = rest.strip_prefix("/bodies/").and_then(|rest| rest.strip_suffix("/did.json"));
        let Some(Ok(id)) = body.map(BodyId::new) else { return Ok(status(StatusCode::NOT_FOUND)) };
        let file = self.reader.published.files().body(&self.reader.store, &id).await?;
        let served = greenlane_credential::did_web(&self.public_url, &["bodies", id.as_str()]).ok();
        // A body with an identifier of its own serves its document itself.
        Ok(match file.filter(|file| Some(&file.body.record.did) == served.as_ref()) {
            Some(file) => found("application/did+json", FOR_A_MINUTE, body_did(&file).to_string()),
            None => status(StatusCode::NOT_FOUND),
        })
    }

    /// The path that identifiers begin with.
    fn base(&self) -> String {
        path_of(self.public_url.split_once("://").map_or("", |(_, rest)| rest))
    }

    /// The log, under its prefix.
    async fn tree(&self, path: &str) -> Result<Answer, greenlane_store::StoreError> {
        let head = self.reader.published.head();
        if path == "checkpoint" {
            let size = head.size;
            let cosigned = self.reader.read("site_checkpoint", move |tx| {
                Box::pin(async move { Ok(cosign::list(tx, size, None, COSIGNATURES).await?) })
            });
            let mut note = head.note.clone();
            for cosignature in cosigned.await? {
                note.push_str(&cosignature.line);
            }
            return Ok(found("text/plain; charset=utf-8", NOT_KEPT, note));
        }
        if let Ok((index, width)) = bundle::parse_path(path) {
            let Some(tile) = TileId::in_tree(0, index, head.size).filter(|tile| tile.width >= width) else {
                return Ok(status(StatusCode::NOT_FOUND));
            };
            let start = tile.index * 256;
            let entries = self.reader.read("site_entries", move |tx| {
                let end = start + u64::from(width);
                Box::pin(async move { Ok(log::entries(tx, start, end, u64::from(width)).await?) })
            });
            let leaves: Vec<Vec<u8>> = entries.await?.into_iter().map(|entry| entry.leaf).collect();
            return Ok(match bundle::encode(&leaves) {
                Ok(bytes) => found("application/octet-stream", FOR_EVER, bytes),
                Err(_) => status(StatusCode::NOT_FOUND),
            });
        }
        let Ok(tile) = path.parse::<TileId>() else { return Ok(status(StatusCode::NOT_FOUND)) };
        let there = TileId::in_tree(tile.level, tile.index, head.size).is_some_and(|id| id.width >= tile.width);
        if !there {
            return Ok(status(StatusCode::NOT_FOUND));
        }
        let tiles =
            self.reader.read("site_tile", move |tx| Box::pin(async move { Ok(log::tiles(tx, &[tile]).await?) }));
        Ok(match tiles.await?.pop() {
            Some((_, bytes)) => found("application/octet-stream", FOR_EVER, bytes),
            None => status(StatusCode::NOT_FOUND),
        })
    }

    async fn witness(&self, body: &[u8]) -> Result<Answer, greenlane_store::StoreError> {
        if body.len() > witness::MAX_REQUEST_BYTES {
            return Ok(status(StatusCode::PAYLOAD_TOO_LARGE));
        }
        let Some(witness) = &self.witness else { return Ok(status(StatusCode::NOT_FOUND)) };
        Ok(match witness.add_checkpoint(body).await? {
            Reply::Cosigned(lines) => found("text/plain; charset=utf-8", NOT_KEPT, lines),
            Reply::Malformed => status(StatusCode::BAD_REQUEST),
            Reply::Unsigned => status(StatusCode::FORBIDDEN),
            Reply::UnknownLog => status(StatusCode::NOT_FOUND),
            Reply::NotProved => status(StatusCode::UNPROCESSABLE_ENTITY),
            Reply::Conflict(size) => {
                let mut answer = found("text/x.tlog.size", NOT_KEPT, format!("{size}\n"));
                *answer.status_mut() = StatusCode::CONFLICT;
                answer
            }
        })
    }

    /// The registry's own document: the key of its log.
    fn own_did(&self) -> Answer {
        let Ok(did) = greenlane_credential::did_web(&self.public_url, &[]) else {
            return status(StatusCode::NOT_FOUND);
        };
        let key = self.log.verifier_key().public_key();
        let method = json!({
            "id": format!("{did}#log"),
            "type": "JsonWebKey",
            "controller": did,
            "publicKeyJwk": key.to_jwk_value(),
        });
        let document = did_document(&did, &[method], &[format!("{did}#log")]);
        found("application/did+json", FOR_A_MINUTE, document.to_string())
    }
}

fn failed(path: &str, error: &greenlane_store::StoreError) -> Answer {
    tell(path, error);
    say_later(status(StatusCode::SERVICE_UNAVAILABLE))
}

fn tell(path: &str, error: &greenlane_store::StoreError) {
    tracing::error!(%error, path, "an HTTP request failed");
}

/// Trying again in a second may help.
fn say_later(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
    answer
}

/// Everything after the host.
fn path_of(address: &str) -> String {
    address.split_once('/').map_or_else(String::new, |(_, path)| format!("/{}", path.trim_end_matches('/')))
}

fn did_document(did: &str, methods: &[Value], assertion: &[String]) -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"],
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": assertion,
    })
}

/// A body's document: all keys that it ever had, since what a retired one signed stays good. A compromised key is no
/// longer one to assert with.
fn body_did(file: &BodyFile) -> Value {
    let did = &file.body.record.did;
    let instant = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let method = |key: &Key| {
        let jwk: Value = serde_json::from_str(&key.record.public_jwk).unwrap_or_default();
        let mut method = json!({
            "id": key.record.verification_method,
            "type": "JsonWebKey",
            "controller": did,
            "publicKeyJwk": jwk,
        });
        if let Some(until) = key.record.valid_until {
            method["expires"] = instant(until).into();
        }
        if let Some(since) = key.compromised_since {
            method["revoked"] = instant(since).into();
        }
        method
    };
    let methods: Vec<Value> = file.keys.iter().map(method).collect();
    let good = file.keys.iter().filter(|key| key.compromised_since.is_none());
    let assertion: Vec<String> = good.map(|key| key.record.verification_method.clone()).collect();
    did_document(did, &methods, &assertion)
}

fn found(kind: &'static str, kept: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static(kept));
    // All of it is public: verifiers in browsers read it too.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, header::HeaderValue::from_static("*"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    answer
}

/// The answer to a method that a path does not have, with those that it has (RFC 9110, 15.5.6).
fn not_allowed(methods: &'static str) -> Answer {
    let mut answer = status(StatusCode::METHOD_NOT_ALLOWED);
    answer.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(methods));
    answer
}

fn status(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::new()));
    *answer.status_mut() = status;
    answer
}
