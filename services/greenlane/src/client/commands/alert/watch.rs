//! `greenlane alert watch`: alerts as they come.

use clap::Args;
use greenlane_api::equivalence::v1::{
    WatchAlertsRequest, WatchAlertsResponse, alert_service_client::AlertServiceClient,
};
use tonic::Response;

use super::name;
use crate::client::{
    Session,
    exit::Exit,
    follow::{Span, Told, positions},
    render::{self, Output, at, plain},
};

/// Arguments of `greenlane alert watch`.
#[derive(Args, Debug)]
pub(crate) struct Watch {
    /// Name or bare identifier of the subscription.
    pub(in crate::client::commands) subscription: String,
    #[command(flatten)]
    pub(in crate::client::commands) span: Span,
}

/// Follows until it is over.
pub(in super::super) async fn run(session: &Session, args: Watch) -> anyhow::Result<Exit> {
    let mut alerts = AlertServiceClient::new(session.equivalence()?);
    positions(session.output(), args.span, show, async |after_position| {
        let request = WatchAlertsRequest { subscription: name(&args.subscription), after_position };
        alerts.watch_alerts(request).await.map(Response::into_inner)
    })
    .await
}

impl Told for WatchAlertsResponse {
    fn position(&self) -> u64 {
        self.position
    }

    fn is_news(&self) -> bool {
        self.alert.is_some()
    }

    fn is_bookmark(&self) -> bool {
        self.bookmark
    }
}

/// Prints a message of either service's alerts.
pub(in crate::client::commands) fn show(output: Output, value: &serde_json::Value, first: bool) -> anyhow::Result<()> {
    let cell = |path: &str| at(value, path).map(plain).unwrap_or_default();
    match output {
        Output::Json => render::write(&format!("{value}\n")),
        Output::Yaml => render::write(&format!("---\n{}", render::yaml::text(value)?)),
        Output::Name => render::write(&format!("{}\n", cell("alert.name"))),
        Output::Csv => {
            let header = if first { "POSITION,RAISED,KIND,ENTRY,FROM\n" } else { "" };
            // None of these has a comma or a quote in it.
            let row = ["position", "alert.raisedAt", "alert.kind", "alert.items.0.entry", "alert.items.0.from"];
            render::write(&format!("{header}{}\n", row.map(cell).join(",")))
        }
        Output::Table => {
            let [position, kind, from, title] =
                ["position", "alert.kind", "alert.items.0.from", "alert.title"].map(cell);
            render::write(&format!("{position:>9}  {kind:<12}  {from:<10}  {title}\n"))?;
            let items = at(value, "alert.items").and_then(serde_json::Value::as_array).into_iter().flatten();
            for item in items {
                let cell = |path: &str| at(item, path).map(plain).unwrap_or_default();
                render::write(&format!("{:>9}  {}. {}\n", "", cell("what"), cell("toDo")))?;
            }
            Ok(())
        }
    }
}
