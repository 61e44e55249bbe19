use std::convert::Infallible;

use greenlane_platform::fault::{ErrorReason, Fault};
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};

use crate::error::StoreError;

fn lost() -> DbErr {
    DbErr::Conn(RuntimeErr::Internal("connection to db.example.org lost".to_owned()))
}

fn reason(error: StoreError<Infallible>) -> ErrorReason {
    Fault::from(error).reason()
}

#[test]
fn each_failure_has_the_reason_that_tells_whether_to_come_back() {
    let timeout = DbErr::ConnectionAcquire(ConnAcquireErr::Timeout);
    assert_eq!(reason(StoreError::Unavailable(timeout)), ErrorReason::Overloaded);
    assert_eq!(reason(StoreError::Exhausted { attempts: 9, last: lost() }), ErrorReason::Overloaded);
    assert_eq!(reason(StoreError::Unavailable(lost())), ErrorReason::NotServing);
    assert_eq!(reason(StoreError::CommitUnknown(lost())), ErrorReason::NotServing);
    assert_eq!(reason(StoreError::Database(lost())), ErrorReason::Internal);
    assert_eq!(reason(StoreError::Aborted("panic".to_owned())), ErrorReason::Internal);
}

#[test]
fn what_the_database_said_goes_to_the_operator_alone() {
    for error in
        [StoreError::<Infallible>::Database(lost()), StoreError::Unavailable(lost()), StoreError::CommitUnknown(lost())]
    {
        let fault = Fault::from(error);
        assert!(!fault.message().contains("example.org"), "{}", fault.message());
        assert!(fault.operator_text().is_some_and(|text| text.contains("example.org")));
    }
}

#[test]
fn a_caller_whose_commit_is_in_doubt_is_told_to_repeat_the_request_id() {
    let fault = Fault::from(StoreError::<Infallible>::CommitUnknown(lost()));
    assert!(fault.message().contains("same request id"), "{}", fault.message());
    assert!(fault.retry_after().is_some());
}

#[test]
fn a_domain_fault_passes_unchanged() {
    let fault = Fault::from(StoreError::Domain(Fault::not_found("bodies/x")));
    assert_eq!(fault.reason(), ErrorReason::ResourceNotFound);
}
