//! Translations of commodity codes between editions, asked of the classification service and kept by its revision.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use greenlane_api::classification::v1::code_system_service_client::CodeSystemServiceClient;
use greenlane_api::classification::v1::lookup_service_client::LookupServiceClient;
use greenlane_api::classification::v1::{TranslateCodeRequest, WatchRevisionsRequest};
use greenlane_api::common::v1 as common;
use greenlane_platform::client::Client;
use greenlane_platform::follow::{FollowConfig, RevisionFollower};
use tonic::Code;

use crate::config::Config;
use crate::domain::code::CodeReference;
use crate::domain::translate::{TranslateError, Translator};

type Codes = Arc<[Arc<str>]>;
/// A revision of classification, a code, and the edition that it is translated to.
type Key = (u64, CodeReference, Arc<str>);

/// How long the first question waits to hear of classification at all.
const FIRST_WORD: Duration = Duration::from_secs(1);
/// How long one watch stream is kept before it is opened anew.
const WATCH_TIMEOUT: Duration = Duration::from_secs(3_600);

/// Asks classification, and remembers.
pub(crate) struct Translations {
    client: LookupServiceClient<Client>,
    follower: RevisionFollower,
    bound: Duration,
    /// None is a code that has no place there: as certain as a translation.
    known: quick_cache::sync::Cache<Key, Option<Codes>>,
}

impl Translations {
    /// Begins to follow classification's revisions.
    pub(crate) fn new(client: Client, config: &Config) -> Self {
        let watch = client.clone();
        let follower = RevisionFollower::spawn("classification", FollowConfig::default(), move |after_revision| {
            let mut client = CodeSystemServiceClient::new(watch.clone());
            async move {
                let mut request = tonic::Request::new(WatchRevisionsRequest { after_revision });
                request.set_timeout(WATCH_TIMEOUT);
                let messages = client.watch_revisions(request).await?.into_inner();
                Ok(messages.map(|message| message.map(|message| message.revision)))
            }
        });
        Self {
            client: LookupServiceClient::new(client),
            follower,
            bound: Duration::from_millis(config.classification_freshness_ms),
            known: quick_cache::sync::Cache::new(config.kept_translations.max(1)),
        }
    }

    /// How long ago classification was last heard.
    pub(crate) fn age(&self) -> Option<Duration> {
        self.follower.age()
    }

    /// Gets the translations of a code that a decision may need. `exactly` is the revision of classification to use,
    /// or zero for the newest one known.
    pub(crate) async fn fetch(&self, code: &CodeReference, editions: BTreeSet<Arc<str>>, exactly: u64) -> Fetched {
        let others: Vec<_> = editions.into_iter().filter(|edition| *edition != code.edition).collect();
        if others.is_empty() {
            return Fetched::default();
        }
        let Some(revision) = self.revision(exactly).await else {
            // Nothing is in the map: every translation is unavailable.
            return Fetched::default();
        };
        let mut fetched = Fetched { revision, ..Fetched::default() };
        for edition in others {
            let translated = self.translate(code, &edition, revision).await;
            fetched.by_edition.insert(edition, translated);
        }
        fetched
    }

    /// The revision to translate at; none when what is known is too old. A revision that is asked for exactly never
    /// grows old.
    async fn revision(&self, exactly: u64) -> Option<u64> {
        if exactly > 0 {
            return Some(exactly);
        }
        if self.follower.revision().is_none() {
            self.follower.wait_for(0, FIRST_WORD).await;
        }
        if self.follower.is_fresh(self.bound) { self.follower.revision() } else { None }
    }

    async fn translate(
        &self,
        code: &CodeReference,
        edition: &Arc<str>,
        revision: u64,
    ) -> Result<Codes, TranslateError> {
        let key = (revision, code.clone(), edition.clone());
        if let Some(known) = self.known.get(&key) {
            return known.ok_or(TranslateError::Unknown);
        }
        let answer = self.ask(code, edition, revision).await?;
        self.known.insert(key, answer.clone());
        answer.ok_or(TranslateError::Unknown)
    }

    async fn ask(&self, code: &CodeReference, edition: &str, revision: u64) -> Result<Option<Codes>, TranslateError> {
        let request = TranslateCodeRequest {
            code: Some(common::CodeReference { edition: code.edition.to_string(), code: code.code.to_string() }),
            target_edition: edition.to_owned(),
            // A decision must see every code that the goods may have.
            include_held_back: true,
            consistency: Some(common::ReadConsistency {
                requirement: Some(common::read_consistency::Requirement::ExactlyRevision(revision)),
            }),
        };
        let answer = match self.client.clone().translate_code(request).await {
            Ok(answer) => answer.into_inner(),
            Err(status) if matches!(status.code(), Code::NotFound | Code::InvalidArgument) => return Ok(None),
            Err(status) => {
                tracing::warn!(code = ?status.code(), message = status.message(), "classification cannot translate");
                return Err(TranslateError::Unavailable);
            }
        };
        let translation = answer.translation.unwrap_or_default();
        let incomplete = translation.findings.iter().any(|finding| finding.code == "links_incomplete");
        let mut codes: Vec<Arc<str>> =
            translation.targets.into_iter().filter_map(|target| target.code).map(|code| code.code.into()).collect();
        codes.sort();
        codes.dedup();
        Ok(if incomplete || codes.is_empty() { None } else { Some(codes.into()) })
    }
}

/// The translations that were fetched for one question. What was not fetched is unavailable.
#[derive(Debug, Default)]
pub(crate) struct Fetched {
    revision: u64,
    by_edition: HashMap<Arc<str>, Result<Codes, TranslateError>>,
}

impl Translator for Fetched {
    fn translate(&self, _: &CodeReference, edition: &str) -> Result<Codes, TranslateError> {
        self.by_edition.get(edition).cloned().unwrap_or(Err(TranslateError::Unavailable))
    }

    fn revision(&self) -> u64 {
        self.revision
    }
}
