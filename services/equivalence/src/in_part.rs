//! An entry with which something is wrong, as far as it can be read: so that whoever writes one hears all of it at once, and
//! nobody is asked about what nobody means.

use greenlane_api::equivalence::v1 as pb;

use crate::api::wire;
use crate::domain::entry::{Entry, FaultKind};

/// What can be told of an entry that is read in part.
#[derive(Debug, Default)]
pub struct InPart {
    /// The fields with which something is wrong, each by itself: what cannot be read, and what is missing; and why.
    pub faults: Vec<(String, String)>,
    /// The fields that name other entries, and the resource names of these.
    pub references: Vec<(String, String)>,
}

/// Reads an entry in which these fields are known to be wrong. Nothing more is told of them, nor of what they are part of.
pub fn read(entry: &pb::CatalogueEntry, wrong: &[String]) -> InPart {
    let (value, faults) = wire::to_domain_in_part::<_, Entry>(entry);
    // `annex.title`: what kind it is of goes without saying.
    let within = |path: &str| path.split_once('.').map(|(_, field)| field.to_owned()).unwrap_or_default();
    let mut faults: Vec<_> = faults.into_iter().map(|(path, why)| (within(&path), why)).collect();
    faults.retain(|(field, _)| !wrong.iter().any(|it| overlap(it, field)));
    let wrong: Vec<String> = wrong.iter().cloned().chain(faults.iter().map(|(field, _)| field.clone())).collect();
    let is_wrong = |field: &str| wrong.iter().any(|it| overlap(it, field));
    let Some(value) = value else { return InPart { faults, references: Vec::new() } };
    // What stands in for something wrong is compared with nothing; that something is missing shows all the same.
    let missing = value.faults().into_iter().filter(|it| it.kind == FaultKind::Missing && !is_wrong(&it.field));
    let beside = |field: &str| field.rsplit_once('.').is_some_and(|(around, _)| is_wrong(around));
    faults.extend(missing.filter(|it| !beside(&it.field)).map(|it| (it.field, it.message)));
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

    fn fields(told: &InPart) -> Vec<&str> {
        let mut fields: Vec<_> = told.faults.iter().map(|(field, _)| field.as_str()).collect();
        fields.sort_unstable();
        fields
    }

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
        assert_eq!(fields(&told), ["economies[1]", "source.uri", "title", "validity.from"]);
        let named = |field: &str, name: &str| told.references.contains(&(field.to_owned(), name.to_owned()));
        assert!(named("arrangement", "arrangements/nowhere") && named("economies[0]", "economies/XB"), "{told:?}");
        assert!(!told.references.iter().any(|(field, _)| field == "economies[1]"), "what stands in is no reference");
    }

    #[test]
    fn each_missing_field_is_told_be_it_a_word_a_day_a_name_or_a_text() {
        use catalogue_entry::Entry as Wire;
        let name = |name: &str| name.to_owned();
        let transition = pb::EditionTransition {
            name: name("editionTransitions/a"),
            stock_exemption: Some(pb::StockExemption::default()),
            ..Default::default()
        };
        let told = [
            Wire::Equivalence(pb::Equivalence { name: name("equivalences/a"), ..Default::default() }),
            Wire::EditionTransition(transition),
            Wire::Designation(pb::Designation { name: name("designations/a"), ..Default::default() }),
            Wire::Scheme(pb::Scheme { name: name("schemes/a"), ..Default::default() }),
            Wire::Requirement(pb::Requirement { name: name("requirements/a"), ..Default::default() }),
            Wire::Arrangement(pb::Arrangement { name: name("arrangements/a"), ..Default::default() }),
        ]
        .map(|entry| read(&pb::CatalogueEntry { entry: Some(entry) }, &[]));
        assert_eq!(
            told.each_ref().map(|told| fields(told).join(" ")),
            [
                "degree from source.uri to validity",
                "from_standard market new_only_from source.uri stock_exemption to_standard",
                "annex authority body source.uri validity",
                "kind source.uri",
                "acceptances codes market source.uri title validity",
                "parties source.uri title",
            ],
            "{told:?}"
        );
    }
}
