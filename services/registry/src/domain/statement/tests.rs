use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn designation() -> Statement {
    Statement {
        record: StatementRecord {
            body: BodyId::trusted("xa-lab"),
            by: BodyId::trusted("xa-authority"),
            what: What::Designation { arrangement: "arrangements/xa-xb".to_owned(), annex: String::new() },
            valid_from: day("2026-01-01"),
            valid_until: Some(day("2026-12-31")),
        },
        suspensions: Vec::new(),
        contestations: Vec::new(),
        withdrawn: None,
        created_at: DateTime::UNIX_EPOCH,
        create_index: 7,
        latest_index: 7,
    }
}

#[test]
fn a_suspension_runs_from_its_day_to_the_eve_of_the_reinstatement() {
    let mut it = designation();
    it.take(StatementStep::Suspend, day("2026-03-01"), "audit", None).unwrap();
    assert_eq!(it.state_on(day("2026-02-28")), StatementState::Active);
    assert_eq!(it.state_on(day("2026-08-01")), StatementState::Suspended);
    assert_eq!(
        it.take(StatementStep::Suspend, day("2026-04-01"), "again", None),
        Err(StepFault::State(StatementState::Suspended))
    );
    assert!(matches!(it.take(StatementStep::Reinstate, day("2026-03-01"), "done", None), Err(StepFault::Day(_))));
    it.take(StatementStep::Reinstate, day("2026-04-01"), "done", None).unwrap();
    assert_eq!(it.state_on(day("2026-03-31")), StatementState::Suspended);
    assert_eq!(it.state_on(day("2026-04-01")), StatementState::Active);
    assert!(matches!(it.take(StatementStep::Suspend, day("2026-03-31"), "again", None), Err(StepFault::Day(_))));
    it.take(StatementStep::Suspend, day("2026-04-01"), "again", None).unwrap();
    assert_eq!(it.suspensions.len(), 2);
}

#[test]
fn a_contestation_goes_on_beside_a_suspension_and_a_withdrawal_ends_all() {
    let mut it = designation();
    it.take(StatementStep::Contest, day("2026-03-01"), "doubt", None).unwrap();
    assert_eq!(it.state_on(day("2026-03-05")), StatementState::Contested);
    it.take(StatementStep::Suspend, day("2026-03-03"), "meanwhile", None).unwrap();
    assert_eq!(it.state_on(day("2026-03-05")), StatementState::Suspended);
    it.take(StatementStep::Settle, day("2026-03-04"), "settled", None).unwrap();
    assert_eq!(
        it.take(StatementStep::Settle, day("2026-03-05"), "twice", None),
        Err(StepFault::State(StatementState::Suspended))
    );
    it.take(StatementStep::Withdraw, day("2026-05-01"), "ceased", None).unwrap();
    assert_eq!(it.state_on(day("2026-04-30")), StatementState::Suspended);
    assert_eq!(it.state_on(day("2026-05-01")), StatementState::Withdrawn);
    for step in [StatementStep::Reinstate, StatementStep::Withdraw, StatementStep::Contest] {
        assert_eq!(it.take(step, day("2026-06-01"), "late", None), Err(StepFault::State(StatementState::Withdrawn)));
    }
}

#[test]
fn nothing_begins_outside_the_term() {
    for outside in ["2025-12-31", "2027-01-01"] {
        for step in [StatementStep::Suspend, StatementStep::Contest, StatementStep::Withdraw] {
            assert!(matches!(designation().take(step, day(outside), "x", None), Err(StepFault::Day(_))));
        }
    }
}

#[test]
fn a_name_is_read_back_and_no_other_spelling_of_it() {
    let name = designation().name();
    assert_eq!(name, "bodies/xa-lab/designations/7");
    assert_eq!(parse_statement_name(&name, Kind::Designation), Ok((BodyId::trusted("xa-lab"), 7)));
    for wrong in
        ["bodies/xa-lab/designations/07", "bodies/xa-lab/designations/+7", "bodies/xa-lab/accreditationScopes/7", "7"]
    {
        assert!(parse_statement_name(wrong, Kind::Designation).is_err(), "{wrong}");
    }
}
