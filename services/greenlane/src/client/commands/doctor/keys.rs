//! Whether each certification body has a key with which it can sign now.

use futures_util::{StreamExt as _, stream};
use greenlane_api::registry::v1::{
    BodyKey, BodyRole, ListBodiesRequest, ListBodyKeysRequest, body_service_client::BodyServiceClient,
};
use greenlane_platform::clock::Clock;

use super::Finding;
use crate::client::Session;

const CHECK: &str = "body-keys";
/// So many bodies are looked at.
const MOST: i32 = 100;
/// Of so many is asked at once.
const AT_ONCE: usize = 8;
/// So many of them are named.
const NAMED: usize = 5;

/// Names the bodies that have none. Nothing is said where all have, and to whoever may not know.
pub(super) async fn check(session: &Session) -> Option<Finding> {
    let mut bodies = BodyServiceClient::new(session.registry().ok()?);
    let role = BodyRole::CertificationBody.into();
    let request = ListBodiesRequest { role, page_size: MOST, ..Default::default() };
    let listed = bodies.list_bodies(request).await.ok()?.into_inner();
    let are_all = listed.next_page_token.is_empty();
    let now = Clock::system().now().timestamp();
    let asked = stream::iter(listed.bodies).map(|body| {
        let mut bodies = bodies.clone();
        async move {
            let request = ListBodyKeysRequest { body: body.name.clone(), page_size: 1_000, ..Default::default() };
            let keys = bodies.list_body_keys(request).await.ok()?.into_inner().keys;
            Some((body.name, keys.iter().any(|key| signs(key, now))))
        }
    });
    let told: Vec<Option<(String, bool)>> = asked.buffered(AT_ONCE).collect().await;
    let told: Vec<(String, bool)> = told.into_iter().collect::<Option<_>>()?;
    let keyless: Vec<String> = told.into_iter().filter(|(_, can_sign)| !can_sign).map(|(name, _)| name).collect();
    let first = keyless.first()?;
    let advice = format!("greenlane body key create {first}, if it is to issue any");
    Some(Finding::warning(CHECK, detail(&keyless, are_all), advice))
}

/// Which have none, of all bodies or of the first ones.
fn detail(keyless: &[String], are_all: bool) -> String {
    let more = keyless.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let among = if are_all { String::new() } else { format!(", among the first {MOST} bodies") };
    let named = keyless.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    format!("without a key that it could sign certificates with: {named}{more}{among}")
}

/// Whether documents may be signed with a key at a moment.
fn signs(key: &BodyKey, now: i64) -> bool {
    let from = key.valid_from.is_none_or(|from| from.seconds <= now);
    let until = key.valid_until.is_none_or(|until| until.seconds > now);
    from && until && key.compromised_since.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_the_first_bodies_is_not_told_as_that_of_all() {
        let keyless: Vec<String> = (1..=7).map(|number| format!("bodies/b-{number}")).collect();
        assert!(detail(&keyless, true).ends_with("bodies/b-5 and 2 more"), "{}", detail(&keyless, true));
        assert!(detail(&keyless, false).ends_with("bodies/b-5 and 2 more, among the first 100 bodies"));
        assert!(detail(&keyless[..1], true).ends_with(": bodies/b-1"));
    }
}
