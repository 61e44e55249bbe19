use greenlane_api::registry::v1::{CertificateState, VerdictOutcome};

use super::*;

fn report(later: usize) -> Report {
    let entry = |index: u64| LogProof { index, tree_size: 9, leaf: vec![b'x'; 200].into(), ..Default::default() };
    let finding =
        Finding { code: "withdrawn".into(), message: "The body has withdrawn it.".into(), ..Default::default() };
    let verdict = Verdict {
        outcome: VerdictOutcome::Refused.into(),
        in_force: Some(VerdictPart { outcome: PartOutcome::No.into(), findings: vec![finding] }),
        certificate: "certificates/GLXA4HP9Z1PPYMB35F".into(),
        state: CertificateState::Withdrawn.into(),
        date: "2026-07-01".into(),
        ..Default::default()
    };
    let proof = ProofBundle {
        document: "a.b.c".repeat(400),
        version_proof: Some(entry(1)),
        event_proofs: (0..later).map(|_| entry(3)).collect(),
        ..Default::default()
    };
    let request =
        VerifyRequest { subject: Some(Subject::Certificate("GLXA4HP9Z1PPYMB35F".into())), ..Default::default() };
    let answer = VerifyResponse { verdict: Some(verdict), proof: Some(proof), revision: 4, ..Default::default() };
    let at = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
    Report::new(&request, &answer, &Asked { at, of: "https://registry.example.org" })
}

#[test]
fn services_that_had_no_part_in_it_have_no_revision() {
    let names: Vec<_> = report(0).basis.iter().map(|(name, _)| *name).collect();
    assert!(names.contains(&"Registry revision"), "{names:?}");
    assert!(
        !names.iter().any(|name| name.starts_with("Equivalence") || name.starts_with("Classification")),
        "{names:?}"
    );
}

#[test]
fn a_long_proof_goes_on_on_further_pages() {
    let font = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fonts/page.ttf");
    let pages = |pdf: &[u8]| String::from_utf8_lossy(pdf).matches("/Type /Page\n").count();
    let short = pdf(&report(0), &[font.into()]).unwrap();
    let long = pdf(&report(60), &[font.into()]).unwrap();
    assert!(short.starts_with(b"%PDF-") && pages(&short) >= 1);
    assert!(pages(&long) > pages(&short), "{} and {}", pages(&long), pages(&short));
    assert_eq!(short, pdf(&report(0), &[font.into()]).unwrap(), "same report, same bytes");
}

#[test]
fn a_day_that_is_still_to_come_is_said_to_be_one() {
    let certified = report(0).certified;
    let judged = certified.iter().find(|(name, _)| *name == "Date judged").unwrap();
    assert_eq!(judged.1, "2026-07-01 lies ahead: the verdict is of what is known by now");
}
