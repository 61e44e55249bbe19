//! Proofs as files (C2SP tlog-proof): written by whoever can ask the log, checked by whoever has its key.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use chrono::{DateTime, SecondsFormat};
use clap::{ArgGroup, Args as ClapArgs};
use greenlane_api::common::v1::{ReadConsistency, read_consistency::Requirement};
use greenlane_api::registry::v1::{
    GetCheckpointRequest, GetCheckpointResponse, LogProof, log_service_client::LogServiceClient,
};
use greenlane_log::note::{Note, NoteKey, NoteSignature, SignatureType};
use greenlane_log::{Cosignature, Hash, ProofText, hash_leaf};
use greenlane_platform::client::Client;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::client::{
    exit::{Exit, Usage},
    input,
    offline::log_key,
    render::{self, Output, View},
};

/// Arguments of `greenlane log check`.
#[derive(ClapArgs, Debug)]
#[command(group = ArgGroup::new("key").required(true).multiple(true), after_help = "\
The file tells which entry it proves, and carries the entry if `log inclusion --out` or `verify --proof-out` wrote it. \
Other programs that read c2sp.org/tlog-proof@v1 can check it too. That an entry is in the log does not say that its \
certificate is in force: that is `greenlane verify`.

Exits with 0 when it is proved, and 10 when it is not.

Examples:
  greenlane verify certificate.jwt --proof-out case-17.tlog-proof
  greenlane log check case-17.tlog-proof --document certificate.jwt --trust customs.bundle
  greenlane log inclusion 0 --out entry.tlog-proof
  greenlane log check entry.tlog-proof --trust customs.bundle")]
pub(crate) struct Args {
    /// The proof; `-` is stdin.
    #[arg(value_name = "FILE")]
    proof: PathBuf,
    /// The log's key (name+hash+key, as `log checkpoint -o json` tells it).
    #[arg(long, value_name = "KEY", group = "key")]
    log_key: Option<String>,
    /// Take the log's key from this trust bundle.
    #[arg(long, value_name = "BUNDLE", group = "key")]
    trust: Option<PathBuf>,
    /// The entry, byte for byte, in place of the one that the proof carries. White space at its end does not count.
    #[arg(long, value_name = "FILE")]
    entry: Option<PathBuf>,
    /// A signed document that the entry must name.
    #[arg(long, value_name = "FILE")]
    document: Option<PathBuf>,
    /// The key of a witness that must have cosigned. May be repeated.
    #[arg(long = "witness", value_name = "KEY")]
    witnesses: Vec<String>,
}

const WRITTEN: View = View::Record {
    at: "",
    name: "file",
    fields: &[("File", "file"), ("Index", "index"), ("Tree size", "treeSize"), ("Cosigned by", "witnesses?")],
};

const PROVED: View = View::Record {
    at: "",
    name: "index",
    fields: &[
        ("Log", "origin"),
        ("Index", "index"),
        ("Tree size", "treeSize"),
        ("Root", "rootHash"),
        ("Event", "entry.event?"),
        ("Certificate", "entry.certificate?"),
        ("Body", "entry.body?"),
        ("Recorded", "entry.recorded_at?"),
        ("Document", "document?"),
        ("Cosigned by", "witnesses?"),
    ],
};

/// The checkpoint of a size, with the cosignatures that it has.
pub(super) async fn checkpoint(log: &mut LogServiceClient<Client>, size: u64) -> anyhow::Result<String> {
    let consistency = Some(ReadConsistency { requirement: Some(Requirement::ExactlyRevision(size)) });
    let GetCheckpointResponse { checkpoint, cosignatures, .. } =
        log.get_checkpoint(GetCheckpointRequest { consistency }).await?.into_inner();
    let note = checkpoint.context("the registry has no checkpoint of this size")?.note;
    let mut note = Note::parse(note.as_bytes()).context("the registry's checkpoint")?;
    for cosignature in cosignatures {
        let line = cosignature.signature_line.trim_end_matches('\n');
        note.add(NoteSignature::parse(line).context("a cosignature of the registry's checkpoint")?);
    }
    Ok(note.to_text())
}

/// Writes a proof, with the entry that it is of. Tells what is in the file.
pub(crate) async fn write(log: &mut LogServiceClient<Client>, proof: &LogProof, path: &Path) -> anyhow::Result<Value> {
    let hashes =
        proof.hashes.iter().map(|hash| Hash::try_from(hash.as_ref()).context("a hash of the registry's proof"));
    let text = ProofText {
        extra: Some(proof.leaf.to_vec()),
        index: proof.index,
        hashes: hashes.collect::<anyhow::Result<_>>()?,
        checkpoint: checkpoint(log, proof.tree_size).await?,
    };
    std::fs::write(path, text.to_text()).with_context(|| format!("cannot write {}", path.display()))?;
    let signatures = Note::parse(text.checkpoint.as_bytes())?;
    // The first one is the log's own.
    let witnesses: Vec<_> = signatures.signatures().iter().skip(1).map(|it| it.name.to_string()).collect();
    Ok(json!({
        "file": path.display().to_string(),
        "index": proof.index,
        "treeSize": proof.tree_size,
        "witnesses": witnesses,
    }))
}

/// Writes it and prints what is in the file.
pub(super) async fn keep(
    output: Output,
    log: &mut LogServiceClient<Client>,
    proof: &LogProof,
    path: &Path,
) -> anyhow::Result<Exit> {
    let told = write(log, proof, path).await?;
    render::print_value(output, &told, WRITTEN)?;
    Ok(Exit::Done)
}

/// Checks a proof without asking anybody, and prints what is proved. What is not proved says nothing at all.
pub(crate) fn check(output: Output, args: &Args) -> anyhow::Result<Exit> {
    if args.trust.is_some() && args.log_key.is_none() {
        render::talk("the bundle's key is taken at its word: name --log-key to hold it to a key");
    }
    let key = log_key(args.log_key.as_deref(), args.trust.as_deref())?.context("clap saw to it that there is a key")?;
    let witnesses = args.witnesses.iter().map(|key| witness(key)).collect::<anyhow::Result<Vec<_>>>()?;
    let text = input::read_text(&args.proof)?;
    let named = args.proof.display();
    let proof = ProofText::parse(text.as_bytes()).with_context(|| Usage(format!("{named} is no proof of a log")))?;
    let entry = match (&args.entry, &proof.extra) {
        (Some(path), _) => input::read_text(path)?.trim_end().as_bytes().to_vec(),
        (None, Some(carried)) => carried.clone(),
        (None, None) => bail!(Usage(format!("{named} does not carry its entry: name it with --entry"))),
    };
    let not_proved = |why: &str| {
        render::talk(&format!("NOT PROVED: {why}"));
        Ok(Exit::No)
    };
    let signed = match proof.verify(&hash_leaf(&entry), &key, &witnesses) {
        Ok(signed) => signed,
        Err(error) => return not_proved(&error.to_string()),
    };
    let signed_by = |witness: &&NoteKey| {
        signed.cosignatures.iter().any(|it| it.witness == *witness.name() && it.key_id == witness.key_id())
    };
    if let Some(missing) = witnesses.iter().find(|witness| !signed_by(witness)) {
        return not_proved(&format!("{} has not cosigned the checkpoint", missing.name()));
    }
    let fields: Value = serde_json::from_slice(&entry).unwrap_or_default();
    if let Some(path) = &args.document {
        let document = input::read_text(path)?;
        // What is disclosed of it stands behind it, and is not hashed with it.
        let document = document.trim().split('~').next().unwrap_or_default();
        if fields["document_sha256"] != hex::encode(Sha256::digest(document)) {
            return not_proved(&format!("the entry does not name the document {}", path.display()));
        }
    }
    let time = |it: &Cosignature| DateTime::from_timestamp(i64::try_from(it.timestamp_seconds).ok()?, 0);
    let told = json!({
        "origin": signed.checkpoint.origin,
        "index": proof.index,
        "treeSize": signed.checkpoint.size,
        "rootHash": signed.checkpoint.root.to_string(),
        "leafHash": hash_leaf(&entry).to_string(),
        "entry": fields,
        "document": args.document,
        "witnesses": signed.cosignatures.iter().map(|it| it.witness.to_string()).collect::<Vec<_>>(),
        "cosignatures": signed.cosignatures.iter().map(|it| json!({
            "witness": it.witness.to_string(),
            "signTime": time(it).map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true)),
        })).collect::<Vec<_>>(),
    });
    render::print_value(output, &told, PROVED)?;
    let entries = render::several(signed.checkpoint.size, "entry");
    render::talk(&format!("PROVED: entry {} is in the tree of {entries} that {} signed", proof.index, key.name()));
    Ok(Exit::Done)
}

fn witness(key: &str) -> anyhow::Result<NoteKey> {
    let wrong = || Usage(format!("{key} is no witness's key"));
    let key: NoteKey = key.parse().with_context(wrong)?;
    anyhow::ensure!(key.signature_type() == SignatureType::CosignatureV1, wrong());
    Ok(key)
}
