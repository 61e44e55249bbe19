//! From what was asked for to where it is, or to what is near it.

use super::catalogue::{Catalogue, Position};
use super::code::{CodeText, EditionId};

/// A code with its edition, well-formed and not looked up yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CodeRef {
    pub(crate) edition: EditionId,
    pub(crate) code: CodeText,
}

/// Why a code or an edition is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unresolved {
    /// The edition is not known.
    #[error("the edition {edition} is not known")]
    UnknownEdition {
        /// What was asked for.
        edition: String,
        /// The known ones.
        known: Vec<String>,
    },
    /// No code of this edition has so many characters.
    #[error(
        "codes of {edition} have {lengths} digits, this has {length}; leading zeros are part of a code{}",
        near(*.lost_zero, .nearest, .editions)
    )]
    WrongLength {
        /// The edition.
        edition: String,
        /// The lengths that there are, in words.
        lengths: String,
        /// The length it has.
        length: usize,
        /// Whether it is a code with a leading zero before it.
        lost_zero: bool,
        /// The codes above it that exist, nearest first and as they are written; where it has lost its leading zero, the code
        /// with it alone.
        nearest: Vec<String>,
        /// The editions in which these digits are a code.
        editions: Vec<String>,
    },
    /// The edition does not have the code.
    #[error("{edition} has no code {code}")]
    UnknownCode {
        /// The edition.
        edition: String,
        /// What was asked for.
        code: String,
        /// The codes above it that exist, nearest first and as they are written.
        nearest: Vec<String>,
        /// The editions in which these digits are a code.
        editions: Vec<String>,
    },
}

/// What is near a code that is none, as the end of a sentence.
fn near(lost_zero: bool, nearest: &[String], editions: &[String]) -> String {
    let mut text = String::new();
    if let (true, [whole]) = (lost_zero, nearest) {
        return format!("; with its leading zero it is {whole}");
    }
    if let Some(nearest) = nearest.first() {
        text.push_str(&format!("; the nearest code above it is {nearest}"));
    }
    if !editions.is_empty() {
        text.push_str(&format!("; it is a code of {}", editions.join(", ")));
    }
    text
}

/// Index of an edition.
pub(crate) fn resolve_edition(catalogue: &Catalogue, id: &EditionId) -> Result<usize, Unresolved> {
    catalogue.edition(id.as_str()).ok_or_else(|| Unresolved::UnknownEdition {
        edition: id.to_string(),
        known: catalogue.edition_ids().map(str::to_owned).collect(),
    })
}

/// Where a code is.
pub(crate) fn resolve(catalogue: &Catalogue, asked: &CodeRef) -> Result<Position, Unresolved> {
    let edition = resolve_edition(catalogue, &asked.edition)?;
    let code = asked.code.as_str();
    if let Some(at) = catalogue.find(edition, code) {
        return Ok(at);
    }
    let (lost_zero, nearest) = near_code(catalogue, edition, code);
    let nearest: Vec<String> = nearest.into_iter().map(|at| catalogue.code(at).fact.written()).collect();
    let editions: Vec<String> = catalogue.editions_with(code).into_iter().map(str::to_owned).collect();
    if !has_length(catalogue, edition, code) {
        let lengths: Vec<_> = catalogue.editions[edition].code_lengths.iter().map(u32::to_string).collect();
        return Err(Unresolved::WrongLength {
            edition: asked.edition.to_string(),
            lengths: lengths.join(", "),
            length: code.len(),
            lost_zero,
            nearest,
            editions,
        });
    }
    Err(Unresolved::UnknownCode { edition: asked.edition.to_string(), code: code.to_owned(), nearest, editions })
}

/// What is near a code that an edition does not have: the codes above it, nearest first. Where it has lost its leading zero,
/// as the first says, the code with it alone: without it, it begins like codes that it has nothing to do with.
pub(crate) fn near_code(catalogue: &Catalogue, edition: usize, code: &str) -> (bool, Vec<Position>) {
    let whole = || catalogue.find(edition, &format!("0{code}"));
    match whole().filter(|_| !has_length(catalogue, edition, code)) {
        Some(whole) => (true, vec![whole]),
        None => (false, catalogue.nearest(edition, code)),
    }
}

/// Whether codes of an edition may be as long as this one.
fn has_length(catalogue: &Catalogue, edition: usize, code: &str) -> bool {
    catalogue.editions[edition].code_lengths.iter().any(|length| *length as usize == code.len())
}
