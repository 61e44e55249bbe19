use greenlane_api::equivalence::v1 as eq;

use super::*;

/// An economy of a later version.
#[derive(Clone, PartialEq, Message)]
struct LaterEconomy {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "900")]
    said_later: String,
}

#[derive(Clone, PartialEq, Message)]
struct LaterPage {
    #[prost(message, repeated, tag = "1")]
    economies: Vec<LaterEconomy>,
    #[prost(string, tag = "2")]
    next_page_token: String,
    #[prost(uint64, tag = "3")]
    revision: u64,
}

#[derive(Clone, PartialEq, Message)]
struct LaterEntry {
    #[prost(message, optional, tag = "1")]
    economy: Option<LaterEconomy>,
}

#[derive(Clone, PartialEq, Message)]
struct LaterChange {
    #[prost(message, optional, tag = "1")]
    upsert: Option<LaterEntry>,
}

#[derive(Clone, PartialEq, Message)]
struct LaterChangeSet {
    #[prost(string, tag = "2")]
    title: String,
    #[prost(message, repeated, tag = "4")]
    changes: Vec<LaterChange>,
}

#[derive(Clone, PartialEq, Message)]
struct LaterAnswer {
    #[prost(message, optional, tag = "1")]
    change_set: Option<LaterChangeSet>,
}

fn economy() -> LaterEconomy {
    LaterEconomy { name: "economies/XA".to_owned(), said_later: "a".repeat(300) }
}

/// As the later version hashes it.
fn later() -> LaterChangeSet {
    let entry = LaterEntry { economy: Some(economy()) };
    LaterChangeSet { title: String::new(), changes: vec![LaterChange { upsert: Some(entry) }] }
}

#[test]
fn a_field_of_a_later_version_counts_in_the_hash_of_the_entries_as_it_does_for_that_version() {
    let page = LaterPage { economies: vec![economy()], next_page_token: "next".to_owned(), revision: 1 };
    let page: Page = read(&page.encode_to_vec()).unwrap();
    assert_eq!(page.next_page_token, "next");
    let sent = ChangeSet { changes: page.entries.iter().map(|entry| upsert(1, entry)).collect() };
    assert_eq!(sent.sha256_with(&[]), sha256(later().encode_to_vec()));
    let known = eq::ChangeSet { changes: sent.read().unwrap(), ..Default::default() };
    assert_ne!(known.encode_to_vec(), sent.encode_to_vec(), "which this version does not know");
}

#[test]
fn a_field_of_a_later_version_counts_in_the_hash_of_a_change_set_as_it_does_for_that_version() {
    let answer = LaterAnswer { change_set: Some(LaterChangeSet { title: "A title".to_owned(), ..later() }) };
    let answer: GetChangeSetAnswer = read(&answer.encode_to_vec()).unwrap();
    let sent = answer.change_set.unwrap();
    assert_eq!(sent.sha256_with(b"file"), sha256([later().encode_to_vec(), b"file".to_vec()].concat()));
    let known: Vec<eq::Change> = sent.read().unwrap();
    let upsert = eq::change::Change::Upsert(eq::CatalogueEntry {
        entry: Some(eq::catalogue_entry::Entry::Economy(eq::Economy { name: economy().name, ..Default::default() })),
    });
    assert_eq!(known, [eq::Change { change: Some(upsert) }]);
}
