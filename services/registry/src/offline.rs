//! Verification without the registry: on a trust bundle, with the same rules and the same words.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use greenlane_api::registry::v1 as wire;
use greenlane_log::note::NoteKey;
use greenlane_platform::clock::Clock;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;
use tonic::Status;

pub use crate::app::bundle::BundleError;
pub use crate::app::recognise::OfflinePeers;

use crate::api::{consistency, verdict, verify};
use crate::app::bundle::Trusted;
use crate::app::recognise::Recogniser;
use crate::app::source::Source;
use crate::app::verify::{AsOf, Subject, Verdict, Verifier};
use crate::domain::life::{State, last_effective};
use crate::domain::verdict::question::left_open;
use crate::domain::verdict::{Finding, Outcome, Part, overall};

/// A trust bundle, read and verified.
#[derive(Clone, Debug)]
pub struct Bundle {
    trusted: Arc<Trusted>,
}

/// How far a clock may lie before the bundle was made: clocks differ.
const CLOCK_DIFFERENCE: TimeDelta = TimeDelta::minutes(5);

impl Bundle {
    /// Reads a bundle. It must be signed by `log`, when that is given, and else by the key that it names itself.
    ///
    /// # Errors
    /// When it is not whole, not signed, or another log's.
    pub fn read(bytes: &[u8], log: Option<&NoteKey>) -> Result<Self, BundleError> {
        Ok(Self { trusted: Arc::new(Trusted::read(bytes, log)?) })
    }

    /// Who signed it: the log's key, as others write it.
    pub fn log_key(&self) -> &str {
        &self.trusted.header.log_key
    }

    /// When it was made.
    pub fn made_at(&self) -> DateTime<Utc> {
        self.trusted.header.made_at
    }

    /// Until when it is good.
    pub fn good_until(&self) -> DateTime<Utc> {
        self.trusted.header.good_until
    }

    /// Revision and bytes of the catalogue that recognition is decided on; none when it carries none.
    pub fn equivalence(&self) -> Option<(u64, &[u8])> {
        let revision = self.trusted.header.equivalence_revision;
        (!self.trusted.equivalence.is_empty()).then_some((revision, self.trusted.equivalence.as_slice()))
    }

    /// Revision and bytes of the codes; none when it carries none.
    pub fn classification(&self) -> Option<(u64, &[u8])> {
        let revision = self.trusted.header.classification_revision;
        (!self.trusted.classification.is_empty()).then_some((revision, self.trusted.classification.as_slice()))
    }

    /// Answers as the service would at the bundle's revision. A bundle that is not good at this moment leaves open what
    /// may have changed since; what it disproves stays disproved.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` when the question makes no sense, or asks for what a bundle does not hold.
    pub async fn verify(
        &self,
        request: wire::VerifyRequest,
        peers: Option<Arc<dyn OfflinePeers>>,
        clock: Clock,
    ) -> Result<wire::VerifyResponse, Status> {
        let mut v = Violations::new();
        for (field, asked) in [
            ("as_of", request.as_of.is_some()),
            ("replay", request.replay.is_some()),
            ("consistency", request.consistency.is_some()),
            ("include_proof", request.include_proof),
            ("include_statement", request.include_statement),
            ("include_balance", request.include_balance),
        ] {
            v.check(field, !asked, "cannot be asked of a bundle");
        }
        v.finish()?;
        let header = &self.trusted.header;
        let destination = request.goods.as_ref().map(|goods| goods.destination.clone()).unwrap_or_default();
        let own = peers.as_ref().is_some_and(|peers| peers.has_own_catalogue());
        // Whatever its spelling: a wrong one is refused as such.
        let within = own
            || destination.is_empty()
            || header.destinations.is_empty()
            || header.destinations.contains(&destination);
        let now = clock.now();
        let hint = self.meant(&request);
        let question = verify::question(request, now, &hint)?;
        let equivalence = peers.clone().filter(|_| own || within && self.equivalence().is_some());
        let codes = peers.filter(|_| self.classification().is_some());
        let recogniser = Recogniser::offline(equivalence, codes);
        let verifier = Verifier { source: Source::Bundle(Arc::clone(&self.trusted)), recogniser, clock };
        let at = verifier.settle(AsOf::Latest).await.map_err(Fault::from)?;
        let mut answer = verifier.verify(&question, at).await.map_err(Fault::from)?;
        if !within && question.goods.is_some() {
            let message =
                format!("The trust bundle was made without the market {destination}: a recognition pack tells of it.");
            let finding = Finding::new("destination_not_in_bundle", message).with("destination", &destination);
            // That there is nobody to ask is said by this one.
            answer.recognised.findings.retain(|finding| finding.code != "recognition_unavailable");
            answer.recognised.findings.push(finding);
            answer.decision_id = left_open(&answer.decision_id, "destination_not_in_bundle");
        }
        if let Some(why) = self.not_good_at(now).or_else(|| self.not_good_on(answer.day)) {
            // Of a number it is judged which version counts, of a document what it is: nothing that comes later makes one
            // genuine that is not.
            let disproved = matches!(question.subject, Subject::Document(_));
            let ended = self.had_ended(&answer);
            let opened = [
                leave_open(&mut answer.authentic, disproved, &why),
                leave_open(&mut answer.in_force, ended, &why),
                leave_open(&mut answer.covers_goods, false, &why),
                leave_open(&mut answer.recognised, false, &why),
            ];
            if opened.contains(&true) {
                answer.decision_id = left_open(&answer.decision_id, why.code);
            }
            answer.outcome = overall([
                answer.authentic.outcome,
                answer.in_force.outcome,
                answer.covers_goods.outcome,
                answer.recognised.outcome,
            ]);
        }
        Ok(wire::VerifyResponse {
            verdict: Some(verdict::verdict(answer)),
            revision: at.revision,
            proof: None,
            statement: String::new(),
        })
    }

    /// Which certificate of the bundle is meant by a number that is mistyped, if there is one like it.
    fn meant(&self, request: &wire::VerifyRequest) -> String {
        let Some(wire::verify_request::Subject::Certificate(text)) = &request.subject else { return String::new() };
        let near = greenlane_credential::CertificateNumber::near(text.strip_prefix("certificates/").unwrap_or(text));
        let numbers = near.into_iter().map(|near| near.as_str().to_owned());
        let held = numbers.filter(|number| self.trusted.certificates.contains_key(number));
        consistency::meant(&held.collect::<Vec<_>>())
    }

    /// Whether the certificate had ended when the bundle was made, and so on the day that is judged: no step undoes that.
    /// An end that was only announced, for a later day, can be overtaken.
    fn had_ended(&self, answer: &Verdict) -> bool {
        let header = &self.trusted.header;
        let file = answer.number.as_ref().and_then(|number| self.trusted.certificates.get(number.as_str()));
        let last = file.and_then(|file| last_effective(file.events_at(header.revision), answer.day));
        last.is_some_and(|last| match last.state_after {
            State::Active | State::Suspended => false,
            State::Withdrawn | State::Terminated | State::Superseded => {
                last.effective_at.date_naive() <= header.made_at.date_naive()
            }
            State::Annulled => true,
        })
    }

    fn not_good_at(&self, now: DateTime<Utc>) -> Option<Finding> {
        let header = &self.trusted.header;
        if now > header.good_until {
            Some(self.not_good("The trust bundle is too old to tell: get a new one."))
        } else if now < header.made_at - CLOCK_DIFFERENCE {
            Some(self.not_good("The clock here is before the trust bundle was made."))
        } else {
            None
        }
    }

    /// A date behind its end is no other than a moment behind it: what comes until then is not in the bundle.
    fn not_good_on(&self, date: NaiveDate) -> Option<Finding> {
        let behind = date.and_time(NaiveTime::MIN).and_utc() > self.trusted.header.good_until;
        behind.then(|| self.not_good("The date lies behind the time for which the trust bundle is good."))
    }

    fn not_good(&self, message: &str) -> Finding {
        let header = &self.trusted.header;
        Finding::new("bundle_not_good", message)
            .with("made_at", header.made_at.to_rfc3339())
            .with("good_until", header.good_until.to_rfc3339())
    }
}

/// Leaves a part open, but for what was not asked, and for a *no* that `stays`. Tells whether it did.
fn leave_open(part: &mut Part, stays: bool, why: &Finding) -> bool {
    match part.outcome {
        Outcome::NotAsked => false,
        Outcome::No if stays => false,
        Outcome::Yes | Outcome::YesOnConditions | Outcome::No | Outcome::Undetermined | Outcome::NotApplicable => {
            part.outcome = Outcome::Undetermined;
            part.findings.insert(0, why.clone());
            true
        }
    }
}
