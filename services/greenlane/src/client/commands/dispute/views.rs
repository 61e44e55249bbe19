//! How answers about disputes look.

use crate::client::render::{Column, View};

const FIELDS: &[Column] = &[
    ("Name", "name"),
    ("About", "subject"),
    ("Challenger", "challenger"),
    ("Respondents", "respondents"),
    ("State", "state"),
    ("Opened", "openedAt"),
    ("Answer by", "answerBy"),
    ("Objections until", "objectBy"),
    ("Decision by", "decideBy"),
    ("Overdue", "overdue"),
    ("Fast track because", "fastTrackReason"),
    ("Interim effect upheld", "interim.upheld"),
    ("Without effect from", "interimEffectFrom"),
    ("Without effect until", "interimEffectUntil"),
    ("Upheld", "outcome.upheld"),
    ("Change sets", "changeSets"),
    ("Etag", "etag"),
];

pub(super) const DISPUTE: View = View::Record { at: "dispute", name: "name", fields: FIELDS };
pub(super) const WHOLE: View = View::Document { at: "dispute" };
pub(super) const APPLIED: View = View::Record {
    at: "",
    name: "changeSet",
    fields: &[("Change set", "changeSet"), ("Dispute", "dispute.name"), ("State", "dispute.state")],
};
pub(super) const DISPUTES: View = View::List {
    items: "disputes",
    name: "name",
    columns: &[
        ("NAME", "name"),
        ("STATE", "state"),
        ("CHALLENGER", "challenger"),
        ("ABOUT", "subject"),
        ("ANSWER BY", "answerBy"),
        ("OBJECTIONS UNTIL", "objectBy"),
        ("DECISION BY", "decideBy"),
        ("OVERDUE", "overdue"),
    ],
};
