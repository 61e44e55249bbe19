use serde_json::{Value, json};

use super::Entry;

/// An entry of every kind as it is stored, with at least one of everything that it may be made of. A field that comes
/// later is not added here.
fn stored() -> [Value; 10] {
    let source = json!({ "uri": "https://example.org", "note": "", "retrieved_on": "2026-11-01", "example": false });
    let validity = json!({ "from": "2026-01-01", "until": "" });
    let codes =
        json!([{ "code": { "edition": "HS2022", "code": "8541" }, "except": ["854110"], "ex_description": "" }]);
    let target = json!({ "name": "schemes/mark", "level": "A" });
    let ending = json!({
        "on": "2027-01-01", "rule": "LAPSE_RULE_CUT_OFF", "earlier_results_until": "", "legal_reference": "",
    });
    [
        json!({ "economy": {
            "name": "economies/ASEAN", "display_names": [{ "language": "en", "text": "A bloc" }], "bloc": true,
            "members": [{ "economy": "XA", "validity": validity }], "source": source,
            "complete_requirements": { "codes": codes },
        }}),
        json!({ "body": {
            "name": "bodies/lab", "display_name": "A laboratory", "economy": "XA",
            "roles": ["BODY_ROLE_CERTIFICATION_BODY"], "source": source,
        }}),
        json!({ "scheme": {
            "name": "schemes/mark", "display_names": [], "kind": "SCHEME_KIND_ENERGY_EFFICIENCY", "owner": "",
            "levels": [{ "id": "A", "display_name": "" }], "standards": [], "validity": null, "source": source,
        }}),
        json!({ "standard": {
            "name": "standards/iec-61215-1-2021", "designation": "IEC 61215-1:2021", "publisher": "IEC", "title": "",
            "published_on": "2021", "implemented_on": "", "withdrawn_on": "", "supersedes": [], "source": source,
        }}),
        json!({ "edition_transition": {
            "name": "editionTransitions/t", "market": "XA", "from_standard": "standards/iec-61215-1-2016",
            "to_standard": "standards/iec-61215-1-2021", "either_from": "", "new_only_from": "2026-01-01",
            "convert_by": "", "consequence": "CONVERSION_CONSEQUENCE_SUSPEND", "withdraw_by": "", "exempt_stock": "",
            "stock_exemption": {
                "placed_on_market_before": "2026-01-01", "manufactured_before": "", "until": "", "provided": "",
            },
            "source": source,
        }}),
        json!({ "equivalence": {
            "name": "equivalences/e", "from": target, "to": target, "degree": "EQUIVALENCE_DEGREE_MODIFIED",
            "deviations": [{
                "clause": "5", "description": "", "bridging_test": { "id": "b", "description": "A test" },
            }],
            "validity": validity, "legal_reference": "", "source": source,
        }}),
        json!({ "arrangement": {
            "name": "arrangements/m", "title": "", "parties": [{ "economy": "XA", "direction": "PARTY_DIRECTION_BOTH" }],
            "signed_on": "", "provisional_from": "", "in_force_from": "2026-01-01", "suspensions": [], "lapse": ending,
            "legal_reference": "", "source": source,
        }}),
        json!({ "annex": {
            "name": "annexes/a", "arrangement": "arrangements/m", "title": "", "legal_reference": "",
            "validity": validity, "suspensions": [], "lapse": null, "objects": ["RECOGNITION_OBJECT_CERTIFICATE"],
            "basis": "RECOGNITION_BASIS_EQUIVALENT_RULES", "effect": "RECOGNITION_EFFECT_FULL", "reciprocal": false,
            "covered": [target], "codes": [], "economies": [],
            "exclusions": { "economies": [], "bodies": [], "targets": [], "codes": [], "origins": [] },
            "origin_rule": "ORIGIN_RULE_ANY", "designation_required": false,
            "conditions": [{ "id": "c", "kind": "CONDITION_KIND_LABEL", "description": "A label", "markets": [] }],
            "transitions": [{
                "economy": "XA", "ends_on": "2027-01-01", "special_and_differential": false, "legal_reference": "",
            }],
            "max_chain_links": null, "within_party": false, "source": source,
        }}),
        json!({ "designation": {
            "name": "designations/d", "body": "bodies/lab", "authority": "bodies/authority", "annex": "annexes/a",
            "targets": [], "codes": [], "validity": validity, "suspensions": [], "ending": null,
            "contestations": [{
                "party": "XB", "raised_on": "2026-02-01", "answer_by": "", "object_by": "", "interim_suspension": null,
                "settled_on": "", "note": "", "fast_track_reason": "",
            }],
            "source": source,
        }}),
        json!({ "requirement": {
            "name": "requirements/r", "market": "XA", "title": "", "mandatory": true, "codes": [], "origins": [],
            "excluded_origins": [],
            "acceptances": [{
                "target": target,
                "bodies": { "any": true, "economies": [], "bodies": [], "excluded_bodies": [], "incomplete": false },
                "objects": [], "validity": null, "together_with": [],
            }],
            "validity": validity, "legal_reference": "", "notification_reference": "", "regulator": "",
            "source": source,
        }}),
    ]
}

/// What is served of a revision is held against what is on record of it, by whichever version serves it. A field that
/// comes later, `#[serde(default)]`, is therefore also `skip_serializing_if` it says nothing.
#[test]
fn of_what_was_stored_before_a_later_version_serves_no_field_more() {
    for stored in stored() {
        let entry: Entry = serde_json::from_value(stored.clone()).unwrap_or_else(|error| panic!("{error}: {stored}"));
        assert_eq!(serde_json::to_value(&entry).unwrap(), stored);
    }
}
