use greenlane_platform::clock::Clock;

use super::SecurityText;
use crate::config::SecurityConfig;

fn config(contacts: &[&str], languages: &[&str]) -> SecurityConfig {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    SecurityConfig { contacts: owned(contacts), languages: owned(languages) }
}

fn refused(contacts: &[&str], languages: &[&str]) -> String {
    match SecurityText::new(&config(contacts, languages), "https://registry.example.org", Clock::system()) {
        Ok(_) => panic!("{contacts:?} {languages:?} is taken"),
        Err(why) => why,
    }
}

#[test]
fn without_a_contact_there_is_nothing_to_serve() {
    let nobody = SecurityText::new(&config(&[], &["en"]), "https://registry.example.org", Clock::system());
    assert!(nobody.unwrap().is_none());
}

#[test]
fn where_it_belongs_is_the_root_of_the_registrys_host_and_not_told_where_that_has_no_tls() {
    for (public_url, canonical) in [
        ("https://registry.example.org", Some("https://registry.example.org/.well-known/security.txt")),
        ("https://example.org:8443/registry", Some("https://example.org:8443/.well-known/security.txt")),
        ("http://localhost:7404", None),
    ] {
        let contacts = config(&["mailto:security@example.org"], &[]);
        let served = SecurityText::new(&contacts, public_url, Clock::system()).unwrap().unwrap();
        let text = served.text(Clock::system().now());
        let told: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("Canonical: ")).collect();
        assert_eq!(told, Vec::from_iter(canonical), "{text}");
    }
}

#[test]
fn what_is_no_contact_is_refused_at_start_and_named() {
    for wrong in
        ["security@example.org", "mailto:", "http://example.org", "mailto:a@example.org\nContact: mailto:b@example.org"]
    {
        let why = refused(&["mailto:security@example.org", wrong], &[]);
        assert!(why.contains(&format!("{wrong:?}")), "{why}");
    }
    assert!(refused(&["tel:+1-201-555-0123"], &["en", "in English"]).contains("in English"));
}
