//! `greenlane watch`: what happens, as it happens.

mod revisions;

use clap::Subcommand;

use super::{alert, certificate, dispute, write_off};
use crate::client::{Session, exit::Exit};

/// `greenlane watch …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// What happens to certificates: the same as `certificate watch`.
    Certificates(certificate::Watch),
    /// What customs writes off and refuses: the same as `write-off watch`.
    WriteOffs(write_off::Watch),
    /// What a subscription is told of: the same as `alert watch`.
    Alerts(alert::Watch),
    /// What happens to codes and green lists: the same as `code alert watch`.
    CodeAlerts(alert::Watch),
    /// What becomes of disputes: the same as `dispute watch`.
    Disputes(dispute::Watch),
    /// The revisions of the equivalence catalogue, as they are published.
    Catalogue(revisions::Watch),
    /// The revisions of code systems and green lists, as they are published.
    Codes(revisions::Watch),
}

/// Does it.
pub(crate) async fn run(session: &Session, command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Certificates(args) => certificate::watch(session, args).await,
        Command::WriteOffs(args) => write_off::watch(session, args).await,
        Command::Alerts(args) => alert::watch(session, alert::Of::Catalogue, args).await,
        Command::CodeAlerts(args) => alert::watch(session, alert::Of::Codes, args).await,
        Command::Disputes(args) => dispute::watch(session, args).await,
        Command::Catalogue(args) => revisions::catalogue(session, args).await,
        Command::Codes(args) => revisions::codes(session, args).await,
    }
}
