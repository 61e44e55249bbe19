//! How firm an answer is.

use greenlane_api::registry::v1 as wire;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;

use super::super::issue::Answer;
use super::Certificates;
use crate::app::registry::Outcome;
use crate::domain::command::Done;

/// What must have become of the entry before the answer is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Promise {
    /// It is durable and in the tree; with that it is published, and in the status lists where they are served.
    Integrated,
    /// Also cosigned by so many witnesses.
    Witnessed(usize),
}

impl Certificates {
    /// Whoever asks for a promise that is not offered is told so, not given less. Status lists are made of what is
    /// published, and it is published before it is answered: where they are served, every answer promises them.
    pub(super) fn promise(&self, v: &mut Violations, raw: i32, witnesses: u32) -> Option<Promise> {
        let refuse = |v: &mut Violations, why: &str| {
            v.add("promise", why);
            None
        };
        match wire::LogPromise::try_from(raw) {
            Ok(wire::LogPromise::InStatusList) if !self.serves_status_lists => {
                refuse(v, "is not offered by this registry, which serves no status lists: INTEGRATED is")
            }
            Ok(wire::LogPromise::Unspecified | wire::LogPromise::Integrated | wire::LogPromise::InStatusList) => {
                v.check("witnesses", witnesses == 0, "is for the promise WITNESSED only").then_some(Promise::Integrated)
            }
            Ok(wire::LogPromise::Witnessed) => match (self.cosigned.witnesses(), witnesses.max(1) as usize) {
                (0, _) => {
                    refuse(v, "is not offered by this registry, for which no witness is configured: INTEGRATED is")
                }
                (there_are, wanted) if wanted > there_are => {
                    v.add("witnesses", format!("must be at most {there_are}, as many witnesses as are configured"));
                    None
                }
                (_, wanted) => Some(Promise::Witnessed(wanted)),
            },
            Err(_) => refuse(v, &format!("has no value {raw}")),
        }
    }

    /// The answer, once it is as firm as was asked. What is only checked has no entry that anybody could cosign.
    pub(super) async fn anchored(&self, outcome: Outcome, promise: Promise) -> Result<Answer, Fault> {
        match (outcome, promise) {
            (Outcome::Logged(receipt), Promise::Witnessed(wanted)) => {
                let proof = self.cosigned.proof(&receipt, wanted).await.map_err(|error| {
                    let fault = Fault::from(error);
                    match &receipt.done {
                        Done::Certificate(snapshot) => fault.about(snapshot.number.name()),
                        _ => fault,
                    }
                })?;
                Ok(Answer::from(Outcome::Logged(receipt)).proved_by(&proof))
            }
            (outcome, Promise::Integrated | Promise::Witnessed(_)) => Ok(Answer::from(outcome)),
        }
    }
}
