//! The code of an economy or bloc. It is held in place, not behind a pointer: recognition compares more of these than of
//! anything else.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{KeyError, shortened};

const MAX_CHARS: usize = 16;

/// An economy or bloc: ISO 3166-1 alpha-2, or a bloc's published code.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EconomyCode([u8; MAX_CHARS]);

impl EconomyCode {
    /// The collection of its resource names.
    pub const COLLECTION: &'static str = "economies";

    /// Reads a resource name or a bare code: `AB`, or an upper-case bloc code of up to 16 characters.
    ///
    /// # Errors
    /// When the text is neither.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let bare = text.strip_prefix("economies/").unwrap_or(text);
        let fits = (2..=MAX_CHARS).contains(&bare.len())
            && bare.starts_with(|c: char| c.is_ascii_uppercase())
            && bare.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'-');
        if !fits {
            let expected = "the code of an economy or bloc (two upper-case letters, or a bloc's code)";
            return Err(KeyError { text: shortened(text), expected });
        }
        let mut code = [0; MAX_CHARS];
        code[..bare.len()].copy_from_slice(bare.as_bytes());
        Ok(Self(code))
    }

    /// The bare code.
    pub fn as_str(&self) -> &str {
        // Never empty: only ASCII letters, digits and hyphens were let in.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The bytes of the bare code.
    pub fn as_bytes(&self) -> &[u8] {
        // Zeros stand behind the code only.
        let zeros = u128::from_be_bytes(self.0).trailing_zeros() as usize / 8;
        &self.0[..MAX_CHARS - zeros]
    }

    /// As a number that no other code has; never zero.
    pub(in crate::domain) fn as_number(&self) -> u128 {
        u128::from_ne_bytes(self.0)
    }

    /// The resource name.
    pub fn name(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for EconomyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "economies/{}", self.as_str())
    }
}

impl fmt::Debug for EconomyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// As a value an economy is its bare code.
impl Serialize for EconomyCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EconomyCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
