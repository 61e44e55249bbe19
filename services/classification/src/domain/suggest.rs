//! Which code a plain description means, how sure that is, and what would make it surer.
//!
//! Two witnesses are heard: the texts of the nomenclature, the A to Z terms and the national lines (see the search), and
//! the taught examples that the description is like. Their shares are added, and a logistic curve makes a probability
//! of how clear the best one is; the others are less likely by how far their shares are behind it. The curve's numbers were
//! fitted once, on A to Z terms held out in fifths (texts) and on taught titles left out one by one (examples). Which measures of clearness it takes, the weights of the fields and the other
//! constants here were chosen by their results on the benchmark's own sets: those results flatter a little.

mod doubt;
mod vague;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::NaiveDate;

use super::Finding;
use super::catalogue::{Catalogue, Position};
use super::search::{Slips, Wanted, matched};
use super::taught::{Example, Neighbour};
use super::translate::translate;
use super::words::words;
pub(crate) use vague::Vague;

/// What the texts count beside the examples.
const TEXTS: f64 = 0.4;
/// What each doubling, or nearly, of the examples decided to be a code adds to what the texts say of it: goods fall where
/// goods fell before. Only as far as examples count at all: what they have no word of falls where it fell.
const USUAL: f64 = 0.4;
/// Likeness that examples must have before they count for much: a few that are hardly like it decide nothing.
const UNLIKE: f64 = 0.02;
/// What is added to that while few are taught, as the words of the nearest example agree less with the description's: of
/// one or two that share a word with it nobody knows whether goods fall among them, of many that are no liker one does.
const LACKING: f64 = 4.0;
/// Of so many examples what is said of few counts half. From 5 to 20 the results are the same: with two examples nothing
/// that shares a word with them moves, and with hundreds nothing is lost.
const FEW: f64 = 5.0;
/// What is added to it for each of the odds that the texts tell what is described, as the words agree less: who asks with a
/// title is not answered with what shares a word with it, however many such were taught. From 0.2 to 0.4 the results are
/// the same.
const TOLD: f64 = 0.3;
/// What is left untold at least, so that the odds have an end.
const UNTOLD: f64 = 0.05;
/// How many codes the texts put forward.
const PUT_FORWARD: usize = 100;
/// How steeply shares fall off behind the best score.
const STEEPNESS: f64 = 8.0;
/// How much more steeply probabilities fall off than shares, at most: where so steep ones of near ties are more than one
/// together, the best is less likely than was fitted. Of 438 descriptions on the benchmark whose second code scored less
/// than 4 percent behind the first, the first was right for 32 and the second for 27.
const STEEPEST: f64 = 4.0;
/// How often the steepness is halved in on.
const HALVINGS: usize = 20;
/// How many are compared to say how clear the best is.
const COMPARED: usize = 20;
/// Below this, it cannot be told.
const TELLS: f64 = 0.25;
/// The most that is said of a candidate where it cannot.
const CANNOT_TELL: f64 = 0.2;
/// How likely the right code is among those that are held of an edition which is held in part. Nothing says: as likely as
/// not. The curves were fitted on whole editions, in which the right code always competes.
const HELD: f64 = 0.5;
/// Examples shown with a candidate.
const SHOWN: usize = 5;

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) struct Question<'q> {
    pub(crate) description: &'q str,
    pub(crate) edition: usize,
    /// Nothing decided later counts.
    pub(crate) on: NaiveDate,
    /// Only these rows. None means all.
    pub(crate) among: Option<&'q HashSet<u32>>,
    pub(crate) limit: usize,
}

/// One candidate.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) at: Position,
    pub(crate) confidence: f64,
    pub(crate) matched: Vec<String>,
    /// Nearest first.
    pub(crate) examples: Vec<Arc<Example>>,
    /// What the confidence would lack had nothing been taught; negative when teaching speaks against it.
    pub(crate) lift: f64,
}

/// The answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Suggestion {
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) cannot_tell: bool,
    pub(crate) findings: Vec<Finding>,
    pub(crate) question: Option<String>,
}

/// Suggests codes, most likely first. The same question of the same catalogue gives the same answer.
pub(crate) fn suggest(catalogue: &Catalogue, question: &Question<'_>) -> Suggestion {
    let words = words(question.description);
    let wanted = Wanted::of(&words, &catalogue.synonyms);
    let asked = catalogue.index(question.edition).ask(&wanted, &mut Slips::default());
    let texts = Texts::heard(catalogue, question, &asked);
    let examples = Examples::heard(catalogue, question, &texts);
    // By the same formula, so that of the two only teaching makes the difference.
    let untaught: HashMap<u32, f64> = weigh(&texts, &Examples::none(question)).into_iter().collect();
    let in_part = catalogue.editions[question.edition].fact.partial;
    // What was decided before is decided on a code that is held.
    let decided = examples.nearest >= doubt::DECIDED;
    let held = |decided: bool| if in_part && !decided { HELD } else { 1.0 };
    let candidates: Vec<Candidate> = weigh(&texts, &examples)
        .into_iter()
        .take(question.limit)
        .map(|(row, confidence)| {
            let at = Position { edition: question.edition, row };
            let near = examples.near.iter().filter(|(rows, near)| near.akin && rows.contains(&row));
            let confidence = confidence * held(decided);
            Candidate {
                at,
                confidence,
                matched: matched(catalogue, &words, &asked, at),
                examples: near.take(SHOWN).map(|(_, near)| Arc::clone(&near.example)).collect(),
                lift: confidence - untaught.get(&row).copied().unwrap_or_default() * held(false),
            }
        })
        .collect();
    // Whether a description says enough does not hang on what is held.
    let best = candidates.first().map_or(0.0, |best| best.confidence) / held(decided);
    let mut answer = Suggestion { cannot_tell: best < TELLS, candidates, ..Suggestion::default() };
    doubt::explain(catalogue, question, &words, best, examples.nearest, &mut answer);
    if in_part {
        doubt::in_part(catalogue, question, decided, &mut answer);
    }
    if answer.cannot_tell {
        answer.lower();
    }
    answer
}

impl Suggestion {
    /// Lowers the confidences of what cannot be told to what is said where it cannot: a word that names no goods may
    /// stand in few codes, and how rarely it means another is all that they were of.
    fn lower(&mut self) {
        let best = self.candidates.first().map_or(0.0, |best| best.confidence);
        if best < TELLS {
            return;
        }
        for candidate in &mut self.candidates {
            candidate.confidence *= CANNOT_TELL / best;
            candidate.lift *= CANNOT_TELL / best;
        }
    }
}

/// The rows that either witness names with their probabilities, most likely first.
fn weigh(texts: &Texts, examples: &Examples<'_>) -> Vec<(u32, f64)> {
    let mut shares: BTreeMap<u32, f64> = BTreeMap::new();
    for (row, share) in &examples.shares {
        *shares.entry(*row).or_default() += share;
    }
    for (row, cover) in &texts.covers {
        *shares.entry(*row).or_default() += TEXTS * cover * examples.usual(*row);
    }
    let mut ranked: Vec<(u32, f64)> = shares.into_iter().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let confidences = confidences(&ranked, texts, examples);
    ranked.into_iter().map(|(row, _)| row).zip(confidences).collect()
}

/// Probabilities of ranked candidates.
fn confidences(ranked: &[(u32, f64)], texts: &Texts, examples: &Examples<'_>) -> Vec<f64> {
    let Some((first, best)) = ranked.first() else { return Vec::new() };
    let share = examples.shares.get(first).copied().unwrap_or_default();
    let taught = logistic(-2.36 + 0.77 * examples.likeness(*first) + 5.44 * share);
    // Where the examples contradict one another it is no surer than it outweighs the next.
    let taught = taught.min(share / (share + examples.next_to(*first)).max(f64::MIN_POSITIVE));
    let top = examples.weight * taught + (1.0 - examples.weight) * texts.confidence(*first);
    let behind: Vec<f64> = ranked.iter().map(|(_, share)| (share - best) / best * STEEPNESS).collect();
    spread(top, &behind)
}

/// Probabilities by how far each is behind the first, which is as likely as said. They fall off as their evidence does, and
/// more steeply where they would be more than one together: near ties stay near ties.
fn spread(top: f64, behind: &[f64]) -> Vec<f64> {
    let all = |steepness: f64| behind.iter().map(|behind| (steepness * behind).exp()).sum::<f64>();
    if top * all(1.0) <= 1.0 {
        return behind.iter().map(|behind| top * behind.exp()).collect();
    }
    let (mut low, mut high) = (1.0, STEEPEST);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if top * all(middle) > 1.0 { low = middle } else { high = middle }
    }
    let top = top.min(1.0 / all(high));
    behind.iter().map(|behind| top * (high * behind).exp()).collect()
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// What the texts say.
struct Texts {
    /// By row: how much of the description they account for, 0 to about 1.
    covers: HashMap<u32, f64>,
    /// Sum of the shares of those compared, the best one's being 1.
    shares: f64,
    best: f64,
}

impl Texts {
    fn heard(catalogue: &Catalogue, question: &Question<'_>, asked: &super::search::Asked) -> Self {
        let codes = &catalogue.editions[question.edition].codes;
        let admitted = |row: &u32| {
            codes[*row as usize].children.is_empty() && question.among.is_none_or(|among| among.contains(row))
        };
        let whole = f64::from(2.0 * asked.total).max(f64::MIN_POSITIVE);
        let mut found: Vec<(u32, f64)> = catalogue.index(question.edition).score(asked, |scores| {
            let admitted = scores.rows.iter().copied().filter(admitted);
            admitted.map(|row| (row, f64::from(scores.of(row)) / whole)).collect()
        });
        found.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.truncate(PUT_FORWARD);
        let best = found.first().map_or(0.0, |(_, cover)| *cover);
        let shares = found.iter().take(COMPARED).map(|(_, cover)| Self::share(*cover, best)).sum();
        Self { covers: found.into_iter().collect(), shares, best }
    }

    fn share(cover: f64, best: f64) -> f64 {
        if best > 0.0 { ((cover - best) / best * STEEPNESS).exp() } else { 0.0 }
    }

    /// Probability of a code by the texts alone.
    fn confidence(&self, row: u32) -> f64 {
        let Some(cover) = self.covers.get(&row) else { return 0.0 };
        let share = Self::share(*cover, self.best);
        logistic(-2.85 + 2.08 * self.best + 2.41 / self.shares.max(1.0)) * share
    }
}

/// What the examples say.
struct Examples<'c> {
    /// Those decided by a day, to count how many fell where. None when nothing taught is to count.
    decided: Option<(&'c Catalogue, NaiveDate)>,
    edition: usize,
    /// By row: its share of the likeness.
    shares: HashMap<u32, f64>,
    /// The examples, nearest first, with the rows that each speaks for.
    near: Vec<(Vec<u32>, Neighbour)>,
    /// What they count, all together: 0 to 1.
    weight: f64,
    /// How much the words of one of them agree with the description's at most: 0 to 1.
    nearest: f64,
}

impl<'c> Examples<'c> {
    /// Only examples that are akin to the description have a weight: where there is none of them the answer is as if nothing
    /// had been taught. Which code that weight is for, those that only lie near have a say in too, the less of one the more
    /// the texts tell.
    fn heard(catalogue: &'c Catalogue, question: &Question<'_>, texts: &Texts) -> Self {
        let index = catalogue.index(question.edition);
        let elsewhere = |word: &str| index.knows(word) || catalogue.synonyms.meant(word).next().is_some();
        let mut rows_of: HashMap<Position, Vec<u32>> = HashMap::new();
        let mut near = Vec::new();
        for neighbour in catalogue.taught.nearest(question.description, question.on, elsewhere) {
            let at = neighbour.example.at;
            let rows = rows_of.entry(at).or_insert_with(|| rows(catalogue, at, question)).clone();
            if !rows.is_empty() {
                near.push((rows, neighbour));
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "numbers of examples are far below 2^52")]
        let few = FEW / (FEW + catalogue.taught.known(question.on) as f64);
        let told = texts.best.min(1.0);
        let mut shares: HashMap<u32, f64> = HashMap::new();
        let (mut whole, mut akin) = (0.0, 0.0);
        for (rows, neighbour) in &near {
            let likeness = neighbour.likeness * (1.0 - few.max(told) * (1.0 - neighbour.agreed));
            let likeness = likeness * likeness;
            whole += likeness;
            akin += if neighbour.akin { likeness } else { 0.0 };
            for row in rows {
                #[expect(clippy::cast_precision_loss, reason = "a code became few")]
                let part = likeness / rows.len() as f64;
                *shares.entry(*row).or_default() += part;
            }
        }
        let nearest = near.iter().filter(|(_, near)| near.akin).map(|(_, near)| near.agreed).fold(0.0, f64::max);
        let against = few * LACKING + TOLD * told / (1.0 + UNTOLD - told);
        let unlike = UNLIKE + against * (1.0 - nearest) * (1.0 - nearest);
        let weight = akin / (akin + unlike);
        shares.values_mut().for_each(|share| *share *= weight / whole.max(f64::MIN_POSITIVE));
        shares.retain(|_, share| *share > 0.0);
        let decided = Some((catalogue, question.on));
        Self { decided, edition: question.edition, shares, near, weight, nearest }
    }

    /// As if nothing had been taught.
    fn none(question: &Question<'_>) -> Self {
        Self {
            decided: None,
            edition: question.edition,
            shares: HashMap::new(),
            near: Vec::new(),
            weight: 0.0,
            nearest: 0.0,
        }
    }

    /// The largest share of another row than this one.
    fn next_to(&self, row: u32) -> f64 {
        self.shares.iter().filter(|(other, _)| **other != row).map(|(_, share)| *share).fold(0.0, f64::max)
    }

    /// How much more what the texts say of a row counts because goods were decided to fall there.
    fn usual(&self, row: u32) -> f64 {
        let Some((catalogue, on)) = self.decided else { return 1.0 };
        let at = Position { edition: self.edition, row };
        #[expect(clippy::cast_precision_loss, reason = "numbers of examples are far below 2^52")]
        let decided = catalogue.taught.count(&catalogue.code(at).fact.code, on) as f64;
        1.0 + USUAL * self.weight * decided.ln_1p()
    }

    /// Likeness of the nearest example of a row.
    fn likeness(&self, row: u32) -> f64 {
        self.near.iter().find(|(rows, _)| rows.contains(&row)).map_or(0.0, |(_, near)| near.likeness)
    }
}

/// The rows of the question's edition that a decided code speaks for: itself, or what it became.
fn rows(catalogue: &Catalogue, at: Position, question: &Question<'_>) -> Vec<u32> {
    let codes = &catalogue.editions[question.edition].codes;
    let admitted =
        |row: &u32| codes[*row as usize].children.is_empty() && question.among.is_none_or(|among| among.contains(row));
    let translation = translate(catalogue, at, question.edition, false);
    translation.targets.iter().map(|target| target.at.row).filter(admitted).collect()
}

#[cfg(test)]
mod tests;
