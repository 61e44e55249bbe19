//! Collects every field fault of a request before answering.
//!
//! A handler parses the wire message field by field; each fault is noted under the field's full path, and only at the
//! end does the request fail, with all of them.
//!
//! ```
//! use greenlane_platform::violations::Violations;
//!
//! fn parse(name: &str, products: &[&str]) -> Result<(String, Vec<u64>), greenlane_platform::fault::Fault> {
//!     let mut v = Violations::new();
//!     let name = v.text("certificate.name", name, 1..=200);
//!     let mut parsed = Vec::new();
//!     for (index, gtin) in products.iter().enumerate() {
//!         let mut v = v.scope(format!("certificate.products[{index}]"));
//!         parsed.push(v.parse("gtin", gtin.parse::<u64>()));
//!     }
//!     let parsed: Option<Vec<_>> = parsed.into_iter().collect();
//!     v.finish_with(|| Some((name?, parsed?)))
//! }
//! let fault = parse("", &["1", "x"]).unwrap_err();
//! assert_eq!(fault.violations()[0].field, "certificate.name");
//! assert_eq!(fault.violations()[1].field, "certificate.products[1].gtin");
//! ```

mod hidden;
mod page;
mod shapes;

use std::fmt::Display;
use std::ops::{Deref, DerefMut};

pub use page::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, PageBinding};
pub use shapes::{EconomyCode, RequestId};

use crate::fault::{Fault, FieldViolation};

/// The field faults found so far, and the path prefix that is being parsed.
#[derive(Debug, Default)]
pub struct Violations {
    found: Vec<FieldViolation>,
    prefix: String,
    page_token_refused: bool,
}

impl Violations {
    /// None found yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// How many were found.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// What was found.
    pub fn found(&self) -> &[FieldViolation] {
        &self.found
    }

    /// The full path of `field` under the current prefix. An empty `field` is the prefix itself.
    pub fn path(&self, field: &str) -> String {
        match (self.prefix.as_str(), field) {
            ("", field) => field.to_owned(),
            (prefix, "") => prefix.to_owned(),
            (prefix, field) if field.starts_with('[') => format!("{prefix}{field}"),
            (prefix, field) => format!("{prefix}.{field}"),
        }
    }

    /// Notes that `field` is wrong.
    pub fn add(&mut self, field: &str, description: impl Display) {
        let field = self.path(field);
        self.found.push(FieldViolation::new(field, description.to_string()));
    }

    /// Notes `description` against `field` unless `holds`. Gives `holds` back.
    pub fn check(&mut self, field: &str, holds: bool, description: impl Display) -> bool {
        if !holds {
            self.add(field, description);
        }
        holds
    }

    /// The value, or a note of the error against `field`.
    pub fn parse<T, E: Display>(&mut self, field: &str, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(field, error);
                None
            }
        }
    }

    /// The value, or a note that `field` is required.
    pub fn required<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.add(field, "is required");
        }
        value
    }

    /// Everything noted through the returned guard lies under `prefix` (relative to this one's).
    pub fn scope(&mut self, prefix: impl AsRef<str>) -> Scope<'_> {
        let (outer_len, prefix) = (self.prefix.len(), prefix.as_ref());
        // As `path`, in place: most requests enter many scopes and note nothing.
        if outer_len > 0 && !prefix.is_empty() && !prefix.starts_with('[') {
            self.prefix.push('.');
        }
        self.prefix.push_str(prefix);
        Scope { violations: self, outer_len }
    }

    /// Fails with everything that was found.
    pub fn finish(self) -> Result<(), Fault> {
        if self.found.is_empty() { Ok(()) } else { Err(self.into_fault()) }
    }

    /// Fails with everything that was found, or else gives the value. `value` gives none only when something that it
    /// is made of was noted as wrong.
    pub fn finish_with<T>(self, value: impl FnOnce() -> Option<T>) -> Result<T, Fault> {
        if !self.found.is_empty() {
            return Err(self.into_fault());
        }
        value().ok_or_else(|| Fault::internal("a field was refused without a violation being noted"))
    }

    /// The fault that names everything that was found.
    pub fn into_fault(self) -> Fault {
        if self.found.is_empty() {
            return Fault::internal("asked for a fault without a violation");
        }
        if self.page_token_refused && self.found.len() == 1 {
            return Fault::page_token_invalid();
        }
        Fault::field_violations(self.found)
    }
}

/// A [`Violations`] under a longer prefix, until it is dropped.
#[derive(Debug)]
pub struct Scope<'a> {
    violations: &'a mut Violations,
    outer_len: usize,
}

impl Deref for Scope<'_> {
    type Target = Violations;

    fn deref(&self) -> &Violations {
        self.violations
    }
}

impl DerefMut for Scope<'_> {
    fn deref_mut(&mut self) -> &mut Violations {
        self.violations
    }
}

impl Drop for Scope<'_> {
    fn drop(&mut self) {
        self.violations.prefix.truncate(self.outer_len);
    }
}

#[cfg(test)]
mod tests;
