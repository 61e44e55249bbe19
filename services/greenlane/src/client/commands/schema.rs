//! `greenlane schema`: the JSON Schema of what people write as files, for editors.

use clap::{Args as ClapArgs, ValueEnum};
use serde_json::Value;

use crate::client::{
    exit::Exit,
    files::schema,
    render::{self, Output, View},
};

/// Arguments of `greenlane schema`.
#[derive(ClapArgs, Debug)]
#[command(after_help = "\
Example:
  greenlane schema certificate > certificate.schema.json

and as the first line of a file, for editors that know the YAML language server:
  # yaml-language-server: $schema=certificate.schema.json")]
pub(crate) struct Args {
    /// What the file is.
    #[arg(value_enum)]
    of: Of,
}

/// What people write as files.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Of {
    /// Entries of the catalogue, for `apply` and `diff`.
    Catalogue,
    /// A certificate's content, for `certificate issue`, `prepare` and `amend`.
    Certificate,
    /// A change set of the catalogue, for `change create` and `update`.
    ChangeSet,
    /// A change set of codes and green lists, for `code change create` and `update`.
    CodeChangeSet,
    /// A challenge, for `dispute open`.
    Dispute,
    /// An event of a product's life, for `trace record`.
    TraceEvent,
}

/// Prints it: JSON for programs, whoever asks.
pub(crate) fn run(args: &Args, output: Output) -> anyhow::Result<Exit> {
    let schema = args.of.schema()?;
    match output {
        Output::Table => render::write(&(serde_json::to_string_pretty(&schema)? + "\n"))?,
        other => render::print_value(other, &schema, View::Record { at: "", name: "$id", fields: &[] })?,
    }
    Ok(Exit::Done)
}

impl Of {
    fn schema(self) -> anyhow::Result<Value> {
        match self {
            Self::Catalogue => schema::schema(),
            Self::Certificate => {
                schema::of_message("greenlane.registry.v1.CertificateContent", "What a body certifies")
            }
            Self::ChangeSet => {
                schema::of_message("greenlane.equivalence.v1.ChangeSet", "A change set of the Greenlane catalogue")
            }
            Self::CodeChangeSet => {
                schema::of_message("greenlane.classification.v1.ChangeSet", "A change set of codes and green lists")
            }
            Self::Dispute => schema::of_message("greenlane.equivalence.v1.Dispute", "A challenge"),
            Self::TraceEvent => schema::of_message("greenlane.registry.v1.TraceEvent", "An event of a product's life"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_knows_what_it_refers_to() {
        for of in Of::value_variants() {
            let schema = of.schema().unwrap();
            let text = schema.to_string();
            let mut references = 0;
            for reference in text.split("\"#/definitions/").skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(schema["definitions"][reference].is_object(), "{of:?}: {reference}");
                references += 1;
            }
            assert!(references > 0, "{of:?}");
        }
    }
}
