//! Whether the codes that changes bring into the catalogue are codes at all, asked of the classification service.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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
        let doubts = match self.doubts(&asked).await {
            Ok(doubts) => doubts,
            Err(status) => {
                tracing::warn!(code = ?status.code(), cause = status.message(), "classification cannot be asked for codes");
                let untold =
                    |code| (code, (UNCHECKED, "classification cannot be asked now whether it exists".to_owned()));
                asked.into_iter().map(untold).collect()
            }
        };
        let found = brought.into_iter().filter_map(|(index, entry, field, at)| {
            let &(code, ref message) = doubts.get(&at)?;
            Some(Finding { code, index, entry, field, message: format!("{at}: {message}") })
        });
        found.collect()
    }

    async fn doubts(&self, asked: &BTreeSet<CodeReference>) -> Result<BTreeMap<CodeReference, Doubt>, Status> {
        let asked: Vec<&CodeReference> = asked.iter().collect();
        let mut missing = Vec::new();
        for batch in asked.chunks(BATCH) {
            let codes = batch.iter().map(|code| wire(code)).collect();
            let request = BatchGetCodesRequest { codes, languages: vec!["en".to_owned()], consistency: None };
            let results = self.lookup.clone().batch_get_codes(request).await?.into_inner().results;
            for (code, result) in batch.iter().zip(results) {
                if let Some(code_result::Result::NotFound(near)) = result.result
                    && !self.begins_others(code).await?
                {
                    missing.push(((*code).clone(), near));
                }
            }
        }
        if missing.is_empty() {
            return Ok(BTreeMap::new());
        }
        let editions = self.editions().await?;
        Ok(missing.into_iter().map(|(code, near)| (code.clone(), doubt(&code, &near, &editions))).collect())
    }

    /// Whether a code of a national system, which is no code itself, is the beginning of some: a scope may be cut
    /// anywhere.
    async fn begins_others(&self, code: &CodeReference) -> Result<bool, Status> {
        if is_harmonized(&code.edition) {
            return Ok(false);
        }
        let request = SearchCodesRequest {
            query: code.code.to_string(),
            editions: vec![code.edition.to_string()],
            page_size: 1,
            ..Default::default()
        };
        match self.lookup.clone().search_codes(request).await {
            Ok(answer) => Ok(answer.into_inner().hits.iter().any(|hit| hit.r#match() == MatchKind::CodePrefix)),
            // No such edition.
            Err(status) if matches!(status.code(), tonic::Code::NotFound | tonic::Code::InvalidArgument) => Ok(false),
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

fn wire(code: &CodeReference) -> common::CodeReference {
    common::CodeReference { edition: code.edition.to_string(), code: code.code.to_string() }
}
