//! A plan of market access as one page of HTML, to be handed over: it says for what and when it was made.

use std::fmt::Write as _;

use greenlane_api::{
    common::v1::CodeReference,
    equivalence::v1::{
        CertificateFacts, PlanMarketAccessRequest, PlanMarketAccessResponse, RecognitionObject, RecognitionOutcome,
    },
    registry::v1::{Certificate, CertifiedProduct},
};

use super::matrix::{Line, folded, summary};
use crate::client::{
    html::{self, escape},
    recognition,
    render::label,
};

/// So many products of a certificate are named.
const NAMED: usize = 5;

/// What a plan is about, as far as the question that the service was asked does not say it.
#[derive(Debug, Default)]
pub(super) struct About {
    /// The date that counts.
    pub(super) date: String,
    /// When the plan was made.
    pub(super) made_at: String,
    pub(super) holders: Vec<String>,
    pub(super) products: Vec<String>,
    pub(super) certificates: Vec<String>,
    pub(super) planned: Vec<String>,
    /// The certificates that count for nothing, and why.
    pub(super) left_out: Vec<String>,
}

impl About {
    /// A certificate that the product holds.
    pub(super) fn add(&mut self, certificate: &Certificate, code: &CodeReference) {
        let content = certificate.content.clone().unwrap_or_default();
        let holder = content.holder.unwrap_or_default();
        note(&mut self.holders, format!("{} ({})", holder.name, holder.economy));
        let is_meant = |product: &&CertifiedProduct| {
            product.codes.iter().any(|it| it.edition == code.edition && code.code.starts_with(&it.code))
        };
        let meant: Vec<&CertifiedProduct> = content.products.iter().filter(is_meant).collect();
        // Of codes in another edition it is not said here how they lie to this one.
        let meant = if meant.is_empty() { content.products.iter().collect() } else { meant };
        meant.iter().take(NAMED).for_each(|it| note(&mut self.products, named(it)));
        if meant.len() > NAMED {
            note(&mut self.products, format!("and {} more of {}", meant.len() - NAMED, certificate.name));
        }
        let number = certificate.name.trim_start_matches("certificates/");
        self.certificates
            .push(format!("{number}, issued by {}, valid until {}", certificate.body, content.valid_until));
    }

    /// A certificate that it is to hold.
    pub(super) fn plan(&mut self, facts: &CertificateFacts) {
        let at_level = |it: &str, level: &str| if level.is_empty() { it.to_owned() } else { format!("{it} {level}") };
        let schemes = facts.schemes.iter().map(|it| at_level(&it.scheme, &it.level));
        let certified: Vec<_> = schemes.chain(facts.standard_editions.iter().cloned()).collect();
        let kind = match facts.object() {
            RecognitionObject::Unspecified => String::new(),
            object => label(object.as_str_name()).map(|it| format!("{it}: ")).unwrap_or_default(),
        };
        self.planned.push(format!("{kind}{} by {} ({})", certified.join(", "), facts.body, facts.body_economy));
    }

    /// Headings with what stands beside each.
    fn rows(&self, request: &PlanMarketAccessRequest, plan: &PlanMarketAccessResponse) -> Vec<(&'static str, String)> {
        let code = request.code.clone().unwrap_or_default();
        let none = if self.planned.is_empty() { "none: the plan says what it would take" } else { "" };
        let certificates = if self.certificates.is_empty() { none.to_owned() } else { self.certificates.join("; ") };
        let mut revisions = format!("catalogue {}", plan.revision);
        if plan.classification_revision > 0 {
            let _ = write!(revisions, ", classification {}", plan.classification_revision);
        }
        let rows = [
            ("Holder", self.holders.join("; ")),
            ("Product", self.products.join("; ")),
            ("Certificates", certificates),
            ("Planned", self.planned.join("; ")),
            ("Left out", self.left_out.join("; ")),
            ("Commodity code", format!("{} {}", code.edition, code.code)),
            ("Origin", request.origin.clone()),
            ("Date that counts", self.date.clone()),
            ("Placed on the market", request.placed_on_market_on.clone()),
            ("Made", request.manufactured_on.clone()),
            ("Plan made at", self.made_at.clone()),
            ("At revisions", revisions),
        ];
        rows.into_iter().filter(|(_, text)| !text.is_empty()).collect()
    }
}

/// A product by its name, with what tells it from others.
fn named(product: &CertifiedProduct) -> String {
    let it = product.identification.clone().unwrap_or_default();
    let parts = [("model", it.model), ("GTIN", it.gtin), ("batch", it.batch), ("serial", it.serial)];
    let parts = parts.into_iter().filter(|(_, text)| !text.is_empty() && !product.name.contains(text));
    let parts: Vec<_> = parts.map(|(word, text)| format!("{word} {text}")).collect();
    if parts.is_empty() { product.name.clone() } else { format!("{}, {}", product.name, parts.join(", ")) }
}

fn note(all: &mut Vec<String>, text: String) {
    if !all.contains(&text) {
        all.push(text);
    }
}

const STYLE: &str = "\
body{font:16px/1.4 system-ui,sans-serif;margin:2rem;color:#1b1b1b;background:#fff}\
table{border-collapse:collapse;width:100%}\
th,td{border:1px solid #c8c8c8;padding:.4rem .6rem;text-align:left;vertical-align:top}\
thead th{background:#f0f0f0;position:sticky;top:0}\
.open{background:#e3f4e3}.conditions{background:#fdf5d8}.closed{background:#fbe3e0}.unknown{background:#ececec}\
ul{margin:.2rem 0;padding-left:1.2rem}\
.about{width:auto;margin:0 0 1rem}.about th{background:#f6f6f6;font-weight:600}\
@media print{body{margin:0}td,th{print-color-adjust:exact;-webkit-print-color-adjust:exact}}";

/// One page without scripts and without anything from elsewhere.
pub(super) fn html(request: &PlanMarketAccessRequest, plan: &PlanMarketAccessResponse, about: &About) -> String {
    let code = request.code.clone().unwrap_or_default();
    let of = format!("{} {} from {}", code.edition, code.code, request.origin);
    let mut page = String::new();
    // Writing to a text cannot fail.
    let _ = writeln!(page, "<h1>Market access for {}</h1>", escape(&of));
    page.push_str("<table class=\"about\">\n");
    for (heading, text) in about.rows(request, plan) {
        let _ = writeln!(page, "<tr><th scope=\"row\">{heading}</th><td>{}</td></tr>", escape(&text));
    }
    let _ = writeln!(page, "</table>\n<p>{}</p>", summary(plan));
    let (told, untold) = folded(plan);
    if !told.is_empty() {
        table(&mut page, &told);
    }
    for markets in untold {
        let _ = writeln!(page, "<p>{}</p>", escape(&markets));
    }
    html::page(&format!("Market access: {of}"), STYLE, &page)
}

/// What is told of each market.
fn table(page: &mut String, told: &[Line<'_>]) {
    page.push_str("<table>\n<thead><tr>");
    for heading in ["Market", "Outcome", "Requirement", "Status", "Route", "What is to be done", "Also opens"] {
        let _ = write!(page, "<th scope=\"col\">{heading}</th>");
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for line in told {
        row(page, line);
    }
    page.push_str("</tbody>\n</table>\n");
}

fn row(page: &mut String, line: &Line<'_>) {
    let class = match line.status() {
        "met" | "" if recognition::is_open(line.entry()) => "open",
        "met" => "open",
        "met on conditions" => "conditions",
        // What is only honoured has no say in whether the goods may enter.
        _ if line.is_honoured() && recognition::is_open(line.entry()) => "open",
        "undetermined" | "" => "unknown",
        _ if line.is_honoured() && line.entry() == RecognitionOutcome::Undetermined => "unknown",
        _ => "closed",
    };
    let _ = write!(page, "<tr class=\"{class}\"><th scope=\"row\">{}</th>", escape(&line.market.destination));
    let title = line.requirement.map(|it| it.title.as_str()).unwrap_or_default();
    for text in [line.outcome(), title, &line.standing(), &line.route()] {
        let _ = write!(page, "<td>{}</td>", escape(text));
    }
    let mut todo = vec![line.step()];
    todo.extend(line.conditions());
    todo.extend(line.missing());
    todo.retain(|it| !it.is_empty());
    page.push_str("<td>");
    if !todo.is_empty() {
        page.push_str("<ul>");
        for it in todo {
            let _ = write!(page, "<li>{}</li>", escape(it));
        }
        page.push_str("</ul>");
    }
    let _ = writeln!(page, "</td><td>{}</td></tr>", escape(&line.also_opens()));
}
