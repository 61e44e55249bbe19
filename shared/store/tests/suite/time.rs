//! Timestamps equal, sort and range as the instants do.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use greenlane_store::testing::TestDatabase;
use greenlane_store::{Micros, StoreError, bulk};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set};

use crate::schema::{Migrator, moment};

greenlane_store::engine_tests!(
    Migrator: times_sort_as_instants,
    times_read_back_to_the_microsecond,
    a_range_of_times_is_a_range_of_instants,
);

/// Instants around whole seconds, the epoch and far ends, where text forms sort wrongly.
fn instants() -> Vec<DateTime<Utc>> {
    let base = DateTime::from_timestamp(1_795_392_000, 0).unwrap();
    let mut all = vec![
        DateTime::from_timestamp(0, 0).unwrap(),
        DateTime::from_timestamp(-1, 999_999_000).unwrap(),
        DateTime::from_timestamp(-62_135_596_800, 0).unwrap(),
        DateTime::from_timestamp(253_402_300_799, 999_999_000).unwrap(),
    ];
    for micros in [0, 1, 9, 10, 99, 100_000, 500_000, 900_000, 999_999, 1_000_000] {
        all.push(base + TimeDelta::microseconds(micros));
        all.push(base - TimeDelta::microseconds(micros + 7));
    }
    all
}

async fn insert(db: &TestDatabase, instants: Vec<DateTime<Utc>>) {
    let write: Result<_, StoreError> = db
        .write("moments", move |tx| {
            let rows: Vec<_> = (0..)
                .zip(instants.clone())
                .map(|(id, at)| moment::ActiveModel {
                    id: Set(id),
                    at: Set(at.into()),
                    until: Set((id % 2 == 0).then(|| at.into())),
                })
                .collect();
            Box::pin(async move { Ok(bulk::insert(tx, rows).await?) })
        })
        .await;
    write.unwrap();
}

async fn times_sort_as_instants(db: TestDatabase) {
    let mut expected = instants();
    insert(&db, expected.clone()).await;
    expected.sort_unstable();
    let read: Result<_, StoreError> = db
        .read("sorted", |tx| {
            Box::pin(async move { Ok(moment::Entity::find().order_by_asc(moment::Column::At).all(tx).await?) })
        })
        .await;
    let found: Vec<_> = read.unwrap().into_iter().map(|row| row.at.to_utc()).collect();
    assert_eq!(found, expected);
}

async fn times_read_back_to_the_microsecond(db: TestDatabase) {
    let instants = instants();
    insert(&db, instants.clone()).await;
    let read: Result<_, StoreError> = db
        .read("all", |tx| {
            Box::pin(async move { Ok(moment::Entity::find().order_by_asc(moment::Column::Id).all(tx).await?) })
        })
        .await;
    for (row, instant) in read.unwrap().into_iter().zip(instants) {
        assert_eq!(row.at.to_utc(), instant);
        assert_eq!(row.until.map(Micros::to_utc), (row.id % 2 == 0).then_some(instant));
    }
}

async fn a_range_of_times_is_a_range_of_instants(db: TestDatabase) {
    let base = DateTime::from_timestamp(1_795_392_000, 0).unwrap();
    insert(&db, instants()).await;
    // The same instant said with another offset is the same value.
    let elsewhere = base.with_timezone(&FixedOffset::east_opt(9 * 3_600).unwrap());
    let from = Micros::from(elsewhere.to_utc());
    let until = Micros::from(base + TimeDelta::seconds(1));
    let read: Result<_, StoreError> = db
        .read("range", move |tx| {
            Box::pin(async move {
                let rows =
                    moment::Entity::find().filter(moment::Column::At.gte(from)).filter(moment::Column::At.lt(until));
                Ok(rows.all(tx).await?)
            })
        })
        .await;
    let expected = instants().into_iter().filter(|at| *at >= base && *at < base + TimeDelta::seconds(1)).count();
    assert_eq!(read.unwrap().len(), expected);
}
