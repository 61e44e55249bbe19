//! What recognition asks of classification.

use std::sync::Arc;

use super::code::CodeReference;

/// Why a code could not be translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TranslateError {
    /// Classification is out of reach, or what is known of it is too old.
    Unavailable,
    /// Classification does not know the code or the edition, the code went nowhere, or not all of where it went is known.
    Unknown,
}

/// Translates codes between editions of their code system. Pure: the same answer for the same question at one
/// revision of classification.
pub trait Translator {
    /// Every code of `edition` that the goods of `code` may have there; never empty. In its own edition that is the code
    /// itself, if there is such a code.
    ///
    /// # Errors
    /// When it cannot be said.
    fn translate(&self, code: &CodeReference, edition: &Arc<str>) -> Result<Arc<[Arc<str>]>, TranslateError>;

    /// The revision of classification that it answers at.
    fn revision(&self) -> u64;
}

/// Knows no translation at all, and takes every code for one that there is: for questions whose entries are all in the
/// code's own edition.
#[derive(Clone, Copy, Debug)]
pub struct NoTranslation;

impl Translator for NoTranslation {
    fn translate(&self, code: &CodeReference, edition: &Arc<str>) -> Result<Arc<[Arc<str>]>, TranslateError> {
        if *edition == code.edition { Ok([code.code.clone()].into()) } else { Err(TranslateError::Unavailable) }
    }

    fn revision(&self) -> u64 {
        0
    }
}
