//! Codes and parts of code systems as numbers.

use smallvec::SmallVec;

use super::numbers::{NONE, Numbers, number};
use super::table::Table;
use crate::domain::code::{CodeScope, MAX_CODE_CHARS, Within};

/// A code of at most 16 characters, held in place: of anything longer, which entries and questions may not name, the
/// rest is left off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::domain) struct Code {
    /// The characters, the first in the highest byte, and zeros.
    chars: u128,
}

impl Code {
    pub(in crate::domain) fn new(text: &str) -> Self {
        let length = text.len().min(MAX_CODE_CHARS);
        let mut chars = [0; 16];
        chars[..length].copy_from_slice(&text.as_bytes()[..length]);
        Self { chars: u128::from_be_bytes(chars) }
    }

    /// All ones where there is a character.
    fn mask(self) -> u128 {
        u128::MAX.checked_shl(self.chars.trailing_zeros() / 8 * 8).unwrap_or(0)
    }

    pub(in crate::domain) fn begins_with(self, prefix: Self) -> bool {
        self.chars & prefix.mask() == prefix.chars
    }

    fn length(self) -> usize {
        MAX_CODE_CHARS - self.chars.trailing_zeros() as usize / 8
    }

    /// The first eight characters, and zeros.
    fn head(self) -> u64 {
        (self.chars >> 64) as u64
    }
}

/// All ones where the first characters of eight are.
fn head_mask(length: usize) -> u64 {
    if length == 0 { 0 } else { u64::MAX << (64 - 8 * length.min(HEAD_CHARS)) }
}

const HEAD_CHARS: usize = 8;

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
        // What covers everything has no edition, as a code of an unknown one has none; but nothing in common either.
        self.edition == edition && (code.head() ^ common) & mask & head_mask(code.length()) != 0
    }
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
        let whole = within(self.prefix, code);
        if whole != Within::Yes {
            return whole;
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

/// How a code lies to all that begin with another.
fn within(prefix: Code, code: Code) -> Within {
    if code.begins_with(prefix) {
        Within::Yes
    } else if prefix.begins_with(code) {
        Within::Ambiguous
    } else {
        Within::No
    }
}

/// Parts of one edition of a code system; none means everything.
#[derive(Clone, Debug)]
pub(in crate::domain) struct Scopes {
    /// The one code that is meant, in most lists.
    one: Code,
    /// The edition; [`NONE`] for everything.
    pub(in crate::domain) edition: u32,
    /// All parts of a list that is more than one code.
    several: Option<Box<Several>>,
}

#[derive(Clone, Debug)]
struct Several(Vec<Scope>);

impl Scopes {
    pub(super) fn new(numbers: &mut Numbers, scopes: &[CodeScope]) -> Self {
        // All codes of a list are of one edition.
        let Some(first) = scopes.first() else { return Self::of(NONE, Vec::new()) };
        let all = scopes.iter().map(|scope| Scope {
            prefix: Code::new(&scope.code.code),
            except: scope.except.iter().map(|except| Code::new(except)).collect(),
            part: !scope.ex_description.is_empty(),
        });
        Self::of(numbers.edition(&first.code.edition), all.collect())
    }

    fn of(edition: u32, all: Vec<Scope>) -> Self {
        match all.as_slice() {
            [] => Self { one: Code::default(), edition: NONE, several: None },
            [only] if only.except.is_empty() && !only.part => Self { one: only.prefix, edition, several: None },
            _ => Self { one: Code::default(), edition, several: Some(Box::new(Several(all))) },
        }
    }

    pub(super) fn at_a_glance(&self) -> Glance {
        let mut prefixes = self.prefixes().map(Code::head);
        let first = prefixes.next().unwrap_or_default();
        let common = prefixes.fold(first, |common, prefix| {
            // Characters that stand before the first difference.
            let same = (common ^ prefix).leading_zeros() / 8;
            common & head_mask(same as usize)
        });
        Glance { edition: self.edition, common: common.to_be_bytes() }
    }

    pub(in crate::domain) fn is_everything(&self) -> bool {
        self.edition == NONE
    }

    /// As [`CodeScope::any_contains`].
    pub(in crate::domain) fn contain(&self, code: Code) -> Within {
        let Some(Several(all)) = self.several.as_deref() else {
            return if self.is_everything() { Within::No } else { within(self.one, code) };
        };
        let mut best = Within::No;
        for scope in all {
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
        let one = (self.several.is_none() && !self.is_everything()).then_some(self.one);
        let several = self.several.as_ref().map_or(&[][..], |it| &it.0);
        one.into_iter().chain(several.iter().map(|scope| scope.prefix))
    }
}

/// The requirements of one market that speak in one edition of a code system, as places in the list of all.
#[derive(Clone, Debug)]
pub(in crate::domain) struct EditionScopes {
    /// The edition; [`NONE`] for those that cover everything, in whatever edition.
    pub(in crate::domain) edition: u32,
    /// A bit for the length of each code that is named, and one for all that are longer than eight characters.
    lengths: u16,
    /// Who names a code, by its beginning: the first of them, and where the others stand among all.
    named: Table<u64, Named>,
    /// The beginnings of the codes that they name, sorted.
    heads: Vec<u64>,
    /// Who names them.
    named_by: Vec<u32>,
    /// All of them, in the order of names.
    pub(in crate::domain) all: Vec<u32>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Named {
    first: u32,
    others: u32,
    until: u32,
}

impl EditionScopes {
    /// Of the scopes of requirements in the order of names.
    pub(super) fn by_edition<'s>(requirements: impl Iterator<Item = &'s Scopes>) -> Vec<Self> {
        let mut editions: Vec<(Self, Vec<(u64, u32)>)> = Vec::new();
        for (index, codes) in (0_u32..).zip(requirements) {
            let at = editions.iter().position(|(it, _)| it.edition == codes.edition).unwrap_or_else(|| {
                editions.push((Self::empty(codes.edition), Vec::new()));
                editions.len() - 1
            });
            let (of, named) = &mut editions[at];
            of.all.push(index);
            for prefix in codes.prefixes() {
                named.push((prefix.head(), index));
                of.lengths |= 1 << prefix.length().min(HEAD_CHARS + 1);
            }
        }
        editions.into_iter().map(|(of, named)| of.with(named)).collect()
    }

    fn empty(edition: u32) -> Self {
        let (heads, named_by, all) = (Vec::new(), Vec::new(), Vec::new());
        Self { edition, lengths: 0, named: Table::default(), heads, named_by, all }
    }

    fn with(mut self, mut named: Vec<(u64, u32)>) -> Self {
        named.sort_unstable();
        named.dedup();
        let mut from = 0;
        let runs = named.chunk_by(|(one, _), (other, _)| one == other).map(|run| {
            let until = from + number(run.len());
            let named = Named { first: run[0].1, others: from + 1, until };
            from = until;
            (run[0].0, named)
        });
        // Whatever begins with nothing is no key.
        let runs: Vec<_> = runs.filter(|(head, _)| *head != 0).collect();
        self.named = Table::new(&runs);
        (self.heads, self.named_by) = named.into_iter().unzip();
        self
    }

    /// Adds the requirements of which a scope contains the code or lies within it, as far as the first eight characters
    /// tell. Some may be added twice.
    pub(in crate::domain) fn find(&self, code: Code, found: &mut SmallVec<[u32; 8]>) {
        let (head, length) = (code.head(), code.length().min(HEAD_CHARS));
        for shorter in 0..length {
            if self.lengths & (1 << shorter) != 0 {
                self.find_named(head & head_mask(shorter), found);
            }
        }
        if self.lengths >> length == 1 {
            self.find_named(head, found);
        } else if self.lengths >> length != 0 {
            // What begins with the code, and of a long one what begins as it does.
            self.find_within(head, head_mask(length), found);
        }
    }

    /// Adds those that name what begins so and is no longer.
    fn find_named(&self, head: u64, found: &mut SmallVec<[u32; 8]>) {
        if head == 0 {
            return self.find_within(head, u64::MAX, found);
        }
        if let Some(named) = self.named.get(head) {
            found.push(named.first);
            if named.others < named.until {
                found.extend_from_slice(&self.named_by[named.others as usize..named.until as usize]);
            }
        }
    }

    /// Adds those of which a code begins with these characters, as far as the mask has them.
    fn find_within(&self, head: u64, mask: u64, found: &mut SmallVec<[u32; 8]>) {
        // Characters are no zeros, so that what begins with a code follows it.
        let from = self.heads.partition_point(|it| *it < head);
        let within = self.heads[from..].iter().take_while(|it| *it & mask == head);
        found.extend(self.named_by[from..].iter().zip(within).map(|(named_by, _)| *named_by));
    }
}

#[cfg(test)]
mod tests;
