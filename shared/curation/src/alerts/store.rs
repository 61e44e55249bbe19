//! Alerts in the order of commits, and subscriptions.

use std::collections::BTreeSet;

use chrono::{Datelike as _, NaiveDate};
use greenlane_store::{Micros, Tx, revision};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder, QuerySelect, Set};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Alert, Subscription};
use crate::store::Cursor;

/// Name of the counter that is the position of the newest alert.
const POSITION: &str = "alerts";
/// Name of the counter that is the day up to which days that come were looked for, counted from the common era.
const LOOKED_ON: &str = "alerts/day";
/// Names that are asked for at a time.
const NAMES: usize = 500;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "alert")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) position: i64,
        #[sea_orm(column_type = "Text")]
        pub(super) name: String,
        #[sea_orm(column_type = "Text")]
        pub(super) content: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod subscription {
    use greenlane_store::Micros;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "alert_subscription")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(super) name: String,
        #[sea_orm(column_type = "Text")]
        pub(super) owner: String,
        pub(super) created_at: Micros,
        #[sea_orm(column_type = "Text")]
        pub(super) content: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The position of the newest alert.
pub(super) async fn newest(tx: &Tx) -> Result<u64, DbErr> {
    revision::current(tx, POSITION).await
}

/// Adds alerts that are not there yet, in their order. The transaction holds their counter from here on.
///
/// # Errors
/// When the database fails.
pub async fn append<I: Serialize + Sync>(tx: &Tx, alerts: &[Alert<I>]) -> Result<(), DbErr> {
    // The lock makes looking and adding one step.
    revision::lock(tx, POSITION).await?;
    let mut known = BTreeSet::new();
    for names in alerts.chunks(NAMES) {
        let names = names.iter().map(|alert| alert.name.as_str());
        let found = row::Entity::find().filter(row::Column::Name.is_in(names)).select_only();
        let found: Vec<String> = found.column(row::Column::Name).into_tuple().all(tx).await?;
        known.extend(found);
    }
    for alert in alerts {
        if known.insert(alert.name.clone()) {
            let position = revision::next(tx, POSITION).await?;
            let row = row::ActiveModel {
                position: Set(to_row(position)?),
                name: Set(alert.name.clone()),
                content: Set(write(alert)?),
            };
            row::Entity::insert(row).exec_without_returning(tx).await?;
        }
    }
    Ok(())
}

/// Alerts after a position, oldest first.
pub(super) async fn after<I: DeserializeOwned>(
    tx: &Tx,
    position: u64,
    limit: u64,
) -> Result<Vec<(u64, Alert<I>)>, DbErr> {
    // No alert is there.
    let Ok(position) = i64::try_from(position) else { return Ok(Vec::new()) };
    let rows = row::Entity::find()
        .filter(row::Column::Position.gt(position))
        .order_by_asc(row::Column::Position)
        .limit(limit)
        .all(tx)
        .await?;
    rows.iter().map(|row| Ok((u64::try_from(row.position).unwrap_or(0), read(&row.content)?))).collect()
}

/// The day up to which days that come were looked for; none before the first look.
pub(super) async fn looked_on(tx: &Tx) -> Result<Option<NaiveDate>, DbErr> {
    let days = revision::current(tx, LOOKED_ON).await?;
    Ok(i32::try_from(days).ok().filter(|days| *days > 0).and_then(NaiveDate::from_num_days_from_ce_opt))
}

/// Notes that days that come were looked for on a day. Never goes back.
pub(super) async fn look_on(tx: &Tx, day: NaiveDate) -> Result<(), DbErr> {
    let known = revision::lock(tx, LOOKED_ON).await?;
    let day = u64::try_from(day.num_days_from_ce()).unwrap_or(0);
    if day > known {
        revision::advance(tx, LOOKED_ON, day - known).await?;
    }
    Ok(())
}

/// Adds a subscription.
pub(super) async fn subscribe<I: Serialize>(tx: &Tx, subscription: &Subscription<I>) -> Result<(), DbErr> {
    let row = subscription::ActiveModel {
        name: Set(subscription.name.clone()),
        owner: Set(subscription.owner.clone()),
        created_at: Set(Micros::from(subscription.created_at)),
        content: Set(write(subscription)?),
    };
    subscription::Entity::insert(row).exec_without_returning(tx).await.map(drop)
}

/// A subscription.
pub(super) async fn subscription<I: DeserializeOwned>(tx: &Tx, name: &str) -> Result<Option<Subscription<I>>, DbErr> {
    let row = subscription::Entity::find_by_id(name.to_owned()).one(tx).await?;
    row.map(|row| read(&row.content)).transpose()
}

/// Ends a subscription.
pub(super) async fn unsubscribe(tx: &Tx, name: &str) -> Result<(), DbErr> {
    subscription::Entity::delete_by_id(name.to_owned()).exec(tx).await.map(drop)
}

/// How many subscriptions an owner has.
pub(super) async fn count(tx: &Tx, owner: &str) -> Result<u64, DbErr> {
    subscription::Entity::find().filter(subscription::Column::Owner.eq(owner)).count(tx).await
}

/// A page of an owner's subscriptions, in the order in which they were made.
pub(super) async fn subscriptions<I: DeserializeOwned>(
    tx: &Tx,
    owner: &str,
    after: Option<&Cursor>,
    limit: u64,
) -> Result<Vec<Subscription<I>>, DbErr> {
    use subscription::Column as C;
    let mut query = subscription::Entity::find().filter(C::Owner.eq(owner));
    if let Some((at, name)) = after {
        let same_time = Condition::all().add(C::CreatedAt.eq(*at)).add(C::Name.gt(name.as_str()));
        query = query.filter(Condition::any().add(C::CreatedAt.gt(*at)).add(same_time));
    }
    let rows = query.order_by_asc(C::CreatedAt).order_by_asc(C::Name).limit(limit).all(tx).await?;
    rows.iter().map(|row| read(&row.content)).collect()
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, DbErr> {
    serde_json::from_str(text).map_err(|error| DbErr::Type(format!("alerts: {error}")))
}

fn write(value: &impl Serialize) -> Result<String, DbErr> {
    serde_json::to_string(value).map_err(|error| DbErr::Type(format!("alerts: {error}")))
}

fn to_row(number: u64) -> Result<i64, DbErr> {
    i64::try_from(number).map_err(|_| DbErr::Type("a position beyond 63 bits".to_owned()))
}
