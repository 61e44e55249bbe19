//! The catalogue at one revision, indexed for reading. Immutable once built.

mod share;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;
use foldhash::fast::RandomState;

pub(crate) use self::share::Scope;
use super::correlation::Table;
use super::facts::{
    CodeFact, CodeSystemFact, EditionFact, EntryFact, ExampleFact, Facts, Level, ListFact, TableFact, TermFact,
};
use super::search::{SearchIndex, Synonyms};
use super::suggest::Vague;
use super::taught::Taught;
use super::translate::{Translation, Way};

/// Everything known at one revision. What is large is shared with the revisions before and after that did not change it.
#[derive(Clone, Debug)]
pub(crate) struct Catalogue {
    pub(crate) revision: u64,
    /// The last one that changed anything but what is taught: all that is said of codes and lists is the same since.
    pub(crate) changed_at: u64,
    pub(crate) systems: Vec<CodeSystemFact>,
    /// By code system, oldest first.
    pub(crate) editions: Arc<Vec<EditionData>>,
    pub(crate) tables: Arc<Vec<Table>>,
    /// By identifier.
    pub(crate) lists: Vec<ListData>,
    pub(crate) terms: Arc<Vec<TermRow>>,
    pub(crate) synonyms: Arc<Synonyms>,
    pub(crate) vague: Arc<Vague>,
    pub(crate) search: SearchIndex,
    pub(crate) taught: Arc<Taught>,
    by_edition: Arc<HashMap<String, usize, RandomState>>,
    /// The way between each two editions that there is one between.
    ways: Arc<HashMap<(usize, usize), Way>>,
}

/// An edition with its codes in their order.
#[derive(Clone, Debug)]
pub(crate) struct EditionData {
    pub(crate) fact: EditionFact,
    /// Lengths of codes in its system.
    pub(crate) code_lengths: Vec<u32>,
    /// In the order of the digits, so that what is below a code follows it.
    pub(crate) codes: Codes,
    index: Arc<HashMap<Box<str>, u32, RandomState>>,
}

/// The codes of an edition, shared by the revisions that did not change them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Codes(Arc<Vec<CodeRow>>);

impl Codes {
    /// Whether they are the same in memory.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl std::ops::Deref for Codes {
    type Target = [CodeRow];

    fn deref(&self) -> &[CodeRow] {
        &self.0
    }
}

impl<'c> IntoIterator for &'c Codes {
    type Item = &'c CodeRow;
    type IntoIter = std::slice::Iter<'c, CodeRow>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// A code with its place in the hierarchy.
#[derive(Clone, Debug)]
pub(crate) struct CodeRow {
    pub(crate) fact: CodeFact,
    pub(crate) level: Level,
    pub(crate) parent: Option<u32>,
    /// Rows directly below.
    pub(crate) children: Vec<u32>,
    /// First row after those below it.
    pub(crate) end: u32,
}

/// A green list with its entries in the order of their codes.
#[derive(Clone, Debug)]
pub(crate) struct ListData {
    pub(crate) fact: ListFact,
    pub(crate) entries: Vec<EntryFact>,
}

/// A term of an A to Z index.
#[derive(Clone, Debug)]
pub(crate) struct TermRow {
    /// The code that it leads to.
    pub(crate) at: Position,
    pub(crate) fact: TermFact,
}

/// A code in a catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) edition: usize,
    pub(crate) row: u32,
}

/// Facts that do not fit together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BuildError {
    #[error("edition {0} belongs to the unknown code system {1}")]
    UnknownSystem(String, String),
    #[error("{0} names the unknown edition {1}")]
    UnknownEdition(String, String),
    #[error("{0} names the unknown code {1} of {2}")]
    UnknownCode(String, String, String),
    #[error("{0} appears twice")]
    Twice(String),
    #[error("entry {0} names the unknown list {1}")]
    UnknownList(String, String),
}

impl Catalogue {
    /// A catalogue of nothing.
    pub(crate) fn empty() -> Self {
        Self {
            revision: 0,
            changed_at: 0,
            systems: Vec::new(),
            editions: Arc::default(),
            tables: Arc::default(),
            lists: Vec::new(),
            terms: Arc::default(),
            synonyms: Arc::default(),
            vague: Arc::default(),
            search: SearchIndex::default(),
            taught: Arc::default(),
            by_edition: Arc::default(),
            ways: Arc::default(),
        }
    }

    /// Indexes the facts of a revision.
    pub(crate) fn build(revision: u64, facts: Facts) -> Result<Self, BuildError> {
        Self::empty().rebuilt(revision, facts, &Scope::default())
    }

    /// What follows from the codes and the tables that are there.
    fn finish(&mut self, facts: Facts) -> Result<(), BuildError> {
        let Facts { tables, lists, entries, terms, synonyms, vague, examples, .. } = facts;
        for fact in tables {
            self.describe_table(fact)?;
        }
        self.add_extensions();
        for table in Arc::make_mut(&mut self.tables) {
            table.sort();
        }
        self.doubt();
        Arc::make_mut(&mut self.tables).sort_by_key(|table| (table.earlier, table.later));
        let editions = self.editions.len();
        let pairs = (0..editions).flat_map(|from| (0..editions).map(move |to| (from, to)));
        let ways = pairs.filter_map(|(from, to)| Some(((from, to), Way::between(self, from, to)?))).collect();
        self.ways = Arc::new(ways);
        self.add_lists(lists, entries)?;
        self.add_terms(terms);
        self.synonyms = Arc::new(Synonyms::of(synonyms, &self.editions));
        self.vague = Arc::new(Vague::of(vague));
        self.search = SearchIndex::of(self.editions.len());
        self.taught = Arc::new(Taught::default().with(self, examples));
        Ok(())
    }

    /// The same at a later revision that taught examples and changed nothing else.
    pub(crate) fn with_taught(&self, revision: u64, examples: Vec<ExampleFact>) -> Self {
        let taught = match examples.is_empty() {
            true => Arc::clone(&self.taught),
            false => Arc::new(self.taught.with(self, examples)),
        };
        Self { revision, taught, ..self.clone() }
    }

    /// The same at a later revision with these green lists, which taught these examples and changed nothing else.
    pub(crate) fn with_lists(&self, revision: u64, news: Facts) -> Result<Self, BuildError> {
        let Facts { lists, entries, examples, .. } = news;
        let mut next = self.with_taught(revision, examples);
        next.add_lists(lists, entries)?;
        next.changed_at = revision;
        Ok(next)
    }

    /// The same with some of its lists as they were in earlier versions.
    pub(crate) fn with_earlier(&self, lists: Vec<ListData>) -> Self {
        let mut catalogue = self.clone();
        for list in lists {
            if let Ok(at) = catalogue.lists.binary_search_by(|known| known.fact.id.cmp(&list.fact.id)) {
                catalogue.lists[at] = list;
            }
        }
        catalogue
    }

    /// How many codes all its editions have.
    pub(crate) fn code_count(&self) -> usize {
        self.editions.iter().map(|edition| edition.codes.len()).sum()
    }

    /// Whether two revisions have their codes in common, in memory too.
    #[cfg(test)]
    pub(crate) fn shares_codes(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.editions, &other.editions)
    }

    /// What its green lists are made of.
    pub(crate) fn list_facts(&self) -> Facts {
        Facts {
            lists: self.lists.iter().map(|list| list.fact.clone()).collect(),
            entries: self.lists.iter().flat_map(|list| &list.entries).cloned().collect(),
            ..Facts::default()
        }
    }

    /// Index of an edition.
    pub(crate) fn edition(&self, id: &str) -> Option<usize> {
        self.by_edition.get(id).copied()
    }

    /// Identifiers of all editions, in their order.
    pub(crate) fn edition_ids(&self) -> impl Iterator<Item = &str> {
        self.editions.iter().map(|edition| edition.fact.id.as_str())
    }

    /// The way from one edition to another by published tables.
    pub(crate) fn way(&self, from: usize, to: usize) -> Option<&Way> {
        self.ways.get(&(from, to))
    }

    /// The table of a translation that needed one alone.
    pub(crate) fn table_of(&self, translation: &Translation) -> Option<&Table> {
        let [from, to] = translation.path.as_slice() else { return None };
        let between = |table: &&Table| [(*from, *to), (*to, *from)].contains(&(table.earlier, table.later));
        self.tables.iter().find(between)
    }

    /// Where a code is.
    pub(crate) fn find(&self, edition: usize, code: &str) -> Option<Position> {
        self.editions.get(edition)?.row_of(code).map(|row| Position { edition, row })
    }

    /// The code at a position.
    pub(crate) fn code(&self, at: Position) -> &CodeRow {
        &self.editions[at.edition].codes[at.row as usize]
    }

    /// The codes above one, nearest first.
    pub(crate) fn ancestors(&self, at: Position) -> impl Iterator<Item = Position> + '_ {
        let parent = move |of: &Position| self.code(*of).parent.map(|row| Position { edition: at.edition, row });
        std::iter::successors(parent(&at), parent)
    }

    /// The rows without anything below them at or under a position, in order.
    pub(crate) fn leaves(&self, at: Position) -> impl Iterator<Item = u32> + '_ {
        let codes = &self.editions[at.edition].codes;
        (at.row..self.code(at).end).filter(move |row| codes[*row as usize].children.is_empty())
    }

    /// The codes without any below them that two editions both have and of which a table says nothing, by a test of either
    /// end. Chapter 99 is left out: there economies and statisticians put what they do not classify.
    pub(crate) fn in_both(
        &self,
        one: usize,
        other: usize,
        unnamed: impl Fn(Position) -> bool,
    ) -> impl Iterator<Item = &str> {
        in_both(&self.editions, one, other, unnamed).map(|(_, _, digits)| digits)
    }

    /// Editions in which these digits are a code.
    pub(crate) fn editions_with(&self, code: &str) -> Vec<&str> {
        let with = self.editions.iter().filter(|edition| edition.row_of(code).is_some());
        with.map(|edition| edition.fact.id.as_str()).collect()
    }

    /// The codes that exist above digits that may be none, nearest first.
    pub(crate) fn nearest(&self, edition: usize, code: &str) -> Vec<Position> {
        let mut found: Vec<Position> =
            (1..code.len()).rev().filter_map(|end| self.find(edition, code.get(..end)?)).collect();
        if found.is_empty() {
            let first = self.editions[edition].padded_above(code).map(|row| Position { edition, row });
            found = first.into_iter().chain(first.into_iter().flat_map(|at| self.ancestors(at))).collect();
        }
        found
    }

    /// The newest edition of each code system that is in force on a day.
    pub(crate) fn in_force(&self, on: NaiveDate) -> Vec<usize> {
        let mut newest: HashMap<&str, usize> = HashMap::new();
        for (index, edition) in self.editions.iter().enumerate() {
            if edition.in_force(on) {
                newest.insert(&edition.fact.system, index);
            }
        }
        let mut newest: Vec<_> = newest.into_values().collect();
        newest.sort_unstable();
        newest
    }

    /// A list by its identifier.
    pub(crate) fn list(&self, id: &str) -> Option<&ListData> {
        let at = self.lists.binary_search_by(|list| list.fact.id.as_str().cmp(id)).ok()?;
        self.lists.get(at)
    }

    fn add_editions(&mut self, mut editions: Vec<EditionFact>) -> Result<(), BuildError> {
        editions.sort_by(|a, b| (&a.system, a.effective_from, &a.id).cmp(&(&b.system, b.effective_from, &b.id)));
        for fact in editions {
            let system = self.systems.iter().find(|system| system.id == fact.system);
            let system = system.ok_or_else(|| BuildError::UnknownSystem(fact.id.clone(), fact.system.clone()))?;
            let code_lengths = system.code_lengths.clone();
            let number = self.editions.len();
            if Arc::make_mut(&mut self.by_edition).insert(fact.id.clone(), number).is_some() {
                return Err(BuildError::Twice(fact.id));
            }
            Arc::make_mut(&mut self.editions).push(EditionData {
                fact,
                code_lengths,
                codes: Codes::default(),
                index: Arc::default(),
            });
        }
        Ok(())
    }

    fn add_codes(&mut self, codes: Vec<CodeFact>) -> Result<(), BuildError> {
        let mut by_edition: Vec<Vec<CodeFact>> = vec![Vec::new(); self.editions.len()];
        for fact in codes {
            let edition = self.edition(&fact.edition);
            let edition = edition.ok_or_else(|| BuildError::UnknownEdition(fact.code.clone(), fact.edition.clone()))?;
            by_edition[edition].push(fact);
        }
        for (edition, mut codes) in Arc::make_mut(&mut self.editions).iter_mut().zip(by_edition) {
            codes.sort_by(|a, b| (a.order, &a.code).cmp(&(b.order, &b.code)));
            edition.make_room(codes.len());
            codes.into_iter().try_for_each(|fact| edition.add(fact))?;
        }
        Ok(())
    }

    fn linked(&self, edition: &str, code: &str) -> Result<Position, BuildError> {
        let index = self
            .edition(edition)
            .ok_or_else(|| BuildError::UnknownEdition("a correlation".to_owned(), edition.to_owned()))?;
        self.find(index, code)
            .ok_or_else(|| BuildError::UnknownCode("a correlation".to_owned(), code.to_owned(), edition.to_owned()))
    }

    /// Terms whose code the catalogue no longer has lead nowhere.
    fn add_terms(&mut self, terms: Vec<TermFact>) {
        for fact in terms {
            let edition = self.edition(&fact.edition);
            if let Some(at) = edition.and_then(|edition| self.find(edition, &fact.code)) {
                Arc::make_mut(&mut self.terms).push(TermRow { at, fact });
            }
        }
        Arc::make_mut(&mut self.terms).sort_by(|a, b| (a.at, &a.fact.term).cmp(&(b.at, &b.fact.term)));
    }

    fn table_between(&mut self, earlier: usize, later: usize) -> &mut Table {
        let existing = self.tables.iter().position(|table| table.earlier == earlier && table.later == later);
        let at = existing.unwrap_or_else(|| {
            let codes = |edition: usize| self.editions[edition].codes.len();
            let table = Table::new(earlier, codes(earlier), later, codes(later));
            Arc::make_mut(&mut self.tables).push(table);
            self.tables.len() - 1
        });
        &mut Arc::make_mut(&mut self.tables)[at]
    }

    /// What is known of a table as a whole. A table without rows is one.
    fn describe_table(&mut self, fact: TableFact) -> Result<(), BuildError> {
        let find = |id: &str| self.edition(id).ok_or_else(|| BuildError::UnknownEdition(fact.id(), id.to_owned()));
        let (earlier, later) = (find(&fact.earlier)?, find(&fact.later)?);
        self.table_between(earlier, later).fact = Some(fact);
        Ok(())
    }

    /// The tables between an edition and the one that it extends: each of its codes holds a part of the code that it
    /// begins with. Of one that begins with none, as the special provisions of chapters 98 and 99, it is not known in which
    /// codes its goods are.
    fn add_extensions(&mut self) {
        for later in 0..self.editions.len() {
            let extension = &self.editions[later];
            let Some(earlier) = self.edition(&extension.fact.extends).filter(|earlier| *earlier != later) else {
                continue;
            };
            let base = &self.editions[earlier];
            let mut table = Table::new(earlier, base.codes.len(), later, extension.codes.len());
            table.extension = true;
            for (row, code) in (0u32..).zip(&extension.codes).filter(|(_, code)| code.children.is_empty()) {
                let digits = code.fact.digits();
                let above = (1..=digits.len()).rev().find_map(|end| base.row_of(digits.get(..end)?));
                let above = above.or_else(|| base.padded_above(digits));
                let above = above.filter(|above| base.codes[*above as usize].children.is_empty());
                match above {
                    Some(above) => table.link(above, row, false, false),
                    None => table.doubt(later, row),
                }
            }
            if extension.fact.partial {
                // A line of the same digits is the whole code.
                let whole = |table: &Table, row: u32, code: &CodeRow| {
                    let line = |to: u32| extension.codes[to as usize].fact.digits();
                    table.later_of(row).iter().any(|edge| line(edge.to) == code.fact.code)
                };
                for (row, code) in (0u32..).zip(&base.codes) {
                    if !whole(&table, row, code) {
                        table.doubt(earlier, row);
                    }
                }
            }
            Arc::make_mut(&mut self.tables).push(table);
        }
    }

    /// Notes of which codes not all links are known: those that say so, and in a table that is not known to be whole
    /// those that it does not link to anything.
    fn doubt(&mut self) {
        let by_edition = &self.by_edition;
        for table in Arc::make_mut(&mut self.tables).iter_mut().filter(|table| !table.extension) {
            let fact = table.fact.clone();
            if let Some(fact) = fact.as_ref().filter(|fact| !fact.conversion) {
                for (edition, code) in &fact.unsure {
                    let Some(edition) = by_edition.get(edition).copied() else { continue };
                    if let Some(row) = self.editions[edition].row_of(code) {
                        table.doubt(edition, row);
                    }
                }
                // What stays in both editions and is not named did not vanish: it is not known what became of it.
                let (earlier, later) = (table.earlier, table.later);
                let unnamed = |at: Position| !table.links(at.edition, at.row);
                let left: Vec<(u32, u32)> =
                    in_both(&self.editions, earlier, later, unnamed).map(|(one, other, _)| (one, other)).collect();
                for (one, other) in left {
                    table.doubt(earlier, one);
                    table.doubt(later, other);
                }
                continue;
            }
            for edition in [table.earlier, table.later] {
                for (row, code) in (0u32..).zip(&self.editions[edition].codes) {
                    let leaf = code.children.is_empty();
                    if fact.is_some() || code.fact.links_partial || (leaf && !table.links(edition, row)) {
                        table.doubt(edition, row);
                    }
                }
            }
        }
    }

    fn add_lists(&mut self, mut lists: Vec<ListFact>, entries: Vec<EntryFact>) -> Result<(), BuildError> {
        lists.sort_by(|a, b| a.id.cmp(&b.id));
        self.lists = lists.into_iter().map(|fact| ListData { fact, entries: Vec::new() }).collect();
        for entry in entries {
            let edition = self
                .edition(&entry.edition)
                .ok_or_else(|| BuildError::UnknownEdition(entry.id.clone(), entry.edition.clone()))?;
            if self.find(edition, &entry.code).is_none() {
                return Err(BuildError::UnknownCode(entry.id, entry.code, entry.edition));
            }
            let at = self.lists.binary_search_by(|list| list.fact.id.cmp(&entry.list));
            let at = at.map_err(|_| BuildError::UnknownList(entry.id.clone(), entry.list.clone()))?;
            self.lists[at].entries.push(entry);
        }
        for list in &mut self.lists {
            list.sort();
        }
        Ok(())
    }
}

/// Of the codes without any below them that two editions both have, those of which both ends pass a test: their rows and
/// digits. But for chapter 99.
fn in_both(
    editions: &[EditionData],
    one: usize,
    other: usize,
    test: impl Fn(Position) -> bool,
) -> impl Iterator<Item = (u32, u32, &str)> {
    let leaf = |edition: usize, row: u32| editions[edition].codes[row as usize].children.is_empty();
    (0u32..).zip(&editions[one].codes).filter_map(move |(row, code)| {
        let digits = code.fact.code.as_str();
        let there = editions[other].row_of(digits)?;
        let [here, there] = [(one, row), (other, there)].map(|(edition, row)| Position { edition, row });
        let both = [here, there].into_iter().all(|at| leaf(at.edition, at.row) && test(at));
        (both && !digits.starts_with("99")).then_some((here.row, there.row, digits))
    })
}

impl EditionData {
    /// Row of a code.
    pub(crate) fn row_of(&self, code: &str) -> Option<u32> {
        self.index.get(code).copied()
    }

    /// Row of the nearest code above digits where all codes are of one length (TARIC): those above end in zeros, with an even
    /// number of digits before them, as 8540000000 is no code above 8541000000 but another heading.
    pub(crate) fn padded_above(&self, code: &str) -> Option<u32> {
        let padded = |end: usize| self.row_of(&format!("{:0<10}", code.get(..end)?));
        (1..=code.len()).rev().filter(|end| end.is_multiple_of(2)).find_map(padded)
    }

    /// Whether it is in force on a day.
    pub(crate) fn in_force(&self, on: NaiveDate) -> bool {
        self.fact.effective_from <= on && self.fact.effective_to.is_none_or(|last| on <= last)
    }

    /// Makes room for so many codes more.
    fn make_room(&mut self, codes: usize) {
        Arc::make_mut(&mut self.index).reserve(codes);
        Arc::make_mut(&mut self.codes.0).reserve_exact(codes);
    }

    /// Adds a code that comes after all those added before.
    fn add(&mut self, fact: CodeFact) -> Result<(), BuildError> {
        let row = u32::try_from(self.codes.len()).unwrap_or(u32::MAX);
        if Arc::make_mut(&mut self.index).insert(fact.code.clone().into_boxed_str(), row).is_some() {
            return Err(BuildError::Twice(format!("{} of {}", fact.code, fact.edition)));
        }
        let parent = match fact.parent.as_str() {
            "" => (1..fact.code.len()).rev().find_map(|end| self.row_of(fact.code.get(..end)?)),
            above => {
                let unknown = || BuildError::UnknownCode(fact.code.clone(), above.to_owned(), fact.edition.clone());
                Some(self.row_of(above).filter(|above| *above != row).ok_or_else(unknown)?)
            }
        };
        let codes = Arc::make_mut(&mut self.codes.0);
        if let Some(parent) = parent {
            codes[parent as usize].children.push(row);
        }
        let mut above = parent;
        while let Some(ancestor) = above {
            codes[ancestor as usize].end = row + 1;
            above = codes[ancestor as usize].parent;
        }
        let level = fact.level.unwrap_or_else(|| Level::of(&fact.code));
        codes.push(CodeRow { fact, level, parent, children: Vec::new(), end: row + 1 });
        Ok(())
    }
}

impl ListData {
    /// A list of entries.
    pub(crate) fn new(fact: ListFact, entries: Vec<EntryFact>) -> Self {
        let mut list = Self { fact, entries };
        list.sort();
        list
    }

    fn sort(&mut self) {
        self.entries.sort_by(|a, b| (&a.code, &a.edition, &a.id).cmp(&(&b.code, &b.edition, &b.id)));
    }

    /// Whether it is in force on a day.
    pub(crate) fn in_force(&self, on: NaiveDate) -> bool {
        self.fact.effective_from.is_none_or(|first| first <= on) && self.fact.effective_to.is_none_or(|last| on <= last)
    }

    /// Whether an entry means a part only of its code: it says so, or the list narrows its entries by descriptions that
    /// are not held here.
    pub(crate) fn part_only(&self, entry: &EntryFact) -> bool {
        entry.ex || self.fact.narrowed
    }

    /// Whether one of its entries is in force on a day.
    pub(crate) fn holds(&self, entry: &EntryFact, on: NaiveDate) -> bool {
        self.in_force(on)
            && entry.effective_from.is_none_or(|first| first <= on)
            && entry.effective_to.is_none_or(|last| on <= last)
    }

    /// The entries in force on a day.
    pub(crate) fn entries_on(&self, on: NaiveDate) -> impl Iterator<Item = &EntryFact> {
        self.entries.iter().filter(move |entry| self.holds(entry, on))
    }
}

#[cfg(test)]
mod tests;
