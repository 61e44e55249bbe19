//! What the load generator must get right for its figures to mean anything.

use std::time::{Duration, Instant};

use anyhow::ensure;
use greenlane_platform::auth::issuer::TokenRequest;

use super::histogram::Histogram;
use super::hpack::{RequestBlocks, grpc_status};
use super::{Load, Outcome, Requests, Target, drive};
use crate::identity::Identity;
use crate::roles::echo;

/// Answers from which on a measurement can be judged.
const LEAST: u64 = 9;
/// How long it is measured again and again, where the machine is busy with something else.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends so many bytes and expects them back, or others.
struct Echoed {
    bytes: usize,
    expected: usize,
}

impl Requests for Echoed {
    fn message(&self, out: &mut Vec<u8>) -> u64 {
        // Field 1 of the echo's message, length-delimited, its length in two bytes.
        out.extend_from_slice(&[0x0a, 0x80 | (self.bytes & 0x7f) as u8, (self.bytes >> 7) as u8]);
        out.resize(out.len() + self.bytes, 7);
        0
    }

    fn check(&self, _: u64, answer: &[u8]) -> anyhow::Result<()> {
        ensure!(answer.len() == self.expected + 3, "{} bytes came back", answer.len());
        Ok(())
    }
}

async fn drive_echo(token: Option<&str>, requests: Echoed) -> anyhow::Result<Outcome> {
    let duration = Duration::from_millis(150);
    let load = Load { connections: 2, in_flight: 4, warm_up: Duration::ZERO, duration, every: None };
    drive_echo_so_hard(token, requests, load).await
}

/// Measures again what the machine held up: a measurement that saw too few answers, and nothing wrong.
async fn drive_echo_so_hard(token: Option<&str>, requests: Echoed, load: Load) -> anyhow::Result<Outcome> {
    let folder = tempfile::tempdir()?;
    let identity = Identity::create(folder.path())?;
    let trusted = token.is_some().then_some(folder.path());
    let (address, serving) = echo::bind(trusted).await?;
    let server = tokio::spawn(serving);
    let token = token.map(|token| match token {
        "good" => identity.mint(TokenRequest::new("someone", ["verify"])),
        bad => bad.to_owned(),
    });
    let target = Target { address, path: echo::PATH.to_owned(), token };
    let begun = Instant::now();
    let outcome = loop {
        let outcome = drive(&target, load, &requests).await;
        let held_up = match &outcome {
            Ok(outcome) => outcome.latencies.total() < LEAST && outcome.failures.is_empty(),
            // By the clock, the server's first word can come after the end.
            Err(error) => load.every.is_some() && format!("{error:#}").contains("has not said how it speaks"),
        };
        if !held_up || begun.elapsed() > PATIENCE {
            break outcome;
        }
    };
    server.abort();
    outcome
}

#[tokio::test]
async fn a_tonic_server_is_driven_and_its_answers_are_counted() {
    let outcome = drive_echo(None, Echoed { bytes: 200, expected: 200 }).await.unwrap();
    assert!(outcome.latencies.total() >= LEAST, "{outcome:?}");
    assert!(outcome.failures.is_empty(), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)] // who asks by the clock holds its thread
async fn calls_by_the_clock_are_no_more_than_were_asked_for() {
    let every = Some(Duration::from_millis(10));
    let duration = Duration::from_millis(400);
    let load = Load { connections: 2, in_flight: 100, warm_up: Duration::ZERO, duration, every };
    let outcome = drive_echo_so_hard(None, Echoed { bytes: 200, expected: 200 }, load).await.unwrap();
    // Eighty, however late they are answered; fewer where the machine stalls before the first.
    assert!((LEAST..=80).contains(&outcome.latencies.total()), "{outcome:?}");
    assert!(outcome.failures.is_empty(), "{outcome:?}");
}

#[tokio::test]
async fn messages_of_more_than_one_frame_arrive_whole() {
    let outcome = drive_echo(Some("good"), Echoed { bytes: 16_383, expected: 16_383 }).await.unwrap();
    assert!(outcome.latencies.total() >= LEAST, "{outcome:?}");
    assert!(outcome.failures.is_empty(), "{outcome:?}");
}

#[tokio::test]
async fn refused_calls_are_failures_and_not_answers() {
    let outcome = drive_echo(Some("forged"), Echoed { bytes: 200, expected: 200 }).await.unwrap();
    assert_eq!(outcome.latencies.total(), 0);
    assert_eq!(outcome.failures.keys().copied().collect::<Vec<_>>(), [tonic::Code::Unauthenticated as u32]);
}

#[tokio::test]
async fn a_wrong_answer_stops_the_measurement() {
    let error = drive_echo(None, Echoed { bytes: 200, expected: 199 }).await.unwrap_err();
    assert!(format!("{error:#}").contains("not what it should be"), "{error:#}");
}

#[test]
fn quantiles_are_within_two_percent() {
    let mut histogram = Histogram::default();
    for micros in 1..=10_000 {
        histogram.record(Duration::from_micros(micros));
    }
    for (quantile, expected) in [(0.5, 5_000.0), (0.99, 9_900.0), (1.0, 10_000.0)] {
        let micros = histogram.quantile(quantile).as_secs_f64() * 1e6;
        assert!((micros / expected - 1.0).abs() < 0.02, "{quantile}: {micros} instead of {expected}");
    }
}

#[test]
fn merged_histograms_count_everything() {
    let mut small = Histogram::default();
    small.record(Duration::from_nanos(3));
    let mut large = Histogram::default();
    large.record(Duration::from_secs(3));
    small.merge(&large);
    assert_eq!(small.total(), 2);
    assert_eq!(small.quantile(0.5), Duration::from_nanos(3));
    assert!(small.quantile(1.0) >= Duration::from_secs(3));
}

#[test]
fn the_status_is_read_plain_and_huffman_coded() {
    // Literals with a new name (RFC 7541, section 6.2), behind a change of table size.
    let plain = |code: &str| [b"\x20\x00\x0bgrpc-status".as_slice(), &[code.len() as u8], code.as_bytes()].concat();
    assert_eq!(grpc_status(&plain("0")), Some(0));
    assert_eq!(grpc_status(&plain("14")), Some(14));
    let huffman = [0x40, 0x88, 0x9a, 0xca, 0xc8, 0xb2, 0x12, 0x34, 0xda, 0x8f, 0x82, 0x08, 0xbf];
    assert_eq!(grpc_status(&huffman), Some(12));
}

#[test]
fn a_block_without_a_status_has_none() {
    assert_eq!(grpc_status(&[0x88]), None);
    assert_eq!(grpc_status(b"\x00\x05other\x010"), None);
    assert_eq!(grpc_status(&[0x40, 0xff]), None);
}

#[test]
fn later_requests_are_a_few_bytes() {
    let token = "x".repeat(1_000);
    let blocks = RequestBlocks::new("127.0.0.1:1", "/a.B/C", Some(&token)).unwrap();
    assert!(blocks.first.len() > 1_000);
    assert_eq!(blocks.again.len(), 9);
}

#[test]
fn headers_that_outgrow_the_table_are_refused() {
    let token = "x".repeat(4_000);
    assert!(RequestBlocks::new("127.0.0.1:1", "/a.B/C", Some(&token)).is_none());
}
