//! What somebody writes into the database of a catalogue, past every change set, is found by an audit.

use anyhow::Context as _;
use greenlane_e2e::{Database, Installation, Run, greenlane, until};
use greenlane_platform::auth::issuer::TokenRequest;
use sea_orm::{ConnectionTrait as _, Database as SeaDatabase};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_that_is_served_otherwise_than_it_was_published_halts_the_audit() {
    for database in [Database::Sqlite, Database::Postgres] {
        rewrite(database).await.expect("the test runs");
    }
}

/// What is written into the database of which service, what takes it back, and what the audit says of it.
const REWRITTEN: &[(&str, &[&str], &[&str], &str)] = &[
    (
        "equivalence",
        &["update catalogue_entry set content = replace(content, 'as it was published', 'as somebody likes it') \
           where name = 'requirements/xb-pv-qualification' and revision_from = 2"],
        &["update catalogue_entry set content = replace(content, 'as somebody likes it', 'as it was published') \
           where name = 'requirements/xb-pv-qualification' and revision_from = 2"],
        "requirements/xb-pv-qualification is served otherwise than it was published",
    ),
    (
        "equivalence",
        &["update catalogue_entry set content = replace(content, '2008-04-07', '2008-04-06') \
           where name = 'arrangements/cn-nz-eee' and revision_from = 1"],
        &["update catalogue_entry set content = replace(content, '2008-04-06', '2008-04-07') \
           where name = 'arrangements/cn-nz-eee' and revision_from = 1"],
        "what the catalogue begins with is not what is on record",
    ),
    // As if the second revision had changed it too.
    (
        "equivalence",
        &[
            "update catalogue_entry set revision_to = 2 where name = 'arrangements/cn-nz-eee'",
            "insert into catalogue_entry (name, revision_from, revision_to, content) \
             select name, 2, null, replace(content, '2008-04-07', '2008-04-06') from catalogue_entry \
             where name = 'arrangements/cn-nz-eee'",
        ],
        &[
            "delete from catalogue_entry where name = 'arrangements/cn-nz-eee' and revision_from = 2",
            "update catalogue_entry set revision_to = null where name = 'arrangements/cn-nz-eee'",
        ],
        "revision 2 of equivalence: arrangements/cn-nz-eee is served otherwise than it was published",
    ),
    // As if it had retired it.
    (
        "equivalence",
        &["update catalogue_entry set revision_to = 2 where name = 'arrangements/cn-nz-eee'"],
        &["update catalogue_entry set revision_to = null where name = 'arrangements/cn-nz-eee'"],
        "revision 2 of equivalence: arrangements/cn-nz-eee is published and is not served",
    ),
    (
        "classification",
        &["update catalogue_list_entry set body = replace(body, 'as it was published', 'as somebody likes it') \
           where list = 'example'"],
        &["update catalogue_list_entry set body = replace(body, 'as somebody likes it', 'as it was published') \
           where list = 'example'"],
        "greenLists/example/entries/854143 is served otherwise than it was published",
    ),
    (
        "classification",
        &[
            "update catalogue_link set held_back = not held_back where earlier_code = '850440' and later_code = '854151'",
        ],
        &[
            "update catalogue_link set held_back = not held_back where earlier_code = '850440' and later_code = '854151'",
        ],
        "what the catalogue begins with is not what is on record",
    ),
    // As if the second revision had taken it away.
    (
        "classification",
        &["update catalogue_link set revision_to = 2 where earlier_code = '850440' and later_code = '854151'"],
        &["update catalogue_link set revision_to = null where earlier_code = '850440' and later_code = '854151'"],
        "codes or how they correlate are served otherwise than they were",
    ),
];

fn run(installation: &Installation, token: &str, words: &str) -> anyhow::Result<Run> {
    let mut arguments: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    arguments.extend(installation.client_arguments(token)?);
    greenlane(installation.folder(), arguments)
}

/// Publishes this change as the next revision.
fn publish(installation: &Installation, commands: &str, change: &serde_json::Value) -> anyhow::Result<()> {
    let (admin, reviewer) = (installation.admin(), installation.mint(&TokenRequest::new("reviewer", ["admin"])));
    std::fs::write(installation.path("change.json"), change.to_string())?;
    let draft = run(installation, &admin, &format!("{commands} create --file change.json -o name"))?.expect(0);
    let draft = draft.stdout.trim();
    run(installation, &admin, &format!("{commands} propose {draft}"))?.expect(0);
    run(installation, &reviewer, &format!("{commands} review {draft} --approve"))?.expect(0);
    run(installation, &reviewer, &format!("{commands} publish {draft} --confirm"))?.expect(0);
    Ok(())
}

/// Ends the service, writes into its database, and starts it again.
async fn behind_its_back(installation: &mut Installation, service: &str, statements: &[&str]) -> anyhow::Result<()> {
    let running = match service {
        "equivalence" => installation.equivalence.take(),
        _ => installation.classification.take(),
    };
    running.context("it runs")?.terminate()?;
    let database = SeaDatabase::connect(installation.database_url(service)?).await?;
    for statement in statements {
        let touched = database.execute_unprepared(statement).await?;
        anyhow::ensure!(touched.rows_affected() == 1, "{statement} touches {}", touched.rows_affected());
    }
    database.close().await?;
    match service {
        "equivalence" => installation.start_equivalence(),
        _ => installation.start_classification(),
    }
}

async fn rewrite(database: Database) -> anyhow::Result<()> {
    let Some(mut installation) = Installation::start(database).await? else { return Ok(()) };
    let admin = installation.admin();
    let found = run(&installation, &admin, "catalogue get requirements/xb-pv-qualification -o json")?;
    let mut requirement = found.expect(0).json()?["requirement"].clone();
    requirement["title"] = json!("Design qualification, as it was published");
    let change = json!({ "title": "A text", "changes": [{ "upsert": { "requirement": requirement } }] });
    publish(&installation, "change", &change)?;
    let list = json!({
        "name": "greenLists/example",
        "titles": [{ "language": "en", "text": "An invented list" }],
        "edition": "editions/HS2022",
        "source": { "note": "Invented.", "example": true },
    });
    let entry = json!({
        "name": "greenLists/example/entries/854143",
        "code": { "edition": "HS2022", "code": "854143" },
        "category": "as it was published",
    });
    let change = json!({ "title": "A list", "changes": [{ "put_green_list": list }, { "put_entry": entry }] });
    publish(&installation, "code change", &change)?;

    let audit = |installation: &Installation| run(installation, &admin, "log audit --catalogues -o json");
    // What is taught later takes nothing back of what was there first, and nothing is held of it.
    let taught = json!({ "examples": [{
        "description": "Sun catcher 9000",
        "code": { "edition": "HS2022", "code": "854143" },
        "decided_on": "2024-01-01",
        "source": { "uri": "https://example.org", "note": "Invented.", "example": true },
    }] });
    std::fs::write(installation.path("taught.json"), taught.to_string())?;
    run(&installation, &admin, "code teach --file taught.json --confirm")?.expect(0);
    let recorded = async || Ok((audit(&installation)?.expect(0).json()?["publicationsCompared"] == 5).then_some(()));
    until("all five revisions are on record and are what is served", recorded).await?;
    let sound = audit(&installation)?.expect(0);
    let (told, sound) = (sound.stderr.clone(), sound.json()?);
    assert!(sound["catalogueEntriesCompared"].as_u64().is_some_and(|entries| entries > 100), "{sound}");
    assert!(!told.contains("begins with is not on record"), "{told}");

    for (service, statements, undo, why) in REWRITTEN {
        behind_its_back(&mut installation, service, statements).await?;
        let halted = audit(&installation)?.expect(10).stderr;
        assert!(halted.starts_with("HALT: ") && halted.contains(why), "{why}: {halted}");
        behind_its_back(&mut installation, service, undo).await?;
        audit(&installation)?.expect(0);
    }
    Ok(())
}
