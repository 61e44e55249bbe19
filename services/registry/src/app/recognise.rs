//! Asking the equivalence and classification services, and remembering what they said.
//!
//! A decision holds for the revision of the catalogue that it names. While the follower has heard within the bound that
//! this is still the revision, it is given again without asking; otherwise the service is asked, and without an answer
//! nothing is said.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use greenlane_api::classification::v1::{
    CodeComparison, CompareCodesRequest, CompareCodesResponse, lookup_service_client::LookupServiceClient,
};
use greenlane_api::common::v1::{CodeReference, ReadConsistency, read_consistency::Requirement};
use greenlane_api::equivalence::v1 as eq;
use greenlane_platform::client::Client;
use greenlane_platform::fault::Fault;
use greenlane_platform::follow::RevisionFollower;
use quick_cache::sync::Cache;
use tonic::{Code as GrpcCode, Response, Status};

use super::known_then::Catalogues;
use crate::catalogues::CatalogueHistory;
use crate::domain::content::Content;
use crate::domain::goods::{Code, Goods, Stock};
use crate::domain::names::BodyId;
use crate::domain::verdict::Finding;
use crate::domain::verdict::coverage::SameGoods;
use crate::domain::verdict::recognition::{Decided, Decision, Demand, NoDecision};

mod uses;

pub(crate) use uses::{Use, Uses};

/// What recognition is asked about: one version of one certificate, and goods but for their product.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    number: String,
    version: u32,
    body_economy: String,
    edition: String,
    code: String,
    origin: String,
    destination: String,
    date: NaiveDate,
    stock: Stock,
    revision: u64,
}

/// The facts of a certificate that recognition depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) number: &'a str,
    pub(crate) version: u32,
    pub(crate) content: &'a Content,
    pub(crate) body: &'a BodyId,
    pub(crate) body_economy: &'a str,
}

/// At which revision of a catalogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Pin {
    #[default]
    Latest,
    At(u64),
    /// At one that cannot be told: nothing is said.
    Untold,
}

impl Pin {
    /// What an earlier verdict names; zero where the catalogue had no part in it.
    pub(crate) fn named(revision: u64) -> Self {
        if revision == 0 { Self::Latest } else { Self::At(revision) }
    }

    /// The revision that is asked for; zero means the latest.
    pub(crate) fn revision(self) -> u64 {
        match self {
            Self::At(revision) => revision,
            Self::Latest | Self::Untold => 0,
        }
    }
}

/// At which revisions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pinned {
    pub(crate) equivalence: Pin,
    pub(crate) classification: Pin,
}

/// A decision, how old what it rests on may be, and what it was remembered by.
#[derive(Clone, Debug)]
pub(crate) struct Recognised {
    pub(crate) decision: Result<Arc<Decision>, NoDecision>,
    pub(crate) age: Option<Duration>,
    pub(crate) remembered: Option<Recall>,
}

impl Recognised {
    /// There is none.
    pub(crate) fn none(why: NoDecision) -> Self {
        Self { decision: Err(why), age: None, remembered: None }
    }
}

/// What came from memory: until when it may, and how often it is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Recall {
    /// None as long as the catalogue's revision is the latest.
    pub(crate) until: Option<Instant>,
    pub(crate) used: Arc<Use>,
}

/// How the goods of two codes lie to one another, at which revision, and until when that is taken for the latest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compared {
    pub(crate) same: SameGoods,
    pub(crate) revision: u64,
    pub(crate) until: Instant,
}

/// What a code comparison was asked about.
type Pair = (Code, Code, u64);

/// How long a comparison of codes is taken for the latest, where the bound is not shorter.
const COMPARISON_HOLDS: Duration = Duration::from_secs(30);

/// A decision that is remembered, when it was made, and how often it is asked for.
type Remembered = (Arc<Decision>, Instant, Arc<Use>);

/// What a bundle carries in place of the two services.
pub trait OfflinePeers: Send + Sync {
    /// As `RecognitionService.Recognise`.
    ///
    /// # Errors
    /// As the service.
    fn recognise(&self, request: eq::RecogniseRequest) -> Result<eq::RecogniseResponse, Status>;

    /// As `LookupService.CompareCodes`.
    ///
    /// # Errors
    /// As the service.
    fn compare_codes(&self, request: CompareCodesRequest) -> Result<CompareCodesResponse, Status>;

    /// Whether recognition is decided on another catalogue than the bundle carries: which markets the bundle was made for
    /// does not matter then.
    fn has_own_catalogue(&self) -> bool;
}

enum Equivalence {
    Service(eq::recognition_service_client::RecognitionServiceClient<Client>),
    Offline(Arc<dyn OfflinePeers>),
}

impl Equivalence {
    async fn recognise(&self, request: eq::RecogniseRequest) -> Result<eq::RecogniseResponse, Status> {
        match self {
            Self::Service(client) => client.clone().recognise(request).await.map(Response::into_inner),
            Self::Offline(peers) => peers.recognise(request),
        }
    }
}

enum Classification {
    Service(LookupServiceClient<Client>),
    Offline(Arc<dyn OfflinePeers>),
}

impl Classification {
    async fn compare_codes(&self, request: CompareCodesRequest) -> Result<CompareCodesResponse, Status> {
        match self {
            Self::Service(client) => client.clone().compare_codes(request).await.map(Response::into_inner),
            Self::Offline(peers) => peers.compare_codes(request),
        }
    }
}

/// The two services beside this one, and what they said.
pub(crate) struct Recogniser {
    equivalence: Option<Equivalence>,
    follower: Option<RevisionFollower>,
    classification: Option<Classification>,
    catalogues: Catalogues,
    bound: Duration,
    timeout: Duration,
    decisions: Cache<Key, Remembered>,
    comparisons: Cache<Pair, Compared>,
    uses: Arc<Uses>,
}

impl Recogniser {
    pub(crate) fn new(
        equivalence: Option<Client>,
        follower: Option<RevisionFollower>,
        classification: Option<Client>,
        bound: Duration,
        timeout: Duration,
        capacity: usize,
    ) -> Self {
        let catalogues = Catalogues {
            equivalence: equivalence.clone().map(CatalogueHistory::of_equivalence),
            classification: classification.clone().map(CatalogueHistory::of_classification),
            timeout,
        };
        Self {
            catalogues,
            equivalence: equivalence
                .map(eq::recognition_service_client::RecognitionServiceClient::new)
                .map(Equivalence::Service),
            follower,
            classification: classification.map(LookupServiceClient::new).map(Classification::Service),
            bound,
            timeout,
            decisions: Cache::new(capacity.max(1)),
            comparisons: Cache::new(capacity.max(1)),
            uses: Arc::default(),
        }
    }

    /// What it was asked lately.
    pub(crate) fn uses(&self) -> Arc<Uses> {
        Arc::clone(&self.uses)
    }

    /// What a bundle carries, asked every time anew.
    pub(crate) fn offline(equivalence: Option<Arc<dyn OfflinePeers>>, codes: Option<Arc<dyn OfflinePeers>>) -> Self {
        let none = Self::new(None, None, None, Duration::MAX, Duration::MAX, 1);
        Self {
            equivalence: equivalence.map(Equivalence::Offline),
            classification: codes.map(Classification::Offline),
            ..none
        }
    }

    /// Decides, from memory when what is remembered is still the latest.
    pub(crate) async fn decide(&self, subject: Subject<'_>, goods: &Goods, pinned: Pinned) -> Recognised {
        let none = Recognised::none;
        let Some(client) = &self.equivalence else { return none(NoDecision::NotConnected) };
        let known = match pinned.equivalence {
            // The age that was held against the bound, and no later one.
            Pin::Latest => self.latest().map(|(revision, age)| (revision, Some(age))),
            Pin::At(revision) => Some((revision, self.follower.as_ref().and_then(RevisionFollower::age))),
            Pin::Untold => return none(NoDecision::NotKnownThen),
        };
        if let Some((revision, age)) = known
            && let Some((decision, made, used)) = self.decisions.get(&key(subject, goods, revision))
            && self.still_holds(&decision, made, pinned)
        {
            self.uses.note(&used);
            let until = (decision.classification_revision != 0).then(|| made + self.bound);
            return Recognised { decision: Ok(decision), age, remembered: Some(Recall { until, used }) };
        }
        let request = request(subject, goods, pinned);
        let used = Arc::new(Use::of(request.question.as_ref()));
        self.uses.note(&used);
        let asked = tokio::time::timeout(self.timeout, client.recognise(request)).await;
        match asked {
            Ok(Ok(answer)) => match read(answer) {
                // Codes were translated as they are now.
                Some(decision) if pinned.classification == Pin::Untold && decision.classification_revision != 0 => {
                    none(NoDecision::NotKnownThen)
                }
                Some(decision) => {
                    let decision = Arc::new(decision);
                    // Facts may be missing for a moment only: what is not decided is asked again.
                    if decision.decided != Decided::Undetermined && !lacks_codes(&decision) {
                        self.decisions.insert(
                            key(subject, goods, decision.equivalence_revision),
                            (Arc::clone(&decision), Instant::now(), used),
                        );
                    }
                    Recognised { decision: Ok(decision), age: Some(Duration::ZERO), remembered: None }
                }
                None => none(NoDecision::Refused),
            },
            Ok(Err(status)) if status.code() == GrpcCode::InvalidArgument => {
                tracing::warn!(reason = ?Fault::reason_of(&status), cause = status.message(), "recognition refused a question");
                none(NoDecision::Refused)
            }
            Ok(Err(status)) => {
                tracing::debug!(code = ?status.code(), cause = status.message(), "recognition did not answer");
                none(NoDecision::Unavailable)
            }
            Err(_) => none(NoDecision::Unavailable),
        }
    }

    /// The latest revision of the catalogue, and how long ago it was heard to be that; none when that is past the bound.
    pub(crate) fn latest(&self) -> Option<(u64, Duration)> {
        let follower = self.follower.as_ref()?;
        let age = follower.age().filter(|age| *age <= self.bound)?;
        Some((follower.revision()?, age))
    }

    /// Who follows the revisions of the equivalence catalogue.
    pub(crate) fn follower(&self) -> Option<RevisionFollower> {
        self.follower.clone()
    }

    /// The revisions of both catalogues that were the latest at a moment.
    pub(crate) async fn known_at(&self, moment: DateTime<Utc>) -> Pinned {
        self.catalogues.at(moment).await
    }

    /// Counts one more verdict that rests on this decision.
    pub(crate) fn note(&self, used: &Arc<Use>) {
        self.uses.note(used);
    }

    /// The catalogue's revision is the one wanted. Where codes were translated as well, that was done at a revision of
    /// the classification catalogue, which is not followed from here: such a decision is taken for the latest as long
    /// as the bound allows.
    fn still_holds(&self, decision: &Decision, made: Instant, pinned: Pinned) -> bool {
        match (decision.classification_revision, pinned.classification) {
            (0, _) => true,
            (_, Pin::Latest) => made.elapsed() <= self.bound,
            (used, Pin::At(wanted)) => used == wanted,
            (_, Pin::Untold) => false,
        }
    }

    /// How the first code, a certified one, lies to the second; none when nobody answers. `revision` is exact; zero means
    /// the latest.
    pub(crate) async fn compare(&self, first: &Code, second: &Code, revision: u64) -> Option<Compared> {
        let client = self.classification.as_ref()?;
        let pair = (first.clone(), second.clone(), revision);
        if let Some(compared) = self.comparisons.get(&pair)
            && (revision != 0 || Instant::now() < compared.until)
        {
            return Some(compared);
        }
        let reference = |code: &Code| Some(CodeReference { edition: code.edition.clone(), code: code.code.clone() });
        let request =
            CompareCodesRequest { first: reference(first), second: reference(second), consistency: exactly(revision) };
        let asked = tokio::time::timeout(self.timeout, client.compare_codes(request)).await;
        let Ok(Ok(answer)) = asked else { return None };
        let same = match answer.comparison() {
            CodeComparison::Same | CodeComparison::FirstContainsSecond => SameGoods::Within,
            CodeComparison::SecondContainsFirst | CodeComparison::MayOverlap => SameGoods::CanBe,
            CodeComparison::Different => SameGoods::No,
            CodeComparison::Undetermined | CodeComparison::Unspecified => SameGoods::Unknown,
        };
        let until = Instant::now() + COMPARISON_HOLDS.min(self.bound);
        let compared = Compared { same, revision: answer.revision, until };
        self.comparisons.insert(pair, compared);
        Some(compared)
    }
}

fn exactly(revision: u64) -> Option<ReadConsistency> {
    (revision != 0).then_some(ReadConsistency { requirement: Some(Requirement::ExactlyRevision(revision)) })
}

fn key(subject: Subject<'_>, goods: &Goods, revision: u64) -> Key {
    Key {
        number: subject.number.to_owned(),
        version: subject.version,
        body_economy: subject.body_economy.to_owned(),
        edition: goods.code.edition.clone(),
        code: goods.code.code.clone(),
        origin: goods.origin.clone(),
        destination: goods.destination.clone(),
        date: goods.date,
        stock: goods.stock,
        revision,
    }
}

/// What a certificate says, as far as recognition depends on it.
pub(crate) fn facts(content: &Content, body: &BodyId, body_economy: &str) -> eq::CertificateFacts {
    eq::CertificateFacts {
        schemes: vec![eq::CertifiedScheme {
            scheme: content.scheme.scheme.clone(),
            level: content.scheme.level.clone(),
        }],
        standard_editions: content.normative_documents.iter().map(|document| document.edition.clone()).collect(),
        body: body.name(),
        body_economy: body_economy.to_owned(),
        object: eq::RecognitionObject::Certificate.into(),
        granted_on: content.granted_on.to_string(),
    }
}

fn request(subject: Subject<'_>, goods: &Goods, pinned: Pinned) -> eq::RecogniseRequest {
    // Recognition takes nothing that is granted only after the date, and what is granted on it counts as that would. Whether
    // the certificate is in force by then is judged apart.
    let granted_on = subject.content.granted_on.min(goods.date).to_string();
    let certificate = eq::CertificateFacts { granted_on, ..facts(subject.content, subject.body, subject.body_economy) };
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    eq::RecogniseRequest {
        question: Some(eq::RecognitionQuestion {
            certificate: Some(certificate),
            code: Some(CodeReference { edition: goods.code.edition.clone(), code: goods.code.code.clone() }),
            origin: goods.origin.clone(),
            destination: goods.destination.clone(),
            date: goods.date.to_string(),
            placed_on_market_on: day(goods.stock.placed_on),
            manufactured_on: day(goods.stock.manufactured_on),
        }),
        consistency: exactly(pinned.equivalence.revision()),
        classification_revision: pinned.classification.revision(),
        explain: true,
    }
}

fn read(answer: eq::RecogniseResponse) -> Option<Decision> {
    let decision = answer.decision?;
    let decided = match decision.outcome() {
        eq::RecognitionOutcome::Recognised => Decided::Recognised,
        eq::RecognitionOutcome::RecognisedOnConditions => Decided::OnConditions,
        eq::RecognitionOutcome::Partial => Decided::Partial,
        eq::RecognitionOutcome::InformationOnly => Decided::InformationOnly,
        eq::RecognitionOutcome::NotRecognised => Decided::NotRecognised,
        eq::RecognitionOutcome::NoRequirementApplies => Decided::NoRequirementApplies,
        eq::RecognitionOutcome::Undetermined => Decided::Undetermined,
        eq::RecognitionOutcome::Unspecified => return None,
    };
    let demand = match decision.demand() {
        eq::Demand::None => Some(Demand::Nothing),
        eq::Demand::Unknown => Some(Demand::Unknown),
        eq::Demand::Unspecified => None,
    };
    Some(Decision {
        decided,
        demand,
        equivalence_revision: decision.revision,
        classification_revision: decision.classification_revision,
        findings: findings(&decision),
        decision_id: decision.decision_id,
    })
}

/// Whether something was left open beside what was decided, for codes that could not be translated at that moment.
fn lacks_codes(decision: &Decision) -> bool {
    let is_it = |(name, value): &(String, String)| name == "finding" && value == "classification_unavailable";
    decision.findings.iter().any(|it| it.code == "recognition_finding" && it.parameters.iter().any(is_it))
}

/// Route, conditions, nearest misses and missing facts, as findings of the registry.
fn findings(decision: &eq::RecognitionDecision) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(route) = &decision.best_route {
        let mut finding = Finding::new("route", route_in_words(route))
            .with("requirement", &route.requirement)
            .with("certified", &route.certified)
            .with("accepted", &route.accepted);
        for (name, value) in
            [("arrangement", &route.arrangement), ("annex", &route.annex), ("legal_reference", &route.legal_reference)]
        {
            if !value.is_empty() {
                finding = finding.with(name, value);
            }
        }
        if !route.links.is_empty() {
            finding = finding.with("equivalences", chain(route, " "));
        }
        if !route.exemptions.is_empty() {
            let names: Vec<_> = route.exemptions.iter().map(|it| it.edition_transition.as_str()).collect();
            finding = finding.with("exempt_from", names.join(" "));
        }
        findings.push(finding);
    }
    for condition in &decision.conditions {
        findings.push(
            Finding::new("condition", &condition.description)
                .with("id", &condition.id)
                .with("kind", condition.kind().as_str_name())
                .with("origin", &condition.origin),
        );
    }
    for requirement in &decision.requirements {
        if let Some(miss) = &requirement.nearest_miss {
            findings.push(
                Finding::new("nearest_miss", miss_in_words(&requirement.requirement, miss))
                    .with("requirement", &requirement.requirement)
                    .with("failed_check", miss.failed_check().as_str_name())
                    .with("mend", &miss.mend),
            );
        }
    }
    let missing = decision.requirements.iter().flat_map(|requirement| &requirement.findings);
    for finding in decision.findings.iter().chain(missing) {
        let mut said = Finding::new("recognition_finding", &finding.message).with("finding", &finding.code);
        for (name, value) in &finding.parameters {
            said = said.with(name, value);
        }
        if !findings.contains(&said) {
            findings.push(said);
        }
    }
    findings
}

/// `schemes/a counts as schemes/b by equivalences/c, which requirements/d accepts, under arrangements/e [article 4].`
fn route_in_words(route: &eq::RecognitionRoute) -> String {
    let eq::RecognitionRoute { requirement, certified, accepted, .. } = route;
    let mut words = if route.links.is_empty() {
        format!("{requirement} accepts {accepted}")
    } else {
        format!("{certified} counts as {accepted} by {}, which {requirement} accepts", chain(route, ", "))
    };
    match (route.annex.as_str(), route.arrangement.as_str()) {
        ("", "") => {}
        ("", arrangement) => words.push_str(&format!(", under {arrangement}")),
        (annex, arrangement) => words.push_str(&format!(", under {annex} of {arrangement}")),
    }
    if !route.legal_reference.is_empty() {
        words.push_str(&format!(" [{}]", route.legal_reference));
    }
    for it in &route.exemptions {
        let eq::RouteExemption { edition_transition, standard, reason, .. } = it;
        words.push_str(&format!(
            "; the goods are stock exempt from {edition_transition}: {reason}, so {standard} counts"
        ));
    }
    words.push('.');
    words
}

/// The equivalences of a route, in their order.
fn chain(route: &eq::RecognitionRoute, between: &str) -> String {
    route.links.iter().map(|link| link.equivalence.as_str()).collect::<Vec<_>>().join(between)
}

/// Why a requirement is not met, and what would mend it.
fn miss_in_words(requirement: &str, miss: &eq::NearestMiss) -> String {
    let sentence = |text: &str| text.trim_end_matches('.').to_owned();
    let mut words = format!("{requirement} is not met: {}.", sentence(&miss.reason));
    if !miss.mend.is_empty() {
        words.push_str(&format!(" What would mend it: {}.", sentence(&miss.mend)));
    }
    words
}

#[cfg(test)]
mod tests;
