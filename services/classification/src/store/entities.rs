//! One module a table.

/// Code systems, editions, correlation tables and green lists: small, rarely changed, kept as JSON.
pub(super) mod item {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "catalogue_item")]
    pub(crate) struct Model {
        /// `system`, `edition`, `table` or `list`.
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) kind: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) revision_from: i64,
        pub(crate) revision_to: Option<i64>,
        #[sea_orm(column_type = "Text")]
        pub(crate) body: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Codes.
pub(super) mod code {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "catalogue_code")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) edition: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) code: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) revision_from: i64,
        pub(crate) revision_to: Option<i64>,
        #[sea_orm(column_type = "Text")]
        pub(crate) body: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Rows of correlation tables.
pub(super) mod link {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "catalogue_link")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) earlier_edition: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) earlier_code: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) later_edition: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) later_code: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) revision_from: i64,
        pub(crate) revision_to: Option<i64>,
        pub(crate) ex: bool,
        pub(crate) held_back: bool,
        /// What the table says of the link beside that, as JSON.
        #[sea_orm(column_type = "Text", nullable)]
        pub(crate) words: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Entries of green lists.
pub(super) mod entry {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "catalogue_list_entry")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) list: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) revision_from: i64,
        pub(crate) revision_to: Option<i64>,
        #[sea_orm(column_type = "Text")]
        pub(crate) edition: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) code: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) body: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Terms of A to Z indexes.
pub(super) mod term {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "catalogue_term")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) edition: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) code: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) language: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) term: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) revision_from: i64,
        pub(crate) revision_to: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Decided classifications that were taught.
pub(super) mod example {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "taught_example")]
    pub(crate) struct Model {
        /// SHA-256 of description, edition, code and date, of whether it is withdrawn, and of the revision where it is
        /// taught once more: the same example is learned once.
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) id: String,
        /// The revision from which it counts.
        pub(crate) revision: i64,
        #[sea_orm(column_type = "Text")]
        pub(crate) body: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What has been published.
pub(super) mod revision {
    use greenlane_store::Micros;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "catalogue_revision")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) revision: i64,
        pub(crate) published_at: Micros,
        #[sea_orm(column_type = "Text")]
        pub(crate) publisher: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) title: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) change_set: String,
        pub(crate) codes_changed: i64,
        pub(crate) links_changed: i64,
        pub(crate) entries_changed: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Imports.
pub(super) mod import {
    use greenlane_store::Micros;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "import")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) id: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) state: String,
        /// What was announced of the file, as JSON.
        #[sea_orm(column_type = "Text")]
        pub(crate) announced: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) sha256: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) author: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) owner: String,
        pub(crate) created_at: Micros,
        pub(crate) received_bytes: i64,
        pub(crate) rows_read: i64,
        pub(crate) refused_rows: i64,
        pub(crate) faults: i64,
        #[sea_orm(column_type = "Text")]
        pub(crate) change_set: String,
        pub(crate) published_revision: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Bytes of imports, as they came.
pub(super) mod import_piece {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "import_piece")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) import: String,
        /// Where in the file it begins.
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) at: i64,
        pub(crate) data: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What is wrong with rows of imports.
pub(super) mod import_fault {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "import_fault")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) import: String,
        /// In the order in which they were found.
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) at: i64,
        pub(crate) line: i64,
        #[sea_orm(column_type = "Text")]
        pub(crate) column_name: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) code: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) message: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) value: String,
        pub(crate) mended: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
