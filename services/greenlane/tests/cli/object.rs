//! What kind of result is asked about is said by a flag, or by a column.

use std::time::Instant;

use greenlane_e2e::PATIENCE;

use crate::{Shell, honoured::publish};

/// XF begins to honour test reports of any body, and no other results.
const REPORTS: &str = "\
- requirement:
    name: requirements/xf-reports
    market: XF
    title: An invented register of test reports
    mandatory: false
    codes:
      - { code: { edition: HS2022, code: \"854143\" } }
    acceptances:
      - target: { name: standards/iec-61215-1-2021 }
        bodies: { any: true }
        objects: [test_report]
    validity: { from: \"2026-01-01\" }
    source: { example: true }
";

const PORTFOLIO: &str = "\
standard,object,body,body_economy,code,origin
standards/iec-61215-1-2021,test-report,aurora-cert,XA,HS2022:854143,XA
standards/iec-61215-1-2021,,aurora-cert,XA,HS2022:854143,XA
standards/iec-61215-1-2021,diploma,aurora-cert,XA,HS2022:854143,XA
";

#[test]
fn a_test_report_that_is_accepted_only_as_such_is_recognised_when_it_is_said_to_be_one() {
    reports().expect("it runs");
}

fn reports() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    std::fs::write(shell.folder.path().join("reports.yaml"), REPORTS)?;
    publish(&shell, "reports.yaml")?;
    let facts = "--standard standards/iec-61215-1-2021 --body bodies/aurora-cert --body-economy XA";
    let asked = format!("{facts} --code HS2022:854143 --origin XA --destination XF");
    let outcome = |words: &str| {
        let decided = shell.run(&format!("{words} -o json"))?.expect(0).json()?;
        anyhow::Ok(decided["decision"]["outcome"].as_str().unwrap_or_default().to_owned())
    };
    let begun = Instant::now();
    while outcome(&format!("recognise {asked} --object test-report"))? != "RECOGNITION_OUTCOME_RECOGNISED" {
        anyhow::ensure!(begun.elapsed() < PATIENCE, "a test report is not recognised");
    }
    for other in ["", "--object certificate", "--object inspection-report", "--object mark-or-label"] {
        let decided = outcome(&format!("recognise {asked} {other}"))?;
        assert_eq!(decided, "RECOGNITION_OUTCOME_NOT_RECOGNISED", "{other}");
    }
    for (object, decided) in [("--object test-report", "RECOGNISED"), ("", "NOT_RECOGNISED")] {
        let explained = outcome(&format!("explain {asked} {object}"))?;
        assert_eq!(explained, format!("RECOGNITION_OUTCOME_{decided}"), "{object}");
        let plan = shell.run(&format!("plan {asked} {object} -o json"))?.expect(0).json()?;
        let planned = &plan["markets"][0]["outcome"];
        assert_eq!(planned, &format!("RECOGNITION_OUTCOME_{decided}"), "{plan}");
    }
    // Designation and accreditation are no kinds of results.
    let refused = shell.run(&format!("recognise {asked} --object accreditation"))?.expect(2).stderr;
    assert!(refused.contains("possible values: test-report"), "{refused}");
    shell.run("recognise --certificate GLX --object certificate --code HS2022:854143 --origin XA")?.expect(2);

    std::fs::write(shell.folder.path().join("portfolio.csv"), PORTFOLIO)?;
    let decided = shell.run("manifest recognise portfolio.csv --destination XF -o json")?.expect(10).json()?;
    let told = |line: usize, field: &str| decided["lines"][line][field].as_str().unwrap_or_default().to_owned();
    let outcomes = [0, 1, 2].map(|line| told(line, "outcome"));
    assert_eq!(outcomes, ["recognised", "nothing demanded", "FAULTY"], "{decided}");
    assert!(told(2, "why").starts_with("object: `diploma` must be one of test-report, "), "{decided}");
    Ok(())
}
