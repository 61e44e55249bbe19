//! Translations, correlation rows and comparisons.

use greenlane_api::classification::v1 as wire;

use super::{all_texts, findings, reference, source};
use crate::domain::{
    Catalogue, Comparison, Edge, Likeness, Method, Position, Relation, SameGoods, Table, Target, Translation,
};

/// A translation.
pub(in crate::api) fn translation(
    catalogue: &Catalogue,
    from: Position,
    to_edition: usize,
    translation: &Translation,
) -> wire::Translation {
    let id = |edition: usize| catalogue.editions[edition].fact.id.clone();
    let held_back = u32::try_from(translation.held_back.len()).unwrap_or(u32::MAX);
    wire::Translation {
        source: Some(reference(catalogue, from)),
        target_edition: id(to_edition),
        relation: relation(translation.relation).into(),
        targets: translation.targets.iter().map(|found| target(catalogue, translation, from, found)).collect(),
        method: method(translation.method).into(),
        path: translation.path.iter().map(|edition| id(*edition)).collect(),
        same_digits_changed_scope: translation.same_digits_changed_scope,
        held_back_count: held_back,
        findings: findings(&translation.findings),
    }
}

fn target(catalogue: &Catalogue, translation: &Translation, from: Position, found: &Target) -> wire::TranslationTarget {
    // What the table says of the link, where there is one table and one link.
    let table = catalogue.table_of(translation);
    let words = table.and_then(|table| match table.earlier == from.edition {
        true => table.words(from.row, found.at.row).map(|words| (words, words.share_of_earlier)),
        false => table.words(found.at.row, from.row).map(|words| (words, words.share_of_later)),
    });
    let source_of = table.and_then(|table| table.fact.as_ref()).and_then(|fact| source(&fact.source));
    wire::TranslationTarget {
        code: Some(reference(catalogue, found.at)),
        source_part: found.source_part,
        target_part: found.target_part,
        same_digits: found.same_digits,
        part_descriptions: words.map(|(words, _)| all_texts(&words.part)).unwrap_or_default(),
        share: words.and_then(|(_, share)| share).map(crate::domain::Share::get),
        held_back: found.held_back,
        source: source_of,
    }
}

fn relation(relation: Relation) -> wire::CorrelationRelation {
    match relation {
        Relation::Exact => wire::CorrelationRelation::Exact,
        Relation::Split => wire::CorrelationRelation::Split,
        Relation::Merged => wire::CorrelationRelation::Merged,
        Relation::SplitAndMerged => wire::CorrelationRelation::SplitAndMerged,
        Relation::None => wire::CorrelationRelation::None,
    }
}

/// The name of a relation without its prefix.
pub(in crate::api) fn relation_name(of: Relation) -> &'static str {
    let name = relation(of).as_str_name();
    name.strip_prefix("CORRELATION_RELATION_").unwrap_or(name)
}

fn method(method: Method) -> wire::TranslationMethod {
    match method {
        Method::SameEdition => wire::TranslationMethod::SameEdition,
        Method::Direct => wire::TranslationMethod::Direct,
        Method::Composed => wire::TranslationMethod::Composed,
    }
}

/// A row of a correlation table.
pub(in crate::api) fn link(catalogue: &Catalogue, table: &Table, earlier: u32, edge: Edge) -> wire::CorrelationLink {
    let at = |edition, row| Some(reference(catalogue, Position { edition, row }));
    wire::CorrelationLink {
        earlier: at(table.earlier, earlier),
        later: at(table.later, edge.to),
        ex: edge.ex,
        held_back: edge.held_back,
        source: table.fact.as_ref().and_then(|fact| source(&fact.source)),
    }
}

/// A comparison.
pub(in crate::api) fn comparison(comparison: &Comparison, revision: u64) -> wire::CompareCodesResponse {
    let lies = match comparison.likeness {
        Likeness::Same => wire::CodeComparison::Same,
        Likeness::FirstContainsSecond => wire::CodeComparison::FirstContainsSecond,
        Likeness::SecondContainsFirst => wire::CodeComparison::SecondContainsFirst,
        Likeness::MayOverlap => wire::CodeComparison::MayOverlap,
        Likeness::Different => wire::CodeComparison::Different,
        Likeness::Undetermined => wire::CodeComparison::Undetermined,
    };
    let same = match comparison.likeness.same_goods() {
        SameGoods::Yes => wire::CanBeSameGoods::Yes,
        SameGoods::No => wire::CanBeSameGoods::No,
        SameGoods::Undetermined => wire::CanBeSameGoods::Undetermined,
    };
    wire::CompareCodesResponse {
        can_be_same_goods: same.into(),
        comparison: lies.into(),
        findings: findings(&comparison.findings),
        revision,
    }
}
