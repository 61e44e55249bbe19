//! What is no YAML: where the mistake was made, which is not always where a reader stumbles over it.

/// Line and column of a mistake that was noticed at these, and what it is.
pub(super) fn fault(text: &str, line: usize, column: usize, noticed: &str) -> (usize, usize, String) {
    let lines: Vec<&str> = text.lines().collect();
    if let Some((line, column)) = tab(&lines, line) {
        return (line, column, "a tab is no indentation: indent with spaces".to_owned());
    }
    if let Some((_, what)) = INDENTED.iter().find(|(said, _)| noticed.contains(said)) {
        return match odd_one_above(&lines, line) {
            Some((line, column)) => (line, column, OTHERWISE.to_owned()),
            None => (line, column, (*what).to_owned()),
        };
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
        && is_beside_a_list(&lines, line, before)
    {
        return (line, leading(here) + 1, OTHERWISE.to_owned());
    }
    if let Some(before) = before
        && !has_colon(bare(above))
    {
        let word = bare(above).split([' ', ':']).next().unwrap_or_default();
        let column = above.chars().count() - bare(above).chars().count() + 1;
        return (before, column, format!("there is no `: ` here: write `{word}: …`"));
    }
    if let Some(before) = before
        && begins(above) + 1 == begins(here)
        && is_rarer(&lines, above, begins(here))
    {
        return (before, leading(above) + 1, OTHERWISE.to_owned());
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

const OTHERWISE: &str =
    "this line is indented otherwise than the fields beside it: fields of one thing begin in the same column";

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

/// Whether a line is a field that is indented otherwise than those that it belongs to, behind a list of texts: it begins
/// where nothing of that list's last item can, or the list's other items are texts too.
fn is_beside_a_list(lines: &[&str], line: usize, before: usize) -> bool {
    let (Some(here), Some(above)) = (lines.get(line - 1), lines.get(before - 1)) else { return false };
    let is_item = |line: &str| line.trim_start().starts_with("- ") && !has_colon(bare(line));
    if !is_item(above) || here.trim_start().starts_with('-') || leading(here) <= leading(above) {
        return false;
    }
    let mut others = lines[..before - 1].iter().rev().take_while(|other| leading(other) >= leading(above));
    leading(here) == leading(above) + 1 || others.any(|other| leading(other) == leading(above) && is_item(other))
}

/// The one line above a line that stands in another column than all the others that it belongs to; where they are only two,
/// it stands in a column in which fewer lines of the file stand.
fn odd_one_above(lines: &[&str], line: usize) -> Option<(usize, usize)> {
    let own = begins(lines.get(line.checked_sub(1)?)?);
    let above = &lines[..line - 1];
    let deeper = above.iter().rev().take_while(|text| !says(text) || begins(text) > own).count();
    let begin = line - 1 - deeper;
    let before = (0..begin).rev().find(|at| says(lines[*at]))?;
    // Nobody indents by one.
    if begins(lines[before]) + 1 == own && is_rarer(lines, lines[before], own) {
        return Some(place(lines, before));
    }
    let inner: Vec<usize> = (begin..line - 1).filter(|at| says(lines[*at])).collect();
    let least = inner.iter().map(|at| begins(lines[*at])).min()?;
    let mut fields = inner.into_iter().filter(|at| begins(lines[*at]) == least);
    let odd = fields.next().filter(|_| fields.next().is_none() && begins(lines[before]) < own)?;
    let goes_on = lines[line..].iter().filter(|text| says(text)).find(|text| begins(text) <= own);
    let has_siblings = goes_on.is_some_and(|text| begins(text) == own);
    (has_siblings || is_rarer(lines, lines[odd], own)).then(|| place(lines, odd))
}

/// Whether fewer lines stand in the column of this one than in another.
fn is_rarer(lines: &[&str], one: &str, other: usize) -> bool {
    let number = |wanted: usize| lines.iter().filter(|text| says(text) && begins(text) == wanted).count();
    number(begins(one)) < number(other)
}

/// Line and column in which a line begins, from 1.
fn place(lines: &[&str], at: usize) -> (usize, usize) {
    (at + 1, leading(lines[at]) + 1)
}

fn says(line: &str) -> bool {
    !line.trim().is_empty() && !line.trim_start().starts_with('#')
}

/// The column in which the fields of a line's thing begin: behind the `- ` of an item.
fn begins(line: &str) -> usize {
    leading(line) + if line.trim_start().starts_with("- ") { 2 } else { 0 }
}

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

/// The spaces that a line begins with.
fn leading(line: &str) -> usize {
    line.chars().take_while(|letter| *letter == ' ').count()
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
