//! YAML that older readers take for the same: to YAML 1.1, which many still speak, `NO` (Norway) and the key `on` are
//! truths, and `2026-12-01` is a date. Such texts stand in quotes.

use anyhow::Context as _;
use saphyr_parser::{Event, Parser, ScalarStyle};
use serde::Serialize;

/// The text of a value.
pub(crate) fn text(value: &impl Serialize) -> anyhow::Result<String> {
    let text = serde_yaml_ng::to_string(value)?;
    let mut places = Vec::new();
    for event in Parser::new_from_str(&text) {
        let (event, span) = event.context("what was just written is YAML")?;
        if let Event::Scalar(scalar, ScalarStyle::Plain, ..) = event
            && is_ambiguous(&scalar)
        {
            places.push((span.start.index(), span.end.index()));
        }
    }
    Ok(quoted(&text, &places))
}

/// Whether YAML 1.1 takes for something else what is a text in YAML 1.2. Numbers are the same in both.
fn is_ambiguous(scalar: &str) -> bool {
    const TRUTHS: [&str; 6] = ["y", "n", "yes", "no", "on", "off"];
    let first = scalar.chars().next().unwrap_or_default();
    let number = scalar.parse::<f64>().is_ok();
    TRUTHS.iter().any(|truth| scalar.eq_ignore_ascii_case(truth)) || (!number && first.is_ascii_digit())
}

/// The text with quotes around these ranges of its characters.
fn quoted(text: &str, places: &[(usize, usize)]) -> String {
    let mut quoted = String::with_capacity(text.len() + 2 * places.len());
    let mut places = places.iter().peekable();
    let mut rest = text.chars().enumerate().peekable();
    while let Some((index, letter)) = rest.next() {
        let Some((_, end)) = places.next_if(|(start, _)| *start == index) else {
            quoted.push(letter);
            continue;
        };
        let mut scalar = String::from(letter);
        while let Some((_, letter)) = rest.next_if(|(index, _)| index < end) {
            scalar.push(letter);
        }
        let blank = scalar.len() - scalar.trim_end().len();
        let (scalar, blanks) = scalar.split_at(scalar.len() - blank);
        quoted.push_str(&format!("'{}'{blanks}", scalar.replace('\'', "''")));
    }
    quoted
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_an_older_reader_takes_for_a_truth_or_a_date_stands_in_quotes_and_nothing_else_does() {
        let value = json!({
            "economy": "NO", "on": "2021-05-26", "time": "2026-12-01T08:00:00Z", "number": 12, "truth": true,
            "edition": "60335-1:2020's", "text": "annexes/no", "中文": "光伏", "off": ["Yes", "n", "854143", "no one"],
            "code": "0101", "block": "one\nno\n2021-05-26\n", "ratio": 0.5,
        });
        let text = text(&value).unwrap();
        for line in [
            "economy: 'NO'",
            "'on': '2021-05-26'",
            "- 'Yes'",
            "- 'n'",
            "number: 12",
            "truth: true",
            "ratio: 0.5",
            "code: '0101'",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} in\n{text}");
        }
        for line in ["edition: '60335-1:2020''s'", "text: annexes/no", "中文: 光伏", "- no one", "  no", "  2021-05-26"]
        {
            assert!(text.lines().any(|it| it == line), "{line} in\n{text}");
        }
        assert_eq!(serde_yaml_ng::from_str::<Value>(&text).unwrap(), value);
    }
}
