use super::Appender;
use crate::hash::{hash_leaf, hash_node};
use crate::tile::TileId;

#[test]
fn nothing_appended_changes_no_tile() {
    let batch = Appender::new().append(&[]);
    assert!(batch.tiles().is_empty());
    let one = Appender::new().append(&[hash_leaf(b"")]).into_appender();
    let batch = one.append(&[]);
    assert_eq!((batch.tiles(), batch.root(), batch.size()), (&[][..], one.root(), 1));
}

#[test]
fn only_the_tiles_that_grew_are_written() {
    let leaves: Vec<_> = (0..600u32).map(|index| hash_leaf(&index.to_be_bytes())).collect();
    let start = Appender::new().append(&leaves[..255]).into_appender();
    let ids = |appender: &Appender, range| -> Vec<TileId> {
        appender.append(&leaves[range]).tiles().iter().map(|tile| tile.id).collect()
    };
    let tile = |level, index, width| TileId { level, index, width };
    assert_eq!(ids(&start, 255..256), [tile(0, 0, 256), tile(1, 0, 1)]);
    assert_eq!(ids(&start, 255..257), [tile(0, 0, 256), tile(0, 1, 1), tile(1, 0, 1)]);
    let full = start.append(&leaves[255..256]).into_appender();
    // The tile of level 1 stays as it is while the second tile of level 0 fills.
    assert_eq!(ids(&full, 256..300), [tile(0, 1, 44)]);
    assert_eq!(ids(&full, 256..600), [tile(0, 1, 256), tile(0, 2, 88), tile(1, 0, 2)]);
}

#[test]
fn a_batch_that_is_dropped_leaves_the_edge_as_it_was() {
    let (a, b, c) = (hash_leaf(b"a"), hash_leaf(b"b"), hash_leaf(b"c"));
    let edge = Appender::new().append(&[a]).into_appender();
    drop(edge.append(&[c]));
    assert_eq!(edge.append(&[b]).root(), hash_node(&a, &b));
}
