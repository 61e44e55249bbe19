//! `greenlane context`, `doctor` and `manual`: what a person sets up, and finds out when it does not work.

use crate::Shell;
use greenlane_e2e::greenlane;

fn outcomes(run: &greenlane_e2e::Run) -> Vec<(String, String)> {
    let value = run.json().expect("JSON");
    let findings = value["findings"].as_array().expect("findings").clone();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    findings.iter().map(|finding| (text(&finding["check"]), text(&finding["outcome"]))).collect()
}

#[test]
fn the_doctor_finds_nothing_wrong_with_a_running_installation_and_follows_its_log() {
    let shell = Shell::new().expect("it starts");
    let first = shell.run("doctor -o json").expect("it runs").expect(0);
    let found = outcomes(&first);
    let expected = [
        "context",
        "token",
        "registry",
        "registry-clock",
        "registry-token",
        "equivalence",
        "equivalence-clock",
        "equivalence-token",
        "classification",
        "classification-clock",
        "classification-token",
        "log",
    ];
    assert_eq!(found, expected.map(|check| (check.to_owned(), "ok".to_owned())));
    assert!(first.stdout.contains("seen for the first time"), "{}", first.stdout);

    shell.certify().expect("a certificate");
    let again = shell.run("doctor").expect("it runs").expect(0);
    assert!(again.stdout.contains("continues size 2 that was seen before"), "{}", again.stdout);
}

#[test]
fn the_doctor_notices_a_log_that_is_shorter_than_the_one_that_was_seen() {
    let shell = Shell::new().expect("it starts");
    shell.certify().expect("a certificate");
    // Named by its address, as one elsewhere is.
    let doctor = |shell: &Shell, more: &str| {
        shell.run(&format!("doctor --registry {}{more}", registry_of(shell))).expect("it runs")
    };
    doctor(&shell, "").expect(0);
    let other = Shell::new().expect("it starts");
    let seen = |shell: &Shell| shell.folder.path().join("home/seen");
    doctor(&other, "").expect(0);
    for file in std::fs::read_dir(seen(&shell)).expect("what was seen") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), seen(&other).join(file.file_name())).expect("it is copied");
    }
    let run = doctor(&other, " -o json").expect(10);
    assert_eq!(outcomes(&run).last(), Some(&("log".to_owned(), "failed".to_owned())));
}

#[test]
fn the_doctor_names_a_registry_whose_database_was_put_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |words: &str| greenlane(folder.path(), words.split_whitespace()).expect("it runs");
    let up = || greenlane_e2e::Up::start(folder.path()).expect("it starts");
    let file = |name: &str| folder.path().join("greenlane-data").join(name);
    let before = up();
    run("body create aurora-cert --display-name Aurora --economy XA").expect(0);
    before.stop("TERM").expect("it ends");
    // What was written last may stand in the file beside it alone.
    let files = ["registry.db", "registry.db-wal"];
    let kept = files.map(|name| std::fs::read(file(name)).ok());
    let after = up();
    run("body key create bodies/aurora-cert").expect(0);
    after.stop("TERM").expect("it ends");
    std::fs::remove_file(file("registry.db-shm")).ok();
    for (name, kept) in files.into_iter().zip(kept) {
        match kept {
            Some(kept) => std::fs::write(file(name), kept).expect("it is put back"),
            None => _ = std::fs::remove_file(file(name)),
        }
    }
    let _up = up();
    let found = run("doctor -o json").expect(10);
    assert_eq!(outcomes(&found).last(), Some(&("log".to_owned(), "failed".to_owned())), "{}", found.stdout);
    assert!(found.stdout.contains("LOG_INCONSISTENT"), "{}", found.stdout);
    assert!(!folder.path().join("home/seen").exists(), "what is in doubt is not what the next one is compared with");
}

#[test]
fn the_doctor_names_each_key_token_and_key_set_that_a_service_could_not_use() {
    use std::os::unix::fs::PermissionsExt as _;
    let shell = Shell::new().expect("it starts");
    let file = |name: &str| shell.folder.path().join(name);
    let write = |name: &str, text: &str| std::fs::write(file(name), text).expect("it is written");
    let doctor = |code: i32| {
        let run = shell.run("doctor --service registry --config r.toml -o json").expect("it runs").expect(code);
        let of_files = ["issuers", "keys", "token and TLS for equivalence", "certificate"];
        let found = outcomes(&run).into_iter().filter(|(check, _)| of_files.contains(&check.as_str()));
        (found.map(|(check, outcome)| format!("{check} {outcome}")).collect::<Vec<_>>(), run.stdout)
    };
    let config = |jwks: &str, token: &str| {
        write(
            "r.toml",
            &format!(
                "[[auth.issuers]]\nissuer = \"https://issuer.example.org\"\njwks = {{ file = \"{jwks}\" }}\n\
                 [registry]\nkey_directory = \"keys\"\nstore = {{ url = \"sqlite:greenlane-data/registry.db\" }}\n\
                 equivalence = {{ uri = \"http://127.0.0.1:1\", token = {{ file = \"{token}\" }} }}\n"
            ),
        );
    };
    shell.run("token jwks --out jwks.json").expect("it runs").expect(0);
    std::fs::create_dir(file("keys")).expect("a folder");
    std::fs::copy(file("greenlane-data/keys/log.jwk"), file("keys/log.jwk")).expect("a key");
    config("jwks.json", "greenlane-data/admin.token");
    assert_eq!(doctor(0).0, ["issuers ok", "keys ok", "token and TLS for equivalence ok"]);
    config("none.json", "none.token");
    std::fs::set_permissions(file("keys/log.jwk"), std::fs::Permissions::from_mode(0o644)).expect("it is ours");
    write("keys/other.jwk", "{}");
    let (found, told) = doctor(10);
    assert_eq!(found, ["issuers failed", "keys failed", "token and TLS for equivalence failed"]);
    for named in ["none.json", "none.token", "log.jwk has mode 644", "other.jwk"] {
        assert!(told.contains(named), "no {named}: {told}");
    }
    for gone in ["keys/log.jwk", "keys/other.jwk"] {
        std::fs::remove_file(file(gone)).expect("it is there");
    }
    assert!(doctor(10).0.contains(&"keys failed".to_owned()), "what it signed is there");
}

/// Where the registry of an installation is.
fn registry_of(shell: &Shell) -> String {
    let context = std::fs::read_to_string(shell.folder.path().join("greenlane-data/client.toml")).expect("a context");
    let address = context.lines().find_map(|line| line.strip_prefix("registry = \"")).expect("an address");
    address.trim_end_matches('"').to_owned()
}

#[test]
fn the_doctor_says_when_another_installation_answers_in_place_of_the_own_one() {
    let own = tempfile::tempdir().expect("a folder");
    greenlane_e2e::Up::start(own.path()).expect("it starts").stop("TERM").expect("it ends");
    let other = Shell::new().expect("it starts");
    let context = own.path().join("greenlane-data/client.toml");
    let theirs = std::fs::read_to_string(other.folder.path().join("greenlane-data/client.toml")).expect("a context");
    std::fs::write(context, theirs).expect("the other one took the ports");
    let run = greenlane(own.path(), ["doctor", "-o", "json"]).expect("it runs").expect(10);
    assert_eq!(outcomes(&run).last(), Some(&("log".to_owned(), "failed".to_owned())));
    assert!(run.stdout.contains("another installation answers at http://127.0.0.1:"), "{}", run.stdout);
    // Two that each answer for themselves have nothing to do with one another, though their logs have one name.
    let home = |words: &str| {
        let words = words.split_whitespace();
        greenlane(other.folder.path(), words).expect("it runs")
    };
    home("doctor").expect(0);
}

#[test]
fn the_doctor_says_what_to_do_when_nothing_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("bad.token"), "no token").expect("a file");
    let run = |words: &str| greenlane(folder.path(), words.split_whitespace()).expect("it runs");
    let at = "--registry http://127.0.0.1:1 --equivalence http://127.0.0.1:1 --classification http://127.0.0.1:1";
    let found = outcomes(&run(&format!("doctor {at} --token-file bad.token -o json")).expect(10));
    let failed = |check: &str| found.contains(&(check.to_owned(), "failed".to_owned()));
    assert!(["token", "registry", "equivalence", "classification"].into_iter().all(failed), "{found:?}");
    let table = run(&format!("doctor {at}")).expect(10).stdout;
    assert!(table.contains("`greenlane up` starts all three") && !table.contains("`greenlane doctor`"), "{table}");
}

#[test]
fn the_doctor_checks_a_services_configuration_and_its_schema() {
    let shell = Shell::new().expect("it starts");
    let path = shell.folder.path().join("registry.toml");
    std::fs::write(&path, "[registry.store]\nurl = \"sqlite:other.db\"\n").expect("a file");
    let run = shell.run("doctor --service registry --config registry.toml").expect("it runs").expect(10);
    assert!(run.stdout.contains("greenlane migrate registry"), "{}", run.stdout);
    shell.run("migrate registry --config registry.toml").expect("it runs").expect(0);
    shell.run("doctor --service registry --config registry.toml").expect("it runs").expect(0);
    std::fs::write(&path, "[registry]\nnot_a_key = 1\n").expect("a file");
    let run = shell.run("doctor --service registry --config registry.toml").expect("it runs").expect(10);
    assert!(run.stdout.contains("not_a_key"), "{}", run.stdout);
}

#[test]
fn contexts_are_written_chosen_overridden_and_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |words: &str| greenlane(folder.path(), words.split_whitespace()).expect("it runs");
    run("context set border --registry http://border.example.org --token-file border.token").expect(0);
    let set = run("context set office --registry http://office.example.org").expect(0);
    let taken = "equivalence is taken to be at http://127.0.0.1:7402: name another with --equivalence";
    assert!(set.stderr.contains(taken) && !set.stderr.contains("registry is taken"), "{}", set.stderr);
    run("context use office").expect(0);
    assert_eq!(run("context list -o name").expect(0).stdout, "border\noffice\n");
    let registry = |words: &str| run(words).expect(0).json().expect("JSON")["registry"].clone();
    assert_eq!(registry("context show -o json"), "http://office.example.org");
    assert_eq!(registry("context show --context border -o json"), "http://border.example.org");
    assert_eq!(registry("context show --registry http://flag.example.org -o json"), "http://flag.example.org");
    let refused = run("body list").expect(75);
    assert!(refused.stderr.contains("hint: "), "{}", refused.stderr);
    let removed = run("context remove office").expect(0).stderr;
    assert!(removed.contains("the context office is removed") && removed.contains("commands go by "), "{removed}");
    let unknown = run("context use office").expect(3);
    assert!(unknown.stderr.contains("there is border"), "{}", unknown.stderr);
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |words: &str| greenlane(folder.path(), words.split_whitespace()).expect("it runs");
    let told = run("manual --man pages").expect(0);
    assert!(told.stdout.is_empty() && told.stderr.contains("pages written into pages"), "{}", told.stderr);
    let files = run("manual --man pages -o name").expect(0).stdout;
    assert!(files.lines().any(|file| file == "pages/greenlane-certificate-issue.1"), "{files}");
    let page = std::fs::read_to_string(folder.path().join("pages/greenlane-certificate-issue.1")).expect("a page");
    assert!(page.contains("The issuing body"), "{page}");
    let title = format!(
        ".TH \"GREENLANE-CERTIFICATE-ISSUE\" \"1\" \"\" \"greenlane {}\" \"Greenlane manual\"\n",
        env!("CARGO_PKG_VERSION")
    );
    assert!(page.contains(&title), "{page}");
    for part in [
        "\\fBGREENLANE_REGISTRY\\fR\nThe same as \\-\\-registry.",
        "GREENLANE_HOME",
        ".SH EXIT STATUS",
        "greenlane\\-certificate\\fR(1)",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(run("manual").expect(0).stdout.contains("## greenlane certificate issue\n"));
}

#[test]
fn a_token_is_taken_from_stdin_and_an_empty_one_is_refused() {
    let shell = Shell::new().expect("it starts");
    let refused = shell.run("body list --token-file -").expect("it runs").expect(2);
    assert!(refused.stderr.contains("there is no token on stdin"), "{}", refused.stderr);
}

#[test]
fn where_two_things_are_to_come_from_stdin_it_is_said_which_cannot_be() {
    use std::{
        io::Write as _,
        process::{Command, Stdio},
    };
    let shell = Shell::new().expect("it starts");
    let mut child = Command::new(greenlane_e2e::greenlane_path())
        .args(["verify", "-", "--token-file", "-"])
        .current_dir(shell.folder.path())
        .env("GREENLANE_HOME", shell.folder.path().join("home"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    child.stdin.take().expect("stdin is piped").write_all(b"GLXA4HP9Z1PPYMB35F\n").expect("it is read");
    let done = child.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(told.contains("two things are to come from stdin: name a file for one of them"), "{told}");
    assert_eq!(done.status.code(), Some(2));
}

#[test]
fn a_token_is_minted_for_scopes_bodies_and_economies_that_can_be_only() {
    let shell = Shell::new().expect("it starts");
    let mint = |words: &str| shell.run(&format!("token mint --subject s --out s.token {words}")).expect("it runs");
    let scope = mint("--scope certificates.wirte").expect(2).stderr;
    assert!(
        scope.contains("certificates.write") && scope.contains("write_offs.read"),
        "every scope is listed: {scope}"
    );
    let body = mint("--scope verify --body Aurora!").expect(2).stderr;
    assert!(body.contains("must be a resource name of the shape bodies/{body}"), "{body}");
    let economy = mint("--scope verify --economy xa").expect(2).stderr;
    assert!(economy.contains("ISO 3166-1"), "{economy}");
    assert!(!shell.folder.path().join("s.token").exists());
    mint("--scope trace.read --scope trace.write --body bodies/aurora-cert --economy XA").expect(0);
}

#[test]
fn a_token_is_minted_with_the_keys_of_the_installation_that_the_context_is_of() {
    let shell = Shell::new().expect("it starts");
    let elsewhere = tempfile::tempdir().expect("a folder");
    let context = shell.folder.path().join("greenlane-data/client.toml");
    let words = ["--context", context.to_str().expect("UTF-8"), "token", "mint", "--subject", "s"];
    let mint = words.into_iter().chain(["--scope", "bodies.read", "--out", "s.token"]);
    greenlane(elsewhere.path(), mint).expect("it runs").expect(0);
    let token = elsewhere.path().join("s.token");
    shell.run(&format!("body list --token-file {}", token.display())).expect("it runs").expect(0);
    // Without the context it is nobody's.
    let lost = ["token", "mint", "--subject", "s", "--scope", "bodies.read", "--out", "t.token"];
    assert!(greenlane(elsewhere.path(), lost).expect("it runs").expect(2).stderr.contains("is not a data directory"));
}

#[test]
fn the_doctor_says_what_to_do_about_a_database_that_is_damaged_or_of_a_newer_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |words: &str| greenlane(folder.path(), words.split_whitespace()).expect("it runs");
    let config = |url: &str| {
        std::fs::write(folder.path().join("r.toml"), format!("[registry.store]\nurl = \"{url}\"\n")).expect("a file");
    };
    let database = || {
        let found = run("doctor --service registry --config r.toml -o json").expect(10).json().expect("JSON");
        let findings = found["findings"].as_array().expect("findings").clone();
        findings.into_iter().find(|it| it["check"] == "database").expect("a finding of the database")
    };
    std::fs::write(folder.path().join("damaged.db"), "this is no database ".repeat(100)).expect("a file");
    config("sqlite:damaged.db");
    let damaged = database();
    assert_eq!(damaged["outcome"], "failed");
    assert!(damaged["advice"].as_str().is_some_and(|it| it.contains("`greenlane restore` puts a backup")), "{damaged}");

    // The migrations of another service are none that this one knows.
    std::fs::write(folder.path().join("c.toml"), "[classification.store]\nurl = \"sqlite:other.db\"\n")
        .expect("a file");
    run("migrate classification --config c.toml").expect(0);
    config("sqlite:other.db");
    let newer = database();
    assert!(newer["detail"].as_str().is_some_and(|it| it.contains("ahead of this program")), "{newer}");
    let advice = newer["advice"].as_str().unwrap_or_default();
    assert!(advice.contains("a newer program has migrated it: run that one"), "{newer}");
    assert!(advice.contains("another service's"), "{newer}");
}

#[test]
fn the_doctor_fails_where_the_key_of_a_log_with_entries_is_gone_and_names_bodies_without_a_key() {
    let shell = Shell::new().expect("it starts");
    let doctor = |words: &str, code: i32| {
        let run = shell.run(&format!("doctor {words} -o json")).expect("it runs").expect(code);
        run.json().expect("JSON")["findings"].as_array().expect("findings").clone()
    };
    let of = |findings: &[serde_json::Value], check: &str| {
        findings.iter().find(|it| it["check"] == check).map(|it| (it["outcome"].clone(), it["detail"].to_string()))
    };
    shell.run("body create aurora-cert --display-name Aurora --economy XA").expect("it runs").expect(0);
    let (outcome, detail) = of(&doctor("", 0), "body-keys").expect("it is said");
    assert!(outcome == "warning" && detail.contains("bodies/aurora-cert"), "{outcome} {detail}");
    shell.run("body key create bodies/aurora-cert").expect("it runs").expect(0);
    assert_eq!(of(&doctor("", 0), "body-keys"), None);

    let local = "--service registry";
    assert_eq!(of(&doctor(local, 0), "keys").expect("it is said").0, "ok");
    let key = shell.folder.path().join("greenlane-data/keys/log.jwk");
    std::fs::rename(&key, key.with_extension("away")).expect("it is there");
    let (outcome, detail) = of(&doctor(local, 10), "keys").expect("it is said");
    assert!(outcome == "failed" && detail.contains("and the log has 4 entries"), "{outcome} {detail}");
}

#[test]
fn the_doctor_tells_a_logs_key_that_did_not_sign_the_log_and_a_lost_key_of_a_body_before_a_start_does() {
    let shell = Shell::new().expect("it starts");
    shell.certify().expect("a certificate");
    let keys = shell.folder.path().join("greenlane-data/keys");
    let finding = |code: i32| {
        let run = shell.run("doctor --service registry -o json").expect("it runs").expect(code);
        let findings = run.json().expect("JSON")["findings"].as_array().expect("findings").clone();
        findings.into_iter().find(|it| it["check"] == "keys").expect("it is said").to_string()
    };
    assert!(finding(0).contains("\"ok\""));

    let name = shell.run("body key list aurora-cert -o name").expect("it runs").expect(0).stdout;
    let file = format!("{}.jwk", name.trim().rsplit('/').next().expect("an identifier"));
    let (key, away) = (keys.join(&file), keys.join("away"));
    std::fs::rename(&key, &away).expect("it is there");
    let lost = finding(10);
    assert!(lost.contains(&format!("{file} of bodies/aurora-cert")) && lost.contains("greenlane restore"), "{lost}");
    std::fs::copy(keys.join("issuer.jwk"), &key).expect("a key");
    assert!(finding(10).contains(&file), "another key under its name is not it");
    std::fs::rename(&away, &key).expect("it is put back");
    assert!(finding(0).contains("\"ok\""));

    std::fs::rename(keys.join("log.jwk"), &away).expect("it is there");
    std::fs::copy(keys.join("issuer.jwk"), keys.join("log.jwk")).expect("a key");
    let other = finding(10);
    assert!(other.contains("is not the key that signed"), "{other}");
}

#[test]
fn of_many_bodies_without_a_key_the_doctor_names_the_first_in_their_order() {
    let shell = Shell::new().expect("it starts");
    let run = |words: &str| shell.run(words).expect("it runs").expect(0).stdout;
    for number in 0..10 {
        run(&format!("body create lab-{number} --display-name Lab-{number} --economy XA"));
    }
    run("body key create bodies/lab-1");
    let named = "bodies/lab-0, bodies/lab-2, bodies/lab-3, bodies/lab-4, bodies/lab-5 and 4 more";
    let told = run("doctor -o json");
    assert!(told.contains(named), "{told}");
}

#[test]
fn the_doctor_says_once_that_another_service_answers() {
    let shell = Shell::new().expect("it starts");
    let context = std::fs::read_to_string(shell.folder.path().join("greenlane-data/client.toml")).expect("a context");
    let equivalence = context.lines().find_map(|line| line.strip_prefix("equivalence = \"")).expect("an address");
    let run = shell.run(&format!("doctor --registry {} -o json", equivalence.trim_end_matches('"'))).expect("it runs");
    let found = outcomes(&run.expect(10));
    let of_registry: Vec<_> = found.iter().filter(|(check, _)| check == "registry").collect();
    assert_eq!(of_registry, [&("registry".to_owned(), "failed".to_owned())]);
}

#[test]
fn a_token_that_is_there_is_not_lost_to_a_new_one_unless_it_is_said() {
    let shell = Shell::new().expect("it starts");
    let mint = |words: &str| {
        shell.run(&format!("token mint --scope verify --out clerk.token --subject {words}")).expect("it runs")
    };
    let read = || std::fs::read_to_string(shell.folder.path().join("clerk.token")).expect("a token");
    mint("one").expect(0);
    let first = read();
    let refused = mint("two").expect(2).stderr;
    assert!(refused.contains("clerk.token is there already") && refused.contains("--overwrite"), "{refused}");
    assert_eq!(read(), first);
    mint("two --overwrite").expect(0);
    assert_ne!(read(), first);
}

#[test]
fn the_version_is_told_of_the_command_and_of_every_service() {
    let shell = Shell::new().expect("it starts");
    let told = shell.run("version -o name").expect("it runs").expect(0);
    assert_eq!(told.stdout, "greenlane\nregistry\nequivalence\nclassification\n");
    let told = shell.run("version -o csv").expect("it runs").expect(0);
    assert_eq!(told.stdout.matches(env!("CARGO_PKG_VERSION")).count(), 4, "{}", told.stdout);
    assert_eq!(told.stderr, "", "where all are the same there is nothing to say");
    let at = "--registry http://127.0.0.1:1";
    let gone = shell.run(&format!("version {at}")).expect("it runs").expect(75);
    assert!(gone.stderr.contains("registry at http://127.0.0.1:1 cannot be reached"), "{}", gone.stderr);
    assert_eq!(gone.stderr.matches("cannot be reached").count(), 1, "it is said once: {}", gone.stderr);
    assert_eq!(gone.stderr.matches("http://127.0.0.1:1").count(), 1, "{}", gone.stderr);
    assert!(gone.stdout.contains("classification"), "{}", gone.stdout);
    shell.run(&format!("version --client {at}")).expect("it runs").expect(0);
}

#[test]
fn each_list_has_a_default_limit_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let help = |words: &str| greenlane(folder.path(), words.split_whitespace()).expect("it runs").expect(0).stdout;
    for (command, limit) in [("code search", 20), ("code list", 1_000), ("change list", 50), ("list entries", 1_000)] {
        assert!(
            help(&format!("{command} --help")).contains(&format!("At most this many [default: {limit}]")),
            "{command}"
        );
    }
}

#[test]
fn colour_is_for_terminals_unless_it_is_forced_or_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |environment: &[(&str, &str)]| {
        let mut command = std::process::Command::new(greenlane_e2e::greenlane_path());
        command.args(["version", "--client"]).current_dir(folder.path()).env_remove("NO_COLOR");
        String::from_utf8(command.envs(environment.iter().copied()).output().expect("it runs").stdout).expect("text")
    };
    let plain = run(&[]);
    assert!(!plain.contains('\x1b'), "{plain:?}");
    let forced = run(&[("CLICOLOR_FORCE", "1")]);
    assert!(forced.contains("\x1b[1mCOMPONENT\x1b[0m"), "{forced:?}");
    assert_eq!(run(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]), plain);
}
