//! What may have been meant by a command line that cannot be read.

use clap::{
    Command,
    builder::StyledStr,
    error::{ContextKind, ContextValue, ErrorKind},
};

use crate::client::{commands::get, exit::lists_all, hidden, meant::near};

/// A fault of the command line with a tip that helps, where there is one to give.
pub(super) fn advised(mut error: clap::Error, root: &Command, words: &[String]) -> clap::Error {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    if error.kind() == ErrorKind::InvalidSubcommand {
        let Some(word) = text(ContextKind::InvalidSubcommand) else { return error };
        let given = Given::of(root, words);
        return match given.meant(root, &word) {
            Some(tip) => {
                error.remove(ContextKind::SuggestedSubcommand);
                told(error, tip)
            }
            None => without_far(error, &word),
        };
    }
    let Some(argument) = text(ContextKind::InvalidArg) else { return error };
    let flag = argument.split([' ', '=']).next().unwrap_or_default();
    let takes =
        |name: &str| Given::of(root, words).command.get_arguments().any(|argument| argument.get_long() == Some(name));
    let tip = match (error.kind(), flag) {
        (ErrorKind::UnknownArgument, "--dry-run") if takes("confirm") => {
            "without --confirm this only checks, and nothing is written".to_owned()
        }
        // What only reads needs neither.
        (ErrorKind::UnknownArgument, "--confirm") if takes("request-id") => {
            "this is done at once, without --confirm; --dry-run, where there is one, checks only".to_owned()
        }
        (ErrorKind::InvalidValue, "--confirm") => {
            "type out the name of what it is done to behind it, as it was given above: --confirm NAME".to_owned()
        }
        (ErrorKind::UnknownArgument, "--watch") => {
            "to watch is a command: certificate watch, write-off watch, dispute watch, alert watch, watch catalogue, watch codes"
                .to_owned()
        }
        (ErrorKind::UnknownArgument, _) if !argument.starts_with('-') => {
            let given = Given::of(root, words);
            let is_of_files = given.command.get_arguments().any(|it| it.get_long() == Some("file"))
                && given.command.get_positionals().next().is_none();
            if !is_of_files {
                return error;
            }
            format!("files are named with -f: greenlane {} -f {argument}", given.path.join(" "))
        }
        (ErrorKind::UnknownArgument, "--all") if Given::of(root, words).path == ["get"] => {
            "all of a kind are shown, however many there are, without a flag".to_owned()
        }
        (ErrorKind::UnknownArgument, flag) if flag.starts_with("--") => return as_no_value(error),
        _ => return error,
    };
    told(error, tip)
}

/// The same fault without the tokens that stand in it: what is said ends in logs.
pub(super) fn without_tokens(error: clap::Error) -> clap::Error {
    let text = error.to_string();
    if !hidden::has_token(&text) {
        return error;
    }
    let said = hidden::without_tokens(&text);
    // The word in front is written anew.
    clap::Error::raw(error.kind(), said.strip_prefix("error: ").unwrap_or(&said))
}

fn told(mut error: clap::Error, tip: String) -> clap::Error {
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
    error
}

/// The same without the tip to pass as a value what is meant as a flag.
fn as_no_value(mut error: clap::Error) -> clap::Error {
    if let Some(ContextValue::StyledStrs(tips)) = error.remove(ContextKind::Suggested) {
        let kept: Vec<StyledStr> = tips.into_iter().filter(|tip| !tip.to_string().starts_with("to pass ")).collect();
        // Of no tips clap writes an empty line.
        if !kept.is_empty() {
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(kept));
        }
    }
    error
}

/// The same with no suggestion that is another word altogether.
fn without_far(mut error: clap::Error, word: &str) -> clap::Error {
    let suggested = match error.remove(ContextKind::SuggestedSubcommand) {
        Some(ContextValue::String(one)) => vec![one],
        Some(ContextValue::Strings(several)) => several,
        _ => Vec::new(),
    };
    let is_near =
        |it: &String| near(word, [it.as_str()]).is_some() || it.starts_with(word) || word.starts_with(it.as_str());
    let kept: Vec<String> = suggested.into_iter().filter(is_near).collect();
    if !kept.is_empty() {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(kept));
    } else if matches!(error.get(ContextKind::Suggested), Some(ContextValue::StyledStrs(tips)) if tips.is_empty()) {
        // Of no tips clap writes an empty line.
        error.remove(ContextKind::Suggested);
    }
    error
}

/// How far a command line is one: the commands that it names, and what stands behind the word that is none.
struct Given {
    path: Vec<String>,
    command: Command,
    next: Option<String>,
}

impl Given {
    fn of(root: &Command, words: &[String]) -> Self {
        let mut given = Self { path: Vec::new(), command: root.clone(), next: None };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word.starts_with('-') {
                // What stands behind a flag that has a value is no command.
                let name = word.trim_start_matches('-');
                let of_name = root.get_arguments().chain(given.command.get_arguments()).find(|it| {
                    it.get_long() == Some(name) || it.get_short().is_some_and(|short| name == short.to_string())
                });
                if of_name.is_some_and(|it| it.get_action().takes_values()) {
                    words.next();
                }
                continue;
            }
            let Some(command) = given.command.find_subcommand(word).cloned() else {
                given.next = words.next().cloned();
                break;
            };
            given.path.push(command.get_name().to_owned());
            given.command = command;
        }
        given
    }

    /// What to say of a word that is no command here; none when nothing is known to be meant.
    fn meant(&self, root: &Command, word: &str) -> Option<String> {
        let known = |noun: &str| root.find_subcommand(noun);
        // `list certificates` for `certificate list`; and the kinds of the catalogue have no noun of their own.
        let turned = |verb: &str, noun: &str| {
            let one = singular(noun);
            let found = known(&one).filter(|command| command.find_subcommand(verb).is_some());
            match found {
                Some(command) => Some(format!("{} {verb}", command.get_name())),
                None if verb == "list" => get::collection(noun).and_then(lists_all).map(str::to_owned),
                None => None,
            }
        };
        let meant = match (self.path.as_slice(), &self.next) {
            ([verb], _) => turned(verb, word)?,
            ([], Some(next)) if turned(word, next).is_some() => turned(word, next)?,
            // The kinds of the catalogue are no commands.
            ([], next) if known(&singular(word)).is_none() => {
                let collection = get::collection(word)?;
                match next.as_deref() {
                    Some("get") => format!("get {collection}/ID"),
                    _ => lists_all(collection)?.to_owned(),
                }
            }
            ([], next) => {
                let command = known(&singular(word))?;
                let verb = next.as_deref().filter(|next| command.find_subcommand(next).is_some());
                let noun = command.get_name();
                verb.map_or_else(|| noun.to_owned(), |verb| format!("{noun} {verb}"))
            }
            _ => return None,
        };
        Some(format!("did you mean greenlane {meant}?"))
    }
}

/// The word for one of what a word names many of.
fn singular(word: &str) -> String {
    match (word.strip_suffix("ies"), word.strip_suffix("xes")) {
        (Some(stem), _) => format!("{stem}y"),
        (_, Some(stem)) => format!("{stem}x"),
        _ => word.strip_suffix('s').unwrap_or(word).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use crate::cli::Cli;

    fn told(line: &str) -> String {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let all = std::iter::once("greenlane".to_owned()).chain(words.iter().cloned());
        let error = Cli::command().try_get_matches_from(all).expect_err(line);
        super::advised(error, &Cli::command(), &words).to_string()
    }

    #[test]
    fn a_command_whose_words_are_turned_around_or_many_is_told_as_it_is() {
        for (line, meant) in [
            ("list certificates", "greenlane certificate list?"),
            ("list bodies --all", "greenlane body list?"),
            ("list schemes", "greenlane catalogue list schemes?"),
            ("create body", "greenlane body create?"),
            ("certificates list", "greenlane certificate list?"),
            ("-o json write-offs", "greenlane write-off?"),
            ("schemes list", "greenlane catalogue list schemes?"),
            ("annexes get xa-xd-pv", "greenlane get annexes/ID?"),
            ("arrangements", "greenlane catalogue list arrangements?"),
            ("change lsit", "'list'"),
        ] {
            let told = told(line);
            assert!(told.contains(meant), "{line}: {told}");
            assert!(!told.contains("entries"), "{line}: {told}");
        }
    }

    #[test]
    fn another_word_altogether_is_suggested_to_nobody() {
        for line in ["frobnicate", "certificate revoke"] {
            let told = told(line);
            assert!(!told.contains("tip:") && !told.contains("\n\n\n"), "{line}: {told}");
        }
    }

    #[test]
    fn what_only_reads_is_told_nothing_of_checks_and_what_only_checks_unless_confirmed_says_so() {
        assert!(told("certificate issue --confirm").contains("this is done at once"));
        assert!(!told("log checkpoint --confirm").contains("done at once"));
        for line in ["certificate import x.csv --dry-run", "trace import --file x.csv --dry-run"] {
            assert!(told(line).contains("without --confirm this only checks"), "{line}: {}", told(line));
        }
    }

    #[test]
    fn nobody_is_told_to_pass_a_flag_as_a_value() {
        for line in ["get certificates --all", "certificate get x --confirm", "body list --nonsense"] {
            let told = told(line);
            assert!(!told.contains("to pass") && !told.contains("\n\n\n"), "{line}: {told}");
        }
        assert!(told("get certificates --all").contains("without a flag"));
        assert!(told("certificate list --limt 3").contains("'--limit'"), "what is near is still suggested");
    }

    #[test]
    fn a_token_on_the_command_line_is_not_said_again_whatever_is_wrong_with_it() {
        let token = format!("eyJ{}.eyJ{}.{}", "a".repeat(20), "b".repeat(20), "c".repeat(43));
        for line in [
            format!("body list --registry {token}"),
            format!("body list {token}"),
            format!("{token} list"),
            format!("body list --here {token}"),
            format!("certificate list --limit {token}"),
            format!("body list --{token}"),
        ] {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            let all = std::iter::once("greenlane".to_owned()).chain(words.iter().cloned());
            let error = Cli::command().try_get_matches_from(all).expect_err(&line);
            let kind = error.kind();
            let error = super::without_tokens(super::advised(error, &Cli::command(), &words));
            let told = error.to_string();
            assert!(!told.contains("eyJ") && told.contains("(a token)"), "{line}: {told}");
            assert!(told.starts_with("error: ") && told.matches("error: ").count() == 1, "{told}");
            assert_eq!((error.kind(), error.exit_code()), (kind, 2), "{line}");
        }
    }

    #[test]
    fn a_file_without_its_flag_is_told_with_it() {
        for (line, meant) in [
            ("diff f/1.yaml", "greenlane diff -f f/1.yaml"),
            ("change create change.yaml", "greenlane change create -f change.yaml"),
        ] {
            assert!(told(line).contains(meant), "{line}: {}", told(line));
        }
        assert!(!told("diff --nonsense").contains("files are named"));
    }
}
