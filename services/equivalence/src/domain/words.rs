//! The fixed vocabularies. Texts are read with or without the prefix of the contract and in any case of letters, and
//! written as the contract has them.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident $prefix:literal { $($(#[$value_doc:meta])* $value:ident = $text:literal $number:literal),+ $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$value_doc])* $value),+
        }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// The name in the contract.
            pub fn wire_name(self) -> &'static str {
                match self { $(Self::$value => concat!($prefix, $text)),+ }
            }

            /// The name as people read it: `test report`.
            pub fn words(self) -> String {
                let name = self.wire_name();
                name.strip_prefix($prefix).unwrap_or(name).to_ascii_lowercase().replace('_', " ")
            }

            /// The number in the contract.
            pub fn number(self) -> i32 {
                match self { $(Self::$value => $number),+ }
            }

            /// The value of a number of the contract; none for zero and for numbers that are not known.
            pub fn from_number(number: i32) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.number() == number)
            }

            fn read(text: &str) -> Option<Self> {
                let text = text.to_ascii_uppercase();
                let bare = text.strip_prefix($prefix).unwrap_or(&text);
                Self::ALL.iter().copied().find(|value| value.wire_name().strip_prefix($prefix) == Some(bare))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.wire_name())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::read(&text).ok_or_else(|| {
                    de::Error::custom(format_args!("`{text}` is none of {:?}", Self::ALL))
                })
            }
        }
    )*

    /// All vocabularies.
    pub(crate) const VOCABULARIES: &[Vocabulary] =
        &[$((stringify!($name), &[$((concat!($prefix, $text), $number)),+])),*];
    };
}

/// A vocabulary as the contract has it: what it is called, and every word with its number.
pub(crate) type Vocabulary = (&'static str, &'static [(&'static str, i32)]);

words! {
    /// What an arrangement recognises, or what kind of result a certificate is.
    RecognitionObject "RECOGNITION_OBJECT_" {
        /// Test reports.
        TestReport = "TEST_REPORT" 1,
        /// Inspection reports.
        InspectionReport = "INSPECTION_REPORT" 2,
        /// Certificates.
        Certificate = "CERTIFICATE" 3,
        /// Marks and labels.
        MarkOrLabel = "MARK_OR_LABEL" 4,
        /// Designation of bodies.
        CabDesignation = "CAB_DESIGNATION" 5,
        /// Accreditation.
        Accreditation = "ACCREDITATION" 6,
        /// Equivalence of technical regulations.
        TechnicalRegulationEquivalence = "TECHNICAL_REGULATION_EQUIVALENCE" 7,
        /// Shared criteria of label programmes.
        CommonCoreCriteria = "COMMON_CORE_CRITERIA" 8,
        /// Verification on behalf of the other programme.
        ProxyVerification = "PROXY_VERIFICATION" 9,
    }
    /// What recognition rests on.
    RecognitionBasis "RECOGNITION_BASIS_" {
        /// The importing party's rules.
        ImporterRules = "IMPORTER_RULES" 1,
        /// The exporting party's rules, taken as equivalent.
        EquivalentRules = "EQUIVALENT_RULES" 2,
        /// A standard that both use.
        HarmonisedStandard = "HARMONISED_STANDARD" 3,
    }
    /// What a route obliges the market to, strongest first.
    RecognitionEffect "RECOGNITION_EFFECT_" {
        /// To accept.
        Full = "FULL" 1,
        /// To accept for the criteria in common.
        Partial = "PARTIAL" 2,
        /// To take note.
        InformationOnly = "INFORMATION_ONLY" 3,
    }
    /// Degree of correspondence (ISO/IEC Guide 21-1).
    EquivalenceDegree "EQUIVALENCE_DEGREE_" {
        /// IDT.
        Identical = "IDENTICAL" 1,
        /// MOD.
        Modified = "MODIFIED" 2,
        /// NEQ.
        NotEquivalent = "NOT_EQUIVALENT" 3,
        /// EQV, of documents older than Guide 21-1; evaluated as MOD.
        EquivalentLegacy = "EQUIVALENT_LEGACY" 4,
    }
    /// Kinds of conditions.
    ConditionKind "CONDITION_KIND_" {
        /// A test that bridges a deviation.
        BridgingTest = "BRIDGING_TEST" 1,
        /// A national difference.
        NationalDifference = "NATIONAL_DIFFERENCE" 2,
        /// An inspection of the factory.
        FactoryInspection = "FACTORY_INSPECTION" 3,
        /// Documents in a language.
        Language = "LANGUAGE" 4,
        /// A label or marking.
        Label = "LABEL" 5,
        /// A sample.
        Sample = "SAMPLE" 6,
        /// A registration or filing.
        Registration = "REGISTRATION" 7,
        /// What must be shown of exempt stock.
        ExemptStock = "EXEMPT_STOCK" 8,
    }
    /// Kinds of schemes.
    SchemeKind "SCHEME_KIND_" {
        /// Environmental label.
        EnvironmentalLabel = "ENVIRONMENTAL_LABEL" 1,
        /// Energy efficiency.
        EnergyEfficiency = "ENERGY_EFFICIENCY" 2,
        /// Carbon footprint.
        CarbonFootprint = "CARBON_FOOTPRINT" 3,
        /// Product safety and performance.
        SafetyAndPerformance = "SAFETY_AND_PERFORMANCE" 4,
        /// Recycled content.
        RecycledContent = "RECYCLED_CONTENT" 5,
        /// Sustainable sourcing.
        SustainableSourcing = "SUSTAINABLE_SOURCING" 6,
    }
    /// What an organisation does.
    BodyRole "BODY_ROLE_" {
        /// Certifies.
        CertificationBody = "CERTIFICATION_BODY" 1,
        /// Designates.
        DesignatingAuthority = "DESIGNATING_AUTHORITY" 2,
        /// Accredits.
        AccreditationBody = "ACCREDITATION_BODY" 3,
        /// Owns a scheme.
        SchemeOwner = "SCHEME_OWNER" 4,
        /// Customs.
        CustomsAuthority = "CUSTOMS_AUTHORITY" 5,
        /// Makes technical regulations.
        Regulator = "REGULATOR" 6,
        /// Tests.
        TestingLaboratory = "TESTING_LABORATORY" 7,
    }
    /// In which direction results flow for a party.
    PartyDirection "PARTY_DIRECTION_" {
        /// Both.
        Both = "BOTH" 1,
        /// It accepts only.
        Accepts = "ACCEPTS" 2,
        /// It is accepted only.
        IsAccepted = "IS_ACCEPTED" 3,
    }
    /// What happens to earlier results at an end.
    LapseRule "LAPSE_RULE_" {
        /// Nothing counts any more.
        CutOff = "CUT_OFF" 1,
        /// What was granted before goes on counting.
        Grandfather = "GRANDFATHER" 2,
    }
    /// Where goods must come from.
    OriginRule "ORIGIN_RULE_" {
        /// Anywhere.
        Any = "ANY" 1,
        /// The exporting party.
        ExportingParty = "EXPORTING_PARTY" 2,
    }
    /// What happens to a certificate that is not converted.
    ConversionConsequence "CONVERSION_CONSEQUENCE_" {
        /// Suspended, then withdrawn.
        Suspend = "SUSPEND" 1,
        /// Withdrawn.
        Withdraw = "WITHDRAW" 2,
    }
}

/// What is said of one that is no kind of result where only such are asked about.
pub const MUST_BE_RESULT: &str =
    "must be a kind of result: test report, inspection report, certificate, or mark or label";

impl RecognitionObject {
    /// Whether it is a kind of result that a certificate can be.
    pub fn is_result(self) -> bool {
        matches!(self, Self::TestReport | Self::InspectionReport | Self::Certificate | Self::MarkOrLabel)
    }

    /// Whether what is recognised is who a body is: its designation or its accreditation, which the catalogue holds as
    /// designations under the annex.
    pub fn is_of_bodies(self) -> bool {
        matches!(self, Self::CabDesignation | Self::Accreditation)
    }

    /// Whether an arrangement on this object covers a result of the kind `result`. What is agreed on institutions,
    /// regulations or criteria covers every kind.
    pub fn covers(self, result: Self) -> bool {
        self == result || !self.is_result()
    }

    /// Its bit in a set of kinds.
    pub(in crate::domain) fn bit(self) -> u16 {
        1 << self.number()
    }
}
