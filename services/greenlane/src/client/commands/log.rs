//! `greenlane log`: the transparency log.

mod audit;
pub(crate) mod proof;

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use greenlane_api::registry::v1::{
    AddCosignatureRequest, GetCheckpointRequest, GetConsistencyProofRequest, GetInclusionProofRequest,
    ListCosignaturesRequest, ListEntriesRequest, log_service_client::LogServiceClient,
};
use serde_json::json;

use crate::client::{
    Mutation, Session,
    exit::Exit,
    input,
    render::{self, Output, View, pages::Limit},
};

/// `greenlane log …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the newest signed checkpoint, as the note that was signed.
    Checkpoint,
    /// Tell the public keys of the log, and of the registry as a witness of others' logs.
    #[command(after_help = "\
Both are verifier keys (name+hash+key, C2SP signed-note). The log's goes into `witnessed_logs` of who witnesses it, and is \
what an audit or the check of a proof is held to. A registry has a key as a witness once its own `witnessed_logs` names a \
log: that one goes into `witnesses` of the registry whose log it is.")]
    Key,
    /// List entries.
    Entries {
        /// First index.
        #[arg(long, default_value_t = 0)]
        from: u64,
        #[command(flatten)]
        limit: Limit,
    },
    /// Fetch the proof that an entry is in the newest tree.
    Inclusion {
        /// Index of the entry.
        index: u64,
        /// Write it into this file, with the entry and all cosignatures (C2SP tlog-proof): `log check` reads it.
        #[arg(long, value_name = "FILE.tlog-proof")]
        out: Option<PathBuf>,
        /// Size of the tree, which must be one whose checkpoint was signed: of those that witnesses have cosigned,
        /// `log cosignatures` tells the size [default: the newest].
        #[arg(long, value_name = "TREE", default_value_t = 0, hide_default_value = true)]
        size: u64,
    },
    /// Check such a proof without asking anybody.
    Check(proof::Args),
    /// Fetch the proof that the newest tree continues an earlier one.
    Consistency {
        /// Size of the earlier tree.
        old_size: u64,
    },
    /// Follow the log from any checkpoint, check every entry and what follows from them; halt when it was rewritten.
    Audit(audit::Args),
    /// List witnesses' cosignatures of a checkpoint.
    Cosignatures {
        /// Size of the tree [default: the newest that has any].
        #[arg(long, default_value_t = 0, hide_default_value = true)]
        size: u64,
    },
    /// Hand over a checkpoint that a witness has cosigned.
    Cosign {
        /// A file with the note; `-` is stdin.
        #[arg(short, long, value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        mutation: Mutation,
    },
}

const CHECKPOINT: View = View::Record { at: "checkpoint", name: "origin", fields: &[] };
const KEYS: View =
    View::Record { at: "", name: "logKey", fields: &[("Log", "logKey"), ("As a witness", "witnessKey?")] };
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

const COSIGNATURES: View = View::List {
    items: "cosignatures",
    name: "witness",
    columns: &[("WITNESS", "witness"), ("TREE SIZE", "treeSize"), ("SIGNED", "signTime")],
};
const COSIGNATURE: View = View::Record {
    at: "cosignature",
    name: "witness",
    fields: &[("Witness", "witness"), ("Tree size", "treeSize"), ("Signed", "signTime"), ("Line", "signatureLine")],
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
        Command::Key => {
            let answer = log.get_checkpoint(GetCheckpointRequest::default()).await?.into_inner();
            let log_key = answer.checkpoint.context("the registry has no checkpoint")?.verifier_key;
            let keys = json!({ "logKey": log_key, "witnessKey": answer.witness_key });
            render::print_value(session.output(), &keys, KEYS)?;
            Ok(Exit::Done)
        }
        Command::Entries { from, limit } => {
            let ask = async |page_size, page_token| {
                log.list_entries(ListEntriesRequest { start_index: from, page_size, page_token }).await
            };
            session.list(ENTRIES, limit.rows(), ask).await
        }
        Command::Inclusion { index, out, size } => {
            let request = GetInclusionProofRequest { index, tree_size: size };
            let mut answer = log.get_inclusion_proof(request).await?.into_inner();
            let proof = answer.proof.as_mut().context("the registry sent no proof")?;
            if let Some(path) = out {
                return proof::keep(session.output(), &mut log, proof, &path).await;
            }
            if proof.checkpoint.is_empty() {
                proof.checkpoint = proof::checkpoint(&mut log, proof.tree_size).await?;
            }
            session.print(&answer, INCLUSION)
        }
        // It has no session: `cli.rs` does it before one is opened.
        Command::Check(_) => bail!("this is done without asking anybody"),
        Command::Audit(args) => audit::run(session, args).await,
        Command::Cosignatures { size } => {
            let ask = async |page_size, page_token| {
                let page = ListCosignaturesRequest { tree_size: size, page_size, page_token };
                log.list_cosignatures(page).await
            };
            session.list(COSIGNATURES, u64::MAX, ask).await
        }
        Command::Cosign { file, mutation } => {
            let request = AddCosignatureRequest {
                request_id: session.request_id(&mutation),
                validate_only: mutation.dry_run,
                note: input::read_text(&file)?,
            };
            session.print(log.add_cosignature(request).await?.get_ref(), COSIGNATURE)
        }
        Command::Consistency { old_size } => {
            let request = GetConsistencyProofRequest { old_tree_size: old_size, new_tree_size: 0 };
            session.print(log.get_consistency_proof(request).await?.get_ref(), CONSISTENCY)
        }
    }
}
