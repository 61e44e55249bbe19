//! Reading where the database may show an earlier state than it did: a standby that was killed does so until it has
//! caught up, and behind one address there may be one that lags. What it then does not have is not absent.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};

use greenlane_store::{Body, Store, StoreError, Tx};
use sea_orm::DbErr;

use crate::store::log;

/// How many entries a database must hold that is read from. None where nobody else's database is read: there nothing is
/// asked.
#[derive(Debug, Default)]
pub(crate) struct Floor(AtomicU64);

impl Floor {
    /// From now on nothing is read from a database with fewer entries.
    pub(crate) fn raise(&self, least: u64) {
        self.0.fetch_max(least, Ordering::SeqCst);
    }

    /// Reads in one snapshot; unavailable while the database holds less than it must.
    pub(crate) async fn read<T, F>(&self, store: &Store, name: &'static str, body: F) -> Result<T, StoreError>
    where
        F: for<'tx> Fn(&'tx Tx) -> Body<'tx, T, Infallible> + Send + Sync + 'static,
        T: Send + 'static,
    {
        let least = self.0.load(Ordering::SeqCst);
        if least == 0 {
            return store.read(name, body).await;
        }
        let read = store.read(name, move |tx| {
            let reading = body(tx);
            Box::pin(async move {
                must_hold(tx, least).await?;
                reading.await
            })
        });
        read.await
    }
}

async fn must_hold(tx: &Tx, least: u64) -> Result<(), StoreError> {
    if log::size(tx).await? < least { Err(behind()) } else { Ok(()) }
}

/// Why nothing is read from a database that lies behind what it showed before.
pub(crate) fn behind() -> StoreError {
    let what = "the database shows an earlier state than it did: it is catching up";
    StoreError::Unavailable(DbErr::Custom(what.to_owned()))
}
