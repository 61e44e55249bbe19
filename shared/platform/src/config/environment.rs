//! The environment as a source of configuration.
//!
//! The `config` crate's own source is not used: it cannot set a list, and it does not tell which variable a wrong
//! value came from.

use config::{ConfigError, File, FileFormat, Map, Source, Value};

/// Variables that begin with a prefix and two underscores.
#[derive(Clone, Debug)]
pub(super) struct Variables {
    found: Vec<(String, Found)>,
}

#[derive(Clone)]
struct Found {
    path: String,
    text: String,
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} = ***", self.path)
    }
}

impl Variables {
    /// Picks the variables that begin with `prefix` and two underscores. An error names a variable whose rest is not
    /// a path of keys.
    pub(super) fn pick(prefix: &str, all: impl IntoIterator<Item = (String, String)>) -> Result<Self, String> {
        let prefix = format!("{prefix}__");
        let mut found = Vec::new();
        for (name, text) in all {
            let Some(rest) = name.strip_prefix(&prefix) else { continue };
            let steps: Vec<_> = rest.split("__").map(str::to_ascii_lowercase).collect();
            let is_key = |step: &String| {
                step.starts_with(|c: char| c.is_ascii_lowercase())
                    && step.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            };
            if !steps.iter().all(is_key) {
                return Err(format!("the environment variable {name} does not name a key"));
            }
            found.push((name, Found { path: steps.join("."), text }));
        }
        // `A__B` after `A`, so that the longer path refines the shorter one whatever order the system lists them in.
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(Self { found })
    }
}

impl Source for Variables {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let values = self.found.iter().map(|(name, found)| {
            let origin = format!("the environment variable {name}");
            let value = inline(&found.text).unwrap_or_else(|| Value::new(Some(&origin), found.text.as_str()));
            (found.path.clone(), value)
        });
        Ok(values.collect())
    }
}

/// A list or a table, written as in TOML. Everything else is a text, which becomes a number where one is wanted.
fn inline(text: &str) -> Option<Value> {
    if !text.starts_with(['[', '{']) {
        return None;
    }
    let parsed = File::from_str(&format!("value = {text}\n"), FileFormat::Toml).collect().ok()?;
    // A text that merely begins with a bracket could smuggle in further keys.
    (parsed.len() == 1).then(|| parsed.get("value").cloned()).flatten()
}
