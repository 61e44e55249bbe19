//! Translations of commodity codes between editions, asked of the classification service and kept by its revision.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use greenlane_api::classification::v1::code_system_service_client::CodeSystemServiceClient;
use greenlane_api::classification::v1::lookup_service_client::LookupServiceClient;
use greenlane_api::classification::v1::{TranslateCodeRequest, TranslateCodeResponse, WatchRevisionsRequest};
use greenlane_api::common::v1 as common;
use greenlane_platform::client::Client;
use greenlane_platform::follow::{FollowConfig, RevisionFollower};
use tonic::Code;

use crate::config::Config;
use crate::domain::code::CodeReference;
use crate::domain::translate::{TranslateError, Translator};

pub(crate) type Codes = Arc<[Arc<str>]>;
/// A revision of classification, a code, and the edition that it is translated to.
type Key = (u64, CodeReference, Arc<str>);

/// How long the first questions wait to hear of classification at all.
const FIRST_WORD: Duration = Duration::from_secs(1);
/// How long one watch stream is kept before it is opened anew.
const WATCH_TIMEOUT: Duration = Duration::from_secs(3_600);

/// Asks classification, and remembers.
pub(crate) struct Translations {
    client: LookupServiceClient<Client>,
    follower: RevisionFollower,
    bound: Duration,
    /// When a question first wanted a translation.
    first_wanted: OnceLock<Instant>,
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
            first_wanted: OnceLock::new(),
            known: quick_cache::sync::Cache::new(config.kept_translations.max(1)),
        }
    }

    /// How long ago classification was last heard.
    pub(crate) fn age(&self) -> Option<Duration> {
        self.follower.age()
    }

    /// What is known now, for one answer. `exactly` is the revision of classification to use, or zero for the newest
    /// one known. A revision that is asked for exactly never grows old.
    pub(crate) fn known(&self, exactly: u64) -> Known<&Self> {
        Known::new(self, exactly)
    }

    /// The same, for work that goes on apart from its caller.
    pub(crate) fn known_apart(self: Arc<Self>, exactly: u64) -> Known<Arc<Self>> {
        Known::new(self, exactly)
    }

    /// The newest revision; none when what is known is too old.
    fn fresh(&self) -> Option<u64> {
        if self.follower.is_fresh(self.bound) { self.follower.revision() } else { None }
    }

    /// The newest revision, waited for while classification has never been heard and may yet be. The questions that are
    /// there at first wait together, and later ones not at all.
    async fn first_word(&self) -> Option<u64> {
        if self.follower.revision().is_none() {
            let until = *self.first_wanted.get_or_init(Instant::now) + FIRST_WORD;
            self.follower.wait_for(0, until.saturating_duration_since(Instant::now())).await;
        }
        self.fresh()
    }

    async fn fetch(&self, code: &CodeReference, edition: &Arc<str>, revision: u64) -> Result<Codes, TranslateError> {
        let answer = self.ask(code, edition, revision).await?;
        self.known.insert((revision, code.clone(), edition.clone()), answer.clone());
        answer.ok_or(TranslateError::Unknown)
    }

    async fn ask(&self, code: &CodeReference, edition: &str, revision: u64) -> Result<Option<Codes>, TranslateError> {
        let answer = match self.client.clone().translate_code(request(code, edition, revision)).await {
            Ok(answer) => answer.into_inner(),
            Err(status) if matches!(status.code(), Code::NotFound | Code::InvalidArgument) => return Ok(None),
            Err(status) => {
                tracing::warn!(code = ?status.code(), cause = status.message(), "classification cannot translate");
                return Err(TranslateError::Unavailable);
            }
        };
        Ok(read(answer))
    }
}

/// The codes that goods may have in another edition, if all of them are known.
pub(crate) fn read(answer: TranslateCodeResponse) -> Option<Codes> {
    let translation = answer.translation.unwrap_or_default();
    let incomplete = translation.findings.iter().any(|finding| finding.code == "links_incomplete");
    let mut codes: Vec<Arc<str>> =
        translation.targets.into_iter().filter_map(|target| target.code).map(|code| code.code.into()).collect();
    codes.sort();
    codes.dedup();
    if incomplete || codes.is_empty() { None } else { Some(codes.into()) }
}

/// What classification is asked.
pub(crate) fn request(code: &CodeReference, edition: &str, revision: u64) -> TranslateCodeRequest {
    TranslateCodeRequest {
        code: Some(common::CodeReference { edition: code.edition.to_string(), code: code.code.to_string() }),
        target_edition: edition.to_owned(),
        // A decision must see every code that the goods may have.
        include_held_back: true,
        consistency: Some(common::ReadConsistency {
            requirement: Some(common::read_consistency::Requirement::ExactlyRevision(revision)),
        }),
    }
}

/// The translations that are known for one answer, all of one revision. What is not known is noted, and counts as out
/// of reach until [`Known::fetch`] has asked for it.
pub(crate) struct Known<T> {
    translations: T,
    revision: Option<u64>,
    fetched: HashMap<(CodeReference, Arc<str>), Result<Codes, TranslateError>>,
    wanted: RefCell<BTreeSet<(CodeReference, Arc<str>)>>,
}

impl<T: Deref<Target = Translations>> Known<T> {
    fn new(translations: T, exactly: u64) -> Self {
        let revision = if exactly > 0 { Some(exactly) } else { translations.fresh() };
        Self { translations, revision, fetched: HashMap::default(), wanted: RefCell::default() }
    }

    /// Asks classification for what a decision wanted and did not find. Whether the question is to be decided again:
    /// each time at least one translation more is known, so that this ends.
    pub(crate) async fn fetch(&mut self) -> bool {
        let wanted = std::mem::take(self.wanted.get_mut());
        if wanted.is_empty() {
            return false;
        }
        let Some(revision) = self.revision else {
            self.revision = self.translations.first_word().await;
            return self.revision.is_some();
        };
        for (code, edition) in wanted {
            let translated = self.translations.fetch(&code, &edition, revision).await;
            self.fetched.insert((code, edition), translated);
        }
        true
    }
}

impl<T: Deref<Target = Translations>> Translator for Known<T> {
    fn translate(&self, code: &CodeReference, edition: &Arc<str>) -> Result<Codes, TranslateError> {
        let wanted = (code.clone(), edition.clone());
        if let Some(fetched) = self.fetched.get(&wanted) {
            return fetched.clone();
        }
        let key = self.revision.map(|revision| (revision, code.clone(), edition.clone()));
        match key.and_then(|key| self.translations.known.get(&key)) {
            Some(known) => known.ok_or(TranslateError::Unknown),
            None => {
                self.wanted.borrow_mut().insert(wanted);
                Err(TranslateError::Unavailable)
            }
        }
    }

    fn revision(&self) -> u64 {
        self.revision.unwrap_or(0)
    }
}
