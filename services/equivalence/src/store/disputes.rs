//! Disputes: one document each, with the columns that are asked for beside it.

use std::collections::BTreeSet;

use greenlane_curation::Cursor;
use greenlane_store::{Micros, Tx, revision};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{Condition, QueryOrder, QuerySelect, Set};

use crate::domain::dispute::Dispute;

/// Name of the counter that is the position of the newest step.
const POSITION: &str = "disputes";

mod row {
    use greenlane_store::Micros;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "dispute")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(super) name: String,
        #[sea_orm(column_type = "Text")]
        pub(super) subject: String,
        pub(super) opened_at: Micros,
        pub(super) ended: bool,
        pub(super) version: i64,
        /// Of its newest step among those of all disputes, in the order of commits.
        pub(super) position: i64,
        #[sea_orm(column_type = "Text")]
        pub(super) content: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Who has to answer a dispute, which never changes.
mod respondent {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "dispute_respondent")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(super) respondent: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(super) dispute: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Which disputes are listed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Only those about this; empty for all.
    pub(crate) subject: String,
    /// Only those that this body or economy has to answer; empty for all.
    pub(crate) respondent: String,
    /// Only those that have not ended.
    pub(crate) open_only: bool,
}

/// Adds a dispute.
pub(crate) async fn insert(tx: &Tx, dispute: &Dispute) -> Result<(), DbErr> {
    let row = row::ActiveModel {
        name: Set(dispute.name.clone()),
        subject: Set(dispute.subject.reference().to_owned()),
        opened_at: Set(Micros::from(dispute.opened_at)),
        ended: Set(dispute.ended_at.is_some()),
        version: Set(version(dispute.version)?),
        position: Set(next_position(tx).await?),
        content: Set(write(dispute)?),
    };
    row::Entity::insert(row).exec_without_returning(tx).await?;
    let of =
        |name: &String| respondent::ActiveModel { respondent: Set(name.clone()), dispute: Set(dispute.name.clone()) };
    let respondents: Vec<_> = dispute.parties.respondents.iter().map(of).collect();
    if respondents.is_empty() {
        return Ok(());
    }
    respondent::Entity::insert_many(respondents).exec_without_returning(tx).await.map(drop)
}

/// A dispute.
pub(crate) async fn get(tx: &Tx, name: &str) -> Result<Option<Dispute>, DbErr> {
    let row = row::Entity::find_by_id(name.to_owned()).one(tx).await?;
    row.map(|row| read(&row.content)).transpose()
}

/// Writes a dispute back, if it is still of the version that was read.
pub(crate) async fn update(tx: &Tx, dispute: &Dispute, read_version: u64) -> Result<(), DbErr> {
    let result = row::Entity::update_many()
        .col_expr(row::Column::Ended, Expr::value(dispute.ended_at.is_some()))
        .col_expr(row::Column::Version, Expr::value(version(dispute.version)?))
        .col_expr(row::Column::Position, Expr::value(next_position(tx).await?))
        .col_expr(row::Column::Content, Expr::value(write(dispute)?))
        .filter(row::Column::Name.eq(dispute.name.as_str()))
        .filter(row::Column::Version.eq(version(read_version)?))
        .exec(tx)
        .await?;
    if result.rows_affected == 1 { Ok(()) } else { Err(tx.contended("the dispute has moved on")) }
}

/// Disputes, by name; those that are not there are left out.
pub(crate) async fn named(tx: &Tx, names: &BTreeSet<String>) -> Result<Vec<Dispute>, DbErr> {
    let mut all = Vec::new();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // Fewer than a statement may bind.
    for names in names.chunks(1_000) {
        let rows = row::Entity::find().filter(row::Column::Name.is_in(names.iter().copied()));
        for row in rows.order_by_asc(row::Column::Name).all(tx).await? {
            all.push(read(&row.content)?);
        }
    }
    Ok(all)
}

/// The position of the newest step.
pub(crate) async fn newest(tx: &Tx) -> Result<u64, DbErr> {
    revision::current(tx, POSITION).await
}

/// Disputes in which a step was taken after a position, in the order of their newest steps, each with its position.
pub(crate) async fn after(tx: &Tx, position: u64, limit: u64) -> Result<Vec<(u64, Dispute)>, DbErr> {
    let query = row::Entity::find().filter(row::Column::Position.gt(version(position)?));
    let rows = query.order_by_asc(row::Column::Position).limit(limit).all(tx).await?;
    rows.iter().map(|row| Ok((u64::try_from(row.position).unwrap_or(0), read(&row.content)?))).collect()
}

/// The next position, which nobody else gets before this transaction has ended.
async fn next_position(tx: &Tx) -> Result<i64, DbErr> {
    version(revision::next(tx, POSITION).await?)
}

/// A page, newest first.
pub(crate) async fn list(tx: &Tx, wanted: &Wanted, after: Option<&Cursor>, limit: u64) -> Result<Vec<Dispute>, DbErr> {
    use row::Column as C;
    let mut query = row::Entity::find();
    if !wanted.subject.is_empty() {
        // A certificate is challenged by its name or by its number.
        let number = wanted.subject.strip_prefix("certificates/").unwrap_or(&wanted.subject);
        query = query.filter(C::Subject.is_in([
            wanted.subject.clone(),
            number.to_owned(),
            format!("certificates/{number}"),
        ]));
    }
    if !wanted.respondent.is_empty() {
        let answered = Query::select()
            .column(respondent::Column::Dispute)
            .from(respondent::Entity)
            .and_where(respondent::Column::Respondent.eq(wanted.respondent.as_str()))
            .take();
        query = query.filter(C::Name.in_subquery(answered));
    }
    if wanted.open_only {
        query = query.filter(C::Ended.eq(false));
    }
    if let Some((at, name)) = after {
        let same_time = Condition::all().add(C::OpenedAt.eq(*at)).add(C::Name.gt(name.as_str()));
        query = query.filter(Condition::any().add(C::OpenedAt.lt(*at)).add(same_time));
    }
    let rows = query.order_by_desc(C::OpenedAt).order_by_asc(C::Name).limit(limit).all(tx).await?;
    rows.iter().map(|row| read(&row.content)).collect()
}

fn read(text: &str) -> Result<Dispute, DbErr> {
    serde_json::from_str(text).map_err(|error| DbErr::Type(format!("dispute: {error}")))
}

fn write(dispute: &Dispute) -> Result<String, DbErr> {
    serde_json::to_string(dispute).map_err(|error| DbErr::Type(format!("dispute: {error}")))
}

fn version(version: u64) -> Result<i64, DbErr> {
    i64::try_from(version).map_err(|_| DbErr::Type("a version beyond 63 bits".to_owned()))
}
