//! Following certificates.

use futures_util::stream;
use greenlane_api::common::v1 as common;
use greenlane_api::registry::v1 as wire;
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;
use tonic::codegen::BoxStream;

use super::super::{consistency, render};
use super::Certificates;
use crate::app::watch::{Pace, Start, Told, Watch};
use crate::domain::names::BodyId;
use crate::store::filter::Filter;

/// Certificates, schemes or economies that one watch may name.
const MAX_NAMED: usize = 1_000;

impl Certificates {
    pub(super) async fn watch(
        &self,
        caller: &Caller,
        raw: wire::WatchCertificatesRequest,
    ) -> Result<BoxStream<wire::WatchCertificatesResponse>, Fault> {
        let mut v = Violations::new();
        let start = start(&mut v, raw.start.as_ref());
        let mut filter = filter(&mut v, &raw);
        let start = v.finish_with(|| start)?;
        match (&filter.body, caller.body()) {
            (Some(body), _) => consistency::own_or_unbound(caller, &body.name())?,
            (None, Some(own)) => filter.body = Some(BodyId::from_name(own).map_err(|_| Fault::not_yours("body", own))?),
            (None, None) => {}
        }
        let clock = self.registry.clock.clone();
        let today_clock = clock.clone();
        let watch = Watch::begin(self.reader.clone(), clock, Pace::default(), filter, start).await?;
        let messages = stream::unfold(Some(watch), move |watch| {
            let clock = today_clock.clone();
            async move {
                let mut watch = watch?;
                match watch.next().await? {
                    Ok((revision, told)) => {
                        let change = match told {
                            Told::Bookmark => None,
                            Told::Event(number, event) => {
                                Some(wire::watch_certificates_response::Change::Event(render::event(&number, &event)))
                            }
                            Told::Contestation(number, heard) => {
                                let told = render::contestation(&number, &heard);
                                Some(wire::watch_certificates_response::Change::Contestation(told))
                            }
                            Told::Certificate(snapshot) => {
                                let shown = render::certificate(&snapshot, clock.today(), false);
                                Some(wire::watch_certificates_response::Change::Certificate(shown))
                            }
                        };
                        Some((Ok(wire::WatchCertificatesResponse { revision, change }), Some(watch)))
                    }
                    Err(end) => Some((Err(Fault::from(end).into()), None)),
                }
            }
        });
        Ok(Box::pin(messages))
    }
}

fn start(v: &mut Violations, raw: Option<&common::WatchStart>) -> Option<Start> {
    use common::watch_start::Position;
    match raw.and_then(|start| start.position) {
        None => Some(Start::Now),
        Some(Position::AfterRevision(revision)) => Some(Start::After(revision)),
        Some(Position::Earliest(set)) => {
            v.check("start.earliest", set, "must be true when set").then_some(Start::After(0))
        }
        Some(Position::Snapshot(set)) => {
            v.check("start.snapshot", set, "must be true when set").then_some(Start::Snapshot)
        }
    }
}

/// The filter; what was found wrong is noted.
fn filter(v: &mut Violations, raw: &wire::WatchCertificatesRequest) -> Filter {
    let body = consistency::optional_body(v, "body", &raw.body).flatten();
    for (field, named) in
        [("certificates", raw.certificates.len()), ("schemes", raw.schemes.len()), ("economies", raw.economies.len())]
    {
        v.check(field, named <= MAX_NAMED, format!("must have at most {MAX_NAMED} items"));
    }
    let mut filter = Filter { body, ..Filter::default() };
    for (index, name) in raw.certificates.iter().take(MAX_NAMED).enumerate() {
        filter.numbers.extend(consistency::certificate(v, &format!("certificates[{index}]"), name, false));
    }
    for (index, name) in raw.schemes.iter().take(MAX_NAMED).enumerate() {
        if v.resource_name::<1>(&format!("schemes[{index}]"), name, "schemes/{scheme}").is_some() {
            filter.schemes.push(name.clone());
        }
    }
    for (index, economy) in raw.economies.iter().take(MAX_NAMED).enumerate() {
        filter.economies.extend(v.economy(&format!("economies[{index}]"), economy).map(|code| code.into_string()));
    }
    filter
}
