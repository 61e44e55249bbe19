//! A service that does what a request's first `languages` entry tells it to.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{Stream, StreamExt as _, stream};
use greenlane_api::classification::v1 as pb;
use pb::code_system_service_server::CodeSystemService;
use pb::lookup_service_client::LookupServiceClient;
use pb::lookup_service_server::LookupService;
use tokio::sync::{Notify, watch};
use tonic::{Request, Response, Status};

use crate::client::Client;
use crate::fault::Fault;
use crate::{deadline, telemetry};

/// What the service has seen, for the test to look at.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Calls begun.
    pub(crate) begun: watch::Sender<usize>,
    /// Calls and streams whose handler was dropped or ended.
    pub(crate) ended: watch::Sender<usize>,
    /// Lets held calls go.
    pub(crate) release: Notify,
    /// How often `unavailable` has answered.
    pub(crate) unavailable: AtomicUsize,
}

impl Seen {
    /// Waits until so many have begun.
    pub(crate) async fn until_begun(&self, count: usize) {
        wait(&self.begun, count, "begun").await;
    }

    /// Waits until so many have ended.
    pub(crate) async fn until_ended(&self, count: usize) {
        wait(&self.ended, count, "ended").await;
    }
}

async fn wait(counter: &watch::Sender<usize>, count: usize, what: &str) {
    let mut counter = counter.subscribe();
    let waited = tokio::time::timeout(Duration::from_secs(20), counter.wait_for(|seen| *seen >= count)).await;
    assert!(waited.is_ok(), "{count} calls should have {what}");
}

struct Ended(Arc<Seen>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.ended.send_modify(|ended| *ended += 1);
    }
}

/// The scripted service.
#[derive(Clone, Default)]
pub(crate) struct Echo {
    pub(crate) seen: Arc<Seen>,
    /// Who `call …` calls.
    pub(crate) next: Option<Client>,
}

/// A request that carries a command.
pub(crate) fn request(command: &str) -> pb::GetCodeRequest {
    pb::GetCodeRequest { languages: vec![command.to_owned()], ..Default::default() }
}

/// What the service answered.
pub(crate) fn code(response: Response<pb::GetCodeResponse>) -> String {
    response.into_inner().code.unwrap_or_default().display
}

#[tonic::async_trait]
impl LookupService for Echo {
    async fn get_code(&self, request: Request<pb::GetCodeRequest>) -> Result<Response<pb::GetCodeResponse>, Status> {
        self.seen.begun.send_modify(|begun| *begun += 1);
        let _ended = Ended(self.seen.clone());
        let command = request.into_inner().languages.into_iter().next().unwrap_or_default();
        let (verb, rest) = command.split_once(' ').unwrap_or((&command, ""));
        let answer = match verb {
            "remaining_ms" => deadline::remaining().map_or("none".to_owned(), |left| left.as_millis().to_string()),
            "trace_id" => telemetry::trace_id().unwrap_or_default(),
            "hold" => {
                self.seen.release.notified().await;
                "held".to_owned()
            }
            "forever" => std::future::pending().await,
            "panic" => panic!("as told"),
            "deny" => return Err(Fault::not_yours("body", "bodies/x").about("certificates/GL1").into()),
            "fail" => return Err(Fault::internal("as told").into()),
            "big" => "x".repeat(rest.parse().unwrap()),
            "unavailable" => {
                // "unavailable N": so often, then well.
                if self.seen.unavailable.fetch_add(1, Ordering::SeqCst) < rest.parse().unwrap() {
                    return Err(Fault::not_serving(Duration::from_millis(1), "as told").into());
                }
                "at last".to_owned()
            }
            "call" => {
                let client = self.next.clone().expect("a chain has a next service");
                let mut client = LookupServiceClient::new(client);
                code(client.get_code(self::request(rest)).await?)
            }
            _ => command,
        };
        let code = pb::Code { display: answer, ..Default::default() };
        Ok(Response::new(pb::GetCodeResponse { code: Some(code), ..Default::default() }))
    }
}

type Revisions = Pin<Box<dyn Stream<Item = Result<pb::WatchRevisionsResponse, Status>> + Send>>;

#[tonic::async_trait]
impl CodeSystemService for Echo {
    /// `after_revision` 0: one message, then silence. 1: messages without end, as fast as they are taken.
    async fn watch_revisions(
        &self,
        request: Request<pb::WatchRevisionsRequest>,
    ) -> Result<Response<Revisions>, Status> {
        self.seen.begun.send_modify(|begun| *begun += 1);
        let ended = Ended(self.seen.clone());
        let message = |revision| Ok(pb::WatchRevisionsResponse { revision, ..Default::default() });
        let revisions: Revisions = match request.into_inner().after_revision {
            0 => Box::pin(stream::iter([message(1)]).chain(stream::pending())),
            _ => Box::pin(stream::iter(1..).map(message)),
        };
        let watched = revisions.map(move |message| {
            let _ = &ended;
            message
        });
        Ok(Response::new(Box::pin(watched)))
    }
}
