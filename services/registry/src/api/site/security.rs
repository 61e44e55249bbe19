//! `security.txt` (RFC 9116): whom to tell of a fault of this installation.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use greenlane_platform::clock::Clock;

use super::{Answer, FOR_A_MINUTE, found};
use crate::config::SecurityConfig;

/// At the root of the host, whatever is below `public_url`: it is there that people look.
pub(super) const PATH: &str = "/.well-known/security.txt";
/// How long an answer is good for. It is made anew for each question; a copy is to be thrown away some day.
const GOOD_FOR: TimeDelta = TimeDelta::days(30);
/// What a contact may begin with.
const SCHEMES: [&str; 3] = ["mailto:", "https://", "tel:"];

/// What is answered at [`PATH`].
pub(crate) struct SecurityText {
    lines: String,
    clock: Clock,
}

impl SecurityText {
    /// Of the registry at `public_url`. None when nobody is named. The error says which entry is wrong, and how.
    pub(crate) fn new(config: &SecurityConfig, public_url: &str, clock: Clock) -> Result<Option<Self>, String> {
        for contact in &config.contacts {
            let known = SCHEMES.iter().any(|scheme| contact.len() > scheme.len() && contact.starts_with(scheme));
            if !known || !contact.chars().all(|each| each.is_ascii_graphic()) {
                return Err(format!("contacts: {contact:?} is no address that begins with {}", SCHEMES.join(", ")));
            }
        }
        for language in &config.languages {
            let is_tag =
                !language.is_empty() && language.chars().all(|each| each.is_ascii_alphanumeric() || each == '-');
            if !is_tag {
                return Err(format!("languages: {language:?} is no language tag, such as en or zh-Hans"));
            }
        }
        if config.contacts.is_empty() {
            return Ok(None);
        }
        let mut lines: String = config.contacts.iter().map(|contact| format!("Contact: {contact}\n")).collect();
        if !config.languages.is_empty() {
            lines.push_str(&format!("Preferred-Languages: {}\n", config.languages.join(", ")));
        }
        // Only an address of the web that begins with https may stand there (RFC 9116, 2.5.2).
        if let Some(host) = public_url.strip_prefix("https://").and_then(|rest| rest.split('/').next()) {
            lines.push_str(&format!("Canonical: https://{host}{PATH}\n"));
        }
        Ok(Some(Self { lines, clock }))
    }

    pub(super) fn answer(&self) -> Answer {
        found("text/plain; charset=utf-8", FOR_A_MINUTE, self.text(self.clock.now()))
    }

    fn text(&self, now: DateTime<Utc>) -> String {
        let expires = (now + GOOD_FOR).to_rfc3339_opts(SecondsFormat::Secs, true);
        format!("{}Expires: {expires}\n", self.lines)
    }
}

#[cfg(test)]
mod tests;
