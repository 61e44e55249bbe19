//! Certificates by hand.

use greenlane_jose::{Signer as _, SigningKey, b64};

use crate::{Shell, example};

#[test]
fn a_body_signs_with_a_key_of_its_own_that_never_leaves_it() {
    own_key().expect("it runs");
}

fn own_key() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    shell.certify()?;
    let key = SigningKey::generate_ed25519();
    std::fs::write(shell.folder.path().join("public.jwk"), key.to_public_jwk().to_json())?;
    let clerk = "token mint --subject clerk --scope certificates.read --scope certificates.write \
                 --scope bodies.write --body bodies/aurora-cert --out own.token";
    shell.run(clerk)?.expect(0);
    let create = "body key create bodies/aurora-cert --public-jwk public.jwk --token-file own.token -o name";
    let name = shell.run(create)?.expect(0).stdout.trim().to_owned();

    let facts = format!("--body bodies/aurora-cert --file {} --token-file own.token", example()?);
    let prepared = shell.run(&format!("certificate prepare {facts} --key {name} -o json"))?.expect(0).json()?;
    let input = prepared["signingInput"].as_str().unwrap_or_default();
    let signed = format!("{input}.{}\n", b64::encode(&key.sign(input.as_bytes())?));
    std::fs::write(shell.folder.path().join("signed.jwt"), &signed)?;
    let issue = format!("certificate issue {facts} --signed-document signed.jwt -o name");
    let certificate = shell.run(&issue)?.expect(0).stdout.trim().to_owned();
    assert_eq!(prepared["certificateNumber"], certificate.trim_start_matches("certificates/"));
    let document = shell.run(&format!("certificate get {certificate} --document"))?.expect(0).stdout;
    assert_eq!(document, signed, "the document is the one that was signed");
    let told = shell.run(&format!("certificate get {certificate} --document -o json"))?.expect(0).json()?;
    assert_eq!((&told["name"], &told["text"]), (&certificate.as_str().into(), &document.as_str().into()));
    let verdict = shell.run("verify signed.jwt")?.expect(0).stdout;
    assert!(verdict.contains("ACCEPTED"), "{verdict}");
    Ok(())
}

#[test]
fn what_is_confidential_is_shown_to_whom_it_is_disclosed_and_can_be_erased() {
    confidential().expect("it runs");
}

fn confidential() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    shell.certify()?;
    let facts = std::fs::read_to_string(example()?)? + "confidential_fields: [holder.address, sites]\n";
    std::fs::write(shell.folder.path().join("facts.yaml"), facts)?;
    let issue = "certificate issue --body bodies/aurora-cert --file facts.yaml --token-file clerk.token -o name";
    let certificate = shell.run(issue)?.expect(0).stdout.trim().to_owned();
    let document = |flags: &str| {
        let command = format!("certificate get {certificate} --document {flags}");
        anyhow::Ok(shell.run(&command)?.expect(0).stdout.trim().to_owned())
    };
    let (bare, whole) = (document("")?, document("--disclosed")?);
    assert!(whole.starts_with(&format!("{bare}~")) && whole.ends_with('~'), "{whole}");
    for text in [&bare, &whole] {
        std::fs::write(shell.folder.path().join("shown.jwt"), text)?;
        shell.run("verify shown.jwt")?.expect(0);
    }
    let erase = format!("certificate erase {certificate} --field sites --token-file clerk.token");
    let check = shell.run(&erase)?.expect(0);
    assert!(check.stderr.contains("nothing is written without --confirm"), "{}", check.stderr);
    assert_eq!(document("--disclosed")?, whole);
    let wrong = shell.run(&format!("{erase} --confirm GLXA"))?.expect(2);
    assert!(wrong.stderr.contains("is not what it is done to"), "{}", wrong.stderr);
    shell.run(&format!("{erase} --confirm {certificate}"))?.expect(0);
    assert_eq!(document("")?, bare, "the document stays as it was signed");
    assert!(document("--disclosed")?.len() < whole.len());
    shell.run("verify shown.jwt")?.expect(0);
    let shown = shell.run(&format!("certificate get {certificate} -o json"))?.expect(0).json()?;
    assert_eq!(shown["certificate"]["content"]["sites"], serde_json::json!([]));
    assert_eq!(shown["certificate"]["content"]["holder"]["address"], "1 Example Street, Exampletown");
    shell.run("log audit")?.expect(0);
    Ok(())
}

#[test]
fn witnesses_are_asked_for_by_number_and_refused_where_none_is_configured() {
    let shell = Shell::new().expect("it starts");
    let certificate = shell.certify().expect("a certificate");
    let suspend =
        format!("certificate suspend {certificate} --reason safety --remedy Mend. --text t --token-file clerk.token");
    let run = |flags: &str| shell.run(&format!("{suspend} {flags}")).expect("it runs").expect(2).stderr;
    let refused = run("--witnesses 1");
    assert!(refused.contains("no witness is configured"), "{refused}");
    assert!(run("--witnesses 0").contains("--witnesses"), "none is no number of witnesses");
    assert!(run("--witnesses 1 --listed").contains("--listed"), "one promise is asked for");
    let standing = shell.run(&format!("certificate get {certificate} -o json")).expect("it runs").expect(0);
    assert_eq!(standing.json().expect("JSON")["certificate"]["state"], "CERTIFICATE_STATE_ACTIVE");
}

#[test]
fn a_list_of_certificates_has_those_for_which_all_that_is_asked_holds() {
    filters().expect("it runs");
}

fn filters() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()? + "\n";
    let listed = |filter: &str| anyhow::Ok(shell.run(&format!("certificate list -o name {filter}"))?.expect(0).stdout);
    for holds in [
        "",
        "--body bodies/aurora-cert --state active --state suspended",
        "--holder solar --model EX-450M --code HS2022:8541",
        "--scheme schemes/aurelian-pv-mark --valid-on 2027-01-01",
        "--expires-from 2031-01-14 --expires-until 2031-01-14 --granted-from 1 --all",
    ] {
        assert_eq!(listed(holds)?, certificate, "{holds}");
    }
    for fails in [
        "--state withdrawn",
        "--model EX-999M",
        "--code HS2022:8502",
        "--holder wind",
        "--valid-on 2040-01-01",
        "--expires-until 2031-01-13",
        "--expires-from 2031-01-15",
        "--batch B1",
    ] {
        assert_eq!(listed(fails)?, "", "{fails}");
    }
    Ok(())
}

/// Two certificates, and a row whose date is wrong.
pub(crate) const ROWS: &str = "\
holder_name,holder_economy,product_name,model,codes,scheme,standards,granted_on,valid_until,authorised_by,scope
Solar Ltd,XA,Sunrise,S-1,HS2022:854143,schemes/aurelian-pv-mark,IEC 61215-1:2021,2026-01-10,2036-01-09,Head,Modules.
Solar Ltd,XA,Sunrise,S-2,HS2022:854143,schemes/aurelian-pv-mark,IEC 61215-1:2021,2026-01-10,2036-01-09,Head,Modules.
";

#[test]
fn a_back_catalogue_is_tried_imported_and_repeated() {
    import().expect("it runs");
}

fn import() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    shell.certify()?;
    let rows = ROWS.to_owned() + &ROWS.lines().last().unwrap_or_default().replace("2036-01-09", "never") + "\n";
    std::fs::write(shell.folder.path().join("rows.csv"), ROWS)?;
    std::fs::write(shell.folder.path().join("more.csv"), rows)?;
    let listed = || anyhow::Ok(shell.run("certificate list -o name")?.expect(0).stdout.lines().count());
    let import = "certificate import --body bodies/aurora-cert --token-file clerk.token -o json";
    let trial = shell.run(&format!("{import} rows.csv"))?.expect(0);
    assert_eq!((trial.json()?["accepted"].as_u64(), listed()?), (Some(2), 1));
    assert!(trial.stderr.contains("nothing was written"), "{}", trial.stderr);
    let told = shell.run(&format!("{import} rows.csv --confirm"))?.expect(0).json()?;
    assert_eq!((told["accepted"].as_u64(), listed()?), (Some(2), 3));
    // Again, with one more row that is wrong.
    let told = shell.run(&format!("{import} more.csv --confirm --report refused.ndjson"))?.expect(10).json()?;
    assert_eq!((told["accepted"].as_u64(), told["refused"].as_u64(), listed()?), (Some(2), Some(1), 3));
    let refused = std::fs::read_to_string(shell.folder.path().join("refused.ndjson"))?;
    let refused: serde_json::Value = serde_json::from_str(&refused)?;
    assert_eq!(
        (refused["row"].as_u64(), &refused["findings"][0]["parameters"]["field"]),
        (Some(4), &"content.valid_until".into())
    );
    Ok(())
}

#[test]
fn the_code_that_is_printed_on_a_certificate_verifies_it() {
    codes().expect("it runs");
}

fn codes() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    for offline in ["", "--offline"] {
        let text = shell.run(&format!("certificate qr {certificate} {offline} -o name"))?.expect(0).stdout;
        std::fs::write(shell.folder.path().join("code.txt"), &text)?;
        let verdict = shell.run("verify code.txt")?.expect(0).stdout;
        assert!(verdict.contains("ACCEPTED"), "{text}: {verdict}");
    }
    shell.run(&format!("certificate qr {certificate} --offline --form png --out code.png"))?.expect(0);
    let picture = std::fs::read(shell.folder.path().join("code.png"))?;
    assert!(picture.starts_with(b"\x89PNG"), "a PNG");
    // The file's name says the form, where nothing else does.
    shell.run(&format!("certificate qr {certificate} --out code.svg"))?.expect(0);
    assert!(std::fs::read_to_string(shell.folder.path().join("code.svg"))?.contains("<svg"));
    let other = shell.run(&format!("certificate qr {certificate} --out code.jpg"))?.expect(2).stderr;
    assert!(other.contains("no picture is a .jpg") && other.contains("--form"), "{other}");
    let paper = shell.run(&format!("certificate print {certificate} --out paper.txt"))?.expect(2).stderr;
    assert!(paper.contains("is a PDF and no .txt: --out paper.pdf"), "{paper}");
    assert!(!shell.folder.path().join("paper.txt").exists());
    Ok(())
}

#[test]
fn a_file_is_verified_by_what_it_holds() {
    held().expect("it runs");
}

fn held() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let number = certificate.trim_start_matches("certificates/").to_owned();
    let write = |name: &str, bytes: &[u8]| std::fs::write(shell.folder.path().join(name), bytes);
    for text in [format!("{number}\n"), format!("{certificate}\r\n")] {
        write("number.txt", text.as_bytes())?;
        let verdict = shell.run("verify number.txt")?.expect(0).stdout;
        assert!(verdict.contains("ACCEPTED"), "{text}: {verdict}");
    }
    let document = shell.run(&format!("certificate get {number} --document"))?.expect(0).stdout;
    write("marked.jwt", format!("\u{feff}{document}").as_bytes())?;
    assert!(shell.run("verify marked.jwt")?.expect(0).stdout.contains("ACCEPTED"));
    write("half.jwt", document.split_at(document.len() / 3).0.as_bytes())?;
    assert!(shell.run("verify half.jwt")?.expect(10).stdout.contains("REFUSED"));
    write("paper.pdf", b"%PDF-1.7\n\xe2\xe3\xcf\xd3")?;
    let paper = shell.run("verify paper.pdf")?.expect(2).stderr;
    assert!(paper.contains("on paper") && paper.contains("QR code"), "{paper}");

    let version = shell.run(&format!("certificate get {number} --version 9"))?.expect(3).stderr;
    assert!(version.contains("/versions/9` does not exist"), "{version}");
    assert!(version.contains("greenlane certificate versions"), "{version}");
    Ok(())
}

#[test]
fn what_is_recognised_or_explained_of_a_certificate_that_is_worth_nothing_says_so_and_is_no_yes() {
    worthless().expect("it runs");
}

fn worthless() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let goods = "--code HS2022:854143 --origin XA --destination XB";
    let recognise = format!("recognise --certificate {certificate} {goods}");
    assert!(!shell.run(&recognise)?.expect(0).stderr.contains("worth nothing"));
    let key = shell.run("body key list aurora-cert -o name")?.expect(0).stdout;
    let key = key.trim();
    shell.run(&format!("body key revoke {key} --since 2020-01-01 --text stolen --confirm {key}"))?.expect(0);
    for command in ["recognise", "explain"] {
        let told = shell.run(&format!("{command} --certificate {certificate} {goods}"))?.expect(10).stderr;
        assert!(told.contains("worth nothing") && told.contains("compromised"), "{command}: {told}");
    }
    let plan = shell.run(&format!("plan --certificate {certificate} {goods}"))?;
    assert!(
        plan.stderr.contains("is left out: it is not genuine") && plan.stderr.contains("compromised"),
        "{}",
        plan.stderr
    );
    let withdraw =
        format!("certificate withdraw {certificate} --reason nonconformity --text x --token-file clerk.token");
    shell.run(&format!("{withdraw} --confirm"))?.expect(0);
    for command in ["recognise", "explain"] {
        let told = shell.run(&format!("{command} --certificate {certificate} {goods}"))?.expect(10).stderr;
        assert!(told.contains("the body has withdrawn it"), "{command}: {told}");
    }
    Ok(())
}

#[test]
fn a_revoked_key_is_told_with_what_it_makes_void_and_how_that_is_mended() {
    revoked().expect("it runs");
}

fn revoked() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let key = shell.run("body key list bodies/aurora-cert -o name")?.expect(0).stdout.trim().to_owned();
    let revoke = format!("body key revoke {key} --since 2026-01-01 --text stolen");
    let trial = shell.run(&revoke)?.expect(0).stderr;
    assert!(trial.contains("it would make 1 certificate void"), "{trial}");
    let done = shell.run(&format!("{revoke} --confirm {key}"))?.expect(0).stderr;
    assert!(done.contains("it makes 1 certificate void") && done.contains("certificate amend NUMBER"), "{done}");
    shell.run(&format!("verify {certificate}"))?.expect(10);
    shell.run("body key create bodies/aurora-cert")?.expect(0);
    let amend = format!("certificate amend {certificate} --kind correct --token-file clerk.token");
    let without = shell.run(&format!("{amend} --reason mistake"))?.expect(2).stderr;
    assert!(without.contains("name with --file what changes"), "{without}");
    shell.run(&format!("{amend} --reason key-compromise"))?.expect(0);
    shell.run(&format!("verify {certificate}"))?.expect(0);
    let earlier = shell.run(&format!("body key revoke {key} --since 2025-01-01 --text stolen"))?.expect(0).stderr;
    assert!(earlier.contains("no certificate stands on what it signed since then"), "{earlier}");
    Ok(())
}
