//! `greenlane code teach`.

use std::{collections::HashMap, path::PathBuf};

use anyhow::Context as _;
use clap::Args;
use greenlane_api::{
    classification::v1::{
        TaughtExample, TeachClassificationsRequest, TeachClassificationsResponse,
        lookup_service_client::LookupServiceClient,
    },
    common::v1::{CodeReference, Source},
};
use greenlane_platform::fault::{Fault, FieldViolation};
use serde::Deserialize;

use crate::client::{
    Confirm, Mutation, Session,
    exit::{Exit, Usage},
    render::{self, View},
    sheet::{self, Sheet},
};

/// Examples in one request.
const BATCH: usize = 1_000;
/// Refused rows that are shown.
const SHOWN: usize = 20;
/// Columns that a table cannot do without.
const NEEDED: [&str; 4] = ["description", "edition", "code", "decided_on"];

/// Arguments of `greenlane code teach`.
#[derive(Args, Debug)]
#[command(after_help = "\
A row of a CSV file that is refused is told with its line and column, and keeps no other from being taught.
Exits with 10 when rows were refused.")]
pub(crate) struct Teach {
    /// Examples as YAML or JSON (greenlane.classification.v1.TeachClassificationsRequest), or as CSV with the columns
    /// description, edition, code, decided_on and source_uri, parted by commas, semicolons or tabs, and if need be
    /// source_note and example (yes or no: it is made up; then source_uri may be empty).
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// Take back the examples of the file, each as it was taught: from its decided_on on it says nothing.
    #[arg(long)]
    withdraw: bool,
    #[command(flatten)]
    confirm: Confirm,
    #[command(flatten)]
    mutation: Mutation,
}

const LEARNED: View =
    View::Record { at: "", name: "revision", fields: &[("Learned", "learned"), ("Revision", "revision")] };
const WITHDRAWN: View =
    View::Record { at: "", name: "revision", fields: &[("Withdrawn", "learned"), ("Revision", "revision")] };

/// An example, with the line of the table that it stands in.
#[derive(Clone, Debug)]
struct Read {
    line: u64,
    example: TaughtExample,
}

/// A row of a table that was refused.
#[derive(Debug, PartialEq, Eq)]
struct Refused {
    line: u64,
    column: String,
    why: String,
}

/// Teaches.
pub(crate) async fn run(session: &Session, mut args: Teach) -> anyhow::Result<Exit> {
    args.confirm.settle(&mut args.mutation);
    let table = args.file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    let (mut examples, mut refused) = if table {
        let text = std::fs::read(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?;
        read(&text).with_context(|| Usage(format!("{} is no table of examples", args.file.display())))?
    } else {
        let examples = session.read_message::<TeachClassificationsRequest>(&args.file, "")?.examples;
        (examples.into_iter().map(|example| Read { line: 0, example }).collect(), Vec::new())
    };
    if args.withdraw {
        examples.iter_mut().for_each(|read| read.example.withdrawn = true);
    }
    if examples.is_empty() && refused.is_empty() {
        anyhow::bail!(Usage(format!("{} has no examples", args.file.display())));
    }
    let withdrawn = !examples.is_empty() && examples.iter().all(|read| read.example.withdrawn);
    let view = if withdrawn { WITHDRAWN } else { LEARNED };
    let id = session.request_id(&args.mutation);
    let mut lookup = LookupServiceClient::new(session.classification()?);
    let mut answer = TeachClassificationsResponse::default();
    let batches = batches(examples);
    let several = batches.len() > 1;
    for (number, mut batch) in batches.into_iter().enumerate() {
        // Each batch is a request of its own: a repetition of the command repeats all of them safely.
        let request_id = if several { format!("{id}.{number}") } else { id.clone() };
        while !batch.is_empty() {
            let request = TeachClassificationsRequest {
                request_id: request_id.clone(),
                validate_only: args.mutation.dry_run,
                examples: batch.iter().map(|read| read.example.clone()).collect(),
            };
            match lookup.teach_classifications(request).await {
                Ok(taught) => {
                    let taught = taught.into_inner();
                    answer.learned += taught.learned;
                    answer.revision = taught.revision;
                    break;
                }
                Err(status) => {
                    // Nothing of it was written: the rest is asked again without the rows that are blamed.
                    let blamed = if table { blamed(&Fault::violations_of(&status), &batch) } else { Vec::new() };
                    if blamed.is_empty() {
                        return Err(status.into());
                    }
                    batch.retain(|read| !blamed.iter().any(|refused| refused.line == read.line));
                    refused.extend(blamed);
                }
            }
        }
    }
    refused.sort_by_key(|refused| refused.line);
    tell(&refused);
    session.print(&answer, view)?;
    Ok(if refused.is_empty() { Exit::Done } else { Exit::No })
}

/// The examples in requests, in the order of the file but for those of the same words and day, which go in one request
/// with the first of them: what contradicts itself in one file shares the confidence, wherever the file would be cut,
/// while a later request corrects an earlier one.
fn batches(examples: Vec<Read>) -> Vec<Vec<Read>> {
    let goods = |read: &Read| {
        let words = read.example.description.to_lowercase();
        let words: Vec<&str> = words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        (words.join(" "), read.example.decided_on.clone())
    };
    let mut groups: Vec<Vec<Read>> = Vec::new();
    let mut known: HashMap<(String, String), usize> = HashMap::new();
    for read in examples {
        let at = *known.entry(goods(&read)).or_insert(groups.len());
        if at == groups.len() {
            groups.push(Vec::new());
        }
        groups[at].push(read);
    }
    let mut batches: Vec<Vec<Read>> = Vec::new();
    for group in groups {
        match batches.last_mut() {
            Some(last) if last.len() + group.len() <= BATCH => last.extend(group),
            // Of more than a request holds the last correct the others: nobody writes so of the same words.
            _ => batches.extend(group.chunks(BATCH).map(<[Read]>::to_vec)),
        }
    }
    batches
}

/// The rows that are to blame for a refusal. None when something else is to blame too.
fn blamed(violations: &[FieldViolation], batch: &[Read]) -> Vec<Refused> {
    let one = |violation: &FieldViolation| {
        let (number, field) = violation.field.strip_prefix("examples[")?.split_once(']')?;
        let column = match field.trim_start_matches('.') {
            "code.edition" => "edition",
            "code" | "code.code" => "code",
            "source" | "source.uri" => "source_uri",
            "source.note" => "source_note",
            "source.example" => "example",
            field => field,
        };
        let line = batch.get(number.parse::<usize>().ok()?)?.line;
        Some(Refused { line, column: column.to_owned(), why: violation.description.clone() })
    };
    violations.iter().map(one).collect::<Option<_>>().unwrap_or_default()
}

/// Says on stderr which rows were refused.
fn tell(refused: &[Refused]) {
    for refused in refused.iter().take(SHOWN) {
        render::talk(&format!("{}: {}", sheet::place(refused.line, &refused.column), refused.why));
    }
    if refused.len() > SHOWN {
        render::talk(&format!("and {} more", refused.len() - SHOWN));
    }
}

#[derive(Deserialize)]
struct Row {
    description: String,
    edition: String,
    code: String,
    decided_on: String,
    #[serde(default)]
    source_uri: String,
    #[serde(default)]
    source_note: String,
    #[serde(default)]
    example: String,
}

impl Row {
    /// What it teaches. None where its mark of what is made up is none.
    fn taught(self) -> Option<TaughtExample> {
        let example = match self.example.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "y" | "x" => true,
            "" | "0" | "false" | "no" | "n" => false,
            _ => return None,
        };
        Some(TaughtExample {
            description: self.description,
            code: Some(CodeReference { edition: self.edition, code: self.code }),
            decided_on: self.decided_on,
            withdrawn: false,
            source: Some(Source { uri: self.source_uri, note: self.source_note, example, ..Source::default() }),
        })
    }
}

/// The rows of a table, and those that cannot be read.
fn read(text: &[u8]) -> anyhow::Result<(Vec<Read>, Vec<Refused>)> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let (separator, from, before) = sheet::separator(text);
    let table = text.get(from..).unwrap_or_default();
    let mut sheet = Sheet::open(csv::ReaderBuilder::new().flexible(true).delimiter(separator), table)?;
    let columns = sheet.header().clone();
    let missing: Vec<&str> = NEEDED.into_iter().filter(|needed| !columns.iter().any(|it| it == *needed)).collect();
    anyhow::ensure!(missing.is_empty(), "it needs the columns {}", missing.join(", "));
    let (mut examples, mut refused) = (Vec::new(), Vec::new());
    let mut record = csv::StringRecord::new();
    while let Some((line, read)) = sheet.next(&mut record) {
        let line = line + before;
        let row = match read {
            Ok(()) => record.deserialize::<Row>(Some(&columns)),
            // Bytes that are no text. What cannot be read at all ends the table.
            Err(why) if why.is_io_error() => anyhow::bail!("{why}"),
            Err(why) => {
                refused.push(Refused { line, column: String::new(), why: sheet::why(&why) });
                continue;
            }
        };
        match row.map(Row::taught) {
            Ok(Some(example)) => examples.push(Read { line, example }),
            Ok(None) => {
                let why = "it is 1, true, yes or x, or it is 0, false, no or nothing".to_owned();
                refused.push(Refused { line, column: "example".to_owned(), why });
            }
            Err(_) => {
                let why = format!("the row has fewer columns than the {} of the first line", columns.len());
                refused.push(Refused { line, column: String::new(), why });
            }
        }
    }
    Ok((examples, refused))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
description,edition,code,decided_on
Solar module,HS2022,854143,2024-01-01
\"Two
lines\",HS2022,854142,2024-01-01
Short,HS2022
Chip,HS2022,999999,2024-01-01
";

    #[test]
    fn a_bad_row_is_told_with_its_line_and_column_and_the_others_are_taught() {
        let (examples, refused) = read(TABLE.as_bytes()).unwrap();
        let lines: Vec<u64> = examples.iter().map(|read| read.line).collect();
        assert_eq!(lines, [2, 3, 6]);
        assert_eq!(refused.iter().map(|refused| refused.line).collect::<Vec<_>>(), [5]);
        // As a spreadsheet writes it.
        let (_, refused) = read(TABLE.replace('\n', "\r\n").as_bytes()).unwrap();
        assert_eq!(refused.iter().map(|refused| refused.line).collect::<Vec<_>>(), [5]);
        let violation = FieldViolation::new("examples[2].code.code", "HS2022 has no code 999999");
        let expected = Refused { line: 6, column: "code".to_owned(), why: "HS2022 has no code 999999".to_owned() };
        assert_eq!(blamed(std::slice::from_ref(&violation), &examples), [expected]);
        let other = FieldViolation::new("request_id", "is required");
        assert!(blamed(&[violation, other], &examples).is_empty(), "it is no fault of the rows alone");
    }

    #[test]
    fn examples_of_the_same_words_and_day_are_taught_in_one_request() {
        let read = |line: usize, description: &str| Read {
            line: line as u64,
            example: TaughtExample {
                description: description.to_owned(),
                decided_on: "2024-01-01".to_owned(),
                ..TaughtExample::default()
            },
        };
        let mut examples: Vec<Read> = (0..2_500).map(|line| read(line, &format!("Goods {line}"))).collect();
        examples[10] = read(10, "Solar  MODULE!");
        examples[2_400] = read(2_400, "solar module");
        let batches = batches(examples);
        assert!(batches.iter().all(|batch| batch.len() <= BATCH) && batches.len() == 3);
        assert_eq!(batches.iter().map(Vec::len).sum::<usize>(), 2_500);
        let lines: Vec<u64> = batches[0].iter().map(|read| read.line).collect();
        assert_eq!(&lines[9..13], [9, 10, 2_400, 11]);
        let otherwise = (0..1_500).map(|line| read(line, &format!("Goods {line}"))).collect();
        let lines = super::batches(otherwise).into_iter().map(|batch| batch[0].line);
        assert_eq!(
            lines.collect::<Vec<_>>(),
            [0, 1_000],
            "where nothing is of the same words the file is cut as it is"
        );
    }

    #[test]
    fn a_table_is_read_whatever_parts_its_columns() {
        let plain = "description,edition,code,decided_on\nSolar module,HS2022,854143,2024-01-01\nShort,HS2022\n";
        for (before, separator, line) in [("", ',', 2), ("", ';', 2), ("", '\t', 2), ("\u{feff}sep=;\r\n", ';', 3)] {
            let text = format!("{before}{}", plain.replace(',', &separator.to_string()));
            let (examples, refused) = read(text.as_bytes()).unwrap();
            let [Read { line: found, example }] = examples.as_slice() else { panic!("{text}: {examples:?}") };
            assert_eq!((*found, example.description.as_str()), (line, "Solar module"), "{text}");
            assert_eq!(example.code.as_ref().map(|code| code.code.as_str()), Some("854143"));
            assert_eq!(refused.iter().map(|refused| refused.line).collect::<Vec<_>>(), [line + 1], "{text}");
        }
    }

    #[test]
    fn a_table_says_of_a_row_that_it_is_made_up_and_a_row_that_says_neither_is_refused() {
        let table = "description,edition,code,decided_on,example\nOne,HS2022,854143,2024-01-01,yes\n\
            Two,HS2022,854143,2024-01-01,\nThree,HS2022,854143,2024-01-01,perhaps\n";
        let (examples, refused) = read(table.as_bytes()).unwrap();
        let marks = examples.iter().filter_map(|read| read.example.source.as_ref()).map(|source| source.example);
        assert_eq!(marks.collect::<Vec<_>>(), [true, false]);
        let refused: Vec<(u64, &str)> = refused.iter().map(|it| (it.line, it.column.as_str())).collect();
        assert_eq!(refused, [(4, "example")]);
    }

    #[test]
    fn a_table_without_its_columns_is_refused_as_a_whole() {
        let why = read("description,code\nSolar module,854143\n".as_bytes()).unwrap_err().to_string();
        assert_eq!(why, "it needs the columns edition, decided_on");
    }
}
