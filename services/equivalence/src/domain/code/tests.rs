use super::*;

#[test]
fn only_the_harmonized_systems_own_editions_are_held_to_its_lengths() {
    assert!(CodeReference::new("HS2022", "854143").is_ok());
    for wrong in ["8541439000", "854", "8541.43", "85414A", ""] {
        assert!(CodeReference::new("HS2022", wrong).is_err(), "{wrong}");
    }
    assert!(CodeReference::new("HSK2024", "8541439000").is_ok());
    assert!(CodeReference::new("CN2024", "85414300").is_ok());
    assert_eq!(CodeReference::new("hs", "8541.43").unwrap_err().len(), 2);
}
