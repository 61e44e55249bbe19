//! `greenlane code suggest`.

use clap::Args;
use greenlane_api::classification::v1::{
    CodeCandidate, SuggestCodesRequest, SuggestCodesResponse, lookup_service_client::LookupServiceClient,
};

use crate::client::{
    Session,
    commands::list,
    exit::Exit,
    render::{self, Output, View},
};

/// Arguments of `greenlane code suggest`.
#[derive(Args, Debug)]
#[command(after_help = "\
CONFIDENCE is how likely a code is the right one, 0 to 1; FROM EXAMPLES, how much of that is owed to examples which \
`greenlane code teach` has taught; NEAREST EXAMPLE, the one that counted most.
Where it cannot be told from the description, that is said and it ends with 11: the codes are then only what is nearest. \
Of an edition that is held in part no confidence is above 0.5, unless the like was taught: that the right code is among \
those that are held is taken to be as likely as not.")]
pub(crate) struct Suggest {
    /// The goods in plain words.
    #[arg(required = true)]
    words: Vec<String>,
    /// Edition of the codes to suggest.
    #[arg(long, default_value = "HS2022")]
    edition: String,
    /// As if on this day: what was decided later does not count. Today when not given.
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    date: String,
    /// Only codes on this green list, in a version if not the current one: apec-54@2. May be repeated.
    #[arg(long = "list", value_name = "LIST")]
    lists: Vec<String>,
    /// At most this many, 1 to 100.
    #[arg(long, default_value_t = 10)]
    limit: i32,
}

const CANDIDATES: View = View::List {
    items: "candidates",
    name: "code.reference",
    columns: &[("CODE", "code.reference"), ("CONFIDENCE", "confidence"), ("ENGLISH", "code.descriptions.en.text")],
};
/// The same for who asks in Chinese.
const IN_CHINESE: View = View::List {
    items: "candidates",
    name: "code.reference",
    columns: &[
        ("CODE", "code.reference"),
        ("CONFIDENCE", "confidence"),
        ("CHINESE", "code.descriptions.zh.text"),
        ("ENGLISH", "code.descriptions.en.text"),
    ],
};
/// The same where something was taught, and for programs.
const TAUGHT: View = View::List {
    items: "candidates",
    name: "code.reference",
    columns: &[
        ("CODE", "code.reference"),
        ("CONFIDENCE", "confidence"),
        ("FROM EXAMPLES", "taughtLift"),
        ("ENGLISH", "code.descriptions.en.text"),
        ("CHINESE", "code.descriptions.zh.text"),
        ("NEAREST EXAMPLE", "examples.0.description"),
    ],
};

/// Suggests.
pub(crate) async fn run(session: &Session, args: Suggest) -> anyhow::Result<Exit> {
    let in_chinese = args.words.iter().flat_map(|word| word.chars()).any(is_chinese);
    let request = SuggestCodesRequest {
        description: args.words.join(" "),
        edition: args.edition,
        date: args.date,
        green_lists: args.lists.iter().map(|list| list::name(list)).collect(),
        max_candidates: args.limit,
        ..Default::default()
    };
    let mut lookup = LookupServiceClient::new(session.classification()?);
    let mut answer = lookup.suggest_codes(request).await?.into_inner();
    if matches!(session.output(), Output::Csv | Output::Name) {
        // Neither has room for them, and a code without them would be taken for sure.
        (told(&answer) + &remarks(&answer)).lines().for_each(render::talk);
    }
    if session.output() == Output::Table {
        render::write(&render::line::folded(&told(&answer)))?;
        render::say(&render::line::folded(&remarks(&answer)));
        // People read three digits.
        for candidate in &mut answer.candidates {
            candidate.confidence = (candidate.confidence * 1_000.0).round() / 1_000.0;
            // No minus before nothing.
            candidate.taught_lift = (candidate.taught_lift * 1_000.0).round() / 1_000.0 + 0.0;
        }
    }
    // Where nothing was taught nobody asks what examples did. Tables for programs have always the same columns.
    let taught = |candidate: &CodeCandidate| !candidate.examples.is_empty();
    let plain = session.output() == Output::Table && !answer.candidates.iter().any(taught);
    let view = match (plain, in_chinese) {
        (false, _) => TAUGHT,
        (true, true) => IN_CHINESE,
        (true, false) => CANDIDATES,
    };
    session.print(&answer, view)?;
    Ok(if answer.cannot_tell { Exit::Undetermined } else { Exit::Done })
}

/// Whether a letter is of the Chinese script.
fn is_chinese(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}

/// What is answered beside the codes: that it cannot be told, and what would tell it.
fn told(answer: &SuggestCodesResponse) -> String {
    let mut text = String::new();
    if answer.cannot_tell {
        text.push_str("Cannot tell from this description.\n");
    }
    if !answer.question.is_empty() {
        text.push_str(&format!("{}\n", answer.question));
    }
    text
}

/// What is to be kept in mind of the answer.
fn remarks(answer: &SuggestCodesResponse) -> String {
    answer.findings.iter().map(|finding| format!("mind: {}\n", finding.message)).collect()
}
