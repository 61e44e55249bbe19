use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, Utc};
use greenlane_curation::ChangeError;

use super::{Actor, Dispute, Matter, Member, Parties, State, Statement, Subject, Vote};

fn opened() -> DateTime<Utc> {
    "2026-01-01T12:00:00Z".parse().unwrap()
}

fn day(days: u64) -> NaiveDate {
    opened().date_naive() + Days::new(days)
}

fn at(days: u64) -> DateTime<Utc> {
    opened() + Days::new(days)
}

fn actor(subject: &str, economy: &str) -> Actor {
    Actor { subject: subject.to_owned(), body: None, economy: Some(economy.to_owned()) }
}

fn dispute(fast: &str) -> Dispute {
    let parties = Parties { respondents: ["XB".to_owned()].into(), interested: ["XC".to_owned()].into() };
    Dispute {
        name: "disputes/one".to_owned(),
        subject: Subject::Designation("designations/d".to_owned()),
        grounds: "It is wrong.".to_owned(),
        evidence: Vec::new(),
        fast_track_reason: fast.to_owned(),
        interim_effect_reason: "A danger.".to_owned(),
        challenger: actor("challenger", "XA"),
        parties,
        opened_at: opened(),
        answer: None,
        objections: Vec::new(),
        appointer: None,
        panel: Vec::new(),
        appointed_at: None,
        votes: Vec::new(),
        interim: None,
        outcome: None,
        change_sets: Vec::new(),
        ended_at: None,
        withdrawn: false,
        closing_text: String::new(),
        events: Vec::new(),
        version: 1,
    }
}

fn statement(by: Actor, at: DateTime<Utc>) -> Statement {
    Statement { by, text: "So.".to_owned(), evidence: Vec::new(), at, late: false }
}

fn interest() -> BTreeSet<String> {
    ["XA", "XB", "XC"].map(str::to_owned).into()
}

fn member(subject: &str, economy: &str) -> Member {
    Member {
        subject: subject.to_owned(),
        display_name: subject.to_owned(),
        economy: economy.to_owned(),
        body: None,
        expertise: vec!["photovoltaics".to_owned()],
    }
}

fn with_panel(fast: &str) -> Dispute {
    let mut dispute = dispute(fast);
    let members = vec![member("one", "XD"), member("two", "XE"), member("three", "XF")];
    dispute.appoint(actor("appointer", "XG"), members, &interest(), &|_| None, &|_| true, at(1)).unwrap();
    dispute
}

fn vote(
    dispute: &mut Dispute,
    member: &str,
    matter: Matter,
    uphold: bool,
    at: DateTime<Utc>,
) -> Result<(), ChangeError> {
    let finding = "So.".to_owned();
    let vote = Vote { member: member.to_owned(), matter, uphold, finding, at, lapsed: false };
    dispute.vote(actor(member, "XD"), vote, &interest())
}

#[test]
fn the_clocks_run_thirty_sixty_and_ninety_days_or_ten_twenty_and_thirty_five_with_a_reason() {
    let (plain, fast) = (dispute(""), dispute("A danger."));
    assert_eq!([plain.answer_by(), plain.object_by(), plain.decide_by()], [day(30), day(60), day(90)]);
    assert_eq!([fast.answer_by(), fast.object_by(), fast.decide_by()], [day(10), day(20), day(35)]);
}

#[test]
fn a_panel_that_is_appointed_late_has_thirty_days_all_the_same() {
    let mut it = dispute("");
    let members = || vec![member("one", "XD"), member("two", "XE"), member("three", "XF")];
    it.appoint(actor("appointer", "XG"), members(), &interest(), &|_| None, &|_| true, at(100)).unwrap();
    assert_eq!((it.decide_by(), it.is_overdue(day(130)), it.is_overdue(day(131))), (day(130), true, true));
    let others = vec![member("four", "XD"), member("five", "XE"), member("six", "XF")];
    let early = it.appoint(actor("second", "XG"), others, &interest(), &|_| None, &|_| true, at(100)).unwrap_err();
    assert!(matches!(early, ChangeError::NotHeard { .. }), "{early:?}");
    assert_eq!(with_panel("").decide_by(), day(90), "who is appointed early has no less");
}

#[test]
fn the_state_follows_from_the_clock_alone() {
    let mut it = dispute("");
    let states = |it: &Dispute| [0, 30, 31, 60, 61].map(|days| it.state(day(days)));
    use State::{AwaitingAnswer, AwaitingPanel, OpenToObjections, WithPanel};
    assert_eq!(states(&it), [AwaitingAnswer, AwaitingAnswer, OpenToObjections, OpenToObjections, AwaitingPanel]);
    assert_eq!([30, 31].map(|days| it.is_overdue(day(days))), [false, true]);
    it.answer(statement(actor("r", "XB"), at(30))).unwrap();
    assert!(!it.answer.as_ref().unwrap().late);
    assert_eq!(states(&it)[..2], [OpenToObjections, OpenToObjections]);
    assert_eq!([90, 91].map(|days| it.is_overdue(day(days))), [false, true]);
    it.panel = vec![member("one", "XD")];
    assert_eq!(states(&it)[4], WithPanel);
}

#[test]
fn a_panel_has_no_member_with_a_part_in_the_dispute() {
    let mut it = dispute("");
    it.answer(statement(actor("answerer", "XB"), at(1))).unwrap();
    let of_party = Member { body: Some("bodies/theirs".to_owned()), ..member("two", "XD") };
    let strange = member("five", "XQ");
    let members = vec![
        member("one", "XC"),
        of_party,
        member(" Answerer", "XD"),
        member("four", "XD"),
        member("FOUR", "XD"),
        strange,
    ];
    let known = |economy: &str| economy != "XQ";
    let theirs = |body: &str| (body == "bodies/theirs").then(|| "XB".to_owned());
    let refused = it.appoint(actor("appointer", "XG"), members, &interest(), &theirs, &known, at(2)).unwrap_err();
    let ChangeError::Fields(fields) = refused else { panic!("{refused:?}") };
    let fields: Vec<_> = fields.into_iter().map(|it| it.field).collect();
    let expected =
        ["members[0].economy", "members[1].body", "members[2].subject", "members[4].subject", "members[5].economy"];
    assert_eq!(fields, expected);
    let own = vec![member("one", "XD"), member("two", "XD"), member("appointer", "XD")];
    assert!(it.appoint(actor("appointer", "XG"), own.clone(), &interest(), &|_| None, &|_| true, at(2)).is_err());
    let party = it.appoint(actor("other", "XA"), own, &interest(), &|_| None, &|_| true, at(2)).unwrap_err();
    assert!(matches!(party, ChangeError::Conflict { .. }), "{party:?}");
}

#[test]
fn where_no_panel_is_appointed_that_is_said_first_to_whoever_votes() {
    let mut it = dispute("");
    let refused = vote(&mut it, "one", Matter::Interim, true, at(2)).unwrap_err();
    assert!(matches!(&refused, ChangeError::NotHeard { why, .. } if why == "no panel is appointed"), "{refused:?}");
    let refused = vote(&mut with_panel(""), "four", Matter::Interim, true, at(2)).unwrap_err();
    assert_eq!(refused.to_string(), "only a member of the panel of disputes/one may do this");
}

#[test]
fn a_majority_of_the_panel_decides_and_not_of_the_votes() {
    let mut it = with_panel("");
    let early = vote(&mut it, "one", Matter::Outcome, true, at(60)).unwrap_err();
    assert!(matches!(early, ChangeError::NotHeard { .. }), "{early:?}");
    vote(&mut it, "one", Matter::Outcome, true, at(61)).unwrap();
    assert!(it.outcome.is_none());
    assert!(vote(&mut it, "one", Matter::Outcome, true, at(61)).is_err());
    assert!(matches!(vote(&mut it, "four", Matter::Outcome, true, at(61)), Err(ChangeError::NotOneOf(_))));
    vote(&mut it, "two", Matter::Outcome, false, at(61)).unwrap();
    assert!(it.outcome.is_none());
    vote(&mut it, "three", Matter::Outcome, true, at(62)).unwrap();
    assert!(it.outcome.as_ref().unwrap().upheld);
    assert_eq!((it.count(Matter::Outcome), it.state(day(62))), ((2, 1), State::Decided));
    // Only who voted for it applies it.
    assert!(it.check_may_apply(&actor("two", "XE"), Matter::Outcome, at(63)).is_err());
    it.check_may_apply(&actor("three", "XF"), Matter::Outcome, at(63)).unwrap();
}

#[test]
fn an_interim_effect_is_decided_at_any_time_before_the_outcome() {
    let mut it = with_panel("A danger.");
    vote(&mut it, "one", Matter::Interim, true, at(2)).unwrap();
    vote(&mut it, "two", Matter::Interim, true, at(2)).unwrap();
    assert!(it.interim.as_ref().unwrap().upheld);
    it.check_may_apply(&actor("one", "XD"), Matter::Interim, at(3)).unwrap();
    // The fast track: from the twenty-first day on.
    assert!(vote(&mut it, "one", Matter::Outcome, false, at(20)).is_err());
    vote(&mut it, "one", Matter::Outcome, false, at(21)).unwrap();
    vote(&mut it, "two", Matter::Outcome, false, at(21)).unwrap();
    assert!(it.check_may_apply(&actor("one", "XD"), Matter::Interim, at(22)).is_err());
    assert!(vote(&mut it, "three", Matter::Outcome, true, at(22)).is_err());
}

#[test]
fn a_panel_that_has_not_decided_in_time_gives_its_place_to_another() {
    let mut it = with_panel("A danger.");
    it.answer(statement(actor("answerer", "XB"), at(1))).unwrap();
    for member in ["one", "two"] {
        vote(&mut it, member, Matter::Interim, true, at(2)).unwrap();
    }
    vote(&mut it, "one", Matter::Outcome, true, at(21)).unwrap();
    vote(&mut it, "two", Matter::Outcome, false, at(21)).unwrap();
    let another = |it: &mut Dispute, on| {
        let members = vec![member("three", "XF"), member("four", "XD"), member("five", "XE")];
        it.appoint(actor("appointer", "XG"), members, &interest(), &|_| None, &|_| true, at(on))
    };
    let early = another(&mut it, 35).unwrap_err();
    assert!(matches!(early, ChangeError::NotHeard { .. }), "{early:?}");
    // Who appointed the first has taken a step; somebody else appoints the next.
    assert!(another(&mut it, 36).is_err());
    let members = vec![member("three", "XF"), member("four", "XD"), member("five", "XE")];
    it.appoint(actor("second", "XG"), members, &interest(), &|_| None, &|_| true, at(36)).unwrap();
    assert_eq!((it.decide_by(), it.is_overdue(day(51)), it.is_overdue(day(52))), (day(51), false, true));
    assert_eq!((it.count(Matter::Interim), it.count(Matter::Outcome)), ((2, 0), (0, 0)));
    it.check_may_apply(&actor("one", "XD"), Matter::Interim, at(37)).unwrap();
    assert!(matches!(vote(&mut it, "one", Matter::Outcome, true, at(37)), Err(ChangeError::NotOneOf(_))));
    vote(&mut it, "four", Matter::Outcome, false, at(37)).unwrap();
    assert!(it.outcome.is_none());
    vote(&mut it, "three", Matter::Outcome, false, at(37)).unwrap();
    assert!(!it.outcome.as_ref().unwrap().upheld);
    assert_eq!(it.count(Matter::Outcome), (0, 2));
}

#[test]
fn what_was_found_right_is_closed_when_it_is_carried_out_or_by_who_voted_for_it() {
    let decided = |uphold: bool| {
        let mut it = with_panel("");
        for member in ["one", "two"] {
            vote(&mut it, member, Matter::Outcome, uphold, at(61)).unwrap();
        }
        it
    };
    let close = |mut it: Dispute, subject: &str, carried_out: bool| {
        it.close(actor(subject, "XG"), "Done.".to_owned(), &interest(), carried_out, at(62))
    };
    for subject in ["bystander", "three"] {
        let early = close(decided(true), subject, false).unwrap_err();
        assert!(matches!(early, ChangeError::NotHeard { .. }), "{early:?}");
        close(decided(true), subject, true).unwrap();
        close(decided(false), subject, false).unwrap();
    }
    close(decided(true), "two", false).unwrap();
    // Members may be gone.
    close(decided(true), "appointer", false).unwrap();
}

/// A challenger cannot name others as respondents than those that the body belongs to.
#[test]
fn the_economy_of_a_body_is_the_catalogues_and_not_the_challengers_to_say() {
    let entries = serde_json::json!([
        { "economy": { "name": "XG" } },
        { "body": { "name": "bodies/known", "economy": "XG" } },
    ]);
    let entries: Vec<crate::domain::entry::Entry> = serde_json::from_value(entries).unwrap();
    let catalogue = crate::domain::catalogue::Catalogue::new(1, entries);
    let respondents = |body: &str| {
        let (certificate, body_economy) = ("GLX".to_owned(), "XP".to_owned());
        let subject = Subject::Certificate { certificate, body: body.to_owned(), body_economy };
        Parties::of(&subject, None, &catalogue).unwrap().respondents
    };
    assert_eq!(respondents("bodies/known"), ["XG", "bodies/known"].map(str::to_owned).into());
    assert_eq!(respondents("bodies/other"), ["XP", "bodies/other"].map(str::to_owned).into());
}
