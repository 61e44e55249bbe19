//! `greenlane call`: any method.

use clap::Args as ClapArgs;
use prost_reflect::MethodDescriptor;
use serde_json::Value;

use crate::client::{
    Session, complete, dynamic,
    exit::{Exit, Usage},
    input,
    render::{self, Output, POOL, View},
};

/// Arguments of `greenlane call`.
#[derive(ClapArgs, Debug)]
#[command(after_help = "\
A method that takes a stream gets the requests that stand one after another; of a method that answers with a stream \
each answer is a line of JSON.

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
    let data = if args.data == "-" { input::read_text("-".as_ref())? } else { args.data };
    if method.is_client_streaming() || method.is_server_streaming() {
        return stream(session, &method, &data).await;
    }
    let request = dynamic::request(&method, &data)?;
    let value = dynamic::to_json(&dynamic::call(dynamic::channel(session, &method)?, &method, request).await?)?;
    let text = match session.output() {
        Output::Csv => render::text(Output::Csv, &value, View::Document { at: "" })?,
        Output::Yaml => serde_yaml_ng::to_string(&value)?,
        Output::Table | Output::Json | Output::Name => format!("{}\n", serde_json::to_string_pretty(&value)?),
    };
    render::write(&text)?;
    Ok(Exit::Done)
}

/// Sends all, and prints each answer as it comes.
async fn stream(session: &Session, method: &MethodDescriptor, data: &str) -> anyhow::Result<Exit> {
    let requests = if method.is_client_streaming() {
        dynamic::requests(method, data)?
    } else {
        vec![dynamic::request(method, data)?]
    };
    anyhow::ensure!(
        session.output() != Output::Csv,
        Usage(format!("{} streams: its answers print as json or yaml", method.full_name()))
    );
    let channel = dynamic::channel(session, method)?;
    let mut answers = dynamic::stream(channel, method, tokio_stream::iter(requests)).await?;
    while let Some(answer) = answers.message().await? {
        render::write(&item(&dynamic::to_json(&answer)?, session.output())?)?;
    }
    Ok(Exit::Done)
}

/// One of many answers: a line, or a document of YAML.
fn item(answer: &Value, output: Output) -> anyhow::Result<String> {
    Ok(match output {
        Output::Yaml => format!("---\n{}", serde_yaml_ng::to_string(answer)?),
        _ => format!("{answer}\n"),
    })
}
