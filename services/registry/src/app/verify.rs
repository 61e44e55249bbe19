//! Verification: gathers the facts that a verdict rests on, and has the domain judge them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use greenlane_credential::{Presented as PresentedDocument, Profile};
use greenlane_platform::clock::Clock;
use greenlane_store::{Micros, StoreError};

use super::document::Document;
use super::files::{BodyFile, CertificateFile, VersionFile, public_key};
use super::recognise::{Pin, Pinned, Recognised, Recogniser, Subject as RecognitionSubject, Use};
use super::source::{Later, Source};
use crate::domain::did;
use crate::domain::goods::{Code, Goods};
use crate::domain::key::Key;
use crate::domain::life::{Standing, State, last_effective};
use crate::domain::names::{BodyId, CertificateNumber};
use crate::domain::verdict::authentic::{Judged, Lacking, Presented, Signature};
use crate::domain::verdict::coverage::SameGoods;
use crate::domain::verdict::question::{About, Given, Revisions, decision_id, left_open};
use crate::domain::verdict::recognition::NoDecision;
use crate::domain::verdict::{
    Outcome, Overall, Part, authentic, bundled, catalogue_not_known_then, coverage, force, no_number, overall,
    recognition,
};
use crate::domain::write_off::lineage::Lineage;
use greenlane_jose::sha256;

/// What is to be verified.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    Number(CertificateNumber),
    Document(Document),
}

/// As of when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AsOf {
    Latest,
    AtLeast(u64),
    Exactly(u64),
    Moment(DateTime<Utc>),
    /// The revisions that an earlier verdict named.
    Replay(Revisions),
}

/// One question.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) subject: Subject,
    pub(crate) goods: Option<Goods>,
    /// The date that is judged when no goods are declared.
    pub(crate) day: NaiveDate,
    pub(crate) as_of: AsOf,
    /// Whether to tell what is left to be written off.
    pub(crate) balance: bool,
}

/// The answer.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) outcome: Overall,
    pub(crate) authentic: Part,
    pub(crate) in_force: Part,
    pub(crate) covers_goods: Part,
    pub(crate) recognised: Part,
    pub(crate) number: Option<CertificateNumber>,
    pub(crate) body: Option<BodyId>,
    pub(crate) standing: Option<Standing>,
    pub(crate) version: u32,
    pub(crate) day: NaiveDate,
    pub(crate) revisions: Revisions,
    pub(crate) decision_id: String,
    pub(crate) recognition_decision_id: String,
    pub(crate) checkpoint_time: Micros,
    pub(crate) equivalence_age: Option<Duration>,
    pub(crate) from_memory: bool,
    /// For how long it may be given again, as long as the registry's revision and the day are the same; none when the
    /// next one is to be judged anew.
    pub(crate) holds: Option<Holds>,
}

/// What a verdict that may be given again rests on, beside the registry's revision and the day.
#[derive(Clone, Debug, Default)]
pub(crate) struct Holds {
    /// The revision of the catalogue of equivalences, and whose use each verdict counts as; none when no goods were
    /// declared.
    pub(crate) recognised: Option<(u64, Arc<Use>)>,
    /// Other parts are the latest until then.
    pub(crate) until: Option<Instant>,
}

impl Holds {
    fn at_most(&mut self, until: Option<Instant>) {
        self.until = [self.until, until].into_iter().flatten().min();
    }
}

/// Why a question cannot be answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerifyError {
    #[error("revision {required} is not reached; {revision} is")]
    RevisionNotReached { required: u64, revision: u64 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What verification works with.
pub(crate) struct Verifier {
    pub(crate) source: Source,
    pub(crate) recogniser: Recogniser,
    pub(crate) clock: Clock,
}

/// The revision that an answer is given at, and what is pinned beside it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    pub(crate) revision: u64,
    pinned: Pinned,
    /// The catalogues are those of then, whatever is pinned.
    moment: Option<DateTime<Utc>>,
}

/// Where the certificate stands in the files, at one revision.
struct Found<'a> {
    file: &'a CertificateFile,
    body: Option<&'a BodyFile>,
    /// The version that is judged.
    judged: &'a VersionFile,
    /// The version that is current on the date.
    current: u32,
}

impl Verifier {
    /// The revision to answer at.
    pub(crate) async fn settle(&self, as_of: AsOf) -> Result<At, VerifyError> {
        let reach = async |required| {
            let reached = self.source.reach(required).await;
            reached.map_err(|revision| VerifyError::RevisionNotReached { required, revision })
        };
        let at = |revision| At { revision, pinned: Pinned::default(), moment: None };
        Ok(match as_of {
            AsOf::Latest => at(self.source.revision()),
            AsOf::AtLeast(required) => {
                reach(required).await?;
                at(self.source.revision())
            }
            AsOf::Exactly(required) => {
                reach(required).await?;
                at(required)
            }
            AsOf::Moment(moment) => At { moment: Some(moment), ..at(self.source.revision_at(moment).await?) },
            AsOf::Replay(revisions) => {
                reach(revisions.registry).await?;
                let (equivalence, classification) =
                    (Pin::named(revisions.equivalence), Pin::named(revisions.classification));
                At { pinned: Pinned { equivalence, classification }, ..at(revisions.registry) }
            }
        })
    }

    /// Answers a question at a settled revision.
    pub(crate) async fn verify(&self, question: &Question, at: At) -> Result<Verdict, VerifyError> {
        let day = question.goods.as_ref().map_or(question.day, |goods| goods.date);
        let known = match &question.subject {
            Subject::Document(document) => self.source.number_of(&document.sha256),
            Subject::Number(number) => Some(number.clone()),
        };
        let whole = match &question.subject {
            Subject::Document(document) if known.is_none() || !document.disclosures.is_empty() => {
                Some(document.whole())
            }
            Subject::Document(_) | Subject::Number(_) => None,
        };
        let read = whole.as_deref().map(PresentedDocument::read);
        let number = match &read {
            // Whatever is remembered of the document without what was put behind it: the whole is none, and states nothing.
            Some(Err(_)) => None,
            Some(Ok(read)) => known.or_else(|| stated_number(read)),
            None => known,
        };
        let file = match &number {
            Some(number) => self.source.certificate(number).await?,
            None => None,
        };
        // Of a certificate that is not known, the body that the document names: its key tells whether it signed it.
        let stated;
        let body = match (&file, &read) {
            (Some(file), _) => Some(&file.body),
            (None, Some(Ok(read))) => {
                stated = BodyId::from_name(&read.certificate().issuer.body).ok();
                stated.as_ref()
            }
            (None, _) => None,
        };
        let body = match body {
            Some(body) => self.source.body(body).await?,
            None => None,
        };
        let found = file
            .as_deref()
            .and_then(|file| find(file, body.as_deref(), &question.subject, read.as_ref(), at.revision, day));
        let known = Known {
            later: self.source.later(),
            file: file.as_deref(),
            found: found.as_ref(),
            body: body.as_deref(),
            revision: at.revision,
        };
        let presented = present(&question.subject, read, known);
        let extent = self.source.extent();
        let known = bundled::Found { number: number.is_some(), certificate: file.is_some() };
        let found = found.filter(|_| !extent.is_too_old_for(&presented));
        if let (Presented::Logged, Subject::Document(document), Some(number)) = (&presented, &question.subject, &number)
        {
            self.source.remember_document(document.sha256, number);
        }

        let judged = found.as_ref().map(|found| Judged {
            stored: found.judged.stored,
            key: found.body.and_then(|body| body.key_at(&found.judged.key, at.revision)),
            recorded_at: found.judged.recorded_at,
            log_index: found.judged.log_index,
            tree_size: at.revision,
        });
        let mut authentic = authentic::judge(&presented, judged);
        let life = found.as_ref().map(|found| force::Life {
            events: found.file.events_at(at.revision),
            valid: (found.judged.content.valid_from, found.judged.content.valid_until),
            version: found.judged.version,
            current: found.current,
        });
        let (mut in_force, standing) = force::judge(life, day);
        if number.is_none() {
            in_force = Part::because(Outcome::Undetermined, no_number());
        }
        let open = extent.leave_open(&presented, known, &mut authentic, &mut in_force);
        let doubt = self.source.doubt();
        if let Some(doubt) = doubt {
            in_force = force::in_doubt(in_force, doubt);
        }
        if let Some(file) = &file {
            in_force = force::disputed(in_force, file.contestations_at(at.revision), day);
        }

        let mut revisions = Revisions { registry: at.revision, ..Revisions::default() };
        let mut answer = GoodsAnswer::not_asked();
        if let Some(goods) = &question.goods {
            answer = self.judge_goods(found.as_ref(), goods, at, &mut revisions).await;
            answer.given.balance = question.balance;
            if let (true, Some(found)) = (question.balance, &found) {
                let serial = &goods.product.serial;
                let ledger = self.source.ledger(&found.file.number, at.revision, serial).await?;
                let versions = found.file.versions_at(at.revision).iter();
                let versions = versions.map(|version| (version.version, version.content.as_ref()));
                let lineage = Lineage::of(found.file.events_at(at.revision), versions);
                let judged = found.judged;
                answer.covers.findings.extend(ledger.tell(&lineage, judged.version, &judged.content, goods));
            }
        }
        answer.given.doubt = doubt;
        // What is wrong, or not known yet, may be mended before anything else changes.
        let holds = answer.holds.filter(|_| authentic.outcome == Outcome::Yes && doubt.is_none() && !question.balance);
        let outcomes = [authentic.outcome, in_force.outcome, answer.covers.outcome, answer.recognised.outcome];
        let about = match &question.subject {
            Subject::Number(number) => About::Number(number.as_str()),
            Subject::Document(document) => About::Document(document.presented_sha256()),
        };
        let whole_id = decision_id(about, question.goods.as_ref(), day, revisions, &answer.given);
        let decision_id = match open.or(answer.untold.then_some("catalogue_not_known_then")) {
            Some(code) => left_open(&whole_id, code),
            None => whole_id,
        };
        Ok(Verdict {
            outcome: overall(outcomes),
            authentic,
            in_force,
            covers_goods: answer.covers,
            recognised: answer.recognised,
            body: found.as_ref().map(|found| found.file.body.clone()),
            version: found.as_ref().map_or(0, |found| found.judged.version),
            number: found.as_ref().map(|found| found.file.number.clone()),
            standing,
            day,
            revisions,
            decision_id,
            recognition_decision_id: answer.given.recognition,
            checkpoint_time: self.source.checkpoint_time(),
            equivalence_age: answer.age,
            from_memory: answer.from_memory,
            holds,
        })
    }

    async fn judge_goods(
        &self,
        found: Option<&Found<'_>>,
        goods: &Goods,
        at: At,
        revisions: &mut Revisions,
    ) -> GoodsAnswer {
        let Some(found) = found else {
            return GoodsAnswer {
                covers: coverage::judge(None, goods, |_| SameGoods::Unknown),
                recognised: recognition::judge(None),
                holds: None,
                ..GoodsAnswer::not_asked()
            };
        };
        let content = &found.judged.content;
        let pinned = match at.moment {
            Some(moment) => self.recogniser.known_at(moment).await,
            None => at.pinned,
        };
        let recognised = match found.body.and_then(|file| file.body_at(at.revision)) {
            Some(body) => {
                let subject = RecognitionSubject {
                    number: found.file.number.as_str(),
                    version: found.judged.version,
                    content,
                    body: &found.file.body,
                    body_economy: &body.record.economy,
                };
                self.recogniser.decide(subject, goods, pinned).await
            }
            None => Recognised::none(recognition::NoDecision::Refused),
        };
        let mut decision_id = String::new();
        let from_memory = recognised.remembered.is_some();
        let mut holds = None;
        if let Ok(decision) = &recognised.decision {
            holds = recognised.remembered.map(|recall| Holds {
                recognised: Some((decision.equivalence_revision, recall.used)),
                until: recall.until,
            });
            revisions.equivalence = decision.equivalence_revision;
            revisions.classification = decision.classification_revision;
            decision_id.clone_from(&decision.decision_id);
        }
        // One classification revision for the whole verdict: the one that recognition used, if it used any, or else that
        // of the first comparison.
        let mut codes_at = match revisions.classification {
            0 => pinned.classification.revision(),
            used => used,
        };
        let mut codes = coverage::codes_to_compare(content, goods);
        let untold = pinned.classification == Pin::Untold && !codes.is_empty();
        if untold {
            codes.clear();
        }
        let mut same: HashMap<Code, SameGoods> = HashMap::new();
        for code in codes {
            // Nobody there to ask: the rest is not known either, and the caller is not kept waiting for each.
            let Some(compared) = self.recogniser.compare(&code, &goods.code, codes_at).await else {
                holds = None;
                break;
            };
            if codes_at == 0 {
                codes_at = compared.revision;
            }
            revisions.classification = revisions.classification.max(compared.revision);
            if let Some(holds) = &mut holds {
                holds.at_most(Some(compared.until));
            }
            same.insert(code, compared.same);
        }
        let compare = |code: &Code| same.get(code).copied().unwrap_or(SameGoods::Unknown);
        let mut covers = coverage::judge(Some(content), goods, compare);
        if untold && covers.outcome == Outcome::Undetermined {
            covers.findings.push(catalogue_not_known_then());
        }
        let decision = recognised.decision.as_deref().map_err(|why| *why);
        GoodsAnswer {
            covers,
            recognised: recognition::judge(Some(decision)),
            untold: untold || decision == Err(NoDecision::NotKnownThen),
            given: Given {
                recognition: decision_id,
                compared: same.len().try_into().unwrap_or(u32::MAX),
                ..Given::default()
            },
            age: recognised.age,
            from_memory,
            holds,
        }
    }
}

/// The two parts that rest on the goods.
struct GoodsAnswer {
    covers: Part,
    recognised: Part,
    /// Whether anything is left open since it cannot be told what a catalogue was at a moment.
    untold: bool,
    given: Given,
    age: Option<Duration>,
    from_memory: bool,
    holds: Option<Holds>,
}

impl GoodsAnswer {
    fn not_asked() -> Self {
        Self {
            covers: Part::not_asked(),
            recognised: Part::not_asked(),
            untold: false,
            given: Given::default(),
            age: None,
            from_memory: false,
            holds: Some(Holds::default()),
        }
    }
}

/// The number that a document states, if it is one: what strangers write there is not looked up as it stands.
fn stated_number(read: &PresentedDocument<'_>) -> Option<CertificateNumber> {
    let stated = &read.certificate().number;
    let number = greenlane_credential::CertificateNumber::parse(stated).ok()?;
    (number.as_str() == stated).then(|| CertificateNumber::trusted(stated))
}

/// The version to judge: the one presented, or else the one that is current on the date.
fn find<'a>(
    file: &'a CertificateFile,
    body: Option<&'a BodyFile>,
    subject: &Subject,
    read: Option<&Result<PresentedDocument<'_>, greenlane_credential::DocumentError>>,
    revision: u64,
    day: NaiveDate,
) -> Option<Found<'a>> {
    let versions = file.versions_at(revision);
    let current = last_effective(file.events_at(revision), day)?.version;
    let judged = match subject {
        Subject::Document(document) => versions.iter().find(|version| version.document_sha256 == document.sha256),
        Subject::Number(_) => None,
    };
    let restates = |read: &PresentedDocument<'_>| versions.iter().find(|version| is_restated(version, read));
    let judged = judged.or_else(|| restates(read?.as_ref().ok()?));
    let judged = judged.or_else(|| versions.iter().find(|version| version.version == current))?;
    Some(Found { file, body, judged, current })
}

/// What is known of the certificate and the body that a document names, at a revision.
#[derive(Clone, Copy)]
struct Known<'a> {
    /// What may come after it; none where nothing is missing.
    later: Option<Later<'a>>,
    file: Option<&'a CertificateFile>,
    found: Option<&'a Found<'a>>,
    body: Option<&'a BodyFile>,
    revision: u64,
}

impl Known<'_> {
    /// What later facts may have of a document that is not known: a certificate or a version that was issued since, a
    /// body or a key that was registered since. None when no later fact makes it good.
    fn lacking(self, read: &PresentedDocument<'_>, signature: Signature, key: Option<&Key>) -> Option<Lacking> {
        let (later, stated) = (self.later?, read.certificate());
        let of_this_registry = later.registry.is_none_or(|registry| registry == stated.registry);
        if !of_this_registry || stated.version == 0 || stated_number(read).is_none() {
            return None;
        }
        // The body of a certificate stays what it is, and the identifier of a body.
        let fits = match self.body {
            Some(body) => {
                let record = &body.body.record;
                did::same(&record.did, &stated.issuer.did) && record.id.name() == stated.issuer.body
            }
            None => self.file.is_none() && BodyId::from_name(&stated.issuer.body).is_ok(),
        };
        if !fits {
            return None;
        }
        // A key that is compromised or retired signs nothing any more that counts.
        let may_sign = match key {
            Some(key) => {
                signature == Signature::Valid
                    && key.compromised_since.is_none()
                    && key.record.valid_until.is_none_or(|until| until >= later.from)
            }
            None => is_thumbprint(&read.key().key),
        };
        if !may_sign {
            return None;
        }
        if key.is_none() && self.found.is_some_and(|found| is_restated(found.judged, read)) {
            return Some(Lacking::KeyOfCopy);
        }
        // The log names another document for this version, or the certificate gets no version any more.
        if self.file.is_some_and(|file| !may_have(file, stated.version, self.revision)) {
            return None;
        }
        Some(match (key, self.body, self.file) {
            (Some(_), _, None) => Lacking::Certificate,
            (Some(_), _, Some(_)) => Lacking::Version,
            (None, Some(_), _) => Lacking::Key,
            (None, None, _) => Lacking::Body,
        })
    }
}

/// Whether a key may be called so: registered ones are called by their thumbprint (RFC 7638).
fn is_thumbprint(key: &str) -> bool {
    greenlane_jose::b64::decode(key).is_ok_and(|bytes| bytes.len() == 32)
}

/// Whether a certificate may have got this version after a revision: one that has ended gets none any more.
fn may_have(file: &CertificateFile, version: u32, revision: u64) -> bool {
    let newest = file.versions_at(revision).last().map_or(0, |newest| newest.version);
    let last = file.events_at(revision).last();
    version > newest && last.is_some_and(|last| matches!(last.state_after, State::Active | State::Suspended))
}

/// Whether a document states what this version's does, in the profile that the log does not name.
fn is_restated(version: &VersionFile, read: &PresentedDocument<'_>) -> bool {
    read.profile() == Profile::W3c && version.w3c_sha256 == Some(sha256(read.payload()))
}

/// What was presented, held against what is stored. A document that the log names is not read again: that was done when
/// its version was read from the store.
fn present(
    subject: &Subject,
    read: Option<Result<PresentedDocument<'_>, greenlane_credential::DocumentError>>,
    known: Known<'_>,
) -> Presented {
    let Subject::Document(document) = subject else { return Presented::Number };
    let Known { found, body, revision, .. } = known;
    // A document that the log names, with disclosures that do not belong to it, is not what was issued.
    if let (Some(Err(error)), false) = (&read, document.disclosures.is_empty()) {
        return Presented::Malformed { reason: error.to_string() };
    }
    if found.is_some_and(|found| found.judged.document_sha256 == document.sha256) {
        return Presented::Logged;
    }
    let read = match read.unwrap_or_else(|| PresentedDocument::read(&document.text)) {
        Ok(read) => read,
        Err(error) => return Presented::Malformed { reason: error.to_string() },
    };
    let stated = read.certificate();
    let registered = body.and_then(|body| body.key_at(&read.key().key, revision));
    let is_compromised = registered.is_some_and(|key| key.compromised_since.is_some());
    let signature = match registered.and_then(public_key).map(|key| read.verify(&key).is_ok()) {
        Some(true) => Signature::Valid,
        Some(false) => Signature::Invalid,
        None => Signature::KeyUnknown,
    };
    if signature == Signature::Valid && found.is_some_and(|found| is_restated(found.judged, &read)) {
        return Presented::Restated { is_compromised };
    }
    let foreign = found.is_some_and(|found| found.file.body.name() != stated.issuer.body);
    let newer = known.lacking(&read, signature, registered);
    Presented::Altered { signature, foreign, newer }
}
