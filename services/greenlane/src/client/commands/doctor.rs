//! `greenlane doctor`: what is wrong with a set-up, and what to do about it.

mod files;
mod keys;
mod log;
mod services;
mod serving;
mod token;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::Args as ClapArgs;
use serde::Serialize;
use serde_json::json;

use crate::{
    client::{
        Session,
        context::Servers,
        exit::Exit,
        progress,
        render::{self, Output, View},
    },
    serve::one::Which,
};

/// Arguments of `greenlane doctor`.
#[derive(ClapArgs, Debug)]
pub(crate) struct Args {
    /// Check configuration, database, keys, tokens and certificates of this service too, as `greenlane serve` would use
    /// them here.
    #[arg(long, value_enum, value_name = "SERVICE")]
    service: Option<Which>,
    /// Keep checking for so long while something fails: services that have just been started need a moment.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
    /// The configuration file of that service (TOML).
    #[arg(long, value_name = "FILE", requires = "service")]
    config: Option<PathBuf>,
}

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Ok,
    Warning,
    Failed,
}

/// One check, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    check: String,
    outcome: Outcome,
    detail: String,
    advice: String,
}

impl Finding {
    fn ok(check: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { check: check.into(), outcome: Outcome::Ok, detail: detail.into(), advice: String::new() }
    }

    fn warning(check: impl Into<String>, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check: check.into(), outcome: Outcome::Warning, detail: detail.into(), advice: advice.into() }
    }

    fn failed(check: impl Into<String>, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check: check.into(), outcome: Outcome::Failed, detail: detail.into(), advice: advice.into() }
    }
}

const FINDINGS: View = View::List {
    items: "findings",
    name: "check",
    columns: &[("CHECK", "check"), ("OUTCOME", "outcome"), ("DETAIL", "detail"), ("WHAT TO DO", "advice")],
};

/// How long a check that failed is left alone before it is made again.
const PAUSE: Duration = Duration::from_millis(300);

/// Runs every check that can be run, whatever the others find; again while something fails and there is time.
pub(crate) async fn run(servers: &Servers, args: Args, output: Output) -> anyhow::Result<Exit> {
    let until = Instant::now() + Duration::from_secs(args.wait);
    let waiting = progress::waiting("checking");
    let (findings, healthy) = loop {
        let findings = check(servers, &args, output).await;
        let healthy = findings.iter().all(|finding| finding.outcome != Outcome::Failed);
        if healthy || Instant::now() >= until {
            break (findings, healthy);
        }
        tokio::time::sleep(PAUSE).await;
    };
    waiting.finish_and_clear();
    render::print_value(output, &json!({ "healthy": healthy, "findings": findings }), FINDINGS)?;
    Ok(if healthy { Exit::Done } else { Exit::No })
}

async fn check(servers: &Servers, args: &Args, output: Output) -> Vec<Finding> {
    let mut findings = Vec::new();
    match servers.settle() {
        Ok(settled) => {
            let named = if settled.name.is_empty() { String::new() } else { format!("{}, ", settled.name) };
            findings.push(Finding::ok("context", format!("{named}from {}", settled.origin)));
            findings.extend(token::check(&settled.token, super::login::is_renewed(servers)));
            match Session::open(servers, output) {
                Ok(session) => {
                    let of_services = services::check(&session).await;
                    let registry = of_services.iter().find(|finding| finding.check == "registry");
                    let serves = registry.is_some_and(|finding| finding.outcome == Outcome::Ok);
                    findings.extend(of_services);
                    findings.extend(keys::check(&session).await);
                    findings.extend(log::check(&session, settled.data.as_deref(), serves).await);
                }
                Err(error) => {
                    let advice = "`greenlane context show` says which files and addresses count: mend or unset them";
                    findings.push(Finding::failed("connection", format!("{error:#}"), advice));
                }
            }
        }
        Err(error) => {
            let advice = "name another with --context, or write one with `greenlane context set`";
            findings.push(Finding::failed("context", format!("{error:#}"), advice));
        }
    }
    if let Some(which) = args.service {
        findings.extend(serving::check(which, args.config.as_deref()).await);
    }
    findings
}
