//! What is wrong with an entry as it is published, since it was published before anybody asked: said of a change that leaves
//! it so, which is not held up by it. A panel's order does not wait for that, nor does whoever mends something else.

use std::collections::BTreeSet;

use greenlane_curation::{Finding, PUBLISHED_SO};

use super::{Change, consistency, contradictions};
use crate::domain::catalogue::Catalogue;

/// A finding of something that is published so.
pub(super) fn published_so(index: usize, entry: &str, field: String, wrong: &str) -> Finding {
    let message = format!("is published so, and stays wrong until it is mended: {wrong}");
    Finding { code: PUBLISHED_SO.into(), index, entry: entry.to_owned(), field, message }
}

/// What the entries that change say against one another and against those that stay.
pub(super) fn disagreements(catalogue: &Catalogue, changes: &[Change]) -> Vec<Finding> {
    let mut findings = among(catalogue, changes);
    let wrong: BTreeSet<&str> = findings.iter().map(|it| it.entry.as_str()).collect();
    let mut seen = BTreeSet::new();
    let names = changes.iter().filter(|it| it.becomes().is_some()).map(Change::entry_name);
    let names = names.filter(|name| wrong.contains(name.as_str()) && seen.insert(name.clone()));
    let as_published: Vec<Change> = names.filter_map(|name| catalogue.entry(&name)).map(Change::Upsert).collect();
    let known = if as_published.is_empty() { Vec::new() } else { among(catalogue, &as_published) };
    for finding in &mut findings {
        let is_known = |it: &Finding| {
            (&it.code, &it.entry, &it.field, &it.message)
                == (&finding.code, &finding.entry, &finding.field, &finding.message)
        };
        if known.iter().any(is_known) {
            *finding = published_so(finding.index, &finding.entry, finding.field.clone(), &finding.message);
        }
    }
    findings
}

fn among(catalogue: &Catalogue, changes: &[Change]) -> Vec<Finding> {
    let mut findings = contradictions::contradictions(catalogue, changes);
    findings.extend(consistency::of_changed(catalogue, changes));
    findings
}
