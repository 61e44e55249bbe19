//! Certificate numbers that survive being read aloud, typed and faxed.
//!
//! A number is `GL`, two letters for the economy or registry, twelve random characters (of which numbers that are made one
//! after the other have three in common), and two check characters of ISO/IEC 7064 MOD 1271-36 over all that goes before.
//! The random part and the check characters use the 32 characters that Crockford's base32 keeps (no I, L, O, U); its first
//! is a digit from 2 to 9. On input, case, spaces, hyphens and the width that East Asian keyboards give characters do not
//! matter, and what is taken for another character is folded: O as 0, I and L as 1, and in the letters of the prefix the
//! other way round.
//!
//! MOD 1271-36 detects every single wrong character and every swap of two neighbours, and almost all other mistakes. The
//! folding does not weaken that: a mistake is either folded back to the same number or detected. The digit after the
//! prefix is what makes this true of a swap across that border.

mod near;

use std::fmt;
use std::str::FromStr;

use rand::Rng as _;

/// What every number begins with.
const MARK: &str = "GL";

/// Letters of the mark and the prefix.
const LETTERS: usize = 4;

/// Random characters.
const RANDOM: usize = 12;

/// Of these, how many all numbers of a run begin with.
const OF_RUN: usize = 3;

/// Characters of a whole number.
const LENGTH: usize = LETTERS + RANDOM + 2;

/// The characters of the random part and the check, without look-alikes.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The longest input that is looked at, in bytes: a number in characters of three bytes, with room for separators.
const MAX_INPUT: usize = 96;

const MODULUS: u32 = 1271;
const RADIX: u32 = 36;

/// Two letters after the mark: an ISO 3166-1 alpha-2 economy, or what a registry chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix([u8; 2]);

/// What numbers that are made one after the other have in common: the first of their random characters. An index then has
/// them beside one another, and writes few of its pages for many of them; by numbers that had nothing in common, it would
/// write one for each. Two numbers of a run differ in nine characters of 32, and two runs seldom are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run([u8; OF_RUN]);

/// A certificate number in its canonical form.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CertificateNumber(String);

/// Why a text is not a certificate number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not 18 characters, spaces and hyphens left aside.
    #[error("a certificate number has {LENGTH} characters beside spaces and hyphens")]
    Length,
    /// It does not begin with `GL` and two letters.
    #[error("a certificate number begins with {MARK} and two letters")]
    Prefix,
    /// A character that no number has at this place.
    #[error("character {position} cannot stand in a certificate number")]
    Character {
        /// Which one, counted from 1, spaces and hyphens left aside.
        position: usize,
    },
    /// The check characters do not fit: something was mistyped.
    #[error("the check characters do not fit: the number is mistyped")]
    Check,
}

impl Prefix {
    /// A prefix from two letters A to Z.
    pub fn new(letters: &str) -> Result<Self, NumberError> {
        match *letters.as_bytes() {
            [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => Ok(Self([a, b])),
            _ => Err(NumberError::Prefix),
        }
    }
}

impl Run {
    /// A new one at random.
    pub fn random() -> Self {
        let mut rng = rand::rng();
        let mut characters = [ALPHABET[rng.random_range(2..=9)]; OF_RUN];
        characters[1..].fill_with(|| ALPHABET[rng.random_range(0..ALPHABET.len())]);
        Self(characters)
    }
}

impl CertificateNumber {
    /// A new random number. It is unique with overwhelming probability; the database makes it certain.
    pub fn generate(prefix: Prefix) -> Self {
        Self::generate_in(prefix, Run::random())
    }

    /// As [`generate`](Self::generate), of a run.
    pub fn generate_in(prefix: Prefix, run: Run) -> Self {
        let mut rng = rand::rng();
        loop {
            let mut number = String::with_capacity(LENGTH);
            number.push_str(MARK);
            number.extend(prefix.0.iter().chain(&run.0).copied().map(char::from));
            while number.len() < LETTERS + RANDOM {
                number.push(char::from(ALPHABET[rng.random_range(0..ALPHABET.len())]));
            }
            let check = check_characters(number.as_bytes());
            // The check characters come from all 36; draw again unless they are free of look-alikes.
            if check.iter().all(|character| ALPHABET.contains(character)) {
                number.extend(check.map(char::from));
                return Self(number);
            }
        }
    }

    /// Reads a number as people write it.
    pub fn parse(input: &str) -> Result<Self, NumberError> {
        if input.len() > MAX_INPUT {
            return Err(NumberError::Length);
        }
        let separator = |c: &char| c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}');
        let characters: Vec<char> = input.chars().map(narrow).filter(|c| !separator(c)).collect();
        if characters.len() != LENGTH {
            return Err(NumberError::Length);
        }
        let mut folded = Vec::with_capacity(LENGTH);
        let mut either_i_or_l = Vec::new();
        for (index, character) in characters.into_iter().enumerate() {
            let invalid = NumberError::Character { position: index + 1 };
            let byte = u8::try_from(character).map_err(|_| invalid)?.to_ascii_uppercase();
            folded.push(match byte {
                b'0' if index < LETTERS => b'O',
                b'1' if index < LETTERS => {
                    either_i_or_l.push(index);
                    b'I'
                }
                b'A'..=b'Z' if index < LETTERS => byte,
                _ if index < LETTERS => return Err(NumberError::Prefix),
                b'O' => b'0',
                b'I' | b'L' => b'1',
                _ if ALPHABET.contains(&byte) => byte,
                _ => return Err(invalid),
            });
        }
        if !(b'2'..=b'9').contains(&folded[LETTERS]) {
            return Err(NumberError::Character { position: LETTERS + 1 });
        }
        Self::settle(folded, &either_i_or_l)
    }

    /// What stands for a number in a text: what follows `certificates/` in a name or an address, whose case does not
    /// matter, or else all of it.
    pub fn written_in(text: &str) -> &str {
        const COLLECTION: &str = "certificates/";
        match text.to_ascii_lowercase().rfind(COLLECTION) {
            Some(at) => text[at + COLLECTION.len()..].split(['?', '#', '/']).next().unwrap_or_default(),
            None => text,
        }
    }

    /// A 1 among the letters may stand for I or L: the check characters tell which.
    fn settle(mut number: Vec<u8>, either_i_or_l: &[usize]) -> Result<Self, NumberError> {
        let mut error = NumberError::Prefix;
        for choice in 0..1u32 << either_i_or_l.len() {
            for (bit, index) in either_i_or_l.iter().enumerate() {
                number[*index] = if choice >> bit & 1 == 0 { b'I' } else { b'L' };
            }
            if !number.starts_with(MARK.as_bytes()) {
                continue;
            }
            if remainder(&number) == 1 {
                return Ok(Self(number.into_iter().map(char::from).collect()));
            }
            error = NumberError::Check;
        }
        Err(error)
    }

    /// The canonical form, without separators: 18 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The letters after `GL`.
    pub fn prefix(&self) -> Prefix {
        let bytes = self.0.as_bytes();
        Prefix([bytes[2], bytes[3]])
    }

    /// In groups of four with hyphens, for people.
    pub fn grouped(&self) -> String {
        let mut text = String::with_capacity(LENGTH + LENGTH / 4);
        for (index, character) in self.0.chars().enumerate() {
            if index > 0 && index % 4 == 0 {
                text.push('-');
            }
            text.push(character);
        }
        text
    }
}

impl fmt::Display for CertificateNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CertificateNumber {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        Self::parse(text)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", char::from(self.0[0]), char::from(self.0[1]))
    }
}

/// A character of the full width as the one that it is in ASCII.
fn narrow(character: char) -> char {
    match character {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character),
        _ => character,
    }
}

/// The value of a character: 0 to 9, then A to Z.
fn value(character: u8) -> u32 {
    match character {
        b'0'..=b'9' => u32::from(character - b'0'),
        _ => u32::from(character - b'A') + 10,
    }
}

/// The number in base 36, modulo 1271; 1 for a valid number.
fn remainder(characters: &[u8]) -> u32 {
    characters.iter().fold(0, |sum, character| (sum * RADIX + value(*character)) % MODULUS)
}

/// The two characters that make the remainder 1.
fn check_characters(body: &[u8]) -> [u8; 2] {
    let shifted = remainder(body) * RADIX * RADIX % MODULUS;
    let check = (MODULUS + 1 - shifted) % MODULUS;
    [check / RADIX, check % RADIX].map(|digit| match digit {
        0..=9 => b'0' + digit as u8,
        _ => b'A' + (digit - 10) as u8,
    })
}

#[cfg(test)]
mod tests;
