//! What an edition to come will do to a portfolio of codes.

use std::collections::BTreeMap;

use greenlane_api::classification::v1::{RehearseEditionRequest, RehearseEditionResponse, translation_result};
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;

use super::Lookup;
use super::batch::Translations;
use crate::api::named_list::ListName;
use crate::api::{error, parse, render};
use crate::domain::{CodeRef, CodeText, EditionId, VANISHED_BELOW, rehearse, resolve, resolve_edition};

/// Most codes of a portfolio.
const MAX_PORTFOLIO: usize = 10_000;

impl Lookup {
    pub(super) async fn rehearse(&self, request: RehearseEditionRequest) -> Result<RehearseEditionResponse, Fault> {
        let mut v = Violations::new();
        let list = match (request.green_list.as_str(), request.codes.as_slice()) {
            ("", _) => Some(None),
            (raw, []) => ListName::parse(&mut v, "green_list", raw).map(Some),
            (_, _) => {
                v.add("green_list", "must be empty when codes are given");
                None
            }
        };
        let codes = match list {
            Some(None) => parse::codes_up_to(&mut v, &request.codes, MAX_PORTFOLIO),
            _ => Some(Vec::new()),
        };
        let target = parse::edition(&mut v, "target_edition", &request.target_edition);
        let on = v.optional_date("date", &request.date);
        let of_list = request.date.is_empty() || !request.green_list.is_empty();
        v.check("date", of_list, "must be empty when codes are given");
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let (list, mut codes, target, on, consistency) =
            v.finish_with(|| Some((list?, codes?, target?, on?, consistency?)))?;

        let catalogue = self.catalogues.read(consistency).await.map_err(error::read)?;
        let target = resolve_edition(&catalogue, &target).map_err(|why| error::unresolved("target_edition", why))?;
        let field = if list.is_some() { "green_list" } else { "codes" };
        let effective_from = catalogue.editions[target].fact.effective_from;
        let mut answer = RehearseEditionResponse {
            effective_from: effective_from.to_string(),
            revision: catalogue.revision,
            ..RehearseEditionResponse::default()
        };
        if let Some(name) = list {
            let list = name.find(&self.catalogues, &catalogue).await?;
            let code = |edition: &str, code: &str| {
                Some(CodeRef { edition: EditionId::parse(edition).ok()?, code: CodeText::parse(code).ok()? })
            };
            // What the list will hold when the edition comes.
            let on = on.unwrap_or_else(|| self.clock.today().max(effective_from));
            answer.listed_on = on.to_string();
            codes = list.entries_on(on).filter_map(|entry| code(&entry.edition, &entry.code)).collect();
        }
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        let mut translations = Translations::default();
        for asked in &codes {
            let (result, found) = match resolve(&catalogue, asked) {
                Ok(at) => {
                    let found = rehearse(&catalogue, at, target, request.include_held_back);
                    *counts.entry(render::relation_name(found.relation)).or_default() += 1;
                    answer.same_digits_changed_scope_count += u32::from(found.same_digits_changed_scope);
                    let vanished = found.findings.iter().any(|finding| finding.code == VANISHED_BELOW);
                    answer.vanished_below_count += u32::from(vanished);
                    let rendered = render::translation(&catalogue, at, target, &found);
                    (translation_result::Result::Translation(rendered), Some(found))
                }
                Err(why) => {
                    answer.not_found_count += 1;
                    (translation_result::Result::NotFound(render::code_not_found(asked, why)), None)
                }
            };
            translations.add(field, result, found.as_ref()).await?;
        }
        answer.results = translations.results;
        answer.counts = counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
        Ok(answer)
    }
}
