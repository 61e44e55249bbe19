use std::collections::{BTreeMap, BTreeSet};

use greenlane_store::{Micros, Tx};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{Condition, QueryOrder, QuerySelect, Set};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Cursor;
use crate::change_set::{ChangeSet, State};

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
        #[sea_orm(column_type = "Text")]
        pub(super) changes: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) async fn insert<C: Serialize + Clone>(tx: &Tx, change_set: &ChangeSet<C>) -> Result<(), DbErr> {
    let row = row::ActiveModel {
        name: Set(change_set.name.clone()),
        state: Set(change_set.state.as_str().to_owned()),
        author: Set(change_set.author.clone()),
        version: Set(version(change_set)?),
        created_at: Set(Micros::from(change_set.created_at)),
        content: Set(content(change_set)?),
        changes: Set(write(&change_set.name, &change_set.changes)?),
    };
    row::Entity::insert(row).exec_without_returning(tx).await.map(drop)
}

/// A change set as it is stored.
///
/// # Errors
/// When the database fails or what is stored cannot be read.
pub async fn get<C: DeserializeOwned>(tx: &Tx, name: &str) -> Result<Option<ChangeSet<C>>, DbErr> {
    let Some(row) = row::Entity::find_by_id(name.to_owned()).one(tx).await? else { return Ok(None) };
    let mut change_set: ChangeSet<C> = read(&row.name, &row.content)?;
    change_set.changes = read(&row.name, &row.changes)?;
    Ok(Some(change_set))
}

/// Of some change sets those that a proceeding orders, each with that.
///
/// # Errors
/// When the database fails or what is stored cannot be read.
pub async fn ordered(tx: &Tx, names: &BTreeSet<String>) -> Result<BTreeMap<String, String>, DbErr> {
    /// As much of a change set as says so.
    #[derive(Deserialize)]
    struct Order {
        #[serde(default)]
        ordered_by: String,
    }
    let mut all = BTreeMap::new();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // Fewer than a statement may bind.
    for names in names.chunks(1_000) {
        let query = row::Entity::find().filter(row::Column::Name.is_in(names.iter().copied()));
        let columns = [row::Column::Name, row::Column::Content];
        let rows: Vec<(String, String)> = query.select_only().columns(columns).into_tuple().all(tx).await?;
        for (name, content) in rows {
            let Order { ordered_by } = read(&name, &content)?;
            if !ordered_by.is_empty() {
                all.insert(name, ordered_by);
            }
        }
    }
    Ok(all)
}

/// Writes a change set back, but for its changes, which most steps do not touch, if nobody else has meanwhile: its
/// version is one more than the stored one.
pub(crate) async fn update<C: Serialize + Clone>(tx: &Tx, change_set: &ChangeSet<C>) -> Result<(), DbErr> {
    write_back(tx, change_set, false).await
}

/// Writes a change set back with its changes.
pub(crate) async fn replace<C: Serialize + Clone>(tx: &Tx, change_set: &ChangeSet<C>) -> Result<(), DbErr> {
    write_back(tx, change_set, true).await
}

async fn write_back<C: Serialize + Clone>(tx: &Tx, change_set: &ChangeSet<C>, changes: bool) -> Result<(), DbErr> {
    let new = version(change_set)?;
    let mut statement = row::Entity::update_many()
        .col_expr(row::Column::State, Expr::value(change_set.state.as_str()))
        .col_expr(row::Column::Version, Expr::value(new))
        .col_expr(row::Column::Content, Expr::value(content(change_set)?));
    if changes {
        let text = write(&change_set.name, &change_set.changes)?;
        statement = statement.col_expr(row::Column::Changes, Expr::value(text));
    }
    let result = statement
        .filter(row::Column::Name.eq(change_set.name.as_str()))
        .filter(row::Column::Version.eq(new - 1))
        .exec(tx)
        .await?;
    if result.rows_affected == 1 { Ok(()) } else { Err(tx.contended("the change set has moved on")) }
}

/// A page, newest first, of those after `after`, without their changes.
pub(crate) async fn list<C: DeserializeOwned>(
    tx: &Tx,
    state: Option<State>,
    author: &str,
    after: Option<&Cursor>,
    limit: u64,
) -> Result<Vec<ChangeSet<C>>, DbErr> {
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
    let rows: Vec<(String, String)> = query
        .order_by_desc(row::Column::CreatedAt)
        .order_by_asc(row::Column::Name)
        .limit(limit)
        .select_only()
        .columns([row::Column::Name, row::Column::Content])
        .into_tuple()
        .all(tx)
        .await?;
    rows.iter().map(|(name, content)| read(name, content)).collect()
}

/// All of it but its changes.
fn content<C: Serialize + Clone>(change_set: &ChangeSet<C>) -> Result<String, DbErr> {
    write(&change_set.name, &ChangeSet { changes: Vec::new(), ..change_set.clone() })
}

fn read<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, DbErr> {
    serde_json::from_str(text).map_err(|error| DbErr::Type(format!("{name}: {error}")))
}

fn write(name: &str, value: &impl Serialize) -> Result<String, DbErr> {
    serde_json::to_string(value).map_err(|error| DbErr::Type(format!("{name}: {error}")))
}

fn version<C>(change_set: &ChangeSet<C>) -> Result<i64, DbErr> {
    i64::try_from(change_set.version).map_err(|_| DbErr::Type("a version beyond 63 bits".to_owned()))
}
