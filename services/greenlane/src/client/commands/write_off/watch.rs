//! `greenlane write-off watch`: the records as they come.

use clap::Args;
use greenlane_api::{
    common::v1::{WatchStart, watch_start::Position},
    registry::v1::{
        GetCheckpointRequest, WatchWriteOffsRequest, WatchWriteOffsResponse, log_service_client::LogServiceClient,
        write_off_service_client::WriteOffServiceClient,
    },
};

use super::Which;
use crate::client::{
    Session,
    exit::Exit,
    render::{self, Output, at, plain},
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

/// Follows until it is over. A stream that is cut says where to go on.
pub(super) async fn run(session: &Session, args: Watch) -> anyhow::Result<Exit> {
    let mut ledger = WriteOffServiceClient::new(session.registry()?);
    let until = if args.until_now {
        let mut log = LogServiceClient::new(session.registry()?);
        Some(log.get_checkpoint(GetCheckpointRequest::default()).await?.get_ref().revision)
    } else {
        None
    };
    let position = match args.after {
        Some(revision) => Some(Position::AfterRevision(revision)),
        None => args.earliest.then_some(Position::Earliest(true)),
    };
    let request = WatchWriteOffsRequest {
        start: Some(WatchStart { position }),
        certificate: args.which.certificate(),
        kind: args.which.kind(),
        body: args.which.body,
        economy: args.which.economy,
    };
    let mut stream = ledger.watch_write_offs(request).await?.into_inner();
    let (mut told, mut resume) = (0, args.after.unwrap_or_default());
    loop {
        match stream.message().await {
            Ok(Some(message)) => {
                resume = message.revision;
                print(session.output(), &message, told == 0)?;
                told += u64::from(message.write_off.is_some());
                let enough = args.count.is_some_and(|count| told >= count);
                if enough || until.is_some_and(|until| message.revision >= until) {
                    return Ok(Exit::Done);
                }
            }
            cut => {
                render::talk(&format!("go on where it ended with: --after {resume}"));
                let status = cut.err().unwrap_or_else(|| tonic::Status::unavailable("the stream ended"));
                return Err(status.into());
            }
        }
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

fn print(output: Output, message: &WatchWriteOffsResponse, first: bool) -> anyhow::Result<()> {
    let value = render::to_json(message)?;
    let cells = || COLUMNS.map(|path| at(&value, path).map(plain).unwrap_or_default());
    match (output, &message.write_off) {
        (Output::Json, _) => render::write(&format!("{value}\n"))?,
        (Output::Yaml, _) => render::write(&format!("---\n{}", serde_yaml_ng::to_string(&value)?))?,
        (Output::Name | Output::Table | Output::Csv, None) => {}
        (Output::Name, Some(write_off)) => render::write(&format!("{}\n", write_off.name))?,
        (Output::Table, Some(_)) => {
            let [revision, time, kind, certificate, declaration, quantity] = cells();
            let line =
                format!("{revision:>9}  {time:<27}  {kind:<9}  {certificate:<32}  {declaration:<24}  {quantity}\n");
            render::write(&line)?;
        }
        (Output::Csv, Some(_)) => {
            let mut rows = csv::Writer::from_writer(Vec::new());
            if first {
                rows.write_record(["REVISION", "RECORDED", "KIND", "CERTIFICATE", "DECLARATION", "QUANTITY"])?;
            }
            rows.write_record(cells())?;
            render::write(&String::from_utf8(rows.into_inner()?)?)?;
        }
    }
    Ok(())
}
