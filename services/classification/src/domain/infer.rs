//! In which editions a sample of codes is valid.

use chrono::{Datelike as _, NaiveDate};

use super::catalogue::Catalogue;

/// Codes shown that speak against an edition.
const SHOWN: usize = 20;

/// A code as it was seen in a table.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) code: String,
    pub(crate) year: Option<i32>,
    pub(crate) count: u64,
}

/// How well an edition fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fit {
    pub(crate) edition: usize,
    pub(crate) valid: u64,
    pub(crate) invalid: u64,
    /// Valid only once a lost leading zero is put back; counted among the valid too.
    pub(crate) mended: u64,
    pub(crate) contradicting: Vec<String>,
}

/// How a code stands in an edition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Valid,
    Mended,
    Invalid,
}

/// The editions of a code system, the best first, and whether the best is certain: no row speaks against it and some
/// speaks against every other.
///
/// A row speaks against an edition that does not have its code, and against one that came into force after its year:
/// trade is never reported in an edition to come. Among editions that no row tells apart the newest is taken: trade is
/// reported in the edition of its year.
pub(crate) fn infer(catalogue: &Catalogue, system: &str, samples: &[Sample]) -> (Vec<Fit>, bool) {
    let editions = (0..catalogue.editions.len()).filter(|edition| catalogue.editions[*edition].fact.system == system);
    let mut fits: Vec<Fit> = editions.map(|edition| fit(catalogue, edition, samples)).collect();
    let from = |fit: &Fit| catalogue.editions[fit.edition].fact.effective_from;
    fits.sort_by(|a, b| a.invalid.cmp(&b.invalid).then(from(b).cmp(&from(a))).then(a.edition.cmp(&b.edition)));
    let certain = match fits.as_slice() {
        [] => false,
        [best, others @ ..] => best.invalid == 0 && best.valid > 0 && others.iter().all(|other| other.invalid > 0),
    };
    (fits, certain)
}

fn fit(catalogue: &Catalogue, edition: usize, samples: &[Sample]) -> Fit {
    let data = &catalogue.editions[edition];
    let mut fit = Fit { edition, valid: 0, invalid: 0, mended: 0, contradicting: Vec::new() };
    for sample in samples {
        let early = sample.year.is_some_and(|year| year < data.fact.effective_from.year());
        let standing = if early { Standing::Invalid } else { standing(catalogue, edition, &sample.code) };
        match standing {
            Standing::Valid => fit.valid += sample.count,
            Standing::Mended => {
                fit.valid += sample.count;
                fit.mended += sample.count;
            }
            Standing::Invalid => {
                fit.invalid += sample.count;
                if fit.contradicting.len() < SHOWN && !fit.contradicting.contains(&sample.code) {
                    fit.contradicting.push(sample.code.clone());
                }
            }
        }
    }
    fit
}

fn standing(catalogue: &Catalogue, edition: usize, code: &str) -> Standing {
    let data = &catalogue.editions[edition];
    if data.row_of(code).is_some() {
        return Standing::Valid;
    }
    match with_zero(code) {
        Some(mended) if data.row_of(&mended).is_some() => Standing::Mended,
        _ => Standing::Invalid,
    }
}

/// A code of an odd number of digits with the leading zero that it lost: no code of the Harmonized System and of the
/// tariffs below it has an odd number.
pub(crate) fn with_zero(code: &str) -> Option<String> {
    let odd = code.len() % 2 == 1 && code.bytes().all(|b| b.is_ascii_digit());
    odd.then(|| format!("0{code}"))
}

/// The year and the last day of a period: `YYYY` or `YYYYMM`.
pub(crate) fn period(raw: &str) -> Option<(i32, NaiveDate)> {
    if !raw.bytes().all(|b| b.is_ascii_digit()) || !(raw.len() == 4 || raw.len() == 6) {
        return None;
    }
    let year: i32 = raw[..4].parse().ok()?;
    if year < 1900 {
        return None;
    }
    let month: u32 = if raw.len() == 6 { raw[4..].parse().ok()? } else { 12 };
    let next = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    NaiveDate::from_ymd_opt(year, month, 1)?;
    Some((year, NaiveDate::from_ymd_opt(next.0, next.1, 1)?.pred_opt()?))
}

#[cfg(test)]
mod tests;
