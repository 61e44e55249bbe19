//! What stands on the page: what ISO/IEC 17065, 7.7 asks of the certification documents, how it stands, and how to
//! verify it. Chinese terms are those of GB/T 27000 and GB/T 27065.

use std::{collections::BTreeMap, path::PathBuf};

use greenlane_api::registry::v1::{Body, Certificate, CertificateState, CertifiedProduct, Quantity};
use greenlane_platform::clock::Clock;

use crate::client::paper::{Colour, Paper, Picture, Typeface};

const QR_SIDE: f32 = 118.0;
const TITLE: (&str, &str) = ("Certificate of conformity", "符合性证书");
const PRODUCT: (&str, &str) = ("Certified product", "获证产品");
const GREEN: Colour = [0.10, 0.42, 0.22];
const AMBER: Colour = [0.72, 0.45, 0.05];
const RED: Colour = [0.66, 0.12, 0.12];

/// What is told of a certificate beside itself.
pub(super) struct Told {
    pub(super) body: Body,
    pub(super) revision: u64,
    /// What its QR code says.
    pub(super) code: String,
    /// What the catalogue calls scheme and standards, by their names.
    pub(super) titles: BTreeMap<String, String>,
}

impl Told {
    /// What something is called, with its name behind; its name alone where that is all that is known.
    fn called(&self, name: &str) -> String {
        match self.titles.get(name).filter(|title| !title.is_empty()) {
            Some(title) => format!("{title} ({name})"),
            None => name.to_owned(),
        }
    }
}

/// What a thing is called in English and in Chinese, and what is told of it.
type Field = ((&'static str, &'static str), Vec<String>);

/// Draws the pages.
pub(super) fn draw(
    certificate: &Certificate,
    told: &Told,
    code: Picture,
    fonts: &[PathBuf],
) -> anyhow::Result<Vec<u8>> {
    let number = certificate.name.trim_start_matches("certificates/").to_owned();
    let fields = fields(certificate, told, &number);
    let content = certificate.content.clone().unwrap_or_default();
    let products: Vec<_> = content.products.iter().map(product).collect();
    let (state, colour) = standing(certificate, &Clock::system().today().to_string());
    let state = format!("{} · {}", state.0, state.1);
    let feet = feet(certificate, told, &number);
    let heads: Vec<String> = (1..=products.len())
        .map(|index| match products.len() {
            1 => format!("{}  {}", PRODUCT.0, PRODUCT.1),
            of => format!("{}  {} {index}/{of}", PRODUCT.0, PRODUCT.1),
        })
        .collect();

    let all = fields.iter().chain(products.iter().flatten());
    let texts = all.flat_map(|((english, chinese), values)| {
        [*english, *chinese].into_iter().chain(values.iter().map(String::as_str))
    });
    let more = heads.iter().chain(&feet).chain([&state, &number]).map(String::as_str);
    let typeface = Typeface::of(texts.chain(more).chain([TITLE.0, TITLE.1, Paper::NUMBERS]), fonts)?;

    let mut paper = Paper::new(typeface);
    paper.picture(code, QR_SIDE);
    paper.heading(TITLE.0, 21.0);
    paper.heading(TITLE.1, 17.0);
    paper.text(&number, 13.0);
    paper.banner(&state, colour);
    paper.rule();
    for (called, values) in &fields {
        paper.field(*called, values);
    }
    for (head, product) in heads.iter().zip(&products) {
        paper.rule();
        paper.heading(head, 11.0);
        for (called, values) in product {
            paper.field(*called, values);
        }
    }
    paper.feet(&feet);
    paper.finish(&format!("{} {number}", TITLE.0))
}

/// What is told of the certificate as a whole; what is empty is left out when it is drawn.
fn fields(certificate: &Certificate, told: &Told, number: &str) -> Vec<Field> {
    let content = certificate.content.clone().unwrap_or_default();
    let holder = content.holder.unwrap_or_default();
    let scheme = content.scheme.unwrap_or_default();
    let body = if told.body.display_name.is_empty() { &certificate.body } else { &told.body.display_name };
    let body_of = if told.body.economy.is_empty() { String::new() } else { format!(" ({})", told.body.economy) };
    let documents = content.normative_documents.iter();
    let sites = content.sites.iter();
    let measured = content.measurements.iter();
    let valid_from = if content.valid_from.is_empty() { &content.granted_on } else { &content.valid_from };
    vec![
        (("Certificate number", "证书编号"), vec![number.to_owned()]),
        (("Number of the body", "机构编号"), vec![content.body_reference]),
        (("Certification body", "认证机构"), vec![format!("{body}{body_of}"), certificate.body.clone()]),
        (
            ("Granted to", "证书持有人"),
            vec![format!("{} ({})", holder.name, holder.economy), holder.address, holder.identifier],
        ),
        (("Certification scheme", "认证方案"), vec![told.called(&scheme.scheme)]),
        (("Level", "等级"), vec![scheme.level]),
        (
            ("Normative documents", "规范性文件"),
            documents
                .map(|it| (told.called(&it.edition), &it.part))
                .map(|(called, part)| if part.is_empty() { called } else { format!("{called}, {part}") })
                .collect(),
        ),
        (("Scope of certification", "认证范围"), vec![content.scope]),
        (("Granted on", "颁发日期"), vec![content.granted_on.clone()]),
        (("Valid from", "生效日期"), vec![valid_from.clone()]),
        (("Valid until", "有效期至"), vec![content.valid_until]),
        (("Authorised by", "批准人"), vec![content.authorised_by]),
        (
            ("Production sites", "生产场所"),
            sites
                .map(|it| {
                    [&it.name, &it.address, &it.economy]
                        .map(String::as_str)
                        .into_iter()
                        .filter(|it| !it.is_empty())
                        .collect::<Vec<_>>()
                        .join(", ")
                })
                .collect(),
        ),
        (
            ("Measured", "测量结果"),
            measured
                .map(|it| format!("{}: {}{}", it.metric, quantity(it.value.as_ref()), in_brackets(&it.method)))
                .collect(),
        ),
        (("Conditions", "附加条件"), vec![certificate.conditions.clone()]),
        (("Would end the suspension", "解除暂停的条件"), vec![certificate.suspension_remedy.clone()]),
        (("Superseded by", "替代证书"), vec![certificate.superseded_by.clone()]),
        (("Without effect by order of a panel", "依专家组命令不生效"), orders(certificate).collect()),
        (("Remarks", "备注"), vec![content.remarks]),
    ]
}

fn product(product: &CertifiedProduct) -> Vec<Field> {
    let id = product.identification.clone().unwrap_or_default();
    let codes = product.codes.iter().map(|code| format!("{} {}", code.edition, code.code));
    let serials = product.serial_ranges.iter().map(|it| format!("{} – {}", it.first, it.last));
    let models = std::iter::once(id.model).chain(product.models.clone()).filter(|it| !it.is_empty());
    vec![
        (("Name", "名称"), vec![product.name.clone()]),
        (("Model", "型号"), vec![models.collect::<Vec<_>>().join(", ")]),
        (("GTIN", "全球贸易项目代码"), vec![id.gtin]),
        (("Batch", "批次"), vec![id.batch]),
        (("Serial number", "序列号"), std::iter::once(id.serial).chain(serials).collect()),
        (("Commodity codes", "商品编码"), vec![codes.collect::<Vec<_>>().join(", ")]),
        (("Quantity", "数量"), vec![quantity(product.quantity.as_ref())]),
        (("Origin", "原产地"), vec![product.origin.clone()]),
    ]
}

fn quantity(quantity: Option<&Quantity>) -> String {
    quantity.map(|it| format!("{} {}", it.amount, it.unit)).unwrap_or_default()
}

fn in_brackets(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(" ({text})") }
}

/// The days on which panels have ordered that it be without effect.
fn orders(certificate: &Certificate) -> impl Iterator<Item = String> + '_ {
    let ordered = certificate.contestations.iter().filter(|it| !it.without_effect_from.is_empty());
    ordered.map(|it| format!("{} – {} ({})", it.without_effect_from, it.without_effect_until, it.dispute))
}

/// How it stands on a day, `YYYY-MM-DD`, by its body's word and by the orders of panels.
fn standing(certificate: &Certificate, today: &str) -> ((&'static str, &'static str), Colour) {
    let holds = |from: &str, until: &str| !from.is_empty() && from <= today && (until.is_empty() || today < until);
    let ordered = certificate.contestations.iter().any(|it| holds(&it.without_effect_from, &it.without_effect_until));
    if ordered && certificate.state() == CertificateState::Active {
        return (("Without effect for now, by order of a panel", "依专家组命令暂不生效"), AMBER);
    }
    state(certificate.state())
}

/// A state in both languages, and the colour of it.
fn state(state: CertificateState) -> ((&'static str, &'static str), Colour) {
    match state {
        CertificateState::Active => (("In force", "有效"), GREEN),
        CertificateState::Suspended => (("Suspended", "暂停"), AMBER),
        CertificateState::NotYetValid => (("Not valid yet", "尚未生效"), AMBER),
        CertificateState::Withdrawn => (("Withdrawn", "撤销"), RED),
        CertificateState::Terminated => (("Terminated", "终止"), RED),
        CertificateState::Annulled => (("Annulled: void from the start", "宣告自始无效"), RED),
        CertificateState::Superseded => (("Superseded", "已被替代"), RED),
        CertificateState::Expired => (("Expired", "已过期"), RED),
        CertificateState::Unspecified => (("State not known", "状态不明"), AMBER),
    }
}

/// What the sheet is worth, and when it was printed.
fn feet(certificate: &Certificate, told: &Told, number: &str) -> Vec<String> {
    let today = Clock::system().today();
    vec![
        format!(
            "This sheet is a copy for reading, as of {today}, version {}, registry revision {}. What counts is the \
             signed electronic certificate: scan the code, or run: greenlane verify {number}",
            certificate.version, told.revision
        ),
        format!(
            "本页仅供阅览（打印日期 {today}，第 {} 版，登记修订号 {}）。以经电子签名的证书为准：请扫描二维码，或按证书编号核验。",
            certificate.version, told.revision
        ),
        if told.code.starts_with("http") { told.code.clone() } else { String::new() },
    ]
}
