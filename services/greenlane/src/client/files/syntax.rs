//! What is no YAML: where the mistake was made, which is not always where a reader stumbles over it.

/// Line and column of a mistake that was noticed at these, and what it is.
pub(super) fn fault(text: &str, line: usize, column: usize, noticed: &str) -> (usize, usize, String) {
    let lines: Vec<&str> = text.lines().collect();
    if let Some((line, column)) = tab(&lines, line) {
        return (line, column, "a tab is no indentation: indent with spaces".to_owned());
    }
    if let Some((_, what)) = INDENTED.iter().find(|(said, _)| noticed.contains(said)) {
        return (line, column, (*what).to_owned());
    }
    let at = |line: usize| line.checked_sub(1).and_then(|index| lines.get(index)).copied().unwrap_or_default();
    // A reader goes on until it knows that no colon comes any more.
    let before = (1..line).rev().find(|it| !bare(at(*it)).is_empty() && !bare(at(*it)).starts_with('#'));
    let (here, above) = (at(line), before.map(at).unwrap_or_default());
    let lacks = noticed.contains("expect ':'") || noticed.contains("mapping values are not allowed");
    if !lacks {
        return (line, column, noticed.to_owned());
    }
    if let Some(before) = before
        && !has_colon(bare(above))
    {
        let word = bare(above).split([' ', ':']).next().unwrap_or_default();
        let column = above.chars().count() - bare(above).chars().count() + 1;
        return (before, column, format!("there is no `: ` here: write `{word}: …`"));
    }
    let message = if indent(here) > indent(above) && column <= here.find(": ").map_or(0, |colon| colon + 1) {
        "this line is indented further than the one above it, which has a value already".to_owned()
    } else if bare(here).matches(": ").count() > 1 {
        "a text with `: ` in it stands in quotes".to_owned()
    } else {
        noticed.to_owned()
    };
    (line, column, message)
}

/// What a reader says where a line stands in another column than those that it belongs to, and how people put it.
const INDENTED: [(&str, &str); 3] = [
    (
        "block mapping, did not find expected key",
        "this line is indented otherwise than the fields above it: fields of one thing begin in the same column",
    ),
    (
        "did not find expected '-' indicator",
        "this line is indented otherwise than the list above it: its items begin with `- ` in the same column",
    ),
    (
        "did not find expected <document start>",
        "this line belongs to nothing above it: is it indented too little, or a `- ` missing?",
    ),
];

/// Where a tab stands among what a line is indented with: in the line of which a reader complains, or the one before or
/// behind it.
fn tab(lines: &[&str], noticed: usize) -> Option<(usize, usize)> {
    let indents = |line: usize| {
        let text = lines.get(line.checked_sub(1)?)?;
        let indentation = &text[..text.len() - text.trim_start_matches([' ', '\t']).len()];
        let at = indentation.find('\t').filter(|_| !text.trim().is_empty())?;
        Some((line, at + 1))
    };
    [noticed, noticed + 1, noticed.saturating_sub(1)].into_iter().find_map(indents)
}

/// What an entry that is no YAML is called, as far as it can be told: by the first name in it.
pub(super) fn name(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("name:")?;
    let name = rest.trim_start().split(|letter: char| letter.is_whitespace() || "\"',}]#".contains(letter));
    let mut name = name.filter(|part| !part.is_empty());
    name.next().filter(|name| name.contains('/')).map(str::to_owned)
}

/// A line without what stands before its first word.
fn bare(line: &str) -> &str {
    line.trim_start_matches([' ', '\t', '-']).trim_end()
}

fn indent(line: &str) -> usize {
    line.chars().count() - line.trim_start_matches([' ', '-']).chars().count()
}

fn has_colon(text: &str) -> bool {
    text.contains(": ") || text.ends_with(':') || text.ends_with([',', '{', '[', '}', ']'])
}

/// The entries of a list, each as a text of its own whose lines have the numbers that they have in the whole; none when the
/// text is no list of several.
pub(super) fn entries(text: &str) -> Vec<String> {
    let starts = |line: &&str| line.starts_with("- ") || line.trim_end() == "-";
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.iter().find(|line| !line.trim().is_empty() && !line.starts_with(['#', '%']) && **line != "---");
    if !first.is_some_and(starts) {
        return Vec::new();
    }
    let begins: Vec<usize> = (0..lines.len()).filter(|at| starts(&lines[*at])).collect();
    let ends = begins.iter().skip(1).copied().chain([lines.len()]);
    let entry = |(begin, end): (usize, usize)| "\n".repeat(begin) + &lines[begin..end].join("\n") + "\n";
    let entries: Vec<String> = begins.iter().copied().zip(ends).map(entry).collect();
    if entries.len() > 1 { entries } else { Vec::new() }
}
