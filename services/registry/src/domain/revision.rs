//! What a new version of a certificate may change.

use std::cmp::Ordering;

use chrono::NaiveDate;

use super::content::{Content, Product, Quantity, SerialRange};
use super::goods::same_gtin;
use super::life::Step;
use super::write_off::amount::Amount;
use super::write_off::ledger::common;
use super::write_off::product_key;

/// What an amendment does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Amendment {
    ExtendScope,
    ReduceScope,
    Correct,
}

impl Amendment {
    pub(crate) fn step(self) -> Step {
        match self {
            Self::ExtendScope => Step::ExtendScope,
            Self::ReduceScope => Step::ReduceScope,
            Self::Correct => Step::Reissue,
        }
    }
}

/// The field of a request that is to blame, and why.
pub(crate) type Fault = (&'static str, String);

/// Why an amendment may not make `after` of `before`; empty when it may.
pub(crate) fn amendment_faults(amendment: Amendment, before: &Content, after: &Content) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    let mut check = |field, holds: bool, why: &str| {
        if !holds {
            faults.push((field, why.to_owned()));
        }
    };
    check("update_mask", before != after, "changes nothing");
    let same_scheme = before.scheme.scheme == after.scheme.scheme;
    check("content.scheme.scheme", same_scheme, "cannot change: another scheme is another certificate");
    match amendment {
        Amendment::Correct => return faults,
        Amendment::ExtendScope => check(
            "content.products",
            covers_all(after, before),
            "must still cover all that was covered, and as much of it in all: what is taken away is a reduction, a step of \
             its own",
        ),
        Amendment::ReduceScope => check(
            "content.products",
            covers_all(before, after),
            "must not cover what was not covered, nor more of it in all: what is added is an extension, a step of its own",
        ),
    }
    check("content.granted_on", before.granted_on == after.granted_on, "is changed by a correction only");
    check("content.valid_from", before.valid_from == after.valid_from, "is changed by a correction only");
    check("content.valid_until", after.valid_until <= before.valid_until, "is not made later but by a renewal");
    faults
}

/// The content after a renewal. When the last day has passed, validity begins anew today: the gap stays a gap.
pub(crate) fn renewed(
    before: &Content,
    valid_until: NaiveDate,
    authorised_by: String,
    today: NaiveDate,
) -> Result<Content, Fault> {
    if valid_until <= before.valid_until {
        return Err(("valid_until", format!("must be later than the present last day, {}", before.valid_until)));
    }
    if valid_until < today {
        return Err(("valid_until", "must not have passed".to_owned()));
    }
    let valid_from = if before.valid_until < today { today } else { before.valid_from };
    Ok(Content { valid_from, valid_until, authorised_by, ..before.clone() })
}

/// Whether every product of `part` is one of `whole`, or a part of one; and whether the parts of one are together no more
/// than it.
fn covers_all(whole: &Content, part: &Content) -> bool {
    let mut whole: Vec<Rest<'_>> = whole.products.iter().map(Rest::of).collect();
    // What is identified as before is a part of what it was; the others find room in what is left.
    let parts = part.products.iter().map(|part| (product_key(&part.id), part));
    let (kept, cut): (Vec<_>, Vec<_>) = parts.partition(|(key, _)| whole.iter().any(|rest| rest.key == *key));
    kept.into_iter().chain(cut).all(|(key, part)| {
        let roomy = whole.iter_mut().filter(|rest| covers(rest.product, part) && rest.has_room(part));
        let found = roomy.min_by_key(|rest| (rest.key != key, rest.left));
        found.map(|rest| rest.take(part)).is_some()
    })
}

/// What of a product no part has taken yet.
struct Rest<'p> {
    product: &'p Product,
    key: String,
    /// None when it is not limited to a quantity.
    left: Option<Amount>,
    serials: Vec<SerialRange>,
}

impl<'p> Rest<'p> {
    fn of(product: &'p Product) -> Self {
        let left = product.quantity.as_ref().map(|quantity| Amount::certified(&quantity.amount));
        Self { product, key: product_key(&product.id), left, serials: Vec::new() }
    }

    fn has_room(&self, part: &Product) -> bool {
        let wanted = part.quantity.as_ref().map(|quantity| Amount::certified(&quantity.amount));
        let taken = |run: &SerialRange| self.serials.iter().any(|taken| common(taken, run).is_some());
        self.left.zip(wanted).is_none_or(|(left, wanted)| wanted <= left)
            && (self.product.serial_ranges.is_empty() || !runs(part).iter().any(taken))
    }

    fn take(&mut self, part: &Product) {
        if let (Some(left), Some(quantity)) = (self.left, &part.quantity) {
            self.left = Some(left.minus(Amount::certified(&quantity.amount)));
        }
        self.serials.extend(runs(part));
    }
}

/// The serial numbers that a product is limited to.
fn runs(product: &Product) -> Vec<SerialRange> {
    let serial = &product.id.serial;
    let one = (!serial.is_empty()).then(|| SerialRange { first: serial.clone(), last: serial.clone() });
    product.serial_ranges.iter().cloned().chain(one).collect()
}

/// Whether all goods of `part` are goods of `whole` too. What `whole` does not say does not limit it.
fn covers(whole: &Product, part: &Product) -> bool {
    let (w, p) = (&whole.id, &part.id);
    let within = |limit: &str, value: &str| limit.is_empty() || limit == value;
    let models = |product: &Product| -> Vec<String> {
        let named = [&product.id.model].into_iter().filter(|model| !model.is_empty());
        named.chain(&product.models).map(|model| model.to_lowercase()).collect()
    };
    let (of_whole, of_part) = (models(whole), models(part));
    let model_fits = of_whole.is_empty() || !of_part.is_empty() && of_part.iter().all(|model| of_whole.contains(model));
    (w.gtin.is_empty() || !p.gtin.is_empty() && same_gtin(&w.gtin, &p.gtin))
        && model_fits
        && within(&w.batch, &p.batch)
        && within(&w.serial, &p.serial)
        && within(&whole.origin, &part.origin)
        && part.codes.iter().all(|code| whole.codes.iter().any(|covering| covering.covers(code)))
        && serials_fit(whole, part)
        && quantity_fits(whole.quantity.as_ref(), part.quantity.as_ref())
}

fn serials_fit(whole: &Product, part: &Product) -> bool {
    if whole.serial_ranges.is_empty() {
        return true;
    }
    let within = |first: &str, last: &str| {
        whole.serial_ranges.iter().any(|range: &SerialRange| range.contains(first) && range.contains(last))
    };
    if part.serial_ranges.is_empty() {
        return !part.id.serial.is_empty() && within(&part.id.serial, &part.id.serial);
    }
    part.serial_ranges.iter().all(|range| within(&range.first, &range.last))
}

fn quantity_fits(whole: Option<&Quantity>, part: Option<&Quantity>) -> bool {
    match (whole, part) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(whole), Some(part)) => whole.unit == part.unit && compare(&part.amount, &whole.amount).is_le(),
    }
}

/// Compares two decimal numbers as they are written: digits, at most one point.
fn compare(a: &str, b: &str) -> Ordering {
    let parts = |text: &str| {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        (whole.trim_start_matches('0').to_owned(), fraction.trim_end_matches('0').to_owned())
    };
    let ((a_whole, a_fraction), (b_whole, b_fraction)) = (parts(a), parts(b));
    a_whole.len().cmp(&b_whole.len()).then(a_whole.cmp(&b_whole)).then(a_fraction.cmp(&b_fraction))
}

#[cfg(test)]
mod tests;
