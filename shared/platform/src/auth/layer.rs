//! Authentication and authorization of every call, before any handler.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderMap, Request, Response, header};
use tonic::Status;
use tower_layer::Layer;
use tower_service::Service;

use super::token::Window;
use super::{Authenticator, AuthorizationTable, CertificateThumbprint};
use crate::audit::{AuditRecord, AuditSink, Origin, Outcome, Peer, Watch};
use crate::clock::Clock;
use crate::fault::{ErrorReason, Fault};

/// How the audit trail names whatever no contract does.
const NO_METHOD: &str = "_OTHER";

struct Shared {
    authenticator: Arc<Authenticator>,
    table: Arc<AuthorizationTable>,
    audit: Arc<dyn AuditSink>,
    clock: Clock,
    role: Option<Role>,
}

/// A role of a process, and the methods that it serves in it: full paths.
pub type Role = (&'static str, &'static [&'static str]);

/// Ends a call after so long, if it has not ended before. A server puts it into the request of a stream, which does not
/// outlive the token that opened it.
#[derive(Clone)]
pub(crate) struct EndAfter(pub(crate) Arc<dyn Fn(Duration) + Send + Sync>);

/// Lets a request pass when its token is good, is presented by whom it is bound to, and a rule allows the method. The
/// connection's client certificate and its other end are taken from the request's extensions ([`CertificateThumbprint`],
/// [`Peer`]). Puts `Arc<Origin>`, which knows the caller, into them. Audits each refusal of its own, and puts into the
/// response what audits the handler's.
#[derive(Clone)]
pub struct AuthLayer(Arc<Shared>);

impl AuthLayer {
    /// A layer over these three.
    pub fn new(
        authenticator: Arc<Authenticator>,
        table: Arc<AuthorizationTable>,
        audit: Arc<dyn AuditSink>,
        clock: Clock,
    ) -> Self {
        Self::in_role(authenticator, table, audit, clock, None)
    }

    /// The same for a process that serves only the methods of its role, and refuses the others by that name.
    pub fn in_role(
        authenticator: Arc<Authenticator>,
        table: Arc<AuthorizationTable>,
        audit: Arc<dyn AuditSink>,
        clock: Clock,
        role: Option<Role>,
    ) -> Self {
        Self(Arc::new(Shared { authenticator, table, audit, clock, role }))
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AuthService { shared: self.0.clone(), inner }
    }
}

/// The service that [`AuthLayer`] makes.
#[derive(Clone)]
pub struct AuthService<S> {
    shared: Arc<Shared>,
    inner: S,
}

type ResponseFuture<R, E> = Pin<Box<dyn Future<Output = Result<R, E>> + Send>>;

impl<S, B, R> Service<Request<B>> for AuthService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    B: Send + 'static,
    R: Default + Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ResponseFuture<Response<R>, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let shared = self.shared.clone();
        // The clone goes into the future in place of the one that was polled ready.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            let mut origin = Origin::new(request.uri().path(), peer(&request));
            let certificate = request.extensions().get::<CertificateThumbprint>().copied();
            match shared.admit(request.headers(), certificate, &mut origin).await {
                Ok(window) => {
                    let end = request.extensions_mut().remove::<EndAfter>();
                    if let (Some(EndAfter(end)), Some(window)) = (end, window) {
                        end(window.left(shared.clock.now()));
                    }
                    let origin = Arc::new(origin);
                    request.extensions_mut().insert(origin.clone());
                    let mut response = inner.call(request).await?;
                    let (sink, clock) = (shared.audit.clone(), shared.clock.clone());
                    response.extensions_mut().insert(Watch { origin, sink, clock });
                    Ok(response)
                }
                Err(fault) => {
                    origin.trace_id = crate::fault::current_trace_id().unwrap_or_default();
                    // Paths that no contract names are without number, and nobody's word.
                    if origin.caller.is_none() && shared.table.access(&origin.method).is_none() {
                        origin.method = NO_METHOD.into();
                    }
                    // A token that could not be checked is nobody's refusal.
                    let unchecked = fault.reason() == ErrorReason::DependencyUnavailable;
                    let outcome = if unchecked { Outcome::Failed } else { Outcome::Refused };
                    let record = AuditRecord::new(shared.clock.now(), &origin, outcome);
                    shared.audit.record(record.with_reason(fault.reason()));
                    Ok(Status::from(fault).into_http())
                }
            }
        })
    }
}

impl Shared {
    /// Admits a call, and says when its token holds, if it has one.
    async fn admit(
        &self,
        headers: &HeaderMap,
        certificate: Option<CertificateThumbprint>,
        origin: &mut Origin,
    ) -> Result<Option<Window>, Fault> {
        let mut holds = None;
        if let Some(token) = bearer(headers)? {
            let (caller, window) = match self.authenticator.recall(token) {
                Some(known) => known,
                // Rare, and large: beside the call, and not in it wherever that is moved.
                None => Box::pin(self.authenticator.admit(token)).await?,
            };
            holds = Some(window);
            if caller.certificate().is_some_and(|bound| certificate != Some(bound)) {
                return Err(Fault::token_invalid(
                    "it is bound to a client certificate that this connection does not show",
                ));
            }
            origin.caller = Some(caller);
        }
        self.table.authorize(&origin.method, origin.caller.as_deref())?;
        match self.role {
            Some((role, serves)) if serves.iter().all(|served| **served != *origin.method) => {
                Err(Fault::role_forbids(&*origin.method, role))
            }
            Some(_) | None => Ok(holds),
        }
    }
}

/// The token in the authorization header. Two headers, or another scheme, are refused: a proxy and this service must
/// not read different tokens from one request.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Fault> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Fault::token_invalid("more than one authorization header"));
    }
    let text = value.to_str().map_err(|_| Fault::token_invalid("the authorization header is not text"))?;
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token)),
        _ => Err(Fault::token_invalid("the authorization header is not of the scheme Bearer")),
    }
}

fn peer<B>(request: &Request<B>) -> Arc<str> {
    request.extensions().get().map(|Peer(address)| address.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
