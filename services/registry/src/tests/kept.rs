//! Verdicts that are kept: of which day.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::TimeDelta;
use greenlane_jose::{Signer, SigningKey};
use greenlane_log::note::{KeyName, NoteSigner};
use greenlane_platform::clock::Clock;
use greenlane_store::testing::TestDatabase;

use super::harness::now;
use crate::Migrator;
use crate::app::files::Files;
use crate::app::kept::Verdicts;
use crate::app::log::LogWriter;
use crate::app::published::Published;
use crate::app::read::Reader;
use crate::app::recognise::Recogniser;
use crate::app::source::Source;
use crate::app::verify::{Holds, Verifier};

greenlane_store::engine_tests!(Migrator:
    a_verdict_that_was_in_work_at_midnight_is_kept_for_neither_day,
);

/// What keeps the verdicts of a registry in which nothing happened yet, by this clock.
async fn verdicts(db: &TestDatabase, clock: &Clock) -> Verdicts {
    let head = db.store().read("head", |tx| Box::pin(async move { Ok(crate::store::log::head(tx).await?) }));
    let head: Result<_, greenlane_store::StoreError> = head.await;
    let published = Arc::new(Published::new(head.unwrap(), Files::new(1, 1)));
    let reader = Reader { store: db.store().clone(), published, wait: Duration::from_secs(1) };
    let signer: Arc<dyn Signer> = Arc::new(SigningKey::generate_ed25519());
    let signer = NoteSigner::new(KeyName::new("registry.example.org/log").unwrap(), signer).unwrap();
    let log = Arc::new(LogWriter::reading(signer.key().clone()));
    let source = Source::Registry { reader, log };
    let recogniser = Recogniser::offline(None, None);
    Verdicts::new(Arc::new(Verifier { source, recogniser, clock: clock.clone() }))
}

async fn a_verdict_that_was_in_work_at_midnight_is_kept_for_neither_day(db: TestDatabase) {
    let clock = Clock::settable(now());
    let verdicts = verdicts(&db, &clock).await;
    let keep = |question: &'static [u8], day| {
        verdicts.keep((question, day), 7, Holds::default(), (Bytes::from_static(b"verdict"), 1));
    };
    let is_kept = |question: &[u8]| verdicts.recall(question, &verdicts.moment(7)).is_some();
    let asked = verdicts.moment(7).day;
    keep(b"within the day", asked);
    assert!(is_kept(b"within the day"));

    clock.advance(TimeDelta::days(1));
    assert!(!is_kept(b"within the day"), "it is of another day");
    keep(b"across midnight", asked);
    assert!(!is_kept(b"across midnight"), "it was judged for the day before");
    clock.advance(TimeDelta::days(-1));
    assert!(!is_kept(b"across midnight"));
}
