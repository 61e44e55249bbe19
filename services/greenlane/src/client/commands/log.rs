//! `greenlane log`: the transparency log.

use clap::Subcommand;
use greenlane_api::registry::v1::{
    GetCheckpointRequest, GetConsistencyProofRequest, GetInclusionProofRequest, ListEntriesRequest,
    log_service_client::LogServiceClient,
};

use crate::client::{
    Session,
    exit::Exit,
    render::{self, Output, View},
};

/// `greenlane log …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the newest signed checkpoint, as the note that was signed.
    Checkpoint,
    /// List entries.
    Entries {
        /// First index.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// At most this many.
        #[arg(long, default_value_t = 50)]
        limit: i32,
    },
    /// Fetch the proof that an entry is in the newest tree.
    Inclusion {
        /// Index of the entry.
        index: u64,
    },
    /// Fetch the proof that the newest tree continues an earlier one.
    Consistency {
        /// Size of the earlier tree.
        old_size: u64,
    },
}

const CHECKPOINT: View = View::Record { at: "checkpoint", name: "origin", fields: &[] };
const ENTRIES: View = View::List {
    items: "entries",
    name: "index",
    columns: &[("INDEX", "index"), ("RECORDED", "recordTime"), ("LEAF HASH", "leafHash")],
};
const INCLUSION: View = View::Record {
    at: "proof",
    name: "index",
    fields: &[("Index", "index"), ("Tree size", "treeSize"), ("Hashes", "hashes"), ("Checkpoint", "checkpoint")],
};
const CONSISTENCY: View = View::Record {
    at: "",
    name: "newTreeSize",
    fields: &[("New tree size", "newTreeSize"), ("Hashes", "hashes"), ("Checkpoint", "checkpoint")],
};

/// Does it.
pub(crate) async fn run(session: &Session, command: Command) -> anyhow::Result<Exit> {
    let mut log = LogServiceClient::new(session.registry()?);
    match command {
        Command::Checkpoint => {
            let answer = log.get_checkpoint(GetCheckpointRequest::default()).await?.into_inner();
            if session.output() == Output::Table {
                let note = answer.checkpoint.map(|checkpoint| checkpoint.note).unwrap_or_default();
                render::write(&note)?;
                return Ok(Exit::Done);
            }
            session.print(&answer, CHECKPOINT)
        }
        Command::Entries { from, limit } => {
            let request = ListEntriesRequest { start_index: from, page_size: limit, ..Default::default() };
            session.print(log.list_entries(request).await?.get_ref(), ENTRIES)
        }
        Command::Inclusion { index } => {
            let request = GetInclusionProofRequest { index, tree_size: 0 };
            session.print(log.get_inclusion_proof(request).await?.get_ref(), INCLUSION)
        }
        Command::Consistency { old_size } => {
            let request = GetConsistencyProofRequest { old_tree_size: old_size, new_tree_size: 0 };
            session.print(log.get_consistency_proof(request).await?.get_ref(), CONSISTENCY)
        }
    }
}
