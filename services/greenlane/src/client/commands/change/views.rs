//! How answers about change sets look.

use crate::client::render::{Column, View};

pub(super) const CHANGE_SET: View = View::Record {
    at: "changeSet",
    name: "name",
    fields: &[
        ("Name", "name"),
        ("Title", "title"),
        ("State", "state"),
        ("Author", "author"),
        ("Created", "createdAt"),
        ("Publisher", "publisher"),
        ("Published as revision", "publishedRevision?"),
        ("Reverts", "reverts"),
        ("Ordered by", "orderedBy"),
        ("Urgent because", "urgencyReason"),
        ("Notification", "notification.symbol"),
        ("Under TBT articles", "notification.articles"),
        ("Comments until", "notification.commentsUntil"),
        ("Withdrawn because", "withdrawalReason"),
        ("Etag", "etag"),
    ],
};
pub(super) const WHOLE: View = View::Document { at: "changeSet" };
pub(super) const CHANGE_SETS: View = View::List {
    items: "changeSets",
    name: "name",
    columns: &[
        ("NAME", "name"),
        ("STATE", "state"),
        ("AUTHOR", "1~author"),
        ("CREATED", "2~createdAt"),
        ("REVISION", "3~publishedRevision?"),
        ("TITLE", "title"),
    ],
};
pub(super) const FINDINGS: View = View::List {
    items: "findings",
    name: "entry",
    columns: &[
        ("CHANGE", "changeIndex"),
        ("ENTRY", "entry"),
        ("FIELD", "field"),
        ("CODE", "code"),
        ("WHAT IS WRONG", "message"),
    ],
};

pub(super) const COMMENT: View = View::Record {
    at: "comment",
    name: "author",
    fields: &[("Author", "author"), ("Economy", "economy"), ("When", "commentedAt"), ("Text", "text")],
};
pub(super) const COMMENTS: View = View::List {
    items: "comments",
    name: "author",
    columns: &[("WHEN", "commentedAt"), ("AUTHOR", "author"), ("ECONOMY", "economy"), ("TEXT", "text")],
};
pub(super) const DIFFS: View = View::List { items: "diffs", name: "entry", columns: &[] };
/// What is told of each field that differs, and last where that is written.
const OF_FIELDS: &[Column] = &[
    ("ENTRY", "entry"),
    ("OUTCOME", "outcome"),
    ("FIELD", "field"),
    ("BEFORE", "before"),
    ("AFTER", "after"),
    ("WHERE", "place"),
];
/// A row for each field, as comma-separated values.
pub(super) const FIELDS: View =
    View::List { items: "rows", name: "entry", columns: OF_FIELDS.split_at(OF_FIELDS.len() - 1).0 };
/// The same of what files would change, with the place in them.
pub(crate) const FIELDS_OF_FILES: View = View::List { items: "rows", name: "entry", columns: OF_FIELDS };
pub(super) const MARKETS: View = View::List {
    items: "markets",
    name: "market",
    columns: &[
        ("MARKET", "market"),
        ("GAIN", "certificatesGaining"),
        ("LOSE", "certificatesLosing"),
        ("OTHERWISE", "certificatesOtherwise"),
        ("HOLDERS", "holders"),
        ("VERIFICATIONS", "recentVerifications"),
        ("OF THEM GAIN", "recentVerificationsGaining"),
        ("OF THEM LOSE", "recentVerificationsLosing"),
        ("OF THEM OTHERWISE", "recentVerificationsOtherwise"),
    ],
};
