//! A password that changes while a service runs: whoever renews it writes the file, and new connections use what it says.

use std::sync::Weak;
use std::time::Duration;

use greenlane_platform::config::Secret;

use crate::store::Shared;

/// How often the file is looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Gives the pools' new connections the password that the secret's file holds by then, for as long as there is a store.
/// Connections that are up are left alone: the server asks for the password once.
pub(crate) async fn follow(secret: Secret, store: Weak<Shared>) {
    let mut known = None;
    let mut readable = true;
    loop {
        let asked = secret.clone();
        let Ok(read) = tokio::task::spawn_blocking(move || asked.reveal()).await else { return };
        let Some(shared) = store.upgrade() else { return };
        match read {
            Ok(password) => {
                readable = true;
                if known.as_ref() != Some(&password) {
                    for connection in [&shared.writer.connection, &shared.reader.connection] {
                        let pool = connection.get_postgres_connection_pool();
                        pool.set_connect_options((*pool.connect_options()).clone().password(&password));
                    }
                    if known.replace(password).is_some() {
                        tracing::info!("the database's password has changed: new connections use it");
                    }
                }
            }
            Err(error) => {
                if std::mem::replace(&mut readable, false) {
                    tracing::warn!(%error, "the database's password cannot be read again; the last one goes on");
                }
            }
        }
        drop(shared);
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
