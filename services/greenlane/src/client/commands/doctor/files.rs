//! What a serving process reads beside its database: key sets, private keys, tokens, certificates.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

use greenlane_jose::{Signer, SigningKey};
use greenlane_log::{
    Checkpoint,
    note::{KeyName, NoteSigner},
};
use greenlane_platform::{auth::Authenticator, client, clock::Clock};
use greenlane_registry::{OnRecord, Role};

use super::Finding;
use crate::{
    client::render::several,
    serve::{config::ServeConfig, one::Which},
};

/// What to do about a key of a log that is not there.
const PUT_BACK: &str =
    "where this registry has signed before, put its keys back (`greenlane restore` does): it does not sign with others";

/// What to do about a key of a body that is not there.
const FOR_BODIES: &str = "put it back (`greenlane restore` does); where it is lost for good, retire it and register another: \
                          greenlane body key retire, greenlane body key create";

/// What was signed last, as the registry notes it beside its keys.
const MARK: &str = "log.checkpoint";

/// So many lost keys are named.
const NAMED: usize = 5;

/// Looks at all of them. `said` is what the registry's database says of its keys, where that is known.
pub(super) async fn check(which: Which, config: &ServeConfig, said: Option<&OnRecord>) -> Vec<Finding> {
    let mut findings = vec![issuers(config).await];
    findings.extend(match which {
        Which::Registry if config.registry.role == Role::Verifier => None,
        Which::Registry => Some(registry_keys(&config.registry.key_directory, said)),
        Which::Equivalence => config.equivalence.pack_key_file.as_deref().map(pack_key),
        Which::Classification => None,
    });
    if which == Which::Registry {
        findings.extend(peer("token and TLS for equivalence", config.registry.equivalence.as_ref()));
        findings.extend(peer("token and TLS for classification", config.registry.classification.as_ref()));
    }
    if let Some(tls) = &config.server.tls {
        findings.push(match tls.check() {
            Ok(()) => Finding::ok("certificate", tls.cert.display().to_string()),
            Err(error) => Finding::failed("certificate", error.to_string(), "name the right files under [server.tls]"),
        });
    }
    findings
}

/// Whose tokens are believed, and whether their keys can be had.
async fn issuers(config: &ServeConfig) -> Finding {
    let number = config.auth.issuers.len();
    if number == 0 {
        let advice = "name one under [[auth.issuers]]: without it every call that needs a token is refused";
        return Finding::warning("issuers", "no issuer of tokens is trusted", advice);
    }
    match Authenticator::new(config.auth.clone(), Clock::system()).await {
        Ok(_) => {
            let names: Vec<_> = config.auth.issuers.iter().map(|it| it.issuer.as_str()).collect();
            Finding::ok("issuers", names.join(", "))
        }
        Err(error) => {
            let advice = "mend `jwks` under [[auth.issuers]]: a file that is there, or an address that answers";
            Finding::failed("issuers", format!("{:#}", anyhow::Error::from(error)), advice)
        }
    }
}

/// The log's key, and those that are held for bodies.
fn registry_keys(directory: &Path, said: Option<&OnRecord>) -> Finding {
    const CHECK: &str = "keys";
    let shown = directory.display();
    // The first start makes a key, and what was signed before is not of that one.
    if let Some(said) = said.filter(|said| said.entries > 0 && !directory.join("log.jwk").exists()) {
        let log = several(said.entries, "entry");
        return Finding::failed(CHECK, format!("{shown} holds no log.jwk, and the log has {log}"), PUT_BACK);
    }
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Finding::warning(CHECK, format!("there is no {shown} yet: the first start makes it"), PUT_BACK);
        }
        Err(error) => return Finding::failed(CHECK, format!("{shown}: {error}"), "let the service read the directory"),
    };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "jwk"));
    files.sort();
    let faults: Vec<String> =
        files.iter().filter_map(|path| SigningKey::load(path).err()).map(|it| it.to_string()).collect();
    if !faults.is_empty() {
        let advice = "put the file back from a backup, readable by its owner alone (chmod 600)";
        return Finding::failed(CHECK, faults.join("; "), advice);
    }
    if !directory.join("log.jwk").exists() {
        return Finding::warning(CHECK, format!("{shown} holds no log.jwk"), PUT_BACK);
    }
    let mark = fs::read_to_string(directory.join(MARK)).unwrap_or_default();
    let signed = [(said.map_or("", |said| said.checkpoint.as_str()), "the database's head"), (mark.as_str(), MARK)];
    if let Some((_, whose)) = signed.into_iter().find(|(note, _)| !is_of(note, &directory.join("log.jwk"))) {
        return Finding::failed(CHECK, format!("log.jwk in {shown} is not the key that signed {whose}"), PUT_BACK);
    }
    let held = said.map_or(&[][..], |said| said.held.as_slice());
    let lost: Vec<&str> = held.iter().map(String::as_str).filter(|name| !is_held(directory, name)).collect();
    if !lost.is_empty() {
        return Finding::failed(CHECK, lost_keys(directory, &lost), FOR_BODIES);
    }
    Finding::ok(CHECK, format!("{} in {shown}, of them the log's", files.len()))
}

/// Whether a checkpoint is signed with the key in a file. One that is not there contradicts none.
fn is_of(note: &str, key: &Path) -> bool {
    let Some(origin) = note.lines().next() else { return true };
    let Ok(key) = SigningKey::load(key) else { return false };
    // Whatever the log is called: another name is told of by the service itself.
    let signer: Arc<dyn Signer> = Arc::new(key);
    let signer = KeyName::new(origin).and_then(|name| NoteSigner::new(name, signer));
    signer.is_ok_and(|signer| Checkpoint::open(note.as_bytes(), signer.key(), &[]).is_ok())
}

/// The file of a key that is held for a body.
fn file_of_key(name: &str) -> String {
    format!("{}.jwk", name.rsplit('/').next().unwrap_or(name))
}

/// Whether that is there, and is the key that it is called after.
fn is_held(directory: &Path, name: &str) -> bool {
    SigningKey::load(&directory.join(file_of_key(name))).is_ok_and(|key| name.ends_with(&format!("/{}", key.kid())))
}

/// Which keys are lost, and of whom.
fn lost_keys(directory: &Path, lost: &[&str]) -> String {
    let named: Vec<String> = lost
        .iter()
        .take(NAMED)
        .map(|name| format!("{} of {}", file_of_key(name), name.split_once("/keys/").map_or(*name, |(body, _)| body)))
        .collect();
    let more = lost.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{} lacks what the registry signs with for bodies: {}{more}", directory.display(), named.join(", "))
}

/// What recognition packs are signed with.
fn pack_key(path: &Path) -> Finding {
    const CHECK: &str = "keys";
    match SigningKey::load(path) {
        Ok(_) => Finding::ok(CHECK, path.display().to_string()),
        Err(_) if !path.exists() => {
            let advice = "where packs were signed before, put it back from a backup: offices know that key";
            Finding::warning(CHECK, format!("there is no {} yet: the first start makes it", path.display()), advice)
        }
        Err(error) => {
            let advice = "put the file back from a backup, readable by its owner alone (chmod 600)";
            Finding::failed(CHECK, error.to_string(), advice)
        }
    }
}

/// What another service is asked with.
fn peer(check: &str, config: Option<&client::ClientConfig>) -> Option<Finding> {
    let config = config?;
    Some(match client::connect(config) {
        Ok(_) => Finding::ok(check, config.uri.clone()),
        Err(error) => Finding::failed(check, error.to_string(), "name a file that the service can read"),
    })
}
