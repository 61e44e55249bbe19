//! Values that must not print.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

/// A secret: the value itself, or a file that holds it (`password = { file = "/run/secrets/password" }`). Never
/// printed, wiped from memory when it is dropped.
#[derive(Clone)]
pub struct Secret(Kind);

#[derive(Clone)]
enum Kind {
    Value(Zeroizing<String>),
    File(PathBuf),
}

/// A secret's file cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the secret in {}: {cause}", path.display())]
pub struct SecretError {
    path: PathBuf,
    cause: std::io::Error,
}

impl Secret {
    /// A secret with this value.
    pub fn from_value(value: impl Into<String>) -> Self {
        Self(Kind::Value(Zeroizing::new(value.into())))
    }

    /// A secret that is read from a file each time it is revealed, so that a rotated one is seen.
    pub fn from_file(path: impl Into<PathBuf>) -> Self {
        Self(Kind::File(path.into()))
    }

    /// The secret's file, if it is in one.
    pub fn file(&self) -> Option<&std::path::Path> {
        match &self.0 {
            Kind::Value(_) => None,
            Kind::File(path) => Some(path),
        }
    }

    /// The secret itself. A file's trailing line end is not part of it.
    pub fn reveal(&self) -> Result<Zeroizing<String>, SecretError> {
        match &self.0 {
            Kind::Value(value) => Ok(value.clone()),
            Kind::File(path) => {
                let text = std::fs::read_to_string(path).map(Zeroizing::new);
                let text = text.map_err(|cause| SecretError { path: path.clone(), cause })?;
                let trimmed = text.strip_suffix('\n').unwrap_or(&text);
                Ok(Zeroizing::new(trimmed.strip_suffix('\r').unwrap_or(trimmed).to_owned()))
            }
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InFile {
    file: PathBuf,
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Secret;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or { file = \"path\" }")
            }

            fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Secret, E> {
                Ok(Secret::from_value(value))
            }

            fn visit_string<E: serde::de::Error>(self, value: String) -> Result<Secret, E> {
                Ok(Secret::from_value(value))
            }

            // The library's own words would repeat the value.
            fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Secret, E> {
                Err(E::custom("a secret must be a text in quotes"))
            }

            fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Secret, E> {
                Err(E::custom("a secret must be a text in quotes"))
            }

            fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Secret, E> {
                Err(E::custom("a secret must be a text in quotes"))
            }

            fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Secret, E> {
                Err(E::custom("a secret must be a text in quotes"))
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Secret, A::Error> {
                let InFile { file } = InFile::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(Secret::from_file(file))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}
