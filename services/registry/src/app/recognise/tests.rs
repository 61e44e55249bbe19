use super::*;

fn route() -> eq::RecognitionRoute {
    eq::RecognitionRoute {
        requirement: "requirements/xb-pv".into(),
        certified: "schemes/example-pv".into(),
        accepted: "schemes/example-pv".into(),
        legal_reference: "Order 12, article 4".into(),
        ..eq::RecognitionRoute::default()
    }
}

#[test]
fn a_route_is_told_in_words() {
    assert_eq!(route_in_words(&route()), "requirements/xb-pv accepts schemes/example-pv [Order 12, article 4].");
    let link = |name: &str| eq::RouteLink { equivalence: name.into(), ..eq::RouteLink::default() };
    let chained = eq::RecognitionRoute {
        accepted: "schemes/xb-mark".into(),
        arrangement: "arrangements/xa-xb".into(),
        annex: "annexes/pv".into(),
        links: vec![link("equivalences/one"), link("equivalences/two")],
        ..route()
    };
    assert_eq!(
        route_in_words(&chained),
        "schemes/example-pv counts as schemes/xb-mark by equivalences/one, equivalences/two, which requirements/xb-pv \
         accepts, under annexes/pv of arrangements/xa-xb [Order 12, article 4]."
    );
}

#[test]
fn a_miss_is_told_with_what_would_mend_it() {
    let miss = eq::NearestMiss {
        reason: "The body is not designated.".into(),
        mend: "A designation under the annex.".into(),
        ..eq::NearestMiss::default()
    };
    assert_eq!(
        miss_in_words("requirements/xb-pv", &miss),
        "requirements/xb-pv is not met: The body is not designated. What would mend it: A designation under the annex."
    );
}
