//! Signed statements of verdicts: kept when one is asked for, and checked with nothing but the log's key.

use std::path::Path;

use anyhow::{Context as _, bail};
use chrono::SecondsFormat;
use greenlane_api::registry::v1::VerifyResponse;
use greenlane_registry::statement::{Statement, StatementError};

use super::{Args, exit_of, print};
use crate::client::{
    exit::{Exit, Usage},
    input,
    offline::log_key,
    render::{self, Output},
};

/// Writes the statement that came with an answer.
pub(super) fn keep(path: &Path, statement: &str) -> anyhow::Result<()> {
    if statement.is_empty() {
        bail!("the registry sent no statement");
    }
    std::fs::write(path, format!("{statement}\n")).with_context(|| format!("cannot write {}", path.display()))?;
    render::talk(&format!("the signed statement is in {}", path.display()));
    Ok(())
}

/// Checks a statement, prints the verdict in it, and tells that by the exit code, as when it was asked for. One that was
/// altered, or that another registry made, says nothing at all.
pub(super) fn check(output: Output, path: &Path, args: &Args) -> anyhow::Result<Exit> {
    let key = log_key(args.log_key.as_deref(), args.trust.as_deref())?;
    let key =
        key.with_context(|| Usage("--statement needs --trust or --log-key: whose statement is it to be?".to_owned()))?;
    let text = input::read_text(path)?;
    let statement = match Statement::open(&text, &key) {
        Ok(statement) => statement,
        Err(error @ StatementError::Signature(_)) => {
            render::talk(&format!("NOT GENUINE: {error}"));
            return Ok(Exit::No);
        }
        Err(error) => {
            let why = Usage(format!("{} is no statement", path.display()));
            return Err(anyhow::Error::new(error).context(why));
        }
    };
    let pinned = if args.log_key.is_some() { "" } else { " (taken at its word: name --log-key to hold it to a key)" };
    render::talk(&format!(
        "stated by {} at {}, on a tree of {} entries, signed by {key}{pinned}\nasked: {}",
        statement.issuer,
        statement.signed_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        statement.tree_size,
        render::plain(&statement.question),
    ));
    let exit = exit_of(Some(&statement.verdict));
    let revision = statement.verdict.revisions.map_or(0, |revisions| revisions.registry);
    let answer = VerifyResponse { verdict: Some(statement.verdict), revision, ..Default::default() };
    print(output, args, &answer)?;
    Ok(exit)
}
