//! What registries report of the use of recognition: certificates by their profile, questions by day.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use greenlane_store::{Micros, Tx};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ExprTrait as _, QueryOrder, QuerySelect, Set};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::usage::{AskedQuestion, Profile, Reported, ReportedCertificate, identity};

mod rows;

use rows::{certificate, profile, question, report};

/// How many days a question is kept.
pub(crate) const KEPT_DAYS: u64 = 30;
/// After so long without a report a name is anybody's again: a registry reports every hour.
const SILENT: TimeDelta = TimeDelta::days(7);
/// Different questions that are kept of one day; of more only those already known are counted.
const QUESTIONS_A_DAY: u64 = 50_000;

/// Up to where certificates of a reporter have been reported.
pub(crate) async fn through(tx: &Tx, reporter: &str) -> Result<u64, DbErr> {
    let row = report::Entity::find_by_id(reporter.to_owned()).one(tx).await?;
    Ok(row.and_then(|row| u64::try_from(row.through).ok()).unwrap_or(0))
}

/// Whether a caller may report in a name: whoever did so first, for as long as it does.
pub(crate) async fn may_report(tx: &Tx, reporter: &str, caller: &str, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let Some(row) = report::Entity::find_by_id(reporter.to_owned()).one(tx).await? else { return Ok(true) };
    let has_lapsed = row.reported_at.is_none_or(|at| DateTime::<Utc>::from(at) + SILENT < now);
    Ok(has_lapsed || row.caller.is_none_or(|known| known == caller))
}

/// Notes that a reporter has reported now by a caller, and up to where its certificates are. Never goes back.
pub(crate) async fn set_through(
    tx: &Tx,
    (reporter, caller): (&str, &str),
    through: u64,
    now: DateTime<Utc>,
) -> Result<u64, DbErr> {
    use report::Column as C;
    let through = Ord::max(through, self::through(tx, reporter).await?);
    let row = report::ActiveModel {
        reporter: Set(reporter.to_owned()),
        through: Set(to_row(through)?),
        reported_at: Set(Some(Micros::from(now))),
        caller: Set(Some(caller.to_owned())),
    };
    let replace = OnConflict::column(C::Reporter).update_columns([C::Through, C::ReportedAt, C::Caller]).to_owned();
    report::Entity::insert(row).on_conflict(replace).exec_without_returning(tx).await?;
    Ok(through)
}

/// Who has reported, by name, and when each last did; none where that is not known.
pub(crate) async fn reports(tx: &Tx) -> Result<Vec<Reported>, DbErr> {
    let rows = report::Entity::find().order_by_asc(report::Column::Reporter).all(tx).await?;
    Ok(rows.into_iter().map(|row| Reported { reporter: row.reporter, at: row.reported_at.map(Into::into) }).collect())
}

/// Keeps certificates; of one that is known, this is what counts.
pub(crate) async fn keep_certificates(tx: &Tx, reporter: &str, reported: &[ReportedCertificate]) -> Result<(), DbErr> {
    use certificate::Column as C;
    for it in reported {
        let content = write(&it.profile)?;
        let profile = identity(&content);
        let row = profile::ActiveModel { profile: Set(profile.clone()), content: Set(content) };
        let known = OnConflict::column(profile::Column::Profile).do_nothing().to_owned();
        profile::Entity::insert(row).on_conflict(known).exec_without_returning(tx).await?;
        let row = certificate::ActiveModel {
            reporter: Set(reporter.to_owned()),
            certificate: Set(it.certificate.clone()),
            holder: Set(it.holder.clone()),
            profile: Set(profile),
            in_force_from: Set(it.in_force_from.to_string()),
            in_force_until: Set(it.in_force_until.to_string()),
        };
        let replace = OnConflict::columns([C::Reporter, C::Certificate])
            .update_columns([C::Holder, C::Profile, C::InForceFrom, C::InForceUntil])
            .to_owned();
        certificate::Entity::insert(row).on_conflict(replace).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Adds questions to those of a day, and forgets those of long ago.
pub(crate) async fn add_questions(tx: &Tx, today: NaiveDate, asked: &[(AskedQuestion, u64)]) -> Result<(), DbErr> {
    use question::Column as C;
    let oldest = first_kept(today);
    question::Entity::delete_many().filter(C::Day.lt(oldest.to_string())).exec(tx).await?;
    if asked.is_empty() {
        return Ok(());
    }
    let day = today.to_string();
    let mut room =
        QUESTIONS_A_DAY.saturating_sub(question::Entity::find().filter(C::Day.eq(day.as_str())).count(tx).await?);
    for (question, count) in asked {
        let content = write(question)?;
        let identity = identity(&content);
        let count = to_row(*count)?;
        let known = question::Entity::update_many()
            .col_expr(C::Count, Expr::col(C::Count).add(count))
            .filter(C::Day.eq(day.as_str()))
            .filter(C::Question.eq(identity.as_str()))
            .exec(tx)
            .await?;
        if known.rows_affected == 0 && room > 0 {
            room -= 1;
            let row = question::ActiveModel {
                day: Set(day.clone()),
                question: Set(identity),
                content: Set(content),
                count: Set(count),
            };
            // Another report may have been faster with it: then this count of it is lost, and no more.
            let taken = OnConflict::columns([C::Day, C::Question]).do_nothing().to_owned();
            question::Entity::insert(row).on_conflict(taken).exec_without_returning(tx).await?;
        }
    }
    Ok(())
}

fn first_kept(today: NaiveDate) -> NaiveDate {
    today.checked_sub_days(Days::new(KEPT_DAYS)).unwrap_or(today)
}

/// Profiles in the order of their identity, after one.
pub(crate) async fn profiles(tx: &Tx, after: &str, limit: u64) -> Result<Vec<(String, Profile)>, DbErr> {
    let rows = profile::Entity::find()
        .filter(profile::Column::Profile.gt(after))
        .order_by_asc(profile::Column::Profile)
        .limit(limit)
        .all(tx)
        .await?;
    rows.into_iter().map(|row| Ok((row.profile, read(&row.content)?))).collect()
}

/// How many certificates of a profile are in force on a day.
pub(crate) async fn count(tx: &Tx, profile: &str, day: NaiveDate) -> Result<u64, DbErr> {
    in_force(profile, day).count(tx).await
}

/// The holders of the certificates of a profile that are in force on a day.
pub(crate) async fn holders(tx: &Tx, profile: &str, day: NaiveDate) -> Result<Vec<String>, DbErr> {
    in_force(profile, day).select_only().column(certificate::Column::Holder).distinct().into_tuple().all(tx).await
}

fn in_force(profile: &str, day: NaiveDate) -> Select<certificate::Entity> {
    let day = day.to_string();
    certificate::Entity::find()
        .filter(certificate::Column::Profile.eq(profile))
        .filter(certificate::Column::InForceFrom.lte(day.as_str()))
        .filter(certificate::Column::InForceUntil.gte(day.as_str()))
}

/// Questions of the days kept, in an order that stays, after a day and an identity.
pub(crate) async fn questions(
    tx: &Tx,
    today: NaiveDate,
    after: &str,
    limit: u64,
) -> Result<Vec<(String, AskedQuestion, u64)>, DbErr> {
    use question::Column as C;
    let rows: Vec<(String, String, i64)> = question::Entity::find()
        .filter(C::Day.gte(first_kept(today).to_string()))
        .filter(C::Question.gt(after))
        .select_only()
        .column(C::Question)
        .column_as(C::Content.min(), "content")
        .column_as(Expr::col(C::Count).sum().cast_as("bigint"), "count")
        .group_by(C::Question)
        .order_by_asc(C::Question)
        .limit(limit)
        .into_tuple()
        .all(tx)
        .await?;
    rows.into_iter()
        .map(|(identity, content, count)| Ok((identity, read(&content)?, u64::try_from(count).unwrap_or(0))))
        .collect()
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, DbErr> {
    serde_json::from_str(text).map_err(|error| DbErr::Type(format!("reported use: {error}")))
}

fn write(value: &impl Serialize) -> Result<String, DbErr> {
    serde_json::to_string(value).map_err(|error| DbErr::Type(format!("reported use: {error}")))
}

fn to_row(number: u64) -> Result<i64, DbErr> {
    i64::try_from(number).map_err(|_| DbErr::Type("a number beyond 63 bits".to_owned()))
}
