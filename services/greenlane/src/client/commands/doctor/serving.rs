//! A serving process's own configuration and database.

use std::path::Path;

use greenlane_platform::clock::Clock;
use greenlane_registry::OnRecord;
use greenlane_store::{Store, StoreConfig, StoreError, migrate::SchemaError};

use super::{Finding, files};
use crate::serve::{backup::file_of, config::ServeConfig, one::Which};

/// Reads the configuration as the service would, and opens its database.
pub(super) async fn check(which: Which, file: Option<&Path>) -> Vec<Finding> {
    let config = match ServeConfig::load_or_local(file, which) {
        Ok(config) => config,
        Err(error) => {
            return vec![Finding::failed("configuration", format!("{error:#}"), "mend the file or the variable")];
        }
    };
    let read = file.map_or("defaults and environment".to_owned(), |file| file.display().to_string());
    let mut findings = vec![Finding::ok("configuration", read)];
    let store = config.store(which);
    findings.extend(files::check(which, &config, on_record(which, store).await.as_ref()).await);
    let migrate = match file {
        Some(file) => format!("greenlane migrate {} --config {}", which.name(), file.display()),
        None => format!("greenlane migrate {}", which.name()),
    };
    if let Some(path) = file_of(&store.url).filter(|path| !path.exists()) {
        let advice = format!("{migrate} makes it; or name the file that the service has, with --config");
        findings.push(Finding::failed("database", format!("there is no {}", path.display()), advice));
        return findings;
    }
    findings.push(match database(which, store).await {
        Ok(Ok(())) => Finding::ok("database", "opens, and has this version's schema"),
        Ok(Err(error @ SchemaError::Behind(_))) => Finding::failed("database", error.to_string(), migrate),
        Ok(Err(error @ SchemaError::Ahead(_))) => {
            Finding::failed("database", error.to_string(), "a newer program has migrated it: run that one; or it is another service's: name the right one with --config")
        }
        Ok(Err(error)) => Finding::failed("database", error.to_string(), damaged(&store.url)),
        Err(error) => Finding::failed("database", format!("{:#}", anyhow::Error::from(error)), damaged(&store.url)),
    });
    findings
}

/// What the registry's database says of its keys; none where that cannot be told.
async fn on_record(which: Which, config: &StoreConfig) -> Option<OnRecord> {
    if which != Which::Registry || file_of(&config.url).is_some_and(|path| !path.exists()) {
        return None;
    }
    let store = Store::open_to_read(config).await.ok()?;
    let said = greenlane_registry::on_record(&store, Clock::system().now()).await.ok();
    store.close().await;
    said
}

/// What to do about a database that cannot be read.
fn damaged(url: &str) -> &'static str {
    match file_of(url) {
        Some(_) => "is it the service's database? If it is damaged, `greenlane restore` puts a backup in its place",
        None => "check store.url and that the server runs",
    }
}

async fn database(which: Which, config: &StoreConfig) -> Result<Result<(), SchemaError>, StoreError> {
    let store = Store::open_to_read(config).await?;
    let schema = match which {
        Which::Registry => store.check_schema::<greenlane_registry::Migrator>().await,
        Which::Equivalence => store.check_schema::<greenlane_equivalence::Migrator>().await,
        Which::Classification => store.check_schema::<greenlane_classification::Migrator>().await,
    };
    store.close().await;
    Ok(schema)
}
