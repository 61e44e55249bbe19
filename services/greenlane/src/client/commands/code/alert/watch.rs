//! `greenlane code alert watch`: alerts of codes and lists as they come.

use greenlane_api::classification::v1::{
    WatchAlertsRequest, WatchAlertsResponse, alert_service_client::AlertServiceClient,
};
use greenlane_platform::client::Client;
use tonic::{Response, Status, Streaming};

use crate::client::{
    Session,
    commands::alert::{Watch, name, show},
    exit::Exit,
    follow::{Watched, follow},
    render::{self, Output},
};

/// Where a watch is, and when it ends.
struct Progress {
    alerts: AlertServiceClient<Client>,
    args: Watch,
    position: u64,
    told: u64,
    output: Output,
}

/// Follows until it is over.
pub(crate) async fn run(session: &Session, args: Watch) -> anyhow::Result<Exit> {
    let alerts = AlertServiceClient::new(session.classification()?);
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
