use super::*;

const ALL: [Outcome; 6] = [
    Outcome::Yes,
    Outcome::YesOnConditions,
    Outcome::No,
    Outcome::Undetermined,
    Outcome::NotAsked,
    Outcome::NotApplicable,
];

#[test]
fn one_no_refuses_whatever_the_others_say() {
    for other in ALL {
        assert_eq!(overall([Outcome::Yes, other, Outcome::No, other]), Overall::Refused);
    }
}

#[test]
fn what_is_undetermined_is_never_taken_for_a_yes() {
    for other in ALL.into_iter().filter(|other| *other != Outcome::No) {
        assert_eq!(overall([Outcome::Yes, other, Outcome::Undetermined, other]), Overall::Undetermined);
    }
}

#[test]
fn parts_that_were_not_asked_have_no_say() {
    let yes = Outcome::Yes;
    assert_eq!(overall([yes, yes, Outcome::NotAsked, Outcome::NotAsked]), Overall::Accepted);
    assert_eq!(overall([yes, yes, yes, Outcome::NotApplicable]), Overall::Accepted);
    assert_eq!(overall([yes, yes, yes, Outcome::YesOnConditions]), Overall::AcceptedOnConditions);
}
