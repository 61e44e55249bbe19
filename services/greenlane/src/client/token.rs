//! What a bearer token says of itself. It is not checked here: the services do.

use std::collections::BTreeSet;

use anyhow::anyhow;
use chrono::{DateTime, Utc};
use greenlane_jose::{Algorithm, CompactError, Limits, compact};
use greenlane_platform::client::bare_token;
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

/// Reads the claims of a token, as it is or as a header has it.
pub(crate) fn claims(token: &str) -> anyhow::Result<Claims> {
    let token = bare_token(token).as_bytes();
    let token = compact::parse_strict(token, &Limits::TOKEN).map_err(|why| anyhow!("{}", unfit(&why)))?;
    Ok(Claims::read(&token.claims))
}

/// Why services do not take a token. What the parser of JSON says is left out: it could repeat a part of the token.
fn unfit(why: &CompactError) -> String {
    match why {
        CompactError::Parts => "not a JWT in compact form, which is three parts with dots between them".to_owned(),
        CompactError::Base64(part) => format!("not a JWT in compact form: its {part} is not base64url without padding"),
        CompactError::Json { part, .. } => format!("not a JWT: its {part} is not a JSON object, each member once"),
        CompactError::TooLong { max_bytes } => {
            format!("longer than the {max_bytes} bytes that services take of a token")
        }
        CompactError::Algorithm => {
            let taken = Algorithm::ALL.map(Algorithm::as_str).join(", ");
            format!("a JWT whose header has no `alg` that services take, which are {taken}")
        }
        CompactError::Member("kid") => {
            "a JWT whose header has no `kid`: services need it to know with which of its issuer's keys it is signed"
                .to_owned()
        }
        CompactError::Member(name) => format!("a JWT whose header has a `{name}` that is no text"),
        CompactError::Forbidden(name) => format!("a JWT whose header has `{name}`, which services do not take"),
    }
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

#[cfg(test)]
mod tests {
    use greenlane_jose::b64;

    use super::*;

    fn told(header: &str, claims: &str) -> String {
        let token = format!("{}.{}.c2ln", b64::encode(header), b64::encode(claims));
        self::claims(&token).map_or_else(|error| error.to_string(), |claims| claims.subject)
    }

    #[test]
    fn a_token_that_services_do_not_take_is_told_with_what_it_lacks_and_without_a_part_of_it() {
        let good = r#"{"alg":"EdDSA","kid":"k"}"#;
        assert_eq!(told(good, r#"{"sub":"clerk"}"#), "clerk");
        let of_header = format!("Bearer {}.{}.c2ln\n", b64::encode(good), b64::encode(r#"{"sub":"clerk"}"#));
        assert_eq!(claims(&of_header).map(|claims| claims.subject).ok().as_deref(), Some("clerk"));
        for (header, claims, expected) in [
            (r#"{"alg":"EdDSA"}"#, "{}", "a JWT whose header has no `kid`"),
            (r#"{"alg":"EdDSA","kid":""}"#, "{}", "a JWT whose header has no `kid`"),
            (r#"{"alg":"none","kid":"k"}"#, "{}", "a JWT whose header has no `alg` that services take"),
            (r#"{"alg":"EdDSA","kid":"k","typ":1}"#, "{}", "a JWT whose header has a `typ` that is no text"),
            (r#"{"alg":"EdDSA","kid":"k","jwk":{}}"#, "{}", "a JWT whose header has `jwk`"),
            (good, "secret", "not a JWT: its payload is not a JSON object"),
            (good, r#"{"secret":1,"secret":2}"#, "not a JWT: its payload is not a JSON object"),
            ("secret", "{}", "not a JWT: its header is not a JSON object"),
        ] {
            let told = told(header, claims);
            assert!(told.starts_with(expected) && !told.contains("secret"), "{header} {claims}: {told}");
        }
        for (token, expected) in [
            ("opaque", "not a JWT in compact form, which is three parts"),
            ("a.b.c.d", "not a JWT in compact form, which is three parts"),
            ("e30=.e30.e30", "not a JWT in compact form: its header is not base64url"),
        ] {
            let told = claims(token).map_err(|error| error.to_string()).expect_err(token);
            assert!(told.starts_with(expected), "{token}: {told}");
        }
    }
}
