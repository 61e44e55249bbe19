use chrono::TimeDelta;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn event(step: Step, state_after: State, effective: &str) -> Event {
    let effective_at = day(effective).and_hms_opt(12, 0, 0).unwrap().and_utc();
    Event {
        log_index: 0,
        step,
        reason: None,
        reason_text: String::new(),
        effective_at,
        recorded_at: effective_at + TimeDelta::hours(1),
        actor: "somebody".into(),
        version: 1,
        remedy: String::new(),
        state_after,
    }
}

const VALID: (&str, &str) = ("2026-01-01", "2026-12-31");

fn stands(events: &[Event], on: &str) -> &'static str {
    standing(events, (day(VALID.0), day(VALID.1)), day(on)).unwrap().as_str()
}

#[test]
fn only_a_suspension_can_be_undone() {
    for state in State::ALL {
        for step in Step::ALL {
            if after(state, step) == Some(State::Active) {
                assert!(matches!(state, State::Active | State::Suspended), "{state:?} {step:?}");
            }
        }
    }
    assert_eq!(after(State::Suspended, Step::Reinstate), Some(State::Active));
    assert_eq!(after(State::Withdrawn, Step::Reinstate), None);
}

#[test]
fn a_final_state_is_left_by_annulment_alone() {
    for state in [State::Withdrawn, State::Terminated, State::Superseded, State::Annulled] {
        for step in Step::ALL {
            let expected = (step == Step::Annul && state != State::Annulled).then_some(State::Annulled);
            assert_eq!(after(state, step), expected, "{state:?} {step:?}");
        }
    }
}

#[test]
fn nothing_is_granted_twice() {
    for state in State::ALL {
        assert_eq!(after(state, Step::Grant), None);
    }
}

#[test]
fn names_read_back_as_what_they_name() {
    for state in State::ALL {
        assert_eq!(State::from_str(state.as_str()), Some(state));
    }
    for step in Step::ALL {
        assert_eq!(Step::from_str(step.as_str()), Some(step));
    }
    for reason in Reason::ALL {
        assert_eq!(Reason::from_str(reason.as_str()), Some(reason));
    }
}

#[test]
fn expiry_is_computed_from_the_date() {
    let events = [event(Step::Grant, State::Active, "2026-01-01")];
    assert_eq!(stands(&events, "2025-12-31"), "not_yet_valid");
    assert_eq!(stands(&events, "2026-01-01"), "active");
    assert_eq!(stands(&events, "2026-12-31"), "active");
    assert_eq!(stands(&events, "2027-01-01"), "expired");
}

#[test]
fn a_step_counts_from_the_day_of_its_effect() {
    let events = [
        event(Step::Grant, State::Active, "2026-01-01"),
        event(Step::Suspend, State::Suspended, "2026-03-10"),
        event(Step::Reinstate, State::Active, "2026-04-01"),
        event(Step::Withdraw, State::Withdrawn, "2026-06-01"),
    ];
    assert_eq!(stands(&events, "2026-03-09"), "active");
    assert_eq!(stands(&events, "2026-03-10"), "suspended");
    assert_eq!(stands(&events, "2026-03-31"), "suspended");
    assert_eq!(stands(&events, "2026-04-01"), "active");
    assert_eq!(stands(&events, "2026-06-01"), "withdrawn");
    assert_eq!(stands(&events, "2027-06-01"), "withdrawn");
}

#[test]
fn an_annulled_certificate_was_never_in_force() {
    let events = [event(Step::Grant, State::Active, "2026-01-01"), event(Step::Annul, State::Annulled, "2026-06-01")];
    assert_eq!(stands(&events, "2026-02-01"), "annulled");
}

#[test]
fn what_was_overtaken_counts_on_no_day() {
    let events = [
        event(Step::Grant, State::Active, "2026-01-01"),
        event(Step::ContinueUnderConditions, State::Active, "2026-05-01"),
        event(Step::Terminate, State::Terminated, "2026-03-10"),
    ];
    assert_eq!(stands(&events, "2026-06-01"), "terminated");
    assert_eq!(conditions(&events, day("2026-06-01")), None, "it does not go on under conditions");
    let by: Vec<Option<Step>> = overtakers(&events).iter().map(|by| by.map(|event| event.step)).collect();
    assert_eq!(by, [None, Some(Step::Terminate), None]);
    assert_eq!(conditions(&events[..2], day("2026-05-01")).map(|event| event.step), Some(events[1].step));
}

#[test]
fn only_what_is_urgent_overtakes_and_only_what_had_no_effect_is_overtaken() {
    let at = |text: &str| day(text).and_time(chrono::NaiveTime::MIN).and_utc();
    let events = [
        event(Step::Grant, State::Active, "2026-01-01"),
        event(Step::ContinueUnderConditions, State::Active, "2026-02-01"),
        event(Step::Suspend, State::Suspended, "2026-05-01"),
    ];
    let upon = |step, effective: &str| {
        let ground = ground(&events, step, at(effective), at("2026-03-01"));
        ground.map(|ground| (ground.upon, ground.overtakes))
    };
    for urgent in [Step::Suspend, Step::Withdraw, Step::Terminate] {
        assert_eq!(upon(urgent, "2026-03-01"), Ok((events[1].taken(), true)), "{urgent:?}");
        assert_eq!(upon(urgent, "2026-01-15"), Err(events[1].effective_at), "the past stays");
    }
    for other in [Step::Reinstate, Step::Renew, Step::ReduceScope, Step::ContinueUnderConditions, Step::Supersede] {
        assert_eq!(upon(other, "2026-03-01"), Err(events[2].effective_at), "{other:?}");
        assert_eq!(upon(other, "2026-05-02"), Ok((events[2].taken(), false)), "{other:?}");
    }
    assert_eq!(upon(Step::Annul, "2026-01-01"), Ok((events[2].taken(), false)));
}

#[test]
fn what_is_suspended_is_suspended_anew_only_to_overtake_its_announced_end() {
    let at = |text: &str| day(text).and_time(chrono::NaiveTime::MIN).and_utc();
    let mut events = vec![
        event(Step::Grant, State::Active, "2026-01-01"),
        event(Step::Suspend, State::Suspended, "2026-02-01"),
        event(Step::Reinstate, State::Active, "2026-05-01"),
    ];
    let anew =
        |events: &[Event], now: &str| ground(events, Step::Suspend, at(now), at(now)).unwrap().after(Step::Suspend);
    assert_eq!(anew(&events[..2], "2026-03-01"), None, "it is suspended, and nothing else was said");
    assert_eq!(anew(&events, "2026-03-01"), Some(State::Suspended));
    events.push(event(Step::Suspend, State::Suspended, "2026-03-01"));
    assert_eq!(stands(&events, "2026-06-01"), "suspended", "the announced end was overtaken");
    assert_eq!(anew(&events, "2026-03-02"), None);
}

#[test]
fn what_counts_on_the_day_is_overtaken_at_no_hour_of_it() {
    let events =
        [event(Step::Grant, State::Active, "2026-01-01"), event(Step::Withdraw, State::Withdrawn, "2026-05-01")];
    let morning = day("2026-05-01").and_time(chrono::NaiveTime::MIN).and_utc();
    let urgent = |now| ground(&events, Step::Suspend, morning, now);
    assert_eq!(urgent(morning), Err(events[1].effective_at), "verdicts of the day tell it already");
    let overtakes = Ground { upon: events[0].taken(), overtakes: true };
    assert_eq!(urgent(morning - TimeDelta::seconds(1)), Ok(overtakes), "on the day before, nothing does");
}
