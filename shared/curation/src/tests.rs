use chrono::{DateTime, Days, NaiveDate, Utc};

use crate::{Actor, ChangeError, ChangeSet, Draft, Review, State, Tightening, clock};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    day(text).and_hms_opt(12, 0, 0).unwrap().and_utc()
}

fn actor(subject: &str, issuer: &str) -> Actor {
    Actor { subject: subject.to_owned(), issuer: issuer.to_owned(), economy: String::new() }
}

fn author() -> Actor {
    actor("ann", "https://id.example.org")
}

fn drafted(urgency_reason: &str) -> ChangeSet<u8> {
    let draft = Draft {
        title: "t".to_owned(),
        reason: String::new(),
        urgency_reason: urgency_reason.to_owned(),
        changes: vec![1],
    };
    ChangeSet::draft("changeSets/1".to_owned(), &author(), draft, at("2026-01-01"))
}

fn proposed(urgency_reason: &str) -> ChangeSet<u8> {
    let mut change_set = drafted(urgency_reason);
    change_set.propose(&author(), &[], at("2026-01-01")).unwrap();
    change_set
}

fn approval(on: &str) -> Review {
    Review { reviewer: "ben".to_owned(), approved: true, comment: String::new(), at: at(on) }
}

fn tightening() -> Vec<Tightening> {
    vec![Tightening { entry: "requirements/x".to_owned(), field: String::new(), what: "is new".to_owned() }]
}

fn notify(change_set: &mut ChangeSet<u8>, asked: Option<&str>, tightens: bool, on: &str) -> Result<(), ChangeError> {
    let until = change_set.comments_until(asked.map(day), tightens, day(on))?;
    change_set.notify("GL/N/XA/1".to_owned(), Vec::new(), String::new(), until, at(on));
    Ok(())
}

#[test]
fn sixty_days_are_the_rule_and_the_urgent_track_is_closed_to_what_tightens() {
    let today = day("2026-01-01");
    let sixty = today + Days::new(60);
    let until = |asked: Option<NaiveDate>, urgent, tightens| clock::comments_until(today, asked, urgent, tightens);
    assert_eq!(until(None, false, true), Ok(sixty));
    assert_eq!(until(None, true, false), Ok(sixty));
    let ninety = today + Days::new(clock::ENCOURAGED_DAYS);
    assert_eq!(until(Some(ninety), false, false), Ok(ninety));
    let ten = today + Days::new(10);
    assert_eq!(until(Some(ten), true, false), Ok(ten));
    assert!(until(Some(ten), false, false).unwrap_err().contains("urgent track"));
    assert!(until(Some(ten), true, true).unwrap_err().contains("tightens access"));
    assert!(until(Some(today - Days::new(1)), true, false).is_err());
    assert!(until(Some(today + Days::new(367)), false, false).is_err());
}

#[test]
fn what_tightens_access_is_approved_only_after_a_full_comment_period() {
    let reviewer = actor("ben", "https://id.example.org");
    let mut silent = proposed("");
    let refused = silent.review(&reviewer, approval("2026-06-01"), &tightening(), &[]).unwrap_err();
    assert!(
        matches!(&refused, ChangeError::NotHeard { why, .. } if why.contains("has not been notified")),
        "{refused}"
    );
    // What tightens nothing need not be notified.
    proposed("").review(&reviewer, approval("2026-01-02"), &[], &[]).unwrap();

    let mut change_set = proposed("");
    notify(&mut change_set, None, true, "2026-01-01").unwrap();
    let early = change_set.review(&reviewer, approval("2026-03-02"), &tightening(), &[]).unwrap_err();
    assert!(matches!(&early, ChangeError::NotHeard { why, .. } if why.contains("until 2026-03-02")), "{early}");
    change_set.review(&reviewer, approval("2026-03-03"), &tightening(), &[]).unwrap();
    assert_eq!(change_set.state, State::Approved);

    // Notified on the urgent track, and then found to tighten access because the catalogue moved meanwhile.
    let mut urgent = proposed("a recall");
    notify(&mut urgent, Some("2026-01-11"), false, "2026-01-01").unwrap();
    let short = urgent.review(&reviewer, approval("2026-01-12"), &tightening(), &[]).unwrap_err();
    assert!(matches!(&short, ChangeError::NotHeard { why, .. } if why.contains("less than 60 days")), "{short}");
    urgent.review(&reviewer, approval("2026-01-12"), &[], &[]).unwrap();
}

#[test]
fn the_author_is_the_author_by_whichever_credential() {
    let mut change_set = proposed("");
    for same in [author(), actor("ann", "https://other.example.org"), actor(" Ann ", "https://id.example.org")] {
        let refused = change_set.review(&same, approval("2026-01-02"), &[], &[]).unwrap_err();
        assert!(matches!(refused, ChangeError::FourEyes { .. }), "{refused}");
    }
    change_set.review(&actor("ben", "https://id.example.org"), approval("2026-01-02"), &[], &[]).unwrap();
    for same in [author(), actor("ann", "https://other.example.org")] {
        let refused = change_set.publish(&same, &[], &[], 2, at("2026-01-03")).unwrap_err();
        assert!(matches!(refused, ChangeError::FourEyes { .. }), "{refused}");
    }
    // A namesake at another issuer may not act as the author either.
    let refused = change_set.withdraw(&actor("ann", "https://other.example.org"), String::new(), at("2026-01-03"));
    assert!(matches!(refused, Err(ChangeError::NotAuthor(_))), "{refused:?}");
}

#[test]
fn addenda_keep_the_symbol_and_the_period_is_only_ever_extended() {
    let mut change_set = proposed("");
    notify(&mut change_set, None, false, "2026-01-01").unwrap();
    let today = day("2026-02-01");
    for not_later in [None, Some(day("2026-03-02")), Some(day("2026-02-02"))] {
        assert!(change_set.comments_until(not_later, false, today).is_err(), "{not_later:?}");
    }
    // When it is over already, a later day that is past extends nothing either.
    let past = change_set.comments_until(Some(day("2026-03-10")), false, day("2026-04-01")).unwrap_err();
    assert!(matches!(&past, ChangeError::Clock(why) if why == "must not be in the past"), "{past:?}");
    let until = change_set.comments_until(Some(day("2026-04-01")), false, today).unwrap();
    change_set.extend(until, at("2026-02-01"));
    change_set.check_open(day("2026-04-01")).unwrap();
    assert!(matches!(change_set.check_open(day("2026-04-02")), Err(ChangeError::CommentsClosed { .. })));
    change_set.review(&actor("ben", ""), approval("2026-04-02"), &[], &[]).unwrap();
    change_set.publish(&actor("ben", ""), &[], &[], 7, at("2026-04-03")).unwrap();
    let notification = change_set.notification.unwrap();
    let symbols: Vec<_> = notification.addenda.iter().map(|it| it.symbol.as_str()).collect();
    assert_eq!(symbols, ["GL/N/XA/1/Add.1", "GL/N/XA/1/Add.2"]);
    assert!(notification.addenda[1].text.contains("revision 7"), "{notification:?}");
}

/// What opens access was notified urgently, and tightens now that the catalogue has moved.
#[test]
fn days_on_which_nobody_could_comment_are_none_of_the_sixty() {
    let can = |change_set: &ChangeSet<u8>, on: &str| {
        let mut change_set = change_set.clone();
        change_set.review(&actor("ben", ""), approval(on), &tightening(), &[]).is_ok()
    };
    let notified = || {
        let mut short = proposed("a shortage");
        notify(&mut short, Some("2026-01-11"), false, "2026-01-01").unwrap();
        short
    };
    // Over since the eleventh of January, and open again for two days only.
    let mut reopened = notified();
    let duty = reopened.duty(&tightening(), day("2026-03-01"));
    assert_eq!(duty.earliest, Some(day("2026-03-01") + Days::new(61)));
    reopened.extend(day("2026-03-02"), at("2026-03-01"));
    assert!(!can(&reopened, "2026-03-03"));
    assert!(reopened.duty(&tightening(), day("2026-03-03")).required);
    let full = day("2026-03-01") + Days::new(60);
    reopened.extend(full, at("2026-03-02"));
    assert!(!can(&reopened, "2026-04-30") && can(&reopened, "2026-05-01"));
    // Extended on the day after the last, nobody missed a day.
    let mut at_once = notified();
    at_once.extend(day("2026-03-02"), at("2026-01-12"));
    assert!(can(&at_once, "2026-03-03"));
    // Open for all of them once, and again later for those who were late.
    let mut again = proposed("");
    notify(&mut again, None, true, "2026-01-01").unwrap();
    again.extend(day("2026-06-05"), at("2026-06-01"));
    assert!(!can(&again, "2026-06-05") && can(&again, "2026-06-06"));
}

#[test]
fn a_draft_alone_is_updated_and_nothing_final_is_withdrawn() {
    let update = || crate::Update { title: None, reason: None, urgency_reason: None, changes: Some(vec![2]) };
    let mut change_set = drafted("");
    let refused = change_set.update(&actor("ben", "https://id.example.org"), update()).unwrap_err();
    assert!(matches!(refused, ChangeError::NotAuthor(_)));
    change_set.update(&author(), update()).unwrap();
    assert_eq!((change_set.changes.as_slice(), change_set.etag().as_str()), (&[2][..], "v2"));
    change_set.propose(&author(), &[], at("2026-01-01")).unwrap();
    assert!(matches!(change_set.update(&author(), update()), Err(ChangeError::State { .. })));
    change_set.withdraw(&author(), "a mistake".to_owned(), at("2026-01-02")).unwrap();
    assert_eq!((change_set.state, change_set.withdrawal_reason.as_str()), (State::Withdrawn, "a mistake"));
    assert!(matches!(change_set.withdraw(&author(), String::new(), at("2026-01-02")), Err(ChangeError::State { .. })));
}

/// What is said beforehand is what the steps then hold to: on the day before the earliest it is refused, on it not.
#[test]
fn a_change_set_says_beforehand_whether_it_must_be_notified_and_when_it_can_be_published() {
    let today = day("2026-01-01");
    let can = |change_set: &ChangeSet<u8>, on: NaiveDate| {
        let mut change_set = change_set.clone();
        let approval = Review { at: on.and_hms_opt(12, 0, 0).unwrap().and_utc(), ..approval("2026-01-01") };
        change_set.review(&actor("ben", ""), approval, &tightening(), &[]).is_ok()
    };
    let free = proposed("").duty(&[], today);
    assert_eq!(
        (free.required, free.earliest, free.reason.as_str()),
        (false, Some(today), "it does not tighten access")
    );

    // Urgent or not, what tightens is open for sixty days.
    for urgency in ["", "a recall"] {
        let mut change_set = proposed(urgency);
        let duty = change_set.duty(&tightening(), today);
        assert!(duty.required && duty.reason.starts_with("requirements/x is new, which tightens access"), "{duty:?}");
        assert_eq!(duty.earliest, Some(day("2026-03-03")));
        assert!(!can(&change_set, day("2026-03-03")), "it was not notified");
        notify(&mut change_set, None, true, "2026-01-01").unwrap();
        let duty = change_set.duty(&tightening(), today);
        assert_eq!((duty.required, duty.earliest), (false, Some(day("2026-03-03"))), "{duty:?}");
        assert!(!can(&change_set, day("2026-03-02")) && can(&change_set, day("2026-03-03")));
        assert_eq!(change_set.duty(&tightening(), day("2026-04-01")).earliest, Some(day("2026-04-01")));
    }

    // Notified for ten days, and then found to tighten: the period is to be extended.
    let mut short = proposed("a recall");
    notify(&mut short, Some("2026-01-11"), false, "2026-01-01").unwrap();
    assert_eq!(short.duty(&[], today).earliest, Some(day("2026-01-12")));
    let duty = short.duty(&tightening(), day("2026-01-05"));
    assert!(duty.required && duty.reason.contains("to be extended"), "{duty:?}");
    assert_eq!(duty.earliest, Some(day("2026-03-03")));
    assert!(!can(&short, day("2026-03-03")));
    short.extend(day("2026-03-02"), at("2026-01-05"));
    assert!(!can(&short, day("2026-03-02")) && can(&short, day("2026-03-03")));

    // Heard elsewhere, and over.
    let mut heard = proposed("");
    heard.heard_in = "disputes/1".to_owned();
    assert_eq!(heard.duty(&tightening(), today).earliest, Some(today));
    heard.withdraw(&author(), String::new(), at("2026-01-02")).unwrap();
    let over = heard.duty(&tightening(), today);
    assert_eq!((over.required, over.earliest, over.reason.as_str()), (false, None, "it is withdrawn"));
}
