//! What is served of a revision stays what it is.

use std::collections::BTreeSet;

use greenlane_api::classification::v1 as pb;
use greenlane_store::engine_tests;
use greenlane_store::testing::TestDatabase;
use prost::Message;
use sha2::{Digest as _, Sha256};

use super::running::Running;
use crate::Migrator;

engine_tests!(Migrator: what_is_served_of_the_starter_keeps_its_hash);

/// What the starter says of what is listed.
const FILES: [&str; 5] = [
    include_str!("../../../starter/editions.csv"),
    include_str!("../../../starter/codes.csv"),
    include_str!("../../../starter/correlation_hs2017_hs2022.csv"),
    include_str!("../../../starter/green_lists.csv"),
    include_str!("../../../starter/green_list_entries.csv"),
];

/// The SHA-256 of these files, one after the other.
const FILES_SHA256: &str = "3d6456e5381aa9750a2a0940261f40697ff3c801ae104c49e12d19fe7d87a8e5";

/// The SHA-256 of what is served of them, as the contract's `LogEntry` defines `entries_sha256`.
const SERVED_SHA256: &str = "eb44fe05e9c0bb6a4575b6cee32c69257c7cd232f0a1f969693080b243a544f0";

/// As a field of this number. It is less than 16.
fn field(number: u8, message: &impl Message) -> Vec<u8> {
    const LENGTH_DELIMITED: u8 = 2;
    let mut bytes = vec![(number << 3) | LENGTH_DELIMITED];
    message.encode_length_delimited(&mut bytes).unwrap();
    bytes
}

/// All pages of what is listed.
async fn all<T, F>(page: impl Fn(String) -> F) -> Vec<T>
where
    F: Future<Output = (Vec<T>, String)>,
{
    let (mut listed, mut page_token) = (Vec::new(), String::new());
    loop {
        let (some, next) = page(page_token).await;
        listed.extend(some);
        if next.is_empty() {
            return listed;
        }
        page_token = next;
    }
}

/// Everything that is listed, each as a field of the number of its kind.
async fn served(running: &Running) -> BTreeSet<Vec<u8>> {
    let page_size = 1_000;
    let systems = all(|page_token| {
        let mut client = running.code_systems();
        async move {
            let request = pb::ListCodeSystemsRequest { page_size, page_token, ..Default::default() };
            let page = client.list_code_systems(request).await.unwrap().into_inner();
            (page.code_systems, page.next_page_token)
        }
    });
    let editions = all(|page_token| {
        let mut client = running.code_systems();
        async move {
            let request = pb::ListEditionsRequest { page_size, page_token, ..Default::default() };
            let page = client.list_editions(request).await.unwrap().into_inner();
            (page.editions, page.next_page_token)
        }
    });
    let lists = all(|page_token| {
        let mut client = running.green_lists();
        async move {
            let request = pb::ListGreenListsRequest {
                date: "2000-01-01".to_owned(),
                include_not_in_force: true,
                page_size,
                page_token,
                ..Default::default()
            };
            let page = client.list_green_lists(request).await.unwrap().into_inner();
            (page.green_lists, page.next_page_token)
        }
    });
    let links = all(|page_token| {
        let mut client = running.lookup();
        async move {
            let request = pb::ListCorrelationsRequest {
                first_edition: "HS2017".to_owned(),
                second_edition: "HS2022".to_owned(),
                page_size,
                page_token,
                ..Default::default()
            };
            let page = client.list_correlations(request).await.unwrap().into_inner();
            (page.links, page.next_page_token)
        }
    });
    let (editions, lists) = (editions.await, lists.await);
    let mut fields: BTreeSet<Vec<u8>> = systems.await.iter().map(|system| field(1, system)).collect();
    fields.extend(editions.iter().map(|edition| field(2, edition)));
    fields.extend(links.await.iter().map(|link| field(4, link)));
    fields.extend(lists.iter().map(|list| field(5, list)));
    for edition in &editions {
        let codes = all(|page_token| {
            let mut client = running.lookup();
            let edition = edition.name.trim_start_matches("editions/").to_owned();
            async move {
                let request = pb::ListCodesRequest { edition, page_size, page_token, ..Default::default() };
                let page = client.list_codes(request).await.unwrap().into_inner();
                (page.codes, page.next_page_token)
            }
        });
        fields.extend(codes.await.iter().map(|code| field(3, code)));
    }
    for list in &lists {
        let entries = all(|page_token| {
            let mut client = running.green_lists();
            let name = list.name.clone();
            async move {
                let request = pb::ListGreenListEntriesRequest {
                    name,
                    include_not_in_force: true,
                    page_size,
                    page_token,
                    ..Default::default()
                };
                let page = client.list_green_list_entries(request).await.unwrap().into_inner();
                (page.entries, page.next_page_token)
            }
        });
        fields.extend(entries.await.iter().map(|entry| field(6, entry)));
    }
    fields
}

async fn what_is_served_of_the_starter_keeps_its_hash(db: TestDatabase) {
    let running = Running::start(&db).await;
    let fields = served(&running).await;
    for kind in 1..=6 {
        assert!(fields.iter().any(|field| field[0] >> 3 == kind), "nothing of kind {kind} is served");
    }
    let served = hex::encode(Sha256::digest(fields.into_iter().collect::<Vec<_>>().concat()));
    let files = hex::encode(Sha256::digest(FILES.concat()));
    assert_eq!(
        files, FILES_SHA256,
        "the starter says something else now: that is for databases to come, and both hashes here are to be written \
         anew (what is served of it: {served})"
    );
    assert_eq!(
        served, SERVED_SHA256,
        "the starter says what it said, and something else is served of it. That may not be: registries have on record \
         by this hash what this service began with, and an audit of any of them would say that its catalogue was \
         rewritten. Serve a new field only where something was said of it, and leave at its default what is stored \
         already. If the texts in starter.rs were changed instead, write the hash anew"
    );
    running.end().await;
}
