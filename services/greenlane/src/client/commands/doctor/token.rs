//! The bearer token, as far as it tells of itself.

use std::{os::unix::fs::PermissionsExt as _, path::Path};

use chrono::TimeDelta;
use greenlane_platform::clock::Clock;

use super::{Finding, Outcome};
use crate::client::{context::TokenFrom, token};

/// Warned of when it holds no longer than this.
const SOON: TimeDelta = TimeDelta::hours(1);

const CHECK: &str = "token";
const FRESH: &str = "get a new token: greenlane login; under `greenlane up`, greenlane token mint --help says how";

/// Looks at the token that counts, if there is one. One that is renewed by itself may be near its end.
pub(super) fn check(from: &TokenFrom, is_renewed: bool) -> Option<Finding> {
    let finding = look_at(from)?;
    Some(match finding.outcome {
        Outcome::Warning if is_renewed && finding.advice == FRESH => {
            Finding::ok(CHECK, format!("{}, and is renewed by itself", finding.detail))
        }
        _ => finding,
    })
}

fn look_at(from: &TokenFrom) -> Option<Finding> {
    match from {
        TokenFrom::Nowhere => None,
        TokenFrom::Stdin => Some(Finding::ok(CHECK, "from stdin")),
        TokenFrom::Environment(token) => Some(match token.reveal() {
            Ok(text) => look("GREENLANE_TOKEN", &text),
            Err(error) => Finding::failed(CHECK, format!("GREENLANE_TOKEN: {error}"), FRESH),
        }),
        TokenFrom::File(path) => Some(match std::fs::read_to_string(path) {
            Ok(text) => with_mode(path, look(&path.display().to_string(), &text)),
            Err(error) => {
                let advice = "name a readable token file with --token-file";
                Finding::failed(CHECK, format!("cannot read {}: {error}", path.display()), advice)
            }
        }),
    }
}

/// A file that others may read is worth a word, unless there is something worse.
fn with_mode(path: &Path, finding: Finding) -> Finding {
    let open = std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0);
    if !open || finding.outcome == Outcome::Failed {
        return finding;
    }
    let advice = format!("chmod 600 {}", path.display());
    Finding::warning(CHECK, format!("{}; others on this machine may read the file", finding.detail), advice)
}

/// What the token of this place tells of itself.
fn look(place: &str, text: &str) -> Finding {
    let claims = match token::claims(text.trim()) {
        Ok(claims) => claims,
        Err(error) => return Finding::failed(CHECK, format!("{place}: {error}"), FRESH),
    };
    let now = Clock::system().now();
    let Some(expires) = claims.expires else {
        return Finding::failed(CHECK, format!("{place} has no expiry and is refused by every service"), FRESH);
    };
    let says = format!("{place}: {} of {}, holds until {}", claims.subject, claims.issuer, expires.format("%FT%TZ"));
    if expires <= now {
        return Finding::failed(CHECK, format!("{says}: expired"), FRESH);
    }
    if claims.not_before.is_some_and(|begins| begins > now) {
        return Finding::failed(
            CHECK,
            format!("{says}: not valid yet"),
            "check this machine's clock, and the issuer's",
        );
    }
    if expires - now < SOON {
        return Finding::warning(CHECK, says, FRESH);
    }
    Finding::ok(CHECK, says)
}
