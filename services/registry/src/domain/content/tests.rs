use super::*;

#[test]
fn a_serial_range_covers_its_ends_and_nothing_of_another_length() {
    let range = SerialRange::new("A0100", "A0199").unwrap();
    assert!(range.contains("A0100") && range.contains("A0150") && range.contains("A0199"));
    assert!(!range.contains("A0200") && !range.contains("A0099") && !range.contains("A015"));
}

#[test]
fn a_serial_range_that_runs_backwards_or_changes_length_is_refused() {
    assert!(SerialRange::new("2", "1").is_err());
    assert!(SerialRange::new("1", "10").is_err());
    assert!(SerialRange::new("B5", "a2").is_err(), "as people read it");
}

#[test]
fn a_serial_range_is_compared_as_people_read_it() {
    let range = SerialRange::new("sn-10", "SN–19").unwrap();
    assert_eq!((range.first.as_str(), range.last.as_str()), ("sn-10", "SN–19"), "and kept as it was told");
    assert!(range.contains("Sn-15") && range.contains("SN - 15") && !range.contains("SN-20"));
    let other = |first, last| SerialRange::new(first, last).unwrap();
    assert_eq!(range.common(&other("SN-18", "sn-25")), Some(other("SN-18", "SN-19")));
    assert_eq!(range.common(&other("SN-20", "SN-25")), None);
    assert_eq!(other("A1", "A9").common(&other("A10", "A20")), None, "another length is another number");
}

#[test]
fn a_quantity_is_digits_with_at_most_one_point() {
    for good in ["0", "12", "0.5", "1200.25"] {
        assert!(Quantity::new(good, "KGM").is_ok(), "{good}");
    }
    for bad in ["", ".", "1.", ".5", "-1", "1e3", "1.2.3", "１"] {
        assert!(Quantity::new(bad, "KGM").is_err(), "{bad}");
    }
    assert!(Quantity::new("1", "kgm").is_err());
}
