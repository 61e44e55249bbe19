use proptest::prelude::*;

use super::{NotATilePath, TileError, TileId, TileSet};
use crate::bundle;

fn tile(level: u8, index: u64, width: u16) -> TileId {
    TileId { level, index, width }
}

#[test]
fn paths_are_those_of_the_specification() {
    for (id, path) in [
        (tile(0, 0, 256), "tile/0/000"),
        (tile(1, 999, 256), "tile/1/999"),
        (tile(0, 1000, 256), "tile/0/x001/000"),
        (tile(0, 1_234_067, 256), "tile/0/x001/x234/067"),
        (tile(2, 273, 112), "tile/2/273.p/112"),
        (tile(7, u64::MAX, 1), "tile/7/x018/x446/x744/x073/x709/x551/615.p/1"),
    ] {
        assert_eq!((id.path().as_str(), path.parse()), (path, Ok(id)));
    }
    assert_eq!(bundle::path(1_234_067, 8), "tile/entries/x001/x234/067.p/8");
    assert_eq!(bundle::parse_path("tile/entries/x001/x234/067.p/8"), Ok((1_234_067, 8)));
}

#[test]
fn there_is_one_path_for_each_tile() {
    for path in [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/00/000",
        "tile/8/000",
        "tile/-1/000",
        "tile/+1/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000.p/1/",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/x001x000",
        "tile/0/٠٠٠",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/entries/000",
    ] {
        assert_eq!(path.parse::<TileId>(), Err(NotATilePath), "{path}");
    }
}

#[test]
fn tiles_have_the_width_that_the_tree_gives_them() {
    assert_eq!(TileId::in_tree(0, 0, 0), None);
    assert_eq!(TileId::in_tree(0, 0, 1), Some(tile(0, 0, 1)));
    assert_eq!(TileId::in_tree(0, 1, 256), None);
    assert_eq!(TileId::in_tree(1, 0, 256), Some(tile(1, 0, 1)));
    assert_eq!(TileId::in_tree(1, 1, 70_000), Some(tile(1, 1, 17)));
    assert_eq!(TileId::in_tree(7, 0, u64::MAX), Some(tile(7, 0, 255)));
    assert_eq!(TileId::in_tree(8, 0, u64::MAX), None);
    assert_eq!(TileId::in_tree(0, u64::MAX, u64::MAX), None);
}

#[test]
fn a_tile_of_the_wrong_length_is_refused() {
    let mut set = TileSet::new();
    assert_eq!(set.insert(tile(0, 0, 2), &[0; 64]), Ok(()));
    assert_eq!(set.insert(tile(0, 0, 2), &[0; 63]), Err(TileError::Length { width: 2, length: 63 }));
    assert_eq!(set.insert(tile(0, 0, 2), &[0; 96]), Err(TileError::Length { width: 2, length: 96 }));
    assert_eq!(set.insert(tile(0, 0, 0), &[]), Err(TileError::Length { width: 0, length: 0 }));
    assert_eq!(set.insert(tile(0, 0, 257), &[0; 257 * 32]), Err(TileError::Length { width: 257, length: 8224 }));
}

proptest! {
    #[test]
    fn a_path_reads_back_as_its_tile(level in 0u8..8, index in any::<u64>(), width in 1u16..=256) {
        let id = tile(level, index, width);
        prop_assert_eq!(id.path().parse(), Ok(id));
    }

    #[test]
    fn any_text_is_answered_without_panic(text in "(tile/)?[0-9x/.p]{0,40}|\\PC*") {
        if let Ok(id) = text.parse::<TileId>() {
            prop_assert_eq!(id.path(), text);
        }
    }
}
