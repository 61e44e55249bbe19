//! The identifiers of entries. A key is the last part of a resource name; texts are read with or without the rest.

mod economy;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use self::economy::EconomyCode;

/// Why a text is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct KeyError {
    text: String,
    expected: &'static str,
}

impl KeyError {
    /// The same where more is taken than this key.
    pub(crate) fn expecting(self, expected: &'static str) -> Self {
        Self { expected, ..self }
    }
}

const MAX_KEY_CHARS: usize = 100;

fn plain(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.len() <= MAX_KEY_CHARS
        && edge(text.chars().next())
        && edge(text.chars().next_back())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
}

fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_KEY_CHARS + 20).collect()
}

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident $collection:literal $expected:literal $read:path;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The collection of its resource names.
            pub const COLLECTION: &'static str = $collection;

            /// Reads a resource name or a bare identifier.
            ///
            /// # Errors
            /// When the text is neither.
            pub fn parse(text: &str) -> Result<Self, KeyError> {
                let bare = text.strip_prefix(concat!($collection, "/")).unwrap_or(text);
                $read(bare)
                    .map(|key| Self(key.into()))
                    .ok_or_else(|| KeyError { text: shortened(text), expected: $expected })
            }

            /// The bare identifier.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The resource name.
            pub fn name(&self) -> String {
                format!(concat!($collection, "/{}"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($collection, "/{}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    )*};
}

fn identifier(text: &str) -> Option<String> {
    plain(text).then(|| text.to_owned())
}

/// A designation (`IEC 61215-1:2021`) or what became of it: lower case, all else than letters and digits a hyphen.
fn slug(text: &str) -> Option<String> {
    if text.len() > MAX_KEY_CHARS || !text.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
        return None;
    }
    let mut slug = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    while slug.ends_with('-') {
        slug.pop();
    }
    (!slug.is_empty()).then_some(slug)
}

keys! {
    /// A body.
    BodyKey "bodies" "the resource name of a body (`bodies/{body}`)" identifier;
    /// A scheme.
    SchemeKey "schemes" "the resource name of a scheme (`schemes/{scheme}`)" identifier;
    /// An edition of a standard.
    StandardKey "standards" "a standard's designation or resource name (`standards/{standard}`)" slug;
    /// An edition transition.
    TransitionKey "editionTransitions" "the resource name of an edition transition" identifier;
    /// An equivalence.
    EquivalenceKey "equivalences" "the resource name of an equivalence (`equivalences/{equivalence}`)" identifier;
    /// An arrangement.
    ArrangementKey "arrangements" "the resource name of an arrangement (`arrangements/{arrangement}`)" identifier;
    /// An annex.
    AnnexKey "annexes" "the resource name of an annex (`annexes/{annex}`)" identifier;
    /// A designation.
    DesignationKey "designations" "the resource name of a designation (`designations/{designation}`)" identifier;
    /// A requirement.
    RequirementKey "requirements" "the resource name of a requirement (`requirements/{requirement}`)" identifier;
}

impl BodyKey {
    /// Stands for a body of which nothing is known but where it is. No text is read as this key, so no entry has it.
    pub(crate) fn of_any() -> Self {
        Self("*".into())
    }
}

macro_rules! written_as_name {
    ($($name:ident)*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )*};
}

written_as_name! {
    BodyKey SchemeKey StandardKey TransitionKey EquivalenceKey ArrangementKey AnnexKey DesignationKey RequirementKey
}

#[cfg(test)]
mod tests;
