//! Texts without the tokens in them: what is said ends in logs.

use greenlane_platform::client::bare_token;

/// What is said in a token's place.
const HIDDEN: &str = "(a token)";

/// How a JWT begins: `{"` in base64url.
pub(crate) const BEGIN: &str = "eyJ";

/// What is no longer than this is no token: a signature of EdDSA or ES256 alone has 86 letters.
const SHORTEST: usize = 60;

/// Whether a text is a token, as it is or as a header has it.
pub(crate) fn is_token(text: &str) -> bool {
    is_jwt(bare_token(text))
}

/// Whether there is a token in a text.
pub(crate) fn has_token(text: &str) -> bool {
    text.split(is_between).any(|word| found(word).is_some())
}

/// A text with no token in it.
pub(crate) fn without_tokens(text: &str) -> String {
    let mut rest = String::with_capacity(text.len());
    for part in text.split_inclusive(is_between) {
        let word = part.trim_end_matches(is_between);
        match found(word) {
            Some(at) => {
                rest.push_str(&part[..at]);
                rest.push_str(HIDDEN);
                rest.push_str(&part[word.len()..]);
            }
            None => rest.push_str(part),
        }
    }
    rest
}

/// Where in a word a token begins.
fn found(word: &str) -> Option<usize> {
    word.match_indices(BEGIN).map(|(at, _)| at).find(|at| is_jwt(&word[*at..]))
}

fn is_jwt(word: &str) -> bool {
    word.starts_with(BEGIN) && word.matches('.').count() >= 2 && word.len() > SHORTEST
}

/// Whether a letter is none of a token's.
fn is_between(letter: char) -> bool {
    !letter.is_ascii_alphanumeric() && !matches!(letter, '-' | '_' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_wherever_it_stands_and_nothing_else_is_taken_for_one() {
        let token = format!("eyJ{}.eyJ{}.{}", "a".repeat(20), "b".repeat(20), "c".repeat(43));
        for (text, without) in [
            (token.clone(), "(a token)"),
            (
                format!("invalid value '{token}' for '--registry <URI>'"),
                "invalid value '(a token)' for '--registry <URI>'",
            ),
            (format!("--registry=Bearer {token}\n"), "--registry=Bearer (a token)\n"),
            (format!("https://{token}/x 你 {token}"), "https://(a token)/x 你 (a token)"),
        ] {
            assert!(has_token(&text), "{text}");
            assert_eq!(without_tokens(&text), without);
        }
        for text in ["eyJa.b.c", "certificates/GLXA4HP9Z1PPYMB35F: no such thing.", "", "eyJ"] {
            assert!(!has_token(text) && !is_token(text), "{text}");
            assert_eq!(without_tokens(text), text);
        }
        assert!(is_token(&token) && is_token(&format!("bearer {token}\n")) && !is_token(&format!("x {token}")));
    }
}
