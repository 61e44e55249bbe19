//! A correlation table between two editions, indexed both ways.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::facts::{LinkFact, LinkWords, TableFact};

/// A later code that by its table holds goods of more earlier ones than this says next to nothing of any of them: waste
/// of anything electrical (8549) came out of a thousand subheadings, and parts, display modules, transducers and chips
/// out of hundreds. The next below them, chemicals and medical goods, came out of 45 at most and are as they should be.
const EXPLOSIVE: usize = 50;

/// Holds back the links of explosive codes, but for those to the same digits.
pub(crate) fn hold_back(links: &mut [LinkFact]) {
    let mut earlier_codes: HashMap<[&str; 3], usize> = HashMap::new();
    for link in links.iter() {
        *earlier_codes.entry([&link.earlier_edition, &link.later_edition, &link.later_code]).or_default() += 1;
    }
    let explosive = |link: &LinkFact| {
        let key = [link.earlier_edition.as_str(), &link.later_edition, &link.later_code];
        earlier_codes.get(&key).is_some_and(|count| *count > EXPLOSIVE)
    };
    let held: Vec<bool> = links.iter().map(|link| explosive(link) && link.earlier_code != link.later_code).collect();
    for (link, held) in links.iter_mut().zip(held) {
        link.held_back |= held;
    }
}

/// One end of a link: the code at the other side and what the table says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    /// Row of the code in its edition.
    pub(crate) to: u32,
    /// The table marks it as holding for a part only of the earlier code.
    pub(crate) ex: bool,
    /// It is held back by default.
    pub(crate) held_back: bool,
}

/// The table between an earlier and a later edition.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Index of the earlier edition.
    pub(crate) earlier: usize,
    /// Index of the later one.
    pub(crate) later: usize,
    /// What is known of the table as a whole. None when it is not known to be whole.
    pub(crate) fact: Option<TableFact>,
    /// It is no published table, but follows from that the one edition extends the other.
    pub(crate) extension: bool,
    links: Arc<Links>,
    /// Whether the edges are in the order of their codes.
    sorted: bool,
    /// Rows of either edition whose links are not all known.
    unsure: [BTreeSet<u32>; 2],
}

/// The rows of a table, shared by the revisions that did not change them.
#[derive(Clone, Debug)]
struct Links {
    forward: Vec<Vec<Edge>>,
    backward: Vec<Vec<Edge>>,
    words: HashMap<(u32, u32), Box<LinkWords>>,
}

impl Table {
    pub(crate) fn new(earlier: usize, earlier_codes: usize, later: usize, later_codes: usize) -> Self {
        let (forward, backward) = (vec![Vec::new(); earlier_codes], vec![Vec::new(); later_codes]);
        Self {
            earlier,
            later,
            fact: None,
            extension: false,
            links: Arc::new(Links { forward, backward, words: HashMap::new() }),
            sorted: true,
            unsure: [BTreeSet::new(), BTreeSet::new()],
        }
    }

    /// The same links where its editions are numbered anew. What is not known of them is to be said again.
    pub(crate) fn between(&self, earlier: usize, later: usize) -> Self {
        let unsure = [BTreeSet::new(), BTreeSet::new()];
        let (links, sorted) = (Arc::clone(&self.links), self.sorted);
        Self { earlier, later, fact: None, extension: false, links, sorted, unsure }
    }

    /// Whether the rows of two tables are the same in memory.
    #[cfg(test)]
    pub(crate) fn shares_links(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.links, &other.links)
    }

    /// Adds a row. Rows come once.
    pub(crate) fn add(&mut self, earlier: u32, later: u32, fact: &LinkFact) {
        self.link(earlier, later, fact.ex, fact.held_back);
        if let Some(words) = &fact.words {
            Arc::make_mut(&mut self.links).words.insert((earlier, later), words.clone());
        }
    }

    /// Adds a row of which nothing is said but whether it is for a part and held back.
    pub(crate) fn link(&mut self, earlier: u32, later: u32, ex: bool, held_back: bool) {
        let edge = |to| Edge { to, ex, held_back };
        let links = Arc::make_mut(&mut self.links);
        links.forward[earlier as usize].push(edge(later));
        links.backward[later as usize].push(edge(earlier));
        self.sorted = false;
    }

    /// Notes that not all links of a code of one of the editions are known.
    pub(crate) fn doubt(&mut self, edition: usize, row: u32) {
        self.unsure[usize::from(edition == self.later)].insert(row);
    }

    /// Whether that is so.
    pub(crate) fn is_unsure(&self, edition: usize, row: u32) -> bool {
        self.unsure[usize::from(edition == self.later)].contains(&row)
    }

    /// Whether an edition that extends the other may have lines of a code that are not known here.
    pub(crate) fn lacks_lines(&self, edition: usize, row: u32) -> bool {
        self.extension && edition == self.earlier && self.is_unsure(edition, row)
    }

    /// Whether the goods of a code of one of the editions are in no code of the other that is known here. Of a code whose
    /// links are not all known that is not known either, but for lines: those that are known are told by their digits.
    pub(crate) fn loses(&self, edition: usize, row: u32) -> bool {
        !self.links(edition, row) && (!self.is_unsure(edition, row) || self.lacks_lines(edition, row))
    }

    /// Whether the table links a code of one of the editions to anything.
    pub(crate) fn links(&self, edition: usize, row: u32) -> bool {
        let edges = if edition == self.later { self.earlier_of(row) } else { self.later_of(row) };
        !edges.is_empty()
    }

    /// Puts the edges in the order of their codes.
    pub(crate) fn sort(&mut self) {
        if self.sorted {
            return;
        }
        let Links { forward, backward, .. } = Arc::make_mut(&mut self.links);
        for edges in forward.iter_mut().chain(backward) {
            edges.sort_unstable_by_key(|edge| edge.to);
            edges.shrink_to_fit();
        }
        self.sorted = true;
    }

    /// Where the goods of an earlier code went.
    pub(crate) fn later_of(&self, earlier: u32) -> &[Edge] {
        self.links.forward.get(earlier as usize).map_or(&[], Vec::as_slice)
    }

    /// Where the goods of a later code came from.
    pub(crate) fn earlier_of(&self, later: u32) -> &[Edge] {
        self.links.backward.get(later as usize).map_or(&[], Vec::as_slice)
    }

    /// What the table says of a link.
    pub(crate) fn words(&self, earlier: u32, later: u32) -> Option<&LinkWords> {
        self.links.words.get(&(earlier, later)).map(Box::as_ref)
    }

    /// All rows, in the order of the earlier codes: earlier, later edge.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (u32, Edge)> + '_ {
        (0u32..).zip(&self.links.forward).flat_map(|(earlier, edges)| edges.iter().map(move |edge| (earlier, *edge)))
    }
}
