//! Which certificates alerts affect: the registry knows the certificates, the alerts the schemes and the goods.

use std::collections::BTreeSet;

use greenlane_api::{
    common::v1::CodeReference,
    equivalence::v1::{GetStandardEditionRequest, catalogue_service_client::CatalogueServiceClient},
    registry::v1::{
        CertificateFilter, CertificateState, ListCertificatesRequest,
        certificate_service_client::CertificateServiceClient,
    },
};
use serde_json::Value;

use super::common::Of;
use crate::client::Session;

/// Certificates that are asked for at a time.
const PAGE: i32 = 1_000;

/// A scheme or standard edition, if one is meant, and the edition and digits of a code.
type Asked = (String, Option<(String, String)>);

/// Adds to each alert of an answer the numbers of the certificates in force that it affects.
pub(super) async fn join(session: &Session, of: Of, answer: &mut Value, subscription: &Value) -> anyhow::Result<()> {
    for alert in answer["alerts"].as_array_mut().into_iter().flatten() {
        let mut numbers = BTreeSet::new();
        let filters = match of {
            Of::Catalogue => filters(alert, subscription),
            Of::Codes => codes(alert).into_iter().map(|code| (String::new(), code)).collect(),
        };
        for filter in filters {
            numbers.extend(matching(session, filter).await?);
        }
        alert["certificates"] = numbers.into_iter().collect();
    }
    Ok(())
}

fn items<'v>(value: &'v Value, field: &str) -> &'v [Value] {
    value[field].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn texts(value: &Value, field: &str) -> Vec<String> {
    items(value, field).iter().filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

/// A code reference's parts.
fn pair(code: &Value) -> Option<(String, String)> {
    Some((code["edition"].as_str()?.to_owned(), code["code"].as_str()?.to_owned()))
}

/// What to ask for: the schemes that an alert names, or those that are subscribed to when it affects every one, each
/// with the subscribed codes, or else with the alert's own.
fn filters(alert: &Value, subscription: &Value) -> BTreeSet<Asked> {
    let subscribed = texts(subscription, "schemes");
    let mut filters = BTreeSet::new();
    for item in items(alert, "items") {
        let schemes = match (item["allSchemes"].as_bool().unwrap_or_default(), subscribed.is_empty()) {
            (true, true) => vec![String::new()],
            (true, false) => subscribed.clone(),
            (false, _) => texts(item, "schemes"),
        };
        let mut codes: Vec<_> = items(subscription, "codes").iter().map(pair).collect();
        if codes.is_empty() && item["allCodes"] != true {
            codes = items(item, "codes").iter().map(|scope| pair(&scope["code"])).filter(Option::is_some).collect();
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

/// The same of an alert of codes: those of its items; every code where one affects a whole system.
fn codes(alert: &Value) -> BTreeSet<Option<(String, String)>> {
    if items(alert, "items").iter().any(|item| !items(item, "codeSystems").is_empty()) {
        return BTreeSet::from([None]);
    }
    let codes = items(alert, "items").iter().flat_map(|item| items(item, "codes"));
    codes.map(pair).filter(Option::is_some).collect()
}

/// How certificates name a standard edition of the catalogue.
async fn designation(session: &Session, name: String) -> anyhow::Result<String> {
    let mut catalogue = CatalogueServiceClient::new(session.equivalence()?);
    let request = GetStandardEditionRequest { name: name.clone(), consistency: None };
    let found = catalogue.get_standard_edition(request).await?.into_inner().standard.unwrap_or_default();
    Ok(if found.designation.is_empty() { name } else { found.designation })
}

/// The certificates in force of a scheme or standard, if one is named, and of goods under a code.
async fn matching(session: &Session, (target, code): Asked) -> anyhow::Result<Vec<String>> {
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
