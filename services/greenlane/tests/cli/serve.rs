//! `greenlane serve` and its configuration.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use greenlane_e2e::{greenlane, greenlane_path, greenlane_with};

/// Killed when dropped.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Serving {
    /// Starts a classification service that is configured so; with its address, and whether it warned that it trusts
    /// nobody.
    fn start(folder: &Path, config: &str) -> (Self, String, bool) {
        std::fs::write(folder.join("c.toml"), config).expect("it is written");
        let migrated =
            greenlane(folder, ["migrate", "classification", "--config", "c.toml"]).expect("it runs").expect(0);
        assert!(
            migrated.stderr.contains("classification: sqlite:c.db has this version's schema"),
            "{}",
            migrated.stderr
        );
        let mut command = Command::new(greenlane_path());
        let command = command.args(["serve", "classification", "--config", "c.toml"]).current_dir(folder);
        let mut serving = Self(command.stderr(Stdio::piped()).spawn().expect("it starts"));
        let lines = BufReader::new(serving.0.stderr.take().expect("stderr is piped")).lines();
        let mut warned = false;
        for line in lines.map_while(Result::ok) {
            let line: serde_json::Value = serde_json::from_str(&line).expect("log lines are JSON");
            let text = line.to_string();
            warned |= text.contains("WARN") && text.contains("no issuer is trusted: every token is refused");
            if text.contains("\"listening\"") {
                let fields = line.get("fields").unwrap_or(&line);
                let address = fields["address"].as_str().expect("an address").to_owned();
                return (serving, address, warned);
            }
        }
        panic!("it does not listen");
    }
}

const CONFIG: &str = "[server]\nlisten = \"127.0.0.1:0\"\n[classification.store]\nurl = \"sqlite:c.db\"\n";

#[test]
fn without_a_trusted_issuer_a_service_serves_warns_and_believes_no_token() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_serving, address, warned) = Serving::start(folder.path(), CONFIG);
    assert!(warned, "the operator is told");
    std::fs::write(folder.path().join("some.token"), "a.b.c").expect("it is written");
    let uri = format!("http://{address}");
    let call = ["code", "get", "HS2022:854143", "--classification", &uri, "--token-file", "some.token"];
    let refused = greenlane(folder.path(), call).expect("it runs").expect(4);
    assert!(refused.stderr.contains("TOKEN_INVALID"), "{}", refused.stderr);
}

#[test]
fn a_service_is_trusted_when_its_certificate_comes_from_an_authority_of_the_system() {
    let folder = tempfile::tempdir().expect("a folder");
    let tls = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/platform/tests/tls");
    let config = format!("{CONFIG}[server.tls]\ncert = \"{tls}/server.pem\"\nkey = \"{tls}/server.key\"\n");
    let (_serving, address, _) = Serving::start(folder.path(), &config);
    let port = address.rsplit(':').next().expect("a port");
    let uri = format!("https://localhost:{port}");
    let call = ["code", "get", "HS2022:854143", "--classification", &uri];
    let asked = |authorities: &str| {
        let authorities = format!("{tls}/{authorities}");
        greenlane_with(folder.path(), call, [("SSL_CERT_FILE", authorities.as_str())]).expect("it runs")
    };
    // Who it is has been believed; that no token was shown is another matter.
    assert!(asked("ca.pem").expect(4).stderr.contains("TOKEN_MISSING"));
    let refused = asked("client.pem").expect(1).stderr;
    assert!(refused.contains("with --tls-ca name the authority that signed it"), "{refused}");
    let authorities = format!("{tls}/client.pem");
    let doctor = ["doctor", "-o", "json", "--classification", &uri];
    let told = greenlane_with(folder.path(), doctor, [("SSL_CERT_FILE", authorities.as_str())]).expect("it runs");
    let findings = told.expect(10).json().expect("JSON")["findings"].clone();
    let of_it = |it: &&serde_json::Value| it["check"] == "classification";
    let advice = findings.as_array().expect("findings").iter().find(of_it).expect("it is said")["advice"].to_string();
    assert!(advice.contains("with --tls-ca") && !advice.contains("start it"), "{advice}");
}

#[test]
fn a_configuration_that_is_wrong_ends_the_start_with_the_key_and_its_file() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("c.toml"), "[server]\nlistn = \"127.0.0.1:0\"\n").expect("it is written");
    let run = greenlane(folder.path(), ["serve", "registry", "--config", "c.toml"]).expect("it runs").expect(2);
    assert!(run.stderr.contains("unknown key `server.listn` in c.toml"), "{}", run.stderr);
    let run = greenlane(folder.path(), ["serve", "registry", "--config", "none.toml"]).expect("it runs").expect(2);
    assert!(run.stderr.contains("none.toml is not there"), "{}", run.stderr);
}
