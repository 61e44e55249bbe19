//! What people type for a code, and what it is.

use std::fmt;

pub(crate) use greenlane_platform::table::unwrapped;

/// Longest code that any system has here.
const MAX_CODE: usize = 16;
/// Digits before a point from which on `.0` is what a program writes behind a number: no code has its first point there.
const NUMBER: usize = 5;
/// Longest edition identifier.
const MAX_EDITION: usize = 32;

/// A code without its separators. Leading zeros are part of it: it is text, never a number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CodeText(String);

/// Why a text is no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CodeError {
    /// Nothing was given.
    #[error("is required")]
    Empty,
    /// Something is in it that no code has.
    #[error("must have only digits or capital letters, with `.`, `-` or blanks between them at most")]
    Character,
    /// More characters than any code.
    #[error("must have at most {MAX_CODE} digits")]
    TooLong,
    /// A program took it for a number, and may have taken leading zeros from it.
    #[error("must be text, and no number with `.0` behind it")]
    Number,
}

impl CodeText {
    /// Reads a code, folding the separators that are in use (`8541.43`, `8541 43`, `8541-43`) and the full-width forms of
    /// what is typed in Chinese (`８５４１．４３`). A separator stands between two characters of the code, never at an end and
    /// never doubled.
    pub(crate) fn parse(raw: &str) -> Result<Self, CodeError> {
        if raw.is_empty() {
            return Err(CodeError::Empty);
        }
        let mut code = String::with_capacity(raw.len().min(MAX_CODE));
        let mut after_separator = true;
        for letter in raw.chars().map(half_width) {
            match letter {
                '0'..='9' | 'A'..='Z' => {
                    if code.len() == MAX_CODE {
                        return Err(CodeError::TooLong);
                    }
                    code.push(letter);
                    after_separator = false;
                }
                '.' | '-' | ' ' if !after_separator => after_separator = true,
                _ => return Err(CodeError::Character),
            }
        }
        if after_separator {
            return Err(CodeError::Character);
        }
        // `70200.0` would be read as 702000, glass, and was 070200, tomatoes.
        let whole = raw.strip_suffix(".0").filter(|whole| whole.len() >= NUMBER);
        if whole.is_some_and(|whole| whole.bytes().all(|byte| byte.is_ascii_digit())) {
            return Err(CodeError::Number);
        }
        Ok(Self(code))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CodeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The form of a letter or mark of ASCII that is as wide as a Chinese one, as it is without.
pub(crate) fn half_width(letter: char) -> char {
    match letter {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(letter) - u32::from('\u{ff01}') + u32::from('!')).unwrap_or(letter)
        }
        _ => letter,
    }
}

/// An edition's identifier: `HS2022`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct EditionId(String);

impl EditionId {
    /// Reads an identifier: capital letters, digits, `-` and `.`, 1 to 32 characters.
    pub(crate) fn parse(raw: &str) -> Result<Self, &'static str> {
        let good = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
        if raw.is_empty() {
            Err("is required")
        } else if raw.len() <= MAX_EDITION && raw.bytes().all(good) {
            Ok(Self(raw.to_owned()))
        } else {
            Err("must be an edition such as HS2022: capital letters, digits, `-` and `.`, at most 32 characters")
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EditionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A code of the Harmonized System, or of a system below it, as it is printed: `8541.43`.
pub(crate) fn display(code: &str) -> String {
    let digits = code.len();
    if digits <= 4 || !code.is_ascii() {
        return code.to_owned();
    }
    let mut printed = code[..4].to_owned();
    for pair in code.as_bytes()[4..].chunks(2) {
        printed.push('.');
        printed.extend(pair.iter().map(|b| char::from(*b)));
    }
    printed
}

#[cfg(test)]
mod tests;
