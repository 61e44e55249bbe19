//! The lines of a manifest, as questions.

use std::{fs::File, io::Read, path::Path};

use anyhow::Context as _;
use greenlane_api::{
    common::v1::{CodeReference, GoodsDeclaration, ProductIdentification},
    registry::v1::{StreamVerifyRequest, VerifyRequest, verify_request::Subject},
};
use serde::{Deserialize, de::DeserializeOwned};

use crate::client::{
    exit::Usage,
    input,
    sheet::{self, Sheet},
};

/// The columns of a manifest of certificates.
pub(super) const COLUMNS: Columns = Columns {
    demanded: &["certificate"],
    known: &[
        "code",
        "origin",
        "destination",
        "date",
        "placed_on_market_on",
        "manufactured_on",
        "model",
        "gtin",
        "batch",
        "serial",
    ],
};

/// A line of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) certificate: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    origin: String,
    #[serde(default)]
    destination: String,
    #[serde(default)]
    date: String,
    #[serde(default)]
    placed_on_market_on: String,
    #[serde(default)]
    manufactured_on: String,
    #[serde(default)]
    model: String,
    #[serde(default)]
    gtin: String,
    #[serde(default)]
    batch: String,
    #[serde(default)]
    serial: String,
}

/// The columns of a file: those that must be there, and those that may.
pub(super) struct Columns {
    pub(super) demanded: &'static [&'static str],
    pub(super) known: &'static [&'static str],
}

impl Columns {
    /// What is wrong with a header.
    fn fault(&self, header: &csv::StringRecord) -> Option<String> {
        if let [only] = header.iter().collect::<Vec<_>>()[..]
            && only.contains([';', '\t'])
        {
            return Some("the columns are to be separated by commas".to_owned());
        }
        let is_known = |name: &str| self.demanded.contains(&name) || self.known.contains(&name);
        let unknown = header.iter().filter(|name| !is_known(name)).map(|name| format!("there is no column `{name}`"));
        let has = |name: &str| header.iter().any(|own| own == name);
        let missing =
            self.demanded.iter().filter(|name| !has(name)).map(|name| format!("the column `{name}` is missing"));
        let faults: Vec<_> = unknown.chain(missing).collect();
        let all = self.demanded.iter().chain(self.known).copied().collect::<Vec<_>>().join(", ");
        (!faults.is_empty()).then(|| format!("{}; the columns are {all}", faults.join(", ")))
    }
}

/// Hands over each line with its number, or what makes it none, until there is nobody to take it.
pub(super) fn read<R: DeserializeOwned>(
    file: &Path,
    columns: &Columns,
    mut take: impl FnMut(u64, Result<R, String>) -> bool,
) -> anyhow::Result<()> {
    let input: Box<dyn Read> = if file == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(File::open(file).with_context(|| Usage(format!("cannot read {}", file.display())))?)
    };
    let named = file.display();
    let mut sheet = Sheet::open(csv::ReaderBuilder::new().trim(csv::Trim::All), input)
        .with_context(|| format!("cannot read {named}"))?;
    let header = sheet.header().clone();
    if let Some(fault) = columns.fault(&header) {
        return Err(Usage(format!("{named}:1: {fault}")).into());
    }
    let mut record = csv::StringRecord::new();
    while let Some((line, read)) = sheet.next(&mut record) {
        match read {
            Err(error) if error.is_io_error() => return Err(error).with_context(|| format!("cannot read {named}")),
            Err(error) => {
                if !take(line, Err(sheet::why(&error))) {
                    return Ok(());
                }
                continue;
            }
            Ok(()) => {}
        }
        // Columns that are not known are wrong for every line.
        let row = record.deserialize::<R>(Some(&header));
        let row = row.with_context(|| Usage(format!("{named}:{line}: cannot be read")))?;
        if !take(line, Ok(row)) {
            return Ok(());
        }
    }
    Ok(())
}

/// What a line leaves out is as it is for all.
pub(super) fn or(own: String, all: &str) -> String {
    if own.is_empty() { all.to_owned() } else { own }
}

/// The code of a line, or what is wrong in which column.
pub(super) fn parse_code(text: &str) -> Result<CodeReference, String> {
    input::parse_code(text).map_err(|why| format!("code: `{text}`: {why}"))
}

/// The question of a line, or why it is none.
pub(super) fn request(line: u64, row: Row, destination: &str, date: &str) -> Result<StreamVerifyRequest, String> {
    let product = ProductIdentification { gtin: row.gtin, model: row.model, batch: row.batch, serial: row.serial };
    let destination = or(row.destination, destination);
    let code = (!row.code.is_empty()).then(|| parse_code(&row.code)).transpose();
    let nowhere = (!row.code.is_empty() && destination.is_empty())
        .then(|| "destination: is required: in its column, by --destination, or by the context".to_owned());
    let code = match (code, nowhere) {
        (Ok(code), None) => code,
        (Ok(_), Some(why)) | (Err(why), None) => return Err(why),
        (Err(why), Some(nowhere)) => return Err(format!("{why}; {nowhere}")),
    };
    let day = or(row.date, date);
    let goods = code.map(|code| GoodsDeclaration {
        code: Some(code),
        origin: row.origin,
        destination,
        date: day.clone(),
        product: (product != ProductIdentification::default()).then_some(product),
        placed_on_market_on: row.placed_on_market_on,
        manufactured_on: row.manufactured_on,
    });
    // The mark has room for a line's number, a day and a certificate; a longer text, a document in a code, shows itself in the
    // answer, and what is no day is told there.
    let named = if row.certificate.len() <= 40 { row.certificate.as_str() } else { "" };
    let asked = if day.len() == 10 { day.as_str() } else { "" };
    let tag = format!("{line} {asked} {named}");
    let is_code = ["GL1:", "https://", "http://"].iter().any(|start| row.certificate.starts_with(start));
    let subject = if is_code { Subject::QrText(row.certificate) } else { Subject::Certificate(row.certificate) };
    // Goods have their day with them.
    let date = if goods.is_some() { String::new() } else { day };
    Ok(StreamVerifyRequest {
        tag,
        request: Some(VerifyRequest { subject: Some(subject), goods, date, ..Default::default() }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Asked = Result<StreamVerifyRequest, (u64, String)>;

    fn read_all(text: &str) -> anyhow::Result<Vec<Asked>> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), text)?;
        let mut rows = Vec::new();
        read(file.path(), &COLUMNS, |line, row| {
            rows.push(row.and_then(|row| request(line, row, "XB", "2026-07-01")).map_err(|why| (line, why)));
            true
        })?;
        Ok(rows)
    }

    #[test]
    fn a_line_is_a_question_and_what_it_leaves_out_is_as_for_all() {
        let text = "code,certificate,origin,destination\nHS2022:854143,GLXA,XA,\n,GL1:x,,\nHS2022,GLXB,XA,XC\n";
        let rows = read_all(text).unwrap();
        let goods = rows[0].as_ref().unwrap().request.clone().unwrap().goods.unwrap();
        assert_eq!((goods.destination.as_str(), goods.date.as_str()), ("XB", "2026-07-01"));
        let second = rows[1].as_ref().unwrap();
        assert!(second.request.as_ref().unwrap().goods.is_none());
        assert_eq!(second.request.as_ref().unwrap().date, "2026-07-01", "on which day the certificate is to count");
        assert!(matches!(second.request.as_ref().unwrap().subject, Some(Subject::QrText(_))));
        let (line, why) = rows[2].as_ref().unwrap_err();
        assert!(*line == 4 && why.starts_with("code: `HS2022`: write EDITION:CODE"), "{line}: {why}");
        for wrong in ["number\nGLXA\n", "number\n", ""] {
            let error = read_all(wrong).unwrap_err().to_string();
            assert!(
                error.contains(":1: ") && error.contains("the column `certificate` is missing"),
                "{wrong}: {error}"
            );
        }
    }
}
