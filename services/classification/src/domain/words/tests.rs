use super::*;

fn keys(text: &str) -> Vec<String> {
    words(text).into_iter().map(|word| word.key).collect()
}

#[test]
fn english_words_lose_case_ending_and_filling() {
    assert_eq!(keys("Towers and lattice masts, of Iron"), ["tower", "lattic", "mast", "iron"]);
    assert_eq!(keys("batteries"), keys("battery"));
    assert_eq!(keys("LED 37.5W"), ["led", "37", "5w"]);
}

#[test]
fn what_a_possessive_puts_behind_a_word_is_none() {
    assert_eq!(keys("Men's or boys' shirts, women’s size S"), ["men", "boy", "shirt", "women", "size", "s"]);
}

#[test]
fn american_words_are_read_as_british_ones() {
    assert_eq!(keys("aluminum tires"), keys("aluminium tyre"));
    assert_eq!(keys("jewelry"), keys("jewellery"));
}

#[test]
fn chinese_is_cut_into_the_words_of_a_dictionary() {
    assert_eq!(keys("太阳能电池"), ["太阳", "太阳能", "电池"]);
    assert_eq!(keys("锌"), ["锌"]);
    assert_eq!(keys("LED灯泡，组件"), ["led", "灯泡", "组件"]);
    assert_eq!(keys("铅酸蓄电池的零件"), ["铅酸", "电池", "蓄电池", "零件"]);
}

#[test]
fn what_was_found_is_shown_once_and_whole() {
    let text = words("太阳能 cells, solar cells");
    assert_eq!(shown(text.iter()), ["太阳能", "cells", "solar"]);
}

#[test]
fn titles_are_compared_by_their_words_alone() {
    assert_eq!(fold("Heat pumps, other than X!"), fold("heat  pumps other-than x"));
    assert_eq!(fold(" (A-b)  C9, "), "a b c9");
    assert_eq!(fold(" (Ä-b)  C9， "), "ä b c9");
}

#[test]
fn what_a_description_excludes_is_told_up_to_the_next_mark() {
    let excluded = |text: &str| -> Vec<String> {
        words(text).into_iter().filter(|word| word.excluded).map(|word| word.shown).collect()
    };
    assert_eq!(excluded("Solar cells, not assembled in modules; diodes"), ["assembled", "modules"]);
    assert_eq!(excluded("Motors of more than 750 W, other than photovoltaic, multi-phase"), ["photovoltaic"]);
    assert!(excluded("Other trucks of more than 5 tonnes").is_empty());
}
