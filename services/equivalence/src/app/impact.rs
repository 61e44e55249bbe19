//! What a change set would do to the certificates and verifications that registries have reported.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use greenlane_curation::{ChangeError, ChangeSet, Done, Mutation, Workflow};
use greenlane_platform::deadline;
use greenlane_store::{Store, StoreError, revision};

use super::changes::CuratedCatalogue;
use super::recognition::Recogniser;
use crate::domain::Detail;
use crate::domain::catalogue::Catalogue;
use crate::domain::change::applies::first_day_of;
use crate::domain::change::{Change, tightening};
use crate::domain::decision::Outcome;
use crate::domain::impact::{Difference, Example, Preview, Shift, Untold, Verdict, apply};
use crate::domain::key::EconomyCode;
use crate::domain::question::Question;
use crate::domain::recognise::markets;
use crate::domain::usage::{AskedQuestion, Profile, ReportedCertificate};
use crate::store::entries::Loaded;
use crate::store::{REVISION, usage};

type Result<T> = std::result::Result<T, StoreError<ChangeError>>;

/// Profiles and questions that are read at a time.
const BATCH: u64 = 500;
/// How many of the decisions that cannot be told are named.
const UNTOLD: usize = 20;
/// On how many days a change set is looked at for the first on which a verdict differs: each costs as much as one alone.
const DAYS: usize = 4;
/// What is left of the caller's time to put the answer together.
const SPARE: Duration = Duration::from_millis(500);

/// What a registry reports.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) reporter: String,
    pub(crate) certificates: Vec<ReportedCertificate>,
    pub(crate) through: u64,
    pub(crate) questions: Vec<(AskedQuestion, u64)>,
}

/// What is decided, and how much of it is told.
#[derive(Clone, Debug)]
struct Wanted {
    date: NaiveDate,
    /// Examples to leave out, and to give.
    examples: (u64, usize),
}

/// Takes reports and previews impact.
#[derive(Clone)]
pub(crate) struct Impacts {
    pub(crate) store: Store,
    pub(crate) changes: Workflow<CuratedCatalogue>,
    pub(crate) recogniser: Recogniser,
}

/// The two catalogues that are compared.
struct Sides {
    before: Arc<Loaded>,
    after: Loaded,
}

impl Impacts {
    /// Takes a report. Gives up to where the reporter has reported, and the revision.
    pub(crate) async fn report(&self, mutation: Mutation, report: Report) -> Result<(u64, u64)> {
        let (today, now) = (self.changes.clock().today(), self.changes.clock().now());
        let caller = mutation.caller.key();
        self.changes
            .mutate("report_use", mutation, move |tx| {
                let (report, caller) = (report.clone(), caller.clone());
                Box::pin(async move {
                    if !usage::may_report(tx, &report.reporter, &caller, now).await? {
                        return Err(ChangeError::NotAuthor(format!("what {} reports", report.reporter)).into());
                    }
                    usage::keep_certificates(tx, &report.reporter, &report.certificates).await?;
                    usage::add_questions(tx, today, &report.questions).await?;
                    let by = (report.reporter.as_str(), caller.as_str());
                    let through = usage::set_through(tx, by, report.through, now).await?;
                    let revision = revision::current(tx, REVISION).await?;
                    Ok(Done { answer: (through, revision), resource: String::new() })
                })
            })
            .await
    }

    /// What a change set would do, or did, on a day: where none is given, on the first on which a verdict differs of those
    /// from which its parts apply, and on the last of these where none does. `examples` are to be left out, and given.
    pub(crate) async fn preview(
        &self,
        name: String,
        date: Option<NaiveDate>,
        examples: (u64, usize),
    ) -> Result<Preview> {
        let (change_set, sides, revision) = self.sides(name).await?;
        let days = date.map_or_else(|| self.felt_on(&change_set, &sides.before), |date| vec![date]);
        let mut preview = Preview::default();
        for date in days {
            preview = self.on(&Wanted { date, examples }, &sides, revision).await?;
            // Of a day that could not be told in time, no later one can.
            if preview.example_count > 0 || !preview.complete {
                break;
            }
        }
        Ok(preview)
    }

    /// What it would do, or did, on one day.
    async fn on(&self, wanted: &Wanted, sides: &Sides, revision: u64) -> Result<Preview> {
        let date = wanted.date;
        let reports = self.store.read("preview_reports", |tx| Box::pin(async move { Ok(usage::reports(tx).await?) }));
        // Before what they reported is read: it may be newer than that, and never older.
        let reports = reports.await?;
        let mut preview = Preview { date, revision, reports, complete: true, ..Preview::default() };
        let markets = markets_of(&sides.before.catalogue, &sides.after.catalogue, date);
        self.certificates(wanted, sides, &markets, &mut preview).await?;
        self.verifications(wanted, sides, &mut preview).await?;
        Ok(preview)
    }

    /// The catalogue that the change set would be, or was, published upon, and that catalogue with it.
    async fn sides(&self, name: String) -> Result<(ChangeSet<Change>, Sides, u64)> {
        let changes = self.changes.clone();
        let (change_set, base, revision) = self
            .store
            .read("preview_base", move |tx| {
                let (changes, name) = (changes.clone(), name.clone());
                Box::pin(async move { changes.upon(tx, &name).await })
            })
            .await?;
        let after = Loaded { catalogue: apply(&base.catalogue, &change_set.changes), ..Loaded::default() };
        Ok((change_set, Sides { before: base, after }, revision))
    }

    /// The days from which the parts of a change set apply, if it is published as soon as it can be, or was: the first ones
    /// and the last, which is the day on which all are felt.
    fn felt_on(&self, change_set: &ChangeSet<Change>, before: &Loaded) -> Vec<NaiveDate> {
        let (catalogue, today) = (&before.catalogue, self.changes.clock().today());
        let published = match change_set.published_at {
            Some(at) => at.date_naive(),
            None => change_set.duty(&tightening(catalogue, &change_set.changes), today).earliest.unwrap_or(today),
        };
        let days = change_set.changes.iter().filter_map(|it| first_day_of(catalogue, it, published));
        let mut days: Vec<NaiveDate> = days.collect::<BTreeSet<_>>().into_iter().collect();
        if days.len() > DAYS {
            days.drain(DAYS - 1..days.len() - 1);
        }
        if days.is_empty() { vec![published] } else { days }
    }

    async fn certificates(
        &self,
        wanted: &Wanted,
        sides: &Sides,
        markets: &[EconomyCode],
        preview: &mut Preview,
    ) -> Result<()> {
        let mut last = String::new();
        loop {
            let batch: Vec<(String, Profile)> = self
                .store
                .read("preview_profiles", {
                    let last = last.clone();
                    move |tx| {
                        let last = last.clone();
                        Box::pin(async move { Ok(usage::profiles(tx, &last, BATCH).await?) })
                    }
                })
                .await?;
            let Some((end, _)) = batch.last() else { return Ok(()) };
            last.clone_from(end);
            for (identity, profile) in batch {
                if out_of_time() {
                    preview.complete = false;
                    return Ok(());
                }
                self.profile(wanted, sides, markets, (identity, profile), preview).await?;
            }
        }
    }

    /// Decides one profile in every market, and counts its certificates where something changes.
    async fn profile(
        &self,
        wanted: &Wanted,
        sides: &Sides,
        markets: &[EconomyCode],
        (identity, profile): (String, Profile),
        preview: &mut Preview,
    ) -> Result<()> {
        let date = wanted.date;
        let in_force: u64 = self
            .store
            .read("preview_count", {
                let identity = identity.clone();
                move |tx| {
                    let identity = identity.clone();
                    Box::pin(async move { Ok(usage::count(tx, &identity, date).await?) })
                }
            })
            .await?;
        if in_force == 0 {
            return Ok(());
        }
        preview.certificates_examined += in_force;
        let mut shifts: BTreeMap<&EconomyCode, BTreeSet<Shift>> = BTreeMap::new();
        for market in markets {
            for product in &profile.products {
                let facts = profile.facts.clone();
                let question = facts.question(product.code.clone(), product.origin.clone(), market.clone(), date);
                if let Some(shift) = self.decide(wanted, sides, question, (in_force, 0), preview).await {
                    shifts.entry(market).or_default().insert(shift);
                }
            }
            tokio::task::consume_budget().await;
        }
        if shifts.is_empty() {
            return Ok(());
        }
        let holders: Vec<String> = self
            .store
            .read("preview_holders", move |tx| {
                let identity = identity.clone();
                Box::pin(async move { Ok(usage::holders(tx, &identity, date).await?) })
            })
            .await?;
        let everywhere: BTreeSet<Shift> = shifts.values().flatten().copied().collect();
        for shift in everywhere {
            preview.totals.certificates.add(shift, in_force);
        }
        preview.totals.holders.extend(holders.iter().cloned());
        for (market, shifts) in shifts {
            let impact = preview.markets.entry(market.clone()).or_default();
            for shift in shifts {
                impact.certificates.add(shift, in_force);
            }
            impact.holders.extend(holders.iter().cloned());
        }
        Ok(())
    }

    async fn verifications(&self, wanted: &Wanted, sides: &Sides, preview: &mut Preview) -> Result<()> {
        let today = self.changes.clock().today();
        let mut last = String::new();
        loop {
            let batch: Vec<(String, AskedQuestion, u64)> = self
                .store
                .read("preview_questions", {
                    let last = last.clone();
                    move |tx| {
                        let last = last.clone();
                        Box::pin(async move { Ok(usage::questions(tx, today, &last, BATCH).await?) })
                    }
                })
                .await?;
            let Some((end, ..)) = batch.last() else { return Ok(()) };
            last.clone_from(end);
            for (_, asked, count) in batch {
                if out_of_time() {
                    preview.complete = false;
                    return Ok(());
                }
                preview.verifications_examined += count;
                let destination = asked.destination.clone();
                let question = asked.on(wanted.date);
                if let Some(shift) = self.decide(wanted, sides, question, (0, count), preview).await {
                    preview.totals.verifications.add(shift, count);
                    preview.markets.entry(destination).or_default().verifications.add(shift, count);
                }
                tokio::task::consume_budget().await;
            }
        }
    }

    /// How the decision on a question shifts. Notes it as an example when it does.
    async fn decide(
        &self,
        wanted: &Wanted,
        sides: &Sides,
        question: Question,
        (certificates, verifications): (u64, u64),
        preview: &mut Preview,
    ) -> Option<Shift> {
        let before = self.recogniser.decide(&sides.before, &question, 0, Detail::Outcome).await;
        // Both at one revision of classification: only the catalogue is to differ.
        let pinned = before.classification_revision;
        let after = self.recogniser.decide(&sides.after, &question, pinned, Detail::Outcome).await;
        if let Some(untold) = [&before, &after].into_iter().find(|it| it.outcome == Outcome::Undetermined) {
            preview.undetermined += 1;
            if preview.untold.len() < UNTOLD {
                let findings = untold.findings.clone();
                preview.untold.push(Untold { question, certificates, verifications, findings });
            }
            return None;
        }
        let (before, after) = (Verdict::from(&before), Verdict::from(&after));
        let shift = Shift::between(before, after)?;
        let (skip, size) = wanted.examples;
        if preview.example_count >= skip && preview.examples.len() < size {
            let difference = Difference::between(before, after);
            preview.examples.push(Example { question, difference, certificates, verifications });
        }
        preview.example_count += 1;
        Some(shift)
    }
}

/// The markets of a day, as it was and as it is to be: a bloc stands for its members while none of them is known, and so a
/// change may make it a market, or one no more.
fn markets_of(before: &Catalogue, after: &Catalogue, date: NaiveDate) -> Vec<EconomyCode> {
    let mut all = markets(before, date);
    all.extend(markets(after, date));
    all.sort();
    all.dedup();
    all
}

fn out_of_time() -> bool {
    deadline::remaining().is_some_and(|left| left < SPARE)
}
