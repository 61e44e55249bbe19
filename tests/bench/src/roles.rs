//! The servers under measurement: this program again, as a child process on the server's core.

pub mod echo;
pub mod insert;
mod services;

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use self::insert::Engine;
use crate::cpu;

/// What a child process is. A role comes after those that it calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, ValueEnum)]
pub enum Role {
    /// A bare tonic unary echo.
    Echo,
    /// The same, each call's token found among the verified ones.
    EchoToken,
    /// The echo behind the platform: identity, rules, limits, deadlines, telemetry.
    Platform,
    /// Codes and their editions.
    Classification,
    /// Codes and all their editions, in a database that outlives the process.
    ClassificationWhole,
    /// Recognition.
    Equivalence,
    /// Certificates and their log, on SQLite.
    RegistrySqlite,
    /// The same on PostgreSQL.
    RegistryPostgres,
    /// Group-committed rows in SQLite.
    InsertSqlite,
    /// Group-committed rows in PostgreSQL.
    InsertPostgres,
}

impl Role {
    /// Its word on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::EchoToken => "echo-token",
            Self::Platform => "platform",
            Self::Classification => "classification",
            Self::ClassificationWhole => "classification-whole",
            Self::Equivalence => "equivalence",
            Self::RegistrySqlite => "registry-sqlite",
            Self::RegistryPostgres => "registry-postgres",
            Self::InsertSqlite => "insert-sqlite",
            Self::InsertPostgres => "insert-postgres",
        }
    }

    /// Whether it runs on PostgreSQL.
    #[must_use]
    pub fn needs_postgres(self) -> bool {
        matches!(self, Self::InsertPostgres | Self::RegistryPostgres)
    }

    /// The roles that it calls.
    #[must_use]
    pub fn calls(self) -> &'static [Self] {
        match self {
            Self::Equivalence => &[Self::Classification],
            Self::RegistrySqlite | Self::RegistryPostgres => &[Self::Equivalence],
            Self::Echo
            | Self::EchoToken
            | Self::Platform
            | Self::Classification
            | Self::ClassificationWhole
            | Self::InsertSqlite
            | Self::InsertPostgres => &[],
        }
    }
}

/// What a child is told.
#[derive(Debug, Clone, Args)]
pub struct ChildArgs {
    /// What to be (set by the benchmark for its children).
    #[arg(long, hide = true)]
    pub role: Option<Role>,
    /// The run's folder.
    #[arg(long, hide = true, default_value = ".")]
    pub folder: PathBuf,
    /// Whether to move to the server's core.
    #[arg(long, hide = true)]
    pub apart: bool,
    /// Addresses of the roles that it calls, in their order.
    #[arg(long, hide = true)]
    pub peer: Vec<SocketAddr>,
}

/// What a child says on its first line of output, when it can be called.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Ready {
    /// Where it listens.
    pub address: SocketAddr,
}

impl Ready {
    fn announce(self) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        serde_json::to_writer(&mut out, &self)?;
        out.write_all(b"\n")?;
        out.flush().context("telling the parent process")
    }
}

/// Is that server until the parent closes our standard input.
///
/// # Errors
/// When it cannot be set up or fails.
pub fn run(role: Role, args: &ChildArgs) -> anyhow::Result<ExitCode> {
    // Its parent sits on the load's core; a machine with a single core has none to choose.
    if args.apart {
        cpu::pin(cpu::SERVER_CORE)?;
    }
    // The parent's end, however it comes, is this process's end.
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        std::process::exit(0);
    });
    let folder = &args.folder;
    match role {
        Role::Echo => bare(echo::serve(None)),
        Role::EchoToken => bare(echo::serve(Some(folder))),
        Role::InsertSqlite => bare(insert::serve(Engine::Sqlite, folder)),
        Role::InsertPostgres => bare(insert::serve(Engine::Postgres, folder)),
        Role::Platform => Ok(services::serve(role, folder, services::platform)),
        Role::Classification => Ok(services::serve(role, folder, || services::classification(folder))),
        Role::ClassificationWhole => Ok(services::serve(role, folder, || services::classification_whole(folder))),
        Role::Equivalence => Ok(services::serve(role, folder, || services::equivalence(folder, &args.peer))),
        Role::RegistrySqlite => {
            Ok(services::serve(role, folder, || services::registry(Engine::Sqlite, folder, &args.peer)))
        }
        Role::RegistryPostgres => {
            Ok(services::serve(role, folder, || services::registry(Engine::Postgres, folder, &args.peer)))
        }
    }
}

/// On one core a single-threaded runtime is the fastest, for the baselines as for our services.
fn bare(server: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(server)?;
    Ok(ExitCode::SUCCESS)
}
