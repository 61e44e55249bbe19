use std::convert::Infallible;

use chrono::DateTime;
use greenlane_store::testing::TestDatabase;
use sea_orm::Set;

use super::*;
use crate::Migrator;
use crate::domain::body::Role;

greenlane_store::engine_tests!(Migrator:
    a_row_that_was_changed_since_it_was_read_is_left_as_it_is,
    of_very_many_some_are_indexed_at_once_and_the_rest_is_still_read,
);

fn registered(id: &str, display_name: &str) -> Body {
    let record = BodyRecord {
        id: BodyId::trusted(id),
        display_name: display_name.to_owned(),
        economy: "XA".to_owned(),
        roles: vec![Role::CertificationBody],
        website: String::new(),
        did: "did:web:LAB.example.org".to_owned(),
        accreditation_number: String::new(),
    };
    let then = DateTime::UNIX_EPOCH;
    Body { record, created_at: then, updated_at: then, create_index: 0, latest_index: 3 }
}

/// As a program writes it that knows nothing of the index.
fn row_as_before(body: &Body) -> body::ActiveModel {
    body::ActiveModel { name_sha256: Set(None), did_spelled: Set(None), names_index: Set(None), ..rows::body_row(body) }
}

async fn a_row_that_was_changed_since_it_was_read_is_left_as_it_is(db: TestDatabase) {
    let indexed = db.store().write::<_, Infallible, _>("index", |tx| {
        Box::pin(async move {
            let body = registered("xa-lab", "The Laboratory");
            bulk::insert(tx, [row_as_before(&body)]).await?;
            let record = rows::json(&body.record);
            let mut indexed = Vec::new();
            for read_at in [2, 3] {
                let statement = indexing(tx.get_database_backend(), [("xa-lab", read_at, record.as_str())])?;
                let changed = tx.execute_raw(statement).await?.rows_affected();
                let row = body::Entity::find().one(tx).await?;
                indexed.push((changed, row.map(|row| (row.names_index, row.name_sha256, row.did_spelled))));
            }
            Ok(indexed)
        })
    });
    let known = (Some(3), Some(name_sha256("THE LABORATORY")), Some("did:web:lab.example.org".to_owned()));
    assert_eq!(indexed.await.unwrap(), [(0, Some((None, None, None))), (1, Some(known))]);
}

async fn of_very_many_some_are_indexed_at_once_and_the_rest_is_still_read(db: TestDatabase) {
    let indexed = db.store().write::<_, Infallible, _>("index", |tx| {
        Box::pin(async move {
            let rows = (0..AT_ONCE + 3).map(|number| {
                let name = format!("Body {number}");
                row_as_before(&registered(&format!("xa-{number:04}"), &name))
            });
            bulk::insert(tx, rows).await?;
            let another = Command::CreateBody(BodyRecord {
                did: "did:web:new.example.org".to_owned(),
                ..registered("xa-new", "The Institute").record
            });
            let mut read = Vec::new();
            for _ in 0..3 {
                let mut world = World::default();
                load(tx, &mut world, &[&another]).await?;
                read.push(world.bodies.len());
                index_others(tx).await?;
            }
            Ok(read)
        })
    });
    assert_eq!(indexed.await.unwrap(), [AT_ONCE + 3, 3, 0]);
}

#[test]
fn any_number_of_bodies_is_indexed_by_few_texts() {
    let record = rows::json(&registered("xa-lab", "The Laboratory").record);
    let texts: BTreeSet<String> = (1..=64)
        .map(|count| indexing(DbBackend::Sqlite, (0..count).map(|_| ("xa-lab", 3, record.as_str()))).unwrap().sql)
        .collect();
    assert_eq!(texts.len(), 7, "{texts:?}");
}

/// How names are read rests on tables of Unicode that come with libraries. Where one of these hashes moves, the index of a
/// database that is there does not find whom it should, and a migration must write it anew.
#[test]
fn names_have_the_hashes_by_which_they_were_indexed() {
    for (name, sha256) in [
        ("Certification body", "daa39027e11d542e05238168c5941f6daefe01d1a0c137f5db40a3dd2e841ffe"),
        ("O\u{fb03}ce of Certi\u{fb01}cation", "dbfdbdf072703d0658aefbafb2678136878f643e7327e9b75196a98909f1d3bf"),
        ("\u{ff2c}\u{ff41}\u{ff42} \u{ff11}", "1a70bff6c029a36ea12ca47ed24085389911eb8dcb8bb81134a1630d52614644"),
        ("Ινστιτούτο Προϊόντων \u{390}", "ff2e0c1b7647acf29d332fc7ac491b82be9a814081e1bb4b25e78340c6c50b6d"),
        ("Prüfstelle Straße \u{2013} Süd", "2b5c3709c58156986e7e3ddc4c479d20c59ce32bc8549fcfcc20d4d1ebc816fd"),
    ] {
        assert_eq!(name_sha256(name), sha256, "{name}");
    }
    assert_eq!(name_sha256("office of certification"), name_sha256("O\u{fb03}ce of Certi\u{fb01}cation"));
    assert_eq!(name_sha256("LAB1"), name_sha256("\u{ff2c}\u{ff41}\u{ff42} \u{ff11}"));
}
