//! `greenlane login` at a real, small OpenID provider.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    sync::{Arc, Mutex},
    thread,
};

use greenlane_e2e::greenlane;

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
    run("logout --context border").expect(0);
    assert!(!path.exists() && !logins.exists());
    let shown = run("context show --context border -o json").expect(0).json().expect("JSON");
    assert!(shown["tokenFile"].is_null(), "{shown}");
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
