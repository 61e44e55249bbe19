//! Codes by words.

use greenlane_api::classification::v1::{MatchKind, SearchCodesRequest, SearchCodesResponse, SearchHit};
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};

use super::{Lookup, method};
use crate::api::pages::PageRequest;
use crate::api::{error, parse, render};
use crate::domain::{
    Catalogue, HitKind, ListData, MembershipStatus, Position, Query, check_membership, resolve_edition, search,
};

/// Longest query.
const MAX_QUERY: usize = 500;

impl Lookup {
    pub(super) async fn search(&self, request: SearchCodesRequest) -> Result<SearchCodesResponse, Fault> {
        let mut v = Violations::new();
        let text = v.text("query", &request.query, 1..=MAX_QUERY);
        let editions = parse::editions(&mut v, "editions", &request.editions);
        let levels = parse::levels(&mut v, "levels", &request.levels);
        let lists = parse::green_lists(&mut v, &request.green_lists);
        let languages = parse::languages(&mut v, &request.languages);
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let binding = PageBinding::new(&method("SearchCodes"))
            .with(&request.query)
            .with(request.editions.join("\n"))
            .with(request.levels.iter().flat_map(|level| level.to_be_bytes()).collect::<Vec<u8>>())
            .with(request.green_lists.join("\n"))
            .with(languages.clone().unwrap_or_default().binding());
        let page = PageRequest::parse(&mut v, request.page_size, &request.page_token, binding);
        let (text, editions, levels, lists, languages, consistency, page) =
            v.finish_with(|| Some((text?, editions?, levels?, lists?, languages?, consistency?, page?)))?;

        let catalogue = page.read(&self.catalogues, consistency).await?;
        let today = self.clock.today();
        let mut wanted = Vec::with_capacity(editions.len());
        for (index, edition) in editions.iter().enumerate() {
            let found = resolve_edition(&catalogue, edition);
            wanted.push(found.map_err(|why| error::unresolved(&format!("editions[{index}]"), why))?);
        }
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.is_empty() {
            wanted = catalogue.in_force(today);
        }
        let lists = lists
            .iter()
            .map(|id| catalogue.list(id).ok_or_else(|| Fault::not_found(format!("greenLists/{id}"))))
            .collect::<Result<Vec<_>, _>>()?;
        let hits = search(&catalogue, &Query { text, editions: wanted, levels });
        // Lists are asked about hits only, and only as far as the page goes.
        let hits = hits.into_iter().filter(|hit| lists.is_empty() || is_on_any(&catalogue, &lists, hit.at, today));
        let found = hits.map(|hit| SearchHit {
            code: Some(render::code(&catalogue, hit.at, &languages)),
            r#match: kind(hit.kind).into(),
            score: hit.score,
            matched_words: hit.matched,
        });
        let page = page.cut(&catalogue, found)?;
        Ok(SearchCodesResponse {
            hits: page.items,
            next_page_token: page.next_page_token,
            revision: catalogue.revision,
        })
    }
}

/// Whether a code is on any of the lists, wholly or in part.
fn is_on_any(catalogue: &Catalogue, lists: &[&ListData], at: Position, on: chrono::NaiveDate) -> bool {
    lists.iter().any(|list| match check_membership(catalogue, list, at, on, false).status {
        MembershipStatus::Member | MembershipStatus::Partly => true,
        MembershipStatus::NotMember | MembershipStatus::Undetermined => false,
    })
}

fn kind(kind: HitKind) -> MatchKind {
    match kind {
        HitKind::ExactCode => MatchKind::ExactCode,
        HitKind::CodePrefix => MatchKind::CodePrefix,
        HitKind::ExactTitle => MatchKind::ExactTitle,
        HitKind::AllWords => MatchKind::AllWords,
        HitKind::SomeWords => MatchKind::SomeWords,
    }
}
