//! What cannot be taken back, and what is done to many at once, is only checked until it is confirmed.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use clap::Args;

use super::{
    Mutation,
    exit::Usage,
    render::{say, talk},
};

/// Of what ends something for good, or changes many things.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Confirm {
    /// Do it. Without this the service only checks, and nothing is written.
    #[arg(long)]
    confirm: bool,
}

/// Of the worst: what undoes the past, or destroys.
#[derive(Args, Clone, Debug)]
pub(crate) struct ConfirmByName {
    /// Do it: the name of what it is done to, typed out. Without this the service only checks, and nothing is written;
    /// on a terminal it is asked for.
    #[arg(long, value_name = "NAME", conflicts_with = "dry_run")]
    confirm: Option<String>,
}

impl Confirm {
    /// Whether it is only to be checked.
    pub(crate) fn is_trial(self) -> bool {
        !self.confirm
    }

    /// Lets a mutation be checked only, and says so, unless it is confirmed.
    pub(crate) fn settle(self, mutation: &mut Mutation) {
        if self.is_trial() {
            hold(mutation);
        }
    }
}

impl ConfirmByName {
    /// Lets a mutation be checked only, and says so, unless this name is typed out.
    pub(crate) fn settle(&self, mutation: &mut Mutation, name: &str) -> anyhow::Result<()> {
        if mutation.dry_run {
            return Ok(());
        }
        let bare = name.rsplit('/').next().unwrap_or(name);
        match self.confirm.clone().or_else(|| asked(bare)) {
            None => hold(mutation),
            Some(typed) if typed == name || typed == bare => {}
            Some(typed) => {
                return Err(Usage(format!("`{typed}` is not what it is done to: --confirm {bare}")).into());
            }
        }
        Ok(())
    }
}

fn hold(mutation: &mut Mutation) {
    if !mutation.dry_run {
        talk("this is a check: nothing is written without --confirm");
        (mutation.dry_run, mutation.held) = (true, true);
    }
}

/// What somebody at a terminal types; nothing for an empty line, and where there is nobody.
fn asked(name: &str) -> Option<String> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return None;
    }
    say(&format!("This cannot be taken back. Type {name} to do it, or nothing to check only: "));
    std::io::stderr().flush().ok()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).ok()?;
    let typed = line.trim();
    (!typed.is_empty()).then(|| typed.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutation(dry_run: bool) -> Mutation {
        Mutation { request_id: None, dry_run, held: false }
    }

    #[test]
    fn only_the_name_typed_out_lets_the_worst_through() {
        let settle = |typed: Option<&str>, dry_run| {
            let mut mutation = mutation(dry_run);
            let confirm = ConfirmByName { confirm: typed.map(str::to_owned) };
            confirm.settle(&mut mutation, "certificates/GLXA").map(|()| mutation.dry_run)
        };
        assert!(!settle(Some("GLXA"), false).unwrap());
        assert!(!settle(Some("certificates/GLXA"), false).unwrap());
        assert!(settle(Some("GLXB"), false).unwrap_err().to_string().contains("--confirm GLXA"));
        assert!(settle(Some("y"), false).is_err());
        assert!(settle(None, true).unwrap(), "a dry run stays one");
    }

    #[test]
    fn without_a_confirmation_there_is_a_check_only() {
        for (confirm, dry_run, checked) in [(false, false, true), (true, false, false), (false, true, true)] {
            let mut mutation = mutation(dry_run);
            Confirm { confirm }.settle(&mut mutation);
            assert_eq!(mutation.dry_run, checked);
        }
    }
}
