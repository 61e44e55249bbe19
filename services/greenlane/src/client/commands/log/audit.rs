//! `greenlane log audit`: follows the log, and halts loudly when it was rewritten.

mod catalogues;
mod listing;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args as ClapArgs;
use greenlane_api::common::v1::{ReadConsistency, read_consistency::Requirement};
use greenlane_api::registry::v1::{
    self as wire, GetCheckpointRequest, ListCertificatesRequest, ListEntriesRequest,
    certificate_service_client::CertificateServiceClient, log_service_client::LogServiceClient,
};
use greenlane_log::note::{NoteError, NoteKey};
use greenlane_log::{Checkpoint, OpenError, hash_leaf};
use greenlane_platform::client::Client;
use greenlane_platform::clock::Clock;
use greenlane_registry::audit::{Accusation, Auditor};
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use serde_json::json;

use listing::Listing;

use crate::client::{
    Session,
    exit::{Exit, Usage},
    input, progress,
    render::{self, View},
};

/// Arguments of `greenlane log audit`.
#[derive(ClapArgs, Debug)]
#[command(after_help = "\
Reads every entry, checks that it can follow on those before it, and that each tree that was signed is met on the way. \
With --state the next audit goes on where this one ended. Exits with 10 when the log was rewritten or an entry is not \
possible: keep what it prints, it is the proof. A key or a state that is not this log's says nothing of it: that is 2.

Example:
  greenlane log checkpoint > seen.txt
  greenlane log audit --checkpoint seen.txt --state audit.json --certificates --catalogues")]
pub(crate) struct Args {
    /// A checkpoint that was seen before, as `log checkpoint` prints it. May be repeated.
    #[arg(long = "checkpoint", value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
    /// Where the audit is kept, to go on from there.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// The log's key (name+hash+key) [default: the one that was kept, or else the one that the registry names].
    #[arg(long, value_name = "KEY")]
    log_key: Option<String>,
    /// Also hold the registry's own list of certificates against what follows from the log. A token that names a body is
    /// shown that body's certificates, and no others are held against the log.
    #[arg(long)]
    certificates: bool,
    /// Also hold the two catalogues against what is on record of their revisions: the change sets that their services tell,
    /// and what they serve of those. What a catalogue begins with is held where the log tells its hash, as logs that began
    /// with an earlier version do not. Every entry of the equivalence catalogue is held as it is served now; of
    /// classification the lists and entries that a change set puts or ends, and codes and links until an import changes
    /// them: what an import brings is not.
    #[arg(long)]
    catalogues: bool,
}

/// What is kept between two audits.
#[derive(Debug, Deserialize, Serialize)]
struct Kept {
    log_key: String,
    checkpoint: String,
    auditor: Auditor,
}

const AUDIT: View = View::Record {
    at: "",
    name: "origin",
    fields: &[
        ("Log", "origin"),
        ("Entries", "treeSize"),
        ("Root", "rootHash"),
        ("Read now", "entriesRead"),
        ("Checkpoints met", "checkpointsMet"),
        ("Certificates", "certificates"),
        ("Compared with the registry", "certificatesCompared?"),
        ("Which are those of", "certificatesOf?"),
        ("Revisions of catalogues", "publications"),
        ("Of which published twice", "publishedTwice?"),
        ("Compared with their services", "publicationsCompared?"),
        ("Entries compared with them", "catalogueEntriesCompared?"),
    ],
};

/// What was found.
enum Found {
    Sound(serde_json::Value),
    Accused(String),
}

/// Audits.
pub(crate) async fn run(session: &Session, args: Args) -> anyhow::Result<Exit> {
    match audit(session, args).await? {
        Found::Sound(value) => {
            render::print_value(session.output(), &value, AUDIT)?;
            Ok(Exit::Done)
        }
        Found::Accused(text) => {
            render::talk(&text);
            Ok(Exit::No)
        }
    }
}

async fn audit(session: &Session, args: Args) -> anyhow::Result<Found> {
    let body = if args.certificates { session.acting_body()? } else { None };
    let channel = session.registry()?;
    let mut log = LogServiceClient::new(channel.clone());
    let kept = match &args.state {
        Some(path) if path.exists() => Some(read_state(path)?),
        Some(_) | None => None,
    };
    let newest = log.get_checkpoint(GetCheckpointRequest::default()).await?.into_inner().checkpoint;
    let newest = newest.context("the registry has no checkpoint")?;
    let named = args.log_key.clone().or_else(|| kept.as_ref().map(|kept| kept.log_key.clone()));
    let is_ours = named.is_some();
    let key = named.unwrap_or_else(|| newest.verifier_key.clone());
    let key: NoteKey = key.parse().with_context(|| Usage(format!("{key} is no log's key")))?;
    let head = match open(&newest.note, &key) {
        Ok(head) => head,
        // Another log's key says nothing against this one; that the log does not sign by the key which it tells does.
        Err(OpenError::Note(NoteError::NoKnownSignature)) if is_ours => bail!(does_not_fit(&args, &key, &newest)),
        Err(why) => return Ok(Found::Accused(accuse(&why.to_string(), &[&newest.note]))),
    };
    let mut met: Vec<(Checkpoint, String)> = Vec::new();
    for path in &args.checkpoints {
        let note = input::read_text(path)?;
        let seen = open(&note, &key).map_err(|why| Usage(format!("{}: {why}", path.display())))?;
        met.push((seen, note));
    }
    let mut auditor = Auditor::new();
    if let Some(kept) = kept {
        let of_another = |why| Usage(format!("the state that was kept is of another log, or was changed: {why}"));
        let seen = open(&kept.checkpoint, &key).map_err(of_another)?;
        auditor = kept.auditor;
        // A state that somebody changed is no accusation of the log.
        auditor.check(&seen).map_err(|error| Usage(format!("the state that was kept contradicts itself: {error}")))?;
        met.push((seen, kept.checkpoint));
    }
    for (seen, note) in &met {
        if seen.size > head.size {
            let why = Accusation::Shrunk { had: seen.size, has: head.size };
            return Ok(Found::Accused(accuse(&why.to_string(), &[note, &newest.note])));
        }
    }
    // What lies before the state that was kept was read then: a checkpoint of that time is met by reading anew.
    if met.iter().any(|(seen, _)| seen.size < auditor.size()) {
        auditor = Auditor::new();
    }
    met.push((head.clone(), newest.note.clone()));
    let from = auditor.size();
    let bar = progress::bar(Some(head.size.saturating_sub(from)), "entries");
    let followed = follow(&mut log, &mut auditor, &met, head.size, &bar).await;
    bar.finish_and_clear();
    if let Err(accusation) = followed? {
        let size = match accusation {
            Accusation::Fork { size, .. } => Some(size),
            Accusation::Shrunk { .. } | Accusation::Entry { .. } => None,
        };
        let notes = met.iter().filter(|(seen, _)| size.is_none_or(|size| seen.size == size || seen.size == head.size));
        let notes: Vec<&str> = notes.map(|(_, note)| note.as_str()).collect();
        return Ok(Found::Accused(accuse(&accusation.to_string(), &notes)));
    }
    let mut compared = 0;
    if args.certificates {
        match compare(channel, &auditor, body.as_deref(), head.size).await? {
            Ok(count) => compared = count,
            Err(why) => return Ok(Found::Accused(accuse(&why, &[&newest.note]))),
        }
    }
    let mut held = catalogues::Compared::default();
    if args.catalogues {
        match catalogues::compare(session, &auditor).await? {
            Ok(compared) => held = compared,
            Err(why) => return Ok(Found::Accused(accuse_catalogue(&why, &newest.note))),
        }
    }
    let recorded = || auditor.publications().values().flat_map(BTreeMap::values);
    let mut value = json!({
        "origin": head.origin,
        "treeSize": head.size,
        "rootHash": head.root.to_string(),
        "entriesRead": head.size - from,
        "checkpointsMet": met.len(),
        "certificates": auditor.certificates().len(),
        "certificatesCompared": compared,
        "publications": recorded().count(),
        "publishedTwice": recorded().filter(|one| one.instead_of.is_some()).count(),
        "publicationsCompared": held.revisions,
        "catalogueEntriesCompared": held.entries,
    });
    if let Some(body) = body {
        value["certificatesOf"] = body.into();
    }
    for what in &held.unheld {
        render::talk(&format!("{what} is not on record: it is taken at its word"));
    }
    if !is_ours {
        render::talk(&format!("audited by the key {key} (taken at its word: name --log-key to hold it to a key)"));
    }
    if let Some(path) = &args.state {
        let kept = Kept { log_key: key.to_string(), checkpoint: newest.note, auditor };
        write_state(path, &kept)?;
    }
    Ok(Found::Sound(value))
}

fn open(note: &str, key: &NoteKey) -> Result<Checkpoint, OpenError> {
    Checkpoint::open(note.as_bytes(), key, &[]).map(|signed| signed.checkpoint)
}

/// What to say where the log is not signed by the key that was named or kept. A log has one key as long as it lives: either
/// another log is asked, or somebody else signs in its place.
fn does_not_fit(args: &Args, key: &NoteKey, newest: &wire::Checkpoint) -> Usage {
    let whose = match &args.state {
        Some(path) if args.log_key.is_none() => format!("the key that was kept in {}", path.display()),
        Some(_) | None => "the key of --log-key".to_owned(),
    };
    Usage(format!(
        "{whose} does not fit the log that was asked: nothing is audited\n  the key:  {key}\n  the log:  {}\n\
         If this is to be the same log, somebody else signs in its place: ask its operator before you trust it.",
        newest.verifier_key
    ))
}

/// Reads the entries up to `size`, and holds every checkpoint against the tree of its size.
async fn follow(
    log: &mut LogServiceClient<Client>,
    auditor: &mut Auditor,
    met: &[(Checkpoint, String)],
    size: u64,
    bar: &ProgressBar,
) -> anyhow::Result<Result<(), Accusation>> {
    let from = auditor.size();
    loop {
        bar.set_position(auditor.size() - from);
        for (checkpoint, _) in met {
            if let Err(accusation) = auditor.check(checkpoint) {
                return Ok(Err(accusation));
            }
        }
        if auditor.size() == size {
            return Ok(Ok(()));
        }
        let request =
            ListEntriesRequest { start_index: auditor.size(), page_size: 1_000, ..ListEntriesRequest::default() };
        let page = log.list_entries(request).await?.into_inner();
        anyhow::ensure!(!page.entries.is_empty(), "the registry does not give entry {}", auditor.size());
        for entry in page.entries {
            if auditor.size() == size {
                break;
            }
            anyhow::ensure!(entry.index == auditor.size(), "the registry leaves out entry {}", auditor.size());
            if hash_leaf(&entry.leaf).to_vec() != entry.leaf_hash.to_vec() {
                let why = "its leaf hash is not that of its bytes".to_owned();
                return Ok(Err(Accusation::Entry { index: entry.index, why }));
            }
            if let Err(accusation) = auditor.read(&entry.leaf) {
                return Ok(Err(accusation));
            }
            if let Some(Err(accusation)) =
                met.iter().map(|(checkpoint, _)| auditor.check(checkpoint)).find(Result::is_err)
            {
                return Ok(Err(accusation));
            }
        }
    }
}

/// Every certificate that the registry lists follows from the log, and the other way round: of one body alone where the
/// token names one, since no others are listed to it.
async fn compare(
    channel: Client,
    auditor: &Auditor,
    body: Option<&str>,
    size: u64,
) -> anyhow::Result<Result<usize, String>> {
    let mut certificates = CertificateServiceClient::new(channel);
    let (mut listing, mut page_token) = (Listing::new(auditor, body), String::new());
    loop {
        let request = ListCertificatesRequest {
            page_size: 1_000,
            page_token,
            consistency: Some(ReadConsistency { requirement: Some(Requirement::ExactlyRevision(size)) }),
            ..ListCertificatesRequest::default()
        };
        let page = certificates.list_certificates(request).await?.into_inner();
        for listed in &page.certificates {
            if let Err(why) = listing.take(listed, Clock::system().today()) {
                return Ok(Err(why));
            }
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(listing.end());
        }
    }
}

fn accuse(why: &str, notes: &[&str]) -> String {
    let mut text = format!("HALT: {why}\nThe log is not to be trusted. These are what it signed:\n");
    for note in notes {
        text.push('\n');
        text.push_str(note);
    }
    text
}

fn accuse_catalogue(why: &str, note: &str) -> String {
    format!(
        "HALT: {why}\nThe catalogue is not what it was when that was recorded: what is decided by it now is not what \
         was. This is what the log signed:\n\n{note}"
    )
}

fn read_state(path: &Path) -> anyhow::Result<Kept> {
    let text = input::read_text(path)?;
    serde_json::from_str(&text).with_context(|| Usage(format!("{} is no audit that was kept", path.display())))
}

fn write_state(path: &Path, kept: &Kept) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(".".as_ref());
    let cannot = || format!("cannot write {}", path.display());
    let file = tempfile::NamedTempFile::new_in(folder).with_context(cannot)?;
    serde_json::to_writer(&file, kept).with_context(cannot)?;
    file.persist(path).with_context(cannot)?;
    Ok(())
}
