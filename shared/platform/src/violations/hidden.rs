//! Characters that do not show, and let a text read otherwise than it is: bidirectional overrides, zero-width
//! spaces, tags and their like (general category Cf, and the separators of lines and paragraphs).

use std::ops::RangeInclusive;

/// The format characters of Unicode 17, but for those that show (signs that span Arabic numbers) or that only lay out
/// the signs of one script, and for the two joiners, which have their place in words.
const HIDDEN: &[RangeInclusive<char>] = &[
    '\u{ad}'..='\u{ad}',
    '\u{61c}'..='\u{61c}',
    '\u{180e}'..='\u{180e}',
    '\u{200b}'..='\u{200b}',
    '\u{200e}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{feff}'..='\u{feff}',
    '\u{fff9}'..='\u{fffb}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e007f}',
];

/// Whether a text holds a character that does not show. The joiners U+200C and U+200D are letters' business in
/// Persian, Hindi and other languages: they may follow what is not ASCII.
pub(super) fn holds_hidden(text: &str) -> bool {
    if text.is_ascii() {
        return false;
    }
    let mut before = ' ';
    text.chars().any(|c| {
        let stray_joiner = matches!(c, '\u{200c}' | '\u{200d}') && (before.is_ascii() || before.is_whitespace());
        before = c;
        stray_joiner || (!c.is_ascii() && HIDDEN.iter().any(|range| range.contains(&c)))
    })
}
