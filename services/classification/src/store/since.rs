//! What has changed since a revision of what an import puts something in the place of.

use greenlane_store::Tx;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter};

use super::entities::{code, entry, item, link, term};
use super::{SYNONYMS, VAGUE, corrupt};
use crate::domain::Replaced;

/// Whether any row of it has begun or ended after a revision. What is said of an edition is not asked for.
pub(crate) async fn changed_since(tx: &Tx, base: u64, replaced: &Replaced) -> Result<bool, DbErr> {
    let base = i64::try_from(base).map_err(corrupt)?;
    let editions: Vec<&str> = replaced.editions.iter().map(|edition| edition.id.as_str()).collect();
    if !editions.is_empty() {
        let codes = code::Entity::find().filter(code::Column::Edition.is_in(editions));
        let codes = codes.filter(since(code::Column::RevisionFrom, code::Column::RevisionTo, base));
        if codes.one(tx).await?.is_some() {
            return Ok(true);
        }
    }
    for (earlier, later) in &replaced.tables {
        let links = link::Entity::find().filter(link::Column::EarlierEdition.eq(earlier));
        let links = links.filter(link::Column::LaterEdition.eq(later));
        let links = links.filter(since(link::Column::RevisionFrom, link::Column::RevisionTo, base));
        if links.one(tx).await?.is_some() {
            return Ok(true);
        }
    }
    if !replaced.lists.is_empty() {
        let entries = entry::Entity::find().filter(entry::Column::List.is_in(&replaced.lists));
        let entries = entries.filter(since(entry::Column::RevisionFrom, entry::Column::RevisionTo, base));
        if entries.one(tx).await?.is_some() {
            return Ok(true);
        }
    }
    if let Some((edition, language)) = &replaced.terms {
        let terms = term::Entity::find().filter(term::Column::Edition.eq(edition));
        let terms = terms.filter(term::Column::Language.eq(language));
        let terms = terms.filter(since(term::Column::RevisionFrom, term::Column::RevisionTo, base));
        if terms.one(tx).await?.is_some() {
            return Ok(true);
        }
    }
    for (kind, id) in [(SYNONYMS, &replaced.synonyms), (VAGUE, &replaced.vague)] {
        let Some(id) = id else { continue };
        let items = item::Entity::find().filter(item::Column::Kind.eq(kind)).filter(item::Column::Id.eq(id));
        let items = items.filter(since(item::Column::RevisionFrom, item::Column::RevisionTo, base));
        if items.one(tx).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Rows that began or ended after a revision.
fn since<C: ColumnTrait>(from: C, to: C, base: i64) -> Condition {
    Condition::any().add(from.gt(base)).add(to.gt(base))
}
