//! `greenlane catalogue trace`: what does something certified lead to?

use clap::Args;
use greenlane_api::{
    common::v1::{ReadConsistency, read_consistency::Requirement},
    equivalence::v1::{
        CertifiableTarget, EquivalenceChain, TraceEquivalencesRequest,
        equivalence_service_client::EquivalenceServiceClient,
    },
};

use crate::client::{
    Session,
    exit::Exit,
    render::{self, Output, View, label},
};

/// Arguments of `greenlane catalogue trace`.
#[derive(Args, Debug)]
pub(crate) struct Trace {
    /// Where to start: a scheme or a standard edition, schemes/ID or standards/ID, or the edition's
    /// designation, such as "IEC 61215-1:2021".
    from: String,
    /// The level of the scheme.
    #[arg(long, default_value = "", hide_default_value = true)]
    level: String,
    /// On this date [default: today in UTC].
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    on: String,
    /// At most this many equivalences after one another, 1 to 8.
    #[arg(long, default_value_t = 2)]
    max_links: u32,
    /// As the catalogue was at this revision.
    #[arg(long)]
    revision: Option<u64>,
}

const CHAINS: View = View::List {
    items: "chains",
    name: "to.name",
    columns: &[
        ("REACHED", "to.name"),
        ("LEVEL", "to.level"),
        ("BY", "links.*.equivalence"),
        ("DEGREES", "links.*.degree"),
        ("TESTS", "conditions.*.description"),
    ],
};

/// Traces and prints.
pub(super) async fn run(session: &Session, args: Trace) -> anyhow::Result<Exit> {
    let consistency = args.revision.map(|it| ReadConsistency { requirement: Some(Requirement::ExactlyRevision(it)) });
    let request = TraceEquivalencesRequest {
        from: Some(CertifiableTarget { name: args.from, level: args.level }),
        date: args.on,
        max_links: args.max_links,
        consistency,
    };
    let mut equivalences = EquivalenceServiceClient::new(session.equivalence()?);
    let answer = equivalences.trace_equivalences(request).await?.into_inner();
    if session.output() != Output::Table {
        return session.print(&answer, CHAINS);
    }
    let mut table = render::bare_table();
    table.set_header(["REACHED", "LINKS", "BY", "TESTS"]);
    for chain in &answer.chains {
        table.add_row(row(chain));
    }
    render::write(&render::tidy(&mut table))?;
    match (answer.chains.is_empty(), answer.truncated) {
        (true, _) => render::talk("nothing is reached"),
        (false, true) => render::talk("there are more than these"),
        (false, false) => {}
    }
    Ok(Exit::Done)
}

fn row(chain: &EquivalenceChain) -> [String; 4] {
    let to = chain.to.clone().unwrap_or_default();
    let to = if to.level.is_empty() { to.name } else { format!("{} level {}", to.name, to.level) };
    let links = chain.links.iter().map(|link| {
        let degree = label(link.degree().as_str_name()).unwrap_or_default();
        format!("{} ({degree})", link.equivalence)
    });
    let tests: Vec<_> = chain.conditions.iter().map(|condition| condition.description.clone()).collect();
    let stacked = |texts: Vec<String>| render::stacked(&texts, "; ");
    [to, chain.links.len().to_string(), stacked(links.collect()), render::stacked_sentences(&tests)]
}
