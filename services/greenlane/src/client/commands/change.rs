//! `greenlane change`: change sets of the equivalence catalogue, from draft to revision.

mod args;
pub(crate) mod diff;
pub(crate) mod views;
pub(crate) mod workflow;

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
use crate::client::{
    Session,
    exit::Exit,
    render::{Output, sentences, several, talk},
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
    if session.output() == Output::Table {
        totals(&answer).iter().for_each(|line| talk(line));
    }
    // That there are more examples than asked for is no news where examples are not shown.
    let shown = PreviewImpactResponse { next_page_token: String::new(), ..answer.clone() };
    session.print(if session.output() == Output::Table { &shown } else { &answer }, MARKETS)
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
    format!(
        "{} of {} for {} {} from {} to {}: {}",
        certified.join(", "),
        facts.body,
        code.edition,
        code.code,
        question.origin,
        question.destination,
        why
    )
}

/// What a preview comes to over all markets, one line each.
pub(crate) fn totals(answer: &PreviewImpactResponse) -> Vec<String> {
    let totals = answer.totals.unwrap_or_default();
    let on = if answer.date.is_empty() { String::new() } else { format!(" on {}", answer.date) };
    let mut lines = vec![
        format!(
            "of {} certificates in force{on} {} gain, {} lose and {} change otherwise, with {} holders",
            answer.certificates_examined,
            totals.certificates_gaining,
            totals.certificates_losing,
            totals.certificates_otherwise,
            totals.holders,
        ),
        format!(
            "of {} recent verifications {} gain, {} lose and {} change otherwise",
            answer.questions_examined,
            totals.recent_verifications_gaining,
            totals.recent_verifications_losing,
            totals.recent_verifications_otherwise,
        ),
    ];
    if answer.undetermined > 0 {
        let untold = several(answer.undetermined, "decision");
        lines.push(format!("{untold} could not be told, and counted nowhere"));
    }
    lines.extend(answer.undetermined_examples.iter().take(UNTOLD).map(|untold| format!("  {}", name_untold(untold))));
    if answer.undetermined > UNTOLD as u64 && answer.undetermined_examples.len() > UNTOLD {
        lines.push("  … and others: -o json names up to 20".to_owned());
    }
    if !answer.complete {
        lines.push("the time ran out: these numbers are of a part only".to_owned());
    }
    lines
}
