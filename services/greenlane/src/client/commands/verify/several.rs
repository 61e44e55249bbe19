//! Several certificates at once: asked together, one line each.

use greenlane_api::registry::v1::{
    BatchVerifyRequest, BatchVerifyResponse, ItemError, VerifyRequest, VerifyResult, verify_result::Result as Answer,
};
use greenlane_platform::clock::Clock;
use serde_json::json;

use super::Args;
use crate::client::{
    Session,
    exit::{Exit, Usage},
    offline::OfflineTrust,
    render::{self, Column, Output, View},
    verdict::{
        self,
        line::{Tally, line},
    },
};

/// How many a service takes together.
const MOST: usize = 1_000;

pub(super) const LINES: View = View::List {
    items: "lines",
    name: "certificate",
    columns: &[("SUBJECT", "subject"), ("CERTIFICATE", "certificate"), ("OUTCOME", "outcome"), ("WHY", "why")],
};

/// The same for programs, with the four parts of each verdict, and what is left where that is asked.
const COLUMNS: &[Column] = &[
    ("CERTIFICATE", "certificate"),
    ("OUTCOME", "outcome"),
    ("AUTHENTIC", "authentic"),
    ("IN FORCE", "inForce"),
    ("COVERS THESE GOODS", "coversGoods"),
    ("RECOGNISED HERE", "recognised"),
    ("WHY", "why"),
    ("SUBJECT", "subject"),
    ("LEFT", "left"),
];

/// The view of those columns.
pub(super) fn in_parts(balance: bool) -> View {
    let columns = if balance { COLUMNS } else { &COLUMNS[..COLUMNS.len() - 1] };
    View::List { items: "lines", name: "certificate", columns }
}

pub(super) async fn run(session: &Session, args: &Args) -> anyhow::Result<Exit> {
    let requests = requests(args)?;
    let day = args.goods.day_alone();
    let mut service = session.batches()?;
    let answer = service.batch_verify(BatchVerifyRequest { requests, consistency: None }).await?.into_inner();
    for result in &answer.results {
        if let Some(Answer::Response(response)) = &result.result {
            verdict::of_the_day(&day, response).map_err(anyhow::Error::msg)?;
        }
    }
    print(session.output(), args, &answer)
}

/// The same with a trust bundle.
pub(super) async fn offline(output: Output, args: &Args, trust: &OfflineTrust) -> anyhow::Result<Exit> {
    let mut answer = BatchVerifyResponse::default();
    for request in requests(args)? {
        let result = match trust.verify(request).await {
            Ok(response) => {
                answer.revision =
                    response.verdict.iter().flat_map(|it| it.revisions.iter()).map(|it| it.registry).sum();
                Answer::Response(response)
            }
            Err(status) => Answer::Error(ItemError {
                code: status.code().into(),
                message: status.message().to_owned(),
                ..ItemError::default()
            }),
        };
        answer.results.push(VerifyResult { result: Some(result) });
    }
    print(output, args, &answer)
}

fn requests(args: &Args) -> anyhow::Result<Vec<VerifyRequest>> {
    let one_each = [
        ("--report", args.report.is_some()),
        ("--statement-out", args.statement_out.is_some()),
        ("--proof-out", args.proof_out.is_some()),
    ];
    if let Some((flag, _)) = one_each.into_iter().find(|(_, given)| *given) {
        return Err(Usage(format!("{flag} is of one certificate; {} are named", args.subjects.len())).into());
    }
    if args.subjects.len() > MOST {
        let hint = "`greenlane manifest verify` takes a file of any length";
        return Err(Usage(format!("at most {MOST} certificates at once; {hint}")).into());
    }
    args.subjects.iter().map(|subject| args.request(subject)).collect()
}

/// Programs get the answer, people a line for each.
fn print(output: Output, args: &Args, answer: &BatchVerifyResponse) -> anyhow::Result<Exit> {
    let mut tally = Tally::default();
    for result in &answer.results {
        tally.count(Some(result));
    }
    if matches!(output, Output::Json | Output::Yaml) {
        let mut value = render::to_json(answer)?;
        // Results come in the order of the questions; each names its own, so that none is taken for another's.
        for (result, named) in value["results"].as_array_mut().into_iter().flatten().zip(&args.subjects) {
            result["subject"] = named.as_str().into();
        }
        render::print_value(output, &value, LINES)?;
    } else {
        let lines = args.subjects.iter().zip(&answer.results).map(|(named, result)| line(named, Some(result), output));
        let lines = lines.collect::<anyhow::Result<Vec<_>>>()?;
        let view = if output == Output::Csv { in_parts(args.balance) } else { LINES };
        render::print_value(output, &json!({ "lines": lines }), view)?;
    }
    let today = Clock::system().today();
    let verdicts = answer.results.iter().filter_map(|result| match &result.result {
        Some(Answer::Response(response)) => response.verdict.as_ref(),
        Some(Answer::Error(_)) | None => None,
    });
    // They are all of one day.
    if let Some(ahead) = verdicts.filter_map(|it| verdict::ahead(&it.date, today)).next() {
        render::talk(&ahead);
    }
    render::talk(&tally.text());
    Ok(tally.exit())
}
