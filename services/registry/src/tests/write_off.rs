//! The write-off ledger: no certificate covers more goods than it names, whichever ports ask.

use greenlane_api::common::v1 as common;
use greenlane_api::common::v1::ErrorReason;
use greenlane_api::registry::v1 as wire;
use greenlane_api::registry::v1::verification_service_client::VerificationServiceClient;
use greenlane_api::registry::v1::write_off_service_client::WriteOffServiceClient;
use greenlane_platform::client::Client;
use greenlane_platform::fault::Fault;
use greenlane_store::testing::TestDatabase;
use tokio::task::JoinSet;
use tonic::{Code, Status};

use super::harness::{Served, codes, goods, order, question, serve};
use super::life::{suspension, withdrawal};
use crate::Migrator;
use crate::audit::Auditor;

mod limits;

greenlane_store::engine_tests!(Migrator:
    many_ports_at_once_never_exceed_a_quantity,
    many_ports_at_once_never_let_a_serial_number_in_twice,
    what_is_reversed_is_there_again,
    the_same_request_is_done_once_and_answered_the_same,
    a_declaration_writes_a_product_off_once_under_whatever_request_id,
    nothing_is_written_off_against_what_is_not_in_force,
    all_that_is_wrong_with_a_consignment_is_named_at_once,
    a_body_is_told_of_use_and_rejection_by_list_and_watch,
    each_reads_and_writes_what_is_its_own,
    a_verdict_tells_what_is_left_when_it_is_asked,
    what_stands_taken_is_what_the_records_leave,
    the_log_tells_neither_certificate_nor_amount_and_binds_the_record,
);

/// A certificate of 100 pieces, and of serial numbers A000 to A999 of another product.
async fn issued(served: &Served) -> String {
    served.enrol("xa-lab").await;
    let mut order = order("xa-lab", "issue");
    let products = &mut order.content.as_mut().unwrap().products;
    let mut numbered = products[0].clone();
    products[0].quantity = Some(pieces("100"));
    numbered.identification = Some(model("SR-500"));
    numbered.serial_ranges = vec![run("A000", "A999")];
    products.push(numbered);
    served.certificates("bodies/xa-lab").issue_certificate(order).await.unwrap().into_inner().certificate.unwrap().name
}

fn model(model: &str) -> common::ProductIdentification {
    common::ProductIdentification { model: model.to_owned(), ..Default::default() }
}

fn pieces(amount: &str) -> wire::Quantity {
    wire::Quantity { amount: amount.to_owned(), unit: "C62".to_owned() }
}

fn run(first: &str, last: &str) -> wire::SerialRange {
    wire::SerialRange { first: first.to_owned(), last: last.to_owned() }
}

/// The customs of an economy.
fn customs(served: &Served, economy: &str) -> WriteOffServiceClient<Client> {
    WriteOffServiceClient::new(served.channel_of_economy(economy))
}

fn of_body(served: &Served, body: &str) -> WriteOffServiceClient<Client> {
    WriteOffServiceClient::new(served.channel("clerk", Some(body)))
}

fn consignment(name: &str, request_id: &str, amount: &str) -> wire::RecordWriteOffRequest {
    wire::RecordWriteOffRequest {
        request_id: request_id.to_owned(),
        certificate: name.to_owned(),
        economy: "XB".to_owned(),
        declaration_reference: format!("26XB{request_id}/1"),
        product: Some(model("SR-400")),
        quantity: Some(pieces(amount)),
        ..Default::default()
    }
}

fn items(name: &str, request_id: &str, first: &str, last: &str) -> wire::RecordWriteOffRequest {
    let serial_ranges = vec![run(first, last)];
    let consignment = consignment(name, request_id, "1");
    wire::RecordWriteOffRequest { product: Some(model("SR-500")), quantity: None, serial_ranges, ..consignment }
}

async fn left(served: &Served, name: &str) -> String {
    let request = wire::GetBalanceRequest { certificate: name.to_owned(), consistency: None };
    let balance = customs(served, "XC").get_balance(request).await.unwrap().into_inner();
    balance.products[0].left.as_ref().unwrap().amount.clone()
}

fn exceeded(status: &Status) -> String {
    assert_eq!(
        (status.code(), Fault::reason_of(status)),
        (Code::FailedPrecondition, Some(ErrorReason::WriteOffExceeded))
    );
    let told = Fault::metadata_of(status);
    told.get("left").or_else(|| told.get("first")).cloned().unwrap_or_default()
}

async fn many_ports_at_once_never_exceed_a_quantity(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut ports = JoinSet::new();
    for port in 0..40 {
        let (mut customs, name) = (customs(&served, "XB"), name.clone());
        ports.spawn(async move {
            let mut taken = 0;
            for turn in 0..3 {
                let amount = 1 + (port + turn) % 5;
                let request = consignment(&name, &format!("p{port}-{turn}"), &amount.to_string());
                match customs.record_write_off(request).await {
                    Ok(_) => taken += amount,
                    Err(refused) => assert!(exceeded(&refused).parse::<u32>().unwrap() < amount as u32),
                }
            }
            taken
        });
    }
    let taken: i32 = ports.join_all().await.into_iter().sum();
    let left: i32 = left(&served, &name).await.parse().unwrap();
    assert_eq!(taken + left, 100, "what was acknowledged is what is taken");
    assert!(left < 5, "more was asked for than there is");
}

async fn many_ports_at_once_never_let_a_serial_number_in_twice(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut ports = JoinSet::new();
    for port in 0..30u32 {
        let (mut customs, name) = (customs(&served, "XB"), name.clone());
        ports.spawn(async move {
            // Runs of eight that begin every four: each has half in common with the next.
            let (first, last) = (format!("A{:03}", port * 4), format!("A{:03}", port * 4 + 7));
            match customs.record_write_off(items(&name, &format!("s{port}"), &first, &last)).await {
                Ok(_) => vec![port],
                Err(refused) => {
                    assert!(!exceeded(&refused).is_empty());
                    Vec::new()
                }
            }
        });
    }
    let mut taken: Vec<u32> = ports.join_all().await.into_iter().flatten().collect();
    taken.sort_unstable();
    assert!(!taken.is_empty() && taken.windows(2).all(|two| two[1] - two[0] >= 2), "{taken:?}");
}

async fn what_is_reversed_is_there_again(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut port = customs(&served, "XB");
    let used = port.record_write_off(consignment(&name, "a", "70.5")).await.unwrap().into_inner();
    assert_eq!(used.left.unwrap(), pieces("29.5"));
    let too_much = port.record_write_off(consignment(&name, "b", "30")).await.unwrap_err();
    assert_eq!(exceeded(&too_much), "29.5");
    let write_off = used.write_off.unwrap();
    let reversal = wire::ReverseWriteOffRequest {
        request_id: "r".to_owned(),
        name: write_off.name.clone(),
        reason_text: "The wrong certificate.".to_owned(),
        ..Default::default()
    };
    let foreign = customs(&served, "XC").reverse_write_off(reversal.clone()).await.unwrap_err();
    assert_eq!(Fault::reason_of(&foreign), Some(ErrorReason::NotYours));
    // Also when the certificate does not count any more.
    let mut body = served.certificates("bodies/xa-lab");
    body.suspend_certificate(suspension(&name, "s")).await.unwrap();
    let reversed = port.reverse_write_off(reversal.clone()).await.unwrap().into_inner();
    assert_eq!(reversed.left.clone().unwrap(), pieces("100"));
    assert_eq!(reversed.write_off.as_ref().unwrap().reverses, write_off.name);
    assert_eq!(port.reverse_write_off(reversal.clone()).await.unwrap().into_inner(), reversed, "the same request");
    let again = wire::ReverseWriteOffRequest { request_id: "r2".to_owned(), ..reversal };
    let twice = port.reverse_write_off(again).await.unwrap_err();
    assert_eq!(Fault::reason_of(&twice), Some(ErrorReason::StateConflict));
    let read = wire::GetWriteOffRequest { name: write_off.name, consistency: None };
    let read = port.get_write_off(read).await.unwrap().into_inner().write_off.unwrap();
    assert_eq!(read.reversed_by, reversed.write_off.unwrap().name);
    // Serial numbers as well.
    let reinstatement = wire::ReinstateCertificateRequest {
        request_id: "re".to_owned(),
        name: name.clone(),
        reason: wire::CertificateReason::Remedied.into(),
        ..Default::default()
    };
    body.reinstate_certificate(reinstatement).await.unwrap();
    let run = port.record_write_off(items(&name, "c", "A010", "A019")).await.unwrap().into_inner().write_off.unwrap();
    let taken = port.record_write_off(items(&name, "d", "A019", "A029")).await.unwrap_err();
    assert_eq!(exceeded(&taken), "A019");
    let reversal = wire::ReverseWriteOffRequest {
        request_id: "r3".to_owned(),
        name: run.name,
        reason_text: "x".to_owned(),
        ..Default::default()
    };
    port.reverse_write_off(reversal).await.unwrap();
    port.record_write_off(items(&name, "e", "A019", "A029")).await.unwrap();
}

async fn the_same_request_is_done_once_and_answered_the_same(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut port = customs(&served, "XB");
    let dry = wire::RecordWriteOffRequest { validate_only: true, ..consignment(&name, "a", "60") };
    let checked = port.record_write_off(dry).await.unwrap().into_inner();
    assert_eq!((checked.proof, checked.left.unwrap()), (None, pieces("40")));
    assert_eq!(left(&served, &name).await, "100");
    let first = port.record_write_off(consignment(&name, "a", "60")).await.unwrap().into_inner();
    served.certificates("bodies/xa-lab").withdraw_certificate(withdrawal(&name, "w")).await.unwrap();
    let again = port.record_write_off(consignment(&name, "a", "60")).await.unwrap().into_inner();
    assert_eq!(again, first, "whatever has happened since");
    assert_eq!(left(&served, &name).await, "40");
    let other = port.record_write_off(consignment(&name, "a", "10")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&other), Some(ErrorReason::RequestIdReused));
}

async fn a_declaration_writes_a_product_off_once_under_whatever_request_id(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut port = customs(&served, "XB");
    let first = port.record_write_off(consignment(&name, "a", "10")).await.unwrap().into_inner().write_off.unwrap();
    let anew = |id: &str| wire::RecordWriteOffRequest { request_id: id.to_owned(), ..consignment(&name, "a", "10") };
    for request in [anew("b"), wire::RecordWriteOffRequest { validate_only: true, ..anew("c") }] {
        let refused = port.record_write_off(request).await.unwrap_err();
        let told = (refused.code(), Fault::reason_of(&refused));
        assert_eq!(told, (Code::AlreadyExists, Some(ErrorReason::ResourceExists)));
        let metadata = Fault::metadata_of(&refused);
        assert_eq!((metadata["resource"].as_str(), metadata["declaration"].as_str()), (&*first.name, "26XBa/1"));
        assert!(refused.message().contains("written off already"), "{}", refused.message());
    }
    assert_eq!(left(&served, &name).await, "90", "once");
    // Another item, another product and another economy are something else.
    port.record_write_off(consignment(&name, "d", "10")).await.unwrap();
    let numbered = items(&name, "e", "A000", "A009");
    let numbered = wire::RecordWriteOffRequest { declaration_reference: "26XBa/1".to_owned(), ..numbered };
    port.record_write_off(numbered).await.unwrap();
    let abroad = wire::RecordWriteOffRequest { economy: "XC".to_owned(), ..anew("f") };
    customs(&served, "XC").record_write_off(abroad).await.unwrap();
    // Two ports at once: one of them.
    let both = [("g", "1"), ("h", "1")].map(|(id, amount)| wire::RecordWriteOffRequest {
        declaration_reference: "26XBz/1".to_owned(),
        ..consignment(&name, id, amount)
    });
    let mut others = (customs(&served, "XB"), customs(&served, "XB"));
    let [one, other] = both;
    let (one, other) = tokio::join!(others.0.record_write_off(one), others.1.record_write_off(other));
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1);
    // What was a mistake is made anew.
    let reversal = wire::ReverseWriteOffRequest {
        request_id: "r".to_owned(),
        name: first.name,
        reason_text: "The wrong amount.".to_owned(),
        ..Default::default()
    };
    port.reverse_write_off(reversal).await.unwrap();
    port.record_write_off(anew("i")).await.unwrap();
    let refused = port.record_write_off(anew("j")).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
}

async fn nothing_is_written_off_against_what_is_not_in_force(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut body = served.certificates("bodies/xa-lab");
    body.suspend_certificate(suspension(&name, "s")).await.unwrap();
    let refused = customs(&served, "XB").record_write_off(consignment(&name, "a", "1")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::StateConflict));
    assert_eq!(Fault::metadata_of(&refused).get("state").map(String::as_str), Some("suspended"));
    let nowhere = consignment("certificates/GLXA3SYN1QGCHR4WSJ", "b", "1");
    let unknown = customs(&served, "XB").record_write_off(nowhere).await.unwrap_err();
    assert!(matches!(unknown.code(), Code::NotFound | Code::InvalidArgument));
}

async fn all_that_is_wrong_with_a_consignment_is_named_at_once(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut port = customs(&served, "XB");
    let fields = |status: &Status| -> Vec<String> {
        Fault::violations_of(status).into_iter().map(|violation| violation.field).collect()
    };
    let wrong = wire::RecordWriteOffRequest {
        request_id: "not an id!".to_owned(),
        certificate: "GLX".to_owned(),
        economy: "xb".to_owned(),
        serial_ranges: vec![run("A2", "A1")],
        quantity: Some(pieces("-1")),
        event_time: Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 }),
        ..Default::default()
    };
    let refused = port.record_write_off(wrong).await.unwrap_err();
    let expected = [
        "request_id",
        "certificate",
        "economy",
        "declaration_reference",
        "quantity.amount",
        "serial_ranges[0]",
        "event_time",
    ];
    assert_eq!(fields(&refused), expected);
    for (request, field) in [
        (wire::RecordWriteOffRequest { quantity: None, ..consignment(&name, "a", "1") }, "quantity"),
        (wire::RecordWriteOffRequest { product: None, ..consignment(&name, "a", "1") }, "product"),
        (wire::RecordWriteOffRequest { product: Some(model("SR-600")), ..consignment(&name, "a", "1") }, "product"),
        (
            wire::RecordWriteOffRequest {
                quantity: Some(wire::Quantity { amount: "1".to_owned(), unit: "KGM".to_owned() }),
                ..consignment(&name, "a", "1")
            },
            "quantity.unit",
        ),
        (
            wire::RecordWriteOffRequest {
                quantity: Some(wire::Quantity { amount: "1".to_owned(), unit: "PCS".to_owned() }),
                product: Some(model("SR-500")),
                ..consignment(&name, "a", "1")
            },
            "quantity.unit",
        ),
        (
            wire::RecordWriteOffRequest { product: Some(model("SR-500")), ..consignment(&name, "a", "1") },
            "serial_ranges",
        ),
        (items(&name, "a", "A990", "B010"), "serial_ranges"),
    ] {
        assert_eq!(fields(&port.record_write_off(request).await.unwrap_err()), [field]);
    }
    assert_eq!(left(&served, &name).await, "100", "nothing was written");
}

async fn a_body_is_told_of_use_and_rejection_by_list_and_watch(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut port = customs(&served, "XB");
    let request = wire::WatchWriteOffsRequest {
        start: Some(common::WatchStart { position: Some(common::watch_start::Position::Earliest(true)) }),
        ..Default::default()
    };
    let mut watched = of_body(&served, "bodies/xa-lab").watch_write_offs(request).await.unwrap().into_inner();
    let used = port.record_write_off(consignment(&name, "a", "10")).await.unwrap().into_inner().write_off.unwrap();
    let rejection = wire::RecordRejectionRequest {
        request_id: "b".to_owned(),
        certificate: name.clone(),
        economy: "XB".to_owned(),
        declaration_reference: "26XB2/1".to_owned(),
        product: Some(model("SR-900")),
        reason: wire::RejectionReason::GoodsNotCovered.into(),
        ..Default::default()
    };
    let refused = port.record_rejection(rejection).await.unwrap().into_inner().write_off.unwrap();
    assert_eq!(left(&served, &name).await, "90", "a rejection takes nothing");
    let mut told = Vec::new();
    while told.len() < 2 {
        let message = watched.message().await.unwrap().unwrap();
        told.extend(message.write_off);
    }
    assert_eq!(told, [used.clone(), refused.clone()]);
    let list = wire::ListWriteOffsRequest { page_size: 1, ..Default::default() };
    let first = of_body(&served, "bodies/xa-lab").list_write_offs(list.clone()).await.unwrap().into_inner();
    let second = wire::ListWriteOffsRequest { page_token: first.next_page_token, ..list };
    let second = of_body(&served, "bodies/xa-lab").list_write_offs(second).await.unwrap().into_inner();
    assert_eq!((first.write_offs, second.write_offs), (vec![used], vec![refused]));
    assert!(second.next_page_token.is_empty());
}

async fn each_reads_and_writes_what_is_its_own(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let used = customs(&served, "XB").record_write_off(consignment(&name, "a", "10")).await.unwrap().into_inner();
    let foreign = customs(&served, "XC").record_write_off(consignment(&name, "b", "1")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&foreign), Some(ErrorReason::NotYours), "an economy writes for itself");
    served.enrol("xb-lab").await;
    let read = wire::GetWriteOffRequest { name: used.write_off.unwrap().name, consistency: None };
    let balance = wire::GetBalanceRequest { certificate: name, consistency: None };
    for mut stranger in [of_body(&served, "bodies/xb-lab"), customs(&served, "XC")] {
        let refused = stranger.get_write_off(read.clone()).await.unwrap_err();
        assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::NotYours));
        let listed = stranger.list_write_offs(wire::ListWriteOffsRequest::default()).await.unwrap().into_inner();
        assert!(listed.write_offs.is_empty());
    }
    let refused = of_body(&served, "bodies/xb-lab").get_balance(balance.clone()).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::NotYours));
    customs(&served, "XC").get_balance(balance).await.unwrap();
}

async fn a_verdict_tells_what_is_left_when_it_is_asked(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let used = customs(&served, "XB").record_write_off(consignment(&name, "a", "10")).await.unwrap().into_inner();
    customs(&served, "XB").record_write_off(items(&name, "b", "A010", "A019")).await.unwrap();
    let mut verification = served.verification();
    let mut ask = async |model: &str, serial: &str, revision: u64, include_balance: bool| {
        let product =
            common::ProductIdentification { model: model.to_owned(), serial: serial.to_owned(), ..Default::default() };
        let consistency = common::ReadConsistency {
            requirement: Some(common::read_consistency::Requirement::ExactlyRevision(revision)),
        };
        let request = wire::VerifyRequest {
            goods: Some(common::GoodsDeclaration { product: Some(product), ..goods() }),
            consistency: Some(consistency).filter(|_| revision != 0),
            include_balance,
            ..question(wire::verify_request::Subject::Certificate(name.clone()))
        };
        verification.verify(request).await.unwrap().into_inner().verdict.unwrap()
    };
    let told = ask("SR-400", "", 0, true).await;
    let covers = told.covers_goods.as_ref().unwrap();
    let left = covers.findings.iter().find(|finding| finding.code == "quantity_left").unwrap();
    assert_eq!((left.parameters["left"].as_str(), left.parameters["certified"].as_str()), ("90", "100"));
    let before = ask("SR-400", "", used.revision - 1, true).await.covers_goods.unwrap();
    assert!(before.findings.iter().any(|finding| finding.parameters.get("left").is_some_and(|left| left == "100")));
    let silent = ask("SR-400", "", told.revisions.unwrap().registry, false).await;
    assert!(!codes(silent.covers_goods.as_ref()).contains(&"quantity_left"));
    assert_ne!(silent.decision_id, told.decision_id, "it is another verdict");
    assert!(codes(ask("SR-500", "A012", 0, true).await.covers_goods.as_ref()).contains(&"serial_written_off"));
    assert!(!codes(ask("SR-500", "A020", 0, true).await.covers_goods.as_ref()).contains(&"serial_written_off"));

    let mut of_body = VerificationServiceClient::new(served.channel("clerk", Some("bodies/xa-lab")));
    let subject = wire::verify_request::Subject::Certificate(name.clone());
    let request = wire::VerifyRequest { include_balance: true, goods: Some(goods()), ..question(subject) };
    let refused = of_body.verify(request.clone()).await.unwrap_err();
    assert_eq!(Fault::violations_of(&refused)[0].field, "include_balance", "a body asks the ledger, of its own");
    let without_goods = wire::VerifyRequest { goods: None, ..request };
    let refused = served.verification().verify(without_goods).await.unwrap_err();
    assert_eq!(Fault::violations_of(&refused)[0].field, "include_balance");
}

async fn what_stands_taken_is_what_the_records_leave(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let mut port = customs(&served, "XB");
    port.record_write_off(consignment(&name, "a", "70.5")).await.unwrap();
    port.record_write_off(items(&name, "b", "A010", "A019")).await.unwrap();
    let undone =
        port.record_write_off(items(&name, "c", "A100", "A199")).await.unwrap().into_inner().write_off.unwrap();
    port.record_write_off(items(&name, "d", "a000", "A005")).await.unwrap();
    let reversal = wire::ReverseWriteOffRequest {
        request_id: "r".to_owned(),
        name: undone.name,
        reason_text: "The wrong certificate.".to_owned(),
        ..Default::default()
    };
    let revision = port.reverse_write_off(reversal).await.unwrap().into_inner().revision;
    let told = async || {
        let consistency = crate::tests::bodies::exactly(revision);
        let request = wire::GetBalanceRequest { certificate: name.clone(), consistency };
        let balance = customs(&served, "XC").get_balance(request).await.unwrap().into_inner();
        let mut verdicts = Vec::new();
        for (model, serial) in [("SR-400", ""), ("SR-500", "A003"), ("SR-500", "A150"), ("SR-500", "a019")] {
            let mut goods = goods();
            goods.product = Some(common::ProductIdentification { serial: serial.to_owned(), ..self::model(model) });
            let request = wire::VerifyRequest {
                goods: Some(goods),
                include_balance: true,
                consistency: crate::tests::bodies::exactly(revision),
                ..question(wire::verify_request::Subject::Certificate(name.clone()))
            };
            let verdict = served.verification().verify(request).await.unwrap().into_inner().verdict.unwrap();
            verdicts.push(verdict.covers_goods.unwrap().findings);
        }
        (balance.products, verdicts)
    };
    let now = told().await;
    let runs: Vec<&str> = now.0[1].serial_ranges_written_off.iter().map(|run| run.first.as_str()).collect();
    assert_eq!((now.0[0].left.clone().unwrap(), runs), (pieces("29.5"), vec!["A010", "A000"]));
    let is_taken = |at: usize| now.1[at].iter().any(|finding| finding.code == "serial_written_off");
    assert_eq!([0, 1, 2, 3].map(is_taken), [false, true, false, true]);
    // More is recorded: what was taken by that revision is what the records of then leave.
    port.record_write_off(items(&name, "e", "A150", "A150")).await.unwrap();
    port.record_write_off(consignment(&name, "f", "1")).await.unwrap();
    assert_eq!(told().await, now);
}

async fn the_log_tells_neither_certificate_nor_amount_and_binds_the_record(db: TestDatabase) {
    let served = serve(&db).await;
    let name = issued(&served).await;
    let used = customs(&served, "XB").record_write_off(consignment(&name, "a", "10")).await.unwrap().into_inner();
    let leaf = String::from_utf8(used.proof.unwrap().leaf.to_vec()).unwrap();
    let number = name.trim_start_matches("certificates/");
    assert!(!leaf.contains(number) && !leaf.contains("C62") && !leaf.contains("SR-400"), "{leaf}");
    let record = used.write_off.unwrap().logged_record;
    assert!(record.contains(number) && record.contains("SR-400"));
    assert!(leaf.contains(&hex::encode(greenlane_jose::sha256(record))), "{leaf}");
    let mut auditor = Auditor::new();
    let entries = served.log().list_entries(wire::ListEntriesRequest::default()).await.unwrap().into_inner().entries;
    for entry in entries {
        auditor.read(&entry.leaf).unwrap();
    }
}
