//! Codes by words.

use std::collections::HashMap;

use chrono::NaiveDate;
use greenlane_api::classification::v1::{MatchKind, SearchCodesRequest, SearchCodesResponse, SearchHit};
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};

use super::{Lookup, method};
use crate::api::named_list::ListName;
use crate::api::pages::PageRequest;
use crate::api::{error, parse, render};
use crate::domain::{Catalogue, CodeText, EditionId, HitKind, ListData, Query, near_code, resolve_edition, search};

/// Longest query.
const MAX_QUERY: usize = 500;

impl Lookup {
    pub(super) async fn search(&self, request: SearchCodesRequest) -> Result<SearchCodesResponse, Fault> {
        let mut v = Violations::new();
        let text = v.text("query", &request.query, 1..=MAX_QUERY);
        let editions = parse::editions(&mut v, "editions", &request.editions);
        let levels = parse::levels(&mut v, "levels", &request.levels);
        let lists = ListName::several(&mut v, &request.green_lists);
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

        let read = page.read(&self.catalogues, consistency).await?;
        let today = self.clock.today();
        let editions_of = |catalogue: &Catalogue| {
            let wanted = editions_in(catalogue, &editions, today)?;
            // Where a list is new, no revision before answers.
            ListName::all_in(&lists, catalogue).map(|()| wanted)
        };
        let (catalogue, wanted) = self.catalogues.with_words(read, page.pinned(consistency), editions_of).await?;
        let lists = ListName::find_all(&lists, &self.catalogues, &catalogue).await?;
        let lists: Vec<&ListData> = lists.iter().map(AsRef::as_ref).collect();
        let mut green = HashMap::new();
        for edition in wanted.iter().filter(|_| !lists.is_empty()) {
            green.insert(*edition, self.green.rows(&catalogue, &lists, *edition, today).await?);
        }
        let among = (!lists.is_empty()).then_some(green);
        let asked = code_asked(&text);
        let searched = wanted.clone();
        let query = Query { text, editions: wanted, levels, among, on: Some(today), taken: page.taken() };
        let hits = search(&catalogue, &query);
        let found = hits.map(|hit| SearchHit {
            code: Some(render::code(&catalogue, hit.at, &languages)),
            r#match: kind(hit.kind).into(),
            score: hit.score,
            matched_words: hit.matched,
        });
        let page = page.cut(&catalogue, found)?;
        let mut answer = SearchCodesResponse {
            hits: page.items,
            next_page_token: page.next_page_token,
            revision: catalogue.revision,
            ..SearchCodesResponse::default()
        };
        // A code that is none any more, or of another edition, is told where it is one.
        if let Some(code) = asked.filter(|_| answer.hits.is_empty() && request.page_token.is_empty()) {
            answer.editions_with = catalogue.editions_with(code.as_str()).into_iter().map(str::to_owned).collect();
            let nearest =
                searched.iter().filter_map(|edition| near_code(&catalogue, *edition, code.as_str()).1.first().copied());
            answer.nearest = nearest.map(|at| render::reference(&catalogue, at)).collect();
        }
        Ok(answer)
    }
}

/// The code that a text may be. One without blanks may be written small, as where codes are found by it.
fn code_asked(text: &str) -> Option<CodeText> {
    let text = text.trim();
    let text = if text.contains(char::is_whitespace) { text.to_owned() } else { text.to_uppercase() };
    CodeText::parse(&text).ok().filter(|code| code.as_str().bytes().any(|b| b.is_ascii_digit()))
}

/// The editions of a catalogue that are searched, in their order.
fn editions_in(catalogue: &Catalogue, asked: &[EditionId], today: NaiveDate) -> Result<Vec<usize>, Fault> {
    let mut wanted = Vec::with_capacity(asked.len());
    for (index, edition) in asked.iter().enumerate() {
        let found = resolve_edition(catalogue, edition);
        wanted.push(found.map_err(|why| error::unresolved(&format!("editions[{index}]"), why))?);
    }
    wanted.sort_unstable();
    wanted.dedup();
    Ok(if wanted.is_empty() { catalogue.in_force(today) } else { wanted })
}

fn kind(kind: HitKind) -> MatchKind {
    match kind {
        HitKind::ExactCode => MatchKind::ExactCode,
        HitKind::CodePrefix => MatchKind::CodePrefix,
        HitKind::ExactTitle => MatchKind::ExactTitle,
        HitKind::TaughtExample => MatchKind::TaughtExample,
        HitKind::Name => MatchKind::Name,
        HitKind::AllWords => MatchKind::AllWords,
        HitKind::SomeWords => MatchKind::SomeWords,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_in_small_letters_is_one_and_words_in_small_letters_are_none() {
        let asked = |text: &str| code_asked(text).map(|code| code.as_str().to_owned());
        for text in ["A011", " a01.1 ", "ａ011"] {
            assert_eq!(asked(text).as_deref(), Some("A011"), "{text}");
        }
        assert_eq!(asked("8541 43").as_deref(), Some("854143"));
        assert_eq!([asked("60 led"), asked("led")], [None, None]);
    }
}
