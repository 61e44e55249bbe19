//! The provider's side of a login: discovery (OpenID Connect Discovery 1.0), the device authorization grant (RFC 8628)
//! and the refresh grant (RFC 6749, 6).

use std::{fmt, path::Path, time::Duration};

use anyhow::{Context as _, bail, ensure};
use greenlane_platform::outbound::Outbound;
use serde::{Deserialize, de::DeserializeOwned};
use tokio::time::{Instant, sleep};

use crate::client::context::Login;

/// The longest answer of a provider.
const MAX_BYTES: usize = 256 * 1024;
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const FORM: &str = "application/x-www-form-urlencoded";
/// How much slower to ask when told to (RFC 8628, 3.5).
const SLOWER: Duration = Duration::from_secs(5);

/// A provider that was found.
pub(super) struct Provider {
    client_id: String,
    scope: String,
    device: Outbound,
    token: Outbound,
}

#[derive(Deserialize)]
struct Discovered {
    issuer: String,
    #[serde(default)]
    device_authorization_endpoint: String,
    token_endpoint: String,
}

/// A login that waits for a person.
#[derive(Deserialize)]
pub(super) struct Device {
    device_code: String,
    pub(super) user_code: String,
    pub(super) verification_uri: String,
    pub(super) verification_uri_complete: Option<String>,
    expires_in: u64,
    /// Seconds between two questions; five when nothing is said.
    interval: Option<u64>,
}

/// What a login gives. Never printed.
#[derive(Deserialize)]
pub(super) struct Tokens {
    pub(super) access_token: String,
    pub(super) refresh_token: Option<String>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Refused {
    error: String,
    #[serde(default)]
    error_description: String,
}

impl Provider {
    /// Asks the issuer where its endpoints are. It must call itself what it was called (OpenID Connect Discovery, 4.3).
    pub(super) async fn discover(login: &Login, timeout: Duration) -> anyhow::Result<Self> {
        let issuer = login.issuer.trim_end_matches('/');
        let url = format!("{issuer}/.well-known/openid-configuration");
        let address = outbound(&url, login.ca.as_deref(), timeout)?;
        let answer = address.get("application/json").await.map_err(anyhow::Error::msg)?;
        ensure!(answer.status().is_success(), "{url} answers with status {}", answer.status());
        let found: Discovered =
            serde_json::from_slice(answer.body()).with_context(|| format!("{url} is no OpenID configuration"))?;
        ensure!(
            found.issuer.trim_end_matches('/') == issuer,
            "{url} is the configuration of another issuer, {}",
            found.issuer
        );
        ensure!(
            !found.device_authorization_endpoint.is_empty(),
            "{issuer} does not offer the device authorization grant (RFC 8628)"
        );
        Ok(Self {
            client_id: login.client_id.clone(),
            scope: login.scope.clone(),
            device: outbound(&found.device_authorization_endpoint, login.ca.as_deref(), timeout)?,
            token: outbound(&found.token_endpoint, login.ca.as_deref(), timeout)?,
        })
    }

    /// Begins a login.
    pub(super) async fn begin(&self) -> anyhow::Result<Device> {
        let form = form(&[("client_id", &self.client_id), ("scope", &self.scope)]);
        match post(&self.device, form).await? {
            Ok(device) => Ok(device),
            Err(refused) => bail!("the provider refuses to begin a login: {refused}"),
        }
    }

    /// Asks until the person has decided, or the code is too old.
    pub(super) async fn wait(&self, device: &Device) -> anyhow::Result<Tokens> {
        let until = Instant::now() + Duration::from_secs(device.expires_in);
        let mut interval = Duration::from_secs(device.interval.unwrap_or(5));
        let grant = [("grant_type", GRANT), ("device_code", &device.device_code), ("client_id", &self.client_id)];
        loop {
            ensure!(Instant::now() + interval < until, "nobody entered the code in time");
            sleep(interval).await;
            match post(&self.token, form(&grant)).await {
                Ok(Ok(tokens)) => return Ok(tokens),
                Ok(Err(refused)) => match refused.error.as_str() {
                    "authorization_pending" => {}
                    "slow_down" => interval += SLOWER,
                    "access_denied" => bail!("the login was refused"),
                    "expired_token" => bail!("nobody entered the code in time"),
                    _ => bail!("the provider gives no token: {refused}"),
                },
                // A connection that fails is no answer: ask again, ever more slowly (RFC 8628, 3.5).
                Err(_) => interval *= 2,
            }
        }
    }

    /// Renews the last login; none when the provider no longer does.
    pub(super) async fn renew(&self, refresh: &str) -> anyhow::Result<Option<Tokens>> {
        let grant = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("client_id", &self.client_id)];
        match post(&self.token, form(&grant)).await? {
            Ok(tokens) => Ok(Some(tokens)),
            Err(refused) if refused.error == "invalid_grant" => Ok(None),
            Err(refused) => bail!("the provider does not renew the login: {refused}"),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.error_description.as_str() {
            "" => f.write_str(&self.error),
            text => write!(f, "{text} ({})", self.error),
        }
    }
}

fn outbound(url: &str, ca: Option<&Path>, timeout: Duration) -> anyhow::Result<Outbound> {
    Outbound::new(url, ca, timeout, MAX_BYTES).map_err(anyhow::Error::msg)
}

/// The answer, or why the provider refuses.
async fn post<T: DeserializeOwned>(to: &Outbound, form: String) -> anyhow::Result<Result<T, Refused>> {
    let answer = to.post(FORM, form).await.map_err(anyhow::Error::msg)?;
    let uri = to.uri();
    if answer.status().is_success() {
        // The error is left out: it could repeat a part of a token.
        return Ok(Ok(serde_json::from_slice(answer.body())
            .ok()
            .with_context(|| format!("{uri} gives no such answer"))?));
    }
    let refused = serde_json::from_slice(answer.body());
    Ok(Err(refused.ok().with_context(|| format!("{uri} answers with status {}", answer.status()))?))
}

/// Fields as a form (WHATWG URL, 5.2).
fn form(fields: &[(&str, &str)]) -> String {
    let encoded = |text: &str| {
        let mut encoded = String::with_capacity(text.len());
        for byte in text.bytes() {
            match byte {
                b' ' => encoded.push('+'),
                b'*' | b'-' | b'.' | b'_' => encoded.push(char::from(byte)),
                _ if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
                _ => encoded.push_str(&format!("%{byte:02X}")),
            }
        }
        encoded
    };
    fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_keeps_every_byte() {
        assert_eq!(form(&[("a", "x y&z"), ("ü", "+%")]), "a=x+y%26z&%C3%BC=%2B%25");
    }
}
