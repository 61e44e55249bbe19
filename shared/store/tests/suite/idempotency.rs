//! Request ids.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use greenlane_store::idempotency::{self, Answered, Begun, Key, payload_hash};
use greenlane_store::testing::TestDatabase;
use greenlane_store::{DomainError, Store, StoreError};

use crate::schema::{Migrator, ids, insert_note, instant};

greenlane_store::engine_tests!(
    Migrator: the_same_request_twice_is_done_once_and_answered_twice,
    the_same_id_with_another_payload_is_a_conflict,
    callers_and_methods_do_not_share_request_ids,
    a_refused_request_leaves_its_id_free,
    concurrent_duplicates_are_done_once,
    a_group_is_looked_up_and_recorded_together,
    a_group_that_lost_a_key_runs_again,
    a_mutation_that_forgets_its_answer_is_noticed,
    records_expire_by_age_and_in_bounded_steps,
);

fn key(request_id: &str) -> Key {
    Key::new("issuer subject", "/example/Method", request_id)
}

#[derive(Debug)]
struct Conflict;

/// A mutation as a service writes one: begins, inserts a note, completes. Answers with the note's id.
async fn mutate(store: &Store, key: Key, payload: &'static [u8], id: i64) -> Result<Vec<u8>, StoreError<Conflict>> {
    store
        .write("mutate", move |tx| {
            let key = key.clone();
            Box::pin(async move {
                match idempotency::begin(tx, &key, &payload_hash(payload), instant(0)).await? {
                    Begun::Replay(response) => return Ok(response),
                    Begun::Conflict => return Err(StoreError::Domain(Conflict)),
                    Begun::New => {}
                }
                insert_note(tx, id, 0).await?;
                let response = id.to_be_bytes().to_vec();
                idempotency::complete(tx, &key, &response).await?;
                Ok(response)
            })
        })
        .await
}

async fn the_same_request_twice_is_done_once_and_answered_twice(db: TestDatabase) {
    let first = mutate(&db, key("r1"), b"payload", 1).await.unwrap();
    let second = mutate(&db, key("r1"), b"payload", 2).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(ids(&db).await, [1]);
}

async fn the_same_id_with_another_payload_is_a_conflict(db: TestDatabase) {
    mutate(&db, key("r1"), b"payload", 1).await.unwrap();
    let other = mutate(&db, key("r1"), b"another", 2).await;
    assert!(matches!(other, Err(StoreError::Domain(Conflict))), "{other:?}");
    assert_eq!(ids(&db).await, [1]);
}

async fn callers_and_methods_do_not_share_request_ids(db: TestDatabase) {
    let keys = [Key::new("a", "/m", "r"), Key::new("b", "/m", "r"), Key::new("a", "/n", "r"), Key::new("a/", "m", "r")];
    for (id, key) in (1..).zip(keys) {
        mutate(&db, key, b"payload", id).await.unwrap();
    }
    assert_eq!(ids(&db).await, [1, 2, 3, 4]);
}

struct Refused;

impl DomainError for Refused {}

async fn a_refused_request_leaves_its_id_free(db: TestDatabase) {
    let refused: Result<(), StoreError<Refused>> = db
        .write("refuse", |tx| {
            Box::pin(async move {
                idempotency::begin(tx, &key("r1"), &payload_hash(b"payload"), instant(0)).await?;
                Err(Refused)?;
                Ok(())
            })
        })
        .await;
    assert!(matches!(refused, Err(StoreError::Domain(Refused))));
    mutate(&db, key("r1"), b"another payload", 1).await.unwrap();
}

async fn concurrent_duplicates_are_done_once(db: TestDatabase) {
    let stores = [db.store().clone(), db.another().await];
    let next = Arc::new(AtomicI64::new(1));
    for round in 0..5 {
        let mut tasks = Vec::new();
        for n in 0..6_usize {
            let (store, next) = (stores[n % 2].clone(), Arc::clone(&next));
            tasks.push(tokio::spawn(async move {
                let id = next.fetch_add(1, Ordering::SeqCst);
                mutate(&store, key(&format!("r{round}")), b"payload", id).await.unwrap()
            }));
        }
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "all duplicates get one answer");
        assert_eq!(ids(&db).await.len(), round + 1);
    }
}

async fn a_group_is_looked_up_and_recorded_together(db: TestDatabase) {
    mutate(&db, key("old"), b"payload", 1).await.unwrap();
    mutate(&db, key("other"), b"payload", 2).await.unwrap();
    let group: Result<_, StoreError> = db
        .write("group", |tx| {
            Box::pin(async move {
                let hash = payload_hash(b"payload");
                let mut requests: Vec<_> = (0..2_500).map(|n| (key(&format!("new{n}")), hash)).collect();
                requests.push((key("old"), hash));
                requests.push((key("other"), payload_hash(b"something else")));
                let begun = idempotency::look_up_many(tx, &requests).await?;
                let answered = requests[..2_500].iter().map(|(key, payload)| Answered {
                    key: key.clone(),
                    payload: *payload,
                    response: key.request_id().as_bytes().to_vec(),
                });
                idempotency::record_many(tx, answered.collect(), instant(0)).await?;
                Ok(begun)
            })
        })
        .await;
    let begun = group.unwrap();
    assert!(begun[..2_500].iter().all(|one| *one == Begun::New));
    assert_eq!(begun[2_500], Begun::Replay(1_i64.to_be_bytes().to_vec()));
    assert_eq!(begun[2_501], Begun::Conflict);
    assert_eq!(mutate(&db, key("new7"), b"payload", 3).await.unwrap(), b"new7");
}

async fn a_group_that_lost_a_key_runs_again(db: TestDatabase) {
    let other = db.another().await;
    let runs = Arc::new(AtomicI64::new(0));
    let seen = Arc::clone(&runs);
    let postgres = db.engine() == greenlane_store::Engine::Postgres;
    let group: Result<_, StoreError> = db
        .write("group", move |tx| {
            let (other, run) = (other.clone(), seen.fetch_add(1, Ordering::SeqCst));
            Box::pin(async move {
                let request = (key("r1"), payload_hash(b"payload"));
                let begun = idempotency::look_up_many(tx, std::slice::from_ref(&request)).await?.remove(0);
                if run == 0 && postgres {
                    // Somebody else takes the key between look-up and record. SQLite's one writer cannot.
                    mutate(&other, key("r1"), b"payload", 7).await.unwrap();
                }
                if begun == Begun::New {
                    let answered = Answered { key: request.0, payload: request.1, response: b"mine".to_vec() };
                    idempotency::record_many(tx, vec![answered], instant(0)).await?;
                }
                Ok(begun)
            })
        })
        .await;
    let expected = if postgres { Begun::Replay(7_i64.to_be_bytes().to_vec()) } else { Begun::New };
    assert_eq!(group.unwrap(), expected);
}

async fn a_mutation_that_forgets_its_answer_is_noticed(db: TestDatabase) {
    let begin = || async {
        let begun: Result<Begun, StoreError> = db
            .write("forget", |tx| {
                Box::pin(
                    async move { Ok(idempotency::begin(tx, &key("r1"), &payload_hash(b"payload"), instant(0)).await?) },
                )
            })
            .await;
        begun
    };
    assert_eq!(begin().await.unwrap(), Begun::New);
    assert!(matches!(begin().await, Err(StoreError::Database(_))));
}

async fn records_expire_by_age_and_in_bounded_steps(db: TestDatabase) {
    let insert: Result<(), StoreError> = db
        .write("old_and_new", |tx| {
            Box::pin(async move {
                for (n, age) in [(0, 0), (1, 1), (2, 2), (3, 1_000)] {
                    let answered = Answered { key: key(&format!("r{n}")), payload: [0; 32], response: vec![] };
                    idempotency::record_many(tx, vec![answered], instant(age)).await?;
                }
                Ok(())
            })
        })
        .await;
    insert.unwrap();
    let expire = || async {
        let expired: Result<u64, StoreError> =
            db.write("expire", |tx| Box::pin(async move { Ok(idempotency::expire(tx, instant(3), 2).await?) })).await;
        expired.unwrap()
    };
    assert_eq!([expire().await, expire().await, expire().await], [2, 1, 0]);
}
