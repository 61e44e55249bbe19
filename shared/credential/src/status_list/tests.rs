use super::{MIN_ENTRIES, StatusList, StatusListError};

/// The `encodedList` of the example in the W3C specification (section 2.2): 131,072 clear bits.
const W3C_EXAMPLE: &str = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA";

#[test]
fn the_example_of_the_specification_decodes_to_clear_bits() {
    let list = StatusList::decode(W3C_EXAMPLE).unwrap();
    assert_eq!(list, StatusList::new(MIN_ENTRIES).unwrap());
    assert_eq!(list.entries(), 131_072);
}

#[test]
fn index_zero_is_the_most_significant_bit_of_the_first_byte() {
    let mut list = StatusList::new(MIN_ENTRIES).unwrap();
    list.set(0, true).unwrap();
    list.set(9, true).unwrap();
    list.set(131_071, true).unwrap();
    assert_eq!((list.bytes[0], list.bytes[1], list.bytes[16_383]), (0x80, 0x40, 0x01));
    list.set(0, false).unwrap();
    assert_eq!(list.bytes[0], 0);
}

#[test]
fn bits_survive_encoding() {
    let mut list = StatusList::new(200_000).unwrap();
    for index in (0..200_000).step_by(977) {
        list.set(index, true).unwrap();
    }
    let read = StatusList::decode(&list.encode()).unwrap();
    assert_eq!(read, list);
    assert_eq!(read.encode(), list.encode());
    for index in 0..200_000 {
        assert_eq!(read.get(index), Ok(index % 977 == 0));
    }
    assert_eq!(read.get(200_000), Err(StatusListError::Index));
    assert_eq!(read.get(u64::MAX), Err(StatusListError::Index));
}

#[test]
fn bad_lists_are_refused() {
    assert_eq!(StatusList::new(MIN_ENTRIES - 1), Err(StatusListError::Size));
    assert_eq!(StatusList::new(u64::MAX), Err(StatusListError::Size));
    let encoding = Err(StatusListError::Encoding);
    assert_eq!(StatusList::decode(&W3C_EXAMPLE[1..]), encoding, "multibase prefix missing");
    assert_eq!(StatusList::decode("u"), encoding);
    assert_eq!(StatusList::decode("uAAAA"), encoding);
    assert_eq!(StatusList::decode(&W3C_EXAMPLE[..W3C_EXAMPLE.len() - 4]), encoding, "truncated");
    let followed = greenlane_jose::b64::decode(&W3C_EXAMPLE[1..]).map(|bytes| [bytes, vec![0]].concat()).unwrap();
    assert_eq!(StatusList::decode(&format!("u{}", greenlane_jose::b64::encode(followed))), encoding, "trailing");
}

#[test]
fn a_gzip_bomb_is_refused_and_so_is_a_short_list() {
    let pack = |bytes: usize| StatusList { bytes: vec![0; bytes] }.encode();
    assert_eq!(StatusList::decode(&pack(64 * 1024 * 1024)), Err(StatusListError::Size));
    assert_eq!(StatusList::decode(&pack(16 * 1024 - 1)), Err(StatusListError::Size));
}
