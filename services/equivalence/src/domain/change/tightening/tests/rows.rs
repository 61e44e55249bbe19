use serde_json::{Value, json};

/// A change of an entry that has everything.
pub(super) struct Row {
    pub(super) kind: &'static str,
    /// What is put where.
    pub(super) puts: Vec<(&'static str, Value)>,
    /// The fields by which it tightens; none when it does not.
    pub(super) fields: &'static [&'static str],
    pub(super) why: &'static str,
}

macro_rules! rows {
    ($($kind:literal { $($why:literal: $($at:literal = $value:tt),+ => $fields:expr;)+ })+) => {
        vec![$($(Row { kind: $kind, puts: vec![$(($at, json!($value))),+], fields: &$fields, why: $why }),+),+]
    };
}

pub(super) fn all() -> Vec<Row> {
    let mut rows = general();
    rows.extend(agreed());
    rows.extend(demanded());
    rows
}

fn general() -> Vec<Row> {
    rows! {
        "economy" {
            "names decide nothing": "/display_names" = [] => [];
            "the same members in another order": "/members" = [
                { "economy": "XD", "validity": { "from": "2024-01-01", "until": "2030-01-01" } },
                { "economy": "XC", "validity": { "from": "2024-01-01", "until": "2030-01-01" } }] => [];
            "a member more of a bloc of which nothing is said":
                "/members/2" = { "economy": "XE", "validity": { "from": "2024-01-01" } } => [];
            "a member less of a bloc of which nothing is said": "/members" = [] => [];
            "every member listed, where others were undetermined": "/members_incomplete" = false => [];
            "what is no bloc any more": "/bloc" = false => ["bloc"];
            "all requirements held for more goods": "/complete_requirements/codes" = [] => [];
            "all requirements held for fewer goods: nothing applies becomes undetermined":
                "/complete_requirements/codes" = [{ "code": { "edition": "HS2022", "code": "85" } }]
                => ["complete_requirements.codes"];
            "nothing said of completeness": "/complete_requirements" = null => ["complete_requirements"];
        }
        "body" {
            "names and roles decide nothing": "/display_name" = "C", "/roles" = [] => [];
            "of another economy, it is accepted by other rules": "/economy" = "XC" => ["economy"];
        }
        "scheme" {
            "words": "/kind" = "environmental_label", "/owner" = "", "/standards" = [], "/validity" = null => [];
            "a level more": "/levels" = [{ "id": "A" }, { "id": "A2" }, { "id": "B" }, { "id": "C" }, { "id": "D" }] => [];
            "a level less: who has it has none": "/levels" = [{ "id": "A" }, { "id": "C" }] => ["levels"];
            "levels in another order": "/levels" = [{ "id": "B" }, { "id": "A" }, { "id": "C" }] => ["levels"];
        }
        "standard" {
            "an edition withdrawn by its publisher is accepted where requirements say so":
                "/withdrawn_on" = "2024-01-01", "/supersedes" = [], "/title" = "b" => [];
        }
        "edition_transition" {
            "more time": "/new_only_from" = "2026-06-01", "/convert_by" = "2027-06-01", "/withdraw_by" = "" => [];
            "no day to convert by": "/convert_by" = "" => [];
            "the new edition counts sooner": "/either_from" = "2024-01-01" => [];
            "the new edition counted always": "/either_from" = "" => [];
            "the new edition counts later": "/either_from" = "2025-06-01" => ["either_from"];
            "less time": "/new_only_from" = "2025-06-01", "/convert_by" = "2026-06-01"
                => ["convert_by", "new_only_from"];
            "another consequence cannot be compared": "/consequence" = "withdraw" => ["consequence"];
            "another market": "/market" = "XC" => ["market"];
            "more stock is exempt, for longer": "/stock_exemption/placed_on_market_before" = "2026-06-01",
                "/stock_exemption/manufactured_before" = "", "/stock_exemption/until" = "",
                "/stock_exemption/provided" = "" => [];
            "less stock is exempt": "/stock_exemption/manufactured_before" = "2025-01-01"
                => ["stock_exemption.manufactured_before"];
            "for less long": "/stock_exemption/until" = "2028-01-01" => ["stock_exemption.until"];
            "something else is to be shown": "/stock_exemption/provided" = "A seal." => ["stock_exemption.provided"];
            "no stock is exempt": "/stock_exemption" = null => ["stock_exemption"];
        }
        "equivalence" {
            "a later end": "/validity/until" = "2031-01-01" => [];
            "no end": "/validity/until" = "" => [];
            "an earlier beginning": "/validity/from" = "2023-01-01" => [];
            "an earlier end": "/validity/until" = "2029-01-01" => ["validity"];
            "a later beginning": "/validity/from" = "2025-01-01" => ["validity"];
            "identical": "/degree" = "identical", "/deviations" = [] => [];
            "equivalent as it used to be called": "/degree" = "equivalent_legacy" => [];
            "not equivalent": "/degree" = "not_equivalent" => ["degree"];
            "a test less": "/deviations" = [] => [];
            "a deviation that needs no test": "/deviations/1" = { "clause": "2", "description": "e" } => [];
            "a test more": "/deviations/1" = { "description": "e", "bridging_test": { "id": "u", "description": "u" } }
                => ["deviations"];
            "another test": "/deviations/0/bridging_test/description" = "More." => ["deviations"];
            "to something else": "/to" = { "name": "standards/c-1" } => ["to"];
            "from something else": "/from" = { "name": "standards/c-1" } => ["from"];
        }
    }
}

fn agreed() -> Vec<Row> {
    rows! {
        "arrangement" {
            "words": "/title" = "n", "/signed_on" = "", "/legal_reference" = "" => [];
            "a party more": "/parties/2" = { "economy": "XC" } => [];
            "a party that is accepted as well": "/parties/1/direction" = "both" => [];
            "a party less": "/parties" = [{ "economy": "XA", "direction": "both" }] => ["parties"];
            "a party that is accepted no more": "/parties/0/direction" = "accepts" => ["parties[0].direction"];
            "fully in force later, provisionally as before": "/in_force_from" = "2026-01-01" => [];
            "provisionally no more": "/provisional_from" = "" => ["provisional_from"];
            "provisionally later": "/provisional_from" = "2024-06-01" => ["provisional_from"];
            "sooner": "/provisional_from" = "2023-01-01" => [];
            "a suspension less": "/suspensions" = [] => [];
            "a suspension that ends sooner": "/suspensions/0/until" = "2025-02-01" => [];
            "a suspension that ends later": "/suspensions/0/until" = "2025-04-01" => ["suspensions"];
            "no end": "/lapse" = null => [];
            "a later end": "/lapse/on" = "2029-03-01" => [];
            "an end after all that counted beyond the earlier one": "/lapse" = { "on": "2029-08-01", "rule": "cut_off" } => [];
            "an earlier end": "/lapse/on" = "2028-01-01" => ["lapse"];
            "earlier results cut off": "/lapse/rule" = "cut_off" => ["lapse"];
            "earlier results for longer": "/lapse/earlier_results_until" = "" => [];
            "earlier results for less long": "/lapse/earlier_results_until" = "2029-06-01" => ["lapse"];
        }
        "annex" {
            "words": "/title" = "b", "/legal_reference" = "", "/basis" = null => [];
            "of another arrangement": "/arrangement" = "arrangements/n" => ["arrangement"];
            "a later end": "/validity/until" = "" => [];
            "an earlier end": "/validity/until" = "2028-01-01" => ["validity"];
            "a suspension": "/suspensions/1" = { "from": "2026-01-01" } => ["suspensions"];
            "no lapse": "/lapse" = null => [];
            "a kind of result more": "/objects/1" = "test_report" => [];
            "another kind of result": "/objects" = ["test_report"] => ["objects"];
            "the full effect": "/effect" = "full" => [];
            "for information only": "/effect" = "information_only" => ["effect"];
            "without reciprocity": "/reciprocal" = false => [];
            "a scheme more": "/covered/1" = { "name": "schemes/t" } => [];
            "all schemes": "/covered" = [] => [];
            "at a lower level": "/covered/0/level" = "C" => [];
            "at any level": "/covered/0/level" = "" => [];
            "at a better level only": "/covered/0/level" = "A" => ["covered"];
            "another scheme": "/covered/0" = { "name": "schemes/t" } => ["covered"];
            "more goods": "/codes/0" = { "code": { "edition": "HS2022", "code": "85" } } => [];
            "all goods": "/codes" = [] => [];
            "fewer goods": "/codes/0" = { "code": { "edition": "HS2022", "code": "854143" } } => ["codes"];
            "goods excepted": "/codes/0/except" = ["854143"] => ["codes"];
            "a part of the goods": "/codes/0/ex_description" = "Those of glass." => ["codes"];
            "more goods but those": "/codes/0" = { "code": { "edition": "HS2022", "code": "85" }, "except": ["8501"] } => [];
            "more goods but some of them":
                "/codes/0" = { "code": { "edition": "HS2022", "code": "85" }, "except": ["854143"] } => ["codes"];
            "another edition cannot be compared": "/codes/0/code/edition" = "HS2017" => ["codes"];
            "an economy more": "/economies/2" = "XC" => [];
            "all economies": "/economies" = [] => [];
            "an economy less": "/economies" = ["XA"] => ["economies"];
            "nothing excluded": "/exclusions" = null => [];
            "fewer excluded": "/exclusions/economies" = [], "/exclusions/bodies" = [], "/exclusions/targets" = [],
                "/exclusions/codes" = [{ "code": { "edition": "HS2022", "code": "85411000" } }], "/exclusions/origins" = []
                => [];
            "more excluded": "/exclusions/economies/1" = "XE", "/exclusions/bodies/1" = "bodies/y",
                "/exclusions/targets/1" = "standards/y-1", "/exclusions/origins/1" = "XE",
                "/exclusions/codes/0" = { "code": { "edition": "HS2022", "code": "8541" } }
                => ["exclusions.bodies", "exclusions.codes", "exclusions.economies", "exclusions.origins", "exclusions.targets"];
            "of any origin": "/origin_rule" = "any" => [];
            "without designation": "/designation_required" = false => [];
            "a condition less": "/conditions" = [] => [];
            "a condition of one market only": "/conditions/0/markets" = ["XA"] => [];
            "a condition of all markets": "/conditions/0/markets" = [] => ["conditions[0].markets"];
            "a condition more": "/conditions/1" = { "id": "sample", "kind": "sample", "description": "A sample." } => ["conditions"];
            "another condition of that name": "/conditions/0/description" = "Two." => ["conditions[0].description"];
            "a transition that ends sooner": "/transitions/0/ends_on" = "2025-06-01" => [];
            "a transition that ends later": "/transitions/0/ends_on" = "2026-06-01" => ["transitions[0].ends_on"];
            "a transition more": "/transitions/1" = { "economy": "XA", "ends_on": "2026-01-01" } => ["transitions"];
            "longer chains": "/max_chain_links" = 3 => [];
            "shorter chains: none means one": "/max_chain_links" = null => ["max_chain_links"];
            "not within one party": "/within_party" = false => ["within_party"];
        }
        "designation" {
            "by another authority": "/authority" = "bodies/c" => [];
            "of another body": "/body" = "bodies/c" => ["body"];
            "under another annex": "/annex" = "annexes/b" => ["annex"];
            "for all standards and goods": "/targets" = [], "/codes" = [] => [];
            "for another standard": "/targets" = ["standards/b-1"] => ["targets"];
            "for fewer goods": "/codes/0/code/code" = "854143" => ["codes"];
            "for longer": "/validity/until" = "" => [];
            "for less long": "/validity/until" = "2027-01-01" => ["validity"];
            "without suspension": "/suspensions" = [] => [];
            "with another suspension": "/suspensions/0/from" = "2024-12-01" => ["suspensions"];
            "a later end": "/ending/on" = "2029-06-01" => [];
            "an earlier end": "/ending/on" = "2028-06-01" => ["ending"];
            "suspended while contested for less long": "/contestations/0/interim_suspension/until" = "2026-03-01" => [];
            "contested and not suspended": "/contestations/0/interim_suspension" = null => [];
            "suspended while contested for longer": "/contestations/0/interim_suspension/until" = "" => ["contestations"];
            "contested once more, and not suspended": "/contestations/1" = { "party": "XD", "raised_on": "2026-03-01" } => [];
        }
    }
}

/// Of a mandatory requirement; a voluntary one has a test of its own.
fn demanded() -> Vec<Row> {
    rows! {
        "requirement" {
            "words": "/title" = "s", "/legal_reference" = "", "/notification_reference" = "", "/regulator" = "" => [];
            "of another market": "/market" = "XC" => ["market"];
            "no longer mandatory": "/mandatory" = false => [];
            "an acceptance more": "/acceptances/2" = { "target": { "name": "standards/c-1" } } => [];
            "an acceptance less": "/acceptances" = [{ "target": { "name": "standards/b-1" }, "bodies": { "incomplete": true } }]
                => ["acceptances"];
            "another in its place": "/acceptances/1" = { "target": { "name": "standards/c-1" } } => ["acceptances"];
            "accepted at a lower level": "/acceptances/0/target/level" = "C" => [];
            "accepted at any level": "/acceptances/0/target/level" = "" => [];
            "accepted at a better level only": "/acceptances/0/target/level" = "A" => ["acceptances[0].target"];
            "accepted at a level that is not known": "/acceptances/0/target/level" = "Z" => ["acceptances[0].target"];
            "bodies of an economy more": "/acceptances/0/bodies/economies/2" = "XC" => [];
            "a body more": "/acceptances/0/bodies/bodies/1" = "bodies/c" => [];
            "everybody's": "/acceptances/0/bodies" = { "any": true } => [];
            "everybody's but one more's": "/acceptances/0/bodies" = { "any": true, "excluded_bodies": ["bodies/x", "bodies/y"] }
                => ["acceptances[0].bodies.excluded_bodies"];
            "bodies of an economy less": "/acceptances/0/bodies/economies" = ["XB"] => ["acceptances[0].bodies.economies"];
            "a body less": "/acceptances/0/bodies/bodies" = [] => ["acceptances[0].bodies.bodies"];
            "a body excluded": "/acceptances/0/bodies/excluded_bodies/1" = "bodies/y"
                => ["acceptances[0].bodies.excluded_bodies"];
            "a body excluded no more": "/acceptances/0/bodies/excluded_bodies" = [] => [];
            "all bodies are listed: undetermined becomes refused": "/acceptances/1/bodies/incomplete" = false
                => ["acceptances[1].bodies.incomplete"];
            "every kind of result": "/acceptances/0/objects" = [] => [];
            "a kind of result more": "/acceptances/0/objects/2" = "mark_or_label" => [];
            "a kind of result less": "/acceptances/0/objects" = ["certificate"] => ["acceptances[0].objects"];
            "every kind of result becomes one": "/acceptances/1/objects" = ["certificate"] => ["acceptances[1].objects"];
            "accepted for longer": "/acceptances/0/validity/until" = "2031-01-01" => [];
            "accepted as long as the requirement stands": "/acceptances/0/validity" = null => [];
            "accepted for less long": "/acceptances/0/validity/until" = "2027-01-01" => ["acceptances[0].validity"];
            "accepted until a day": "/acceptances/1/validity" = { "from": "2024-01-01", "until": "2029-01-01" }
                => ["acceptances[1].validity"];
            "with less beside it": "/acceptances/0/together_with" = [{ "name": "standards/a-1" }] => [];
            "with a lower level beside it": "/acceptances/0/together_with/1/level" = "C" => [];
            "with more beside it": "/acceptances/0/together_with/2" = { "name": "standards/c-1" }
                => ["acceptances[0].together_with"];
            "with a better level beside it": "/acceptances/0/together_with/1/level" = "A"
                => ["acceptances[0].together_with"];
            "one acceptance in place of two that it holds": "/acceptances" = [
                { "target": { "name": "standards/b-1" }, "bodies": { "any": true } },
                { "target": { "name": "schemes/s" }, "bodies": { "any": true } }] => [];
            "on fewer goods": "/codes" = [{ "code": { "edition": "HS2022", "code": "854143" } }] => [];
            "on more goods": "/codes/0/code/code" = "85" => ["codes"];
            "on goods that were excepted": "/codes/2" = { "code": { "edition": "HS2022", "code": "8543" } } => ["codes"];
            "on goods of an origin less": "/origins" = ["XA"] => [];
            "on goods of an origin more": "/origins/2" = "XE" => ["origins"];
            "on goods of every origin": "/origins" = [] => ["origins"];
            "an origin exempt": "/excluded_origins/1" = "XE" => [];
            "an origin exempt no more": "/excluded_origins" = [] => ["excluded_origins"];
            "for less long": "/validity" = { "from": "2025-01-01", "until": "2029-01-01" } => [];
            "for longer": "/validity/until" = "" => ["validity"];
            "sooner": "/validity/from" = "2023-01-01" => ["validity"];
        }
    }
}
