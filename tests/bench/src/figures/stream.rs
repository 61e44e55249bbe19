//! Rows tagged over one stream, as fast as the server takes them.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use greenlane_api::classification::v1::tag_rows_request::Message;
use greenlane_api::classification::v1::tagging_service_client::TaggingServiceClient;
use greenlane_api::classification::v1::{
    TagRowsRequest, TagSettings, TotalKey, TradeRow, TradeRows, tag_rows_response,
};
use greenlane_platform::auth::issuer::TokenRequest;

use super::{Figure, Place, Promise};
use crate::roles::Role;
use crate::rows::authorized;

/// Rows in a message.
const BATCH: usize = 2_000;
/// How often the sample is sent.
const COPIES: usize = 6;

pub(super) async fn measure(place: &Place<'_>) -> anyhow::Result<Vec<Figure>> {
    let child = place.setting.child(Role::ClassificationWhole)?;
    let path = place.data.join("comtrade_rows_sample.csv");
    let mut reader = csv::Reader::from_path(&path).with_context(|| format!("reading {}", path.display()))?;
    let mut rows = Vec::new();
    for (sequence, row) in (0u64..).zip(reader.records()) {
        let row = row?;
        let at = |column: usize| row.get(column).unwrap_or_default().to_owned();
        rows.push(TradeRow {
            sequence,
            period: at(0),
            flow: at(1),
            reporter: at(2),
            partner: at(3),
            code: at(4),
            value_usd: at(5).parse()?,
            ..TradeRow::default()
        });
    }
    let batches: Vec<TagRowsRequest> = rows
        .chunks(BATCH)
        .map(|rows| TagRowsRequest { message: Some(Message::Rows(TradeRows { rows: rows.to_vec() })) })
        .collect();
    let settings = TagSettings {
        edition: "HS2012".to_owned(),
        mend: true,
        total_by: vec![TotalKey::GreenList.into(), TotalKey::Year.into(), TotalKey::Reporter.into()],
        ..TagSettings::default()
    };
    let messages: Vec<TagRowsRequest> = std::iter::once(TagRowsRequest { message: Some(Message::Settings(settings)) })
        .chain((0..COPIES).flat_map(|_| batches.iter().cloned()))
        .collect();
    let expected = rows.len() * COPIES;

    let token = place.setting.identity.mint(TokenRequest::new("statistician", ["tag"]));
    let mut client = TaggingServiceClient::new(place.setting.channel(Role::ClassificationWhole).await?)
        .max_decoding_message_size(usize::MAX);
    let mut request = authorized(tokio_stream::iter(messages), &token)?;
    request.set_timeout(Duration::from_secs(300));
    let before = child.cpu_time()?;
    let begun = std::time::Instant::now();
    let mut answers = client.tag_rows(request).await?.into_inner();
    let (mut tagged, mut lists) = (0, 0);
    while let Some(answer) = answers.message().await? {
        match answer.message.context("an empty message")? {
            tag_rows_response::Message::Rows(rows) => {
                tagged += rows.rows.len();
                lists += rows.rows.iter().filter(|row| !row.tags.is_empty()).count();
            }
            tag_rows_response::Message::Totals(totals) => ensure!(totals.rows as usize == expected, "rows were lost"),
        }
    }
    let (wall, cpu) = (begun.elapsed(), child.cpu_time()? - before);
    ensure!(tagged == expected, "{tagged} of {expected} rows came back");
    let rows = tagged as f64;
    Ok(vec![
        Figure::new("tag-stream, rows with a list", 100.0 * lists as f64 / rows, "%"),
        Figure::new("tag-stream, by the wall clock", rows / wall.as_secs_f64(), "rows/s"),
        Figure::new("tag-stream, by CPU of the server", rows / cpu.as_secs_f64(), "rows/s")
            .promised(Promise::AtLeast(300_000.0)),
    ])
}
