//! Does it cover the goods as declared?

use super::{Finding, Outcome, Part, unknown_certificate};
use crate::domain::content::{Content, Product};
use crate::domain::goods::{Code, Goods, same_gtin, same_text};

/// How a certified code lies to the declared one of another edition, as the classification service says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SameGoods {
    /// All goods of the declared code are of the certified one.
    Within,
    /// Some goods of the declared code are of the certified one, and others are not.
    CanBe,
    /// None are.
    No,
    /// Not known, not decided, or nobody there to ask.
    Unknown,
}

/// Codes that one verdict has compared at most. What is beyond stays unknown.
pub(crate) const MAX_COMPARED: usize = 64;

/// The certified codes in other editions than the declared one that matter: those of products that have no code in the
/// declared edition and that nothing else rules out. At most [`MAX_COMPARED`].
pub(crate) fn codes_to_compare(content: &Content, goods: &Goods) -> Vec<Code> {
    let matters = |product: &&Product| {
        product.codes.iter().all(|code| code.edition != goods.code.edition)
            && [identity(product, goods), items(product, goods), origin(product, goods)]
                .iter()
                .all(|aspect| aspect.outcome != Outcome::No)
    };
    let mut codes: Vec<Code> =
        content.products.iter().filter(matters).flat_map(|product| product.codes.iter().cloned()).collect();
    codes.sort();
    codes.dedup();
    codes.truncate(MAX_COMPARED);
    codes
}

/// The part: *yes* when one product of the certificate matches in every respect; otherwise that of the product which
/// comes closest. `compare` answers for pairs of a certified and the declared code in different editions.
pub(crate) fn judge(content: Option<&Content>, goods: &Goods, compare: impl Fn(&Code) -> SameGoods) -> Part {
    let Some(content) = content else { return Part::because(Outcome::Undetermined, unknown_certificate()) };
    let rank = |part: &Part| match part.outcome {
        Outcome::Yes | Outcome::YesOnConditions => 0,
        Outcome::Undetermined => 1,
        Outcome::No | Outcome::NotAsked | Outcome::NotApplicable => 2,
    };
    let mut best: Option<(usize, usize, Part)> = None;
    for product in &content.products {
        let (misses, part) = match_product(product, goods, &compare);
        let candidate = (rank(&part), misses, part);
        if best.as_ref().is_none_or(|best| (candidate.0, candidate.1) < (best.0, best.1)) {
            let matched = candidate.0 == 0;
            best = Some(candidate);
            if matched {
                break;
            }
        }
    }
    best.map_or_else(
        || Part::because(Outcome::No, Finding::new("product_not_matched", "The certificate names no product.")),
        |(_, _, part)| part,
    )
}

/// How one aspect of a product fares, and why.
struct Aspect {
    outcome: Outcome,
    finding: Option<Finding>,
}

impl Aspect {
    fn silent() -> Self {
        Self { outcome: Outcome::Yes, finding: None }
    }

    fn of(outcome: Outcome, finding: Finding) -> Self {
        Self { outcome, finding: Some(finding) }
    }
}

fn match_product(product: &Product, goods: &Goods, compare: &impl Fn(&Code) -> SameGoods) -> (usize, Part) {
    let aspects =
        [code(product, goods, compare), identity(product, goods), items(product, goods), origin(product, goods)];
    let misses = aspects.iter().filter(|aspect| aspect.outcome == Outcome::No).count();
    let open = aspects.iter().any(|aspect| aspect.outcome == Outcome::Undetermined);
    let outcome = match (misses, open) {
        (0, false) => Outcome::Yes,
        (0, true) => Outcome::Undetermined,
        _ => Outcome::No,
    };
    (misses, Part::new(outcome, aspects.into_iter().filter_map(|aspect| aspect.finding).collect()))
}

fn code(product: &Product, goods: &Goods, compare: &impl Fn(&Code) -> SameGoods) -> Aspect {
    let declared = &goods.code;
    let describe =
        |finding: Finding| finding.with("code", declared.code.clone()).with("edition", declared.edition.clone());
    if let Some(certified) = product.codes.iter().find(|code| code.covers(declared)) {
        let finding = Finding::new("code_covered", "The certificate names this code.");
        return Aspect::of(Outcome::Yes, describe(finding).with("certified_code", certified.code.clone()));
    }
    let name = |finding: Finding, certified: &Code| {
        describe(finding)
            .with("certified_code", certified.code.clone())
            .with("certified_edition", certified.edition.clone())
    };
    let can_be = |certified: &Code| {
        // The code alone does not tell; the product does, when it is the certified one.
        let told = identity(product, goods).finding.is_some_and(|finding| finding.code == "product_matched");
        let (outcome, message) = if told {
            (Outcome::Yes, "Only a part of this code's goods are of a certified code; the product says that these are.")
        } else {
            (
                Outcome::Undetermined,
                "Only a part of this code's goods are of a certified code; which these are, is not said.",
            )
        };
        Aspect::of(outcome, name(Finding::new("code_can_be_covered", message), certified))
    };
    if product.codes.iter().any(|code| code.edition == declared.edition) {
        // Goods that are declared by a heading or a chapter alone may be those of a certified code below it.
        return match product.codes.iter().find(|code| declared.covers(code)) {
            Some(certified) => can_be(certified),
            None => Aspect::of(
                Outcome::No,
                describe(Finding::new("code_not_covered", "The certificate names other codes of this edition.")),
            ),
        };
    }
    let (mut unknown, mut part) = (false, None);
    for certified in &product.codes {
        match compare(certified) {
            SameGoods::Within => {
                let finding = Finding::new(
                    "code_covered",
                    "By the correlation of the two editions, all goods of this code are of a certified code.",
                );
                return Aspect::of(Outcome::Yes, name(finding, certified));
            }
            SameGoods::CanBe => part = part.or(Some(certified)),
            SameGoods::No => {}
            SameGoods::Unknown => unknown = true,
        }
    }
    if let Some(certified) = part {
        can_be(certified)
    } else if unknown {
        let finding = Finding::new(
            "code_other_edition",
            "The certificate names codes of another edition, and it is not known whether they are the same goods.",
        );
        Aspect::of(Outcome::Undetermined, describe(finding))
    } else {
        let finding = Finding::new(
            "code_not_covered",
            "By the correlation of the two editions, no certified code and this one can be the same goods.",
        );
        Aspect::of(Outcome::No, describe(finding))
    }
}

fn identity(product: &Product, goods: &Goods) -> Aspect {
    let declared = &goods.product;
    let gtin =
        (!declared.gtin.is_empty() && !product.id.gtin.is_empty()).then(|| same_gtin(&declared.gtin, &product.id.gtin));
    let models = || product.models.iter().chain([&product.id.model]).filter(|model| !model.is_empty());
    let model = (!declared.model.is_empty() && models().next().is_some())
        .then(|| models().any(|model| same_text(model, &declared.model)));
    let named = !product.id.gtin.is_empty() || models().next().is_some();
    match (gtin, model) {
        (Some(false), _) | (_, Some(false)) => Aspect::of(
            Outcome::No,
            Finding::new("product_not_matched", "The declared product is not the certified one."),
        ),
        (Some(true), _) | (_, Some(true)) => Aspect::of(
            Outcome::Yes,
            Finding::new("product_matched", "The declared product is certified.").with("product", product.name.clone()),
        ),
        (None, None) if !named => Aspect::silent(),
        (None, None) if declared.gtin.is_empty() && declared.model.is_empty() => Aspect::of(
            Outcome::Undetermined,
            Finding::new("product_not_declared", "The certificate names a product; which it is, was not declared."),
        ),
        (None, None) => Aspect::of(
            Outcome::Undetermined,
            Finding::new(
                "product_not_comparable",
                "Declaration and certificate identify the product in different ways.",
            ),
        ),
    }
}

/// Batch and serial: a certificate that is limited to some covers no others.
fn items(product: &Product, goods: &Goods) -> Aspect {
    let declared = &goods.product;
    let not_covered = |what: &'static str| Aspect::of(Outcome::No, Finding::new("serial_not_covered", what));
    if !product.id.batch.is_empty() && !declared.batch.is_empty() && !same_text(&product.id.batch, &declared.batch) {
        return not_covered("The certificate is for another batch.");
    }
    let limited = !product.id.serial.is_empty() || !product.serial_ranges.is_empty();
    let covered = || {
        same_text(&product.id.serial, &declared.serial)
            || product.serial_ranges.iter().any(|range| range.contains(&declared.serial))
    };
    if limited && !declared.serial.is_empty() && !covered() {
        return not_covered("The certificate does not cover this serial number.");
    }
    if (limited && declared.serial.is_empty()) || (!product.id.batch.is_empty() && declared.batch.is_empty()) {
        return Aspect::of(
            Outcome::Undetermined,
            Finding::new("product_not_declared", "The certificate is limited to some items; which, was not declared."),
        );
    }
    Aspect::silent()
}

fn origin(product: &Product, goods: &Goods) -> Aspect {
    if product.origin.is_empty() || product.origin == goods.origin {
        return Aspect::silent();
    }
    let (outcome, finding) = if is_bloc(&product.origin) || is_bloc(&goods.origin) {
        let message =
            "Certificate and declaration name an economy and a bloc: whether it is the same origin is not told.";
        (Outcome::Undetermined, Finding::new("origin_not_comparable", message))
    } else {
        (Outcome::No, Finding::new("origin_not_covered", "The certificate is for goods of another origin."))
    };
    Aspect::of(outcome, finding.with("certified_origin", product.origin.clone()))
}

/// Whether a code is that of a bloc. Its members are the equivalence service's to say.
fn is_bloc(code: &str) -> bool {
    code.len() != 2 || matches!(code, "EU" | "EZ")
}

#[cfg(test)]
mod tests;
