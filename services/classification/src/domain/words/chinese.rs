//! Chinese text cut into words.

use std::io::BufReader;
use std::sync::LazyLock;

use flate2::read::GzDecoder;
use jieba_rs::Jieba;

/// The dictionary: see the file beside it.
const DICTIONARY: &[u8] = include_bytes!("../../../dictionary/zh.txt.gz");

/// Read when the first Chinese text comes: a service that meets none does not hold it.
static JIEBA: LazyLock<Jieba> = LazyLock::new(|| {
    Jieba::with_dict(&mut BufReader::new(GzDecoder::new(DICTIONARY))).expect("a test reads the built-in dictionary")
});

/// Characters that say nothing of goods.
const STOP: &[&str] = &["的", "和", "或", "及", "与", "在", "其", "等", "了", "之", "用", "以"];

/// The words of a run of Chinese characters: every word, and the dictionary's words within each.
pub(super) fn cut(run: &str) -> Vec<&str> {
    let words = JIEBA.cut_for_search(run, false).into_iter().map(|token| token.word);
    words.filter(|word| !STOP.contains(word)).collect()
}
