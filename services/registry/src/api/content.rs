//! The facts of a certificate, and goods as declared: from the wire to the domain, with every fault named.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use greenlane_api::common::v1 as common;
use greenlane_api::registry::v1 as wire;
use greenlane_credential::ConfidentialField;
use greenlane_platform::violations::Violations;

use crate::domain::content as domain;
use crate::domain::goods::{Code, Goods, ProductId, Stock, gtin};
use crate::domain::write_off::product_key;

/// The farthest that a clock on Earth is ahead of UTC.
const AHEAD_OF_UTC: TimeDelta = TimeDelta::hours(14);

/// The facts, under the field `content`, as stated at `now`.
pub(crate) fn content(
    v: &mut Violations,
    raw: Option<wire::CertificateContent>,
    now: DateTime<Utc>,
) -> Option<domain::Content> {
    let raw = v.required("content", raw)?;
    let mut v = v.scope("content");
    let v = &mut *v;
    let holder = holder(v, raw.holder);
    let products = list(v, "products", raw.products, 1, 500, product);
    if let Some(products) = &products {
        each_is_told_apart(v, products);
    }
    let scheme = scheme(v, raw.scheme);
    let normative_documents = list(v, "normative_documents", raw.normative_documents, 1, 50, normative_document);
    let granted_on = v.date("granted_on", &raw.granted_on);
    if let Some(day) = granted_on {
        v.check("granted_on", day <= (now + AHEAD_OF_UTC).date_naive(), "must not be in the future");
    }
    let valid_from = v.optional_date("valid_from", &raw.valid_from);
    let valid_until = v.date("valid_until", &raw.valid_until);
    // Told whatever else is wrong: all faults at once.
    let dated = granted_on.zip(valid_from).zip(valid_until).map(|((granted_on, valid_from), valid_until)| {
        let valid_from = valid_from.unwrap_or(granted_on);
        let faults = domain::period_faults(granted_on, valid_from, valid_until);
        for (field, why) in &faults {
            v.add(field, why);
        }
        (granted_on, valid_from, valid_until)
    });
    let authorised_by = v.own_text("authorised_by", raw.authorised_by, 1..=200);
    let scope = v.paragraphs("scope", &raw.scope, 1..=4_000);
    let sites = list(v, "sites", raw.sites, 0, 100, site);
    let body_reference = v.own_text("body_reference", raw.body_reference, 0..=100);
    let remarks = v.paragraphs("remarks", &raw.remarks, 0..=4_000);
    let measurements = list(v, "measurements", raw.measurements, 0, 100, measurement);
    let confidential = confidential(v, "confidential_fields", raw.confidential_fields, 0);
    let (granted_on, valid_from, valid_until) = dated?;
    Some(domain::Content {
        holder: holder?,
        products: products?,
        scheme: scheme?,
        normative_documents: normative_documents?,
        granted_on,
        valid_from,
        valid_until,
        authorised_by: authorised_by?,
        scope: scope?,
        sites: sites?,
        body_reference: body_reference?,
        remarks: remarks?,
        measurements: measurements?,
        confidential: confidential?,
    })
}

/// Names of fields that documents may keep back, each once, in order.
pub(crate) fn confidential(
    v: &mut Violations,
    field: &str,
    raw: Vec<String>,
    min: usize,
) -> Option<Vec<ConfidentialField>> {
    let named = list(v, field, raw, min, ConfidentialField::ALL.len(), |v, path| {
        let all = ConfidentialField::ALL.map(ConfidentialField::as_str).join(", ");
        v.parse("", ConfidentialField::parse(&path).ok_or_else(|| format!("must be one of {all}")))
    })?;
    Some(named.into_iter().collect::<BTreeSet<_>>().into_iter().collect())
}

/// Every item, each fault under its own index; none when any is wrong or there are too few or too many.
pub(crate) fn list<R, D>(
    v: &mut Violations,
    field: &str,
    raw: Vec<R>,
    min: usize,
    max: usize,
    parse: impl Fn(&mut Violations, R) -> Option<D>,
) -> Option<Vec<D>> {
    if raw.len() < min {
        v.add(field, if min == 1 { "is required".to_owned() } else { format!("must have at least {min} items") });
        return None;
    }
    if raw.len() > max {
        v.add(field, format!("must have at most {max} items"));
        return None;
    }
    let parsed: Vec<Option<D>> = raw
        .into_iter()
        .enumerate()
        .map(|(index, item)| parse(&mut v.scope(format!("{field}[{index}]")), item))
        .collect();
    parsed.into_iter().collect()
}

/// Products that are limited to a quantity or to serial numbers are written off, each under what identifies it.
fn each_is_told_apart(v: &mut Violations, products: &[domain::Product]) {
    let is_limited = |product: &domain::Product| product.quantity.is_some() || !product.serial_ranges.is_empty();
    if products.len() < 2 || !products.iter().any(is_limited) {
        return;
    }
    let mut seen: HashMap<String, (usize, bool)> = HashMap::new();
    for (at, product) in products.iter().enumerate() {
        let limited = is_limited(product);
        match seen.entry(product_key(&product.id)) {
            Entry::Occupied(before) if limited || before.get().1 => {
                let why = format!(
                    "is that of products[{}]: what is limited to a quantity or to serial numbers is written off by it",
                    before.get().0
                );
                v.add(&format!("products[{at}].identification"), why);
            }
            Entry::Occupied(_) => {}
            Entry::Vacant(first) => _ = first.insert((at, limited)),
        }
    }
}

fn holder(v: &mut Violations, raw: Option<wire::Holder>) -> Option<domain::Holder> {
    let raw = v.required("holder", raw)?;
    let mut v = v.scope("holder");
    let name = v.own_text("name", raw.name, 1..=300);
    let address = v.own_text("address", raw.address, 0..=500);
    let economy = v.seat("economy", &raw.economy);
    let identifier = v.own_text("identifier", raw.identifier, 0..=300);
    Some(domain::Holder { name: name?, address: address?, economy: economy?.into_string(), identifier: identifier? })
}

fn product(v: &mut Violations, raw: wire::CertifiedProduct) -> Option<domain::Product> {
    let name = v.own_text("name", raw.name, 1..=300);
    let models = list(v, "models", raw.models, 0, 200, |v, model| v.own_text("", model, 1..=200));
    let id = product_id(v, "identification", raw.identification.unwrap_or_default());
    if id.as_ref().is_some_and(ProductId::is_empty) {
        v.add("identification", "is required: a GTIN, a model, a batch or a serial");
    }
    let codes = list(v, "codes", raw.codes, 1, 50, |v, code| {
        let code = self::code(v, &code)?;
        let known = code.is_of_known_edition();
        v.check("edition", known, "is no edition of the Harmonized System").then_some(code)
    });
    let serial_ranges = list(v, "serial_ranges", raw.serial_ranges, 0, 100, |v, range| {
        let first = v.text("first", &range.first, 1..=100);
        let last = v.text("last", &range.last, 1..=100);
        v.parse("", domain::SerialRange::new(&first?, &last?))
    });
    let quantity = match raw.quantity {
        None => Some(None),
        Some(raw) => quantity(v, "quantity", &raw).map(Some),
    };
    let origin = v.optional_economy("origin", &raw.origin);
    Some(domain::Product {
        name: name?,
        id: id.filter(|id| !id.is_empty())?,
        codes: codes?,
        serial_ranges: serial_ranges?,
        quantity: quantity?,
        origin: origin?.map(|origin| origin.into_string()).unwrap_or_default(),
        models: models?,
    })
}

/// Product identification; which fields must be there is the caller's rule.
pub(crate) fn product_id(v: &mut Violations, field: &str, raw: common::ProductIdentification) -> Option<ProductId> {
    let mut v = v.scope(field);
    let gtin = if raw.gtin.is_empty() { Some(String::new()) } else { v.parse("gtin", gtin(&raw.gtin)) };
    let model = told(&mut v, "model", &raw.model, 200);
    let batch = told(&mut v, "batch", &raw.batch, 100);
    let serial = told(&mut v, "serial", &raw.serial, 100);
    Some(ProductId { gtin: gtin?, model: model?, batch: batch?, serial: serial? })
}

/// A text that may be left out; blanks alone tell nothing from anything.
fn told(v: &mut Violations, field: &str, raw: &str, most: usize) -> Option<String> {
    let text = v.text(field, raw, 0..=most)?;
    v.check(field, text.is_empty() || !text.trim().is_empty(), "must not be blank").then_some(text)
}

/// A code with its edition.
pub(crate) fn code(v: &mut Violations, raw: &common::CodeReference) -> Option<Code> {
    // Each for itself: a bad edition does not hide a bad code, nor a missing one.
    let edition = if raw.edition.is_empty() { Err("is required") } else { Code::edition(&raw.edition) };
    let code = if raw.code.is_empty() { Err("is required") } else { Code::digits(&raw.edition, &raw.code) };
    let (edition, code) = (v.parse("edition", edition), v.parse("code", code));
    Some(Code { edition: edition?, code: code? })
}

fn quantity(v: &mut Violations, field: &str, raw: &wire::Quantity) -> Option<domain::Quantity> {
    let amount = v.parse(&format!("{field}.amount"), domain::Quantity::amount(&raw.amount));
    let unit = v.parse(&format!("{field}.unit"), domain::Quantity::unit(&raw.unit));
    Some(domain::Quantity { amount: amount?, unit: unit? })
}

fn measurement(v: &mut Violations, raw: wire::Measurement) -> Option<domain::Measurement> {
    let metric = v.text("metric", &raw.metric, 1..=300);
    let value = v.required("value", raw.value).and_then(|value| quantity(v, "value", &value));
    let method = v.text("method", &raw.method, 0..=200);
    Some(domain::Measurement { metric: metric?, value: value?, method: method? })
}

fn site(v: &mut Violations, raw: wire::ProductionSite) -> Option<domain::Site> {
    let name = v.own_text("name", raw.name, 1..=300);
    let address = v.own_text("address", raw.address, 0..=500);
    let economy = v.seat("economy", &raw.economy);
    Some(domain::Site { name: name?, address: address?, economy: economy?.into_string() })
}

fn scheme(v: &mut Violations, raw: Option<wire::SchemeReference>) -> Option<domain::Scheme> {
    let raw = v.required("scheme", raw)?;
    let mut v = v.scope("scheme");
    let scheme = v.resource_name::<1>("scheme", &raw.scheme, "schemes/{scheme}");
    let level = v.own_text("level", raw.level, 0..=64);
    scheme?;
    Some(domain::Scheme { scheme: raw.scheme, level: level? })
}

fn normative_document(v: &mut Violations, raw: wire::NormativeDocument) -> Option<domain::NormativeDocument> {
    let edition = v.own_text("edition", raw.edition, 1..=120);
    let part = v.own_text("part", raw.part, 0..=300);
    Some(domain::NormativeDocument { edition: edition?, part: part? })
}

/// Goods as declared, under the field `goods`; the date is today's when none is given.
pub(crate) fn goods(
    v: &mut Violations,
    raw: Option<common::GoodsDeclaration>,
    today: NaiveDate,
) -> Option<Option<Goods>> {
    let Some(raw) = raw else { return Some(None) };
    let mut v = v.scope("goods");
    let v = &mut *v;
    let code = match v.required("code", raw.code) {
        Some(code) => self::code(&mut v.scope("code"), &code),
        None => None,
    };
    let origin = v.economy("origin", &raw.origin);
    let destination = v.economy("destination", &raw.destination);
    let date = v.optional_date("date", &raw.date);
    let product = product_id(v, "product", raw.product.unwrap_or_default());
    let date = date.map(|date| date.unwrap_or(today));
    // Without a date that is good, what is wrong beside it is told all the same.
    let stock = stock(v, &raw.placed_on_market_on, &raw.manufactured_on, date.unwrap_or(NaiveDate::MAX));
    Some(Some(Goods {
        code: code?,
        origin: origin?.into_string(),
        destination: destination?.into_string(),
        date: date?,
        product: product?,
        stock: stock?,
    }))
}

/// How old goods are on a day, as far as it is declared.
fn stock(v: &mut Violations, placed_on: &str, manufactured_on: &str, date: NaiveDate) -> Option<Stock> {
    let (placed_on, manufactured_on) = v.days_of_stock(placed_on, manufactured_on, date)?;
    Some(Stock { placed_on, manufactured_on })
}
