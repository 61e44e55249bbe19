//! What may come into the build: `deny.toml`'s bans and version floors, held against `Cargo.lock`.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::Context as _;
use semver::{Version, VersionReq};
use serde::Deserialize;

#[derive(Deserialize)]
struct Deny {
    bans: Bans,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    spec: String,
    reason: String,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: Version,
    source: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

fn read(name: &str) -> anyhow::Result<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
    fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

fn lock() -> anyhow::Result<Vec<Package>> {
    Ok(toml::from_str::<Lock>(&read("Cargo.lock")?)?.package)
}

/// What of the lock file the bans forbid.
fn violations(deny: &str, lock: &[Package]) -> anyhow::Result<Vec<String>> {
    let deny: Deny = toml::from_str(deny)?;
    let mut found = Vec::new();
    for Ban { spec, reason } in deny.bans.deny {
        let (name, versions) = spec.split_once('@').unwrap_or((&spec, "*"));
        let versions = VersionReq::parse(versions).with_context(|| spec.clone())?;
        let bad = lock.iter().filter(|package| package.name == name && versions.matches(&package.version));
        found.extend(bad.map(|package| format!("{name} {}: {reason}", package.version)));
    }
    Ok(found)
}

#[test]
fn nothing_below_its_version_floor_and_nothing_banned_is_in_the_build() -> anyhow::Result<()> {
    let (deny, lock) = (read("deny.toml")?, lock()?);
    assert_eq!(violations(&deny, &lock)?, Vec::<String>::new());
    // The floors are there, of crates that are there: a renamed crate must not slip out of its rule.
    for floor in ["h2", "jsonwebtoken", "hyper", "rustls", "libsqlite3-sys"] {
        assert!(deny.contains(&format!("\"{floor}@<")), "{floor} has no floor");
        assert!(lock.iter().any(|package| package.name == floor), "{floor} is not in the build");
    }
    Ok(())
}

#[test]
fn a_version_below_its_floor_would_be_found() -> anyhow::Result<()> {
    let deny = read("deny.toml")?;
    for (name, version) in [("h2", "0.4.17"), ("jsonwebtoken", "9.3.1"), ("libsqlite3-sys", "0.36.0"), ("rsa", "0.9.8")]
    {
        let package =
            Package { name: name.to_owned(), version: version.parse()?, source: None, dependencies: Vec::new() };
        assert_eq!(violations(&deny, &[package])?.len(), 1, "{name} {version}");
    }
    Ok(())
}

#[test]
fn everything_comes_from_the_one_registry() -> anyhow::Result<()> {
    let registry = "registry+https://github.com/rust-lang/crates.io-index";
    let sources: BTreeMap<_, _> =
        lock()?.into_iter().filter_map(|package| Some((package.source?, package.name))).collect();
    assert_eq!(sources.keys().collect::<Vec<_>>(), [registry], "{sources:?}");
    Ok(())
}

#[test]
fn tokens_are_checked_by_exactly_one_cryptographic_backend() -> anyhow::Result<()> {
    // What jsonwebtoken's features `aws_lc_rs` and `rust_crypto` bring: with none or both it panics at first use.
    let backends = ["aws-lc-rs", "rsa", "p256", "ed25519-dalek"];
    let lock = lock()?;
    let mut users = lock.iter().filter(|package| package.name == "jsonwebtoken");
    let (user, other) = (users.next().context("it is used")?, users.next());
    assert!(other.is_none(), "two versions of jsonwebtoken");
    let name = |dependency: &String| dependency.split(' ').next().unwrap_or_default().to_owned();
    let used: Vec<_> = user.dependencies.iter().map(name).filter(|name| backends.contains(&name.as_str())).collect();
    assert_eq!(used, ["aws-lc-rs"]);
    Ok(())
}
