//! Completion in the shell, as the shells ask for it.

use std::process::Command;

use greenlane_e2e::greenlane_path;

use crate::Shell;

/// What a shell is told for a line whose last word is being typed.
fn completed(shell: &Shell, name: &str, line: &[&str]) -> String {
    let mut command = Command::new(greenlane_path());
    command.current_dir(shell.folder.path()).env("GREENLANE_HOME", shell.folder.path().join("home"));
    command.env("COMPLETE", name).env("_CLAP_COMPLETE_INDEX", (line.len()).to_string()).env("_CLAP_IFS", "\n");
    let output = command.args(["--", "greenlane"]).args(line).output().expect("it runs");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// The same, with something in it. A shell is not kept waiting: on a machine that does much else nothing may come in time.
fn completed_with(shell: &Shell, name: &str, line: &[&str], expected: &str) -> String {
    let mut last = String::new();
    for _ in 0..20 {
        last = completed(shell, name, line);
        if last.contains(expected) {
            return last;
        }
    }
    panic!("{name}, {line:?}: no `{expected}` in `{last}`")
}

#[test]
fn a_shell_completes_live_names_of_certificates_schemes_and_change_sets() {
    names().expect("it runs");
}

fn names() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let number = certificate.trim_start_matches("certificates/");
    std::fs::write(shell.folder.path().join("change.yaml"), crate::json::CHANGE)?;
    std::fs::write(shell.folder.path().join("codes.yaml"), crate::json::CODES)?;
    let draft = shell.run("change create --file change.yaml -o name")?.expect(0).stdout.trim().to_owned();
    let codes = shell.run("code change create --file codes.yaml -o name")?.expect(0).stdout.trim().to_owned();
    for name in ["bash", "zsh", "fish"] {
        let complete = |line: &[&str], expected: &str| completed_with(&shell, name, line, expected);
        complete(&["certificate", "get", ""], number);
        complete(&["verify", &number[..6]], number);
        complete(&["certificate", "get", "certificates/"], &certificate);
        complete(&["recognise", "--scheme", "schemes/"], "schemes/aurelian-pv-mark");
        complete(&["catalogue", "get", "sch"], "schemes/");
        complete(&["catalogue", "get", "schemes/"], "schemes/aurelian-pv-mark");
        let ours = complete(&["change", "get", ""], draft.trim_start_matches("changeSets/"));
        assert!(!ours.contains(codes.trim_start_matches("changeSets/")), "{name}: {ours}");
        complete(&["code", "change", "get", ""], codes.trim_start_matches("changeSets/"));
        complete(&["certificate", "su"], "suspend");
        let script = shell.run(&format!("completion {name}"))?.expect(0).stdout;
        assert!(script.contains("COMPLETE=") && script.contains("greenlane"), "{script}");
    }
    Ok(())
}

#[test]
fn a_shell_completes_codes_economies_standards_and_whatever_get_can_show() {
    more_names().expect("it runs");
}

fn more_names() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let number = certificate.trim_start_matches("certificates/");
    std::fs::write(shell.folder.path().join("change.yaml"), crate::json::CHANGE)?;
    let draft = shell.run("change create --file change.yaml -o name")?.expect(0).stdout.trim().to_owned();
    let complete = |line: &[&str], expected: &str| completed_with(&shell, "zsh", line, expected);
    complete(&["code", "get", "HS"], "HS2022\\:");
    complete(&["code", "get", "HS2022:85414"], "HS2022\\:854143");
    complete(&["verify", number, "--code", "HS2022:8541"], "HS2022\\:854143");
    complete(&["code", "translate", "HS2022:854143", "--to", "HS20"], "HS2017");
    for flag in [["fairness", "--market"], ["plan", "--origin"], ["context", "--here"], ["body", "--here"]] {
        complete(&[flag[0], flag[1], "X"], "XB");
    }
    complete(&["plan", "--standard", "standards/iec-6"], "standards/iec-61215-1-2021");
    complete(&["certificate", "list", "--standard", "standards/iec-6"], "standards/iec-61215-1-2021");
    complete(&["get", &number[..6]], number);
    complete(&["get", "certificates/"], &certificate);
    complete(&["get", "changeSets/"], &draft);
    // As everything prints them, from the first letters on.
    complete(&["change", "get", "change"], &draft);
    complete(&["change", "propose", "changeSets/"], &draft);
    complete(&["certificate", "get", "cert"], &certificate);
    complete(&["certificate", "get", "certificates/"], &certificate);
    complete(&["certificate", "get", &certificate[..15]], &certificate);
    shell.run("token mint --subject port --economy XB --scope write_offs.write --out port.token")?.expect(0);
    let written = format!(
        "write-off record {certificate} --economy XB --declaration 26XB/1 --quantity 5:C62 --token-file port.token -o name"
    );
    let written = shell.run(&written)?.expect(0).stdout.trim().to_owned();
    complete(&["write-off", "get", ""], &written);
    complete(&["write-off", "reverse", "write"], &written);
    complete(&["get", "HS2022:85414"], "HS2022\\:854143");
    complete(&["get", "green"], "greenLists/");
    Ok(())
}

/// As bash does it: words parted at colons, and what stands behind the last one to be completed.
const IN_BASH: &str = r#"
breaks=$COMP_WORDBREAKS
source <(greenlane completion bash)
try() {
    COMP_LINE=$1 COMP_POINT=${#1} COMP_CWORD=$(($# - 2)) COMP_WORDS=("${@:2}")
    local last=${COMP_WORDS[COMP_CWORD]}
    [[ $last == : ]] && last=
    _greenlane greenlane "$last" "" 2>/dev/null
    printf '<%s>' "${COMPREPLY[@]}"
    echo
}
try "greenlane code get HS2022:85414" greenlane code get HS2022 : 85414
try "greenlane code translate HS2017:854140 HS2022:85414" greenlane code translate HS2017 : 854140 HS2022 : 85414
try "greenlane code get HS202" greenlane code get HS202
[[ $COMP_WORDBREAKS == "$breaks" && $breaks == *:* ]] && echo untouched
"#;

#[test]
fn bash_completes_a_code_behind_its_colon_and_keeps_its_own_way_of_parting_words() {
    let shell = Shell::new().expect("it starts");
    let command = greenlane_path();
    let bin = command.parent().expect("the command is in a folder");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let ask = || {
        let mut bash = Command::new("bash");
        bash.args(["-c", IN_BASH]).current_dir(shell.folder.path()).env("PATH", &path);
        let output = bash.env("GREENLANE_HOME", shell.folder.path().join("home")).output().expect("it runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    // A shell is not kept waiting: on a machine that does much else nothing may come in time.
    let is_whole = |said: &String| said.matches("<854143>").count() == 2 && said.contains("<HS2022:>");
    let said = (0..20).map(|_| ask()).find(is_whole).unwrap_or_else(ask);
    assert!(is_whole(&said) && said.contains("untouched"), "{said}");
}

/// A person at zsh: types a line, asks for its completion, and looks at what became of it.
const IN_ZSH: &str = r#"
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'autoload -Uz compinit; compinit -u -D; source <(greenlane completion zsh)'
zpty -w shell 'show() { print -r -- "<$BUFFER>" > $SHOWN }; zle -N show; bindkey "^X" show; PS1="rea""dy"'
zpty -r -m shell said '*ready*'
zpty -w -n shell "$LINE"$'\t\C-X'
for _ in {1..100}; do [[ -s $SHOWN ]] && break; sleep 0.1; done
cat $SHOWN
zpty -d shell
"#;

const IN_FISH: &str = "greenlane completion fish | source; complete -C $LINE";

#[test]
fn zsh_completes_a_command_and_a_live_name() {
    by_the_shell_itself("zsh", &["-f", "-c", IN_ZSH], |line, rest| format!("<{line}{rest} >\n"));
}

#[test]
fn fish_completes_a_command_and_a_live_name() {
    let last = |line: &str| line.rsplit(' ').next().unwrap_or_default().to_owned();
    by_the_shell_itself("fish", &["--no-config", "-c", IN_FISH], |line, rest| format!("{}{rest}\t", last(line)));
}

/// Has a shell complete a line, and looks for what it should have made of it.
fn by_the_shell_itself(name: &str, arguments: &[&str], expected: impl Fn(&str, &str) -> String) {
    if Command::new(name).arg("--version").output().is_err() {
        #[expect(clippy::print_stderr, reason = "a skipped test says so")]
        {
            eprintln!("skipped: there is no {name} on this machine");
        }
        return;
    }
    let shell = Shell::new().expect("it starts");
    let certificate = shell.certify().expect("a certificate");
    let number = certificate.trim_start_matches("certificates/");
    let command = greenlane_path();
    let bin = command.parent().expect("the command is in a folder");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let ask = |line: &str| {
        let shown = shell.folder.path().join("shown");
        std::fs::write(&shown, "").expect("a file");
        let mut asked = Command::new(name);
        asked.args(arguments).current_dir(shell.folder.path()).env("PATH", &path).env("HOME", shell.folder.path());
        asked.env("GREENLANE_HOME", shell.folder.path().join("home")).env("LINE", line).env("SHOWN", &shown);
        String::from_utf8_lossy(&asked.output().expect("it runs").stdout).into_owned()
    };
    let typed = format!("greenlane verify {}", &number[..6]);
    for (line, rest) in [("greenlane certificate su", "spend"), (typed.as_str(), &number[6..])] {
        let expected = expected(line, rest);
        // A shell is not kept waiting: on a machine that does much else nothing may come in time.
        let said = (0..20).map(|_| ask(line)).find(|said| said.contains(&expected)).unwrap_or_else(|| ask(line));
        assert!(said.contains(&expected), "{name}: no `{expected}` in `{said}`");
    }
}

#[test]
fn every_argument_that_names_something_alive_is_completed() {
    let shell = Shell::new().expect("it starts");
    shell.certify().expect("a certificate");
    for line in [
        ["certificate", "history", ""],
        ["write-off", "balance", ""],
        ["certificate", "watch", "--certificate"],
        ["plan", "--certificate", ""],
        ["body", "get", ""],
        ["edition", "get", ""],
    ] {
        let line: Vec<&str> = if line[2].starts_with("--") { [&line[..], &[""]].concat() } else { line.to_vec() };
        let mut tries = (0..20).map(|_| completed(&shell, "bash", &line));
        assert!(tries.any(|found| !found.trim().is_empty()), "{line:?}");
    }
}

#[test]
fn a_shell_waits_a_second_at_the_most_and_hears_no_complaint() {
    let shell = Shell::new().expect("it starts");
    // Takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", silent.local_addr().expect("an address"));
    let once = || {
        let began = std::time::Instant::now();
        assert_eq!(completed(&shell, "bash", &["certificate", "get", "--registry", &address, "GL"]), "");
        began.elapsed()
    };
    // The machine does other things too: one of several shows how long the command waits.
    assert!((0..5).any(|_| once().as_millis() < 2_000), "a shell is kept waiting");
}
