//! The transparency log: its newest checkpoint is signed, and continues the one that was seen last time.

use std::path::Path;

use greenlane_api::registry::v1::{
    Checkpoint as Answer, GetCheckpointRequest, GetConsistencyProofRequest, VerifyRequest,
    log_service_client::LogServiceClient, verification_service_client::VerificationServiceClient,
    verify_request::Subject,
};
use greenlane_jose::{Signer as _, SigningKey};
use greenlane_log::{Checkpoint, Hash, note::NoteKey, verify_consistency};
use greenlane_platform::fault::{ErrorReason, Fault};

use super::Finding;
use crate::client::{
    Session,
    context::{Home, Seen},
};

const CHECK: &str = "log";
const KEEP: &str = "keep both checkpoints, sign nothing more, and tell the registry's operator and the witnesses";

/// Checks the log, and remembers what it showed. `data` is the directory of the installation that is meant to answer;
/// `serves` tells whether the registry says of itself that it does.
pub(super) async fn check(session: &Session, data: Option<&Path>, serves: bool) -> Option<Finding> {
    let mut client = LogServiceClient::new(session.registry_for_everybody().ok()?);
    // A registry that cannot be reached has been told of already.
    let answer = client.get_checkpoint(GetCheckpointRequest::default()).await.ok()?.into_inner().checkpoint?;
    let (key, checkpoint) = match open(&answer) {
        Ok(opened) => opened,
        Err(error) => return Some(Finding::failed(CHECK, error, KEEP)),
    };
    let own = data.and_then(|data| SigningKey::load(&data.join("keys/log.jwk")).ok().map(|key| (data, key)));
    let mut remembered_as = checkpoint.origin.clone();
    if let Some((data, own)) = &own {
        if own.public_key() != key.public_key() {
            return Some(another(session, data));
        }
        // New installations all have one origin until somebody chooses another: this one is known by its key.
        remembered_as = format!("{remembered_as} {}", own.public_key().thumbprint());
    }
    let home = Home::of_user();
    let remembered = home.seen(&remembered_as).ok().flatten();
    let detail = match &remembered {
        None => format!("size {}, signed; seen for the first time", checkpoint.size),
        Some(seen) => match continues(&mut client, seen, &key, &checkpoint).await {
            Ok(detail) => detail,
            Err(finding) => return Some(finding),
        },
    };
    if !serves {
        // Nor is this remembered: what was seen before is what tells.
        return Some(in_doubt(session, &detail).await);
    }
    let seen = Seen { verifier_key: answer.verifier_key, note: answer.note };
    Some(match home.remember(&remembered_as, &seen) {
        Ok(()) => Finding::ok(CHECK, detail),
        Err(error) => {
            Finding::warning(CHECK, detail, format!("it could not be remembered for the next time: {error:#}"))
        }
    })
}

/// A registry that does not serve may show a log that is good for itself: whether it contradicts what was signed before,
/// the registry says when it is to sign something.
async fn in_doubt(session: &Session, detail: &str) -> Finding {
    let question = VerifyRequest {
        subject: Some(Subject::Certificate(ANY_NUMBER.to_owned())),
        include_statement: true,
        ..VerifyRequest::default()
    };
    let asked = match session.registry() {
        Ok(registry) => VerificationServiceClient::new(registry).verify(question).await.err(),
        Err(_) => None,
    };
    match asked {
        Some(status) if Fault::reason_of(&status) == Some(ErrorReason::LogInconsistent) => {
            Finding::failed(CHECK, format!("{detail}; but LOG_INCONSISTENT: {}", status.message()), KEEP)
        }
        _ => Finding::warning(
            CHECK,
            format!("{detail}; but the registry does not serve, and may not sign"),
            "see what is said of the registry above",
        ),
    }
}

/// A number that has its check characters; whether there is such a certificate does not matter.
const ANY_NUMBER: &str = "GLXA4HP9Z1PPYMB35F";

/// Somebody else answers where this installation should.
fn another(session: &Session, data: &Path) -> Finding {
    Finding::failed(
        CHECK,
        format!(
            "another installation answers at {}: its log is not signed with the key of {}",
            session.registry_address(),
            data.display()
        ),
        "stop the other one and start this one again, or start one of them on other ports: greenlane up --registry-port 0 …",
    )
}

fn open(answer: &Answer) -> Result<(NoteKey, Checkpoint), String> {
    let key: NoteKey = answer.verifier_key.parse().map_err(|error| format!("no verifier key: {error}"))?;
    let signed = Checkpoint::open(answer.note.as_bytes(), &key, &[]).map_err(|error| format!("checkpoint: {error}"))?;
    Ok((key, signed.checkpoint))
}

/// Whether the newest checkpoint continues the remembered one.
async fn continues(
    client: &mut LogServiceClient<greenlane_platform::client::Client>,
    seen: &Seen,
    key: &NoteKey,
    newest: &Checkpoint,
) -> Result<String, Finding> {
    let old_key: NoteKey = seen.verifier_key.parse().map_err(|_| forgotten())?;
    let old = Checkpoint::open(seen.note.as_bytes(), &old_key, &[]).map_err(|_| forgotten())?.checkpoint;
    if old_key.public_key() != key.public_key() {
        let detail = format!("{} is signed with another key than last time", newest.origin);
        return Err(Finding::failed(
            CHECK,
            detail,
            "ask the operator whether the log's key was changed, and compare it; if it is another registry of the same \
             log_origin, give it one of its own",
        ));
    }
    if newest.size < old.size {
        let detail = format!("shrank from {} to {}: a restored backup, or a fork", old.size, newest.size);
        return Err(Finding::failed(CHECK, detail, KEEP));
    }
    if old.size == 0 {
        return Ok(format!("size {}, signed; it was empty when it was seen before", newest.size));
    }
    let proof = if old.size == newest.size {
        Vec::new()
    } else {
        let request = GetConsistencyProofRequest { old_tree_size: old.size, new_tree_size: newest.size };
        let answer = client.get_consistency_proof(request).await.map_err(|status| {
            Finding::failed(
                CHECK,
                format!("no consistency proof: {}", status.message()),
                "try again; then tell the operator",
            )
        })?;
        answer.into_inner().hashes.iter().filter_map(|hash| Hash::try_from(hash.as_ref()).ok()).collect()
    };
    match verify_consistency(old.size, &old.root, newest.size, &newest.root, &proof) {
        Ok(()) => Ok(format!("size {}, signed, continues size {} that was seen before", newest.size, old.size)),
        Err(error) => {
            let detail = format!("size {} does not continue size {}: {error}", newest.size, old.size);
            Err(Finding::failed(CHECK, detail, KEEP))
        }
    }
}

fn forgotten() -> Finding {
    Finding::failed(CHECK, "the remembered checkpoint cannot be read", "look at the folder `seen` beside the contexts")
}
