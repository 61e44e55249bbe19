//! The best rows of an edition. What cannot be among them is left out as soon as that is certain, and what a row's terms
//! add is looked up only of rows that can.

use super::{Asked, EditionIndex, Key, OF_PARTS, Posting, SCORES, Score, Scores, UNWANTED, WHOLE_TERM, fits, number};

/// What rounding may add to a score.
const ROUNDING: f32 = 1.000_1;
/// Looking a row up costs as much as passing by so many.
const LOOK_UP: usize = 16;
/// How many times as many rows are looked at as are likely to be the best of them.
const LIKELY: usize = 16;

/// Scores below which no row is kept: one that lacks a word, and one that has all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Floors {
    pub(crate) some: f32,
    pub(crate) all: f32,
}

impl Floors {
    /// Those of as many hits when each counts so much.
    pub(crate) fn times(self, whole: f32) -> Self {
        Self { some: self.some * whole, all: self.all * whole }
    }

    /// Whether they are above a score.
    fn are_above(self, score: f32, all: bool) -> bool {
        score < if all { self.all } else { self.some }
    }

    /// The higher ones.
    pub(crate) fn max(self, other: Self) -> Self {
        Self { some: self.some.max(other.some), all: self.all.max(other.all) }
    }
}

/// What a query adds to a row at most.
struct Bounds {
    /// By word, and behind the last: what the sums of it and those behind it add, all together, and what they weigh.
    behind: Vec<(f32, f32)>,
    /// How often an indexed word is asked for, in one word or another: so much more it makes of a term than there is.
    repeats: f32,
    parts: f32,
    /// The indexed words, in the order in which they are asked for, with what each is of a term; and which there are, by
    /// the last six bits of their numbers.
    of_terms: Vec<(u32, f32)>,
    some: u64,
    /// The most that a row gets for excluding what the query excludes.
    given: f32,
}

impl Bounds {
    fn of(index: &EditionIndex, asked: &Asked) -> Self {
        let mut forms: Vec<(u32, f32)> = asked.keys.iter().flat_map(|key| key.forms.iter().copied()).collect();
        forms.sort_unstable_by_key(|(id, _)| *id);
        let same = forms.chunk_by(|a, b| a.0 == b.0);
        let repeats = same.map(|same| same.iter().map(|(_, trust)| trust).sum::<f32>()).fold(1.0, f32::max);
        let mut behind = vec![(0.0, 0.0); asked.keys.len() + 1];
        for (place, key) in asked.keys.iter().enumerate().rev() {
            let (mut says, mut weighs) = behind[place + 1];
            for (id, trust) in &key.forms {
                let word = &index.words[*id as usize];
                says += trust * key.weight * word.most;
                weighs += trust * word.weight;
            }
            behind[place] = (says, weighs);
        }
        let given: f32 = index.given(asked).map(|(_, given)| given).sum();
        let forms = asked.keys.iter().flat_map(|key| &key.forms);
        let of_terms: Vec<(u32, f32)> =
            forms.map(|(id, trust)| (*id, index.words[*id as usize].weight * trust)).collect();
        let some = of_terms.iter().fold(0, |some, (id, _)| some | bit(*id));
        let parts = if asked.parts { 1.0 } else { OF_PARTS };
        Self { behind, repeats, parts, of_terms, some, given }
    }

    /// How many of the words, of the first, a row must have one of to be kept that gets nothing for what it excludes: those
    /// behind them, all together, do not add up to it. A row that has all words has the first. (A threshold as in MaxScore,
    /// Turtle and Flood 1995.)
    fn needed(&self, index: &EditionIndex, asked: &Asked, floors: Floors) -> usize {
        let mut needed = asked.keys.len();
        while needed > 1 && self.without_first(index, needed - 1, 0.0) < floors.some {
            needed -= 1;
        }
        needed
    }

    /// The most that a row scores that has none of the first words, and gets so much for what it excludes.
    fn without_first(&self, index: &EditionIndex, first: usize, given: f32) -> f32 {
        let (says, weighs) = self.behind[first];
        (says + (WHOLE_TERM * self.repeats * weighs + given) * index.factor_most) * ROUNDING
    }
}

impl EditionIndex {
    /// Hands over the rows that may be among the best, each with its score and whether it has all words, and is told of each
    /// below which scores no others are kept. Whether rows were left out.
    pub(crate) fn best(
        &self,
        asked: &Asked,
        mut floors: Floors,
        mut take: impl FnMut(u32, f32, bool) -> Floors,
    ) -> bool {
        let bounds = Bounds::of(self, asked);
        let (words, needed) = (asked.keys.len(), bounds.needed(self, asked, floors));
        // Few rows get anything for what they exclude: they alone are looked for beside those that have a word of the first.
        let seek = needed < words && bounds.without_first(self, needed, bounds.given) >= floors.some;
        self.among(asked, needed, seek, |scores, left| {
            let before = left.len();
            self.complete(asked, &bounds, floors, needed, scores, left);
            let mut left_out = needed < words || left.len() < before;
            for row in left.iter() {
                let score = scores.by_row[*row as usize];
                if score.found == 0 {
                    continue;
                }
                let all = usize::from(score.found) == words;
                let may = self.may(&bounds, *row, score, words, floors);
                let whole = may.then(|| self.whole(asked, &bounds, *row, score));
                match whole.filter(|score| !floors.are_above(*score, all)) {
                    Some(score) => floors = floors.max(take(*row, score, all)),
                    None => left_out = true,
                }
            }
            left_out
        })
    }

    /// Some rows that are likely to be among the best, with their scores and whether they have all words: as many, or none
    /// where there are few.
    pub(crate) fn likely(&self, asked: &Asked, count: usize) -> Vec<(u32, f32, bool)> {
        let (mut rows, mut first) = (0, 0);
        while first < asked.keys.len() && rows < count.saturating_mul(LIKELY) {
            rows += asked.keys[first].forms.iter().map(|(id, _)| self.range(*id).len()).sum::<usize>();
            first += 1;
        }
        let bounds = Bounds::of(self, asked);
        self.among(asked, first, false, |scores, left| {
            if left.len() < count || count == 0 {
                return Vec::new();
            }
            let sum = |row: &u32| scores.by_row[*row as usize].sum * self.rows[*row as usize].factor;
            left.select_nth_unstable_by(count - 1, |a, b| sum(b).total_cmp(&sum(a)).then(a.cmp(b)));
            left.truncate(count);
            self.complete(asked, &bounds, Floors::default(), first, scores, left);
            let likely = left.iter().map(|row| {
                let score = scores.by_row[*row as usize];
                let whole = self.whole(asked, &bounds, *row, score);
                (*row, whole, usize::from(score.found) == asked.keys.len())
            });
            likely.collect()
        })
    }

    /// Scores all rows that have any of the words, and gives what is made of the scores.
    pub(crate) fn score<T>(&self, asked: &Asked, take: impl FnOnce(&Scores) -> T) -> T {
        let bounds = Bounds::of(self, asked);
        self.among(asked, asked.keys.len(), false, |scores, left| {
            for row in left.iter() {
                let score = scores.by_row[*row as usize];
                scores.by_row[*row as usize].sum = self.whole(asked, &bounds, *row, score);
            }
            take(scores)
        })
    }

    /// What is made of the rows that have any of the first words. If more are sought, also of those that get something for
    /// excluding what the query excludes, whether they have any of its words or not.
    fn among<T>(
        &self,
        asked: &Asked,
        first: usize,
        seek: bool,
        make: impl FnOnce(&mut Scores, &mut Vec<u32>) -> T,
    ) -> T {
        SCORES.with_borrow_mut(|scores| {
            scores.fit(self.rows.len());
            for (place, key) in asked.keys.iter().enumerate().take(first) {
                self.add(place, key, scores);
            }
            for (row, given) in self.given(asked).flat_map(|(rows, given)| rows.iter().map(move |row| (*row, given))) {
                let score = &mut scores.by_row[row as usize];
                if !score.is_any() {
                    if !seek {
                        continue;
                    }
                    scores.rows.push(row);
                }
                score.given += given;
            }
            let mut left = std::mem::take(&mut scores.left);
            left.clone_from(&scores.rows);
            let made = make(scores, &mut left);
            scores.left = left;
            scores.clear();
            made
        })
    }

    /// Adds the words from one on to the rows that are left, fewer with each word.
    fn complete(
        &self,
        asked: &Asked,
        bounds: &Bounds,
        floors: Floors,
        first: usize,
        scores: &mut Scores,
        left: &mut Vec<u32>,
    ) {
        for (place, key) in asked.keys.iter().enumerate().skip(first) {
            left.retain(|row| self.may(bounds, *row, scores.by_row[*row as usize], place, floors));
            self.add_to(place, key, scores, left);
        }
        left.retain(|row| self.may(bounds, *row, scores.by_row[*row as usize], asked.keys.len(), floors));
    }

    /// Whether a row may be kept of which the words before a place are known.
    fn may(&self, bounds: &Bounds, row: u32, score: Score, place: usize, floors: Floors) -> bool {
        let of = &self.rows[row as usize];
        let (says, weighs) = bounds.behind[place];
        // Of all terms of the row the lightest fits best of which no more was asked for.
        let weighs = score.weighs + weighs;
        let fit = WHOLE_TERM * (bounds.repeats * weighs).min(weighs * weighs / of.lightest);
        let all = usize::from(score.found) == place;
        let most = ((score.sum + fit + score.given) * of.factor(bounds.parts) + says) * ROUNDING;
        !floors.are_above(most, all)
    }

    /// Adds what a word says to some of the rows that are scored already.
    fn add_to(&self, place: usize, key: &Key, scores: &mut Scores, left: &[u32]) {
        for (id, trust) in &key.forms {
            let (weight, weighs) = (key.weight * trust, self.words[*id as usize].weight * trust);
            let postings = self.postings(*id);
            if left.len() * LOOK_UP < postings.len() {
                for row in left {
                    if let Ok(at) = postings.binary_search_by_key(row, |it| it.row) {
                        scores.by_row[*row as usize].add(number(place), weight * postings[at].gain, weighs);
                    }
                }
                continue;
            }
            for Posting { row, gain } in postings {
                let score = &mut scores.by_row[*row as usize];
                if score.is_any() {
                    score.add(number(place), weight * gain, weighs);
                }
            }
        }
    }

    /// The whole score of a row of which all words are known.
    fn whole(&self, asked: &Asked, bounds: &Bounds, row: u32, score: Score) -> f32 {
        let sum = score.sum + self.best_fit(bounds, row);
        self.weighed(row, self.without(asked, row, sum, score.given > 0.0), bounds.parts)
    }

    /// What is left of what words and terms say of a row, and what comes to it, for what the query excludes. It is known
    /// whether the row excludes any of that too.
    fn without(&self, asked: &Asked, row: u32, mut sum: f32, excludes: bool) -> f32 {
        for key in &asked.excluded {
            for (id, trust) in &key.forms {
                if excludes && sum > 0.0 && self.excluding(*id).binary_search(&row).is_ok() {
                    sum += key.weight * trust;
                }
                let postings = self.postings(*id);
                let at = postings.binary_search_by_key(&row, |it| it.row);
                if let Some(Posting { gain, .. }) = at.ok().map(|at| postings[at]).filter(|_| sum > 0.0) {
                    sum -= UNWANTED * key.weight * trust * gain;
                }
            }
        }
        sum
    }

    /// The rows that exclude a word that the query excludes, with what they get for it: word by word.
    fn given(&self, asked: &Asked) -> impl Iterator<Item = (&[u32], f32)> {
        let forms =
            asked.excluded.iter().flat_map(|key| key.forms.iter().map(move |(id, trust)| (*id, key.weight * trust)));
        forms.map(move |(id, given)| (self.excluding(id), given)).filter(|(rows, _)| !rows.is_empty())
    }

    /// What the best fitting term of a row adds: by how much of it was asked for, and how much of what was asked it is.
    fn best_fit(&self, bounds: &Bounds, row: u32) -> f32 {
        let asked = self.terms(row).filter(|(_, words)| words.iter().any(|word| bounds.some & bit(*word) != 0));
        let fit = asked.map(|(term, words)| {
            let found: f32 =
                bounds.of_terms.iter().filter(|(id, _)| words.contains(id)).map(|(_, weighs)| weighs).sum();
            if found > 0.0 { fits(found, term.weight) } else { 0.0 }
        });
        fit.fold(0.0, f32::max)
    }
}

/// The bit of an indexed word in a set of 64.
fn bit(id: u32) -> u64 {
    1 << (id % 64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Catalogue;
    use crate::domain::search::{Slips, Wanted};
    use crate::domain::testing::{code, invented_facts};
    use crate::domain::words::words;

    #[test]
    fn what_is_excluded_makes_no_rows_be_looked_at_but_those_that_exclude_it_too() {
        let mut facts = invented_facts(&[""], &[]);
        for number in 0..600u32 {
            let letters = [number / 26 / 26, number / 26 % 26, number % 26];
            let own: String = letters.iter().filter_map(|letter| char::from_digit(letter + 10, 36)).collect();
            let not = if number % 100 == 7 { "; not gilded" } else { "" };
            facts.codes.push(code("E1", &format!("{number:06}"), &format!("common q{own}q things{not}")));
        }
        let catalogue = Catalogue::build(1, facts).unwrap();
        let index = catalogue.index(0);
        let looked_at = |text: &str| {
            let words = words(text);
            let asked = index.ask(&Wanted::of(&words, &catalogue.synonyms), &mut Slips::default());
            let floors = Floors { some: 0.5 * asked.total, all: 0.0 };
            let bounds = Bounds::of(index, &asked);
            let needed = bounds.needed(index, &asked, floors);
            let seek = bounds.without_first(index, needed, bounds.given) >= floors.some;
            (needed, index.among(&asked, needed, seek, |_, left| left.len()))
        };
        let (needed, rows) = looked_at("common qaabq things");
        assert!(needed == 1 && rows == 1, "{needed} words, {rows} rows");
        let (needed, rows) = looked_at("common qaabq things, not gilded silvered lacquered varnished");
        assert!(needed == 1 && rows == 7, "{needed} words, {rows} rows");
    }
}
