//! What is said on stderr: talk, and neither data nor a token.

use std::{
    io::Write as _,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::client::{hidden, progress};

/// What was said while the whole terminal was taken; none where it is not.
static HELD: Mutex<Option<String>> = Mutex::new(None);

fn held() -> MutexGuard<'static, Option<String>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says something on stderr, on a line of its own.
pub(crate) fn talk(text: &str) {
    say(&format!("{text}\n"));
}

/// Says something on stderr. That nobody hears it is no failure: of `2>&1 | head` both go away.
pub(crate) fn say(text: &str) {
    let text = hidden::without_tokens(text);
    if let Some(held) = held().as_mut() {
        held.push_str(&text);
        return;
    }
    let _ = progress::aside(|| std::io::stderr().lock().write_all(text.as_bytes()));
}

/// While this is there nothing is said: it would stand among what is drawn. What was to be said comes when it goes.
#[derive(Debug)]
pub(crate) struct Hold;

/// Takes the whole terminal for something that draws on it.
pub(crate) fn hold() -> Hold {
    *held() = Some(String::new());
    Hold
}

impl Drop for Hold {
    fn drop(&mut self) {
        let text = held().take().unwrap_or_default();
        if !text.is_empty() {
            say(&text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_while_the_terminal_is_taken_comes_when_it_is_given_back() {
        let hold = hold();
        talk("the login cannot be renewed");
        assert!(held().as_deref().is_some_and(|text| text.contains("the login cannot be renewed\n")));
        drop(hold);
        assert_eq!(*held(), None);
    }
}
