//! What two descriptions of goods have in common, finer than their words: for finding taught examples like a new text.

use super::{Run, Runs, STOP_WORDS, chinese, is_han, stem};

/// Letters in a piece of a word.
const PIECE: usize = 3;
/// Letters of a word that may be taken for another: shorter ones have pieces in common by chance.
const SHORTEST: usize = 4;
/// Letters that labels leave out first.
const VOWELS: [char; 5] = ['a', 'e', 'i', 'o', 'u'];

/// The features of a text, in their order and with repetitions: English words and their pieces of three letters, which
/// bring misspelt, cut and run-together words near; the pieces of what is left of them without vowels, for labels that
/// leave these out to save room; Chinese words, pairs and characters. In a Chinese text other words are names, which
/// nobody shortens: their pieces would only count twice.
pub(crate) fn features(text: &str) -> Vec<String> {
    let mut features = Vec::new();
    let is_chinese = text.contains(is_han);
    for run in Runs(text) {
        match run {
            Run::Mark(_) => {}
            Run::Han(run) => {
                features
                    .extend(chinese::cut(run).into_iter().filter(|word| word.chars().count() > 2).map(str::to_owned));
                let characters: Vec<char> = run.chars().collect();
                features.extend(characters.iter().map(char::to_string));
                features.extend(characters.windows(2).map(|pair| pair.iter().collect()));
            }
            Run::Other(run) => {
                let word = run.to_lowercase();
                if STOP_WORDS.contains(&word.as_str()) {
                    continue;
                }
                pieces('#', word.chars(), &mut features);
                left_pieces(&word, is_chinese, &mut features);
                features.push(stem(&word));
            }
        }
    }
    features
}

/// Which features of a text tell that another is of like goods, and do not only lie near.
#[derive(Debug, Default)]
pub(crate) struct Kin {
    /// Words and pairs of Chinese characters: any of them does.
    pub(crate) words: Vec<String>,
    /// Words of letters by what they are looked up by, each with its pieces and those of what is left of it without vowels:
    /// where the word itself is known nowhere, some of either do.
    pub(crate) pieces: Vec<(String, [Vec<String>; 2])>,
}

/// Those of a text. A number, a letter and a single Chinese character stand with goods of every kind.
pub(crate) fn kin(text: &str) -> Kin {
    let mut kin = Kin::default();
    let is_chinese = text.contains(is_han);
    for run in Runs(text) {
        match run {
            Run::Mark(_) => {}
            Run::Han(run) => {
                kin.words
                    .extend(chinese::cut(run).into_iter().filter(|word| word.chars().count() > 2).map(str::to_owned));
                let characters: Vec<char> = run.chars().collect();
                kin.words.extend(characters.windows(2).map(|pair| pair.iter().collect::<String>()));
            }
            Run::Other(run) => {
                let word = run.to_lowercase();
                if STOP_WORDS.contains(&word.as_str()) {
                    continue;
                }
                let key = stem(&word);
                if word.chars().count() >= SHORTEST && word.chars().all(char::is_alphabetic) {
                    let (mut whole, mut left) = (Vec::new(), Vec::new());
                    pieces('#', word.chars(), &mut whole);
                    left_pieces(&word, is_chinese, &mut left);
                    for pieces in [&mut whole, &mut left] {
                        pieces.sort_unstable();
                        pieces.dedup();
                    }
                    kin.pieces.push((key.clone(), [whole, left]));
                }
                if key.chars().count() > 1 && !key.chars().all(char::is_numeric) {
                    kin.words.push(key);
                }
            }
        }
    }
    kin
}

/// The pieces of what is left of a word without vowels, in a text that is not Chinese.
fn left_pieces(word: &str, is_chinese: bool, features: &mut Vec<String>) {
    if !is_chinese && word.chars().all(char::is_alphabetic) {
        let sounded = |(place, letter): &(usize, char)| *place == 0 || !VOWELS.contains(letter);
        pieces('~', word.chars().enumerate().filter(sounded).map(|(_, letter)| letter), features);
    }
}

/// The pieces of a word, its beginning and end among its letters. The mark keeps a piece from being taken for a word.
fn pieces(mark: char, word: impl Iterator<Item = char>, features: &mut Vec<String>) {
    let whole: Vec<char> = std::iter::once('^').chain(word).chain(['$']).collect();
    let piece = |piece: &[char]| std::iter::once(mark).chain(piece.iter().copied()).collect();
    features.extend(whole.windows(PIECE).map(piece));
}

#[cfg(test)]
mod tests {
    use super::{features, kin};

    #[test]
    fn a_misspelt_word_keeps_most_of_its_pieces() {
        assert_eq!(features("tea"), ["#^te", "#tea", "#ea$", "~^t$", "tea"]);
        let (right, wrong) = (features("hairspray"), features("hairspra"));
        let shared = wrong.iter().filter(|feature| right.contains(feature)).count();
        assert!(shared >= 7, "{shared} of {}", wrong.len());
    }

    #[test]
    fn a_word_without_its_vowels_keeps_pieces_of_the_whole_one() {
        let (whole, short) = (features("lifter plump gloss"), features("lftr plmp glss"));
        let shared = short.iter().filter(|feature| whole.contains(feature)).count();
        assert!(shared >= 12, "{shared} of {}", short.len());
        // Numbers have no vowels to lose.
        assert!(!features("400").iter().any(|feature| feature.starts_with('~')));
    }

    #[test]
    fn numbers_letters_and_single_characters_make_no_texts_akin() {
        let found = kin("爱 美 1 段 4 Aptamil 德国 x");
        assert_eq!(found.words, ["aptamil", "德国"]);
        assert_eq!(found.pieces.iter().map(|(word, _)| word.as_str()).collect::<Vec<_>>(), ["aptamil"]);
    }

    #[test]
    fn chinese_gives_words_pairs_and_characters() {
        let found = features("太阳能 LED");
        for expected in ["太阳能", "太阳", "阳能", "太", "阳", "能", "led"] {
            assert!(found.iter().any(|feature| feature == expected), "{expected}: {found:?}");
        }
        assert!(!found.iter().any(|feature| feature.starts_with('~')), "{found:?}");
    }
}
