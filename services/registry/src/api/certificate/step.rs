//! Steps that make no new version.

use greenlane_api::registry::v1 as wire;
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;

use super::super::consistency;
use super::super::issue::{Answer, Stamp};
use super::Certificates;
use crate::domain::command::{Command, StepCommand};
use crate::domain::life::{Reason, Step};
use crate::domain::names::BodyId;

/// What the requests for steps have in common.
pub(super) struct Raw<'r> {
    pub(super) step: Step,
    pub(super) validate_only: bool,
    pub(super) name: &'r str,
    pub(super) reason: i32,
    pub(super) reason_text: &'r str,
    pub(super) effective_time: Option<prost_types::Timestamp>,
    pub(super) etag: &'r str,
    pub(super) promise: i32,
    pub(super) witnesses: u32,
    /// The field, and what it says, of a remedy or conditions, which are then required.
    pub(super) remedy: Option<(&'static str, &'r str)>,
}

/// Answers the request for a step: they are alike but for their names, and for what some ask for beside.
macro_rules! perform {
    ($service:expr, $request:expr, $step:ident => $response:ident$(.$overtaken:ident)?, |$raw:ident| $remedy:expr) => {{
        let incoming = $crate::api::issue::Incoming::new($request, |message| &mut message.request_id)?;
        let $raw = &incoming.message;
        let step = $crate::api::certificate::step::Raw {
            step: $crate::domain::life::Step::$step,
            validate_only: incoming.message.validate_only,
            name: &incoming.message.name,
            reason: incoming.message.reason,
            reason_text: &incoming.message.reason_text,
            effective_time: incoming.message.effective_time,
            etag: &incoming.message.etag,
            promise: incoming.message.promise,
            witnesses: incoming.message.witnesses,
            remedy: $remedy,
        };
        let answer = $service.step(&incoming.caller, &incoming.request_id, incoming.stamp.clone(), step).await?;
        Ok(Response::new(wire::$response {
            certificate: Some(answer.certificate()?),
            $($overtaken: answer.overtaken()?,)?
            revision: answer.revision,
            proof: answer.proof,
        }))
    }};
}
pub(super) use perform;

impl Certificates {
    pub(super) async fn step(
        &self,
        caller: &Caller,
        request_id: &str,
        stamp: Stamp,
        raw: Raw<'_>,
    ) -> Result<Answer, Fault> {
        let mut v = Violations::new();
        let request_id = v.request_id(request_id);
        let number = consistency::certificate(&mut v, "name", raw.name, false);
        let reason = reason(&mut v, raw.reason, raw.reason_text);
        if raw.step == Step::Annul {
            let why = "must not be set: an annulled certificate is void from the start";
            v.check("effective_time", raw.effective_time.is_none(), why);
        }
        let effective_at = v.optional_timestamp("effective_time", raw.effective_time.as_ref());
        let etag = v.text("etag", raw.etag, 0..=64);
        let promise = self.promise(&mut v, raw.promise, raw.witnesses);
        let remedy = match raw.remedy {
            Some((field, text)) => v.paragraphs(field, text, 1..=2_000),
            None => Some(String::new()),
        };
        let asked = effective_at.flatten().filter(|_| raw.step != Step::Annul);
        let out_of_bounds = self.registry.effect_fault(asked);
        // Alone it is told only after it was looked whether the same was done before: that stays done.
        if let Some(why) = out_of_bounds.as_ref().filter(|_| !v.is_empty()) {
            v.add("effective_time", why);
        }
        let (request_id, number, (reason, reason_text), effective_at, etag, remedy, promise) =
            v.finish_with(|| Some((request_id?, number?, reason?, effective_at?, etag?, remedy?, promise?)))?;
        let body = match caller.body().map(BodyId::from_name) {
            Some(Ok(body)) => body,
            Some(Err(_)) | None => {
                let files = self.registry.published.files();
                let file = files.certificate(&self.registry.store, &number).await?;
                let file = file.ok_or_else(|| super::not_found(&number))?;
                return Err(Fault::not_yours("body", file.body.name()).about(number.name()));
            }
        };
        let name = number.name();
        let command = Command::Step(StepCommand {
            number,
            body,
            step: raw.step,
            reason,
            reason_text,
            remedy,
            effective_at,
            etag,
            actor: caller.subject().to_owned(),
        });
        let id = stamp.with(&request_id);
        let outcome = match out_of_bounds {
            Some(why) => self.registry.unless_done_before(&id, Fault::invalid("effective_time", why)).await?,
            None => {
                let done = self.registry.perform(id.wants(command), raw.validate_only).await;
                done.map_err(|error| Fault::from(error).about(name))?
            }
        };
        self.anchored(outcome, promise).await
    }
}

/// Why a step is taken, in a code and in words; the words are required when no code fits.
pub(super) fn reason(v: &mut Violations, code: i32, text: &str) -> Option<(Reason, String)> {
    let code: Option<wire::CertificateReason> = v.enumeration("reason", code);
    let is_other = code == Some(wire::CertificateReason::Other);
    let text = v.paragraphs("reason_text", text, usize::from(is_other)..=2_000);
    Some((from_wire(code?)?, text?))
}

fn from_wire(reason: wire::CertificateReason) -> Option<Reason> {
    use wire::CertificateReason as W;
    Some(match reason {
        W::Unspecified => return None,
        W::Ordinary => Reason::Ordinary,
        W::Nonconformity => Reason::Nonconformity,
        W::ObligationNotMet => Reason::ObligationNotMet,
        W::HolderRequest => Reason::HolderRequest,
        W::Misuse => Reason::Misuse,
        W::StandardChanged => Reason::StandardChanged,
        W::Fraud => Reason::Fraud,
        W::Mistake => Reason::Mistake,
        W::Safety => Reason::Safety,
        W::KeyCompromise => Reason::KeyCompromise,
        W::Remedied => Reason::Remedied,
        W::BodyCeased => Reason::BodyCeased,
        W::Other => Reason::Other,
    })
}
