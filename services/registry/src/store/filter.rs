//! Which certificates a list shows.

use chrono::{DateTime, NaiveDate, Utc};
use greenlane_store::{Engine, Micros};
use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, Func, LikeExpr, Query, SimpleExpr};

use super::entity::{body, certificate, term};
use super::rows::{lowered, padded_gtin, terms};
use super::to_i64;
use crate::domain::content::{Content, Product};
use crate::domain::goods::{Code, ProductId, folded, same_text};
use crate::domain::names::{BodyId, CertificateNumber};

/// No number is longer.
pub(crate) const MAX_NUMBER_CHARS: usize = 32;

/// Which certificates to list. What is set must all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) body: Option<BodyId>,
    pub(crate) holder: Option<String>,
    pub(crate) product: ProductId,
    pub(crate) code: Option<Code>,
    /// In one of these schemes.
    pub(crate) schemes: Vec<String>,
    /// Of a body of one of these economies.
    pub(crate) economies: Vec<String>,
    /// One of these.
    pub(crate) numbers: Vec<CertificateNumber>,
    /// Capitals and digits that the number begins with.
    pub(crate) number_prefix: Option<String>,
    pub(crate) standard: Option<String>,
    pub(crate) valid_on: Option<NaiveDate>,
    /// Bounds of the last day of validity, both included.
    pub(crate) expires: (Option<NaiveDate>, Option<NaiveDate>),
    /// Bounds of the day that the certificate states it was granted, both included.
    pub(crate) granted_on: (Option<NaiveDate>, Option<NaiveDate>),
    pub(crate) granted_from_index: Option<u64>,
    pub(crate) body_reference: Option<String>,
    /// Stored states that can show, today, as one of those asked for, and the time of now; which do show is decided on
    /// what is read.
    pub(crate) states: Option<(Vec<&'static str>, DateTime<Utc>)>,
}

impl Filter {
    /// Whether it lets everything pass.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What the database can tell. A certificate is found by what any of its versions says; [`Filter::holds_for`] decides
    /// on the one that is shown.
    pub(super) fn condition(&self, engine: Engine, after: Option<u64>) -> Condition {
        use certificate::Column as C;
        let has_term = |kind, value| has_term(engine, kind, value);
        let mut all = Condition::all()
            .add_option(after.map(|index| C::GrantedIndex.gt(to_i64(index))))
            .add_option(self.granted_from_index.map(|index| C::GrantedIndex.gte(to_i64(index))))
            .add_option(self.body.as_ref().map(|body| C::Body.eq(body.as_str())))
            .add_option(self.valid_on.map(|day| C::ValidFrom.lte(day.to_string())))
            .add_option(self.valid_on.map(|day| C::ValidUntil.gte(day.to_string())));
        all = all.add_option(self.expires.0.map(|day| C::ValidUntil.gte(day.to_string())));
        if let Some(day) = self.expires.1 {
            // The latest day of any version is stored; the version that is shown may end earlier.
            all = all.add(Condition::any().add(C::ValidUntil.lte(day.to_string())).add(C::Version.gt(1)));
        }
        if let Some((states, now)) = &self.states {
            // A step that takes effect later has changed the stored state, and not yet what shows.
            let any = Condition::any().add(C::State.is_in(states.iter().copied()));
            all = all.add(any.add(C::EffectFloor.gt(Micros::from(*now))));
        }
        // Days are written so that their texts sort as they do.
        if let Some(from) = self.granted_on.0 {
            all = all.add(has_term(terms::GRANTED_ON.to_owned(), term::Column::Value.gte(from.to_string())));
        }
        if let Some(until) = self.granted_on.1 {
            all = all.add(has_term(terms::GRANTED_ON.to_owned(), term::Column::Value.lte(until.to_string())));
        }
        let product = &self.product;
        let exact = [
            (terms::GTIN, (!product.gtin.is_empty()).then(|| padded_gtin(&product.gtin))),
            (terms::MODEL, (!product.model.is_empty()).then(|| folded(&product.model))),
            (terms::BATCH, (!product.batch.is_empty()).then(|| folded(&product.batch))),
            (terms::SERIAL, (!product.serial.is_empty()).then(|| folded(&product.serial))),
            (terms::STANDARD, self.standard.as_deref().map(lowered)),
            (terms::REFERENCE, self.body_reference.clone()),
        ];
        for (kind, value) in exact {
            if let Some(value) = value {
                all = all.add(has_term(kind.to_owned(), term::Column::Value.eq(value)));
            }
        }
        if !self.schemes.is_empty() {
            all = all.add(has_term(terms::SCHEME.to_owned(), term::Column::Value.is_in(&self.schemes)));
        }
        if !self.economies.is_empty() {
            let bodies = Query::select()
                .column(body::Column::Id)
                .from(body::Entity)
                .and_where(body::Column::Economy.is_in(&self.economies))
                .take();
            all = all.add(C::Body.in_subquery(bodies));
        }
        if !self.numbers.is_empty() {
            all = all.add(C::Number.is_in(self.numbers.iter().map(CertificateNumber::as_str)));
        }
        if let Some(prefix) = &self.number_prefix {
            // So that the index of numbers is used: SQLite's LIKE does not, and what is between two texts on PostgreSQL is
            // its collation's to say. There is no wildcard in a number.
            all = all.add(match engine {
                Engine::Sqlite => {
                    let last = format!("{prefix}{}", "Z".repeat(MAX_NUMBER_CHARS));
                    C::Number.between(prefix.clone(), last)
                }
                Engine::Postgres => C::Number.like(format!("{prefix}%")),
            });
        }
        if let Some(holder) = &self.holder {
            let within = term::Column::Value.like(like_within(&lowered(holder)));
            all = all.add(has_term(terms::HOLDER.to_owned(), within));
        }
        if let Some(code) = &self.code {
            // Codes are digits and letters: there is no wildcard in them.
            let below = term::Column::Value.like(format!("{}%", code.code));
            all = all.add(has_term(format!("{}{}", terms::CODE, code.edition), below));
        }
        all
    }

    /// Whether these facts are what is asked for.
    pub(crate) fn holds_for(&self, content: &Content) -> bool {
        let same = |wanted: &Option<String>, text: &str| wanted.as_deref().is_none_or(|wanted| wanted == text);
        let holder = self.holder.as_deref().map(lowered);
        let standard = self.standard.as_deref().map(lowered);
        holder.is_none_or(|holder| lowered(&content.holder.name).contains(&holder))
            && (self.product.is_empty() || content.products.iter().any(|product| is_product(&self.product, product)))
            && self.code.as_ref().is_none_or(|code| {
                content.products.iter().flat_map(|product| &product.codes).any(|covered| code.covers(covered))
            })
            && (self.schemes.is_empty() || self.schemes.contains(&content.scheme.scheme))
            && standard.is_none_or(|standard| {
                content.normative_documents.iter().any(|document| lowered(&document.edition) == standard)
            })
            && same(&self.body_reference, &content.body_reference)
            && self.valid_on.is_none_or(|day| content.valid_from <= day && day <= content.valid_until)
            && self.granted_on.0.is_none_or(|day| day <= content.granted_on)
            && self.granted_on.1.is_none_or(|day| content.granted_on <= day)
            && self.expires.0.is_none_or(|day| day <= content.valid_until)
            && self.expires.1.is_none_or(|day| content.valid_until <= day)
    }
}

/// Whether all that is asked of a product is true of this one.
fn is_product(wanted: &ProductId, product: &Product) -> bool {
    let id = &product.id;
    let same = |wanted: &str, text: &str| wanted.is_empty() || same_text(wanted, text);
    let model = same(&wanted.model, &id.model) || product.models.iter().any(|model| same(&wanted.model, model));
    (wanted.gtin.is_empty() || !id.gtin.is_empty() && padded_gtin(&wanted.gtin) == padded_gtin(&id.gtin))
        && model
        && same(&wanted.batch, &id.batch)
        && same(&wanted.serial, &id.serial)
}

/// `LIKE` for a text anywhere, its wildcards taken literally.
fn like_within(text: &str) -> LikeExpr {
    let literal = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    LikeExpr::new(format!("%{literal}%")).escape('\\')
}

fn has_term(engine: Engine, kind: String, value: SimpleExpr) -> SimpleExpr {
    let mut certificates = Query::select();
    certificates.from(term::Entity).and_where(term::Column::Kind.eq(kind)).and_where(value);
    match engine {
        Engine::Sqlite => {
            let lists = Func::cust("json_each").arg(term::Column::Certificates.into_expr());
            certificates.expr(Expr::col(("listed", "value"))).from_function(lists, "listed");
        }
        Engine::Postgres => {
            certificates.expr(Expr::cust("unnest(translate(certificates, '[]', '{}')::bigint[])"));
        }
    }
    certificate::Column::GrantedIndex.in_subquery(certificates)
}
