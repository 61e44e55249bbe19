//! `greenlane certificate import`: a back catalogue from a file.

mod rows;

use std::{
    fs::File,
    io::{BufRead, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use greenlane_api::registry::v1::{
    ImportCertificatesRequest, ImportCertificatesResponse, ImportWarning, RefusedRow,
    certificate_service_client::CertificateServiceClient,
};
use indicatif::ProgressBar;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::client::{
    Confirm, Session,
    exit::{Exit, Usage},
    progress,
    render::{self, Output, View},
};

/// Rows that are read ahead of the service.
const AHEAD: usize = 2_048;

/// Refused rows that are told on stderr when there is no file for them.
const TOLD: u64 = 20;

/// Warnings that are told on stderr, each for all of its rows.
const WARNED: usize = 20;

/// Arguments of `greenlane certificate import`.
#[derive(Args, Debug)]
pub(crate) struct Import {
    /// The rows, one certificate each; `-` is stdin. NDJSON: greenlane.registry.v1.CertificateContent, or
    /// ImportCertificatesRequest with a request id of its own. CSV: a header and the columns that --columns lists.
    #[arg(required_unless_present = "columns", default_value = "-", hide_default_value = true)]
    file: PathBuf,
    /// The issuing body, bodies/ID.
    #[arg(value_parser = crate::client::input::parse_body, long, required_unless_present = "columns", default_value = "", hide_default_value = true)]
    body: String,
    /// What the file is [default: by the end of its name].
    #[arg(long, value_enum)]
    format: Option<Format>,
    #[command(flatten)]
    confirm: Confirm,
    /// A file for the rows that are refused, as NDJSON, each with its line as `row` [default: some are told on stderr].
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// List the columns of a CSV file and what each holds, and do nothing else.
    #[arg(long)]
    columns: bool,
}

/// How a file of rows is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Comma-separated values with a header.
    Csv,
    /// A JSON object a line.
    Ndjson,
}

const COLUMNS: View =
    View::List { items: "columns", name: "column", columns: &[("COLUMN", "column"), ("HOLDS", "holds")] };

const DONE: View = View::Record {
    at: "",
    name: "revision?",
    fields: &[
        ("Rows read", "received"),
        ("Imported", "imported"),
        ("Already there", "alreadyThere"),
        ("Same as an earlier row", "sameAsEarlierRow?"),
        ("Refused", "refused"),
        ("With a warning", "warned?"),
        ("Written by revision", "revision?"),
    ],
};
/// Of a trial, which writes nothing.
const TRIAL: View = View::Record {
    at: "",
    name: "revision?",
    fields: &[
        ("Rows read", "received"),
        ("Can be imported", "imported"),
        ("Already there", "alreadyThere"),
        ("Same as an earlier row", "sameAsEarlierRow?"),
        ("Refused", "refused"),
        ("With a warning", "warned?"),
        ("Not held against later rows", "notRemembered?"),
    ],
};

/// A row to be sent, or one that cannot even be read.
type Read = Result<ImportCertificatesRequest, RefusedRow>;

/// Imports. Rows have request ids that their content makes, so that a broken import is simply repeated.
pub(super) async fn run(session: &Session, args: Import) -> anyhow::Result<Exit> {
    if args.columns {
        render::print_value(session.output(), &rows::columns(), COLUMNS)?;
        return Ok(Exit::Done);
    }
    let format = format(args.format, &args.file)?;
    let mut report = Report::open(args.report.as_deref(), format)?;
    let (body, trial) = (args.body.clone(), args.confirm.is_trial());
    // A table has a line of column names.
    let total = progress::lines(&args.file).map(|lines| lines.saturating_sub(u64::from(format == Format::Csv)));
    let (sender, mut read) = mpsc::channel::<Read>(AHEAD);
    let input = open(&args.file)?;
    // Reading a file blocks, so it has a thread of its own.
    let reading = tokio::task::spawn_blocking(move || match format {
        Format::Csv => rows::read_csv(input, &body, |row| sender.blocking_send(row).is_ok()),
        Format::Ndjson => rows::read_ndjson(input, &body, |row| sender.blocking_send(row).is_ok()),
    });
    let (good, requests) = mpsc::channel(AHEAD);
    let (bad, mut unreadable) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(row) = read.recv().await {
            match row {
                Ok(row) => {
                    if good.send(ImportCertificatesRequest { validate_only: trial, ..row }).await.is_err() {
                        return;
                    }
                }
                Err(refused) => drop(bad.send(refused)),
            }
        }
    });
    let bar = progress::bar(total, "rows");
    let mut certificates = CertificateServiceClient::new(session.registry()?);
    let mut unread = Unread { waiting: &mut unreadable, first: None, told: 0 };
    let told = tell(&mut certificates, ReceiverStream::new(requests), &mut report, &mut unread, &bar).await;
    bar.finish_and_clear();
    let mut last = told.inspect_err(|_| {
        if !trial {
            render::talk("repeat the same command when the cause is gone: what is written is not written twice");
        }
    })?;
    reading.await??;
    unread.before(u64::MAX, &mut report)?;
    last.received += unread.told;
    last.refused += unread.told;
    report.end(last.refused)?;
    tell_warnings(&last.warnings);
    match (last.received, last.accepted) {
        (0, _) => render::talk("the file has no rows"),
        (_, 0) => render::talk("no row can be imported"),
        (_, accepted) if accepted == last.already_there => render::talk("every row that is good is there already"),
        _ if trial => render::talk("nothing was written: say --confirm to import"),
        _ => {}
    }
    let mut value = render::to_json(&last)?;
    if matches!(session.output(), Output::Table | Output::Csv) {
        value["imported"] = last.accepted.saturating_sub(last.already_there).into();
        value["alreadyThere"] = last.already_there.saturating_sub(last.same_as_earlier_row).into();
    }
    render::print_value(session.output(), &value, if trial { TRIAL } else { DONE })?;
    Ok(if last.refused == 0 && last.received > 0 { Exit::Done } else { Exit::No })
}

/// Sends the rows and follows what becomes of them, to the last answer.
async fn tell(
    certificates: &mut CertificateServiceClient<greenlane_platform::client::Client>,
    requests: ReceiverStream<ImportCertificatesRequest>,
    report: &mut Report,
    unread: &mut Unread<'_>,
    bar: &ProgressBar,
) -> anyhow::Result<ImportCertificatesResponse> {
    let mut answers = certificates.import_certificates(requests).await?.into_inner();
    let mut last = ImportCertificatesResponse::default();
    while let Some(mut answer) = answers.message().await? {
        bar.set_position(answer.accepted + answer.refused);
        bar.set_message(format!("{} refused", answer.refused));
        if let Some(refused) = answer.refused_row.take() {
            unread.before(refused.row, report)?;
            report.take(&refused)?;
        }
        last = answer;
    }
    Ok(last)
}

/// Rows that could not be read, and so were never sent: they are told between those that the service refuses, in the
/// order of the file.
struct Unread<'r> {
    waiting: &'r mut mpsc::UnboundedReceiver<RefusedRow>,
    first: Option<RefusedRow>,
    told: u64,
}

impl Unread<'_> {
    /// Tells those that stand before a line. All of them are known by then: they were read before it.
    fn before(&mut self, line: u64, report: &mut Report) -> anyhow::Result<()> {
        loop {
            self.first = self.first.take().or_else(|| self.waiting.try_recv().ok());
            let Some(first) = self.first.take_if(|first| first.row < line) else { return Ok(()) };
            self.told += 1;
            report.take(&first)?;
        }
    }
}

/// Says what rows name that nobody knows: once for all rows that name it.
fn tell_warnings(warnings: &[ImportWarning]) {
    for warning in warnings.iter().take(WARNED) {
        let others = match warning.rows.saturating_sub(1) {
            0 => String::new(),
            others => format!(" and {}", render::several(others, "other row")),
        };
        let message = warning.finding.as_ref().map(|finding| finding.message.as_str()).unwrap_or_default();
        render::talk(&format!("warning: line {}{others}: {message}", warning.first_row));
    }
    if warnings.len() > WARNED {
        let more = render::several((warnings.len() - WARNED) as u64, "more warning");
        render::talk(&format!("{more} of this kind: -o json has them"));
    }
}

fn format(asked: Option<Format>, file: &Path) -> anyhow::Result<Format> {
    let by_name = match file.extension().and_then(|end| end.to_str()) {
        Some("csv") => Some(Format::Csv),
        Some("ndjson" | "jsonl") => Some(Format::Ndjson),
        _ => None,
    };
    let say = || Usage("say whether the rows are csv or ndjson, with --format".to_owned());
    asked.or(by_name).ok_or_else(|| say().into())
}

fn open(file: &Path) -> anyhow::Result<Box<dyn BufRead + Send>> {
    if file == Path::new("-") {
        return Ok(Box::new(BufReader::new(std::io::stdin())));
    }
    let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Box::new(BufReader::with_capacity(1 << 20, opened)))
}

/// Where refused rows are told.
struct Report {
    file: Option<BufWriter<File>>,
    told: u64,
    format: Format,
}

impl Report {
    fn open(path: Option<&Path>, format: Format) -> anyhow::Result<Self> {
        let create = |path: &Path| File::create(path).with_context(|| format!("cannot write {}", path.display()));
        Ok(Self { file: path.map(create).transpose()?.map(BufWriter::new), told: 0, format })
    }

    fn take(&mut self, refused: &RefusedRow) -> anyhow::Result<()> {
        if let Some(file) = &mut self.file {
            return Ok(writeln!(file, "{}", render::to_json(refused)?)?);
        }
        if self.told < TOLD {
            self.told += 1;
            for finding in &refused.findings {
                let field = finding.parameters.get("field").map(|field| match self.format {
                    Format::Csv => format!("{}: ", rows::column(field)),
                    Format::Ndjson => format!("{field}: "),
                });
                let field = field.unwrap_or_default();
                render::talk(&format!("line {}: {field}{}", refused.row, finding.message));
            }
        }
        Ok(())
    }

    fn end(self, refused: u64) -> anyhow::Result<()> {
        match self.file {
            Some(mut file) => file.flush()?,
            None if refused > self.told => render::talk("more were refused: have them all in a file with --report"),
            None => {}
        }
        Ok(())
    }
}
