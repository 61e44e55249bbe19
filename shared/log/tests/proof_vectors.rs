//! The public proof vectors of transparency-dev/merkle: what must be accepted, and above all what must not.

use std::path::{Path, PathBuf};

use greenlane_log::{
    Hash, ProofError, hash_leaf, verify_consistency, verify_inclusion, verify_subtree_consistency,
    verify_subtree_inclusion,
};
use serde_json::Value;

fn folder(kind: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("GREENLANE_TEST_DATA") else {
        let required = std::env::var("GREENLANE_TEST_REQUIRE").unwrap_or_default();
        assert!(!required.contains("data"), "GREENLANE_TEST_DATA is not set");
        #[expect(clippy::print_stderr, reason = "says why a test did nothing")]
        {
            eprintln!("skipped: GREENLANE_TEST_DATA is not set");
        }
        return None;
    };
    Some(PathBuf::from(folder).join("vectors/transparency-dev-merkle/testdata").join(kind))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the vectors are in the data folder") {
        let path = entry.expect("the folder can be listed").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

struct Vector(Value);

impl Vector {
    fn hash(&self, name: &str) -> Option<Hash> {
        hash(&self.0[name])
    }

    fn proof(&self) -> Option<Vec<Hash>> {
        self.0["proof"].as_array().map_or(Some(Vec::new()), |listed| listed.iter().map(hash).collect())
    }

    fn number(&self, name: &str) -> u64 {
        self.0[name].as_u64().expect("positions are numbers")
    }
}

/// Some vectors have hashes of other lengths ("don't care 1", say), which [`Hash`] cannot hold. Each gets a hash of its
/// own to stand for it, so that the vector still asks the verifier and not the parser. Nothing stands for an empty one:
/// not being able to state it is the refusal.
fn hash(value: &Value) -> Option<Hash> {
    let text = value.as_str().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| hash_leaf(text.as_bytes())))
}

fn run(kind: &str, at_least: usize, verify: impl Fn(&Vector) -> Option<Result<(), ProofError>>) {
    let Some(folder) = folder(kind) else { return };
    let files = files(&folder);
    assert!(files.len() >= at_least, "{kind}: {} files", files.len());
    let mut wrong = Vec::new();
    for path in files {
        let text = std::fs::read(&path).expect("the vector can be read");
        let vector = Vector(serde_json::from_slice(&text).expect("the vector is JSON"));
        let accepted = verify(&vector).is_some_and(|result| result.is_ok());
        if accepted == vector.0["wantErr"].as_bool().expect("each vector says what is wanted") {
            wrong.push(format!("{} accepted={accepted}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{} wrong: {wrong:#?}", wrong.len());
}

#[test]
fn inclusion_proofs_are_accepted_and_refused_as_the_vectors_say() {
    run("inclusion", 98, |v| {
        let (index, size) = (v.number("leafIdx"), v.number("treeSize"));
        Some(verify_inclusion(&v.hash("leafHash")?, index, size, &v.proof()?, &v.hash("root")?))
    });
}

#[test]
fn consistency_proofs_are_accepted_and_refused_as_the_vectors_say() {
    run("consistency", 98, |v| {
        let (old, new) = (v.number("size1"), v.number("size2"));
        Some(verify_consistency(old, &v.hash("root1")?, new, &v.hash("root2")?, &v.proof()?))
    });
}

#[test]
fn subtree_inclusion_proofs_are_accepted_and_refused_as_the_vectors_say() {
    run("subtreeinclusion", 204, |v| {
        let (index, start, end) = (v.number("leafIdx"), v.number("start"), v.number("end"));
        Some(verify_subtree_inclusion(&v.hash("leafHash")?, index, start, end, &v.proof()?, &v.hash("root")?))
    });
}

#[test]
fn subtree_consistency_proofs_are_accepted_and_refused_as_the_vectors_say() {
    run("subtreeconsistency", 118, |v| {
        let (start, end, size) = (v.number("start"), v.number("end"), v.number("size"));
        Some(verify_subtree_consistency(start, end, size, &v.proof()?, &v.hash("root1")?, &v.hash("root2")?))
    });
}
