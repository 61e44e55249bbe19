//! What two descriptions of goods have in common, finer than their words: for finding taught examples like a new text.

use super::{Run, Runs, STOP_WORDS, chinese, is_han, stem};

/// Letters in a piece of a word.
const PIECE: usize = 3;
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
                // The mark keeps a piece from being taken for a word.
                pieces('#', word.chars(), &mut features);
                if !is_chinese && word.chars().all(char::is_alphabetic) {
                    let sounded = |(place, letter): &(usize, char)| *place == 0 || !VOWELS.contains(letter);
                    pieces('~', word.chars().enumerate().filter(sounded).map(|(_, letter)| letter), &mut features);
                }
                features.push(stem(&word));
            }
        }
    }
    features
}

/// The pieces of a word, its beginning and end among its letters.
fn pieces(mark: char, word: impl Iterator<Item = char>, features: &mut Vec<String>) {
    let whole: Vec<char> = std::iter::once('^').chain(word).chain(['$']).collect();
    let piece = |piece: &[char]| std::iter::once(mark).chain(piece.iter().copied()).collect();
    features.extend(whole.windows(PIECE).map(piece));
}

#[cfg(test)]
mod tests {
    use super::features;

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
    fn chinese_gives_words_pairs_and_characters() {
        let found = features("太阳能 LED");
        for expected in ["太阳能", "太阳", "阳能", "太", "阳", "能", "led"] {
            assert!(found.iter().any(|feature| feature == expected), "{expected}: {found:?}");
        }
        assert!(!found.iter().any(|feature| feature.starts_with('~')), "{found:?}");
    }
}
