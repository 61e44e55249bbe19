use super::*;

fn keys(text: &str) -> Vec<String> {
    words(text).into_iter().map(|word| word.key).collect()
}

#[test]
fn english_words_lose_case_plural_and_filling() {
    assert_eq!(keys("Towers and lattice masts, of Iron"), ["tower", "lattice", "mast", "iron"]);
    assert_eq!(keys("glass gas bus boxes batteries"), ["glass", "gas", "bus", "box", "batterie"]);
    assert_eq!(keys("LED 37.5W"), ["led", "37", "5w"]);
}

#[test]
fn chinese_is_read_as_its_pairs() {
    assert_eq!(keys("太阳能电池"), ["太阳", "阳能", "能电", "电池"]);
    assert_eq!(keys("锌"), ["锌"]);
    assert_eq!(keys("LED灯泡，组件"), ["led", "灯泡", "组件"]);
}

#[test]
fn pairs_that_were_found_in_a_row_are_shown_as_one() {
    let text = words("太阳能组件");
    let found = shown(text.iter().map(|word| (word, word.key != "能组")));
    assert_eq!(found, ["太阳能", "组件"]);
}

#[test]
fn titles_are_compared_by_their_words_alone() {
    assert_eq!(fold("Heat pumps, other than X!"), fold("heat  pumps other-than x"));
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
