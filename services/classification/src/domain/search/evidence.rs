//! What else is said of an edition's codes: A to Z terms, the lines of the national tariffs below them, and which lines are
//! below none.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::index::Read;
use super::synonyms::row_of;
use crate::domain::catalogue::{Catalogue, Position};
use crate::domain::facts::Level;
use crate::domain::translate::{Relation, translate};

/// Texts by the row that they speak of.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Evidence<'c> {
    pub(super) terms: Vec<(u32, &'c str)>,
    /// By national edition, of those that have any: the numbers of their texts.
    pub(super) lines: Vec<Vec<(u32, u32)>>,
    /// Rows of its own that are no part of the edition that it extends.
    pub(super) outside: Vec<u32>,
}

/// What is found once by national edition of a catalogue, for all editions that it speaks of.
#[derive(Debug, Default)]
pub(super) struct Below {
    /// The rows of the edition that it extends, each with the numbers of the texts below it, in order.
    lines: HashMap<usize, Arc<[(u32, u32)]>, RandomState>,
    /// Of each of its own lines, whether it is outside.
    outside: HashMap<usize, Arc<[bool]>, RandomState>,
}

impl Below {
    fn outside(&mut self, catalogue: &Catalogue, national: usize, base: usize) -> Arc<[bool]> {
        Arc::clone(self.outside.entry(national).or_insert_with(|| outside(catalogue, national, base).into()))
    }

    fn lines(&mut self, catalogue: &Catalogue, national: usize, base: usize, read: &mut Read) -> Arc<[(u32, u32)]> {
        if let Some(known) = self.lines.get(&national) {
            return Arc::clone(known);
        }
        let outside = self.outside(catalogue, national, base);
        let found: Arc<[(u32, u32)]> = lines(catalogue, national, base, &outside, read).into();
        self.lines.insert(national, Arc::clone(&found));
        found
    }
}

impl<'c> Evidence<'c> {
    /// What is said of the codes of an edition: to it, or to a code of another edition of its system all of whose goods it
    /// holds.
    pub(super) fn of(catalogue: &'c Catalogue, edition: usize, below: &mut Below, read: &mut Read) -> Self {
        let mut same = Same { catalogue, edition, known: HashMap::default() };
        let mut evidence = Self::default();
        if let Some(base) = catalogue.edition(&catalogue.editions[edition].fact.extends) {
            let outside = below.outside(catalogue, edition, base);
            let rows = (0u32..).zip(outside.iter()).filter(|(_, outside)| **outside);
            evidence.outside = rows.map(|(row, _)| row).collect();
        }
        for term in catalogue.terms.iter() {
            evidence.terms.extend(same.row(term.at).map(|row| (row, term.fact.term.as_str())));
        }
        for (code, word) in catalogue.synonyms.terms() {
            let term = row_of(&catalogue.editions[edition], code).map(|row| (row, word));
            let new = term.filter(|term| !evidence.terms.contains(term));
            evidence.terms.extend(new);
        }
        for (national, data) in catalogue.editions.iter().enumerate() {
            let base = catalogue.edition(&data.fact.extends).filter(|base| same.system(*base));
            let Some(base) = base else { continue };
            let lines = below.lines(catalogue, national, base, read);
            let mut said: Vec<(u32, u32)> = Vec::with_capacity(lines.len());
            for of_row in lines.chunk_by(|one, other| one.0 == other.0) {
                if let Some(row) = same.row(Position { edition: base, row: of_row[0].0 }) {
                    said.extend(of_row.iter().map(|(_, text)| (row, *text)));
                }
            }
            said.sort_unstable();
            said.dedup();
            // A national edition of other codes changes nothing here.
            if !said.is_empty() {
                evidence.lines.push(said);
            }
        }
        evidence
    }
}

/// The texts of a national edition by the rows of the one that it extends.
fn lines(catalogue: &Catalogue, national: usize, base: usize, outside: &[bool], read: &mut Read) -> Vec<(u32, u32)> {
    let (codes, extended) = (&catalogue.editions[national].codes, &catalogue.editions[base]);
    // Rungs that both editions have say the same of themselves: only what is below counts.
    let in_both: Vec<bool> = codes.iter().map(|code| catalogue.find(base, &code.fact.code).is_some()).collect();
    // For which row each line was read last.
    let mut read_for: Vec<Option<u32>> = vec![None; codes.len()];
    let mut said: Vec<(u32, u32)> = Vec::new();
    let counts = |number: u32| !in_both[number as usize] && !outside[number as usize];
    for (number, code) in (0u32..).zip(codes).filter(|(number, _)| counts(*number)) {
        let digits = &code.fact.code;
        let above = (1..digits.len()).rev().find_map(|end| extended.row_of(digits.get(..end)?));
        let Some(above) = above.or_else(|| extended.padded_above(digits)) else { continue };
        // The lines between, with a code or without, are read together with it: each once.
        let way = std::iter::successors(Some(number), |line| codes[*line as usize].parent);
        for line in way.take_while(|line| !in_both[*line as usize]) {
            // Those above it then were read for that row too.
            if read_for[line as usize].replace(above) == Some(above) {
                break;
            }
            let texts = &codes[line as usize].fact.descriptions;
            said.extend(texts.iter().map(|(_, text)| (above, read.number(text))));
        }
    }
    said.sort_unstable();
    said.dedup();
    said
}

/// Which lines of a national edition hold goods of no code of the one that it extends, though its chapter may have the same
/// digits: those of chapter 99 of the United States are of what is levied on goods of all other chapters. Where not all codes
/// of that one are known, none is said to be.
fn outside(catalogue: &Catalogue, national: usize, base: usize) -> Vec<bool> {
    let (codes, base) = (&catalogue.editions[national].codes, &catalogue.editions[base]);
    if base.fact.partial {
        return vec![false; codes.len()];
    }
    let is_part = |digits: &str| {
        let above = (1..=digits.len()).rev().find_map(|end| base.row_of(digits.get(..end)?));
        let above = above.or_else(|| base.padded_above(digits)).map(|row| &base.codes[row as usize]);
        above.is_some_and(|above| above.level > Level::Chapter || above.children.is_empty())
    };
    let mut parts: Vec<bool> =
        codes.iter().map(|code| code.children.is_empty() && is_part(code.fact.digits())).collect();
    // A code with others below it is what they are.
    for (row, code) in codes.iter().enumerate().rev() {
        if let Some(parent) = code.parent.filter(|_| parts[row]) {
            parts[parent as usize] = true;
        }
    }
    parts.into_iter().map(|part| !part).collect()
}

/// Codes of other editions as rows of one.
struct Same<'c> {
    catalogue: &'c Catalogue,
    edition: usize,
    known: HashMap<Position, Option<u32>, RandomState>,
}

impl Same<'_> {
    /// Whether another edition is of the same system.
    fn system(&self, edition: usize) -> bool {
        let editions = &self.catalogue.editions;
        editions[edition].fact.system == editions[self.edition].fact.system
    }

    fn row(&mut self, at: Position) -> Option<u32> {
        if at.edition == self.edition {
            return Some(at.row);
        }
        if !self.system(at.edition) {
            return None;
        }
        *self.known.entry(at).or_insert_with(|| {
            let found = translate(self.catalogue, at, self.edition, false);
            // What was merged since with other goods is all there still: what is said of it is said of the whole too.
            match (found.relation, found.targets.as_slice()) {
                (Relation::Exact | Relation::Merged, [only]) => Some(only.at.row),
                _ => None,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::{CodeFact, EditionFact};
    use crate::domain::testing::{code, edition, invented_facts, with_national};

    #[test]
    fn lines_of_a_chapter_that_extends_nothing_count_below_no_code_and_are_outside() {
        let facts = invented_facts(&["85 8541 854143 99 9999 999999"], &[]);
        let facts = with_national(facts, "N1", "E1", false, "8541 85414300 98010010 9903 99030101 99999900");
        let said = |partial: bool| {
            let mut facts = facts.clone();
            facts.editions[0].partial = partial;
            let catalogue = Catalogue::build(1, facts).unwrap();
            let (mut below, mut read) = (Below::default(), Read::default());
            let rows = |rows: &[u32], edition: usize| {
                let digits = |row: &u32| catalogue.editions[edition].codes[*row as usize].fact.code.clone();
                rows.iter().map(digits).collect::<Vec<_>>()
            };
            let evidence = Evidence::of(&catalogue, 0, &mut below, &mut read);
            let above: Vec<u32> = evidence.lines[0].iter().map(|(row, _)| *row).collect();
            let own = Evidence::of(&catalogue, 1, &mut below, &mut read);
            (rows(&above, 0), rows(&own.outside, 1))
        };
        let (above, outside) = said(false);
        assert_eq!(above, ["854143", "999999"]);
        assert_eq!(outside, ["98010010", "9903", "99030101"]);
        // Of an edition known in part the headings may only be missing.
        assert_eq!(said(true).1, Vec::<String>::new());
    }

    #[test]
    fn a_line_below_a_code_that_is_filled_up_with_zeros_is_not_outside() {
        let facts = invented_facts(&["8541430000"], &[]);
        let facts = with_national(facts, "N1", "E1", false, "8541430010 9903010100");
        let catalogue = Catalogue::build(1, facts).unwrap();
        let own = Evidence::of(&catalogue, 1, &mut Below::default(), &mut Read::default());
        let digits = |row: &u32| catalogue.editions[1].codes[*row as usize].fact.code.as_str();
        assert_eq!(own.outside.iter().map(digits).collect::<Vec<_>>(), ["9903010100"]);
    }

    #[test]
    fn each_text_of_the_lines_below_a_code_is_read_once_whether_its_line_has_a_code_or_not() {
        let mut facts = invented_facts(&["10 20"], &[]);
        facts.editions.push(EditionFact { extends: "E1".to_owned(), ..edition("N1", 5) });
        let lines = [
            ("10", "", "Fruit, or so"),
            ("100U1", "10", "Stone fruit"),
            ("1001", "100U1", "Plums"),
            ("1002", "100U1", "Plums"),
            ("20", "", "Nuts"),
            ("2001", "20", "Almonds"),
        ];
        for (order, (digits, parent, words)) in (1..).zip(lines) {
            let parent = parent.to_owned();
            facts.codes.push(CodeFact { parent, order, ..code("N1", digits, words) });
        }
        let catalogue = Catalogue::build(1, facts).unwrap();
        let (mut below, mut read) = (Below::default(), Read::default());
        let evidence = Evidence::of(&catalogue, 0, &mut below, &mut read);
        let mut expected =
            [(0, "Stone fruit"), (0, "Plums"), (1, "Almonds")].map(|(row, text)| (row, read.number(text)));
        expected.sort_unstable();
        assert_eq!(evidence.lines, [expected.to_vec()]);
        assert_eq!(read.words(), 0, "what is said is compared before anything of it is read");
    }
}
