//! The best rows of an edition. What cannot be among them is left out as soon as that is certain, and what a row's terms
//! add is looked up only of rows that can.

use super::{Asked, EditionIndex, Key, OF_PARTS, Posting, SCORES, Score, Scores, WHOLE_TERM, fits, number};

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
                says += trust * key.weight * index.most[*id as usize];
                weighs += trust * index.weights[*id as usize];
            }
            behind[place] = (says, weighs);
        }
        Self { behind, repeats, parts: if asked.parts { 1.0 } else { OF_PARTS } }
    }

    /// How many of the words, of the first, a row must have one of to be kept: those behind them, all together, do not add
    /// up to it. A row that has all words has the first. (A threshold as in MaxScore, Turtle and Flood 1995.)
    fn needed(&self, index: &EditionIndex, asked: &Asked, floors: Floors) -> usize {
        let mut needed = asked.keys.len();
        let most = |(says, weighs): (f32, f32)| says + WHOLE_TERM * self.repeats * weighs * index.factor_most;
        while needed > 1 && most(self.behind[needed - 1]) * ROUNDING < floors.some {
            needed -= 1;
        }
        needed
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
        // What a query excludes takes from some rows and adds to others.
        if !asked.excluded.is_empty() {
            return self.score(asked, |scores| self.best_of(scores, asked.keys.len(), floors, take));
        }
        let bounds = Bounds::of(self, asked);
        let needed = bounds.needed(self, asked, floors);
        self.among(asked, needed, |scores, left| {
            let (words, before) = (asked.keys.len(), left.len());
            self.complete(asked, &bounds, floors, needed, scores, left);
            let mut left_out = needed < words || left.len() < before;
            let mut found = std::mem::take(&mut scores.found);
            for row in left.iter() {
                let score = scores.by_row[*row as usize];
                let all = usize::from(score.found) == words;
                let may = self.may(&bounds, *row, score, words, floors);
                let whole = may.then(|| self.whole(asked, &bounds, *row, score.sum, &mut found));
                match whole.filter(|score| !floors.are_above(*score, all)) {
                    Some(score) => floors = floors.max(take(*row, score, all)),
                    None => left_out = true,
                }
            }
            scores.found = found;
            left_out
        })
    }

    /// The same of rows that are scored already.
    fn best_of(
        &self,
        scores: &Scores,
        words: usize,
        mut floors: Floors,
        mut take: impl FnMut(u32, f32, bool) -> Floors,
    ) -> bool {
        let mut left_out = false;
        for row in &scores.rows {
            let (score, found) = scores.of(*row);
            let all = found == words;
            if floors.are_above(score, all) {
                left_out = true;
            } else {
                floors = floors.max(take(*row, score, all));
            }
        }
        left_out
    }

    /// Some rows that are likely to be among the best, with their scores and whether they have all words: as many, or none
    /// where there are few.
    pub(crate) fn likely(&self, asked: &Asked, count: usize) -> Vec<(u32, f32, bool)> {
        if !asked.excluded.is_empty() {
            return Vec::new();
        }
        let (mut rows, mut first) = (0, 0);
        while first < asked.keys.len() && rows < count.saturating_mul(LIKELY) {
            rows += asked.keys[first].forms.iter().map(|(id, _)| self.range(*id).len()).sum::<usize>();
            first += 1;
        }
        let bounds = Bounds::of(self, asked);
        self.among(asked, first, |scores, left| {
            if left.len() < count || count == 0 {
                return Vec::new();
            }
            let sum = |row: &u32| scores.by_row[*row as usize].sum * self.rows[*row as usize].factor;
            left.select_nth_unstable_by(count - 1, |a, b| sum(b).total_cmp(&sum(a)).then(a.cmp(b)));
            left.truncate(count);
            self.complete(asked, &bounds, Floors::default(), first, scores, left);
            let Scores { by_row, found, .. } = scores;
            let likely = left.iter().map(|row| {
                let score = by_row[*row as usize];
                let whole = self.whole(asked, &bounds, *row, score.sum, found);
                (*row, whole, usize::from(score.found) == asked.keys.len())
            });
            likely.collect()
        })
    }

    /// What is made of the rows that have any of the first words.
    fn among<T>(&self, asked: &Asked, first: usize, make: impl FnOnce(&mut Scores, &mut Vec<u32>) -> T) -> T {
        SCORES.with_borrow_mut(|scores| {
            scores.fit(self.rows.len(), self.terms.len());
            for (place, key) in asked.keys.iter().enumerate().take(first) {
                self.add(place, key, scores);
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
        let row = &self.rows[row as usize];
        let (says, weighs) = bounds.behind[place];
        // Of all terms of the row the lightest fits best of which no more was asked for.
        let weighs = score.weighs + weighs;
        let fit = WHOLE_TERM * (bounds.repeats * weighs).min(weighs * weighs / row.lightest);
        let most = ((score.sum + fit) * row.factor(bounds.parts) + says) * ROUNDING;
        !floors.are_above(most, usize::from(score.found) == place)
    }

    /// Adds what a word says to some of the rows that are scored already.
    fn add_to(&self, place: usize, key: &Key, scores: &mut Scores, left: &[u32]) {
        for (id, trust) in &key.forms {
            let (weight, weighs) = (key.weight * trust, self.weights[*id as usize] * trust);
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
                if score.sum != 0.0 {
                    score.add(number(place), weight * gain, weighs);
                }
            }
        }
    }

    /// The whole score of a row of which all words are known.
    fn whole(&self, asked: &Asked, bounds: &Bounds, row: u32, sum: f32, found: &mut Vec<f32>) -> f32 {
        self.weighed(row, sum + self.best_fit(asked, row, found), bounds.parts)
    }

    /// What the best fitting term of a row adds.
    fn best_fit(&self, asked: &Asked, row: u32, found: &mut Vec<f32>) -> f32 {
        let from = self.rows[row as usize].first_term;
        let to = self.rows.get(row as usize + 1).map_or(self.terms_end, |next| next.first_term);
        let terms = &self.terms[from as usize..to as usize];
        found.clear();
        found.resize(terms.len(), 0.0);
        for (id, trust) in asked.keys.iter().flat_map(|key| &key.forms) {
            let with = self.with_word(*id);
            let with = &with[with.partition_point(|term| *term < from)..];
            for term in with.iter().take_while(|term| **term < to) {
                found[(term - from) as usize] += self.weights[*id as usize] * trust;
            }
        }
        let fit = |(found, term): (&f32, &super::Term)| fits(*found, term.weight);
        found.iter().zip(terms).filter(|(found, _)| **found > 0.0).map(fit).fold(0.0, f32::max)
    }
}
