//! The tables as sea-orm sees them.

/// Defines an entity without relations.
macro_rules! table {
    ($(#[$doc:meta])* $module:ident = $name:literal { $($(#[$attribute:meta])* $field:ident: $kind:ty,)+ }) => {
        $(#[$doc])*
        pub(crate) mod $module {
            #[allow(unused_imports, reason = "not every table keeps times")]
            use greenlane_store::Micros;
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
            #[sea_orm(table_name = $name)]
            pub(crate) struct Model {
                $($(#[$attribute])* pub(crate) $field: $kind,)+
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub(crate) enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

table! {
    /// Bodies.
    body = "body" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: String,
        economy: String,
        /// The record as JSON.
        record: String,
        /// Roles, each between two blanks, for filters.
        roles: String,
        created_at: Micros,
        updated_at: Micros,
        create_index: i64,
        latest_index: i64,
        /// Of the name, as people read it.
        name_sha256: Option<String>,
        /// Its identifier in the one spelling that is compared.
        did_spelled: Option<String>,
        /// The `latest_index` of the record that both are of. Another where a program wrote it that knows nothing of them.
        names_index: Option<i64>,
    }
}

table! {
    /// Keys of bodies.
    body_key = "body_key" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: String,
        body: String,
        /// The record as JSON.
        record: String,
        compromised_since: Option<Micros>,
        created_at: Micros,
        create_index: i64,
        latest_index: i64,
    }
}

table! {
    /// What is said of bodies: accreditation scopes, designations.
    statement = "statement" {
        #[sea_orm(primary_key, auto_increment = false)]
        create_index: i64,
        latest_index: i64,
        /// The statement as JSON.
        state: String,
    }
}

table! {
    /// Every state that a body, a key of it, or a statement of it ever was in, by the entry that made it so.
    body_history = "body_history" {
        #[sea_orm(primary_key, auto_increment = false)]
        log_index: i64,
        body: String,
        kind: String,
        /// The whole state as JSON.
        state: String,
    }
}

table! {
    /// Certificates: what is current.
    certificate = "certificate" {
        #[sea_orm(primary_key, auto_increment = false)]
        granted_index: i64,
        number: String,
        body: String,
        state: String,
        version: i32,
        latest_index: i64,
        created_at: Micros,
        updated_at: Micros,
        /// Latest effect of a step other than the grant.
        effect_floor: Option<Micros>,
        superseded_by: Option<String>,
        /// First and last day on which any version is valid.
        valid_from: String,
        valid_until: String,
    }
}

table! {
    /// Versions of certificates with their documents.
    version = "certificate_version" {
        /// Of the event that made it.
        #[sea_orm(primary_key, auto_increment = false)]
        log_index: i64,
        /// The certificate's `granted_index`.
        certificate: i64,
        version: i32,
        recorded_at: Micros,
        /// The facts as JSON.
        content: String,
        /// As [`packed`](crate::store::packed) has it.
        document: Vec<u8>,
        document_sha256: Vec<u8>,
        /// The disclosures of what the document keeps back, as JSON; empty when it keeps nothing back.
        disclosures: String,
        key_id: String,
    }
}

table! {
    /// Events of certificates.
    event = "certificate_event" {
        #[sea_orm(primary_key, auto_increment = false)]
        log_index: i64,
        /// The certificate's `granted_index`.
        certificate: i64,
        step: String,
        reason: Option<String>,
        reason_text: String,
        effective_at: Micros,
        recorded_at: Micros,
        actor: String,
        version: i32,
        remedy: String,
        state_after: String,
    }
}

table! {
    /// Which document each taken place in the bodies' status lists is of.
    status_entry = "status_entry" {
        #[sea_orm(primary_key, auto_increment = false)]
        body: String,
        #[sea_orm(primary_key, auto_increment = false)]
        list: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        idx: i32,
        /// The certificate's `granted_index`.
        certificate: i64,
        version: i32,
    }
}

table! {
    /// What certificates can be found by: holder, scheme, products, codes, standards, in any of their versions. Those that
    /// were granted together share a row for what they have in common.
    term = "certificate_term" {
        #[sea_orm(primary_key, auto_increment = false)]
        kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        value: String,
        /// The first of them.
        #[sea_orm(primary_key, auto_increment = false)]
        first: i64,
        /// The `granted_index` of each, as a JSON array.
        certificates: String,
    }
}

table! {
    /// Entries of the log.
    log_entry = "log_entry" {
        #[sea_orm(primary_key, auto_increment = false)]
        idx: i64,
        leaf: Vec<u8>,
        recorded_at: Micros,
        /// What the entry is about: a certificate's number or a body's identifier, for caches elsewhere.
        subject: String,
    }
}

table! {
    /// Tiles of the log; the last of each level may be partial and is replaced as it grows.
    log_tile = "log_tile" {
        #[sea_orm(primary_key, auto_increment = false)]
        level: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        tile: i64,
        hashes: Vec<u8>,
    }
}

table! {
    /// The tree head: one row, locked by whoever appends.
    log_head = "log_head" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: i32,
        size: i64,
        root: Vec<u8>,
        note: String,
        signed_at: Micros,
    }
}

table! {
    /// Witnesses' cosignatures of checkpoints.
    log_cosignature = "log_cosignature" {
        #[sea_orm(primary_key, auto_increment = false)]
        size: i64,
        /// The verifier key of the witness.
        #[sea_orm(primary_key, auto_increment = false)]
        key: String,
        witness: String,
        signed_at: Micros,
        line: String,
    }
}

table! {
    /// Checkpoints that this log has signed and that its tree contradicts.
    log_evidence = "log_evidence" {
        #[sea_orm(primary_key, auto_increment = false)]
        size: i64,
        note: String,
        found_at: Micros,
    }
}

table! {
    /// What was last cosigned of the logs of others.
    witnessed = "witnessed" {
        #[sea_orm(primary_key, auto_increment = false)]
        origin: String,
        size: i64,
        root: Vec<u8>,
        cosigned_at: Micros,
    }
}

table! {
    /// Events of products' lives.
    trace_event = "trace_event" {
        #[sea_orm(primary_key, auto_increment = false)]
        log_index: i64,
        reporter: String,
        stage: String,
        gtin: String,
        model: String,
        batch: String,
        serial: String,
        corrects: Option<i64>,
        /// The event as JSON.
        event: String,
    }
}

table! {
    /// What events of products' lives used up.
    trace_input = "trace_input" {
        #[sea_orm(primary_key, auto_increment = false)]
        input: i64,
        /// The event that used it up.
        #[sea_orm(primary_key, auto_increment = false)]
        log_index: i64,
    }
}

table! {
    /// Which EPCIS events were recorded.
    trace_epcis = "trace_epcis" {
        #[sea_orm(primary_key, auto_increment = false)]
        log_index: i64,
        reporter: String,
        /// What tells the event from others: a hash.
        epcis: String,
    }
}

table! {
    /// Every checkpoint that was signed.
    log_checkpoint = "log_checkpoint" {
        #[sea_orm(primary_key, auto_increment = false)]
        size: i64,
        note: String,
        signed_at: Micros,
    }
}

table! {
    /// Records of the write-off ledger.
    write_off = "write_off" {
        #[sea_orm(primary_key, auto_increment = false)]
        log_index: i64,
        certificate: String,
        body: String,
        economy: String,
        kind: String,
        reverses: Option<i64>,
        /// The record as JSON.
        record: String,
    }
}

table! {
    /// How much of a certificate's product is written off, in one unit.
    write_off_used = "write_off_used" {
        #[sea_orm(primary_key, auto_increment = false)]
        certificate: String,
        #[sea_orm(primary_key, auto_increment = false)]
        product: String,
        #[sea_orm(primary_key, auto_increment = false)]
        unit: String,
        amount: String,
    }
}

table! {
    /// Serial numbers that are written off, and not reversed.
    write_off_serial = "write_off_serial" {
        #[sea_orm(primary_key, auto_increment = false)]
        log_index: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        position: i32,
        certificate: String,
        product: String,
        length: i32,
        first: Vec<u8>,
        last: Vec<u8>,
    }
}

table! {
    /// Declarations that are written off, and not reversed: each a product of a certificate once.
    write_off_declaration = "write_off_declaration" {
        #[sea_orm(primary_key, auto_increment = false)]
        log_index: i64,
        certificate: String,
        economy: String,
        declaration: String,
        product: String,
    }
}

table! {
    /// What was heard of disputes about certificates.
    contestation = "contestation" {
        #[sea_orm(primary_key, auto_increment = false)]
        log_index: i64,
        /// Its number.
        certificate: String,
        dispute: String,
        turn: String,
        since: String,
        /// Days on which the certificate is without effect.
        effect_from: Option<String>,
        effect_until: Option<String>,
        recorded_at: Micros,
    }
}

table! {
    /// Published revisions of the catalogues.
    publication = "publication" {
        #[sea_orm(primary_key, auto_increment = false)]
        log_index: i64,
        catalogue: String,
        revision: i64,
        change_set: Option<String>,
        /// Of what the change set changes; without one, of what the service begins with. None of what it was taught.
        changes_sha256: Option<String>,
        published_at: Option<Micros>,
        recorded_at: Micros,
    }
}
