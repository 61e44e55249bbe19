//! The services beside the registry die and come back: verification goes on from what is known, says how old that is,
//! and guesses nothing.

use std::time::Duration;

use anyhow::Context as _;
use greenlane_api::registry::v1::{PartOutcome, Verdict, VerdictOutcome, VerdictPart, VerifyRequest};
use greenlane_e2e::{
    Database, Installation,
    certificates::{AURORA, codes, goods, issue, question, recognised_module, register_body, verify, withdraw},
    until,
};
use greenlane_platform::client::Client;

const BOUND: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_equivalence_what_was_decided_is_still_recognised_and_nothing_new_is_guessed() {
    without_equivalence().await.expect("the test runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn past_the_bound_nothing_is_recognised_until_equivalence_is_back() {
    past_the_bound().await.expect("the test runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_classification_goods_declared_in_the_markets_edition_are_still_recognised() {
    without_classification().await.expect("the test runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verdict_of_an_outage_has_another_identifier_than_the_whole_one() {
    an_outage().await.expect("the test runs");
}

/// An installation with one certificate.
struct Scene {
    installation: Installation,
    body: String,
    name: String,
}

impl Scene {
    async fn begin(bound: Duration) -> anyhow::Result<Self> {
        let mut installation = Installation::prepare(Database::Sqlite).await?.context("SQLite is always there")?;
        installation.set("registry", &format!("recognition_bound_seconds = {}", bound.as_secs()));
        installation.set("equivalence", "bookmark_interval_ms = 100");
        installation.start_classification()?;
        installation.start_equivalence()?;
        installation.start_registry()?;
        let mut scene = Self { installation, body: String::new(), name: String::new() };
        scene.body = register_body(scene.client(&scene.installation.admin())?, AURORA).await?;
        let issued = issue(scene.clerk()?, &scene.body, "one", recognised_module("EX-1")).await?;
        scene.name = issued.certificate.context("a certificate")?.name;
        Ok(scene)
    }

    fn client(&self, token: &str) -> anyhow::Result<Client> {
        self.installation.registry.as_ref().context("it runs")?.client(token)
    }

    fn clerk(&self) -> anyhow::Result<Client> {
        self.client(&self.installation.clerk(&self.body))
    }

    fn declared(&self, edition: &str, code: &str, destination: &str) -> VerifyRequest {
        question(&self.name, Some(goods(edition, code, destination)))
    }

    /// How many verdicts were undetermined so far, as the alert on them counts.
    fn undetermined(&self) -> anyhow::Result<f64> {
        let registry = self.installation.registry.as_ref().context("it runs")?;
        let told = registry.metric("greenlane_registry_verdicts_total", "outcome=\"undetermined\"")?;
        told.context("the counter is there from the start")
    }

    /// What customs of `XB` hears of the goods that the market knows.
    async fn usual(&self) -> anyhow::Result<Verdict> {
        Ok(verify(self.clerk()?, self.declared("HS2022", "854143", "XB")).await?)
    }
}

fn outcome(part: Option<&VerdictPart>) -> PartOutcome {
    part.map(VerdictPart::outcome).unwrap_or_default()
}

/// How old the answer says that its knowledge is.
fn age(verdict: &Verdict) -> Option<Duration> {
    verdict.freshness.as_ref()?.equivalence_age?.try_into().ok()
}

fn remembered(verdict: &Verdict) -> bool {
    verdict.freshness.as_ref().is_some_and(|freshness| freshness.from_snapshot)
}

async fn without_equivalence() -> anyhow::Result<()> {
    let mut scene = Scene::begin(Duration::from_secs(3_600)).await?;
    let before = until("the decision is remembered", async || {
        let verdict = scene.usual().await?;
        assert_eq!(verdict.outcome(), VerdictOutcome::Accepted, "{verdict:#?}");
        Ok(remembered(&verdict).then_some(verdict))
    })
    .await?;

    scene.installation.equivalence.take().context("it runs")?.kill()?;
    let after = until("the answer is older than the silence is long", async || {
        let verdict = scene.usual().await?;
        assert_eq!(verdict.outcome(), VerdictOutcome::Accepted, "{verdict:#?}");
        assert!(remembered(&verdict), "{verdict:#?}");
        // Bookmarks came ten times a second: a whole second without one is the death, told.
        Ok(age(&verdict).is_some_and(|age| age > Duration::from_secs(1)).then_some(verdict))
    })
    .await?;
    assert_eq!(after.recognition_decision_id, before.recognition_decision_id, "the same decision, remembered");
    // The registry goes on meanwhile, as by putting a revision on record of which it heard before.
    let of_catalogues = |verdict: &Verdict| verdict.revisions.map(|it| (it.equivalence, it.classification));
    assert!(of_catalogues(&after).is_some());
    assert_eq!(of_catalogues(&after), of_catalogues(&before));

    let before = scene.undetermined()?;
    let cold = verify(scene.clerk()?, scene.declared("HS2022", "854143", "XC")).await?;
    assert_eq!(cold.outcome(), VerdictOutcome::Undetermined, "{cold:#?}");
    assert_eq!(scene.undetermined()?, before + 1.0, "and whoever watches the service sees it");
    assert_eq!(codes(cold.recognised.as_ref()), ["recognition_unavailable"]);
    for part in [&cold.authentic, &cold.in_force, &cold.covers_goods] {
        assert_eq!(outcome(part.as_ref()), PartOutcome::Yes, "the rest goes on: {cold:#?}");
    }

    withdraw(scene.clerk()?, &scene.name, "withdraw").await?;
    let withdrawn = scene.usual().await?;
    assert_eq!(withdrawn.outcome(), VerdictOutcome::Refused, "{withdrawn:#?}");
    assert_eq!(codes(withdrawn.in_force.as_ref()), ["withdrawn"]);
    Ok(())
}

async fn past_the_bound() -> anyhow::Result<()> {
    let mut scene = Scene::begin(BOUND).await?;
    until("it is recognised", async || Ok((scene.usual().await?.outcome() == VerdictOutcome::Accepted).then_some(())))
        .await?;
    let process = scene.installation.registry.as_ref().context("it runs")?.id();

    let equivalence = scene.installation.equivalence.take().context("it runs")?;
    let address = equivalence.address();
    equivalence.kill()?;
    let doubtful = until("it is undetermined", async || {
        let verdict = scene.usual().await?;
        if verdict.outcome() == VerdictOutcome::Undetermined {
            return Ok(Some(verdict));
        }
        assert_eq!(verdict.outcome(), VerdictOutcome::Accepted, "{verdict:#?}");
        assert!(age(&verdict).is_some_and(|age| age <= BOUND), "recognised past the bound: {verdict:#?}");
        Ok(None)
    })
    .await?;
    assert_eq!(codes(doubtful.recognised.as_ref()), ["recognition_unavailable"]);
    assert_eq!(outcome(doubtful.in_force.as_ref()), PartOutcome::Yes, "{doubtful:#?}");

    // Its old port may be in somebody's hands for a moment.
    until("it is back", async || Ok(scene.installation.start_equivalence_at(address).ok())).await?;
    until("it is recognised again", async || {
        Ok((scene.usual().await?.outcome() == VerdictOutcome::Accepted).then_some(()))
    })
    .await?;
    assert_eq!(scene.installation.registry.as_ref().context("it runs")?.id(), process, "no restart was needed");
    Ok(())
}

async fn without_classification() -> anyhow::Result<()> {
    let mut scene = Scene::begin(Duration::from_secs(3_600)).await?;
    scene.installation.classification.take().context("it runs")?.kill()?;
    let same = scene.usual().await?;
    assert_eq!(same.outcome(), VerdictOutcome::Accepted, "{same:#?}");
    assert!(!remembered(&same), "it was decided without classification, not remembered");

    let other = verify(scene.clerk()?, scene.declared("HS2017", "854140", "XB")).await?;
    assert_eq!(other.outcome(), VerdictOutcome::Undetermined, "{other:#?}");
    assert_eq!(outcome(other.recognised.as_ref()), PartOutcome::Undetermined);
    assert_eq!(codes(other.recognised.as_ref()).first(), Some(&"recognition_undetermined"), "{other:#?}");
    assert_eq!(outcome(other.covers_goods.as_ref()), PartOutcome::Undetermined, "{other:#?}");
    assert!(!codes(other.covers_goods.as_ref()).is_empty(), "and why");
    Ok(())
}

async fn an_outage() -> anyhow::Result<()> {
    let mut scene = Scene::begin(Duration::from_secs(3_600)).await?;
    let ask = async |scene: &Scene| -> anyhow::Result<Verdict> {
        Ok(verify(scene.clerk()?, scene.declared("HS2017", "854140", "XB")).await?)
    };
    let whole = ask(&scene).await?;
    assert_ne!(outcome(whole.covers_goods.as_ref()), PartOutcome::Undetermined, "{whole:#?}");

    // The equivalence service remembers the translation; a registry that starts anew has compared no codes yet.
    scene.installation.classification.take().context("it runs")?.kill()?;
    scene.installation.registry.take().context("it runs")?.kill()?;
    scene.installation.start_registry()?;
    let during = ask(&scene).await?;
    assert_eq!(outcome(during.covers_goods.as_ref()), PartOutcome::Undetermined, "{during:#?}");
    assert_eq!(during.recognition_decision_id, whole.recognition_decision_id, "as far as that goes");
    assert_ne!(during.decision_id, whole.decision_id, "one identifier, one verdict");
    Ok(())
}
