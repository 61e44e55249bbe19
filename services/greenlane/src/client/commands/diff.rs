//! `greenlane diff`: what files would change of the catalogue, and on stderr what `apply` would refuse of it.

use clap::Args as Arguments;
use serde_json::{Value, json};

use super::{
    apply::{self, Files},
    change::{
        diff::{lines, rows_of},
        views::FIELDS_OF_FILES,
    },
};
use crate::client::{
    Session,
    exit::Exit,
    files::compare::{Compared, Outcome},
    render::{self, Output, View, several},
};

/// Arguments of `greenlane diff`.
#[derive(Arguments, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    files: Files,
}

const ITEMS: View = View::List { items: "items", name: "name", columns: &[] };

/// Does it; 10 when there are differences.
pub(crate) async fn run(session: &Session, args: Args) -> anyhow::Result<Exit> {
    let (compared, revisions) = apply::compared(session, &args.files).await?;
    let (compared, findings) = apply::normalised(session, compared).await?;
    let differing: Vec<&Compared> = compared.iter().filter(|it| it.outcome != Outcome::Unchanged).collect();
    if session.output() == Output::Table {
        render::write(&text(&differing))?;
    } else if session.output() == Output::Csv {
        let rows = differing.iter().flat_map(|it| {
            let place = it.place.as_ref().map(ToString::to_string).unwrap_or_default();
            rows_of(&it.name, it.outcome.as_str(), &place, &it.fields)
        });
        render::print_value(Output::Csv, &json!({ "rows": rows.collect::<Vec<_>>() }), FIELDS_OF_FILES)?;
    } else {
        let items: Vec<Value> = differing.iter().map(|it| apply::item(it)).collect();
        let answer = json!({ "items": items, "findings": findings, "revision": revisions.catalogue, "codeRevision": revisions.codes });
        render::print_value(session.output(), &answer, ITEMS)?;
    }
    findings.iter().for_each(|finding| render::talk(finding));
    if differing.is_empty() {
        let number = several(compared.len() as u64, "entry");
        let catalogue = revisions.catalogue.map(|revision| format!("the catalogue at revision {revision}"));
        let codes = revisions.codes.map(|revision| format!("the green lists at revision {revision} of the codes"));
        let published: Vec<_> = catalogue.into_iter().chain(codes).collect();
        render::talk(&format!("nothing differs: {number} as in {}", published.join(" and ")));
    }
    Ok(if differing.is_empty() { Exit::Done } else { Exit::No })
}

fn text(differing: &[&Compared]) -> String {
    let mut text = String::new();
    for it in differing {
        let sign = match it.outcome {
            Outcome::Created => '+',
            Outcome::Retired => '-',
            Outcome::Updated | Outcome::Unchanged => '~',
        };
        let place = it.place.as_ref().map(|place| format!("  ({place})")).unwrap_or_default();
        text.push_str(&format!("{sign} {}{place}\n{}", it.name, lines(&it.fields)));
    }
    text
}
