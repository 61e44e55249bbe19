//! Which commands are checks until they are confirmed: every command that changes something at a service, or that puts
//! something in place of what is there, stands in one of these tables. A new one is to be thought of too.

use std::collections::BTreeSet;

use greenlane_e2e::greenlane;

use crate::help;

/// What ends something for good, or is done to many at once: a check until `--confirm`. What is published counts at once, and
/// what undoes it may have to be notified first.
const CONFIRMED: &[&str] = &[
    "alert unsubscribe",
    "body designation withdraw",
    "body key retire",
    "certificate import",
    "certificate terminate",
    "certificate withdraw",
    "change publish",
    "change review",
    "change withdraw",
    "code abandon",
    "code alert unsubscribe",
    "code change publish",
    "code change review",
    "code change withdraw",
    "code teach",
    "dispute close",
    "dispute decide",
    "dispute withdraw",
    "trace import",
    "write-off reject",
    "write-off reverse",
];

/// What undoes the past, or destroys: a check until the name is typed out.
const CONFIRMED_BY_NAME: &[&str] = &["body key revoke", "certificate annul", "certificate erase", "restore"];

/// What is done at once, and why that is safe.
const AT_ONCE: &[(&str, &[&str])] = &[
    (
        "what it drafts or stages counts for nothing until somebody else has published it",
        &[
            "apply",
            "change create",
            "change update",
            "change propose",
            "change revert",
            "code change create",
            "code change update",
            "code change propose",
            "code change revert",
            "code import",
            "dispute apply",
        ],
    ),
    (
        "it says something, and takes nothing away",
        &[
            "change comment",
            "change notify",
            "code change comment",
            "code change notify",
            "dispute open",
            "dispute answer",
            "dispute object",
            "dispute panel",
            "trace record",
            "log cosign",
        ],
    ),
    (
        "it makes one thing, which can be ended",
        &[
            "alert subscribe",
            "code alert subscribe",
            "body create",
            "body key create",
            "body accreditation create",
            "body designation create",
            "certificate issue",
            "write-off record",
        ],
    ),
    (
        "another step undoes it, or goes on from it",
        &[
            "body update",
            "body accreditation suspend",
            "body accreditation reinstate",
            "body designation suspend",
            "body designation reinstate",
            "body designation contest",
            "body designation settle",
            "certificate suspend",
            "certificate reinstate",
            "certificate continue",
            "certificate amend",
            "certificate renew",
        ],
    ),
];

fn help_of(words: &[String]) -> String {
    let arguments = words.iter().map(String::as_str).chain(["--help"]);
    greenlane(&std::env::temp_dir(), arguments).expect("it runs").expect(0).stdout
}

#[test]
fn whatever_is_bulk_or_cannot_be_taken_back_is_a_check_until_it_is_confirmed() {
    let mut changing = BTreeSet::new();
    let (mut plain, mut typed) = (BTreeSet::new(), BTreeSet::new());
    let mut open: Vec<Vec<String>> = vec![Vec::new()];
    while let Some(words) = open.pop() {
        let below = help::commands(&words);
        if !below.is_empty() {
            open.extend(below.into_iter().map(|name| [words.clone(), vec![name]].concat()));
            continue;
        }
        let text = help_of(&words);
        let name = words.join(" ");
        if text.contains("--confirm <") {
            typed.insert(name.clone());
        } else if text.contains("--confirm") {
            plain.insert(name.clone());
        }
        if text.contains("--request-id") || text.contains("--confirm") {
            changing.insert(name);
        }
    }
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(plain, set(CONFIRMED));
    assert_eq!(typed, set(CONFIRMED_BY_NAME));
    let mut thought_of = set(CONFIRMED);
    thought_of.extend(set(CONFIRMED_BY_NAME));
    for (why, names) in AT_ONCE {
        for name in *names {
            assert!(thought_of.insert((*name).to_owned()), "{name} is there twice, once because {why}");
        }
    }
    assert_eq!(changing, thought_of, "each command that changes something is in one of the tables");
}
