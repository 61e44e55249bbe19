//! The rows of a file of codes, as spreadsheets write them: separated by commas, semicolons or tabs.

use std::path::Path;

use anyhow::Context as _;
use csv::{ReaderBuilder, StringRecord};
use greenlane_api::classification::v1::LintRow;

use crate::client::{
    commands::tag::table,
    exit::Usage,
    input,
    sheet::{self, Sheet},
};

/// The shortest code that a line of column names may not have in the place of a name.
const CODE: usize = 4;

/// What a column of codes may be called beside what tables of trade call theirs, without case, blanks and the like.
const CODES: [&str; 7] = ["hscode", "hs", "tariffcode", "商品编码", "商品编号", "hs编码", "税则号列"];

/// What a column of the editions that the codes are of may be called.
const EDITIONS: [&str; 4] = ["edition", "hsedition", "版本", "hs版本"];

/// A file of codes.
#[derive(Debug)]
pub(super) struct Codes {
    pub(super) rows: Vec<LintRow>,
    /// The line that each row begins in, as an editor counts lines.
    pub(super) lines: Vec<u64>,
    /// Which column they were read from, in words.
    pub(super) told: String,
}

/// Reads a file; `-` is stdin.
pub(super) fn read(file: &Path, column: Option<&str>) -> anyhow::Result<Codes> {
    let named = if file == Path::new("-") { "stdin".to_owned() } else { file.display().to_string() };
    of_text(&named, &input::read_text(file)?, column)
}

/// A name without case, blanks and the like.
fn bare(name: &str) -> String {
    name.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The column that is called as codes are, the best name first.
fn called_so(names: &[String]) -> Option<usize> {
    let names: Vec<String> = names.iter().map(|name| bare(name)).collect();
    // A column that is called `code` alone may be of articles.
    let mut known = CODES.map(str::to_owned).into_iter().chain(table::CODE.iter().map(|name| bare(name)));
    known.find_map(|known| names.iter().position(|name| *name == known))
}

fn of_text(named: &str, text: &str, column: Option<&str>) -> anyhow::Result<Codes> {
    let text = text.trim_start_matches('\u{feff}');
    let (separator, from, before) = sheet::separator(text.as_bytes());
    let table = text.get(from..).unwrap_or_default();
    anyhow::ensure!(
        table.matches('"').count().is_multiple_of(2),
        Usage(format!("a quotation mark in {named} is not closed: rows behind it would be lost"))
    );
    let cannot_read = || format!("cannot read {named}");
    let mut sheet =
        Sheet::open(ReaderBuilder::new().delimiter(separator), table.as_bytes()).with_context(cannot_read)?;
    let names = names(sheet.header());
    let known = called_so(&names);
    let at = match column {
        None => known.unwrap_or(0),
        Some(column) => {
            let at = names.iter().position(|name| name == column);
            at.with_context(|| Usage(format!("{named} has no column {column}: it has {}", names.join(", "))))?
        }
    };
    if let Some(code) = names.get(at).filter(|name| is_code(name)) {
        anyhow::bail!(Usage(format!("{named} has no line of column names: its first line has the code {code}")));
    }
    let read = names.get(at).map(String::as_str).unwrap_or_default();
    let editions =
        names.iter().position(|name| EDITIONS.contains(&bare(name).as_str())).filter(|edition| *edition != at);
    let told = match (column, known) {
        (None, None) if names.len() > 1 => format!(
            "the codes are read from the first column, `{read}`: none is called code or hs_code; --column takes another"
        ),
        _ => format!("the codes are read from the column `{read}`"),
    };
    let told = match editions.and_then(|at| names.get(at)) {
        Some(column) => format!("{told}, their editions from the column `{column}`"),
        None => told,
    };
    let (mut rows, mut lines, mut record) = (Vec::new(), Vec::new(), StringRecord::new());
    while let Some((line, read)) = sheet.next(&mut record) {
        read.map_err(|error| Usage(format!("{named}:{}: {}", line + before, sheet::why(&error))))?;
        // Spreadsheets write lines of nothing but separators below their tables.
        if record.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        lines.push(line + before);
        let others =
            names.iter().zip(&record).enumerate().filter(|(index, _)| *index != at && Some(*index) != editions);
        let code = record.get(at).unwrap_or_default();
        let edition = editions.and_then(|at| record.get(at)).unwrap_or_default().trim();
        let (edition, code) = table::parted(code).unwrap_or((edition, code));
        rows.push(LintRow {
            code: code.to_owned(),
            edition: edition.to_owned(),
            columns: others.map(|(_, (name, value))| (name.clone(), value.to_owned())).collect(),
        });
    }
    anyhow::ensure!(!rows.is_empty(), Usage(format!("{named} has no row of codes below a line of column names")));
    Ok(Codes { rows, lines, told })
}

/// The names of the columns, each once: those of the same name are told apart by their number.
fn names(header: &StringRecord) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in header.iter().map(str::trim) {
        let same = header.iter().take(names.len()).filter(|other| other.trim() == name).count();
        names.push(if same == 0 { name.to_owned() } else { format!("{name} ({})", same + 1) });
    }
    names
}

fn is_code(name: &str) -> bool {
    let name = table::parted(name).map_or(name, |(_, code)| code);
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    digits >= CODE && name.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes and what stands in the column `on`.
    fn codes(text: &str) -> Result<Vec<(String, String)>, String> {
        let read = of_text("codes.csv", text, None).map_err(|error| error.to_string())?;
        Ok(read.rows.into_iter().map(|mut row| (row.code, row.columns.remove("on").unwrap_or_default())).collect())
    }

    #[test]
    fn whatever_parts_its_columns_a_file_has_the_same_codes() {
        let expected = Ok(vec![("854143".to_owned(), "1".to_owned()), ("850231".to_owned(), "0".to_owned())]);
        for text in [
            "code,on\n854143,1\n850231,0\n",
            "code;on\r\n854143;1\r\n850231;0\r\n;\r\n",
            "code\ton\n854143\t1\n850231\t0\n",
            "sep=;\ncode;on\n854143;1\n850231;0\n",
            "\u{feff}code;on\n854143;1\n850231;0",
            "\u{feff}sep=|\r\ncode|on\r\n854143|1\r\n850231|0\r\n",
            "code;\"a, b, c\";on\n854143;\"x\ny\";1\n850231;;0\n",
        ] {
            assert_eq!(codes(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_table_of_codes_is_refused_and_not_found_without_faults() {
        for (text, why) in [
            ("", "no row of codes"),
            ("code,on\n", "no row of codes"),
            ("code;on\n;\n;\n", "no row of codes"),
            ("854143\n", "no line of column names: its first line has the code 854143"),
            ("8541.43;1\n850231;0\n", "no line of column names"),
            ("HS2022:854143\nHS2022:850231\n", "no line of column names: its first line has the code HS2022:854143"),
            ("code,on\n854143,\"1\n850231,0\n", "a quotation mark in codes.csv is not closed"),
            ("code,on\n854143\n", "codes.csv:2: it has 1 columns, and the header has 2"),
            ("sep=;\ncode;on\n854143;1;2\n", "codes.csv:3: it has 3 columns, and the header has 2"),
        ] {
            let refused = codes(text).unwrap_err();
            assert!(refused.contains(why), "{text:?}: {refused}");
        }
    }

    #[test]
    fn codes_are_read_from_the_column_that_is_called_so_wherever_it_stands_and_it_is_said_which() {
        for (header, told) in [
            ("article,code,text", "the codes are read from the column `code`"),
            ("code,hs_code,text", "the codes are read from the column `hs_code`"),
            ("article,HS Code,text", "the codes are read from the column `HS Code`"),
            ("article,hs_code,text", "the codes are read from the column `hs_code`"),
            ("article,Commodity-Code,text", "the codes are read from the column `Commodity-Code`"),
            ("article,商品编码,text", "the codes are read from the column `商品编码`"),
            (
                "edition,code,text",
                "the codes are read from the column `code`, their editions from the column `edition`",
            ),
        ] {
            let read = of_text("codes.csv", &format!("{header}\nHS2022,854143,x\n"), None).unwrap();
            assert_eq!((read.rows[0].code.as_str(), read.told.as_str()), ("854143", told));
        }
        let read = of_text("codes.csv", "article,number\nHS2022,854143\n\nHS2022,850231\n", None).unwrap();
        assert!(read.told.contains("the first column, `article`: none is called code"), "{}", read.told);
        assert_eq!(read.lines, [2, 4], "as an editor counts them");
        let read = of_text("codes.csv", "sep=,\nedition,number\nHS2022,854143\n", Some("number")).unwrap();
        assert_eq!((read.rows[0].code.as_str(), read.lines[0]), ("854143", 3));
    }

    #[test]
    fn a_row_names_the_edition_of_its_code_before_that_or_in_a_column() {
        let read = |text: &str| {
            let rows = of_text("codes.csv", text, None).unwrap().rows;
            rows.into_iter().map(|row| (row.edition, row.code, row.columns.len())).collect::<Vec<_>>()
        };
        let row = |edition: &str, code: &str, columns| (edition.to_owned(), code.to_owned(), columns);
        let rows = read("CODE,GROUP\nHS2007:380210,WAT\neditions/US-HTS-2026:8541.43.00.10,SOL\n854143,SOL\n");
        let expected = [row("HS2007", "380210", 1), row("US-HTS-2026", "8541.43.00.10", 1), row("", "854143", 1)];
        assert_eq!(rows, expected);
        let rows = read("list,edition,code\na,HS2012,854140\na,,854140\na,HS2017,HS2022:854143\n");
        let expected = [row("HS2012", "854140", 1), row("", "854140", 1), row("HS2022", "854143", 1)];
        assert_eq!(rows, expected);
        assert_eq!(read("code\n8541:43\n"), [row("", "8541:43", 0)], "that is no edition");
    }

    #[test]
    fn columns_of_the_same_name_are_all_looked_over() {
        let rows = of_text("codes.csv", "code,on,on\n854143,1,0\n", None).unwrap().rows;
        let columns = [("on".to_owned(), "1".to_owned()), ("on (2)".to_owned(), "0".to_owned())];
        assert_eq!(rows[0].columns, columns.into());
    }
}
