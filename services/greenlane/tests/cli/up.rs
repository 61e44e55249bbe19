//! `greenlane up`: starts again on what it left, and says clearly why it cannot.

use greenlane_e2e::{Up, greenlane};
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::Builder::new().prefix("greenlane-up-").tempdir().expect("a folder")
}

const ANY: [&str; 8] =
    ["--registry-port", "0", "--equivalence-port", "0", "--classification-port", "0", "--http-port", "0"];

#[test]
fn a_second_start_finds_what_the_first_wrote_and_ctrl_c_ends_both_cleanly() {
    let folder = folder();
    let run = |words: &str| greenlane(folder.path(), words.split_whitespace()).expect("it runs");
    let first = Up::start(folder.path()).expect("it starts");
    run("body create aurora-cert --display-name Aurora --economy XA").expect(0);
    run("body key create bodies/aurora-cert").expect(0);
    // Beside what the caller did, the first revisions of both catalogues.
    let checkpoint = || run("log checkpoint -o json").expect(0).json().expect("JSON")["checkpoint"].clone();
    let begun = std::time::Instant::now();
    while checkpoint()["treeSize"] != 4 {
        assert!(begun.elapsed() < greenlane_e2e::PATIENCE, "the catalogues are not on record");
    }
    let key = checkpoint()["verifierKey"].clone();
    assert_eq!(first.stop("INT").expect("it ends"), 0, "Ctrl-C");

    let second = Up::start(folder.path()).expect("it starts again");
    assert_eq!(run("body list -o name").expect(0).stdout, "bodies/aurora-cert\n");
    let checkpoint = checkpoint();
    assert_eq!(checkpoint["treeSize"], 4);
    assert_eq!(checkpoint["verifierKey"], key, "the log keeps its key");

    // What everybody may see is on plain HTTP, where it says.
    let said = second.announcement().lines().find_map(|line| line.strip_prefix("registry, HTTP  http://"));
    let address = said.and_then(|rest| rest.split(' ').next()).expect("it says where");
    let served = |path: &str| {
        use std::io::{Read as _, Write as _};
        let mut stream = std::net::TcpStream::connect(address).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").expect("it is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    };
    assert!(served("/log/checkpoint").contains("registry.example.org/log\n4\n"));
    assert!(served("/bodies/aurora-cert/did.json").contains("did:web:registry.example.org:bodies:aurora-cert"));
    assert!(served("/status/aurora-cert/1/revocation").contains("STATUS_RETRIEVAL_ERROR"), "nothing was issued");
    assert_eq!(second.stop("TERM").expect("it ends"), 0, "SIGTERM");
}

#[test]
fn a_second_instance_on_the_same_data_or_ports_says_so_and_leaves_the_first_alone() {
    let folder = folder();
    let _first = Up::start(folder.path()).expect("it starts");
    let same_data = Up::start_with(folder.path(), ANY).expect_err("the directory is taken").to_string();
    assert!(same_data.contains("is in use by another `greenlane up`"), "{same_data}");

    let context = std::fs::read_to_string(folder.path().join("greenlane-data/client.toml")).expect("a context");
    let port = context.lines().find_map(|line| line.strip_prefix("registry = \"http://127.0.0.1:")).expect("a port");
    let ports = ["--data", "other", "--registry-port", port.trim_end_matches('"')];
    let same_port = Up::start_with(folder.path(), ports).expect_err("the port is taken").to_string();
    assert!(same_port.contains("is taken") && same_port.contains("--registry-port"), "{same_port}");

    greenlane(folder.path(), ["body", "list"]).expect("it runs").expect(0);
}

#[test]
fn nobody_else_may_look_into_the_data_directory() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = folder();
    let _up = Up::start(folder.path()).expect("it starts");
    let mode = |name: &str| {
        let path = folder.path().join("greenlane-data").join(name);
        std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    };
    assert_eq!(mode("keys"), 0o700);
    for secret in ["admin.token", "keys/issuer.jwk", "keys/log.jwk"] {
        assert_eq!(mode(secret), 0o600, "{secret}");
    }
}
