//! What imports take away: a file is the whole of what it is of, and nobody wrote down what is no longer in it.

use std::collections::{BTreeSet, HashMap, HashSet};

use greenlane_curation::Tightening;

use super::tightening::{entry_tightened, moved};
use super::{Change, key};
use crate::domain::catalogue::{Catalogue, Position};
use crate::domain::correlation::Table;
use crate::domain::delta::Delta;
use crate::domain::facts::{CodeFact, EntryFact, LinkFact};

/// Named at most: what is behind them is counted.
const NAMED: usize = 1_000;

/// By what the imports among some changes do goods could lose their place on a list. `delta` is what all the changes come
/// to; what the others name is told of them. What an import only adds takes nothing away: an edition, a table or a list
/// that was not here, and more codes and entries of one that was. Links are more than that: where all those of a code are
/// known, another one says that its goods are not only those that they were.
pub(crate) fn taken(before: &Catalogue, delta: &Delta, changes: &[Change]) -> Vec<Tightening> {
    let Some(import) = changes.iter().find(|change| change.import().is_some()) else { return Vec::new() };
    let others: HashSet<String> =
        changes.iter().filter(|change| change.import().is_none()).map(Change::entry_name).collect();
    let mut all = losses(before, delta);
    all.retain(|(entry, _)| !others.contains(entry));
    // What ended comes in no order.
    all.sort();
    let more = all.len().saturating_sub(NAMED);
    all.truncate(NAMED);
    if more > 0 {
        all.push((import.entry_name(), format!("takes away {more} more like that")));
    }
    let tightening = |(entry, what)| Tightening { entry, field: "publish_import".to_owned(), what };
    all.into_iter().map(tightening).collect()
}

/// The names of all that a delta takes something from.
pub(crate) fn losing(before: &Catalogue, delta: &Delta) -> BTreeSet<String> {
    losses(before, delta).into_iter().map(|(name, _)| name).collect()
}

/// The name of what loses, and what it loses.
type Loss = (String, String);

fn losses(before: &Catalogue, delta: &Delta) -> Vec<Loss> {
    let mut all = entries(before, delta);
    all.extend(codes(before, delta));
    all.extend(links(before, delta));
    all.extend(tables(before, delta));
    all
}

fn entries(before: &Catalogue, delta: &Delta) -> Vec<Loss> {
    let lists: BTreeSet<&str> = delta.entries.ended.iter().map(|(list, _)| list.as_str()).collect();
    let lists = lists.into_iter().filter_map(|list| before.list(list));
    let was: HashMap<(&str, &str), &EntryFact> =
        lists.flat_map(|list| &list.entries).map(|entry| (key(entry), entry)).collect();
    let name = |list: &str, entry: &str| format!("greenLists/{list}/entries/{entry}");
    let mut losses = Vec::new();
    for entry in &delta.entries.added {
        let Some(was) = was.get(&key(entry)) else { continue };
        for (_, what) in entry_tightened(was, entry) {
            losses.push((name(&entry.list, &entry.id), what.to_owned()));
        }
    }
    let kept: HashSet<(&str, &str)> = delta.entries.added.iter().map(key).collect();
    let gone = delta.entries.ended.iter().filter(|(list, entry)| !kept.contains(&(list.as_str(), entry.as_str())));
    losses.extend(gone.map(|(list, entry)| (name(list, entry), "is taken off the list".to_owned())));
    losses
}

fn codes(before: &Catalogue, delta: &Delta) -> Vec<Loss> {
    let name = |edition: &str, code: &str| format!("editions/{edition}/codes/{code}");
    let (now, mut losses) = (Now::of(before, delta), Vec::new());
    for code in &delta.codes.added {
        let Some(at) = position(before, &code.edition, &code.code) else { continue };
        let was = &before.code(at).fact;
        for (_, what) in moved((was.effective_from, was.effective_to), (code.effective_from, code.effective_to)) {
            losses.push((name(&code.edition, &code.code), what.to_owned()));
        }
        // What is on a list as a heading is there with all that lies under it.
        if let Some(heading) = now.lost(at, code) {
            losses.push((name(&code.edition, &code.code), format!("no longer lies under {heading}")));
        }
    }
    losses.extend(now.gone.iter().map(|(edition, code)| (name(edition, code), "is deleted".to_owned())));
    losses
}

/// The codes once all the changes are made.
struct Now<'d> {
    before: &'d Catalogue,
    added: HashMap<(&'d str, &'d str), &'d CodeFact>,
    gone: HashSet<(&'d str, &'d str)>,
}

impl<'d> Now<'d> {
    fn of(before: &'d Catalogue, delta: &'d Delta) -> Self {
        let added: HashMap<(&str, &str), &CodeFact> =
            delta.codes.added.iter().map(|code| ((code.edition.as_str(), code.code.as_str()), code)).collect();
        let ended = delta.codes.ended.iter().map(|(edition, code)| (edition.as_str(), code.as_str()));
        let gone = ended.filter(|key| !added.contains_key(key)).collect();
        Self { before, added, gone }
    }

    fn code(&self, edition: &str, code: &str) -> Option<&'d CodeFact> {
        if let Some(added) = self.added.get(&(edition, code)) {
            return Some(*added);
        }
        let before = self.before;
        let known = &before.code(position(before, edition, code)?).fact;
        (!self.gone.contains(&(edition, code))).then_some(known)
    }

    /// The code above another.
    fn above(&self, code: &CodeFact) -> Option<&'d CodeFact> {
        match code.parent.as_str() {
            "" => (1..code.code.len()).rev().find_map(|end| self.code(&code.edition, code.code.get(..end)?)),
            parent => self.code(&code.edition, parent),
        }
    }

    /// The nearest code that a code was under and is so no longer. One that is deleted is told of itself.
    fn lost(&self, was: Position, code: &CodeFact) -> Option<&'d str> {
        let above = std::iter::successors(self.above(code), |it| self.above(it));
        let above: HashSet<&str> = above.map(|it| it.code.as_str()).collect();
        let before = self.before;
        let mut headings = before.ancestors(was).map(|at| before.code(at).fact.code.as_str());
        headings.find(|it| !above.contains(it) && !self.gone.contains(&(code.edition.as_str(), *it)))
    }
}

fn links(before: &Catalogue, delta: &Delta) -> Vec<Loss> {
    let name = |edition: &str, code: &str| format!("editions/{edition}/codes/{code}");
    let mut losses = Vec::new();
    for link in &delta.links.added {
        let Some(table) = table(before, &link.earlier_edition, &link.later_edition) else { continue };
        let what = match narrowed(before, table, link) {
            Some(Narrowed::Part) => "has only a part of its goods in",
            Some(Narrowed::HeldBack) => "is linked only by what is held back to",
            Some(Narrowed::Shared) => "has goods, where it had none, in",
            None => continue,
        };
        let what = format!("{what} {} of {}", link.later_code, link.later_edition);
        losses.push((name(&link.earlier_edition, &link.earlier_code), what));
    }
    let of = |link: &LinkFact| {
        [&link.earlier_edition, &link.earlier_code, &link.later_edition, &link.later_code].map(Clone::clone)
    };
    let kept: HashSet<[String; 4]> = delta.links.added.iter().map(of).collect();
    for [earlier, code, later, target] in delta.links.ended.iter().filter(|link| !kept.contains(*link)) {
        losses.push((name(earlier, code), format!("no longer has goods in {target} of {later}")));
    }
    losses
}

/// Codes of which a table was the whole, and is so no longer: some rows of the file could not be taken.
fn tables(before: &Catalogue, delta: &Delta) -> Vec<Loss> {
    let mut losses = Vec::new();
    for fact in &delta.tables.added {
        let Some(was) = table(before, &fact.earlier, &fact.later).filter(|was| was.fact.is_some()) else { continue };
        for (edition, code) in &fact.unsure {
            let known = position(before, edition, code);
            if known.is_some_and(|at| was.links(at.edition, at.row) && !was.is_unsure(at.edition, at.row)) {
                let other = if *edition == fact.earlier { &fact.later } else { &fact.earlier };
                let name = format!("editions/{edition}/codes/{code}");
                losses.push((name, format!("no longer has all its links with {other}")));
            }
        }
    }
    losses
}

/// How a link says less of its codes than was said before.
enum Narrowed {
    Part,
    HeldBack,
    Shared,
}

fn narrowed(before: &Catalogue, table: &Table, link: &LinkFact) -> Option<Narrowed> {
    let earlier = position(before, &link.earlier_edition, &link.earlier_code);
    let later = position(before, &link.later_edition, &link.later_code);
    let was = earlier
        .zip(later)
        .and_then(|(earlier, later)| table.later_of(earlier.row).iter().find(|edge| edge.to == later.row));
    match was {
        Some(was) if link.held_back && !was.held_back => Some(Narrowed::HeldBack),
        Some(was) if link.ex && !was.ex => Some(Narrowed::Part),
        Some(was) if link.held_back || !was.held_back => None,
        // Of a table that is not known to be whole nobody could take what it says for all.
        _ if table.fact.is_none() => None,
        _ => {
            let said_all = |at: Position| table.links(at.edition, at.row) && !table.is_unsure(at.edition, at.row);
            [earlier, later].into_iter().flatten().any(said_all).then_some(Narrowed::Shared)
        }
    }
}

fn position(catalogue: &Catalogue, edition: &str, code: &str) -> Option<Position> {
    catalogue.find(catalogue.edition(edition)?, code)
}

fn table<'c>(catalogue: &'c Catalogue, earlier: &str, later: &str) -> Option<&'c Table> {
    let (earlier, later) = catalogue.edition(earlier).zip(catalogue.edition(later))?;
    let mut published = catalogue.tables.iter().filter(|table| !table.extension);
    published.find(|table| (table.earlier, table.later) == (earlier, later))
}
