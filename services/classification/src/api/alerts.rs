//! `AlertService`.

use std::sync::Arc;
use std::time::Duration;

use greenlane_api::classification::v1 as pb;
use greenlane_api::common::v1::CodeReference;
use greenlane_curation::alert_service;
use greenlane_curation::alerts::contract::not_too_many;
use greenlane_curation::alerts::{AlertContract, Alerts, Concerns, Subscription};
use greenlane_platform::fault::Fault;
use greenlane_platform::revisions::timestamp;
use greenlane_platform::violations::Violations;

use super::parse;
use crate::app::CodeAlerts;
use crate::domain::alert::{Code, Interest, Item};
use crate::domain::{Catalogue, resolve};

/// Most codes of an item that are told: a list has many.
const MAX_CODES: usize = 100;

/// The handler.
pub(crate) struct AlertsApi {
    pub(crate) alerts: Arc<Alerts<CodeAlerts>>,
    pub(crate) bookmark_interval: Duration,
}

impl AlertContract for AlertsApi {
    type Alerting = CodeAlerts;
    type Subscription = pb::AlertSubscription;
    type Item = pb::AlertItem;

    fn alerts(&self) -> &Arc<Alerts<CodeAlerts>> {
        &self.alerts
    }

    fn bookmark_interval(&self) -> Duration {
        self.bookmark_interval
    }

    fn parse(&self, v: &mut Violations, raw: pb::AlertSubscription) -> Option<(String, Interest)> {
        parse(v, &raw, &self.alerts.about().catalogues.current())
    }

    fn subscription(subscription: Subscription<Interest>) -> pb::AlertSubscription {
        let Interest { codes, lists, economies } = subscription.interest;
        pb::AlertSubscription {
            name: subscription.name,
            title: subscription.title,
            codes: codes.iter().map(reference).collect(),
            green_lists: lists.iter().map(|id| format!("greenLists/{id}")).collect(),
            economies,
            created_at: Some(timestamp(subscription.created_at)),
        }
    }

    fn item(item: &Item, concerns: Concerns) -> Result<pb::AlertItem, Fault> {
        let reach = &item.reach;
        let named = |kind: &str, id: &str| if id.is_empty() { String::new() } else { format!("{kind}/{id}") };
        Ok(pb::AlertItem {
            entry: item.entry.clone(),
            field: item.field.clone(),
            what: item.what.clone(),
            from: item.from.map(|day| day.to_string()).unwrap_or_default(),
            to_do: item.to_do.clone(),
            tightens: item.tightens,
            codes: reach.codes.iter().take(MAX_CODES).map(reference).collect(),
            omitted_codes: u32::try_from(reach.codes.len().saturating_sub(MAX_CODES)).unwrap_or(u32::MAX),
            code_systems: reach.systems.iter().map(|id| named("codeSystems", id)).collect(),
            green_list: named("greenLists", &reach.list),
            economy: reach.economy.clone(),
            uncertain: concerns == Concerns::Perhaps,
        })
    }
}

alert_service!(pb, AlertsApi);

fn reference(code: &Code) -> CodeReference {
    CodeReference { edition: code.edition.clone(), code: code.code.clone() }
}

fn parse(v: &mut Violations, raw: &pb::AlertSubscription, catalogue: &Catalogue) -> Option<(String, Interest)> {
    let mut v = v.scope("subscription");
    let title = v.text("title", &raw.title, 0..=300);
    let lists =
        [("codes", raw.codes.len()), ("green_lists", raw.green_lists.len()), ("economies", raw.economies.len())];
    if !not_too_many(&mut v, &lists) {
        return None;
    }
    let mut interest = Interest::default();
    for (index, code) in raw.codes.iter().enumerate() {
        let field = format!("codes[{index}]");
        let Some(asked) = parse::code(&mut v, &field, Some(code)) else { continue };
        match resolve(catalogue, &asked) {
            Ok(_) => {
                let (edition, code) = (asked.edition.to_string(), asked.code.to_string());
                interest.codes.push(Code { edition, code });
            }
            Err(why) => v.add(&field, why),
        }
    }
    for (index, list) in raw.green_lists.iter().enumerate() {
        let field = format!("green_lists[{index}]");
        let Some(id) = parse::green_list(&mut v, &field, list) else { continue };
        v.check(&field, catalogue.list(&id).is_some(), "is not known");
        interest.lists.push(id);
    }
    for (index, economy) in raw.economies.iter().enumerate() {
        let economy = v.economy(&format!("economies[{index}]"), economy);
        interest.economies.extend(economy.map(|economy| economy.as_str().to_owned()));
    }
    Some((title?, interest))
}
