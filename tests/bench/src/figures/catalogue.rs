//! All editions, tables and national tariffs of the reference data, published in a service.

use std::path::Path;

use anyhow::Context as _;
use greenlane_api::classification::v1::change_service_client::ChangeServiceClient;
use greenlane_api::classification::v1::code_system_service_client::CodeSystemServiceClient;
use greenlane_api::classification::v1::{
    Change, ChangeSet, CreateChangeSetRequest, CreateImportRequest, Edition, ImportFormat, ProposeChangeSetRequest,
    PublishChangeSetRequest, ReviewChangeSetRequest, UploadImportRequest, change,
};
use greenlane_api::common::v1::Source;
use greenlane_platform::auth::issuer::TokenRequest;
use sha2::{Digest as _, Sha256};

use crate::roles::Role;
use crate::rows::{Setting, authorized};

/// Bytes of one message.
const PIECE: usize = 512 * 1024;

/// File, layout, edition with its first day and the one that it extends.
const FILES: &[(&str, ImportFormat, Option<[&str; 3]>)] = &[
    ("hs_nomenclature_all_editions.csv", ImportFormat::ComtradeNomenclature, None),
    ("hs_correlation_unsd.csv", ImportFormat::UnsdCorrelation, None),
    ("us_hts_2026_rev4.csv", ImportFormat::UsHtsCsv, Some(["US-HTS-2026", "2026-01-01", "HS2022"])),
    (
        "eu_taric_nomenclature_en_fr_de.csv",
        ImportFormat::EuNomenclature,
        Some(["EU-TARIC-2026", "2026-01-01", "HS2022"]),
    ),
    ("uk_search_references.csv", ImportFormat::UkSearchReferences, Some(["HS2022", "", ""])),
    ("uk_search_synonyms_all.txt", ImportFormat::UkSearchSynonyms, None),
];

/// Publishes all of them, one change set each.
pub(super) async fn import(setting: &Setting<'_>, data: &Path) -> anyhow::Result<()> {
    let channel = setting.channel(Role::ClassificationWhole).await?;
    let token = |subject: &str| {
        // The tariffs belong to economies: only an administrator without one imports them all.
        let scopes = ["admin"];
        setting.identity.mint(TokenRequest::new(subject, scopes))
    };
    let (author, reviewer) = (token("author"), token("reviewer"));
    let mut systems = CodeSystemServiceClient::new(channel.clone());
    let mut changes = ChangeServiceClient::new(channel);
    for (file, format, edition) in FILES {
        let bytes = std::fs::read(data.join(file)).with_context(|| format!("reading {file}"))?;
        let edition = edition.map(|[id, from, extends]| Edition {
            name: format!("editions/{id}"),
            effective_from: from.to_owned(),
            extends: if extends.is_empty() { String::new() } else { format!("editions/{extends}") },
            ..Edition::default()
        });
        let request = CreateImportRequest {
            request_id: format!("import-{file}"),
            format: (*format).into(),
            edition,
            sha256: hex::encode(Sha256::digest(&bytes)),
            source: Some(Source { uri: format!("https://example.org/{file}"), ..Source::default() }),
            ..CreateImportRequest::default()
        };
        let made = systems.create_import(authorized(request, &author)?).await?.into_inner();
        let name = made.import.context("an answer without an import")?.name;
        let count = bytes.len().div_ceil(PIECE);
        let pieces: Vec<_> = bytes.chunks(PIECE).enumerate().collect();
        let pieces = pieces.into_iter().map(|(place, data)| UploadImportRequest {
            name: name.clone(),
            offset: (place * PIECE) as u64,
            data: data.to_vec().into(),
            last: place + 1 == count,
        });
        let pieces: Vec<_> = pieces.collect();
        let mut answers = systems.upload_import(authorized(tokio_stream::iter(pieces), &author)?).await?.into_inner();
        while answers.message().await?.is_some() {}

        let change_set = ChangeSet {
            title: (*file).to_owned(),
            reason: "To measure.".to_owned(),
            changes: vec![Change { change: Some(change::Change::PublishImport(name)) }],
            ..ChangeSet::default()
        };
        let request = CreateChangeSetRequest {
            request_id: format!("create-{file}"),
            change_set: Some(change_set),
            ..CreateChangeSetRequest::default()
        };
        let made = changes.create_change_set(authorized(request, &author)?).await?.into_inner();
        let name = made.change_set.context("an answer without a change set")?.name;
        let (request_id, name) = (|step: &str| format!("{step}-{file}"), || name.clone());
        let propose = ProposeChangeSetRequest { request_id: request_id("p"), name: name(), ..Default::default() };
        changes.propose_change_set(authorized(propose, &author)?).await?;
        let review =
            ReviewChangeSetRequest { request_id: request_id("r"), name: name(), approve: true, ..Default::default() };
        changes.review_change_set(authorized(review, &reviewer)?).await?;
        let publish = PublishChangeSetRequest { request_id: request_id("x"), name: name(), ..Default::default() };
        changes.publish_change_set(authorized(publish, &reviewer)?).await?;
    }
    Ok(())
}
