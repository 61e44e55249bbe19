use greenlane_store::{Micros, Tx};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder, QuerySelect, Set};

use super::Cursor;
use crate::change_set::Comment;

mod row {
    use greenlane_store::Micros;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "change_comment")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(super) id: String,
        #[sea_orm(column_type = "Text")]
        pub(super) change_set: String,
        #[sea_orm(column_type = "Text")]
        pub(super) author: String,
        #[sea_orm(column_type = "Text")]
        pub(super) economy: String,
        #[sea_orm(column_type = "Text")]
        pub(super) text: String,
        pub(super) at: Micros,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) async fn comment(tx: &Tx, change_set: &str, comment: &Comment) -> Result<(), DbErr> {
    let row = row::ActiveModel {
        id: Set(comment.id.clone()),
        change_set: Set(change_set.to_owned()),
        author: Set(comment.author.clone()),
        economy: Set(comment.economy.clone()),
        text: Set(comment.text.clone()),
        at: Set(Micros::from(comment.at)),
    };
    row::Entity::insert(row).exec_without_returning(tx).await.map(drop)
}

/// A page, oldest first, of those after `after`.
pub(crate) async fn comments(
    tx: &Tx,
    change_set: &str,
    after: Option<&Cursor>,
    limit: u64,
) -> Result<Vec<Comment>, DbErr> {
    let mut query = row::Entity::find().filter(row::Column::ChangeSet.eq(change_set));
    if let Some((at, id)) = after {
        let same_time = Condition::all().add(row::Column::At.eq(*at)).add(row::Column::Id.gt(id.as_str()));
        query = query.filter(Condition::any().add(row::Column::At.gt(*at)).add(same_time));
    }
    let rows = query.order_by_asc(row::Column::At).order_by_asc(row::Column::Id).limit(limit).all(tx).await?;
    let read = |row: row::Model| Comment {
        id: row.id,
        author: row.author,
        economy: row.economy,
        text: row.text,
        at: row.at.to_utc(),
    };
    Ok(rows.into_iter().map(read).collect())
}
