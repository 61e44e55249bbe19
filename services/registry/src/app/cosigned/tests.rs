use greenlane_jose::{Signer, SigningKey};
use greenlane_log::note::{NoteSigner, SignatureType};
use greenlane_log::{Checkpoint, cosign, hash_leaf};

use super::*;

struct Witness {
    name: KeyName,
    signer: SigningKey,
}

impl Witness {
    fn new(name: &str) -> Self {
        Self { name: KeyName::new(name).unwrap(), signer: SigningKey::generate_ed25519() }
    }

    fn key(&self) -> NoteKey {
        let key = self.signer.public_key().clone();
        NoteKey::new(self.name.clone(), SignatureType::CosignatureV1, key).unwrap()
    }

    fn line(&self, text: &str) -> String {
        cosign(&self.name, &self.signer, text, 1_800_000_000).unwrap().to_line()
    }
}

fn checkpoint(signer: &NoteSigner, leaf: &[u8]) -> Note {
    Checkpoint::new("registry.example.org/log", 1, hash_leaf(leaf)).sign(signer).unwrap()
}

fn log() -> NoteSigner {
    let name = KeyName::new("registry.example.org/log").unwrap();
    NoteSigner::new(name, Arc::new(SigningKey::generate_ed25519())).unwrap()
}

#[test]
fn a_checkpoint_carries_what_witnesses_signed_of_it_and_nothing_else() {
    let log = log();
    let note = checkpoint(&log, b"entry");
    let all = ["w1.example.org", "w2.example.org", "w3.example.org"].map(Witness::new);
    let keys: Vec<NoteKey> = all.iter().map(Witness::key).collect();
    let of_another = checkpoint(&log, b"another");
    let lines = [
        all[0].line(note.text()),
        all[1].line(of_another.text()),
        Witness::new("w9.example.org").line(note.text()),
        "no signature".to_owned(),
        all[2].line(note.text()),
    ];
    let cosigned = |wanted| {
        let lines = lines.iter().map(String::as_str);
        cosigned_note(&note.to_text(), lines, (log.key(), keys.as_slice()), wanted)
    };
    let text = cosigned(2).unwrap();
    let opened = Checkpoint::open(text.as_bytes(), log.key(), &keys).unwrap();
    let names: Vec<&str> = opened.cosignatures.iter().map(|cosignature| cosignature.witness.as_str()).collect();
    assert_eq!(names, ["w1.example.org", "w3.example.org"]);
    assert_eq!(opened.note.signatures().len(), 3, "the log's own, and theirs");
    assert_eq!(cosigned(3), None);
}

#[test]
fn two_keys_of_one_name_are_one_witness() {
    let log = log();
    let note = checkpoint(&log, b"entry");
    let (old, new) = (Witness::new("w1.example.org"), Witness::new("w1.example.org"));
    let lines = [old.line(note.text()), new.line(note.text())];
    let keys = [old.key(), new.key()];
    let cosigned = |wanted| {
        let lines = lines.iter().map(String::as_str);
        cosigned_note(&note.to_text(), lines, (log.key(), keys.as_slice()), wanted)
    };
    assert!(cosigned(1).is_some());
    assert_eq!(cosigned(2), None);
}

#[test]
fn what_another_log_signed_is_no_checkpoint_of_this_one() {
    let (log, witness) = (log(), Witness::new("w1.example.org"));
    let note = checkpoint(&self::log(), b"entry");
    let line = witness.line(note.text());
    let keys = [witness.key()];
    assert_eq!(cosigned_note(&note.to_text(), [line.as_str()].into_iter(), (log.key(), keys.as_slice()), 1), None);
}
