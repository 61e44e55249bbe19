//! Codes by words.

use std::collections::BTreeSet;

use greenlane_api::classification::v1::{MatchKind, SearchCodesRequest, SearchCodesResponse, SearchHit};
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};

use super::{Lookup, method};
use crate::api::pages::PageRequest;
use crate::api::{error, parse, render};
use crate::domain::{Catalogue, HitKind, MembershipStatus, Position, Query, check_membership, resolve_edition, search};

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
        let consistency = parse::consistency(&mut v, request.consistency.as_ref());
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
        if wanted.is_empty() {
            wanted = catalogue.in_force(today);
        }
        let among = if lists.is_empty() { None } else { Some(on_lists(&catalogue, &wanted, &lists, today)?) };
        let hits = search(&catalogue, &Query { text, editions: wanted, levels, among });
        let found = hits.into_iter().map(|hit| SearchHit {
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

/// The codes of some editions that are on any of the lists, wholly or in part.
fn on_lists(
    catalogue: &Catalogue,
    editions: &[usize],
    lists: &[String],
    on: chrono::NaiveDate,
) -> Result<BTreeSet<Position>, Fault> {
    let mut found = BTreeSet::new();
    for id in lists {
        let list = catalogue.list(id).ok_or_else(|| Fault::not_found(format!("greenLists/{id}")))?;
        for edition in editions {
            let rows = 0..u32::try_from(catalogue.editions[*edition].codes.len()).unwrap_or(u32::MAX);
            let positions = rows.map(|row| Position { edition: *edition, row });
            found.extend(positions.filter(|at| match check_membership(catalogue, list, *at, on, false).status {
                MembershipStatus::Member | MembershipStatus::Partly => true,
                MembershipStatus::NotMember | MembershipStatus::Undetermined => false,
            }));
        }
    }
    Ok(found)
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
