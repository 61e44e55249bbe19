//! The write-off ledger: its records, and what they leave taken.

use std::collections::{BTreeSet, HashMap};

use greenlane_store::{Tx, bulk};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{Condition, DbErr, QueryOrder, QuerySelect, Set};

use super::entity::write_off_declaration::Model as Declaration;
use super::entity::{write_off, write_off_declaration, write_off_serial, write_off_used};
use super::{IN_LIST, corrupt, rows, to_i64, to_u64};
use crate::domain::content::SerialRange;
use crate::domain::goods::folded;
use crate::domain::names::{BodyId, CertificateNumber};
use crate::domain::write_off::amount::Amount;
use crate::domain::write_off::ledger::{Declared, Ledger, Standing};
use crate::domain::write_off::{Kind, Record, WriteOff, product_key};
use crate::domain::write_off_command::{Booked, Ledgers, WriteOffCommand};

/// Which records to list. What is set must all hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct WriteOffFilter {
    pub(crate) certificate: Option<CertificateNumber>,
    pub(crate) body: Option<BodyId>,
    pub(crate) economy: Option<String>,
    pub(crate) kind: Option<Kind>,
}

/// Records in the order of the log, from the index `from` and before `to`.
pub(crate) async fn list(
    tx: &Tx,
    filter: &WriteOffFilter,
    (from, to): (u64, u64),
    limit: Option<u64>,
) -> Result<Vec<WriteOff>, DbErr> {
    use write_off::Column as C;
    let all = Condition::all()
        .add(C::LogIndex.gte(to_i64(from)))
        .add(C::LogIndex.lt(to_i64(to)))
        .add_option(filter.certificate.as_ref().map(|number| C::Certificate.eq(number.as_str())))
        .add_option(filter.body.as_ref().map(|body| C::Body.eq(body.as_str())))
        .add_option(filter.economy.as_ref().map(|economy| C::Economy.eq(economy.as_str())))
        .add_option(filter.kind.map(|kind| C::Kind.eq(kind.as_str())));
    let rows = write_off::Entity::find().filter(all).order_by_asc(C::LogIndex).limit(limit).all(tx).await?;
    rows.iter().map(|row| rows::from_json(&row.record, "write-off")).collect()
}

/// Those of these records that were reversed before an index of the log, with the reversal.
pub(crate) async fn reversals(
    tx: &Tx,
    of: impl IntoIterator<Item = u64>,
    before: u64,
) -> Result<HashMap<u64, u64>, DbErr> {
    use write_off::Column as C;
    let of: Vec<i64> = of.into_iter().map(to_i64).collect();
    let mut found = HashMap::new();
    for chunk in of.chunks(IN_LIST) {
        let query = write_off::Entity::find().filter(C::Reverses.is_in(chunk.iter().copied()));
        for row in query.filter(C::LogIndex.lt(to_i64(before))).all(tx).await? {
            found.extend(row.reverses.map(|reverses| (to_u64(reverses), to_u64(row.log_index))));
        }
    }
    Ok(found)
}

/// Which serial numbers that are taken are asked about.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    All,
    /// Those that this run has in common with them.
    Among(SerialRange),
    None,
}

/// What is taken of a certificate at a revision. What stands taken is kept up beside the records, of which there may be
/// very many; they are read only when more was recorded since. Declarations are left out.
pub(crate) async fn ledger_at(
    tx: &Tx,
    number: &CertificateNumber,
    revision: u64,
    asked: &Asked,
) -> Result<Ledger, DbErr> {
    let filter = WriteOffFilter { certificate: Some(number.clone()), ..WriteOffFilter::default() };
    if !list(tx, &filter, (revision, i64::MAX.unsigned_abs()), Some(1)).await?.is_empty() {
        return Ok(Ledger::of(&list(tx, &filter, (0, revision), None).await?));
    }
    let mut ledger = Ledger::default();
    let used = write_off_used::Entity::find().filter(write_off_used::Column::Certificate.eq(number.as_str()));
    for row in used.all(tx).await? {
        let amount = Amount::parse(&row.amount).map_err(|_| corrupt("amount"))?;
        ledger.used.insert((row.product, row.unit), amount);
    }
    let mut rows = match asked {
        Asked::None => Vec::new(),
        Asked::Among(range) => overlapping(tx, number, &range.as_read()).await?,
        Asked::All => {
            let all = write_off_serial::Entity::find();
            all.filter(write_off_serial::Column::Certificate.eq(number.as_str())).all(tx).await?
        }
    };
    rows.sort_unstable_by_key(|row| (row.log_index, row.position));
    ledger.serials = rows.into_iter().map(standing).collect::<Result<_, _>>()?;
    Ok(ledger)
}

/// A record.
pub(crate) async fn by_index(tx: &Tx, index: u64) -> Result<Option<WriteOff>, DbErr> {
    let row = write_off::Entity::find_by_id(to_i64(index)).one(tx).await?;
    row.map(|row| rows::from_json(&row.record, "write-off")).transpose()
}

/// The records that these commands are to reverse.
pub(crate) async fn named(tx: &Tx, commands: &[&WriteOffCommand]) -> Result<HashMap<u64, (WriteOff, bool)>, DbErr> {
    let wanted: BTreeSet<u64> = commands.iter().filter_map(|command| command.record.reverses).collect();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let reversed = reversals(tx, wanted.iter().copied(), u64::MAX).await?;
    let mut found = HashMap::new();
    for index in wanted {
        if let Some(write_off) = by_index(tx, index).await? {
            found.insert(index, (write_off, reversed.contains_key(&index)));
        }
    }
    Ok(found)
}

/// What is taken of these certificates, as far as these commands need to know: every amount, and of the serial numbers
/// and the declarations those that the commands name.
pub(crate) async fn ledgers(
    tx: &Tx,
    numbers: &BTreeSet<&str>,
    commands: &[&WriteOffCommand],
    named: HashMap<u64, (WriteOff, bool)>,
) -> Result<Ledgers, DbErr> {
    let mut by_certificate: HashMap<CertificateNumber, Ledger> = HashMap::new();
    let numbers: Vec<&str> = numbers.iter().copied().collect();
    for chunk in numbers.chunks(IN_LIST) {
        let query = write_off_used::Entity::find();
        for row in query.filter(write_off_used::Column::Certificate.is_in(chunk.iter().copied())).all(tx).await? {
            let amount = Amount::parse(&row.amount).map_err(|_| corrupt("amount"))?;
            let ledger = by_certificate.entry(CertificateNumber::trusted(row.certificate)).or_default();
            ledger.used.insert((row.product, row.unit), amount);
        }
    }
    let mut seen = BTreeSet::new();
    for command in commands.iter().filter(|command| command.record.kind == Kind::Use) {
        let number = &command.record.certificate;
        for row in declared(tx, &command.record).await? {
            let Declaration { economy, declaration, product, log_index, .. } = row;
            let declared = &mut by_certificate.entry(number.clone()).or_default().declared;
            declared.insert(Declared { economy, declaration, product }, to_u64(log_index));
        }
        for range in &command.record.serials {
            for row in overlapping(tx, number, &range.as_read()).await? {
                if seen.insert((row.log_index, row.position)) {
                    by_certificate.entry(number.clone()).or_default().serials.push(standing(row)?);
                }
            }
        }
    }
    Ok(Ledgers { by_certificate, named })
}

/// What the declaration of a record has written off of its certificate.
async fn declared(tx: &Tx, record: &Record) -> Result<Vec<Declaration>, DbErr> {
    use write_off_declaration::Column as C;
    write_off_declaration::Entity::find()
        .filter(C::Certificate.eq(record.certificate.as_str()))
        .filter(C::Economy.eq(record.economy.as_str()))
        .filter(C::Declaration.eq(folded(&record.declaration)))
        .all(tx)
        .await
}

/// Runs that have a serial number in common with this one. They are bytes: both engines compare these alike.
async fn overlapping(
    tx: &Tx,
    number: &CertificateNumber,
    range: &SerialRange,
) -> Result<Vec<write_off_serial::Model>, DbErr> {
    use write_off_serial::Column as C;
    write_off_serial::Entity::find()
        .filter(C::Certificate.eq(number.as_str()))
        .filter(C::Length.eq(length(range)))
        .filter(C::First.lte(range.last.as_bytes().to_vec()))
        .filter(C::Last.gte(range.first.as_bytes().to_vec()))
        .all(tx)
        .await
}

fn length(range: &SerialRange) -> i32 {
    i32::try_from(range.first.len()).unwrap_or(i32::MAX)
}

fn standing(row: write_off_serial::Model) -> Result<Standing, DbErr> {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).map_err(|_| corrupt("serial number"));
    let range = SerialRange { first: text(row.first)?, last: text(row.last)? };
    Ok(Standing { index: to_u64(row.log_index), product: row.product, range })
}

/// What of these records declares something, and is not undone among them.
fn declarations(taken: &[&Booked], undone: &[i64]) -> Vec<write_off_declaration::ActiveModel> {
    let uses = taken.iter().map(|booked| &booked.write_off).filter(|it| it.record.kind == Kind::Use);
    let standing = uses.filter(|it| !undone.contains(&to_i64(it.index)));
    let row = |it: &WriteOff| write_off_declaration::ActiveModel {
        log_index: Set(to_i64(it.index)),
        certificate: Set(it.record.certificate.as_str().to_owned()),
        economy: Set(it.record.economy.clone()),
        declaration: Set(folded(&it.record.declaration)),
        product: Set(product_key(&it.record.product)),
    };
    standing.map(row).collect()
}

/// Writes records, and what they leave taken.
pub(crate) async fn save(tx: &Tx, taken: &[&Booked]) -> Result<(), DbErr> {
    if taken.is_empty() {
        return Ok(());
    }
    let (mut records, mut serials, mut undone) = (Vec::new(), Vec::new(), Vec::new());
    // Of the amounts the last one of a group counts.
    let mut used: HashMap<(&str, &str, &str), Amount> = HashMap::new();
    for Booked { write_off, used: after } in taken {
        let record = &write_off.record;
        records.push(write_off::ActiveModel {
            log_index: Set(to_i64(write_off.index)),
            certificate: Set(record.certificate.as_str().to_owned()),
            body: Set(record.body.as_str().to_owned()),
            economy: Set(record.economy.clone()),
            kind: Set(record.kind.as_str().to_owned()),
            reverses: Set(record.reverses.map(to_i64)),
            record: Set(rows::json(write_off)),
        });
        if let Some(((product, unit), amount)) = after {
            used.insert((record.certificate.as_str(), product, unit), *amount);
        }
        match record.kind {
            Kind::Use => {
                serials.extend(record.serials.iter().map(SerialRange::as_read).enumerate().map(|(position, range)| {
                    write_off_serial::ActiveModel {
                        log_index: Set(to_i64(write_off.index)),
                        position: Set(i32::try_from(position).unwrap_or(i32::MAX)),
                        certificate: Set(record.certificate.as_str().to_owned()),
                        product: Set(product_key(&record.product)),
                        length: Set(length(&range)),
                        first: Set(range.first.into_bytes()),
                        last: Set(range.last.into_bytes()),
                    }
                }))
            }
            Kind::Reversal => undone.extend(record.reverses.map(to_i64)),
            Kind::Rejection => {}
        }
    }
    bulk::insert(tx, records).await?;
    bulk::insert(tx, serials).await?;
    let declarations = declarations(taken, &undone);
    if !undone.is_empty() {
        // What stands, not what was: the records stay.
        write_off_declaration::Entity::delete_many()
            .filter(write_off_declaration::Column::LogIndex.is_in(undone.iter().copied()))
            .exec(tx)
            .await?;
        write_off_serial::Entity::delete_many()
            .filter(write_off_serial::Column::LogIndex.is_in(undone))
            .exec(tx)
            .await?;
    }
    // Behind what is undone: a declaration may be written off anew in the group that reverses it.
    bulk::insert(tx, declarations).await?;
    for ((certificate, product, unit), amount) in used {
        use write_off_used::Column as C;
        let row = write_off_used::ActiveModel {
            certificate: Set(certificate.to_owned()),
            product: Set(product.to_owned()),
            unit: Set(unit.to_owned()),
            amount: Set(amount.to_string()),
        };
        let replace = OnConflict::columns([C::Certificate, C::Product, C::Unit]).update_column(C::Amount).to_owned();
        write_off_used::Entity::insert(row).on_conflict(replace).exec_without_returning(tx).await?;
    }
    Ok(())
}
