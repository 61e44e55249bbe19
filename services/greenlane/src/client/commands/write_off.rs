//! `greenlane write-off`: what customs lets in against a certificate, and what is left of it.

use clap::{Args, Subcommand, ValueEnum};
use greenlane_api::{
    common::v1::ProductIdentification,
    registry::v1::{
        GetBalanceRequest, GetWriteOffRequest, ListWriteOffsRequest, Quantity, RecordRejectionRequest,
        RecordWriteOffRequest, RejectionReason, ReverseWriteOffRequest, SerialRange, WriteOffKind,
        write_off_service_client::WriteOffServiceClient,
    },
};
use prost_types::Timestamp;

mod watch;

pub(super) use self::watch::{Watch, run as watch};

use crate::client::{
    Confirm, Mutation, Session,
    complete::Named,
    exit::{Exit, Usage},
    input,
    render::{View, pages::Limit},
};

/// `greenlane write-off …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a released consignment off against a certificate.
    Record(Record),
    /// Reverse a write-off, whole: for good, as a reversal is not reversed.
    Reverse(Reverse),
    /// Tell that a consignment was refused at the border: for good, as that is not reversed.
    Reject(Reject),
    /// Show a record.
    Get {
        /// Its name, writeOffs/INDEX.
        #[arg(add = Named::WriteOffs.completer())]
        name: String,
    },
    /// List records in the order of the log.
    List(List),
    /// Show what is left of each product of a certificate.
    Balance {
        /// Number or name of the certificate.
        certificate: String,
    },
    /// Follow the records: the notices of use and of rejection.
    Watch(watch::Watch),
}

/// A consignment.
#[derive(Args, Debug)]
pub(crate) struct Consignment {
    /// Number or name of the certificate.
    certificate: String,
    /// Whose customs it is: ISO 3166-1 alpha-2 [default: the context's].
    #[arg(long, value_name = "ECONOMY", value_parser = crate::client::input::parse_economy)]
    economy: Option<String>,
    /// The customs declaration, with the item when it has several, and the part when it is released in parts.
    #[arg(long)]
    declaration: String,
    /// Model of the product, when the certificate names several products.
    #[arg(long, default_value = "", hide_default_value = true)]
    model: String,
    /// Global Trade Item Number of the product.
    #[arg(long, default_value = "", hide_default_value = true)]
    gtin: String,
    /// Batch or lot.
    #[arg(long, default_value = "", hide_default_value = true)]
    batch: String,
    /// How much, with the unit code of UN/ECE Recommendation 20, such as 1200:C62.
    #[arg(long, value_name = "AMOUNT:UNIT", value_parser = parse_quantity, allow_hyphen_values = true)]
    quantity: Option<Quantity>,
    /// Serial numbers, one or a run such as A001..A099. May be repeated.
    #[arg(long = "serials", value_name = "FIRST..LAST", value_parser = parse_serials)]
    serials: Vec<SerialRange>,
    /// When it was released or refused: a day, or a moment such as 2026-12-01T08:00:00Z [default: now].
    #[arg(long, value_name = "TIME", value_parser = input::parse_moment)]
    at: Option<Timestamp>,
    #[command(flatten)]
    mutation: Mutation,
}

/// Arguments of `greenlane write-off record`.
#[derive(Args, Debug)]
pub(crate) struct Record {
    #[command(flatten)]
    consignment: Consignment,
}

/// Arguments of `greenlane write-off reject`.
#[derive(Args, Debug)]
pub(crate) struct Reject {
    #[command(flatten)]
    consignment: Consignment,
    /// Why.
    #[arg(long, value_enum)]
    reason: Reason,
    /// Why, in words.
    #[arg(long, default_value = "", hide_default_value = true)]
    text: String,
    #[command(flatten)]
    confirm: Confirm,
}

/// Arguments of `greenlane write-off reverse`.
#[derive(Args, Debug)]
pub(crate) struct Reverse {
    /// Name of the write-off, writeOffs/INDEX.
    #[arg(add = Named::WriteOffs.completer())]
    name: String,
    /// Why, in words.
    #[arg(long)]
    text: String,
    #[command(flatten)]
    confirm: Confirm,
    #[command(flatten)]
    mutation: Mutation,
}

/// Which records.
#[derive(Args, Clone, Debug)]
pub(crate) struct Which {
    /// Of this certificate only.
    #[arg(long, default_value = "", hide_default_value = true)]
    certificate: String,
    /// Of this body's certificates only, bodies/ID.
    #[arg(value_parser = crate::client::input::parse_body, long, default_value = "", hide_default_value = true)]
    body: String,
    /// Of this economy only.
    #[arg(long, value_name = "ECONOMY", value_parser = crate::client::input::parse_economy, default_value = "", hide_default_value = true)]
    economy: String,
    /// Of this kind only.
    #[arg(long, value_enum)]
    kind: Option<Kind>,
}

/// Arguments of `greenlane write-off list`.
#[derive(Args, Debug)]
pub(crate) struct List {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    limit: Limit,
}

/// What a record tells.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Use,
    Reversal,
    Rejection,
}

impl Which {
    fn certificate(&self) -> String {
        if self.certificate.is_empty() { String::new() } else { super::certificate::name(&self.certificate) }
    }

    fn kind(&self) -> i32 {
        match self.kind {
            None => WriteOffKind::Unspecified,
            Some(Kind::Use) => WriteOffKind::Use,
            Some(Kind::Reversal) => WriteOffKind::Reversal,
            Some(Kind::Rejection) => WriteOffKind::Rejection,
        }
        .into()
    }
}

/// Why a consignment was refused.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Reason {
    NotAuthentic,
    NotInForce,
    GoodsNotCovered,
    NotRecognised,
    Exceeded,
    Nonconformity,
    Other,
}

impl From<Reason> for RejectionReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::NotAuthentic => Self::NotAuthentic,
            Reason::NotInForce => Self::NotInForce,
            Reason::GoodsNotCovered => Self::GoodsNotCovered,
            Reason::NotRecognised => Self::NotRecognised,
            Reason::Exceeded => Self::Exceeded,
            Reason::Nonconformity => Self::Nonconformity,
            Reason::Other => Self::Other,
        }
    }
}

pub(super) const WRITE_OFF: View = View::Record {
    at: "",
    name: "writeOff.name",
    fields: &[
        ("Name", "writeOff.name"),
        ("Kind", "writeOff.kind"),
        ("Certificate", "writeOff.certificate"),
        ("Economy", "writeOff.economy"),
        ("Declaration", "writeOff.declarationReference"),
        ("Product", "writeOff.product"),
        ("Quantity", "writeOff.quantity"),
        ("Serial numbers", "writeOff.serialRanges"),
        ("When", "writeOff.eventTime"),
        ("Reverses", "writeOff.reverses"),
        ("Reversed by", "writeOff.reversedBy"),
        ("Reason", "writeOff.rejectionReason"),
        ("Text", "writeOff.reasonText"),
        ("Left", "left"),
        ("Revision", "writeOff.revision?"),
    ],
};
const WRITE_OFFS: View = View::List {
    items: "writeOffs",
    name: "name",
    columns: &[
        ("NAME", "name"),
        ("KIND", "kind"),
        ("CERTIFICATE", "certificate"),
        ("ECONOMY", "economy"),
        ("DECLARATION", "declarationReference"),
        ("QUANTITY", "quantity"),
        ("SERIAL NUMBERS", "serialRanges"),
        ("WHEN", "eventTime"),
        ("REVERSED BY", "reversedBy"),
    ],
};
const BALANCE: View = View::List {
    items: "products",
    name: "product.model",
    columns: &[
        ("PRODUCT", "productName"),
        ("MODEL", "product.model"),
        ("CERTIFIED", "certified"),
        ("WRITTEN OFF", "writtenOff"),
        ("LEFT", "left"),
        ("SERIAL NUMBERS WRITTEN OFF", "serialRangesWrittenOff"),
    ],
};

/// Does it.
pub(crate) async fn run(session: &Session, command: Command) -> anyhow::Result<Exit> {
    let mut ledger = WriteOffServiceClient::new(session.registry()?);
    match command {
        Command::Record(Record { consignment }) => {
            let request = RecordWriteOffRequest {
                request_id: session.request_id(&consignment.mutation),
                validate_only: consignment.mutation.dry_run,
                product: consignment.product(),
                certificate: super::certificate::name(&consignment.certificate),
                economy: consignment.economy(session)?,
                declaration_reference: consignment.declaration,
                quantity: consignment.quantity,
                serial_ranges: consignment.serials,
                event_time: consignment.at,
            };
            session.print(ledger.record_write_off(request).await?.get_ref(), WRITE_OFF)
        }
        Command::Reject(Reject { mut consignment, reason, text, confirm }) => {
            confirm.settle(&mut consignment.mutation);
            let request = RecordRejectionRequest {
                request_id: session.request_id(&consignment.mutation),
                validate_only: consignment.mutation.dry_run,
                product: consignment.product(),
                certificate: super::certificate::name(&consignment.certificate),
                economy: consignment.economy(session)?,
                declaration_reference: consignment.declaration,
                quantity: consignment.quantity,
                serial_ranges: consignment.serials,
                event_time: consignment.at,
                reason: RejectionReason::from(reason).into(),
                reason_text: text,
            };
            session.print(ledger.record_rejection(request).await?.get_ref(), WRITE_OFF)
        }
        Command::Reverse(mut args) => {
            args.confirm.settle(&mut args.mutation);
            let request = ReverseWriteOffRequest {
                request_id: session.request_id(&args.mutation),
                validate_only: args.mutation.dry_run,
                name: args.name,
                reason_text: args.text,
            };
            session.print(ledger.reverse_write_off(request).await?.get_ref(), WRITE_OFF)
        }
        Command::Get { name } => {
            let request = GetWriteOffRequest { name, consistency: None };
            session.print(ledger.get_write_off(request).await?.get_ref(), WRITE_OFF)
        }
        Command::List(args) => {
            let request = ListWriteOffsRequest {
                certificate: args.which.certificate(),
                kind: args.which.kind(),
                body: args.which.body,
                economy: args.which.economy,
                ..Default::default()
            };
            let ask = async |page_size, page_token| {
                ledger.list_write_offs(ListWriteOffsRequest { page_size, page_token, ..request.clone() }).await
            };
            session.list(WRITE_OFFS, args.limit.rows(), ask).await
        }
        Command::Balance { certificate } => {
            let request = GetBalanceRequest { certificate: super::certificate::name(&certificate), consistency: None };
            session.print(ledger.get_balance(request).await?.get_ref(), BALANCE)
        }
        Command::Watch(args) => watch::run(session, args).await,
    }
}

impl Consignment {
    /// Whose customs it is: those where we are, unless it is said whose else.
    fn economy(&self, session: &Session) -> anyhow::Result<String> {
        let here = || session.economy().map(str::to_owned);
        self.economy.clone().or_else(here).ok_or_else(|| {
            Usage("--economy is missing, and none is set: --here, GREENLANE_ECONOMY or the context".to_owned()).into()
        })
    }

    fn product(&self) -> Option<ProductIdentification> {
        let product = ProductIdentification {
            gtin: self.gtin.clone(),
            model: self.model.clone(),
            batch: self.batch.clone(),
            serial: String::new(),
        };
        (product != ProductIdentification::default()).then_some(product)
    }
}

fn parse_quantity(text: &str) -> Result<Quantity, String> {
    let (amount, unit) = text.split_once(':').ok_or("write AMOUNT:UNIT, such as 1200:C62")?;
    Ok(Quantity { amount: amount.to_owned(), unit: unit.to_ascii_uppercase() })
}

fn parse_serials(text: &str) -> Result<SerialRange, String> {
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    if first.is_empty() || last.is_empty() {
        return Err("write one serial number, or FIRST..LAST".to_owned());
    }
    Ok(SerialRange { first: first.to_owned(), last: last.to_owned() })
}
