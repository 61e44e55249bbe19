//! `greenlane demo`: the whole story on an embedded database, told as it happens.

mod story;
mod tell;

use std::{path::PathBuf, process::ExitCode, time::Instant};

use clap::Args as ClapArgs;
use greenlane_platform::{auth::issuer::TokenRequest, config::Secret, process::serve_all};
use tokio_util::sync::CancellationToken;

use crate::{
    client::render::Output,
    serve::{
        data::DataDir,
        local::{Local, Ports},
    },
};

/// Arguments of `greenlane demo`.
#[derive(ClapArgs, Debug)]
pub(crate) struct Args {
    /// Keep databases, keys and documents in this directory, which must not exist or be empty. Without it they are gone
    /// at the end.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// Tells the story: to people on stdout; where data is asked for, on stderr, and what came of it on stdout.
pub(crate) fn run(args: &Args, output: Output) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    if output != Output::Table {
        tell::talk_to_stderr();
    }
    let scratch = tempfile::Builder::new().prefix("greenlane-demo-").tempdir()?;
    let root = match &args.keep {
        None => scratch.path(),
        Some(kept) => {
            let empty = !kept.exists() || kept.read_dir()?.next().is_none();
            anyhow::ensure!(empty, "{} is not empty", kept.display());
            kept
        }
    };
    let data = DataDir::create(root)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let local = Local::build(&data, Ports::ANY).await?;
        let clerk = TokenRequest::new("clerk", ["certificates.read", "certificates.write"]).for_body(story::BODY);
        let body = local.registry_as(Secret::from_file(data.token(clerk)?))?;
        let customs = TokenRequest::new("customs", ["verify"]);
        let customs = local.registry_as(Secret::from_file(data.token(customs)?))?;
        let (world, servers) = local.into_parts();
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve_all(servers, stop.clone()));
        let told = story::tell(&story::Cast { world, body, customs }, &data, begun, output).await;
        stop.cancel();
        serving.await??;
        told
    })?;
    Ok(ExitCode::SUCCESS)
}
