use super::decimal::Decimal;
use super::footprint::{Comparison, compare, footprint};
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
    let claim = |text: &str| Some(Decimal::parse(text).unwrap());
    assert_eq!(compare(&found, claim("16.8"), true).0, Comparison::Consistent);
    assert_eq!(compare(&found, claim("16.799999"), true).0, Comparison::ExceedsClaim);
    assert_eq!(compare(&found, None, true).0, Comparison::NoClaim);
    assert_eq!(compare(&found, claim("99"), false).0, Comparison::Undetermined);
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
    assert_eq!(compare(&found, Some(Decimal::parse("1").unwrap()), true).0, Comparison::Undetermined);
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
