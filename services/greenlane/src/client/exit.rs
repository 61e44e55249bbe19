//! How a command ends: exit codes, and the text of a failure.

use std::process::ExitCode;

use greenlane_api::common::v1::ErrorReason;
use greenlane_platform::fault::Fault;
use tonic::{Code, Status};

/// The exit codes of `greenlane`, as its help prints them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// Wrong usage, or the server refused the arguments.
    Usage = 2,
    /// No such thing.
    NotFound = 3,
    /// Not allowed, or not known.
    Denied = 4,
    /// Exists already, or is in a state that forbids the step.
    Conflict = 5,
    /// `verify` and `recognise`: not valid, or not recognised.
    No = 10,
    /// `verify` and `recognise`: cannot be told.
    Undetermined = 11,
    /// Try later.
    TryLater = 75,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What the help says about exit codes.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0   done
  1   failed
  2   wrong usage, or arguments that the server refused
  3   no such thing
  4   denied
  5   conflict: it exists, or its state forbids the step
  10  verify, recognise: not valid or not recognised
  11  verify, recognise: undetermined
  75  try later";

fn exit_of(status: &Status) -> Exit {
    match status.code() {
        Code::Ok => Exit::Done,
        Code::InvalidArgument | Code::OutOfRange => Exit::Usage,
        Code::NotFound => Exit::NotFound,
        Code::Unauthenticated | Code::PermissionDenied => Exit::Denied,
        Code::AlreadyExists | Code::FailedPrecondition | Code::Aborted => Exit::Conflict,
        Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded => Exit::TryLater,
        Code::Cancelled | Code::Unknown | Code::Unimplemented | Code::Internal | Code::DataLoss => Exit::Failed,
    }
}

/// One line on what to do about a failure, where we know one.
fn hint(reason: ErrorReason) -> Option<&'static str> {
    Some(match reason {
        ErrorReason::TokenMissing => {
            "name a token with --token-file or GREENLANE_TOKEN_FILE; `greenlane up` makes one in its data directory"
        }
        ErrorReason::TokenInvalid => "the service does not trust this token: check issuer, audience and key set",
        ErrorReason::TokenExpired => "get a new token; under `greenlane up`: greenlane token mint",
        ErrorReason::ScopeMissing => "ask the issuer of your token for the scope named above",
        ErrorReason::NotYours => "a body acts on its own certificates only; use that body's token",
        ErrorReason::RequestIdReused => "choose a new --request-id, or repeat the first request exactly",
        ErrorReason::StateConflict => "look at the state first: greenlane certificate get",
        ErrorReason::NotServing | ErrorReason::DependencyUnavailable => "is it running? start it with `greenlane up`",
        ErrorReason::NoSigningKey => "register one: greenlane body key register",
        ErrorReason::Overloaded | ErrorReason::WriteQueueFull => "wait a moment and repeat with the same --request-id",
        ErrorReason::LogInconsistent => "the operator must look at the log before anything is signed again",
        ErrorReason::FourEyes => "somebody else must review: use another person's token",
        _ => return None,
    })
}

/// Prints a failure for a person on stderr and says how the process ends.
#[expect(clippy::print_stderr, reason = "the one place where a failure meets the terminal")]
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    let Some(status) = error.chain().find_map(|cause| cause.downcast_ref::<Status>()) else {
        let mut lines = error.chain().map(ToString::to_string);
        eprintln!("error: {}", lines.next().unwrap_or_default());
        for cause in lines {
            eprintln!("  caused by: {cause}");
        }
        return Exit::Failed.into();
    };
    eprintln!("error: {}", headline(error, status));
    for violation in Fault::violations_of(status) {
        eprintln!("  {}: {}", violation.field, violation.description);
    }
    match Fault::reason_of(status) {
        Some(reason) => {
            eprintln!("  reason: {}", reason.as_str_name().trim_start_matches("ERROR_REASON_"));
            if let Some(hint) = hint(reason) {
                eprintln!("hint: {hint}");
            }
        }
        None if status.code() == Code::Unavailable => eprintln!("hint: is it running? start it with `greenlane up`"),
        None => {}
    }
    exit_of(status).into()
}

/// What failed, then what the server said.
fn headline(error: &anyhow::Error, status: &Status) -> String {
    let outer = error.to_string();
    let said = status.message();
    if outer == status.to_string() { said.to_owned() } else { format!("{outer}: {said}") }
}
