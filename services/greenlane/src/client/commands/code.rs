//! `greenlane code`: commodity codes.

mod alert;
mod change;
mod columns;
mod import;
mod imports;
mod minded;
mod page;
mod suggest;
mod teach;

use clap::Subcommand;
use greenlane_api::{
    classification::v1::{
        BatchGetCodesRequest, BatchTranslateCodesRequest, CompareCodesRequest, CorrelationRelation, GetCodeRequest,
        ListCodesRequest, ListCorrelationsRequest, RehearseEditionRequest, SearchCodesRequest, TranslateCodeRequest,
        code_result, lookup_service_client::LookupServiceClient, translation_result,
    },
    common::v1::CodeReference,
};
use greenlane_platform::client::Client;
use prost::{Message, Name};

pub(super) use self::minded::with_flag;
use crate::client::{
    Session,
    complete::Named,
    exit::Exit,
    input,
    render::{self, Output, View, label, pages::Limit},
};

/// `greenlane code …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show a code, what stands above, beside and below it, the green lists it is on, its notes and its life; or several
    /// codes, one line each.
    Get {
        /// The code with its edition: HS2022:854143. Up to 1,000 of them.
        #[arg(value_parser = input::parse_code, value_name = "EDITION:CODE", required = true, num_args = 1..=1_000)]
        codes: Vec<CodeReference>,
    },
    /// Find codes by words, in English or Chinese, or by the beginning of a code.
    Search {
        /// The words.
        #[arg(required = true)]
        words: Vec<String>,
        /// In this edition only. May be repeated.
        #[arg(long = "edition")]
        editions: Vec<String>,
        /// Only codes on this green list: its name or bare identifier. May be repeated.
        #[arg(long = "list", value_name = "LIST")]
        lists: Vec<String>,
        #[command(flatten)]
        limit: Limit<20>,
    },
    /// Translate a code, or several, to another edition.
    Translate {
        /// The code with its edition: HS2017:854140. Up to 1,000 of them.
        #[arg(value_parser = input::parse_code, value_name = "EDITION:CODE", required = true, num_args = 1..=1_000)]
        codes: Vec<CodeReference>,
        /// The edition to translate to.
        #[arg(long, value_name = "EDITION")]
        to: String,
        /// Use also the links that are held back.
        #[arg(long)]
        held_back: bool,
    },
    /// List the codes of an edition.
    List {
        /// The edition: HS2022.
        #[arg(add = Named::Editions.completer())]
        edition: String,
        /// Below this code only.
        #[arg(long, default_value = "", hide_default_value = true)]
        under: String,
        #[command(flatten)]
        limit: Limit<1_000>,
    },
    /// List which codes of one edition became which of another.
    Correlations {
        /// One edition: HS2017.
        first: String,
        /// The other: HS2022.
        second: String,
        #[command(flatten)]
        limit: Limit<1_000>,
    },
    /// Suggest codes for goods described in plain words, with how sure that is.
    Suggest(suggest::Suggest),
    /// Teach decided classifications: rulings, corrections, past declarations.
    Teach(teach::Teach),
    /// Say whether two codes can be the same goods.
    Compare {
        /// One code.
        #[arg(value_parser = input::parse_code, value_name = "EDITION:CODE")]
        first: CodeReference,
        /// The other.
        #[arg(value_parser = input::parse_code, value_name = "EDITION:CODE")]
        second: CodeReference,
    },
    /// Show what an edition to come does to a portfolio of codes, or to a green list.
    Rehearse {
        /// The codes with their editions: HS2017:854140.
        #[arg(value_parser = input::parse_code, value_name = "EDITION:CODE", required_unless_present = "list")]
        codes: Vec<CodeReference>,
        /// Instead of codes: a list's name or bare identifier.
        #[arg(long, conflicts_with = "codes")]
        list: Option<String>,
        /// The edition to come.
        #[arg(long, value_name = "EDITION")]
        to: String,
        /// The list as it is on this date [default: the first day of the edition, or today in UTC where that is later].
        #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "codes")]
        on: Option<String>,
        /// Use also the links that are held back.
        #[arg(long)]
        held_back: bool,
    },
    /// Import a file of codes, correlations or green lists.
    Import(Box<import::Import>),
    /// List the imports, newest first.
    Imports(imports::Imports),
    /// List what is wrong with the rows of an import.
    Faults(imports::Faults),
    /// Give up an import that is not published.
    Abandon(imports::Abandon),
    /// Alerts: be told of what happens to codes and green lists, and of what to do.
    #[command(subcommand)]
    Alert(alert::Command),
    /// Change sets of codes and green lists, from draft to revision.
    #[command(subcommand, after_help = super::who::CODES)]
    Change(change::Command),
}

const CODE: View = View::Record { at: "code", name: "reference", fields: &[] };
const HITS: View = View::List {
    items: "hits",
    name: "code.reference",
    columns: &[
        ("CODE", "code.reference"),
        ("ENGLISH", "code.descriptions.en.text"),
        ("CHINESE", "code.descriptions.zh.text"),
        ("MATCH", "match"),
    ],
};
const CODES: View = View::List {
    items: "codes",
    name: "reference",
    columns: &[
        ("CODE", "reference"),
        ("LEVEL", "level"),
        ("ENGLISH", "descriptions.en.text"),
        ("CHINESE", "descriptions.zh.text"),
    ],
};
const LINKS: View = View::List {
    items: "links",
    name: "earlier",
    columns: &[("EARLIER", "earlier"), ("LATER", "later"), ("IN PART", "ex"), ("HELD BACK", "heldBack")],
};
const TRANSLATION: View = View::List {
    items: "translation.targets",
    name: "code",
    columns: &[
        ("CODE", "code"),
        ("PART OF SOURCE", "sourcePart"),
        ("HOLDS OTHERS TOO", "targetPart"),
        ("SAME DIGITS", "sameDigits"),
        ("SHARE", "share"),
        ("WHICH PART", "partDescriptions.0.text"),
    ],
};
const COMPARISON: View = View::Record {
    at: "",
    name: "comparison",
    fields: &[
        ("Can be the same goods", "canBeSameGoods"),
        ("Comparison", "comparison"),
        ("Reason", "findings.0.message"),
        ("", "findings.1.message"),
        ("", "findings.2.message"),
    ],
};

/// Several translations, by themselves or for an edition to come.
const TRANSLATIONS: View = View::List {
    items: "results",
    name: "translation.source",
    columns: &[
        ("CODE", "translation.source"),
        ("RELATION", "translation.relation"),
        ("TO", "translation.targets.*.code"),
        ("NOT FOUND", "notFound.code"),
        ("IS IN", "notFound.editions"),
        ("NEAREST", "notFound.nearest.0"),
        ("MIND", "translation.findings.0.message"),
    ],
};
const FOUND: View = View::List {
    items: "results",
    name: "code.reference",
    columns: &[
        ("CODE", "code.reference"),
        ("ENGLISH", "code.descriptions.en.text"),
        ("CHINESE", "code.descriptions.zh.text"),
        ("NOT FOUND", "notFound.code"),
        ("IS IN", "notFound.editions"),
        ("NEAREST", "notFound.nearest.0"),
    ],
};

type Lookup = LookupServiceClient<Client>;

/// Does it.
pub(crate) async fn run(session: &Session, command: Command) -> anyhow::Result<Exit> {
    let mut lookup = LookupServiceClient::new(session.classification()?);
    match command {
        Command::Import(args) => import::run(session, *args).await,
        Command::Imports(args) => imports::list(session, args).await,
        Command::Faults(args) => imports::faults(session, args).await,
        Command::Abandon(args) => imports::abandon(session, args).await,
        Command::Alert(command) => alert::run(session, command).await,
        Command::Change(command) => change::run(session, command).await,
        Command::Get { codes } => get(session, lookup, codes).await,
        Command::Search { words, editions, lists, limit } => {
            let green_lists = lists.iter().map(|list| super::list::name(list)).collect();
            let request = SearchCodesRequest { query: words.join(" "), editions, green_lists, ..Default::default() };
            let (mut elsewhere, mut nearest) = (Vec::new(), Vec::new());
            let ask = async |page_size, page_token| {
                let page = SearchCodesRequest { page_size, page_token, ..request.clone() };
                let answer = lookup.search_codes(page).await?;
                elsewhere.clone_from(&answer.get_ref().editions_with);
                nearest.clone_from(&answer.get_ref().nearest);
                Ok(answer)
            };
            let done = session.list(HITS, limit.rows(), ask).await?;
            if !elsewhere.is_empty() {
                render::talk(&format!("{} is a code of {}", request.query, elsewhere.join(", ")));
            }
            if !nearest.is_empty() {
                let nearest: Vec<String> = nearest.iter().map(|it| format!("{}:{}", it.edition, it.code)).collect();
                render::talk(&format!("nearest to it: {}", nearest.join(", ")));
            }
            Ok(done)
        }
        Command::Translate { codes, to, held_back } => translate(session, lookup, codes, to, held_back).await,
        Command::List { edition, under, limit } => {
            let request = ListCodesRequest { edition, under, ..Default::default() };
            let ask = async |page_size, page_token| {
                lookup.list_codes(ListCodesRequest { page_size, page_token, ..request.clone() }).await
            };
            session.list(CODES, limit.rows(), ask).await
        }
        Command::Correlations { first, second, limit } => {
            let request =
                ListCorrelationsRequest { first_edition: first, second_edition: second, ..Default::default() };
            let ask = async |page_size, page_token| {
                let page = ListCorrelationsRequest { page_size, page_token, ..request.clone() };
                lookup.list_correlations(page).await
            };
            session.list(LINKS, limit.rows(), ask).await
        }
        Command::Suggest(args) => suggest::run(session, args).await,
        Command::Teach(args) => teach::run(session, args).await,
        Command::Compare { first, second } => {
            let request = CompareCodesRequest { first: Some(first), second: Some(second), consistency: None };
            session.print(lookup.compare_codes(request).await?.get_ref(), COMPARISON)
        }
        Command::Rehearse { codes, list, to, on, held_back } => {
            let request = RehearseEditionRequest {
                codes,
                green_list: list.map(|list| super::list::name(&list)).unwrap_or_default(),
                target_edition: to,
                include_held_back: held_back,
                date: on.unwrap_or_default(),
                ..Default::default()
            };
            let answer = lookup.rehearse_edition(request).await?.into_inner();
            if session.output() == Output::Table {
                render::write(&page::rehearsed(&answer))?;
            }
            print(session, &answer)
        }
    }
}

async fn get(session: &Session, mut lookup: Lookup, codes: Vec<CodeReference>) -> anyhow::Result<Exit> {
    let [code] = codes.as_slice() else {
        let answer = lookup.batch_get_codes(BatchGetCodesRequest { codes, ..Default::default() }).await?.into_inner();
        session.print(&answer, FOUND)?;
        let missing = answer.results.iter().any(|it| matches!(it.result, Some(code_result::Result::NotFound(_))));
        return Ok(if missing { Exit::NotFound } else { Exit::Done });
    };
    let request = GetCodeRequest {
        code: Some(code.clone()),
        include_ancestors: true,
        include_children: true,
        include_siblings: true,
        include_notes: true,
        include_history: true,
        include_green_lists: true,
        ..Default::default()
    };
    let answer = lookup.get_code(request).await?.into_inner();
    match session.output() {
        Output::Table => render::write(&page::of(&answer))?,
        output => render::print(output, &answer, CODE)?,
    }
    Ok(Exit::Done)
}

async fn translate(
    session: &Session,
    mut lookup: Lookup,
    codes: Vec<CodeReference>,
    target_edition: String,
    include_held_back: bool,
) -> anyhow::Result<Exit> {
    let [code] = codes.as_slice() else {
        let request = BatchTranslateCodesRequest { codes, target_edition, include_held_back, ..Default::default() };
        let answer = lookup.batch_translate_codes(request).await?.into_inner();
        print(session, &answer)?;
        let missing =
            answer.results.iter().any(|it| matches!(it.result, Some(translation_result::Result::NotFound(_))));
        return Ok(if missing { Exit::NotFound } else { Exit::Done });
    };
    let asked = format!("{}:{}", code.edition, code.code);
    let code = Some(code.clone());
    let request = TranslateCodeRequest { code, target_edition, include_held_back, ..Default::default() };
    let answer = lookup.translate_code(request).await?.into_inner();
    if let (Output::Table, Some(translation)) = (session.output(), &answer.translation) {
        let relation = translation.relation();
        let word = label(relation.as_str_name()).unwrap_or_default();
        let text = format!("{asked} to {}: {word}: {}\n", translation.target_edition, meaning(relation));
        render::write(&render::line::folded(&text))?;
        for finding in &translation.findings {
            let told = minded::message(&finding.code, &finding.message);
            render::say(&render::line::folded(&format!("mind: {told}\n")));
        }
        if !translation.targets.is_empty() {
            render::talk(COLUMNS);
        }
    }
    session.print(&answer, TRANSLATION)
}

/// Prints several translations: for people what is to be minded of them is in the words of the command line.
fn print<M: Message + Name>(session: &Session, answer: &M) -> anyhow::Result<Exit> {
    let mut value = render::to_json(answer)?;
    if matches!(session.output(), Output::Table | Output::Csv) {
        with_flag(&mut value, "/results", "/translation/findings");
    }
    session.print_value(&value, TRANSLATIONS)?;
    Ok(Exit::Done)
}

/// What the columns of a translation say.
const COLUMNS: &str = "\
PART OF SOURCE: only a part of the goods of the code that was asked about is here
HOLDS OTHERS TOO: the code holds goods of other codes beside them
SHARE: how much of the trade value of the code that was asked about is here, where that is known";

/// How the goods of a code are spread over those of another edition, in words.
fn meaning(relation: CorrelationRelation) -> &'static str {
    match relation {
        CorrelationRelation::Exact => "the two codes hold the same goods",
        CorrelationRelation::Split => "its goods went to several codes, each of which holds nothing else",
        CorrelationRelation::Merged => "all its goods went to one code, which holds others too",
        CorrelationRelation::SplitAndMerged => "its goods went to several codes, some of which hold others too",
        CorrelationRelation::None | CorrelationRelation::Unspecified => "no code is known to hold its goods",
    }
}
