use proptest::prelude::*;

use super::{BundleError, decode, encode};

#[test]
fn entries_carry_their_length_in_two_bytes() {
    assert_eq!(encode(&[b"ab".as_slice(), b""]).unwrap(), b"\x00\x02ab\x00\x00");
    assert_eq!(decode(b"\x00\x02ab\x00\x00"), Ok(vec![b"ab".as_slice(), b""]));
}

#[test]
fn bundles_that_are_cut_empty_or_too_large_are_refused() {
    assert_eq!(decode(b""), Err(BundleError::Count));
    assert_eq!(decode(b"\x00"), Err(BundleError::Truncated));
    assert_eq!(decode(b"\x00\x02a"), Err(BundleError::Truncated));
    assert_eq!(decode(&[0; 257 * 2]), Err(BundleError::Count));
    assert!(decode(&[0; 256 * 2]).is_ok());
    assert_eq!(encode::<&[u8]>(&[]), Err(BundleError::Count));
    assert_eq!(encode(&vec![b""; 257]), Err(BundleError::Count));
    assert!(encode(&[vec![0; 65_535]]).is_ok());
    assert_eq!(encode(&[vec![0; 65_536]]), Err(BundleError::EntryTooLong));
}

proptest! {
    #[test]
    fn a_bundle_reads_back_as_its_entries(
        entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 1..257),
    ) {
        let bytes = encode(&entries).unwrap();
        prop_assert_eq!(decode(&bytes).unwrap(), entries);
    }

    #[test]
    fn any_bytes_are_answered_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(entries) = decode(&bytes) {
            prop_assert_eq!(encode(&entries).unwrap(), bytes.clone());
        }
    }
}
