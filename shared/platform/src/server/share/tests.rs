use super::*;

/// As many places as one holder gets.
fn fill(shares: &Shares, holder: Holder, changes: bool) -> Vec<Place> {
    std::iter::from_fn(|| shares.take(holder, changes)).collect()
}

fn address(text: &str) -> Holder {
    Holder::at(Some(text.parse().unwrap()))
}

#[test]
fn strangers_leave_three_quarters_to_those_with_a_token_and_one_address_leaves_half_to_others() {
    let shares = Shares::new(1_024);
    let one = fill(&shares, address("192.0.2.1"), false);
    let two = fill(&shares, address("192.0.2.2"), false);
    assert_eq!((one.len(), two.len()), (128, 64));
    let others: Vec<Place> =
        (3..=250).flat_map(|last| fill(&shares, address(&format!("192.0.2.{last}")), true)).collect();
    assert_eq!(one.len() + two.len() + others.len(), 256);
    let known = fill(&shares, Holder::Token(1), false);
    assert_eq!(known.len(), 470, "two thirds of what is left to reads");
    drop(one);
    assert!(shares.take(address("192.0.2.251"), false).is_some());
}

#[test]
fn a_caller_that_takes_all_it_can_leaves_places_to_the_next_and_those_to_the_one_after() {
    let shares = Shares::new(1_024);
    let mut held = Vec::new();
    for token in 0..6 {
        let own = fill(&shares, Holder::Token(token), false);
        assert!(!own.is_empty(), "{token}");
        held.push(own);
    }
    assert_eq!(held[0].len(), 640, "alone it has two thirds");
}

#[test]
fn what_changes_something_has_places_that_reads_do_not_take() {
    let shares = Shares::new(1_024);
    let reads: Vec<Place> = (0..2_000).filter_map(|token| shares.take(Holder::Token(token), false)).collect();
    assert_eq!(reads.len(), 960);
    assert!(shares.take(Holder::Token(9_999), false).is_none());
    assert!(shares.take(Holder::Token(9_999), true).is_some());
}

#[test]
fn few_places_are_given_to_whoever_comes_and_are_given_back() {
    for holder in [address("192.0.2.1"), Holder::Token(1)] {
        let shares = Shares::new(3);
        let all = fill(&shares, holder, false);
        assert_eq!(all.len(), 3);
        drop(all);
        {
            let held = lock(&shares.held);
            assert!(held.of.is_empty() && (held.all, held.by_strangers) == (0, 0), "{held:?}");
        }
        assert_eq!(fill(&shares, holder, true).len(), 3);
    }
}

#[test]
fn a_token_is_one_callers_however_it_is_written_and_a_network_is_one_strangers() {
    let of = |text: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static(text));
        Holder::of(&headers, Some(IpAddr::from([192, 0, 2, 1])))
    };
    assert_eq!(of("Bearer a.claims.x"), of("bearer  a.claims.y"));
    assert_ne!(of("Bearer a.claims.x"), of("Bearer a.others.x"));
    assert_eq!(of("Bearer junk"), address("192.0.2.1"));
    assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:1"));
    assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
    assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
}
