//! Commodity codes and the parts of a code system that an entry speaks of.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// No code is longer.
pub const MAX_CODE_CHARS: usize = 16;

/// A code with its edition.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeReference {
    /// The edition, `HS2022`.
    #[serde(default)]
    pub edition: Arc<str>,
    /// The digits.
    #[serde(default)]
    pub code: Arc<str>,
}

impl CodeReference {
    /// A code in an edition.
    ///
    /// # Errors
    /// Every fault, with its field.
    pub fn new(edition: &str, code: &str) -> Result<Self, Vec<(&'static str, String)>> {
        let reference = Self { edition: edition.into(), code: code.into() };
        let faults = reference.faults();
        if faults.is_empty() { Ok(reference) } else { Err(faults) }
    }

    /// What is wrong with it, by field.
    pub fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        let edition_fits = (1..=32).contains(&self.edition.len())
            && self.edition.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-' || c == '.');
        if !edition_fits {
            faults.push(("edition", "must be 1 to 32 upper-case letters, digits, `-` and `.` (`HS2022`)".to_owned()));
        }
        let harmonized = is_harmonized(&self.edition);
        let digits = self.code.chars().all(|c| c.is_ascii_digit());
        let length = self.code.len();
        let code_fits = if harmonized {
            digits && matches!(length, 2 | 4 | 6)
        } else {
            (1..=MAX_CODE_CHARS).contains(&length) && self.code.chars().all(|c| c.is_ascii_alphanumeric())
        };
        if !code_fits {
            let expected =
                if harmonized { "2, 4 or 6 digits without separators" } else { "1 to 16 letters and digits" };
            faults.push(("code", format!("must be {expected}")));
        }
        faults
    }
}

/// Whether an edition is one of the Harmonized System itself, `HS2022`; national systems may begin with the same
/// letters (`HSK`).
pub(crate) fn is_harmonized(edition: &str) -> bool {
    edition.strip_prefix("HS").is_some_and(|year| year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()))
}

impl fmt::Display for CodeReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.edition, self.code)
    }
}

/// Every code that begins with one, but for the exceptions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeScope {
    /// The prefix, with its edition.
    pub code: CodeReference,
    /// Prefixes within it that are not meant.
    #[serde(default)]
    pub except: Vec<Arc<str>>,
    /// The part of the code that is meant, when it is a part.
    #[serde(default)]
    pub ex_description: String,
}

/// How a code lies to a part of its code system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// All of it lies within.
    Yes,
    /// None of it.
    No,
    /// A part of it, which the code cannot tell: an *ex* entry.
    Partly,
    /// Some finer codes do and others do not.
    Ambiguous,
}

impl CodeScope {
    /// How `code`, of the same edition, lies to it.
    pub fn contains(&self, code: &str) -> Within {
        let prefix = &*self.code.code;
        if !code.starts_with(prefix) {
            return if prefix.starts_with(code) { Within::Ambiguous } else { Within::No };
        }
        if self.except.iter().any(|except| code.starts_with(&**except)) {
            return Within::No;
        }
        if self.except.iter().any(|except| except.starts_with(code)) {
            return Within::Ambiguous;
        }
        if self.ex_description.is_empty() { Within::Yes } else { Within::Partly }
    }

    /// How `code` lies to several scopes of its edition taken together.
    pub fn any_contains(scopes: &[Self], code: &str) -> Within {
        let mut best = Within::No;
        for scope in scopes {
            match scope.contains(code) {
                Within::Yes => return Within::Yes,
                Within::Partly => best = Within::Partly,
                Within::Ambiguous if best == Within::No => best = Within::Ambiguous,
                Within::Ambiguous | Within::No => {}
            }
        }
        best
    }
}

#[cfg(test)]
mod tests;
