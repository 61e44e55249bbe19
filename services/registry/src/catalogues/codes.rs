//! What the classification service serves at a revision: codes, how they correlate, green lists and their entries.

use std::collections::BTreeSet;

use greenlane_api::classification::v1 as cl;
use greenlane_jose::sha256;
use greenlane_platform::client::Client;
use prost::Message;
use tonic::Status;

use super::Served;
use super::sent::{self, exactly};

/// Things in one page of what is listed: each may be long.
const PAGE: i32 = 200;

/// The day for which lists are asked for: how many of its entries are in force on a day is told with each.
const DAY: &str = "2000-01-01";

/// The whole catalogue at a revision.
pub(super) async fn read(client: &Client, at: u64) -> Result<Served, Status> {
    const CODE_SYSTEMS: &str = "/greenlane.classification.v1.CodeSystemService/ListCodeSystems";
    const EDITIONS: &str = "/greenlane.classification.v1.CodeSystemService/ListEditions";
    let systems = all(client, CODE_SYSTEMS, |page_token| cl::ListCodeSystemsRequest {
        page_size: PAGE,
        page_token,
        consistency: exactly(at),
    });
    let systems = systems.await?;
    let editions = all(client, EDITIONS, |page_token| cl::ListEditionsRequest {
        page_size: PAGE,
        page_token,
        consistency: exactly(at),
        ..Default::default()
    });
    let editions = editions.await?;
    let (codes, links) = within(client, &editions, at).await?;
    let (lists, entries) = green_lists(client, at).await?;
    let of_codes = [(1, systems), (2, editions), (3, codes), (4, links)];
    let codes_sha256 = hash(&of_codes);
    let sha256 = hash(of_codes.iter().chain(&[(5, lists), (6, entries)]));
    Ok(Served { entries: None, sha256, codes_sha256: Some(codes_sha256) })
}

/// The codes of these editions, and the links between any two of them.
async fn within(client: &Client, editions: &[Vec<u8>], at: u64) -> Result<(Vec<Vec<u8>>, Vec<Vec<u8>>), Status> {
    const CODES: &str = "/greenlane.classification.v1.LookupService/ListCodes";
    const LINKS: &str = "/greenlane.classification.v1.LookupService/ListCorrelations";
    let (mut codes, mut links, mut correlated) = (Vec::new(), Vec::new(), BTreeSet::new());
    for edition in editions {
        let edition: cl::Edition = sent::read(edition)?;
        let id = identifier(&edition.name);
        let of_it = all(client, CODES, |page_token| cl::ListCodesRequest {
            edition: id.to_owned(),
            page_size: PAGE,
            page_token,
            consistency: exactly(at),
            ..Default::default()
        });
        codes.extend(of_it.await?);
        for other in edition.correlated_editions.iter().map(|name| identifier(name)) {
            correlated.insert((id.min(other).to_owned(), id.max(other).to_owned()));
        }
    }
    for (first, second) in correlated {
        let between = all(client, LINKS, |page_token| cl::ListCorrelationsRequest {
            first_edition: first.clone(),
            second_edition: second.clone(),
            page_size: PAGE,
            page_token,
            consistency: exactly(at),
        });
        links.extend(between.await?);
    }
    Ok((codes, links))
}

/// `HS2022` of `editions/HS2022`.
fn identifier(edition: &str) -> &str {
    edition.strip_prefix("editions/").unwrap_or(edition)
}

/// Green lists, and the entries of each, ended ones too.
async fn green_lists(client: &Client, at: u64) -> Result<(Vec<Vec<u8>>, Vec<Vec<u8>>), Status> {
    const LISTS: &str = "/greenlane.classification.v1.GreenListService/ListGreenLists";
    const ENTRIES: &str = "/greenlane.classification.v1.GreenListService/ListGreenListEntries";
    let lists = all(client, LISTS, |page_token| cl::ListGreenListsRequest {
        date: DAY.to_owned(),
        page_size: PAGE,
        page_token,
        consistency: exactly(at),
        include_not_in_force: true,
    });
    let lists = lists.await?;
    let mut entries = Vec::new();
    for list in &lists {
        let list: cl::GreenList = sent::read(list)?;
        let of_it = all(client, ENTRIES, |page_token| cl::ListGreenListEntriesRequest {
            name: list.name.clone(),
            page_size: PAGE,
            page_token,
            consistency: exactly(at),
            include_not_in_force: true,
            ..Default::default()
        });
        entries.extend(of_it.await?);
    }
    Ok((lists, entries))
}

/// All that a method lists, each as it was sent.
async fn all<Q: Message + 'static>(
    client: &Client,
    method: &'static str,
    request: impl Fn(String) -> Q,
) -> Result<Vec<Vec<u8>>, Status> {
    let (mut sent, mut page_token) = (Vec::new(), String::new());
    loop {
        let page: sent::Page = sent::call(client, method, request(page_token)).await?;
        sent.extend(page.entries);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(sent);
        }
    }
}

/// The SHA-256 of messages, each as a field of the number of its kind, in the order of their bytes, as the contract's
/// `LogEntry` defines it.
fn hash<'m>(kinds: impl IntoIterator<Item = &'m (u8, Vec<Vec<u8>>)>) -> [u8; 32] {
    let fields =
        |(kind, messages): &'m (u8, Vec<Vec<u8>>)| messages.iter().map(move |message| sent::field(*kind, message));
    let fields: BTreeSet<Vec<u8>> = kinds.into_iter().flat_map(fields).collect();
    sha256(fields.into_iter().flatten().collect::<Vec<u8>>())
}
