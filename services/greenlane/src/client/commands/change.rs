//! `greenlane change`: change sets of the equivalence catalogue, from draft to revision.

mod args;
pub(crate) mod diff;
mod differences;
pub(crate) mod lists;
mod reports;
mod reverted;
pub(crate) mod views;
pub(crate) mod workflow;

use std::collections::BTreeSet;

use clap::Subcommand;
use greenlane_api::equivalence::v1::{
    PreviewImpactRequest, PreviewImpactResponse, UndeterminedDecision, change_service_client::ChangeServiceClient,
};

pub(crate) use self::args::Create;
use self::{
    args::Preview,
    views::MARKETS,
    workflow::{Of, name},
};
use greenlane_platform::clock::Clock;

use crate::client::{
    Session,
    exit::Exit,
    render::{self, Output, line, sentences, several, talk},
};

/// `greenlane change …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Draft a change set from a file.
    #[command(after_help = EXAMPLE)]
    Create(Create),
    #[command(flatten)]
    Workflow(workflow::Command),
    /// Show which verdicts it would change, market by market: certificates, holders, recent verifications.
    Preview(Preview),
}

const EXAMPLE: &str = "\
Example of a file (greenlane.equivalence.v1.ChangeSet):
  title: Accept the 2021 edition
  reason: The edition of 2016 is withdrawn.
  changes:
    - upsert:
        equivalence:
          name: equivalences/xa-xb-pv
          from: { name: standards/iec-61215-1-2021 }
          to: { name: standards/xb-61215-1-2021 }
          degree: identical
          validity: { from: \"2026-01-01\" }
    - retire: requirements/xb-pv-old";

/// Does it.
pub(crate) async fn run(session: &Session, command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Create(args) => Of::Catalogue.create(session, args).await,
        Command::Workflow(command) => workflow::run(session, Of::Catalogue, command).await,
        Command::Preview(args) => preview(session, args).await,
    }
}

async fn preview(session: &Session, args: Preview) -> anyhow::Result<Exit> {
    let mut changes = ChangeServiceClient::new(session.equivalence()?);
    let request = PreviewImpactRequest {
        name: name(&args.change_set),
        date: args.date,
        page_size: args.examples,
        ..Default::default()
    };
    let answer = changes.preview_impact(request).await?.into_inner();
    if session.output() != Output::Table {
        return session.print(&answer, MARKETS);
    }
    let figures: String = examined(&answer).iter().map(|line| format!("{line}\n")).collect();
    render::write(&line::folded(&figures))?;
    let reports = reports::told(&answer, Clock::system().now());
    if answer.markets.is_empty() {
        let all = reports.is_fresh && answer.complete && answer.undetermined == 0 && answer.certificates_examined > 0;
        let none =
            if all { "it changes the verdict of no market" } else { "of what could be told, it changes no verdict" };
        render::write(&format!("{none}{}\n", that_day(&answer.date)))?;
    } else {
        // That there are more examples than asked for is no news where examples are not shown.
        session.print(&PreviewImpactResponse { next_page_token: String::new(), ..answer.clone() }, MARKETS)?;
        render::write(&differences::table(&answer.examples))?;
        if !answer.next_page_token.is_empty() {
            let shown = several(answer.examples.len() as u64, "decision");
            talk(&format!("what differs is told of the first {shown}; --examples says of how many"));
        }
    }
    untold(&answer).iter().for_each(|line| talk(line));
    if answer.undetermined > 0 {
        talk("-o json names up to 20 of what could not be told");
    }
    Ok(Exit::Done)
}

/// Of which day alone it is said that nothing changes.
fn that_day(date: &str) -> String {
    if date.is_empty() { String::new() } else { format!(" on {date}; on later days it may, which --date tells") }
}

/// How many decisions that could not be told are named.
const UNTOLD: usize = 5;

/// What could not be told, and why.
fn name_untold(untold: &UndeterminedDecision) -> String {
    let question = untold.question.clone().unwrap_or_default();
    let facts = question.certificate.unwrap_or_default();
    let code = question.code.unwrap_or_default();
    let certified: Vec<_> = facts.schemes.into_iter().map(|it| it.scheme).chain(facts.standard_editions).collect();
    let why = sentences(untold.findings.iter().map(|it| it.message.as_str()));
    // Who may not read whose certificates they are is told the economy alone.
    let body = if facts.body.is_empty() { format!("a body of {}", facts.body_economy) } else { facts.body };
    format!(
        "{} of {} for {} {} from {} to {}: {}",
        certified.join(", "),
        body,
        code.edition,
        code.code,
        question.origin,
        question.destination,
        why
    )
}

/// What a preview comes to over all markets, one line each.
pub(crate) fn totals(answer: &PreviewImpactResponse) -> Vec<String> {
    examined(answer).into_iter().chain(untold(answer)).collect()
}

/// How many verdicts change, of how many.
fn examined(answer: &PreviewImpactResponse) -> Vec<String> {
    let totals = answer.totals.unwrap_or_default();
    let on = if answer.date.is_empty() { String::new() } else { format!(" on {}", answer.date) };
    vec![
        format!(
            "of {} in force{on} {} gain, {} lose and {} change otherwise, with {}",
            several(answer.certificates_examined, "certificate"),
            totals.certificates_gaining,
            totals.certificates_losing,
            totals.certificates_otherwise,
            several(totals.holders, "holder"),
        ),
        format!(
            "of {} {} gain, {} lose and {} change otherwise",
            several(answer.questions_examined, "recent verification"),
            totals.recent_verifications_gaining,
            totals.recent_verifications_losing,
            totals.recent_verifications_otherwise,
        ),
    ]
}

/// What a preview leaves open. Of decisions that nobody can make, for the catalogue says too little of their markets, the
/// markets are told, and of others the first.
fn untold(answer: &PreviewImpactResponse) -> Vec<String> {
    let mut lines = Vec::new();
    let examples = &answer.undetermined_examples;
    let is_of_market = |untold: &&UndeterminedDecision| {
        !untold.findings.is_empty() && untold.findings.iter().all(|it| it.code == "market_not_covered")
    };
    let (of_markets, others): (Vec<_>, Vec<_>) = examples.iter().partition(is_of_market);
    if answer.undetermined > 0 {
        let untold = several(answer.undetermined, "decision");
        lines.push(format!("{untold} could not be told, and counted nowhere"));
    }
    let market = |untold: &&UndeterminedDecision| untold.question.as_ref().map(|it| it.destination.clone());
    let markets: BTreeSet<String> = of_markets.iter().filter_map(market).collect();
    if !markets.is_empty() {
        let all = answer.undetermined <= examples.len() as u64;
        let more = if all { "" } else { " and others" };
        let markets = markets.into_iter().collect::<Vec<_>>().join(" ");
        lines.push(format!("  the catalogue may lack requirements of {markets}{more}"));
    }
    lines.extend(others.iter().take(UNTOLD).map(|untold| format!("  {}", name_untold(untold))));
    if others.len() > UNTOLD {
        lines.push(format!("  … and {} more", others.len() - UNTOLD));
    }
    if !answer.complete {
        lines.push("the time ran out: these numbers are of a part only".to_owned());
    }
    lines.extend(reports::told(answer, Clock::system().now()).lines);
    lines
}

#[cfg(test)]
mod tests {
    use greenlane_api::{common::v1::Finding, equivalence::v1::RecognitionQuestion};

    use super::*;

    #[test]
    fn that_no_verdict_changes_is_said_of_a_day_and_not_of_later_ones() {
        assert_eq!(that_day("2028-03-01"), " on 2028-03-01; on later days it may, which --date tells");
        assert_eq!(that_day(""), "");
    }

    #[test]
    fn markets_that_the_catalogue_says_too_little_of_are_folded_into_one_line_and_other_doubts_are_told() {
        let of = |market: &str, code: &str, message: &str| UndeterminedDecision {
            question: Some(RecognitionQuestion { destination: market.into(), ..Default::default() }),
            findings: vec![Finding { code: code.into(), message: message.into(), ..Default::default() }],
            ..Default::default()
        };
        let answer = PreviewImpactResponse {
            undetermined: 28,
            undetermined_examples: vec![
                of("BN", "market_not_covered", "the catalogue may lack requirements of BN for these goods"),
                of("XB", "granted_on_missing", "it depends on when it was granted"),
                of("AU", "market_not_covered", "the catalogue may lack requirements of AU for these goods"),
            ],
            complete: true,
            ..Default::default()
        };
        let lines = untold(&answer);
        assert_eq!(lines.len(), 4, "{lines:?}");
        assert!(lines[3].starts_with("no registry has reported"), "{lines:?}");
        assert!(lines[0].starts_with("28 decisions could not be told"), "{lines:?}");
        assert_eq!(lines[1], "  the catalogue may lack requirements of AU BN and others");
        assert!(lines[2].ends_with("to XB: it depends on when it was granted"), "{lines:?}");
        assert!(totals(&answer)[0].starts_with("of 0 certificates in force"), "the answer comes first");
    }
}
