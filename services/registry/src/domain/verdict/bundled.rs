//! What a trust bundle leaves open: it holds what some bodies, or all, had done by the time it was made.

use chrono::{DateTime, SecondsFormat, Utc};

use super::authentic::Presented;
use super::{Finding, Outcome, Part};

/// How much of a registry the facts at hand are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Extent {
    /// All of it.
    Whole,
    /// What it had at a moment: of all bodies, or of some.
    Bundle { made_at: DateTime<Utc>, some_bodies: bool },
}

/// What was found of the certificate that is asked about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    /// Whether what was presented states a number.
    pub(crate) number: bool,
    /// Whether there is a certificate of that number.
    pub(crate) certificate: bool,
    /// Whether the body that the document names is known.
    pub(crate) body: bool,
}

impl Extent {
    /// Whether a document is one that these facts are too old to know: signed by its body, of a certificate or version
    /// that they do not have. The version that they have is then not the one to judge.
    pub(crate) fn is_too_old_for(self, presented: &Presented) -> bool {
        matches!((self, presented), (Self::Bundle { .. }, Presented::Altered { newer: true, .. }))
    }

    /// Leaves open what these facts cannot tell. Gives the reason, if anything was left open.
    pub(crate) fn leave_open(
        self,
        presented: &Presented,
        found: Found,
        authentic: &mut Part,
        in_force: &mut Part,
    ) -> Option<&'static str> {
        let Self::Bundle { made_at, some_bodies } = self else { return None };
        if self.is_too_old_for(presented) {
            let message =
                "It is signed by a key of its body, and may have been issued since the trust bundle was made.";
            let finding = Finding::new("not_in_bundle", message)
                .with("made_at", made_at.to_rfc3339_opts(SecondsFormat::Secs, true));
            *authentic = Part::because(Outcome::Undetermined, finding.clone());
            *in_force = Part::because(Outcome::Undetermined, finding);
            return Some("not_in_bundle");
        }
        // A number does not tell whose it is.
        if !some_bodies || found.certificate || !found.number {
            return None;
        }
        let message =
            "The trust bundle is of some bodies only: whether another one has such a number, it does not tell.";
        let finding = Finding::new("body_not_in_bundle", message);
        let signed_by_the_unknown = match presented {
            Presented::Number => true,
            Presented::Altered { .. } => !found.body,
            Presented::Logged | Presented::Restated { .. } | Presented::Malformed { .. } => false,
        };
        if signed_by_the_unknown {
            *authentic = Part::because(Outcome::Undetermined, finding.clone());
        }
        *in_force = Part::because(Outcome::Undetermined, finding);
        Some("body_not_in_bundle")
    }
}
