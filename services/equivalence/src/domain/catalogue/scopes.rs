//! The requirements of one market, found by the code of goods.

use std::sync::Arc;

use crate::domain::requirement::Requirement;

const MAX_CHARS: usize = 16;

/// The beginning of a code, held in place. Codes are no longer than this; of anything longer the rest is left off, so
/// that a search finds too much rather than too little.
type Prefix = [u8; MAX_CHARS];

fn prefix(code: &[u8]) -> Prefix {
    let mut prefix = [0; MAX_CHARS];
    let length = code.len().min(MAX_CHARS);
    prefix[..length].copy_from_slice(&code[..length]);
    prefix
}

/// The requirements of one market.
#[derive(Clone, Debug, Default)]
pub struct RequirementsByCode {
    all: Vec<Arc<Requirement>>,
    editions: Vec<EditionScopes>,
}

/// The requirements that speak in one edition of a code system, as indices into all.
#[derive(Clone, Debug)]
pub struct EditionScopes {
    /// The edition.
    pub edition: Arc<str>,
    /// All of them, in the order of names.
    pub all: Vec<u32>,
    /// By the codes that they name, sorted.
    scopes: Vec<(Prefix, u32)>,
    /// A bit for each length of a code that is named.
    lengths: u32,
}

impl RequirementsByCode {
    /// `all` is in the order of names.
    pub(super) fn new(all: Vec<Arc<Requirement>>) -> Self {
        let mut editions: Vec<EditionScopes> = Vec::new();
        for (index, requirement) in (0_u32..).zip(&all) {
            // All codes of a requirement are of one edition; one without any covers everything, in whatever edition.
            let edition = requirement.codes.first().map_or_else(|| Arc::from(""), |scope| scope.code.edition.clone());
            let at = editions.iter().position(|it| it.edition == edition).unwrap_or_else(|| {
                editions.push(EditionScopes { edition, all: Vec::new(), scopes: Vec::new(), lengths: 0 });
                editions.len() - 1
            });
            let of = &mut editions[at];
            of.all.push(index);
            for scope in &requirement.codes {
                of.scopes.push((prefix(scope.code.code.as_bytes()), index));
                of.lengths |= 1 << scope.code.code.len().min(MAX_CHARS);
            }
        }
        for of in &mut editions {
            of.scopes.sort_unstable();
            of.scopes.dedup();
        }
        Self { all, editions }
    }

    /// All of them, in the order of names.
    pub fn all(&self) -> &[Arc<Requirement>] {
        &self.all
    }

    /// By the edition that they speak in.
    pub fn editions(&self) -> &[EditionScopes] {
        &self.editions
    }
}

impl EditionScopes {
    /// Whether every requirement here covers everything.
    pub fn is_universal(&self) -> bool {
        self.edition.is_empty()
    }

    /// Adds the requirements of which a scope contains the code or lies within it. Some may be added twice.
    pub fn find(&self, code: &str, found: &mut Vec<u32>) {
        let code = code.as_bytes();
        for length in 0..code.len().min(MAX_CHARS) {
            if self.lengths & (1 << length) != 0 {
                let wanted = prefix(&code[..length]);
                let from = self.scopes.partition_point(|(it, _)| *it < wanted);
                found.extend(self.scopes[from..].iter().take_while(|(it, _)| *it == wanted).map(|(_, index)| index));
            }
        }
        let from = self.scopes.partition_point(|(it, _)| *it < prefix(code));
        let code = &code[..code.len().min(MAX_CHARS)];
        found.extend(self.scopes[from..].iter().take_while(|(it, _)| it.starts_with(code)).map(|(_, index)| index));
    }
}
