//! Published revisions of the catalogues, as they are on record.

use std::collections::BTreeMap;

use greenlane_store::{Tx, bulk};
use sea_orm::entity::prelude::*;
use sea_orm::{DbErr, QueryOrder, QuerySelect, Set};

use super::entity::publication;
use super::{corrupt, to_i64, to_u64};
use crate::domain::publication::{Catalogue, Publication, Publications, PublishedChanges, Recorded};

/// The last record of each revision of a catalogue.
pub(crate) async fn of(tx: &Tx, catalogue: Catalogue) -> Result<BTreeMap<u64, Recorded>, DbErr> {
    use publication::Column as C;
    let rows = publication::Entity::find().filter(C::Catalogue.eq(catalogue.as_str())).order_by_asc(C::LogIndex);
    let recorded = rows.all(tx).await?.into_iter().map(Recorded::try_from);
    recorded.map(|recorded| recorded.map(|it| (it.publication.revision, it))).collect()
}

/// What the records of these publications may follow on.
pub(crate) async fn followed_by(tx: &Tx, published: &[&Publication]) -> Result<Publications, DbErr> {
    use publication::Column as C;
    let mut found = Publications::default();
    for Publication { catalogue, revision, .. } in published {
        let of_it = publication::Entity::find().filter(C::Catalogue.eq(catalogue.as_str()));
        if !found.highest.contains_key(catalogue) {
            let highest = of_it.clone().order_by_desc(C::Revision).limit(1).one(tx).await?;
            found.highest.insert(*catalogue, highest.map_or(0, |row| to_u64(row.revision)));
        }
        let last = of_it.filter(C::Revision.eq(to_i64(*revision))).order_by_desc(C::LogIndex).limit(1);
        if let Some(row) = last.one(tx).await? {
            found.last.insert((*catalogue, *revision), row.try_into()?);
        }
    }
    Ok(found)
}

/// Writes records.
pub(crate) async fn save(tx: &Tx, recorded: &[&Recorded]) -> Result<(), DbErr> {
    let rows = recorded.iter().map(|Recorded { log_index, recorded_at, publication: it }| publication::ActiveModel {
        log_index: Set(to_i64(*log_index)),
        catalogue: Set(it.catalogue.as_str().to_owned()),
        revision: Set(to_i64(it.revision)),
        change_set: Set(it.change_set.as_ref().map(|by| by.name.clone())),
        changes_sha256: Set(it.change_set.as_ref().map(|by| by.sha256).or(it.entries_sha256).map(hex::encode)),
        published_at: Set(it.published_at.map(Into::into)),
        recorded_at: Set((*recorded_at).into()),
    });
    bulk::insert(tx, rows.collect::<Vec<_>>()).await.map(drop)
}

impl TryFrom<publication::Model> for Recorded {
    type Error = DbErr;

    fn try_from(row: publication::Model) -> Result<Self, DbErr> {
        let sha256 = |text: &str| {
            let mut hash = [0; 32];
            hex::decode_to_slice(text, &mut hash).map(|()| hash).map_err(|_| corrupt("publication"))
        };
        let (mut change_set, mut entries_sha256) = (None, None);
        match (row.change_set, row.changes_sha256) {
            (Some(name), Some(hash)) => change_set = Some(PublishedChanges { name, sha256: sha256(&hash)? }),
            (None, Some(hash)) => entries_sha256 = Some(sha256(&hash)?),
            (_, None) => {}
        }
        let publication = Publication {
            catalogue: Catalogue::from_str(&row.catalogue).ok_or_else(|| corrupt("publication"))?,
            revision: to_u64(row.revision),
            change_set,
            entries_sha256,
            published_at: row.published_at.map(Into::into),
        };
        Ok(Self { log_index: to_u64(row.log_index), recorded_at: row.recorded_at.into(), publication })
    }
}
