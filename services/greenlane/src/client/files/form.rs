//! The forms in which a file may have an entry: the word that it stands under, its message, and how a change puts it.

use std::sync::LazyLock;

use clap::ValueEnum as _;
use greenlane_api::{
    classification::v1::{GreenList, GreenListEntry},
    equivalence::v1::CatalogueEntry,
};
use prost::Name as _;
use prost_reflect::{DynamicMessage, Kind as Type, MessageDescriptor, SerializeOptions};
use serde_json::{Value, json};

use crate::client::{
    commands::{catalogue::Kind, change::workflow::Of},
    render::POOL,
};

/// A form of entries.
#[derive(Debug)]
pub(crate) struct Form {
    /// As files write it, which is as the contract does.
    pub(crate) word: String,
    pub(super) message: MessageDescriptor,
    pub(crate) kind: Kind,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Catalogue,
    List,
    ListEntry,
}

/// Every form: the entries of the catalogue in the order of the contract, then green lists and what is on them.
static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    let message = |name: String| POOL.get_message_by_name(&name).expect("our own contracts have it");
    let catalogue = message(CatalogueEntry::full_name());
    let of_catalogue = catalogue.fields().filter_map(|field| {
        let kind = Kind::value_variants().iter().copied().find(|kind| kind.field() == field.json_name())?;
        let Type::Message(message) = field.kind() else { return None };
        Some(Form { word: field.name().to_owned(), message, kind, what: What::Catalogue })
    });
    let of_list = |word: &str, name: String, what| Form {
        word: word.to_owned(),
        message: message(name),
        kind: Kind::GreenLists,
        what,
    };
    let mut all: Vec<Form> = of_catalogue.collect();
    all.push(of_list("green_list", GreenList::full_name(), What::List));
    all.push(of_list(LIST_ENTRY, GreenListEntry::full_name(), What::ListEntry));
    all
});

/// The word of what is on a green list.
pub(super) const LIST_ENTRY: &str = "green_list_entry";

/// What the service counts, whatever a file says of it.
pub(super) const COUNTED: [&str; 2] = ["version", "entry_count"];

/// Every form.
pub(super) fn all() -> &'static [Form] {
    &FORMS
}

/// The form of a word, written as in the contract or as in its JSON.
pub(super) fn of_word(word: &str) -> Option<&'static Form> {
    FORMS.iter().find(|form| form.word == word || form.word_in_json() == word)
}

/// The form of what a kind's list method gives.
pub(crate) fn of_kind(kind: Kind) -> &'static Form {
    FORMS.iter().find(|form| form.kind == kind).expect("a test goes through the kinds")
}

impl Form {
    /// Whose change sets put it.
    pub(crate) fn of(&self) -> Of {
        match self.what {
            What::Catalogue => Of::Catalogue,
            What::List | What::ListEntry => Of::Codes,
        }
    }

    /// Whether it is of what is on green lists.
    pub(crate) fn is_list_entry(&self) -> bool {
        self.what == What::ListEntry
    }

    fn word_in_json(&self) -> &str {
        if self.is_list_entry() { "greenListEntry" } else { self.kind.field() }
    }

    /// What is wrong with a name of it.
    pub(super) fn check_name(&self, name: &str) -> Result<(), String> {
        let is_list_entry = matches!(name.split('/').collect::<Vec<_>>()[..], ["greenLists", _, "entries", _]);
        match Kind::of(name) {
            _ if self.is_list_entry() && is_list_entry => Ok(()),
            _ if self.is_list_entry() => Err(format!("`{name}` is not of the form greenLists/LIST/entries/ENTRY")),
            Ok(kind) if kind == self.kind => Ok(()),
            Ok(_) => Err(format!("`{name}` does not name an entry of the kind `{}`", self.word)),
            Err(wrong) => Err(wrong.to_string()),
        }
    }

    /// The fields of an entry, in the contract's own names, those that say nothing left out.
    pub(super) fn content(&self, entry: &DynamicMessage) -> anyhow::Result<Value> {
        Ok(self.without_counted(plain(entry)?))
    }

    /// The same of an entry as protobuf JSON.
    pub(crate) fn of_json(&self, entry: Value) -> anyhow::Result<Value> {
        self.content(&DynamicMessage::deserialize(self.message.clone(), entry)?)
    }

    /// The same without what the service counts.
    pub(crate) fn without_counted(&self, mut content: Value) -> Value {
        if let (What::List, Some(fields)) = (self.what, content.as_object_mut()) {
            fields.retain(|field, _| !COUNTED.contains(&field.as_str()));
        }
        content
    }

    /// The change that adds an entry, or replaces the one of its name.
    pub(super) fn put(&self, content: &Value) -> Value {
        match self.what {
            What::Catalogue => json!({ "upsert": { &self.word: content } }),
            What::List => json!({ "put_green_list": content }),
            What::ListEntry => json!({ "put_entry": content }),
        }
    }

    /// The entry that a change puts.
    pub(crate) fn of_change<'c>(&self, change: &'c Value) -> Option<&'c Value> {
        match self.what {
            What::Catalogue => change.get("upsert")?.get(&self.word),
            What::List => change.get("put_green_list"),
            What::ListEntry => change.get("put_entry"),
        }
    }
}

/// A message in the contract's own names, with nothing that says nothing.
pub(crate) fn plain(message: &DynamicMessage) -> anyhow::Result<Value> {
    let options = SerializeOptions::new().use_proto_field_name(true).stringify_64_bit_integers(false);
    Ok(message.serialize_with_options(serde_json::value::Serializer, &options)?)
}

/// The list that something is on, by its name.
pub(crate) fn list_of(name: &str) -> Option<&str> {
    Some(name.split_once("/entries/")?.0)
}
