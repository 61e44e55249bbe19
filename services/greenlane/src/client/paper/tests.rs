use std::path::PathBuf;

use super::*;

fn font() -> PathBuf {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fonts/page.ttf").into()
}

#[test]
fn a_character_that_no_font_has_is_told_with_what_to_do() {
    let error = Typeface::among(["A𐍈"], &[font()], &[]).err().unwrap().to_string();
    assert_eq!(
        error,
        "no font here has the characters 𐍈: name one that has with --font FILE, or install one (Debian: \
         fonts-noto-cjk or fonts-wqy-microhei)"
    );
}

#[test]
fn a_file_that_is_no_font_is_refused_by_name() {
    let wrong: PathBuf = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").into();
    let error = format!("{:#}", Typeface::among(["A"], &[wrong], &[]).err().unwrap());
    assert!(error.contains("Cargo.toml cannot be used as a font"), "{error}");
}

#[test]
fn a_font_of_the_machine_is_found_and_only_what_is_used_of_it_is_taken() {
    let folder: PathBuf = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fonts").into();
    let typeface = Typeface::among(["有效 valid"], &[], &[folder]).unwrap();
    assert_eq!(typeface.fonts.len(), 1);
    // Two Chinese characters, the blank, and five letters.
    assert_eq!(typeface.fonts[0].glyphs.len(), 8);
    let whole = std::fs::metadata(font()).unwrap().len();
    assert!((typeface.fonts[0].program.len() as u64) < whole / 4);
}

#[test]
fn lines_break_between_words_and_between_chinese_characters_but_not_before_a_stop() {
    let typeface = Typeface::among(["one two three 证书编号。abcdefghij"], &[font()], &[]).unwrap();
    let width = typeface.width("one two ", 10.0);
    assert_eq!(typeface.wrap("one two three", 10.0, width), ["one two", "three"]);
    let width = typeface.width("证书编号", 10.0) + 1.0;
    assert_eq!(typeface.wrap("证书编号。", 10.0, width), ["证书编", "号。"]);
    let width = typeface.width("abcd", 10.0) + 0.1;
    assert_eq!(typeface.wrap("abcdefghij", 10.0, width), ["abcd", "efgh", "ij"]);
    assert!(typeface.wrap("", 10.0, width).is_empty());
}

#[test]
fn a_picture_is_taken_from_a_png_of_one_bit_and_from_nothing_else() {
    assert!(Picture::of_png(b"").is_err());
    assert!(
        Picture::of_png(b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00")
            .is_err()
    );
}
