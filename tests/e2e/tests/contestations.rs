//! A dispute about a certificate: opened at the equivalence service, told by the registry's verdicts while it is open, and
//! followed by the body that has to answer it.

use anyhow::Context as _;
use greenlane_api::registry::v1::VerdictOutcome;
use greenlane_e2e::{
    Database, Installation, Run,
    certificates::{AURORA, issue, question, recognised_module, register_body, verify},
    greenlane, until,
};
use greenlane_platform::auth::issuer::TokenRequest;
use serde_json::json;

fn run(installation: &Installation, token: &str, words: &str) -> anyhow::Result<Run> {
    let mut arguments: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    arguments.extend(installation.client_arguments(token)?);
    greenlane(installation.folder(), arguments)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dispute_about_a_certificate_is_told_with_its_verdicts_until_it_is_over() {
    for database in [Database::Sqlite, Database::Postgres] {
        contested(database).await.expect("the test runs");
    }
}

async fn contested(database: Database) -> anyhow::Result<()> {
    let Some(installation) = Installation::start(database).await? else { return Ok(()) };
    let registry = installation.registry.as_ref().context("it runs")?;
    let body = register_body(registry.client(&installation.admin())?, AURORA).await?;
    let client = registry.client(&installation.clerk(&body))?;
    let issued = issue(client.clone(), &body, "one", recognised_module("EX-1")).await?;
    let name = issued.certificate.context("a certificate")?.name;
    let told = async |code: &str, expected: bool| {
        let answered = async || {
            let verdict = verify(client.clone(), question(&name, None)).await?;
            let findings = verdict.in_force.map(|part| part.findings).unwrap_or_default();
            Ok((findings.iter().any(|finding| finding.code == code) == expected).then_some(()))
        };
        until(&format!("{code} is told: {expected}"), answered).await
    };
    told("contested", false).await?;

    let challenger = installation.mint(&TokenRequest::new("challenger", ["admin"]).for_economy("XF"));
    std::fs::write(installation.path("photo.jpg"), "an invented photo")?;
    let number = name.trim_start_matches("certificates/");
    let open = format!(
        "dispute open --about {number} --grounds Burns. --fast-track Burns. --interim-effect Burns. --evidence photo.jpg \
         --at https://example.org/photo.jpg --shows Fire. -o name"
    );
    let scopes = ["catalogue.propose", "catalogue.read"];
    let ministry = installation.mint(&TokenRequest::new("ministry", scopes).for_economy("XF"));
    let unsaid = run(&installation, &ministry, &open)?.expect(2).stderr;
    assert!(unsaid.contains("--body") && unsaid.contains("the scope verify"), "{unsaid}");
    let dispute = run(&installation, &challenger, &open)?.expect(0);
    let dispute = dispute.stdout.trim().to_owned();
    told("contested", true).await?;
    told("without_effect", false).await?;
    let listed = run(&installation, &challenger, &format!("dispute list --respondent {body} --about {name} -o name"))?;
    assert_eq!(listed.expect(0).stdout.trim(), dispute);

    // What the panel orders acts at once, and is on the certificate.
    let of = |subject: &str| installation.mint(&TokenRequest::new(subject, ["admin"]).for_economy("NZ"));
    let member =
        |subject: &str| json!({ "subject": subject, "displayName": subject, "economy": "NZ", "expertise": ["PV"] });
    let members = ["one", "two", "three"].map(member);
    let panel = json!({ "members": members });
    std::fs::write(installation.path("panel.json"), panel.to_string())?;
    run(&installation, &of("chair"), &format!("dispute panel {dispute} --file panel.json"))?.expect(0);
    for voter in ["one", "two"] {
        let vote = format!(
            "dispute decide {dispute} --matter interim-effect --uphold --finding So. --declare-no-interest --confirm"
        );
        run(&installation, &of(voter), &vote)?.expect(0);
    }
    told("without_effect", true).await?;
    let refused = verify(client.clone(), question(&name, None)).await?;
    assert_eq!(refused.outcome(), VerdictOutcome::Refused);
    // Nor does it open a market, whatever that recognises.
    let trader =
        installation.mint(&TokenRequest::new("trader", ["bodies.read", "certificates.read", "recognise", "verify"]));
    let goods = format!("--certificate {number} --code HS2022:854143 --origin XA --destination XB");
    let recognised = run(&installation, &trader, &format!("recognise {goods}"))?.expect(10);
    assert!(recognised.stderr.contains("worth nothing"), "{}", recognised.stderr);
    assert!(recognised.stderr.contains("By the order of the panel of a dispute"), "{}", recognised.stderr);
    let planned = run(&installation, &trader, &format!("plan {goods}"))?;
    assert!(planned.stderr.contains("is left out: it is not in force"), "{}", planned.stderr);
    let shown = run(&installation, &installation.clerk(&body), &format!("certificate get {number}"))?.expect(0);
    assert!(shown.stdout.contains(&dispute) && shown.stdout.contains("Without effect from"), "{}", shown.stdout);
    let steps = format!("certificate watch --certificate {number} --earliest --until-now");
    let steps = run(&installation, &installation.clerk(&body), &steps)?.expect(0);
    assert!(steps.stdout.contains("dispute open; without effect"), "{}", steps.stdout);

    let counsel = installation.mint(&TokenRequest::new("counsel", ["catalogue.read"]).for_body(&body));
    let watched = run(&installation, &counsel, &format!("dispute watch --respondent {body} --count 1 -o name"))?;
    assert_eq!(watched.expect(0).stdout.trim(), dispute);
    run(&installation, &challenger, &format!("dispute withdraw {dispute} --confirm --text Mended."))?.expect(0);
    told("contested", false).await?;
    told("without_effect", false).await
}
