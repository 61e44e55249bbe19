//! What is said of a change set before it is reviewed: whether it must be notified, when it can be published, and what
//! nobody can tell of it.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use greenlane_api::equivalence::v1 as pb;
use greenlane_store::testing::TestDatabase;
use pb::catalogue_entry::Entry;

use super::changes::{create, found, propose, requires, review, scope, tighten, tightened, upsert};
use super::harness::serve;
use super::workflow::{mapping, notify, proposed, published};
use crate::Migrator;

greenlane_store::engine_tests!(Migrator:
    whether_a_change_must_be_notified_is_said_beforehand_and_holds,
    an_acceptance_that_only_grows_waits_for_nobody,
    what_tightens_access_from_before_its_comment_period_is_over_is_said_with_the_first_possible_day,
    a_proposal_repeats_what_nobody_can_tell,
    a_classification_that_never_answers_holds_a_proposal_up_for_a_second_and_no_longer,
);

async fn whether_a_change_must_be_notified_is_said_beforehand_and_holds(db: TestDatabase) {
    let served = serve(&db).await;
    let (mut author, mut reviewer) = (served.changes("author"), served.changes("reviewer"));
    let in_days = |days| (served.clock.today() + chrono::Days::new(days)).to_string();
    let (today, earliest) = (in_days(0), in_days(61));

    let drafted = author.create_change_set(tighten("create")).await.unwrap().into_inner();
    let (name, duty) = (drafted.change_set.unwrap().name, drafted.notification_duty.unwrap());
    let why = "requirements/xb-pv-qualification has its `acceptances[0].bodies.economies` narrowed: without XA";
    assert!(duty.required && duty.reason.starts_with(why), "{duty:?}");
    assert_eq!(duty.earliest_publication, earliest);
    assert_eq!(drafted.tightening[0].field, "acceptances[0].bodies.economies");
    let validate = pb::ValidateChangeSetRequest { name: name.clone() };
    let validated = author.validate_change_set(validate.clone()).await.unwrap().into_inner();
    assert_eq!(validated.notification_duty.as_ref(), Some(&duty));
    let answer = author.propose_change_set(propose(&name)).await.unwrap().into_inner();
    assert_eq!((answer.notification_duty.as_ref(), answer.tightening), (Some(&duty), validated.tightening));

    // It holds: on the day before, notified at once, it cannot be approved, and on the day it can.
    author.notify_change_set(notify(&name, "")).await.unwrap();
    let notified = author.validate_change_set(validate.clone()).await.unwrap().into_inner().notification_duty.unwrap();
    assert_eq!((notified.required, notified.earliest_publication.as_str()), (false, earliest.as_str()));
    served.clock.advance(chrono::TimeDelta::days(60));
    assert!(reviewer.review_change_set(review(&name)).await.is_err());
    served.clock.advance(chrono::TimeDelta::days(1));
    published(&served, &name).await;
    let over = author.validate_change_set(validate).await.unwrap().into_inner().notification_duty.unwrap();
    assert_eq!((over.required, over.earliest_publication.as_str()), (false, ""));
    assert_eq!(over.reason, "it is published");

    let free = author.create_change_set(create("free", vec![mapping("a")])).await.unwrap().into_inner();
    let duty = free.notification_duty.unwrap();
    assert_ne!(duty.earliest_publication, today, "the clock went on");
    assert_eq!((duty.required, duty.earliest_publication), (false, served.clock.today().to_string()));
    assert_eq!(duty.reason, "it does not tighten access");
}

async fn an_acceptance_that_only_grows_waits_for_nobody(db: TestDatabase) {
    let served = serve(&db).await;
    let request = pb::GetRequirementRequest { name: tightened().name, ..Default::default() };
    let mut grown = served.catalogue().get_requirement(request).await.unwrap().into_inner().requirement.unwrap();
    let bodies = grown.acceptances[0].bodies.as_mut().unwrap();
    bodies.economies.insert(0, "XC".into());
    bodies.bodies.push("bodies/meridian-cert".into());
    grown.validity.as_mut().unwrap().until = "2040-01-01".into();
    let name = proposed(&served, create("grow", vec![upsert(Entry::Requirement(grown))])).await;
    assert_eq!(published(&served, &name).await, 2);
}

async fn what_tightens_access_from_before_its_comment_period_is_over_is_said_with_the_first_possible_day(
    db: TestDatabase,
) {
    let served = serve(&db).await;
    let mut author = served.changes("author");
    let earliest = (served.clock.today() + chrono::Days::new(61)).to_string();
    let from = |from: &str| {
        let mut new = pb::Requirement { name: "requirements/xb-new".into(), ..tightened() };
        new.validity.as_mut().unwrap().from = from.into();
        upsert(Entry::Requirement(new))
    };
    let early = author.create_change_set(create("early", vec![mapping("a"), from("2026-06-01")])).await.unwrap();
    let early = early.into_inner();
    assert_eq!(found(&early.findings), [("before_heard", "validity.from")]);
    let finding = &early.findings[0];
    assert!(!finding.blocking && finding.change_index == 1, "{finding:?}");
    assert!(finding.message.contains("2026-06-01") && finding.message.ends_with(&earliest), "{finding:?}");
    let name = early.change_set.unwrap().name;
    let proposed = author.propose_change_set(propose(&name)).await.unwrap().into_inner();
    assert_eq!(proposed.findings, early.findings);
    let validate = pb::ValidateChangeSetRequest { name: name.clone() };
    assert_eq!(author.validate_change_set(validate.clone()).await.unwrap().into_inner().findings, early.findings);
    // Its notification says nothing of a day on which it cannot apply.
    let notified = author.notify_change_set(notify(&name, "")).await.unwrap().into_inner().change_set.unwrap();
    let text = notified.notification.unwrap().text;
    assert!(text.contains("Proposed date of entry into force: on publication"), "{text}");
    // A longer comment period puts the day off.
    let later = (served.clock.today() + chrono::Days::new(90)).to_string();
    author.notify_change_set(notify(&name, &later)).await.unwrap();
    let findings = author.validate_change_set(validate).await.unwrap().into_inner().findings;
    let earliest_then = (served.clock.today() + chrono::Days::new(91)).to_string();
    assert!(findings[0].message.ends_with(&earliest_then), "{findings:?}");

    let in_time = author.create_change_set(create("in-time", vec![from(&earliest)])).await.unwrap().into_inner();
    assert_eq!(found(&in_time.findings), []);
    // What an entry says already is not new.
    let known = author.create_change_set(tighten("known")).await.unwrap().into_inner();
    assert_eq!(found(&known.findings), []);
}

async fn a_proposal_repeats_what_nobody_can_tell(db: TestDatabase) {
    let served = serve(&db).await;
    let mut author = served.changes("author");
    served.classifier.down.store(true, Ordering::SeqCst);
    let request = create("brought", requires(vec![scope("HS2022", "854142", &[])]));
    let name = author.create_change_set(request).await.unwrap().into_inner().change_set.unwrap().name;
    let checked = pb::ProposeChangeSetRequest { validate_only: true, request_id: "dry".into(), ..propose(&name) };
    let dry = author.propose_change_set(checked).await.unwrap().into_inner();
    let first = author.propose_change_set(propose(&name)).await.unwrap().into_inner();
    assert_eq!(found(&first.findings), [("code_unchecked", "codes[0].code.code")]);
    assert!(!first.findings[0].blocking);
    assert_eq!(dry.findings, first.findings, "a dry run says what the real thing says");
    // The same request has the same answer, whatever classification would say by now.
    served.classifier.down.store(false, Ordering::SeqCst);
    assert_eq!(author.propose_change_set(propose(&name)).await.unwrap().into_inner(), first);

    let wrong = create("wrong", requires(vec![scope("HS2022", "999999", &[])]));
    let wrong = author.create_change_set(wrong).await.unwrap().into_inner();
    assert!(wrong.findings.iter().all(|it| it.blocking), "{wrong:?}");
}

async fn a_classification_that_never_answers_holds_a_proposal_up_for_a_second_and_no_longer(db: TestDatabase) {
    let served = serve(&db).await;
    let mut author = served.changes("author");
    let request = create("brought", requires(vec![scope("HS2022", "854142", &[])]));
    let name = author.create_change_set(request).await.unwrap().into_inner().change_set.unwrap().name;
    served.classifier.silent.store(true, Ordering::SeqCst);
    let asked = Instant::now();
    let answer = author.propose_change_set(propose(&name)).await.unwrap().into_inner();
    let waited = asked.elapsed();
    assert_eq!(found(&answer.findings), [("code_unchecked", "codes[0].code.code")]);
    assert!(answer.findings[0].message.contains("within a second"), "{:?}", answer.findings);
    // It was waited for; the rest is what a loaded machine may take. A call that nothing bounds is waited for thirty.
    assert!((Duration::from_secs(1)..Duration::from_secs(20)).contains(&waited), "{waited:?}");
}
