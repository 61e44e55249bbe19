use super::*;
use crate::domain::testing::{day, invented};

fn samples(text: &str) -> Vec<Sample> {
    let sample = |word: &str| {
        let (code, year) =
            word.split_once('@').map_or((word, None), |(code, year)| (code, Some(year.parse().unwrap())));
        Sample { code: code.to_owned(), year, count: 1 }
    };
    text.split_whitespace().map(sample).collect()
}

fn inferred(text: &str) -> (Vec<(String, u64, u64)>, bool) {
    // E1 is in force from 2000, E2 from 2005, E3 from 2010.
    let catalogue = invented(&["010121 010129 020110", "010121 010130 020110", "010121 010130 020120"], &[]);
    let (fits, certain) = infer(&catalogue, "hs", &samples(text));
    let told = |fit: &Fit| (catalogue.editions[fit.edition].fact.id.clone(), fit.valid, fit.invalid);
    (fits.iter().map(told).collect(), certain)
}

#[test]
fn a_contradicting_row_decides_between_editions_that_share_most_codes() {
    let (fits, certain) = inferred("010121@2012 010130@2012 020120@2012");
    assert_eq!(fits[0], ("E3".to_owned(), 3, 0));
    assert!(certain);
    assert_eq!(inferred("010121@2012 010129@2012").0[0].0, "E1");
}

#[test]
fn a_year_speaks_against_editions_to_come() {
    let (fits, certain) = inferred("010121@2003 020110@2003");
    assert_eq!((fits[0].0.as_str(), certain), ("E1", true));
}

#[test]
fn among_editions_that_nothing_tells_apart_the_newest_is_taken_and_not_called_certain() {
    let (fits, certain) = inferred("010121@2015");
    assert_eq!((fits[0].0.as_str(), certain), ("E3", false));
    assert!(!inferred("").1);
}

#[test]
fn a_lost_zero_is_put_back() {
    let catalogue = invented(&["010121 020110"], &[]);
    let (fits, _) = infer(&catalogue, "hs", &samples("10121 20110 010121 3"));
    assert_eq!((fits[0].valid, fits[0].mended, fits[0].invalid), (3, 2, 1));
    assert_eq!(fits[0].contradicting, ["3"]);
}

#[test]
fn a_period_is_a_year_or_a_month() {
    assert_eq!(period("2020"), Some((2020, day("2020-12-31"))));
    assert_eq!(period("202002"), Some((2020, day("2020-02-29"))));
    for bad in ["", "20", "202013", "202000", "20200101", "abcd", "０２０２", "0000"] {
        assert_eq!(period(bad), None, "{bad}");
    }
}
