//! Verification and recognition without a network: a trust bundle or a recognition pack, and the catalogues in it.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use greenlane_api::classification::v1::{
    CompareCodesRequest, CompareCodesResponse, TranslateCodeRequest, TranslateCodeResponse,
};
use greenlane_api::common::v1::Finding;
use greenlane_api::equivalence::v1::{RecogniseRequest, RecogniseResponse, RecognitionDecision, RecognitionOutcome};
use greenlane_api::registry::v1::{VerifyRequest, VerifyResponse};
use greenlane_classification::offline::OfflineCodes;
use greenlane_equivalence::offline::{Codes, OfflineCatalogue};
use greenlane_equivalence::pack::RecognitionPack;
use greenlane_log::note::NoteKey;
use greenlane_platform::clock::Clock;
use greenlane_registry::offline::{Bundle, OfflinePeers};
use tonic::Status;

use super::exit::Usage;

/// A bundle, ready to answer.
pub(crate) struct OfflineTrust {
    bundle: Bundle,
    peers: Arc<Peers>,
}

struct Peers {
    recognition: Recognition,
    codes: CodesOf,
}

/// What recognition is decided on.
enum Recognition {
    /// What the bundle carries, if it carries any.
    Bundle(Option<Box<OfflineCatalogue>>),
    /// A pack, beside a bundle that carries this revision of the catalogue: 0 for none.
    Pack(Box<OfflinePack>, u64),
}

struct CodesOf(Option<OfflineCodes>);

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| Usage(format!("cannot read {}", path.display())))
}

fn untrusted(path: &Path) -> Usage {
    Usage(format!("{} is not to be trusted", path.display()))
}

/// Reads a bundle, which must be signed by the log's key if that is named.
pub(crate) fn read_bundle(path: &Path, key: Option<&NoteKey>) -> anyhow::Result<Bundle> {
    Bundle::read(&read(path)?, key).with_context(|| untrusted(path))
}

/// The key of a log that is named on the command line.
pub(crate) fn named_log_key(named: Option<&str>) -> anyhow::Result<Option<NoteKey>> {
    let key = named.map(str::parse).transpose();
    key.map_err(|error| anyhow::Error::new(error).context(Usage("--log-key is no log's key".to_owned())))
}

/// The key of a log: the one that is named, or that of the bundle, which it must fit. None where there is neither.
pub(crate) fn log_key(named: Option<&str>, bundle: Option<&Path>) -> anyhow::Result<Option<NoteKey>> {
    let named = named_log_key(named)?;
    let Some(path) = bundle else { return Ok(named) };
    read_bundle(path, named.as_ref())?.log_key().parse().map(Some).context("the bundle's key cannot be read")
}

impl OfflineTrust {
    /// Reads a bundle; `key` is the log's that it must be signed by. Recognition is decided on `pack`, when there is one,
    /// in place of what the bundle carries.
    pub(crate) fn open(path: &Path, key: Option<&NoteKey>, pack: Option<OfflinePack>) -> anyhow::Result<Self> {
        let bundle = read_bundle(path, key)?;
        let codes = CodesOf(match bundle.classification() {
            Some((revision, bytes)) => Some(OfflineCodes::read(revision, bytes).context("the bundle's codes")?),
            None => None,
        });
        if let Some(pack) = pack {
            let beside = bundle.equivalence().map_or(0, |(revision, _)| revision);
            let recognition = Recognition::Pack(Box::new(pack), beside);
            return Ok(Self { bundle, peers: Arc::new(Peers { recognition, codes }) });
        }
        let equivalence = match bundle.equivalence() {
            Some((revision, bytes)) => Some(OfflineCatalogue::read(revision, bytes).context("the bundle's catalogue")?),
            None => None,
        };
        Ok(Self {
            bundle,
            peers: Arc::new(Peers { recognition: Recognition::Bundle(equivalence.map(Box::new)), codes }),
        })
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

/// A recognition pack, ready to answer.
pub(crate) struct OfflinePack {
    pack: RecognitionPack,
    catalogue: OfflineCatalogue,
    codes: CodesOf,
}

impl OfflinePack {
    /// Reads a pack; `keys` are the thumbprints of the keys that it may be signed by, none for any.
    pub(crate) fn open(path: &Path, keys: &[String]) -> anyhow::Result<Self> {
        let pack = RecognitionPack::read(&read(path)?, keys).with_context(|| untrusted(path))?;
        let (revision, bytes) = pack.equivalence();
        let catalogue = OfflineCatalogue::read(revision, bytes).context("the pack's catalogue")?;
        let (revision, bytes) = pack.classification();
        let codes = CodesOf(Some(OfflineCodes::read(revision, bytes).context("the pack's codes")?));
        Ok(Self { pack, catalogue, codes })
    }

    /// Whose pack it is and how long it is good.
    pub(crate) fn describe(&self, pinned: bool) -> String {
        let seconds = |time: chrono::DateTime<chrono::Utc>| time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        format!(
            "offline, with a recognition pack of {} signed by {}{}, good until {}",
            seconds(self.pack.made_at()),
            self.pack.key_id(),
            if pinned { "" } else { " (taken at its word: name --pack-key to hold it to a key)" },
            seconds(self.pack.good_until()),
        )
    }

    /// The decision of the pack's revision. A pack that is not good at this moment or for the date leaves it open: the
    /// catalogue may have changed since.
    pub(crate) fn recognise(&self, request: RecogniseRequest) -> Result<RecogniseResponse, Status> {
        self.recognise_beside(0, request)
    }

    /// The same beside what knows a revision of the catalogue: where the pack's is an earlier one, it has changed since.
    fn recognise_beside(&self, newer: u64, request: RecogniseRequest) -> Result<RecogniseResponse, Status> {
        let mut answer = self.catalogue.recognise(request, &self.codes)?;
        answer.decision = answer.decision.map(|decided| match self.cannot_tell(newer, &decided.date) {
            // It is another decision than the service's of that revision, and so has none of its identifiers.
            Some(finding) => RecognitionDecision {
                outcome: RecognitionOutcome::Undetermined.into(),
                findings: vec![finding],
                date: decided.date,
                markets: decided.markets,
                revision: decided.revision,
                ..Default::default()
            },
            None => decided,
        });
        Ok(answer)
    }

    fn cannot_tell(&self, newer: u64, date: &str) -> Option<Finding> {
        let found = |code: &str, message: String| Finding { code: code.to_owned(), message, ..Default::default() };
        let (own, _) = self.pack.equivalence();
        if own < newer {
            let message = format!(
                "The recognition pack is of revision {own} of the catalogue, and the trust bundle of {newer}: get a new \
                 pack."
            );
            return Some(found("pack_older_than_bundle", message));
        }
        let on = || date.parse().ok().and_then(|day| self.pack.not_good_on(day));
        let why = self.pack.not_good_at(Clock::system().now()).or_else(on)?;
        Some(found("pack_not_good", why.to_owned()))
    }
}

impl OfflinePeers for Peers {
    fn recognise(&self, request: RecogniseRequest) -> Result<RecogniseResponse, Status> {
        match &self.recognition {
            Recognition::Bundle(Some(catalogue)) => catalogue.recognise(request, &self.codes),
            Recognition::Bundle(None) => Err(Status::unavailable("the bundle has no catalogue")),
            Recognition::Pack(pack, newer) => pack.recognise_beside(*newer, request),
        }
    }

    fn compare_codes(&self, request: CompareCodesRequest) -> Result<CompareCodesResponse, Status> {
        self.codes.get()?.compare(&request)
    }

    fn has_own_catalogue(&self) -> bool {
        matches!(self.recognition, Recognition::Pack(..))
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
