//! Rows of a file, as requests.

use std::io::BufRead;

use anyhow::Context as _;
use greenlane_api::{
    common::v1::{Finding, ProductIdentification},
    registry::v1::{
        CertificateContent, CertifiedProduct, Holder, ImportCertificatesRequest, NormativeDocument, RefusedRow,
        SchemeReference,
    },
};
use prost::{Message as _, Name};
use prost_reflect::DynamicMessage;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Read;
use crate::client::{
    exit::Usage,
    input,
    render::POOL,
    sheet::{self, Sheet},
};

/// The columns of a CSV file, and what each holds. Several values in one are parted by semicolons.
const COLUMNS: [(&str, &str); 23] = [
    ("request_id", "makes the row the same one when it is sent again; made of the row's content when it is empty"),
    ("holder_name", "required"),
    ("holder_address", ""),
    ("holder_economy", "required: ISO 3166-1 alpha-2"),
    ("holder_identifier", "a URI in a public register"),
    ("product_name", "required"),
    ("gtin", "one of gtin, model, batch and serial is required"),
    ("model", ""),
    ("batch", ""),
    ("serial", ""),
    ("models", "further models; several, with `;` between"),
    ("codes", "required: EDITION:CODE; several, with `;` between"),
    ("origin", "economy of origin, when limited to one"),
    ("scheme", "required: schemes/ID"),
    ("level", ""),
    ("standards", "required: normative documents with their edition; several, with `;` between"),
    ("granted_on", "required: YYYY-MM-DD"),
    ("valid_from", "YYYY-MM-DD; empty means the day it was granted"),
    ("valid_until", "required: YYYY-MM-DD"),
    ("authorised_by", "required"),
    ("scope", "required"),
    ("body_reference", "the body's own number"),
    ("remarks", ""),
];

/// The list of columns, for people.
pub(super) fn columns() -> Value {
    let columns: Vec<_> = COLUMNS.iter().map(|(name, holds)| json!({ "column": name, "holds": holds })).collect();
    json!({ "columns": columns })
}

/// The column that a field of a request is made of.
pub(super) fn column(field: &str) -> &str {
    let field = field.strip_prefix("content.").unwrap_or(field);
    let (field, product) = match field.strip_prefix("products").and_then(|rest| rest.split_once('.')) {
        Some((_, field)) => (field, true),
        None => (field, false),
    };
    let field = field.trim_start_matches("identification.");
    match (field.split('[').next().unwrap_or(field), product) {
        ("name", true) => "product_name",
        ("products", _) => "product_name",
        ("holder.name" | "holder", _) => "holder_name",
        ("holder.address", _) => "holder_address",
        ("holder.economy", _) => "holder_economy",
        ("holder.identifier", _) => "holder_identifier",
        ("scheme.scheme", _) => "scheme",
        ("scheme.level", _) => "level",
        ("normative_documents", _) => "standards",
        (column, _) => column,
    }
}

/// Hands over each row of a CSV file until there is nobody to take it. Rows are counted by their lines.
pub(super) fn read_csv(input: impl BufRead, body: &str, mut take: impl FnMut(Read) -> bool) -> anyhow::Result<()> {
    let mut sheet =
        Sheet::open(csv::ReaderBuilder::new().trim(csv::Trim::All), input).context("the CSV file has no header")?;
    for name in sheet.header() {
        if !COLUMNS.iter().any(|(known, _)| *known == name) {
            let usage = format!("`{name}` is no column of an import; `--columns` lists those that are");
            return Err(Usage(usage).into());
        }
    }
    let place = |name: &str| sheet.header().iter().position(|column| column == name);
    let places: Vec<Option<usize>> = COLUMNS.iter().map(|(name, _)| place(name)).collect();
    let mut record = csv::StringRecord::new();
    while let Some((line, read)) = sheet.next(&mut record) {
        let row = match read {
            Ok(()) => {
                let values = |name: &str| {
                    let column = COLUMNS.iter().position(|(known, _)| *known == name);
                    column.and_then(|column| places[column]).and_then(|place| record.get(place)).unwrap_or_default()
                };
                content(&values)
                    .map(|content| request(values("request_id").to_owned(), body, content, line))
                    .map_err(|why| unreadable(line, &why))
            }
            Err(error) if error.is_io_error() => return Err(error.into()),
            Err(error) => Err(unreadable(line, &sheet::why(&error))),
        };
        if !take(row) {
            return Ok(());
        }
    }
    Ok(())
}

/// Hands over each line of an NDJSON file until there is nobody to take it.
pub(super) fn read_ndjson(
    mut input: impl BufRead,
    body: &str,
    mut take: impl FnMut(Read) -> bool,
) -> anyhow::Result<()> {
    let (mut text, mut line) = (String::new(), 0);
    loop {
        text.clear();
        line += 1;
        match input.read_line(&mut text) {
            Ok(0) => return Ok(()),
            Ok(_) if text.trim().is_empty() => continue,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                text.clear();
            }
            Err(error) => return Err(error.into()),
        }
        let row = parse(&text, body, line).map_err(|error| unreadable(line, &format!("{error:#}")));
        if !take(row) {
            return Ok(());
        }
    }
}

fn parse(text: &str, body: &str, line: u64) -> anyhow::Result<ImportCertificatesRequest> {
    let value: Value = serde_json::from_str(text).context("this is not a JSON object")?;
    if value.get("content").is_none() {
        return Ok(request(String::new(), body, message(value)?, line));
    }
    let row: ImportCertificatesRequest = message(value)?;
    let of = if row.body.is_empty() { body } else { &row.body };
    Ok(request(row.request_id, of, row.content.unwrap_or_default(), line))
}

fn message<M: prost::Message + Name + Default>(value: Value) -> anyhow::Result<M> {
    let descriptor = POOL.get_message_by_name(&M::full_name()).context("a message of our own contracts")?;
    Ok(DynamicMessage::deserialize(descriptor, value)?.transcode_to()?)
}

/// A row's request. Without an id of its own it gets one that its content makes.
fn request(request_id: String, body: &str, content: CertificateContent, row: u64) -> ImportCertificatesRequest {
    let made = || {
        let hash = Sha256::new().chain_update(body).chain_update([0]).chain_update(content.encode_to_vec());
        let id: String = hash.finalize().iter().take(20).map(|byte| format!("{byte:02x}")).collect();
        format!("import-{id}")
    };
    let request_id = if request_id.is_empty() { made() } else { request_id };
    ImportCertificatesRequest {
        request_id,
        body: body.to_owned(),
        content: Some(content),
        row,
        ..ImportCertificatesRequest::default()
    }
}

fn unreadable(row: u64, why: &str) -> RefusedRow {
    let finding = Finding { code: "unreadable".to_owned(), message: why.to_owned(), ..Finding::default() };
    RefusedRow { row, request_id: String::new(), findings: vec![finding] }
}

/// The facts of a CSV row. What is wrong with values is for the service to say, but for codes without an edition.
fn content<'r>(values: &impl Fn(&str) -> &'r str) -> Result<CertificateContent, String> {
    let text = |name: &str| values(name).to_owned();
    let several = |name: &str| -> Vec<String> {
        values(name).split(';').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let code = |code: &String| match code.matches(':').count() {
        0 | 1 => input::parse_code(code).map_err(|why| format!("`{code}`: {why}")),
        _ => Err(format!("`{code}`: several are written with `;` between")),
    };
    let codes = several("codes").iter().map(code).collect::<Result<_, _>>();
    Ok(CertificateContent {
        holder: Some(Holder {
            name: text("holder_name"),
            address: text("holder_address"),
            economy: text("holder_economy"),
            identifier: text("holder_identifier"),
        }),
        products: vec![CertifiedProduct {
            name: text("product_name"),
            identification: Some(ProductIdentification {
                gtin: text("gtin"),
                model: text("model"),
                batch: text("batch"),
                serial: text("serial"),
            }),
            codes: codes.map_err(|why| format!("codes: {why}"))?,
            origin: text("origin"),
            models: several("models"),
            ..CertifiedProduct::default()
        }],
        scheme: Some(SchemeReference { scheme: text("scheme"), level: text("level") }),
        normative_documents: several("standards")
            .into_iter()
            .map(|edition| NormativeDocument { edition, ..NormativeDocument::default() })
            .collect(),
        granted_on: text("granted_on"),
        valid_from: text("valid_from"),
        valid_until: text("valid_until"),
        authorised_by: text("authorised_by"),
        scope: text("scope"),
        body_reference: text("body_reference"),
        remarks: text("remarks"),
        ..CertificateContent::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(text: &str) -> anyhow::Result<Vec<Read>> {
        let mut rows = Vec::new();
        read_csv(text.as_bytes(), "bodies/xa-lab", |row| {
            rows.push(row);
            true
        })?;
        Ok(rows)
    }

    fn ndjson(text: &str) -> Vec<Read> {
        let mut rows = Vec::new();
        let take = |row| {
            rows.push(row);
            true
        };
        read_ndjson(text.as_bytes(), "bodies/xa-lab", take).unwrap();
        rows
    }

    #[test]
    fn a_row_of_csv_is_one_certificate() {
        let rows =
            csv("model,codes,standards,scope\nM1,HS2022:8541.43; HS2017:854140,EX 1:2026,\"One, two\"\n").unwrap();
        let row = rows[0].as_ref().unwrap();
        let content = row.content.as_ref().unwrap();
        assert_eq!((row.row, row.body.as_str(), content.scope.as_str()), (2, "bodies/xa-lab", "One, two"));
        assert_eq!(content.products[0].codes[1].code, "854140");
        assert_eq!(content.products[0].identification.as_ref().unwrap().model, "M1");
        assert_eq!(content.normative_documents[0].edition, "EX 1:2026");
    }

    #[test]
    fn a_field_is_told_by_the_column_that_it_is_made_of() {
        for (field, expected) in [
            ("content.granted_on", "granted_on"),
            ("content.products[0].codes[0].code", "codes"),
            ("content.products[0].identification.gtin", "gtin"),
            ("content.products[0].name", "product_name"),
            ("content.holder.economy", "holder_economy"),
            ("content.normative_documents[1].edition", "standards"),
            ("content.scheme.scheme", "scheme"),
            ("request_id", "request_id"),
        ] {
            assert_eq!(column(field), expected);
            assert!(COLUMNS.iter().any(|(known, _)| *known == expected), "{expected}");
        }
        let rows = csv("codes\nHS2022:854143 HS2022:850231\n").unwrap();
        let why = &rows[0].as_ref().unwrap_err().findings[0].message;
        assert_eq!(why, "codes: `HS2022:854143 HS2022:850231`: several are written with `;` between");
    }

    #[test]
    fn the_same_row_has_the_same_id_wherever_it_stands() {
        let rows = csv("model,scope\nM1,a\nM2,a\nM1,a\n").unwrap();
        let ids: Vec<&str> = rows.iter().map(|row| row.as_ref().unwrap().request_id.as_str()).collect();
        assert_eq!(ids[0], ids[2]);
        assert_ne!(ids[0], ids[1]);
        assert!(ids[0].len() <= 64);
        let own = csv("request_id,model\nmine,M1\n").unwrap();
        assert_eq!(own[0].as_ref().unwrap().request_id, "mine");
    }

    #[test]
    fn an_unknown_column_is_refused_and_a_broken_row_is_told() {
        assert!(csv("model,colour\nM1,red\n").unwrap_err().to_string().contains("colour"));
        let rows = csv("model,codes\nM1,854143\nM2,HS2022:854143,too many\nM3,HS2022:854143\n").unwrap();
        let refused: Vec<Option<u64>> = rows.iter().map(|row| row.as_ref().err().map(|refused| refused.row)).collect();
        assert_eq!(refused, [Some(2), Some(3), None]);
        // As a spreadsheet writes it.
        let rows = csv("model,codes\r\nM1,854143\r\n\r\nM2,HS2022:854143\r\nM3,x\r\n").unwrap();
        let told = rows.iter().map(|row| row.as_ref().map_or_else(|refused| refused.row, |row| row.row));
        assert_eq!(told.collect::<Vec<_>>(), [2, 4, 5]);
    }

    #[test]
    fn a_line_of_json_is_a_content_or_a_request() {
        let rows = ndjson(concat!(
            "{\"scope\": \"s\"}\n",
            "\n",
            "{\"requestId\": \"mine\", \"content\": {\"scope\": \"s\"}}\n",
            "{\"scop\": \"s\"}\n",
            "nothing\n",
        ));
        assert_eq!(rows.len(), 4);
        let first = rows[0].as_ref().unwrap();
        assert_eq!(first.content.as_ref().unwrap().scope, "s");
        assert_eq!(rows[1].as_ref().unwrap().request_id, "mine");
        assert_eq!((rows[2].as_ref().unwrap_err().row, rows[3].as_ref().unwrap_err().row), (4, 5));
    }

    #[test]
    fn no_file_makes_the_import_panic() {
        let seeds = [
            "model,codes,standards,scope\nM1,HS2022:8541.43; HS2017:854140,EX 1:2026,\"One, two\"\n",
            "request_id,holder_name,gtin\n\"a\n\"\"b\",c,d\n",
        ];
        greenlane_fuzz::fuzz_text("import_csv", seeds, |text| drop(csv(text)));
        let seeds = [
            "{\"scope\": \"s\", \"validUntil\": \"2030-01-01\"}\n",
            "{\"requestId\": \"mine\", \"row\": \"7\", \"content\": {\"products\": [{\"codes\": [{\"code\": \"01\"}]}]}}\n",
        ];
        greenlane_fuzz::fuzz("import_ndjson", seeds, |bytes| {
            read_ndjson(bytes, "bodies/xa-lab", |_| true).unwrap();
        });
    }
}
