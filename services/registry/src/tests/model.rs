//! Random sequences of steps, held against a plain reference.
//!
//! The reference says of each step every reason for which it must be refused, and of each day where the certificate
//! stands. The registry must do what has no reason against it, give one of the reasons otherwise, and show for every day
//! and every revision what the reference shows. Who reads nothing but the log must come to the same.

mod actions;
mod reference;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{NaiveDate, TimeDelta};
use greenlane_api::common::v1 as common;
use greenlane_api::registry::v1 as wire;
use greenlane_platform::fault::Fault;
use greenlane_store::testing::TestDatabase;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Handle;

use self::actions::{Action, Done, Play, actions, models_of};
use self::reference::{Reference, Shown};
use super::harness::{Served, codes, order, question, serve};
use crate::Migrator;
use crate::audit::Auditor;

greenlane_store::engine_tests!(Migrator: random_lives_go_as_the_reference_says);

/// Sequences that are tried on each engine, and steps in one.
const CASES: u32 = 40;
const STEPS: usize = 16;

async fn random_lives_go_as_the_reference_says(db: TestDatabase) {
    let served = Arc::new(serve(&db).await);
    served.enrol("xa-lab").await;
    served.enrol("xb-lab").await;
    let handle = Handle::current();
    let overtaken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&overtaken);
    let auditor = Mutex::new(Auditor::new());
    let tried = tokio::task::spawn_blocking(move || {
        let config = Config { cases: CASES, failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
        TestRunner::new(config)
            .run(&(1i64..500, actions(STEPS)), |(days, actions)| {
                let lived = handle.block_on(live(&served, &auditor, days, &actions))?;
                count.fetch_add(lived, Ordering::Relaxed);
                Ok(())
            })
            .map_err(|error| error.to_string())
    });
    if let Err(failed) = tried.await.unwrap() {
        panic!("{failed}");
    }
    assert!(overtaken.load(Ordering::Relaxed) > 0, "no life had a step that overtook another");
}

/// Issues a certificate for so many days and takes it through these actions. Gives how many steps were overtaken.
async fn live(
    served: &Served,
    auditor: &Mutex<Auditor>,
    days: i64,
    actions: &[Action],
) -> Result<usize, TestCaseError> {
    let id = uuid::Uuid::now_v7().simple().to_string();
    let today = served.clock.today();
    let mut request = order("xa-lab", &id);
    let content = request.content.as_mut().unwrap();
    content.granted_on = today.to_string();
    content.valid_until = (today + TimeDelta::days(days)).to_string();
    content.products = actions::products(0b001);
    let issued = served.certificates("bodies/xa-lab").issue_certificate(request).await.unwrap().into_inner();
    let issued = issued.certificate.unwrap();
    let mut reference = Reference::granted(today, today + TimeDelta::days(days));
    let mut play = Play { served, name: issued.name.clone(), etags: vec![issued.etag], count: 0, case: id };
    let mut known = vec![(issued.granted_revision, reference.clone())];
    for action in actions {
        if let Action::Advance(days) = action {
            served.clock.advance(TimeDelta::days(*days));
        } else {
            let against = reference.reasons_against(action, served.clock.now());
            match play.perform(action).await {
                Ok(Done { certificate, revision, overtaken }) => {
                    prop_assert!(against.is_empty(), "{action:?} was done, against {against:?}");
                    prop_assert_eq!(overtaken, reference.take(action, served.clock.now()), "overtaken by {:?}", action);
                    prop_assert_eq!(certificate.version, reference.left());
                    play.etags.push(certificate.etag);
                    known.push((revision, reference.clone()));
                }
                Err(status) => {
                    let reason = Fault::reason_of(&status).unwrap_or_default();
                    prop_assert!(against.contains(&reason), "{action:?}: {status:?}, expected one of {against:?}");
                }
            }
        }
        let shown = get(served, &play.name, None).await;
        prop_assert_eq!(seen(&shown), reference.shown(served.clock.today()), "after {:?}", action);
    }
    compare_days(served, &play.name, &reference).await?;
    compare_log(served, auditor, &play.name, &reference).await?;
    compare_revisions(served, &play.name, &known).await?;
    compare_history(served, &play.name, &reference).await?;
    Ok(reference.overtaken())
}

/// The verdict of every interesting day.
async fn compare_days(served: &Served, name: &str, reference: &Reference) -> Result<(), TestCaseError> {
    for day in reference.days() {
        let goods = common::GoodsDeclaration { date: day.to_string(), ..super::harness::goods() };
        let subject = wire::verify_request::Subject::Certificate(name.to_owned());
        let request = wire::VerifyRequest { goods: Some(goods), ..question(subject) };
        let verdict = served.verification().verify(request).await.unwrap().into_inner().verdict.unwrap();
        let expected = reference.shown(day);
        prop_assert_eq!(codes(verdict.in_force.as_ref())[0], expected.state.as_str(), "on {}", day);
        prop_assert_eq!(verdict.version, expected.version, "on {}", day);
    }
    Ok(())
}

/// Who reads the log alone, on from where he was, comes to the same for every day.
async fn compare_log(
    served: &Served,
    auditor: &Mutex<Auditor>,
    name: &str,
    reference: &Reference,
) -> Result<(), TestCaseError> {
    let mut following = std::mem::take(&mut *auditor.lock().unwrap_or_else(PoisonError::into_inner));
    loop {
        let page = wire::ListEntriesRequest {
            start_index: following.size(),
            page_size: 1_000,
            ..wire::ListEntriesRequest::default()
        };
        let entries = served.log().list_entries(page).await.unwrap().into_inner().entries;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            following.read(&entry.leaf).map_err(|accusation| TestCaseError::fail(accusation.to_string()))?;
        }
    }
    let derived = following.certificates()[name.trim_start_matches("certificates/")].clone();
    *auditor.lock().unwrap_or_else(PoisonError::into_inner) = following;
    for day in reference.days() {
        let (expected, found) = (reference.shown(day), derived.on(day));
        prop_assert_eq!(found.version, expected.version, "by the log, on {}", day);
        let dated = matches!(expected.state.as_str(), "expired" | "not_yet_valid");
        prop_assert!(dated || found.state == expected.state, "by the log {}, on {}: {:?}", found.state, day, expected);
    }
    Ok(())
}

/// What was known at every revision is still told.
async fn compare_revisions(served: &Served, name: &str, known: &[(u64, Reference)]) -> Result<(), TestCaseError> {
    let today: NaiveDate = served.clock.today();
    for (revision, reference) in known {
        let shown = get(served, name, Some(*revision)).await;
        prop_assert_eq!(seen(&shown), reference.shown(today), "at revision {}", revision);
    }
    Ok(())
}

/// Every step is listed once and in order, and every version is there with a document of its own.
async fn compare_history(served: &Served, name: &str, reference: &Reference) -> Result<(), TestCaseError> {
    let mut body = served.certificates("bodies/xa-lab");
    let request = wire::ListCertificateEventsRequest { certificate: name.to_owned(), ..Default::default() };
    let events = body.list_certificate_events(request).await.unwrap().into_inner().events;
    let kinds: Vec<String> = events.iter().map(|event| word(event.kind().as_str_name(), "EVENT_KIND")).collect();
    prop_assert_eq!(kinds, reference.kinds());
    let overtaken = events.iter().filter(|event| !event.overtaken_by.is_empty()).count();
    prop_assert_eq!(overtaken, reference.overtaken());
    let request = wire::ListCertificateVersionsRequest { certificate: name.to_owned(), ..Default::default() };
    let versions = body.list_certificate_versions(request).await.unwrap().into_inner().versions;
    prop_assert_eq!(versions.len(), reference.newest() as usize);
    for version in &versions {
        let document = greenlane_credential::Presented::read(&version.document).unwrap().into_certificate();
        prop_assert_eq!(document.version, version.version);
        let purposes: Vec<wire::StatusPurpose> = version.status_purposes().collect();
        prop_assert_eq!(purposes, reference.purposes(version.version, served.clock.today()));
    }
    Ok(())
}

async fn get(served: &Served, name: &str, revision: Option<u64>) -> wire::Certificate {
    let consistency = revision.map(|revision| common::ReadConsistency {
        requirement: Some(common::read_consistency::Requirement::ExactlyRevision(revision)),
    });
    let request = wire::GetCertificateRequest { name: name.to_owned(), consistency, ..Default::default() };
    let answer = served.certificates("bodies/xa-lab").get_certificate(request).await.unwrap();
    answer.into_inner().certificate.unwrap()
}

/// What the reference speaks of, as the registry shows it.
fn seen(certificate: &wire::Certificate) -> Shown {
    let content = certificate.content.as_ref().unwrap();
    Shown {
        state: word(certificate.state().as_str_name(), "STATE"),
        version: certificate.version,
        models: models_of(content),
        valid_until: content.valid_until.parse().unwrap(),
        remedy: certificate.suspension_remedy.clone(),
        conditions: certificate.conditions.clone(),
    }
}

/// `CERTIFICATE_STATE_NOT_YET_VALID` as `not_yet_valid`.
fn word(name: &str, kind: &str) -> String {
    name.trim_start_matches(&format!("CERTIFICATE_{kind}_")).to_lowercase()
}
