//! Canonical JSON written from borrowed texts: for what is signed in numbers. A [`Value`] owns a copy of every text and
//! of every member's name, which took longer to make than the signature.

use std::borrow::Cow;

use serde_json::{Number, Value};

use super::{NotCanonical, Numbers, write_number, write_string};

/// A JSON value that borrows what it can. It has the same canonical bytes as the [`Value`] that it turns into.
#[derive(Clone, Debug, PartialEq)]
pub enum Node<'a> {
    /// A string.
    Text(Cow<'a, str>),
    /// A number.
    Number(Number),
    /// `true` or `false`.
    Bool(bool),
    /// An array.
    List(Vec<Node<'a>>),
    /// An array of fixed strings.
    Texts(&'static [&'static str]),
    /// An object; no name twice, in any order. In the canonical one it is written the quickest.
    Object(Vec<(&'static str, Node<'a>)>),
    /// What is there as a value already.
    Value(Value),
}

impl<'a> Node<'a> {
    /// An object of these members.
    pub fn object<const N: usize>(members: [(&'static str, Node<'a>); N]) -> Self {
        Self::Object(members.into())
    }

    /// An array of these values.
    pub fn list<T: Into<Node<'a>>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// Writes the canonical bytes, as [`super::to_vec_with_decimals`] of the same value. They are about as many as
    /// `capacity`.
    pub fn to_vec_with_decimals(self, capacity: usize) -> Result<Vec<u8>, NotCanonical> {
        let mut out = Vec::with_capacity(capacity);
        self.write(Numbers::Decimals, &mut out)?;
        Ok(out)
    }

    /// Writes the canonical bytes, as [`super::to_vec`] of the same value. They are about as many as `capacity`.
    pub fn to_vec(self, capacity: usize) -> Result<Vec<u8>, NotCanonical> {
        let mut out = Vec::with_capacity(capacity);
        self.write(Numbers::Integers, &mut out)?;
        Ok(out)
    }

    fn write(self, numbers: Numbers, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
        match self {
            Self::Text(text) => write_string(&text, out),
            Self::Number(number) => write_number(&number, numbers, out)?,
            Self::Bool(truth) => out.extend_from_slice(if truth { b"true" } else { b"false" }),
            Self::List(items) => {
                out.push(b'[');
                for (index, item) in items.into_iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    item.write(numbers, out)?;
                }
                out.push(b']');
            }
            Self::Texts(texts) => {
                out.push(b'[');
                for (index, text) in texts.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    write_string(text, out);
                }
                out.push(b']');
            }
            Self::Object(mut members) => {
                // The order of RFC 8785 is that of bytes where all names are ASCII, as ours are.
                if members.iter().all(|(name, _)| name.is_ascii()) {
                    members.sort_unstable_by_key(|(name, _)| *name);
                } else {
                    members.sort_unstable_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
                }
                out.push(b'{');
                for (index, (name, value)) in members.into_iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    write_string(name, out);
                    out.push(b':');
                    value.write(numbers, out)?;
                }
                out.push(b'}');
            }
            Self::Value(value) => super::write(&value, numbers, out)?,
        }
        Ok(())
    }
}

impl From<Node<'_>> for Value {
    fn from(node: Node<'_>) -> Self {
        match node {
            Node::Text(text) => Self::String(text.into_owned()),
            Node::Number(number) => Self::Number(number),
            Node::Bool(truth) => Self::Bool(truth),
            Node::List(items) => Self::Array(items.into_iter().map(Into::into).collect()),
            Node::Texts(texts) => Self::Array(texts.iter().copied().map(Into::into).collect()),
            Node::Object(members) => {
                Self::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect())
            }
            Node::Value(value) => value,
        }
    }
}

impl<'a> From<&'a str> for Node<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Node<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Node<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<u32> for Node<'_> {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for Node<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number.into())
    }
}

impl From<bool> for Node<'_> {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}
