//! Facts as rows, and rows as facts.

use chrono::NaiveDate;
use greenlane_store::Tx;
use sea_orm::sea_query::{Expr, IntoCondition};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::entities::{code, entry, item, link, term};
use super::taught;
use super::{EDITION, LIST, SYNONYMS, SYSTEM, TABLE, VAGUE, corrupt};
use crate::domain::{
    CodeFact, EntryFact, Facts, Level, LinkFact, LinkWords, ListFact, Localized, NoteFact, Scope, SourceFact, TermFact,
};

/// What stands between the columns and behind the rows that are read as one text: a driver takes longer to hand over a row,
/// and a column of it, than to read it, and there are two hundred thousand rows. No identifier and no code has either, and
/// JSON writes them otherwise.
const COLUMN_END: char = '\u{1f}';
const ROW_END: char = '\u{1e}';
/// Rows after which others get their turn.
const TURN: usize = 1_000;
const CODE: [&str; 3] = ["edition", "code", "body"];
const LINK: [&str; 7] = [
    "earlier_edition",
    "earlier_code",
    "later_edition",
    "later_code",
    "CASE WHEN ex THEN '1' ELSE '0' END",
    "CASE WHEN held_back THEN '1' ELSE '0' END",
    "COALESCE(words, '')",
];

/// The catalogue as it was at a revision.
pub(crate) async fn load(tx: &Tx, revision: u64) -> Result<Facts, DbErr> {
    load_within(tx, revision, None).await
}

/// Of which codes and links anything changed after a revision and up to another. None when nothing was there before.
pub(crate) async fn changed(tx: &Tx, known: u64, newest: u64) -> Result<Option<Scope>, DbErr> {
    if known == 0 {
        return Ok(None);
    }
    let (after, until) = (i64::try_from(known).map_err(corrupt)?, i64::try_from(newest).map_err(corrupt)?);
    let editions: Vec<String> = code::Entity::find()
        .filter(began_or_ended(code::Column::RevisionFrom, code::Column::RevisionTo, after, until))
        .select_only()
        .column(code::Column::Edition)
        .distinct()
        .into_tuple()
        .all(tx)
        .await?;
    let tables: Vec<(String, String)> = link::Entity::find()
        .filter(began_or_ended(link::Column::RevisionFrom, link::Column::RevisionTo, after, until))
        .select_only()
        .columns([link::Column::EarlierEdition, link::Column::LaterEdition])
        .distinct()
        .into_tuple()
        .all(tx)
        .await?;
    Ok(Some(Scope { editions: editions.into_iter().collect(), tables: tables.into_iter().collect() }))
}

/// Rows that began or ended after a revision and up to another.
pub(super) fn began_or_ended<C: ColumnTrait>(from: C, to: C, after: i64, until: i64) -> Condition {
    let within = |column: C| Condition::all().add(column.gt(after)).add(column.lte(until));
    Condition::any().add(within(from)).add(within(to))
}

/// The catalogue as it was at a revision, of codes and links only those within a scope.
pub(crate) async fn load_within(tx: &Tx, revision: u64, scope: Option<&Scope>) -> Result<Facts, DbErr> {
    let at = i64::try_from(revision).map_err(corrupt)?;
    let items =
        item::Entity::find().filter(known(item::Column::RevisionFrom, item::Column::RevisionTo, at)).all(tx).await?;
    let mut codes = code::Entity::find().filter(known(code::Column::RevisionFrom, code::Column::RevisionTo, at));
    let mut links = link::Entity::find().filter(known(link::Column::RevisionFrom, link::Column::RevisionTo, at));
    if let Some(scope) = scope {
        codes = codes.filter(code::Column::Edition.is_in(&scope.editions));
        let none = Condition::any().add(link::Column::EarlierEdition.is_in(Vec::<String>::new()));
        links = links.filter(scope.tables.iter().fold(none, |any, (earlier, later)| {
            let one = Condition::all().add(link::Column::EarlierEdition.eq(earlier));
            any.add(one.add(link::Column::LaterEdition.eq(later)))
        }));
    }
    let codes = codes.select_only().expr(as_one(&CODE)).group_by(code::Column::Edition);
    let codes = facts_of(codes.into_tuple().all(tx).await?, code_fact).await?;
    let links = links.select_only().expr(as_one(&LINK)).group_by(link::Column::EarlierEdition);
    let links = facts_of(links.into_tuple().all(tx).await?, link_fact).await?;
    let entries =
        entry::Entity::find().filter(known(entry::Column::RevisionFrom, entry::Column::RevisionTo, at)).all(tx).await?;
    let terms =
        term::Entity::find().filter(known(term::Column::RevisionFrom, term::Column::RevisionTo, at)).all(tx).await?;
    let mut facts = Facts {
        codes,
        links,
        entries: entries.into_iter().map(entry_fact).collect::<Result<_, _>>()?,
        terms: terms.into_iter().map(term_fact).collect(),
        examples: taught::examples(tx, 0, at).await?.into_iter().map(|(_, example)| example).collect(),
        ..Facts::default()
    };
    for item in items {
        match item.kind.as_str() {
            SYSTEM => facts.systems.push(read(&item.body)?),
            EDITION => facts.editions.push(read(&item.body)?),
            LIST => facts.lists.push(read(&item.body)?),
            TABLE => facts.tables.push(read(&item.body)?),
            SYNONYMS => facts.synonyms.push(read(&item.body)?),
            VAGUE => facts.vague.push(read(&item.body)?),
            other => return Err(corrupt(format!("an item of the unknown kind {other}"))),
        }
    }
    Ok(facts)
}

/// Rows of these columns, or of what is made of columns, as one text.
fn as_one(columns: &[&str]) -> Expr {
    let row = columns.join(&format!(" || '{COLUMN_END}' || "));
    Expr::cust(format!("STRING_AGG({row}, '{ROW_END}')"))
}

/// The facts of rows that were read so. There are many: others have their turns between them.
async fn facts_of<T>(texts: Vec<String>, fact: fn(&str) -> Result<T, DbErr>) -> Result<Vec<T>, DbErr> {
    let mut facts = Vec::new();
    for rows in texts {
        for row in rows.split(ROW_END) {
            facts.push(fact(row)?);
            if facts.len().is_multiple_of(TURN) {
                tokio::task::yield_now().await;
            }
        }
    }
    Ok(facts)
}

/// The columns of a row that was read so.
fn columns<const COUNT: usize>(row: &str) -> Result<[&str; COUNT], DbErr> {
    let mut parts = row.splitn(COUNT, COLUMN_END);
    let columns: [Option<&str>; COUNT] = std::array::from_fn(|_| parts.next());
    match columns.iter().all(Option::is_some) {
        true => Ok(columns.map(Option::unwrap_or_default)),
        false => Err(corrupt("a row that lacks a column")),
    }
}

/// Rows that were known at a revision.
pub(super) fn known<C: ColumnTrait>(from: C, to: C, at: i64) -> Condition {
    from.lte(at).into_condition().add(Condition::any().add(to.is_null()).add(to.gt(at)))
}

/// A list out of its stored row.
pub(super) fn list_fact(body: &str) -> Result<ListFact, DbErr> {
    read(body)
}

/// Rows of a revision's facts.
pub(super) struct Rows {
    pub(super) items: Vec<item::ActiveModel>,
    pub(super) codes: Vec<code::ActiveModel>,
    pub(super) links: Vec<link::ActiveModel>,
    pub(super) entries: Vec<entry::ActiveModel>,
    pub(super) terms: Vec<term::ActiveModel>,
}

impl Rows {
    /// The facts as rows known from `revision` on.
    pub(super) fn of(facts: &Facts, revision: i64) -> Result<Self, DbErr> {
        let item = |kind: &str, id: &str, body: String| {
            let (kind, id) = (kind.to_owned(), id.to_owned());
            item::Model { kind, id, revision_from: revision, revision_to: None, body }.into_active_model()
        };
        let mut items = Vec::new();
        for system in &facts.systems {
            items.push(item(SYSTEM, &system.id, write(system)?));
        }
        for edition in &facts.editions {
            items.push(item(EDITION, &edition.id, write(edition)?));
        }
        for list in &facts.lists {
            items.push(item(LIST, &list.id, write(list)?));
        }
        for table in &facts.tables {
            items.push(item(TABLE, &table.id(), write(table)?));
        }
        for synonyms in &facts.synonyms {
            items.push(item(SYNONYMS, &synonyms.language, write(synonyms)?));
        }
        for vague in &facts.vague {
            items.push(item(VAGUE, &vague.id(), write(vague)?));
        }
        let codes: Result<_, _> = facts.codes.iter().map(|fact| code_row(fact, revision)).collect();
        let entries: Result<_, _> = facts.entries.iter().map(|fact| entry_row(fact, revision)).collect();
        let links: Result<_, _> = facts.links.iter().map(|fact| link_row(fact, revision)).collect();
        let terms = facts.terms.iter().map(|fact| term_row(fact, revision)).collect();
        Ok(Self { items, codes: codes?, links: links?, entries: entries?, terms })
    }
}

/// What is empty is left out: there are a hundred thousand of them.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct CodeBody {
    descriptions: Localized,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    units: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    effective_from: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    effective_to: Option<NaiveDate>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    links_partial: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<SourceFact>,
    #[serde(skip_serializing_if = "String::is_empty")]
    suffix: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    parent: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<NoteFact>,
}

fn code_row(fact: &CodeFact, revision_from: i64) -> Result<code::ActiveModel, DbErr> {
    let fact = fact.clone();
    let body = write(&CodeBody {
        descriptions: fact.descriptions,
        units: fact.units,
        effective_from: fact.effective_from,
        effective_to: fact.effective_to,
        links_partial: fact.links_partial,
        source: (fact.source != SourceFact::default()).then_some(fact.source),
        suffix: fact.suffix,
        parent: fact.parent,
        level: fact.level,
        order: (fact.order > 0).then_some(fact.order),
        notes: fact.notes,
    })?;
    let (edition, code) = (fact.edition, fact.code);
    Ok(code::Model { edition, code, revision_from, revision_to: None, body }.into_active_model())
}

fn code_fact(row: &str) -> Result<CodeFact, DbErr> {
    let [edition, code, body] = columns(row)?;
    let body: CodeBody = read(body)?;
    Ok(CodeFact {
        edition: edition.to_owned(),
        code: code.to_owned(),
        suffix: body.suffix,
        parent: body.parent,
        level: body.level,
        order: body.order.unwrap_or_default(),
        notes: body.notes,
        descriptions: body.descriptions,
        units: body.units,
        effective_from: body.effective_from,
        effective_to: body.effective_to,
        links_partial: body.links_partial,
        source: body.source.unwrap_or_default(),
    })
}

fn link_row(fact: &LinkFact, revision_from: i64) -> Result<link::ActiveModel, DbErr> {
    let LinkFact { earlier_edition, earlier_code, later_edition, later_code, ex, held_back, words } = fact.clone();
    let row = link::Model {
        earlier_edition,
        earlier_code,
        later_edition,
        later_code,
        revision_from,
        revision_to: None,
        ex,
        held_back,
        words: words.map(|words| write(&words)).transpose()?,
    };
    Ok(row.into_active_model())
}

fn link_fact(row: &str) -> Result<LinkFact, DbErr> {
    let [earlier_edition, earlier_code, later_edition, later_code, ex, held_back, words] = columns(row)?;
    let words = if words.is_empty() { None } else { Some(Box::new(read::<LinkWords>(words)?)) };
    Ok(LinkFact {
        earlier_edition: earlier_edition.to_owned(),
        earlier_code: earlier_code.to_owned(),
        later_edition: later_edition.to_owned(),
        later_code: later_code.to_owned(),
        ex: ex == "1",
        held_back: held_back == "1",
        words,
    })
}

#[derive(Serialize, Deserialize)]
struct EntryBody {
    ex: bool,
    ex_descriptions: Vec<(String, Localized)>,
    category: String,
    reasons: Localized,
    added_by: String,
    effective_from: Option<NaiveDate>,
    effective_to: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<SourceFact>,
}

fn entry_row(fact: &EntryFact, revision_from: i64) -> Result<entry::ActiveModel, DbErr> {
    let body = write(&EntryBody {
        ex: fact.ex,
        ex_descriptions: fact.ex_descriptions.clone(),
        category: fact.category.clone(),
        reasons: fact.reasons.clone(),
        added_by: fact.added_by.clone(),
        effective_from: fact.effective_from,
        effective_to: fact.effective_to,
        source: (fact.source != SourceFact::default()).then(|| fact.source.clone()),
    })?;
    let EntryFact { list, id, edition, code, .. } = fact.clone();
    Ok(entry::Model { list, id, revision_from, revision_to: None, edition, code, body }.into_active_model())
}

pub(super) fn entry_fact(row: entry::Model) -> Result<EntryFact, DbErr> {
    let body: EntryBody = read(&row.body)?;
    Ok(EntryFact {
        list: row.list,
        id: row.id,
        edition: row.edition,
        code: row.code,
        ex: body.ex,
        ex_descriptions: body.ex_descriptions,
        category: body.category,
        reasons: body.reasons,
        added_by: body.added_by,
        effective_from: body.effective_from,
        effective_to: body.effective_to,
        source: body.source.unwrap_or_default(),
    })
}

fn term_row(fact: &TermFact, revision_from: i64) -> term::ActiveModel {
    let TermFact { edition, code, language, term } = fact.clone();
    term::Model { edition, code, language, term, revision_from, revision_to: None }.into_active_model()
}

fn term_fact(row: term::Model) -> TermFact {
    let term::Model { edition, code, language, term, .. } = row;
    TermFact { edition, code, language, term }
}

fn write(value: &impl Serialize) -> Result<String, DbErr> {
    serde_json::to_string(value).map_err(corrupt)
}

fn read<T: DeserializeOwned>(body: &str) -> Result<T, DbErr> {
    serde_json::from_str(body).map_err(corrupt)
}
