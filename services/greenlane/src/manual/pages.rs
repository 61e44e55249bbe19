//! Manual pages, one a command, as man(1) reads them.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use clap::Command;
use clap_mangen::Man;

use super::environment;

/// Writes the page of every command. Gives their files.
pub(super) fn write(root: Command, folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut root = root.disable_help_subcommand(true);
    root.build();
    let mut files = Vec::new();
    below(&root, None, folder, &mut files)?;
    Ok(files)
}

fn below(command: &Command, above: Option<&Command>, folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        below(sub, Some(command), folder, files)?;
    }
    let mut page = Vec::new();
    render(command, above, &mut page)?;
    let file = folder.join(format!("{}.1", name(command)));
    std::fs::write(&file, page)?;
    files.push(file);
    Ok(())
}

/// `greenlane-certificate-issue`.
fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn render(command: &Command, above: Option<&Command>, page: &mut Vec<u8>) -> std::io::Result<()> {
    let man = Man::new(command.clone());
    // By hand: what has no date would else take what stands behind it for one.
    let (title, version) = (name(command).to_uppercase(), env!("CARGO_PKG_VERSION"));
    writeln!(page, ".TH \"{title}\" \"1\" \"\" \"greenlane {version}\" \"Greenlane manual\"")?;
    man.render_name_section(page)?;
    // The usage names what must be given; all flags in one line nobody reads.
    let usage = command.clone().render_usage().to_string();
    writeln!(page, ".SH SYNOPSIS\n.nf")?;
    for line in usage.trim_start_matches("Usage:").lines() {
        writeln!(page, "{}", escaped(line.trim()))?;
    }
    writeln!(page, ".fi")?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    if command.get_subcommands().next().is_some() {
        man.render_subcommands_section(page)?;
    }
    if let Some(notes) = command.get_after_help().filter(|_| above.is_some()) {
        verbatim("NOTES", &notes.to_string(), page)?;
    }
    writeln!(page, ".SH ENVIRONMENT")?;
    for (variable, what) in environment::of(command) {
        writeln!(page, ".TP\n\\fB{}\\fR\n{}", escaped(&variable), escaped(&what))?;
    }
    let codes = crate::client::exit::EXIT_CODES;
    verbatim("EXIT STATUS", codes.split_once('\n').map_or(codes, |(_, codes)| codes), page)?;
    let mut also: Vec<&str> = above.map(name).into_iter().collect();
    also.extend(command.get_subcommands().filter(|sub| !sub.is_hide_set()).map(name));
    if !also.is_empty() {
        let also: Vec<_> = also.iter().map(|name| format!("\\fB{}\\fR(1)", escaped(name))).collect();
        writeln!(page, ".SH SEE ALSO\n{}", also.join(", "))?;
    }
    Ok(())
}

/// A section whose lines stay as they are.
fn verbatim(title: &str, text: &str, page: &mut Vec<u8>) -> std::io::Result<()> {
    writeln!(page, ".SH {title}\n.nf")?;
    for line in text.lines() {
        writeln!(page, "{}", escaped(line))?;
    }
    writeln!(page, ".fi")
}

/// As roff takes it for text: no escapes, and no request at the beginning of a line.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}
