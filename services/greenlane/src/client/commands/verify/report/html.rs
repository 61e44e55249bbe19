//! The report as one page of HTML that needs nothing else.

use std::fmt::Write as _;

use super::{Class, Part, Report, Row};
use crate::client::html::{escape, page};

const STYLE: &str = "\
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1b1b1b;background:#fff}\
h1{font-size:1.5rem;margin:0 0 .2rem}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}\
table{border-collapse:collapse;width:100%}\
th,td{border:1px solid #c8c8c8;padding:.35rem .6rem;text-align:left;vertical-align:top}\
th{width:13rem;background:#f6f6f6;font-weight:600}\
.verdict{font-size:1.25rem;font-weight:700;padding:.6rem .8rem;margin:.8rem 0;border-left:.5rem solid}\
.yes{background:#e3f4e3;border-color:#2c7a3d}.conditions{background:#fdf5d8;border-color:#b07d00}\
.no{background:#fbe3e0;border-color:#a8201a}.open{background:#ececec;border-color:#777}\
ul{margin:0;padding-left:1.1rem}code{font:.85rem/1.3 ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}\
.code{color:#666;font-size:.85rem}details{margin:.4rem 0}\
@media print{body{margin:0;max-width:none}details>*{display:block}.verdict,td,th{print-color-adjust:exact;-webkit-print-color-adjust:exact}}";

/// The page.
pub(in super::super) fn html(report: &Report) -> String {
    let mut body = String::from("<h1>Verification report</h1>\n");
    // Writing to a text cannot fail.
    let _ = writeln!(body, "<p>{}</p>", report.made);
    let (outcome, class) = report.outcome;
    let _ = writeln!(body, "<p class=\"verdict {}\">{}</p>", name(class), escape(outcome));
    rows(&mut body, "What was asked", &report.question);
    parts(&mut body, &report.parts);
    rows(&mut body, "The certificate", &report.certified);
    rows(&mut body, "What the verdict was computed from", &report.basis);
    body.push_str("<h2>Proof</h2>\n");
    if report.proof.is_empty() {
        body.push_str("<p>None: the certificate is not known, or it was verified offline.</p>\n");
    }
    for (title, text) in &report.proof {
        block(&mut body, title, text);
    }
    if !report.statement.is_empty() {
        block(&mut body, "Signed statement of the verdict", &report.statement);
    }
    page(&report.title(), STYLE, &body)
}

fn name(class: Class) -> &'static str {
    match class {
        Class::Yes => "yes",
        Class::Conditions => "conditions",
        Class::No => "no",
        Class::Open => "open",
    }
}

fn rows(body: &mut String, title: &str, rows: &[Row]) {
    let _ = writeln!(body, "<h2>{title}</h2>\n<table>");
    for (name, value) in rows {
        let _ = writeln!(body, "<tr><th scope=\"row\">{name}</th><td>{}</td></tr>", escape(value));
    }
    body.push_str("</table>\n");
}

/// The four parts, each with its reasons.
fn parts(body: &mut String, parts: &[Part]) {
    body.push_str("<h2>The four parts</h2>\n<table>\n");
    for part in parts {
        let _ = writeln!(
            body,
            "<tr><th scope=\"row\">{}</th><td class=\"{}\">{}</td><td>{}</td></tr>",
            part.name,
            name(part.class),
            escape(part.word),
            list(&part.reasons)
        );
    }
    body.push_str("</table>\n");
}

fn list(reasons: &[(String, String)]) -> String {
    let item = |(message, code): &(String, String)| {
        format!("<li>{} <span class=\"code\">({})</span></li>", escape(message), escape(code))
    };
    let items: String = reasons.iter().map(item).collect();
    if items.is_empty() { items } else { format!("<ul>{items}</ul>") }
}

fn block(body: &mut String, title: &str, text: &str) {
    let _ = writeln!(
        body,
        "<details><summary>{}</summary><pre><code>{}</code></pre></details>",
        escape(title),
        escape(text)
    );
}
