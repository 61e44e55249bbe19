//! Many rows at once.

use greenlane_store::testing::TestDatabase;
use greenlane_store::{StoreError, bulk};
use sea_orm::{ConnectionTrait as _, EntityTrait, PaginatorTrait, QueryOrder, Set};

use crate::schema::{Migrator, mixed, note, wide};

greenlane_store::engine_tests!(
    Migrator: five_thousand_rows_of_eight_columns_are_inserted,
    thirty_thousand_rows_are_inserted,
    what_many_rows_have_in_common_is_in_each_of_them,
    of_every_kind_and_in_several_tables_at_once_it_is_in_each_of_them,
    inserting_what_is_there_twice_is_no_error,
    no_rows_are_no_error,
    what_is_looked_up_by_key_is_found_after_a_migration_added_a_column,
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

async fn what_many_rows_have_in_common_is_in_each_of_them(db: TestDatabase) {
    let alike = |mut row: wide::ActiveModel| {
        (row.a, row.c, row.g) = (Set("one".to_owned()), Set(String::new()), Set("for all".to_owned()));
        row
    };
    let write: Result<_, StoreError> = db
        .write("alike", move |tx| {
            Box::pin(async move {
                let inserted = bulk::insert(tx, rows(300).into_iter().map(alike)).await?;
                Ok((inserted, bulk::insert_absent(tx, rows(340).into_iter().map(alike)).await?))
            })
        })
        .await;
    assert_eq!(write.unwrap(), (300, 40));
    let read: Result<_, StoreError> =
        db.read("read", |tx| Box::pin(async move { Ok(wide::Entity::find().all(tx).await?) })).await;
    let mut read = read.unwrap();
    read.sort_by_key(|row| row.id);
    let told = |row: wide::Model| (row.id, row.a, row.b, row.c, row.f, row.g);
    let expected = (0..340).map(|id| {
        let own = format!("value {id}");
        (id, "one".to_owned(), own.clone(), String::new(), own, "for all".to_owned())
    });
    assert_eq!(read.into_iter().map(told).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

/// More rows than go into one array or one list, of values that could be taken for none.
async fn of_every_kind_and_in_several_tables_at_once_it_is_in_each_of_them(db: TestDatabase) {
    const ROWS: i64 = 1_100;
    let of_each_kind = |id| mixed::Model {
        id,
        said: String::new(),
        bytes: Vec::new(),
        is_so: false,
        measured: 0.0,
        counted: 0,
        own: format!("value {id}"),
    };
    let noted = |id| note::Model { id, revision: 7 };
    let alike = |mut row: wide::ActiveModel| {
        (row.b, row.g) = (Set("for all".to_owned()), Set(String::new()));
        row
    };
    let write: Result<_, StoreError> = db
        .write("together", move |tx| {
            Box::pin(async move {
                let mut inserts = bulk::Inserts::default();
                inserts.add((0..ROWS).map(of_each_kind).map(mixed::ActiveModel::from));
                inserts.add((0..ROWS).map(noted).map(note::ActiveModel::from));
                Ok(inserts.write_with_absent(tx, rows(ROWS).into_iter().map(alike)).await?)
            })
        })
        .await;
    assert_eq!(write.unwrap(), 1_100);
    let read: Result<_, StoreError> = db
        .read("read", |tx| {
            Box::pin(async move {
                let of_each_kind = mixed::Entity::find().order_by_asc(mixed::Column::Id).all(tx).await?;
                let notes = note::Entity::find().order_by_asc(note::Column::Id).all(tx).await?;
                Ok((of_each_kind, notes, wide::Entity::find().order_by_asc(wide::Column::Id).all(tx).await?))
            })
        })
        .await;
    let (read_of_each_kind, read_notes, read_wide) = read.unwrap();
    assert_eq!(read_of_each_kind, (0..ROWS).map(of_each_kind).collect::<Vec<_>>());
    assert_eq!(read_notes, (0..ROWS).map(noted).collect::<Vec<_>>());
    let told: Vec<_> = read_wide.into_iter().map(|row| (row.id, row.a, row.b, row.c, row.g)).collect();
    let own = |id: i64| format!("value {id}");
    let expected = (0..ROWS).map(|id| (id, own(id), "for all".to_owned(), own(id), String::new()));
    assert_eq!(told, expected.collect::<Vec<_>>());
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

/// As when a new version migrates the database while replicas of the one before still serve from it, on connections that
/// have their statements prepared.
async fn what_is_looked_up_by_key_is_found_after_a_migration_added_a_column(db: TestDatabase) {
    let write: Result<_, StoreError> =
        db.write("import", |tx| Box::pin(async move { Ok(bulk::insert(tx, rows(10)).await?) })).await;
    assert_eq!(write.unwrap(), 10);
    let find = async || {
        let read: Result<_, StoreError> = db
            .read("find", |tx| {
                Box::pin(async move { Ok(bulk::find_unique::<wide::Entity, _>(tx, wide::Column::Id, [3, 7]).await?) })
            })
            .await;
        let mut found: Vec<_> = read?.into_iter().map(|it| (it.id, it.a, it.g)).collect();
        found.sort();
        Ok::<_, StoreError>(found)
    };
    let row = |id: i64| (id, format!("value {id}"), format!("value {id}"));
    assert_eq!(find().await.unwrap(), [row(3), row(7)]);
    let add = "ALTER TABLE wide ADD COLUMN h text";
    let added: Result<_, StoreError> =
        db.write("migrate", move |tx| Box::pin(async move { Ok(tx.execute_unprepared(add).await.map(drop)?) })).await;
    added.unwrap();
    for _ in 0..5 {
        assert_eq!(find().await.unwrap(), [row(3), row(7)]);
    }
}
