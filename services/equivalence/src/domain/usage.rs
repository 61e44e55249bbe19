//! What certificates and verifications ask of recognition.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::code::CodeReference;
use super::equivalence::Target;
use super::key::{BodyKey, EconomyCode};
use super::question::Question;
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
    /// The question that goods of a code ask on a day.
    pub fn question(
        self,
        code: CodeReference,
        origin: EconomyCode,
        destination: EconomyCode,
        date: NaiveDate,
    ) -> Question {
        let Self { certified, body, body_economy, object, granted_on } = self;
        let question = Question { certified, body, body_economy, object, granted_on, code, origin, destination, date };
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

/// A question as it was asked, whenever that was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedQuestion {
    /// The certificate.
    pub facts: Facts,
    /// The goods.
    pub product: Product,
    /// Where they were to go.
    pub destination: EconomyCode,
}

impl From<Question> for AskedQuestion {
    fn from(question: Question) -> Self {
        let Question { certified, body, body_economy, object, granted_on, code, origin, destination, date: _ } =
            question;
        let facts = Facts { certified, body, body_economy, object, granted_on };
        Self { facts, product: Product { code, origin }, destination }
    }
}

/// The identity of something that is stored as JSON.
pub fn identity(json: &str) -> String {
    hex::encode(Sha256::digest(json))
}
