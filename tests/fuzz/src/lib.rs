//! Random bytes for parsers, made of good ones: no input may make one panic. On a stable compiler, and so without
//! coverage to steer by; what it lacks in aim the seeds make up for, which are whole and real.
//!
//! Each target runs for [`SECONDS`] seconds when that variable is set, and else for a moment, as every test.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "says what was tried, and what was found")]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// The variable with the seconds that each target runs for.
pub const SECONDS: &str = "GREENLANE_FUZZ_SECONDS";
/// The variable with the number that a run begins with, to have the same inputs again.
pub const SEED: &str = "GREENLANE_FUZZ_SEED";

/// How many inputs are tried when no time is set.
const SHORT_RUN: u64 = 3_000;
/// What no input outgrows by chance.
const MAX_BYTES: usize = 64 * 1024;

/// Bytes that parsers take to heart.
const INTERESTING: &[&[u8]] = &[
    b"\0",
    b"\n",
    b"\r\n",
    b"\n\n",
    b" ",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b".",
    b"..",
    b"-",
    b"--",
    b"=",
    b"==",
    b"+",
    b"/",
    b"%",
    b"%00",
    b"0",
    b"-1",
    b"1e400",
    b"18446744073709551615",
    b"18446744073709551616",
    b"9223372036854775808",
    b"null",
    b"true",
    b"\xff",
    b"\xc3\x28",
    b"\xe2\x80\x94",
    b"\xef\xbb\xbf",
];

/// Gives `parse` the seeds, the kept inputs of the target (`corpus/TARGET/`), and random changes of all of these.
///
/// # Panics
/// When `parse` does: with the input in hexadecimal, to be kept in the corpus.
pub fn fuzz<S: AsRef<[u8]>>(target: &str, seeds: impl IntoIterator<Item = S>, parse: impl Fn(&[u8])) {
    let mut corpus: Vec<Vec<u8>> = seeds.into_iter().map(|seed| seed.as_ref().to_vec()).collect();
    corpus.extend(kept(target));
    corpus.push(Vec::new());
    let number = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(rand::random);
    let mut random = StdRng::seed_from_u64(number);
    let time = std::env::var(SECONDS).ok().map(|seconds| {
        Duration::from_secs(seconds.parse().unwrap_or_else(|_| panic!("{SECONDS} is no number of seconds")))
    });
    let began = Instant::now();
    let mut tried = 0;
    for input in corpus.clone() {
        attempt(target, number, &parse, &input);
    }
    while time.map_or(tried < SHORT_RUN, |time| began.elapsed() < time) {
        let input = changed(&corpus, &mut random);
        attempt(target, number, &parse, &input);
        tried += 1;
    }
    println!("{target}: {tried} inputs from {} seeds in {:.1} s", corpus.len(), began.elapsed().as_secs_f32());
}

/// Gives the changes of texts to a parser of texts; what is no UTF-8 is made some.
///
/// # Panics
/// As [`fuzz`].
pub fn fuzz_text<S: AsRef<[u8]>>(target: &str, seeds: impl IntoIterator<Item = S>, parse: impl Fn(&str)) {
    fuzz(target, seeds, |bytes| parse(&String::from_utf8_lossy(bytes)));
}

fn attempt(target: &str, number: u64, parse: &impl Fn(&[u8]), input: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| parse(input))) {
        let readable = String::from_utf8_lossy(input);
        eprintln!("{target} panics ({SEED}={number}) at\n{readable}\nwhich is {}", hex::encode(input));
        resume_unwind(panic);
    }
}

/// Inputs that were found, or that are too good to be left to chance.
fn kept(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read(path).ok()).collect()
}

fn changed(corpus: &[Vec<u8>], random: &mut StdRng) -> Vec<u8> {
    let mut input = corpus[random.random_range(0..corpus.len())].clone();
    for _ in 0..random.random_range(1..=6) {
        change(&mut input, corpus, random);
        input.truncate(MAX_BYTES);
    }
    input
}

fn change(input: &mut Vec<u8>, corpus: &[Vec<u8>], random: &mut StdRng) {
    let at = random.random_range(0..=input.len());
    let end = (at + random.random_range(0..=16.min(input.len() - at))).max(at);
    match random.random_range(0..9) {
        0 if at < input.len() => input[at] ^= 1 << random.random_range(0..8),
        1 if at < input.len() => input[at] = random.random(),
        2 => input.insert(at, random.random()),
        3 => drop(input.drain(at..end)),
        4 => {
            let copy = input[at..end].to_vec();
            let times = random.random_range(1..=64);
            drop(input.splice(at..at, copy.repeat(times)));
        }
        5 => drop(input.splice(at..end, INTERESTING[random.random_range(0..INTERESTING.len())].iter().copied())),
        6 => input.truncate(at),
        7 => {
            let other = &corpus[random.random_range(0..corpus.len())];
            let from = random.random_range(0..=other.len());
            input.truncate(at);
            input.extend_from_slice(&other[from..]);
        }
        _ => {
            // A digit for another keeps a number one, and a text as long as it was.
            let digits: Vec<usize> = (0..input.len()).filter(|at| input[*at].is_ascii_digit()).collect();
            if let Some(at) = digits.get(random.random_range(0..digits.len().max(1))) {
                input[*at] = b'0' + random.random_range(0..10u8);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parser_that_panics_is_found_out() {
        let found = catch_unwind(|| {
            fuzz("careless", ["{\"amount\": 12}"], |bytes| assert!(bytes.len() < 40 && !bytes.contains(&b'\\')));
        });
        assert!(found.is_err());
        fuzz("careful", ["{\"amount\": 12}"], |bytes| assert!(bytes.len() <= MAX_BYTES));
    }
}
