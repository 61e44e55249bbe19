//! What fits a terminal of eighty columns.

use greenlane_e2e::{Run, greenlane_with};

use crate::Shell;

/// How wide a line is on a terminal, on which Chinese letters have two columns.
fn columns(line: &str) -> usize {
    line.chars()
        .map(|letter| if letter >= '\u{1100}' && !matches!(letter, '\u{2000}'..='\u{2e7f}') { 2 } else { 1 })
        .sum()
}

/// Runs a command as on a terminal of eighty columns.
fn seen(shell: &Shell, words: &str) -> Run {
    let variables = [("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1"), ("COLUMNS", "80")];
    greenlane_with(shell.folder.path(), words.split_whitespace(), variables).expect("it runs")
}

#[test]
fn certificates_and_their_history_are_tables_on_a_terminal_of_eighty_columns() {
    let shell = Shell::new().expect("it starts");
    let certificate = shell.certify().expect("a certificate");
    let list = seen(&shell, "certificate list").expect(0);
    let headings: Vec<&str> =
        list.stdout.lines().next().unwrap_or_default().split("  ").filter(|it| !it.is_empty()).collect();
    assert_eq!(headings.iter().map(|it| it.trim()).collect::<Vec<_>>(), ["NAME", "STATE", "HOLDER", "VALID UNTIL"]);
    assert!(list.stdout.lines().nth(1).is_some_and(|row| row.starts_with(&certificate)), "{}", list.stdout);
    assert!(list.stderr.contains("a wider terminal shows PRODUCT, SCHEME too, and -o csv"), "{}", list.stderr);
    let history = seen(&shell, &format!("certificate history {certificate}")).expect(0);
    let first = history.stdout.lines().next().unwrap_or_default().split("  ").filter(|it| !it.is_empty());
    let headings: Vec<_> = first.map(str::trim).collect();
    assert_eq!(headings, ["RECORDED", "EVENT", "REASON", "EFFECTIVE", "STATE AFTER"], "{}", history.stdout);
    assert!(history.stdout.lines().all(|line| columns(line) <= 80), "{}", history.stdout);
    // For programs nothing gives way.
    let csv = seen(&shell, "certificate list -o csv").expect(0);
    assert!(csv.stdout.starts_with("NAME,STATE,HOLDER,PRODUCT,SCHEME,VALID UNTIL\n"), "{}", csv.stdout);
    let piped = shell.run("certificate list").expect("it runs").expect(0);
    assert!(piped.stdout.contains("PRODUCT") && piped.stderr.is_empty(), "{piped:?}");
}

#[test]
fn no_line_of_a_page_is_wider_than_the_terminal() {
    let shell = Shell::new().expect("it starts");
    let certificate = shell.certify().expect("a certificate");
    for words in [
        "code get HS2022:854143".to_owned(),
        "fairness".to_owned(),
        format!("explain --certificate {certificate} --code HS2022:854143 --origin XA --destination XB"),
        "catalogue get requirements/xb-pv-qualification".to_owned(),
        "catalogue get annexes/xa-xd-pv".to_owned(),
    ] {
        let told = seen(&shell, &words).expect(0).stdout;
        for line in told.lines() {
            assert!(columns(line) <= 80, "{words}: {line}");
        }
    }
}

#[test]
fn the_names_of_change_sets_and_of_keys_can_be_copied_from_a_terminal_of_eighty_columns() {
    let shell = Shell::new().expect("it starts");
    shell.certify().expect("a certificate");
    let annex = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/examples/new-annex/annex.yaml");
    shell.run(&format!("apply -f {annex} --title Annex")).expect("it runs").expect(0);
    for command in ["change list", "body key list aurora-cert"] {
        let name = shell.run(&format!("{command} -o name")).expect("it runs").expect(0).stdout;
        let shown = seen(&shell, command).expect(0).stdout;
        assert!(shown.split_whitespace().any(|word| word == name.trim()), "{command}: {shown}");
        assert!(shown.lines().all(|line| columns(line) <= 80), "{command}: {shown}");
    }
    let list = seen(&shell, "change list").expect(0);
    let headings: Vec<&str> = list.stdout.lines().next().unwrap_or_default().split_whitespace().collect();
    assert_eq!(headings, ["NAME", "STATE", "AUTHOR", "TITLE"]);
    assert!(list.stderr.contains("a wider terminal shows CREATED"), "{}", list.stderr);
}
