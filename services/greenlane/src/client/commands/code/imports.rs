//! `greenlane code imports`, `faults` and `abandon`: imports after the day they were made.

use clap::Args;
use greenlane_api::classification::v1::{
    AbandonImportRequest, ListImportFaultsRequest, ListImportsRequest,
    code_system_service_client::CodeSystemServiceClient,
};

use super::import::IMPORT;
use crate::client::{
    Confirm, Mutation, Session,
    exit::Exit,
    render::{View, pages::Limit},
};

/// Arguments of `greenlane code imports`.
#[derive(Args, Debug)]
pub(crate) struct Imports {
    #[command(flatten)]
    limit: Limit,
}

/// Arguments of `greenlane code faults`.
#[derive(Args, Debug)]
pub(crate) struct Faults {
    /// Name or bare identifier of the import.
    import: String,
    #[command(flatten)]
    limit: Limit<1_000>,
}

/// Arguments of `greenlane code abandon`.
#[derive(Args, Debug)]
pub(crate) struct Abandon {
    /// Name or bare identifier of the import.
    import: String,
    #[command(flatten)]
    confirm: Confirm,
    #[command(flatten)]
    mutation: Mutation,
}

const IMPORTS: View = View::List {
    items: "imports",
    name: "name",
    columns: &[
        ("NAME", "name"),
        ("STATE", "state"),
        ("EDITION", "edition"),
        ("ROWS", "rows"),
        ("TAKEN", "acceptedRows"),
        ("REFUSED", "refusedRows"),
        ("BY", "author"),
        ("STARTED", "createdAt"),
        ("CHANGE SET", "changeSet"),
    ],
};
const FAULTS: View = View::List {
    items: "faults",
    name: "line",
    columns: &[
        ("LINE", "line"),
        ("COLUMN", "column"),
        ("CODE", "code"),
        ("WHAT", "message"),
        ("VALUE", "value"),
        ("MENDED", "mended"),
    ],
};

pub(super) async fn list(session: &Session, args: Imports) -> anyhow::Result<Exit> {
    let mut codes = CodeSystemServiceClient::new(session.classification()?);
    let ask = async |page_size, page_token| {
        codes.list_imports(ListImportsRequest { page_size, page_token, ..Default::default() }).await
    };
    session.list(IMPORTS, args.limit.rows(), ask).await
}

pub(super) async fn faults(session: &Session, args: Faults) -> anyhow::Result<Exit> {
    let mut codes = CodeSystemServiceClient::new(session.classification()?);
    let ask = async |page_size, page_token| {
        codes.list_import_faults(ListImportFaultsRequest { name: name(&args.import), page_size, page_token }).await
    };
    session.list(FAULTS, args.limit.rows(), ask).await
}

pub(super) async fn abandon(session: &Session, mut args: Abandon) -> anyhow::Result<Exit> {
    args.confirm.settle(&mut args.mutation);
    let mut codes = CodeSystemServiceClient::new(session.classification()?);
    let request = AbandonImportRequest {
        request_id: session.request_id(&args.mutation),
        validate_only: args.mutation.dry_run,
        name: name(&args.import),
    };
    session.print(codes.abandon_import(request).await?.get_ref(), IMPORT)
}

/// An import's name from its name or its bare identifier.
fn name(import: &str) -> String {
    if import.contains('/') { import.to_owned() } else { format!("imports/{import}") }
}
