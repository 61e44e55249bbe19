//! Running a storage test on both engines, each time on a database of its own.

mod database;
mod proxy;

pub use database::{TestDatabase, postgres_url, run_postgres, run_sqlite};
pub use proxy::ChaosProxy;

/// Makes a test of each named function on SQLite and on PostgreSQL, each on a fresh database to which the migrations
/// of the named migrator were applied. A function that is written and not listed is dead code, which the lints refuse.
///
/// ```ignore
/// greenlane_store::engine_tests!(Migrator: a_body_is_read_back, a_key_is_unique);
///
/// async fn a_body_is_read_back(db: TestDatabase) { db.store().write("…", …).await.unwrap(); }
/// ```
///
/// The PostgreSQL half needs `GREENLANE_TEST_POSTGRES_URL`, the URL of a server on which databases may be created.
/// Without it the test says that it is skipped; it fails when `GREENLANE_TEST_REQUIRE` contains `postgres`.
#[macro_export]
macro_rules! engine_tests {
    ($migrator:ty : $($name:ident),+ $(,)?) => {
        mod sqlite {
            use super::*;
            $(#[test] fn $name() { $crate::testing::run_sqlite::<$migrator, _, _>(super::$name); })+
        }
        mod postgres {
            use super::*;
            $(#[test] fn $name() { $crate::testing::run_postgres::<$migrator, _, _>(super::$name); })+
        }
    };
}
