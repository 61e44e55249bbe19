//! What people hand over: the certificate on paper, the report of a verification.

use crate::Shell;

const FONT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fonts/page.ttf");

#[test]
fn a_certificate_is_printed_and_its_state_with_it() {
    let shell = Shell::new().expect("it starts");
    let certificate = shell.certify().expect("a certificate");
    let print =
        |out: &str| shell.run(&format!("certificate print {certificate} --out {out} --font {FONT}")).expect("it runs");
    let printed = print("one.pdf").expect(0).stdout;
    assert!(printed.contains("one.pdf") && printed.contains("active"), "{printed}");
    let size = |name: &str| std::fs::metadata(shell.folder.path().join(name)).expect("a file").len();
    let pdf = std::fs::read(shell.folder.path().join("one.pdf")).expect("a file");
    assert!(pdf.starts_with(b"%PDF-") && pdf.ends_with(b"%%EOF"));
    assert!((5_000..100_000).contains(&size("one.pdf")), "{} bytes", size("one.pdf"));
    shell
        .run(&format!("certificate withdraw {certificate} --reason safety --text t --confirm --token-file clerk.token"))
        .expect("it runs")
        .expect(0);
    assert!(print("two.pdf").expect(0).stdout.contains("withdrawn"));
    let clerk = print("three.pdf --token-file clerk.token").expect(0).stderr;
    assert!(clerk.contains("bodies.read") && clerk.contains("catalogue.read"), "what is left out is said: {clerk}");
    let nowhere = print("no/such/folder.pdf").expect(2).stderr;
    assert!(nowhere.contains("cannot write no/such/folder.pdf"), "{nowhere}");
}

#[test]
fn a_report_has_the_four_parts_their_reasons_the_revisions_and_the_proof() {
    let shell = Shell::new().expect("it starts");
    let certificate = shell.certify().expect("a certificate");
    let goods = "--code HS2022:854143 --origin XA --destination XB --model EX-450M";
    let run = |words: &str| shell.run(&format!("verify {certificate} {goods} {words}")).expect("it runs");
    let read = |name: &str| std::fs::read_to_string(shell.folder.path().join(name)).expect("a report");
    let answer = run("--report report.html -o json").expect(0).json().expect("JSON");
    assert!(answer["proof"].is_null(), "what was not asked for is not printed");
    let report = read("report.html");
    for part in ["authentic", "in force", "covers these goods", "recognised here"] {
        assert!(report.contains(&format!("<th scope=\"row\">{part}</th><td class=\"yes\">")), "{part}: {report}");
    }
    for text in
        ["ACCEPTED", "signature_valid", "Registry revision", "Signed document", "Entry of the signing key", "EX-450M"]
    {
        assert!(report.contains(text), "`{text}` is not in {report}");
    }
    assert!(report.contains(answer["verdict"]["decisionId"].as_str().expect("a decision")));
    assert!(!report.contains("<script") && !report.contains(" src=") && !report.contains("<link"), "{report}");

    run(&format!("--report report.pdf --font {FONT}")).expect(0);
    let pdf = std::fs::read(shell.folder.path().join("report.pdf")).expect("a report");
    assert!(pdf.starts_with(b"%PDF-") && pdf.ends_with(b"%%EOF"));
    assert!(run("--report report.doc").expect(2).stderr.contains("ends with .pdf or .html"));
    shell.run("bundle --out customs.bundle").expect("it runs").expect(0);
    run("--trust customs.bundle --report offline.html").expect(0);
    let report = read("offline.html");
    assert!(report.contains("offline, with a bundle of") && report.contains("verified offline"), "{report}");
}

#[test]
fn a_plan_as_a_page_is_in_the_form_that_is_asked_for() {
    let shell = Shell::new().expect("it starts");
    let run = |words: &str| {
        let plan = "plan --code HS2022:854143 --origin XA --destination XB --html";
        shell.run(&format!("{plan} {words}")).expect("it runs").expect(0)
    };
    let page = run("").stdout;
    assert!(page.starts_with("<!DOCTYPE html>"), "{page}");
    for words in ["-o json", "-o yaml"] {
        let told: serde_json::Value = serde_yaml_ng::from_str(&run(words).stdout).expect("it can be read");
        assert_eq!(told["name"], "plan.html", "{words}");
        assert!(told["text"].as_str().is_some_and(|text| text.starts_with("<!DOCTYPE html>")), "{words}: {told}");
    }
    assert_eq!(run("-o name").stdout, "plan.html\n");
}
