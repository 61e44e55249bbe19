//! Each row is one field: before and after what took something away, as it is, as it becomes, and whether that gives back.

use serde_json::{Value, json};

use super::{grants_again, opens_again};
use crate::domain::body::Designation;
use crate::domain::catalogue::Catalogue;
use crate::domain::change::View;
use crate::domain::entry::Entry;

fn codes(all: &[&str]) -> Value {
    // `8541-854143` is all of the first but the second, `HS2017:854140` of another edition.
    let scope = |it: &&str| {
        let (edition, it) = it.split_once(':').unwrap_or(("HS2022", it));
        let (code, except) = it.split_once('-').map_or((it, Vec::new()), |(code, except)| (code, vec![except]));
        json!({ "code": { "edition": edition, "code": code }, "except": except })
    };
    all.iter().map(scope).collect()
}

fn period(from: &str, until: &str) -> Value {
    json!({ "from": from, "until": until })
}

fn entry(kind: &str, whole: &Value) -> Entry {
    serde_json::from_value(json!({ kind: whole })).unwrap()
}

fn with(whole: &Value, more: &Value) -> Value {
    let mut whole = whole.clone();
    whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    whole
}

/// Whether an annex, with these fields in the four states, grants again what was taken away.
fn annex(states: [Value; 4]) -> bool {
    let whole = json!({ "name": "annexes/a", "arrangement": "arrangements/m", "title": "a", "objects": ["certificate"],
        "validity": { "from": "2024-01-01" } });
    of("annex", &whole, states)
}

fn requirement(states: [Value; 4]) -> bool {
    let whole = json!({ "name": "requirements/r", "market": "XB", "title": "r", "mandatory": true,
        "codes": codes(&["8541"]), "validity": { "from": "2024-01-01" }, "acceptances": [] });
    of("requirement", &whole, states)
}

fn of(kind: &str, whole: &Value, states: [Value; 4]) -> bool {
    let [before, after, is, becomes] = states.map(|fields| entry(kind, &with(whole, &fields)));
    let catalogue = Catalogue::new(1, [is.clone()]);
    let view = View::new(&catalogue, &[]);
    grants_again(&view, (Some(&before), Some(&after)), (Some(&is), Some(&becomes)))
}

#[test]
fn what_one_date_of_an_arrangement_took_away_the_other_gives_back() {
    let whole = json!({ "name": "arrangements/m", "title": "m", "parties": [{ "economy": "XA" }] });
    let dates =
        |provisional: &str, in_force: &str| json!({ "provisional_from": provisional, "in_force_from": in_force });
    let (was, put_off) = (dates("2024-01-01", "2026-01-01"), dates("", "2026-01-01"));
    for (becomes, expected) in [
        (dates("2024-01-01", "2026-01-01"), true),
        (dates("", "2024-01-01"), true),
        (dates("2026-02-01", "2026-01-01"), false),
    ] {
        let states = [was.clone(), put_off.clone(), put_off.clone(), becomes.clone()];
        assert_eq!(of("arrangement", &whole, states), expected, "{becomes}");
    }
}

fn goods(states: [&[&str]; 4]) -> [Value; 4] {
    states.map(|it| json!({ "codes": codes(it) }))
}

#[test]
fn goods_come_back_only_where_they_were_granted_and_taken_away() {
    let rows: &[([&[&str]; 4], bool)] = &[
        ([&["8541"], &["854143"], &["854143"], &["8541"]], true),
        ([&["8541"], &["854143"], &["854143"], &["854143", "854141"]], true),
        ([&["8541"], &["854143"], &["854143"], &["854143", "850760"]], false),
        ([&["854143", "854142"], &["854142"], &["854142"], &["854142", "854141"]], false),
        ([&["854143", "854142"], &["854142"], &["854142"], &["8541"]], true),
        ([&["854143", "854142"], &["854142"], &["854142"], &["8541-854143"]], false),
        ([&["8541"], &["8541-854143"], &["8541-854143"], &["8541-854142", "850760"]], true),
        ([&["8541"], &["8541-854143"], &["8541-854143"], &["8541-854143", "850760"]], false),
        // All goods were meant.
        ([&[], &["854143"], &["854143"], &["854143", "850760"]], true),
        ([&["854143", "850760"], &["854143"], &["854143"], &[]], true),
        // Others have given it back already.
        ([&["8541"], &["854143"], &["8541"], &["8541", "850760"]], false),
        ([&["8541"], &["854143"], &["854143", "854141"], &["854143", "854141", "854142"]], true),
        // What another edition's code means is not told by its digits.
        ([&["HS2017:854140"], &[], &[], &[]], false),
        ([&["HS2017:854140", "8501"], &["8501"], &["8501"], &["8501", "854143"]], true),
    ];
    for (states, expected) in rows {
        assert_eq!(annex(goods(*states)), *expected, "{states:?}");
    }
}

#[test]
fn days_lists_and_exclusions_come_back_only_where_they_were_taken_away() {
    let validity = |from: &str, until: &str| json!({ "validity": period(from, until) });
    let (whole, short) = (validity("2024-01-01", "2030-01-01"), validity("2024-01-01", "2027-01-01"));
    let longer = |until: &str| [whole.clone(), short.clone(), short.clone(), validity("2024-01-01", until)];
    assert!(annex(longer("2028-01-01")));
    let earlier = validity("2023-01-01", "2027-01-01");
    assert!(!annex([whole.clone(), short.clone(), short.clone(), earlier]), "days before were not taken away");

    let suspended = |all: &[(&str, &str)]| -> Value {
        let all: Vec<_> = all.iter().map(|(from, until)| period(from, until)).collect();
        json!({ "suspensions": all })
    };
    let ordered = ("2027-01-01", "2027-06-01");
    let own = ("2028-01-01", "2028-06-01");
    let lifted = |left: &[(&str, &str)]| {
        annex([suspended(&[]), suspended(&[ordered]), suspended(&[ordered, own]), suspended(left)])
    };
    assert!(!lifted(&[ordered]), "its own suspension");
    assert!(lifted(&[own]));
    assert!(lifted(&[("2027-02-01", "2027-06-01"), own]), "a part of what was ordered");

    let parties = |all: &[&str]| json!({ "economies": all });
    let added =
        |becomes: &[&str]| annex([parties(&["XA", "XB"]), parties(&["XA"]), parties(&["XA"]), parties(becomes)]);
    assert!(added(&["XA", "XB"]) && !added(&["XA", "XC"]));

    let excluded = |all: &[&str]| json!({ "exclusions": { "bodies": all } });
    let let_in = |becomes: &[&str]| {
        let is = ["bodies/ordered", "bodies/own"];
        annex([json!({}), excluded(&is[..1]), excluded(&is), excluded(becomes)])
    };
    assert!(!let_in(&["bodies/ordered"]) && let_in(&["bodies/own"]) && let_in(&[]));

    let accepts = |bodies: &[&str]| {
        let target = json!({ "name": "standards/z-1" });
        json!({ "acceptances": [{ "target": target, "bodies": { "economies": ["XA"], "bodies": bodies } }] })
    };
    let accepted = |becomes: &[&str]| {
        requirement([
            accepts(&["bodies/a", "bodies/b"]),
            accepts(&["bodies/b"]),
            accepts(&["bodies/b"]),
            accepts(becomes),
        ])
    };
    assert!(accepted(&["bodies/a", "bodies/b"]) && !accepted(&["bodies/b", "bodies/c"]));
    // A body is back by its economy as well, and an economy by one of its bodies.
    let by = |economies: &[&str], bodies: &[&str]| {
        let target = json!({ "name": "standards/z-1" });
        json!({ "acceptances": [{ "target": target, "bodies": { "economies": economies, "bodies": bodies } }] })
    };
    let (some, less) = (by(&["XC"], &["bodies/b"]), by(&["XC"], &[]));
    assert!(requirement([some.clone(), less.clone(), less.clone(), by(&["XC", "XA"], &[])]));
    assert!(requirement([by(&["XA", "XC"], &[]), less.clone(), less.clone(), some]));
    assert!(!requirement([less.clone(), less.clone(), less, by(&["XC", "XA"], &[])]), "nothing was taken");
    // A demand for more goods is one for less when they go again.
    let demands = |all: &[&str]| json!({ "codes": codes(all) });
    let asked = ["8541", "8501"];
    let less = |becomes: &[&str]| {
        let is = ["8541", "8501", "8502"];
        requirement([demands(&asked[..1]), demands(&asked), demands(&is), demands(becomes)])
    };
    assert!(less(&["8541", "8502"]) && !less(&["8541", "8501"]));
}

#[test]
fn an_economy_comes_back_with_a_bloc_that_it_belongs_to() {
    let bloc = |member: &str| {
        let members = json!([{ "economy": member, "validity": { "from": "2020-01-01" } }]);
        entry("economy", &json!({ "name": "XU", "bloc": true, "members": members }))
    };
    let whole = json!({ "name": "annexes/a", "arrangement": "arrangements/m", "title": "a", "objects": ["certificate"],
        "validity": { "from": "2024-01-01" } });
    let again = |member: &str, states: [&[&str]; 4]| {
        let [before, after, is, becomes] =
            states.map(|all| entry("annex", &with(&whole, &json!({ "economies": all }))));
        let catalogue = Catalogue::new(1, [is.clone(), bloc(member)]);
        grants_again(&View::new(&catalogue, &[]), (Some(&before), Some(&after)), (Some(&is), Some(&becomes)))
    };
    let left: &[&str] = &["XC"];
    assert!(again("XA", [&["XA", "XC"], left, left, &["XC", "XU"]]));
    assert!(again("XA", [&["XU", "XC"], left, left, &["XC", "XA"]]));
    assert!(!again("XB", [&["XA", "XC"], left, left, &["XC", "XU"]]));
}

#[test]
fn of_a_field_that_cannot_be_told_apart_every_widening_gives_back() {
    let links = |all: u32| json!({ "max_chain_links": all });
    assert!(annex([links(3), links(2), links(2), links(3)]));
    assert!(!annex([links(3), links(2), links(2), links(1)]));
    assert!(!annex([links(2), links(2), links(2), links(3)]));
    let levels = |all: &[&str]| -> Value {
        let all: Vec<_> = all.iter().map(|level| json!({ "name": "schemes/s", "level": level })).collect();
        json!({ "covered": all })
    };
    assert!(annex([levels(&["A", "B"]), levels(&["A"]), levels(&["A"]), levels(&["A", "C"])]));
}

fn designation(fields: &Value) -> Designation {
    let whole = json!({ "name": "designations/d", "body": "bodies/b", "authority": "bodies/a", "annex": "annexes/a",
        "validity": { "from": "2024-01-01" } });
    serde_json::from_value(with(&whole, fields)).unwrap()
}

/// Whether a designation opens what was taken from one that was for 8541.
fn opens(after: Option<Value>, is: Option<Value>, becomes: Value) -> bool {
    let before = designation(&json!({ "codes": codes(&["8541"]) }));
    let (after, is) = (after.as_ref().map(designation), is.as_ref().map(designation));
    let catalogue = Catalogue::default();
    let view = View::new(&catalogue, &[]);
    opens_again(&view, (&before, after.as_ref()), (is.as_ref(), &designation(&becomes)))
}

#[test]
fn another_designation_takes_the_place_of_what_was_closed_and_of_nothing_else() {
    let of = |all: &[&str]| json!({ "codes": codes(all) });
    let left = || Some(of(&["854143"]));
    assert!(opens(left(), None, of(&["854142"])));
    assert!(opens(left(), None, of(&[])));
    assert!(!opens(left(), None, of(&["854143"])), "what was left");
    assert!(!opens(left(), None, of(&["850760"])), "what was never granted");
    assert!(opens(None, None, of(&["854143"])), "all of it was retired");
    assert!(!opens(None, None, of(&["850760"])));
    // One that is there already, with goods that the panel took from the other alone.
    assert!(!opens(left(), Some(of(&["854142"])), of(&["854142", "850760"])));
    assert!(opens(left(), Some(of(&["854142"])), of(&["854142", "854141"])));
    let longer = |until: &str| json!({ "codes": codes(&["854142"]), "validity": period("2024-01-01", until) });
    assert!(opens(left(), Some(longer("2027-01-01")), longer("2028-01-01")), "for longer");
    let elsewhere = |field: &str, it: &str| {
        let mut fields = of(&["854142"]);
        fields[field] = json!(it);
        fields
    };
    assert!(!opens(left(), None, elsewhere("body", "bodies/c")));
    assert!(!opens(left(), None, elsewhere("annex", "annexes/c")));
    let mut named = of(&["854142"]);
    named["targets"] = json!(["standards/a-1"]);
    assert!(opens(left(), None, named), "of all targets that were closed");

    // Closed for some days only.
    let mut suspended = of(&["8541"]);
    suspended["suspensions"] = json!([period("2027-01-01", "2027-06-01")]);
    let during = |from: &str, until: &str| json!({ "codes": codes(&["854142"]), "validity": period(from, until) });
    assert!(opens(Some(suspended.clone()), None, during("2027-02-01", "2027-03-01")));
    assert!(!opens(Some(suspended.clone()), None, during("2027-06-01", "2028-03-01")));
    let mut other = during("2027-02-01", "2027-03-01");
    other["codes"] = codes(&["850760"]);
    assert!(!opens(Some(suspended), None, other));
    let mut ended = of(&["8541"]);
    ended["ending"] = json!({ "on": "2027-01-01" });
    assert!(opens(Some(ended.clone()), None, during("2026-01-01", "2027-02-01")));
    assert!(!opens(Some(ended.clone()), None, during("2026-01-01", "2027-01-01")));
    assert!(opens(Some(ended.clone()), Some(ended), of(&["8541"])), "the end goes");
}
