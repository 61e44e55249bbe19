//! Watches go on by themselves.

use std::{path::Path, thread, time::Duration};

use anyhow::Context as _;
use greenlane_e2e::{Up, greenlane};

use crate::running::Running;

/// The ports that an installation has, to start it on again.
fn ports(folder: &Path) -> anyhow::Result<Vec<String>> {
    let context = std::fs::read_to_string(folder.join("greenlane-data/client.toml"))?;
    let mut flags = vec!["--http-port".to_owned(), "0".to_owned()];
    for service in ["registry", "equivalence", "classification"] {
        let start = format!("{service} = \"http://127.0.0.1:");
        let port = context.lines().find_map(|line| line.strip_prefix(&start)).context("a port")?;
        flags.extend([format!("--{service}-port"), port.trim_end_matches('"').to_owned()]);
    }
    Ok(flags)
}

#[test]
fn a_watch_outlives_a_restart_of_the_service_and_goes_on_where_it_was() {
    watch("TERM").expect("it runs");
}

#[test]
fn a_watch_outlives_a_crash_of_the_service_and_goes_on_where_it_was() {
    watch("KILL").expect("it runs");
}

fn watch(signal: &str) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("greenlane-watch-").tempdir()?;
    let run = |words: &str| greenlane(folder.path(), words.split_whitespace());
    let up = Up::start(folder.path())?;
    run("body create aurora-cert --display-name Aurora --economy XA")?.expect(0);
    run("body key create bodies/aurora-cert")?.expect(0);
    run("token mint --subject clerk --scope certificates.write --body bodies/aurora-cert --out clerk.token")?.expect(0);
    let issue = || -> anyhow::Result<String> {
        let words = "certificate issue --body bodies/aurora-cert --token-file clerk.token -o name --file";
        let issued = run(&format!("{words} {}", crate::example()?))?.expect(0);
        Ok(issued.stdout.trim().to_owned())
    };
    let watch = Running::start(folder.path(), "certificate watch --earliest")?;
    watch.wait_for("from the oldest event on; Ctrl-C ends it")?;
    let first = issue()?;
    watch.wait_for(&first)?;

    let ports = ports(folder.path())?;
    up.stop(signal)?;
    watch.wait_for("trying again until it is back")?;
    thread::sleep(Duration::from_millis(300));
    let _up = Up::start_with(folder.path(), &ports)?;
    let second = issue()?;
    let line = watch.wait_for("certificates/")?;
    assert!(line.contains(&second), "each event is told once, none is left out: {line}");
    Ok(())
}
