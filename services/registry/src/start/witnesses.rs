//! From configuration to witnesses: those that are asked, and this registry as one.

use std::sync::Arc;
use std::time::Duration;

use greenlane_jose::Signer;
use greenlane_log::note::{KeyName, NoteKey, SignatureType};
use greenlane_platform::clock::Clock;
use greenlane_platform::outbound::Outbound;
use greenlane_store::Store;

use super::{StartError, key_file};
use crate::app::witness::Witness;
use crate::app::witnesses::Asked;
use crate::config::{Config, WitnessConfig};

/// The longest answer of a witness that is read.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

fn key(text: &str, kind: SignatureType) -> Result<NoteKey, StartError> {
    let key: NoteKey = text.parse().map_err(|error| StartError::Witness(format!("{text}: {error}")))?;
    if key.signature_type() == kind { Ok(key) } else { Err(StartError::Witness(format!("{text} is of another type"))) }
}

/// The keys of the witnesses that count.
pub(super) fn keys(config: &Config) -> Result<Vec<NoteKey>, StartError> {
    config.witnesses.iter().map(|witness| key(&witness.key, SignatureType::CosignatureV1)).collect()
}

/// The witnesses that are asked.
pub(super) fn addresses(config: &Config) -> Result<Vec<Asked>, StartError> {
    let timeout = Duration::from_millis(config.witness_timeout_ms.max(1));
    let asked = |witness: &WitnessConfig| {
        let url = witness.url.as_ref()?;
        let address = format!("{}/add-checkpoint", url.trim_end_matches('/'));
        let address = Outbound::new(&address, config.witness_ca_file.as_deref(), timeout, MAX_ANSWER_BYTES);
        let name = witness.key.split('+').next().unwrap_or_default().to_owned();
        Some(address.map(|address| Asked { name, address }).map_err(StartError::Witness))
    };
    config.witnesses.iter().filter_map(asked).collect()
}

/// This registry as a witness, when there are logs that it witnesses.
pub(super) fn witness(config: &Config, store: &Store, clock: &Clock) -> Result<Option<Witness>, StartError> {
    if config.witnessed_logs.is_empty() {
        return Ok(None);
    }
    let logs = config.witnessed_logs.iter().map(|text| key(text, SignatureType::Ed25519));
    let name = KeyName::new(&config.witness_name)?;
    // A key of its own: nothing but cosignatures is signed with it.
    let signer: Arc<dyn Signer> = Arc::new(key_file(&config.key_directory, "witness.jwk")?);
    let own = NoteKey::new(name.clone(), SignatureType::CosignatureV1, signer.public_key().clone())?;
    tracing::info!(key = %own, "this registry witnesses other logs");
    Ok(Some(Witness {
        store: store.clone(),
        clock: clock.clone(),
        name,
        signer,
        key: own,
        logs: logs.collect::<Result<_, _>>()?,
    }))
}
