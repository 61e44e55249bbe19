//! What certificates and verifications ask of recognition.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::code::CodeReference;
use super::equivalence::Target;
use super::key::{BodyKey, EconomyCode};
use super::question::Question;
use super::standard::Stock;
use super::time::optional_date;
use super::words::RecognitionObject;

/// What a certificate says, as far as recognition depends on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// What was certified.
    pub certified: Vec<Target>,
    /// Who issued the result.
    pub body: BodyKey,
    /// Its economy.
    pub body_economy: EconomyCode,
    /// What kind of result it is.
    pub object: RecognitionObject,
    /// When it was granted, if that is known.
    #[serde(default, with = "optional_date")]
    pub granted_on: Option<NaiveDate>,
}

impl Facts {
    /// The question that goods of a code ask on a day, of whose age nothing is known.
    pub fn question(
        self,
        code: CodeReference,
        origin: EconomyCode,
        destination: EconomyCode,
        date: NaiveDate,
    ) -> Question {
        let Self { certified, body, body_economy, object, granted_on } = self;
        let stock = Stock::default();
        let question =
            Question { certified, body, body_economy, object, granted_on, code, origin, destination, date, stock };
        question.normalised()
    }
}

/// A product of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Product {
    /// Its code.
    pub code: CodeReference,
    /// Where it comes from; the body's economy when the certificate does not say.
    pub origin: EconomyCode,
}

/// Certificates of one profile have the same verdict everywhere: the same facts and the same products.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The facts.
    pub facts: Facts,
    /// The products, sorted, without repetition.
    pub products: Vec<Product>,
}

impl Profile {
    /// Of facts and products in any order.
    pub fn new(mut facts: Facts, mut products: Vec<Product>) -> Self {
        facts.certified.sort();
        facts.certified.dedup();
        products.sort();
        products.dedup();
        Self { facts, products }
    }
}

/// A certificate as it was reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedCertificate {
    /// Its key.
    pub certificate: String,
    /// Its holder's key.
    pub holder: String,
    /// What it asks.
    pub profile: Profile,
    /// First day in force.
    pub in_force_from: NaiveDate,
    /// Last day in force.
    pub in_force_until: NaiveDate,
}

/// When somebody last reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// Who.
    pub reporter: String,
    /// When, if that is known.
    pub at: Option<DateTime<Utc>>,
}

/// A question as it was asked, whenever that was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedQuestion {
    /// The certificate.
    pub facts: Facts,
    /// The goods.
    pub product: Product,
    /// Where they were to go.
    pub destination: EconomyCode,
    /// How old they were.
    #[serde(default, skip_serializing_if = "Stock::is_unknown")]
    pub stock: Stock,
}

impl AskedQuestion {
    /// The same question on another day.
    pub fn on(self, date: NaiveDate) -> Question {
        let Self { facts, product, destination, stock } = self;
        Question { stock, ..facts.question(product.code, product.origin, destination, date) }
    }
}

impl From<Question> for AskedQuestion {
    fn from(question: Question) -> Self {
        let Question { certified, body, body_economy, object, granted_on, code, origin, destination, date: _, stock } =
            question;
        let facts = Facts { certified, body, body_economy, object, granted_on };
        Self { facts, product: Product { code, origin }, destination, stock }
    }
}

/// The identity of something that is stored as JSON.
pub fn identity(json: &str) -> String {
    hex::encode(Sha256::digest(json))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_date;

    fn asked(stock: Stock) -> AskedQuestion {
        let facts = Facts {
            certified: Vec::new(),
            body: BodyKey::parse("bodies/a").unwrap(),
            body_economy: EconomyCode::parse("XA").unwrap(),
            object: RecognitionObject::Certificate,
            granted_on: None,
        };
        let code = CodeReference::new("HS2022", "854143").unwrap();
        let economy = |text| EconomyCode::parse(text).unwrap();
        let question = facts.question(code, economy("XA"), economy("XB"), parse_date("2026-01-01").unwrap());
        AskedQuestion::from(Question { stock, ..question })
    }

    #[test]
    fn how_old_goods_were_is_kept_with_the_question_and_what_was_kept_before_is_read() {
        let stock = Stock { placed_on: parse_date("2023-05-01"), manufactured_on: None };
        let day = parse_date("2026-06-01").unwrap();
        assert_eq!((asked(stock).on(day).stock, asked(stock).on(day).date), (stock, day));
        let [old, new] = [Stock::default(), stock].map(|stock| serde_json::to_string(&asked(stock)).unwrap());
        assert!(!old.contains("stock"), "{old}");
        assert_ne!(identity(&old), identity(&new));
        assert_eq!(serde_json::from_str::<AskedQuestion>(&old).unwrap(), asked(Stock::default()));
        assert_eq!(serde_json::from_str::<AskedQuestion>(&new).unwrap(), asked(stock));
    }
}
