//! The revisions that a service publishes.

use std::collections::BTreeMap;

use clap::Args;
use greenlane_api::{classification::v1 as classification, equivalence::v1 as equivalence};
use greenlane_platform::client::Client;
use prost::{Message, Name};
use serde_json::{Value, json};
use tonic::{Response, Status, Streaming};

use crate::client::{
    Session, dynamic,
    exit::Exit,
    follow::{Watched, follow},
    render::{self, Output, cell_text},
};

/// Arguments of `greenlane watch catalogue` and `greenlane watch codes`. The revision that is current is told first.
#[derive(Args, Debug)]
pub(crate) struct Watch {
    /// Begin after this revision, where an earlier watch ended.
    #[arg(long, value_name = "REVISION", default_value_t = 0, hide_default_value = true, conflicts_with = "earliest")]
    after: u64,
    /// Begin with the oldest revision.
    #[arg(long)]
    earliest: bool,
    /// End when what is known by now has been told.
    #[arg(long)]
    until_now: bool,
    /// End after so many revisions.
    #[arg(long, value_name = "COUNT")]
    count: Option<u64>,
}

/// Follows the catalogue.
pub(super) async fn catalogue(session: &Session, args: Watch) -> anyhow::Result<Exit> {
    let client = equivalence::catalogue_service_client::CatalogueServiceClient::new(session.equivalence()?);
    let past = if args.earliest { published(session).await? } else { Vec::new() };
    begin(Progress::new(client, &args, session.output()), past).await
}

/// Follows code systems and green lists.
pub(super) async fn codes(session: &Session, args: Watch) -> anyhow::Result<Exit> {
    let client = classification::code_system_service_client::CodeSystemServiceClient::new(session.classification()?);
    let past = if args.earliest { revised(session).await? } else { Vec::new() };
    begin(Progress::new(client, &args, session.output()), past).await
}

/// Tells what was published before, and follows what comes.
async fn begin<S>(mut progress: Progress<S>, past: Vec<Value>) -> anyhow::Result<Exit>
where
    Progress<S>: Watched,
{
    if let (Output::Csv, false) = (progress.output, past.is_empty()) {
        render::write(HEADINGS)?;
        progress.has_headings = true;
    }
    for revision in past {
        if progress.tell(&revision)? {
            return Ok(Exit::Done);
        }
    }
    follow(progress).await
}

/// The catalogue's revisions up to now, oldest first: those of its change sets, and those that came without one, of which
/// nobody says when.
async fn published(session: &Session) -> anyhow::Result<Vec<Value>> {
    let asked = json!({ "state": "CHANGE_SET_STATE_PUBLISHED" });
    let sets =
        dynamic::all(session, "greenlane.equivalence.v1.ChangeService/ListChangeSets", asked, "changeSets").await?;
    let times: BTreeMap<u64, &Value> =
        sets.iter().filter_map(|set| Some((set["publishedRevision"].as_u64()?, &set["publishedAt"]))).collect();
    let newest = times.keys().last().copied().unwrap_or(0);
    Ok((1..=newest).map(|revision| row(revision, times.get(&revision).copied())).collect())
}

/// The revisions of codes and lists up to now, oldest first.
async fn revised(session: &Session) -> anyhow::Result<Vec<Value>> {
    let method = "greenlane.classification.v1.CodeSystemService/ListRevisions";
    let mut found = dynamic::all(session, method, json!({}), "revisions").await?;
    found.reverse();
    Ok(found.iter().filter_map(|it| Some(row(it["revision"].as_u64()?, Some(&it["publishedAt"])))).collect())
}

/// As a watch tells it.
fn row(revision: u64, published_at: Option<&Value>) -> Value {
    json!({ "revision": revision, "publishedAt": published_at, "bookmark": false })
}

/// Those of the rows as CSV.
const HEADINGS: &str = "REVISION,PUBLISHED\n";

struct Progress<S> {
    service: S,
    revision: u64,
    earliest: bool,
    count: Option<u64>,
    until_now: bool,
    told: u64,
    output: Output,
    /// Whether the headings are written already.
    has_headings: bool,
}

impl<S> Progress<S> {
    fn new(service: S, args: &Watch, output: Output) -> Self {
        let (count, until_now) = (args.count, args.until_now);
        let (revision, earliest) = (args.after, args.earliest);
        Self { service, revision, earliest, count, until_now, told: 0, output, has_headings: false }
    }

    fn beginning(&self) -> String {
        match (self.told, self.revision) {
            (0, 0) if self.earliest => "from the first revision on".to_owned(),
            (0, 0) => "from the current revision on; --earliest tells those before it".to_owned(),
            (_, revision) => format!("what comes after revision {revision}"),
        }
    }

    fn ends_by_itself(&self) -> bool {
        self.until_now || self.count.is_some()
    }

    fn headings(&self) -> Option<&'static str> {
        (self.output == Output::Csv && !self.has_headings).then_some(HEADINGS)
    }

    /// Takes a message; whether it was the last that is wanted. The first one tells the current revision.
    fn take<M: Message + Name>(&mut self, message: &M, revision: u64, bookmark: bool) -> anyhow::Result<bool> {
        // What was told already comes again: after a pause, and after what was published before.
        if bookmark || (self.told > 0 && revision == self.revision) {
            return Ok(self.until_now);
        }
        Ok(self.tell(&render::to_json(message)?)? || self.until_now)
    }

    /// Tells of a revision; whether it was the last that is wanted.
    fn tell(&mut self, value: &Value) -> anyhow::Result<bool> {
        self.revision = value["revision"].as_u64().unwrap_or_default();
        let (revision, published) = (self.revision, cell_text(value, "publishedAt"));
        match self.output {
            Output::Json => render::write(&format!("{value}\n"))?,
            Output::Yaml => render::write(&format!("---\n{}", render::yaml::text(value)?))?,
            Output::Name => render::write(&format!("{revision}\n"))?,
            Output::Csv => render::write(&format!("{revision},{published}\n"))?,
            Output::Table => render::write(&format!("{}\n", format!("{revision:>9}  {published}").trim_end()))?,
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

    fn beginning(&self) -> String {
        Progress::beginning(self)
    }

    fn ends_by_itself(&self) -> bool {
        Progress::ends_by_itself(self)
    }

    fn headings(&self) -> Option<&'static str> {
        Progress::headings(self)
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

    fn beginning(&self) -> String {
        Progress::beginning(self)
    }

    fn ends_by_itself(&self) -> bool {
        Progress::ends_by_itself(self)
    }

    fn headings(&self) -> Option<&'static str> {
        Progress::headings(self)
    }
}
