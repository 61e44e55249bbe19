//! Whether each certification body has a key with which it can sign now.

use greenlane_api::registry::v1::{
    BodyKey, BodyRole, ListBodiesRequest, ListBodyKeysRequest, body_service_client::BodyServiceClient,
};
use greenlane_platform::clock::Clock;

use super::Finding;
use crate::client::Session;

const CHECK: &str = "body-keys";
/// So many bodies are looked at.
const MOST: i32 = 100;
/// So many of them are named.
const NAMED: usize = 5;

/// Names the bodies that have none. Nothing is said where all have, and to whoever may not know.
pub(super) async fn check(session: &Session) -> Option<Finding> {
    let mut bodies = BodyServiceClient::new(session.registry().ok()?);
    let role = BodyRole::CertificationBody.into();
    let request = ListBodiesRequest { role, page_size: MOST, ..Default::default() };
    let listed = bodies.list_bodies(request).await.ok()?.into_inner().bodies;
    let now = Clock::system().now().timestamp();
    let mut keyless = Vec::new();
    for body in listed {
        let request = ListBodyKeysRequest { body: body.name.clone(), page_size: 1_000, ..Default::default() };
        let keys = bodies.list_body_keys(request).await.ok()?.into_inner().keys;
        if !keys.iter().any(|key| signs(key, now)) {
            keyless.push(body.name);
        }
    }
    let first = keyless.first()?;
    let more = keyless.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let named = keyless.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let detail = format!("without a key that it could sign certificates with: {named}{more}");
    Some(Finding::warning(CHECK, detail, format!("greenlane body key create {first}, if it is to issue any")))
}

/// Whether documents may be signed with a key at a moment.
fn signs(key: &BodyKey, now: i64) -> bool {
    let from = key.valid_from.is_none_or(|from| from.seconds <= now);
    let until = key.valid_until.is_none_or(|until| until.seconds > now);
    from && until && key.compromised_since.is_none()
}
