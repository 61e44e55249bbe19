//! What the browser asks of the services.

use serde_json::{Value, json};
use tonic::Status;

use super::model::{AsRead, Ask, Section};
use crate::client::{
    Session,
    commands::{catalogue, change::workflow::Of},
    dynamic, exit,
};

/// So many parts of something are fetched.
const MOST: i32 = 1_000;

/// The answer as JSON.
pub(super) async fn ask(session: &Session, ask: &Ask) -> anyhow::Result<Value> {
    match ask {
        // Every page: what waits longest is on the last one.
        Ask::List(section) => {
            let (method, fields) = match section {
                Section::Changes(of) => (of.full("ChangeService/ListChangeSets"), json!({})),
                Section::Entries(kind) if kind.is_of_lists() => {
                    (kind.list_method(), json!({ "includeNotInForce": true }))
                }
                Section::Entries(kind) => (kind.list_method(), json!({})),
            };
            let items = section.items();
            let found = dynamic::all(session, &method, fields, items).await?;
            Ok(json!({ items: found }))
        }
        Ask::Entry(kind, name) => {
            catalogue::call(session, &kind.get_method(), [("name".to_owned(), json!(name))], None).await
        }
        Ask::OnList(name) => {
            let fields = [("name", json!(name)), ("pageSize", json!(MOST)), ("includeNotInForce", json!(true))];
            let fields = fields.map(|(field, value)| (field.to_owned(), value));
            catalogue::call(session, "greenlane.classification.v1.GreenListService/ListGreenListEntries", fields, None)
                .await
        }
        Ask::ChangeSet(of, name) => of.ask(session, "GetChangeSet", json!({ "name": name })).await,
        Ask::Diff(of, AsRead { name, .. }) => {
            of.ask(session, "DiffChangeSet", json!({ "name": name, "pageSize": MOST })).await
        }
        Ask::Check(of, AsRead { name, .. }) => of.ask(session, "ValidateChangeSet", json!({ "name": name })).await,
        Ask::Comments(of, name) => {
            of.ask(session, "ListChangeComments", json!({ "name": name, "pageSize": MOST })).await
        }
        Ask::Impact(AsRead { name, .. }) => {
            Of::Catalogue.ask(session, "PreviewImpact", json!({ "name": name, "pageSize": 1 })).await
        }
        Ask::Review { of, name, etag, approve, comment, request_id } => {
            let fields = json!({
                "requestId": request_id, "name": name, "etag": etag, "approve": approve, "comment": comment,
            });
            of.ask(session, "ReviewChangeSet", fields).await
        }
        Ask::Publish { of, name, etag, request_id } => {
            let fields = json!({ "requestId": request_id, "name": name, "etag": etag });
            of.ask(session, "PublishChangeSet", fields).await
        }
    }
}

/// A failure in one line.
pub(super) fn told(error: &anyhow::Error) -> String {
    match error.chain().find_map(|cause| cause.downcast_ref::<Status>()) {
        Some(status) => match exit::advice(status) {
            Some(advice) => format!("{} ({advice})", status.message()),
            None => status.message().to_owned(),
        },
        None => format!("{error:#}"),
    }
}
