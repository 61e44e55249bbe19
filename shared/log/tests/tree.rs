//! The tree against RFC 6962 written down naively, and against an independent implementation.

use std::collections::HashMap;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use greenlane_log::{
    Appender, Frontier, Hash, ProofError, TileId, TileSet, edge_tiles, empty_root, hash_leaf, hash_node, proof,
    verify_consistency, verify_inclusion, verify_subtree_consistency, verify_subtree_inclusion,
};
use proptest::prelude::*;
use sha2::Sha256;

fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|index| hash_leaf(&entry(index))).collect()
}

/// `MTH` of RFC 6962 section 2.1, word for word.
fn root_of(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let split = leaves.len().next_power_of_two() / 2;
            hash_node(&root_of(&leaves[..split]), &root_of(&leaves[split..]))
        }
    }
}

/// A store of tiles as a database would keep it: the widest version of each.
#[derive(Default)]
struct Tiles(HashMap<(u8, u64), Vec<u8>>);

impl Tiles {
    fn append(&mut self, appender: Appender, leaves: &[Hash]) -> Appender {
        let batch = appender.append(leaves);
        for tile in batch.tiles() {
            assert_eq!(tile.bytes.len(), usize::from(tile.id.width) * 32);
            let old = self.0.insert((tile.id.level, tile.id.index), tile.bytes.clone());
            assert!(tile.bytes.starts_with(&old.unwrap_or_default()), "a tile only grows at its end");
        }
        batch.into_appender()
    }

    fn get(&self, id: TileId) -> Option<&[u8]> {
        self.0.get(&(id.level, id.index))?.get(..usize::from(id.width) * 32)
    }

    fn set_for(&self, nodes: &[greenlane_log::NodeId], size: u64) -> TileSet {
        let mut set = TileSet::new();
        for id in TileSet::needed(nodes, size) {
            set.insert(id, self.get(id).expect("the tile was stored")).expect("it has its width");
        }
        set
    }
}

fn concatenated(proof: &[Hash]) -> Vec<u8> {
    proof.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

#[test]
fn frontier_appender_and_independent_tree_agree_at_every_size() {
    let leaves = leaves(600);
    let mut independent = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    let mut frontier = Frontier::new();
    let mut appender = Appender::new();
    let mut tiles = Tiles::default();
    assert_eq!((frontier.root(), appender.root()), (empty_root(), empty_root()));
    for (index, leaf) in leaves.iter().enumerate() {
        independent.push(entry(index as u64));
        frontier.append(*leaf);
        appender = tiles.append(appender, &[*leaf]);
        let size = index + 1;
        let root = root_of(&leaves[..size]);
        assert_eq!(independent.root().as_bytes().as_slice(), root.as_bytes());
        assert_eq!((frontier.root(), appender.root()), (root, root), "size {size}");
        assert_eq!(appender.frontier(), frontier);
        assert_eq!(Frontier::from_bytes(&frontier.to_bytes()).as_ref(), Ok(&frontier));
        assert_eq!(Appender::from_tiles(size as u64, |id| tiles.get(id)).as_ref(), Ok(&appender));
    }
}

#[test]
fn proofs_from_tiles_equal_those_of_an_independent_tree() {
    let size = 600;
    let leaves = leaves(size);
    let mut tiles = Tiles::default();
    let mut independent = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    (0..size).for_each(|index| independent.push(entry(index)));
    tiles.append(Appender::new(), &leaves);
    let root = root_of(&leaves);
    for index in 0..size {
        let set = tiles.set_for(&proof::inclusion_nodes(index, size), size);
        let made = proof::inclusion(index, size, &set).expect("the tiles suffice");
        assert_eq!(concatenated(&made), independent.prove_inclusion(index as usize).as_bytes());
        assert_eq!(verify_inclusion(&leaves[index as usize], index, size, &made, &root), Ok(()));
    }
    for old in 1..=size {
        let set = tiles.set_for(&proof::consistency_nodes(old, size), size);
        let made = proof::consistency(old, size, &set).expect("the tiles suffice");
        if old < size {
            assert_eq!(concatenated(&made), independent.prove_consistency((size - old) as usize).as_bytes());
        }
        assert_eq!(verify_consistency(old, &root_of(&leaves[..old as usize]), size, &root, &made), Ok(()));
    }
    assert!(proof::inclusion(size, size, &TileSet::new()).is_err());
    assert!(proof::consistency(size + 1, size, &TileSet::new()).is_err());
    assert_eq!(proof::consistency(0, size, &TileSet::new()), Ok(Vec::new()));
}

#[test]
fn a_tree_of_seventy_thousand_leaves_has_the_tiles_of_the_specification() {
    let leaves = leaves(70_000);
    let mut tiles = Tiles::default();
    let appender = tiles.append(Appender::new(), &leaves);
    assert_eq!(tiles.0.len(), 273 + 1 + 1 + 1 + 1);
    let widths: Vec<_> = edge_tiles(70_000).iter().map(|tile| (tile.level, tile.index, tile.width)).collect();
    assert_eq!(widths, [(0, 273, 112), (1, 1, 17), (2, 0, 1)]);
    assert_eq!(appender.root(), root_of(&leaves));
    for index in [0, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999] {
        let set = tiles.set_for(&proof::inclusion_nodes(index, 70_000), 70_000);
        let made = proof::inclusion(index, 70_000, &set).expect("the tiles suffice");
        assert_eq!(verify_inclusion(&leaves[index as usize], index, 70_000, &made, &appender.root()), Ok(()));
    }
    let set = tiles.set_for(&proof::root_nodes(70_000), 70_000);
    assert_eq!(proof::root(70_000, &set), Ok(appender.root()));
    // 256 leaves: one full tile below, one hash above.
    let widths: Vec<_> = edge_tiles(256).iter().map(|tile| (tile.level, tile.index, tile.width)).collect();
    assert_eq!(widths, [(1, 0, 1)]);
}

#[test]
fn a_wrong_edge_is_refused_or_has_another_root() {
    let leaves = leaves(300);
    let mut tiles = Tiles::default();
    let appender = tiles.append(Appender::new(), &leaves);
    let missing = Appender::from_tiles(300, |id| if id.level == 1 { None } else { tiles.get(id) });
    assert_eq!(missing.map_err(|error| error.tile.level), Err(1));
    let narrow = Appender::from_tiles(300, |id| tiles.get(id).map(|bytes| &bytes[..bytes.len() - 1]));
    assert!(narrow.is_err());
    let changed = Appender::from_tiles(300, |id| {
        let mut bytes = tiles.get(id)?.to_vec();
        bytes[7] ^= 1;
        Some(bytes)
    });
    assert_ne!(changed.map(|edge| edge.root()), Ok(appender.root()));
}

#[test]
fn what_is_no_subtree_proves_nothing() {
    // [1, 3) is no subtree; without saying so, the proof of [0, 3) would stand for it.
    let all = leaves(4);
    let (part, whole) = (root_of(&all[..3]), root_of(&all));
    let made = [all[2], all[3], hash_node(&all[0], &all[1])];
    assert_eq!(verify_subtree_consistency(0, 3, 4, &made, &part, &whole), Ok(()));
    assert_eq!(verify_subtree_consistency(1, 3, 4, &made, &part, &whole), Err(ProofError::OutOfRange));
    assert_eq!(verify_subtree_consistency(3, 1, 4, &made, &part, &whole), Err(ProofError::OutOfRange));
    assert_eq!(verify_subtree_consistency(0, 5, 4, &made, &part, &whole), Err(ProofError::OutOfRange));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn batches_of_any_size_make_the_same_tree_and_prove_themselves(
        sizes in prop::collection::vec(0usize..300, 1..8),
    ) {
        let all = leaves(sizes.iter().sum::<usize>() as u64);
        let mut appender = Appender::new();
        let mut tiles = Tiles::default();
        for size in sizes {
            let old = appender.size() as usize;
            let batch = appender.append(&all[old..old + size]);
            let (root, new) = (root_of(&all[..old + size]), batch.size());
            prop_assert_eq!((batch.root(), new as usize, batch.old_size() as usize), (root, old + size, old));
            prop_assert_eq!(batch.frontier().root(), root);
            for (index, leaf) in (old as u64..).zip(&all[old..old + size]) {
                let made = batch.inclusion_proof(index).unwrap();
                prop_assert_eq!(verify_inclusion(leaf, index, new, &made, &root), Ok(()));
            }
            let made = batch.consistency_proof().unwrap();
            if old == 0 {
                prop_assert!(made.is_empty());
            } else {
                prop_assert_eq!(verify_consistency(old as u64, &root_of(&all[..old]), new, &root, &made), Ok(()));
                prop_assert!(batch.inclusion_proof(old as u64 - 1).is_err());
            }
            appender = tiles.append(appender, &all[old..old + size]);
            prop_assert_eq!(appender.root(), root);
        }
    }

    #[test]
    fn every_flipped_bit_of_an_inclusion_proof_fails(size in 1u64..700, at in any::<prop::sample::Index>()) {
        let all = leaves(size);
        let index = at.index(size as usize) as u64;
        let batch = Appender::new().append(&all);
        let (root, leaf) = (batch.root(), all[index as usize]);
        let made = batch.inclusion_proof(index).unwrap();
        prop_assert_eq!(verify_inclusion(&leaf, index, size, &made, &root), Ok(()));
        let flips = flipped(&[&made[..], &[leaf, root]].concat());
        for wrong in flips {
            let (proof, ends) = wrong.split_at(made.len());
            prop_assert!(verify_inclusion(&ends[0], index, size, proof, &ends[1]).is_err());
        }
        for other in (0..size).filter(|other| *other != index) {
            prop_assert!(verify_inclusion(&leaf, other, size, &made, &root).is_err());
        }
        for wrong in wrong_lengths(&made) {
            prop_assert!(verify_inclusion(&leaf, index, size, &wrong, &root).is_err());
        }
    }

    #[test]
    fn every_flipped_bit_of_a_consistency_proof_fails(size in 2u64..700, at in any::<prop::sample::Index>()) {
        let all = leaves(size);
        let old = 1 + at.index(size as usize - 1) as u64;
        let batch = Appender::new().append(&all[..old as usize]).into_appender().append(&all[old as usize..]);
        let (old_root, root) = (root_of(&all[..old as usize]), batch.root());
        let made = batch.consistency_proof().unwrap();
        prop_assert_eq!(verify_consistency(old, &old_root, size, &root, &made), Ok(()));
        for wrong in flipped(&[&made[..], &[old_root, root]].concat()) {
            let (proof, ends) = wrong.split_at(made.len());
            prop_assert!(verify_consistency(old, &ends[0], size, &ends[1], proof).is_err());
        }
        for other in (1..=size).filter(|other| *other != old) {
            prop_assert!(verify_consistency(other, &old_root, size, &root, &made).is_err());
        }
        for wrong in wrong_lengths(&made) {
            prop_assert!(verify_consistency(old, &old_root, size, &root, &wrong).is_err());
        }
        prop_assert!(verify_consistency(size, &root, old, &old_root, &made).is_err());
    }

    #[test]
    fn subtree_verifiers_agree_with_the_naive_tree(size in 1u64..80) {
        let all = leaves(size);
        for level in 0..7 {
            for start in (0..size).step_by(1 << level) {
                // A full subtree of this height, where there is one.
                let end = start + (1 << level);
                if end > size { continue }
                let part = root_of(&all[start as usize..end as usize]);
                // Its consistency with the whole tree is the inclusion of a node: siblings above it.
                let whole = root_of(&all);
                let path: Vec<Hash> = siblings(start, end, size, &all);
                prop_assert_eq!(verify_subtree_consistency(start, end, size, &path, &part, &whole), Ok(()));
                let inner = Appender::new().append(&all[start as usize..end as usize]);
                for index in start..end {
                    let made = inner.inclusion_proof(index - start).unwrap();
                    let leaf = all[index as usize];
                    prop_assert_eq!(verify_subtree_inclusion(&leaf, index, start, end, &made, &part), Ok(()));
                }
            }
        }
    }

    #[test]
    fn reading_a_frontier_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(frontier) = Frontier::from_bytes(&bytes) {
            prop_assert_eq!(frontier.to_bytes(), bytes);
        }
    }
}

fn siblings(start: u64, end: u64, size: u64, all: &[Hash]) -> Vec<Hash> {
    let (mut low, mut high) = (0, size);
    let mut path = Vec::new();
    while (low, high) != (start, end) {
        let middle = low + (high - low).next_power_of_two() / 2;
        if end <= middle {
            path.push(root_of(&all[middle as usize..high as usize]));
            high = middle;
        } else {
            path.push(root_of(&all[low as usize..middle as usize]));
            low = middle;
        }
    }
    path.reverse();
    path
}

/// Every list that differs from this one in a single bit of a byte of each hash.
fn flipped(hashes: &[Hash]) -> Vec<Vec<Hash>> {
    (0..hashes.len() * 256)
        .step_by(5)
        .map(|bit| {
            let mut wrong = hashes.to_vec();
            let mut bytes = *wrong[bit / 256].as_bytes();
            bytes[bit % 256 / 8] ^= 1 << (bit % 8);
            wrong[bit / 256] = Hash::new(bytes);
            wrong
        })
        .collect()
}

fn wrong_lengths(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let extra = hash_leaf(b"extra");
    let mut all = vec![[proof, &[extra]].concat(), [&[extra], proof].concat()];
    if !proof.is_empty() {
        all.push(proof[1..].to_vec());
        all.push(proof[..proof.len() - 1].to_vec());
        all.push(Vec::new());
    }
    all
}
