//! What a serving process reads beside its database: key sets, private keys, tokens, certificates.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use greenlane_jose::SigningKey;
use greenlane_platform::{auth::Authenticator, client, clock::Clock};
use greenlane_registry::Role;

use super::Finding;
use crate::{
    client::render::several,
    serve::{config::ServeConfig, one::Which},
};

/// What to do about a key of a log that is not there.
const PUT_BACK: &str =
    "where this registry has signed before, put its keys back (`greenlane restore` does): it does not sign with others";

/// Looks at all of them. `entries` are those of the registry's log, where that is known.
pub(super) async fn check(which: Which, config: &ServeConfig, entries: Option<u64>) -> Vec<Finding> {
    let mut findings = vec![issuers(config).await];
    findings.extend(match which {
        Which::Registry if config.registry.role == Role::Verifier => None,
        Which::Registry => Some(registry_keys(&config.registry.key_directory, entries)),
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
fn registry_keys(directory: &Path, entries: Option<u64>) -> Finding {
    const CHECK: &str = "keys";
    let shown = directory.display();
    // The first start makes a key, and what was signed before is not of that one.
    if let Some(entries) = entries.filter(|entries| *entries > 0 && !directory.join("log.jwk").exists()) {
        let log = several(entries, "entry");
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
    Finding::ok(CHECK, format!("{} in {shown}, of them the log's", files.len()))
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
