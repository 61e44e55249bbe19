//! Which certificates alerts affect: the registry knows the certificates, the alerts the schemes and the goods.

use std::collections::BTreeSet;

use greenlane_api::{
    common::v1::CodeReference,
    equivalence::v1::{
        Alert, AlertSubscription, GetStandardEditionRequest, ListAlertsResponse,
        catalogue_service_client::CatalogueServiceClient,
    },
    registry::v1::{
        CertificateFilter, CertificateState, ListCertificatesRequest,
        certificate_service_client::CertificateServiceClient,
    },
};
use serde_json::Value;

use crate::client::{Session, render};

/// Certificates that are asked for at a time.
const PAGE: i32 = 1_000;

/// The answer with, for each alert, the numbers of the certificates in force that it affects.
pub(super) async fn join(
    session: &Session,
    answer: &ListAlertsResponse,
    subscription: &AlertSubscription,
) -> anyhow::Result<Value> {
    let mut value = render::to_json(answer)?;
    for (index, alert) in answer.alerts.iter().enumerate() {
        let mut numbers = BTreeSet::new();
        for filter in filters(alert, subscription) {
            numbers.extend(matching(session, filter).await?);
        }
        value["alerts"][index]["certificates"] = numbers.into_iter().collect();
    }
    Ok(value)
}

/// What to ask for: the schemes that an alert names, or those that are subscribed to when it affects every one, each
/// with the subscribed codes, or else with the alert's own.
fn filters(alert: &Alert, subscription: &AlertSubscription) -> BTreeSet<(String, Option<(String, String)>)> {
    let mut filters = BTreeSet::new();
    for item in &alert.items {
        let all = [String::new()];
        let schemes: &[String] = match (item.all_schemes, subscription.schemes.is_empty()) {
            (true, true) => &all,
            (true, false) => &subscription.schemes,
            (false, _) => &item.schemes,
        };
        let pair = |code: &CodeReference| Some((code.edition.clone(), code.code.clone()));
        let mut codes: Vec<_> = subscription.codes.iter().map(pair).collect();
        if codes.is_empty() && !item.all_codes {
            codes = item.codes.iter().filter_map(|scope| scope.code.as_ref()).map(pair).collect();
        }
        if codes.is_empty() {
            codes.push(None);
        }
        for scheme in schemes {
            filters.extend(codes.iter().map(|code| (scheme.clone(), code.clone())));
        }
    }
    filters
}

/// How certificates name a standard edition of the catalogue.
async fn designation(session: &Session, name: String) -> anyhow::Result<String> {
    let mut catalogue = CatalogueServiceClient::new(session.equivalence()?);
    let request = GetStandardEditionRequest { name: name.clone(), consistency: None };
    let found = catalogue.get_standard_edition(request).await?.into_inner().standard.unwrap_or_default();
    Ok(if found.designation.is_empty() { name } else { found.designation })
}

/// The certificates in force of a scheme or standard, if one is named, and of goods under a code.
pub(in crate::client::commands) async fn matching(
    session: &Session,
    (target, code): (String, Option<(String, String)>),
) -> anyhow::Result<Vec<String>> {
    let (scheme, standard_edition) = if target.starts_with("standards/") {
        (String::new(), designation(session, target).await?)
    } else {
        (target, String::new())
    };
    let filter = CertificateFilter {
        scheme,
        standard_edition,
        code: code.map(|(edition, code)| CodeReference { edition, code }),
        states: vec![CertificateState::Active.into(), CertificateState::Suspended.into()],
        ..Default::default()
    };
    let mut registry = CertificateServiceClient::new(session.registry()?);
    let mut request = ListCertificatesRequest { filter: Some(filter), page_size: PAGE, ..Default::default() };
    let mut numbers = Vec::new();
    loop {
        let page = registry.list_certificates(request.clone()).await?.into_inner();
        numbers.extend(page.certificates.into_iter().map(|certificate| certificate.name));
        if page.next_page_token.is_empty() {
            return Ok(numbers);
        }
        request.page_token = page.next_page_token;
    }
}
