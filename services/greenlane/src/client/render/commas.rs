//! The table of an answer as CSV (RFC 4180): a row of headings in capitals, then whole values, never wrapped or cut. A
//! single thing is one row; one with parts of its own is a row for each of its fields, FIELD and VALUE.

use serde_json::Value;

use super::{View, cell, rows};

/// The text of an answer.
pub(super) fn text(value: &Value, view: View) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    match view {
        View::List { columns, .. } | View::Record { fields: columns, .. } if !columns.is_empty() => {
            writer.write_record(headings(columns.iter().map(|(heading, _)| *heading)))?;
            for row in rows(value, view) {
                writer.write_record(columns.iter().map(|(_, path)| cell::text(row, path)))?;
            }
        }
        _ => {
            writer.write_record(["FIELD", "VALUE"])?;
            for row in rows(value, view) {
                fields(row, &mut String::new(), &mut writer)?;
            }
        }
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// Headings, in capitals; a line without one goes on from the line above it, and no two columns have the same.
fn headings<'h>(headings: impl Iterator<Item = &'h str>) -> impl Iterator<Item = String> {
    let mut more = 0;
    headings.map(move |heading| {
        more += u32::from(heading.is_empty());
        match (heading, more) {
            ("", 1) => "MORE".to_owned(),
            ("", _) => format!("MORE {more}"),
            _ => heading.to_uppercase(),
        }
    })
}

/// Each field of a thing with parts, by its path.
fn fields(value: &Value, path: &mut String, writer: &mut csv::Writer<Vec<u8>>) -> csv::Result<()> {
    let mut below = |key: &str, value: &Value, writer: &mut csv::Writer<Vec<u8>>| {
        let length = path.len();
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key);
        let written = fields(value, path, writer);
        path.truncate(length);
        written
    };
    match value {
        Value::Object(members) => members.iter().try_for_each(|(key, value)| below(key, value, writer)),
        Value::Array(items) => {
            items.iter().enumerate().try_for_each(|(index, value)| below(&index.to_string(), value, writer))
        }
        scalar => {
            let text = cell::plain(scalar);
            if text.is_empty() { Ok(()) } else { writer.write_record([path.as_str(), text.as_str()]) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_columns_have_one_heading() {
        let named: Vec<String> = headings(["reason", "", "", "day", ""].into_iter()).collect();
        assert_eq!(named, ["REASON", "MORE", "MORE 2", "DAY", "MORE 3"]);
    }
}
