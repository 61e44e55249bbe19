//! Bodies that are told apart from those that are there, by whichever program these were written.

use std::convert::Infallible;

use greenlane_api::common::v1::ErrorReason;
use greenlane_api::registry::v1 as wire;
use greenlane_platform::fault::Fault;
use greenlane_store::testing::TestDatabase;
use sea_orm::ConnectionTrait as _;
use sea_orm_migration::{MigrationTrait, MigratorTrait};

use super::bodies::rename;
use super::harness::{Served, new_body, now, serve};
use super::rollback::sql;
use crate::Migrator;
use crate::domain::body::{BodyPatch, BodyRecord, Role};
use crate::domain::body_command::BodyCommand;
use crate::domain::command::{Command, Refusal};
use crate::domain::names::BodyId;
use crate::domain::world::{Novelty, Parties, World};
use crate::store::world;

/// The schema that the program before this one knows.
struct Before;

impl MigratorTrait for Before {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut all = Migrator::migrations();
        all.retain(|migration| migration.name() != "registry_0007_namesakes_expand");
        all
    }
}

greenlane_store::engine_tests!(Before:
    who_was_there_before_the_index_is_in_it_and_told_apart,
    whom_a_program_without_the_index_writes_beside_this_one_is_told_apart,
    whom_it_wrote_is_read_with_one_registration_and_found_by_the_index_from_then_on,
    what_changes_nobodys_name_reads_nobody_else,
    of_all_the_bodies_of_an_economy_only_those_are_read_that_are_called_alike,
    a_body_that_is_renamed_and_moved_in_one_group_is_told_apart_where_it_comes_to,
);

/// As the program before writes a body.
async fn write_as_before(db: &TestDatabase, id: &str, name: &str, did: &str) {
    let record = format!(
        r#"{{"id":"{id}","display_name":"{name}","economy":"XA","roles":["certification_body"],"website":"","did":"{did}","accreditation_number":""}}"#
    );
    let columns = "id, economy, record, roles, created_at, updated_at, create_index, latest_index";
    let values = format!("'{id}', 'XA', '{record}', ' certification_body ', 0, 0, 0, 0");
    sql(db, &format!("INSERT INTO body ({columns}) VALUES ({values})")).await;
}

/// The same program renames xa-lab, and leaves the index as it was.
async fn rename_as_before(db: &TestDatabase) {
    let renamed = "UPDATE body SET record = replace(record, 'Certification body xa-lab', 'The Institute'), \
                   latest_index = latest_index + 1 WHERE id = 'xa-lab'";
    sql(db, renamed).await;
}

/// Rows of which the index says nothing, or what was before.
async fn not_indexed(db: &TestDatabase) -> usize {
    let read = db.store().read::<_, Infallible, _>("not_indexed", |tx| {
        Box::pin(async move {
            let sql = "SELECT id FROM body WHERE names_index IS DISTINCT FROM latest_index OR name_sha256 IS NULL";
            let rows = sea_orm::Statement::from_string(tx.get_database_backend(), sql);
            Ok(tx.query_all_raw(rows).await?.len())
        })
    });
    read.await.unwrap()
}

fn called(id: &str, name: &str, did: &str) -> wire::CreateBodyRequest {
    let mut request = new_body(id);
    let body = request.body.as_mut().unwrap();
    (body.display_name, body.did) = (name.to_owned(), did.to_owned());
    request
}

/// The fields for which a body is not registered, one after the other.
async fn refused(served: &Served, request: wire::CreateBodyRequest) -> Vec<String> {
    let status = served.bodies().create_body(request).await.unwrap_err();
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::ResourceExists), "{status:?}");
    Fault::violations_of(&status).into_iter().map(|violation| violation.field).collect()
}

async fn who_was_there_before_the_index_is_in_it_and_told_apart(db: TestDatabase) {
    write_as_before(&db, "xa-old", "The Laboratory", "did:web:LAB.example.org%3A443").await;
    write_as_before(&db, "xa-other", "Another", "did:web:other.example.org").await;
    db.migrate::<Migrator>().await.unwrap();
    assert_eq!(not_indexed(&db).await, 0);
    let served = serve(&db).await;
    let alike = called("xa-new", "THE  laboratory", "did:web:new.example.org");
    assert_eq!(refused(&served, alike).await, ["body.display_name"]);
    let taken = called("xa-new", "New", "did:web:lab.example.org");
    served.bodies().create_body(taken).await.map(drop).expect_err("the identifier of xa-old");
    served.bodies().create_body(called("xa-new", "New", "did:web:new.example.org")).await.unwrap();
    let mut other = rename("the laboratory", "u1");
    other.body.as_mut().unwrap().name = "bodies/xa-other".to_owned();
    let status = served.bodies().update_body(other).await.unwrap_err();
    assert_eq!(Fault::metadata_of(&status)["resource"], "bodies/xa-old");
    assert_eq!(not_indexed(&db).await, 0, "what this program writes is in the index");
}

async fn whom_a_program_without_the_index_writes_beside_this_one_is_told_apart(db: TestDatabase) {
    db.migrate::<Migrator>().await.unwrap();
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    write_as_before(&db, "xa-old", "The Laboratory", "did:web:old.example.org").await;
    rename_as_before(&db).await;
    assert_eq!(not_indexed(&db).await, 2);
    for name in ["the laboratory", "THE INSTITUTE"] {
        let alike = called("xa-new", name, "did:web:new.example.org");
        assert_eq!(refused(&served, alike).await, ["body.display_name"], "{name}");
    }
    let taken = called("xa-new", "New", "did:web:old.example.org");
    served.bodies().create_body(taken).await.map(drop).expect_err("the identifier of xa-old");
    let free = called("xa-new", "Certification body xa-lab", "did:web:new.example.org");
    served.bodies().create_body(free).await.expect("nobody is called so any more");
}

async fn whom_it_wrote_is_read_with_one_registration_and_found_by_the_index_from_then_on(db: TestDatabase) {
    db.migrate::<Migrator>().await.unwrap();
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    write_as_before(&db, "xa-old", "The Laboratory", "did:web:old.example.org").await;
    rename_as_before(&db).await;
    let next = || vec![Command::CreateBody(record("xa-next", "Next", "XA"))];
    assert_eq!(load(&db, next()).await.bodies.len(), 2, "whoever is registered");
    served.bodies().create_body(called("xa-new", "New", "did:web:new.example.org")).await.unwrap();
    assert_eq!(not_indexed(&db).await, 0);
    assert!(load(&db, next()).await.bodies.is_empty(), "it is called as none of them");
    for name in ["the laboratory", "THE INSTITUTE"] {
        let alike = called("xa-other", name, "did:web:another.example.org");
        assert_eq!(refused(&served, alike).await, ["body.display_name"], "{name}");
    }
    let taken = called("xa-other", "Other", "did:web:old.example.org");
    served.bodies().create_body(taken).await.map(drop).expect_err("the identifier of xa-old");
}

async fn what_changes_nobodys_name_reads_nobody_else(db: TestDatabase) {
    db.migrate::<Migrator>().await.unwrap();
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    write_as_before(&db, "xa-old", "The Laboratory", "did:web:old.example.org").await;
    sql(&db, "UPDATE body SET record = 'damaged' WHERE id = 'xa-old'").await;
    let mut website = rename("Certification body xa-lab", "u1");
    website.update_mask.as_mut().unwrap().paths = vec!["website".to_owned()];
    let body = served.bodies().update_body(website).await.unwrap().into_inner().body.unwrap();
    assert_eq!(body.website, "https://lab.example.org");
    assert_eq!(not_indexed(&db).await, 1, "it is left to who is told apart from it");
    let status = served.bodies().update_body(rename("The Institute", "u2")).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::Internal, "{status:?}");
}

pub(super) fn record(id: &str, name: &str, economy: &str) -> BodyRecord {
    BodyRecord {
        id: BodyId::trusted(id),
        display_name: name.to_owned(),
        economy: economy.to_owned(),
        roles: vec![Role::CertificationBody],
        website: String::new(),
        did: format!("did:web:{id}.example.org"),
        accreditation_number: String::new(),
    }
}

async fn load(db: &TestDatabase, commands: Vec<Command>) -> World {
    let read = db.store().read::<_, Infallible, _>("load", move |tx| {
        let commands = commands.clone();
        Box::pin(async move { Ok(world::load(tx, commands.iter(), &Parties::default(), Novelty::LookedUp).await?) })
    });
    read.await.unwrap()
}

async fn of_all_the_bodies_of_an_economy_only_those_are_read_that_are_called_alike(db: TestDatabase) {
    db.migrate::<Migrator>().await.unwrap();
    let served = serve(&db).await;
    for id in ["xa-lab", "xa-one", "xa-two"] {
        served.bodies().create_body(new_body(id)).await.unwrap();
    }
    let read = async |command| {
        let mut read: Vec<BodyId> = load(&db, vec![command]).await.bodies.into_keys().collect();
        read.sort();
        read.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let none = Command::CreateBody(record("xa-new", "The Laboratory", "XA"));
    assert!(read(none).await.is_empty());
    let alike = Command::CreateBody(record("xa-new", "CERTIFICATION BODY XA-LAB", "XA"));
    assert_eq!(read(alike).await, ["xa-lab"]);
    let elsewhere = Command::CreateBody(record("xa-new", "CERTIFICATION BODY XA-LAB", "XB"));
    assert!(read(elsewhere).await.is_empty());
    let patch = BodyPatch { display_name: Some("certification body xa-two".to_owned()), ..BodyPatch::default() };
    let renamed = BodyCommand::Update { id: BodyId::trusted("xa-one"), patch, etag: String::new() };
    assert_eq!(read(Command::OfBody(renamed)).await, ["xa-one", "xa-two"]);
}

async fn a_body_that_is_renamed_and_moved_in_one_group_is_told_apart_where_it_comes_to(db: TestDatabase) {
    db.migrate::<Migrator>().await.unwrap();
    let served = serve(&db).await;
    served.bodies().create_body(new_body("xa-lab")).await.unwrap();
    let mut other = called("xb-lab", "The Laboratory", "did:web:lab.example.org");
    other.body.as_mut().unwrap().economy = "XB".to_owned();
    served.bodies().create_body(other).await.unwrap();
    let update =
        |id: &str, patch| Command::OfBody(BodyCommand::Update { id: BodyId::trusted(id), patch, etag: String::new() });
    let name = |id| update(id, BodyPatch { display_name: Some("The Laboratory".to_owned()), ..BodyPatch::default() });
    let economy = |id| update(id, BodyPatch { economy: Some("XB".to_owned()), ..BodyPatch::default() });
    let create = Command::CreateBody(record("xa-new", "New", "XA"));
    for (group, id) in [(vec![], "xa-lab"), (vec![create], "xa-new")] {
        let group = [group, vec![name(id), economy(id)]].concat();
        let mut world = load(&db, group.clone()).await;
        let (last, first) = group.split_last().unwrap();
        for (index, command) in (10_u64..).zip(first) {
            world.apply(command, index, now()).unwrap();
        }
        let refused = world.apply(last, 20, now()).unwrap_err();
        assert!(matches!(&refused, Refusal::NameOfAnother(body) if body.as_str() == "xb-lab"), "{refused:?}");
    }
}
