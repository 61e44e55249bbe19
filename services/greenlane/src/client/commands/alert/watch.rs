//! `greenlane alert watch`: alerts as they come.

use clap::Args;
use greenlane_api::equivalence::v1::{
    WatchAlertsRequest, WatchAlertsResponse, alert_service_client::AlertServiceClient,
};
use greenlane_platform::client::Client;
use tonic::{Response, Status, Streaming};

use super::name;
use crate::client::{
    Session,
    exit::Exit,
    follow::{Watched, follow},
    render::{self, Output, at, plain},
};

/// Arguments of `greenlane alert watch`.
#[derive(Args, Debug)]
pub(crate) struct Watch {
    /// Name or bare identifier of the subscription.
    pub(in crate::client::commands) subscription: String,
    /// Begin after this position, where an earlier watch ended.
    #[arg(long, value_name = "POSITION", default_value_t = 0, hide_default_value = true)]
    pub(in crate::client::commands) after: u64,
    /// End after so many alerts.
    #[arg(long, value_name = "COUNT")]
    count: Option<u64>,
    /// End when what is known by now has been told.
    #[arg(long)]
    until_now: bool,
}

impl Watch {
    /// Whether so many alerts are all that is wanted; a bookmark ends what is to tell of the past alone.
    pub(in crate::client::commands) fn is_enough(&self, told: u64, bookmark: bool) -> bool {
        self.count.is_some_and(|count| told >= count) || (self.until_now && bookmark)
    }
}

/// Where a watch is, and when it ends.
struct Progress {
    alerts: AlertServiceClient<Client>,
    args: Watch,
    position: u64,
    told: u64,
    output: Output,
}

/// Follows until it is over.
pub(in super::super) async fn run(session: &Session, args: Watch) -> anyhow::Result<Exit> {
    let alerts = AlertServiceClient::new(session.equivalence()?);
    follow(Progress { alerts, position: args.after, args, told: 0, output: session.output() }).await
}

impl Watched for Progress {
    type Message = WatchAlertsResponse;

    async fn open(&mut self) -> Result<Streaming<WatchAlertsResponse>, Status> {
        let request = WatchAlertsRequest { subscription: name(&self.args.subscription), after_position: self.position };
        self.alerts.watch_alerts(request).await.map(Response::into_inner)
    }

    fn position(&self) -> Option<u64> {
        Some(self.position)
    }

    fn take(&mut self, message: &WatchAlertsResponse) -> anyhow::Result<bool> {
        self.position = message.position;
        if message.alert.is_some() || matches!(self.output, Output::Json | Output::Yaml) {
            show(self.output, &render::to_json(message)?, self.told == 0)?;
        }
        self.told += u64::from(message.alert.is_some());
        Ok(self.args.is_enough(self.told, message.bookmark))
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
