//! AlertService.

use std::sync::Arc;
use std::time::Duration;

use greenlane_api::equivalence::v1 as pb;
use greenlane_curation::alert_service;
use greenlane_curation::alerts::contract::not_too_many;
use greenlane_curation::alerts::{AlertContract, Alerts, Concerns, Subscription};
use greenlane_platform::fault::Fault;
use greenlane_platform::revisions::timestamp;
use greenlane_platform::violations::Violations;

use super::{question, wire};
use crate::app::alerts::CatalogueAlerts;
use crate::domain::alert::{Interest, Item};
use crate::domain::equivalence::TargetKey;

/// The handler.
pub(crate) struct AlertsApi {
    pub(crate) alerts: Arc<Alerts<CatalogueAlerts>>,
    pub(crate) bookmark_interval: Duration,
}

impl AlertContract for AlertsApi {
    type Alerting = CatalogueAlerts;
    type Subscription = pb::AlertSubscription;
    type Item = pb::AlertItem;

    fn alerts(&self) -> &Arc<Alerts<CatalogueAlerts>> {
        &self.alerts
    }

    fn bookmark_interval(&self) -> Duration {
        self.bookmark_interval
    }

    fn parse(&self, v: &mut Violations, raw: pb::AlertSubscription) -> Option<(String, Interest)> {
        parse(v, raw, self.alerts.about())
    }

    fn subscription(subscription: Subscription<Interest>) -> pb::AlertSubscription {
        render(subscription)
    }

    fn item(item: &Item, concerns: Concerns) -> Result<pb::AlertItem, Fault> {
        self::item(item, concerns)
    }
}

alert_service!(pb, AlertsApi);

fn parse(v: &mut Violations, raw: pb::AlertSubscription, alerts: &CatalogueAlerts) -> Option<(String, Interest)> {
    let mut v = v.scope("subscription");
    let title = v.text("title", &raw.title, 0..=300);
    let lists = [
        ("codes", raw.codes.len()),
        ("markets", raw.markets.len()),
        ("schemes", raw.schemes.len()),
        ("origins", raw.origins.len()),
    ];
    if !not_too_many(&mut v, &lists) {
        return None;
    }
    let mut interest = Interest::default();
    let in_catalogue = |interest: Interest| alerts.unknown(&interest).is_empty();
    for (index, code) in raw.codes.into_iter().enumerate() {
        interest.codes.extend(question::code(&mut v, &format!("codes[{index}]"), Some(code)));
    }
    let mut economies = |list: &str, raw: &[String]| {
        let mut found = Vec::new();
        for (index, economy) in raw.iter().enumerate() {
            let field = format!("{list}[{index}]");
            let Some(economy) = question::economy(&mut v, &field, economy) else { continue };
            let known = in_catalogue(Interest { markets: vec![economy.clone()], ..Interest::default() });
            v.check(&field, known, "is not in the catalogue");
            found.push(economy);
        }
        found
    };
    interest.markets = economies("markets", &raw.markets);
    interest.origins = economies("origins", &raw.origins);
    for (index, scheme) in raw.schemes.iter().enumerate() {
        let field = format!("schemes[{index}]");
        let Some(scheme) = v.parse(&field, TargetKey::parse(scheme)) else { continue };
        let known = in_catalogue(Interest { schemes: vec![scheme.clone()], ..Interest::default() });
        v.check(&field, known, "is not in the catalogue");
        interest.schemes.push(scheme);
    }
    Some((title?, interest))
}

fn render(subscription: Subscription<Interest>) -> pb::AlertSubscription {
    let Interest { codes, markets, schemes, origins } = subscription.interest;
    let code = |code: crate::domain::code::CodeReference| greenlane_api::common::v1::CodeReference {
        edition: code.edition.to_string(),
        code: code.code.to_string(),
    };
    pb::AlertSubscription {
        name: subscription.name,
        title: subscription.title,
        codes: codes.into_iter().map(code).collect(),
        markets: markets.iter().map(|it| it.as_str().to_owned()).collect(),
        schemes: schemes.iter().map(ToString::to_string).collect(),
        created_at: Some(timestamp(subscription.created_at)),
        origins: origins.iter().map(|it| it.as_str().to_owned()).collect(),
    }
}

fn item(item: &Item, concerns: Concerns) -> Result<pb::AlertItem, Fault> {
    let reach = &item.reach;
    let markets = reach.markets.iter().flatten().map(|it| it.as_str().to_owned());
    let codes = reach.codes.iter().flatten().map(wire::to_wire);
    let schemes = reach.targets.iter().flatten().map(ToString::to_string);
    Ok(pb::AlertItem {
        entry: item.entry.clone(),
        field: item.field.clone(),
        what: item.what.clone(),
        from: item.from.map(|day| day.to_string()).unwrap_or_default(),
        legal_reference: item.legal_reference.clone(),
        to_do: item.to_do.clone(),
        tightens: item.tightens,
        markets: markets.collect(),
        codes: codes.collect::<Result<_, _>>()?,
        schemes: schemes.collect(),
        uncertain: concerns == Concerns::Perhaps,
        all_markets: reach.markets.is_none(),
        all_codes: reach.codes.is_none(),
        all_schemes: reach.targets.is_none(),
        origins: reach.origins.iter().flatten().map(|it| it.as_str().to_owned()).collect(),
        all_origins: reach.origins.is_none(),
    })
}
