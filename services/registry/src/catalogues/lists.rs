//! Green lists and their entries, as the classification service serves them at a revision.

use std::collections::{BTreeMap, BTreeSet};

use greenlane_api::classification::v1 as cl;
use greenlane_api::classification::v1::change::Change;
use greenlane_api::classification::v1::green_list_service_client::GreenListServiceClient;
use greenlane_platform::client::Client;
use tonic::{Code, Status};

use super::sent::{ANSWER_BYTES, exactly};

/// Entries in one page of what is listed: each may be long.
const PAGE: i32 = 200;

/// What a change set makes of lists and entries, by resource name.
#[derive(Default)]
struct Made<'c> {
    lists: BTreeMap<&'c str, Option<&'c cl::GreenList>>,
    /// Those that end by it.
    retired: BTreeSet<&'c str>,
    entries: BTreeMap<&'c str, Option<&'c cl::GreenListEntry>>,
    /// The last day of those that end by it.
    ended: BTreeMap<&'c str, &'c str>,
}

impl<'c> Made<'c> {
    /// None where rows of an import come with it: what these make of a list is not told one by one.
    fn by(changes: &'c [cl::Change]) -> Option<Self> {
        let mut made = Self::default();
        for change in changes.iter().filter_map(|change| change.change.as_ref()) {
            match change {
                Change::PublishImport(_) => return None,
                Change::PutGreenList(list) => {
                    made.lists.insert(&list.name, Some(list));
                }
                Change::RetireGreenList(name) => {
                    made.lists.entry(name).or_default();
                    made.retired.insert(name);
                }
                Change::PutEntry(entry) => {
                    made.ended.remove(entry.name.as_str());
                    made.entries.insert(&entry.name, Some(entry));
                }
                Change::EndEntry(end) => {
                    made.entries.entry(&end.name).or_default();
                    made.ended.insert(&end.name, &end.effective_to);
                }
            }
        }
        Some(made)
    }

    /// The list is said to be what was published. Its version and the number of its entries are the service's.
    fn list(&self, name: &str, served: &cl::GreenList) -> bool {
        let retired = self.retired.contains(name);
        if retired && served.effective_to.is_empty() {
            return false;
        }
        let Some(put) = self.lists.get(name).copied().flatten() else { return true };
        let plain = |list: &cl::GreenList| {
            let effective_to = if retired { String::new() } else { list.effective_to.clone() };
            cl::GreenList { version: 0, entry_count: 0, effective_to, ..list.clone() }
        };
        plain(put) == plain(served)
    }

    /// The entry is what was published. One that says nothing of its source has that of its list.
    fn entry(&self, name: &str, served: &cl::GreenListEntry) -> bool {
        let ended = self.ended.get(name);
        if ended.is_some_and(|day| *day != served.effective_to) {
            return false;
        }
        let Some(put) = self.entries.get(name).copied().flatten() else { return true };
        let mut put = put.clone();
        if ended.is_some() {
            put.effective_to.clone_from(&served.effective_to);
        }
        if put.source.is_none() {
            put.source.clone_from(&served.source);
        }
        put == *served
    }
}

/// The first of these changes that is not what the service serves at the revision, and how. Nothing is held of a change
/// set with the rows of an import in it.
pub(super) async fn not_served(
    client: &Client,
    changes: &[cl::Change],
    revision: u64,
) -> Result<Option<String>, Status> {
    let Some(made) = Made::by(changes) else { return Ok(None) };
    let mut client = GreenListServiceClient::new(client.clone()).max_decoding_message_size(ANSWER_BYTES);
    for name in made.lists.keys() {
        let request =
            cl::GetGreenListRequest { name: (*name).to_owned(), consistency: exactly(revision), ..Default::default() };
        match client.get_green_list(request).await.map(|answer| answer.into_inner().green_list) {
            Ok(Some(served)) if made.list(name, &served) => {}
            Ok(Some(_)) => return Ok(Some(otherwise(name))),
            Ok(None) => return Ok(Some(missing(name))),
            Err(status) if status.code() == Code::NotFound => return Ok(Some(missing(name))),
            Err(status) => return Err(status),
        }
    }
    let lists: BTreeSet<&str> = made.entries.keys().filter_map(|name| Some(name.split_once("/entries/")?.0)).collect();
    let mut served = BTreeMap::new();
    for list in lists {
        entries(&mut client, list, revision, &mut served).await?;
    }
    for name in made.entries.keys() {
        match served.get(*name) {
            Some(served) if made.entry(name, served) => {}
            Some(_) => return Ok(Some(otherwise(name))),
            None => return Ok(Some(missing(name))),
        }
    }
    Ok(None)
}

/// All entries of a list at a revision, ended ones too. None of a list that is not there.
async fn entries(
    client: &mut GreenListServiceClient<Client>,
    list: &str,
    revision: u64,
    into: &mut BTreeMap<String, cl::GreenListEntry>,
) -> Result<(), Status> {
    let mut page_token = String::new();
    loop {
        let request = cl::ListGreenListEntriesRequest {
            name: list.to_owned(),
            page_size: PAGE,
            page_token,
            consistency: exactly(revision),
            include_not_in_force: true,
            ..Default::default()
        };
        let page = match client.list_green_list_entries(request).await {
            Ok(page) => page.into_inner(),
            Err(status) if status.code() == Code::NotFound => return Ok(()),
            Err(status) => return Err(status),
        };
        into.extend(page.entries.into_iter().map(|entry| (entry.name.clone(), entry)));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(());
        }
    }
}

fn otherwise(name: &str) -> String {
    format!("{name} is served otherwise than it was published")
}

fn missing(name: &str) -> String {
    format!("{name} is published and is not served")
}
