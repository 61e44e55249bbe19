//! The README's commands: those of its story are run as they stand there, and its two commands are those that CI runs.

use std::{
    fs,
    os::unix::{fs::symlink, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command},
    time::Instant,
};

use anyhow::Context as _;
use greenlane_e2e::{HeldPorts, PATIENCE, Run, Up, greenlane_path};

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the checkout is there")
}

fn readme() -> String {
    fs::read_to_string(checkout().join("README.md")).expect("the README is there")
}

/// The `sh` blocks of a Markdown text up to its next heading.
fn blocks(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        match (&mut open, line) {
            (None, "```sh") => open = Some(String::new()),
            (Some(_), "```") => found.extend(open.take()),
            (Some(block), line) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, line) if line.starts_with('#') => break,
            (None, _) => {}
        }
    }
    found
}

/// The commands of a block: comments left out, continued lines joined.
fn commands(block: &str) -> Vec<String> {
    let joined = block.replace("\\\n", " ");
    let lines = joined.lines().map(|line| line.split(" # ").next().unwrap_or_default().trim().to_owned());
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// A folder that looks like a checkout where the command is built.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("greenlane-readme-").tempdir()?;
        fs::create_dir_all(folder.path().join("target/debug"))?;
        fs::create_dir_all(folder.path().join("deploy/config/local"))?;
        symlink(greenlane_path(), folder.path().join("target/debug/greenlane"))?;
        symlink(checkout().join("deploy/examples"), folder.path().join("deploy/examples"))?;
        Ok(Self(folder))
    }

    /// Copies the configuration of the three processes, with the ports of the installation that they go on with.
    fn configure(&self) -> anyhow::Result<()> {
        let context: toml::Table = fs::read_to_string(self.0.path().join("greenlane-data/client.toml"))?.parse()?;
        let services = [("registry", "7401"), ("equivalence", "7402"), ("classification", "7403")];
        for (service, _) in services {
            let file = format!("deploy/config/local/{service}.toml");
            let mut text = fs::read_to_string(checkout().join(&file))?;
            for (other, port) in services {
                let uri = context[other].as_str().context("an address")?;
                let (_, own) = uri.rsplit_once(':').context("a port")?;
                text = text.replace(&format!("127.0.0.1:{port}"), &format!("127.0.0.1:{own}"));
            }
            // Nobody asks for a page or for metrics in this story: any port will do.
            for port in ["7404", "7411", "7412", "7413"] {
                text = text.replace(&format!("127.0.0.1:{port}"), "127.0.0.1:0");
            }
            fs::write(self.0.path().join(file), text)?;
        }
        Ok(())
    }

    /// A shell with `-e` and `pipefail` that runs these lines, with nothing of ours that could lead it elsewhere.
    fn shell(&self, lines: &str) -> Command {
        let mut command = Command::new("bash");
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GREENLANE_")) {
            command.env_remove(name);
        }
        command.args(["-e", "-u", "-o", "pipefail", "-c", lines]).current_dir(self.0.path());
        command.env("GREENLANE_HOME", self.0.path().join("home"));
        command
    }

    /// Runs lines to their end.
    fn run(&self, lines: &str) -> anyhow::Result<Run> {
        let output = self.shell(lines).output()?;
        Ok(Run {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout)?,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

#[test]
fn the_readmes_story_by_hand_runs_as_it_is_written() {
    tell().expect("the story runs");
}

fn tell() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let story = section("The story by hand");
    let [first, second] = &story[..] else { panic!("two shells: {story:?}") };
    let starts = commands(first);
    assert_eq!(starts.last().map(String::as_str), Some("greenlane up"));
    let path = &starts[0];
    assert_eq!(folder.run(&format!("{path}\ncommand -v greenlane"))?.code, 0, "the first shell finds the command");
    // The three processes go on at the same ones.
    let ports = HeldPorts::new()?;
    let up = Up::start_with(folder.0.path(), ports.arguments()?)?;
    let mut told = Vec::new();
    // Each line runs in a shell of its own, so that its output is known; what the block exports goes along.
    let mut exports = String::new();
    for line in commands(second) {
        if line.starts_with("export ") {
            exports.push_str(&line);
            exports.push('\n');
            continue;
        }
        let begun = Instant::now();
        let run = loop {
            let run = folder.run(&format!("{exports}{line}"))?;
            // A busy machine takes longer over a first decision than the second that it is given: it is asked for again.
            let unanswered = run.stdout.contains("The equivalence service did not answer");
            if !unanswered || run.code == 0 || begun.elapsed() > PATIENCE {
                break run;
            }
        };
        assert_eq!(run.code, 0, "$ {line}\n{}{}", run.stdout, run.stderr);
        told.push((line, run.stdout));
    }
    let said = |start: &str| -> Vec<&str> {
        told.iter().filter(|(line, _)| line.starts_with(start)).map(|(_, said)| said.as_str()).collect()
    };

    let [by_number, by_document, withdrawn] = said("greenlane verify")[..] else {
        panic!("the story verifies three times: {told:?}")
    };
    for accepted in [by_number, by_document] {
        assert!(accepted.contains("ACCEPTED") && !accepted.contains("REFUSED"), "{accepted}");
        assert!(accepted.contains("recognised here     yes"), "{accepted}");
    }
    assert!(withdrawn.contains("REFUSED") && withdrawn.contains("refused, exit code 10"), "{withdrawn}");
    assert!(said("greenlane code search")[0].contains("HS2022:854143"), "the module's code is found");
    assert!(said("greenlane code translate")[0].contains("854140"), "its older code is found");
    assert!(said("greenlane certificate issue")[0].starts_with("certificates/GL"), "the certificate's name is printed");
    assert!(said("greenlane certificate history")[0].contains("Surveillance found cracked cells."), "the reason stays");
    assert!(said("greenlane log checkpoint")[0].contains('—'), "the checkpoint is signed");
    assert_eq!(up.stop("INT")?, 0, "Ctrl-C ends it cleanly");

    go_on_as_three_processes(&folder, &exports)
}

/// The next section goes on with the same data, in the same shell.
fn go_on_as_three_processes(folder: &Folder, exports: &str) -> anyhow::Result<()> {
    folder.configure()?;
    let blocks = section("As three processes");
    let (start, then) = blocks[0].split_once("\ndone\n").context("a loop starts the three")?;
    let mut started = Started(folder.shell(&format!("{exports}{start}\ndone\nwait")).process_group(0).spawn()?);
    let mut lines = commands(then).into_iter();
    let doctor = lines.next().context("the doctor is asked first")?;
    let run = folder.run(&format!("{exports}{doctor}"))?;
    assert_eq!(run.code, 0, "$ {doctor}\n{}{}", run.stdout, run.stderr);
    assert_eq!(started.0.try_wait()?, None, "the processes run");
    for line in lines {
        let run = folder.run(&format!("{exports}{line}"))?;
        assert_eq!(run.code, 0, "$ {line}\n{}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains("withdraw"), "the certificate is still known: {}", run.stdout);
    }
    Ok(())
}

/// A shell and what it started; all of it is killed when dropped.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        Command::new("kill").args(["-KILL", "--", &format!("-{}", self.0.id())]).status().ok();
        self.0.wait().ok();
    }
}

/// The blocks of a section.
fn section(heading: &str) -> Vec<String> {
    let readme = readme();
    let (_, section) = readme.split_once(&format!("## {heading}\n")).expect("the README has the section");
    blocks(section)
}

#[test]
fn the_readmes_two_commands_are_those_that_ci_runs() {
    let both = section("Two commands").iter().flat_map(|block| commands(block)).collect::<Vec<_>>();
    assert_eq!(both.len(), 2, "{both:?}");
    let ci = fs::read_to_string(checkout().join(".ci/run")).expect("CI is a script");
    for command in both {
        let runs = ci.lines().any(|line| !line.trim_start().starts_with('#') && line.contains(&command));
        assert!(runs, "CI does not run `{command}`");
    }
}
