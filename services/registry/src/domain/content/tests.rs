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
