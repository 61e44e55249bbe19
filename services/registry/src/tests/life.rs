//! Steps of a certificate's life, and what customs hears of them.

use chrono::TimeDelta;
use greenlane_api::common::v1::ErrorReason;
use greenlane_api::registry::v1 as wire;
use greenlane_platform::fault::Fault;
use greenlane_store::testing::TestDatabase;
use tonic::Code;

use super::harness::{Served, codes, question, serve};
use crate::Migrator;

greenlane_store::engine_tests!(Migrator:
    a_suspension_can_be_undone_and_a_withdrawal_cannot,
    customs_knows_of_a_withdrawal_at_once,
    a_step_announced_for_later_counts_from_its_day,
    a_step_cannot_take_effect_before_the_last_one,
    an_urgent_step_overtakes_what_was_announced,
    an_overtaken_version_never_counts,
    what_is_suspended_is_suspended_anew_to_overtake_its_announced_end,
    what_counts_today_already_is_overtaken_by_nothing,
    what_names_no_time_takes_effect_behind_what_counts_today,
    who_was_faster_is_told_by_the_etag,
    the_events_are_listed_in_the_order_of_the_log,
    certificates_are_found_by_what_they_name,
    pages_stay_as_they_are_while_certificates_come_and_change,
    a_suspension_shows_its_remedy_until_its_announced_end,
    a_body_reads_its_own_certificates_alone,
);

pub(super) fn suspension(name: &str, request_id: &str) -> wire::SuspendCertificateRequest {
    wire::SuspendCertificateRequest {
        request_id: request_id.to_owned(),
        name: name.to_owned(),
        reason: wire::CertificateReason::Nonconformity.into(),
        remedy: "A new type test.".to_owned(),
        ..wire::SuspendCertificateRequest::default()
    }
}

pub(super) fn withdrawal(name: &str, request_id: &str) -> wire::WithdrawCertificateRequest {
    wire::WithdrawCertificateRequest {
        request_id: request_id.to_owned(),
        name: name.to_owned(),
        reason: wire::CertificateReason::Misuse.into(),
        ..wire::WithdrawCertificateRequest::default()
    }
}

fn reinstatement(name: &str, request_id: &str) -> wire::ReinstateCertificateRequest {
    wire::ReinstateCertificateRequest {
        request_id: request_id.to_owned(),
        name: name.to_owned(),
        reason: wire::CertificateReason::Remedied.into(),
        ..wire::ReinstateCertificateRequest::default()
    }
}

async fn issued(served: &Served) -> String {
    served.enrol("xa-lab").await;
    served.issue("xa-lab", "issue").await.certificate.unwrap().name
}

async fn a_suspension_can_be_undone_and_a_withdrawal_cannot(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    let suspended = body.suspend_certificate(suspension(&name, "s")).await.unwrap().into_inner();
    let certificate = suspended.certificate.unwrap();
    assert_eq!(certificate.state(), wire::CertificateState::Suspended);
    assert_eq!(certificate.suspension_remedy, "A new type test.");
    let refused = body.suspend_certificate(suspension(&name, "s2")).await.unwrap_err();
    assert_eq!(
        (refused.code(), Fault::reason_of(&refused)),
        (Code::FailedPrecondition, Some(ErrorReason::StateConflict))
    );
    let reinstated = body.reinstate_certificate(reinstatement(&name, "r")).await.unwrap().into_inner();
    assert_eq!(reinstated.certificate.unwrap().state(), wire::CertificateState::Active);
    let withdrawn = body.withdraw_certificate(withdrawal(&name, "w")).await.unwrap().into_inner();
    assert_eq!(withdrawn.certificate.unwrap().state(), wire::CertificateState::Withdrawn);
    let refused = body.reinstate_certificate(reinstatement(&name, "r2")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::StateConflict));
    // A refused request left nothing behind: its id is free.
    let again = body.withdraw_certificate(withdrawal(&name, "w")).await.unwrap().into_inner();
    assert_eq!(again.revision, withdrawn.revision);
}

async fn customs_knows_of_a_withdrawal_at_once(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    assert_eq!(served.verdict(&name).await.outcome(), wire::VerdictOutcome::Accepted);
    served.certificates("bodies/xa-lab").withdraw_certificate(withdrawal(&name, "w")).await.unwrap();
    let verdict = served.verdict(&name).await;
    assert_eq!(verdict.outcome(), wire::VerdictOutcome::Refused);
    assert_eq!(codes(verdict.in_force.as_ref()), ["withdrawn"]);
    assert_eq!(verdict.authentic.unwrap().outcome(), wire::PartOutcome::Yes);
}

async fn a_step_announced_for_later_counts_from_its_day(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let later = served.clock.now() + TimeDelta::days(10);
    let announced = wire::WithdrawCertificateRequest {
        effective_time: Some(prost_types::Timestamp { seconds: later.timestamp(), nanos: 0 }),
        ..withdrawal(&name, "w")
    };
    let answer = served.certificates("bodies/xa-lab").withdraw_certificate(announced).await.unwrap().into_inner();
    assert_eq!(answer.certificate.unwrap().state(), wire::CertificateState::Active);
    assert_eq!(served.verdict(&name).await.outcome(), wire::VerdictOutcome::Accepted);
    served.clock.advance(TimeDelta::days(10));
    assert_eq!(served.verdict(&name).await.outcome(), wire::VerdictOutcome::Refused);
    let read = wire::GetCertificateRequest { name, ..wire::GetCertificateRequest::default() };
    let read = served.certificates("bodies/xa-lab").get_certificate(read).await.unwrap().into_inner();
    assert_eq!(read.certificate.unwrap().state(), wire::CertificateState::Withdrawn);
}

async fn a_step_cannot_take_effect_before_the_last_one(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    body.suspend_certificate(suspension(&name, "s")).await.unwrap();
    let earlier = served.clock.now() - TimeDelta::days(1);
    let stamp = |at: chrono::DateTime<chrono::Utc>| Some(prost_types::Timestamp { seconds: at.timestamp(), nanos: 0 });
    let step = wire::WithdrawCertificateRequest { effective_time: stamp(earlier), ..withdrawal(&name, "w") };
    let refused = body.withdraw_certificate(step).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("effective_time"), "{}", refused.message());
    let long_ago = served.clock.now() - TimeDelta::days(400);
    let step = wire::WithdrawCertificateRequest { effective_time: stamp(long_ago), ..withdrawal(&name, "w") };
    assert_eq!(body.withdraw_certificate(step).await.unwrap_err().code(), Code::InvalidArgument);

    // Nor is it the announced end that stands against a suspension which would overtake it.
    body.reinstate_certificate(reinstatement(&name, "r")).await.unwrap();
    let announced =
        wire::WithdrawCertificateRequest { effective_time: in_days(&served, 100), ..withdrawal(&name, "w2") };
    body.withdraw_certificate(announced).await.unwrap();
    let step = wire::SuspendCertificateRequest { effective_time: stamp(earlier), ..suspension(&name, "s2") };
    let refused = body.suspend_certificate(step).await.unwrap_err();
    assert!(
        refused.code() == Code::InvalidArgument && refused.message().contains("effective_time"),
        "{}",
        refused.message()
    );
    body.suspend_certificate(suspension(&name, "s3")).await.unwrap();
}

/// So many days from now.
fn in_days(served: &Served, days: i64) -> Option<prost_types::Timestamp> {
    let at = served.clock.now() + TimeDelta::days(days);
    Some(prost_types::Timestamp { seconds: at.timestamp(), nanos: 0 })
}

async fn an_urgent_step_overtakes_what_was_announced(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    let announced =
        wire::WithdrawCertificateRequest { effective_time: in_days(&served, 200), ..withdrawal(&name, "w") };
    let announced = body.withdraw_certificate(announced).await.unwrap().into_inner();
    let sooner = wire::SuspendCertificateRequest { effective_time: in_days(&served, 100), ..suspension(&name, "s1") };
    let sooner = body.suspend_certificate(sooner).await.unwrap().into_inner();
    let event = |revision: u64| format!("{name}/events/{}", revision - 1);
    assert_eq!(sooner.overtaken_events, [event(announced.revision)]);
    let late = wire::ReinstateCertificateRequest { effective_time: in_days(&served, 50), ..reinstatement(&name, "r1") };
    assert_eq!(body.reinstate_certificate(late).await.unwrap_err().code(), Code::InvalidArgument, "not urgent");

    let urgent = body.suspend_certificate(suspension(&name, "s2")).await.unwrap().into_inner();
    assert_eq!(urgent.overtaken_events, [event(sooner.revision)], "what was overtaken before is not told again");
    assert_eq!(codes(served.verdict(&name).await.in_force.as_ref()), ["suspended"], "at once");
    let request = wire::ListCertificateEventsRequest { certificate: name.clone(), page_size: 2, ..Default::default() };
    let events = body.list_certificate_events(request).await.unwrap().into_inner().events;
    let told: Vec<&str> = events.iter().map(|event| event.overtaken_by.as_str()).collect();
    assert_eq!(told, ["", event(sooner.revision).as_str()], "also on a page that ends before the urgent step");

    body.reinstate_certificate(reinstatement(&name, "r2")).await.unwrap();
    served.clock.advance(TimeDelta::days(210));
    assert_eq!(served.verdict(&name).await.outcome(), wire::VerdictOutcome::Accepted, "both were overtaken");
    // The answers are recalled as they were.
    let again = wire::SuspendCertificateRequest { request_id: "s2".to_owned(), ..suspension(&name, "s2") };
    assert_eq!(body.suspend_certificate(again).await.unwrap().into_inner(), urgent);
    body.withdraw_certificate(withdrawal(&name, "w2")).await.unwrap();
    assert_eq!(codes(served.verdict(&name).await.in_force.as_ref()), ["withdrawn"]);
}

async fn an_overtaken_version_never_counts(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    let amendment = |id: &str, scope: &str, effective_time| wire::AmendCertificateRequest {
        request_id: id.to_owned(),
        name: name.clone(),
        kind: wire::AmendmentKind::Correct.into(),
        content: Some(wire::CertificateContent { scope: scope.to_owned(), ..Default::default() }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["scope".to_owned()] }),
        reason: wire::CertificateReason::Mistake.into(),
        effective_time,
        ..Default::default()
    };
    let announced = body.amend_certificate(amendment("a1", "Later.", in_days(&served, 30))).await.unwrap().into_inner();
    let second = announced.certificate.unwrap();
    assert_eq!((second.version, second.state()), (2, wire::CertificateState::NotYetValid));
    let terminate = wire::TerminateCertificateRequest {
        request_id: "t".to_owned(),
        name: name.clone(),
        reason: wire::CertificateReason::HolderRequest.into(),
        validate_only: true,
        ..Default::default()
    };
    let checked = body.terminate_certificate(terminate).await.unwrap().into_inner();
    assert_eq!(checked.overtaken_events.len(), 1, "a check tells what would be overtaken");
    let urgent = body.suspend_certificate(suspension(&name, "s")).await.unwrap().into_inner();
    assert_eq!(urgent.certificate.as_ref().unwrap().version, 1);
    body.reinstate_certificate(reinstatement(&name, "r")).await.unwrap();

    served.clock.advance(TimeDelta::days(31));
    let subject = wire::verify_request::Subject::Document(second.document.clone());
    let verdict = served.verification().verify(question(subject)).await.unwrap().into_inner().verdict.unwrap();
    assert_eq!(codes(verdict.in_force.as_ref())[0], "version_overtaken");
    assert_eq!(served.verdict(&name).await.version, 1);
    let shown = wire::GetCertificateRequest { name: name.clone(), version: 2, ..Default::default() };
    let shown = body.get_certificate(shown).await.unwrap().into_inner().certificate.unwrap();
    assert_eq!(shown.state(), wire::CertificateState::Superseded);
    assert!(shown.status_purposes().any(|purpose| purpose == wire::StatusPurpose::Revocation));

    // The next version is made of the one that counts, and has a number of its own.
    let amended = body.amend_certificate(amendment("a2", "Now.", None)).await.unwrap().into_inner();
    let third = amended.certificate.unwrap();
    assert_eq!((third.version, third.content.unwrap().scope.as_str()), (3, "Now."));
    assert_eq!(body.suspend_certificate(suspension(&name, "s")).await.unwrap().into_inner(), urgent);
}

async fn what_is_suspended_is_suspended_anew_to_overtake_its_announced_end(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    body.suspend_certificate(suspension(&name, "s1")).await.unwrap();
    let end = wire::ReinstateCertificateRequest { effective_time: in_days(&served, 50), ..reinstatement(&name, "r1") };
    let end = body.reinstate_certificate(end).await.unwrap().into_inner();
    let anew = wire::SuspendCertificateRequest { remedy: "A second test.".to_owned(), ..suspension(&name, "s2") };
    let anew = body.suspend_certificate(anew).await.unwrap().into_inner();
    assert_eq!(anew.overtaken_events, [format!("{name}/events/{}", end.revision - 1)]);
    assert_eq!(anew.certificate.unwrap().suspension_remedy, "A second test.");
    let again = body.suspend_certificate(suspension(&name, "s3")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&again), Some(ErrorReason::StateConflict), "there is nothing to overtake");
    served.clock.advance(TimeDelta::days(60));
    assert_eq!(codes(served.verdict(&name).await.in_force.as_ref()), ["suspended"], "the announced end never came");
    body.reinstate_certificate(reinstatement(&name, "r2")).await.unwrap();
    assert_eq!(served.verdict(&name).await.outcome(), wire::VerdictOutcome::Accepted);
    // An auditor comes to the same from the log alone.
    let entries = served.log().list_entries(wire::ListEntriesRequest::default()).await.unwrap().into_inner().entries;
    let mut auditor = crate::audit::Auditor::new();
    for entry in &entries {
        auditor.read(&entry.leaf).unwrap();
    }
}

/// So many hours from now.
fn in_hours(served: &Served, hours: i64) -> Option<prost_types::Timestamp> {
    let at = served.clock.now() + TimeDelta::hours(hours);
    Some(prost_types::Timestamp { seconds: at.timestamp(), nanos: 0 })
}

/// What an auditor comes to on a day from the log alone: the version and the state.
async fn by_the_log(served: &Served, name: &str, day: chrono::NaiveDate) -> (u32, &'static str) {
    let entries = served.log().list_entries(wire::ListEntriesRequest::default()).await.unwrap().into_inner().entries;
    let mut auditor = crate::audit::Auditor::new();
    for entry in &entries {
        auditor.read(&entry.leaf).unwrap();
    }
    let derived = auditor.certificates()[name.trim_start_matches("certificates/")].on(day);
    (derived.version, derived.state)
}

async fn what_counts_today_already_is_overtaken_by_nothing(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    let tonight = wire::WithdrawCertificateRequest { effective_time: in_hours(&served, 11), ..withdrawal(&name, "w") };
    body.withdraw_certificate(tonight).await.unwrap();
    assert_eq!(codes(served.verdict(&name).await.in_force.as_ref()), ["withdrawn"]);
    for (id, effective_time) in [("s1", None), ("s2", in_hours(&served, 0)), ("s3", in_hours(&served, 10))] {
        let refused =
            body.suspend_certificate(wire::SuspendCertificateRequest { effective_time, ..suspension(&name, id) });
        let refused = refused.await.unwrap_err();
        assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::StateConflict), "{id}");
        assert!(!Fault::metadata_of(&refused).contains_key("from"), "{id}: it is withdrawn, and not about to be");
    }
    assert_eq!(codes(served.verdict(&name).await.in_force.as_ref()), ["withdrawn"]);
    assert_eq!(by_the_log(&served, &name, served.clock.today()).await, (1, "withdrawn"));
}

async fn what_names_no_time_takes_effect_behind_what_counts_today(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    let tonight = wire::AmendCertificateRequest {
        effective_time: in_hours(&served, 11),
        ..super::revise::amendment(&name, "a", "Other words.")
    };
    body.amend_certificate(tonight).await.unwrap();
    assert_eq!(served.verdict(&name).await.version, 2);
    let later = wire::WithdrawCertificateRequest { effective_time: in_days(&served, 9), ..withdrawal(&name, "w") };
    let later = body.withdraw_certificate(later).await.unwrap().into_inner();

    let sooner = wire::SuspendCertificateRequest { effective_time: in_hours(&served, 1), ..suspension(&name, "s1") };
    let refused = body.suspend_certificate(sooner).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("effective_time"), "{}", refused.message());
    // An urgent step waits for no hour, and overtakes what is to come on other days alone.
    let urgent = body.suspend_certificate(suspension(&name, "s2")).await.unwrap().into_inner();
    assert_eq!(urgent.overtaken_events, [format!("{name}/events/{}", later.revision - 1)]);
    let verdict = served.verdict(&name).await;
    assert_eq!((verdict.version, codes(verdict.in_force.as_ref())), (2, vec!["suspended"]));
    body.reinstate_certificate(reinstatement(&name, "r")).await.unwrap();
    let verdict = served.verdict(&name).await;
    assert_eq!((verdict.version, codes(verdict.in_force.as_ref())), (2, vec!["active"]));
    assert_eq!(by_the_log(&served, &name, served.clock.today()).await, (2, "active"));
}

async fn who_was_faster_is_told_by_the_etag(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let read = served.issue("xa-lab", "issue").await.certificate.unwrap();
    let mut body = served.certificates("bodies/xa-lab");
    body.suspend_certificate(suspension(&read.name, "s")).await.unwrap();
    let late = wire::WithdrawCertificateRequest { etag: read.etag, ..withdrawal(&read.name, "w") };
    let refused = body.withdraw_certificate(late).await.unwrap_err();
    assert_eq!((refused.code(), Fault::reason_of(&refused)), (Code::Aborted, Some(ErrorReason::EtagMismatch)));
}

async fn the_events_are_listed_in_the_order_of_the_log(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    body.suspend_certificate(suspension(&name, "s")).await.unwrap();
    body.reinstate_certificate(reinstatement(&name, "r")).await.unwrap();
    let (mut kinds, mut token) = (Vec::new(), String::new());
    loop {
        let page = wire::ListCertificateEventsRequest {
            certificate: name.clone(),
            page_size: 2,
            page_token: token,
            ..wire::ListCertificateEventsRequest::default()
        };
        let page = body.list_certificate_events(page).await.unwrap().into_inner();
        kinds.extend(page.events.iter().map(wire::CertificateEvent::kind));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    use wire::CertificateEventKind as K;
    assert_eq!(kinds, [K::Grant, K::Suspend, K::Reinstate]);
}

async fn certificates_are_found_by_what_they_name(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let first = served.issue("xa-lab", "1").await.certificate.unwrap().name;
    let mut other = super::harness::order("xa-lab", "2");
    let content = other.content.as_mut().unwrap();
    content.holder.as_mut().unwrap().name = "Wind 100% Ltd".to_owned();
    content.products[0].codes[0].code = "850231".to_owned();
    content.granted_on = "2026-02-20".to_owned();
    let mut body = served.certificates("bodies/xa-lab");
    let second = body.issue_certificate(other).await.unwrap().into_inner().certificate.unwrap().name;
    body.withdraw_certificate(withdrawal(&second, "w")).await.unwrap();
    let mut find = async |filter: wire::CertificateFilter| -> Vec<String> {
        let request =
            wire::ListCertificatesRequest { filter: Some(filter), ..wire::ListCertificatesRequest::default() };
        let listed = body.list_certificates(request).await.unwrap().into_inner();
        listed.certificates.into_iter().map(|certificate| certificate.name).collect()
    };
    let none = wire::CertificateFilter::default;
    assert_eq!(find(none()).await, [first.clone(), second.clone()]);
    let holder = wire::CertificateFilter { holder: "100%".to_owned(), ..none() };
    assert_eq!(find(holder).await, std::slice::from_ref(&second));
    let wildcard = wire::CertificateFilter { holder: "E%Solar".to_owned(), ..none() };
    assert!(find(wildcard).await.is_empty(), "a wildcard is a character");
    let code = greenlane_api::common::v1::CodeReference { edition: "HS2022".to_owned(), code: "8541".to_owned() };
    assert_eq!(find(wire::CertificateFilter { code: Some(code), ..none() }).await, std::slice::from_ref(&first));
    let number = first.trim_start_matches("certificates/").to_owned();
    let typed = |typed: &str| wire::CertificateFilter { number_prefix: typed.to_owned(), ..none() };
    assert_eq!(find(typed(&number)).await, std::slice::from_ref(&first));
    assert_eq!(find(typed(&number[..4].to_lowercase())).await, [first.clone(), second.clone()], "both begin so");
    assert!(find(typed(&number[1..])).await.is_empty(), "a number begins at its beginning");
    assert_eq!(find(typed(&format!("{}-{} ", &number[..2], &number[2..4]))).await.len(), 2, "as people write it");
    let withdrawn = vec![wire::CertificateState::Withdrawn.into()];
    assert_eq!(find(wire::CertificateFilter { states: withdrawn, ..none() }).await, std::slice::from_ref(&second));
    let standard = wire::CertificateFilter { standard_edition: "ex 61215:2026".to_owned(), ..none() };
    assert_eq!(find(standard).await, [first.clone(), second.clone()]);
    let granted = |from: &str, until: &str| wire::CertificateFilter {
        granted_on_from: from.to_owned(),
        granted_on_until: until.to_owned(),
        ..none()
    };
    assert_eq!(find(granted("2026-01-11", "")).await, std::slice::from_ref(&second));
    assert_eq!(find(granted("", "2026-02-19")).await, std::slice::from_ref(&first));
    assert_eq!(find(granted("2026-01-10", "2026-02-20")).await, [first, second]);
    assert!(find(granted("2026-01-11", "2026-02-19")).await.is_empty());
    for wildcard in ["%", "GL%", "GL_A"] {
        let filter = Some(wire::CertificateFilter { number_prefix: wildcard.to_owned(), ..none() });
        let request = wire::ListCertificatesRequest { filter, ..wire::ListCertificatesRequest::default() };
        let refused = body.list_certificates(request).await.unwrap_err();
        assert!(Fault::violations_of(&refused)[0].field.ends_with("number_prefix"), "{wildcard}: {refused:?}");
    }
}

async fn a_suspension_shows_its_remedy_until_its_announced_end(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    body.suspend_certificate(suspension(&name, "s")).await.unwrap();
    let end = served.clock.now() + TimeDelta::days(5);
    let announced = wire::ReinstateCertificateRequest {
        effective_time: Some(prost_types::Timestamp { seconds: end.timestamp(), nanos: 0 }),
        ..reinstatement(&name, "r")
    };
    body.reinstate_certificate(announced).await.unwrap();
    let get = wire::GetCertificateRequest { name, ..Default::default() };
    let shown = body.get_certificate(get.clone()).await.unwrap().into_inner().certificate.unwrap();
    let remedy = shown.suspension_remedy.as_str();
    assert_eq!((shown.state(), remedy), (wire::CertificateState::Suspended, "A new type test."));
    served.clock.advance(TimeDelta::days(5));
    let shown = body.get_certificate(get).await.unwrap().into_inner().certificate.unwrap();
    assert_eq!((shown.state(), shown.suspension_remedy.as_str()), (wire::CertificateState::Active, ""));
}

async fn a_body_reads_its_own_certificates_alone(db: TestDatabase) {
    let served = serve(&db).await;
    let mine = issued(&served).await;
    served.enrol("xb-lab").await;
    let theirs = served.issue("xb-lab", "theirs").await.certificate.unwrap().name;
    let list = async |channel, body: &str| {
        let filter = wire::CertificateFilter { body: body.to_owned(), ..Default::default() };
        let request = wire::ListCertificatesRequest { filter: Some(filter), ..Default::default() };
        let mut client = wire::certificate_service_client::CertificateServiceClient::new(channel);
        let answer = client.list_certificates(request).await?.into_inner();
        Ok::<_, tonic::Status>(answer.certificates.into_iter().map(|certificate| certificate.name).collect::<Vec<_>>())
    };
    let clerk = || served.channel("clerk", Some("bodies/xa-lab"));
    assert_eq!(list(clerk(), "").await.unwrap(), [mine.as_str()]);
    assert_eq!(list(clerk(), "bodies/xa-lab").await.unwrap(), [mine.as_str()]);
    let not_yours = |status: tonic::Status| {
        assert_eq!((status.code(), Fault::reason_of(&status)), (Code::PermissionDenied, Some(ErrorReason::NotYours)));
    };
    not_yours(list(clerk(), "bodies/xb-lab").await.unwrap_err());
    let mut reader = served.certificates("bodies/xa-lab");
    let get = wire::GetCertificateRequest { name: theirs.clone(), ..Default::default() };
    not_yours(reader.get_certificate(get.clone()).await.unwrap_err());
    let events = wire::ListCertificateEventsRequest { certificate: theirs.clone(), ..Default::default() };
    not_yours(reader.list_certificate_events(events).await.unwrap_err());
    // Whoever acts for no body, as customs and auditors do, reads all of them.
    assert_eq!(list(served.channel("customs", None), "").await.unwrap(), [mine, theirs]);
    let customs = served.channel("customs", None);
    let mut customs = wire::certificate_service_client::CertificateServiceClient::new(customs);
    customs.get_certificate(get).await.unwrap();
}

async fn pages_stay_as_they_are_while_certificates_come_and_change(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let mut names = Vec::new();
    for index in 0..7 {
        names.push(served.issue("xa-lab", &format!("c{index}")).await.certificate.unwrap().name);
    }
    let mut body = served.certificates("bodies/xa-lab");
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let filter = wire::CertificateFilter { expires_until: "2029-01-09".to_owned(), ..Default::default() };
        let page = wire::ListCertificatesRequest {
            filter: Some(filter),
            page_size: 2,
            page_token: token,
            ..Default::default()
        };
        let page = body.list_certificates(page).await.unwrap().into_inner();
        seen.extend(page.certificates.into_iter().map(|certificate| certificate.name));
        token = page.next_page_token;
        if seen.len() == 2 {
            // One that was shown ends, one that is to come changes, and another one is granted.
            body.withdraw_certificate(withdrawal(&names[0], "w")).await.unwrap();
            body.amend_certificate(super::revise::amendment(&names[3], "a", "Other words.")).await.unwrap();
            names.push(served.issue("xa-lab", "late").await.certificate.unwrap().name);
        }
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, names, "each once, in the order they were granted");
    body.renew_certificate(super::revise::renewal(&names[1], "r", "2035-01-01")).await.unwrap();
    let filter = wire::CertificateFilter { expires_from: "2029-01-10".to_owned(), ..Default::default() };
    let later = wire::ListCertificatesRequest { filter: Some(filter), ..Default::default() };
    let later = body.list_certificates(later).await.unwrap().into_inner().certificates;
    assert_eq!(later.iter().map(|certificate| &certificate.name).collect::<Vec<_>>(), [&names[1]]);
}
