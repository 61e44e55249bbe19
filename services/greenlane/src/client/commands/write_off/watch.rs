//! `greenlane write-off watch`: the records as they come.

use clap::Args;
use greenlane_api::{
    common::v1::{WatchStart, watch_start::Position},
    registry::v1::{
        GetCheckpointRequest, WatchWriteOffsRequest, WatchWriteOffsResponse, log_service_client::LogServiceClient,
        write_off_service_client::WriteOffServiceClient,
    },
};
use greenlane_platform::client::Client;
use tonic::{Response, Status, Streaming};

use super::Which;
use crate::client::{
    Session,
    exit::Exit,
    follow::{Watched, follow},
    render::{self, Output, cell_text, line},
};

/// Arguments of `greenlane write-off watch`. Without a place to begin: with what is recorded from now on.
#[derive(Args, Debug)]
pub(crate) struct Watch {
    #[command(flatten)]
    which: Which,
    /// Begin after this revision, where an earlier watch ended.
    #[arg(long, value_name = "REVISION", conflicts_with = "earliest")]
    after: Option<u64>,
    /// Begin with the oldest record.
    #[arg(long)]
    earliest: bool,
    /// End when what is known by now has been told.
    #[arg(long)]
    until_now: bool,
    /// End after so many records.
    #[arg(long, value_name = "COUNT")]
    count: Option<u64>,
}

/// Where a watch is, and when it ends.
struct Progress {
    ledger: WriteOffServiceClient<Client>,
    args: Watch,
    /// Resume after this; none before anything was told.
    revision: Option<u64>,
    told: u64,
    until: Option<u64>,
    output: Output,
}

/// Follows until it is over.
pub(in super::super) async fn run(session: &Session, args: Watch) -> anyhow::Result<Exit> {
    let ledger = WriteOffServiceClient::new(session.registry()?);
    let until = if args.until_now {
        let mut log = LogServiceClient::new(session.registry()?);
        Some(log.get_checkpoint(GetCheckpointRequest::default()).await?.get_ref().revision)
    } else {
        None
    };
    follow(Progress { ledger, args, revision: None, told: 0, until, output: session.output() }).await
}

impl Watched for Progress {
    type Message = WatchWriteOffsResponse;

    async fn open(&mut self) -> Result<Streaming<WatchWriteOffsResponse>, Status> {
        let position = match self.revision.or(self.args.after) {
            Some(revision) => Some(Position::AfterRevision(revision)),
            None => self.args.earliest.then_some(Position::Earliest(true)),
        };
        let which = self.args.which.clone();
        let request = WatchWriteOffsRequest {
            start: Some(WatchStart { position }),
            certificate: which.certificate(),
            kind: which.kind(),
            body: which.body,
            economy: which.economy,
        };
        self.ledger.watch_write_offs(request).await.map(Response::into_inner)
    }

    fn position(&self) -> Option<u64> {
        self.revision
    }

    fn beginning(&self) -> String {
        match (self.args.after, self.args.earliest) {
            (Some(revision), _) => format!("what is recorded after revision {revision}"),
            (None, true) => "from the oldest record on".to_owned(),
            (None, false) => "what is recorded from now on; --earliest begins with the oldest record".to_owned(),
        }
    }

    fn ends_by_itself(&self) -> bool {
        self.until.is_some() || self.args.count.is_some()
    }

    fn headings(&self) -> Option<&'static str> {
        (self.output == Output::Csv).then_some("REVISION,RECORDED,KIND,CERTIFICATE,DECLARATION,QUANTITY\n")
    }

    fn take(&mut self, message: &WatchWriteOffsResponse) -> anyhow::Result<bool> {
        self.revision = Some(message.revision).filter(|revision| *revision > 0).or(self.revision);
        print(self.output, message)?;
        self.told += u64::from(message.write_off.is_some());
        let enough = self.args.count.is_some_and(|count| self.told >= count);
        Ok(enough || self.until.is_some_and(|until| message.revision >= until))
    }
}

const COLUMNS: [&str; 6] = [
    "revision",
    "writeOff.recordTime",
    "writeOff.kind",
    "writeOff.certificate",
    "writeOff.declarationReference",
    "writeOff.quantity",
];

fn print(output: Output, message: &WatchWriteOffsResponse) -> anyhow::Result<()> {
    let value = render::to_json(message)?;
    let cells = || COLUMNS.map(|path| cell_text(&value, path));
    match (output, &message.write_off) {
        (Output::Json, _) => render::write(&format!("{value}\n"))?,
        (Output::Yaml, _) => render::write(&format!("---\n{}", render::yaml::text(&value)?))?,
        (Output::Name | Output::Table | Output::Csv, None) => {}
        (Output::Name, Some(write_off)) => render::write(&format!("{}\n", write_off.name))?,
        (Output::Table, Some(_)) => {
            let [revision, time, kind, certificate, declaration, quantity] = cells();
            let revision = format!("{revision:>9}");
            let (kind, certificate) = ((&*kind, 9), (&*certificate, 32));
            let cells = [(&*revision, 9), (&*time, 20), kind, certificate, (&*declaration, 24), (&*quantity, 0)];
            render::write(&line::row(&cells))?;
        }
        (Output::Csv, Some(_)) => {
            let mut rows = csv::Writer::from_writer(Vec::new());
            rows.write_record(cells())?;
            render::write(&String::from_utf8(rows.into_inner()?)?)?;
        }
    }
    Ok(())
}
