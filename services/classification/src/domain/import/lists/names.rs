//! What the entries of a green list are called whose rows do not say it.
//!
//! The same rows in any order are the same entries, so that versions differ only in what their files say otherwise. What
//! was published keeps its name: the entry of the same code and edition, of several that which means the same part from
//! the same day. A new entry is called by its code; by code and edition where the list has the code in an older edition
//! too; and where it has several parts of the code, by what tells the part as well.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};

use super::EntryFact;
use crate::domain::catalogue::Catalogue;
use crate::domain::facts::Localized;

/// Digits that stand for a part.
const PART: usize = 8;

/// A row: its line, the index of its edition, its entry.
type Row = (u64, usize, EntryFact);

/// What tells entries of one code of an edition apart.
type Part = (bool, Vec<(String, Localized)>, Option<NaiveDate>);

/// The rows of each part of a code of an edition.
type Parts = BTreeMap<Part, Vec<usize>>;

/// Parts with the names that they have, and those without.
#[derive(Default)]
struct Kept {
    named: Vec<(String, Vec<usize>)>,
    unnamed: Vec<(Part, Vec<usize>)>,
}

fn part(entry: &EntryFact) -> Part {
    (entry.ex, entry.ex_descriptions.clone(), entry.effective_from)
}

/// Gives each row that has none a name.
pub(super) fn give(catalogue: &Catalogue, rows: &mut [Row]) {
    // By list, by code, by edition from the oldest, by part: the rows without a name.
    let mut lists: BTreeMap<String, BTreeMap<String, BTreeMap<usize, Parts>>> = BTreeMap::new();
    let mut taken: HashSet<(String, String)> = HashSet::new();
    for (at, (_, edition, entry)) in rows.iter().enumerate() {
        if entry.id.is_empty() {
            let codes = lists.entry(entry.list.clone()).or_default();
            let parts = codes.entry(entry.code.clone()).or_default().entry(*edition).or_default();
            parts.entry(part(entry)).or_default().push(at);
        } else {
            taken.insert((entry.list.clone(), entry.id.clone()));
        }
    }
    for (list, codes) in lists {
        let mut published: HashMap<(String, String), Vec<&EntryFact>> = HashMap::new();
        for entry in catalogue.list(&list).iter().flat_map(|list| &list.entries) {
            published.entry((entry.code.clone(), entry.edition.clone())).or_default().push(entry);
        }
        for (code, editions) in codes {
            let mut left = Vec::new();
            for (edition, parts) in editions {
                let id = &catalogue.editions[edition].fact.id;
                let mut known = published.remove(&(code.clone(), id.clone())).unwrap_or_default();
                known.retain(|entry| !taken.contains(&(list.clone(), entry.id.clone())));
                let several = parts.len() > 1;
                let Kept { named, unnamed } = keep(parts, &known);
                for (name, places) in named {
                    taken.insert((list.clone(), name.clone()));
                    places.iter().for_each(|at| rows[*at].2.id.clone_from(&name));
                }
                left.push((id, several, unnamed));
            }
            for (edition, several, parts) in left {
                let plain = [code.clone(), format!("{code}-{edition}")];
                let free = plain.iter().find(|name| !taken.contains(&(list.clone(), (*name).clone())));
                let base = free.unwrap_or(&plain[1]).clone();
                if !parts.is_empty() {
                    // Parts to come are called by it too, and no other edition is.
                    taken.insert((list.clone(), base.clone()));
                }
                for (part, places) in parts {
                    let name = if several { format!("{base}-{}", digest(&part)) } else { base.clone() };
                    places.iter().for_each(|at| rows[*at].2.id.clone_from(&name));
                }
            }
        }
    }
}

/// The parts that published entries of the same code and edition are of, with the names of those, and the others.
fn keep(parts: Parts, published: &[&EntryFact]) -> Kept {
    let mut kept = Kept::default();
    let mut used = BTreeSet::new();
    for (own, places) in parts {
        match published.iter().find(|entry| part(entry) == own && !used.contains(&entry.id)) {
            Some(entry) => {
                used.insert(entry.id.clone());
                kept.named.push((entry.id.clone(), places));
            }
            None => kept.unnamed.push((own, places)),
        }
    }
    // Where one is left on either side, the words of it have changed.
    let left: Vec<_> = published.iter().filter(|entry| !used.contains(&entry.id)).collect();
    if let ([entry], 1) = (left.as_slice(), kept.unnamed.len()) {
        kept.named.extend(kept.unnamed.drain(..).map(|(_, places)| (entry.id.clone(), places)));
    }
    kept
}

/// What stands for a part in a name.
fn digest(part: &Part) -> String {
    let (ex, descriptions, from) = part;
    let mut hash = Sha256::new();
    hash.update([u8::from(*ex)]);
    for (economy, texts) in descriptions {
        for text in std::iter::once(economy).chain(texts.iter().flat_map(|(language, text)| [language, text])) {
            hash.update(text.as_bytes());
            hash.update([0]);
        }
    }
    hash.update(from.map(|day| day.to_string()).unwrap_or_default());
    hex::encode(hash.finalize()).chars().take(PART).collect()
}
