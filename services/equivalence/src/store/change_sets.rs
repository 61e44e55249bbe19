//! Change sets, each as one document with the columns that are asked for beside it.

use greenlane_store::{Micros, Tx};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{Condition, QueryOrder, QuerySelect, Set};

use crate::domain::change_set::{ChangeSet, State};

mod row {
    use greenlane_store::Micros;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "change_set")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(super) name: String,
        #[sea_orm(column_type = "Text")]
        pub(super) state: String,
        #[sea_orm(column_type = "Text")]
        pub(super) author: String,
        pub(super) version: i64,
        pub(super) created_at: Micros,
        #[sea_orm(column_type = "Text")]
        pub(super) content: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Where a page of the list ended: creation time in microseconds, and name.
pub(crate) type Cursor = (i64, String);

pub(crate) async fn insert(tx: &Tx, change_set: &ChangeSet) -> Result<(), DbErr> {
    let row = row::ActiveModel {
        name: Set(change_set.name.clone()),
        state: Set(change_set.state.as_str().to_owned()),
        author: Set(change_set.author.clone()),
        version: Set(version(change_set)?),
        created_at: Set(Micros::from(change_set.created_at)),
        content: Set(content(change_set)?),
    };
    row::Entity::insert(row).exec_without_returning(tx).await.map(drop)
}

pub(crate) async fn get(tx: &Tx, name: &str) -> Result<Option<ChangeSet>, DbErr> {
    row::Entity::find_by_id(name.to_owned()).one(tx).await?.map(read).transpose()
}

/// Writes a change set back if nobody else has meanwhile: its version is one more than the stored one.
pub(crate) async fn update(tx: &Tx, change_set: &ChangeSet) -> Result<(), DbErr> {
    let new = version(change_set)?;
    let result = row::Entity::update_many()
        .col_expr(row::Column::State, Expr::value(change_set.state.as_str()))
        .col_expr(row::Column::Version, Expr::value(new))
        .col_expr(row::Column::Content, Expr::value(content(change_set)?))
        .filter(row::Column::Name.eq(change_set.name.as_str()))
        .filter(row::Column::Version.eq(new - 1))
        .exec(tx)
        .await?;
    if result.rows_affected == 1 { Ok(()) } else { Err(tx.contended("the change set has moved on")) }
}

/// A page, newest first, of those after `after`.
pub(crate) async fn list(
    tx: &Tx,
    state: Option<State>,
    author: &str,
    after: Option<&Cursor>,
    limit: u64,
) -> Result<Vec<ChangeSet>, DbErr> {
    let mut query = row::Entity::find();
    if let Some(state) = state {
        query = query.filter(row::Column::State.eq(state.as_str()));
    }
    if !author.is_empty() {
        query = query.filter(row::Column::Author.eq(author));
    }
    if let Some((created_at, name)) = after {
        let same_time =
            Condition::all().add(row::Column::CreatedAt.eq(*created_at)).add(row::Column::Name.gt(name.as_str()));
        query = query.filter(Condition::any().add(row::Column::CreatedAt.lt(*created_at)).add(same_time));
    }
    let rows = query.order_by_desc(row::Column::CreatedAt).order_by_asc(row::Column::Name).limit(limit).all(tx).await?;
    rows.into_iter().map(read).collect()
}

fn read(row: row::Model) -> Result<ChangeSet, DbErr> {
    serde_json::from_str(&row.content).map_err(|error| DbErr::Type(format!("{}: {error}", row.name)))
}

fn content(change_set: &ChangeSet) -> Result<String, DbErr> {
    serde_json::to_string(change_set).map_err(|error| DbErr::Type(format!("{}: {error}", change_set.name)))
}

fn version(change_set: &ChangeSet) -> Result<i64, DbErr> {
    i64::try_from(change_set.version).map_err(|_| DbErr::Type("a version beyond 63 bits".to_owned()))
}
