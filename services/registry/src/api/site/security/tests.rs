use greenlane_platform::clock::Clock;

use super::SecurityText;
use crate::config::SecurityConfig;

fn config(contacts: &[&str], languages: &[&str]) -> SecurityConfig {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    SecurityConfig { contacts: owned(contacts), languages: owned(languages) }
}

fn refused(contacts: &[&str], languages: &[&str]) -> String {
    match SecurityText::new(&config(contacts, languages), Clock::system()) {
        Ok(_) => panic!("{contacts:?} {languages:?} is taken"),
        Err(why) => why,
    }
}

#[test]
fn without_a_contact_there_is_nothing_to_serve() {
    assert!(SecurityText::new(&config(&[], &["en"]), Clock::system()).unwrap().is_none());
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
