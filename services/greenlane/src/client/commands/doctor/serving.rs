//! A serving process's own configuration and database.

use std::path::Path;

use greenlane_store::{Store, StoreConfig, StoreError, migrate::SchemaError};

use super::Finding;
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
    if config.auth.issuers.is_empty() {
        let advice = "name one under [[auth.issuers]]: without it every call that needs a token is refused";
        findings.push(Finding::warning("issuers", "no issuer of tokens is trusted", advice));
    }
    let store = config.store(which);
    if let Some(path) = file_of(&store.url).filter(|path| !path.exists()) {
        let advice = format!(
            "greenlane migrate {} makes it; or name the file that the service has, with --config",
            which.name()
        );
        findings.push(Finding::failed("database", format!("there is no {}", path.display()), advice));
        return findings;
    }
    findings.push(match database(which, store).await {
        Ok(Ok(())) => Finding::ok("database", "opens, and has this version's schema"),
        Ok(Err(error)) => Finding::failed("database", error.to_string(), format!("greenlane migrate {}", which.name())),
        Err(error) => Finding::failed(
            "database",
            format!("{:#}", anyhow::Error::from(error)),
            "check store.url and that the server runs",
        ),
    });
    findings
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
