//! `greenlane code alert watch`: alerts of codes and lists as they come.

use greenlane_api::classification::v1::{
    WatchAlertsRequest, WatchAlertsResponse, alert_service_client::AlertServiceClient,
};
use tonic::Response;

use crate::client::{
    Session,
    commands::alert::{Watch, name, show},
    exit::Exit,
    follow::{Told, positions},
};

/// Follows until it is over.
pub(crate) async fn run(session: &Session, args: Watch) -> anyhow::Result<Exit> {
    let mut alerts = AlertServiceClient::new(session.classification()?);
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
