//! A reference classification out of several lists.

use greenlane_api::classification::v1::{
    BuildReferenceClassificationRequest, BuildReferenceClassificationResponse, ReferenceRow,
};
use greenlane_api::common::v1::CodeReference;
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};

use super::combine::MAX_LISTS;
use super::state::{self, StateRef, edition_name};
use super::{GreenLists, method};
use crate::api::pages::PageRequest;
use crate::api::{error, parse, render};
use crate::domain::{self, Catalogue, CodeRef, OnDay, Position, Rules, build_reference, resolve};

/// Most codes to take or leave out.
const MAX_CODES: usize = 10_000;

impl GreenLists {
    pub(super) async fn reference(
        &self,
        request: BuildReferenceClassificationRequest,
    ) -> Result<BuildReferenceClassificationResponse, Fault> {
        let mut v = Violations::new();
        let good = (1..=MAX_LISTS).contains(&request.green_lists.len());
        v.check("green_lists", good, format!("must be 1 to {MAX_LISTS} lists"));
        let mut lists: Vec<Option<(StateRef, f64)>> = Vec::new();
        for (index, raw) in request.green_lists.iter().take(MAX_LISTS).enumerate() {
            let mut v = v.scope(format!("green_lists[{index}]"));
            let list = self.state_ref(&mut v, "green_list", raw.green_list.as_ref());
            let is_of = |other: &StateRef| list.as_ref().is_some_and(|list| list.is_of_list_of(other));
            let once = !lists.iter().flatten().any(|(other, _)| is_of(other));
            v.check("green_list.name", once, "must not be a list that is named before: it would count twice");
            let weighty = raw.weight.is_finite() && raw.weight > 0.0;
            let weight = v.check("weight", weighty, "must be above 0").then_some(raw.weight);
            lists.push(list.zip(weight));
        }
        let edition = edition_name(&mut v, "edition", &request.edition);
        let reachable = request.threshold.is_finite() && request.threshold > 0.0;
        v.check("threshold", reachable, "must be above 0");
        let always = codes(&mut v, "always", &request.edition, &request.always);
        let never = codes(&mut v, "never", &request.edition, &request.never);
        if let (Some(always), Some(never)) = (&always, &never) {
            for (index, _) in never.iter().enumerate().filter(|(_, code)| always.contains(code)) {
                v.add(&format!("never[{index}]"), "is also to be taken in any case");
            }
        }
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let page = PageRequest::parse(&mut v, request.page_size, &request.page_token, binding(&request));
        let lists: Option<Vec<_>> = lists.into_iter().collect();
        let (lists, edition, always, never, consistency, page) =
            v.finish_with(|| Some((lists?, edition?, always?, never?, consistency?, page?)))?;

        let catalogue = page.read(&self.catalogues, consistency).await?;
        let edition = state::edition(&catalogue, "edition", &edition)?;
        let rules = Rules {
            threshold: request.threshold,
            include_widened: request.include_widened,
            always: positions(&catalogue, "always", &always)?,
            never: positions(&catalogue, "never", &never)?,
        };
        let mut states = Vec::with_capacity(lists.len());
        for (list, weight) in &lists {
            states.push((self.state(&catalogue, list).await?, *weight));
        }
        let days: Vec<(OnDay<'_>, f64)> = states.iter().map(|(state, weight)| (state.on_day(), *weight)).collect();
        let draft = build_reference(&catalogue, &days, edition, &rules);
        let unknown_entries = match page.is_first() {
            true => {
                let days: Vec<OnDay<'_>> = days.iter().map(|(day, _)| *day).collect();
                render::unknown_entries(&catalogue, &days, &draft.unknown)
            }
            false => Vec::new(),
        };
        let row = |row: &domain::ReferenceRow| ReferenceRow {
            code: Some(render::reference(&catalogue, row.code)),
            ex: row.ex,
            weight: row.weight,
            green_lists: row.lists.iter().map(|list| states[*list].0.name()).collect(),
            findings: render::findings(&row.findings),
        };
        let page = page.cut(&catalogue, draft.rows.iter().map(row))?;
        Ok(BuildReferenceClassificationResponse {
            rows: page.items,
            next_page_token: page.next_page_token,
            revision: catalogue.revision,
            unknown_entries,
        })
    }
}

/// Codes of the result's own edition.
fn codes(v: &mut Violations, field: &str, edition: &str, raw: &[CodeReference]) -> Option<Vec<CodeRef>> {
    if !v.check(field, raw.len() <= MAX_CODES, format!("must be at most {MAX_CODES} codes")) {
        return None;
    }
    let mut codes = Vec::with_capacity(raw.len());
    for (index, raw) in raw.iter().enumerate() {
        let field = format!("{field}[{index}]");
        let code = parse::code(v, &field, Some(raw));
        let of_edition = edition.strip_prefix("editions/") == Some(raw.edition.as_str());
        if code.is_some() {
            v.check(&format!("{field}.edition"), of_edition, "must be the edition of the result");
        }
        codes.push(code);
    }
    codes.into_iter().collect()
}

fn positions(catalogue: &Catalogue, field: &str, codes: &[CodeRef]) -> Result<Vec<Position>, Fault> {
    let at =
        |(index, code)| resolve(catalogue, code).map_err(|why| error::unresolved(&format!("{field}[{index}]"), why));
    codes.iter().enumerate().map(at).collect()
}

fn binding(request: &BuildReferenceClassificationRequest) -> PageBinding {
    let lists = request.green_lists.iter();
    let lists: Vec<String> =
        lists.map(|list| format!("{}\n{}", state::binding(list.green_list.as_ref()), list.weight)).collect();
    let codes = |codes: &[CodeReference]| -> String {
        codes.iter().map(|code| format!("{}:{}\n", code.edition, code.code)).collect()
    };
    PageBinding::new(&method("BuildReferenceClassification"))
        .with(lists.join("\n\n"))
        .with(&request.edition)
        .with(request.threshold.to_be_bytes())
        .with([u8::from(request.include_widened)])
        .with(codes(&request.always))
        .with(codes(&request.never))
}
