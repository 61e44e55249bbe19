//! `greenlane dispute watch`: disputes as steps are taken in them.

use clap::Args;
use greenlane_api::equivalence::v1::{
    WatchDisputesRequest, WatchDisputesResponse, dispute_service_client::DisputeServiceClient,
};
use tonic::Response;

use crate::client::{
    Session,
    exit::Exit,
    follow::{Show, Span, positions, told},
    render::{self, Output, at, line, plain},
};

/// Arguments of `greenlane dispute watch`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  greenlane dispute watch --respondent bodies/xa-lab
  greenlane dispute watch --certificates --until-now -o json")]
pub(crate) struct Watch {
    /// Only disputes that this body, bodies/ID, or economy has to answer.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    respondent: String,
    /// Only disputes about certificates.
    #[arg(long)]
    certificates: bool,
    #[command(flatten)]
    span: Span,
}

/// Follows until it is over.
pub(in super::super) async fn run(session: &Session, args: Watch) -> anyhow::Result<Exit> {
    let mut disputes = DisputeServiceClient::new(session.equivalence()?);
    positions(session.output(), args.span, SHOW, async |after_position| {
        let request = WatchDisputesRequest {
            after_position,
            respondent: args.respondent.clone(),
            certificates_only: args.certificates,
        };
        disputes.watch_disputes(request).await.map(Response::into_inner)
    })
    .await
}

told! { WatchDisputesResponse: dispute }

const SHOW: Show = Show { headings: "POSITION,DISPUTE,STATE,OPENED,ANSWER BY\n", print };

fn print(output: Output, value: &serde_json::Value) -> anyhow::Result<()> {
    let cell = |path: &str| at(value, path).map(plain).unwrap_or_default();
    match output {
        Output::Json => render::write(&format!("{value}\n")),
        Output::Yaml => render::write(&format!("---\n{}", render::yaml::text(value)?)),
        Output::Name => render::write(&format!("{}\n", cell("dispute.name"))),
        Output::Csv => {
            // None of these has a comma or a quote in it.
            let row = ["position", "dispute.name", "dispute.state", "dispute.openedAt", "dispute.answerBy"];
            render::write(&format!("{}\n", row.map(cell).join(",")))
        }
        Output::Table => {
            let [position, state, name, challenger, subject, answer_by] = [
                "position",
                "dispute.state",
                "dispute.name",
                "dispute.challenger",
                "dispute.subject",
                "dispute.answerBy",
            ]
            .map(cell);
            let position = format!("{position:>9}");
            render::write(&line::row(&[(&*position, 9), (&*state, 20), (&*name, 0)]))?;
            let what = format!("{challenger} challenges {subject}; answer by {answer_by}");
            render::write(&line::row(&[("", 9), (&*what, 0)]))
        }
    }
}
