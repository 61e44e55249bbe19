use std::collections::BTreeSet;

use super::*;
use crate::domain::testing::{at, code, invented_facts, with_list};
use crate::domain::translate;

fn scope(editions: &[&str], tables: &[(&str, &str)]) -> Scope {
    Scope {
        editions: editions.iter().map(|id| (*id).to_owned()).collect(),
        tables: tables.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect(),
    }
}

/// What is changed of a catalogue, and of what.
fn change(before: &Catalogue, scope: &Scope, change: impl Fn(&mut Facts)) -> Catalogue {
    let mut facts = before.facts_within(scope);
    change(&mut facts);
    before.rebuilt(before.revision + 1, facts, scope).unwrap()
}

fn ids(facts: &[CodeFact]) -> BTreeSet<&str> {
    facts.iter().map(|code| code.edition.as_str()).collect()
}

#[test]
fn a_revision_shares_the_codes_of_the_editions_that_it_does_not_change_and_is_as_if_built_anew() {
    let facts = invented_facts(&["01 02", "01 02 03", "01 03"], &["01>01 02>02 02>03!", "01>01 02>03 03>03~"]);
    let before = Catalogue::build(1, with_list(facts, "E2", "02")).unwrap();
    let touched = scope(&["E3"], &[]);
    assert_eq!(ids(&before.facts_within(&touched).codes), BTreeSet::from(["E3"]));
    assert!(before.facts_within(&touched).links.is_empty());
    // A code comes before those that are linked: their rows are others now.
    let after = change(&before, &touched, |facts| facts.codes.push(code("E3", "0001", "New")));
    let anew = Catalogue::build(2, after.facts()).unwrap();
    assert_eq!(after.facts(), anew.facts());
    let mut expected = before.facts();
    expected.codes.push(code("E3", "0001", "New"));
    assert_eq!(after.facts(), Catalogue::build(2, expected).unwrap().facts());
    for edition in ["E1", "E2"] {
        assert!(after.shares_codes_of(&before, edition));
    }
    assert!(!after.shares_codes_of(&before, "E3"));
    // Of the tables only that of the edition has rows of its own.
    let [old, new] = [&before, &after].map(|it| (&it.tables[0], &it.tables[1]));
    assert!(new.0.shares_links(old.0) && !new.1.shares_links(old.1));
    for (from, code) in [("E1", "01"), ("E1", "02"), ("E2", "03"), ("E2", "02")] {
        let to = |catalogue: &Catalogue| {
            translate(catalogue, at(catalogue, from, code), catalogue.edition("E3").unwrap(), true)
        };
        assert_eq!(to(&after), to(&anew), "{code} of {from}");
    }
}

#[test]
fn a_new_edition_in_between_and_a_new_table_leave_the_others_as_they_are() {
    let facts = invented_facts(&["01", "01", "01 02"], &["01>01", "01>01"]);
    let mut middle = facts.editions[1].clone();
    let rest = |facts: &Facts| Facts {
        editions: facts.editions.iter().filter(|edition| edition.id != "E2").cloned().collect(),
        codes: facts.codes.iter().filter(|code| code.edition != "E2").cloned().collect(),
        links: Vec::new(),
        ..facts.clone()
    };
    let before = Catalogue::build(1, rest(&facts)).unwrap();
    middle.titles = vec![("en".to_owned(), "Between".to_owned())];
    let touched = scope(&["E2"], &[("E1", "E2"), ("E2", "E3")]);
    let after = change(&before, &touched, |next| {
        next.editions.push(middle.clone());
        next.codes.push(code("E2", "01", "01"));
        next.links.extend(facts.links.clone());
    });
    assert!(after.shares_codes_of(&before, "E1") && after.shares_codes_of(&before, "E3"));
    assert_eq!(after.facts(), Catalogue::build(2, after.facts()).unwrap().facts());
    let found = translate(&after, at(&after, "E1", "01"), after.edition("E3").unwrap(), false);
    assert_eq!((found.path.len(), found.targets.len()), (3, 1));
}

#[test]
fn a_code_that_goes_and_is_still_linked_is_refused_and_a_table_that_is_replaced_is_not_asked() {
    let facts = invented_facts(&["01 02", "01 02"], &["01>01 02>02"]);
    let before = Catalogue::build(1, facts).unwrap();
    let gone = |facts: &mut Facts| facts.codes.retain(|code| code.code != "02");
    let mut touched = scope(&["E1"], &[]);
    let mut facts = before.facts_within(&touched);
    gone(&mut facts);
    assert!(before.rebuilt(2, facts, &touched).unwrap_err().to_string().contains("02 of E1"));
    touched.extend(scope(&[], &[("E1", "E2")]));
    let after = change(&before, &touched, |facts| {
        gone(facts);
        facts.links.retain(|link| link.earlier_code != "02");
    });
    assert_eq!(after.facts().links.len(), 1);
}
