//! The codes of an edition, the rows of a correlation.

use greenlane_api::classification::v1::{
    ListCodesRequest, ListCodesResponse, ListCorrelationsRequest, ListCorrelationsResponse,
};
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};

use super::{Lookup, method};
use crate::api::pages::PageRequest;
use crate::api::{error, parse, render};
use crate::domain::{CodeRef, CodeText, Position, resolve, resolve_edition};

impl Lookup {
    pub(super) async fn list(&self, request: ListCodesRequest) -> Result<ListCodesResponse, Fault> {
        let mut v = Violations::new();
        let edition = parse::edition(&mut v, "edition", &request.edition);
        let under = match request.under.as_str() {
            "" => Some(None),
            raw => v.parse("under", CodeText::parse(raw)).map(Some),
        };
        let direct = request.direct_children_only;
        v.check("direct_children_only", !direct || !request.under.is_empty(), "needs `under`");
        let level =
            if request.level == 0 { Some(Vec::new()) } else { parse::levels(&mut v, "level", &[request.level]) };
        let languages = parse::languages(&mut v, &request.languages);
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let binding = PageBinding::new(&method("ListCodes"))
            .with(&request.edition)
            .with(under.iter().flatten().map(CodeText::as_str).collect::<String>())
            .with(request.level.to_be_bytes())
            .with([u8::from(direct)])
            .with(languages.clone().unwrap_or_default().binding());
        let page = PageRequest::parse(&mut v, request.page_size, &request.page_token, binding);
        let (edition, under, levels, languages, consistency, page) =
            v.finish_with(|| Some((edition?, under?, level?, languages?, consistency?, page?)))?;

        let catalogue = page.read(&self.catalogues, consistency).await?;
        let index = resolve_edition(&catalogue, &edition).map_err(|why| error::unresolved("edition", why))?;
        let codes = &catalogue.editions[index].codes;
        let all = 0..u32::try_from(codes.len()).unwrap_or(u32::MAX);
        let (rows, parent) = match under {
            None => (all, None),
            Some(code) => {
                let asked = CodeRef { edition, code };
                let at = resolve(&catalogue, &asked).map_err(|why| match error::unresolved("under", why) {
                    fault if fault.violations().is_empty() => fault,
                    fault => Fault::invalid("under", fault.message()),
                })?;
                (at.row + 1..catalogue.code(at).end, Some(at.row))
            }
        };
        let wanted = rows.filter(|row| {
            let code = &codes[*row as usize];
            (levels.is_empty() || levels.contains(&code.level)) && (!direct || code.parent == parent)
        });
        let found = wanted.map(|row| render::code(&catalogue, Position { edition: index, row }, &languages));
        let page = page.cut(&catalogue, found)?;
        Ok(ListCodesResponse { codes: page.items, next_page_token: page.next_page_token, revision: catalogue.revision })
    }

    pub(super) async fn correlations(
        &self,
        request: ListCorrelationsRequest,
    ) -> Result<ListCorrelationsResponse, Fault> {
        let mut v = Violations::new();
        let first = parse::edition(&mut v, "first_edition", &request.first_edition);
        let second = parse::edition(&mut v, "second_edition", &request.second_edition);
        v.check("second_edition", first.is_none() || first != second, "must be another edition than the first");
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let binding =
            PageBinding::new(&method("ListCorrelations")).with(&request.first_edition).with(&request.second_edition);
        let page = PageRequest::parse(&mut v, request.page_size, &request.page_token, binding);
        let (first, second, consistency, page) = v.finish_with(|| Some((first?, second?, consistency?, page?)))?;

        let catalogue = page.read(&self.catalogues, consistency).await?;
        let first = resolve_edition(&catalogue, &first).map_err(|why| error::unresolved("first_edition", why))?;
        let second = resolve_edition(&catalogue, &second).map_err(|why| error::unresolved("second_edition", why))?;
        let between = [(first, second), (second, first)];
        let tables = catalogue.tables.iter().filter(|table| between.contains(&(table.earlier, table.later)));
        let rows = tables.flat_map(|table| table.rows().map(move |(earlier, edge)| (table, earlier, edge)));
        let links = rows.map(|(table, earlier, edge)| render::link(&catalogue, table, earlier, edge));
        let page = page.cut(&catalogue, links)?;
        Ok(ListCorrelationsResponse {
            links: page.items,
            next_page_token: page.next_page_token,
            revision: catalogue.revision,
        })
    }
}
