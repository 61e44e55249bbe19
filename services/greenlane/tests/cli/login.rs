//! `greenlane login` at a real, small OpenID provider.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    sync::{Arc, Mutex},
    thread,
};

use greenlane_e2e::greenlane;
use greenlane_platform::clock::Clock;

/// A JWT that no service would take; the command does not check it, the services do.
const TOKEN: &str = "eyJhbGciOiJFZERTQSIsImtpZCI6ImsiLCJ0eXAiOiJKV1QifQ.eyJleHAiOjQxMDI0NDQ4MDAsImlzcyI6Imh0dHBzOi8vbG9naW4uZXhhbXBsZS5vcmciLCJzY29wZSI6InZlcmlmeSIsInN1YiI6ImNsZXJrIn0.c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzcw";

/// A provider that keeps what it was asked, and says for its token endpoint what it is told to, one after another.
struct Provider {
    uri: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Provider {
    fn start(answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let uri = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let mut answers: Vec<String> = answers.iter().rev().map(|answer| (*answer).to_owned()).collect();
        let (seen, issuer) = (asked.clone(), uri.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let (path, body) = read(&mut stream);
                let answer = match path.as_str() {
                    "/.well-known/openid-configuration" => format!(
                        r#"200 {{"issuer":"{issuer}","device_authorization_endpoint":"{issuer}/device","token_endpoint":"{issuer}/token"}}"#
                    ),
                    "/device" => format!(
                        r#"200 {{"device_code":"d&v","user_code":"WDJB-MJHT","verification_uri":"{issuer}/enter","expires_in":60,"interval":0}}"#
                    ),
                    _ => answers.pop().unwrap_or_else(|| r#"400 {"error":"invalid_grant"}"#.to_owned()),
                };
                seen.lock().expect("a list").push(format!("{path} {body}"));
                let (status, content) = answer.split_once(' ').expect("a status");
                let head = format!(
                    "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                    content.len()
                );
                stream.write_all((head + content).as_bytes()).expect("it is sent");
            }
        });
        Self { uri, asked }
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().expect("a list"))
    }
}

/// The path and the body of a request.
fn read(stream: &mut TcpStream) -> (String, String) {
    let mut reader = BufReader::new(stream);
    let (mut path, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if path.is_empty() {
            path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length: ") {
            length = value.parse().expect("a number");
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    (path, String::from_utf8(body).expect("text"))
}

#[test]
fn a_login_waits_for_the_person_keeps_the_token_for_its_owner_and_is_renewed() {
    let pending = r#"400 {"error":"authorization_pending"}"#;
    let given = format!(r#"200 {{"access_token":"{TOKEN}","token_type":"Bearer","refresh_token":"first"}}"#);
    let again = format!(r#"200 {{"access_token":"{TOKEN}","token_type":"Bearer"}}"#);
    let provider = Provider::start(&[pending, pending, &given, &again]);
    let folder = tempfile::tempdir().expect("a folder");
    let run = |words: &str| greenlane(folder.path(), words.split_whitespace()).expect("it runs");

    let none = run(&format!("login --issuer {} --client-id cli", provider.uri)).expect(2);
    assert!(none.stderr.contains("greenlane context set NAME"), "{}", none.stderr);
    run("context set border --registry http://registry.example.org").expect(0);
    let first =
        run(&format!("login --context border --issuer {} --client-id cli --scope verify", provider.uri)).expect(0);
    assert!(first.stderr.contains("enter  WDJB-MJHT"), "{}", first.stderr);
    assert!(first.stdout.contains("clerk") && !first.stdout.contains(TOKEN), "{}", first.stdout);
    let asked = provider.asked();
    assert_eq!(asked[1], "/device client_id=cli&scope=verify");
    let token =
        "/token grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=d%26v&client_id=cli";
    assert_eq!(asked[2..], [token, token, token]);

    let shown = run("context show --context border -o json").expect(0).json().expect("JSON");
    assert_eq!((&shown["token"]["subject"], &shown["token"]["scopes"][0]), (&"clerk".into(), &"verify".into()));
    let path = std::path::PathBuf::from(shown["tokenFile"].as_str().expect("a file"));
    assert_eq!(std::fs::read_to_string(&path).expect("the token"), TOKEN);
    let logins = path.with_extension("login.toml");
    for file in [&path, &logins] {
        let mode = std::fs::metadata(file).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }

    run("login --context border").expect(0);
    assert_eq!(provider.asked()[1..], ["/token grant_type=refresh_token&refresh_token=first&client_id=cli"]);
    assert_eq!(run("logout --context border").expect(0).stderr, "");
    let again = run("logout --context border").expect(0).stderr;
    assert!(again.contains("nobody was logged in to `border`"), "{again}");
    let nobody = run("logout --context border -o json").expect(0).json().expect("JSON");
    assert_eq!((&nobody["loggedOut"], &nobody["tokenFile"]), (&false.into(), &serde_json::Value::Null));
    assert!(!path.exists() && !logins.exists());
    let shown = run("context show --context border -o json").expect(0).json().expect("JSON");
    assert!(shown["tokenFile"].is_null(), "{shown}");
}

#[test]
fn a_token_file_that_a_login_takes_the_place_of_is_there_again_after_the_logout_and_both_say_so() {
    let given = format!(r#"200 {{"access_token":"{TOKEN}","token_type":"Bearer","refresh_token":"first"}}"#);
    let provider = Provider::start(&[&given, &given, &given]);
    let folder = tempfile::tempdir().expect("a folder");
    let run = |words: &str| greenlane(folder.path(), words.split_whitespace()).expect("it runs");
    let shown = || run("context show --context border -o json").expect(0).json().expect("JSON")["tokenFile"].clone();
    run("context set border --token-file office.token").expect(0);
    let before = shown();
    let login = format!("login --context border --issuer {} --client-id cli", provider.uri);
    let said = run(&login).expect(0).stderr;
    assert!(said.contains("in place of ") && said.contains("office.token"), "{said}");
    // Once more it takes its own place, and what was there first is not forgotten.
    let again = run(&format!("{login} --again")).expect(0).stderr;
    assert!(!again.contains("in place of"), "{again}");
    assert_ne!(shown(), before);
    let out = run("logout --context border").expect(0).stderr;
    assert!(out.contains("has its token file of before again: ") && out.contains("office.token"), "{out}");
    assert_eq!(shown(), before);
    // What was set meanwhile stays.
    run(&login).expect(0);
    run("context set border --token-file other.token").expect(0);
    let other = shown();
    run("logout --context border").expect(0);
    assert_eq!(shown(), other);
}

#[test]
fn a_login_that_is_refused_or_of_another_issuer_leaves_no_token() {
    let denied = r#"400 {"error":"access_denied"}"#;
    let odd = r#"400 {"error":"invalid_client","error_description":"who is that?"}"#;
    let provider = Provider::start(&[denied, odd]);
    let folder = tempfile::tempdir().expect("a folder");
    let run = |words: &str| greenlane(folder.path(), words.split_whitespace()).expect("it runs");
    run("context set border").expect(0);
    let login = format!("login --context border --issuer {} --client-id cli", provider.uri);
    let refused = run(&login).expect(1).stderr;
    assert!(refused.contains("the login was refused"), "{refused}");
    let unknown = run(&login).expect(1).stderr;
    assert!(unknown.contains("who is that? (invalid_client)"), "{unknown}");
    let other = run(&login.replace("127.0.0.1", "localhost")).expect(1).stderr;
    assert!(other.contains("is the configuration of another issuer"), "{other}");
    assert!(!folder.path().join("home/tokens").exists());
}

/// A JWT of a subject that holds for so many seconds from now, as far as anybody who does not check it can tell.
fn token(subject: &str, seconds: i64) -> String {
    let now = Clock::system().now().timestamp();
    let claims = format!(r#"{{"exp":{},"iss":"https://login.example.org","sub":"{subject}"}}"#, now + seconds);
    let mut parts = TOKEN.split('.');
    let (head, _, signature) = (parts.next().expect("a header"), parts.next(), parts.next().expect("a signature"));
    format!("{head}.{}.{signature}", base64url(claims.as_bytes()))
}

/// RFC 4648, 5, without padding.
fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, index| (bits << 8) | u32::from(group.get(index).copied().unwrap_or(0)));
        for letter in 0..=group.len() {
            text.push(char::from(LETTERS[(bits >> (18 - 6 * letter)) as usize & 63]));
        }
    }
    text
}

#[test]
fn a_command_renews_a_token_that_is_near_its_end_by_itself_and_once() {
    let (old, new) = (token("clerk", 60), token("clerk", 3_600));
    let given = |token: &str, refresh: &str| {
        format!(r#"200 {{"access_token":"{token}","token_type":"Bearer","refresh_token":"{refresh}"}}"#)
    };
    let provider = Provider::start(&[&given(&old, "first"), &given(&new, "second")]);
    let folder = tempfile::tempdir().expect("a folder");
    let run = |words: &str| greenlane(folder.path(), words.split_whitespace()).expect("it runs");
    run("context set border --registry http://127.0.0.1:9").expect(0);
    run(&format!("login --context border --issuer {} --client-id cli", provider.uri)).expect(0);
    provider.asked();
    let kept = folder.path().join("home/tokens/border.token");
    let login = kept.with_extension("login.toml");
    let read = |path: &std::path::Path| std::fs::read_to_string(path).expect("a file");
    assert_eq!(read(&kept), old);

    // Nobody listens where the registry should be, but that is asked for after the token.
    let run_once = |words: &str| {
        let run = run(words).expect(75);
        for secret in [old.as_str(), new.as_str(), "first", "second"] {
            assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{}{}", run.stdout, run.stderr);
        }
        run
    };
    run_once("body list --context border");
    assert_eq!(provider.asked()[1..], ["/token grant_type=refresh_token&refresh_token=first&client_id=cli"]);
    assert_eq!(read(&kept), new);
    assert!(read(&login).contains("\"second\"") && !read(&login).contains("\"first\""), "the newest renews");
    for file in [&kept, &login] {
        let mode = std::fs::metadata(file).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
    run_once("body list --context border");
    assert!(provider.asked().is_empty(), "it holds long enough now");

    // Another token than the login's is left alone; what the provider refuses is said, with what to do.
    std::fs::write(&kept, &old).expect("a file");
    std::fs::write(folder.path().join("other.token"), &old).expect("a file");
    run_once("body list --context border --token-file other.token");
    assert!(provider.asked().is_empty());
    let refused = run_once("body list --context border").stderr;
    assert!(refused.contains("the provider no longer renews it"), "{refused}");
    assert!(refused.contains("hint: greenlane login --context border"), "{refused}");
    assert_eq!(read(&kept), old, "the token that there is stays");
}
