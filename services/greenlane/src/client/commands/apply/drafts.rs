//! Change sets out of what differs, asked of whichever service they are of.

use prost_reflect::DynamicMessage;
use serde::Deserialize;
use serde_json::{Value, json};

use super::WithItem;
use crate::client::{Session, commands::change::workflow::Of, dynamic, exit::Usage, files::form, render::POOL};

/// The most entries of one change set.
const MOST: usize = 10_000;

/// What a change set says beside its changes.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) title: String,
    pub(super) reason: String,
    pub(super) urgency_reason: String,
}

impl Draft {
    /// One of which only what a service says to it is of interest.
    pub(super) fn for_trial() -> Self {
        Self { title: "diff".to_owned(), ..Self::default() }
    }
}

/// What a service says to a draft.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Drafted {
    pub(super) change_set: ChangeSet,
    pub(super) findings: Vec<Finding>,
    pub(super) notification_duty: Duty,
    pub(super) revision: u64,
}

/// Its change set, as the service reads it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ChangeSet {
    pub(super) name: String,
    pub(super) changes: Vec<Value>,
}

/// Something that a service finds.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Finding {
    pub(super) code: String,
    pub(super) change_index: usize,
    pub(super) entry: String,
    pub(super) field: String,
    pub(super) message: String,
    pub(super) blocking: bool,
}

/// Whether a change set must be notified, and when it can be published.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Duty {
    pub(super) required: bool,
    pub(super) reason: String,
    pub(super) earliest_publication: String,
}

impl Duty {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "required": self.required,
            "reason": self.reason,
            "earliestPublication": self.earliest_publication,
        })
    }
}

/// What the service says to a draft of what differs, with nothing written.
pub(super) async fn try_out(
    session: &Session,
    of: Of,
    draft: &Draft,
    compared: &[WithItem],
) -> anyhow::Result<Drafted> {
    create(session, of, draft, compared, uuid::Uuid::now_v7().to_string(), true).await
}

/// Drafts a change set of what differs.
pub(super) async fn create(
    session: &Session,
    of: Of,
    draft: &Draft,
    compared: &[WithItem],
    request_id: String,
    validate_only: bool,
) -> anyhow::Result<Drafted> {
    let changes: Vec<&Value> = compared.iter().filter_map(|(_, it)| it.change.as_ref()).collect();
    match changes.len() {
        0 => return Ok(Drafted::default()),
        1..=MOST => {}
        number => anyhow::bail!(Usage(format!(
            "{number} entries differ; a change set has {MOST} at most: apply files one by one"
        ))),
    }
    let fields = json!({
        "requestId": request_id,
        "validateOnly": validate_only,
        "changeSet": {
            "title": draft.title,
            "reason": draft.reason,
            "urgencyReason": draft.urgency_reason,
            "changes": changes,
        },
    });
    let method = dynamic::find_method(&POOL, &of.full("ChangeService/CreateChangeSet"))?;
    let request = DynamicMessage::deserialize(method.input(), fields)?;
    let answer = dynamic::call(dynamic::channel(session, &method)?, &method, request).await?;
    Ok(serde_json::from_value(form::plain(&answer)?)?)
}
