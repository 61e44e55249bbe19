use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Instant, SystemTime};

use chrono::{DateTime, Utc};
use greenlane_jose::{Signer, SigningKey};
use greenlane_log::hash_leaf;
use greenlane_log::note::{KeyName, NoteSigner};
use tempfile::TempDir;
use tracing::span;

use super::*;

const LOG: &str = "registry.example.org/log";

/// Longer than any test takes.
const FOR_EVER: Duration = Duration::from_secs(3_600);

/// A log's key, and so many heads that it signed.
fn signed(number: u64) -> (NoteKey, Vec<TreeHead>) {
    let signer: Arc<dyn Signer> = Arc::new(SigningKey::generate_ed25519());
    let signer = NoteSigner::new(KeyName::new(LOG).unwrap(), signer).unwrap();
    let head = |size: u64| {
        let root = hash_leaf(&size.to_be_bytes());
        let note = Checkpoint::new(LOG, size, root).sign(&signer).unwrap().to_text();
        TreeHead { size, root, note, signed_at: DateTime::<Utc>::UNIX_EPOCH.into() }
    };
    let heads = (1..=number).map(head).collect();
    (signer.key().clone(), heads)
}

/// The mark of a replica that waits for its turn however long that takes.
fn patient(directory: &TempDir) -> Mark {
    let mark = Mark::new(directory.path());
    mark.hand.lock().unwrap().turns.patience = FOR_EVER;
    mark
}

fn size(mark: &Mark, key: &NoteKey) -> Option<u64> {
    mark.read(key).unwrap().map(|(size, _)| size)
}

/// How many files are to take the mark's place.
fn fresh(directory: &TempDir) -> usize {
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(FRESH)).count()
}

#[test]
fn one_mark_that_two_replicas_raise_is_always_whole_and_never_goes_down() {
    let (key, heads) = signed(1_000);
    let directory = tempfile::tempdir().unwrap();
    let replicas = [patient(&directory), patient(&directory)];
    let reading = Mark::new(directory.path());
    std::thread::scope(|scope| {
        let raising = [0, 1, 2, 3].map(|first: usize| {
            let (mark, key, heads) = (&replicas[first % 2], &key, &heads);
            scope.spawn(move || heads.iter().skip(first).step_by(4).for_each(|head| mark.raise(key, head)))
        });
        let mut last = None;
        while !raising.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            let now = size(&reading, &key);
            assert!(now >= last, "{now:?} after {last:?}");
            last = now;
        }
    });
    assert_eq!((size(&reading, &key), fresh(&directory)), (Some(1_000), 0));
}

#[test]
fn what_another_replica_noted_meanwhile_is_not_replaced_by_less() {
    let (key, heads) = signed(2);
    let directory = tempfile::tempdir().unwrap();
    let mark = patient(&directory);
    let mut turns = Turns::new(directory.path().join(LOCK));
    let turn = turns.take().unwrap();
    std::thread::scope(|scope| {
        let raising = scope.spawn(|| mark.raise(&key, &heads[0]));
        while fresh(&directory) == 0 && !raising.is_finished() {
            std::thread::yield_now();
        }
        fs::write(&mark.file, &heads[1].note).unwrap();
        assert!(!raising.is_finished(), "it is not its turn");
        drop(turn);
    });
    assert_eq!((size(&mark, &key), fresh(&directory)), (Some(2), 0));
}

#[test]
fn who_stands_still_in_a_turn_is_waited_for_once() {
    let (key, heads) = signed(3);
    let directory = tempfile::tempdir().unwrap();
    let mark = Mark::new(directory.path());
    let mut turns = Turns::new(directory.path().join(LOCK));
    let turn = turns.take().unwrap();
    mark.raise(&key, &heads[0]);
    assert_eq!(size(&mark, &key), Some(1), "nobody's commits wait for it");
    let begun = Instant::now();
    mark.hand.lock().unwrap().turns.patience = Duration::from_secs(20);
    mark.raise(&key, &heads[1]);
    assert_eq!(size(&mark, &key), Some(2));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    drop(turn);
    mark.raise(&key, &heads[2]);
    assert_eq!(size(&mark, &key), Some(3));
    assert!(!mark.hand.lock().unwrap().turns.is_stuck, "the next one is waited for");
}

/// Counts warnings.
#[derive(Clone, Default)]
struct Warnings(Arc<AtomicUsize>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[test]
fn a_mark_that_cannot_be_read_is_left_as_it_is_and_told_of_once() {
    let (key, heads) = signed(5);
    let directory = tempfile::tempdir().unwrap();
    let mark = Mark::new(directory.path());
    let warnings = Warnings::default();
    tracing::subscriber::with_default(warnings.clone(), || {
        let damaged = &heads[0].note[1..];
        fs::write(&mark.file, damaged).unwrap();
        mark.raise(&key, &heads[0]);
        mark.raise(&key, &heads[1]);
        assert_eq!(fs::read_to_string(&mark.file).unwrap(), damaged);
        assert_eq!((warnings.0.load(Ordering::SeqCst), fresh(&directory)), (1, 0));

        fs::remove_file(&mark.file).unwrap();
        mark.raise(&key, &heads[2]);
        assert_eq!((size(&mark, &key), warnings.0.load(Ordering::SeqCst)), (Some(3), 1));

        fs::write(&mark.file, damaged).unwrap();
        mark.raise(&key, &heads[3]);
        mark.raise(&key, &heads[4]);
        assert_eq!(warnings.0.load(Ordering::SeqCst), 2, "it is another time");
    });
}

#[test]
fn what_a_killed_process_left_is_removed_and_what_another_writes_this_moment_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let make = |name: &str| fs::File::create_new(directory.path().join(name)).unwrap();
    let long_ago = SystemTime::UNIX_EPOCH;
    make("log.checkpoint.new-killed").set_modified(long_ago).unwrap();
    make("log.checkpoint.new-writing");
    for other in ["log.checkpoint", "log.checkpoint.ended-at-3", "log.checkpoint.lock", "log.jwk"] {
        make(other).set_modified(long_ago).unwrap();
    }
    let _mark = Mark::new(directory.path());
    let names = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    let kept =
        ["log.checkpoint", "log.checkpoint.ended-at-3", "log.checkpoint.lock", "log.checkpoint.new-writing", "log.jwk"];
    assert_eq!(names, kept);
}
