//! The bearer token, as far as it tells of itself.

use std::{os::unix::fs::PermissionsExt as _, path::Path};

use chrono::TimeDelta;
use greenlane_platform::clock::Clock;

use super::Finding;
use crate::client::token;

/// Warned of when it holds no longer than this.
const SOON: TimeDelta = TimeDelta::hours(1);

/// Looks at a token file.
pub(super) fn check(path: &Path) -> Finding {
    const CHECK: &str = "token";
    const FRESH: &str = "get a new token; under `greenlane up`: greenlane token mint";
    if path == Path::new("-") {
        return Finding::ok(CHECK, "from stdin");
    }
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let advice = "name a readable token file with --token-file";
            return Finding::failed(CHECK, format!("cannot read {}: {error}", path.display()), advice);
        }
    };
    let claims = match token::claims(text.trim()) {
        Ok(claims) => claims,
        Err(error) => return Finding::failed(CHECK, format!("{}: {error}", path.display()), FRESH),
    };
    let now = Clock::system().now();
    let Some(expires) = claims.expires else {
        return Finding::failed(
            CHECK,
            format!("{} has no expiry and is refused by every service", path.display()),
            FRESH,
        );
    };
    let says = format!("{} of {}, holds until {}", claims.subject, claims.issuer, expires.format("%FT%TZ"));
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
    let open = std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0);
    if open {
        let advice = format!("chmod 600 {}", path.display());
        return Finding::warning(CHECK, format!("{says}; others on this machine may read the file"), advice);
    }
    if expires - now < SOON {
        return Finding::warning(CHECK, says, FRESH);
    }
    Finding::ok(CHECK, says)
}
