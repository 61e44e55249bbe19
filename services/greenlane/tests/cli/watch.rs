//! Watches go on by themselves.

use std::{thread, time::Duration};

use greenlane_e2e::{HeldPorts, Up, greenlane};

use crate::running::Running;

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
    let ports = HeldPorts::new()?;
    let up = Up::start_with(folder.path(), ports.arguments()?)?;
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

    up.stop(signal)?;
    watch.wait_for("trying again until it is back")?;
    thread::sleep(Duration::from_millis(300));
    let _up = Up::start_with(folder.path(), ports.arguments()?)?;
    let second = issue()?;
    let line = watch.wait_for("certificates/")?;
    assert!(line.contains(&second), "each event is told once, none is left out: {line}");
    Ok(())
}
