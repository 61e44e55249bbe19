use greenlane_api::common::v1::ErrorReason as WireEnum;
use proptest::prelude::*;
use prost_types::{FieldMask, Timestamp};

use super::{PageBinding, Violations};
use crate::fault::ErrorReason;

fn fields(v: Violations) -> Vec<String> {
    v.into_fault().violations().iter().map(|violation| violation.field.clone()).collect()
}

#[test]
fn every_violated_field_is_named_with_its_full_path() {
    let mut v = Violations::new();
    v.add("name", "is wrong");
    {
        let mut v = v.scope("certificate");
        v.add("holder", "is wrong");
        for index in 0..2 {
            let mut v = v.scope(format!("products[{index}]"));
            v.add("gtin", "is wrong");
            v.scope("code").add("edition", "is wrong");
            v.add("", "is wrong as a whole");
        }
        v.add("scope", "is wrong");
    }
    v.scope("items").scope("[3]").add("id", "is wrong");
    v.add("last", "is wrong");
    assert_eq!(
        fields(v),
        [
            "name",
            "certificate.holder",
            "certificate.products[0].gtin",
            "certificate.products[0].code.edition",
            "certificate.products[0]",
            "certificate.products[1].gtin",
            "certificate.products[1].code.edition",
            "certificate.products[1]",
            "certificate.scope",
            "items[3].id",
            "last",
        ]
    );
}

#[test]
fn nothing_found_finishes_well_and_something_found_never_does() {
    assert!(Violations::new().finish().is_ok());
    assert_eq!(Violations::new().finish_with(|| Some(7)).unwrap(), 7);
    let mut v = Violations::new();
    v.add("name", "is wrong");
    assert_eq!(v.finish_with(|| Some(7)).unwrap_err().reason(), ErrorReason::FieldViolations);
    // A value that is missing although nothing was noted is a mistake of ours, and not the caller's.
    assert_eq!(Violations::new().finish_with(|| None::<u8>).unwrap_err().reason(), ErrorReason::Internal);
}

#[test]
fn a_request_id_is_required_and_of_its_shape() {
    for good in ["a", "2026-11-23.x_Y", &"x".repeat(64)] {
        let mut v = Violations::new();
        assert_eq!(v.request_id(good).unwrap().as_str(), good);
        assert!(v.finish().is_ok());
    }
    for bad in ["", " ", "a b", "ä", "a/b", "a\n", &"x".repeat(65)] {
        let mut v = Violations::new();
        assert!(v.request_id(bad).is_none());
        assert_eq!(fields(v), ["request_id"]);
    }
}

#[test]
fn texts_hold_no_characters_that_do_not_show() {
    for bad in [
        "evil\u{202e}txt",
        "a\u{200b}b",
        "\u{feff}a",
        "a\u{2066}b",
        "so\u{ad}ft",
        "a\u{200d}b",
        "\u{e0041}",
        "a\u{2028}b",
    ] {
        let mut v = Violations::new();
        assert!(v.text("t", bad, 0..=20).is_none(), "{bad:?}");
        assert!(v.paragraphs("p", bad, 0..=20).is_none(), "{bad:?}");
        assert_eq!(fields(v), ["t", "p"]);
    }
    let mut v = Violations::new();
    // The joiners of a Persian and a Hindi word, and right-to-left writing itself.
    for good in ["می\u{200c}خواهم", "क्\u{200d}ष", "שלום עולם", "光伏组件", "naïve Ω™"] {
        assert_eq!(v.text("t", good, 0..=20).as_deref(), Some(good));
    }
    assert!(v.is_empty());
}

#[test]
fn texts_keep_to_their_length_in_characters_and_hold_no_control_characters() {
    let mut v = Violations::new();
    assert_eq!(v.text("t", "光伏组件", 1..=4).unwrap(), "光伏组件");
    assert_eq!(v.text("t", "", 0..=4).unwrap(), "");
    assert_eq!(v.paragraphs("t", "a\nb\tc", 1..=9).unwrap(), "a\nb\tc");
    assert!(v.is_empty());
    for bad in ["", "   ", "光伏组件!", "a\0b", "a\nb", &"x".repeat(1_000_000)] {
        assert!(v.text("t", bad, 1..=4).is_none(), "{bad:?}");
    }
    assert!(v.text("t", "ab", 3..=4).is_none());
    assert!(v.paragraphs("t", "a\0b", 1..=9).is_none());
    assert_eq!(v.len(), 8);
}

#[test]
fn dates_are_exactly_year_month_day() {
    let mut v = Violations::new();
    assert_eq!(v.date("d", "2024-02-29").unwrap().to_string(), "2024-02-29");
    assert_eq!(v.optional_date("d", ""), Some(None));
    assert!(v.is_empty());
    for bad in [
        "",
        "2023-02-29",
        "2024-2-29",
        "24-02-29",
        "2024-02-29 ",
        "+024-02-29",
        "2024/02/29",
        "1899-12-31",
        "２０２４-02-29",
        "2024-02-29T00:00",
    ] {
        assert!(v.date("d", bad).is_none(), "{bad:?}");
    }
    assert!(v.optional_date("d", "x").is_none());
}

#[test]
fn economies_and_blocs_are_in_capitals() {
    let mut v = Violations::new();
    for good in ["NZ", "EU", "ASEAN", "XA", "CPTPP", "A-B2"] {
        assert_eq!(v.economy("e", good).unwrap().as_str(), good);
    }
    assert_eq!(v.optional_economy("e", ""), Some(None));
    assert!(v.is_empty());
    for bad in ["", "N", "nz", "N1", "1AB", "AB-", "ABCDEFGHIJKLMNOPQ", "Ñ1"] {
        assert!(v.economy("e", bad).is_none(), "{bad:?}");
    }
}

#[test]
fn a_seat_is_in_one_economy_and_in_no_bloc() {
    let mut v = Violations::new();
    for good in ["NZ", "QA", "XA", "XK", "ZW"] {
        assert_eq!(v.seat("e", good).unwrap().as_str(), good);
    }
    assert!(v.is_empty());
    for bad in ["", "ZZ9", "ASEAN", "nz", "N1", "EU", "EZ", "UN", "AA", "QM", "QZ", "ZZ"] {
        assert!(v.seat("e", bad).is_none(), "{bad:?}");
    }
}

#[test]
fn resource_names_match_their_pattern_exactly() {
    let mut v = Violations::new();
    let pattern = "bodies/{body}/keys/{key}";
    assert_eq!(v.resource_name("name", "bodies/a.b~c_d-1/keys/K", pattern).unwrap(), ["a.b~c_d-1", "K"]);
    assert!(v.is_empty());
    for bad in [
        "",
        "bodies/a",
        "bodies/a/keys/",
        "bodies//keys/b",
        "bodies/a/keys/b/",
        "Bodies/a/keys/b",
        "bodies/a/keys/b c",
        "/bodies/a/keys/b",
        "bodies/a%2F/keys/b",
        "bodies/{body}/keys/{key}",
    ] {
        assert!(v.resource_name::<2>("name", bad, pattern).is_none(), "{bad:?}");
    }
}

#[test]
fn enumerations_must_be_set_and_known() {
    let mut v = Violations::new();
    assert_eq!(v.enumeration::<WireEnum>("e", 2), Some(WireEnum::TokenMissing));
    assert!(v.is_empty());
    assert_eq!(v.enumeration::<WireEnum>("e", 0), None);
    assert_eq!(v.enumeration::<WireEnum>("e", 9_999), None);
    assert_eq!(v.len(), 2);
}

#[test]
fn timestamps_are_well_formed_and_cut_to_microseconds() {
    let mut v = Violations::new();
    let stamp = |seconds, nanos| Timestamp { seconds, nanos };
    let at = v.timestamp("t", Some(&stamp(1_800_000_000, 123_456_789))).unwrap();
    assert_eq!(at.timestamp_subsec_nanos(), 123_456_000);
    assert_eq!(v.optional_timestamp("t", None), Some(None));
    assert!(v.is_empty());
    for bad in
        [stamp(0, -1), stamp(0, 1_000_000_000), stamp(i64::MAX, 0), stamp(i64::MIN, 0), stamp(253_402_300_800, 0)]
    {
        assert!(v.timestamp("t", Some(&bad)).is_none(), "{bad:?}");
    }
    assert!(v.timestamp("t", None).is_none());
}

#[test]
fn an_update_mask_is_not_empty_and_names_what_can_change() {
    let mut v = Violations::new();
    let mask = |paths: &[&str]| FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() };
    assert_eq!(v.update_mask(Some(&mask(&["a", "b"])), &["a", "b", "c"]).unwrap(), ["a", "b"]);
    assert!(v.is_empty());
    assert!(v.update_mask(None, &["a"]).is_none());
    assert!(v.update_mask(Some(&mask(&[])), &["a"]).is_none());
    assert!(v.update_mask(Some(&mask(&["a", "x", "y"])), &["a"]).is_none());
    assert_eq!(v.len(), 4);
}

#[test]
fn page_sizes_have_a_default_and_a_cap() {
    let mut v = Violations::new();
    assert_eq!((v.page_size(0), v.page_size(7), v.page_size(5_000)), (Some(50), Some(7), Some(1_000)));
    assert!(v.is_empty());
    assert_eq!(v.page_size(-1), None);
    assert_eq!(fields(v), ["page_size"]);
}

#[test]
fn a_page_token_works_with_the_method_and_filter_that_made_it_and_no_other() {
    let binding = PageBinding::new("/x.v1.X/ListX").with("filter").with("parent");
    let token = binding.token(&("cursor", 7_u64)).unwrap();
    let mut v = Violations::new();
    assert_eq!(v.page_token::<(String, u64)>(&token, &binding), Some(Some(("cursor".into(), 7))));
    assert_eq!(v.page_token::<(String, u64)>("", &binding), Some(None));
    assert!(v.is_empty());
    for other in [
        PageBinding::new("/x.v1.X/ListY").with("filter").with("parent"),
        PageBinding::new("/x.v1.X/ListX").with("filter"),
        PageBinding::new("/x.v1.X/ListX").with("filte").with("rparent"),
        PageBinding::new("/x.v1.X/ListX").with("parent").with("filter"),
    ] {
        assert!(v.page_token::<(String, u64)>(&token, &other).is_none());
    }
}

#[test]
fn a_wrong_page_token_alone_has_its_own_reason() {
    let binding = PageBinding::new("/x.v1.X/ListX");
    let mut v = Violations::new();
    assert!(v.page_token::<u8>("garbage", &binding).is_none());
    let fault = v.finish().unwrap_err();
    assert_eq!(fault.reason(), ErrorReason::PageTokenInvalid);
    assert_eq!(fault.violations()[0].field, "page_token");

    let mut v = Violations::new();
    assert!(v.page_token::<u8>("garbage", &binding).is_none());
    assert!(v.page_size(-1).is_none());
    assert_eq!(v.finish().unwrap_err().reason(), ErrorReason::FieldViolations);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_changed_page_token_is_taken(cursor in "\\PC{0,30}", at in 0_usize..1_000, byte in any::<char>(), text in "\\PC{0,80}") {
        let binding = PageBinding::new("/x.v1.X/ListX").with("filter");
        let token = binding.token(&cursor).unwrap();
        prop_assert_eq!(binding.cursor::<String>(&token), Some(cursor));
        let mut changed: Vec<char> = token.chars().collect();
        let at = at % changed.len();
        changed[at] = byte;
        let changed: String = changed.into_iter().collect();
        prop_assert!(changed == token || binding.cursor::<String>(&changed).is_none());
        prop_assert!(binding.cursor::<String>(&text).is_none());
    }

    #[test]
    fn no_text_panics_any_shape(raw in "\\PC{0,40}", number in any::<i32>(), seconds in any::<i64>()) {
        let mut v = Violations::new();
        let _ = (v.request_id(&raw), v.text("t", &raw, 1..=9), v.date("d", &raw), v.economy("e", &raw), v.page_size(number));
        let _ = v.resource_name::<1>("n", &raw, "bodies/{body}");
        let _ = v.timestamp("t", Some(&Timestamp { seconds, nanos: number }));
        let _ = v.page_token::<u8>(&raw, &PageBinding::new("/a.B/C"));
    }
}
