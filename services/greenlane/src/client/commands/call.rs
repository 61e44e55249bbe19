//! `greenlane call`: any unary method.

use clap::Args as ClapArgs;

use crate::client::{
    Session, dynamic,
    exit::{Exit, Usage},
    input,
    render::{self, Output, POOL, View},
};

/// Arguments of `greenlane call`.
#[derive(ClapArgs, Debug)]
#[command(
    after_help = "Example:\n  greenlane call LookupService/GetCode '{\"code\": {\"edition\": \"HS2022\", \"code\": \"854143\"}}'"
)]
pub(crate) struct Args {
    /// The method, as Service/Method.
    method: String,
    /// The request as protobuf JSON; `-` reads stdin.
    #[arg(default_value = "{}")]
    data: String,
}

/// Calls.
pub(crate) async fn run(session: &Session, args: Args) -> anyhow::Result<Exit> {
    let method = dynamic::find_method(&POOL, &args.method)?;
    anyhow::ensure!(
        !method.is_client_streaming() && !method.is_server_streaming(),
        Usage(format!("{} streams; only unary methods can be called like this", method.full_name()))
    );
    let data = if args.data == "-" { input::read_text("-".as_ref())? } else { args.data };
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
