//! What a certificate names that the services beside this one do not know: nobody could recognise it, or say what goods
//! it covers. It is granted all the same, as a catalogue may come to know later, but who grants it is told.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use greenlane_api::classification::v1::lookup_service_client::LookupServiceClient;
use greenlane_api::classification::v1::{BatchGetCodesRequest, code_result};
use greenlane_api::common::v1::CodeReference;
use greenlane_api::equivalence::v1::catalogue_service_client::CatalogueServiceClient;
use greenlane_api::equivalence::v1::{GetSchemeRequest, GetStandardEditionRequest};
use greenlane_platform::client::Client;
use greenlane_platform::deadline;
use quick_cache::sync::Cache;
use tonic::{Code as GrpcCode, Status};

use crate::domain::content::Content;
use crate::domain::verdict::Finding;

/// How long a mutation waits for the other services; after that nothing is said.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long many rows wait together.
const PATIENCE_OF_MANY: Duration = Duration::from_secs(3);
/// How long what is known is taken for known: nothing that was published goes away.
const KNOWN: Duration = Duration::from_secs(600);
/// How long what is not known, or cannot be told, is not asked for again.
const UNKNOWN: Duration = Duration::from_secs(5);
/// Names that are remembered.
const REMEMBERED: usize = 10_000;
/// Codes that are looked up together.
const MOST_CODES: usize = 1_000;

/// Something that is named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Name {
    Scheme { scheme: String, level: String },
    Standard(String),
    Code { edition: String, code: String },
}

/// What is known of a name; none when it cannot be told.
type Known = Option<bool>;

/// What a certificate names, each once.
#[derive(Clone, Debug)]
pub(crate) struct Names(BTreeSet<Name>);

/// Looks names up, and remembers what was said.
pub(crate) struct Unknown {
    catalogue: Option<CatalogueServiceClient<Client>>,
    codes: Option<LookupServiceClient<Client>>,
    remembered: Cache<Name, (Known, Instant)>,
}

impl Unknown {
    /// Asks these services; without one, nothing is said of what it would know.
    pub(crate) fn new(equivalence: Option<Client>, classification: Option<Client>) -> Self {
        Self {
            catalogue: equivalence.map(CatalogueServiceClient::new),
            codes: classification.map(LookupServiceClient::new),
            remembered: Cache::new(REMEMBERED),
        }
    }

    /// What nobody knows of what a certificate names.
    pub(crate) async fn findings(&self, content: &Content) -> Vec<Finding> {
        let Names(names) = Names::of(content);
        let unknown = self.look_up(&names.iter().collect(), PATIENCE).await;
        names.into_iter().filter(|name| unknown.contains(name)).map(Name::finding).collect()
    }

    /// The same of many certificates, whose names are looked up together.
    pub(crate) async fn findings_of_many(&self, all: &[Names]) -> Vec<Vec<Finding>> {
        let unknown = self.look_up(&all.iter().flat_map(|Names(names)| names).collect(), PATIENCE_OF_MANY).await;
        if unknown.is_empty() {
            return vec![Vec::new(); all.len()];
        }
        let of = |Names(names): &Names| names.intersection(&unknown).cloned().map(Name::finding).collect();
        all.iter().map(of).collect()
    }

    /// Which of these nobody knows.
    async fn look_up(&self, names: &BTreeSet<&Name>, patience: Duration) -> BTreeSet<Name> {
        let (mut unknown, mut open) = (BTreeSet::new(), Vec::new());
        for name in names {
            match self.fresh(name) {
                Some(Some(false)) => drop(unknown.insert(Name::clone(name))),
                Some(_) => {}
                None => open.push(Name::clone(name)),
            }
        }
        if open.is_empty() {
            return unknown;
        }
        // The chunks of an import are work of their own, without the deadline of a call.
        if tokio::time::timeout(patience, deadline::within(patience, self.ask(&open))).await.is_err() {
            // What was told in time counts.
            open.iter().filter(|name| self.fresh(name).is_none()).for_each(|name| self.remember(name.clone(), None));
        }
        unknown.extend(open.into_iter().filter(|name| self.fresh(name) == Some(Some(false))));
        unknown
    }

    /// What is remembered of a name, if it is not too old.
    fn fresh(&self, name: &Name) -> Option<Known> {
        let (known, at) = self.remembered.get(name)?;
        let holds = if known == Some(true) { KNOWN } else { UNKNOWN };
        (at.elapsed() < holds).then_some(known)
    }

    fn remember(&self, name: Name, known: Known) {
        self.remembered.insert(name, (known, Instant::now()));
    }

    async fn ask(&self, names: &[Name]) {
        tokio::join!(self.ask_catalogue(names), self.ask_codes(names));
    }

    async fn ask_catalogue(&self, names: &[Name]) {
        let Some(mut catalogue) = self.catalogue.clone() else { return };
        for name in names {
            let known = match name {
                Name::Scheme { scheme, level } => {
                    let request = GetSchemeRequest { name: scheme.clone(), ..Default::default() };
                    known(catalogue.get_scheme(request).await, |answer| {
                        let levels = &answer.scheme.as_ref().map(|it| &it.levels[..]).unwrap_or_default();
                        level.is_empty() || levels.iter().any(|it| it.id == *level)
                    })
                }
                Name::Standard(edition) => {
                    let request = GetStandardEditionRequest { name: standard(edition), ..Default::default() };
                    known(catalogue.get_standard_edition(request).await, |_| true)
                }
                Name::Code { .. } => continue,
            };
            self.remember(name.clone(), known);
        }
    }

    async fn ask_codes(&self, names: &[Name]) {
        let Some(mut codes) = self.codes.clone() else { return };
        let asked: Vec<(&Name, CodeReference)> = names
            .iter()
            .filter_map(|name| match name {
                Name::Code { edition, code } => {
                    Some((name, CodeReference { edition: edition.clone(), code: code.clone() }))
                }
                Name::Scheme { .. } | Name::Standard(_) => None,
            })
            .collect();
        for asked in asked.chunks(MOST_CODES) {
            let request = BatchGetCodesRequest {
                codes: asked.iter().map(|(_, code)| code.clone()).collect(),
                languages: vec!["en".to_owned()],
                ..Default::default()
            };
            let results = codes.batch_get_codes(request).await.map(|answer| answer.into_inner().results);
            let known = |index: usize| match &results {
                Ok(results) => results.get(index).map(|it| matches!(it.result, Some(code_result::Result::Code(_)))),
                Err(_) => None,
            };
            for (index, (name, _)) in asked.iter().enumerate() {
                self.remember(Name::clone(name), known(index));
            }
        }
    }
}

/// Whether an answer says that something is known. What is no name at all is not known either.
fn known<T>(answer: Result<tonic::Response<T>, Status>, fits: impl FnOnce(&T) -> bool) -> Known {
    match answer {
        Ok(answer) => Some(fits(answer.get_ref())),
        Err(status) => matches!(status.code(), GrpcCode::NotFound | GrpcCode::InvalidArgument).then_some(false),
    }
}

/// The name of a standard edition in the catalogue, of its designation or of itself: in lower case, each run of other
/// characters than letters and digits a hyphen.
fn standard(edition: &str) -> String {
    let words = edition.trim_start_matches("standards/").split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<String> = words.filter(|word| !word.is_empty()).map(str::to_ascii_lowercase).collect();
    format!("standards/{}", words.join("-"))
}

impl Names {
    pub(crate) fn of(content: &Content) -> Self {
        let scheme = Name::Scheme { scheme: content.scheme.scheme.clone(), level: content.scheme.level.clone() };
        let standards = content.normative_documents.iter().map(|it| Name::Standard(it.edition.clone()));
        let codes = content.products.iter().flat_map(|product| &product.codes);
        let codes = codes.map(|it| Name::Code { edition: it.edition.clone(), code: it.code.clone() });
        Self(std::iter::once(scheme).chain(standards).chain(codes).collect())
    }
}

impl Name {
    fn finding(self) -> Finding {
        match self {
            Self::Scheme { scheme, level } if level.is_empty() => Finding::new(
                "scheme_unknown",
                format!("The equivalence catalogue does not know the scheme {scheme}: no market can recognise it by it."),
            )
            .with("name", scheme),
            Self::Scheme { scheme, level } => Finding::new(
                "scheme_unknown",
                format!(
                    "The equivalence catalogue does not know the scheme {scheme} with a level {level}: no market can \
                     recognise it by it."
                ),
            )
            .with("name", scheme)
            .with("level", level),
            Self::Standard(edition) => Finding::new(
                "standard_unknown",
                format!(
                    "The equivalence catalogue does not know the standard edition {edition}: no market can recognise it \
                     by it."
                ),
            )
            .with("name", edition),
            Self::Code { edition, code } => Finding::new(
                "code_unknown",
                format!("Classification does not know the code {edition}:{code}: what goods it covers cannot be told."),
            )
            .with("edition", edition)
            .with("code", code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_designation_is_looked_up_by_the_name_that_the_catalogue_has_for_it() {
        assert_eq!(standard("IEC 61215-1:2021"), "standards/iec-61215-1-2021");
        assert_eq!(standard("standards/iec-61215-1-2021"), "standards/iec-61215-1-2021");
        assert_eq!(standard(" GB/T 9535—2024 "), "standards/gb-t-9535-2024");
    }
}
