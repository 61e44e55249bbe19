//! Which certificates alerts of codes affect: the registry knows the certificates, the alerts the codes.

use std::collections::BTreeSet;

use greenlane_api::classification::v1::{Alert, ListAlertsResponse};
use serde_json::Value;

use crate::client::{Session, commands::alert::affected::matching, render};

/// The answer with, for each alert, the numbers of the certificates in force that it affects.
pub(super) async fn join(session: &Session, answer: &ListAlertsResponse) -> anyhow::Result<Value> {
    let mut value = render::to_json(answer)?;
    for (index, alert) in answer.alerts.iter().enumerate() {
        let mut numbers = BTreeSet::new();
        for code in codes(alert) {
            numbers.extend(matching(session, (String::new(), code)).await?);
        }
        value["alerts"][index]["certificates"] = numbers.into_iter().collect();
    }
    Ok(value)
}

/// What to ask for: the codes of the alert's items; every code where one affects a whole system.
fn codes(alert: &Alert) -> BTreeSet<Option<(String, String)>> {
    if alert.items.iter().any(|item| !item.code_systems.is_empty()) {
        return BTreeSet::from([None]);
    }
    let codes = alert.items.iter().flat_map(|item| &item.codes);
    codes.map(|code| Some((code.edition.clone(), code.code.clone()))).collect()
}
