//! What happens to a certificate, at random, and how the registry is told.

use chrono::TimeDelta;
use greenlane_api::common::v1 as common;
use greenlane_api::registry::v1 as wire;
use greenlane_api::registry::v1::certificate_service_client::CertificateServiceClient;
use proptest::prelude::*;
use tonic::Status;

use super::super::harness::{Served, content};

/// What to do.
#[derive(Clone, Debug)]
pub(super) enum Action {
    /// Let days pass.
    Advance(i64),
    /// Take a step that makes no version. When it takes effect, in hours from now.
    Step { step: Step, hours: Option<i64>, how: How },
    /// Amend the products to the models of a set of bits.
    Amend { kind: Kind, models: u8, hours: Option<i64>, how: How },
    /// Renew until so many days from today.
    Renew { days: i64, how: How },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Suspend,
    Reinstate,
    Continue,
    Withdraw,
    Terminate,
    Annul,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Extend,
    Reduce,
    Correct,
}

/// Who calls and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct How {
    pub(super) by: By,
    pub(super) etag: Etag,
    /// Send it a second time when it was done.
    again: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Owner,
    AnotherBody,
    Nobody,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Etag {
    None,
    Current,
    Older,
}

fn how() -> impl Strategy<Value = How> {
    let by = prop_oneof![20 => Just(By::Owner), 1 => Just(By::AnotherBody), 1 => Just(By::Nobody)];
    let etag = prop_oneof![10 => Just(Etag::None), 3 => Just(Etag::Current), 1 => Just(Etag::Older)];
    (by, etag, any::<bool>()).prop_map(|(by, etag, again)| How { by, etag, again })
}

/// Mostly now or announced, also for later in the day; sometimes within the bounds of 30 days back and 366 ahead,
/// sometimes beyond them.
fn hours() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![
        8 => Just(None),
        2 => (1i64..12).prop_map(Some),
        3 => (-100i64..400).prop_map(Some),
        3 => (300i64..2_000).prop_map(Some),
        1 => (-1_000i64..10_000).prop_map(Some),
    ]
}

pub(super) fn actions(most: usize) -> impl Strategy<Value = Vec<Action>> {
    let step = prop_oneof![
        5 => Just(Step::Suspend),
        5 => Just(Step::Reinstate),
        3 => Just(Step::Continue),
        1 => Just(Step::Withdraw),
        1 => Just(Step::Terminate),
        1 => Just(Step::Annul),
    ];
    let kind = prop_oneof![Just(Kind::Extend), Just(Kind::Reduce), Just(Kind::Correct)];
    let action = prop_oneof![
        4 => (0i64..60).prop_map(Action::Advance),
        6 => (step, hours(), how()).prop_map(|(step, hours, how)| Action::Step { step, hours, how }),
        5 => (kind, 1u8..8, hours(), how())
            .prop_map(|(kind, models, hours, how)| Action::Amend { kind, models, hours, how }),
        2 => (-30i64..900, how()).prop_map(|(days, how)| Action::Renew { days, how }),
    ];
    proptest::collection::vec(action, 4..=most)
}

/// A product for each bit that is set.
pub(super) fn products(models: u8) -> Vec<wire::CertifiedProduct> {
    let product = |bit: &u8| {
        let mut product = content().products.remove(0);
        product.identification = Some(common::ProductIdentification { model: format!("M{bit}"), ..Default::default() });
        product
    };
    (0..3u8).filter(|bit| models >> bit & 1 == 1).collect::<Vec<_>>().iter().map(product).collect()
}

/// The bits of the models that a content names.
pub(super) fn models_of(content: &wire::CertificateContent) -> u8 {
    let models = content.products.iter().map(|product| &product.identification.as_ref().unwrap().model);
    models.map(|model| 1 << model.trim_start_matches('M').parse::<u8>().unwrap()).sum()
}

/// What was answered.
pub(super) struct Done {
    pub(super) certificate: wire::Certificate,
    pub(super) revision: u64,
    /// How many events it says to have overtaken.
    pub(super) overtaken: usize,
}

/// One certificate, and whoever acts on it.
pub(super) struct Play<'s> {
    pub(super) served: &'s Served,
    pub(super) name: String,
    /// All etags so far, the current one last.
    pub(super) etags: Vec<String>,
    pub(super) count: u32,
    pub(super) case: String,
}

macro_rules! send {
    ($self:ident, $how:expr, $call:ident$(.$overtaken:ident)?, $request:expr) => {{
        let mut client = $self.client($how.by);
        let request = $request;
        let answer = client.$call(request.clone()).await?.into_inner();
        if $how.again {
            assert_eq!(client.$call(request).await?.into_inner(), answer, "the same request is answered the same");
        }
        let overtaken = 0 $(+ answer.$overtaken.len())?;
        Ok(Done { certificate: answer.certificate.unwrap(), revision: answer.revision, overtaken })
    }};
}

impl Play<'_> {
    fn client(&self, by: By) -> CertificateServiceClient<greenlane_platform::client::Client> {
        match by {
            By::Owner => self.served.certificates("bodies/xa-lab"),
            By::AnotherBody => self.served.certificates("bodies/xb-lab"),
            By::Nobody => CertificateServiceClient::new(self.served.channel("somebody", None)),
        }
    }

    fn etag(&self, how: How) -> String {
        match how.etag {
            Etag::None => String::new(),
            Etag::Current => self.etags.last().cloned().unwrap_or_default(),
            Etag::Older => "0".to_owned(),
        }
    }

    fn moment(&self, hours: Option<i64>) -> Option<prost_types::Timestamp> {
        let at = self.served.clock.now() + TimeDelta::hours(hours?);
        Some(prost_types::Timestamp { seconds: at.timestamp(), nanos: 0 })
    }

    /// Sends the request.
    pub(super) async fn perform(&mut self, action: &Action) -> Result<Done, Status> {
        self.count += 1;
        let request_id = format!("{}-{}", self.case, self.count);
        let name = self.name.clone();
        match *action {
            Action::Advance(_) => unreachable!("time passes without a request"),
            Action::Step { step, hours, how } => {
                let (effective_time, etag) = (self.moment(hours), self.etag(how));
                let reason = wire::CertificateReason::Other.into();
                let reason_text = "For the test.".to_owned();
                macro_rules! request {
                    ($request:ident { $($field:ident: $value:expr)? }) => {
                        wire::$request {
                            request_id, name, etag, reason, reason_text, effective_time,
                            $($field: $value,)?
                            ..Default::default()
                        }
                    };
                }
                match step {
                    Step::Suspend => send!(
                        self,
                        how,
                        suspend_certificate.overtaken_events,
                        request!(SuspendCertificateRequest { remedy: "Mend it.".to_owned() })
                    ),
                    Step::Reinstate => {
                        send!(self, how, reinstate_certificate, request!(ReinstateCertificateRequest {}))
                    }
                    Step::Continue => send!(
                        self,
                        how,
                        continue_certificate,
                        request!(ContinueCertificateRequest { conditions: "Mind it.".to_owned() })
                    ),
                    Step::Withdraw => {
                        send!(self, how, withdraw_certificate.overtaken_events, request!(WithdrawCertificateRequest {}))
                    }
                    Step::Terminate => {
                        send!(
                            self,
                            how,
                            terminate_certificate.overtaken_events,
                            request!(TerminateCertificateRequest {})
                        )
                    }
                    Step::Annul => send!(self, how, annul_certificate, request!(AnnulCertificateRequest {})),
                }
            }
            Action::Amend { kind, models, hours, how } => {
                let (kind, reason) = match kind {
                    Kind::Extend => (wire::AmendmentKind::ExtendScope, wire::CertificateReason::Ordinary),
                    Kind::Reduce => (wire::AmendmentKind::ReduceScope, wire::CertificateReason::Ordinary),
                    Kind::Correct => (wire::AmendmentKind::Correct, wire::CertificateReason::Mistake),
                };
                let request = wire::AmendCertificateRequest {
                    request_id,
                    name,
                    kind: kind.into(),
                    content: Some(wire::CertificateContent { products: products(models), ..Default::default() }),
                    update_mask: Some(prost_types::FieldMask { paths: vec!["products".to_owned()] }),
                    reason: reason.into(),
                    effective_time: self.moment(hours),
                    etag: self.etag(how),
                    ..Default::default()
                };
                send!(self, how, amend_certificate, request)
            }
            Action::Renew { days, how } => {
                let request = wire::RenewCertificateRequest {
                    request_id,
                    name,
                    valid_until: (self.served.clock.today() + TimeDelta::days(days)).to_string(),
                    authorised_by: "Head of certification".to_owned(),
                    reason: wire::CertificateReason::Ordinary.into(),
                    etag: self.etag(how),
                    ..Default::default()
                };
                send!(self, how, renew_certificate, request)
            }
        }
    }
}
