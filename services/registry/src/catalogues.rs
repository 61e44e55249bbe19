//! The histories of the two catalogues, as the services that keep them tell them: what the registry puts on record of
//! them, and what an auditor holds its records against.

mod codes;
mod entries;
mod lists;
mod sent;

pub use self::entries::Entries;

use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt as _};
use greenlane_api::classification::v1 as cl;
use greenlane_api::classification::v1::code_system_service_client::CodeSystemServiceClient;
use greenlane_api::equivalence::v1 as eq;
use greenlane_api::equivalence::v1::catalogue_service_client::CatalogueServiceClient;
use greenlane_api::equivalence::v1::change_service_client::ChangeServiceClient;
use greenlane_platform::client::Client;
use tonic::Status;

use crate::domain::publication::Catalogue;

/// The revision that a service begins with, unless a change set published it. A later one without a change set brings what
/// was taught, and changes none of what is listed.
pub const FIRST: u64 = 1;

/// Publications in one page of what is listed.
const PAGE: i32 = 1_000;

/// The service that keeps a catalogue.
#[derive(Clone, Debug)]
pub struct CatalogueHistory {
    catalogue: Catalogue,
    client: Client,
}

/// What is told of one published revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The revision.
    pub revision: u64,
    /// `changeSets/{change_set}` that it was published by. None of what a service begins with, and of what it was taught.
    pub change_set: Option<String>,
    /// None where that is not told.
    pub published_at: Option<DateTime<Utc>>,
}

/// A part of a history, the newest first.
#[derive(Clone, Debug)]
pub struct Page {
    /// The revisions that were published, of the equivalence catalogue those by a change set.
    pub told: Vec<Told>,
    /// For the next page. Empty at the end.
    pub next: String,
    /// The revision that the service is at.
    pub revision: u64,
}

/// A whole catalogue as it is served at a revision.
#[derive(Clone, Debug)]
pub struct Served {
    /// What this version knows of its entries. None of classification, which keeps codes and not entries.
    pub entries: Option<Entries>,
    /// The SHA-256 of it, as the contract's `LogEntry` defines it.
    pub sha256: [u8; 32],
    /// Of classification the same without green lists: of what imports alone change.
    pub codes_sha256: Option<[u8; 32]>,
}

/// What a change set changes.
#[derive(Clone, Debug)]
pub struct Changes {
    sha256: [u8; 32],
    changed: Changed,
}

#[derive(Clone, Debug)]
enum Changed {
    Entries(Vec<eq::Change>),
    Lists(Vec<cl::Change>),
}

impl Changes {
    /// Their SHA-256, as the contract's `LogEntry` defines it.
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// Whether they bring what was imported, which changes codes and how they correlate. What this version does not know
    /// may.
    pub fn bring_imports(&self) -> bool {
        match &self.changed {
            Changed::Entries(_) => false,
            Changed::Lists(changes) => {
                changes.iter().any(|change| matches!(change.change, Some(cl::change::Change::PublishImport(_)) | None))
            }
        }
    }

    /// Makes them of the entries that were there before. What they make of the other catalogue is not kept as entries.
    pub fn make(&self, entries: &mut Entries) {
        match &self.changed {
            Changed::Entries(changes) => entries.make(changes),
            Changed::Lists(_) => {}
        }
    }
}

impl CatalogueHistory {
    /// Of the equivalence service.
    pub fn of_equivalence(client: Client) -> Self {
        Self { catalogue: Catalogue::Equivalence, client }
    }

    /// Of the classification service.
    pub fn of_classification(client: Client) -> Self {
        Self { catalogue: Catalogue::Classification, client }
    }

    pub(crate) fn catalogue(&self) -> Catalogue {
        self.catalogue
    }

    /// The newest revision; 0 while there is none.
    ///
    /// # Errors
    /// When the service does not tell.
    pub async fn newest(&self) -> Result<Told, Status> {
        let ended = || Status::unavailable("the stream ended");
        let (revision, published_at) = match self.catalogue {
            Catalogue::Equivalence => {
                let request = eq::WatchRevisionsRequest::default();
                let mut stream = self.recognition().watch_revisions(request).await?.into_inner();
                let newest = stream.message().await?.ok_or_else(ended)?;
                (newest.revision, newest.published_at)
            }
            Catalogue::Classification => {
                let request = cl::WatchRevisionsRequest::default();
                let mut stream = self.codes().watch_revisions(request).await?.into_inner();
                let newest = stream.message().await?.ok_or_else(ended)?;
                (newest.revision, newest.published_at)
            }
        };
        Ok(Told { revision, change_set: None, published_at: moment(published_at) })
    }

    /// The newest revision at once, and each that follows; the same once more, now and then, as a sign of life.
    pub(crate) async fn watch(
        self,
        after_revision: u64,
    ) -> Result<impl Stream<Item = Result<u64, Status>> + Send, Status> {
        let stream = match self.catalogue {
            Catalogue::Equivalence => {
                let stream = self.recognition().watch_revisions(eq::WatchRevisionsRequest { after_revision }).await?;
                stream.into_inner().map(|message| message.map(|message| message.revision)).boxed()
            }
            Catalogue::Classification => {
                let stream = self.codes().watch_revisions(cl::WatchRevisionsRequest { after_revision }).await?;
                stream.into_inner().map(|message| message.map(|message| message.revision)).boxed()
            }
        };
        Ok(stream)
    }

    /// The next page of what was published.
    ///
    /// # Errors
    /// When the service does not tell.
    pub async fn page(&self, page_token: String) -> Result<Page, Status> {
        match self.catalogue {
            Catalogue::Equivalence => {
                let state = eq::ChangeSetState::Published.into();
                let request = eq::ListChangeSetsRequest { page_size: PAGE, page_token, state, ..Default::default() };
                let page = ChangeServiceClient::new(self.client.clone()).list_change_sets(request).await?.into_inner();
                let told = page.change_sets.into_iter().map(|published| Told {
                    revision: published.published_revision,
                    change_set: Some(published.name),
                    published_at: moment(published.published_at),
                });
                Ok(Page { told: told.collect(), next: page.next_page_token, revision: page.revision })
            }
            Catalogue::Classification => {
                let request = cl::ListRevisionsRequest { page_size: PAGE, page_token };
                let page = self.codes().list_revisions(request).await?.into_inner();
                let told = page.revisions.into_iter().map(|published| Told {
                    revision: published.revision,
                    change_set: Some(published.change_set).filter(|name| !name.is_empty()),
                    published_at: moment(published.published_at),
                });
                Ok(Page { told: told.collect(), next: page.next_page_token, revision: page.revision })
            }
        }
    }

    /// What a change set changes.
    ///
    /// # Errors
    /// When the service does not tell.
    pub async fn changes(&self, name: &str) -> Result<Changes, Status> {
        let missing = || Status::not_found(format!("{name} is not told"));
        match self.catalogue {
            Catalogue::Equivalence => {
                let request = eq::GetChangeSetRequest { name: name.to_owned() };
                let method = "/greenlane.equivalence.v1.ChangeService/GetChangeSet";
                let told: sent::GetChangeSetAnswer = sent::call(&self.client, method, request).await?;
                let told = told.change_set.ok_or_else(missing)?;
                Ok(Changes { sha256: told.sha256_with(&[]), changed: Changed::Entries(told.read()?) })
            }
            Catalogue::Classification => {
                let request = cl::GetChangeSetRequest { name: name.to_owned() };
                let method = "/greenlane.classification.v1.ChangeService/GetChangeSet";
                let told: sent::GetChangeSetAnswer = sent::call(&self.client, method, request).await?;
                let told = told.change_set.ok_or_else(missing)?;
                let changes: Vec<cl::Change> = told.read()?;
                let mut files = Vec::new();
                for change in &changes {
                    if let Some(cl::change::Change::PublishImport(name)) = &change.change {
                        let request = cl::GetImportRequest { name: name.clone() };
                        let import = self.codes().get_import(request).await?.into_inner().import;
                        files.extend_from_slice(import.ok_or_else(missing)?.sha256.as_bytes());
                    }
                }
                Ok(Changes { sha256: told.sha256_with(&files), changed: Changed::Lists(changes) })
            }
        }
    }

    /// The first of what a change set changed that the service serves otherwise at the revision that it was published
    /// as, and how. What an import has brought is in its file, and is not held.
    ///
    /// # Errors
    /// When the service does not tell.
    pub async fn not_served(&self, changes: &Changes, revision: u64) -> Result<Option<String>, Status> {
        match &changes.changed {
            Changed::Entries(changes) => entries::not_served(&self.client, changes, revision).await,
            Changed::Lists(changes) => lists::not_served(&self.client, changes, revision).await,
        }
    }

    /// The whole catalogue as it is served at a revision.
    ///
    /// # Errors
    /// When the service does not tell.
    pub async fn served(&self, revision: u64) -> Result<Served, Status> {
        match self.catalogue {
            Catalogue::Equivalence => entries::read(&self.client, revision).await,
            Catalogue::Classification => codes::read(&self.client, revision).await,
        }
    }

    fn recognition(&self) -> CatalogueServiceClient<Client> {
        CatalogueServiceClient::new(self.client.clone())
    }

    fn codes(&self) -> CodeSystemServiceClient<Client> {
        CodeSystemServiceClient::new(self.client.clone())
    }
}

fn moment(told: Option<prost_types::Timestamp>) -> Option<DateTime<Utc>> {
    told.and_then(|at| DateTime::from_timestamp(at.seconds, at.nanos.try_into().ok()?))
}
