//! That few statement texts are ever prepared.

use std::collections::BTreeSet;

use sea_orm::Set;

use super::{chunks, in_list};
use crate::engine::Engine;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "row")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn rows(count: i32) -> Vec<row::ActiveModel> {
    (0..count).map(|id| row::ActiveModel { id: Set(id) }).collect()
}

#[test]
fn any_number_of_rows_is_inserted_whole_and_by_seven_texts() {
    let mut sizes = BTreeSet::new();
    for count in 0..300 {
        let chunks: Vec<_> = chunks(Engine::Sqlite, rows(count)).collect();
        sizes.extend(chunks.iter().map(Vec::len));
        assert_eq!(chunks.concat(), rows(count));
    }
    assert_eq!(sizes.into_iter().collect::<Vec<_>>(), [1, 2, 4, 8, 16, 32, 64]);
}

#[test]
fn a_list_grows_to_a_power_of_two_by_its_last_value() {
    assert_eq!(in_list([1, 2, 3, 4, 5]), [1, 2, 3, 4, 5, 5, 5, 5]);
    assert_eq!(in_list([7]), [7]);
    assert!(in_list(Vec::<i32>::new()).is_empty());
}
