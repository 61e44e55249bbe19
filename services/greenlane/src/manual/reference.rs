//! The reference of all commands as one Markdown page.

use clap::{Arg, ArgAction, Command};

use super::environment;

/// The page.
pub(super) fn markdown(mut root: Command) -> String {
    root.build();
    let mut page = String::from("# The greenlane command\n\n");
    page.push_str(&about(&root));
    if let Some(after) = root.get_after_help() {
        page.push_str(&format!("```text\n{after}\n```\n\n"));
    }
    options(&root, "What every command takes", true, &mut page);
    page.push_str("## Environment\n\n");
    for (variable, what) in environment::of(&root) {
        page.push_str(&format!("- `{variable}`: {what}\n"));
    }
    page.push('\n');
    below(&root, &mut page);
    page
}

fn below(command: &Command, page: &mut String) {
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help" && !sub.is_hide_set()) {
        let name = sub.get_bin_name().unwrap_or_else(|| sub.get_name());
        page.push_str(&format!("## {name}\n\n{}", about(sub)));
        for alias in sub.get_visible_aliases() {
            page.push_str(&format!("Also called `{alias}`.\n\n"));
        }
        if !sub.has_subcommands() {
            let usage = sub.clone().render_usage().to_string();
            page.push_str(&format!("```text\n{}\n```\n\n", usage.trim_start_matches("Usage: ")));
            options(sub, "", false, page);
            if let Some(notes) = sub.get_after_help() {
                page.push_str(&format!("```text\n{notes}\n```\n\n"));
            }
        }
        below(sub, page);
    }
}

fn about(command: &Command) -> String {
    let text = command.get_long_about().or_else(|| command.get_about());
    text.map(|text| format!("{}.\n\n", text.to_string().trim_end_matches('.'))).unwrap_or_default()
}

/// The arguments of a command; those that every command takes stand with the root only.
fn options(command: &Command, heading: &str, global: bool, page: &mut String) {
    let mut arguments: Vec<&Arg> = command
        .get_arguments()
        .filter(|argument| argument.is_global_set() == global && !argument.is_hide_set())
        .filter(|argument| !is_of_clap(argument))
        .collect();
    if arguments.is_empty() {
        return;
    }
    arguments.sort_by_key(|argument| !argument.is_positional());
    if !heading.is_empty() {
        page.push_str(&format!("## {heading}\n\n"));
    }
    for argument in arguments {
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let told = [values(argument), default(argument), variable(argument)].concat();
        page.push_str(&format!("- `{argument}`: {help}{told}\n"));
    }
    page.push('\n');
}

/// Whether it is `--help` or the program's `--version`, which every command has: not an argument that is called so.
fn is_of_clap(argument: &Arg) -> bool {
    use ArgAction as A;
    matches!(argument.get_action(), A::Help | A::HelpShort | A::HelpLong | A::Version)
}

fn values(argument: &Arg) -> String {
    let possible = argument.get_possible_values();
    let names: Vec<_> = possible.iter().filter(|value| !value.is_hide_set()).map(|value| value.get_name()).collect();
    let takes = argument.get_action().takes_values();
    if names.is_empty() || !takes { String::new() } else { format!(" (one of {})", names.join(", ")) }
}

/// What counts when nothing is said.
fn default(argument: &Arg) -> String {
    let defaults: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    let told = argument.get_action().takes_values() && !argument.is_hide_default_value_set() && !defaults.is_empty();
    if told { format!(" [default: {}]", defaults.join(", ")) } else { String::new() }
}

/// The variable that stands for it.
fn variable(argument: &Arg) -> String {
    argument.get_env().map(|name| format!(" [env: {}]", name.to_string_lossy())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory as _};

    use crate::cli::Cli;

    #[test]
    fn the_reference_has_every_command_and_every_flag_with_its_help() {
        let page = super::markdown(Cli::command());
        for text in [
            "## greenlane certificate issue\n",
            "Also called `cert`.\n",
            "- `--body <BODY>`: The issuing body, bodies/ID\n",
            "## What every command takes\n",
            "(one of table, json, yaml, csv, name) [default: table]",
            "- `--registry <URI>`: Address of the registry [env: GREENLANE_REGISTRY]",
            "- `GREENLANE_HOME`: ",
            "[default: 7401]",
            "greenlane certificate issue [OPTIONS] --file <FILE> --body <BODY>",
        ] {
            assert!(page.contains(text), "{text} is not in\n{page}");
        }
        assert!(!page.contains("## greenlane help"));
    }

    #[test]
    fn every_flag_of_every_command_stands_under_its_command() {
        let mut root = Cli::command();
        let page = super::markdown(root.clone());
        root.build();
        let mut commands: Vec<&Command> = root.get_subcommands().filter(|it| it.get_name() != "help").collect();
        let mut looked_at = 0;
        while let Some(command) = commands.pop() {
            if command.is_hide_set() {
                continue;
            }
            commands.extend(command.get_subcommands().filter(|it| it.get_name() != "help"));
            if command.has_subcommands() {
                continue;
            }
            let heading = format!("## {}\n", command.get_bin_name().unwrap_or_default());
            let section = page.split_once(&heading).map_or("", |(_, rest)| rest.split("\n## ").next().unwrap_or(rest));
            let own = command.get_arguments().filter(|it| !it.is_global_set() && !it.is_hide_set());
            for flag in own.filter(|it| it.get_long().is_some() && !super::is_of_clap(it)) {
                assert!(section.contains(&format!("- `{flag}`: ")), "{heading}lacks {flag}");
                looked_at += 1;
            }
        }
        assert!(looked_at > 100, "{looked_at}");
        assert!(page.contains("- `--version <VERSION>`: "), "one that is called as clap's own");
    }
}
