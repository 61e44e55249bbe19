use std::path::PathBuf;

use proptest::prelude::*;
use serde::Deserialize;

use super::{ConfigError, Secret, Sources, load};

#[derive(Debug, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
struct Sample {
    listen: String,
    workers: u32,
    starter: bool,
    ratio: f64,
    store: Store,
    issuers: Vec<Issuer>,
    tags: Vec<String>,
}

impl Default for Sample {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:1".into(),
            workers: 2,
            starter: false,
            ratio: 0.1,
            store: Store::default(),
            issuers: Vec::new(),
            tags: Vec::new(),
        }
    }
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
struct Store {
    url: String,
    pool: Pool,
    fallback: Option<Pool>,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
struct Pool {
    readers: u32,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Issuer {
    issuer: String,
    jwks: crate::auth::JwksSource,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WithSecret {
    password: Secret,
}

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.toml");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn from(text: &str, variables: &[(&str, &str)]) -> Result<Sample, ConfigError> {
    let (_folder, path) = file(text);
    load(&Sources::new().file(path).env_prefix("GREENLANE_REGISTRY").variables(variables.iter().copied()))
}

fn error(text: &str, variables: &[(&str, &str)]) -> String {
    from(text, variables).unwrap_err().to_string()
}

#[test]
fn without_any_source_the_defaults_hold() {
    assert_eq!(load::<Sample>(&Sources::new()).unwrap(), Sample::default());
}

#[test]
fn the_environment_overrides_the_file_and_the_file_the_defaults() {
    let sample = from(
        "workers = 3\nlisten = \"[::]:2\"\n[store]\nurl = \"a\"\n[store.pool]\nreaders = 1\n",
        &[
            ("GREENLANE_REGISTRY__LISTEN", "0.0.0.0:3"),
            ("GREENLANE_REGISTRY__STORE__POOL__READERS", "9"),
            ("GREENLANE_REGISTRY__STARTER", "true"),
            ("GREENLANE_REGISTRY__RATIO", "0.5"),
            ("GREENLANE_EQUIVALENCE__WORKERS", "100"),
            ("GREENLANE_REGISTRY_WORKERS", "100"),
            ("PATH", "/bin"),
        ],
    )
    .unwrap();
    assert_eq!(sample.listen, "0.0.0.0:3");
    assert_eq!((sample.workers, sample.store.pool.readers), (3, 9));
    assert_eq!((sample.store.url.as_str(), sample.starter, sample.ratio), ("a", true, 0.5));
}

#[test]
fn a_variable_may_hold_a_list_of_tables_written_as_in_toml() {
    let issuers = r#"[{ issuer = "https://id.example.org", jwks = { file = "/run/jwks.json" } }]"#;
    let variables = [("GREENLANE_REGISTRY__ISSUERS", issuers), ("GREENLANE_REGISTRY__TAGS", r#"["a", "b"]"#)];
    let sample = from("", &variables).unwrap();
    assert_eq!(sample.issuers[0].jwks, crate::auth::JwksSource::File("/run/jwks.json".into()));
    assert_eq!(sample.tags, ["a", "b"]);
}

#[test]
fn a_text_that_begins_with_a_bracket_and_is_no_list_stays_a_text() {
    for text in ["[::1]:50051", "[", "{x", "[1]\nworkers = 7", "[1] # x\n[store]"] {
        let sample = from("", &[("GREENLANE_REGISTRY__LISTEN", text)]).unwrap();
        assert_eq!((sample.listen.as_str(), sample.workers), (text, 2));
    }
}

#[test]
fn an_unknown_key_is_an_error_that_names_the_key_and_the_file() {
    for (text, key) in [
        ("worker = 3", "`worker`"),
        ("[store]\nurI = \"x\"", "`store.urI`"),
        ("[store.pool]\nwriters = 1", "`store.pool.writers`"),
        ("[store.fallback]\nwriters = 1", "`store.fallback.writers`"),
        ("[[issuers]]\nissuer = \"a\"\njwks = { file = \"b\" }\nkid = \"c\"", "`issuers[0].kid`"),
    ] {
        let error = error(text, &[]);
        assert!(error.contains(key) && error.contains("registry.toml"), "{error}");
    }
}

#[test]
fn an_unknown_variable_is_an_error_that_names_the_variable() {
    let error = error("", &[("GREENLANE_REGISTRY__STORE__URI", "x")]);
    assert!(error.contains("`store.uri`") && error.contains("GREENLANE_REGISTRY__STORE__URI"), "{error}");
}

#[test]
fn a_variable_that_names_no_key_is_an_error() {
    for name in
        ["GREENLANE_REGISTRY__", "GREENLANE_REGISTRY__STORE__", "GREENLANE_REGISTRY____URL", "GREENLANE_REGISTRY__A.B"]
    {
        assert!(error("", &[(name, "x")]).contains(name));
    }
}

#[test]
fn a_value_of_the_wrong_type_is_an_error_that_names_key_and_place() {
    let in_file = error("[store.pool]\nreaders = \"many\"", &[]);
    assert!(in_file.contains("store.pool.readers") && in_file.contains("registry.toml"), "{in_file}");
    let in_variable = error("", &[("GREENLANE_REGISTRY__WORKERS", "-1")]);
    assert!(in_variable.contains("workers"), "{in_variable}");
    let table = error("[listen]\na = 1", &[]);
    assert!(table.contains("listen"), "{table}");
}

#[test]
fn a_file_that_is_not_there_or_not_toml_is_an_error_that_names_it() {
    let missing = load::<Sample>(&Sources::new().file("/nowhere/registry")).unwrap_err().to_string();
    assert!(missing.contains("/nowhere/registry"), "{missing}");
    assert!(error("workers = ", &[]).contains("registry.toml"));
}

#[test]
fn a_file_of_another_ending_is_not_taken_instead() {
    let (_folder, path) = file("workers = 3");
    assert!(load::<Sample>(&Sources::new().file(path.with_extension(""))).is_err());
}

#[test]
fn a_secret_comes_from_a_value_a_file_or_a_variable_and_never_prints() {
    let (folder, path) = file("password = \"hunter2\"");
    let value: WithSecret = load(&Sources::new().file(&path)).unwrap();
    assert_eq!(value.password.reveal().unwrap().as_str(), "hunter2");
    assert_eq!(format!("{value:?} {}", value.password), "WithSecret { password: *** } ***");
    assert_eq!(serde_json::to_string(&value.password).unwrap(), "\"***\"");

    let secret = folder.path().join("password");
    std::fs::write(&secret, "hunter3\n").unwrap();
    std::fs::write(&path, format!("password = {{ file = {secret:?} }}")).unwrap();
    let in_file: WithSecret = load(&Sources::new().file(&path)).unwrap();
    assert_eq!(in_file.password.reveal().unwrap().as_str(), "hunter3");
    std::fs::write(&secret, "hunter4").unwrap();
    assert_eq!(in_file.password.reveal().unwrap().as_str(), "hunter4", "a rotated secret is seen");
    std::fs::remove_file(&secret).unwrap();
    assert!(in_file.password.reveal().unwrap_err().to_string().contains("password"));

    let variables = [("X__PASSWORD", "007")];
    let variable: WithSecret = load(&Sources::new().env_prefix("X").variables(variables)).unwrap();
    assert_eq!(variable.password.reveal().unwrap().as_str(), "007", "digits are not read as a number");
}

#[test]
fn no_error_about_a_secret_repeats_it() {
    for text in [
        "password = 4242424242",
        "password = true",
        "password = 4242424242.5",
        "password = [\"4242424242\"]",
        "password = { file = 1, value = \"4242424242\" }",
    ] {
        let (_folder, path) = file(text);
        let error = load::<WithSecret>(&Sources::new().file(path)).unwrap_err().to_string();
        assert!(!error.contains("4242424242") && error.contains("password"), "{error}");
    }
}

#[test]
fn sources_do_not_print_the_environment() {
    let sources = Sources::new().env_prefix("X").variables([("X__PASSWORD", "hunter2")]);
    assert!(!format!("{sources:?}").contains("hunter2"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_variable_panics(name in "[A-Z_0-9]{0,12}", nested in "(__STORE|__LISTEN|__TAGS)?", value in "\\PC{0,20}") {
        let name = format!("GREENLANE_REGISTRY{nested}__{name}");
        let _ = from("listen = \"x\"\ntags = []", &[(name.as_str(), value.as_str())]);
    }
}
