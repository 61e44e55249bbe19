//! The caller of a request, as its token says.

use std::sync::Arc;

use tonic::Request;

use super::CertificateThumbprint;
use crate::audit::Origin;
use crate::fault::Fault;

/// Every scope there is. `admin` holds all the others.
pub const SCOPES: &[&str] = &[
    "admin",
    "bodies.read",
    "bodies.write",
    "catalogue.propose",
    "catalogue.publish",
    "catalogue.read",
    "catalogue.review",
    "certificates.read",
    "certificates.write",
    "codes.read",
    "codes.write",
    "lists.write",
    "log.read",
    "recognise",
    "tag",
    "trace.read",
    "trace.write",
    "use.report",
    "verify",
    "write_offs.read",
    "write_offs.write",
];

const ADMIN: &str = "admin";

/// Who calls: what a verified token says, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    subject: String,
    issuer: String,
    scopes: Vec<&'static str>,
    body: Option<String>,
    economy: Option<String>,
    certificate: Option<CertificateThumbprint>,
}

impl Caller {
    /// A caller made by hand: for tests, and for work that a process does in its own name. Unknown scopes are left
    /// out.
    pub fn new<'s>(
        subject: impl Into<String>,
        issuer: impl Into<String>,
        scopes: impl IntoIterator<Item = &'s str>,
    ) -> Self {
        let mut known: Vec<&'static str> =
            scopes.into_iter().filter_map(|scope| SCOPES.iter().find(|known| **known == scope).copied()).collect();
        known.sort_unstable();
        known.dedup();
        Self {
            subject: subject.into(),
            issuer: issuer.into(),
            scopes: known,
            body: None,
            economy: None,
            certificate: None,
        }
    }

    /// Sets the body, a resource name (`bodies/{body}`).
    #[must_use]
    pub fn for_body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets the economy.
    #[must_use]
    pub fn for_economy(mut self, economy: impl Into<String>) -> Self {
        self.economy = Some(economy.into());
        self
    }

    /// Binds the caller to a client's certificate.
    #[must_use]
    pub fn bound_to(mut self, certificate: CertificateThumbprint) -> Self {
        self.certificate = Some(certificate);
        self
    }

    /// The certificate that the token is bound to: it speaks for nobody on another connection (RFC 8705, 3).
    pub fn certificate(&self) -> Option<CertificateThumbprint> {
        self.certificate
    }

    /// The caller of a request; `TOKEN_MISSING` when it came without a token (to a public method).
    pub fn of<T>(request: &Request<T>) -> Result<Arc<Self>, Fault> {
        Self::maybe_of(request).ok_or_else(Fault::token_missing)
    }

    /// The caller of a request, if it came with a token.
    pub fn maybe_of<T>(request: &Request<T>) -> Option<Arc<Self>> {
        request.extensions().get::<Arc<Origin>>()?.caller.clone()
    }

    /// The `sub` claim.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The `iss` claim.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The body that the caller acts for, a resource name (`bodies/{body}`).
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// The economy that the caller acts for.
    pub fn economy(&self) -> Option<&str> {
        self.economy.as_deref()
    }

    /// The scopes that Greenlane knows, sorted.
    pub fn scopes(&self) -> &[&'static str] {
        &self.scopes
    }

    /// Whether the caller holds `scope`, itself or through `admin`.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| *held == scope || *held == ADMIN)
    }

    /// Whether the caller holds the scope `admin`.
    pub fn is_admin(&self) -> bool {
        self.has_scope(ADMIN)
    }

    /// Issuer and subject in one text: subjects are unique within their issuer only. For idempotency records and
    /// fair queues.
    pub fn key(&self) -> String {
        // The length tells where the one ends, whatever characters they have.
        format!("{} {} {}", self.issuer.len(), self.issuer, self.subject)
    }

    /// The body and the economy that the caller acts for, in one text; none when it acts for neither. What one of them
    /// is answered is not for another, though the same subject asks.
    pub fn acts_for(&self) -> Option<String> {
        if self.body.is_none() && self.economy.is_none() {
            return None;
        }
        let (body, economy) = (self.body().unwrap_or_default(), self.economy().unwrap_or_default());
        Some(format!("{} {body} {economy}", body.len()))
    }

    /// Fails with `NOT_YOURS` unless the caller acts for `body` (`bodies/{body}`). The scope `admin` does not help:
    /// it says what a caller may do, not for whom.
    pub fn must_be_body(&self, body: &str) -> Result<(), Fault> {
        if self.body() == Some(body) { Ok(()) } else { Err(Fault::not_yours("body", body)) }
    }

    /// Fails with `NOT_YOURS` unless the caller acts for `economy`.
    pub fn must_be_economy(&self, economy: &str) -> Result<(), Fault> {
        if self.economy() == Some(economy) { Ok(()) } else { Err(Fault::not_yours("economy", economy)) }
    }
}

#[cfg(test)]
mod tests;
