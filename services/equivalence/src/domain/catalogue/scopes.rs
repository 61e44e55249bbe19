//! Codes and parts of code systems as numbers.

use smallvec::SmallVec;

use super::numbers::{NONE, Numbers};
use crate::domain::code::{CodeScope, MAX_CODE_CHARS, Within};

/// A code of at most 16 characters, held in place: of anything longer, which entries and questions may not name, the
/// rest is left off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::domain) struct Code {
    /// The characters, the first in the highest byte, and zeros.
    chars: u128,
    /// All ones where there is a character.
    mask: u128,
}

impl Code {
    pub(in crate::domain) fn new(text: &str) -> Self {
        let length = text.len().min(MAX_CODE_CHARS);
        let mut chars = [0; 16];
        chars[..length].copy_from_slice(&text.as_bytes()[..length]);
        Self { chars: u128::from_be_bytes(chars), mask: Self::mask(length) }
    }

    fn mask(length: usize) -> u128 {
        if length == 0 { 0 } else { u128::MAX << ((MAX_CODE_CHARS - length) * 8) }
    }

    pub(in crate::domain) fn begins_with(self, prefix: Self) -> bool {
        self.chars & prefix.mask == prefix.chars
    }

    fn length(self) -> usize {
        self.mask.count_ones() as usize / 8
    }

    fn first(self, length: usize) -> Self {
        let mask = Self::mask(length);
        Self { chars: self.chars & mask, mask }
    }
}

/// What a list of scopes tells at a glance: that some goods lie outside all of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glance {
    /// The edition; [`NONE`] for everything.
    edition: u32,
    /// With what all their codes begin, as far as that fits; zeros behind it.
    common: [u8; 8],
}

impl Glance {
    /// Whether a code of an edition lies outside for certain.
    pub(super) fn excludes(self, edition: u32, code: Code) -> bool {
        let common = u64::from_be_bytes(self.common);
        let mask = if common == 0 { 0 } else { u64::MAX << (common.trailing_zeros() / 8 * 8) };
        let (chars, code_mask) = (half(code.chars), half(code.mask));
        // What covers everything has no edition, as a code of an unknown one has none; but nothing in common either.
        self.edition == edition && (chars ^ common) & mask & code_mask != 0
    }
}

/// The first eight characters of sixteen.
fn half(chars: u128) -> u64 {
    (chars >> 64) as u64
}

/// A part of a code system.
#[derive(Clone, Debug)]
struct Scope {
    prefix: Code,
    except: Box<[Code]>,
    /// Whether only a part of the code is meant.
    part: bool,
}

impl Scope {
    /// As [`CodeScope::contains`].
    fn contains(&self, code: Code) -> Within {
        if !code.begins_with(self.prefix) {
            return if self.prefix.begins_with(code) { Within::Ambiguous } else { Within::No };
        }
        if self.except.iter().any(|except| code.begins_with(*except)) {
            return Within::No;
        }
        if self.except.iter().any(|except| except.begins_with(code)) {
            return Within::Ambiguous;
        }
        if self.part { Within::Partly } else { Within::Yes }
    }
}

/// Parts of one edition of a code system; none means everything.
#[derive(Clone, Debug)]
pub(in crate::domain) struct Scopes {
    /// The edition; [`NONE`] for everything.
    pub(in crate::domain) edition: u32,
    all: SmallVec<[Scope; 1]>,
}

impl Scopes {
    pub(super) fn new(numbers: &mut Numbers, scopes: &[CodeScope]) -> Self {
        // All codes of a list are of one edition.
        let edition = scopes.first().map_or(NONE, |first| numbers.edition(&first.code.edition));
        let all = scopes.iter().map(|scope| Scope {
            prefix: Code::new(&scope.code.code),
            except: scope.except.iter().map(|except| Code::new(except)).collect(),
            part: !scope.ex_description.is_empty(),
        });
        Self { edition, all: all.collect() }
    }

    pub(super) fn at_a_glance(&self) -> Glance {
        let mut prefixes = self.prefixes().map(|prefix| half(prefix.chars));
        let first = prefixes.next().unwrap_or_default();
        let common = prefixes.fold(first, |common, prefix| {
            // Characters that stand before the first difference.
            let same = (common ^ prefix).leading_zeros() / 8 * 8;
            if same == 0 { 0 } else { common & (u64::MAX << (64 - same)) }
        });
        Glance { edition: self.edition, common: common.to_be_bytes() }
    }

    pub(in crate::domain) fn is_everything(&self) -> bool {
        self.all.is_empty()
    }

    /// As [`CodeScope::any_contains`].
    pub(in crate::domain) fn contain(&self, code: Code) -> Within {
        let mut best = Within::No;
        for scope in &self.all {
            match scope.contains(code) {
                Within::Yes => return Within::Yes,
                Within::Partly => best = Within::Partly,
                Within::Ambiguous if best == Within::No => best = Within::Ambiguous,
                Within::Ambiguous | Within::No => {}
            }
        }
        best
    }

    fn prefixes(&self) -> impl Iterator<Item = Code> + '_ {
        self.all.iter().map(|scope| scope.prefix)
    }
}

/// The requirements of one market that speak in one edition of a code system, as places in the list of all.
#[derive(Clone, Debug)]
pub(in crate::domain) struct EditionScopes {
    /// The edition; [`NONE`] for those that cover everything, in whatever edition.
    pub(in crate::domain) edition: u32,
    /// All of them, in the order of names.
    pub(in crate::domain) all: Vec<u32>,
    /// By the codes that they name, sorted.
    scopes: Vec<(u128, u32)>,
    /// A bit for each length of a code that is named.
    lengths: u32,
}

impl EditionScopes {
    /// Of the scopes of requirements in the order of names.
    pub(super) fn by_edition<'s>(requirements: impl Iterator<Item = &'s Scopes>) -> Vec<Self> {
        let mut editions: Vec<Self> = Vec::new();
        for (index, codes) in (0_u32..).zip(requirements) {
            let edition = codes.edition;
            let at = editions.iter().position(|it| it.edition == edition).unwrap_or_else(|| {
                editions.push(Self { edition, all: Vec::new(), scopes: Vec::new(), lengths: 0 });
                editions.len() - 1
            });
            let of = &mut editions[at];
            of.all.push(index);
            for prefix in codes.prefixes() {
                of.scopes.push((prefix.chars, index));
                of.lengths |= 1 << prefix.length();
            }
        }
        for of in &mut editions {
            of.scopes.sort_unstable();
            of.scopes.dedup();
        }
        editions
    }

    /// Adds the requirements of which a scope contains the code or lies within it. Some may be added twice.
    pub(in crate::domain) fn find(&self, code: Code, found: &mut SmallVec<[u32; 8]>) {
        for length in 0..code.length() {
            if self.lengths & (1 << length) != 0 {
                let wanted = code.first(length).chars;
                let from = self.scopes.partition_point(|(it, _)| *it < wanted);
                found.extend(self.scopes[from..].iter().take_while(|(it, _)| *it == wanted).map(|(_, index)| *index));
            }
        }
        // Characters are no zeros, so that what begins with the code follows it.
        let from = self.scopes.partition_point(|(it, _)| *it < code.chars);
        let within = self.scopes[from..].iter().take_while(|(it, _)| it & code.mask == code.chars);
        found.extend(within.map(|(_, index)| *index));
    }
}

#[cfg(test)]
mod tests;
