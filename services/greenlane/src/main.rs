//! The greenlane command: client, demonstration, and the services as processes.

mod cli;
mod client;
mod demo;
mod serve;

use std::process::ExitCode;

use clap::Parser as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::Cli::parse().run().unwrap_or_else(|error| client::exit::report(&error))
}
