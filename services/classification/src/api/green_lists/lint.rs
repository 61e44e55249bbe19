//! A list looked over.

use greenlane_api::classification::v1::{self as wire, LintGreenListRequest, LintGreenListResponse};
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;

use super::GreenLists;
use super::state::{self, edition_name};
use crate::api::named_list::ListName;
use crate::api::{error, render};
use crate::domain::{EntryFact, LintFinding, LintRow, lint};

/// Most rows to look over.
const MAX_ROWS: usize = 10_000;
/// Most rows that a finding names.
const MAX_NAMED: usize = 100;
/// Most characters of a code that a finding repeats.
const MAX_CODE: usize = 64;
/// Most columns of a row, and most characters of a column's name or value and of a code.
const MAX_COLUMNS: usize = 64;
const MAX_TEXT: usize = 2_000;

impl GreenLists {
    pub(super) async fn lint(&self, request: LintGreenListRequest) -> Result<LintGreenListResponse, Fault> {
        let mut v = Violations::new();
        let name = match (request.name.as_str(), request.rows.as_slice()) {
            ("", []) => {
                v.add("rows", "either a list or rows are required");
                None
            }
            ("", _) => Some(None),
            (name, []) => ListName::parse(&mut v, "name", name).map(Some),
            (_, _) => {
                v.add("rows", "must be empty when a list is named");
                None
            }
        };
        v.check("rows", request.rows.len() <= MAX_ROWS, format!("must be at most {MAX_ROWS}"));
        for (index, row) in request.rows.iter().take(MAX_ROWS).enumerate() {
            let short = |text: &str| text.len() <= MAX_TEXT;
            for (field, text) in [("code", &row.code), ("edition", &row.edition)] {
                let message = format!("must have at most {MAX_TEXT} bytes");
                v.check(&format!("rows[{index}].{field}"), short(text), message);
            }
            let good = row.columns.len() <= MAX_COLUMNS && row.columns.iter().all(|(k, c)| short(k) && short(c));
            let message = format!("must be at most {MAX_COLUMNS} columns of at most {MAX_TEXT} bytes");
            v.check(&format!("rows[{index}].columns"), good, message);
        }
        let claimed = match request.claimed_edition.as_str() {
            "" => Some(None),
            raw => edition_name(&mut v, "claimed_edition", raw).map(Some),
        };
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let (name, claimed, consistency) = v.finish_with(|| Some((name?, claimed?, consistency?)))?;

        let catalogue = self.catalogues.read(consistency).await.map_err(error::read)?;
        let today = self.clock.today();
        let mut claimed = claimed.map(|claimed| state::edition(&catalogue, "claimed_edition", &claimed)).transpose()?;
        let rows: Vec<LintRow> = match &name {
            None => {
                let row = |row: wire::LintRow| LintRow {
                    code: row.code,
                    edition: row.edition.trim().trim_start_matches("editions/").to_owned(),
                    columns: row.columns.into_iter().collect(),
                };
                request.rows.into_iter().map(row).collect()
            }
            Some(name) => {
                let list = name.find(&self.catalogues, &catalogue).await?;
                claimed = claimed.or_else(|| catalogue.edition(&list.fact.edition));
                // Of a list that is in no one edition each entry is in its own.
                let own = |entry: &EntryFact| match list.fact.edition.as_str() {
                    "" => entry.edition.clone(),
                    _ => String::new(),
                };
                let row =
                    |entry: &EntryFact| LintRow { code: entry.code.clone(), edition: own(entry), ..LintRow::default() };
                list.entries_on(today).map(row).collect()
            }
        };
        // Thousands of rows against all lists: not on the thread that answers others.
        let id = name.map(|name| name.id);
        let linted = tokio::task::spawn_blocking(move || {
            let linted = lint(&catalogue, &rows, claimed, id.as_deref(), today);
            (linted, rows, catalogue)
        });
        let (linted, rows, catalogue) =
            linted.await.map_err(|error| Fault::internal(format!("the look-over: {error}")))?;
        let likely = linted.likely_edition.map(|edition| catalogue.editions[edition].fact.id.as_str());
        Ok(LintGreenListResponse {
            findings: linted.findings.iter().map(|found| finding(found, &rows)).collect(),
            likely_edition: likely.map(|edition| format!("editions/{edition}")).unwrap_or_default(),
            revision: catalogue.revision,
        })
    }
}

fn finding(found: &LintFinding, rows: &[LintRow]) -> wire::LintFinding {
    let named = || found.rows.iter().take(MAX_NAMED);
    let row = |index: &usize| u32::try_from(index + 1).unwrap_or(u32::MAX);
    let code =
        |index: &usize| rows.get(*index).map(|row| row.code.chars().take(MAX_CODE).collect()).unwrap_or_default();
    wire::LintFinding {
        finding: render::findings(std::slice::from_ref(&found.finding)).pop(),
        rows: named().map(row).collect(),
        codes: named().map(code).collect(),
        row_count: u32::try_from(found.rows.len()).unwrap_or(u32::MAX),
    }
}
