use super::*;
use crate::domain::life::Step;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn event(step: Step, state_after: State, from: &str, version: u32) -> Event {
    let at = day(from).and_time(chrono::NaiveTime::MIN).and_utc();
    Event {
        log_index: 0,
        step,
        reason: None,
        reason_text: String::new(),
        effective_at: at,
        recorded_at: at,
        actor: String::new(),
        version,
        remedy: "Yearly audits.".into(),
        state_after,
    }
}

fn judged(events: &[Event], version: u32, current: u32, on: &str) -> (Outcome, Vec<&'static str>) {
    let valid = (day("2026-01-01"), day("2026-12-31"));
    let (part, _) = judge(Some(Life { events, valid, version, current }), day(on));
    (part.outcome, part.findings.iter().map(|finding| finding.code).collect())
}

#[test]
fn the_first_and_the_last_day_count() {
    let events = [event(Step::Grant, State::Active, "2026-01-01", 1)];
    assert_eq!(judged(&events, 1, 1, "2025-12-31"), (Outcome::No, vec!["not_yet_valid"]));
    assert_eq!(judged(&events, 1, 1, "2026-01-01"), (Outcome::Yes, vec!["active"]));
    assert_eq!(judged(&events, 1, 1, "2026-12-31"), (Outcome::Yes, vec!["active"]));
    assert_eq!(judged(&events, 1, 1, "2027-01-01"), (Outcome::No, vec!["expired"]));
}

#[test]
fn neither_a_replaced_nor_a_coming_version_is_in_force() {
    let events =
        [event(Step::Grant, State::Active, "2026-01-01", 1), event(Step::ExtendScope, State::Active, "2026-06-01", 2)];
    assert_eq!(judged(&events, 2, 1, "2026-05-31"), (Outcome::No, vec!["not_yet_valid", "active"]));
    assert_eq!(judged(&events, 2, 2, "2026-06-01"), (Outcome::Yes, vec!["active"]));
    assert_eq!(judged(&events, 1, 2, "2026-06-01"), (Outcome::No, vec!["active", "older_version_presented"]));
}

#[test]
fn conditions_outlive_a_change_of_scope() {
    let events = [
        event(Step::Grant, State::Active, "2026-01-01", 1),
        event(Step::ContinueUnderConditions, State::Active, "2026-03-01", 1),
        event(Step::ReduceScope, State::Active, "2026-04-01", 2),
        event(Step::Suspend, State::Suspended, "2026-05-01", 2),
        event(Step::Reinstate, State::Active, "2026-06-01", 2),
    ];
    let conditional = (Outcome::YesOnConditions, vec!["active", "continued_under_conditions"]);
    assert_eq!(judged(&events, 1, 1, "2026-02-28"), (Outcome::Yes, vec!["active"]));
    assert_eq!(judged(&events, 1, 1, "2026-03-01"), conditional);
    assert_eq!(judged(&events, 2, 2, "2026-04-30"), conditional);
    assert_eq!(judged(&events, 2, 2, "2026-05-01"), (Outcome::No, vec!["suspended", "later_step"]));
    assert_eq!(judged(&events, 2, 2, "2026-06-01"), (Outcome::Yes, vec!["active"]));
}

#[test]
fn a_day_of_the_past_is_judged_as_it_was_and_what_ended_it_since_is_said() {
    let grant = event(Step::Grant, State::Active, "2026-01-01", 1);
    let suspended = event(Step::Suspend, State::Suspended, "2026-03-01", 1);
    let withdrawn = event(Step::Withdraw, State::Withdrawn, "2026-04-01", 1);
    let events = [grant.clone(), suspended.clone(), withdrawn];
    assert_eq!(judged(&events, 1, 1, "2026-02-01"), (Outcome::Yes, vec!["active", "later_step"]));
    assert_eq!(judged(&events, 1, 1, "2026-03-01"), (Outcome::No, vec!["suspended", "later_step"]));
    assert_eq!(judged(&events, 1, 1, "2026-04-01"), (Outcome::No, vec!["withdrawn"]));
    let (part, _) = judge(
        Some(Life { events: &events, valid: (day("2026-01-01"), day("2026-12-31")), version: 1, current: 1 }),
        day("2026-02-01"),
    );
    let later = part.findings.last().unwrap();
    assert!(later.message.contains("withdrawn from 2026-04-01"), "{}", later.message);
    let ended = [grant, suspended, event(Step::Reinstate, State::Active, "2026-03-10", 1)];
    assert_eq!(judged(&ended, 1, 1, "2026-02-01"), (Outcome::Yes, vec!["active"]), "what is over again is no news");
}
