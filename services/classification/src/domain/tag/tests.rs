mod real_rows;

use super::*;
use crate::domain::membership::check_membership;
use crate::domain::testing::{day, invented_facts, with_list};

/// E1 in force from 2000, E2 from 2005; the list, in E1 and from 2001, holds one code wholly and one in part.
fn catalogue() -> Arc<Catalogue> {
    let editions = ["01 0101 010121 010129 02 0201 020110", "01 0101 010121 010130 02 0201 020110"];
    let facts = invented_facts(&editions, &["010121>010121 010129>010130 010129>010121~ 020110>020110"]);
    Arc::new(Catalogue::build(1, with_list(facts, "E1", "010129 020110~")).unwrap())
}

fn settings(catalogue: &Catalogue) -> Settings {
    Settings {
        lists: vec![0],
        edition: catalogue.edition("E1"),
        held: false,
        mend: true,
        on: None,
        total_by: Vec::new(),
    }
}

fn row(text: &str) -> Row<'_> {
    let mut words = text.split_whitespace();
    let code = words.next().unwrap();
    let period = words.next().unwrap();
    let value = words.next().map_or(10.0, |value| value.parse().unwrap());
    Row { code, edition: "", period, reporter: "XA", partner: "XB", flow: "M", value }
}

/// The mended code, the bounds of each list, and the faults with whether they were mended.
type Told = (String, Vec<(f64, f64)>, Vec<(&'static str, bool)>);

fn told(tagger: &mut Tagger, text: &str) -> Told {
    let tagged = tagger.tag(&row(text)).unwrap();
    let code = tagged.at().map(|at| tagger.catalogue().code(at).fact.code.clone()).unwrap_or_default();
    let tags = tagged.tags().iter().map(|tag| (tag.share.certain, tag.share.possible)).collect();
    (code, tags, tagged.faults().map(|(fault, mended)| (fault.name(), mended)).collect())
}

#[test]
fn a_row_has_its_lists_with_bounds() {
    let catalogue = catalogue();
    let mut tagger = Tagger::new(Arc::clone(&catalogue), settings(&catalogue));
    assert_eq!(told(&mut tagger, "010129 2003"), ("010129".to_owned(), vec![(1.0, 1.0)], vec![]));
    assert_eq!(told(&mut tagger, "020110 2003"), ("020110".to_owned(), vec![(0.0, 1.0)], vec![]));
    assert_eq!(told(&mut tagger, "010121 2003").1, []);
    // The list is in force from 2001.
    assert_eq!(told(&mut tagger, "010129 2000").1, []);
    assert_eq!(told(&mut tagger, "010129 200101").1, [(1.0, 1.0)]);
}

#[test]
fn faults_are_found_and_mended_where_only_one_thing_can_be_meant() {
    let catalogue = catalogue();
    let mut tagger = Tagger::new(Arc::clone(&catalogue), settings(&catalogue));
    for (text, code, faults) in [
        ("10129 2003", "010129", vec![("leading_zero_lost", true)]),
        ("010130 2006", "010130", vec![("edition_wrong", true)]),
        // In 2003 the edition of the code was still to come.
        ("010130 2003", "", vec![("edition_wrong", false)]),
        ("999999 2003", "", vec![("code_unknown", false)]),
        // A number, of which nobody knows what it was: `010121` or `101210`.
        ("10121.0 2003", "", vec![("code_unknown", false)]),
        // As a spreadsheet leaves them.
        ("010129.0 2005", "010129", vec![("code_wrapped", true)]),
        ("=\"0101.29\" 2007", "010129", vec![("code_wrapped", true)]),
        ("'10129 2008", "010129", vec![("leading_zero_lost", true), ("code_wrapped", true)]),
        ("'999999 2009", "", vec![("code_unknown", false)]),
        ("TOTAL 2003", "", vec![("aggregate_code", false)]),
        ("AG6 2003", "", vec![("aggregate_code", false)]),
        ("0101 2003", "0101", vec![("aggregate_code", false)]),
        ("010121 20x3", "010121", vec![("period_malformed", false)]),
        ("010121 2004 -5", "010121", vec![("value_malformed", false)]),
        ("010129 2004 1e19", "010129", vec![("value_malformed", false)]),
        ("010121 2004 NaN", "010121", vec![("value_malformed", false), ("duplicate", false)]),
    ] {
        let (found, _, found_faults) = told(&mut tagger, text);
        assert_eq!((found.as_str(), found_faults), (code, faults), "{text}");
    }
    assert_eq!((tagger.rows(), tagger.mended()), (16, 5));
    assert_eq!(tagger.faults()[&TradeFault::AggregateCode], 3);
    let unmended = Settings { mend: false, ..settings(&catalogue) };
    let mut tagger = Tagger::new(Arc::clone(&catalogue), unmended);
    assert_eq!(told(&mut tagger, "10129 2003"), (String::new(), vec![(0.0, 0.0)], vec![("leading_zero_lost", false)]));
    assert_eq!(told(&mut tagger, "010129.0 2003"), (String::new(), vec![(0.0, 0.0)], vec![("code_wrapped", false)]));
}

#[test]
fn an_edition_that_came_into_force_after_the_period_is_told_and_its_code_is_what_it_is_said_to_be() {
    let catalogue = catalogue();
    let mut tagger = Tagger::new(Arc::clone(&catalogue), settings(&catalogue));
    let mut faults = |edition: &str, text: &str| -> (bool, Vec<&'static str>) {
        let tagged = tagger.tag(&Row { edition, ..row(text) }).unwrap();
        (tagged.at().is_some(), tagged.faults().map(|(fault, _)| fault.name()).collect())
    };
    assert_eq!(faults("E2", "010130 2003"), (true, vec!["edition_early"]));
    assert_eq!(faults("E2", "10130 200412"), (true, vec!["edition_early", "leading_zero_lost"]));
    assert_eq!(faults("E2", "010130 200501"), (true, vec![]));
    assert_eq!(faults("E2", "010130 20x3"), (true, vec!["period_malformed"]));
}

#[test]
fn trade_of_the_first_edition_is_told_as_of_the_second_and_that_is_not_early() {
    let mut facts = invented_facts(&["01 0101 010121"], &[]);
    facts.editions = vec![crate::domain::harmonized::edition("HS1992").unwrap()];
    for code in &mut facts.codes {
        "HS1992".clone_into(&mut code.edition);
    }
    let catalogue = Arc::new(Catalogue::build(1, facts).unwrap());
    let settings = Settings { lists: Vec::new(), ..settings(&catalogue) };
    let mut tagger = Tagger::new(catalogue, settings);
    let mut faults = |edition: &str, text: &str| -> Vec<&'static str> {
        let tagged = tagger.tag(&Row { edition, ..row(text) }).unwrap();
        tagged.faults().map(|(fault, _)| fault.name()).collect()
    };
    for year in ["1988", "1991", "1992"] {
        assert!(faults("HS1992", &format!("010121 {year}")).is_empty(), "{year}");
    }
    assert_eq!(faults("HS1992", "010121 1987"), ["edition_early"]);
    // Of a row that names no edition nothing is guessed.
    assert_eq!(faults("", "010121 1990"), ["edition_wrong"]);
}

#[test]
fn in_which_editions_a_code_is_that_its_own_has_not_is_found_once_for_all_its_rows() {
    let catalogue = catalogue();
    let mut tagger = Tagger::new(Arc::clone(&catalogue), settings(&catalogue));
    let mut of = |edition: &str, text: &str| tagger.tag(&Row { edition, ..row(text) }).unwrap();
    for (edition, text, editions) in [
        ("", "0101.30 2003", "E2"),
        ("", "10130 2003", "E2"),
        ("E9", "10121 2003", "E1,E2"),
        ("E9", "999999 2003", ""),
        ("", "999999 2003", ""),
        ("", "?? 2003", ""),
        ("", "010121 2003", ""),
    ] {
        let [one, other] = [of(edition, text), of(edition, text)];
        assert_eq!(one.editions(), editions, "{edition} {text}");
        assert!(std::ptr::eq(one.editions(), other.editions()), "{edition} {text}");
    }
}

#[test]
fn a_duplicate_is_one_however_its_code_is_spelled_and_whether_or_not_it_lost_its_zero() {
    let catalogue = catalogue();
    let mut tagger = Tagger::new(Arc::clone(&catalogue), settings(&catalogue));
    for (text, duplicate) in [
        ("010129 2003", false),
        ("0101.29 2003", true),
        ("10129 2003", true),
        ("10129 2004", false),
        ("010130 2006", false),
        ("0101.30 2006", true),
        ("999999 2003", false),
        ("999999 2003", true),
    ] {
        let (_, _, faults) = told(&mut tagger, text);
        assert_eq!(faults.contains(&("duplicate", false)), duplicate, "{text}");
    }
}

#[test]
fn a_row_without_a_usable_period_has_that_fault_alone_where_nothing_names_its_edition() {
    let catalogue = catalogue();
    let mut tagger = Tagger::new(Arc::clone(&catalogue), Settings { edition: None, ..settings(&catalogue) });
    assert_eq!(
        told(&mut tagger, "010129 202213"),
        (String::new(), vec![(0.0, 0.0)], vec![("period_malformed", false)])
    );
    assert_eq!(told(&mut tagger, "010129 2003").2, [("edition_wrong", false)]);
    let named = tagger.tag(&Row { edition: "E9", ..row("010129 202200") }).unwrap();
    assert_eq!(
        named.faults().map(|(fault, _)| fault.name()).collect::<Vec<_>>(),
        ["edition_wrong", "period_malformed"]
    );
}

#[test]
fn totals_hold_bounds_and_leave_sums_of_other_rows_out() {
    let catalogue = catalogue();
    let mut tagger = Tagger::new(Arc::clone(&catalogue), settings(&catalogue));
    for text in ["010129 2003 5", "020110 2003 7", "010121 2003 11", "0101 2003 16", "010129 2004 1"] {
        tagger.tag(&row(text)).unwrap();
    }
    let totals = tagger.totals();
    let short =
        |total: &Total| (total.list, total.year.clone(), total.rows, total.value, total.certain, total.possible);
    assert_eq!(
        totals.iter().map(short).collect::<Vec<_>>(),
        [
            (None, "2003".to_owned(), 3, 23.0, 5.0, 12.0),
            (Some(0), "2003".to_owned(), 2, 23.0, 5.0, 12.0),
            (None, "2004".to_owned(), 1, 1.0, 1.0, 1.0),
            (Some(0), "2004".to_owned(), 1, 1.0, 1.0, 1.0),
        ]
    );
}

#[test]
fn what_a_list_holds_in_two_parts_that_it_does_not_describe_counts_once_and_possibly() {
    let mut facts = with_list(invented_facts(&["01 0101 010121 010129 02"], &[]), "E1", "010121~");
    let another = crate::domain::EntryFact { id: "another".to_owned(), ..facts.entries[0].clone() };
    facts.entries.push(another);
    let catalogue = Arc::new(Catalogue::build(1, facts).unwrap());
    let mut tagger = Tagger::new(Arc::clone(&catalogue), settings(&catalogue));
    for text in ["010121 2003 100", "02 2003 7"] {
        tagger.tag(&row(text)).unwrap();
    }
    let told = |it: &Total| (it.rows, it.possible_rows, it.value, it.certain, it.possible, it.undetermined);
    let totals: Vec<_> = tagger.totals().iter().map(told).collect();
    assert_eq!(totals, [(2, 1, 107.0, 0.0, 100.0, 0.0), (1, 1, 107.0, 0.0, 100.0, 0.0)]);
    assert_eq!(tagger.totals()[0].estimated, None, "how much of it nobody says");
}

#[test]
fn rows_of_the_world_and_of_parts_of_a_flow_are_named_and_count_only_where_the_run_has_not_what_they_repeat() {
    let catalogue = catalogue();
    let mut tagger = Tagger::new(Arc::clone(&catalogue), settings(&catalogue));
    let mut faults = |partner: &str, flow: &str| -> Vec<&'static str> {
        let tagged = tagger.tag(&Row { partner, flow, ..row("010121 2003 10") }).unwrap();
        tagged.faults().map(|(fault, _)| fault.name()).collect()
    };
    assert_eq!(faults("World", "M"), ["aggregate_partner"]);
    assert_eq!(faults("XB", "M"), [""; 0]);
    assert_eq!(faults("XB", "RM"), ["part_of_flow"]);
    assert_eq!(faults("W00", "3"), ["aggregate_partner", "part_of_flow"]);
    // Of the flow 3 there is no other partner, and the whole that it is a part of is not there.
    assert_eq!(tagger.faults()[&TradeFault::AggregatePartner], 1);
    assert_eq!(tagger.faults()[&TradeFault::PartOfFlow], 1);
    let all: f64 = tagger.totals().iter().filter(|total| total.list.is_none()).map(|total| total.value).sum();
    assert_eq!(all.to_bits(), 20.0f64.to_bits());
}

/// The flow with its partner, the value and the rows of a total.
type Summed = (String, f64, u64);

/// Value and rows of all goods, and rows by fault, of rows `reporter partner flow code period value`.
fn run(by: Vec<TotalKey>, rows: &str) -> (Vec<Summed>, BTreeMap<&'static str, u64>) {
    let catalogue = catalogue();
    let mut tagger = Tagger::new(Arc::clone(&catalogue), Settings { total_by: by, ..settings(&catalogue) });
    for line in rows.lines() {
        let [reporter, partner, flow, rest] = <[&str; 4]>::try_from(line.splitn(4, ' ').collect::<Vec<_>>()).unwrap();
        tagger.tag(&Row { reporter, partner, flow, ..row(rest) }).unwrap();
    }
    let totals = tagger.totals().into_iter().filter(|total| total.list.is_none());
    let faults = tagger.faults().into_iter().map(|(fault, rows)| (fault.name(), rows)).collect();
    (totals.map(|total| (total.flow + &total.partner, total.value, total.rows)).collect(), faults)
}

#[test]
fn a_row_of_the_world_counts_unless_rows_of_economies_before_or_behind_it_are_of_the_same_trade() {
    let world = "A World M 010121 2003 100\n";
    let parts = "A B M 010121 2003 60\nA C M 010121 2003 40\n";
    let all = |value: f64, rows: u64| vec![(String::new(), value, rows)];
    let repeated = BTreeMap::from([("aggregate_partner", 1)]);
    for rows in [format!("{world}{parts}"), format!("{parts}{world}")] {
        assert_eq!(run(vec![TotalKey::GreenList], &rows), (all(100.0, 2), repeated.clone()), "{rows}");
        let by_partner = vec![("B".to_owned(), 60.0, 1), ("C".to_owned(), 40.0, 1)];
        assert_eq!(run(vec![TotalKey::Partner], &rows), (by_partner, repeated.clone()), "no total of nothing: {rows}");
    }
    assert_eq!(run(vec![], world).0, [(String::new(), 100.0, 1)], "it is all that there is");
    for other in ["Z", "X", "010129", "2004", "unnamed"] {
        let row = match other {
            "Z" => "Z B M 010121 2003 1",
            "X" => "A B X 010121 2003 1",
            "010129" => "A B M 010129 2003 1",
            "2004" => "A B M 010121 2004 1",
            _ => "A  M 010121 2003 1",
        };
        let (totals, faults) = run(vec![TotalKey::GreenList], &format!("{world}{row}\n"));
        assert_eq!((totals, faults), (all(101.0, 2), BTreeMap::new()), "{row}");
    }
}

#[test]
fn a_part_of_a_flow_counts_by_itself_and_beside_no_whole() {
    let part = "A B RM 010121 2003 30\nA C RM 010129 2003 5\n";
    let all = |value: f64, rows: u64| vec![(String::new(), value, rows)];
    assert_eq!(run(vec![TotalKey::GreenList], part), (all(35.0, 2), BTreeMap::new()));
    let whole = "A B M 010121 2003 100\n";
    let repeated = BTreeMap::from([("part_of_flow", 2)]);
    for rows in [format!("{part}{whole}"), format!("{whole}{part}")] {
        assert_eq!(run(vec![TotalKey::GreenList], &rows), (all(100.0, 1), repeated.clone()));
        let by_flow = vec![("M".to_owned(), 100.0, 1), ("RM".to_owned(), 35.0, 2)];
        assert_eq!(run(vec![TotalKey::Flow], &rows), (by_flow, repeated.clone()));
    }
    let both = format!("A World RM 010121 2003 7\nA World M 010129 2003 9\n{part}");
    let repeated = BTreeMap::from([("aggregate_partner", 1), ("part_of_flow", 3)]);
    assert_eq!(run(vec![TotalKey::GreenList], &both), (all(9.0, 1), repeated));
}

#[test]
fn a_row_of_the_world_that_repeats_others_does_so_though_these_are_forgotten() {
    let catalogue = catalogue();
    let mut tagger = Tagger::new(Arc::clone(&catalogue), settings(&catalogue));
    tagger.tag(&Row { partner: "World", ..row("010121 2003 9") }).unwrap();
    tagger.tag(&row("010121 2003 9")).unwrap();
    for number in 0..1 << 18 {
        let code = number.to_string();
        let row = Row { code: &code, ..row("010121 2003 1") };
        let written = tagger.repeats.written(&row, None);
        tagger.repeats.note(&row, written, Repeats::part(&row));
    }
    let all: f64 = tagger.totals().iter().filter(|total| total.list.is_none()).map(|total| total.value).sum();
    assert_eq!(all.to_bits(), 9.0f64.to_bits());
    assert_eq!(tagger.faults()[&TradeFault::AggregatePartner], 1);
}

#[test]
fn a_row_of_the_world_that_waited_too_long_counts_by_what_is_known() {
    let catalogue = catalogue();
    let mut tagger = Tagger::new(Arc::clone(&catalogue), settings(&catalogue));
    tagger.tag(&Row { partner: "World", ..row("010121 2003 10") }).unwrap();
    tagger.tag(&Row { partner: "World", ..row("010129 2003 5") }).unwrap();
    tagger.tag(&row("010129 2003 4")).unwrap();
    tagger.settle();
    tagger.tag(&row("010121 2003 9")).unwrap();
    let all: f64 = tagger.totals().iter().filter(|total| total.list.is_none()).map(|total| total.value).sum();
    assert_eq!(all.to_bits(), 23.0f64.to_bits());
    assert_eq!(tagger.faults()[&TradeFault::AggregatePartner], 1);
}

#[test]
fn totals_that_would_grow_without_bound_are_refused() {
    let catalogue = catalogue();
    let by_partner = Settings { total_by: vec![TotalKey::Partner], ..settings(&catalogue) };
    let mut tagger = Tagger::new(Arc::clone(&catalogue), by_partner);
    let refused = (0..30_000).find(|number| {
        let partner = number.to_string();
        tagger.tag(&Row { partner: &partner, ..row("010121 2003") }).is_err()
    });
    assert_eq!(refused, Some(20_000));
}

#[test]
fn a_day_may_be_fixed_for_all_rows() {
    let catalogue = catalogue();
    let fixed = Settings { on: Some(day("2024-01-01")), ..settings(&catalogue) };
    let mut tagger = Tagger::new(Arc::clone(&catalogue), fixed);
    assert_eq!(told(&mut tagger, "010129 2000").1, [(1.0, 1.0)]);
}

#[test]
fn what_is_open_is_estimated_where_weights_are_published_and_only_there() {
    use crate::domain::{LinkWords, Share};
    let catalogue = |shares: [Option<f64>; 2]| {
        let mut facts = invented_facts(&["10 20", "11 12 20"], &["10>11~ 10>12~ 20>20"]);
        for (link, share) in facts.links.iter_mut().zip(shares) {
            let share_of_earlier = share.and_then(Share::new);
            link.words = Some(Box::new(LinkWords { share_of_earlier, ..LinkWords::default() }));
        }
        Arc::new(Catalogue::build(1, with_list(facts, "E2", "11 20")).unwrap())
    };
    let tagged = |shares| {
        let catalogue = catalogue(shares);
        let mut tagger = Tagger::new(Arc::clone(&catalogue), settings(&catalogue));
        let open = tagger.tag(&row("10 2003 100")).unwrap();
        let open = (open.tags()[0].share.certain, open.tags()[0].share.possible, open.tags()[0].share.estimated);
        assert_eq!(tagger.tag(&row("20 2003 7")).unwrap().tags()[0].share.estimated, None, "nothing of it is open");
        let totals = tagger.totals();
        (open, totals.iter().map(|total| total.estimated).collect::<Vec<_>>())
    };
    assert_eq!(tagged([Some(0.25), Some(0.75)]), ((0.0, 1.0, Some(0.25)), vec![Some(32.0), Some(32.0)]));
    assert_eq!(tagged([Some(0.25), None]), ((0.0, 1.0, None), vec![None, None]));
}

#[test]
fn what_only_held_back_links_lead_to_a_list_is_possible_only_when_they_are_asked_for() {
    let facts = invented_facts(&["10 20", "11 20"], &["10>11! 20>11! 20>20"]);
    let catalogue = Arc::new(Catalogue::build(1, with_list(facts, "E1", "10")).unwrap());
    let tagged = |held| {
        let settings = Settings { edition: catalogue.edition("E2"), held, ..settings(&catalogue) };
        let mut tagger = Tagger::new(Arc::clone(&catalogue), settings);
        let tags = tagger.tag(&row("11 2006 100")).unwrap().tags().to_vec();
        let totals = tagger.totals().into_iter();
        (
            tags[0].share.possible,
            tags[0].share.held_back,
            totals.map(|it| (it.rows, it.possible, it.held_back)).collect::<Vec<_>>(),
        )
    };
    assert_eq!(tagged(false), (0.0, 1.0, vec![(1, 0.0, 100.0), (0, 0.0, 100.0)]));
    assert_eq!(tagged(true), (1.0, 0.0, vec![(1, 100.0, 0.0), (1, 100.0, 0.0)]));
}

#[test]
fn without_a_table_a_row_is_undetermined_and_not_possibly_green() {
    let facts = invented_facts(&["10 20", "10 20"], &[]);
    let catalogue = Arc::new(Catalogue::build(1, with_list(facts, "E1", "10")).unwrap());
    let settings = Settings { edition: catalogue.edition("E2"), ..settings(&catalogue) };
    let mut tagger = Tagger::new(Arc::clone(&catalogue), settings);
    let tags = tagger.tag(&row("10 2006 100")).unwrap().tags().to_vec();
    assert_eq!((tags[0].share.certain, tags[0].share.possible, tags[0].share.undetermined), (0.0, 0.0, 1.0));
    tagger.tag(&row("20 2006 11")).unwrap();
    let short = |it: &Total| (it.rows, it.value, it.possible, it.undetermined, it.undetermined_rows);
    let totals: Vec<_> = tagger.totals().iter().map(short).collect();
    assert_eq!(totals, [(2, 111.0, 0.0, 111.0, 2), (0, 111.0, 0.0, 111.0, 2)]);
}

#[test]
fn what_is_not_known_to_be_any_goods_is_undetermined_for_each_list_and_not_certainly_off_it() {
    let catalogue = catalogue();
    let undetermined = |settings: Settings, text: &str| {
        let mut tagger = Tagger::new(Arc::clone(&catalogue), settings);
        let tags = tagger.tag(&row(text)).unwrap().tags().to_vec();
        let share = |tag: &Tag| (tag.share.certain, tag.share.possible, tag.share.held_back, tag.share.undetermined);
        let totals: Vec<_> = tagger.totals().iter().map(|it| (it.value, it.possible, it.undetermined)).collect();
        (tags.iter().map(share).collect::<Vec<_>>(), totals)
    };
    let mended = || settings(&catalogue);
    let unmended = || Settings { mend: false, ..settings(&catalogue) };
    for (settings, text) in [
        (mended(), "999999 2003"),
        (mended(), "xyz 2003"),
        // In 2003 the edition of the code was still to come.
        (mended(), "010130 2003"),
        // The code is known, and the day is not.
        (mended(), "010129 20x3"),
        (Settings { edition: None, ..mended() }, "010129 2003"),
        (unmended(), "10129 2003"),
        (unmended(), "010130 2006"),
    ] {
        let (tags, totals) = undetermined(settings, text);
        assert_eq!(tags, [(0.0, 0.0, 0.0, 1.0)], "{text}");
        assert_eq!(totals, [(10.0, 0.0, 10.0), (10.0, 0.0, 10.0)], "{text}");
    }
    // Before the list was in force nothing was on it.
    assert_eq!(undetermined(mended(), "999999 2000"), (vec![], vec![(10.0, 0.0, 0.0), (10.0, 0.0, 0.0)]));
    // Sums count nowhere, known or not.
    assert_eq!(undetermined(mended(), "TOTAL 2003"), (vec![], vec![]));
    assert_eq!(undetermined(mended(), "0101 20x3").1, []);
}

#[test]
fn what_is_not_found_on_a_list_held_in_part_is_undetermined_as_a_check_of_its_membership_says() {
    let mut facts = invented_facts(&["01 0101 010121 010129 02 0201 020110"], &[]);
    facts = with_list(facts, "E1", "010129 020110~");
    facts.lists[0].partial = true;
    let catalogue = Arc::new(Catalogue::build(1, facts).unwrap());
    let settings = Settings { total_by: vec![TotalKey::GreenList], ..settings(&catalogue) };
    let mut tagger = Tagger::new(Arc::clone(&catalogue), settings);
    for (text, told, share) in [
        ("010129 2003", MembershipStatus::Member, (1.0, 1.0, 0.0)),
        ("020110 2003", MembershipStatus::Partly, (0.0, 1.0, 0.0)),
        ("010121 2003", MembershipStatus::Undetermined, (0.0, 0.0, 1.0)),
        ("010129 2000", MembershipStatus::Undetermined, (0.0, 0.0, 1.0)),
    ] {
        let tagged = tagger.tag(&row(text)).unwrap();
        let year = text.split_once(' ').unwrap().1;
        let on = day(&format!("{year}-12-31"));
        let check = check_membership(&catalogue, &catalogue.lists[0], tagged.at().unwrap(), on, false);
        assert_eq!((check.status, tagged.tags()[0].status), (told, told), "{text}");
        let shares = tagged.tags()[0].share;
        assert_eq!((shares.certain, shares.possible, shares.undetermined), share, "{text}");
    }
    // On which days it holds anything is not known either.
    for text in ["999999 2000", "999999 2003"] {
        assert_eq!(tagger.tag(&row(text)).unwrap().tags()[0].share.undetermined, 1.0, "{text}");
    }
    let told = |it: &Total| (it.value, it.certain, it.possible, it.undetermined, it.undetermined_rows);
    assert_eq!(
        tagger.totals().iter().map(told).collect::<Vec<_>>(),
        [(60.0, 10.0, 20.0, 40.0, 4), (60.0, 10.0, 20.0, 40.0, 4)]
    );
}

#[test]
fn a_flow_is_one_in_small_letters_and_in_large_ones() {
    let catalogue = catalogue();
    let settings = Settings { total_by: vec![TotalKey::Flow], ..settings(&catalogue) };
    let mut tagger = Tagger::new(Arc::clone(&catalogue), settings);
    for flow in ["M", "m"] {
        tagger.tag(&Row { flow, ..row("010129 2003") }).unwrap();
    }
    assert_eq!(tagger.totals().iter().map(|it| (it.flow.as_str(), it.rows)).collect::<Vec<_>>(), [("M", 2)]);
    assert_eq!(tagger.faults()[&TradeFault::Duplicate], 1);
}

#[test]
fn of_all_goods_the_rows_on_any_list_are_counted_beside_all_rows() {
    let catalogue = catalogue();
    let mut tagger = Tagger::new(Arc::clone(&catalogue), settings(&catalogue));
    for text in ["010129 2003", "020110 2003", "010121 2003", "999999 2003"] {
        tagger.tag(&row(text)).unwrap();
    }
    let rows: Vec<_> = tagger.totals().iter().map(|it| (it.rows, it.possible_rows, it.undetermined_rows)).collect();
    assert_eq!(rows, [(4, 2, 1), (2, 2, 1)]);
}

#[test]
fn what_is_said_of_rows_that_were_not_understood_is_found_once_and_kept_as_of_others() {
    let catalogue = catalogue();
    let mut tagger = Tagger::new(Arc::clone(&catalogue), settings(&catalogue));
    let mut said = |text: &str| tagger.tag(&row(text)).unwrap().said;
    for text in ["TOTAL 2003", "999999 2003", "xyz 2003", "010129 20x3", "010129 2003"] {
        assert!(Arc::ptr_eq(&said(text), &said(text)), "{text}");
    }
    // Of others on days between which no list changes the same is said.
    let [tags, other, later] = ["999999 2003", "888888 200307", "xyz 2023"].map(|text| said(text).tags.clone());
    assert!(Arc::ptr_eq(&tags, &other) && Arc::ptr_eq(&tags, &later) && tags.len() == 1);
    let [before, no_day] = ["999999 2000", "999999 20x3"].map(|text| said(text).tags.len());
    assert_eq!((before, no_day), (0, 1), "on 2000-12-31 the list was still to come");
    // What no table has is not kept: there is no end of it.
    let long = format!("{} 2003", "9".repeat(LONGEST));
    assert!(!Arc::ptr_eq(&said(&long), &said(&long)));
    assert_eq!(tagger.said.len(), 9);
}
