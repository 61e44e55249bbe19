use std::collections::BTreeMap;

use super::*;
use crate::domain::testing::real;
use crate::domain::{Sample, infer};

/// The lists and editions of the world, and a tagger of rows that name an edition.
fn tagger() -> Option<Tagger> {
    let catalogue = Arc::new(real::real()?.clone());
    let lists = (0..catalogue.lists.len()).collect();
    let total_by = vec![TotalKey::GreenList, TotalKey::Year];
    let on = Some(day("2024-01-01"));
    Some(Tagger::new(catalogue, Settings { lists, edition: None, held: false, mend: true, on, total_by }))
}

#[test]
fn a_table_as_reported_is_in_the_edition_of_each_year_and_its_faults_are_found_and_mended() {
    let Some(mut tagger) = tagger() else { return };
    let rows = real::rows("comtrade_rows_sample.csv").unwrap();
    let mut years: BTreeMap<&str, Vec<&BTreeMap<String, String>>> = BTreeMap::new();
    rows.iter().for_each(|row| years.entry(&row["refYear"]).or_default().push(row));
    let mut editions = Vec::new();
    for (year, rows) in &years {
        let sample = |row: &&BTreeMap<String, String>| Sample {
            code: row["cmdCode"].clone(),
            year: year.parse().ok(),
            count: 1,
        };
        let samples: Vec<Sample> = rows.iter().map(sample).collect();
        let (fits, _) = infer(tagger.catalogue(), "hs", &samples);
        let edition = tagger.catalogue().editions[fits[0].edition].fact.id.clone();
        editions.push(format!("{year} {edition}"));
        for row in rows {
            let tagged = tagger.tag(&Row {
                code: &row["cmdCode"],
                edition: &edition,
                period: year,
                reporter: &row["reporterDesc"],
                partner: &row["partnerDesc"],
                flow: &row["flowCode"],
                value: row["primaryValue"].parse().unwrap(),
            });
            assert!(tagged.unwrap().at().is_some(), "{row:?}");
        }
    }
    assert_eq!(editions[..2], ["2001 HS1996", "2002 HS2002"]);
    for (year, edition) in [(2006, "HS2002"), (2007, "HS2007"), (2012, "HS2012"), (2017, "HS2017"), (2022, "HS2022")] {
        assert!(editions.contains(&format!("{year} {edition}")), "{editions:?}");
    }
    let faults = tagger.faults().clone();
    assert_eq!(tagger.rows(), 230_000);
    assert_eq!(faults[&TradeFault::LeadingZeroLost], 32_619);
    // Economies that took up an edition late.
    assert_eq!(faults[&TradeFault::EditionWrong], 438);
    assert!((150..=292).contains(&faults[&TradeFault::Duplicate]), "{faults:?}");
    assert_eq!(faults.len(), 3, "{faults:?}");
    for total in tagger.totals() {
        assert!(total.certain <= total.possible && total.possible <= total.value * 1.000_001, "{total:?}");
    }
    for total in tagger.totals().iter().filter(|total| total.list.is_some()) {
        // No table leads from these editions to another: nothing is possible, and all of it is undetermined.
        let unlinked = ("2001"..="2006").contains(&total.year.as_str());
        assert_eq!(total.possible > 0.0, !unlinked, "{total:?}");
        assert_eq!(total.undetermined > total.value * 0.99, unlinked, "{total:?}");
    }
}

#[test]
fn chips_are_held_back_and_not_possibly_green() {
    let Some(mut tagger) = tagger() else { return };
    let row = Row { edition: "HS2022", ..row("854231 2023 100") };
    let tagged = tagger.tag(&row).unwrap();
    assert!(!tagged.tags().is_empty());
    assert!(tagged.tags().iter().all(|tag| (tag.share.possible, tag.share.held_back) == (0.0, 1.0)), "{tagged:?}");
}

#[test]
fn sums_mixed_into_a_table_are_left_out_of_its_totals() {
    let Some(mut tagger) = tagger() else { return };
    let mut goods = 0.0;
    for row in real::rows("comtrade_china_india_2010_h3.csv").unwrap() {
        let (code, value) = (&row["Commodity Code"], row["Value"].parse().unwrap());
        goods += if code.len() == 6 { value } else { 0.0 };
        let given = Row {
            code,
            edition: "HS2007",
            period: &row["Year"],
            reporter: &row["Reporter Code"],
            partner: &row["Partner Code"],
            flow: &row["Trade Flow Code"],
            value,
        };
        tagger.tag(&given).unwrap();
    }
    // 192 chapters, 1,976 headings, and the total of each flow.
    assert_eq!(tagger.faults()[&TradeFault::AggregateCode], 2_170);
    assert_eq!(tagger.faults().len(), 1, "{:?}", tagger.faults());
    let all: f64 = tagger.totals().iter().filter(|total| total.list.is_none()).map(|total| total.value).sum();
    assert!((all - goods).abs() < 1.0, "{all} {goods}");
}
