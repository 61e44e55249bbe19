//! `greenlane code import`: a file on its way into the catalogue.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use greenlane_api::{
    classification::v1::{
        AbandonImportRequest, CodeSystem, CreateImportRequest, Edition, GetImportRequest, Import as Imported,
        ImportFormat, ImportState, RowFault, UploadImportRequest, code_system_service_client::CodeSystemServiceClient,
    },
    common::v1::{LocalizedText, Source},
};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::columns;
use crate::client::{
    Mutation, Session,
    exit::{Exit, Usage},
    progress,
    render::{self, Output, View},
    sheet,
};

/// Bytes of one message.
const PIECE: usize = 512 * 1024;
/// Messages that are read ahead of the service.
const AHEAD: usize = 4;
/// Faults that are shown.
const SHOWN: usize = 20;

/// Arguments of `greenlane code import`.
#[derive(Args, Debug)]
#[command(after_help = "\
A file is the whole of what it is of, and takes its place when it is published: of its edition, or
of the correlation of its two editions. Codes and links that were there and are not in the file
are removed then. Of a code that stays, its words in languages that the file does not have are
kept. Terms replace those of their edition and language, synonyms and vague terms those of their
language. A green list must have every entry that is there: one is ended by a change, not by
leaving it out. --in-part adds nothing to an edition: it only says that the file, and so the
edition from then on, lacks codes, so that of a code that is not there nothing is said. To add
codes, import a file with the old ones and the new.

What is imported is seen by nobody before a change set with it is published. A file for `code change create`:
  title: HS 2028
  changes: [{ publish_import: imports/… }]
`code change diff` then tells what it adds, removes and changes. One that takes something away is
open for comments for sixty days before it is reviewed; one that only adds needs `propose`,
`review` and `publish` alone.

Exits with 10 when rows were refused.")]
pub(crate) struct Import {
    /// The file.
    #[arg(
        short,
        long,
        value_name = "FILE",
        required_unless_present = "columns",
        default_value = "-",
        hide_default_value = true
    )]
    file: PathBuf,
    /// Its layout; --columns lists the columns of each that is CSV.
    #[arg(long, value_enum, required_unless_present = "columns")]
    format: Option<Format>,
    /// The edition that its rows belong to, or the older one of a correlation. Not needed where each row names it.
    #[arg(long, default_value = "", hide_default_value = true)]
    edition: String,
    /// Of a correlation: the newer edition.
    #[arg(long, default_value = "", hide_default_value = true)]
    second: String,
    /// Of a correlation that lists only what changed: codes that no row names are the same goods in both editions.
    #[arg(long)]
    unchanged_left_out: bool,
    /// Of a nomenclature: it is the whole of its edition without the rows that are refused. Otherwise the edition counts as
    /// held in part where any is.
    #[arg(long, conflicts_with = "in_part")]
    whole: bool,
    /// Of a nomenclature: it holds a part of its edition only, and the edition is held in part from then on. It takes the
    /// place of all codes of the edition all the same.
    #[arg(long)]
    in_part: bool,
    /// Of a new edition: its code system; with the options below, where that is new too.
    #[arg(long, default_value = "", hide_default_value = true)]
    system: String,
    #[command(flatten)]
    new_system: NewSystem,
    /// Of a new edition: its first day.
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    since: String,
    /// Of a new edition: its last day. Otherwise it ends when the next of its code system begins.
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    until: String,
    /// Of a new edition: the edition that it extends.
    #[arg(long, value_name = "EDITION", default_value = "", hide_default_value = true)]
    extends: String,
    /// Where the file comes from: an address or a reference.
    #[arg(
        long,
        value_name = "URI",
        required_unless_present = "columns",
        default_value = "",
        hide_default_value = true
    )]
    source: String,
    /// List the columns of the layout, or of each that is CSV, and what they hold, and do nothing else.
    #[arg(long)]
    columns: bool,
    /// Go on with this import, whose upload broke off.
    #[arg(long, value_name = "IMPORT", conflicts_with = "dry_run")]
    resume: Option<String>,
    #[command(flatten)]
    mutation: Mutation,
}

/// Of a code system that is not known yet. With any of these one is announced under the name that --system gives.
#[derive(Args, Debug)]
#[group(id = "new-system", multiple = true, requires = "system")]
struct NewSystem {
    /// Of a new code system: its title, in English.
    #[arg(long, value_name = "TITLE")]
    system_title: Option<String>,
    /// Of a new code system: who publishes it.
    #[arg(long, value_name = "NAME")]
    publisher: Option<String>,
    /// Of a new code system: the economy or bloc where it is in force. None when it is international.
    #[arg(long, value_name = "CODE")]
    economy: Option<String>,
    /// Of a new code system: the one that it extends.
    #[arg(long, value_name = "SYSTEM")]
    system_extends: Option<String>,
    /// Of a new code system: the lengths of its codes, 8,10,13. Those in its first file when not given.
    #[arg(long, value_name = "DIGITS", value_delimiter = ',')]
    lengths: Vec<u32>,
    /// Of a new code system: its key is code and product-line suffix.
    #[arg(long)]
    has_suffix: bool,
}

impl NewSystem {
    /// The code system, if anything is said of it.
    fn announced(&self, system: &str) -> Option<CodeSystem> {
        let said = [&self.system_title, &self.publisher, &self.economy, &self.system_extends];
        if said.iter().all(|it| it.is_none()) && self.lengths.is_empty() && !self.has_suffix {
            return None;
        }
        let title = |text: &String| LocalizedText { language: "en".to_owned(), text: text.clone() };
        Some(CodeSystem {
            name: named(system, "codeSystems"),
            titles: self.system_title.iter().map(title).collect(),
            publisher: self.publisher.clone().unwrap_or_default(),
            economy: self.economy.clone().unwrap_or_default(),
            extends: named(self.system_extends.as_deref().unwrap_or_default(), "codeSystems"),
            code_lengths: self.lengths.clone(),
            has_suffix: self.has_suffix,
        })
    }
}

/// A resource name from it or from its bare identifier.
fn named(id: &str, collection: &str) -> String {
    match id {
        "" => String::new(),
        id if id.contains('/') => id.to_owned(),
        id => format!("{collection}/{id}"),
    }
}

/// Layouts of files.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Format {
    /// Nomenclature in our own CSV.
    CodesCsv,
    /// Nomenclature in our own JSON, one object a line, with code and descriptions by language.
    CodesJson,
    /// Correlation in our own CSV.
    CorrelationCsv,
    /// Correlation table of the UN Statistics Division.
    UnsdCorrelation,
    /// Conversion table of the UN Statistics Division.
    UnsdConversion,
    /// Nomenclature as UN Comtrade publishes it.
    ComtradeNomenclature,
    /// Harmonized Tariff Schedule of the United States.
    UsHtsCsv,
    /// Nomenclature of the European Union.
    EuNomenclature,
    /// A to Z search references of the United Kingdom: terms that lead to codes of the edition.
    UkSearchReferences,
    /// Search synonyms of the United Kingdom: one group a line, of words parted by commas that mean the same.
    UkSearchSynonyms,
    /// Vague terms of the United Kingdom, one a line: no description may consist of one alone.
    UkVagueTerms,
    /// Ambiguous terms of the United Kingdom, with what to ask: term, related_words, question, guidance_page.
    UkInterceptTerms,
    /// Green lists in our own CSV.
    GreenListCsv,
}

impl From<Format> for ImportFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::CodesCsv => Self::CodesCsv,
            Format::CodesJson => Self::CodesJson,
            Format::CorrelationCsv => Self::CorrelationCsv,
            Format::UnsdCorrelation => Self::UnsdCorrelation,
            Format::UnsdConversion => Self::UnsdConversion,
            Format::ComtradeNomenclature => Self::ComtradeNomenclature,
            Format::UsHtsCsv => Self::UsHtsCsv,
            Format::EuNomenclature => Self::EuNomenclature,
            Format::UkSearchReferences => Self::UkSearchReferences,
            Format::UkSearchSynonyms => Self::UkSearchSynonyms,
            Format::UkVagueTerms => Self::UkVagueTerms,
            Format::UkInterceptTerms => Self::UkInterceptTerms,
            Format::GreenListCsv => Self::GreenListCsv,
        }
    }
}

pub(super) const IMPORT: View = View::Record {
    at: "import",
    name: "name",
    fields: &[
        ("Name", "name"),
        ("State", "state"),
        ("Edition", "edition"),
        ("Second edition", "secondEdition"),
        ("Rows", "rows"),
        ("Taken", "acceptedRows"),
        ("Refused", "refusedRows"),
    ],
};

/// Does it.
pub(super) async fn run(session: &Session, args: Import) -> anyhow::Result<Exit> {
    if args.columns {
        return columns::print(session.output(), args.format);
    }
    let format = args.format.context("it is required without --columns")?;
    let (length, digest) = digest(&args.file).with_context(|| Usage(format!("cannot read {}", args.file.display())))?;
    let mut codes = CodeSystemServiceClient::new(session.classification()?);
    let import = match &args.resume {
        Some(name) => {
            let request = GetImportRequest { name: named(name, "imports") };
            codes.get_import(request).await?.into_inner().import
        }
        None => {
            let edition = (!args.edition.is_empty()).then(|| Edition {
                name: named(&args.edition, "editions"),
                code_system: named(&args.system, "codeSystems"),
                effective_from: args.since.clone(),
                effective_to: args.until.clone(),
                extends: named(&args.extends, "editions"),
                ..Edition::default()
            });
            // A check is an import of its own, of which nothing stays: the request id is still good for the real one.
            let request_id = session.request_id(&args.mutation);
            let request = CreateImportRequest {
                request_id: if args.mutation.dry_run { fresh() } else { request_id },
                validate_only: false,
                format: ImportFormat::from(format).into(),
                edition,
                second_edition: named(&args.second, "editions"),
                unchanged_left_out: args.unchanged_left_out,
                whole: args.whole,
                in_part: args.in_part,
                sha256: digest,
                source: Some(Source { uri: args.source.clone(), ..Source::default() }),
                code_system: args.new_system.announced(&args.system),
            };
            codes.create_import(request).await?.into_inner().import
        }
    };
    let import = import.context("an answer without an import")?;
    if import.received_bytes > length {
        return Err(Usage(format!("{} is shorter than what was received of it", args.file.display())).into());
    }
    let faults = upload(&mut codes, &import, &args.file, length).await?;
    if session.output() == Output::Table {
        tell(&faults);
    }
    let import = if args.mutation.dry_run {
        let request = AbandonImportRequest { request_id: fresh(), name: import.name, validate_only: false };
        let answer = codes.abandon_import(request).await?.into_inner();
        session.print(&answer, IMPORT)?;
        render::talk("the service read every row and then abandoned the import: none of it can be published");
        answer.import
    } else {
        let answer = codes.get_import(GetImportRequest { name: import.name }).await?.into_inner();
        session.print(&answer, IMPORT)?;
        answer.import
    };
    let import = import.unwrap_or_default();
    if import.accepted_rows == 0 {
        render::talk(
            "no row was taken, so there is nothing to publish; --columns says what a CSV must hold, --help the others",
        );
    }
    Ok(if import.refused_rows > 0 || import.accepted_rows == 0 { Exit::No } else { Exit::Done })
}

fn fresh() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// How long a file is, and the digest of what is in it.
fn digest(path: &Path) -> std::io::Result<(u64, String)> {
    let (mut file, mut hasher, mut length) = (File::open(path)?, Sha256::new(), 0);
    let mut piece = vec![0; PIECE];
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok((length, hex::encode(hasher.finalize())));
        }
        hasher.update(&piece[..read]);
        length += read as u64;
    }
}

/// Sends what is missing. Gives the faults that were found on the way.
async fn upload(
    codes: &mut CodeSystemServiceClient<greenlane_platform::client::Client>,
    import: &Imported,
    path: &Path,
    length: u64,
) -> anyhow::Result<Vec<RowFault>> {
    if import.state() != ImportState::Receiving {
        return Ok(Vec::new());
    }
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(import.received_bytes))?;
    let (sender, pieces) = mpsc::channel(AHEAD);
    let (name, begin) = (import.name.clone(), import.received_bytes);
    // Reading a file blocks, so it has a thread of its own.
    let reading = tokio::task::spawn_blocking(move || send(file, &name, begin, length, &sender));
    let bar = progress::bytes(length);
    bar.set_position(begin);
    let mut answers = codes.upload_import(ReceiverStream::new(pieces)).await?.into_inner();
    let mut faults = Vec::new();
    while let Some(answer) = answers.message().await? {
        faults.extend(answer.faults);
        bar.set_position(answer.import.map_or(0, |import| import.received_bytes));
        if !faults.is_empty() {
            bar.set_message(format!("({} faults)", faults.len()));
        }
    }
    bar.finish_and_clear();
    reading.await??;
    Ok(faults)
}

/// Hands over the rest of a file, in pieces, until there is nobody to take it.
fn send(
    mut file: File,
    name: &str,
    begin: u64,
    length: u64,
    sender: &mpsc::Sender<UploadImportRequest>,
) -> anyhow::Result<()> {
    let mut offset = begin;
    loop {
        let mut data = Vec::with_capacity(PIECE);
        file.by_ref().take(PIECE as u64).read_to_end(&mut data)?;
        let end = offset + data.len() as u64;
        let last = end >= length;
        anyhow::ensure!(last || end > offset, "the file became shorter while it was sent");
        let piece = UploadImportRequest { name: name.to_owned(), offset, data: data.into(), last };
        if sender.blocking_send(piece).is_err() || last {
            return Ok(());
        }
        offset = end;
    }
}

/// Says on stderr what is wrong with the file, and with its first rows: in whichever order the service found that.
fn tell(faults: &[RowFault]) {
    let mut sorted: Vec<&RowFault> = faults.iter().collect();
    sorted.sort_by_key(|fault| fault.line);
    for fault in sorted.into_iter().take(SHOWN) {
        let mended = if fault.mended { " (mended)" } else { "" };
        let RowFault { line, column, message, value, .. } = fault;
        render::talk(format!("{}: {message}{mended} {value}", sheet::place(*line, column)).trim_end());
    }
    if faults.len() > SHOWN {
        render::talk(&format!("and {} more", faults.len() - SHOWN));
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser, Debug)]
    struct Command {
        #[command(flatten)]
        import: Import,
    }

    fn announced(options: &str) -> Result<Option<CodeSystem>, clap::Error> {
        let given = format!("import --file x.csv --format codes-csv --source https://example.org {options}");
        let import = Command::try_parse_from(given.split_whitespace())?.import;
        Ok(import.new_system.announced(&import.system))
    }

    #[test]
    fn a_code_system_that_is_not_known_is_announced_with_what_is_said_of_it() {
        assert_eq!(announced("--system us-hts").unwrap(), None);
        let expected = CodeSystem {
            name: "codeSystems/cn-ciq".to_owned(),
            economy: "CN".to_owned(),
            extends: "codeSystems/hs".to_owned(),
            code_lengths: vec![8, 10, 13],
            ..CodeSystem::default()
        };
        let told = announced("--system cn-ciq --economy CN --system-extends hs --lengths 8,10,13").unwrap();
        assert_eq!(told, Some(expected));
        assert!(announced("--lengths 13").is_err(), "of which code system?");
    }
}
