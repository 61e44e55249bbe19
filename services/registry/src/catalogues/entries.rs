//! The entries of the equivalence catalogue, as its service serves them at a revision.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use greenlane_api::equivalence::v1 as eq;
use greenlane_api::equivalence::v1::arrangement_service_client::ArrangementServiceClient;
use greenlane_api::equivalence::v1::catalogue_entry::Entry;
use greenlane_api::equivalence::v1::catalogue_service_client::CatalogueServiceClient;
use greenlane_api::equivalence::v1::equivalence_service_client::EquivalenceServiceClient;
use greenlane_platform::client::Client;
use tonic::{Code, Status};

use super::Served;
use super::sent::{self, exactly};

/// Entries in one page of what is listed: each may be long.
const PAGE: i32 = 200;
/// Entries that are asked for at once.
const AT_ONCE: usize = 8;

/// A whole catalogue: its entries by resource name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entries(BTreeMap<String, Entry>);

impl Entries {
    /// How many they are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Makes the changes.
    pub(super) fn make(&mut self, changes: &[eq::Change]) {
        for (name, becomes) in becomes(changes) {
            match becomes {
                Some(entry) => drop(self.0.insert(name.to_owned(), entry.clone())),
                None => drop(self.0.remove(name)),
            }
        }
    }

    /// The first entry by name that is another in `served`, and how.
    pub fn differs(&self, served: &Self) -> Option<String> {
        let names = self.0.keys().chain(served.0.keys());
        let differing = names.filter(|name| self.0.get(*name) != served.0.get(*name));
        differing.min().map(|name| difference(name, self.0.get(name), served.0.get(name)))
    }
}

/// Whether this version knows what the change does.
fn is_known(change: &eq::Change) -> bool {
    match &change.change {
        Some(eq::change::Change::Upsert(upsert)) => upsert.entry.is_some(),
        Some(eq::change::Change::Retire(_)) => true,
        None => false,
    }
}

/// What each change makes of its entry: none where it is retired.
fn becomes(changes: &[eq::Change]) -> impl Iterator<Item = (&str, Option<&Entry>)> {
    changes.iter().filter_map(|change| match change.change.as_ref()? {
        eq::change::Change::Upsert(upsert) => {
            let entry = upsert.entry.as_ref()?;
            Some((name_of(entry), Some(entry)))
        }
        eq::change::Change::Retire(name) => Some((name.as_str(), None)),
    })
}

fn name_of(entry: &Entry) -> &str {
    match entry {
        Entry::Economy(it) => &it.name,
        Entry::Body(it) => &it.name,
        Entry::Scheme(it) => &it.name,
        Entry::Standard(it) => &it.name,
        Entry::EditionTransition(it) => &it.name,
        Entry::Equivalence(it) => &it.name,
        Entry::Arrangement(it) => &it.name,
        Entry::Annex(it) => &it.name,
        Entry::Designation(it) => &it.name,
        Entry::Requirement(it) => &it.name,
    }
}

fn difference(name: &str, published: Option<&Entry>, served: Option<&Entry>) -> String {
    match (published, served) {
        (Some(_), Some(_)) => format!("{name} is served otherwise than it was published"),
        (Some(_), None) => format!("{name} is published and is not served"),
        (None, Some(_)) => format!("{name} is served and is not published"),
        (None, None) => format!("{name} is neither published nor served"),
    }
}

/// The first of these changes that is not what the service serves at the revision, and how.
pub(super) async fn not_served(
    client: &Client,
    changes: &[eq::Change],
    revision: u64,
) -> Result<Option<String>, Status> {
    if !changes.iter().all(is_known) {
        return Err(Status::unimplemented("a change is of a kind that is not known to this version"));
    }
    let changes: Vec<(String, Option<Entry>)> =
        becomes(changes).map(|(name, entry)| (name.to_owned(), entry.cloned())).collect();
    let differing = stream::iter(changes)
        .map(|(name, published)| async move {
            let served = served(client, &name, revision).await?;
            let differs = served != published;
            Ok::<_, Status>(differs.then(|| difference(&name, published.as_ref(), served.as_ref())))
        })
        .buffered(AT_ONCE)
        .try_filter_map(|difference| async move { Ok(difference) });
    let mut differing = std::pin::pin!(differing);
    differing.try_next().await
}

/// Reads an entry by its name; none where it is not there.
macro_rules! one {
    (
        $service:ident($client:ident).$method:ident($request:ident).$field:ident as $kind:ident, $name:ident, $at:ident
    ) => {
        match $service::new($client.clone())
            .$method(eq::$request { name: $name.to_owned(), consistency: exactly($at) })
            .await
        {
            Ok(answer) => Ok(answer.into_inner().$field.map(Entry::$kind)),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(status),
        }
    };
}

/// An entry as it is served at a revision; none where it is not there.
async fn served(client: &Client, name: &str, at: u64) -> Result<Option<Entry>, Status> {
    use ArrangementServiceClient as Arrangements;
    use CatalogueServiceClient as Catalogue;
    use EquivalenceServiceClient as Equivalences;
    match name.split_once('/').map_or("", |(collection, _)| collection) {
        "economies" => one!(Catalogue(client).get_economy(GetEconomyRequest).economy as Economy, name, at),
        "bodies" => one!(Catalogue(client).get_catalogue_body(GetCatalogueBodyRequest).body as Body, name, at),
        "schemes" => one!(Catalogue(client).get_scheme(GetSchemeRequest).scheme as Scheme, name, at),
        "standards" => {
            one!(Catalogue(client).get_standard_edition(GetStandardEditionRequest).standard as Standard, name, at)
        }
        "editionTransitions" => one!(
            Catalogue(client).get_edition_transition(GetEditionTransitionRequest).edition_transition
                as EditionTransition,
            name,
            at
        ),
        "requirements" => {
            one!(Catalogue(client).get_requirement(GetRequirementRequest).requirement as Requirement, name, at)
        }
        "equivalences" => {
            one!(Equivalences(client).get_equivalence(GetEquivalenceRequest).equivalence as Equivalence, name, at)
        }
        "arrangements" => {
            one!(Arrangements(client).get_arrangement(GetArrangementRequest).arrangement as Arrangement, name, at)
        }
        "annexes" => one!(Arrangements(client).get_annex(GetAnnexRequest).annex as Annex, name, at),
        "designations" => {
            one!(Arrangements(client).get_designation(GetDesignationRequest).designation as Designation, name, at)
        }
        _ => Err(Status::unimplemented(format!("{name} is of a kind that is not known to this version"))),
    }
}

/// Reads all entries of a kind, each as it was sent: those of the method of a service, which have this number in a
/// `CatalogueEntry`.
macro_rules! all {
    ($into:ident, $client:ident, $service:literal.$method:literal($request:ident) as $kind:literal, $at:ident) => {
        let mut page_token = String::new();
        loop {
            let request = eq::$request { page_size: PAGE, page_token, consistency: exactly($at), ..Default::default() };
            let method = concat!("/greenlane.equivalence.v1.", $service, "/", $method);
            let page: sent::Page = sent::call($client, method, request).await?;
            for entry in &page.entries {
                let upsert = sent::upsert($kind, entry);
                let entry = upserted(&upsert)?;
                $into.insert(name_of(&entry).to_owned(), (entry, upsert));
            }
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
    };
}

/// The entry that a change upserts.
fn upserted(change: &[u8]) -> Result<Entry, Status> {
    match sent::read::<eq::Change>(change)?.change {
        Some(eq::change::Change::Upsert(eq::CatalogueEntry { entry: Some(entry) })) => Ok(entry),
        Some(eq::change::Change::Upsert(_) | eq::change::Change::Retire(_)) | None => {
            Err(Status::internal("an entry of the catalogue is none"))
        }
    }
}

/// The whole catalogue at a revision.
pub(super) async fn read(client: &Client, at: u64) -> Result<Served, Status> {
    let mut found = BTreeMap::new();
    all!(found, client, "CatalogueService"."ListEconomies"(ListEconomiesRequest) as 1, at);
    all!(found, client, "CatalogueService"."ListCatalogueBodies"(ListCatalogueBodiesRequest) as 2, at);
    all!(found, client, "CatalogueService"."ListSchemes"(ListSchemesRequest) as 3, at);
    all!(found, client, "CatalogueService"."ListStandardEditions"(ListStandardEditionsRequest) as 4, at);
    all!(found, client, "CatalogueService"."ListEditionTransitions"(ListEditionTransitionsRequest) as 5, at);
    all!(found, client, "EquivalenceService"."ListEquivalences"(ListEquivalencesRequest) as 6, at);
    all!(found, client, "ArrangementService"."ListArrangements"(ListArrangementsRequest) as 7, at);
    all!(found, client, "ArrangementService"."ListAnnexes"(ListAnnexesRequest) as 8, at);
    all!(found, client, "ArrangementService"."ListDesignations"(ListDesignationsRequest) as 9, at);
    all!(found, client, "CatalogueService"."ListRequirements"(ListRequirementsRequest) as 10, at);
    let (mut entries, mut changes) = (BTreeMap::new(), Vec::with_capacity(found.len()));
    for (name, (entry, upsert)) in found {
        entries.insert(name, entry);
        changes.push(upsert);
    }
    let sha256 = sent::ChangeSet { changes }.sha256_with(&[]);
    Ok(Served { entries: Some(Entries(entries)), sha256, codes_sha256: None })
}
