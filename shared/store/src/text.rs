//! What text may be stored: the stricter of what the two engines take.
//!
//! PostgreSQL refuses a NUL in text and more characters than a `varchar(n)` has; SQLite takes both, and a value that
//! one engine takes and the other refuses must not get that far. Domain constructors call [`check`].

/// Why a text cannot be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// It holds the character U+0000.
    #[error("must not contain the NUL character")]
    Nul,
    /// It has more characters than allowed.
    #[error("has {characters} characters, at most {max} are allowed")]
    TooLong {
        /// Characters (Unicode scalar values) found.
        characters: usize,
        /// Characters allowed.
        max: usize,
    },
}

/// Refuses a text that has a NUL or more than `max` characters (Unicode scalar values, as PostgreSQL counts).
pub fn check(text: &str, max: usize) -> Result<(), TextError> {
    if text.contains('\0') {
        return Err(TextError::Nul);
    }
    // Bytes bound characters from above: short texts need no count.
    if text.len() > max {
        let characters = text.chars().count();
        if characters > max {
            return Err(TextError::TooLong { characters, max });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
