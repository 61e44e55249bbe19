//! What everybody knows of the Harmonized System and of the tariffs whose files can be imported.

use chrono::{Datelike as _, NaiveDate};

use super::facts::{CodeSystemFact, EditionFact, Localized, SourceFact};

/// Years of the editions, oldest first. Each came, or comes, into force on the first of January.
const YEARS: [i32; 8] = [1992, 1996, 2002, 2007, 2012, 2017, 2022, 2028];

/// Year of the first edition, whose text is not held here. Trade statistics count what was reported in it to the second
/// (Comtrade's H0 is `HS 1988/92`).
const FIRST: i32 = 1988;

fn both(en: &str, zh: &str) -> Localized {
    vec![("en".to_owned(), en.to_owned()), ("zh".to_owned(), zh.to_owned())]
}

/// The code system of an identifier.
pub(crate) fn system(id: &str) -> Option<CodeSystemFact> {
    let tariff =
        |titles: Localized, publisher: &str, economy: &str, code_lengths: Vec<u32>, has_suffix| CodeSystemFact {
            id: id.to_owned(),
            titles,
            publisher: publisher.to_owned(),
            economy: economy.to_owned(),
            extends: "hs".to_owned(),
            code_lengths,
            has_suffix,
        };
    match id {
        "hs" => Some(CodeSystemFact {
            id: id.to_owned(),
            titles: both("Harmonized Commodity Description and Coding System", "商品名称及编码协调制度"),
            publisher: "World Customs Organization".to_owned(),
            economy: String::new(),
            extends: String::new(),
            code_lengths: vec![2, 4, 6],
            has_suffix: false,
        }),
        "us-hts" => Some(tariff(
            both("Harmonized Tariff Schedule of the United States", "美国协调关税表"),
            "United States International Trade Commission",
            "US",
            vec![4, 6, 8, 10],
            false,
        )),
        "eu-taric" => Some(tariff(
            both("Integrated Tariff of the European Union (TARIC)", "欧盟综合关税"),
            "European Commission",
            "EU",
            vec![10],
            true,
        )),
        _ => None,
    }
}

/// An edition of the Harmonized System by its identifier, `HS2022`.
pub(crate) fn edition(id: &str) -> Option<EditionFact> {
    let year: i32 = id.strip_prefix("HS")?.parse().ok()?;
    let at = YEARS.iter().position(|known| *known == year)?;
    let begins = |year: i32| NaiveDate::from_ymd_opt(year, 1, 1);
    Some(EditionFact {
        id: id.to_owned(),
        system: "hs".to_owned(),
        titles: both(&format!("Harmonized System {year}"), &format!("商品名称及编码协调制度（{year}年版）")),
        effective_from: begins(year)?,
        effective_to: None,
        predecessor: at.checked_sub(1).map(|before| format!("HS{}", YEARS[before])).unwrap_or_default(),
        extends: String::new(),
        partial: false,
        source: SourceFact::default(),
    })
}

/// The first day of trade that is told as of an edition: the first it is in force, and for HS 1992 what was reported in the
/// edition before it too.
pub(crate) fn told_from(edition: &EditionFact) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(FIRST, 1, 1);
    let is_second = edition.system == "hs" && edition.id == format!("HS{}", YEARS[0]);
    first.filter(|_| is_second).map_or(edition.effective_from, |first| first.min(edition.effective_from))
}

/// An edition as others of its system see it: the system, its identifier and its first day.
type Known = (String, String, NaiveDate);

/// Ties the editions of each code system together: one without an end of its own ends on the day before the next begins.
/// Those of the Harmonized System always do, and name the one before them where that is known.
pub(crate) fn tie(editions: &mut [EditionFact]) {
    let known: Vec<Known> =
        editions.iter().map(|edition| (edition.system.clone(), edition.id.clone(), edition.effective_from)).collect();
    for edition in editions {
        match self::edition(&edition.id).filter(|_| edition.system == "hs") {
            Some(of) => tie_harmonized(edition, of, &known),
            None => end_before_next(edition, &known),
        }
    }
}

fn tie_harmonized(edition: &mut EditionFact, of: EditionFact, known: &[Known]) {
    let from = |id: &str| known.iter().find(|(system, known, _)| system == "hs" && known == id).map(|known| known.2);
    edition.predecessor = from(&of.predecessor).map(|_| of.predecessor).unwrap_or_default();
    // Of its own year: it may be kept as in force from another day, as the first is since 1988.
    let after = YEARS.iter().find(|year| **year > of.effective_from.year());
    if let Some(from) = after.and_then(|year| from(&format!("HS{year}"))) {
        edition.effective_to = from.pred_opt();
    } else if let Some(ends) = after.and_then(|year| NaiveDate::from_ymd_opt(*year, 1, 1)?.pred_opt())
        && *YEARS.last().unwrap_or(&0) != ends.year() + 1
    {
        // A later edition is in force by now, whether or not it is known here.
        edition.effective_to = Some(ends);
    }
}

/// An end on the day before another edition of the system begins was told by this too: one that comes between the two
/// ends it sooner.
fn end_before_next(edition: &mut EditionFact, known: &[Known]) {
    let later = known.iter().filter(|(system, ..)| *system == edition.system).map(|known| known.2);
    let ends: Vec<NaiveDate> =
        later.filter(|from| *from > edition.effective_from).filter_map(|from| from.pred_opt()).collect();
    if edition.effective_to.is_none_or(|own| ends.contains(&own)) {
        edition.effective_to = ends.into_iter().min();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::day;

    #[test]
    fn an_edition_that_is_in_force_from_another_day_ends_where_the_one_after_it_begins() {
        let mut editions = [edition("HS1992").unwrap(), edition("HS2022").unwrap()];
        editions[0].effective_from = day("1988-01-01");
        tie(&mut editions);
        assert_eq!(editions[0].effective_to, Some(day("1995-12-31")), "HS1996 is not known here");
        let mut editions = [editions[0].clone(), edition("HS1996").unwrap()];
        editions[1].effective_from = day("1996-07-01");
        tie(&mut editions);
        assert_eq!(editions[0].effective_to, Some(day("1996-06-30")));
    }

    #[test]
    fn an_edition_of_any_system_that_has_no_end_of_its_own_ends_when_the_next_begins() {
        let of = |system: &str, id: &str, from: &str| EditionFact {
            id: id.to_owned(),
            system: system.to_owned(),
            effective_from: day(from),
            ..edition("HS2022").unwrap()
        };
        let ends = |editions: &[EditionFact]| -> Vec<Option<NaiveDate>> {
            editions.iter().map(|edition| edition.effective_to).collect()
        };
        let mut editions = vec![
            of("us-hts", "HTS2026", "2026-01-01"),
            of("us-hts", "HTS2028", "2028-01-01"),
            of("xa", "XA2027", "2027-06-01"),
        ];
        tie(&mut editions);
        assert_eq!(ends(&editions), [Some(day("2027-12-31")), None, None]);
        editions.push(of("us-hts", "HTS2027", "2027-01-01"));
        tie(&mut editions);
        assert_eq!(ends(&editions), [Some(day("2026-12-31")), None, None, Some(day("2027-12-31"))]);
        // Its own end stays.
        editions[0].effective_to = Some(day("2026-06-30"));
        tie(&mut editions);
        assert_eq!(editions[0].effective_to, Some(day("2026-06-30")));
    }
}
