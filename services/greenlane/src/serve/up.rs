//! `greenlane up`: the three services in one process, with everything that they need.

use std::{io::ErrorKind, net::TcpListener, path::PathBuf, process::ExitCode};

use anyhow::bail;
use clap::Args as ClapArgs;
use greenlane_platform::{
    process::{self, ProcessConfig},
    telemetry::{LogFormat, TelemetryConfig},
};
use serde_json::json;

use super::{
    data::{DataDir, write_private},
    local::{Local, Ports},
};
use crate::{
    cli::default_data,
    client::{
        context::{CONTEXT_FILE, ContextFile},
        render::{self, Output, View},
    },
};

/// Arguments of `greenlane up`.
#[derive(ClapArgs, Debug)]
pub(crate) struct Args {
    /// Where databases, keys and tokens are kept. Made at the first start.
    #[arg(long, default_value_os_t = default_data(), value_name = "DIR")]
    data: PathBuf,
    /// Port of the registry; 0 takes a free one.
    #[arg(long, default_value_t = 7401, value_name = "PORT")]
    registry_port: u16,
    /// Port of the equivalence service; 0 takes a free one.
    #[arg(long, default_value_t = 7402, value_name = "PORT")]
    equivalence_port: u16,
    /// Port of the classification service; 0 takes a free one.
    #[arg(long, default_value_t = 7403, value_name = "PORT")]
    classification_port: u16,
    /// Port of the registry's plain HTTP: log tiles, did:web documents, status lists. 0 takes a free one.
    #[arg(long, default_value_t = 7404, value_name = "PORT")]
    http_port: u16,
    /// Which log lines are written to stderr: `warn`, `info`, `info,greenlane_store=debug`.
    #[arg(long, default_value = "warn", value_name = "FILTER")]
    log: String,
}

/// Serves until SIGTERM or SIGINT.
pub(crate) fn run(args: &Args, output: Output) -> anyhow::Result<ExitCode> {
    let data = DataDir::create(&args.data)?;
    let _in_use = data.lock()?;
    let ports = Ports {
        registry: args.registry_port,
        equivalence: args.equivalence_port,
        classification: args.classification_port,
        http: Some(args.http_port),
    };
    for (flag, port) in [
        ("--registry-port", args.registry_port),
        ("--equivalence-port", args.equivalence_port),
        ("--classification-port", args.classification_port),
        ("--http-port", args.http_port),
    ] {
        check_free(flag, port)?;
    }
    let telemetry =
        TelemetryConfig { log_format: LogFormat::Text, level: args.log.clone(), ..TelemetryConfig::default() };
    Ok(process::run("greenlane", &ProcessConfig { telemetry, workers: 0 }, |_| async move {
        let local = Local::build(&data, ports).await?;
        announce(&data, &local, output)?;
        let (_, servers) = local.into_parts();
        Ok(servers)
    }))
}

/// Says clearly what is wrong when somebody else listens; who comes in between is found when the port is bound.
fn check_free(flag: &str, port: u16) -> anyhow::Result<()> {
    match TcpListener::bind(("127.0.0.1", port)) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("port {port} is taken: stop who listens there, or choose another port with {flag} (0: any)")
        }
        _ => Ok(()),
    }
}

/// Writes the file that the commands look for, and prints how to go on.
fn announce(data: &DataDir, local: &Local, output: Output) -> anyhow::Result<()> {
    let context = ContextFile {
        registry: local.registry.uri(),
        equivalence: local.equivalence.uri(),
        classification: local.classification.uri(),
        token_file: Some("admin.token".into()),
        ..ContextFile::default()
    };
    let http = local.registry.site_address().map(|address| format!("http://{address}")).unwrap_or_default();
    let path = data.path(CONTEXT_FILE);
    write_private(&path, &toml::to_string(&context)?)?;
    if output != Output::Table {
        let value = json!({ "context": path, "registry": context.registry, "equivalence": context.equivalence,
            "classification": context.classification, "http": http });
        return render::print_value(output, &value, View::Record { at: "", name: "context", fields: &[] });
    }
    render::write(&format!(
        "registry        {}\nequivalence     {}\nclassification  {}\nregistry, HTTP  {}  (verification page, log tiles, did:web, status lists)\n\
         data            {}\n\n\
         Go on in another shell:\n  \
         export GREENLANE_CONTEXT={}\n  \
         greenlane code search photovoltaic\n  \
         greenlane --help\n\n\
         Stop with Ctrl-C.\n",
        context.registry,
        context.equivalence,
        context.classification,
        http,
        data.path("").display(),
        path.display(),
    ))
}
