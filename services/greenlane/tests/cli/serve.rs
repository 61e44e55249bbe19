//! `greenlane serve` and its configuration.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use greenlane_e2e::{greenlane, greenlane_path};

/// Killed when dropped.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn without_a_trusted_issuer_a_service_serves_warns_and_believes_no_token() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = "[server]\nlisten = \"127.0.0.1:0\"\n[classification.store]\nurl = \"sqlite:c.db\"\n";
    std::fs::write(folder.path().join("c.toml"), config).expect("it is written");
    let migrate = ["migrate", "classification", "--config", "c.toml"];
    greenlane(folder.path(), migrate).expect("it runs").expect(0);
    let mut command = Command::new(greenlane_path());
    let command = command.args(["serve", "classification", "--config", "c.toml"]).current_dir(folder.path());
    let mut serving = Serving(command.stderr(Stdio::piped()).spawn().expect("it starts"));
    let lines = BufReader::new(serving.0.stderr.take().expect("stderr is piped")).lines();
    let (mut warned, mut address) = (false, None);
    for line in lines.map_while(Result::ok) {
        let line: serde_json::Value = serde_json::from_str(&line).expect("log lines are JSON");
        let text = line.to_string();
        warned |= text.contains("WARN") && text.contains("no issuer is trusted: every token is refused");
        if text.contains("\"listening\"") {
            let fields = line.get("fields").unwrap_or(&line);
            address = fields["address"].as_str().map(str::to_owned);
            break;
        }
    }
    assert!(warned, "the operator is told");
    let uri = format!("http://{}", address.expect("it listens"));
    std::fs::write(folder.path().join("some.token"), "a.b.c").expect("it is written");
    let call = ["code", "get", "HS2022:854143", "--classification", &uri, "--token-file", "some.token"];
    let refused = greenlane(folder.path(), call).expect("it runs").expect(4);
    assert!(refused.stderr.contains("TOKEN_INVALID"), "{}", refused.stderr);
}

#[test]
fn a_configuration_that_is_wrong_ends_the_start_with_the_key_and_its_file() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("c.toml"), "[server]\nlistn = \"127.0.0.1:0\"\n").expect("it is written");
    let run = greenlane(folder.path(), ["serve", "registry", "--config", "c.toml"]).expect("it runs").expect(1);
    assert!(run.stderr.contains("unknown key `server.listn` in c.toml"), "{}", run.stderr);
    let run = greenlane(folder.path(), ["serve", "registry", "--config", "none.toml"]).expect("it runs").expect(1);
    assert!(run.stderr.contains("none.toml is not there"), "{}", run.stderr);
}
