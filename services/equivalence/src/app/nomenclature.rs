//! Whether the codes that changes bring into the catalogue are codes at all, asked of the classification service.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use greenlane_api::classification::v1::code_system_service_client::CodeSystemServiceClient;
use greenlane_api::classification::v1::lookup_service_client::LookupServiceClient;
use greenlane_api::classification::v1::{
    BatchGetCodesRequest, CodeNotFound, ListEditionsRequest, MatchKind, SearchCodesRequest, code_result,
};
use greenlane_api::common::v1 as common;
use greenlane_curation::{Finding, UNCHECKED};
use greenlane_platform::client::Client;
use tonic::Status;

use crate::domain::catalogue::Catalogue;
use crate::domain::change::Change;
use crate::domain::code::{CodeReference, is_harmonized};

/// The most codes of one question.
const BATCH: usize = 1_000;
/// How long all questions about some changes may take together: whoever has to change something at once is not kept
/// waiting for a service that does not answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// The shortest beginning of codes that classification looks for.
const SHORTEST: usize = 2;

/// Asks classification.
pub(crate) struct Nomenclature {
    lookup: LookupServiceClient<Client>,
    systems: CodeSystemServiceClient<Client>,
}

/// Why a code is doubted: the code of the finding, and its message.
type Doubt = (&'static str, String);

impl Nomenclature {
    pub(crate) fn new(client: Client) -> Self {
        Self { lookup: LookupServiceClient::new(client.clone()), systems: CodeSystemServiceClient::new(client) }
    }

    /// What is wrong with the codes that changes bring in. What an entry has already is not asked again: it was when it
    /// came, and nobody who changes something else of the entry need care.
    pub(crate) async fn findings(&self, catalogue: &Catalogue, changes: &[Change]) -> Vec<Finding> {
        let mut brought = Vec::new();
        for (index, change) in changes.iter().enumerate() {
            let Change::Upsert(entry) = change else { continue };
            let codes = entry.codes();
            if codes.is_empty() {
                continue;
            }
            let there = catalogue.entry(&entry.name()).map(|entry| entry.codes()).unwrap_or_default();
            let there: BTreeSet<CodeReference> = there.into_iter().map(|(_, code)| code).collect();
            let new = codes.into_iter().filter(|(_, code)| !there.contains(code));
            brought.extend(new.map(|(field, code)| (index, entry.name(), field, code)));
        }
        if brought.is_empty() {
            return Vec::new();
        }
        let asked: BTreeSet<CodeReference> = brought.iter().map(|(.., code)| code.clone()).collect();
        let late = |_| Status::deadline_exceeded("no answer within a second");
        let doubts = tokio::time::timeout(PATIENCE, self.doubts(&asked)).await.map_err(late).flatten();
        let doubts = doubts.unwrap_or_else(|status| {
            tracing::warn!(code = ?status.code(), cause = status.message(), "classification does not say which codes exist");
            let untold = format!("classification does not say whether it exists: {}", status.message());
            asked.into_iter().map(|code| (code, (UNCHECKED, untold.clone()))).collect()
        });
        let found = brought.into_iter().filter_map(|(index, entry, field, at)| {
            let &(code, ref message) = doubts.get(&at)?;
            Some(Finding { code: code.into(), index, entry, field, message: format!("{at}: {message}") })
        });
        found.collect()
    }

    async fn doubts(&self, asked: &BTreeSet<CodeReference>) -> Result<BTreeMap<CodeReference, Doubt>, Status> {
        let (asked, beyond): (Vec<&CodeReference>, Vec<&CodeReference>) = asked.iter().partition(|code| is_asked(code));
        let unasked = |code: &CodeReference| {
            (
                code.clone(),
                (UNCHECKED, "classification has no codes that are written so: capitals and digits".to_owned()),
            )
        };
        let mut doubts: BTreeMap<CodeReference, Doubt> = beyond.into_iter().map(unasked).collect();
        let mut missing = Vec::new();
        for batch in asked.chunks(BATCH) {
            let codes = batch.iter().map(|code| wire(code)).collect();
            let request = BatchGetCodesRequest { codes, languages: vec!["en".to_owned()], consistency: None };
            let results = self.lookup.clone().batch_get_codes(request).await?.into_inner().results;
            for (code, result) in batch.iter().zip(results) {
                let Some(code_result::Result::NotFound(near)) = result.result else { continue };
                match self.begins_others(code).await? {
                    Some(true) => {}
                    Some(false) => missing.push(((*code).clone(), near)),
                    None => {
                        let untold = "it is no code, and whether it begins some is not known".to_owned();
                        doubts.insert((*code).clone(), (UNCHECKED, untold));
                    }
                }
            }
        }
        if !missing.is_empty() {
            let editions = self.editions().await?;
            doubts.extend(missing.into_iter().map(|(code, near)| (code.clone(), doubt(&code, &near, &editions))));
        }
        Ok(doubts)
    }

    /// Whether a code of a national system, which is no code itself, is the beginning of some: a scope may be cut
    /// anywhere. None where classification cannot tell: it finds beginnings of digits.
    async fn begins_others(&self, code: &CodeReference) -> Result<Option<bool>, Status> {
        if is_harmonized(&code.edition) {
            return Ok(Some(false));
        }
        if code.code.len() < SHORTEST || !code.code.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(None);
        }
        let request = SearchCodesRequest {
            query: code.code.to_string(),
            editions: vec![code.edition.to_string()],
            page_size: 1,
            ..Default::default()
        };
        match self.lookup.clone().search_codes(request).await {
            Ok(answer) => Ok(Some(answer.into_inner().hits.iter().any(|hit| hit.r#match() == MatchKind::CodePrefix))),
            // No such edition.
            Err(status) if matches!(status.code(), tonic::Code::NotFound | tonic::Code::InvalidArgument) => {
                Ok(Some(false))
            }
            Err(status) => Err(status),
        }
    }

    /// The known editions, and whether a part only of each is known.
    async fn editions(&self) -> Result<BTreeMap<Arc<str>, bool>, Status> {
        let mut found = BTreeMap::new();
        let mut request = ListEditionsRequest { page_size: 1_000, ..Default::default() };
        loop {
            let page = self.systems.clone().list_editions(request.clone()).await?.into_inner();
            for edition in page.editions {
                let id = edition.name.strip_prefix("editions/").unwrap_or(&edition.name);
                found.insert(Arc::from(id), edition.partial);
            }
            if page.next_page_token.is_empty() {
                return Ok(found);
            }
            request.page_token = page.next_page_token;
        }
    }
}

fn doubt(code: &CodeReference, near: &CodeNotFound, editions: &BTreeMap<Arc<str>, bool>) -> Doubt {
    let Some(partial) = editions.get(&code.edition) else {
        if editions.is_empty() {
            return (UNCHECKED, "classification has no editions yet".to_owned());
        }
        let known: Vec<&str> = editions.keys().map(|id| &**id).collect();
        return ("edition_unknown", format!("classification has no such edition; it has {}", known.join(", ")));
    };
    let mut message = if *partial {
        format!("whether it exists is not known: classification holds a part of {} only, without it", code.edition)
    } else {
        format!("{} has no such code", code.edition)
    };
    if let Some(above) = near.nearest.first() {
        message.push_str(&format!("; of what is above it, {} exists", above.code));
    }
    if !near.editions.is_empty() {
        message.push_str(&format!("; these digits are a code in {}", near.editions.join(", ")));
    }
    (if *partial { UNCHECKED } else { "code_unknown" }, message)
}

/// Whether classification takes it for a code: of others it says nothing.
fn is_asked(code: &CodeReference) -> bool {
    code.code.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

fn wire(code: &CodeReference) -> common::CodeReference {
    common::CodeReference { edition: code.edition.to_string(), code: code.code.to_string() }
}
