//! What is measured. To add a row: a function that prepares it, and a line in [`ROWS`].

mod bare;
mod classification;
mod equivalence;
mod facts;
pub(crate) mod registry;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use futures_util::future::BoxFuture;
use tonic::Request;
use tonic::transport::{Channel, Endpoint};

use crate::child::Child;
use crate::identity::Identity;
use crate::roles::{Role, insert};
use crate::wire::{Load, Requests, Target, framed, messages};

/// How long a call may take that prepares a row.
const PATIENCE: Duration = Duration::from_secs(30);

/// Items that a batch or a stream of a row asks for in one call.
const TOGETHER: u32 = 100;

/// A row of the table.
pub struct Row {
    /// One word, for `--only` and the JSON.
    pub name: &'static str,
    /// What one call does.
    pub what: &'static str,
    /// The server that is called.
    pub role: Role,
    /// The row that this one is compared to.
    pub baseline: Option<&'static str>,
    /// The least ratio to it that we promise.
    pub target: Option<f64>,
    /// What we promise on any machine of two cores.
    pub floor: Option<Floor>,
    /// Makes the calls.
    pub prepare: for<'a> fn(&'a Setting<'a>) -> BoxFuture<'a, anyhow::Result<Prepared>>,
}

/// Absolute figures, which a slow machine may miss.
#[derive(Debug, Clone, Copy)]
pub struct Floor {
    /// Items a second, at least.
    pub per_second: f64,
    /// The longest that 99 of 100 calls may take.
    pub p99: Duration,
}

/// A row that can be measured.
pub struct Prepared {
    /// Whom to call.
    pub target: Target,
    /// What to send.
    pub requests: Box<dyn Requests>,
    /// What a call asks for: its answer counts as so many.
    pub items: u32,
    /// Calls in flight on each connection at most: a long call takes the place of many short ones.
    pub most_in_flight: usize,
}

impl Prepared {
    /// Calls that ask for one thing.
    pub(crate) fn single(target: Target, requests: impl Requests + 'static) -> Self {
        Self::many(target, requests, 1)
    }

    /// Calls that ask for so many at once.
    pub(crate) fn many(target: Target, requests: impl Requests + 'static, items: u32) -> Self {
        Self { target, requests: Box::new(requests), items, most_in_flight: usize::MAX }
    }

    /// One call at a time on each connection.
    pub(crate) fn one_by_one(mut self) -> Self {
        self.most_in_flight = 1;
        self
    }

    /// A load that is not more than these calls are good for.
    pub(crate) fn within(&self, load: Load) -> Load {
        Load { in_flight: load.in_flight.min(self.most_in_flight), ..load }
    }
}

/// What a row finds when it prepares itself.
pub struct Setting<'a> {
    /// Mints tokens.
    pub identity: &'a Identity,
    /// The servers of this run.
    pub children: &'a BTreeMap<Role, Child>,
    /// The run's folder.
    pub folder: &'a Path,
}

impl Setting<'_> {
    /// The method of a server of this run.
    ///
    /// # Errors
    /// When the server does not run.
    pub fn target(&self, role: Role, path: &str, token: Option<String>) -> anyhow::Result<Target> {
        Ok(Target { address: self.child(role)?.ready.address, path: path.to_owned(), token })
    }

    /// A channel to a server of this run, for what must be there before it is measured.
    ///
    /// # Errors
    /// When the server does not run, or cannot be reached.
    pub async fn channel(&self, role: Role) -> anyhow::Result<Channel> {
        let uri = format!("http://{}", self.child(role)?.ready.address);
        Endpoint::from_shared(uri)?.connect().await.with_context(|| format!("connecting to {}", role.name()))
    }

    pub(crate) fn child(&self, role: Role) -> anyhow::Result<&Child> {
        self.children.get(&role).with_context(|| format!("{} does not run", role.name()))
    }
}

/// Every row, a baseline before what is compared to it.
pub const ROWS: &[Row] = &[
    Row {
        name: "echo",
        what: "bare tonic unary echo, current-thread runtime",
        role: Role::Echo,
        baseline: None,
        target: None,
        floor: None,
        prepare: |setting| Box::pin(bare::echo(setting, Role::Echo)),
    },
    Row {
        name: "echo-token",
        what: "the same, each call's token found among the verified ones",
        role: Role::EchoToken,
        baseline: Some("echo"),
        target: None,
        floor: None,
        prepare: |setting| Box::pin(bare::echo(setting, Role::EchoToken)),
    },
    Row {
        name: "platform",
        what: "the echo behind our platform: identity, rules, limits, deadlines, telemetry",
        role: Role::Platform,
        baseline: Some("echo-token"),
        target: None,
        floor: None,
        prepare: |setting| Box::pin(bare::echo(setting, Role::Platform)),
    },
    Row {
        name: "code",
        what: "classification: a code with its descriptions",
        role: Role::Classification,
        baseline: Some("echo-token"),
        target: Some(0.6),
        floor: None,
        prepare: |setting| Box::pin(classification::get(setting)),
    },
    Row {
        name: "translate",
        what: "classification: a code in the edition before",
        role: Role::Classification,
        baseline: Some("echo-token"),
        target: Some(0.6),
        floor: None,
        prepare: |setting| Box::pin(classification::translate(setting)),
    },
    Row {
        name: "recognise",
        what: "equivalence: whether a market recognises a certificate",
        role: Role::Equivalence,
        baseline: Some("echo-token"),
        target: Some(0.5),
        floor: None,
        prepare: |setting| Box::pin(equivalence::recognise(setting)),
    },
    Row {
        name: "recognise-anew",
        what: "equivalence: the same at a revision that is named, decided anew each time",
        role: Role::Equivalence,
        baseline: Some("echo-token"),
        target: None,
        floor: None,
        prepare: |setting| Box::pin(equivalence::recognise_anew(setting)),
    },
    Row {
        name: "recognise-batch",
        what: "equivalence: the same question, a hundred in a call",
        role: Role::Equivalence,
        baseline: Some("recognise"),
        target: Some(5.0),
        floor: None,
        prepare: |setting| Box::pin(equivalence::recognise_batch(setting)),
    },
    Row {
        name: "recognise-stream",
        what: "equivalence: the same, a hundred in a stream",
        role: Role::Equivalence,
        baseline: Some("recognise"),
        target: Some(5.0),
        floor: None,
        prepare: |setting| Box::pin(equivalence::recognise_stream(setting)),
    },
    Row {
        name: "verify",
        what: "registry: a certificate by number with goods as declared, a thousand hot ones in turn",
        role: Role::RegistrySqlite,
        baseline: Some("echo-token"),
        target: Some(0.5),
        floor: None,
        prepare: |setting| Box::pin(registry::verify(setting, Role::RegistrySqlite)),
    },
    Row {
        name: "verify-anew",
        what: "registry: the same at a revision that is named, judged anew each time",
        role: Role::RegistrySqlite,
        baseline: Some("echo-token"),
        target: None,
        floor: None,
        prepare: |setting| Box::pin(registry::verify_anew(setting, Role::RegistrySqlite)),
    },
    Row {
        name: "verify-document",
        what: "registry: the same by the presented document",
        role: Role::RegistrySqlite,
        baseline: Some("echo-token"),
        target: None,
        floor: None,
        prepare: |setting| Box::pin(registry::verify_document(setting, Role::RegistrySqlite)),
    },
    Row {
        name: "verify-batch",
        what: "registry: as verify, a hundred in a call",
        role: Role::RegistrySqlite,
        baseline: Some("verify"),
        target: Some(5.0),
        floor: None,
        prepare: |setting| Box::pin(registry::verify_batch(setting, Role::RegistrySqlite)),
    },
    Row {
        name: "verify-stream",
        what: "registry: as verify, a hundred in a stream",
        role: Role::RegistrySqlite,
        baseline: Some("verify"),
        target: Some(5.0),
        floor: None,
        prepare: |setting| Box::pin(registry::verify_stream(setting, Role::RegistrySqlite)),
    },
    Row {
        name: "insert-sqlite",
        what: "as many bytes as an issue stores, as a row of SQLite: an INSERT a call, a commit a group",
        role: Role::InsertSqlite,
        baseline: None,
        target: None,
        floor: None,
        prepare: |setting| Box::pin(bare::insert(setting, Role::InsertSqlite, insert::PATH)),
    },
    Row {
        name: "insert-bulk-sqlite",
        what: "the same, one INSERT a group",
        role: Role::InsertSqlite,
        baseline: Some("insert-sqlite"),
        target: None,
        floor: None,
        prepare: |setting| Box::pin(bare::insert(setting, Role::InsertSqlite, insert::BULK_PATH)),
    },
    Row {
        name: "insert-postgres",
        what: "as many bytes as an issue stores, as a row of PostgreSQL: an INSERT a call, a commit a group",
        role: Role::InsertPostgres,
        baseline: None,
        target: None,
        floor: None,
        prepare: |setting| Box::pin(bare::insert(setting, Role::InsertPostgres, insert::PATH)),
    },
    Row {
        name: "insert-bulk-postgres",
        what: "the same, one INSERT a group",
        role: Role::InsertPostgres,
        baseline: Some("insert-postgres"),
        target: None,
        floor: None,
        prepare: |setting| Box::pin(bare::insert(setting, Role::InsertPostgres, insert::BULK_PATH)),
    },
    Row {
        name: "issue-sqlite",
        what: "registry on SQLite: a certificate signed, logged, durable, with its proof",
        role: Role::RegistrySqlite,
        baseline: Some("insert-sqlite"),
        target: Some(0.4),
        floor: Some(Floor { per_second: 2000.0, p99: Duration::from_millis(100) }),
        prepare: |setting| Box::pin(registry::issue(setting, Role::RegistrySqlite)),
    },
    Row {
        name: "issue-postgres",
        what: "registry on PostgreSQL: the same",
        role: Role::RegistryPostgres,
        baseline: Some("insert-postgres"),
        target: Some(0.4),
        floor: Some(Floor { per_second: 5000.0, p99: Duration::from_millis(100) }),
        prepare: |setting| Box::pin(registry::issue(setting, Role::RegistryPostgres)),
    },
    Row {
        name: "import-sqlite",
        what: "registry on SQLite: certificates of a back catalogue, sixty in a stream",
        role: Role::RegistrySqlite,
        baseline: Some("insert-sqlite"),
        target: None,
        floor: Some(Floor { per_second: 10_000.0, p99: Duration::from_secs(10) }),
        prepare: |setting| Box::pin(registry::import(setting, Role::RegistrySqlite)),
    },
    Row {
        name: "import-postgres",
        what: "registry on PostgreSQL: the same",
        role: Role::RegistryPostgres,
        baseline: Some("insert-postgres"),
        target: None,
        floor: Some(Floor { per_second: 10_000.0, p99: Duration::from_secs(10) }),
        prepare: |setting| Box::pin(registry::import(setting, Role::RegistryPostgres)),
    },
];

/// A row by its name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == name)
}

/// A request with a token and a deadline.
pub(crate) fn authorized<T>(message: T, token: &str) -> anyhow::Result<Request<T>> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse()?);
    request.set_timeout(PATIENCE);
    Ok(request)
}

/// The same messages again and again, in turn.
pub(crate) struct Cycle<F> {
    messages: Vec<Vec<u8>>,
    next: AtomicU64,
    check: F,
}

impl<F: Fn(usize, &[u8]) -> anyhow::Result<()>> Cycle<F> {
    /// `check` is given the message's place in `messages`, and the answer.
    pub(crate) fn new(messages: Vec<Vec<u8>>, check: F) -> Self {
        Self { messages, next: AtomicU64::new(0), check }
    }

    fn place(&self, number: u64) -> usize {
        (number % self.messages.len() as u64) as usize
    }
}

impl<F: Fn(usize, &[u8]) -> anyhow::Result<()>> Requests for Cycle<F> {
    fn message(&self, out: &mut Vec<u8>) -> u64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        out.extend_from_slice(&self.messages[self.place(number)]);
        number
    }

    fn check(&self, number: u64, answer: &[u8]) -> anyhow::Result<()> {
        (self.check)(self.place(number), answer)
    }
}

/// Calls of a streaming method: the same messages again and again, so many in each call.
pub(crate) struct Streamed<F> {
    messages: Vec<Vec<u8>>,
    in_call: usize,
    next: AtomicU64,
    check: F,
}

impl<F: Fn(&[&[u8]]) -> anyhow::Result<()>> Streamed<F> {
    /// `check` is given the messages of an answer.
    pub(crate) fn new(messages: Vec<Vec<u8>>, in_call: usize, check: F) -> Self {
        Self { messages, in_call, next: AtomicU64::new(0), check }
    }
}

impl<F: Fn(&[&[u8]]) -> anyhow::Result<()>> Requests for Streamed<F> {
    fn message(&self, out: &mut Vec<u8>) -> u64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        out.extend_from_slice(&self.messages[(number % self.messages.len() as u64) as usize]);
        number
    }

    fn body(&self, out: &mut Vec<u8>) -> anyhow::Result<u64> {
        let mut number = 0;
        for _ in 0..self.in_call {
            number = framed(out, |out| self.message(out))?;
        }
        Ok(number)
    }

    fn check(&self, _: u64, answer: &[u8]) -> anyhow::Result<()> {
        (self.check)(&[answer])
    }

    fn check_body(&self, _: u64, body: &[u8]) -> anyhow::Result<()> {
        (self.check)(&messages(body)?)
    }
}
