//! That few statement texts are ever prepared.

use std::collections::BTreeSet;

use sea_orm::Set;

use super::statement::Insert;
use super::{Inserts, in_list, runs, statement};
use crate::engine::Engine;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "row")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: i32,
        pub(super) note: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn rows(count: i32) -> Vec<row::ActiveModel> {
    (0..count).map(|id| row::ActiveModel { id: Set(id), note: Set(None) }).collect()
}

#[test]
fn any_number_of_rows_is_inserted_whole_and_by_nine_texts() {
    let mut texts = BTreeSet::new();
    for count in 0..600 {
        let runs = runs(rows(count));
        assert_eq!(runs.len(), usize::from(count > 0));
        let mut ids = Vec::new();
        for insert in runs.into_iter().flat_map(|run| statement::statements(Engine::Sqlite, run, false)) {
            let Insert::Lists(statement) = insert else { panic!("SQLite has no arrays") };
            texts.insert(statement.sql);
            ids.extend(statement.values.into_iter().flat_map(|values| values.0));
        }
        assert_eq!(ids, (0..count).map(Into::into).collect::<Vec<sea_orm::Value>>());
    }
    assert_eq!(texts.len(), 9, "{texts:?}");
    let two = "INSERT OR FAIL INTO \"row\" (\"id\") SELECT * FROM (VALUES (?),(?)) WHERE column1 IS NOT NULL";
    assert!(texts.contains(two), "{texts:?}");
}

#[test]
fn on_sqlite_one_statement_inserts_a_few_rows_whatever_their_number_and_what_is_in_them() {
    let row = |id: i32| row::ActiveModel { id: Set(id), note: Set(Some("x".repeat(usize::from(id % 2 == 0) + 1))) };
    let mut texts = BTreeSet::new();
    for count in 17..33 {
        let mut statements =
            runs((0..count).map(row)).into_iter().flat_map(|run| statement::statements(Engine::Sqlite, run, true));
        let (Some(Insert::Lists(statement)), None) = (statements.next(), statements.next()) else {
            panic!("{count} rows are one statement")
        };
        assert_eq!(statement.values.map_or(0, |values| values.0.len()), 2 * usize::try_from(count).unwrap());
        texts.insert(statement.sql);
    }
    let [text] = texts.iter().collect::<Vec<_>>()[..] else { panic!("one text: {texts:?}") };
    let begins = "INSERT OR FAIL INTO \"row\" (\"id\", \"note\") SELECT * FROM (VALUES (?,?),(?,?),";
    assert!(
        text.starts_with(begins) && text.ends_with("(?,?)) WHERE column1 IS NOT NULL ON CONFLICT DO NOTHING"),
        "{text}"
    );
    assert_eq!(text.matches('?').count(), 64);
}

#[test]
fn what_many_rows_have_in_common_is_sent_once() {
    let row = |id: i32| row::ActiveModel { id: Set(id), note: Set(Some("x".to_owned())) };
    let one = |engine, count| {
        let mut statements =
            runs((0..count).map(row)).into_iter().flat_map(|run| statement::statements(engine, run, false));
        let (Some(statement), None) = (statements.next(), statements.next()) else { panic!("one statement") };
        statement
    };
    let list = |count| {
        let Insert::Lists(list) = one(Engine::Sqlite, count) else { panic!("SQLite has no arrays") };
        (list.sql, list.values.map_or(0, |values| values.0.len()))
    };
    let (sql, values) = list(40);
    assert!(
        sql.starts_with("INSERT OR FAIL INTO \"row\" (\"id\", \"note\") SELECT *,? FROM (VALUES (?),(?),"),
        "{sql}"
    );
    assert_eq!(values, 41);
    assert_eq!(list(20).1, 40, "few rows are alike by chance");
    let is_shared = |count| {
        let Insert::Arrays(arrays) = one(Engine::Postgres, count) else { panic!("all of it stands in arrays") };
        arrays.is_shared
    };
    assert_eq!([is_shared(40), is_shared(20)], [[false, true], [false, false]]);
}

#[test]
fn on_postgres_the_text_does_not_depend_on_which_columns_rows_have_in_common() {
    let row = |is_alike: bool, id: i32| {
        let note = if is_alike { "x".to_owned() } else { format!("x{id}") };
        row::ActiveModel { id: Set(id), note: Set(Some(note)) }
    };
    let part = |is_alike| {
        let runs = runs((0..40).map(|id| row(is_alike, id)));
        runs.into_iter().flat_map(|run| statement::statements(Engine::Postgres, run, false)).collect::<Vec<_>>()
    };
    let text = |are_alike: [bool; 2]| {
        let parts: Vec<Insert> = are_alike.into_iter().flat_map(part).collect();
        let (sql, values) = statement::together(parts.iter().filter_map(Insert::arrays)).unwrap();
        assert_eq!(sea_orm::sqlx::Arguments::len(&values), 4, "{sql}");
        sql
    };
    let insert = |id: u32, note: u32| {
        format!(
            "INSERT INTO \"row\" (\"id\", \"note\") \
             SELECT COALESCE(c0, (${id}::integer[])[1]), COALESCE(c1, (${note}::text[])[1]) \
             FROM UNNEST(${id}::integer[], ${note}::text[]) AS given (c0, c1)"
        )
    };
    let one = format!("WITH part_0 AS ({}) {}", insert(1, 2), insert(3, 4));
    for are_alike in [[true, true], [true, false], [false, true]] {
        assert_eq!(text(are_alike), one);
    }
    assert!(!text([false, false]).contains("COALESCE"), "there is nothing to fill up");
}

#[test]
fn on_postgres_one_text_inserts_any_number_of_rows() {
    let texts: BTreeSet<String> = (1..3_000)
        .step_by(500)
        .flat_map(|count| runs(rows(count)))
        .flat_map(|run| statement::statements(Engine::Postgres, run, true))
        .map(|insert| statement::together(insert.arrays()).unwrap().0)
        .collect();
    let one = "INSERT INTO \"row\" (\"id\") SELECT * FROM UNNEST($1::integer[]) ON CONFLICT DO NOTHING";
    assert_eq!(texts.into_iter().collect::<Vec<_>>(), [one]);
}

#[test]
fn on_postgres_rows_of_several_tables_are_one_statement() {
    let inserts =
        |count| runs(rows(count)).into_iter().flat_map(|run| statement::statements(Engine::Postgres, run, false));
    let parts: Vec<Insert> = inserts(3).chain(inserts(1_500)).collect();
    let (sql, values) = statement::together(parts.iter().filter_map(Insert::arrays)).unwrap();
    let insert = |variable: u32| format!("INSERT INTO \"row\" (\"id\") SELECT * FROM UNNEST(${variable}::integer[])");
    assert_eq!(sql, format!("WITH part_0 AS ({}), part_1 AS ({}) {}", insert(1), insert(2), insert(3)));
    assert_eq!(sea_orm::sqlx::Arguments::len(&values), 3);
}

#[test]
fn rows_that_leave_out_other_columns_are_inserted_apart_and_in_their_order() {
    let note = |id, note: Option<&str>| row::ActiveModel { id: Set(id), note: Set(note.map(str::to_owned)) };
    let runs = runs([note(1, None), note(2, None), note(3, Some("x")), note(4, None)]);
    let shapes: Vec<_> = runs.iter().map(|run| (run.columns.len(), run.rows.len())).collect();
    assert_eq!(shapes, [(1, 2), (2, 1), (1, 1)]);
}

#[test]
fn beside_other_tables_rows_with_the_same_columns_go_together_and_make_one_text_in_any_order() {
    let note = |id, note: Option<&str>| row::ActiveModel { id: Set(id), note: Set(note.map(str::to_owned)) };
    let shapes = |rows: [row::ActiveModel; 4]| {
        let mut inserts = Inserts::default();
        inserts.add(rows);
        inserts.runs.iter().map(|run| (run.columns.clone(), run.rows.len())).collect::<Vec<_>>()
    };
    let expected = [(vec!["id"], 2), (vec!["id", "note"], 2)];
    assert_eq!(shapes([note(1, None), note(2, Some("x")), note(3, None), note(4, Some("y"))]), expected);
    assert_eq!(shapes([note(1, Some("x")), note(2, None), note(3, Some("y")), note(4, None)]), expected);
}

#[test]
fn a_list_grows_to_a_power_of_two_by_its_last_value() {
    assert_eq!(in_list([1, 2, 3, 4, 5]), [1, 2, 3, 4, 5, 5, 5, 5]);
    assert_eq!(in_list([7]), [7]);
    assert!(in_list(Vec::<i32>::new()).is_empty());
}
