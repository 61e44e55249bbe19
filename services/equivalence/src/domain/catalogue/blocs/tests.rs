use serde_json::{Value, json};

use crate::domain::catalogue::Catalogue;
use crate::domain::entry::Entry;
use crate::domain::key::EconomyCode;
use crate::domain::time::parse_date;

/// Blocs with their members: who, from when and until when.
type Member<'m> = (&'m str, &'m str, &'m str);

fn catalogue(blocs: &[(&str, &[Member<'_>])]) -> Catalogue {
    let entry = |(name, members): &(&str, &[Member<'_>])| -> Value {
        let members: Vec<_> = members
            .iter()
            .map(|(who, from, until)| json!({ "economy": who, "validity": { "from": from, "until": until } }))
            .collect();
        json!({ "economy": { "name": name, "bloc": true, "members": members } })
    };
    Catalogue::new(1, blocs.iter().map(|bloc| serde_json::from_value::<Entry>(entry(bloc)).unwrap()))
}

fn blocs(catalogue: &Catalogue, economy: &str, date: &str) -> Vec<String> {
    let date = parse_date(date).unwrap();
    let of = catalogue.economy(&EconomyCode::parse(economy).unwrap()).unwrap();
    of.blocs(date).map(|it| it.bloc.as_str().to_owned()).collect()
}

#[test]
fn who_belongs_to_a_member_belongs_to_its_bloc_while_both_are_so() {
    let catalogue = catalogue(&[
        ("BIG", &[("BOREAL", "2020-01-01", "2026-01-01"), ("XC", "2020-01-01", "")]),
        ("BOREAL", &[("XK", "2022-01-01", ""), ("XL", "2019-01-01", "2021-01-01"), ("XL", "2023-01-01", "")]),
    ]);
    assert_eq!(blocs(&catalogue, "XK", "2021-12-31"), [""; 0]);
    assert_eq!(blocs(&catalogue, "XK", "2022-01-01"), ["BIG", "BOREAL"]);
    assert_eq!(blocs(&catalogue, "XK", "2026-01-01"), ["BOREAL"]);
    assert_eq!(blocs(&catalogue, "XL", "2019-06-01"), ["BOREAL"]);
    assert_eq!(blocs(&catalogue, "XL", "2020-06-01"), ["BIG", "BOREAL"]);
    assert_eq!(blocs(&catalogue, "XL", "2022-06-01"), [""; 0], "not between two memberships");
    assert_eq!(blocs(&catalogue, "BOREAL", "2022-06-01"), ["BIG"]);
    assert_eq!(blocs(&catalogue, "BIG", "2022-06-01"), [""; 0]);
}

#[test]
fn a_circle_of_blocs_ends_and_each_belongs_to_the_others_alone() {
    let catalogue = catalogue(&[
        ("EAST", &[("WEST", "2020-01-01", "2024-01-01"), ("XA", "2020-01-01", "")]),
        ("SOUTH", &[("EAST", "2022-01-01", "")]),
        ("WEST", &[("SOUTH", "2020-01-01", ""), ("WEST", "2020-01-01", "")]),
    ]);
    assert_eq!(blocs(&catalogue, "XA", "2021-01-01"), ["EAST"]);
    assert_eq!(blocs(&catalogue, "XA", "2023-01-01"), ["EAST", "SOUTH", "WEST"]);
    assert_eq!(blocs(&catalogue, "EAST", "2023-01-01"), ["SOUTH", "WEST"]);
    assert_eq!(blocs(&catalogue, "WEST", "2023-01-01"), ["EAST", "SOUTH"]);
    assert_eq!(blocs(&catalogue, "WEST", "2024-01-01"), [""; 0]);
}
