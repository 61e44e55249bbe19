//! An entry with which something is wrong, as far as it can be read: so that whoever writes one hears all of it at once, and
//! nobody is asked about what nobody means.

use greenlane_api::equivalence::v1 as pb;

use crate::api::wire;
use crate::domain::entry::{Entry, FieldFault};

/// What can be told of an entry that is read in part.
#[derive(Debug, Default)]
pub struct InPart {
    /// What is wrong with its fields, each by itself: what cannot be read, and what is missing.
    pub faults: Vec<FieldFault>,
    /// The fields that name other entries, and the resource names of these.
    pub references: Vec<(String, String)>,
}

/// Reads an entry in which these fields are known to be wrong. Nothing more is told of them, nor of what they are part of.
pub fn read(entry: &pb::CatalogueEntry, wrong: &[String]) -> InPart {
    let (value, faults) = wire::to_domain_in_part::<_, Entry>(entry);
    // `annex.title`: what kind it is of goes without saying.
    let within = |path: &str| path.split_once('.').map(|(_, field)| field.to_owned()).unwrap_or_default();
    let faults = faults.into_iter().map(|(path, message)| FieldFault { field: within(&path), message });
    let mut faults: Vec<_> = faults.filter(|fault| !wrong.iter().any(|it| overlap(it, &fault.field))).collect();
    let wrong: Vec<String> = wrong.iter().cloned().chain(faults.iter().map(|fault| fault.field.clone())).collect();
    let is_wrong = |field: &str| wrong.iter().any(|it| overlap(it, field));
    let Some(value) = value else { return InPart { faults, references: Vec::new() } };
    // What stands in for something wrong is compared with nothing; that something is missing shows all the same.
    let missing = value.faults().into_iter().filter(|it| it.message.contains("is required") && !is_wrong(&it.field));
    let beside = |field: &str| field.rsplit_once('.').is_some_and(|(around, _)| is_wrong(around));
    faults.extend(missing.filter(|it| !beside(&it.field)));
    let references = value.references().into_iter().filter(|(field, _)| !is_wrong(field)).collect();
    InPart { faults, references }
}

/// Whether one of two fields is the other, or within it.
fn overlap(one: &str, other: &str) -> bool {
    let within = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    one.is_empty() || other.is_empty() || within(one, other) || within(other, one)
}

#[cfg(test)]
mod tests {
    use greenlane_api::equivalence::v1::catalogue_entry;

    use super::*;

    #[test]
    fn what_is_wrong_missing_and_referred_to_is_told_of_an_entry_that_cannot_be_read_whole() {
        let annex = pb::Annex {
            name: "annexes/a".into(),
            arrangement: "arrangements/nowhere".into(),
            validity: Some(pb::Validity { from: "2021-13-01".into(), until: String::new() }),
            economies: vec!["XB".into(), "Nowhere".into()],
            ..Default::default()
        };
        let entry = pb::CatalogueEntry { entry: Some(catalogue_entry::Entry::Annex(annex)) };
        let told = read(&entry, &["objects[1]".to_owned()]);
        let mut fields: Vec<_> = told.faults.iter().map(|fault| fault.field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["economies[1]", "source.uri", "title", "validity.from"], "{told:?}");
        let named = |field: &str, name: &str| told.references.contains(&(field.to_owned(), name.to_owned()));
        assert!(named("arrangement", "arrangements/nowhere") && named("economies[0]", "economies/XB"), "{told:?}");
        assert!(!told.references.iter().any(|(field, _)| field == "economies[1]"), "what stands in is no reference");
    }

    #[test]
    fn an_entry_is_read_to_its_end_whether_a_word_a_day_or_a_name_is_missing() {
        for entry in [
            catalogue_entry::Entry::Equivalence(pb::Equivalence {
                name: "equivalences/a".into(),
                ..Default::default()
            }),
            catalogue_entry::Entry::EditionTransition(pb::EditionTransition {
                name: "editionTransitions/a".into(),
                ..Default::default()
            }),
            catalogue_entry::Entry::Designation(pb::Designation {
                name: "designations/a".into(),
                ..Default::default()
            }),
            catalogue_entry::Entry::Scheme(pb::Scheme { name: "schemes/a".into(), ..Default::default() }),
        ] {
            let told = read(&pb::CatalogueEntry { entry: Some(entry) }, &[]);
            // The source is what `faults` tells of a value that was read to its end.
            assert!(told.faults.iter().any(|fault| fault.field.starts_with("source")), "{told:?}");
        }
    }
}
