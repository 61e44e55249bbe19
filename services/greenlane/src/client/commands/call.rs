//! `greenlane call`: any method.

use std::io::{Cursor, Read, stdin};

use clap::Args as ClapArgs;
use prost_reflect::{DynamicMessage, MethodDescriptor};
use serde_json::Value;
use tokio::sync::mpsc::{self, error::SendError};
use tokio_stream::wrappers::ReceiverStream;

use crate::client::{
    Session, complete, dynamic,
    exit::{Exit, Usage},
    input,
    render::{self, Output, POOL, View},
};

/// Requests that are read ahead of the service.
const AHEAD: usize = 64;

/// Arguments of `greenlane call`.
#[derive(ClapArgs, Debug)]
#[command(after_help = "\
A method that takes a stream gets the requests that stand one after another; of a method that answers with a stream \
each answer is a line of JSON.

Every method has a command of its own but for two, which programs call: CodeSystemService/ExportCatalogue, the codes \
and correlations whole (code list, code correlations and list entries ask for parts; bundle and pack have them for \
where there is no network), and ChangeService/ReportUse, by which a registry tells what its certificates ask of \
recognition (change preview says what a change would do to them).

Examples:
  greenlane call LookupService/GetCode '{\"code\": {\"edition\": \"HS2022\", \"code\": \"854143\"}}'
  greenlane call RecognitionService/StreamRecognise - < questions.ndjson")]
pub(crate) struct Args {
    /// The method, as Service/Method.
    #[arg(add = complete::methods())]
    method: String,
    /// The request as protobuf JSON; `-` reads stdin.
    #[arg(default_value = "{}")]
    data: String,
}

/// Calls.
pub(crate) async fn run(session: &Session, args: Args) -> anyhow::Result<Exit> {
    let method = dynamic::find_method(&POOL, &args.method)?;
    anyhow::ensure!(
        session.output() != Output::Name,
        Usage(format!(
            "what {} answers with has no name that is known: it prints whole, as json or yaml",
            method.full_name()
        ))
    );
    if method.is_client_streaming() || method.is_server_streaming() {
        return stream(session, &method, args.data).await;
    }
    let request = dynamic::request(&method, &text(args.data)?)?;
    let value = dynamic::to_json(&dynamic::call(dynamic::channel(session, &method)?, &method, request).await?)?;
    let text = match session.output() {
        Output::Csv => render::text(Output::Csv, &value, View::Document { at: "" })?,
        Output::Yaml => render::yaml::text(&value)?,
        _ => format!("{}\n", serde_json::to_string_pretty(&value)?),
    };
    render::write(&text)?;
    Ok(Exit::Done)
}

/// The data of a call that is one request.
fn text(data: String) -> anyhow::Result<String> {
    if data == "-" { input::read_text("-".as_ref()) } else { Ok(data) }
}

/// Sends each request when it is there, and prints each answer as it comes.
async fn stream(session: &Session, method: &MethodDescriptor, data: String) -> anyhow::Result<Exit> {
    anyhow::ensure!(
        session.output() != Output::Csv,
        Usage(format!("{} streams: its answers print as json or yaml", method.full_name()))
    );
    let (sender, requests) = mpsc::channel(AHEAD);
    let of = method.clone();
    let mut reading = if method.is_client_streaming() {
        input::beside(move || {
            let json: Box<dyn Read> = if data == "-" { Box::new(stdin()) } else { Box::new(Cursor::new(data)) };
            dynamic::requests(&of, json).try_for_each(|request| anyhow::Ok(sender.blocking_send(request?)?))
        })
    } else {
        sender.send(dynamic::request(method, &text(data)?)?).await?;
        drop(sender);
        input::beside(|| anyhow::Ok(()))
    };
    let channel = dynamic::channel(session, method)?;
    let sent = dynamic::stream(channel, method, ReceiverStream::new(requests)).await;
    let answered = async {
        let mut answers = sent?;
        while let Some(answer) = answers.message().await? {
            render::write(&item(&dynamic::to_json(&answer)?, session.output())?)?;
        }
        anyhow::Ok(())
    };
    let answered = answered.await;
    // A request that is none ends the stream, of which the service may say something too.
    match reading.try_recv() {
        Ok(Err(fault)) if !fault.is::<SendError<DynamicMessage>>() => Err(fault),
        _ => answered.map(|()| Exit::Done),
    }
}

/// One of many answers: a line, or a document of YAML.
fn item(answer: &Value, output: Output) -> anyhow::Result<String> {
    Ok(match output {
        Output::Yaml => format!("---\n{}", render::yaml::text(answer)?),
        _ => format!("{answer}\n"),
    })
}
