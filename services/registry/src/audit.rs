//! Auditing a log from outside: every entry is read, every tree that was ever signed must be met on the way, and the
//! state of every certificate follows from the entries alone.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use greenlane_log::{Checkpoint, Frontier, Hash, hash_leaf};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::life::{State, Step, Taken, ground_on_record, last_effective};

/// Why a log is not to be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Accusation {
    /// A tree that was signed is not the one that the entries make.
    #[error(
        "the log has forked: the tree of {size} entries was signed with root {signed}, and the entries make {found}"
    )]
    Fork {
        /// The size.
        size: u64,
        /// The root that was signed.
        signed: Hash,
        /// The root that the entries make.
        found: Hash,
    },
    /// The log is shorter than it was.
    #[error("the log has lost entries: it had {had}, and has {has}")]
    Shrunk {
        /// The size that was signed.
        had: u64,
        /// The size now.
        has: u64,
    },
    /// An entry that cannot be where it is.
    #[error("entry {index} is not possible: {why}")]
    Entry {
        /// Its index.
        index: u64,
        /// Why.
        why: String,
    },
}

/// A certificate, as far as the log tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DerivedCertificate {
    /// `bodies/{body}`.
    pub body: String,
    /// Index of its latest entry.
    pub latest_index: u64,
    /// Lower-case hexadecimal SHA-256 of the document of each version, the first one first.
    documents: Vec<String>,
    /// Its steps, in the order of the log.
    taken: Vec<Taken>,
}

/// Where a certificate stands on a day, as far as the log tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DerivedStanding<'a> {
    /// `active`, `suspended`, and so on. Its validity is not in the log.
    pub state: &'static str,
    /// The version that is current.
    pub version: u32,
    /// Lower-case hexadecimal SHA-256 of that version's document.
    pub document_sha256: &'a str,
}

impl DerivedCertificate {
    /// Where it stands on a day.
    pub fn on(&self, day: NaiveDate) -> DerivedStanding<'_> {
        let first =
            Taken { step: Step::Grant, effective_at: DateTime::<Utc>::MIN_UTC, version: 1, state_after: State::Active };
        let last = last_effective(&self.taken, day).copied().unwrap_or(first);
        let document = self.documents.get(last.version.saturating_sub(1) as usize);
        DerivedStanding {
            state: last.state_after.as_str(),
            version: last.version,
            document_sha256: document.map_or("", String::as_str),
        }
    }
}

/// Follows a log entry by entry. Can be kept between two audits.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Auditor {
    #[serde(with = "frontier")]
    frontier: Frontier,
    recorded_at: Option<DateTime<Utc>>,
    bodies: BTreeMap<String, u64>,
    /// By resource name.
    keys: BTreeMap<String, KeyState>,
    certificates: BTreeMap<String, DerivedCertificate>,
    statements: BTreeMap<String, u64>,
    /// Write-offs that can be reversed still, with their economy.
    write_offs: BTreeMap<String, String>,
    /// The last record of each revision, by catalogue.
    #[serde(default)]
    publications: BTreeMap<String, BTreeMap<u64, DerivedPublication>>,
}

/// A published revision of a catalogue, as far as the log tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DerivedPublication {
    /// Index of its entry.
    pub log_index: u64,
    /// `changeSets/{change_set}` of the catalogue's service. None of what the service begins with, and of what it was taught.
    pub change_set: Option<String>,
    /// Lower-case hexadecimal SHA-256 of what the change set changes.
    pub changes_sha256: Option<String>,
    /// The same of what the service begins with. None where it was recorded before the log told it.
    pub entries_sha256: Option<String>,
    /// The entry about another revision of the same number, which the catalogue had before it was restored from a backup.
    pub instead_of: Option<u64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct KeyState {
    valid_from: DateTime<Utc>,
    valid_until: Option<DateTime<Utc>>,
    compromised_since: Option<DateTime<Utc>>,
}

/// Both are as strict as the registry, which takes nothing back of what it said of a key.
impl KeyState {
    /// What was signed until now stays good, and a validity only becomes shorter.
    fn retire(&mut self, until: DateTime<Utc>, at: DateTime<Utc>) -> Result<(), String> {
        if self.compromised_since.is_some() {
            return Err("it retires a key that is compromised".to_owned());
        }
        if self.valid_until.is_some_and(|before| at > before) {
            return Err("it retires a key that is retired".to_owned());
        }
        if until < at {
            return Err("it ends the validity of a key in the past".to_owned());
        }
        if self.valid_until.is_some_and(|before| until > before) {
            return Err("it makes the validity of a key longer".to_owned());
        }
        self.valid_until = Some(until);
        Ok(())
    }

    /// A compromise may turn out to be older than was thought, never younger.
    fn revoke(&mut self, since: DateTime<Utc>, at: DateTime<Utc>) -> Result<(), String> {
        if since > at {
            return Err("it revokes a key from a time to come".to_owned());
        }
        if self.compromised_since.is_some_and(|before| since > before) {
            return Err("it takes back a part of a key's compromise".to_owned());
        }
        self.compromised_since = Some(since);
        Ok(())
    }
}

mod frontier {
    use greenlane_log::Frontier;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(frontier: &Frontier, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(frontier.to_bytes()))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Frontier, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = hex::decode(text).map_err(de::Error::custom)?;
        Frontier::from_bytes(&bytes).map_err(de::Error::custom)
    }
}

impl Auditor {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Entries read.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Certificates by number.
    pub fn certificates(&self) -> &BTreeMap<String, DerivedCertificate> {
        &self.certificates
    }

    /// Published revisions of the catalogues, `equivalence` and `classification`.
    pub fn publications(&self) -> &BTreeMap<String, BTreeMap<u64, DerivedPublication>> {
        &self.publications
    }

    /// Holds a checkpoint, whose signature the caller has verified, against the entries read so far. Of another size
    /// than these it says nothing.
    ///
    /// # Errors
    /// When the entries make another tree.
    pub fn check(&self, checkpoint: &Checkpoint) -> Result<(), Accusation> {
        let (size, signed) = (checkpoint.size, checkpoint.root);
        if size != self.size() {
            return Ok(());
        }
        let found = self.frontier.root();
        if signed == found { Ok(()) } else { Err(Accusation::Fork { size, signed, found }) }
    }

    /// Reads the next entry.
    ///
    /// # Errors
    /// When it cannot follow on those before it.
    pub fn read(&mut self, leaf: &[u8]) -> Result<(), Accusation> {
        let index = self.size();
        self.apply(index, leaf).map_err(|why| Accusation::Entry { index, why })?;
        self.frontier.append(hash_leaf(leaf));
        Ok(())
    }

    fn apply(&mut self, index: u64, leaf: &[u8]) -> Result<(), String> {
        let value = greenlane_jose::json::parse(leaf, 8).map_err(|error| format!("it is not strict JSON: {error}"))?;
        let canonical = greenlane_jose::canonical::to_vec(&value).map_err(|error| error.to_string())?;
        if canonical != leaf {
            return Err("it is not canonical".to_owned());
        }
        let entry = Read(value.as_object().ok_or("it is no object")?);
        if entry.0.get("form").and_then(Value::as_u64) != Some(1) {
            return Err("its form is not known".to_owned());
        }
        let recorded_at = entry.time("recorded_at")?;
        if self.recorded_at.is_some_and(|before| recorded_at < before) {
            return Err("it was recorded before the entry before it".to_owned());
        }
        let event = entry.text("event")?;
        let (kind, verb) = event.split_once('.').ok_or("its event is not known")?;
        match (kind, verb) {
            ("body", "create") => self.new_body(&entry, index)?,
            ("key", "create") => self.new_key(&entry)?,
            ("body", "update") => drop(self.body(&entry)?),
            ("key", "retire") => {
                let until = entry.time("valid_until")?;
                self.key(&entry)?.retire(until, recorded_at)?;
            }
            ("key", "revoke") => {
                let since = entry.time("compromised_since")?;
                self.key(&entry)?.revoke(since, recorded_at)?;
            }
            ("accreditation" | "designation", verb) => self.statement(&entry, kind, verb, index)?,
            ("trace", "record") => {
                self.body(&entry)?;
                self.signed_by(&entry, recorded_at)?;
            }
            ("catalogue", "publish") => self.publication(&entry, index)?,
            ("write_off", verb) => self.write_off(&entry, verb, index)?,
            ("certificate", "erase") => self.known_certificate(&entry)?,
            ("certificate", "contest") => {
                entry.text("dispute")?;
                self.known_certificate(&entry)?;
            }
            ("certificate", verb) => self.certificate(&entry, verb, recorded_at, index)?,
            _ => return Err(format!("its event {event} is not known to this version")),
        }
        self.recorded_at = Some(recorded_at);
        Ok(())
    }

    fn new_body(&mut self, entry: &Read<'_>, index: u64) -> Result<(), String> {
        let body = entry.text("body")?;
        match self.bodies.insert(body.to_owned(), index) {
            None => Ok(()),
            Some(_) => Err(format!("{body} is registered twice")),
        }
    }

    fn new_key(&mut self, entry: &Read<'_>) -> Result<(), String> {
        self.body(entry)?;
        let name = entry.text("key")?;
        let valid_until = if entry.0.contains_key("valid_until") { Some(entry.time("valid_until")?) } else { None };
        let key = KeyState { valid_from: entry.time("valid_from")?, valid_until, compromised_since: None };
        match self.keys.insert(name.to_owned(), key) {
            None => Ok(()),
            Some(_) => Err(format!("{name} is registered twice")),
        }
    }

    fn body<'e>(&self, entry: &Read<'e>) -> Result<&'e str, String> {
        let body = entry.text("body")?;
        if self.bodies.contains_key(body) { Ok(body) } else { Err(format!("{body} is not registered")) }
    }

    fn key(&mut self, entry: &Read<'_>) -> Result<&mut KeyState, String> {
        self.body(entry)?;
        let name = entry.text("key")?;
        self.keys.get_mut(name).ok_or_else(|| format!("{name} is not registered"))
    }

    /// The key that signed was registered for the body and might sign when this was recorded.
    fn signed_by(&self, entry: &Read<'_>, at: DateTime<Utc>) -> Result<(), String> {
        let (body, name) = (entry.text("body")?, entry.text("key")?);
        if !name.starts_with(&format!("{body}/keys/")) {
            return Err(format!("{name} is no key of {body}"));
        }
        let key = self.keys.get(name).ok_or_else(|| format!("{name} is not registered"))?;
        let valid = key.valid_from <= at
            && key.valid_until.is_none_or(|until| at <= until)
            && key.compromised_since.is_none_or(|since| at < since);
        if valid { Ok(()) } else { Err(format!("{name} could not sign then")) }
    }

    fn statement(&mut self, entry: &Read<'_>, kind: &str, verb: &str, index: u64) -> Result<(), String> {
        self.body(entry)?;
        let name = entry.text(kind)?;
        if verb == "create" {
            self.statements.insert(name.to_owned(), index);
            return if name.ends_with(&format!("/{index}")) { Ok(()) } else { Err(format!("{name} is not its name")) };
        }
        if self.statements.contains_key(name) { Ok(()) } else { Err(format!("{name} was never recorded")) }
    }

    /// The log tells neither the certificate nor an amount. But a number is given once, and what is reversed was written
    /// off by the same economy, and not reversed before.
    fn write_off(&mut self, entry: &Read<'_>, verb: &str, index: u64) -> Result<(), String> {
        let (name, economy) = (entry.text("write_off")?, entry.text("economy")?);
        entry.text("record_sha256")?;
        if name != format!("writeOffs/{index}") {
            return Err(format!("{name} is not its name"));
        }
        match verb {
            "use" => drop(self.write_offs.insert(name.to_owned(), economy.to_owned())),
            "reversal" => {
                let reverses = entry.text("reverses")?;
                if self.write_offs.get(reverses).is_none_or(|by| by != economy) {
                    return Err(format!("{economy} has no {reverses} to be reversed"));
                }
                self.write_offs.remove(reverses);
            }
            "rejection" => {}
            _ => return Err(format!("the record {verb} is not known")),
        }
        Ok(())
    }

    /// The revisions of a catalogue follow one another. One that was published twice names the entry about the first.
    fn publication(&mut self, entry: &Read<'_>, index: u64) -> Result<(), String> {
        let name = entry.text("catalogue")?;
        let revision = entry.number("revision")?;
        let recorded = self.publications.entry(name.to_owned()).or_default();
        let text = |name: &str| entry.0.contains_key(name).then(|| entry.text(name).map(str::to_owned)).transpose();
        let instead_of = entry.0.contains_key("instead_of").then(|| entry.number("instead_of")).transpose()?;
        let one = DerivedPublication {
            log_index: index,
            change_set: text("change_set")?,
            changes_sha256: text("changes_sha256")?,
            entries_sha256: text("entries_sha256")?,
            instead_of,
        };
        if one.change_set.is_some() != one.changes_sha256.is_some() {
            return Err("it tells a change set without its hash, or a hash without its change set".to_owned());
        }
        let last = recorded.get(&revision);
        if last.map(|last| last.log_index) != instead_of {
            return Err(format!("revision {revision} of {name} does not name the record before it"));
        }
        if last.is_some_and(|last| last.change_set == one.change_set) {
            return Err(format!("revision {revision} of {name} is recorded twice"));
        }
        let highest = recorded.last_key_value().map_or(0, |(highest, _)| *highest);
        if last.is_none() && revision != highest + 1 {
            return Err(format!("revision {revision} of {name} does not follow on {highest}"));
        }
        recorded.insert(revision, one);
        Ok(())
    }

    /// What is about a certificate and changes nothing of it: confidential fields were forgotten, or it is disputed.
    fn known_certificate(&self, entry: &Read<'_>) -> Result<(), String> {
        let (body, name) = (self.body(entry)?, entry.text("certificate")?);
        let number = name.strip_prefix("certificates/").ok_or("it names no certificate")?;
        match self.certificates.get(number) {
            Some(known) if known.body == body => Ok(()),
            Some(_) => Err(format!("{name} is another body's")),
            None => Err(format!("{name} was never granted")),
        }
    }

    fn certificate(
        &mut self,
        entry: &Read<'_>,
        verb: &str,
        recorded_at: DateTime<Utc>,
        index: u64,
    ) -> Result<(), String> {
        let step = Step::from_str(verb).ok_or_else(|| format!("the step {verb} is not known"))?;
        let body = self.body(entry)?.to_owned();
        let name = entry.text("certificate")?;
        let number = name.strip_prefix("certificates/").ok_or("it names no certificate")?.to_owned();
        let version = entry.0.get("version").and_then(Value::as_u64).and_then(|version| u32::try_from(version).ok());
        let version = version.ok_or("it has no version")?;
        let effective_at = entry.time("effective_at")?;
        let document = match entry.0.contains_key("document_sha256") {
            true => {
                self.signed_by(entry, recorded_at)?;
                Some(entry.text("document_sha256")?.to_owned())
            }
            false => None,
        };
        if step == Step::Grant {
            let document_sha256 = document.ok_or("a grant without a document")?;
            let grant = Taken { step, effective_at, version, state_after: State::Active };
            let known =
                DerivedCertificate { body, latest_index: index, documents: vec![document_sha256], taken: vec![grant] };
            return match (version, self.certificates.insert(number, known)) {
                (1, None) => Ok(()),
                (1, Some(_)) => Err(format!("{name} is granted twice")),
                _ => Err("a grant begins with version 1".to_owned()),
            };
        }
        let known = self.certificates.get_mut(&number).ok_or_else(|| format!("{name} was never granted"))?;
        if known.body != body {
            return Err(format!("{name} is another body's"));
        }
        let ground = ground_on_record(&known.taken, step, effective_at, recorded_at)
            .map_err(|floor| format!("{name}: {verb} takes effect before what had taken effect at {floor}"))?;
        let state = ground.upon.state_after;
        let state_after =
            ground.after(step).ok_or_else(|| format!("{name} is {}: {verb} is not possible", state.as_str()))?;
        let newest = known.documents.len() as u64;
        let expected = if document.is_some() { newest + 1 } else { ground.upon.version.into() };
        if u64::from(version) != expected {
            return Err(format!("{name} is at version {} of {newest}, and this makes {version}", ground.upon.version));
        }
        known.documents.extend(document);
        known.latest_index = index;
        known.taken.push(Taken { step, effective_at, version, state_after });
        Ok(())
    }
}

struct Read<'e>(&'e Map<String, Value>);

impl<'e> Read<'e> {
    fn text(&self, name: &str) -> Result<&'e str, String> {
        self.0.get(name).and_then(Value::as_str).ok_or_else(|| format!("it has no {name}"))
    }

    fn number(&self, name: &str) -> Result<u64, String> {
        self.0.get(name).and_then(Value::as_u64).ok_or_else(|| format!("it has no {name}"))
    }

    fn time(&self, name: &str) -> Result<DateTime<Utc>, String> {
        let time = DateTime::parse_from_rfc3339(self.text(name)?).map_err(|_| format!("its {name} is no time"))?;
        Ok(time.to_utc())
    }
}

#[cfg(test)]
mod tests;
