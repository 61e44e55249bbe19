use super::decimal::Decimal;
use super::footprint::{Certified, Claim, Comparison, Footprint, Gathered};
use super::*;

fn event(index: u64, stage: Stage, batch: &str, amount: &str, emissions: &str) -> TraceEvent {
    TraceEvent {
        record: TraceRecord {
            reporter: BodyId::trusted("xa-lab"),
            product: ProductId { model: "SR-400".to_owned(), batch: batch.to_owned(), ..ProductId::default() },
            stage,
            event_time: DateTime::UNIX_EPOCH,
            economy: "XA".to_owned(),
            declared_units: Quantity { amount: amount.to_owned(), unit: "C62".to_owned() },
            energy_kwh_per_unit: "2".to_owned(),
            emissions_kg_co2e_per_unit: emissions.to_owned(),
            method: String::new(),
            inputs: Vec::new(),
            corrects: None,
            epcis_json: String::new(),
        },
        document: String::new(),
        recorded_at: DateTime::UNIX_EPOCH,
        index,
    }
}

fn asked() -> ProductId {
    ProductId { model: "sr-400".to_owned(), batch: "B1".to_owned(), ..ProductId::default() }
}

fn codes(findings: &[crate::domain::verdict::Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code).collect()
}

fn footprint(events: &[TraceEvent], product: &ProductId) -> Option<Footprint> {
    super::footprint::footprint(&Gathered { events: events.to_vec(), ..Gathered::default() }, product)
}

/// Of a certificate that is in force and says all that it says.
fn compare(found: &Footprint, claim: Option<&str>, names_product: bool) -> Comparison {
    let claim = claim.map_or(Claim::Nothing, |text| Claim::Told(Decimal::parse(text).unwrap()));
    let certified = Certified { claim, kept_back: false, names_product, not_in_force: None };
    super::footprint::compare(found, &certified).0
}

#[test]
fn numbers_are_exact_to_a_millionth() {
    for (text, shown) in
        [("12.50", "12.5"), ("-0.000001", "-0.000001"), ("007", "7"), ("999999999.999999", "999999999.999999")]
    {
        assert_eq!(Decimal::parse(text).unwrap().to_string(), shown);
    }
    for wrong in ["", "-", ".5", "1.", "1e3", "1.0000001", "1234567890", "+1", "1,5", "١"] {
        assert!(Decimal::parse(wrong).is_err(), "{wrong}");
    }
    for (text, places, moved) in [
        ("5000", -3, "5"),
        ("0.0050", 3, "5"),
        ("12.5000000", 0, "12.5"),
        ("1", -6, "0.000001"),
        ("999999.999999999", 3, "999999999.999999"),
    ] {
        assert_eq!(Decimal::parse_moved(text, places).unwrap().to_string(), moved);
    }
    for (text, places) in [("0.0001", -3), ("1.0000001", 0), ("1000000", 3), ("9".repeat(30).as_str(), 3)] {
        assert_eq!(Decimal::parse_moved(text, places), None, "{text}");
    }
    let third = Decimal::parse("1").unwrap().times(Decimal::parse("1").unwrap()).per(Decimal::parse("3").unwrap());
    assert_eq!(third.to_string(), "0.333333");
    let two_thirds =
        Decimal::parse("-2").unwrap().times(Decimal::parse("1").unwrap()).per(Decimal::parse("3").unwrap());
    assert_eq!(two_thirds.to_string(), "-0.666667");
}

#[test]
fn legs_add_up_runs_average_and_other_batches_do_not_count() {
    let events = [
        event(1, Stage::RawMaterial, "B1", "100", "10"),
        event(2, Stage::Production, "B1", "50", "4"),
        event(3, Stage::Production, "B1", "50", "6"),
        event(4, Stage::Transport, "B1", "100", "1"),
        event(5, Stage::Transport, "B1", "40", "2"),
        event(6, Stage::Production, "B2", "100", "99"),
    ];
    let found = footprint(&events, &asked()).unwrap();
    assert_eq!(found.emissions.to_string(), "16.8");
    let stages: Vec<String> = found.stages.iter().map(|stage| stage.emissions.to_string()).collect();
    assert_eq!(stages, ["10", "5", "1.8"]);
    assert_eq!((found.event_count, found.has_gaps()), (5, false));
    assert_eq!(compare(&found, Some("16.8"), true), Comparison::Consistent);
    assert_eq!(compare(&found, Some("16.799999"), true), Comparison::ExceedsClaim);
    assert_eq!(compare(&found, None, true), Comparison::NoClaim);
    assert_eq!(compare(&found, Some("99"), false), Comparison::Undetermined);
    let certified = Certified { claim: Claim::Nothing, kept_back: true, names_product: true, not_in_force: None };
    assert_eq!(super::footprint::compare(&found, &certified).1[0].code, "claim_kept_back");
    let ended = Certified { not_in_force: Some("withdrawn"), ..certified };
    assert_eq!(super::footprint::compare(&found, &ended).1[0].code, "not_in_force");
    assert_eq!(footprint(&events, &ProductId { model: "other".to_owned(), ..ProductId::default() }), None);
}

#[test]
fn what_was_used_up_counts_once_and_twice_is_told() {
    let mut cells = event(1, Stage::RawMaterial, "CELLS", "6000", "0.5");
    cells.record.product.model = "CELL".to_owned();
    let mut first = event(2, Stage::Production, "B1", "100", "4");
    first.record.inputs = vec![1];
    let transport = event(3, Stage::Transport, "B1", "100", "1");
    let found = footprint(&[cells.clone(), first.clone(), transport.clone()], &asked()).unwrap();
    // 6000 × 0.5 over 100 modules.
    assert_eq!(found.emissions.to_string(), "35");
    assert!(!found.has_gaps());
    let mut second = event(4, Stage::Production, "B1", "100", "4");
    second.record.inputs = vec![1, 9];
    let found = footprint(&[cells, first, transport, second], &asked()).unwrap();
    let mut told = codes(&found.findings);
    told.sort_unstable();
    assert_eq!(told, ["counted_twice", "input_missing"]);
    assert_eq!(compare(&found, Some("1"), true), Comparison::Undetermined);
}

#[test]
fn a_corrected_event_no_longer_counts_also_where_it_was_used_up() {
    let wrong = event(1, Stage::RawMaterial, "CELLS", "100", "50");
    let mut production = event(2, Stage::Production, "B1", "100", "4");
    production.record.inputs = vec![1];
    let mut right = event(3, Stage::RawMaterial, "CELLS", "100", "5");
    right.record.corrects = Some(1);
    let found = footprint(&[wrong, production, right], &asked()).unwrap();
    assert_eq!(found.emissions.to_string(), "9");
    assert_eq!(codes(&found.findings), ["stage_missing"]);
}

#[test]
fn other_units_and_missing_figures_are_told_and_not_guessed() {
    let mut other = event(2, Stage::Transport, "B1", "2000", "1");
    other.record.declared_units.unit = "KGM".to_owned();
    let silent = event(3, Stage::RawMaterial, "B1", "100", "");
    let found = footprint(&[event(1, Stage::Production, "B1", "100", "4"), other, silent], &asked()).unwrap();
    let mut told = codes(&found.findings);
    told.sort_unstable();
    assert_eq!(told, ["input_missing", "stage_missing", "unit_mismatch"]);
    assert_eq!(found.emissions.to_string(), "4");
}

#[test]
fn what_two_products_used_up_is_told_to_each() {
    let mut cells = event(1, Stage::RawMaterial, "CELLS", "100", "1");
    cells.record.product.model = "CELL".to_owned();
    let mut own = event(2, Stage::Production, "B1", "10", "3");
    own.record.inputs = vec![1];
    let mut other = event(3, Stage::Production, "B1", "10", "3");
    (other.record.product.model, other.record.inputs) = ("OTHER".to_owned(), vec![1]);
    let transport = event(4, Stage::Transport, "B1", "10", "0");
    let events = [cells, own, other.clone(), transport];
    let found = footprint(&events, &asked()).unwrap();
    assert_eq!((found.emissions.to_string().as_str(), codes(&found.findings)), ("13", vec!["counted_twice"]));
    // The other one was corrected to use something else.
    let mut right = TraceEvent { index: 5, ..other };
    (right.record.corrects, right.record.inputs) = (Some(3), Vec::new());
    let events: Vec<TraceEvent> = events.into_iter().chain([right]).collect();
    assert!(!footprint(&events, &asked()).unwrap().has_gaps());
}

#[test]
fn an_epcis_event_that_is_told_twice_is_found() {
    let mut one = event(1, Stage::Transport, "B1", "100", "1");
    one.record.epcis_json = r#"{"type":"ObjectEvent","eventID":"urn:uuid:3"}"#.to_owned();
    let other = TraceEvent { index: 2, ..one.clone() };
    let found = footprint(&[one.clone(), other], &asked()).unwrap();
    assert_eq!(codes(&found.findings).iter().filter(|code| **code == "counted_twice").count(), 1);
    let mut corrected = TraceEvent { index: 2, ..one.clone() };
    corrected.record.corrects = Some(1);
    let found = footprint(&[one, corrected], &asked()).unwrap();
    assert!(!codes(&found.findings).contains(&"counted_twice"));
}

#[test]
fn what_a_compromised_key_signed_neither_counts_nor_corrects() {
    let right = event(1, Stage::Production, "B1", "100", "4");
    let mut forged = event(2, Stage::Production, "B1", "100", "1");
    forged.record.corrects = Some(1);
    let mut input = event(3, Stage::RawMaterial, "CELLS", "100", "9");
    input.record.product.model = "CELL".to_owned();
    let mut user = event(4, Stage::Transport, "B1", "100", "1");
    user.record.inputs = vec![3];
    let events = vec![right, forged, input, user];
    let void = [2, 3].into();
    let found =
        super::footprint::footprint(&Gathered { events: events.clone(), void, ..Gathered::default() }, &asked())
            .unwrap();
    assert_eq!(found.emissions.to_string(), "5");
    assert_eq!(codes(&found.findings), ["key_compromised", "key_compromised", "stage_missing"]);
    assert_eq!(compare(&found, Some("99"), true), Comparison::Undetermined);
    let all =
        super::footprint::footprint(&Gathered { events, void: [1, 2, 3, 4].into(), ..Gathered::default() }, &asked())
            .unwrap();
    assert_eq!((all.event_count, codes(&all.findings)), (0, vec!["key_compromised"; 3]));
}

#[test]
fn what_corrects_a_void_correction_stands_for_what_that_corrected() {
    let first = event(1, Stage::Production, "B1", "100", "4");
    let mut forged = event(2, Stage::Production, "B1", "100", "1");
    forged.record.corrects = Some(1);
    let mut right = event(3, Stage::Production, "B1", "100", "6");
    right.record.corrects = Some(2);
    let gathered = Gathered { events: vec![first, forged, right], void: [2].into(), ..Gathered::default() };
    let found = super::footprint::footprint(&gathered, &asked()).unwrap();
    assert_eq!((found.emissions.to_string().as_str(), found.event_count), ("6", 1));
}

#[test]
fn whether_an_input_counts_twice_is_not_known_when_more_used_it_up_than_are_read() {
    let mut cells = event(1, Stage::RawMaterial, "CELLS", "100", "1");
    cells.record.product.model = "CELL".to_owned();
    let mut own = event(2, Stage::Production, "B1", "10", "3");
    own.record.inputs = vec![1];
    let transport = event(3, Stage::Transport, "B1", "10", "0");
    let mut right = event(4, Stage::RawMaterial, "CELLS", "100", "2");
    (right.record.product.model, right.record.corrects) = ("CELL".to_owned(), Some(1));
    let gathered = |events: Vec<TraceEvent>| Gathered { events, more_users: [1].into(), ..Gathered::default() };
    let of = |events| super::footprint::footprint(&gathered(events), &asked()).unwrap();
    let found = of(vec![cells.clone(), own.clone(), transport.clone(), right]);
    assert_eq!((found.emissions.to_string().as_str(), codes(&found.findings)), ("23", vec!["uses_unknown"]));
    assert_eq!(
        found.findings[0].parameters,
        [("event", "traceEvents/4"), ("events", "1")].map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    assert_eq!(compare(&found, Some("1"), true), Comparison::Undetermined, "it may be counted twice");
    assert_eq!(compare(&found, Some("99"), true), Comparison::Undetermined);
    // Two that are read tell enough.
    let mut other = event(5, Stage::Production, "B1", "10", "3");
    (other.record.product.model, other.record.inputs) = ("OTHER".to_owned(), vec![1]);
    assert_eq!(codes(&of(vec![cells, own, transport, other]).findings), ["counted_twice"]);
}
