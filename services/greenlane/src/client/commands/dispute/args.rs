//! What the commands on disputes are told.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};
use greenlane_api::equivalence::v1::{Dispute, DisputeMatter, DisputeSubject, dispute_subject::Subject};

use super::certificate;
use crate::client::{Confirm, Guarded, Mutation, Session, exit::Usage, input, render::pages::Limit};

/// Arguments of `greenlane dispute open`.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("what").required(true))]
#[command(after_help = "\
Examples:
  greenlane dispute open --about designations/aurora-xa-xc-pv --grounds \"Not reproducible.\" \\
    --evidence report.pdf --at https://example.org/report.pdf --shows \"A second test.\" \\
    --token-file cho.token
  greenlane dispute open --about GLXA4HP9Z1PPYMB35F --grounds \"Modules burn.\" \\
    --fast-track \"Modules burn.\" --interim-effect \"Modules burn.\" --evidence photo.jpg \\
    --at https://example.org/photo.jpg --shows \"A fire.\" --token-file cho.token
  greenlane dispute open --file dispute.yaml --token-file cho.token

The token is of a body or an economy: `greenlane dispute --help` says how to mint one.

Example of a file about a recognition decision:
  subject:
    decision:
      decisionId: sha256:…
      revision: 7
      question: { certificate: { … }, code: { edition: HS2022, code: \"854143\" }, origin: XA,
        destination: XB, date: \"2026-07-01\" }
  grounds: The annex covers it.
  evidence: [{ sha256: …, uri: https://example.org/annex.pdf, text: The annex. }]")]
pub(crate) struct Open {
    /// What is challenged: designations/ID, bodies/ID, or a certificate by its name or number.
    #[arg(long, value_name = "NAME", group = "what", requires = "grounds")]
    about: Option<String>,
    /// Of a certificate, its body, bodies/ID [default: asked of the registry].
    #[arg(value_parser = input::parse_body, long, value_name = "BODY", conflicts_with = "file")]
    body: Option<String>,
    /// Of a certificate, the economy of its body [default: asked of the registry].
    #[arg(long, value_name = "ECONOMY", value_parser = crate::client::input::parse_economy, conflicts_with = "file")]
    body_economy: Option<String>,
    /// A file with the whole challenge (greenlane.equivalence.v1.Dispute) as YAML or JSON; `-` is stdin.
    #[arg(short, long, value_name = "FILE", group = "what")]
    file: Option<PathBuf>,
    /// Why it is challenged.
    #[arg(long, default_value = "", hide_default_value = true, conflicts_with = "file")]
    grounds: String,
    #[command(flatten)]
    evidence: Evidence,
    /// Take the fast track, for this reason.
    #[arg(long, value_name = "REASON", default_value = "", hide_default_value = true, conflicts_with = "file")]
    fast_track: String,
    /// Ask that the designation or certificate be without effect meanwhile, for this reason.
    #[arg(long, value_name = "REASON", default_value = "", hide_default_value = true, conflicts_with = "file")]
    interim_effect: String,
    #[command(flatten)]
    pub(super) mutation: Mutation,
}

/// Pieces of evidence. The service keeps hash and place, not the thing.
#[derive(Args, Clone, Debug)]
pub(crate) struct Evidence {
    /// A file that proves it; its hash is sent. May be repeated.
    #[arg(long = "evidence", value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Where that file can be had, https://…. Once for each file.
    #[arg(long = "at", value_name = "URI")]
    pub(super) uris: Vec<String>,
    /// What that file is and shows. Once for each file.
    #[arg(long, value_name = "TEXT")]
    pub(super) shows: Vec<String>,
}

/// Arguments of `greenlane dispute list`.
#[derive(Args, Debug)]
pub(crate) struct List {
    /// Only about this: a designation, a body, a certificate, or a decision's identifier.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub(super) about: String,
    /// Only those that this body, bodies/ID, or economy has to answer.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub(super) respondent: String,
    /// Only those that are neither closed nor withdrawn.
    #[arg(long)]
    pub(super) open: bool,
    #[command(flatten)]
    pub(super) limit: Limit,
}

/// Arguments of the steps that say something.
#[derive(Args, Debug)]
pub(crate) struct Step {
    /// Name or bare identifier of the dispute.
    pub(super) dispute: String,
    /// What is said.
    #[arg(long)]
    pub(super) text: String,
    #[command(flatten)]
    pub(super) guarded: Guarded,
}

/// Arguments of the steps that end it.
#[derive(Args, Debug)]
pub(crate) struct End {
    #[command(flatten)]
    step: Step,
    #[command(flatten)]
    confirm: Confirm,
}

impl End {
    /// The step, only to be checked until it is confirmed.
    pub(super) fn settled(mut self) -> Step {
        self.confirm.settle(&mut self.step.guarded.mutation);
        self.step
    }
}

/// Arguments of `greenlane dispute answer` and `object`.
#[derive(Args, Debug)]
pub(crate) struct Say {
    #[command(flatten)]
    pub(super) step: Step,
    #[command(flatten)]
    pub(super) evidence: Evidence,
}

/// Arguments of `greenlane dispute panel`.
#[derive(Args, Debug)]
#[command(after_help = "\
Example of a file:
  members:
    - { subject: ana, displayName: Ana, economy: NZ, expertise: [IEC 61215] }
    - { subject: ben, displayName: Ben, economy: AU, expertise: [IEC 61730] }
    - { subject: cho, displayName: Cho, economy: KR, expertise: [conformity assessment] }")]
pub(crate) struct Panel {
    /// Name or bare identifier of the dispute.
    pub(super) dispute: String,
    /// A file with the members as YAML or JSON; `-` is stdin.
    #[arg(short, long, value_name = "FILE")]
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) guarded: Guarded,
}

/// What is voted on.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Matter {
    InterimEffect,
    Outcome,
}

impl From<Matter> for DisputeMatter {
    fn from(matter: Matter) -> Self {
        match matter {
            Matter::InterimEffect => Self::InterimEffect,
            Matter::Outcome => Self::Outcome,
        }
    }
}

/// Arguments of `greenlane dispute decide`.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("side").required(true))]
pub(crate) struct Decide {
    /// Name or bare identifier of the dispute.
    pub(super) dispute: String,
    /// On what.
    #[arg(long, value_enum, default_value = "outcome")]
    pub(super) matter: Matter,
    /// For the challenger.
    #[arg(long, group = "side")]
    pub(super) uphold: bool,
    /// Against the challenger.
    #[arg(long, group = "side")]
    pub(super) dismiss: bool,
    /// Why.
    #[arg(long)]
    pub(super) finding: String,
    /// Declare that you have no interest in the dispute. Nobody votes without this.
    #[arg(long)]
    pub(super) declare_no_interest: bool,
    #[command(flatten)]
    pub(super) confirm: Confirm,
    #[command(flatten)]
    pub(super) mutation: Mutation,
}

/// Arguments of `greenlane dispute apply`.
#[derive(Args, Debug)]
pub(crate) struct Apply {
    /// Name or bare identifier of the dispute.
    pub(super) dispute: String,
    /// What is applied.
    #[arg(long, value_enum, default_value = "outcome")]
    pub(super) matter: Matter,
    /// What an outcome in the challenger's favour changes: a file with `changes`, as of a change set; `-` is stdin.
    #[arg(short, long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) guarded: Guarded,
}

impl Open {
    /// What is challenged, and why.
    pub(super) async fn challenge(&self, session: &Session) -> anyhow::Result<Dispute> {
        if let Some(file) = &self.file {
            return session.read_message(file, "dispute");
        }
        let about = self.about.clone().unwrap_or_default();
        let subject = match about.split_once('/') {
            Some(("bodies", _)) => Subject::Body(about),
            Some(("designations", _)) => Subject::Designation(about),
            None | Some(("certificates", _)) => {
                let (body, economy) = (self.body.as_deref(), self.body_economy.as_deref());
                Subject::Certificate(certificate::disputed(session, &about, body, economy).await?)
            }
            Some(_) => anyhow::bail!(Usage(format!(
                "`{about}` is no designation, body or certificate: name others in a --file"
            ))),
        };
        let of_certificate = matches!(subject, Subject::Certificate(_));
        if !of_certificate && (self.body.is_some() || self.body_economy.is_some()) {
            anyhow::bail!(Usage("--body and --body-economy are for a certificate".to_owned()));
        }
        Ok(Dispute {
            subject: Some(DisputeSubject { subject: Some(subject) }),
            grounds: self.grounds.clone(),
            evidence: super::pieces(&self.evidence)?,
            fast_track_reason: self.fast_track.clone(),
            interim_effect_reason: self.interim_effect.clone(),
            ..Default::default()
        })
    }
}
