//! What it takes from somebody that an economy joins a bloc, or leaves it.
//!
//! Who joins comes under whatever binds the bloc and whatever leaves it out; who leaves loses whatever favours it. Where
//! the catalogue says nothing of that kind, nothing is lost.

use std::collections::BTreeSet;

use super::compare::{Loss, listed};
use crate::domain::change::View;
use crate::domain::economy::Economy;
use crate::domain::entry::Entry;
use crate::domain::key::EconomyCode;
use crate::domain::time::Validity;

/// What a change of a bloc's members takes away, in the catalogue as it would be.
pub(super) fn lost(view: &View<'_>, before: &Economy, after: &Economy) -> Vec<Loss> {
    let all: BTreeSet<&EconomyCode> = before.members.iter().chain(&after.members).map(|it| &it.economy).collect();
    let periods = |of: &Economy, who: &EconomyCode| -> Vec<Validity> {
        of.members.iter().filter(|it| it.economy == *who).map(|it| it.validity.clone()).collect()
    };
    let mut moves = Vec::new();
    for who in all {
        let (was, is) = (periods(before, who), periods(after, who));
        let beyond =
            |some: &[Validity], all: &[Validity]| !some.iter().all(|it| all.iter().any(|whole| whole.holds(it)));
        moves.push((who, beyond(&is, &was), beyond(&was, &is)));
    }
    if !moves.iter().any(|(_, joins, leaves)| *joins || *leaves) {
        return Vec::new();
    }
    // The bloc, and what it belongs to itself.
    let entries = view.entries();
    let blocs = entries.iter().filter_map(|it| match it {
        Entry::Economy(it) if it.bloc && view.is_within(&after.name, &it.name) => Some(&it.name),
        _ => None,
    });
    let blocs: BTreeSet<&EconomyCode> = blocs.chain([&after.name]).collect();
    let (binds, favours) = (named(&entries, &blocs, binds), named(&entries, &blocs, favours));
    let incomplete = entries.iter().find_map(|it| match it {
        Entry::Economy(it) if blocs.contains(&it.name) && it.complete_requirements.is_none() => Some(it),
        _ => None,
    });
    let mut losses = Vec::new();
    for (who, joins, leaves) in moves {
        let code = who.as_str();
        let is_complete = entries.iter().any(|it| match it {
            Entry::Economy(it) => it.name == *who && it.complete_requirements.is_some(),
            _ => false,
        });
        if joins && !binds.is_empty() {
            losses.push(loss(format!("comes to bind {code} by {}", listed(&binds))));
        }
        if joins
            && is_complete
            && let Some(bloc) = incomplete
        {
            let bloc = bloc.name.as_str();
            losses.push(loss(format!("leaves unsaid what applies in {code}: of {bloc} not every requirement is held")));
        }
        if leaves && !favours.is_empty() {
            losses.push(loss(format!("no longer favours {code} by {}", listed(&favours))));
        }
    }
    losses
}

fn loss(what: String) -> Loss {
    Loss { field: "members".to_owned(), what }
}

/// Whether one of some economies is one of the blocs.
type OfThem<'o> = dyn Fn(&[EconomyCode]) -> bool + 'o;

fn named(entries: &[Entry], blocs: &BTreeSet<&EconomyCode>, which: fn(&Entry, &OfThem<'_>) -> bool) -> Vec<String> {
    let of_them = |all: &[EconomyCode]| all.iter().any(|it| blocs.contains(it));
    entries.iter().filter(|it| which(it, &of_them)).map(Entry::name).collect()
}

/// What asks something of a member, or leaves it out.
fn binds(entry: &Entry, of_them: &OfThem<'_>) -> bool {
    let of = |it: &EconomyCode| of_them(std::slice::from_ref(it));
    match entry {
        Entry::Requirement(it) if it.mandatory => of(&it.market) || of_them(&it.origins),
        Entry::Requirement(it) => of_them(&it.excluded_origins),
        Entry::EditionTransition(it) => of(&it.market),
        Entry::Annex(it) => {
            it.exclusions.as_ref().is_some_and(|not| of_them(&not.economies) || of_them(&not.origins))
                || it.transitions.iter().any(|period| of(&period.economy))
                || it.conditions.iter().any(|condition| of_them(&condition.markets))
        }
        _ => false,
    }
}

/// What a member has of being one.
fn favours(entry: &Entry, of_them: &OfThem<'_>) -> bool {
    let of = |it: &EconomyCode| of_them(std::slice::from_ref(it));
    match entry {
        Entry::Arrangement(it) => it.parties.iter().any(|party| of(&party.economy)),
        Entry::Annex(it) => of_them(&it.economies),
        Entry::Requirement(it) => {
            let accepted = it.acceptances.iter().any(|it| of_them(&it.bodies.economies));
            let honoured = !it.mandatory && (of(&it.market) || of_them(&it.origins));
            accepted || honoured || (it.mandatory && of_them(&it.excluded_origins))
        }
        _ => false,
    }
}
