//! `greenlane dispute`: challenges to bodies, designations, certificates and decisions, from evidence to outcome.

mod args;
mod certificate;
mod views;
mod watch;

use anyhow::Context as _;
use clap::Subcommand;
use greenlane_api::equivalence::v1::{
    AnswerDisputeRequest, ApplyDisputeRequest, AppointDisputePanelRequest, ChangeSet, CloseDisputeRequest,
    DecideDisputeRequest, DisputeEvidence, DisputeMatter, GetDisputeRequest, ListDisputesRequest,
    ObjectToDisputeRequest, OpenDisputeRequest, WithdrawDisputeRequest, dispute_service_client::DisputeServiceClient,
};
use sha2::{Digest as _, Sha256};

use self::args::{Apply, Decide, End, Evidence, List, Open, Panel, Say};
use self::views::{APPLIED, DISPUTE, DISPUTES, WHOLE};
pub(super) use self::watch::{Watch, run as watch};
use super::change::workflow;
use crate::client::{
    Session,
    exit::{Exit, Usage},
    render::to_json,
};

/// `greenlane dispute …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Challenge a body, a designation, a certificate or a recognition decision.
    Open(Open),
    /// Show a dispute with every step, in the state that it has today.
    Get {
        /// Its name or bare identifier.
        dispute: String,
    },
    /// List disputes, newest first.
    List(List),
    /// Follow disputes as steps are taken in them, those that there are first.
    Watch(Watch),
    /// Answer for a respondent.
    Answer(Say),
    /// Object as somebody who is no party, while objections are taken.
    Object(Say),
    /// Appoint the panel, whose members have no part in the dispute.
    Panel(Panel),
    /// Vote as a member of the panel, for good; more than half of the members decide.
    Decide(Decide),
    /// Draw up and propose the change set that applies what was decided.
    Apply(Apply),
    /// Close what is decided and carried out.
    Close(End),
    /// Take a challenge back before it is decided.
    Withdraw(End),
}

/// Does it.
pub(crate) async fn run(session: &Session, command: Command) -> anyhow::Result<Exit> {
    let mut disputes = DisputeServiceClient::new(session.equivalence()?);
    match command {
        Command::Open(args) => {
            let request = OpenDisputeRequest {
                request_id: session.request_id(&args.mutation),
                validate_only: args.mutation.dry_run,
                dispute: Some(args.challenge(session).await?),
            };
            session.print(disputes.open_dispute(request).await?.get_ref(), DISPUTE)
        }
        Command::Get { dispute } => {
            let request = GetDisputeRequest { name: name(&dispute) };
            session.print(disputes.get_dispute(request).await?.get_ref(), WHOLE)
        }
        Command::List(args) => {
            let request = ListDisputesRequest {
                subject: args.about,
                respondent: args.respondent,
                open_only: args.open,
                ..Default::default()
            };
            let ask = async |page_size, page_token| {
                disputes.list_disputes(ListDisputesRequest { page_size, page_token, ..request.clone() }).await
            };
            session.list(DISPUTES, args.limit.rows(), ask).await
        }
        Command::Watch(args) => watch(session, args).await,
        Command::Answer(Say { step, evidence }) => {
            let request = AnswerDisputeRequest {
                request_id: session.request_id(&step.guarded.mutation),
                validate_only: step.guarded.mutation.dry_run,
                name: name(&step.dispute),
                etag: step.guarded.etag,
                text: step.text,
                evidence: pieces(&evidence)?,
            };
            session.print(disputes.answer_dispute(request).await?.get_ref(), DISPUTE)
        }
        Command::Object(Say { step, evidence }) => {
            let request = ObjectToDisputeRequest {
                request_id: session.request_id(&step.guarded.mutation),
                validate_only: step.guarded.mutation.dry_run,
                name: name(&step.dispute),
                text: step.text,
                evidence: pieces(&evidence)?,
            };
            session.print(disputes.object_to_dispute(request).await?.get_ref(), DISPUTE)
        }
        Command::Panel(args) => {
            let named: AppointDisputePanelRequest = session.read_message(&args.file, "")?;
            let request = AppointDisputePanelRequest {
                request_id: session.request_id(&args.guarded.mutation),
                validate_only: args.guarded.mutation.dry_run,
                name: name(&args.dispute),
                etag: args.guarded.etag,
                members: named.members,
            };
            session.print(disputes.appoint_dispute_panel(request).await?.get_ref(), DISPUTE)
        }
        Command::Decide(mut args) => {
            args.confirm.settle(&mut args.mutation);
            let request = DecideDisputeRequest {
                request_id: session.request_id(&args.mutation),
                validate_only: args.mutation.dry_run,
                name: name(&args.dispute),
                matter: DisputeMatter::from(args.matter).into(),
                uphold: args.uphold,
                finding: args.finding,
                declares_no_interest: args.declare_no_interest,
            };
            session.print(disputes.decide_dispute(request).await?.get_ref(), DISPUTE)
        }
        Command::Apply(args) => {
            let changes = match &args.file {
                Some(file) => session.read_message::<ChangeSet>(file, "")?.changes,
                None => Vec::new(),
            };
            let request = ApplyDisputeRequest {
                request_id: session.request_id(&args.guarded.mutation),
                validate_only: args.guarded.mutation.dry_run,
                name: name(&args.dispute),
                etag: args.guarded.etag,
                matter: DisputeMatter::from(args.matter).into(),
                changes,
            };
            let answer = to_json(disputes.apply_dispute(request).await?.get_ref())?;
            workflow::show_checked(session, &answer, APPLIED)
        }
        Command::Close(end) => {
            let step = end.settled();
            let request = CloseDisputeRequest {
                request_id: session.request_id(&step.guarded.mutation),
                validate_only: step.guarded.mutation.dry_run,
                name: name(&step.dispute),
                etag: step.guarded.etag,
                text: step.text,
            };
            session.print(disputes.close_dispute(request).await?.get_ref(), DISPUTE)
        }
        Command::Withdraw(end) => {
            let step = end.settled();
            let request = WithdrawDisputeRequest {
                request_id: session.request_id(&step.guarded.mutation),
                validate_only: step.guarded.mutation.dry_run,
                name: name(&step.dispute),
                etag: step.guarded.etag,
                text: step.text,
            };
            session.print(disputes.withdraw_dispute(request).await?.get_ref(), DISPUTE)
        }
    }
}

/// A dispute's name from its name or its bare identifier.
fn name(dispute: &str) -> String {
    if dispute.contains('/') { dispute.to_owned() } else { format!("disputes/{dispute}") }
}

/// The evidence that the flags name: the files' hashes, where they can be had, what they show.
fn pieces(evidence: &Evidence) -> anyhow::Result<Vec<DisputeEvidence>> {
    let (files, uris, texts) = (&evidence.files, &evidence.uris, &evidence.shows);
    if uris.len() != files.len() || texts.len() != files.len() {
        anyhow::bail!(Usage("each --evidence needs its --at and its --shows, in the same order".to_owned()));
    }
    let piece = |((file, uri), text): ((&std::path::PathBuf, &String), &String)| {
        let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok(DisputeEvidence { sha256: hex::encode(Sha256::digest(&bytes)), uri: uri.clone(), text: text.clone() })
    };
    files.iter().zip(uris).zip(texts).map(piece).collect()
}
