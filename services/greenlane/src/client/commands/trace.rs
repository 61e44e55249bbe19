//! `greenlane trace`: events of products' lives, and the footprints that they add up to.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use greenlane_api::common::v1::ProductIdentification;
use greenlane_api::registry::v1::{
    CompareFootprintRequest, FootprintComparison, GetFootprintRequest, GetTraceEventRequest, ImportTraceEventsRequest,
    LifeCycleStage, ListTraceEventsRequest, RecordTraceEventRequest, TraceEvent,
    trace_service_client::TraceServiceClient,
};
use serde_json::{Value, json};

use crate::client::{
    Confirm, Mutation, Session,
    complete::Named,
    exit::{Exit, Usage},
    input, progress,
    render::{self, Output, View},
};

/// `greenlane trace …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Record an event, signed with a key that the registry holds for the reporter unless it is signed already.
    Record(Record),
    /// Import events: a YAML or JSON list of them, or an EPCIS 2.0 document.
    Import(Import),
    /// Show an event.
    Get {
        /// Its name, traceEvents/INDEX.
        name: String,
    },
    /// List events.
    List(List),
    /// Roll the events of a product or batch up into a footprint.
    Footprint(Footprint),
    /// Hold a footprint against what a certificate claims.
    Compare(Compare),
}

/// Arguments of `greenlane trace record`.
#[derive(Args, Debug)]
pub(crate) struct Record {
    /// A file with the event (greenlane.registry.v1.TraceEvent) as YAML or JSON; `-` is stdin.
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    mutation: Mutation,
}

/// Arguments of `greenlane trace import`.
#[derive(Args, Debug)]
pub(crate) struct Import {
    /// The file.
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// It is an EPCIS 2.0 document: its events are reported by this body, bodies/ID.
    #[arg(value_parser = crate::client::input::parse_body, long, value_name = "BODY", requires = "economy")]
    epcis_reporter: Option<String>,
    /// Where the events of the EPCIS document took place: ISO 3166-1 alpha-2.
    #[arg(long, value_name = "ECONOMY", value_parser = crate::client::input::parse_economy)]
    economy: Option<String>,
    /// Begins the request id of every row, so that the same file can be imported again [default: import].
    #[arg(long, default_value = "import", hide_default_value = true, value_name = "ID")]
    request_prefix: String,
    #[command(flatten)]
    confirm: Confirm,
}

/// A product, a batch or an item.
#[derive(Args, Clone, Debug)]
pub(crate) struct Product {
    /// Global Trade Item Number.
    #[arg(long, default_value = "", hide_default_value = true)]
    gtin: String,
    /// Model.
    #[arg(long, default_value = "", hide_default_value = true)]
    model: String,
    /// Batch or lot.
    #[arg(long, default_value = "", hide_default_value = true)]
    batch: String,
    /// Serial number.
    #[arg(long, default_value = "", hide_default_value = true)]
    serial: String,
}

impl From<Product> for ProductIdentification {
    fn from(product: Product) -> Self {
        Self { gtin: product.gtin, model: product.model, batch: product.batch, serial: product.serial }
    }
}

/// Arguments of `greenlane trace list`.
#[derive(Args, Debug)]
pub(crate) struct List {
    #[command(flatten)]
    product: Product,
    /// Only of this stage.
    #[arg(long, value_enum)]
    stage: Option<Stage>,
    /// Only from this reporter, bodies/ID.
    #[arg(value_parser = crate::client::input::parse_body, long, default_value = "", hide_default_value = true)]
    reporter: String,
}

/// A stage of a product's life.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Stage {
    RawMaterial,
    Production,
    Transport,
    Use,
    Recovery,
}

impl From<Stage> for LifeCycleStage {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::RawMaterial => Self::RawMaterial,
            Stage::Production => Self::Production,
            Stage::Transport => Self::Transport,
            Stage::Use => Self::Use,
            Stage::Recovery => Self::Recovery,
        }
    }
}

/// Whose events count.
#[derive(Args, Debug)]
struct Reporters {
    /// Only what this reporter tells of the product, bodies/ID. May be repeated.
    #[arg(value_parser = crate::client::input::parse_body, long = "reporter", value_name = "BODY")]
    reporters: Vec<String>,
}

/// Arguments of `greenlane trace footprint`.
#[derive(Args, Debug)]
pub(crate) struct Footprint {
    #[command(flatten)]
    product: Product,
    #[command(flatten)]
    reporters: Reporters,
}

/// Arguments of `greenlane trace compare`.
#[derive(Args, Debug)]
pub(crate) struct Compare {
    /// The certificate's number or name.
    #[arg(add = Named::Certificates.completer())]
    certificate: String,
    #[command(flatten)]
    product: Product,
    #[command(flatten)]
    reporters: Reporters,
}

const EVENT: View = View::Record {
    at: "event",
    name: "name",
    fields: &[
        ("Name", "name"),
        ("Product", "product"),
        ("Stage", "stage"),
        ("When", "eventTime"),
        ("Where", "economy"),
        ("Declared units", "declaredUnits"),
        ("Energy per unit (kWh)", "energyKwhPerUnit"),
        ("Emissions per unit (kg CO2e)", "emissionsKgCo2ePerUnit"),
        ("Method", "method"),
        ("Inputs", "inputs"),
        ("Corrects", "corrects"),
        ("Reporter", "reporter"),
        ("Recorded", "recordTime"),
        ("Revision", "revision?"),
    ],
};
const EVENTS: View = View::List {
    items: "events",
    name: "name",
    columns: &[
        ("NAME", "name"),
        ("STAGE", "stage"),
        ("WHEN", "eventTime"),
        ("PRODUCT", "product"),
        ("UNITS", "declaredUnits"),
        ("KG CO2E PER UNIT", "emissionsKgCo2ePerUnit"),
        ("REPORTER", "reporter"),
    ],
};
const FOOTPRINT: View = View::Record {
    at: "footprint",
    name: "eventCount",
    fields: &[
        ("Product", "product"),
        ("Emissions per unit (kg CO2e)", "emissionsKgCo2ePerUnit"),
        ("Energy per unit (kWh)", "energyKwhPerUnit"),
        ("Events", "eventCount"),
        ("Stages", "stages"),
        ("Reporters", "reporters"),
        ("Findings", "findings"),
    ],
};
const COMPARISON: View = View::Record {
    at: "",
    name: "comparison",
    fields: &[
        ("Comparison", "comparison"),
        ("Claimed (kg CO2e)", "claimedKgCo2ePerUnit"),
        ("Found (kg CO2e)", "footprint.emissionsKgCo2ePerUnit"),
        ("Findings", "findings"),
        ("Gaps", "footprint.findings"),
    ],
};
const REPORT: View = View::Record {
    at: "",
    name: "revision",
    fields: &[
        ("Received", "received"),
        ("Accepted", "accepted"),
        ("Refused", "refused"),
        ("Refusals", "refusals"),
        ("Revision", "revision?"),
    ],
};

/// Refused rows that are told.
const TOLD: usize = 100;

/// Does it.
pub(crate) async fn run(session: &Session, command: Command) -> anyhow::Result<Exit> {
    let mut traces = TraceServiceClient::new(session.registry()?);
    match command {
        Command::Record(args) => {
            let request = RecordTraceEventRequest {
                request_id: session.request_id(&args.mutation),
                validate_only: args.mutation.dry_run,
                event: Some(session.read_message(&args.file, "event")?),
            };
            session.print(traces.record_trace_event(request).await?.get_ref(), EVENT)
        }
        Command::Import(args) => import(session, &mut traces, args).await,
        Command::Get { name } => {
            let request = GetTraceEventRequest { name, consistency: None };
            session.print(traces.get_trace_event(request).await?.get_ref(), EVENT)
        }
        Command::List(args) => {
            let product = ProductIdentification::from(args.product);
            let request = ListTraceEventsRequest {
                product: (product != ProductIdentification::default()).then_some(product),
                stage: args.stage.map_or(0, |stage| LifeCycleStage::from(stage).into()),
                reporter: args.reporter,
                ..ListTraceEventsRequest::default()
            };
            let ask = async |page_size, page_token| {
                let page = ListTraceEventsRequest { page_size, page_token, ..request.clone() };
                traces.list_trace_events(page).await
            };
            session.list(EVENTS, u64::MAX, ask).await
        }
        Command::Footprint(args) => {
            let request = GetFootprintRequest {
                product: Some(args.product.into()),
                consistency: None,
                reporters: args.reporters.reporters,
            };
            session.print(traces.get_footprint(request).await?.get_ref(), FOOTPRINT)
        }
        Command::Compare(args) => {
            let request = CompareFootprintRequest {
                product: Some(args.product.into()),
                certificate: super::certificate::name(&args.certificate),
                consistency: None,
                reporters: args.reporters.reporters,
            };
            let answer = traces.compare_footprint(request).await?.into_inner();
            session.print(&answer, COMPARISON)?;
            Ok(match answer.comparison() {
                FootprintComparison::Consistent => Exit::Done,
                FootprintComparison::ExceedsClaim => Exit::No,
                FootprintComparison::Undetermined | FootprintComparison::NoClaim | FootprintComparison::Unspecified => {
                    Exit::Undetermined
                }
            })
        }
    }
}

async fn import(
    session: &Session,
    traces: &mut TraceServiceClient<greenlane_platform::client::Client>,
    args: Import,
) -> anyhow::Result<Exit> {
    let events = events(&args)?;
    let trial = args.confirm.is_trial();
    let rows = events.into_iter().enumerate().map(move |(at, event)| ImportTraceEventsRequest {
        request_id: format!("{}-{}", args.request_prefix, at + 1),
        validate_only: trial,
        event: Some(event),
        row: at as u64 + 1,
    });
    let rows: Vec<ImportTraceEventsRequest> = rows.collect();
    let bar = progress::bar(Some(rows.len() as u64), "events");
    let mut reports = traces.import_trace_events(futures_util::stream::iter(rows)).await?.into_inner();
    let (mut last, mut refusals) = (None, Vec::new());
    while let Some(report) = reports.message().await? {
        if report.refused_row != 0 && refusals.len() < TOLD {
            let why: Vec<&str> = report.findings.iter().map(|finding| finding.message.as_str()).collect();
            refusals.push(format!("row {}: {}", report.refused_row, why.join("; ")));
        }
        bar.set_position(report.received);
        last = Some(report);
    }
    bar.finish_and_clear();
    let last = last.unwrap_or_default();
    let value = json!({
        "received": last.received,
        "accepted": last.accepted,
        "refused": last.refused,
        "refusals": refusals,
        "revision": last.revision,
    });
    if trial {
        render::talk("nothing was written: say --confirm to import");
    }
    match session.output() {
        Output::Table if trial => render::write(&render::trial(&value, REPORT))?,
        output => render::print_value(output, &value, REPORT)?,
    }
    Ok(if last.refused == 0 { Exit::Done } else { Exit::No })
}

/// The events of the file.
fn events(args: &Import) -> anyhow::Result<Vec<TraceEvent>> {
    let text = input::read_text(&args.file)?;
    let wrong = |what: &str| Usage(format!("{} is not {what}", args.file.display()));
    let value: Value = serde_yaml_ng::from_str(&text).with_context(|| wrong("YAML or JSON"))?;
    if let Some(reporter) = &args.epcis_reporter {
        let events = value.pointer("/epcisBody/eventList").and_then(Value::as_array);
        let events = events.with_context(|| wrong("an EPCIS 2.0 document with its eventList"))?;
        let event = |event: &Value| TraceEvent {
            reporter: reporter.clone(),
            economy: args.economy.clone().unwrap_or_default(),
            epcis_json: event.to_string(),
            ..TraceEvent::default()
        };
        return Ok(events.iter().map(event).collect());
    }
    let items = value.as_array().with_context(|| wrong("a list of events"))?;
    items
        .iter()
        .enumerate()
        .map(|(at, item)| {
            input::parse_message(&item.to_string())
                .with_context(|| wrong(&format!("a list of events: see number {}", at + 1)))
        })
        .collect()
}
