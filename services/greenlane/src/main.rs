//! The greenlane command: client, demonstration, and the services as processes.

mod cli;
mod client;
mod demo;
mod manual;
mod serve;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run().unwrap_or_else(|failure| failure.report())
}
