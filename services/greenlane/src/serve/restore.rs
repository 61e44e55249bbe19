//! `greenlane restore`: a backup in place of a service's SQLite database, the registry's keys, and a new log when entries
//! were lost.

use std::{path::PathBuf, process::ExitCode};

use clap::Args as ClapArgs;
use greenlane_store::backup::{Schema, put_in_place};
use serde_json::{Value, json};

use super::{
    backup::{copy_keys, copy_mark, file_of, inspect, read},
    config::ServeConfig,
    one::Which,
};
use crate::client::{
    exit::{Exit, Usage},
    render::{self, Output, View},
};

/// Arguments of `greenlane restore`.
#[derive(ClapArgs, Debug)]
#[command(after_help = "\
Without --confirm the backup is only looked at: whether it is whole, of this service, and of which schema.

Stop the service first. What was there is moved aside, never deleted. A backup made with --keys-only puts back the keys \
that are not there, and leaves the database alone.

A registry that signed more than the backup holds refuses to sign. Put back a later backup or the newer replica if there \
is one. If those entries are lost for good, the log must not grow again under its name: set a new log_origin and run \
`greenlane restore registry --new-log --confirm ORIGIN`, on SQLite or PostgreSQL.")]
pub(crate) struct Args {
    /// The service whose database it is.
    #[arg(value_enum, value_name = "SERVICE")]
    which: Which,
    /// The configuration file (TOML) that the service is served with [default: the database of `greenlane up` in this
    /// folder].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The directory that `greenlane backup` made. Keys in it are put back where there is none of the same name.
    #[arg(long, value_name = "DIR", required_unless_present = "new_log")]
    from: Option<PathBuf>,
    /// End the registry's log and begin another, of the configured log_origin and with a fresh key, with the entries
    /// that are left.
    #[arg(long, requires = "confirm")]
    new_log: bool,
    /// Do it: the service's name, typed out; with --new-log the log_origin of the new log, as the old log ends for good.
    /// Without this nothing is written.
    #[arg(long, value_name = "SERVICE|ORIGIN")]
    confirm: Option<String>,
}

const RESTORED: View = View::Record {
    at: "",
    name: "service",
    fields: &[
        ("Service", "service"),
        ("Backup of", "made_at"),
        ("Made by version", "made_by"),
        ("Schema", "schema"),
        ("This program reads it", "reads_it"),
        ("Would replace", "would_replace"),
        ("Moved aside", "moved_aside"),
        ("Keys in it", "keys_in_it"),
        ("Keys put back", "keys"),
        ("To migrate", "to_migrate"),
        ("Ended log", "old_log"),
        ("New log", "new_log"),
        ("Begins with", "entries"),
    ],
};

/// Restores, and begins a new log when asked to.
pub(crate) fn run(args: &Args, output: Output) -> anyhow::Result<ExitCode> {
    let config = ServeConfig::load_or_local(args.config.as_deref(), args.which)?;
    anyhow::ensure!(!args.new_log || args.which == Which::Registry, "only the registry has a log");
    let service = args.which.name();
    let worst = if args.new_log { config.registry.log_origin.as_str() } else { service };
    if args.confirm.as_ref().is_some_and(|typed| typed != worst) {
        let what = if args.new_log { "the new log would be" } else { "what would be replaced is the database of" };
        return Err(Usage(format!("{what} {worst}: --confirm {worst}")).into());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut value = json!({ "service": args.which.name() });
    if let Some(from) = &args.from {
        let backup = read(from, args.which)?;
        value["made_at"] = backup.manifest.made_at.into();
        value["made_by"] = backup.manifest.version.into();
        let database = config.store(args.which);
        if args.confirm.is_none() {
            if let Some(copy) = &backup.database {
                tell_schema(&mut value, service, runtime.block_on(inspect(args.which, copy))?);
                let there = file_of(&database.url).filter(|path| path.exists());
                value["would_replace"] = there.map(|path| path.display().to_string()).into();
            }
            value["keys_in_it"] = backup.manifest.keys.into();
            render::print_value(output, &value, RESTORED)?;
            render::talk(&format!("this is a check: nothing is written without --confirm {service}"));
            return Ok(Exit::Done.into());
        }
        if let Some(copy) = &backup.database {
            let (schema, aside) = runtime.block_on(async {
                let schema = inspect(args.which, copy).await?;
                anyhow::Ok((schema, put_in_place(database, copy).await?))
            })?;
            value["moved_aside"] = aside.map(|path| path.display().to_string()).into();
            tell_schema(&mut value, service, schema);
        }
        if let Some(keys) = &backup.keys {
            value["keys"] = copy_keys(keys, &config.registry.key_directory)?.into();
            copy_mark(keys, &config.registry.key_directory)?;
        }
    }
    if args.new_log {
        let begun = runtime.block_on(greenlane_registry::begin_new_log(&config.registry))?;
        value["old_log"] = begun.old_origin.into();
        value["new_log"] = begun.new_origin.into();
        value["entries"] = begun.entries.into();
    }
    render::print_value(output, &value, RESTORED)?;
    Ok(Exit::Done.into())
}

/// Of which schema a backup is, and what this program makes of it; one that it does not know was refused before.
fn tell_schema(value: &mut Value, service: &str, Schema { last, missing }: Schema) {
    value["schema"] = last.into();
    let first = if missing.is_empty() { "as it is".to_owned() } else { format!("after greenlane migrate {service}") };
    value["reads_it"] = format!("yes, {first}").into();
    value["to_migrate"] = missing.into();
}
