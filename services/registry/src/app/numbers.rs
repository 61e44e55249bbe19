//! Numbers for certificates that are about to be signed.

use std::sync::{Mutex, PoisonError};

use greenlane_credential::{CertificateNumber as NewNumber, Prefix, Run};

use crate::domain::names::CertificateNumber;

/// Numbers of a run: few enough to lie on few pages of an index, and enough for many groups of mutations.
const OF_A_RUN: u32 = 256;

/// Makes numbers, one run after the other, for all bodies. They tell which certificates were granted one after the other,
/// as the log does.
#[derive(Debug)]
pub(crate) struct Numbers {
    /// The run, and how many more are of it.
    run: Mutex<(Run, u32)>,
}

impl Numbers {
    pub(crate) fn new() -> Self {
        Self { run: Mutex::new((Run::random(), OF_A_RUN)) }
    }

    /// A fresh number.
    pub(crate) fn next(&self, prefix: Prefix) -> CertificateNumber {
        CertificateNumber::trusted(NewNumber::generate_in(prefix, self.run()).as_str())
    }

    fn run(&self) -> Run {
        let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        if run.1 == 0 {
            *run = (Run::random(), OF_A_RUN);
        }
        run.1 -= 1;
        run.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_run_ends_and_another_begins() {
        let (numbers, prefix) = (Numbers::new(), Prefix::new("XA").unwrap());
        let runs: BTreeSet<String> = (0..OF_A_RUN * 8).map(|_| numbers.next(prefix).as_str()[..7].to_owned()).collect();
        assert!((2..=8).contains(&runs.len()), "{runs:?}");
    }
}
