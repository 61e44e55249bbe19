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
                 --scope bodies.write --body bodies/aurora-cert --out clerk.token";
    shell.run(clerk)?.expect(0);
    let create = "body key create bodies/aurora-cert --public-jwk public.jwk --token-file clerk.token -o name";
    let name = shell.run(create)?.expect(0).stdout.trim().to_owned();

    let facts = format!("--body bodies/aurora-cert --file {} --token-file clerk.token", example()?);
    let prepared = shell.run(&format!("certificate prepare {facts} --key {name} -o json"))?.expect(0).json()?;
    let input = prepared["signingInput"].as_str().unwrap_or_default();
    let signed = format!("{input}.{}\n", b64::encode(&key.sign(input.as_bytes())?));
    std::fs::write(shell.folder.path().join("signed.jwt"), &signed)?;
    let issue = format!("certificate issue {facts} --signed-document signed.jwt -o name");
    let certificate = shell.run(&issue)?.expect(0).stdout.trim().to_owned();
    assert_eq!(prepared["certificateNumber"], certificate.trim_start_matches("certificates/"));
    let document = shell.run(&format!("certificate get {certificate} --document"))?.expect(0).stdout;
    assert_eq!(document, signed, "the document is the one that was signed");
    let verdict = shell.run("verify signed.jwt")?.expect(0).stdout;
    assert!(verdict.contains("ACCEPTED"), "{verdict}");
    Ok(())
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
    ] {
        assert_eq!(listed(holds)?, certificate, "{holds}");
    }
    for fails in
        ["--state withdrawn", "--model EX-999M", "--code HS2022:8502", "--holder wind", "--valid-on 2040-01-01"]
    {
        assert_eq!(listed(fails)?, "", "{fails}");
    }
    Ok(())
}
