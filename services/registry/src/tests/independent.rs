//! The log over its HTTP tiles, audited by implementations that are not ours: Cloudflare's of C2SP signed notes,
//! checkpoints and tiles, itself a port of the Go project's.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use greenlane_api::registry::v1 as wire;
use greenlane_platform::clock::Clock;
use greenlane_store::testing::TestDatabase;
use signed_note::{Note, StandardVerifier, Verifier, VerifierList};
use tlog_tiles::{
    Checkpoint, Error, Hash, HashReader as _, Tile, TileHashReader, TileReader, check_record, check_tree, prove_record,
    prove_tree, record_hash, stored_hash_index, tree_hash,
};

use super::harness::{Served, any_port, now, order, serve_with};
use crate::{Migrator, Peers};

greenlane_store::engine_tests!(Migrator: implementations_that_are_not_ours_audit_the_log_over_its_tiles);

/// The log's tiles, as a stranger reads them.
struct Tiles {
    port: u16,
    /// Changes a bit of every tile on its way.
    tamper: bool,
}

impl Tiles {
    fn get(&self, path: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(stream, "GET /log/{path} HTTP/1.1\r\nHost: log.example.org\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let head = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{path}: {}", String::from_utf8_lossy(&answer[..head]));
        answer.split_off(head + 4)
    }

    /// The entries of a bundle: each with its length before it (C2SP tlog-tiles).
    fn entries(&self, size: u64) -> Vec<Vec<u8>> {
        let mut entries = Vec::new();
        for index in 0..size.div_ceil(256) {
            let width = (size - index * 256).min(256);
            let partial = if width == 256 { String::new() } else { format!(".p/{width}") };
            let bytes = self.get(&format!("tile/entries/{index:03}{partial}"));
            let mut rest = bytes.as_slice();
            while let [high, low, after @ ..] = rest {
                let (entry, after) = after.split_at(usize::from(u16::from_be_bytes([*high, *low])));
                entries.push(entry.to_vec());
                rest = after;
            }
        }
        entries
    }
}

impl TileReader for Tiles {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        // The path has the height in it, which C2SP's has not: there it is always 8.
        let read = |tile: &Tile| {
            let mut bytes = self.get(&tile.path().replacen("tile/8/", "tile/", 1));
            bytes[0] ^= u8::from(self.tamper);
            bytes
        };
        Ok(tiles.iter().map(read).collect())
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

/// The signed checkpoint, its signature verified by the log's key.
fn checkpoint(tiles: &Tiles, key: &str) -> (u64, Hash) {
    let verifier: Box<dyn Verifier> = Box::new(StandardVerifier::new(key).unwrap());
    let note = Note::from_bytes(&tiles.get("checkpoint")).unwrap();
    let (signed, strangers) = note.verify(&VerifierList::new(vec![verifier])).unwrap();
    assert_eq!((signed.len(), strangers.len()), (1, 0));
    let checkpoint = Checkpoint::from_bytes(note.text()).unwrap();
    assert_eq!(checkpoint.origin(), "registry.example.org/log");
    (checkpoint.size(), *checkpoint.hash())
}

async fn issue(served: &Served, from: usize, to: usize) -> Vec<wire::LogProof> {
    let mut calls = tokio::task::JoinSet::new();
    for index in from..to {
        let mut certificates = served.certificates("bodies/xa-lab");
        let order = order("xa-lab", &format!("c{index}"));
        calls.spawn(async move { certificates.issue_certificate(order).await.unwrap().into_inner().proof.unwrap() });
    }
    calls.join_all().await
}

async fn implementations_that_are_not_ours_audit_the_log_over_its_tiles(db: TestDatabase) {
    let keys = Arc::new(tempfile::tempdir().unwrap());
    let served = serve_with(&db, Clock::settable(now()), keys, any_port, Peers::default()).await;
    let port = served.port();
    served.enrol("xa-lab").await;
    let answer = served.log().get_checkpoint(wire::GetCheckpointRequest::default()).await.unwrap().into_inner();
    let key = answer.checkpoint.unwrap().verifier_key;
    let audit = |before: Option<(u64, Hash)>, promised: Vec<wire::LogProof>| {
        let key = key.clone();
        tokio::task::spawn_blocking(move || audit(port, &key, before, &promised))
    };
    let promised = issue(&served, 0, 5).await;
    let early = audit(None, promised).await.unwrap();
    // Past a full tile, so that there is a second level and a partial tile of each.
    let promised = issue(&served, 5, 275).await;
    let late = audit(Some(early), promised).await.unwrap();
    assert_eq!(late.0, 277);
}

/// Everything that there is to be proved. Gives the tree.
fn audit(port: u16, key: &str, before: Option<(u64, Hash)>, promised: &[wire::LogProof]) -> (u64, Hash) {
    let tiles = Tiles { port, tamper: false };
    let (size, root) = checkpoint(&tiles, key);
    let reader = TileHashReader::new(size, root, &tiles);
    assert!(tree_hash(size, &reader).unwrap() == root);

    let entries = tiles.entries(size);
    assert_eq!(entries.len() as u64, size);
    let indices: Vec<u64> = (0..size).map(|index| stored_hash_index(0, index)).collect();
    let leaves = reader.read_hashes(&indices).unwrap();
    for (index, (entry, leaf)) in entries.iter().zip(&leaves).enumerate() {
        assert!(record_hash(entry) == *leaf, "entry {index}");
    }

    // What callers were promised: the proofs that they were given, and those that the tiles make.
    for proof in promised {
        let given = proof.hashes.iter().map(|hash| Hash(hash.as_ref().try_into().unwrap())).collect();
        let leaf = record_hash(&proof.leaf);
        if proof.tree_size == size {
            check_record(&given, size, root, proof.index, leaf).unwrap();
        }
        let made = prove_record(size, proof.index, &reader).unwrap();
        check_record(&made, size, root, proof.index, leaf).unwrap();
        assert!(check_record(&made, size, root, proof.index, record_hash(b"another entry")).is_err());
    }
    if let Some((old_size, old_root)) = before {
        let proof = prove_tree(size, old_size, &reader).unwrap();
        check_tree(&proof, size, root, old_size, old_root).unwrap();
        assert!(check_tree(&proof, size, root, old_size, root).is_err());
    }

    let tampered = Tiles { port, tamper: true };
    assert!(TileHashReader::new(size, root, &tampered).read_hashes(&indices).is_err());
    (size, root)
}
