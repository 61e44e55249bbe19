//! `greenlane explain`: why a market recognises a certificate or not, as a tree of its requirements and of every route
//! that was tried for each.

use std::{collections::BTreeSet, fmt::Write as _};

use clap::Args as ClapArgs;
use greenlane_api::equivalence::v1::{
    ExplainRequest, ExplainResponse, RecognitionDecision, RequirementResult, RequirementStatus, RouteAttempt,
    recognition_service_client::RecognitionServiceClient, route_attempt::Result as Tried,
};
use serde_json::json;

use super::{
    recognise::{self, exit_of, if_worth_something},
    verify::no_destination,
};
use crate::client::{
    Session,
    complete::Named,
    exit::{Exit, with_flags},
    recognition,
    render::{self, Output, View, colour, line::wrapped},
};

/// Arguments of `greenlane explain`.
#[derive(ClapArgs, Debug)]
#[command(after_help = "\
Example:
  greenlane explain --certificate GLXA4HP9Z1PPYMB35F --code HS2022:854143 --origin XA \\
    --destination XB

Exits as `greenlane recognise` does.")]
pub(crate) struct Args {
    #[command(flatten)]
    facts: recognise::Facts,
    /// Economy of import [default: the context's].
    #[arg(long, value_name = "ECONOMY", value_parser = crate::client::input::parse_economy, add = Named::Economies.completer())]
    destination: Option<String>,
    #[command(flatten)]
    known: recognise::Known,
}

const EXPLAINED: View = View::Record { at: "decision", name: "decisionId", fields: &[] };

/// Each route that was tried, as comma-separated values.
const ATTEMPTS: View = View::List {
    items: "attempts",
    name: "requirement",
    columns: &[
        ("REQUIREMENT", "requirement"),
        ("THROUGH", "annex"),
        ("ACCEPTED", "accepted"),
        ("CHECKS PASSED", "miss.checksPassed"),
        ("WHY NOT", "miss.reason"),
        ("WHAT WOULD MEND IT", "miss.mend"),
        ("MISSING FACT", "missingFact"),
        ("CONDITIONS", "route.conditions.*.description"),
    ],
};

/// Asks, and draws the tree.
pub(crate) async fn run(session: &Session, args: Args) -> anyhow::Result<Exit> {
    let destination = args.destination.or_else(|| session.economy().map(str::to_owned)).ok_or_else(no_destination)?;
    let (question, is_worth_something) = args.facts.question(session, &destination).await?;
    let mut recognition = RecognitionServiceClient::new(session.equivalence()?);
    let request = ExplainRequest {
        question: Some(question),
        consistency: args.known.consistency(),
        classification_revision: args.known.classification_revision,
    };
    let answer = recognition.explain(request).await?.into_inner();
    match session.output() {
        Output::Table => render::write(&tree(&destination, &answer, render::width()))?,
        Output::Csv => {
            let mut value = render::to_json(&answer)?;
            for (row, attempt) in value["attempts"].as_array_mut().into_iter().flatten().zip(&answer.attempts) {
                row["accepted"] = json!(match &attempt.result {
                    Some(Tried::Route(_)) => "yes",
                    Some(Tried::Miss(_)) => "no",
                    Some(Tried::MissingFact(_)) | None => "undetermined",
                });
                if let Some(Tried::Miss(miss)) = &attempt.result {
                    row["miss"]["mend"] = json!(with_flags(&miss.mend));
                }
            }
            render::print_value(Output::Csv, &value, ATTEMPTS)?;
        }
        Output::Json | Output::Yaml | Output::Name => {
            session.print(&answer, EXPLAINED)?;
        }
    }
    let exit = answer.decision.as_ref().map_or(Exit::Undetermined, exit_of);
    Ok(if_worth_something(is_worth_something, exit))
}

/// Characters of a line at least, however deep it hangs.
const LEAST: usize = 20;

/// A line with what hangs below it.
struct Branch {
    text: String,
    below: Vec<Branch>,
}

impl Branch {
    fn leaf(text: impl Into<String>) -> Self {
        Self { text: text.into(), below: Vec::new() }
    }

    fn draw(&self, into: &mut String, indent: &str, width: usize) {
        for (index, branch) in self.below.iter().enumerate() {
            let last = index + 1 == self.below.len();
            let (mark, more) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            // What does not fit goes on below, under its own beginning.
            let room = width.saturating_sub(indent.chars().count() + mark.chars().count()).max(LEAST);
            for (line, text) in wrapped(&branch.text, room).iter().enumerate() {
                // Writing to a text cannot fail.
                let _ = match line {
                    0 => writeln!(into, "{indent}{mark}{}", tinted(text)),
                    _ => writeln!(into, "{indent}{more}{text}"),
                };
            }
            branch.draw(into, &format!("{indent}{more}"), width);
        }
    }
}

/// A line whose first word, which two blanks part from the rest, tells how something stands.
fn tinted(text: &str) -> String {
    match text.split_once("  ") {
        Some((word, rest)) => format!("{}  {rest}", colour::word(word)),
        None => text.to_owned(),
    }
}

/// The whole answer.
fn tree(destination: &str, answer: &ExplainResponse, width: usize) -> String {
    let decision = answer.decision.clone().unwrap_or_default();
    let outcome = colour::word(recognition::words(decision.outcome(), decision.demand()));
    let mut root = Branch::leaf(format!("{destination}: {outcome}"));
    root.below.extend(decision.requirements.iter().map(|it| requirement(it, &answer.attempts)));
    root.below.extend(said(&decision));
    let mut text = format!("{}\n", root.text);
    root.draw(&mut text, "", width);
    let _ = writeln!(text, "\nat revisions  equivalence {}{}", answer.revision, classified(answer));
    let beside = format!("decision      {}", decision.decision_id);
    // A digest is nearly as long as a terminal is wide: rather than over its edge it goes to a line of its own.
    let _ = if beside.chars().count() > width {
        writeln!(text, "decision\n  {}", decision.decision_id)
    } else {
        writeln!(text, "{beside}")
    };
    text
}

fn classified(answer: &ExplainResponse) -> String {
    match answer.classification_revision {
        0 => String::new(),
        revision => format!(", classification {revision}"),
    }
}

/// What the decision says that no requirement does.
fn said(decision: &RecognitionDecision) -> Vec<Branch> {
    let conditions = decision.conditions.iter().map(|it| Branch::leaf(format!("condition: {}", it.description)));
    // What a requirement lacks is told with it, and nothing twice.
    let of_requirements = decision.requirements.iter().flat_map(|it| &it.findings);
    let mut told: BTreeSet<_> = of_requirements.map(|it| &it.message).collect();
    let findings = decision.findings.iter().map(|it| &it.message).filter(|it| told.insert(*it));
    conditions.chain(findings.map(|it| Branch::leaf(it.clone()))).collect()
}

fn requirement(of: &RequirementResult, attempts: &[RouteAttempt]) -> Branch {
    let kind = if of.mandatory { "demanded" } else { "honoured" };
    let legal = if of.legal_reference.is_empty() { String::new() } else { format!(" [{}]", of.legal_reference) };
    let mut branch =
        Branch::leaf(format!("{}  {kind} by {}: {} ({}){legal}", status(of), of.market, of.title, of.requirement));
    let tried = attempts.iter().filter(|attempt| attempt.requirement == of.requirement);
    branch.below.extend(tried.map(attempt));
    branch.below.extend(of.findings.iter().map(|it| Branch::leaf(it.message.clone())));
    branch
}

fn status(of: &RequirementResult) -> &'static str {
    match of.status() {
        RequirementStatus::Met => "met",
        RequirementStatus::MetInPart => "met in part",
        RequirementStatus::InformationOnly => "for information only",
        RequirementStatus::NotMet => "NOT MET",
        RequirementStatus::Undetermined | RequirementStatus::Unspecified => "undetermined",
    }
}

fn attempt(of: &RouteAttempt) -> Branch {
    let through = if of.annex.is_empty() { "directly".to_owned() } else { format!("through {}", of.annex) };
    match &of.result {
        Some(Tried::Route(route)) => {
            let mut branch = Branch::leaf(format!("yes  {through}: {}", recognition::route(route)));
            branch
                .below
                .extend(route.conditions.iter().map(|it| Branch::leaf(format!("condition: {}", it.description))));
            branch
        }
        Some(Tried::Miss(miss)) => Branch {
            text: format!("no   {through}, after {} checks passed: {}", miss.checks_passed, miss.reason),
            below: vec![Branch::leaf(format!("what would mend it: {}", with_flags(&miss.mend)))],
        },
        Some(Tried::MissingFact(fact)) => Branch::leaf(format!("?    {through}: {fact}")),
        None => Branch::leaf(format!("?    {through}")),
    }
}

#[cfg(test)]
mod tests {
    use greenlane_api::{common::v1::Finding, equivalence::v1::NearestMiss};

    use super::*;

    #[test]
    fn what_would_mend_it_names_the_flags_of_the_command() {
        let said =
            "the question must say placed_on_market_on (before 2024-06-01) and manufactured_on (before 2024-01-01)";
        let miss = NearestMiss { mend: said.into(), ..Default::default() };
        let tried = RouteAttempt { result: Some(Tried::Miss(miss)), ..Default::default() };
        let told = attempt(&tried).below.remove(0).text;
        let flags = "the question must say --placed-on (before 2024-06-01) and --made-on (before 2024-01-01)";
        assert_eq!(told, format!("what would mend it: {flags}"));
        // There are such flags.
        let mut command = <crate::cli::Cli as clap::CommandFactory>::command();
        for of in ["explain", "recognise", "plan", "verify"] {
            let command = command.find_subcommand_mut(of).unwrap();
            for flag in ["placed-on", "made-on"] {
                assert!(command.get_arguments().any(|it| it.get_long() == Some(flag)), "{of} --{flag}");
            }
        }
    }

    #[test]
    fn what_a_requirement_lacks_is_told_with_it_and_what_two_findings_say_alike_is_told_once() {
        let finding =
            |code: &str, message: &str| Finding { code: code.into(), message: message.into(), ..Default::default() };
        let lacking = RequirementResult { findings: vec![finding("a", "A fact.")], ..Default::default() };
        let findings = vec![finding("a", "A fact."), finding("b", "Unknown."), finding("c", "Unknown.")];
        let decision = RecognitionDecision { requirements: vec![lacking], findings, ..Default::default() };
        let text = tree("XB", &ExplainResponse { decision: Some(decision), ..Default::default() }, 200);
        for message in ["A fact.", "Unknown."] {
            assert_eq!(text.matches(message).count(), 1, "{text}");
        }
    }

    #[test]
    fn each_requirement_stands_above_the_routes_that_were_tried_for_it() {
        let of = |name: &str| RequirementResult { requirement: name.into(), title: name.into(), ..Default::default() };
        let miss = NearestMiss { reason: "No.".into(), mend: "Do.".into(), checks_passed: 2, ..Default::default() };
        let tried = |name: &str, annex: &str| RouteAttempt {
            requirement: name.into(),
            annex: annex.into(),
            result: Some(Tried::Miss(miss.clone())),
        };
        let decision = RecognitionDecision { requirements: vec![of("r/1"), of("r/2")], ..Default::default() };
        let answer = ExplainResponse {
            decision: Some(decision),
            attempts: vec![tried("r/1", ""), tried("r/2", "annexes/a")],
            ..Default::default()
        };
        let text = tree("XB", &answer, 200);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].starts_with("├─ ") && lines[1].contains("r/1"), "{text}");
        assert!(lines[2].starts_with("│  └─ no   directly, after 2 checks passed: No."), "{text}");
        assert!(lines[3].starts_with("│     └─ what would mend it: Do."), "{text}");
        assert!(lines[5].starts_with("   └─ no   through annexes/a"), "{text}");
        let narrow = tree("XB", &answer, 40);
        assert!(narrow.lines().take_while(|it| !it.is_empty()).all(|it| it.chars().count() <= 40), "{narrow}");
    }
}
