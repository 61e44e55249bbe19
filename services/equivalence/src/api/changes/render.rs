//! Change sets between the contract and the workflow.

use greenlane_api::equivalence::v1 as pb;
use greenlane_curation::{ChangeSet, Comment, Draft, EntryDiff, Finding, Notification, Tightening, wire as shared};
use greenlane_platform::fault::Fault;
use greenlane_platform::revisions::timestamp;
use greenlane_platform::violations::Violations;

use crate::api::wire;
use crate::domain::change::Change;

/// A change set without its changes counts what it is: title, reason, changes, urgency reason.
pub(super) fn draft(v: &mut Violations, raw: Option<pb::ChangeSet>) -> Option<Draft<Change>> {
    let mut v = v.scope("change_set");
    let raw = v.required("", raw)?;
    let title = shared::title(&mut v, &raw.title);
    let reason = shared::text(&mut v, "reason", &raw.reason, false);
    let urgency_reason = shared::text(&mut v, "urgency_reason", &raw.urgency_reason, false);
    let changes = shared::changes(&mut v, &raw.changes, change);
    Some(Draft { title: title?, reason: reason?, urgency_reason: urgency_reason?, changes: changes? })
}

/// One change.
pub(super) fn change(v: &mut Violations, field: &str, raw: &pb::Change) -> Option<Change> {
    if raw.change.is_none() {
        v.add(field, "must upsert or retire an entry");
        return None;
    }
    v.parse(field, wire::to_domain::<_, Change>(raw))
}

pub(super) fn finding(finding: Finding) -> pb::ChangeFinding {
    pb::ChangeFinding {
        code: finding.code.to_owned(),
        change_index: u32::try_from(finding.index).unwrap_or(u32::MAX),
        entry: finding.entry,
        field: finding.field,
        message: finding.message,
    }
}

pub(super) fn tightening(tightening: Tightening) -> pb::Tightening {
    pb::Tightening { entry: tightening.entry, what: tightening.what }
}

pub(super) fn comment(comment: Comment) -> pb::ChangeComment {
    pb::ChangeComment {
        author: comment.author,
        economy: comment.economy,
        text: comment.text,
        commented_at: Some(timestamp(comment.at)),
    }
}

pub(super) fn diff(diff: EntryDiff) -> pb::EntryDiff {
    pb::EntryDiff { entry: diff.entry, before_json: diff.before_json, after_json: diff.after_json }
}

fn notification(notification: &Notification) -> pb::ChangeNotification {
    let addenda = notification.addenda.iter().map(|addendum| pb::NotificationAddendum {
        symbol: addendum.symbol.clone(),
        text: addendum.text.clone(),
        notified_at: Some(timestamp(addendum.notified_at)),
    });
    pb::ChangeNotification {
        symbol: notification.symbol.clone(),
        text: notification.text.clone(),
        notified_at: Some(timestamp(notification.notified_at)),
        comments_until: notification.comments_until.to_string(),
        articles: notification.articles.clone(),
        addenda: addenda.collect(),
    }
}

pub(super) fn change_set(change_set: &ChangeSet<Change>) -> Result<pb::ChangeSet, Fault> {
    let changes = change_set.changes.iter().map(wire::to_wire).collect::<Result<_, _>>()?;
    let reviews = change_set.reviews.iter().map(|review| pb::ChangeReview {
        reviewer: review.reviewer.clone(),
        approved: review.approved,
        comment: review.comment.clone(),
        reviewed_at: Some(timestamp(review.at)),
    });
    Ok(pb::ChangeSet {
        name: change_set.name.clone(),
        title: change_set.title.clone(),
        reason: change_set.reason.clone(),
        changes,
        state: change_set.state.number(),
        author: change_set.author.clone(),
        created_at: Some(timestamp(change_set.created_at)),
        proposed_at: change_set.proposed_at.map(timestamp),
        reviews: reviews.collect(),
        published_revision: change_set.published_revision,
        published_at: change_set.published_at.map(timestamp),
        publisher: change_set.publisher.clone(),
        notification: change_set.notification.as_ref().map(notification),
        reverts: change_set.reverts.clone(),
        urgency_reason: change_set.urgency_reason.clone(),
        etag: change_set.etag(),
        withdrawal_reason: change_set.withdrawal_reason.clone(),
        heard_in: change_set.heard_in.clone(),
    })
}
