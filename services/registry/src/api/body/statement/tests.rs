use super::*;

#[test]
fn an_annex_is_told_by_its_name_in_the_catalogue_however_the_log_has_it() {
    let day = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    for (stored, told) in [
        ("", ""),
        ("annexes/xa-xb-pv", "annexes/xa-xb-pv"),
        ("arrangements/xa-xb/annexes/xa-xb-pv", "annexes/xa-xb-pv"),
    ] {
        let statement = Statement {
            record: StatementRecord {
                body: BodyId::trusted("xa-lab"),
                by: BodyId::trusted("xa-authority"),
                what: What::Designation { arrangement: "arrangements/xa-xb".to_owned(), annex: stored.to_owned() },
                valid_from: day,
                valid_until: None,
            },
            suspensions: Vec::new(),
            contestations: Vec::new(),
            withdrawn: None,
            created_at: chrono::DateTime::UNIX_EPOCH,
            create_index: 3,
            latest_index: 3,
        };
        assert_eq!(designation(&statement, day, true).annex, told);
    }
}

#[test]
fn an_annex_of_another_arrangement_or_of_no_such_shape_is_refused() {
    let of = |raw: &str| {
        let mut v = Violations::new();
        let annex = annex_of(&mut v, raw, "arrangements/xa-xb");
        assert_eq!(annex.is_none(), !v.is_empty(), "{raw}");
        annex
    };
    for raw in ["annexes/pv", "arrangements/xa-xb/annexes/pv"] {
        assert_eq!(of(raw).as_deref(), Some("annexes/pv"));
    }
    for raw in
        ["pv", "arrangements/xa-xb", "arrangements/other/annexes/pv", "arrangements/xa-xb/x/annexes/pv", "annexes/"]
    {
        assert_eq!(of(raw), None, "{raw}");
    }
}
