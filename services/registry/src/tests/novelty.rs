//! Groups take request ids for new at first: what that costs, and that nothing is done twice for it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt as _;
use greenlane_jose::{Algorithm, PublicKey, SignError, Signer, SigningKey};
use greenlane_log::Checkpoint;
use greenlane_log::note::{KeyName, NoteSigner};
use greenlane_platform::audit::Origin;
use greenlane_platform::clock::Clock;
use greenlane_store::idempotency::{Key, payload_hash};
use greenlane_store::testing::TestDatabase;

use super::harness::now;
use super::namesakes::record;
use super::rollback::sql;
use crate::Migrator;
use crate::app::files::Files;
use crate::app::log::LogWriter;
use crate::app::log::mark::Mark;
use crate::app::mutation::{Mutation, Receipt, WriteError};
use crate::app::published::Published;
use crate::app::sequencer::{Sequencer, Teller, WriteQueue};
use crate::domain::command::{Command, Done};

greenlane_store::engine_tests!(Migrator:
    after_a_group_that_repeats_what_was_done_the_next_sixty_four_are_looked_up_at_once,
    a_retry_at_another_replica_is_answered_as_then_and_what_stands_beside_it_is_done,
    a_request_id_that_comes_twice_in_a_group_is_done_once,
    what_is_refused_does_not_use_up_its_request_id,
    a_process_that_only_answers_again_marks_what_another_signed,
    a_process_that_only_answers_again_neither_answers_nor_marks_what_another_key_signed,
);

const LOG: &str = "registry.example.org/log";

const METHOD: &str = "/greenlane.registry.v1.BodyService/CreateBody";

/// The log's key. It counts what it signs: whatever a group is to add takes a signature with each attempt.
#[derive(Debug)]
struct Counting {
    key: SigningKey,
    signed: AtomicUsize,
}

impl Counting {
    fn new() -> Arc<Self> {
        Arc::new(Self { key: SigningKey::generate_ed25519(), signed: AtomicUsize::new(0) })
    }

    fn signed(&self) -> usize {
        self.signed.load(Ordering::SeqCst)
    }
}

impl Signer for Counting {
    fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }

    fn public_key(&self) -> &PublicKey {
        self.key.public_key()
    }

    fn kid(&self) -> &str {
        self.key.kid()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.signed.fetch_add(1, Ordering::SeqCst);
        self.key.sign(message)
    }
}

fn signer(key: &Arc<Counting>) -> NoteSigner {
    let key: Arc<dyn Signer> = Arc::<Counting>::clone(key);
    NoteSigner::new(KeyName::new(LOG).unwrap(), key).unwrap()
}

/// The writing part of a process that was just begun: it knows of nothing that it would have to be wary of.
struct Process {
    queue: WriteQueue,
    sequencer: Sequencer,
    teller: Teller,
}

impl Process {
    async fn begin(db: &TestDatabase, key: &Arc<Counting>, directory: &Path) -> Self {
        let log = Arc::new(LogWriter::new(LOG, signer(key), Mark::new(directory)));
        let head = log.start(db.store(), now()).await.unwrap();
        let published = Arc::new(Published::new(head, Files::new(1, 1)));
        let (store, clock) = (db.store().clone(), Clock::settable(now()));
        let (queue, sequencer, teller) = Sequencer::new(store.clone(), store, log, clock, published, 64, 64);
        Self { queue, sequencer, teller }
    }

    /// Writes these as one group, and ends.
    async fn write(self, group: Vec<Mutation>) -> Vec<Result<Receipt, WriteError>> {
        let Self { queue, sequencer, teller } = self;
        let places = queue.places(group.len()).await;
        let mut answers = Box::pin(places.submit_all(group));
        assert!(answers.as_mut().now_or_never().is_none(), "all of it waits before any of it is taken");
        writing(sequencer, teller, answers).await
    }
}

/// What comes of this while a process writes.
async fn writing<T>(sequencer: Sequencer, teller: Teller, asked: impl Future<Output = T>) -> T {
    let writing = async { tokio::join!(sequencer.run(std::future::pending::<()>()), teller.run()) };
    tokio::select! {
        answer = asked => answer,
        _ = writing => panic!("it writes until its queue is closed"),
    }
}

/// Registers a body. A retry is prepared anew, and asks for another one, as an issue asks for another number.
fn mutation(request_id: &str, payload: &str, body: &str) -> Mutation {
    Mutation {
        command: Command::CreateBody(record(body, &format!("Body {body}"), "XA")),
        key: Key::new("keeper", METHOD, request_id),
        payload: payload_hash(payload.as_bytes()),
        origin: Origin::new(METHOD, "keeper"),
        is_proved: true,
    }
}

/// At which index which body was registered, or why not.
fn told(results: &[Result<Receipt, WriteError>]) -> Vec<String> {
    let told = |result: &Result<Receipt, WriteError>| match result {
        Ok(Receipt { done: Done::Body(body), log, replayed }) => {
            let again = if *replayed { ", again" } else { "" };
            format!("{} at {}{again}", body.record.id, log.index)
        }
        Ok(other) => format!("{:?}", other.done),
        Err(error) => error.to_string(),
    };
    results.iter().map(told).collect()
}

/// How often the log's key signs for a group of this alone.
async fn signatures(queue: &WriteQueue, key: &Counting, mutation: Mutation) -> usize {
    let before = key.signed();
    queue.submit(Arc::new(mutation)).await.unwrap();
    key.signed() - before
}

async fn after_a_group_that_repeats_what_was_done_the_next_sixty_four_are_looked_up_at_once(db: TestDatabase) {
    let (key, directory) = (Counting::new(), tempfile::tempdir().unwrap());
    let Process { queue, sequencer, teller } = Process::begin(&db, &key, directory.path()).await;
    let asked = async {
        let again = || mutation("a", "a", "xa-again");
        assert_eq!(signatures(&queue, &key, mutation("a", "a", "xa-first")).await, 1);
        assert_eq!(signatures(&queue, &key, again()).await, 1, "it is taken for new, and found out when it is written");
        for group in 1..=64 {
            if group % 2 == 0 {
                assert_eq!(signatures(&queue, &key, again()).await, 0, "group {group} is looked up");
            } else {
                let id = format!("xa-{group}");
                assert_eq!(signatures(&queue, &key, mutation(&id, &id, &id)).await, 1, "group {group} is new");
            }
        }
        assert_eq!(signatures(&queue, &key, again()).await, 1, "what comes then is taken for new once more");
        assert_eq!(signatures(&queue, &key, again()).await, 0);
    };
    writing(sequencer, teller, asked).await;
}

async fn a_retry_at_another_replica_is_answered_as_then_and_what_stands_beside_it_is_done(db: TestDatabase) {
    let (key, directory) = (Counting::new(), tempfile::tempdir().unwrap());
    let first = Process::begin(&db, &key, directory.path()).await;
    let done = first.write(vec![mutation("a", "a", "xa-first")]).await;
    assert_eq!(told(&done), ["xa-first at 0"]);

    let group = vec![
        mutation("b", "b", "xa-before"),
        mutation("a", "a", "xa-again"),
        mutation("a", "of something else", "xa-other"),
        // If the retry were new, there would be such a body now.
        mutation("c", "c", "xa-again"),
    ];
    let second = Process::begin(&db, &key, directory.path()).await;
    let expected =
        ["xa-before at 1", "xa-first at 0, again", "request id a was used for another payload", "xa-again at 2"];
    assert_eq!(told(&second.write(group).await), expected);
}

async fn a_request_id_that_comes_twice_in_a_group_is_done_once(db: TestDatabase) {
    let (key, directory) = (Counting::new(), tempfile::tempdir().unwrap());
    let group = vec![
        mutation("a", "a", "xa-first"),
        mutation("a", "a", "xa-again"),
        mutation("a", "of something else", "xa-other"),
        mutation("b", "b", "xa-again"),
    ];
    let reused = "request id a was used for another payload";
    let first = Process::begin(&db, &key, directory.path()).await;
    let expected = ["xa-first at 0", "xa-first at 0, again", reused, "xa-again at 1"];
    assert_eq!(told(&first.write(group.clone()).await), expected);

    let second = Process::begin(&db, &key, directory.path()).await;
    let expected = ["xa-first at 0, again", "xa-first at 0, again", reused, "xa-again at 1, again"];
    assert_eq!(told(&second.write(group).await), expected, "the whole group again");
}

async fn what_is_refused_does_not_use_up_its_request_id(db: TestDatabase) {
    let (key, directory) = (Counting::new(), tempfile::tempdir().unwrap());
    let group = vec![
        mutation("a", "a", "xa-first"),
        mutation("b", "b", "xa-first"),
        mutation("b", "of something else", "xa-other"),
    ];
    let first = Process::begin(&db, &key, directory.path()).await;
    let expected = ["xa-first at 0", "bodies/xa-first is registered already", "xa-other at 1"];
    assert_eq!(told(&first.write(group).await), expected);

    // By the rules neither could be done now: what each id was used for is looked up.
    let group = vec![mutation("a", "a", "xa-first"), mutation("b", "b", "xa-first")];
    let second = Process::begin(&db, &key, directory.path()).await;
    let expected = ["xa-first at 0, again", "request id b was used for another payload"];
    assert_eq!(told(&second.write(group).await), expected);
}

async fn a_process_that_only_answers_again_marks_what_another_signed(db: TestDatabase) {
    let (key, directories) = (Counting::new(), [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()]);
    let first = Process::begin(&db, &key, directories[0].path()).await;
    let second = Process::begin(&db, &key, directories[1].path()).await;
    let done = first.write(vec![mutation("a", "a", "xa-first")]).await.remove(0).unwrap();
    let again = second.write(vec![mutation("a", "a", "xa-first")]).await.remove(0).unwrap();
    assert!(again.replayed);
    assert_eq!(again.log.checkpoint, done.log.checkpoint);
    let marked = std::fs::read_to_string(directories[1].path().join("log.checkpoint")).unwrap();
    assert_eq!(marked.as_str(), &*done.log.checkpoint, "a database from before it would be found out");
}

async fn a_process_that_only_answers_again_neither_answers_nor_marks_what_another_key_signed(db: TestDatabase) {
    let (key, directories) = (Counting::new(), [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()]);
    let first = Process::begin(&db, &key, directories[0].path()).await;
    let second = Process::begin(&db, &key, directories[1].path()).await;
    let marked = || std::fs::read_to_string(directories[1].path().join("log.checkpoint")).unwrap();
    let before = marked();
    let done = first.write(vec![mutation("a", "a", "xa-first")]).await.remove(0).unwrap();

    let head = Checkpoint::open(done.log.checkpoint.as_bytes(), signer(&key).key(), &[]).unwrap().checkpoint;
    let note = head.sign(&signer(&Counting::new())).unwrap().to_text();
    sql(&db, &format!("UPDATE log_head SET note = '{note}'")).await;
    let refused = second.write(vec![mutation("a", "a", "xa-first")]).await.remove(0).unwrap_err();
    assert!(matches!(refused, WriteError::LogInconsistent(_)), "{refused}");
    assert!(refused.to_string().contains("the stored checkpoint is not this log's"), "{refused}");
    assert_eq!(marked(), before);
}
