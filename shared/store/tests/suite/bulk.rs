//! Many rows at once.

use greenlane_store::testing::TestDatabase;
use greenlane_store::{StoreError, bulk};
use sea_orm::{EntityTrait, PaginatorTrait, Set};

use crate::schema::{Migrator, note, wide};

greenlane_store::engine_tests!(
    Migrator: five_thousand_rows_of_eight_columns_are_inserted,
    thirty_thousand_rows_are_inserted,
    inserting_what_is_there_twice_is_no_error,
    no_rows_are_no_error,
);

fn rows(count: i64) -> Vec<wide::ActiveModel> {
    let text = |id: i64| Set(format!("value {id}"));
    (0..count)
        .map(|id| wide::ActiveModel {
            id: Set(id),
            a: text(id),
            b: text(id),
            c: text(id),
            d: text(id),
            e: text(id),
            f: text(id),
            g: text(id),
        })
        .collect()
}

async fn five_thousand_rows_of_eight_columns_are_inserted(db: TestDatabase) {
    let write: Result<_, StoreError> =
        db.write("import", |tx| Box::pin(async move { Ok(bulk::insert(tx, rows(5_000)).await?) })).await;
    assert_eq!(write.unwrap(), 5_000);
    let read: Result<_, StoreError> =
        db.read("count", |tx| Box::pin(async move { Ok(wide::Entity::find().count(tx).await?) })).await;
    assert_eq!(read.unwrap(), 5_000);
}

/// Past the limit of variables on both engines.
async fn thirty_thousand_rows_are_inserted(db: TestDatabase) {
    let write: Result<_, StoreError> = db
        .write("many", |tx| {
            Box::pin(async move {
                let rows = (0..34_000).map(|id| note::ActiveModel { id: Set(id), revision: Set(id) });
                Ok(bulk::insert(tx, rows).await?)
            })
        })
        .await;
    assert_eq!(write.unwrap(), 34_000);
}

async fn inserting_what_is_there_twice_is_no_error(db: TestDatabase) {
    let insert = |count| {
        let db = db.clone();
        async move {
            let write: Result<_, StoreError> = db
                .write("absent", move |tx| Box::pin(async move { Ok(bulk::insert_absent(tx, rows(count)).await?) }))
                .await;
            write.unwrap()
        }
    };
    assert_eq!([insert(10).await, insert(10).await, insert(12).await], [10, 0, 2]);
}

async fn no_rows_are_no_error(db: TestDatabase) {
    let write: Result<_, StoreError> = db
        .write("none", |tx| {
            Box::pin(async move { Ok(bulk::insert(tx, rows(0)).await? + bulk::insert_absent(tx, rows(0)).await?) })
        })
        .await;
    assert_eq!(write.unwrap(), 0);
}
