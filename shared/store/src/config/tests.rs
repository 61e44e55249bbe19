use super::{StoreConfig, without_password};

#[test]
fn an_unknown_key_is_an_error_that_names_it() {
    let refused = serde_json::from_str::<StoreConfig>(r#"{ "url": "sqlite:x.db", "reader": 3 }"#).unwrap_err();
    assert!(refused.to_string().contains("`reader`"), "{refused}");
}

#[test]
fn every_key_but_the_url_has_a_default() {
    let config: StoreConfig = serde_json::from_str(r#"{ "url": "sqlite:x.db" }"#).unwrap();
    assert_eq!(config.url, "sqlite:x.db");
    assert!(config.readers > 0 && config.writers > 0 && config.acquire_timeout_ms > 0);
}

#[test]
fn no_password_is_printed() {
    assert_eq!(without_password("postgres://me:geheim@db.example.org/x"), "postgres://me:***@db.example.org/x");
    assert_eq!(without_password("postgres://me:ge@heim@db.example.org/x"), "postgres://me:***@db.example.org/x");
    assert_eq!(without_password("postgres://me@db.example.org/x"), "postgres://me@db.example.org/x");
    assert_eq!(without_password("sqlite:data/x.db"), "sqlite:data/x.db");
    let config: StoreConfig =
        serde_json::from_str(r#"{ "url": "postgres://me:geheim@db.example.org/x", "password": "geheim" }"#).unwrap();
    assert!(!format!("{config:?}").contains("geheim"), "{config:?}");
}

#[test]
fn a_databases_name_is_what_its_address_ends_with() {
    for (url, name) in [
        ("postgres://me@db.example.org:5432/registry?sslmode=verify-full&sslrootcert=/etc/ca/x.pem", "registry"),
        ("postgresql://db.example.org/codes", "codes"),
        ("postgres://db.example.org", ""),
        ("sqlite:data/registry.db", "registry"),
        ("sqlite:registry.db", "registry"),
        ("sqlite:/var/lib/greenlane/registry", "registry"),
    ] {
        assert_eq!(StoreConfig::at(url).namespace(), name, "{url}");
    }
}

#[test]
fn by_which_file_of_authorities_a_database_is_believed_is_read_from_its_address() {
    for (url, told) in [
        (
            "postgres://me@db.example.org:5432/registry?sslmode=verify-full&sslrootcert=/etc/ca/x.pem",
            Some(("/etc/ca/x.pem", "db.example.org")),
        ),
        ("postgres://db/codes?sslrootcert=ca.pem&sslmode=verify-ca", Some(("ca.pem", "db"))),
        ("postgres://[2001:db8::1]/codes?sslrootcert=ca.pem", Some(("ca.pem", "[2001:db8::1]"))),
        ("postgres://me@localhost:5433/codes?sslrootcert=ca.pem", Some(("ca.pem", "localhost"))),
        ("postgres://me@db.example.org:5432/registry?sslmode=require", None),
        ("postgres://db.example.org/registry", None),
        ("sqlite:data/registry.db", None),
    ] {
        assert_eq!(StoreConfig::at(url).authorities(), told, "{url}");
    }
}
