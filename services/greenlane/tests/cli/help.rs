//! Help texts are snapshots that somebody reviewed.

use greenlane_e2e::greenlane;

/// The names under `Commands:` in the help of a command.
pub(crate) fn commands(words: &[String]) -> Vec<String> {
    let help = help(words);
    let Some((_, listed)) = help.split_once("Commands:\n") else { return Vec::new() };
    let listed = listed.lines().take_while(|line| !line.is_empty());
    let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned);
    names.filter(|name| name != "help").collect()
}

pub(crate) fn help(words: &[String]) -> String {
    let folder = std::env::temp_dir();
    let arguments = words.iter().map(String::as_str).chain(["--help"]);
    greenlane(&folder, arguments).expect("it runs").expect(0).stdout
}

#[test]
fn the_help_of_the_root_and_of_each_noun_is_as_reviewed() {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("greenlane", help(&[]));
        for noun in commands(&[]) {
            insta::assert_snapshot!(format!("greenlane-{noun}"), help(&[noun]));
        }
    });
}

#[test]
fn every_argument_of_every_command_says_what_it_is() {
    let mut open: Vec<Vec<String>> = vec![Vec::new()];
    let mut seen = 0;
    while let Some(words) = open.pop() {
        let text = help(&words);
        let mut lines = text.lines().peekable();
        let mut before = "";
        while let Some(line) = lines.next() {
            // An example that goes on is none.
            let goes_on = std::mem::replace(&mut before, line).ends_with('\\');
            let flag = line.trim_start();
            let option =
                flag.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c == '-' || c.is_alphabetic()));
            if !goes_on && (option || line.starts_with("  <") || line.starts_with("  [")) {
                let described = flag.contains("  ") || lines.peek().is_some_and(|next| !next.trim().is_empty());
                assert!(described, "greenlane {}: {flag}", words.join(" "));
                seen += 1;
            }
        }
        open.extend(commands(&words).into_iter().map(|name| [words.clone(), vec![name]].concat()));
    }
    assert!(seen > 100, "{seen} arguments");
}
