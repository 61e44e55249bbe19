use serde_json::json;

use super::*;

fn leaf(value: Value) -> Vec<u8> {
    greenlane_jose::canonical::to_vec(&value).unwrap()
}

fn at(minute: u32) -> String {
    format!("2026-06-01T12:{minute:02}:00.000000Z")
}

fn body(minute: u32) -> Value {
    json!({"form": 1, "event": "body.create", "body": "bodies/xa-lab", "record_sha256": "00", "recorded_at": at(minute)})
}

fn key(minute: u32) -> Value {
    json!({"form": 1, "event": "key.create", "body": "bodies/xa-lab", "key": "bodies/xa-lab/keys/k",
        "public_jwk_sha256": "00", "valid_from": at(0), "recorded_at": at(minute)})
}

fn step(verb: &str, version: u32, minute: u32) -> Value {
    json!({"form": 1, "event": format!("certificate.{verb}"), "certificate": "certificates/GLX", "body": "bodies/xa-lab",
        "version": version, "reason": "ordinary", "effective_at": at(minute), "recorded_at": at(minute)})
}

/// Takes effect at a minute, and is recorded at another.
fn dated(verb: &str, version: u32, effective: u32, recorded: u32) -> Value {
    let mut step = step(verb, version, recorded);
    step["effective_at"] = at(effective).into();
    step
}

/// Takes effect a month later.
fn announced(mut step: Value) -> Value {
    step["effective_at"] = "2026-07-01T12:00:00.000000Z".into();
    step
}

fn signed(mut step: Value) -> Value {
    step["document_sha256"] = "ab".into();
    step["key"] = "bodies/xa-lab/keys/k".into();
    step
}

fn read(entries: &[Value]) -> Result<Auditor, Accusation> {
    let mut auditor = Auditor::new();
    for entry in entries {
        auditor.read(&leaf(entry.clone()))?;
    }
    Ok(auditor)
}

#[test]
fn the_state_of_a_certificate_follows_from_the_entries_alone() {
    let entries =
        [body(0), key(1), signed(step("grant", 1, 2)), step("suspend", 1, 3), signed(step("reduce_scope", 2, 4))];
    let auditor = read(&entries).unwrap();
    let known = &auditor.certificates()["GLX"];
    let standing = known.on("2026-06-01".parse().unwrap());
    assert_eq!((standing.version, standing.state, known.latest_index), (2, "active", 4));
    let kept: Auditor = serde_json::from_str(&serde_json::to_string(&auditor).unwrap()).unwrap();
    assert_eq!((kept.size(), kept.frontier.root()), (5, auditor.frontier.root()));
}

#[test]
fn what_was_announced_counts_from_its_day_unless_it_was_overtaken() {
    let later = "2026-07-02".parse().unwrap();
    let granted = [body(0), key(1), signed(step("grant", 1, 2)), announced(signed(step("extend_scope", 2, 3)))];
    let auditor = read(&granted).unwrap();
    let known = &auditor.certificates()["GLX"];
    assert_eq!((known.on("2026-06-30".parse().unwrap()).version, known.on(later).version), (1, 2));

    let urgent = [&granted[..], &[step("suspend", 1, 4), step("reinstate", 1, 5)]].concat();
    let auditor = read(&urgent).unwrap();
    let known = &auditor.certificates()["GLX"];
    assert_eq!((known.on(later).version, known.on(later).state), (1, "active"));
    // A number is given once, also that of a version which never counts.
    let revised = read(&[&urgent[..], &[signed(step("reduce_scope", 3, 6))]].concat()).unwrap();
    assert_eq!(revised.certificates()["GLX"].on(later).version, 3);
    assert!(read(&[&urgent[..], &[signed(step("reduce_scope", 2, 6))]].concat()).is_err());
}

#[test]
fn what_an_earlier_version_let_overtake_within_a_day_stays_good() {
    let overtaken = [body(0), key(1), signed(step("grant", 1, 2)), dated("withdraw", 1, 50, 3), step("suspend", 1, 4)];
    let auditor = read(&overtaken).unwrap();
    assert_eq!(auditor.certificates()["GLX"].on("2026-06-02".parse().unwrap()).state, "suspended");
}

#[test]
fn an_entry_that_cannot_follow_is_told_with_its_index() {
    let granted = [body(0), key(1), signed(step("grant", 1, 2))];
    let revoked = json!({"form": 1, "event": "key.revoke", "body": "bodies/xa-lab", "key": "bodies/xa-lab/keys/k",
        "compromised_since": at(0), "reason_text_sha256": "00", "recorded_at": at(3)});
    for (wrong, why) in [
        (vec![step("suspend", 1, 1)], "bodies/xa-lab is not registered"),
        (vec![body(0), body(1)], "registered twice"),
        (vec![body(1), key(0)], "recorded before"),
        (vec![body(0), signed(step("grant", 1, 2))], "keys/k is not registered"),
        (vec![body(0), key(1), step("grant", 1, 2)], "without a document"),
        ([&granted[..], &[step("reinstate", 1, 3)]].concat(), "is active: reinstate is not possible"),
        ([&granted[..], &[step("suspend", 2, 3)]].concat(), "this makes 2"),
        ([&granted[..], &[signed(step("grant", 1, 3))]].concat(), "granted twice"),
        ([&granted[..], &[step("suspend", 1, 4), dated("withdraw", 1, 3, 4)]].concat(), "takes effect before"),
        ([&granted[..], &[announced(step("suspend", 1, 3)), step("reissue", 2, 4)]].concat(), "takes effect before"),
        ([&granted[..], &[dated("withdraw", 1, 50, 3), dated("suspend", 1, 40, 55)]].concat(), "takes effect before"),
        ([&granted[..], &[revoked, signed(step("extend_scope", 2, 4))]].concat(), "could not sign then"),
        ([&granted[..], &[step("explode", 1, 3)]].concat(), "not known"),
    ] {
        let Err(Accusation::Entry { index, why: found }) = read(&wrong) else { panic!("{why} is not found") };
        assert_eq!(index, wrong.len() as u64 - 1);
        assert!(found.contains(why), "{found}");
    }
    let mut auditor = Auditor::new();
    assert!(auditor.read(b"{\"form\": 1}").is_err(), "white space is not canonical");
}

fn publication(revision: u64, change_set: &str, minute: u32) -> Value {
    json!({"form": 1, "event": "catalogue.publish", "catalogue": "equivalence", "revision": revision,
        "change_set": change_set, "changes_sha256": "ab", "recorded_at": at(minute)})
}

#[test]
fn the_revisions_of_a_catalogue_follow_one_another_and_one_that_was_published_twice_says_so() {
    let mut starter = publication(1, "", 0);
    starter.as_object_mut().unwrap().retain(|name, _| name != "change_set" && name != "changes_sha256");
    let mut again = publication(2, "changeSets/c", 3);
    again["instead_of"] = 1.into();
    let honest = [starter.clone(), publication(2, "changeSets/a", 1), publication(3, "changeSets/b", 2), again.clone()];
    let auditor = read(&honest).unwrap();
    let known = &auditor.publications()["equivalence"];
    assert_eq!(known.keys().copied().collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!((known[&2].change_set.as_deref(), known[&2].instead_of), (Some("changeSets/c"), Some(1)));
    for (wrong, why) in [
        (vec![publication(2, "changeSets/a", 0)], "does not follow on 0"),
        (vec![starter.clone(), publication(3, "changeSets/a", 1)], "does not follow on 1"),
        (
            vec![starter.clone(), publication(2, "changeSets/a", 1), publication(2, "changeSets/b", 2)],
            "does not name the record before it",
        ),
        (vec![starter.clone(), again], "does not name the record before it"),
        (
            vec![starter.clone(), publication(2, "changeSets/a", 1), {
                let mut same = publication(2, "changeSets/a", 2);
                same["instead_of"] = 1.into();
                same
            }],
            "is recorded twice",
        ),
        (
            vec![{
                let mut half = publication(1, "changeSets/a", 0);
                half.as_object_mut().unwrap().remove("changes_sha256");
                half
            }],
            "without its hash",
        ),
    ] {
        let Err(Accusation::Entry { why: found, .. }) = read(&wrong) else { panic!("{why} is not found") };
        assert!(found.contains(why), "{found}");
    }
}

/// What is said of the key at a minute.
fn of_key(verb: &str, field: &str, time: u32, minute: u32) -> Value {
    json!({"form": 1, "event": format!("key.{verb}"), "body": "bodies/xa-lab", "key": "bodies/xa-lab/keys/k",
        field: at(time), "recorded_at": at(minute)})
}

#[test]
fn what_was_said_of_a_key_is_not_weakened() {
    let revoked = |since, minute| of_key("revoke", "compromised_since", since, minute);
    let retired = |until, minute| of_key("retire", "valid_until", until, minute);
    for (said, why) in [
        (vec![revoked(5, 5), revoked(6, 7)], "takes back a part of a key's compromise"),
        (vec![revoked(6, 5)], "revokes a key from a time to come"),
        (vec![retired(20, 5), retired(21, 6)], "makes the validity of a key longer"),
        (vec![retired(4, 5)], "ends the validity of a key in the past"),
        (vec![retired(5, 5), retired(6, 6)], "retires a key that is retired"),
        (vec![revoked(5, 5), retired(6, 6)], "retires a key that is compromised"),
    ] {
        let entries = [&[body(0), key(1)][..], &said[..]].concat();
        let Err(Accusation::Entry { index, why: found }) = read(&entries) else { panic!("{why} is not found") };
        assert_eq!(index, entries.len() as u64 - 1);
        assert!(found.contains(why), "{found}");
    }
    // What the registry does let a body say.
    for said in [
        vec![retired(20, 5), retired(10, 6), retired(7, 7), revoked(8, 8)],
        vec![revoked(5, 5), revoked(3, 6), revoked(0, 6)],
        vec![retired(5, 5), revoked(2, 9)],
    ] {
        read(&[&[body(0), key(1)][..], &said[..]].concat()).unwrap();
    }
}

#[test]
fn another_tree_of_the_same_size_is_a_fork() {
    let auditor = read(&[body(0), key(1)]).unwrap();
    let honest = Checkpoint::new("x", 2, auditor.frontier.root());
    assert_eq!(auditor.check(&honest), Ok(()));
    let forked = Checkpoint::new("x", 2, hash_leaf(b"other"));
    assert!(matches!(auditor.check(&forked), Err(Accusation::Fork { size: 2, .. })));
}
