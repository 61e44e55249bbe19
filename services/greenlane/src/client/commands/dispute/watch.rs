//! `greenlane dispute watch`: disputes as steps are taken in them.

use clap::Args;
use greenlane_api::equivalence::v1::{
    WatchDisputesRequest, WatchDisputesResponse, dispute_service_client::DisputeServiceClient,
};
use greenlane_platform::client::Client;
use tonic::{Response, Status, Streaming};

use crate::client::{
    Session,
    exit::Exit,
    follow::{Watched, follow},
    render::{self, Output, at, plain},
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
    /// Begin after this position, where an earlier watch ended.
    #[arg(long, value_name = "POSITION", default_value_t = 0, hide_default_value = true)]
    after: u64,
    /// End after so many disputes.
    #[arg(long, value_name = "COUNT")]
    count: Option<u64>,
    /// End when what is known by now has been told.
    #[arg(long)]
    until_now: bool,
}

/// Where a watch is, and when it ends.
struct Progress {
    disputes: DisputeServiceClient<Client>,
    args: Watch,
    position: u64,
    told: u64,
    output: Output,
}

/// Follows until it is over.
pub(in super::super) async fn run(session: &Session, args: Watch) -> anyhow::Result<Exit> {
    let disputes = DisputeServiceClient::new(session.equivalence()?);
    follow(Progress { disputes, position: args.after, args, told: 0, output: session.output() }).await
}

impl Watched for Progress {
    type Message = WatchDisputesResponse;

    async fn open(&mut self) -> Result<Streaming<WatchDisputesResponse>, Status> {
        let request = WatchDisputesRequest {
            after_position: self.position,
            respondent: self.args.respondent.clone(),
            certificates_only: self.args.certificates,
        };
        self.disputes.watch_disputes(request).await.map(Response::into_inner)
    }

    fn position(&self) -> Option<u64> {
        Some(self.position)
    }

    fn take(&mut self, message: &WatchDisputesResponse) -> anyhow::Result<bool> {
        self.position = message.position;
        if message.dispute.is_some() || matches!(self.output, Output::Json | Output::Yaml) {
            print(self.output, message, self.told == 0)?;
        }
        self.told += u64::from(message.dispute.is_some());
        let enough = self.args.count.is_some_and(|count| self.told >= count);
        Ok(enough || (self.args.until_now && message.bookmark))
    }
}

fn print(output: Output, message: &WatchDisputesResponse, first: bool) -> anyhow::Result<()> {
    let value = render::to_json(message)?;
    let cell = |path: &str| at(&value, path).map(plain).unwrap_or_default();
    match output {
        Output::Json => render::write(&format!("{value}\n")),
        Output::Yaml => render::write(&format!("---\n{}", render::yaml::text(&value)?)),
        Output::Name => render::write(&format!("{}\n", cell("dispute.name"))),
        Output::Csv => {
            let header = if first { "POSITION,DISPUTE,STATE,OPENED,ANSWER BY\n" } else { "" };
            // None of these has a comma or a quote in it.
            let row = ["position", "dispute.name", "dispute.state", "dispute.openedAt", "dispute.answerBy"];
            render::write(&format!("{header}{}\n", row.map(cell).join(",")))
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
            render::write(&format!("{position:>9}  {state:<20}  {name}\n"))?;
            render::write(&format!("{:>9}  {challenger} challenges {subject}; answer by {answer_by}\n", ""))
        }
    }
}
