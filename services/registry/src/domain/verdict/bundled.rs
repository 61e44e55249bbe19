//! What a trust bundle leaves open: it holds what some bodies, or all, had done by the time it was made.
//!
//! What the bundle can disprove stays *no*: a signature that is not by the key that it names, another text than the log
//! names for a version that the bundle has, a version of a certificate that had ended. Whatever came after the bundle it
//! cannot tell from a forgery. No date that a document states tells them apart either: none says when it was signed, a
//! validity may begin before the issue, and a copy states the dates of what it copies.

use chrono::{DateTime, SecondsFormat, Utc};

use super::authentic::{Lacking, Presented};
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
}

impl Extent {
    /// Whether a document is one that these facts are too old to know. The version that they have is then not the one to
    /// judge, unless the document is a copy of it.
    pub(crate) fn is_too_old_for(self, presented: &Presented) -> bool {
        let is_newer = |lacking: &Lacking| *lacking != Lacking::KeyOfCopy;
        match (self, presented) {
            (Self::Bundle { .. }, Presented::Altered { newer, .. }) => newer.as_ref().is_some_and(is_newer),
            (Self::Whole | Self::Bundle { .. }, _) => false,
        }
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
        let lacking = match presented {
            Presented::Number => (!found.certificate).then_some(Lacking::Number),
            Presented::Altered { newer, .. } => *newer,
            Presented::Logged | Presented::Restated { .. } | Presented::Malformed { .. } => None,
        };
        // A number does not tell whose it is.
        let may_be_of_others = some_bodies && found.number && !found.certificate;
        let finding = match lacking {
            None | Some(Lacking::Number | Lacking::Body) if may_be_of_others => Finding::new(
                "body_not_in_bundle",
                "The trust bundle is of some bodies only: whether another one has such a number, it does not tell.",
            ),
            None => return None,
            Some(lacking) => {
                let made_at = made_at.to_rfc3339_opts(SecondsFormat::Secs, true);
                Finding::new("not_in_bundle", lacking.in_words(&made_at))
                    .with("made_at", &made_at)
                    .with("lacks", lacking.as_str())
            }
        };
        let code = finding.code;
        if lacking.is_some() {
            *authentic = Part::because(Outcome::Undetermined, finding.clone());
        }
        // A copy is of a certificate whose life is known.
        if lacking != Some(Lacking::KeyOfCopy) {
            *in_force = Part::because(Outcome::Undetermined, finding);
        }
        Some(code)
    }
}

impl Lacking {
    /// In a word, for programs.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Number | Self::Certificate => "certificate",
            Self::Version => "version",
            Self::Key | Self::KeyOfCopy => "key",
            Self::Body => "body",
        }
    }

    /// For people, of a bundle of this moment.
    fn in_words(self, made_at: &str) -> String {
        let (lacks, because) = match self {
            Self::Number => ("has no certificate of this number", "it may have been issued since, or be made up"),
            Self::Certificate => {
                ("has no such certificate", "it is signed by a key of its body, and may have been issued since")
            }
            Self::Version => (
                "has no such version of the certificate",
                "it is signed by a key of its body, and may have been issued since",
            ),
            Self::Key | Self::KeyOfCopy => {
                ("does not know the key that signed", "the key may be newer than the bundle, or the document a forgery")
            }
            Self::Body => (
                "does not know the body that it names",
                "the body may be newer than the bundle, or the document a forgery",
            ),
        };
        format!("The trust bundle of {made_at} {lacks}: {because}. Ask the registry, or get a newer bundle.")
    }
}
