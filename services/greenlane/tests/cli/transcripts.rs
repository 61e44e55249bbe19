//! What the commands that people use most print, as snapshots that somebody reviewed: the command, its answer, its talk, and
//! how it ended. What differs from run to run is masked letter by letter, so that the columns stay where they are.

use std::fmt::Write as _;

use greenlane_e2e::Run;
use greenlane_platform::clock::Clock;

use crate::Shell;

/// Each with its arguments, in the order of a working day; `CERT` and `DRAFT` are names that are made on the way.
const DAY: &[(&str, &[&str])] = &[
    (
        "looking-codes-up",
        &[
            "code search photovoltaic module --limit 3",
            "code get HS2022:854143",
            "code translate HS2022:854143 --to HS2017",
            "code suggest photovoltaic module --limit 2",
            "list check HS2022:854143",
        ],
    ),
    (
        "certifying",
        &[
            "body create aurora-cert --display-name Aurora --economy XA",
            "body key create bodies/aurora-cert",
            "body list",
            "token mint --subject clerk --scope certificates.read --scope certificates.write --body bodies/aurora-cert \
             --out clerk.token",
            "certificate issue --body bodies/aurora-cert --file FILE --token-file clerk.token",
            "certificate issue --body bodies/aurora-cert --file odd.yaml --dry-run --token-file clerk.token",
            "certificate get CERT",
            "certificate list",
        ],
    ),
    (
        "verifying",
        &[
            "verify CERT --code HS2022:854143 --origin XA --destination XB --model EX-450M",
            "verify CERT --code HS2022:850231 --origin XA --destination XE",
            "verify CERT",
            "recognise --standard standards/iec-61215-1-2021 --body bodies/aurora-cert --body-economy XA --code HS2022:854143 \
             --origin XA --destination XB --destination XE",
            "plan --code HS2022:854143 --origin XA --certificate CERT --destination XB --destination XE",
            "fairness --market XC --code HS2022:854143",
        ],
    ),
    (
        "changing-the-catalogue",
        &[
            "catalogue get schemes/aurelian-pv-mark",
            "catalogue list requirements --where market=XB",
            "diff -f change.yaml",
            "change create --file change.yaml",
            "change list",
            "change validate DRAFT",
            "change diff DRAFT",
            "change preview DRAFT",
            "change propose DRAFT",
            "change review DRAFT --approve",
        ],
    ),
    (
        "withdrawing",
        &[
            "certificate suspend CERT --reason nonconformity --text Cracks. --remedy Mend. --token-file clerk.token",
            "certificate withdraw CERT --reason safety --text Fire. --token-file clerk.token",
            "certificate withdraw CERT --reason safety --text Fire. --confirm --token-file clerk.token",
            "certificate history CERT",
            "verify CERT",
            "certificate reinstate CERT --reason remedied --token-file clerk.token",
            "log checkpoint",
            "context show",
        ],
    ),
];

#[test]
fn a_working_day_at_the_command_line_reads_as_reviewed() {
    day().expect("it runs");
}

fn day() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let odd = std::fs::read_to_string(crate::example()?)?.replace("854143", "854199").replace("61730", "61731");
    std::fs::write(shell.folder.path().join("odd.yaml"), odd)?;
    std::fs::write(shell.folder.path().join("change.yaml"), crate::json::CHANGE)?;
    let (mut certificate, mut draft) = (String::new(), String::new());
    for (title, commands) in DAY {
        let mut text = String::new();
        for command in *commands {
            let words =
                command.replace("CERT", &certificate).replace("DRAFT", &draft).replace("FILE", &crate::example()?);
            let run = shell.run(&words)?;
            if command.starts_with("certificate issue") && !command.contains("--dry-run") {
                certificate = named(&run, "certificates/");
            }
            if command.starts_with("change create") {
                draft = named(&run, "changeSets/");
            }
            transcribe(&mut text, command, &run)?;
        }
        for (name, mask) in [(&certificate, "certificates/"), (&draft, "changeSets/")] {
            let bare = name.trim_start_matches(mask);
            if !bare.is_empty() {
                text = text.replace(bare, &"N".repeat(bare.len()));
            }
        }
        let folder = shell.folder.path().display().to_string();
        let text = masked(&text.replace(&folder, "FOLDER"));
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("transcript-{title}"), text);
        });
    }
    Ok(())
}

fn named(run: &Run, collection: &str) -> String {
    let words = run.stdout.split_whitespace();
    words.filter(|word| word.starts_with(collection)).map(str::to_owned).next().unwrap_or_default()
}

fn transcribe(text: &mut String, command: &str, run: &Run) -> std::fmt::Result {
    writeln!(text, "$ greenlane {command}\n{}", run.stdout)?;
    if !run.stderr.is_empty() {
        let talk: String = run.stderr.lines().map(|line| format!("! {line}\n")).collect();
        writeln!(text, "{talk}")?;
    }
    if run.code != 0 {
        writeln!(text, "(ends with {})\n", run.code)?;
    }
    Ok(())
}

/// Moments, days of the present and what only machines read, masked by letters of the same number.
fn masked(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    for piece in text.split_inclusive(|c: char| !(c.is_alphanumeric() || "-:._+/=".contains(c))) {
        let end = piece.trim_end_matches(|c: char| !(c.is_alphanumeric() || "-:._+/=".contains(c)));
        masked.push_str(&mask(end));
        masked.push_str(&piece[end.len()..]);
    }
    masked
}

fn mask(word: &str) -> String {
    let is_moment = word.is_ascii() && word.len() == 20 && word.ends_with('Z') && word.as_bytes()[10] == b'T';
    // Each run is on another day than the facts of the examples, which are of other years.
    let is_today = word == today();
    let is_port = word.starts_with("http://127.0.0.1:");
    // SHA-256 and signatures in base64: they may have a slash in them.
    let is_hash = word.len() >= 44 && word.ends_with('=');
    let long = word.rsplit(['/', ':']).next().unwrap_or_default().len() >= 30;
    if !word.is_ascii() {
        word.to_owned()
    } else if is_moment {
        "YYYY-MM-DDThh:mm:ssZ".to_owned()
    } else if is_today {
        "YYYY-MM-DD".to_owned()
    } else if is_port {
        "http://127.0.0.1:PORT".to_owned()
    } else if is_hash {
        "x".repeat(word.len())
    } else if long && !word.starts_with("http") {
        let at = word.rfind(['/', ':']).map_or(0, |at| at + 1);
        format!("{}{}", &word[..at], "x".repeat(word.len() - at))
    } else {
        word.to_owned()
    }
}

fn today() -> String {
    Clock::system().today().to_string()
}
