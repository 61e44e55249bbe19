use std::convert::Infallible;

use chrono::DateTime;
use greenlane_store::testing::TestDatabase;

use super::*;
use crate::Migrator;
use crate::domain::body::Role;

greenlane_store::engine_tests!(Migrator: a_row_that_was_changed_since_it_was_read_is_left_as_it_is);

async fn a_row_that_was_changed_since_it_was_read_is_left_as_it_is(db: TestDatabase) {
    let record = BodyRecord {
        id: BodyId::trusted("xa-lab"),
        display_name: "The Laboratory".to_owned(),
        economy: "XA".to_owned(),
        roles: vec![Role::CertificationBody],
        website: String::new(),
        did: "did:web:lab.example.org".to_owned(),
        accreditation_number: String::new(),
    };
    let then = DateTime::UNIX_EPOCH;
    let body = Body { record, created_at: then, updated_at: then, create_index: 0, latest_index: 3 };
    let indexed = db.store().write::<_, Infallible, _>("index", move |tx| {
        let body = body.clone();
        Box::pin(async move {
            bulk::insert(tx, [rows::body_row(&body)]).await?;
            let record = rows::json(&body.record);
            let mut indexed = Vec::new();
            for read_at in [2, 3] {
                let statement = indexing(tx.get_database_backend(), [("xa-lab", read_at, record.as_str())])?;
                indexed.push(tx.execute_raw(statement).await?.rows_affected());
            }
            Ok(indexed)
        })
    });
    assert_eq!(indexed.await.unwrap(), [0, 1]);
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
