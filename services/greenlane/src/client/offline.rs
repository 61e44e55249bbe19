//! Verification without a network: a trust bundle, and the catalogues that it carries.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use greenlane_api::classification::v1::{
    CompareCodesRequest, CompareCodesResponse, TranslateCodeRequest, TranslateCodeResponse,
};
use greenlane_api::equivalence::v1::{RecogniseRequest, RecogniseResponse};
use greenlane_api::registry::v1::{VerifyRequest, VerifyResponse};
use greenlane_classification::offline::OfflineCodes;
use greenlane_equivalence::offline::{Codes, OfflineCatalogue};
use greenlane_log::note::NoteKey;
use greenlane_platform::clock::Clock;
use greenlane_registry::offline::{Bundle, OfflinePeers};
use tonic::Status;

/// A bundle, ready to answer.
pub(crate) struct OfflineTrust {
    bundle: Bundle,
    peers: Arc<Peers>,
}

struct Peers {
    equivalence: Option<OfflineCatalogue>,
    codes: CodesOf,
}

struct CodesOf(Option<OfflineCodes>);

impl OfflineTrust {
    /// Reads a bundle; `key` is the log's that it must be signed by.
    pub(crate) fn open(path: &Path, key: Option<&NoteKey>) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let bundle = Bundle::read(&bytes, key).with_context(|| format!("{} is not to be trusted", path.display()))?;
        let equivalence = match bundle.equivalence() {
            Some((revision, bytes)) => Some(OfflineCatalogue::read(revision, bytes).context("the bundle's catalogue")?),
            None => None,
        };
        let codes = match bundle.classification() {
            Some((revision, bytes)) => Some(OfflineCodes::read(revision, bytes).context("the bundle's codes")?),
            None => None,
        };
        Ok(Self { bundle, peers: Arc::new(Peers { equivalence, codes: CodesOf(codes) }) })
    }

    /// Whose bundle it is and how long it is good.
    pub(crate) fn describe(&self, pinned: bool) -> String {
        let seconds = |time: chrono::DateTime<chrono::Utc>| time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        format!(
            "offline, with a bundle of {} signed by {}{}, good until {}",
            seconds(self.bundle.made_at()),
            self.bundle.log_key(),
            if pinned { "" } else { " (taken at its word: name --log-key to hold it to a key)" },
            seconds(self.bundle.good_until()),
        )
    }

    /// The verdict.
    pub(crate) async fn verify(&self, request: VerifyRequest) -> Result<VerifyResponse, Status> {
        self.bundle.verify(request, Some(Arc::clone(&self.peers) as Arc<dyn OfflinePeers>), Clock::system()).await
    }
}

impl OfflinePeers for Peers {
    fn recognise(&self, request: RecogniseRequest) -> Result<RecogniseResponse, Status> {
        let catalogue = self.equivalence.as_ref().ok_or_else(|| Status::unavailable("the bundle has no catalogue"))?;
        catalogue.recognise(request, &self.codes)
    }

    fn compare_codes(&self, request: CompareCodesRequest) -> Result<CompareCodesResponse, Status> {
        self.codes.get()?.compare(&request)
    }
}

impl CodesOf {
    fn get(&self) -> Result<&OfflineCodes, Status> {
        self.0.as_ref().ok_or_else(|| Status::unavailable("the bundle has no codes"))
    }
}

impl Codes for CodesOf {
    fn translate(&self, request: TranslateCodeRequest) -> Result<TranslateCodeResponse, Status> {
        self.get()?.translate(&request)
    }

    fn revision(&self) -> u64 {
        self.0.as_ref().map_or(0, OfflineCodes::revision)
    }
}
