//! The client half: what talks to services and prints their answers.

pub(crate) mod commands;
pub(crate) mod context;
pub(crate) mod dynamic;
pub(crate) mod exit;
pub(crate) mod files;
pub(crate) mod input;
pub(crate) mod offline;
pub(crate) mod recognition;
pub(crate) mod render;
pub(crate) mod token;
pub(crate) mod verdict;

use std::cell::OnceCell;

use clap::Args;
use greenlane_platform::client::{Client, ClientConfig, connect};
use prost::{Message, Name};

use self::{
    context::{Context, Servers},
    exit::Exit,
    render::{Output, View},
};

/// One command's connections and its way of printing.
#[derive(Debug)]
pub(crate) struct Session {
    context: Context,
    output: Output,
    request_id: OnceCell<String>,
}

impl Session {
    /// Finds out which services to talk to. Connects when first used.
    pub(crate) fn open(servers: &Servers, output: Output) -> anyhow::Result<Self> {
        Ok(Self { context: servers.resolve()?, output, request_id: OnceCell::new() })
    }

    /// The registry.
    pub(crate) fn registry(&self) -> anyhow::Result<Client> {
        self.connect(&self.context.registry)
    }

    /// The equivalence service.
    pub(crate) fn equivalence(&self) -> anyhow::Result<Client> {
        self.connect(&self.context.equivalence)
    }

    /// The classification service.
    pub(crate) fn classification(&self) -> anyhow::Result<Client> {
        self.connect(&self.context.classification)
    }

    fn connect(&self, uri: &str) -> anyhow::Result<Client> {
        let mut config =
            ClientConfig { timeout_ms: 30_000, background_timeout_ms: Some(30_000), ..ClientConfig::to(uri) };
        config.token.clone_from(&self.context.token);
        config.tls.clone_from(&self.context.tls);
        Ok(connect(&config)?)
    }

    /// The request id of the command's mutation: the caller's, or a fresh one.
    pub(crate) fn request_id(&self, mutation: &Mutation) -> String {
        let fresh = || mutation.request_id.clone().unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
        self.request_id.get_or_init(fresh).clone()
    }

    /// The request id of the mutation that was tried, if one was.
    pub(crate) fn mutated(&self) -> Option<&str> {
        self.request_id.get().map(String::as_str)
    }

    /// How answers are printed.
    pub(crate) fn output(&self) -> Output {
        self.output
    }

    /// Prints an answer.
    pub(crate) fn print<M: Message + Name>(&self, message: &M, view: View) -> anyhow::Result<Exit> {
        render::print(self.output, message, view)?;
        Ok(Exit::Done)
    }
}

/// What every mutation may be told.
#[derive(Args, Clone, Debug)]
pub(crate) struct Mutation {
    /// Makes a repetition safe; a fresh one when not given.
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    /// Check only, at the server; write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}
