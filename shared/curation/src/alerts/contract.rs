//! What a service says so that its `AlertService` can be written for it.

use std::sync::Arc;
use std::time::Duration;

use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{Scope, Violations};

use super::{Alerting, Alerts, Concerns, Subscription};

/// The most of a kind that a subscription names.
const MAX_INTERESTS: usize = 100;

/// What a service adds to its alerts to serve them.
pub trait AlertContract: Send + Sync + 'static {
    /// What the alerts are about.
    type Alerting: Alerting;
    /// A subscription, in the contract.
    type Subscription;
    /// A part of an alert, in the contract.
    type Item;

    /// The alerts.
    fn alerts(&self) -> &Arc<Alerts<Self::Alerting>>;

    /// How long a stream may be silent.
    fn bookmark_interval(&self) -> Duration;

    /// Title and interest. Names that are not known are refused: whoever mistypes one would hear nothing.
    fn parse(
        &self,
        v: &mut Violations,
        raw: Self::Subscription,
    ) -> Option<(String, <Self::Alerting as Alerting>::Interest)>;

    /// A subscription.
    fn subscription(subscription: Subscription<<Self::Alerting as Alerting>::Interest>) -> Self::Subscription;

    /// A part of an alert that affects somebody.
    ///
    /// # Errors
    /// When it cannot be said in the contract.
    fn item(item: &<Self::Alerting as Alerting>::Item, concerns: Concerns) -> Result<Self::Item, Fault>;
}

/// Checks of each list of a subscription that it is not too long.
pub fn not_too_many(v: &mut Scope<'_>, lists: &[(&str, usize)]) -> bool {
    let check = |fine: bool, (field, number): &(&str, usize)| {
        v.check(field, *number <= MAX_INTERESTS, format!("at most {MAX_INTERESTS}")) && fine
    };
    lists.iter().fold(true, check)
}

/// The name of a subscription.
pub fn name(v: &mut Violations, field: &str, raw: &str) -> Option<String> {
    let [id] = v.resource_name::<1>(field, raw, "subscriptions/{subscription}")?;
    Some(format!("subscriptions/{id}"))
}

/// The name of a subscription, of a request that has nothing else to check.
///
/// # Errors
/// When it is none.
pub fn named(field: &str, raw: &str) -> Result<String, Fault> {
    let mut v = Violations::new();
    let name = name(&mut v, field, raw);
    v.finish_with(|| name)
}
