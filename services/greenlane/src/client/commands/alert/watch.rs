//! `greenlane alert watch` and `greenlane code alert watch`: alerts as they come.

use clap::Args;
use greenlane_api::{
    classification::v1::{self as codes, alert_service_client::AlertServiceClient as CodeAlerts},
    equivalence::v1::{self as catalogue, alert_service_client::AlertServiceClient as CatalogueAlerts},
};
use serde_json::Value;
use tonic::Response;

use super::common::{Of, name};
use crate::client::{
    Session,
    exit::Exit,
    follow::{Show, Span, positions, told},
    render::{self, Output, at, line, plain},
};

/// Arguments of `watch`.
#[derive(Args, Debug)]
pub(crate) struct Watch {
    /// Name or bare identifier of the subscription.
    subscription: String,
    #[command(flatten)]
    span: Span,
}

/// Follows until it is over.
pub(in super::super) async fn run(session: &Session, of: Of, args: Watch) -> anyhow::Result<Exit> {
    let subscription = name(&args.subscription);
    let output = session.output();
    match of {
        Of::Catalogue => {
            let mut alerts = CatalogueAlerts::new(session.equivalence()?);
            positions(output, args.span, SHOW, async |after_position| {
                let request = catalogue::WatchAlertsRequest { subscription: subscription.clone(), after_position };
                alerts.watch_alerts(request).await.map(Response::into_inner)
            })
            .await
        }
        Of::Codes => {
            let mut alerts = CodeAlerts::new(session.classification()?);
            positions(output, args.span, SHOW, async |after_position| {
                let request = codes::WatchAlertsRequest { subscription: subscription.clone(), after_position };
                alerts.watch_alerts(request).await.map(Response::into_inner)
            })
            .await
        }
    }
}

told! { catalogue::WatchAlertsResponse: alert, codes::WatchAlertsResponse: alert }

const SHOW: Show = Show { headings: "POSITION,RAISED,KIND,ENTRY,FROM\n", print };

/// Prints a message of either service's alerts.
fn print(output: Output, value: &Value) -> anyhow::Result<()> {
    let cell = |path: &str| at(value, path).map(plain).unwrap_or_default();
    match output {
        Output::Json => render::write(&format!("{value}\n")),
        Output::Yaml => render::write(&format!("---\n{}", render::yaml::text(value)?)),
        Output::Name => render::write(&format!("{}\n", cell("alert.name"))),
        Output::Csv => {
            let beside = ["position", "alert.raisedAt", "alert.kind"].map(cell).join(",");
            let items = at(value, "alert.items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let none = Value::Null;
            let items = if items.is_empty() { std::slice::from_ref(&none) } else { items };
            // None of these has a comma or a quote in it.
            let row = |item: &Value| {
                let cells = ["entry", "from"].map(|path| at(item, path).map(plain).unwrap_or_default());
                format!("{beside},{}\n", cells.join(","))
            };
            render::write(&items.iter().map(row).collect::<String>())
        }
        Output::Table => {
            let [position, kind, from, title] =
                ["position", "alert.kind", "alert.items.0.from", "alert.title"].map(cell);
            let position = format!("{position:>9}");
            render::write(&line::row(&[(&*position, 9), (&*kind, 12), (&*from, 10), (&*title, 0)]))?;
            let items = at(value, "alert.items").and_then(Value::as_array).into_iter().flatten();
            for item in items {
                let cell = |path: &str| at(item, path).map(plain).unwrap_or_default();
                let told = format!("{}. {}", cell("what"), cell("toDo"));
                render::write(&line::row(&[("", 9), (&*told, 0)]))?;
            }
            Ok(())
        }
    }
}
