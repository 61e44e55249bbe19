//! What the page shows of a certificate. What its document states is marked by `data-fact`, product by product, and the
//! page's script holds it against the signed document (`mustSayTheSame` in `proof.js`): it refuses a mark around another
//! text, and words beside the marks. What no document states is told apart, below the proof.

use std::fmt::{Display, Write as _};

use greenlane_credential::CertificateNumber as Checked;

use super::Facts;
use super::render::{Text, View};
use super::words::Language;
use crate::app::verify::Verdict;
use crate::config::Shows;

/// Products that are listed; more are counted.
const PRODUCTS: usize = 20;

/// A text that the document states.
fn fact(name: &str, text: &str) -> String {
    format!("<span data-fact=\"{name}\">{}</span>", Text(text))
}

/// A day that the document states.
fn day(name: &str, day: impl Display) -> String {
    format!("<time data-fact=\"{name}\">{day}</time>")
}

/// What the registry alone says.
fn told(text: &str) -> String {
    format!("<span data-told>{}</span>", Text(text))
}

impl View<'_> {
    pub(super) fn facts(&self, body: &mut String, verdict: &Verdict, facts: &Facts) {
        let content = &facts.content;
        let _ = writeln!(
            body,
            "<section id=\"facts\" aria-labelledby=\"facts-title\">\n<h2 id=\"facts-title\">{}</h2>\n<dl>",
            self.pick("What is certified", "认证内容")
        );
        if let Some(number) = verdict.number.as_ref().and_then(|number| Checked::parse(number.as_str()).ok()) {
            let number = format!("<span class=\"number\" data-fact=\"number\">{}</span>", number.grouped());
            self.row(body, "Number", "编号", &number);
        }
        self.row(body, "Issued by", "签发机构", &fact("issuer", &facts.issuer));
        if self.shows != Shows::Validity {
            let holder = &content.holder;
            let economy = fact("holder-economy", &holder.economy);
            self.row(body, "Holder", "持证人", &format!("{} ({economy})", fact("holder", &holder.name)));
            self.row(body, "Products", "产品", &self.products(facts));
            let mut scheme = fact("scheme", content.scheme.scheme.trim_start_matches("schemes/"));
            if !content.scheme.level.is_empty() {
                let _ = write!(scheme, ", {}", fact("level", &content.scheme.level));
            }
            self.row(body, "Scheme", "认证制度", &scheme);
            let standards: Vec<&str> =
                content.normative_documents.iter().map(|document| document.edition.as_str()).collect();
            self.row(body, "Standards", "依据标准", &fact("standards", &standards.join(", ")));
        }
        let (from, until) = (day("valid-from", content.valid_from), day("valid-until", content.valid_until));
        self.row(body, "Valid", "有效期", &format!("{from} {} {until}", self.pick("to", "至")));
        if verdict.version > 1 {
            self.row(body, "Version", "版本", &fact("version", &verdict.version.to_string()));
        }
        body.push_str("</dl>\n</section>\n");
    }

    fn products(&self, facts: &Facts) -> String {
        let products = &facts.content.products;
        let mut list = String::from("<ul>");
        for product in products.iter().take(PRODUCTS) {
            let _ = write!(list, "<li data-product>{}", fact("product", &product.name));
            let model = ("model", self.pick("model", "型号"), &product.id.model);
            for (name, label, value) in [model, ("gtin", "GTIN", &product.id.gtin)] {
                if !value.is_empty() {
                    let _ = write!(list, ", {label} {}", fact(name, value));
                }
            }
            list.push_str("</li>");
        }
        if products.len() > PRODUCTS {
            let more = fact("more", &(products.len() - PRODUCTS).to_string());
            let _ = match self.language {
                Language::English => write!(list, "<li>and {more} more</li>"),
                Language::Chinese => write!(list, "<li>另有 {more} 种</li>"),
            };
        }
        list.push_str("</ul>");
        list
    }

    /// What is the registry's word alone, whatever the proof says.
    pub(super) fn told(&self, body: &mut String, verdict: &Verdict, facts: &Facts) {
        let _ = writeln!(
            body,
            "<section id=\"told\" aria-labelledby=\"told-title\">\n<h2 id=\"told-title\">{}</h2>\n\
             <p class=\"hint\">{}</p>\n<dl>",
            self.pick("The registry’s word alone", "仅为登记处的说法"),
            self.pick(
                "This stands in no signed document, and your browser does not prove it.",
                "以下内容不在签名文件中，您的浏览器不作证明。",
            ),
        );
        if let Some(issuer) = &facts.body {
            self.row(body, "Economy of the issuer", "签发机构所在经济体", &told(&issuer.economy));
            if issuer.display_name != facts.issuer {
                self.row(body, "The issuer’s name now", "签发机构现名", &told(&issuer.display_name));
            }
        }
        let signed = verdict.checkpoint_time.to_utc().format("%Y-%m-%d %H:%M UTC");
        self.row(body, "Log signed", "日志签名时间", &format!("<time data-told>{signed}</time>"));
        body.push_str("</dl>\n</section>\n");
    }

    fn row(&self, body: &mut String, english: &'static str, chinese: &'static str, value: &str) {
        let _ = writeln!(body, "<dt>{}</dt><dd>{value}</dd>", self.pick(english, chinese));
    }
}

#[cfg(test)]
mod tests;
