//! The revisions that a service publishes.

use clap::Args;
use greenlane_api::{classification::v1 as classification, equivalence::v1 as equivalence};
use greenlane_platform::client::Client;
use prost::{Message, Name};
use tonic::{Response, Status, Streaming};

use crate::client::{
    Session,
    exit::Exit,
    follow::{Watched, follow},
    render::{self, Output, at, plain},
};

/// Arguments of `greenlane watch catalogue` and `greenlane watch codes`. The revision that is current is told first.
#[derive(Args, Debug)]
pub(crate) struct Watch {
    /// Begin after this revision, where an earlier watch ended.
    #[arg(long, value_name = "REVISION", default_value_t = 0, hide_default_value = true)]
    after: u64,
    /// End after so many revisions.
    #[arg(long, value_name = "COUNT")]
    count: Option<u64>,
}

/// Follows the catalogue.
pub(super) async fn catalogue(session: &Session, args: Watch) -> anyhow::Result<Exit> {
    let client = equivalence::catalogue_service_client::CatalogueServiceClient::new(session.equivalence()?);
    follow(Progress::new(client, args, session.output())).await
}

/// Follows code systems and green lists.
pub(super) async fn codes(session: &Session, args: Watch) -> anyhow::Result<Exit> {
    let client = classification::code_system_service_client::CodeSystemServiceClient::new(session.classification()?);
    follow(Progress::new(client, args, session.output())).await
}

struct Progress<S> {
    service: S,
    revision: u64,
    count: Option<u64>,
    told: u64,
    output: Output,
}

impl<S> Progress<S> {
    fn new(service: S, args: Watch, output: Output) -> Self {
        Self { service, revision: args.after, count: args.count, told: 0, output }
    }

    fn take<M: Message + Name>(&mut self, message: &M, revision: u64, bookmark: bool) -> anyhow::Result<bool> {
        // After a pause the revision that was told already comes again.
        if bookmark || (self.told > 0 && revision == self.revision) {
            return Ok(false);
        }
        self.revision = revision;
        let value = render::to_json(message)?;
        let published = at(&value, "publishedAt").map(plain).unwrap_or_default();
        match self.output {
            Output::Json => render::write(&format!("{value}\n"))?,
            Output::Yaml => render::write(&format!("---\n{}", render::yaml::text(&value)?))?,
            Output::Name => render::write(&format!("{revision}\n"))?,
            Output::Csv => {
                let head = if self.told == 0 { "REVISION,PUBLISHED\n" } else { "" };
                render::write(&format!("{head}{revision},{published}\n"))?;
            }
            Output::Table => render::write(&format!("{revision:>9}  {published}\n"))?,
        }
        self.told += 1;
        Ok(self.count.is_some_and(|count| self.told >= count))
    }
}

impl Watched for Progress<equivalence::catalogue_service_client::CatalogueServiceClient<Client>> {
    type Message = equivalence::WatchRevisionsResponse;

    async fn open(&mut self) -> Result<Streaming<Self::Message>, Status> {
        let request = equivalence::WatchRevisionsRequest { after_revision: self.revision };
        self.service.watch_revisions(request).await.map(Response::into_inner)
    }

    fn take(&mut self, message: &Self::Message) -> anyhow::Result<bool> {
        Progress::take(self, message, message.revision, message.bookmark)
    }

    fn position(&self) -> Option<u64> {
        Some(self.revision)
    }
}

impl Watched for Progress<classification::code_system_service_client::CodeSystemServiceClient<Client>> {
    type Message = classification::WatchRevisionsResponse;

    async fn open(&mut self) -> Result<Streaming<Self::Message>, Status> {
        let request = classification::WatchRevisionsRequest { after_revision: self.revision };
        self.service.watch_revisions(request).await.map(Response::into_inner)
    }

    fn take(&mut self, message: &Self::Message) -> anyhow::Result<bool> {
        Progress::take(self, message, message.revision, message.bookmark)
    }

    fn position(&self) -> Option<u64> {
        Some(self.revision)
    }
}
