//! The audit trail.

use std::sync::Arc;
use std::time::Duration;

use greenlane_platform::audit::{AuditRecord, AuditSink, Origin, Outcome};
use greenlane_platform::fault::ErrorReason;
use greenlane_store::audit::{self, Entry, SinkConfig, StoreSink};
use greenlane_store::testing::TestDatabase;
use greenlane_store::{Store, StoreConfig, StoreError};
use tokio::sync::Notify;

use crate::schema::{Migrator, ids, insert_note, instant, put};

greenlane_store::engine_tests!(
    Migrator: a_record_is_there_exactly_when_its_mutation_is,
    everything_recorded_before_a_flush_is_written,
    a_full_queue_drops_and_counts_and_never_waits,
    a_flood_of_strangers_is_a_few_rows_that_count_them,
    a_stranger_who_tries_much_neither_fills_the_trail_nor_hides_another,
    a_nul_in_a_request_does_not_lose_its_record,
    the_trail_is_paged_in_order,
);

fn record(resource: &str) -> AuditRecord {
    AuditRecord::new(instant(5).to_utc(), &Origin::new("/example/Method", "127.0.0.1:9"), Outcome::Done)
        .with_resource(resource)
}

async fn trail(store: &Store) -> Vec<Entry> {
    let read: Result<_, StoreError> =
        store.read("trail", |tx| Box::pin(async move { Ok(audit::page(tx, 0, 100_000).await?) })).await;
    read.unwrap()
}

async fn a_record_is_there_exactly_when_its_mutation_is(db: TestDatabase) {
    put(&db, 1).await.unwrap();
    for id in [1, 2] {
        let write: Result<(), StoreError> = db
            .write("audited", move |tx| {
                Box::pin(async move {
                    audit::insert(tx, [record(&format!("notes/{id}"))]).await?;
                    Ok(insert_note(tx, id, 0).await?)
                })
            })
            .await;
        assert_eq!(write.is_ok(), id == 2);
    }
    assert_eq!(ids(&db).await, [1, 2]);
    let trail = trail(&db).await;
    assert_eq!(trail.len(), 1);
    assert_eq!(trail[0].record, record("notes/2"));
}

async fn everything_recorded_before_a_flush_is_written(db: TestDatabase) {
    let sink = StoreSink::start(db.store().clone(), SinkConfig { batch: 7, ..SinkConfig::default() });
    for n in 0..100 {
        sink.record(record(&format!("notes/{n}")));
    }
    sink.flush().await;
    assert_eq!(trail(&db).await.len(), 100);
    assert_eq!(sink.dropped(), 0);
}

async fn a_flood_of_strangers_is_a_few_rows_that_count_them(db: TestDatabase) {
    let sink = StoreSink::start(db.store().clone(), SinkConfig { queue: 200, ..SinkConfig::default() });
    let refused = |method: &str, n: u32| {
        let origin = Origin::new(method, format!("192.0.2.{}:{n}", n % 2));
        AuditRecord::new(instant(5).to_utc(), &origin, Outcome::Refused).with_reason(ErrorReason::TokenMissing)
    };
    for n in 0..20_000 {
        sink.record(refused("/example/Method", n));
    }
    for n in 0..1_000 {
        sink.record(refused(&format!("/example/Guess{n}"), 0));
    }
    // Who is known is told one by one.
    sink.record(record("notes/1"));
    sink.flush().await;
    let trail: Vec<_> = trail(&db).await.into_iter().map(|entry| entry.record).collect();
    assert_eq!(sink.dropped(), 0);
    let of = |method: &str| trail.iter().filter(|it| it.method == method).map(|it| it.times).collect::<Vec<_>>();
    assert_eq!(of("/example/Method"), [1, 10_000, 10_000], "the one that was not refused, and each host");
    assert!(trail.len() < 200, "{} rows", trail.len());
    assert_eq!(trail.iter().map(|it| it.times).sum::<u64>(), 21_001, "none is lost");
}

async fn a_stranger_who_tries_much_neither_fills_the_trail_nor_hides_another(db: TestDatabase) {
    let sink =
        StoreSink::start(db.store().clone(), SinkConfig { gather: Duration::from_secs(600), ..SinkConfig::default() });
    let refused = |method: &str, host: &str| {
        let origin = Origin::new(method, format!("{host}:7"));
        AuditRecord::new(instant(5).to_utc(), &origin, Outcome::Refused).with_reason(ErrorReason::TokenMissing)
    };
    for n in 0..1_000 {
        sink.record(refused(&format!("/example/Guess{n}"), "192.0.2.1"));
    }
    sink.record(refused("/example/Method", "192.0.2.2"));
    for n in 0..1_000 {
        sink.record(refused("/example/Method", &format!("2001:db8:{n:x}::1")));
    }
    sink.flush().await;
    let trail: Vec<_> = trail(&db).await.into_iter().map(|entry| entry.record).collect();
    assert_eq!(trail.iter().map(|it| it.times).sum::<u64>(), 2_001, "none is lost");
    let of = |host: &str| trail.iter().filter(|it| it.peer.starts_with(host)).collect::<Vec<_>>();
    let loud = of("192.0.2.1:");
    assert_eq!((loud.len(), loud.iter().map(|it| it.times).sum::<u64>()), (11, 1_000), "ten methods, and the rest");
    assert_eq!(loud.iter().filter(|it| it.method.is_empty()).map(|it| it.times).collect::<Vec<_>>(), [990]);
    let quiet: Vec<_> = of("192.0.2.2:").iter().map(|it| (it.method.clone(), it.times)).collect();
    assert_eq!(quiet, [("/example/Method".to_owned(), 1)]);
    assert!(trail.len() <= 201, "{} rows", trail.len());
    assert!(trail.iter().any(|it| it.peer.is_empty()), "the last are told together");
}

async fn a_full_queue_drops_and_counts_and_never_waits(db: TestDatabase) {
    let store = Store::open(&StoreConfig { writers: 1, ..db.config() }).await.unwrap();
    // The database's only writer is busy, so nothing leaves the queue.
    let (begun, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let busy = tokio::spawn({
        let (store, begun, release) = (store.clone(), begun.clone(), release.clone());
        async move {
            let write: Result<(), StoreError> = store
                .write("busy", move |_| {
                    let (begun, release) = (begun.clone(), release.clone());
                    Box::pin(async move {
                        begun.notify_one();
                        release.notified().await;
                        Ok(())
                    })
                })
                .await;
            write.unwrap();
        }
    });
    begun.notified().await;
    let config = SinkConfig { queue: 10, batch: 5, retry_pause: Duration::from_millis(1), ..SinkConfig::default() };
    let sink = StoreSink::start(store, config);
    for n in 0..100 {
        sink.record(record(&format!("notes/{n}")));
    }
    // At most a batch has left the queue for the writer.
    assert!(sink.dropped() >= 100 - 10 - 5, "{}", sink.dropped());
    release.notify_one();
    busy.await.unwrap();
    sink.flush().await;
    assert_eq!(trail(&db).await.len() as u64 + sink.dropped(), 100);
}

async fn a_nul_in_a_request_does_not_lose_its_record(db: TestDatabase) {
    let sink = StoreSink::start(db.store().clone(), SinkConfig::default());
    sink.record(record("notes/\0"));
    sink.flush().await;
    assert_eq!(trail(&db).await[0].record.resource, "notes/\u{fffd}");
}

async fn the_trail_is_paged_in_order(db: TestDatabase) {
    let write: Result<(), StoreError> = db
        .write("many", |tx| {
            Box::pin(async move { Ok(audit::insert(tx, (0..25).map(|n| record(&format!("notes/{n}")))).await?) })
        })
        .await;
    write.unwrap();
    let (mut after, mut seen) = (0, Vec::new());
    loop {
        let read: Result<_, StoreError> =
            db.read("page", move |tx| Box::pin(async move { Ok(audit::page(tx, after, 10).await?) })).await;
        let page = read.unwrap();
        let Some(last) = page.last() else { break };
        after = last.id;
        seen.extend(page.into_iter().map(|entry| entry.record.resource));
    }
    assert_eq!(seen, (0..25).map(|n| format!("notes/{n}")).collect::<Vec<_>>());
}
