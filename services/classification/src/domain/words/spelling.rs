//! One spelling for the words that American and British texts of tariffs spell differently. The Harmonized System is
//! British; half of what is asked is not.

use std::borrow::Cow;

/// American, British. Words of goods and their materials only; endings that the stem drops anyway are not here.
const PAIRS: &[(&str, &str)] = &[
    ("airplane", "aeroplane"),
    ("aluminum", "aluminium"),
    ("armor", "armour"),
    ("ax", "axe"),
    ("caliber", "calibre"),
    ("catalog", "catalogue"),
    ("center", "centre"),
    ("check", "cheque"),
    ("cigaret", "cigarette"),
    ("color", "colour"),
    ("colored", "coloured"),
    ("donut", "doughnut"),
    ("esophagus", "oesophagus"),
    ("eyeglass", "spectacle"),
    ("eyeglasses", "spectacles"),
    ("fiber", "fibre"),
    ("fiberglass", "fibreglass"),
    ("flavor", "flavour"),
    ("flavored", "flavoured"),
    ("gray", "grey"),
    ("jewelry", "jewellery"),
    ("licorice", "liquorice"),
    ("liter", "litre"),
    ("luster", "lustre"),
    ("maneuver", "manoeuvre"),
    ("meter", "metre"),
    ("mold", "mould"),
    ("molded", "moulded"),
    ("molding", "moulding"),
    ("mustache", "moustache"),
    ("odor", "odour"),
    ("pajama", "pyjama"),
    ("pajamas", "pyjamas"),
    ("pediatric", "paediatric"),
    ("plow", "plough"),
    ("program", "programme"),
    ("saber", "sabre"),
    ("sulfate", "sulphate"),
    ("sulfide", "sulphide"),
    ("sulfur", "sulphur"),
    ("sulfuric", "sulphuric"),
    ("theater", "theatre"),
    ("tire", "tyre"),
    ("vapor", "vapour"),
    ("yogurt", "yoghurt"),
];

/// A lower-case word in the one spelling.
pub(super) fn one(word: &str) -> Cow<'_, str> {
    let find = |word: &str| PAIRS.binary_search_by_key(&word, |(american, _)| american).ok().map(|at| PAIRS[at].1);
    if let Some(british) = find(word) {
        return Cow::Borrowed(british);
    }
    match word.strip_suffix('s').and_then(find) {
        Some(british) => Cow::Owned(format!("{british}s")),
        None => Cow::Borrowed(word),
    }
}

#[cfg(test)]
mod tests {
    use super::{PAIRS, one};

    #[test]
    fn the_pairs_are_in_order() {
        assert!(PAIRS.is_sorted());
    }

    #[test]
    fn both_spellings_and_their_plurals_are_one() {
        assert_eq!(
            ["color", "colors", "colour", "tires"].map(|word| one(word).into_owned()),
            ["colour", "colours", "colour", "tyres"]
        );
    }
}
