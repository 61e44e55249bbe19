//! The verification page, as a browser without scripts sees it. What its scripts prove is tried in a real browser by
//! `tests/browser/run.py`.

use chrono::{SecondsFormat, TimeDelta};
use greenlane_api::registry::v1 as wire;
use greenlane_store::testing::TestDatabase;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::bodies::rename;
use super::bundle::{copy, rotate};
use super::harness::{Served, content, now, order};
use super::life::withdrawal;
use super::revise::amendment;
use super::status::{Got, get, serve_site};
use crate::{Config, Migrator, Shows};

greenlane_store::engine_tests!(Migrator:
    a_stranger_sees_that_a_certificate_counts_and_what_became_of_it,
    the_page_of_a_codes_link_is_reached_by_whatever_names_the_certificate,
    what_has_no_answer_stands_in_the_form_again_to_be_put_right,
    a_document_is_judged_as_it_is_presented,
    a_copy_in_another_profile_is_told_from_the_document_that_the_log_names,
    a_body_is_named_as_the_document_names_it_and_its_name_of_today_told_apart,
    nothing_commercial_is_shown_to_strangers,
    the_configuration_decides_how_much_is_shown,
    a_client_that_asks_too_much_is_told_when_to_come_back,
    nothing_but_our_own_scripts_may_run,
    the_proof_is_of_the_revision_that_the_page_shows,
    whom_to_tell_of_a_fault_is_served_where_somebody_is_named,
    where_nobody_is_named_to_tell_of_a_fault_there_is_nothing,
    the_page_is_read_and_asked_and_nothing_else,
);

async fn issued(served: &Served, change: impl FnOnce(&mut wire::CertificateContent)) -> wire::Certificate {
    let mut stated = content();
    change(&mut stated);
    let order = wire::IssueCertificateRequest { content: Some(stated), ..order("xa-lab", "one") };
    served.certificates("bodies/xa-lab").issue_certificate(order).await.unwrap().into_inner().certificate.unwrap()
}

async fn post(port: u16, text: &str) -> Got {
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let body = format!("lang=en&text={}", text.replace('+', "%2B").replace(' ', "+"));
    let head = format!(
        "POST /verify HTTP/1.1\r\nhost: registry.example.org\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Got { status, head: head.to_lowercase(), body: body.to_owned() }
}

fn title(got: &Got) -> &str {
    let (_, rest) = got.body.split_once("<h2 id=\"verdict-title\">").unwrap();
    rest.split_once("</h2>").unwrap().0
}

async fn a_stranger_sees_that_a_certificate_counts_and_what_became_of_it(db: TestDatabase) {
    let (served, port) = serve_site(&db, |_| {}).await;
    let name = issued(&served, |_| {}).await.name;
    let page = get(port, &format!("/{name}"), "").await;
    assert_eq!((page.status, title(&page)), (200, "In force"), "{}", page.body);
    for shown in
        ["Certification body xa-lab", "Example Solar Ltd", "Sunrise 400", "SR-400", "EX 61215:2026", "2029-01-09"]
    {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    let chinese = get(port, &format!("/{name}"), "accept-language: zh-CN,zh;q=0.9,en;q=0.5\r\n").await;
    assert_eq!(title(&chinese), "有效");
    assert!(chinese.body.contains("<html lang=\"zh-Hans\">"));
    served.certificates("bodies/xa-lab").withdraw_certificate(withdrawal(&name, "w")).await.unwrap();
    let page = get(port, &format!("/{name}"), "").await;
    assert_eq!((page.status, title(&page)), (200, "Withdrawn"), "{}", page.body);
    assert!(page.body.contains("Since <span data-entry=\"since\">2026-06-01</span>; reason: "), "{}", page.body);
    assert!(!page.body.contains("Surveillance"), "what the body wrote is not for strangers");
    let unknown = greenlane_credential::CertificateNumber::generate(greenlane_credential::Prefix::new("XA").unwrap());
    let page = get(port, &format!("/certificates/{}", unknown.as_str()), "").await;
    assert_eq!((page.status, title(&page)), (404, "No such certificate"));
}

async fn the_page_of_a_codes_link_is_reached_by_whatever_names_the_certificate(db: TestDatabase) {
    let (served, port) = serve_site(&db, |_| {}).await;
    let name = issued(&served, |_| {}).await.name;
    let request =
        wire::GetCertificateQrRequest { name: name.clone(), format: wire::QrFormat::Svg.into(), ..Default::default() };
    let code = served.certificates("bodies/xa-lab").get_certificate_qr(request).await.unwrap().into_inner();
    let link = code.text.strip_prefix("https://registry.example.org").unwrap();
    assert_eq!(title(&get(port, link, "").await), "In force");
    let number = name.strip_prefix("certificates/").unwrap();
    for text in [code.text.as_str(), &number.to_lowercase(), &format!("{} {}", &number[..6], &number[6..])] {
        let got = post(port, text).await;
        assert_eq!(got.status, 303, "{text}: {}", got.body);
        assert!(got.head.contains(&format!("location: /{name}?lang=en").to_lowercase()), "{}", got.head);
    }
    let got = get(port, &format!("/verify?text={number}"), "").await;
    assert_eq!(got.status, 303, "the question may be an address, too");
    assert!(get(port, "/", "").await.head.contains("location: /verify"));
    assert!(get(port, "/verify", "").await.body.contains("name=\"text\""));
    let mistyped = format!("{}{}", &number[..17], if number.ends_with('2') { '3' } else { '2' });
    let got = post(port, &mistyped).await;
    assert_eq!(got.status, 400);
    assert!(got.body.contains("mistyped"), "{}", got.body);
    let got = post(port, "<script>alert(1)</script>").await;
    assert!(got.status == 400 && !got.body.contains("<script>alert"), "{}", got.body);
}

async fn what_has_no_answer_stands_in_the_form_again_to_be_put_right(db: TestDatabase) {
    let (served, port) = serve_site(&db, |_| {}).await;
    let name = issued(&served, |_| {}).await.name;
    let again = |text: &str| format!("name=\"text\" value=\"{text}\" ");
    let unknown = greenlane_credential::CertificateNumber::generate(greenlane_credential::Prefix::new("XA").unwrap());
    for (got, text) in [
        (post(port, " GLXA-2ABC ").await, "GLXA-2ABC"),
        (get(port, "/certificates/GLXA-2ABC", "").await, "GLXA-2ABC"),
        (get(port, &format!("/certificates/{}", unknown.as_str()), "").await, unknown.as_str()),
        (post(port, "\" autofocus onfocus=\"alert(1)").await, "&quot; autofocus onfocus=&quot;alert(1)"),
        (post(port, &"2".repeat(129)).await, ""),
        (get(port, "/verify", "").await, ""),
        (get(port, &format!("/{name}"), "").await, ""),
    ] {
        assert!(got.body.contains(&again(text)), "{text}: {}", got.body);
    }
}

async fn a_document_is_judged_as_it_is_presented(db: TestDatabase) {
    let (served, port) = serve_site(&db, |_| {}).await;
    let first = issued(&served, |_| {}).await;
    let page = post(port, &first.document).await;
    assert_eq!((page.status, title(&page)), (200, "In force"));
    assert!(page.body.contains("id=\"presented\""), "the browser's script proves this very document");
    let request =
        wire::GetCertificateQrRequest { name: first.name.clone(), format: wire::QrFormat::Svg.into(), offline: true };
    let code = served.certificates("bodies/xa-lab").get_certificate_qr(request).await.unwrap().into_inner();
    let escaped: String = code.text.bytes().map(|byte| format!("%{byte:02x}")).collect();
    assert_eq!(title(&post(port, &escaped).await), "In force", "an offline code holds the document");
    let at = first.document.len() - 10;
    let other = if first.document.as_bytes()[at] == b'A' { "B" } else { "A" };
    let altered = format!("{}{other}{}", &first.document[..at], &first.document[at + 1..]);
    let page = post(port, &altered).await;
    assert_eq!(title(&page), "Not genuine");
    assert!(!page.body.contains("Example Solar Ltd") && !page.body.contains("data-proof"), "{}", page.body);
    let new = amendment(&first.name, "a", "Other words.");
    served.certificates("bodies/xa-lab").amend_certificate(new).await.unwrap();
    assert_eq!(title(&post(port, &first.document).await), "Replaced by a newer version");
    assert_eq!(title(&get(port, &format!("/{}", first.name), "").await), "In force");
}

async fn a_copy_in_another_profile_is_told_from_the_document_that_the_log_names(db: TestDatabase) {
    let (served, port) = serve_site(&db, |_| {}).await;
    let certificate = issued(&served, |_| {}).await;
    let (named, copied) =
        ("The transparency log names this very document.", "It is a copy in another profile, and states");
    let said = async |document: &str| {
        let page = post(port, document).await;
        assert_eq!((page.status, title(&page)), (200, "In force"), "{}", page.body);
        (page.body.contains(named), page.body.contains(copied))
    };
    assert_eq!(said(&certificate.document).await, (true, false));
    assert_eq!(said(&copy(&served, &certificate.name).await).await, (false, true));
    rotate(&served, "xa-lab", &certificate.signing_key).await;
    let by_another_key = copy(&served, &certificate.name).await;
    assert_eq!(said(&by_another_key).await, (false, true));
    let page = get(port, &format!("/{}", certificate.name), "").await;
    assert!(page.body.contains(named), "a number is of the document that the log names: {}", page.body);
}

async fn a_body_is_named_as_the_document_names_it_and_its_name_of_today_told_apart(db: TestDatabase) {
    let (served, port) = serve_site(&db, |_| {}).await;
    let certificate = issued(&served, |_| {}).await;
    served.bodies().update_body(rename("The laboratory", "u")).await.unwrap();
    for page in [get(port, &format!("/{}", certificate.name), "").await, post(port, &certificate.document).await] {
        assert_eq!((page.status, title(&page)), (200, "In force"), "{}", page.body);
        let (proved, told) = page.body.split_once("<section id=\"told\"").unwrap();
        let stated = "<span data-fact=\"issuer\">Certification body xa-lab</span>";
        assert!(proved.contains(stated) && !proved.contains("The laboratory"), "{proved}");
        assert!(told.contains("<span data-told>The laboratory</span>"), "{told}");
    }
}

fn secretive(stated: &mut wire::CertificateContent) {
    stated.holder.as_mut().unwrap().address = "1 Example Road".to_owned();
    stated.sites = vec![wire::ProductionSite {
        name: "Quiet plant".to_owned(),
        address: "2 Example Road".to_owned(),
        economy: "XA".to_owned(),
    }];
    stated.body_reference = "TR-2026-17".to_owned();
    stated.remarks = "Only for the buyer".to_owned();
    stated.products[0].quantity = Some(wire::Quantity { amount: "48151623".to_owned(), unit: "KGM".to_owned() });
    stated.products[0].serial_ranges =
        vec![wire::SerialRange { first: "SN000100".to_owned(), last: "SN000900".to_owned() }];
    stated.confidential_fields = vec!["sites".to_owned(), "body_reference".to_owned(), "holder.address".to_owned()];
}

const SECRETS: [&str; 9] = [
    "Example Road",
    "Quiet plant",
    "TR-2026-17",
    "Only for the buyer",
    "48151623",
    "SN000100",
    "SN000900",
    "Head of certification",
    "as made at the site",
];

async fn nothing_commercial_is_shown_to_strangers(db: TestDatabase) {
    let (served, port) = serve_site(&db, |_| {}).await;
    let certificate = issued(&served, secretive).await;
    let page = get(port, &format!("/{}", certificate.name), "").await;
    let proof = proof(port, &page).await;
    assert_eq!(proof["document"], Value::Null);
    for secret in SECRETS {
        assert!(!page.body.contains(secret) && !proof.to_string().contains(secret), "{secret}: {}", page.body);
    }
}

async fn the_configuration_decides_how_much_is_shown(db: TestDatabase) {
    let (served, port) = serve_site(&db, |config: &mut Config| config.page.shows = Shows::Validity).await;
    let certificate = issued(&served, secretive).await;
    let page = get(port, &format!("/{}", certificate.name), "").await;
    assert_eq!(title(&page), "In force");
    assert!(page.body.contains("2029-01-09") && page.body.contains("Certification body xa-lab"));
    for hidden in ["Example Solar Ltd", "Sunrise 400", "SR-400", "EX 61215:2026"] {
        assert!(!page.body.contains(hidden), "{hidden}: {}", page.body);
    }
    served.end().await;
}

async fn a_client_that_asks_too_much_is_told_when_to_come_back(db: TestDatabase) {
    let limited = |config: &mut Config| {
        config.page.requests_per_minute = 3;
        config.page.trusted_proxies = vec!["127.0.0.0/8".to_owned()];
    };
    let (served, port) = serve_site(&db, limited).await;
    let name = issued(&served, |_| {}).await.name;
    let ask = async |client: &str| get(port, &format!("/{name}"), &format!("x-forwarded-for: {client}\r\n")).await;
    for _ in 0..3 {
        assert_eq!(ask("192.0.2.1").await.status, 200);
    }
    let refused = ask("192.0.2.1").await;
    assert_eq!(refused.status, 429);
    let wait = refused.head.lines().find_map(|line| line.strip_prefix("retry-after: ")).unwrap();
    assert!((1..=21).contains(&wait.parse::<u32>().unwrap()), "{wait}");
    assert_eq!(ask("192.0.2.1, 192.0.2.9").await.status, 200, "another client is not held up");
    let form = get(port, "/verify", "x-forwarded-for: 192.0.2.1\r\n").await;
    assert_eq!(form.status, 200, "the form costs nothing");
    let proof = get(port, &format!("/{name}/proof?version=1"), "x-forwarded-for: 192.0.2.1\r\n").await;
    assert!(proof.status == 429 && proof.head.contains("retry-after: "), "{}", proof.head);
    assert_eq!(get(port, "/.well-known/did.json", "x-forwarded-for: 192.0.2.1\r\n").await.status, 200);
}

async fn nothing_but_our_own_scripts_may_run(db: TestDatabase) {
    let (served, port) = serve_site(&db, |_| {}).await;
    let name = issued(&served, |stated| stated.products[0].name = "<script>alert(1)</script>".to_owned()).await.name;
    let page = get(port, &format!("/{name}"), "").await;
    assert!(page.body.contains("&lt;script&gt;alert(1)"), "{}", page.body);
    for policy in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(page.head.contains(policy), "{policy}: {}", page.head);
    }
    assert!(!page.body.contains(" style=") && !page.body.contains(" onclick="));
    let addresses = page.body.split(['"', '\'']).filter(|text| text.starts_with("http") || text.starts_with("//"));
    assert_eq!(addresses.collect::<Vec<_>>(), [""; 0], "nothing comes from elsewhere");
    for asset in ["verify.js", "proof.js", "qr.js", "verify.css", "icon.svg"] {
        let got = get(port, &format!("/assets/{asset}"), "").await;
        assert!(got.status == 200 && !got.body.is_empty() && !got.body.contains("https://"), "{asset}");
    }
    assert_eq!(get(port, "/assets/page.rs", "").await.status, 404);
}

async fn whom_to_tell_of_a_fault_is_served_where_somebody_is_named(db: TestDatabase) {
    let named = |config: &mut Config| {
        config.page.shows = Shows::Nothing;
        config.public_url = "https://example.org/registry".to_owned();
        config.security.contacts =
            vec!["mailto:security@example.org".to_owned(), "https://example.org/report".to_owned()];
        config.security.languages = vec!["en".to_owned(), "zh".to_owned()];
    };
    let (_served, port) = serve_site(&db, named).await;
    let got = get(port, "/.well-known/security.txt", "").await;
    let expires = (now() + TimeDelta::days(30)).to_rfc3339_opts(SecondsFormat::Secs, true);
    let expected = format!(
        "Contact: mailto:security@example.org\nContact: https://example.org/report\nPreferred-Languages: en, zh\n\
         Canonical: https://example.org/.well-known/security.txt\nExpires: {expires}\n"
    );
    assert_eq!((got.status, got.body), (200, expected));
    assert!(got.head.contains("content-type: text/plain; charset=utf-8"), "{}", got.head);
}

async fn where_nobody_is_named_to_tell_of_a_fault_there_is_nothing(db: TestDatabase) {
    let (_served, port) =
        serve_site(&db, |config: &mut Config| config.security.languages = vec!["en".to_owned()]).await;
    assert_eq!(get(port, "/.well-known/security.txt", "").await.status, 404);
}

/// Nobody reads a change of it, so none goes unnoticed: a new version comes with a new digest here.
#[test]
fn the_bundled_reader_of_codes_is_the_one_that_was_looked_at() {
    let digest = hex::encode(Sha256::digest(include_bytes!("../api/site/page/assets/qr.js")));
    assert_eq!(digest, "6f32ac0fb2da1f4518d7410d0401ab162a024b9601c64882a7ae1337c00190fc");
}

async fn proof(port: u16, page: &Got) -> Value {
    let (_, rest) = page.body.split_once("data-proof=\"").unwrap();
    let path = rest.split_once('"').unwrap().0.replace("&amp;", "&");
    let got = get(port, &path, "").await;
    assert_eq!(got.status, 200, "{path}: {}", got.body);
    serde_json::from_str(&got.body).unwrap()
}

async fn the_proof_is_of_the_revision_that_the_page_shows(db: TestDatabase) {
    let (served, port) = serve_site(&db, |config: &mut Config| config.page.shows = Shows::Documents).await;
    let certificate = issued(&served, |_| {}).await;
    let page = get(port, &format!("/{}", certificate.name), "").await;
    let before = proof(port, &page).await;
    served.certificates("bodies/xa-lab").withdraw_certificate(withdrawal(&certificate.name, "w")).await.unwrap();
    let same = proof(port, &page).await;
    assert_eq!(before, same);
    assert_eq!(before["events"].as_array().unwrap().len(), 1);
    assert_eq!(before["document"], certificate.document);
    let now = proof(port, &get(port, &format!("/{}", certificate.name), "").await).await;
    assert_eq!(now["events"].as_array().unwrap().len(), 2);
    for wrong in ["", "?version=x", "?version=7", "?version=1&at=99"] {
        let got = get(port, &format!("/{}/proof{wrong}", certificate.name), "").await;
        assert!(matches!(got.status, 400 | 404), "{wrong}: {}", got.status);
    }
}

async fn the_page_is_read_and_asked_and_nothing_else(db: TestDatabase) {
    let (_served, port) = serve_site(&db, |_| {}).await;
    let asked = async |method: &str, path: &str| {
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let head = "host: registry.example.org\r\nconnection: close\r\ncontent-length: 0";
        stream.write_all(format!("{method} {path} HTTP/1.1\r\n{head}\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let allowed = answer.lines().find_map(|line| line.strip_prefix("allow: ")).map(str::to_owned);
        (answer.split(' ').nth(1).unwrap().parse::<u16>().unwrap(), allowed)
    };
    for method in ["GET", "HEAD", "POST"] {
        assert_eq!(asked(method, "/verify").await, (200, None), "{method}");
    }
    // What may be asked instead is told (RFC 9110, 15.5.6).
    for method in ["PUT", "DELETE", "OPTIONS", "TRACE"] {
        assert_eq!(asked(method, "/verify").await, (405, Some("GET, HEAD, POST".to_owned())), "{method}");
    }
    for path in ["/", "/certificates/XA-1", "/assets/verify.js", "/log/checkpoint", "/.well-known/did.json"] {
        assert_eq!(asked("POST", path).await, (405, Some("GET, HEAD".to_owned())), "{path}");
    }
    assert_eq!(asked("GET", "/witness/add-checkpoint").await, (405, Some("POST".to_owned())));
}
