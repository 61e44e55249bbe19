//! What is missing when a description does not decide: words that say nothing, words that mean many things, a material
//! or a use that is not named; and the question that would tell the best candidates apart.

use std::collections::{BTreeMap, BTreeSet};

use super::{Question, Suggestion};
use crate::domain::Finding;
use crate::domain::catalogue::{Catalogue, Position};
use crate::domain::code::display;
use crate::domain::facts::Shortfall;
use crate::domain::words::{Word, is_chinese, words};

/// From this confidence on nothing is asked.
const SURE: f64 = 0.8;
/// Candidates that are compared to find what is missing.
const COMPARED: usize = 5;
/// A candidate that is less than this as likely as the best is not compared with it, and nothing is asked about it: the
/// answer would be the best one more than five times in six.
const CONTEST: f64 = 0.2;
/// A word that stands in the codes of this many chapters says little of which.
const SPREAD: usize = 12;

/// From this likeness on what was decided before is of the same goods.
pub(super) const DECIDED: f64 = 0.8;
/// Words whose codes lie in this many headings name no goods of any.
const EVERYWHERE: f64 = 30.0;

/// Stems of words that name no goods. Our own list.
const VAGUE: &[&str] = &[
    "accessori",
    "apparatus",
    "apparel",
    "appli",
    "applianc",
    "articl",
    "assort",
    "box",
    "card",
    "carton",
    "cloth",
    "commod",
    "compon",
    "consign",
    "content",
    "devic",
    "document",
    "element",
    "equip",
    "fit",
    "garment",
    "gift",
    "good",
    "hardwar",
    "item",
    "kit",
    "machin",
    "machineri",
    "materi",
    "merchandis",
    "miscellan",
    "mix",
    "object",
    "other",
    "pack",
    "packag",
    "parcel",
    "part",
    "person",
    "piec",
    "present",
    "product",
    "sampl",
    "set",
    "spare",
    "stuff",
    "suppli",
    "thing",
    "tool",
    "unit",
    "various",
    "产品",
    "商品",
    "杂物",
    "样品",
    "物品",
    "用品",
    "礼品",
    "礼物",
    "货物",
    "部件",
    "配件",
    "零件",
];

/// Stems of words that say how goods are and not what they are: colour, size, state, number. Our own list.
const QUALITIES: &[&str] = &[
    "big",
    "black",
    "blue",
    "brand",
    "brown",
    "cheap",
    "colour",
    "eco",
    "environment",
    "friend",
    "general",
    "green",
    "grey",
    "high",
    "larg",
    "light",
    "new",
    "old",
    "orang",
    "origin",
    "pc",
    "pcs",
    "pink",
    "purpl",
    "qualiti",
    "red",
    "size",
    "small",
    "standard",
    "type",
    "use",
    "valu",
    "white",
    "yellow",
];

/// Materials by which tariffs tell goods apart: English stems, and Chinese words.
const MATERIALS: &[&str] = &[
    "alloy",
    "aluminium",
    "asbesto",
    "bamboo",
    "bone",
    "brass",
    "bronz",
    "cellulos",
    "ceram",
    "copper",
    "cork",
    "cotton",
    "earthenwar",
    "fibr",
    "flax",
    "fur",
    "furskin",
    "glass",
    "gold",
    "horn",
    "iron",
    "jute",
    "lead",
    "leather",
    "magnesium",
    "man",
    "metal",
    "nickel",
    "nylon",
    "paper",
    "paperboard",
    "plaster",
    "plastic",
    "platinum",
    "polyest",
    "polyethylen",
    "porcelain",
    "rattan",
    "rubber",
    "silk",
    "silver",
    "stainless",
    "steel",
    "stone",
    "straw",
    "synthet",
    "textil",
    "tin",
    "titanium",
    "wood",
    "wool",
    "zinc",
    "不锈钢",
    "丝",
    "化纤",
    "合金",
    "塑料",
    "尼龙",
    "木",
    "木制",
    "棉",
    "橡胶",
    "玻璃",
    "皮革",
    "石棉",
    "竹",
    "纸",
    "纺织",
    "羊毛",
    "聚酯",
    "聚乙烯",
    "贱金属",
    "金",
    "金属",
    "钛",
    "钢",
    "钢铁",
    "铁",
    "铂",
    "铅",
    "铜",
    "铝",
    "银",
    "锌",
    "锡",
    "镁",
    "镍",
    "陶瓷",
];

/// Adds findings and the question. `best`: how sure the best candidate is, if the right one is held. `decided`: how like the
/// description is to what was decided before, 0 to 1.
pub(super) fn explain(
    catalogue: &Catalogue,
    question: &Question<'_>,
    asked: &[Word],
    best: f64,
    decided: f64,
    answer: &mut Suggestion,
) {
    let tongue = Tongue::of(question.description);
    let telling = vague(catalogue, question, asked, tongue, answer);
    // Whatever the words are, somebody has decided such a thing before.
    let told = decided >= DECIDED;
    let own = if told { None } else { listed(catalogue, question, asked, tongue, answer) };
    if !told && (own.is_some() || !telling || by_nothing(asked, answer) || everywhere(catalogue, question, asked)) {
        answer.cannot_tell = true;
    }
    if best >= SURE && !answer.cannot_tell {
        return;
    }
    if answer.cannot_tell {
        ambiguous(catalogue, question, asked, tongue, answer);
    }
    missing(catalogue, asked, tongue, answer);
    answer.question = own.filter(|own| !own.is_empty()).or_else(|| ask(catalogue, tongue, answer));
}

/// Notes that the right code may be none of those that are held. `decided`: somebody has decided such a thing before.
pub(super) fn in_part(catalogue: &Catalogue, question: &Question<'_>, decided: bool, answer: &mut Suggestion) {
    let edition = &catalogue.editions[question.edition].fact.id;
    let (mut message, as_likely) = match Tongue::of(question.description) {
        Tongue::English => (
            format!("Only a part of the codes of {edition} is held here: the right one may not be."),
            " Confidences take that to be as likely as not.",
        ),
        Tongue::Chinese => (
            format!("这里只收录了 {edition} 的部分编码，正确的编码可能不在其中。"),
            "置信度按在与不在的可能性各半计算。",
        ),
    };
    if !decided {
        message.push_str(as_likely);
    }
    answer.findings.push(Finding::new("edition_partial", message).with("edition", edition));
}

/// The candidates between which it is open which is right, the best one first.
fn contest(answer: &Suggestion) -> Vec<Position> {
    let best = answer.candidates.first().map_or(0.0, |best| best.confidence);
    let open = answer.candidates.iter().take_while(|candidate| candidate.confidence >= best * CONTEST);
    open.take(COMPARED).map(|candidate| candidate.at).collect()
}

/// The language that is asked in, which findings and questions are told in, and that codes are compared in where they are all
/// described in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tongue {
    English,
    Chinese,
}

impl Tongue {
    fn of(text: &str) -> Self {
        if is_chinese(text) { Self::Chinese } else { Self::English }
    }

    /// The descriptions of codes, all in one language: this one, or else English, or the first that there is.
    fn descriptions<'c>(self, catalogue: &'c Catalogue, codes: &[Position]) -> Vec<&'c str> {
        let own = |at: &Position| described(catalogue, *at, "zh");
        match codes.iter().map(own).collect::<Option<Vec<_>>>() {
            Some(texts) if self == Self::Chinese => texts,
            _ => {
                let first = |at: Position| catalogue.code(at).fact.descriptions.first().map(|(_, text)| text.as_str());
                let text = |at: &Position| described(catalogue, *at, "en").or_else(|| first(*at)).unwrap_or_default();
                codes.iter().map(text).collect()
            }
        }
    }
}

/// The description of a code in a language.
fn described<'c>(catalogue: &'c Catalogue, at: Position, language: &str) -> Option<&'c str> {
    let texts = &catalogue.code(at).fact.descriptions;
    texts.iter().find(|(known, _)| known == language).map(|(_, text)| text.as_str())
}

/// Notes that the description is a term that is listed as one which says too little. What to ask then.
fn listed(
    catalogue: &Catalogue,
    question: &Question<'_>,
    asked: &[Word],
    tongue: Tongue,
    answer: &mut Suggestion,
) -> Option<String> {
    let listed = catalogue.vague.find(question.description, asked)?;
    let (code, why, why_in_chinese) = match listed.shortfall {
        Shortfall::Vague => ("vague_term", "says nothing of what the goods are", "没有说明是什么货物"),
        Shortfall::Ambiguous => ("ambiguous_term", "may be goods of many codes", "可能指多个编码的货物"),
    };
    let message = match tongue {
        Tongue::English => format!("\"{}\" is listed as a term that {why}.", listed.term),
        Tongue::Chinese => format!("“{}”已被列为{why_in_chinese}的用语。", listed.term),
    };
    answer.findings.retain(|finding| finding.parameters.iter().all(|(_, value)| value != listed.term));
    answer.findings.insert(0, Finding::new(code, message).with("term", listed.term));
    Some(listed.question.to_owned())
}

/// Whether a word is one of those that name no goods.
fn names_nothing(word: &Word) -> bool {
    let key = word.key.as_str();
    VAGUE.contains(&key) || QUALITIES.contains(&key) || !says(word)
}

/// Whether the best candidate has none of the words that name goods: a `washing machine` is not any machine.
fn by_nothing(asked: &[Word], answer: &Suggestion) -> bool {
    let best = answer.candidates.first().filter(|best| best.examples.is_empty());
    best.is_some_and(|best| asked.iter().filter(|word| best.matched.contains(&word.shown)).all(names_nothing))
}

/// Whether the codes in which all words of a description stand together lie all over the classification, and nothing is
/// called by just these words. Words that never stand together are not held against it.
fn everywhere(catalogue: &Catalogue, question: &Question<'_>, asked: &[Word]) -> bool {
    let index = catalogue.index(question.edition);
    let codes = &catalogue.editions[question.edition].codes;
    let mut together: Option<BTreeSet<u32>> = None;
    for word in asked.iter().filter(|word| !word.excluded && !names_nothing(word)) {
        let rows = index.rows_with(&word.key).filter(|row| codes[*row as usize].children.is_empty());
        together = Some(match together {
            None => rows.collect(),
            Some(known) => rows.filter(|row| known.contains(row)).collect(),
        });
    }
    let mut by_heading: BTreeMap<&str, f64> = BTreeMap::new();
    for row in together.into_iter().flatten() {
        *by_heading.entry(codes[row as usize].fact.code.get(..4).unwrap_or_default()).or_default() += 1.0;
    }
    let all: f64 = by_heading.values().sum();
    // As many headings as would hold the codes if each held the same number of them (Shannon's measure, undone).
    let headings = by_heading.values().map(|codes| -codes / all * (codes / all).ln()).sum::<f64>().exp();
    headings >= EVERYWHERE && !index.calls(asked)
}

/// Notes the words that say nothing. Whether any says something.
fn vague(
    catalogue: &Catalogue,
    question: &Question<'_>,
    asked: &[Word],
    tongue: Tongue,
    answer: &mut Suggestion,
) -> bool {
    let index = catalogue.index(question.edition);
    let near = answer.candidates.iter().flat_map(|candidate| &candidate.examples);
    let taught: BTreeSet<String> =
        near.flat_map(|example| words(&example.fact.description)).map(|word| word.key).collect();
    let (mut telling, mut qualities) = (false, Vec::new());
    let mut seen = BTreeSet::new();
    for word in asked.iter().filter(|word| !word.excluded && seen.insert(word.shown.as_str())) {
        let unknown = !taught.contains(&word.key) && index.rows_with(&word.key).next().is_none();
        let message = if QUALITIES.contains(&word.key.as_str()) {
            qualities.push(word);
            continue;
        } else if unknown {
            match tongue {
                Tongue::English => format!("No description that is held here has the word \"{}\".", word.shown),
                Tongue::Chinese => format!("这里收录的描述中都没有“{}”一词。", word.shown),
            }
        } else if VAGUE.contains(&word.key.as_str()) {
            match tongue {
                Tongue::English => format!("\"{}\" names no goods.", word.shown),
                Tongue::Chinese => format!("“{}”没有说明是什么货物。", word.shown),
            }
        } else {
            telling |= says(word);
            continue;
        };
        answer.findings.push(Finding::new("vague_term", message).with("term", &word.shown));
    }
    // Beside a word that names goods they say something of them.
    for word in qualities.into_iter().filter(|_| !telling) {
        let message = match tongue {
            Tongue::English => format!("\"{}\" says how goods are, and not what they are.", word.shown),
            Tongue::Chinese => format!("“{}”只说明货物怎样，没有说明是什么货物。", word.shown),
        };
        answer.findings.push(Finding::new("vague_term", message).with("term", &word.shown));
    }
    telling
}

/// Notes the words that stand all over the classification.
fn ambiguous(catalogue: &Catalogue, question: &Question<'_>, asked: &[Word], tongue: Tongue, answer: &mut Suggestion) {
    let index = catalogue.index(question.edition);
    let codes = &catalogue.editions[question.edition].codes;
    let mut seen = BTreeSet::new();
    for word in asked.iter().filter(|word| !word.excluded && seen.insert(word.shown.as_str())) {
        let chapters: BTreeSet<&str> =
            index.rows_with(&word.key).filter_map(|row| codes[row as usize].fact.code.get(..2)).collect();
        if chapters.len() >= SPREAD && !names_nothing(word) {
            let message = match tongue {
                Tongue::English => format!("\"{}\" stands in {} chapters.", word.shown, chapters.len()),
                Tongue::Chinese => format!("“{}”一词见于 {} 章。", word.shown, chapters.len()),
            };
            let finding = Finding::new("ambiguous_term", message).with("term", &word.shown);
            answer.findings.push(finding.with("chapters", chapters.len()));
        }
    }
}

/// Notes what the best candidates differ in and the description does not say.
fn missing(catalogue: &Catalogue, asked: &[Word], tongue: Tongue, answer: &mut Suggestion) {
    let compared = tongue.descriptions(catalogue, &contest(answer));
    let named = |key: &str| asked.iter().any(|word| word.key == key);
    let materials: Vec<BTreeSet<String>> = compared
        .iter()
        .map(|text| {
            let words = words(text).into_iter().filter(|word| !word.excluded);
            words.filter(|word| MATERIALS.contains(&word.key.as_str())).map(|word| word.shown).collect()
        })
        .collect();
    let all: BTreeSet<&String> = materials.iter().flatten().collect();
    let differ = materials.windows(2).any(|pair| pair[0] != pair[1]);
    if differ && !all.is_empty() && !asked.iter().any(|word| MATERIALS.contains(&word.key.as_str())) {
        let all: Vec<&str> = all.into_iter().map(String::as_str).collect();
        let message = match tongue {
            Tongue::English => format!("The description does not say what the goods are made of: {}.", all.join(", ")),
            Tongue::Chinese => format!("描述没有说明货物由什么制成：{}。", all.join("、")),
        };
        answer.findings.push(Finding::new("material_missing", message).with("materials", all.join(",")));
        return;
    }
    let [first, others @ ..] = compared.as_slice() else { return };
    let differing = telling_words(first, others.first().copied().unwrap_or_default(), &named);
    if !differing.is_empty() {
        let message = match tongue {
            Tongue::English => format!("The description does not say whether this holds: {}.", differing.join(", ")),
            Tongue::Chinese => format!("描述没有说明以下各点：{}。", differing.join("、")),
        };
        answer.findings.push(Finding::new("use_missing", message).with("words", differing.join(",")));
    }
}

/// Words by which descriptions refer to one another, or say that nothing else fits (`n.e.c.`).
const REFERRING: &[&str] =
    &["chapter", "chapters", "heading", "headings", "nec", "no", "note", "notes", "subheading", "subheadings"];

/// Whether a word of a description says something of the goods: no letter of an abbreviation and no number.
pub(super) fn says(word: &Word) -> bool {
    let short = word.shown.is_ascii() && word.shown.len() < 2;
    !short && !word.shown.bytes().all(|byte| byte.is_ascii_digit()) && !REFERRING.contains(&word.shown.as_str())
}

/// Words that stand in just one of two descriptions, or in the only one, and were not asked. Of Chinese words none that is
/// a part of another, and none of one character.
fn telling_words(a: &str, b: &str, named: &dyn Fn(&str) -> bool) -> Vec<String> {
    let (a, b) = (words(a), words(b));
    let only = |these: &[Word], those: &[Word]| -> Vec<String> {
        let alone = |word: &&Word| !those.iter().any(|other| other.key == word.key) && !named(&word.key);
        let whole = |word: &&Word| word.shown.chars().count() > 1 && !these.iter().any(|other| other.has(word));
        these.iter().filter(|word| says(word)).filter(whole).filter(alone).map(|word| word.shown.clone()).collect()
    };
    let mut found = only(&a, &b);
    found.extend(only(&b, &a));
    let mut seen = BTreeSet::new();
    found.retain(|word| seen.insert(word.clone()));
    found.truncate(8);
    found
}

/// The question that tells the two best candidates apart, where it is open which is right. Headings are told apart before
/// the codes below them.
fn ask(catalogue: &Catalogue, tongue: Tongue, answer: &Suggestion) -> Option<String> {
    let contest = contest(answer);
    let [first, second, ..] = contest.as_slice() else { return None };
    let (a, b) = apart(catalogue, *first, *second);
    let texts = tongue.descriptions(catalogue, &[a, b]);
    let [of_a, of_b] = texts.as_slice() else { return None };
    if of_a == of_b {
        return None;
    }
    let [a, b] = [a, b].map(|at| display(&catalogue.code(at).fact.code));
    Some(match tongue {
        Tongue::English => format!("Are the goods \"{of_a}\" ({a}) or \"{of_b}\" ({b})?"),
        Tongue::Chinese => format!("货物是“{of_a}”（{a}）还是“{of_b}”（{b}）？"),
    })
}

/// Where the ways down to two codes part.
fn apart(catalogue: &Catalogue, a: Position, b: Position) -> (Position, Position) {
    let way = |at: Position| {
        let mut way: Vec<Position> = std::iter::once(at).chain(catalogue.ancestors(at)).collect();
        way.reverse();
        way
    };
    let parted = way(a).into_iter().zip(way(b)).find(|(a, b)| a != b);
    parted.unwrap_or((a, b))
}
