//! The steps that end a certificate, or let it go on under conditions, and what its states say.

use chrono::TimeDelta;
use greenlane_api::common::v1::ErrorReason;
use greenlane_api::registry::v1 as wire;
use greenlane_platform::fault::Fault;
use greenlane_store::testing::TestDatabase;
use tonic::Code;

use super::harness::{codes, question, serve};
use super::life::suspension;
use super::revise::{amendment, by_name, get, in_force, issued, renewal, stamp};
use crate::Migrator;

greenlane_store::engine_tests!(Migrator:
    an_annulled_certificate_was_in_force_on_no_day,
    a_terminated_certificate_stays_so,
    a_step_that_an_announced_one_forbids_is_told_when_that_one_comes,
    a_certificate_goes_on_under_conditions,
    the_states_say_what_status_lists_say,
);

pub(super) fn termination(name: &str, request_id: &str) -> wire::TerminateCertificateRequest {
    wire::TerminateCertificateRequest {
        request_id: request_id.to_owned(),
        name: name.to_owned(),
        reason: wire::CertificateReason::HolderRequest.into(),
        ..Default::default()
    }
}

pub(super) fn annulment(name: &str, request_id: &str) -> wire::AnnulCertificateRequest {
    wire::AnnulCertificateRequest {
        request_id: request_id.to_owned(),
        name: name.to_owned(),
        reason: wire::CertificateReason::Fraud.into(),
        ..Default::default()
    }
}

pub(super) fn continuation(name: &str, request_id: &str) -> wire::ContinueCertificateRequest {
    wire::ContinueCertificateRequest {
        request_id: request_id.to_owned(),
        name: name.to_owned(),
        reason: wire::CertificateReason::Nonconformity.into(),
        conditions: "A follow-up audit by March.".to_owned(),
        ..Default::default()
    }
}

async fn an_annulled_certificate_was_in_force_on_no_day(db: TestDatabase) {
    let served = serve(&db).await;
    let first = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    let dated =
        wire::AnnulCertificateRequest { effective_time: stamp(served.clock.now()), ..annulment(&first.name, "n") };
    let refused = body.annul_certificate(dated).await.unwrap_err();
    assert!(refused.message().contains("effective_time"), "{}", refused.message());
    let known = served.verdict(&first.name).await.revisions.unwrap().registry;
    body.terminate_certificate(termination(&first.name, "t")).await.unwrap();
    let annulled = body.annul_certificate(annulment(&first.name, "n")).await.unwrap().into_inner();
    assert_eq!(annulled.certificate.unwrap().state(), wire::CertificateState::Annulled);
    assert_eq!(in_force(&served, by_name(&first.name), "2026-02-01").await, ["annulled"]);
    let again = body.annul_certificate(annulment(&first.name, "n2")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&again), Some(ErrorReason::StateConflict));
    // What was said before stays what was known then.
    let then = wire::VerifyRequest {
        replay: Some(greenlane_api::common::v1::Revisions { registry: known, ..Default::default() }),
        ..question(by_name(&first.name))
    };
    let then = served.verification().verify(then).await.unwrap().into_inner().verdict.unwrap();
    assert_eq!(then.outcome(), wire::VerdictOutcome::Accepted);
}

async fn a_terminated_certificate_stays_so(db: TestDatabase) {
    let served = serve(&db).await;
    let first = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    let past = wire::TerminateCertificateRequest {
        effective_time: stamp(served.clock.now() - TimeDelta::days(7)),
        ..termination(&first.name, "t")
    };
    let ended = body.terminate_certificate(past).await.unwrap().into_inner().certificate.unwrap();
    assert_eq!(ended.state(), wire::CertificateState::Terminated);
    assert_eq!(in_force(&served, by_name(&first.name), "2026-05-24").await, ["active", "later_step"]);
    assert_eq!(in_force(&served, by_name(&first.name), "2026-05-25").await, ["terminated"]);
    let late = body.renew_certificate(renewal(&first.name, "r", "2032-01-09")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&late), Some(ErrorReason::StateConflict));
}

async fn a_step_that_an_announced_one_forbids_is_told_when_that_one_comes(db: TestDatabase) {
    let served = serve(&db).await;
    let first = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    let later = served.clock.now() + TimeDelta::days(9);
    let announced = wire::TerminateCertificateRequest { effective_time: stamp(later), ..termination(&first.name, "t") };
    body.terminate_certificate(announced).await.unwrap();
    let refused = body.renew_certificate(renewal(&first.name, "r", "2032-01-09")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::StateConflict));
    let from = later.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    assert_eq!(Fault::metadata_of(&refused).get("from"), Some(&from));
    let message =
        format!("`{}` is announced to be terminated from {from}: renew is not possible from there", first.name);
    assert_eq!(refused.message(), message);
}

async fn a_certificate_goes_on_under_conditions(db: TestDatabase) {
    let served = serve(&db).await;
    let first = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    let bare = wire::ContinueCertificateRequest { conditions: String::new(), ..continuation(&first.name, "c") };
    assert_eq!(body.continue_certificate(bare).await.unwrap_err().code(), Code::InvalidArgument);
    body.suspend_certificate(suspension(&first.name, "s")).await.unwrap();
    let on = body.continue_certificate(continuation(&first.name, "c")).await.unwrap().into_inner().certificate.unwrap();
    assert_eq!((on.state(), on.conditions.as_str()), (wire::CertificateState::Active, "A follow-up audit by March."));
    let verdict = served.verdict(&first.name).await;
    assert_eq!(verdict.outcome(), wire::VerdictOutcome::AcceptedOnConditions);
    assert_eq!(codes(verdict.in_force.as_ref()), ["active", "continued_under_conditions"]);
}

async fn the_states_say_what_status_lists_say(db: TestDatabase) {
    use wire::StatusPurpose as P;
    let served = serve(&db).await;
    let first = issued(&served).await;
    let purposes = async |version| get(&served, &first.name, version).await.unwrap().status_purposes;
    assert!(purposes(0).await.is_empty());
    let mut body = served.certificates("bodies/xa-lab");
    body.amend_certificate(amendment(&first.name, "a", "x")).await.unwrap();
    assert_eq!(purposes(1).await, [P::Revocation as i32, P::Refresh as i32]);
    body.suspend_certificate(suspension(&first.name, "s")).await.unwrap();
    assert_eq!(purposes(2).await, [P::Suspension as i32]);
    body.withdraw_certificate(super::life::withdrawal(&first.name, "w")).await.unwrap();
    assert_eq!(purposes(2).await, [P::Revocation as i32]);
}
