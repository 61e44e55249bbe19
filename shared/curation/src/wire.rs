//! What the handlers of the change services share, whose messages differ in their package only.

use std::sync::Arc;

use chrono::NaiveDate;
use greenlane_platform::audit::Origin;
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, RequestId, Violations};
use greenlane_store::idempotency::{asked_for, payload_hash};
use tonic::Request;

use crate::change_set::{Answer, Draft, Update};
use crate::contract::Contract;
use crate::curated::Curated;
use crate::error::fault;
use crate::mutation::Mutation;
use crate::store::Cursor;
use crate::workflow::Step;

/// The longest reason, comment or other text of several paragraphs, in characters.
pub const MAX_TEXT_CHARS: usize = 20_000;
/// The most changes of a change set.
pub const MAX_CHANGES: usize = 10_000;

/// Who asked, from where.
#[derive(Clone)]
pub struct Asked {
    caller: Arc<Caller>,
    origin: Origin,
}

/// A mutation as it was asked for, its request id not yet checked.
pub struct Call {
    asked: Asked,
    request_id: String,
    validate_only: bool,
}

impl Asked {
    /// Takes a request apart.
    ///
    /// # Errors
    /// When it came without a token.
    pub fn of<T>(request: Request<T>) -> Result<(Self, T), Fault> {
        let asked = Self { caller: Caller::of(&request)?, origin: Origin::of(&request) };
        Ok((asked, request.into_inner()))
    }

    /// Takes the request id out of the message, so that what is left can be hashed.
    pub fn call(self, request_id: &mut String, validate_only: bool) -> Call {
        self.origin.note_request_id(request_id);
        Call { asked: self, request_id: std::mem::take(request_id), validate_only }
    }
}

impl Call {
    /// Checks the request id.
    pub fn request_id(&self, v: &mut Violations) -> Option<RequestId> {
        v.request_id(&self.request_id)
    }

    /// The mutation, of a message whose request id was taken out.
    pub fn mutation(self, request_id: &RequestId, payload: &[u8]) -> Mutation {
        let payload = asked_for(payload_hash(payload), self.asked.caller.acts_for().as_deref());
        Mutation {
            caller: self.asked.caller,
            origin: self.asked.origin,
            request_id: request_id.as_str().to_owned(),
            validate_only: self.validate_only,
            payload,
        }
    }
}

/// A step on the change set of this name, if it still has this etag; a part of it is still to be parsed.
///
/// # Errors
/// When a field is wrong or the step is refused.
pub async fn step<K: Contract>(
    api: &K,
    call: Call,
    payload: Vec<u8>,
    (raw_name, etag): (&str, String),
    parse: impl FnOnce(&mut Violations) -> Option<Step>,
) -> Result<Answer<<K::Curated as Curated>::Change>, Fault> {
    let mut v = Violations::new();
    let request_id = call.request_id(&mut v);
    let name = name(&mut v, "name", raw_name);
    let step = parse(&mut v);
    let (request_id, name, step) = v.finish_with(|| Some((request_id?, name?, step?)))?;
    let mutation = call.mutation(&request_id, &payload);
    let dry_run = mutation.validate_only;
    let answer = api.workflow().step(mutation, name.clone(), etag, step).await;
    let answer = answer.map_err(|error| fault(error).about(name))?;
    if !dry_run {
        api.stepped(&answer.change_set).await;
    }
    Ok(answer)
}

/// The name of a change set, of a request that has nothing else.
///
/// # Errors
/// When it is no name.
pub fn named(raw: &str) -> Result<String, Fault> {
    let mut v = Violations::new();
    let name = name(&mut v, "name", raw);
    v.finish_with(|| name)
}

/// The name of a change set.
pub fn name(v: &mut Violations, field: &str, raw: &str) -> Option<String> {
    let [id] = v.resource_name::<1>(field, raw, "changeSets/{change_set}")?;
    Some(format!("changeSets/{id}"))
}

/// A title.
pub fn title(v: &mut Violations, raw: &str) -> Option<String> {
    v.text("title", raw, 1..=300)
}

/// A text of several paragraphs.
pub fn text(v: &mut Violations, field: &str, raw: &str, required: bool) -> Option<String> {
    v.paragraphs(field, raw, usize::from(required)..=MAX_TEXT_CHARS)
}

/// Every change, or a note of what is wrong with each.
pub fn changes<R, C>(
    v: &mut Violations,
    raw: &[R],
    mut parse: impl FnMut(&mut Violations, &str, &R) -> Option<C>,
) -> Option<Vec<C>> {
    let number = raw.len();
    let mut fine = v.check("changes", (1..=MAX_CHANGES).contains(&number), format!("must be 1 to {MAX_CHANGES}"));
    let mut changes = Vec::with_capacity(number.min(MAX_CHANGES));
    for (index, raw) in raw.iter().take(MAX_CHANGES).enumerate() {
        let change = parse(v, &format!("changes[{index}]"), raw);
        fine &= change.is_some();
        changes.extend(change);
    }
    fine.then_some(changes)
}

/// The step that notifies.
pub fn notify(v: &mut Violations, comments_until: &str) -> Option<Step> {
    let comments_until: Option<NaiveDate> = v.optional_date("comments_until", comments_until)?;
    Some(Step::Notify { comments_until })
}

/// The step that reviews: rejecting needs a comment.
pub fn review(v: &mut Violations, approve: bool, comment: &str) -> Option<Step> {
    Some(Step::Review { approve, comment: text(v, "comment", comment, !approve)? })
}

/// The step that withdraws.
pub fn withdraw(v: &mut Violations, comment: &str) -> Option<Step> {
    Some(Step::Withdraw { comment: text(v, "comment", comment, false)? })
}

/// Which fields of a change set an update mask names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mask {
    /// `title`.
    pub title: bool,
    /// `reason`.
    pub reason: bool,
    /// `urgency_reason`.
    pub urgency_reason: bool,
    /// `changes`.
    pub changes: bool,
}

/// Reads an update mask.
pub fn mask(v: &mut Violations, paths: Option<&[String]>) -> Option<Mask> {
    let paths = paths.unwrap_or_default();
    let mut mask = Mask::default();
    let mut fine = v.check("update_mask", !paths.is_empty(), "is required");
    for (index, path) in paths.iter().enumerate() {
        match path.as_str() {
            "title" => mask.title = true,
            "reason" => mask.reason = true,
            "urgency_reason" => mask.urgency_reason = true,
            "changes" => mask.changes = true,
            _ => {
                let field = format!("update_mask.paths[{index}]");
                fine &= v.check(&field, false, "must be title, reason, urgency_reason or changes");
            }
        }
    }
    fine.then_some(mask)
}

/// A new change set: of the message counts what it is, its title, reason, urgency reason and changes.
pub fn draft<R, C>(
    v: &mut Violations,
    (raw_title, raw_reason, raw_urgency): (&str, &str, &str),
    raw_changes: &[R],
    parse: impl FnMut(&mut Violations, &str, &R) -> Option<C>,
) -> Option<Draft<C>> {
    let title = title(v, raw_title);
    let reason = text(v, "reason", raw_reason, false);
    let urgency_reason = text(v, "urgency_reason", raw_urgency, false);
    let changes = changes(v, raw_changes, parse);
    Some(Draft { title: title?, reason: reason?, urgency_reason: urgency_reason?, changes: changes? })
}

/// What an update replaces.
pub fn update<R, C>(
    v: &mut Violations,
    mask: Mask,
    (raw_title, raw_reason, raw_urgency): (&str, &str, &str),
    raw_changes: &[R],
    parse: impl FnMut(&mut Violations, &str, &R) -> Option<C>,
) -> Option<Update<C>> {
    let title = mask.title.then(|| title(v, raw_title));
    let reason = mask.reason.then(|| text(v, "reason", raw_reason, false));
    let urgency_reason = mask.urgency_reason.then(|| text(v, "urgency_reason", raw_urgency, false));
    let changes = mask.changes.then(|| changes(v, raw_changes, parse));
    Some(Update {
        title: title.map_or(Some(None), |it| it.map(Some))?,
        reason: reason.map_or(Some(None), |it| it.map(Some))?,
        urgency_reason: urgency_reason.map_or(Some(None), |it| it.map(Some))?,
        changes: changes.map_or(Some(None), |it| it.map(Some))?,
    })
}

/// A page cut from one more row than it may have, and the token of the next.
///
/// # Errors
/// When the token cannot be made.
pub fn cut<T>(
    mut found: Vec<T>,
    size: usize,
    binding: &PageBinding,
    cursor: impl Fn(&T) -> Cursor,
) -> Result<(Vec<T>, String), Fault> {
    let more = found.len() > size;
    found.truncate(size);
    let token = match found.last() {
        Some(last) if more => binding.token(&cursor(last))?,
        _ => String::new(),
    };
    Ok((found, token))
}
