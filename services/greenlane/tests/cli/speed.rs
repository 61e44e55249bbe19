//! What the command costs: time to start, and memory while it lists.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use greenlane_api::registry::v1::{Certificate, ListCertificatesRequest, ListCertificatesResponse};
use greenlane_e2e::greenlane_path;
use prost::Message as _;

use crate::skew::{answered, serve};

/// How soon the command is there, built as it is shipped.
const START: Duration = Duration::from_millis(30);
/// Without optimisation it takes a few times as long.
const START_UNOPTIMISED: Duration = Duration::from_millis(120);

#[test]
fn the_command_starts_within_30_ms() {
    let limit = if cfg!(debug_assertions) { START_UNOPTIMISED } else { START };
    for words in [&["--version"][..], &["--help"], &["certificate", "get", "--help"]] {
        let once = || {
            let began = Instant::now();
            let output = Command::new(greenlane_path()).args(words).output().expect("it runs");
            assert!(output.status.success() && !output.stdout.is_empty(), "{words:?}");
            began.elapsed()
        };
        // The machine does other things too: the quickest start shows what the command takes.
        let took = (0..20).map(|_| once()).min().unwrap_or(Duration::MAX);
        assert!(took < limit, "{words:?} took {took:?}");
    }
}

/// Certificates of the list, and of each page.
const ROWS: usize = 100_000;
const PAGE: usize = 1_000;

#[test]
fn a_list_of_100_000_rows_is_written_as_it_comes_and_not_held() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let address = runtime.block_on(serve(|path, request| path.ends_with("/ListCertificates").then(|| page(request))));
    let address = address.expect("a port");
    for output in ["csv", "json", "table"] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = Command::new(greenlane_path())
            .args(["certificate", "list", "--all", "-o", output, "--registry", &format!("http://{address}")])
            .current_dir(folder.path())
            .env("GREENLANE_HOME", folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        let stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let (mut rows, mut early, mut late) = (0, None, None);
        for line in stdout.lines() {
            if !line.expect("text").contains("certificates/") {
                continue;
            }
            rows += 1;
            // It waits for us to read on, and so is there to be looked at.
            match rows {
                10_000 => early = peak_kib(child.id()).ok(),
                90_000 => late = peak_kib(child.id()).ok(),
                _ => {}
            }
        }
        assert!(child.wait().expect("it ends").success());
        assert_eq!(rows, ROWS, "{output}");
        let (early, late) = (early.expect("it runs"), late.expect("it runs"));
        assert!(late < early + 8 * 1_024, "{output}: {early} KiB after a tenth of it, {late} KiB near its end");
    }
}

/// The most memory that a process has had.
fn peak_kib(process: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("a peak")?;
    Ok(peak.trim().trim_end_matches(" kB").parse()?)
}

/// A page of the list; the token says which.
fn page(request: &[u8]) -> Vec<u8> {
    let request = ListCertificatesRequest::decode(request).expect("a request");
    let first: usize = request.page_token.parse().unwrap_or(0);
    let certificate = |row: usize| Certificate {
        name: format!("certificates/GLXA{row:014}"),
        body: "bodies/aurora-cert".to_owned(),
        ..Certificate::default()
    };
    let next = first + PAGE;
    answered(&ListCertificatesResponse {
        certificates: (first..next).map(certificate).collect(),
        next_page_token: if next < ROWS { next.to_string() } else { String::new() },
        ..Default::default()
    })
}
