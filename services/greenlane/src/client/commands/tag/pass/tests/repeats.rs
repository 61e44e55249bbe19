//! Rows that repeat others, and rows that only look so.

use super::*;

fn of(texts: &[(&str, f64)]) -> Values {
    texts.iter().map(|(flow, value)| ((*flow).to_owned(), *value)).collect()
}

fn faults(of: &[(&str, u64)]) -> Faults {
    of.iter().map(|(fault, rows)| ((*fault).to_owned(), *rows)).collect()
}

#[test]
fn a_row_of_the_world_repeats_those_of_economies_only_where_the_table_has_such_of_the_same_trade() {
    let header = "period,reporterDesc,partnerDesc,flowCode,cmdCode,primaryValue\n";
    let alone = "2010,A,World,M,010121,100\n2010,Z,World,M,010121,1000\n";
    let beside = "2011,A,World,M,010121,110\n2011,A,B,M,010121,50\n2011,A,C,M,010121,60\n";
    let rows = format!("{header}{alone}{beside}");
    let repeated = faults(&[("aggregate_partner", 1)]);
    assert_eq!(sums(&rows, &[By::Year]), (of(&[("", 1_100.0), ("", 110.0)]), repeated.clone()));
    // Of another economy, another flow and another code it is the only record too.
    let others = "2011,Z,World,M,010121,7\n2011,A,World,X,010121,5\n2011,A,World,M,010129,3\n";
    let rows = format!("{header}{beside}{others}");
    assert_eq!(sums(&rows, &[By::Flow]), (of(&[("M", 120.0), ("X", 5.0)]), repeated));
}

#[test]
fn a_row_of_the_world_counts_where_its_economy_has_partners_in_shorter_codes_only() {
    let header = "period,reporterDesc,partnerDesc,flowCode,cmdCode,primaryValue\n";
    let rows = "2010,A,World,M,010121,60\n2010,A,B,M,01,50\n2010,Z,B,M,010121,5\n";
    let repeated = faults(&[("aggregate_code", 1)]);
    assert_eq!(sums(&format!("{header}{rows}"), &[By::Flow]), (of(&[("M", 65.0)]), repeated));
}

#[test]
fn a_row_that_names_no_partner_is_of_no_economy_that_one_of_the_world_would_repeat() {
    let header = "period,reporterDesc,partnerDesc,flowCode,cmdCode,primaryValue\n";
    let rows = format!("{header}2010,A,World,M,010121,100\n2010,A,,M,010121,30\n2011,A,B,M,010121,1\n");
    assert_eq!(sums(&rows, &[By::Flow]), (of(&[("M", 131.0)]), faults(&[])));
}

#[test]
fn a_heading_repeats_the_codes_under_it_only_where_its_economy_has_longer_codes_in_the_same_flow_and_period() {
    let header = "period,reporterDesc,partnerDesc,flowCode,cmdCode,primaryValue\n";
    let beside = "2010,A,B,M,01,100\n2010,A,B,M,010121,60\n";
    let alone = "2010,Z,B,M,01,1000\n2010,A,B,X,01,7\n";
    let rows = format!("{header}{beside}{alone}");
    let repeated = faults(&[("aggregate_code", 1)]);
    assert_eq!(sums(&rows, &[By::Flow]), (of(&[("M", 1_060.0), ("X", 7.0)]), repeated));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows.csv"), rows).unwrap();
    tagged(&args(folder.path(), false));
    let out = std::fs::read_to_string(folder.path().join("tagged.csv")).unwrap();
    assert!(out.contains("\n2010,A,B,M,01,100,HS2017,01,aggregate_code,0,"), "{out}");
    assert!(out.contains("\n2010,Z,B,M,01,1000,HS2017,01,,1,"), "{out}");
    let told = std::fs::read_to_string(folder.path().join("faults.csv")).unwrap();
    assert!(told.ends_with("mended\n2,cmdCode,aggregate_code,01,0\n"), "{told}");
}

#[test]
fn a_heading_counts_where_its_own_partner_and_its_own_way_have_no_longer_codes() {
    let header = "period,reporterDesc,partnerDesc,flowCode,cmdCode,motCode,primaryValue\n";
    let one = |value: f64| of(&[("M", value)]);
    let sums = |rows: &str| sums(&format!("{header}{rows}"), &[By::Flow]);
    let repeated = faults(&[("aggregate_code", 1)]);
    let rows = "2010,A,B,M,01,0,100\n2010,A,B,M,010121,0,60\n2010,A,C,M,01,0,50\n";
    assert_eq!(sums(rows), (one(110.0), repeated.clone()), "C has no other record");
    for covered in [
        // The world holds each partner, and the whole each mode.
        "2010,A,World,M,01,0,100\n2010,A,B,M,010121,0,60\n",
        "2010,A,B,M,01,0,50\n2010,A,World,M,010121,0,60\n",
        "2010,A,B,M,01,0,100\n2010,A,B,M,010121,2000,60\n",
        "2010,A,B,M,01,2000,50\n2010,A,B,M,010121,0,60\n",
        "2010,A,B,M,01,2000,50\n2010,A,world,M,010121,2000,60\n",
    ] {
        assert_eq!(sums(covered), (one(60.0), repeated.clone()), "{covered}");
    }
    let apart = "2010,A,B,M,01,1000,100\n2010,A,B,M,010121,2000,60\n";
    assert_eq!(sums(apart), (one(160.0), vec![]), "what came by water and what came by air are not the same");
}

#[test]
fn a_heading_in_one_mode_is_a_sum_where_its_codes_are_there_in_that_mode_or_in_none_wherever_these_stand() {
    let header = "period,reporterDesc,partnerDesc,flowCode,cmdCode,motCode,primaryValue\n";
    // Of another partner, so that `01` may be a sum at all.
    let other = "2010,A,C,M,010121,0,1\n";
    let (heading, whole) = ("2010,A,B,M,01,1000,50\n", "2010,A,B,M,010121,0,60\n");
    let (mode, other_mode) = (whole.replace(",0,", ",1000,"), whole.replace(",0,", ",2000,"));
    for (code, value) in [(whole, 61.0), (mode.as_str(), 61.0), (other_mode.as_str(), 111.0)] {
        for rows in [[heading, code], [code, heading]] {
            let (values, _) = sums(&format!("{header}{other}{}", rows.concat()), &[By::Flow]);
            assert_eq!(values, of(&[("M", value)]), "{rows:?}");
        }
    }
}

#[test]
fn a_duplicate_is_one_however_its_code_is_spelled_and_whether_or_not_it_lost_its_zero() {
    let header = "period,reporterDesc,partnerDesc,flowCode,cmdCode,primaryValue\n";
    let duplicates = |rows: &str| sums(&format!("{header}{rows}"), &[By::Flow]).1;
    let spelled = "2010,A,B,M,010121,9\n2010,A,B,M,0101.21,9\n2010,A,B,M,0101 21,9\n2010,A,C,M,0101.21,9\n";
    assert_eq!(duplicates(spelled), faults(&[("duplicate", 2)]));
    let lost = "2010,A,B,M,020110,9\n2010,A,B,M,20110,9\n2011,A,B,M,020110,9\n";
    assert_eq!(duplicates(lost), faults(&[("duplicate", 1), ("leading_zero_lost", 1)]));
    assert_eq!(duplicates("2010,A,B,M,9999.99,9\n2010,A,B,M,999999,9\n"), faults(&[("duplicate", 1)]), "known or not");
}

#[test]
fn what_is_no_month_is_no_part_of_its_year_and_stays_in_the_totals() {
    let header = "period,reporterISO,partnerISO,flowCode,cmdCode,primaryValue\n";
    let rows = "2022,IND,CHN,M,010121,300\n202213,IND,CHN,M,010121,7\n202200,IND,CHN,M,010121,5\n";
    assert_eq!(sums(&format!("{header}{rows}"), &[By::Year]), (of(&[("", 312.0)]), vec![]));
}

#[test]
fn months_are_parts_of_their_year_where_the_table_has_it_of_the_same_trade() {
    let header = "period,reporterISO,partnerISO,flowCode,cmdCode,primaryValue\n";
    let rows = "2013,IND,CHN,M,010121,300\n201301,IND,CHN,M,010121,25\n201302,IND,CHN,M,010121,25\n\
        201301,CAN,CHN,M,010121,5\n201301,IND,CHN,M,010129,2\n201401,IND,CHN,M,010121,9\n";
    let (values, told) = sums(&format!("{header}{rows}"), &[By::Year]);
    assert_eq!((values, told), (of(&[("", 307.0), ("", 9.0)]), faults(&[("part_of_total", 2)])));
    // Months alone are no parts of anything.
    let months: String = rows.split_inclusive('\n').skip(1).collect();
    assert_eq!(sums(&format!("{header}{months}"), &[By::Flow]), (of(&[("M", 66.0)]), vec![]));
}

#[test]
fn the_same_trade_in_two_classifications_is_told_and_which_is_the_right_one_is_not_ours_to_say() {
    let header = "classificationCode,period,reporterISO,partnerISO,flowCode,cmdCode,primaryValue\n";
    let twice = "H3,2013,IND,CHN,M,010121,100\nH4,2013,IND,CHN,M,010121,100\n";
    let (values, told) = sums(&format!("{header}{twice}H4,2013,CAN,CHN,M,010121,7\n"), &[By::Year]);
    assert_eq!((values, told), (of(&[("", 207.0)]), faults(&[("duplicate_classification", 1)])));
    // Each year has its own, and so has each economy.
    let once = "H3,2013,IND,CHN,M,010121,100\nH4,2014,IND,CHN,M,010121,100\nH4,2013,CAN,CHN,M,010121,7\n";
    assert_eq!(sums(&format!("{header}{once}"), &[By::Flow]), (of(&[("M", 207.0)]), vec![]));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows.csv"), format!("{header}{twice}")).unwrap();
    tagged(&args(folder.path(), false));
    let told = std::fs::read_to_string(folder.path().join("faults.csv")).unwrap();
    assert!(told.ends_with("mended\n3,classificationCode,duplicate_classification,H4,0\n"), "{told}");
}

#[test]
fn the_european_union_beside_other_economies_is_told_since_they_may_be_its_members() {
    let union = |rows: &str| {
        let folder = tempfile::tempdir().unwrap();
        let header = "period,reporterDesc,partnerDesc,flowCode,cmdCode,primaryValue\n";
        std::fs::write(folder.path().join("rows.csv"), format!("{header}{rows}")).unwrap();
        surveyed(&args(folder.path(), false)).union()
    };
    let (of_union, of_member) = ("2010,EU-28,China,M,010121,300\n", "2010,Germany,China,M,010121,100\n");
    assert_eq!(union(&format!("{of_member}{of_union}")).as_deref(), Some("EU-28"));
    assert_eq!((union(of_union), union(of_member)), (None, None));
    assert_eq!(union("2010,Peru,EU-28,M,010121,3\n2010,Peru,Germany,M,010121,1\n").as_deref(), Some("EU-28"));
}

#[test]
fn a_flow_in_small_letters_is_that_in_large_ones_in_totals_and_as_a_duplicate() {
    let header = "period,reporterDesc,partnerDesc,flowCode,cmdCode,primaryValue\n";
    let rows = "2010,A,B,M,010121,100\n2010,A,B,m,010121,100\n2010,A,B, m,010129,1\n2010,A,B,rm,010121,7\n";
    let (values, told) = sums(&format!("{header}{rows}"), &[By::Flow]);
    assert_eq!((values, told), (of(&[("M", 201.0), ("RM", 7.0)]), faults(&[("duplicate", 1), ("part_of_flow", 1)])));
}
