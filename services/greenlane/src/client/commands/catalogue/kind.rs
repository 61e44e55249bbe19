//! The kinds of entries: how each is called in names, in the contract, and in tables.

use clap::ValueEnum;

use crate::client::{
    exit::Usage,
    render::{Column, field_name},
};

/// The columns of a table of green lists.
pub(crate) const GREEN_LISTS: &[Column] = &[
    ("NAME", "name"),
    ("OWNER", "owner"),
    ("EDITION", "edition"),
    ("VERSION", "version"),
    ("ENTRIES", "entryCount"),
    ("IN PART", "partial"),
    ("TITLE", "titles.0.text"),
];

/// A kind of catalogue entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Kind {
    Economies,
    Bodies,
    Schemes,
    Standards,
    EditionTransitions,
    Equivalences,
    Arrangements,
    Annexes,
    Designations,
    Requirements,
    GreenLists,
}

impl Kind {
    /// The kind of an entry of this name: its last collection.
    pub(crate) fn of(name: &str) -> Result<Self, Usage> {
        let mut segments = name.rsplit('/').skip(1);
        let collection = segments.next().unwrap_or_default();
        Self::value_variants().iter().copied().find(|kind| kind.items() == collection).ok_or_else(|| {
            let known: Vec<_> = Self::value_variants().iter().map(|kind| kind.items()).collect();
            Usage(format!("`{name}` is not the name of a catalogue entry: these begin with {}", known.join(", ")))
        })
    }

    /// Whether they are green lists, which another service has, and whose entries have names of their own.
    pub(crate) fn is_of_lists(self) -> bool {
        self == Self::GreenLists
    }

    fn package(self) -> &'static str {
        if self.is_of_lists() { "greenlane.classification.v1" } else { "greenlane.equivalence.v1" }
    }

    /// Service, singular and plural in the names of the methods.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Economies => ("CatalogueService", "Economy", "Economies"),
            Self::Bodies => ("CatalogueService", "CatalogueBody", "CatalogueBodies"),
            Self::Schemes => ("CatalogueService", "Scheme", "Schemes"),
            Self::Standards => ("CatalogueService", "StandardEdition", "StandardEditions"),
            Self::EditionTransitions => ("CatalogueService", "EditionTransition", "EditionTransitions"),
            Self::Equivalences => ("EquivalenceService", "Equivalence", "Equivalences"),
            Self::Arrangements => ("ArrangementService", "Arrangement", "Arrangements"),
            Self::Annexes => ("ArrangementService", "Annex", "Annexes"),
            Self::Designations => ("ArrangementService", "Designation", "Designations"),
            Self::Requirements => ("CatalogueService", "Requirement", "Requirements"),
            Self::GreenLists => ("GreenListService", "GreenList", "GreenLists"),
        }
    }

    /// The method that reads one, with its full service name: the registry's contract has services of like names.
    pub(crate) fn get_method(self) -> String {
        let (service, one, _) = self.words();
        format!("{}.{service}/Get{one}", self.package())
    }

    /// The method that lists them.
    pub(crate) fn list_method(self) -> String {
        let (service, _, many) = self.words();
        format!("{}.{service}/List{many}", self.package())
    }

    /// Where the entry is in the answer of the first.
    pub(crate) fn field(self) -> &'static str {
        match self {
            Self::Economies => "economy",
            Self::Bodies => "body",
            Self::Schemes => "scheme",
            Self::Standards => "standard",
            Self::EditionTransitions => "editionTransition",
            Self::Equivalences => "equivalence",
            Self::Arrangements => "arrangement",
            Self::Annexes => "annex",
            Self::Designations => "designation",
            Self::Requirements => "requirement",
            Self::GreenLists => "greenList",
        }
    }

    /// Where they are in the answer of the second; names have the same word.
    pub(crate) fn items(self) -> &'static str {
        match self {
            Self::Economies => "economies",
            Self::Bodies => "bodies",
            Self::Schemes => "schemes",
            Self::Standards => "standards",
            Self::EditionTransitions => "editionTransitions",
            Self::Equivalences => "equivalences",
            Self::Arrangements => "arrangements",
            Self::Annexes => "annexes",
            Self::Designations => "designations",
            Self::Requirements => "requirements",
            Self::GreenLists => "greenLists",
        }
    }

    /// What `greenlane pull` calls the file, or the folder of files, that it writes them to.
    pub(crate) fn stem(self) -> String {
        field_name(self.items())
    }

    /// The columns of their table.
    pub(crate) fn columns(self) -> &'static [Column] {
        match self {
            Self::Economies => &[("NAME", "name"), ("DISPLAY NAME", "displayNames.0.text"), ("BLOC", "bloc")],
            Self::Bodies => {
                &[("NAME", "name"), ("DISPLAY NAME", "displayName"), ("ECONOMY", "economy"), ("ROLES", "roles")]
            }
            Self::Schemes => {
                &[("NAME", "name"), ("DISPLAY NAME", "displayNames.0.text"), ("KIND", "kind"), ("OWNER", "owner")]
            }
            Self::Standards => &[
                ("NAME", "name"),
                ("DESIGNATION", "designation"),
                ("PUBLISHED", "publishedOn"),
                ("WITHDRAWN", "withdrawnOn"),
                ("TITLE", "title"),
            ],
            Self::EditionTransitions => &[
                ("NAME", "name"),
                ("MARKET", "market"),
                ("FROM", "fromStandard"),
                ("TO", "toStandard"),
                ("NEW ONLY FROM", "newOnlyFrom"),
            ],
            Self::Equivalences => &[
                ("NAME", "name"),
                ("FROM", "from.name"),
                ("TO", "to.name"),
                ("DEGREE", "degree"),
                ("SINCE", "validity.from"),
                ("UNTIL", "validity.until"),
            ],
            Self::Arrangements => &[
                ("NAME", "name"),
                ("TITLE", "title"),
                ("PARTIES", "parties.*.economy"),
                ("IN FORCE FROM", "inForceFrom"),
                ("REFERENCE", "legalReference"),
            ],
            Self::Annexes => &[
                ("NAME", "name"),
                ("ARRANGEMENT", "arrangement"),
                ("TITLE", "title"),
                ("SINCE", "validity.from"),
                ("UNTIL", "validity.until"),
            ],
            Self::Designations => &[
                ("NAME", "name"),
                ("BODY", "body"),
                ("AUTHORITY", "authority"),
                ("ANNEX", "annex"),
                ("SINCE", "validity.from"),
                ("UNTIL", "validity.until"),
            ],
            Self::Requirements => &[
                ("NAME", "name"),
                ("MARKET", "market"),
                ("MANDATORY", "mandatory"),
                ("SINCE", "validity.from"),
                ("UNTIL", "validity.until"),
                ("TITLE", "title"),
            ],
            Self::GreenLists => GREEN_LISTS,
        }
    }
}
