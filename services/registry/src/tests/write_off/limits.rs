//! What is the same declaration, the same item and the same product, and on which day.

use greenlane_api::equivalence::v1 as eq;

use super::*;
use crate::tests::contestations::{Disputes, beside, dispute, until};

greenlane_store::engine_tests!(Migrator:
    a_declaration_is_the_same_however_its_reference_is_written,
    a_release_is_judged_by_its_day,
    a_stop_that_is_put_behind_what_comes_tonight_stops_releases_at_once,
    what_was_released_while_a_certificate_was_in_force_is_written_off_after_it_was_not,
    a_release_is_dated_back_no_further_than_steps_are,
    nothing_is_written_off_while_a_panel_has_a_certificate_without_effect,
    nothing_is_written_off_against_what_a_compromised_key_signed,
    what_is_taken_of_a_product_is_taken_of_what_a_new_version_makes_of_it,
    no_reduction_makes_more_of_a_product,
    a_serial_number_is_written_off_once_in_whatever_case,
    what_is_limited_is_identified_by_no_other_product,
);

async fn a_declaration_is_the_same_however_its_reference_is_written(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut port = customs(&served, "XB");
    let under = |id: &str, reference: &str| wire::RecordWriteOffRequest {
        declaration_reference: reference.to_owned(),
        ..consignment(&name, id, "5")
    };
    let first = port.record_write_off(under("a", "26XB Same/1")).await.unwrap().into_inner().write_off.unwrap();
    assert_eq!(first.declaration_reference, "26XB Same/1", "as it was told");
    for (at, same) in ["26XB SAME/1", "26xbsame/1", "２６ＸＢ ｓａｍｅ/１", "26XB\u{a0}Same/1"].into_iter().enumerate()
    {
        let refused = port.record_write_off(under(&format!("b{at}"), same)).await.unwrap_err();
        assert_eq!(refused.code(), Code::AlreadyExists, "{same}");
        assert_eq!(Fault::metadata_of(&refused)["resource"], first.name);
    }
    for (at, blank) in [" 26XB/2", "26XB/2 ", "26XB/2\u{a0}"].into_iter().enumerate() {
        let refused = port.record_write_off(under(&format!("c{at}"), blank)).await.unwrap_err();
        assert_eq!(Fault::violations_of(&refused)[0].field, "declaration_reference");
    }
    assert_eq!(left(&served, &name).await, "95");
}

async fn a_stop_that_is_put_behind_what_comes_tonight_stops_releases_at_once(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    let tonight = served.clock.now() + chrono::TimeDelta::hours(11);
    let amended = wire::AmendCertificateRequest {
        effective_time: Some(prost_types::Timestamp { seconds: tonight.timestamp(), nanos: 0 }),
        ..crate::tests::revise::amendment(&name, "a", "Other words.")
    };
    body.amend_certificate(amended).await.unwrap();
    body.suspend_certificate(suspension(&name, "s")).await.unwrap();
    served.clock.advance(chrono::TimeDelta::hours(1));
    let refused = customs(&served, "XB").record_write_off(consignment(&name, "w", "10")).await.unwrap_err();
    assert_eq!(Fault::metadata_of(&refused).get("state").map(String::as_str), Some("suspended"));
}

async fn a_release_is_judged_by_its_day(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut port = customs(&served, "XB");
    let mut body = served.certificates("bodies/xa-lab");
    let on = |id: &str, day: chrono::DateTime<chrono::Utc>| wire::RecordWriteOffRequest {
        event_time: Some(prost_types::Timestamp { seconds: day.timestamp(), nanos: 0 }),
        ..consignment(&name, id, "10")
    };
    let released = served.clock.now();
    served.clock.advance(chrono::TimeDelta::days(1));
    body.suspend_certificate(suspension(&name, "s")).await.unwrap();
    let suspended = served.clock.now();
    port.record_write_off(on("a", released)).await.unwrap();
    let refused = port.record_write_off(on("b", suspended)).await.unwrap_err();
    assert_eq!(Fault::metadata_of(&refused).get("state").map(String::as_str), Some("suspended"));
    served.clock.advance(chrono::TimeDelta::days(1));
    let reinstatement = wire::ReinstateCertificateRequest {
        request_id: "re".to_owned(),
        name: name.clone(),
        reason: wire::CertificateReason::Remedied.into(),
        ..Default::default()
    };
    body.reinstate_certificate(reinstatement).await.unwrap();
    port.record_write_off(consignment(&name, "c", "10")).await.unwrap();
    let refused = port.record_write_off(on("d", suspended)).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::StateConflict));
    assert_eq!(Fault::metadata_of(&refused).get("state").map(String::as_str), Some("suspended"));
    assert_eq!(left(&served, &name).await, "80");
    // Before its first day of validity it did not count, and after its last it does no more.
    let of_days = |id: &str, valid_from: &str, valid_until: &str| {
        let mut order = order("xa-lab", id);
        let content = order.content.as_mut().unwrap();
        (content.valid_from, content.valid_until) = (valid_from.to_owned(), valid_until.to_owned());
        order
    };
    let begun = body.issue_certificate(of_days("begun", "2026-05-20", "2029-01-09")).await.unwrap().into_inner();
    let early = wire::RecordWriteOffRequest {
        certificate: begun.certificate.unwrap().name,
        ..on("e", "2026-05-19T12:00:00Z".parse().unwrap())
    };
    let refused = port.record_write_off(early).await.unwrap_err();
    assert_eq!(Fault::metadata_of(&refused).get("state").map(String::as_str), Some("not_yet_valid"));
    // A clock that is ahead of this one makes no day of tomorrow.
    let today = served.clock.now().date_naive();
    let last = body.issue_certificate(of_days("last", "2026-01-10", &today.to_string())).await.unwrap().into_inner();
    let night = today.and_hms_opt(23, 58, 0).unwrap().and_utc();
    served.clock.advance(night - served.clock.now());
    let ahead = wire::RecordWriteOffRequest {
        certificate: last.certificate.unwrap().name,
        ..on("f", night + chrono::TimeDelta::minutes(4))
    };
    port.record_write_off(ahead).await.unwrap();
}

async fn what_was_released_while_a_certificate_was_in_force_is_written_off_after_it_was_not(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut port = customs(&served, "XB");
    let mut body = served.certificates("bodies/xa-lab");
    let on = |id: &str, at: chrono::DateTime<chrono::Utc>| wire::RecordWriteOffRequest {
        event_time: Some(prost_types::Timestamp { seconds: at.timestamp(), nanos: 0 }),
        ..consignment(&name, id, "10")
    };
    let hours = chrono::TimeDelta::hours;
    let noon = served.clock.now();
    // Suspended since two o'clock, as is recorded at four.
    served.clock.advance(hours(4));
    let dated_back = wire::SuspendCertificateRequest {
        effective_time: Some(prost_types::Timestamp { seconds: (noon + hours(2)).timestamp(), nanos: 0 }),
        ..suspension(&name, "s")
    };
    body.suspend_certificate(dated_back).await.unwrap();
    served.clock.advance(hours(1));
    port.record_write_off(on("before", noon + hours(1))).await.unwrap();
    port.record_write_off(on("unknowing", noon + hours(3))).await.unwrap();
    for (id, at) in [("recorded", noon + hours(4)), ("after", noon + hours(5))] {
        let refused = port.record_write_off(on(id, at)).await.unwrap_err();
        assert_eq!(Fault::metadata_of(&refused).get("state").map(String::as_str), Some("suspended"), "{id}");
    }
    let now = port.record_write_off(consignment(&name, "now", "10")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&now), Some(ErrorReason::StateConflict));
    // What is void from the start was in force at no moment.
    let annulment = wire::AnnulCertificateRequest {
        request_id: "annul".to_owned(),
        name: name.clone(),
        reason: wire::CertificateReason::Fraud.into(),
        reason_text: "Forged test reports.".to_owned(),
        ..Default::default()
    };
    body.annul_certificate(annulment).await.unwrap();
    let void = port.record_write_off(on("void", noon + hours(1))).await.unwrap_err();
    assert_eq!(Fault::metadata_of(&void).get("state").map(String::as_str), Some("annulled"));
    assert_eq!(left(&served, &name).await, "80");
}

async fn a_release_is_dated_back_no_further_than_steps_are(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut port = customs(&served, "XB");
    let ago = |days: i64| {
        let moment = served.clock.now() - chrono::TimeDelta::days(days);
        Some(prost_types::Timestamp { seconds: moment.timestamp(), nanos: 0 })
    };
    let on = |id: &str, days| wire::RecordWriteOffRequest { event_time: ago(days), ..consignment(&name, id, "10") };
    let latest = on("a", 30);
    let done = port.record_write_off(latest.clone()).await.unwrap().into_inner();
    let rejected = wire::RecordRejectionRequest {
        request_id: "c".to_owned(),
        certificate: name.clone(),
        economy: "XB".to_owned(),
        declaration_reference: "26XBc/1".to_owned(),
        event_time: ago(31),
        reason: wire::RejectionReason::Nonconformity.into(),
        ..Default::default()
    };
    for refused in [port.record_write_off(on("b", 31)).await.err(), port.record_rejection(rejected).await.err()] {
        let refused = refused.expect("what lies too far back is refused");
        assert_eq!(refused.code(), Code::InvalidArgument);
        let violation = Fault::violations_of(&refused).remove(0);
        assert_eq!((violation.field.as_str(), violation.description.contains("30 days")), ("event_time", true));
    }
    assert_eq!(left(&served, &name).await, "90");
    // What was done stays done, also when it lies too far back by now.
    served.clock.advance(chrono::TimeDelta::days(3));
    assert_eq!(port.record_write_off(latest).await.unwrap().into_inner(), done);
}

async fn nothing_is_written_off_while_a_panel_has_a_certificate_without_effect(db: TestDatabase) {
    let disputes = Disputes::default();
    let served = beside(&db, &disputes).await;
    let name = issued(&served).await;
    let mut port = customs(&served, "XB");
    port.record_write_off(consignment(&name, "a", "10")).await.unwrap();
    disputes.say(eq::Dispute {
        interim_effect_from: "2026-06-01".to_owned(),
        ..dispute("a", &name, "bodies/xa-lab", eq::DisputeState::WithPanel)
    });
    until(&served, &name, &["without_effect", "active", "contested"]).await;
    let refused = port.record_write_off(consignment(&name, "b", "10")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::StateConflict));
    assert_eq!(Fault::metadata_of(&refused).get("state").map(String::as_str), Some("without_effect"));
    // What was released the day before was so lawfully.
    let day_before = served.clock.now() - chrono::TimeDelta::days(1);
    let event_time = Some(prost_types::Timestamp { seconds: day_before.timestamp(), nanos: 0 });
    port.record_write_off(wire::RecordWriteOffRequest { event_time, ..consignment(&name, "c", "10") }).await.unwrap();
    assert_eq!(left(&served, &name).await, "80");
}

async fn nothing_is_written_off_against_what_a_compromised_key_signed(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut port = customs(&served, "XB");
    let used = port.record_write_off(consignment(&name, "a", "10")).await.unwrap().into_inner().write_off.unwrap();
    let read = wire::GetCertificateRequest { name: name.clone(), ..Default::default() };
    let read = served.certificates("bodies/xa-lab").get_certificate(read).await.unwrap().into_inner();
    let key = read.certificate.unwrap().signing_key;
    let since = (served.clock.now() - chrono::TimeDelta::hours(1)).timestamp();
    let revoked = wire::RevokeBodyKeyRequest {
        name: key,
        compromised_since: Some(prost_types::Timestamp { seconds: since, nanos: 0 }),
        reason_text: "The safe was found open.".to_owned(),
        request_id: "stolen".to_owned(),
        ..Default::default()
    };
    served.bodies().revoke_body_key(revoked).await.unwrap();
    let refused = port.record_write_off(consignment(&name, "b", "10")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::StateConflict));
    assert_eq!(Fault::metadata_of(&refused).get("state").map(String::as_str), Some("key_compromised"));
    assert_eq!(left(&served, &name).await, "90");
    // What was written off before it was known can be taken back.
    let back = wire::ReverseWriteOffRequest {
        name: used.name,
        request_id: "back".to_owned(),
        reason_text: "released in error".to_owned(),
        ..Default::default()
    };
    port.reverse_write_off(back).await.unwrap();
    assert_eq!(left(&served, &name).await, "100");
}

/// A correction of the products of a certificate.
fn corrected(name: &str, id: &str, products: Vec<wire::CertifiedProduct>) -> wire::AmendCertificateRequest {
    wire::AmendCertificateRequest {
        content: Some(wire::CertificateContent { products, ..Default::default() }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["products".to_owned()] }),
        ..crate::tests::revise::amendment(name, id, "")
    }
}

async fn what_is_taken_of_a_product_is_taken_of_what_a_new_version_makes_of_it(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut port = customs(&served, "XB");
    let mut body = served.certificates("bodies/xa-lab");
    let used = port.record_write_off(consignment(&name, "a", "90")).await.unwrap().into_inner().write_off.unwrap();
    let read = wire::GetCertificateRequest { name: name.clone(), ..Default::default() };
    let read = body.get_certificate(read).await.unwrap().into_inner().certificate.unwrap();
    let products = read.content.unwrap().products;
    let with = |change: fn(&mut wire::CertifiedProduct)| {
        let mut products = products.clone();
        change(&mut products[0]);
        products
    };
    let said: fn(&mut wire::CertifiedProduct) = |product| {
        product.identification.as_mut().unwrap().gtin = "09506000134352".to_owned();
    };
    // More is said of it, then it is called otherwise.
    body.amend_certificate(corrected(&name, "c1", with(said))).await.unwrap();
    assert_eq!(left(&served, &name).await, "10");
    let again = wire::RecordWriteOffRequest {
        declaration_reference: used.declaration_reference,
        ..consignment(&name, "b", "1")
    };
    assert_eq!(port.record_write_off(again).await.unwrap_err().code(), Code::AlreadyExists);
    assert_eq!(exceeded(&port.record_write_off(consignment(&name, "c", "11")).await.unwrap_err()), "10");
    port.record_write_off(consignment(&name, "d", "2")).await.unwrap();
    let renamed = with(|product| product.identification = Some(model("SR-401")));
    body.amend_certificate(corrected(&name, "c2", renamed.clone())).await.unwrap();
    assert_eq!(left(&served, &name).await, "8");
    let as_renamed = |id: &str, amount: &str| wire::RecordWriteOffRequest {
        product: Some(model("SR-401")),
        ..consignment(&name, id, amount)
    };
    assert_eq!(exceeded(&port.record_write_off(as_renamed("e", "9")).await.unwrap_err()), "8");
    let balance = wire::GetBalanceRequest { certificate: name.clone(), consistency: None };
    let balance = port.get_balance(balance).await.unwrap().into_inner().products;
    assert_eq!(balance[0].written_off, [pieces("92")]);
    assert!(balance[1].written_off.is_empty(), "the other product has no part in it");
    // What is undone is there again, and told.
    let reversal = wire::ReverseWriteOffRequest {
        request_id: "r".to_owned(),
        name: used.name,
        reason_text: "The wrong certificate.".to_owned(),
        ..Default::default()
    };
    assert_eq!(port.reverse_write_off(reversal).await.unwrap().into_inner().left.unwrap(), pieces("98"));
    // Amounts of another unit are not reckoned with.
    let mut tonnes = renamed;
    tonnes[0].quantity = Some(wire::Quantity { amount: "1".to_owned(), unit: "TNE".to_owned() });
    body.amend_certificate(corrected(&name, "c3", tonnes)).await.unwrap();
    let tonne = wire::Quantity { amount: "1".to_owned(), unit: "TNE".to_owned() };
    let tonne = wire::RecordWriteOffRequest { quantity: Some(tonne), ..as_renamed("f", "1") };
    assert_eq!(exceeded(&port.record_write_off(tonne).await.unwrap_err()), "0");
    assert_eq!(left(&served, &name).await, "0");
}

async fn no_reduction_makes_more_of_a_product(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let mut order = order("xa-lab", "issue");
    let whole = &mut order.content.as_mut().unwrap().products[0];
    (whole.quantity, whole.models) = (Some(pieces("100")), vec!["SR-400b".to_owned()]);
    let whole = whole.clone();
    let mut body = served.certificates("bodies/xa-lab");
    let name = body.issue_certificate(order).await.unwrap().into_inner().certificate.unwrap().name;
    let mut port = customs(&served, "XB");
    port.record_write_off(consignment(&name, "a", "90")).await.unwrap();
    let parts = |amounts: [&str; 2]| {
        let part = |(of, amount): (&str, &str)| wire::CertifiedProduct {
            identification: Some(model(of)),
            models: Vec::new(),
            quantity: Some(pieces(amount)),
            ..whole.clone()
        };
        ["SR-400", "SR-400b"].into_iter().zip(amounts).map(part).collect()
    };
    let reduce = |id: &str, amounts| wire::AmendCertificateRequest {
        kind: wire::AmendmentKind::ReduceScope.into(),
        ..corrected(&name, id, parts(amounts))
    };
    let refused = body.amend_certificate(reduce("b", ["100", "100"])).await.unwrap_err();
    assert_eq!(Fault::violations_of(&refused)[0].field, "content.products");
    body.amend_certificate(reduce("c", ["60", "40"])).await.unwrap();
    let other = wire::RecordWriteOffRequest { product: Some(model("SR-400b")), ..consignment(&name, "d", "1") };
    assert_eq!(exceeded(&port.record_write_off(other).await.unwrap_err()), "0", "90 of 100 may have been of these");
}

async fn a_serial_number_is_written_off_once_in_whatever_case(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let name = served.issue("xa-lab", "free").await.certificate.unwrap().name;
    let mut port = customs(&served, "XB");
    let one =
        |id: &str, serial: &str| wire::RecordWriteOffRequest { product: None, ..items(&name, id, serial, serial) };
    let used = port.record_write_off(one("a", "sn-1")).await.unwrap().into_inner().write_off.unwrap();
    assert_eq!(used.serial_ranges[0].first, "sn-1", "as it was told");
    assert_eq!(exceeded(&port.record_write_off(one("b", "SN-1")).await.unwrap_err()), "SN-1");
    port.record_write_off(one("c", "SN-2")).await.unwrap();
    assert_eq!(exceeded(&port.record_write_off(one("d", "sn-2")).await.unwrap_err()), "SN-2");
}

async fn what_is_limited_is_identified_by_no_other_product(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let mut order = order("xa-lab", "twice");
    let products = &mut order.content.as_mut().unwrap().products;
    products.push(wire::CertifiedProduct { quantity: Some(pieces("5")), ..products[0].clone() });
    let mut body = served.certificates("bodies/xa-lab");
    let refused = body.issue_certificate(order.clone()).await.unwrap_err();
    assert_eq!(Fault::violations_of(&refused)[0].field, "content.products[1].identification");
    order.content.as_mut().unwrap().products[1].quantity = None;
    body.issue_certificate(order).await.unwrap();
}
