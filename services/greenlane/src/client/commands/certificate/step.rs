//! Steps that make no new version.

use clap::{Args, ValueEnum};
use greenlane_api::registry::v1::{
    AnnulCertificateRequest, CertificateReason, ContinueCertificateRequest, LogPromise, ReinstateCertificateRequest,
    SuspendCertificateRequest, TerminateCertificateRequest, WithdrawCertificateRequest,
};
use greenlane_log::note::Note;
use greenlane_platform::clock::Clock;
use prost::{Message, Name};
use prost_types::Timestamp;
use serde_json::Value;

use super::name;
use crate::client::{
    Confirm, ConfirmByName, Mutation, Session,
    complete::Named,
    exit::Exit,
    input,
    render::{self, Output, View, cell_text},
};

/// Which certificate, why, and how the call is made.
#[derive(Args, Debug)]
pub(crate) struct Why {
    /// Number or name of the certificate.
    #[arg(add = Named::Certificates.completer())]
    pub(super) certificate: String,
    /// Why.
    #[arg(long, value_enum)]
    pub(super) reason: Reason,
    /// Why, in words.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(super) text: String,
    /// The etag that was read: refused when somebody was faster.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(super) etag: String,
    #[command(flatten)]
    pub(super) promise: Promise,
    #[command(flatten)]
    pub(super) mutation: Mutation,
}

/// How firm the answer must be.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Promise {
    /// Answer only when the status lists that are served tell it too. Refused where none are served.
    #[arg(long)]
    listed: bool,
    /// Answer only when so many witnesses have cosigned it: the answer's proof then carries their signatures. If they do
    /// not in time, what was done stands all the same, and the command with the same --request-id waits anew. Refused
    /// where fewer are configured.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "listed")]
    witnesses: Option<u32>,
}

impl Promise {
    pub(super) fn code(self) -> i32 {
        let promise = match self.witnesses {
            Some(_) => LogPromise::Witnessed,
            None if self.listed => LogPromise::InStatusList,
            None => LogPromise::Integrated,
        };
        promise.into()
    }

    /// How many are to have cosigned.
    pub(super) fn witnesses(self) -> u32 {
        self.witnesses.unwrap_or_default()
    }
}

/// The step that makes a version.
pub(super) const AMEND: &str = "amend";

/// From when it counts.
#[derive(Args, Debug)]
pub(crate) struct Effect {
    /// From when it counts: a day, or a moment such as 2026-12-01T08:00:00Z [default: now].
    #[arg(long, value_name = "TIME", value_parser = input::parse_moment)]
    pub(super) effective: Option<Timestamp>,
}

/// Who has cosigned the checkpoint that proves an answer.
fn cosigners(answer: &Value) -> Vec<String> {
    let note = answer["proof"]["checkpoint"].as_str().and_then(|text| Note::parse(text.as_bytes()).ok());
    // The first signature is the log's own.
    let theirs = note.iter().flat_map(|note| note.signatures().iter().skip(1));
    theirs.map(|signature| signature.name.to_string()).collect()
}

/// Whether a step counts from a later day than today. Days are whole, and are those of UTC.
pub(super) fn is_to_come(effect: &Timestamp) -> bool {
    let day = |seconds: i64| seconds.div_euclid(24 * 60 * 60);
    day(effect.seconds) > day(Clock::system().now().timestamp())
}

/// Prints the answer to a step, and who has cosigned it; of one that counts from a later day, from when on, and what
/// counts until then.
pub(super) fn told<M: Message + Name>(
    session: &Session,
    answer: &M,
    view: View,
    step: &str,
    effect: Option<Timestamp>,
) -> anyhow::Result<Exit> {
    let mut value = render::to_json(answer)?;
    let cosigners = cosigners(&value);
    // Programs have the answer as it is.
    if !cosigners.is_empty() && matches!(session.output(), Output::Table | Output::Csv) {
        value["certificate"]["cosignedBy"] = cosigners.into();
    }
    if let Some(later) = effect.filter(is_to_come) {
        let certificate = &mut value["certificate"];
        // The answer to an amendment is of the version that it makes: what is not valid yet is that, and no more.
        let is_amended = step == AMEND;
        let until = if is_amended {
            format!("until then the certificate is as it was: version {} does not count", certificate["version"])
        } else {
            format!("until then the certificate is {}", cell_text(certificate, "state"))
        };
        // Programs have the answer as it is.
        if matches!(session.output(), Output::Table | Output::Csv) {
            certificate["announced"] = format!("{step} from {later}").into();
            if is_amended {
                certificate["state"] = "".into();
            }
        }
        let when = if session.is_trial() { "it would take effect on" } else { "announced: it takes effect on" };
        render::talk(&format!("{when} {later}; {until}"));
    }
    session.print_value(&value, view)?;
    Ok(Exit::Done)
}

/// Arguments of most steps.
#[derive(Args, Debug)]
pub(crate) struct Step {
    #[command(flatten)]
    why: Why,
    #[command(flatten)]
    effect: Effect,
}

/// Arguments of `greenlane certificate withdraw` and `terminate`.
#[derive(Args, Debug)]
pub(crate) struct End {
    #[command(flatten)]
    step: Step,
    #[command(flatten)]
    confirm: Confirm,
}

/// Arguments of `greenlane certificate suspend`.
#[derive(Args, Debug)]
pub(crate) struct Suspend {
    #[command(flatten)]
    step: Step,
    /// What would end the suspension.
    #[arg(long)]
    remedy: String,
}

/// Arguments of `greenlane certificate continue`.
#[derive(Args, Debug)]
pub(crate) struct Continue {
    #[command(flatten)]
    step: Step,
    /// The conditions under which it goes on.
    #[arg(long)]
    conditions: String,
}

/// Arguments of `greenlane certificate annul`.
#[derive(Args, Debug)]
pub(crate) struct Annul {
    #[command(flatten)]
    why: Why,
    #[command(flatten)]
    confirm: ConfirmByName,
}

/// Fills a request with what all steps have.
macro_rules! request {
    ($session:expr, $why:expr => $request:ident { $($field:ident: $value:expr),* $(,)? }) => {
        $request {
            request_id: $session.request_id(&$why.mutation),
            validate_only: $why.mutation.dry_run,
            name: name(&$why.certificate),
            reason: $why.reason.code(),
            reason_text: $why.text,
            etag: $why.etag,
            promise: $why.promise.code(),
            witnesses: $why.promise.witnesses(),
            $($field: $value,)*
        }
    };
}

impl Step {
    pub(super) fn reinstate(self, session: &Session) -> ReinstateCertificateRequest {
        request!(session, self.why => ReinstateCertificateRequest { effective_time: self.effect.effective })
    }
}

impl End {
    pub(super) fn withdraw(self, session: &Session) -> WithdrawCertificateRequest {
        let Step { why, effect } = self.settled();
        request!(session, why => WithdrawCertificateRequest { effective_time: effect.effective })
    }

    pub(super) fn terminate(self, session: &Session) -> TerminateCertificateRequest {
        let Step { why, effect } = self.settled();
        request!(session, why => TerminateCertificateRequest { effective_time: effect.effective })
    }

    fn settled(mut self) -> Step {
        self.confirm.settle(&mut self.step.why.mutation);
        self.step
    }
}

impl Suspend {
    pub(super) fn request(self, session: &Session) -> SuspendCertificateRequest {
        let Step { why, effect } = self.step;
        request!(session, why => SuspendCertificateRequest { effective_time: effect.effective, remedy: self.remedy })
    }
}

impl Continue {
    pub(super) fn request(self, session: &Session) -> ContinueCertificateRequest {
        let Step { why, effect } = self.step;
        request!(session, why => ContinueCertificateRequest {
            effective_time: effect.effective,
            conditions: self.conditions,
        })
    }
}

impl Annul {
    pub(super) fn request(mut self, session: &Session) -> anyhow::Result<AnnulCertificateRequest> {
        self.confirm.settle(&mut self.why.mutation, &name(&self.why.certificate))?;
        Ok(request!(session, self.why => AnnulCertificateRequest { effective_time: None }))
    }
}

/// Why a step is taken.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Reason {
    Ordinary,
    Nonconformity,
    ObligationNotMet,
    HolderRequest,
    Misuse,
    StandardChanged,
    Fraud,
    Mistake,
    Safety,
    KeyCompromise,
    Remedied,
    BodyCeased,
    Other,
}

impl Reason {
    pub(super) fn code(self) -> i32 {
        match self {
            Self::Ordinary => CertificateReason::Ordinary,
            Self::Nonconformity => CertificateReason::Nonconformity,
            Self::ObligationNotMet => CertificateReason::ObligationNotMet,
            Self::HolderRequest => CertificateReason::HolderRequest,
            Self::Misuse => CertificateReason::Misuse,
            Self::StandardChanged => CertificateReason::StandardChanged,
            Self::Fraud => CertificateReason::Fraud,
            Self::Mistake => CertificateReason::Mistake,
            Self::Safety => CertificateReason::Safety,
            Self::KeyCompromise => CertificateReason::KeyCompromise,
            Self::Remedied => CertificateReason::Remedied,
            Self::BodyCeased => CertificateReason::BodyCeased,
            Self::Other => CertificateReason::Other,
        }
        .into()
    }
}
