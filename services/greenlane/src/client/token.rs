//! What a bearer token says of itself. It is not checked here: the services do.

use std::collections::BTreeSet;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use greenlane_jose::{Limits, compact};
use serde_json::{Map, Value, json};

/// The claims that people ask about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) subject: String,
    pub(crate) issuer: String,
    pub(crate) scopes: BTreeSet<String>,
    pub(crate) body: Option<String>,
    pub(crate) economy: Option<String>,
    pub(crate) issued: Option<DateTime<Utc>>,
    pub(crate) not_before: Option<DateTime<Utc>>,
    pub(crate) expires: Option<DateTime<Utc>>,
}

/// Reads the claims of a token.
pub(crate) fn claims(token: &str) -> anyhow::Result<Claims> {
    // The error is left out: it could repeat a part of the token.
    let token = compact::parse_strict(token.as_bytes(), &Limits::TOKEN).ok().context("not a JWT in compact form")?;
    Ok(Claims::read(&token.claims))
}

impl Claims {
    fn read(claims: &Map<String, Value>) -> Self {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let time = |name: &str| DateTime::from_timestamp(claims.get(name)?.as_i64()?, 0);
        let scopes = text("scope").unwrap_or_default();
        Self {
            subject: text("sub").unwrap_or_default(),
            issuer: text("iss").unwrap_or_default(),
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
            body: text("body"),
            economy: text("economy"),
            issued: time("iat"),
            not_before: time("nbf"),
            expires: time("exp"),
        }
    }

    /// As it is told.
    pub(crate) fn told(&self) -> Value {
        json!({
            "subject": self.subject,
            "issuer": self.issuer,
            "scopes": self.scopes,
            "body": self.body,
            "economy": self.economy,
            "expires": self.expires,
        })
    }
}
