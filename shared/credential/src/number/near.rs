//! Numbers that a mistyped one may have been meant as.

use std::collections::BTreeSet;

use super::{CertificateNumber, LENGTH, MAX_INPUT, narrow};

impl CertificateNumber {
    /// The valid numbers that one mistake leads away from: a wrong character, one too many or too few, or two neighbours
    /// swapped. None for a text that is a number, and for one that is no number at all. There are few, and which of them
    /// were issued is not told by them: numbers are random.
    pub fn near(input: &str) -> Vec<Self> {
        if input.len() > MAX_INPUT || Self::parse(input).is_ok() {
            return Vec::new();
        }
        let characters = || input.chars().map(narrow);
        let written: String = characters().filter(char::is_ascii_alphanumeric).collect();
        let others = characters().any(|c| c.is_alphanumeric() && !c.is_ascii());
        if others || !(LENGTH - 1..=LENGTH + 1).contains(&written.len()) {
            return Vec::new();
        }
        let found: BTreeSet<Self> = mistakes(&written).filter_map(|candidate| Self::parse(&candidate).ok()).collect();
        found.into_iter().collect()
    }
}

/// Every text that one mistake may have made this one of.
fn mistakes(written: &str) -> Box<dyn Iterator<Item = String> + '_> {
    let characters = || (b'0'..=b'9').chain(b'A'..=b'Z').map(char::from);
    let places = 0..written.len();
    if written.len() < LENGTH {
        let inserted = (0..=written.len())
            .flat_map(move |place| characters().map(move |c| format!("{}{c}{}", &written[..place], &written[place..])));
        return Box::new(inserted);
    }
    if written.len() > LENGTH {
        return Box::new(places.map(|place| format!("{}{}", &written[..place], &written[place + 1..])));
    }
    let replaced = places
        .flat_map(move |place| characters().map(move |c| format!("{}{c}{}", &written[..place], &written[place + 1..])));
    let swapped = (1..written.len()).map(|place| {
        let mut bytes = written.as_bytes().to_vec();
        bytes.swap(place - 1, place);
        bytes.into_iter().map(char::from).collect()
    });
    Box::new(replaced.chain(swapped))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Prefix;

    #[test]
    fn one_mistake_leads_back_to_the_number() {
        let number = CertificateNumber::generate(Prefix::new("CN").unwrap());
        let text = number.as_str();
        let mut mistyped = Vec::new();
        for place in 4..18 {
            let other = if &text[place..=place] == "7" { "3" } else { "7" };
            mistyped.push(format!("{}{other}{}", &text[..place], &text[place + 1..]));
            mistyped.push(format!("{}{}", &text[..place], &text[place + 1..]));
            mistyped.push(format!("{}4{}", &text[..place], &text[place..]));
            let mut swapped = text.as_bytes().to_vec();
            swapped.swap(place - 1, place);
            mistyped.push(String::from_utf8(swapped).unwrap());
        }
        for text in mistyped.into_iter().filter(|text| CertificateNumber::parse(text).is_err()) {
            let near = CertificateNumber::near(&text);
            assert!(near.contains(&number), "{text}");
            assert!(near.len() < 16, "{text}: {near:?}");
        }
        assert!(CertificateNumber::near(text).is_empty());
        for far in ["", "GL", "éLCN2ABCDEFGHJKM00", &"A".repeat(18), &"A".repeat(500)] {
            assert!(CertificateNumber::near(far).is_empty(), "{far}");
        }
    }
}
