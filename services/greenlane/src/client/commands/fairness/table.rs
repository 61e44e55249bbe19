//! What is found, by the clause that makes the difference: one row for all who are worse off by it in the same way.

use std::collections::{BTreeMap, BTreeSet};

use greenlane_api::equivalence::v1::{AuditFairnessResponse, FairnessFinding};
use tonic::{Response, Status};

use crate::client::{
    exit::Exit,
    recognition,
    render::{self, colour, label, line, several, width},
};

/// The most findings that a service gives at once.
const AT_ONCE: u64 = 1_000;

/// What the findings of one row have in common: clause, market, requirement, principle, what was compared, how who is
/// favoured fares, how who is not, and whether neither is better.
type Same = ([String; 7], bool);

/// Who is favoured, and who is worse off.
type Origins = (BTreeSet<String>, BTreeSet<String>);

/// Asks for so many findings at most, and prints them together. Only the rows are held, not the findings.
pub(super) async fn print(
    wanted: u64,
    ask: impl AsyncFnMut(i32, String) -> Result<Response<AuditFairnessResponse>, Status>,
) -> anyhow::Result<Exit> {
    let mut rows: BTreeMap<Same, Origins> = BTreeMap::new();
    let (taken, more) = each(wanted, ask, |finding| add(&mut rows, finding)).await?;
    render::write(&text(&rows))?;
    tell_more(more);
    render::talk(&match taken {
        0 => "there are none".to_owned(),
        _ => {
            let (findings, clauses) = (several(taken, "finding"), several(clauses(&rows) as u64, "clause"));
            format!("{findings} by {clauses}; -o csv has them one by one")
        }
    });
    Ok(Exit::Done)
}

/// The same, and prints the names of the requirements that something is found of: each once.
pub(super) async fn names(
    wanted: u64,
    ask: impl AsyncFnMut(i32, String) -> Result<Response<AuditFairnessResponse>, Status>,
) -> anyhow::Result<Exit> {
    let mut names = BTreeSet::new();
    let (_, more) = each(wanted, ask, |finding| names.extend([finding.requirement])).await?;
    render::write(&names.iter().map(|name| format!("{name}\n")).collect::<String>())?;
    tell_more(more);
    Ok(Exit::Done)
}

/// Asks page by page for so many findings at most. How many there were, and whether there are more.
async fn each(
    wanted: u64,
    mut ask: impl AsyncFnMut(i32, String) -> Result<Response<AuditFairnessResponse>, Status>,
    mut take: impl FnMut(FairnessFinding),
) -> anyhow::Result<(u64, bool)> {
    let (mut taken, mut token) = (0, String::new());
    loop {
        let size = i32::try_from((wanted - taken).min(AT_ONCE)).unwrap_or(i32::MAX);
        let page = ask(size, token).await?.into_inner();
        taken += page.findings.len() as u64;
        page.findings.into_iter().for_each(&mut take);
        token = page.next_page_token;
        if token.is_empty() || taken >= wanted {
            return Ok((taken, !token.is_empty()));
        }
    }
}

fn tell_more(more: bool) {
    if more {
        render::talk("there are more than these");
    }
}

fn add(rows: &mut BTreeMap<Same, Origins>, finding: FairnessFinding) {
    let word = |name: &str| label(name).unwrap_or_default().to_owned();
    let incomparable = finding.incomparable;
    let same = [
        finding.clause.clone(),
        finding.market.clone(),
        finding.requirement.clone(),
        word(finding.principle().as_str_name()),
        word(finding.object().as_str_name()),
        recognition::outcome(finding.favoured_outcome()).to_owned(),
        recognition::outcome(finding.disfavoured_outcome()).to_owned(),
    ];
    let (favoured, disfavoured) = rows.entry((same, incomparable)).or_default();
    favoured.insert(finding.favoured);
    disfavoured.insert(finding.disfavoured);
}

fn clauses(rows: &BTreeMap<Same, Origins>) -> usize {
    rows.keys().map(|(same, _)| &same[0]).collect::<BTreeSet<_>>().len()
}

/// Each clause with what it does below it.
fn text(rows: &BTreeMap<Same, Origins>) -> String {
    let mut text = String::new();
    let mut before = "";
    for ((same, incomparable), (favoured, disfavoured)) in rows {
        let [clause, market, requirement, principle, object, better, worse] = same;
        // A clause is named once, above all that it does.
        if clause != before {
            let gap = if before.is_empty() { "" } else { "\n" };
            text.push_str(gap);
            for part in line::folded(clause).lines() {
                text.push_str(&format!("{}\n", colour::strong(part)));
            }
            before = clause;
        }
        text.push_str(&line::folded(&format!("  {market}  {requirement}  {principle}, {object}\n")));
        let (one, other) =
            if *incomparable { ("neither better", "on other conditions") } else { ("favoured", "worse off") };
        text.push_str(&listed(one, better, favoured));
        text.push_str(&listed(other, worse, disfavoured));
    }
    text
}

/// Who fares like this, wrapped to the page.
fn listed(title: &str, outcome: &str, origins: &BTreeSet<String>) -> String {
    let mut lines = vec![format!("      {title}, {outcome}:")];
    for origin in origins {
        let line = lines.last_mut().expect("there is a line");
        if line.len() + 1 + origin.len() > width() {
            lines.push(format!("{} {origin}", " ".repeat(7)));
        } else {
            line.push_str(&format!(" {origin}"));
        }
    }
    let text = lines.join("\n") + "\n";
    text.replacen(outcome, &colour::word(outcome), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clause_is_named_once_with_all_who_are_worse_off_by_it() {
        let mut rows = BTreeMap::new();
        for (clause, origin) in [("annexes/b", "XC"), ("annexes/a", "XD"), ("annexes/b", "XA"), ("annexes/b", "XC")] {
            add(
                &mut rows,
                FairnessFinding {
                    market: "XB".into(),
                    requirement: "requirements/pv".into(),
                    favoured: "XE".into(),
                    disfavoured: origin.into(),
                    clause: clause.into(),
                    ..Default::default()
                },
            );
        }
        let text = text(&rows);
        assert_eq!(clauses(&rows), 2);
        assert_eq!(text.matches("annexes/b").count(), 1, "{text}");
        assert!(text.contains("worse off") && !text.contains("neither"), "{text}");
        assert!(text.contains("XA XC") && text.find("annexes/a") < text.find("annexes/b"), "{text}");
    }

    #[test]
    fn who_is_treated_otherwise_and_not_worse_is_told_so() {
        let mut rows = BTreeMap::new();
        let (favoured, disfavoured) = ("XA".into(), "XC".into());
        add(&mut rows, FairnessFinding { favoured, disfavoured, incomparable: true, ..Default::default() });
        let text = text(&rows);
        assert!(text.contains("neither better") && text.contains("on other conditions"), "{text}");
        assert!(!text.contains("worse off"), "{text}");
    }
}
