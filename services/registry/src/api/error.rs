//! What each error of the registry means to its caller. No wildcard: a new error asks for a decision here.

use std::time::Duration;

use chrono::SecondsFormat;
use greenlane_platform::fault::Fault;

use crate::app::cosign::CosignError;
use crate::app::cosigned::NotWitnessed;
use crate::app::mutation::WriteError;
use crate::app::read::ReadError;
use crate::app::verify::VerifyError;
use crate::app::watch::WatchEnd;
use crate::domain::command::Refusal;

/// A full queue holds some groups: after this long there is room again.
const QUEUE_RETRY: Duration = Duration::from_millis(200);

/// While witnesses have not cosigned: about as often as they are asked.
const WITNESS_RETRY: Duration = Duration::from_secs(1);

/// While the database is away.
const OUTAGE_RETRY: Duration = Duration::from_secs(1);

impl From<WriteError> for Fault {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Refused(refusal) => refusal.into(),
            WriteError::RequestIdReused(id) => Fault::request_id_reused(id),
            WriteError::QueueFull => Fault::write_queue_full(QUEUE_RETRY),
            WriteError::LogInconsistent(text) => Fault::log_inconsistent(text),
            WriteError::Unavailable(text) => Fault::not_serving(OUTAGE_RETRY, text),
            WriteError::Internal(text) => Fault::internal(text),
        }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::BodyExists(body) => Fault::already_exists(body.name()),
            Refusal::UnknownBody(body) => Fault::not_found(body.name()),
            Refusal::NotACertificationBody(body) => {
                let name = body.name();
                let message = format!("`{name}` is no certification body, and issues no certificates");
                Fault::state_conflict(name, "not a certification body", "issue").with_message(message)
            }
            Refusal::KeyExists(name) => Fault::already_exists(name),
            Refusal::DidOfAnother(did) => Fault::already_exists(did),
            Refusal::NameOfAnother(body) => {
                let name = body.name();
                Fault::already_exists(name.as_str())
                    .with_message(format!("`{name}`, of the same economy, is called so"))
                    .with_violation("body.display_name", format!("is what `{name}`, of the same economy, is called"))
            }
            Refusal::KeyOfAnother(_) => Fault::key_refused("it is registered for another body"),
            Refusal::UnknownKey(name) | Refusal::UnknownStatement(name) | Refusal::UnknownTrace(name) => {
                Fault::not_found(name)
            }
            Refusal::UnknownWriteOff(name) => Fault::not_found(name),
            Refusal::OtherEconomy(economy) => Fault::not_yours("economy", economy),
            Refusal::NotReversible { name, state } => {
                let message = match state {
                    "reversed" => format!("`{name}` was reversed already"),
                    other => format!("`{name}` is a {other}: only a use is reversed"),
                };
                Fault::state_conflict(name, state, "reverse").with_message(message)
            }
            Refusal::NotInForce { number, state } => {
                let name = number.name();
                let stands = match state {
                    "key_compromised" => "signed with a key that was compromised".to_owned(),
                    other => other.replace('_', " "),
                };
                let message = format!("`{name}` is {stands}: nothing is written off against it");
                Fault::state_conflict(name, state, "to write off").with_message(message)
            }
            Refusal::WriteOffField { field, why } => Fault::invalid(field, why),
            Refusal::QuantityExceeded { number, left, unit } => Fault::quantity_exceeded(number.name(), left, unit),
            Refusal::DeclarationTaken { name, declaration } => Fault::declaration_taken(name, declaration),
            Refusal::SerialsTaken { number, first, last } => Fault::serials_taken(number.name(), first, last),
            Refusal::TraceKnown(name) => Fault::already_exists(name),
            Refusal::TraceCorrected(name) => Fault::state_conflict(name, "corrected", "correct"),
            Refusal::KeyState { name, state, step } => Fault::state_conflict(name, state.as_str(), step),
            Refusal::KeyTime { field, why } => Fault::invalid(field, why),
            Refusal::BodyEtagMismatch { body, etag } => Fault::etag_mismatch(body.name(), etag),
            Refusal::NotInRole { body, role } => {
                let (name, role) = (body.name(), role.words());
                let message = format!("`{name}` is no {role}, and cannot act as one");
                Fault::state_conflict(name, format!("no {role}"), "to act as one").with_message(message)
            }
            Refusal::StatementState { name, state, step } => Fault::state_conflict(name, state.as_str(), step.as_str()),
            Refusal::StatementDay(why) => Fault::invalid("effective_date", why),
            Refusal::OwnContestation { body, step } => {
                let name = body.name();
                let step = step.as_str();
                let message = format!(
                    "`{name}` is of the same economy as the designation, or named in it: another economy's designating \
                     authority is to {step} it"
                );
                Fault::state_conflict(name, "of the same economy or named in it", step).with_message(message)
            }
            Refusal::NoSigningKey(body) => Fault::no_signing_key(body.name()),
            Refusal::NotKeptBack(fields) => {
                let fields: Vec<&str> = fields.iter().map(|field| field.as_str()).collect();
                Fault::invalid("fields", format!("no version of the certificate keeps back {}", fields.join(", ")))
            }
            Refusal::UnknownCertificate(number) => Fault::not_found(number.name()),
            Refusal::NumberTaken(number) => Fault::already_exists(number.name()),
            // Documents that the registry signs are made anew: this one came signed.
            Refusal::StatusIndexTaken => {
                Fault::invalid("signed_document", "its index in the status list is another document's: prepare it anew")
            }
            Refusal::NotYours(body) => Fault::not_yours("body", body.name()),
            Refusal::OfItself(body) => {
                let name = body.name();
                let message = format!("`{name}` cannot accredit or designate itself");
                Fault::state_conflict(name, "the body itself", "to accredit or designate it").with_message(message)
            }
            Refusal::Keepers => Fault::not_yours("body", "none")
                .with_message("a token without a `body` claim entered this contestation, and settles it"),
            Refusal::StateConflict { number, state, announced, step } => {
                let (name, state, step) = (number.name(), state.as_str(), step.as_str());
                let fault = Fault::state_conflict(&name, state, step);
                let Some(from) = announced.map(|from| from.to_rfc3339_opts(SecondsFormat::Secs, true)) else {
                    return fault;
                };
                let message =
                    format!("`{name}` is announced to be {state} from {from}: {step} is not possible from there");
                fault.with_message(message).with_metadata("from", from)
            }
            Refusal::Awaited { number, announced, from, step } => {
                let (name, step) = (number.name(), step.as_str());
                let from = from.to_rfc3339_opts(SecondsFormat::Secs, true);
                let message = format!(
                    "a step of `{name}` is announced and takes effect at {from}: {step} takes effect at once, and is \
                     possible after that"
                );
                let fault = Fault::state_conflict(name, announced.as_str(), step);
                fault.with_message(message).with_metadata("from", from)
            }
            Refusal::EtagMismatch { number, etag } | Refusal::VersionMoved { number, etag } => {
                Fault::etag_mismatch(number.name(), etag)
            }
            Refusal::ContestationKnown { dispute, turn } => Fault::state_conflict(dispute, turn, "record"),
            Refusal::PublicationKnown(name) => Fault::state_conflict(name, "recorded", "record"),
            Refusal::PublicationOrder { name, highest } => {
                Fault::state_conflict(name, format!("beyond {highest}"), "record")
            }
            Refusal::EffectTooEarly { floor } => Fault::invalid(
                "effective_time",
                format!("must not be before the latest step took effect, {}", floor.to_rfc3339()),
            ),
        }
    }
}

impl From<CosignError> for Fault {
    fn from(error: CosignError) -> Self {
        match error {
            CosignError::Note(why) => Fault::invalid("note", why),
            CosignError::Write(error) => error.into(),
        }
    }
}

impl From<NotWitnessed> for Fault {
    fn from(error: NotWitnessed) -> Self {
        match error {
            NotWitnessed::Late { index, cosigned, wanted } => {
                Self::not_witnessed(WITNESS_RETRY, index, cosigned as u64, wanted as u64)
            }
            NotWitnessed::Store(error) => error.into(),
        }
    }
}

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::RevisionNotReached { required, revision } => Fault::revision_not_reached(required, revision),
            ReadError::Store(error) => error.into(),
        }
    }
}

impl From<VerifyError> for Fault {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::RevisionNotReached { required, revision } => Fault::revision_not_reached(required, revision),
            VerifyError::Store(error) => error.into(),
        }
    }
}

impl From<WatchEnd> for Fault {
    fn from(end: WatchEnd) -> Self {
        match end {
            WatchEnd::TooSlow { resume } => Fault::reader_too_slow(resume),
            WatchEnd::Store(error) => error.into(),
        }
    }
}
