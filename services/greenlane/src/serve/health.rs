//! `greenlane health`: whether a serving process is ready, for containers without a shell.

use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, bail};
use clap::Args as ClapArgs;

use super::config::ServeConfig;
use crate::client::{exit::Exit, render};

/// How long the process may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// The longest answer that is read.
const LONGEST: u64 = 64 << 10;

/// Arguments of `greenlane health`.
#[derive(ClapArgs, Debug)]
pub(crate) struct Args {
    /// The configuration file of the process (TOML), which says where its admin listener is.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Asks `/readyz` of the process beside us: 0 when it is ready, 1 with its causes when it is not.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = ServeConfig::load(args.config.as_deref())?;
    let Some(listen) = config.server.metrics_listen else {
        bail!("server.metrics_listen is not set: the process cannot be asked")
    };
    let address = here(listen);
    let (status, body) = ask(address).with_context(|| format!("{address} does not answer"))?;
    anyhow::ensure!(status == 200, "not ready: {}", body.trim());
    render::write("ready\n")?;
    Ok(Exit::Done.into())
}

/// The address at which a listener on every interface is reached from its own machine.
fn here(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// One plain request, by hand: the answer is a status and a few lines of text.
fn ask(address: SocketAddr) -> anyhow::Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(LONGEST).read_to_string(&mut answer)?;
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    let (_, body) = answer.split_once("\r\n\r\n").context("the answer is not HTTP")?;
    Ok((status.context("the answer is not HTTP")?, body.to_owned()))
}
