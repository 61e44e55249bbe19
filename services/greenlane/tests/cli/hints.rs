//! What a failure says that helps: the flag, the word, the address or the body that was meant.

use greenlane_e2e::greenlane;

use crate::Shell;

/// What a context of an installation says of a service.
fn address(shell: &Shell, line: &str) -> String {
    let context = std::fs::read_to_string(shell.folder.path().join("greenlane-data/client.toml")).expect("a context");
    let address = context.lines().find_map(|it| it.strip_prefix(&format!("{line} = \""))).expect("an address");
    address.trim_end_matches('"').to_owned()
}

#[test]
fn a_watch_that_is_asked_for_with_a_flag_is_told_as_the_command_that_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    for words in ["certificate list --watch", "dispute list --watch"] {
        let told = greenlane(folder.path(), words.split(' ')).expect("it runs").expect(2).stderr;
        assert!(told.contains("tip: to watch is a command: certificate watch, "), "{words}: {told}");
    }
}

#[test]
fn words_that_are_turned_around_or_are_short_for_a_command_are_understood() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |words: &str| greenlane(folder.path(), words.split(' ')).expect("it runs");
    for (words, meant) in [
        ("list certificates", "tip: did you mean greenlane certificate list?"),
        ("certificates list", "tip: did you mean greenlane certificate list?"),
        ("diff f/1.yaml", "tip: files are named with -f: greenlane diff -f f/1.yaml"),
    ] {
        let told = run(words).expect(2).stderr;
        assert!(told.contains(meant) && told.matches("tip:").count() == 1, "{words}: {told}");
    }
    run("cert list --help").expect(0);
}

#[test]
fn whoever_asks_a_web_site_or_a_port_of_tls_in_place_of_a_service_is_told_so() {
    let shell = Shell::new().expect("it starts");
    let up = std::fs::read_to_string(shell.folder.path().join("greenlane-data/client.toml")).expect("a context");
    assert!(up.contains("registry"), "{up}");
    let site = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let tls = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = |listener: &std::net::TcpListener| format!("http://{}", listener.local_addr().expect("an address"));
    let (of_site, of_tls) = (at(&site), at(&tls));
    for (listener, answer) in [(site, &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..]), (tls, &[21, 3, 1, 0, 2, 2, 70][..])] {
        std::thread::spawn(move || {
            use std::io::{Read as _, Write as _};
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { break };
                if stream.read(&mut [0; 512]).is_ok_and(|read| read > 0) {
                    stream.write_all(answer).ok();
                }
            }
        });
    }
    let asked = |address: &str| shell.run(&format!("body list --registry {address}")).expect("it runs");
    let site = asked(&of_site).stderr;
    // Later is no better.
    let ask = |address: &str| asked(address).expect(1).stderr;
    assert!(site.contains("\nhint: a web site answers there, and no service of gRPC"), "{site}");
    let tls = ask(&of_tls);
    let expected = format!("\nhint: it answers with TLS: write {}", of_tls.replace("http://", "https://"));
    assert!(tls.contains(&expected), "{tls}");
    let doctor = shell.run(&format!("doctor --registry {of_site} -o json")).expect("it runs").expect(10).stdout;
    assert!(doctor.contains("a web site answers there"), "{doctor}");
    // The other way round.
    let https = ask(&address(&shell, "registry").replace("http://", "https://"));
    assert!(https.contains("is the address one with http://?"), "{https}");
}

#[test]
fn whoever_has_no_token_is_told_each_way_to_give_one() {
    let shell = Shell::new().expect("it starts");
    let told = shell.run(&format!("body list --context bare.toml --registry {}", address(&shell, "registry")));
    assert!(told.expect("it runs").expect(2).stderr.contains("bare.toml"));
    let context = std::fs::read_to_string(shell.folder.path().join("greenlane-data/client.toml")).expect("a context");
    let bare: String =
        context.lines().filter(|line| !line.starts_with("token")).map(|line| format!("{line}\n")).collect();
    std::fs::write(shell.folder.path().join("bare.toml"), bare).expect("it is written");
    let told = shell.run("body list --context bare.toml").expect("it runs").expect(4).stderr;
    for way in ["--token-file", "GREENLANE_TOKEN_FILE", "greenlane context set", "greenlane login", "greenlane up"] {
        assert!(told.lines().any(|line| line.starts_with("hint: ") && line.contains(way)), "{way}: {told}");
    }
}

#[test]
fn a_key_that_is_not_that_of_the_certificate_is_told_with_its_flag() {
    let folder = tempfile::tempdir().expect("a folder");
    let pem = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/platform/tests/tls");
    let words =
        format!("body list --registry https://127.0.0.1:1 --tls-cert {pem}/client.pem --tls-key {pem}/server.key");
    let told = greenlane(folder.path(), words.split(' ')).expect("it runs").expect(2).stderr;
    assert!(told.contains("\nhint: the key is not that of the certificate: name with --tls-key "), "{told}");
}

#[test]
fn a_refused_field_is_named_by_its_flag_alone_and_one_within_it_by_both() {
    let shell = Shell::new().expect("it starts");
    std::fs::write(shell.folder.path().join("change.yaml"), crate::json::CHANGE).expect("it is written");
    let draft = shell.run("change create --file change.yaml -o name").expect("it runs").expect(0).stdout;
    let told = shell.run(&format!("change notify {} --until 2020", draft.trim())).expect("it runs").expect(2).stderr;
    assert!(told.contains("\n  --until: must be a date"), "{told}");
    assert!(!told.contains("comments_until"), "{told}");
}

#[test]
fn a_list_of_the_certificates_of_a_body_that_there_is_not_says_so() {
    let shell = Shell::new().expect("it starts");
    let run = |words: &str| shell.run(words).expect("it runs");
    let told = run("certificate list --body nope").expect(3);
    assert!(told.stderr.contains("bodies/nope") && !told.stderr.contains("there are none"), "{}", told.stderr);
    assert_eq!(told.stdout, "");
    run("body create aurora-cert --display-name Aurora --economy XA").expect(0);
    assert!(run("certificate list --body aurora-cert").expect(0).stderr.contains("there are none"));
}

#[test]
fn the_word_for_many_of_a_kind_lists_them() {
    let shell = Shell::new().expect("it starts");
    let run = |words: &str| shell.run(words).expect("it runs").expect(0).stdout;
    assert_eq!(run("get schemes -o name"), run("catalogue list schemes -o name"));
    assert_eq!(run("get green-lists -o name"), run("list list -o name"));
    assert!(run("get edition-transitions").starts_with("NAME"));
    assert_eq!(run("get requirements -o json"), run("catalogue list requirements --all -o json"));
    let one = shell.run("get scheme").expect("it runs").expect(2).stderr;
    assert!(one.contains("which of them?"), "{one}");
}

#[test]
fn what_nobody_can_do_is_refused_in_a_sentence_with_a_hint_that_leads_somewhere() {
    let shell = Shell::new().expect("it starts");
    let run = |words: &str| shell.run(words).expect("it runs");
    run("body create aurora-cert --display-name Aurora --economy XA").expect(0);
    let accredit = "body accreditation create aurora-cert --from 2026-01-01 --until 2029-12-31 --by";
    let told = run(&format!("{accredit} aurora-cert --scheme schemes/aurelian-pv-mark")).expect(5).stderr;
    assert!(told.contains("`bodies/aurora-cert` cannot accredit or designate itself\n"), "{told}");
    assert!(told.contains("\nhint: name with --by the body that accredits it"), "{told}");
    let told = run(&format!("{accredit} other")).expect(2).stderr;
    let flags = "\n  --scheme: is required, or --standard, or --code: a scope covers something\n";
    assert!(told.contains(flags), "{told}");
}

#[test]
fn whoever_votes_is_told_that_there_is_no_panel_or_that_they_are_not_of_it() {
    let shell = Shell::new().expect("it starts");
    let run = |words: &str| shell.run(words).expect("it runs");
    let write = |name: &str, text: &str| std::fs::write(shell.folder.path().join(name), text).expect("it is written");
    for (subject, scope, economy) in [
        ("challenger", "catalogue.propose", "XF"),
        ("chair", "catalogue.review", "NZ"),
        ("zoe", "catalogue.review", "NZ"),
    ] {
        let mint = format!("token mint --subject {subject} --scope {scope} --economy {economy} --out {subject}.token");
        run(&mint).expect(0);
    }
    write("report.txt", "A report.");
    let open = "dispute open --about designations/aurora-xa-xc-pv --grounds g --evidence report.txt --shows s \
                --at https://example.org/r --interim-effect danger --token-file challenger.token -o name";
    let dispute = run(open).expect(0).stdout.trim().to_owned();
    let vote = format!(
        "dispute decide {dispute} --matter interim-effect --uphold --finding f --declare-no-interest --confirm \
         --token-file zoe.token"
    );
    let told = run(&vote).expect(5).stderr;
    assert!(told.contains("cannot be voted on: no panel is appointed\n"), "{told}");
    assert!(told.contains(&format!("\nhint: see how it stands: greenlane get {dispute}\n")), "{told}");
    write("panel.yaml", crate::json::PANEL);
    run(&format!("dispute panel {dispute} --file panel.yaml --token-file chair.token")).expect(0);
    let told = run(&vote).expect(4).stderr;
    assert!(told.contains(&format!("only a member of the panel of {dispute} may do this\n")), "{told}");
    assert!(told.contains(&format!("\nhint: see who is of its panel: greenlane dispute get {dispute}\n")), "{told}");
}

#[test]
fn a_promise_that_is_not_offered_is_told_by_the_flag_that_asked_for_it() {
    let shell = Shell::new().expect("it starts");
    shell.certify().expect("a certificate");
    let issue = "certificate issue --body bodies/aurora-cert --token-file clerk.token --file";
    let issue = format!("{issue} {} --witnesses 1", crate::example().expect("a file"));
    let told = shell.run(&issue).expect("it runs").expect(2).stderr;
    let flag = "\n  --witnesses: is not offered by this registry, for which no witness is configured\n";
    assert!(told.contains(flag), "{told}");
}

#[test]
fn where_the_file_of_a_bodys_key_is_gone_the_hint_names_it() {
    let shell = Shell::new().expect("it starts");
    let run = |words: &str| shell.run(words).expect("it runs");
    run("body create aurora-cert --display-name Aurora --economy XA").expect(0);
    let mint = "token mint --subject clerk --scope certificates.write --body bodies/aurora-cert --out clerk.token";
    run(mint).expect(0);
    let issue = "certificate issue --body bodies/aurora-cert --token-file clerk.token --file";
    let issue = format!("{issue} {}", crate::example().expect("a file"));
    let told = run(&issue).expect(5).stderr;
    assert!(told.contains("\nhint: register one: greenlane body key create bodies/aurora-cert\n"), "{told}");
    let key = run("body key create bodies/aurora-cert -o name").expect(0).stdout.trim().to_owned();
    let file = format!("{}.jwk", key.rsplit('/').next().expect("an identifier"));
    let keys = shell.folder.path().join("greenlane-data/keys");
    std::fs::rename(keys.join(&file), keys.join("away")).expect("it is there");
    let told = run(&issue).expect(5).stderr;
    assert!(told.contains("reason: NO_SIGNING_KEY\n") && told.contains(&format!("key: {key}\n")), "{told}");
    assert!(told.contains(&format!("\nhint: {file} is to be put back")), "{told}");
    assert!(told.contains(&format!("greenlane body key retire {key}")), "{told}");
    std::fs::rename(keys.join("away"), keys.join(&file)).expect("it is put back");
    run(&issue).expect(0);
}

#[test]
fn a_token_that_cannot_be_minted_as_it_was_asked_for_is_wrong_usage() {
    let shell = Shell::new().expect("it starts");
    let mint = "token mint --subject s --scope verify --out s.token";
    std::fs::write(shell.folder.path().join("none.pem"), "x").expect("it is written");
    for (words, said) in [
        ("--data nowhere", "nowhere is not a data directory"),
        ("--client-certificate none.pem", "none.pem holds no certificate"),
    ] {
        let told = shell.run(&format!("{mint} {words}")).expect("it runs").expect(2).stderr;
        assert!(told.contains(said), "{words}: {told}");
    }
}
