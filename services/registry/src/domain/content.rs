//! What a body states about products: the formal certification documentation of ISO/IEC 17065:2012, 7.7.

use chrono::NaiveDate;
use greenlane_credential::ConfidentialField;
use serde::{Deserialize, Serialize};

use super::goods::{Code, ProductId, as_read, folded};
use super::units;

/// The facts of one version of a certificate. Stored and hashed as JSON; texts were validated when they came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) holder: Holder,
    pub(crate) products: Vec<Product>,
    pub(crate) scheme: Scheme,
    pub(crate) normative_documents: Vec<NormativeDocument>,
    pub(crate) granted_on: NaiveDate,
    /// First day of validity.
    pub(crate) valid_from: NaiveDate,
    /// Last day of validity.
    pub(crate) valid_until: NaiveDate,
    pub(crate) authorised_by: String,
    pub(crate) scope: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) sites: Vec<Site>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) body_reference: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) remarks: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) measurements: Vec<Measurement>,
    /// What the document keeps back, to be disclosed to those who may see it; in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) confidential: Vec<ConfidentialField>,
}

/// Who it was granted to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holder {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) address: String,
    pub(crate) economy: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) identifier: String,
}

/// A certified product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Product {
    pub(crate) name: String,
    pub(crate) id: ProductId,
    pub(crate) codes: Vec<Code>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) serial_ranges: Vec<SerialRange>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) quantity: Option<Quantity>,
    /// Economy of origin, when limited to one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) origin: String,
    /// Further models of the same name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) models: Vec<String>,
}

impl Product {
    /// The serial numbers that it is limited to; none when it is not.
    pub(crate) fn runs(&self) -> Vec<SerialRange> {
        let one = (!self.id.serial.is_empty()).then(|| SerialRange::one(&self.id.serial));
        self.serial_ranges.iter().cloned().chain(one).collect()
    }
}

/// A run of serial numbers of one length, both ends covered. Kept as it was told; compared as people read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SerialRange {
    pub(crate) first: String,
    pub(crate) last: String,
}

impl SerialRange {
    pub(crate) fn new(first: &str, last: &str) -> Result<Self, &'static str> {
        let (from, until) = (as_read(first), as_read(last));
        if from.len() != until.len() {
            return Err("both ends must be of the same length");
        }
        if from > until {
            return Err("the first must not come after the last");
        }
        Ok(Self { first: first.to_owned(), last: last.to_owned() })
    }

    /// The run of one number.
    pub(crate) fn one(serial: &str) -> Self {
        Self { first: serial.to_owned(), last: serial.to_owned() }
    }

    /// As it is compared: see [`as_read`].
    pub(crate) fn as_read(&self) -> Self {
        Self { first: folded(&self.first), last: folded(&self.last) }
    }

    pub(crate) fn contains(&self, serial: &str) -> bool {
        let (first, last, serial) = (as_read(&self.first), as_read(&self.last), as_read(serial));
        serial.len() == first.len() && first <= serial && serial <= last
    }

    /// The serial numbers that two runs have in common, as they are compared. Numbers of different lengths are different
    /// numbers.
    pub(crate) fn common(&self, other: &Self) -> Option<Self> {
        let (one, another) = (as_read(&self.first), as_read(&other.first));
        let is_comparable = one.len() == another.len();
        let (first, last) = (one.max(another), as_read(&self.last).min(as_read(&other.last)));
        (is_comparable && first <= last).then(|| Self { first: first.into_owned(), last: last.into_owned() })
    }
}

/// An amount with its unit (UN/ECE Recommendation 20).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Quantity {
    pub(crate) amount: String,
    pub(crate) unit: String,
}

impl Quantity {
    pub(crate) fn new(amount: &str, unit: &str) -> Result<Self, &'static str> {
        Ok(Self { amount: Self::amount(amount)?, unit: Self::unit(unit)? })
    }

    /// How much.
    pub(crate) fn amount(amount: &str) -> Result<String, &'static str> {
        let (whole, fraction) = amount.split_once('.').unwrap_or((amount, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if amount.len() > 30 || !digits(whole) || !digits(fraction) {
            return Err("the amount must be a decimal number of at most 30 characters");
        }
        Ok(amount.to_owned())
    }

    /// Of what.
    pub(crate) fn unit(unit: &str) -> Result<String, &'static str> {
        if !units::is_known(unit) {
            return Err(
                "the unit must be a code of UN/ECE Recommendation 20, such as C62 (one), H87 (piece), KGM or KWH",
            );
        }
        Ok(unit.to_owned())
    }
}

/// Something measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Measurement {
    pub(crate) metric: String,
    pub(crate) value: Quantity,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) method: String,
}

/// Where products are made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Site {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) address: String,
    pub(crate) economy: String,
}

/// Scheme and level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scheme {
    /// `schemes/{scheme}`.
    pub(crate) scheme: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) level: String,
}

/// A normative document in one edition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NormativeDocument {
    pub(crate) edition: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) part: String,
}

/// A rule over several fields that does not hold: the field to blame, and why.
pub(crate) type Fault = (&'static str, &'static str);

impl Content {
    /// What a verdict rests on, without what is only for readers of the document.
    pub(crate) fn for_verdicts(&self) -> Self {
        Self {
            holder: Holder {
                name: String::new(),
                address: String::new(),
                economy: String::new(),
                identifier: String::new(),
            },
            authorised_by: String::new(),
            scope: String::new(),
            sites: Vec::new(),
            body_reference: String::new(),
            remarks: String::new(),
            measurements: Vec::new(),
            confidential: Vec::new(),
            ..self.clone()
        }
    }

    /// The content without these fields, as far as its document keeps them back: what stands in it in the clear is known.
    pub(crate) fn without(&self, fields: &[ConfidentialField]) -> Self {
        let mut rest = self.clone();
        for field in fields.iter().filter(|field| self.confidential.contains(field)) {
            match field {
                ConfidentialField::HolderAddress => rest.holder.address.clear(),
                ConfidentialField::Sites => rest.sites.clear(),
                ConfidentialField::BodyReference => rest.body_reference.clear(),
                ConfidentialField::Remarks => rest.remarks.clear(),
                ConfidentialField::Measurements => rest.measurements.clear(),
            }
        }
        rest
    }
}

/// The rules about a certificate's days that no single one can tell.
pub(crate) fn period_faults(granted_on: NaiveDate, valid_from: NaiveDate, valid_until: NaiveDate) -> Vec<Fault> {
    let mut faults = Vec::new();
    if valid_from < granted_on {
        faults.push(("valid_from", "must not be before granted_on"));
    }
    if valid_until < valid_from {
        faults.push(("valid_until", "must not be before valid_from, which is granted_on when left out"));
    }
    faults
}

#[cfg(test)]
mod tests;
