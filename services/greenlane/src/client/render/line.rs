//! Lines of a log and of prose that fit the terminal. Through a pipe each is one line, for `grep` and the like.

/// Characters of a line at least, however deep it hangs.
const LEAST: usize = 20;
/// Where what does not fit on the line of a log goes on.
const FURTHER: usize = 11;

/// How many characters fit on a line; none where no eyes look at it.
fn room() -> Option<usize> {
    super::ROOM.map(usize::from)
}

/// A line of a log: cells in columns at least so wide, and what does not fit below them.
pub(crate) fn row(cells: &[(&str, usize)]) -> String {
    row_in(cells, room())
}

fn row_in(cells: &[(&str, usize)], room: Option<usize>) -> String {
    let mut lines = vec![String::new()];
    let last = cells.iter().rposition(|(text, _)| !text.is_empty()).unwrap_or(0);
    for (index, &(text, width)) in cells.iter().enumerate().take(last + 1) {
        let line = lines.last_mut().expect("there is a line");
        let gap = if index == 0 { "" } else { "  " };
        // The last needs no blanks behind it.
        let padded = if index == last { text.to_owned() } else { format!("{text:<width$}") };
        let fits = room.is_none_or(|room| line.chars().count() + gap.len() + text.chars().count() <= room);
        if fits || index == 0 {
            line.push_str(&format!("{gap}{padded}"));
        } else {
            if line.trim().is_empty() {
                lines.pop();
            }
            let room = room.unwrap_or(usize::MAX).saturating_sub(FURTHER).max(LEAST);
            let below = wrapped(text, room).into_iter().map(|part| format!("{:FURTHER$}{part}", ""));
            lines.extend(below);
        }
    }
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// A text in lines of so many characters, broken between words where that can be.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is a line");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// A text whose lines are wrapped to the terminal, each part under the beginning of its line.
pub(crate) fn folded(text: &str) -> String {
    room().map_or_else(|| text.to_owned(), |room| folded_in(text, room))
}

/// The same, wrapped to so many characters.
pub(crate) fn folded_in(text: &str, room: usize) -> String {
    let mut folded = String::new();
    for line in text.lines() {
        let body = line.trim_start();
        let indent = line.len() - body.len();
        let further = if line.chars().count() > room { indent + 2 } else { indent };
        for (index, part) in wrapped(body, room.saturating_sub(further).max(LEAST)).iter().enumerate() {
            let indent = if index == 0 { indent } else { further };
            folded.push_str(format!("{:indent$}{part}", "").trim_end());
            folded.push('\n');
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_log_is_whole_through_a_pipe_and_no_wider_than_the_terminal() {
        let certificate = "certificates/GLXA4HP9Z1PPYMB35F";
        let cells = [("      123", 9), ("2026-11-26T13:28:00Z", 20), ("grant", 25), (certificate, 32), ("active", 0)];
        let whole = row_in(&cells, None);
        assert_eq!(whole.lines().count(), 1, "{whole}");
        assert!(whole.ends_with("GLXA4HP9Z1PPYMB35F   active\n"), "{whole}");
        let narrow = row_in(&cells, Some(80));
        assert!(narrow.lines().all(|line| line.chars().count() <= 80), "{narrow}");
        assert!(narrow.contains(certificate) && narrow.contains("active"), "nothing is lost: {narrow}");
        let long = "a word ".repeat(40);
        let narrow = row_in(&[("1", 9), (long.trim_end(), 0)], Some(80));
        assert!(narrow.lines().all(|line| line.chars().count() <= 80), "{narrow}");
    }

    #[test]
    fn what_is_indented_goes_on_under_its_beginning() {
        let text = "title: A\nchanges:\n  - reason: one two three four five six seven eight nine ten\n";
        let folded = folded_in(text, 40);
        assert!(folded.lines().all(|line| line.chars().count() <= 40), "{folded}");
        assert!(folded.starts_with("title: A\nchanges:\n  - reason: one two"), "{folded}");
        assert!(folded.lines().nth(3).is_some_and(|line| line.starts_with("    ")), "{folded}");
    }
}
