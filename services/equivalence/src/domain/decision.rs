//! What recognition decides, and why.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;
use smallvec::SmallVec;

use super::arrangement::{Annex, AnnexCondition};
use super::body::Designation;
use super::equivalence::{Equivalence, Target, TargetKey};
use super::key::{AnnexKey, EconomyCode};
use super::requirement::Requirement;
use super::standard::{EditionTransition, Stock};
use super::words::{ConditionKind, RecognitionEffect};

macro_rules! numbered {
    ($($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $number:literal),+ $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$value_doc])* $value = $number),+
        }

        impl $name {
            /// The number in the contract.
            pub fn number(self) -> i32 {
                self as i32
            }
        }
    )*};
}

numbered! {
    /// The overall outcome.
    Outcome {
        /// Met without conditions.
        Recognised = 1,
        /// Met on conditions.
        RecognisedOnConditions = 2,
        /// Met in part.
        Partial = 3,
        /// Taken note of.
        InformationOnly = 4,
        /// Not met.
        NotRecognised = 5,
        /// Nothing is asked.
        NoRequirementApplies = 6,
        /// Cannot be said.
        Undetermined = 7,
    }
    /// What the market demands of the goods, where the outcome speaks only of what it honours.
    Demand {
        /// Nothing.
        Nothing = 1,
        /// It cannot be said.
        Unknown = 2,
    }
    /// Whether a requirement is met.
    Status {
        /// Met by the route.
        Met = 1,
        /// Met in part by the route.
        MetInPart = 2,
        /// The route obliges to take note only.
        InformationOnly = 3,
        /// Not met.
        NotMet = 4,
        /// Cannot be said.
        Undetermined = 5,
    }
    /// The checks of a route.
    Check {
        /// Issuer and market are parties.
        Parties = 1,
        /// What was certified is covered, or accepted.
        Scheme = 2,
        /// The code is covered.
        Code = 3,
        /// The kind of result is covered, or accepted.
        Object = 4,
        /// The arrangement is in force.
        ArrangementInForce = 5,
        /// The annex is in force.
        AnnexInForce = 6,
        /// No exclusion applies.
        Exclusions = 7,
        /// The goods come from where they must.
        Origin = 8,
        /// Transition periods are over.
        Transition = 9,
        /// The body is designated.
        Designation = 10,
        /// A chain leads to something accepted.
        Chain = 11,
        /// The body is accepted directly.
        Body = 12,
        /// The edition still counts, or counts already.
        Edition = 13,
    }
}

/// A reason, for programs and people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Stable identifier.
    pub code: &'static str,
    /// One sentence.
    pub message: String,
    /// The names and values that it speaks of.
    pub parameters: BTreeMap<String, String>,
}

impl Finding {
    /// A finding about one named value.
    pub fn about(code: &'static str, parameter: &str, value: impl ToString, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), parameters: BTreeMap::from([(parameter.to_owned(), value.to_string())]) }
    }
}

/// Something still to be fulfilled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition<'c> {
    /// A test that bridges a deviation: which of an equivalence's. It is looked up only when it is read.
    Bridging(&'c Arc<Equivalence>, usize),
    /// What an annex asks for.
    ByAnnex(&'c AnnexCondition, &'c Annex),
    /// What must be shown of stock that is exempt from a transition.
    OfStock(&'c EditionTransition),
}

impl<'c> Condition<'c> {
    /// Kind.
    pub fn kind(self) -> ConditionKind {
        match self {
            Self::Bridging(..) => ConditionKind::BridgingTest,
            Self::ByAnnex(condition, _) => condition.kind,
            Self::OfStock(_) => ConditionKind::ExemptStock,
        }
    }

    /// Identifier.
    pub fn id(self) -> &'c str {
        match self {
            Self::Bridging(link, at) => link.bridging_tests().nth(at).map_or("", |test| &test.id),
            Self::ByAnnex(condition, _) => &condition.id,
            Self::OfStock(transition) => transition.name.as_str(),
        }
    }

    /// What is to be done.
    pub fn description(self) -> &'c str {
        match self {
            Self::Bridging(link, at) => link.bridging_tests().nth(at).map_or("", |test| &test.description),
            Self::ByAnnex(condition, _) => &condition.description,
            Self::OfStock(transition) => transition.stock_exemption.as_ref().map_or("", |it| &it.provided),
        }
    }

    /// The resource name of where it comes from: an equivalence, an annex or an edition transition.
    pub fn origin(self) -> String {
        match self {
            Self::Bridging(link, _) => link.name.name(),
            Self::ByAnnex(_, annex) => annex.name.name(),
            Self::OfStock(transition) => transition.name.name(),
        }
    }

    /// Whether it is fulfilled when the other is: a test wherever the two come from; what an annex asks for only if the same
    /// annex does, as its identifiers are its own.
    pub fn is_same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Bridging(..), Self::Bridging(..)) => self.id() == other.id(),
            (Self::ByAnnex(one, annex), Self::ByAnnex(other, of)) => annex.name == of.name && one.id == other.id,
            (Self::OfStock(one), Self::OfStock(other)) => one.name == other.name,
            (Self::Bridging(..) | Self::ByAnnex(..) | Self::OfStock(_), _) => false,
        }
    }
}

/// What is still to be fulfilled, each once.
pub type Conditions<'c> = SmallVec<[Condition<'c>; 2]>;

/// A transition from which the goods of a question are exempt, and by what of their age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exemption<'c> {
    /// The transition.
    pub transition: &'c EditionTransition,
    /// The age of the goods.
    pub stock: Stock,
}

impl Exemption<'_> {
    /// Why these goods are exempt, in words.
    pub fn reason(&self) -> String {
        let Some(exemption) = &self.transition.stock_exemption else { return String::new() };
        let before = |what, day: Option<NaiveDate>, limit: Option<NaiveDate>| {
            day.zip(limit).map(|(day, limit)| format!("{what} on {day}, before {limit}"))
        };
        let told = [
            before("placed on the market", self.stock.placed_on, exemption.placed_on_market_before),
            before("manufactured", self.stock.manufactured_on, exemption.manufactured_before),
        ];
        told.into_iter().flatten().collect::<Vec<_>>().join(", and ")
    }
}

/// How a certificate leads to acceptance. Borrowed from the catalogue: most of it is never read where only the outcome is
/// wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route<'c> {
    /// The requirement.
    pub requirement: &'c Arc<Requirement>,
    /// The place of what was certified in the question.
    pub certified: usize,
    /// The place of what is accepted in the requirement.
    pub acceptance: usize,
    /// The annex; none for a direct route.
    pub annex: Option<&'c Arc<Annex>>,
    /// The designation relied on.
    pub designation: Option<&'c Arc<Designation>>,
    /// The chain.
    pub links: SmallVec<[&'c Arc<Equivalence>; 2]>,
    /// What it obliges to.
    pub effect: RecognitionEffect,
    /// On which conditions.
    pub conditions: Conditions<'c>,
    /// From which transitions the goods are exempt, where what is accepted counts for that reason only.
    pub exemptions: Vec<Exemption<'c>>,
}

impl<'c> Route<'c> {
    /// The scheme or standard that was certified to.
    pub fn certified_to(&self) -> &'c TargetKey {
        self.links.first().map_or(&self.accepted().name, |link| &link.from.name)
    }

    /// What is accepted.
    pub fn accepted(&self) -> &'c Target {
        &self.requirement.acceptances[self.acceptance].target
    }

    /// The clause: of the annex, or of the requirement for a direct route.
    pub fn legal_reference(&self) -> &'c str {
        self.annex.map_or(&self.requirement.legal_reference, |annex| &annex.legal_reference)
    }
}

/// A route that does not lead to acceptance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss<'c> {
    /// The annex; none for the direct route.
    pub annex: Option<&'c Arc<Annex>>,
    /// The first check that failed.
    pub check: Check,
    /// How many checks passed before.
    pub checks_passed: u32,
    /// Why it failed.
    pub reason: String,
    /// What would mend it.
    pub mend: String,
}

/// One route that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt<'c> {
    /// It leads to acceptance.
    Route(Box<Route<'c>>),
    /// It does not.
    Miss(Miss<'c>),
    /// It cannot be said for want of a fact.
    Missing {
        /// The annex tried.
        annex: Option<AnnexKey>,
        /// What is missing.
        finding: Finding,
    },
}

/// What became of one requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequirementResult<'c> {
    /// Which.
    pub requirement: &'c Arc<Requirement>,
    /// Whether it is met.
    pub status: Status,
    /// The best route.
    pub route: Option<Route<'c>>,
    /// The nearest miss.
    pub nearest_miss: Option<Miss<'c>>,
    /// What is missing.
    pub findings: Vec<Finding>,
    /// Every route that was tried: the direct one, then one for each annex in the order of their names.
    pub attempts: Vec<Attempt<'c>>,
}

/// The identifier of a decision: the SHA-256 of question, revisions, and what else was decisive. Shown as `sha256:` and its hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DecisionId([u8; 32]);

impl DecisionId {
    /// Of a digest.
    pub(super) fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 64];
        hex::encode_to_slice(self.0, &mut digits).map_err(|_| fmt::Error)?;
        f.write_str("sha256:")?;
        f.write_str(std::str::from_utf8(&digits).map_err(|_| fmt::Error)?)
    }
}

/// A decision, as long as the catalogue that it was made on is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision<'c> {
    /// Its identifier.
    pub id: DecisionId,
    /// The outcome.
    pub outcome: Outcome,
    /// Whether the market demands something of the goods, or may, and not only honours it.
    pub demanded: bool,
    /// What it demands, where the outcome does not say it.
    pub demand: Option<Demand>,
    /// What is still to be fulfilled.
    pub conditions: Conditions<'c>,
    /// The best route.
    pub best_route: Option<Route<'c>>,
    /// Every requirement that applies or may apply, mandatory ones first, if it was asked for.
    pub requirements: Vec<RequirementResult<'c>>,
    /// What no requirement says.
    pub findings: Vec<Finding>,
    /// The date that it is for.
    pub date: NaiveDate,
    /// The markets asked.
    pub markets: SmallVec<[EconomyCode; 4]>,
    /// Revision of the catalogue.
    pub revision: u64,
    /// Revision of classification; zero when no code was translated.
    pub classification_revision: u64,
    /// Whether a translation had a part that could not be had: with it the decision may be another.
    pub lacks_translations: bool,
}
