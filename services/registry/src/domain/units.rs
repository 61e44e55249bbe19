//! Units of measure: the common codes of UN/ECE Recommendation 20, revision 17 (2021).
//!
//! `units.txt` has every code of its annexes that is not marked as deleted there. Deprecated ones count: a certificate
//! outlives a revision. It was taken from <https://github.com/datasets/unece-units-of-measure>, which is made of UN/ECE's own
//! table and is in the public domain (ODC-PDDL 1.0).

use std::{collections::HashSet, sync::LazyLock};

static CODES: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("units.txt").split_ascii_whitespace().collect());

/// Whether there is such a unit.
pub(crate) fn is_known(code: &str) -> bool {
    CODES.contains(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_those_of_the_recommendation_and_no_abbreviations() {
        for known in ["C62", "H87", "KGM", "TNE", "LTR", "MTK", "KWH", "P1", "23"] {
            assert!(is_known(known), "{known}");
        }
        // What people write, what lies near it, and a code that was deleted (05, a lift).
        for unknown in ["PCS", "KG", "kgm", "C6", "ZZZ", "05", ""] {
            assert!(!is_known(unknown), "{unknown}");
        }
        assert_eq!(CODES.len(), 1827);
    }
}
