//! The bare server that writes are measured against: each call's bytes become a row, rows that wait share a commit.
//!
//! No token, no rules, no log, no signature: the least that a durable answer costs on this engine through the same
//! libraries. One task writes; it takes whatever waits, inserts each call's row, commits once, and answers all. Beside
//! it, to show what is left in the engine, the same with one statement for the whole group.

use std::convert::Infallible;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use anyhow::{Context as _, ensure};
use sea_orm::TransactionTrait;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, Statement, Value};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

use super::Ready;
use super::echo::EchoMessage;
use crate::database;

/// An INSERT a call.
pub const PATH: &str = "/greenlane.bench.Insert/Insert";
/// An INSERT for all calls of a group.
pub const BULK_PATH: &str = "/greenlane.bench.Insert/InsertBulk";
/// Rows that may wait, and the most that one commit takes.
const GROUP: usize = 512;

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file, write-ahead log, `synchronous=FULL`.
    Sqlite,
    /// The server that `GREENLANE_TEST_POSTGRES_URL` names.
    Postgres,
}

type Waiting = (Vec<u8>, oneshot::Sender<Result<i64, String>>);

pub(super) async fn serve(engine: Engine, folder: &Path) -> anyhow::Result<()> {
    let connection = open(engine, folder).await?;
    let (queue, waiting) = mpsc::channel(GROUP);
    let (bulk, bulk_waiting) = mpsc::channel(GROUP);
    tokio::spawn(write(connection.clone(), waiting, Statements::Each));
    tokio::spawn(write(connection, bulk_waiting, Statements::One));
    let listener = TcpListener::bind("127.0.0.1:0").await.context("binding the insert")?;
    Ready { address: listener.local_addr()? }.announce()?;
    tonic::transport::Server::builder()
        .add_service(Insert { queue, bulk })
        .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)))
        .await
        .context("serving the insert")
}

async fn open(engine: Engine, folder: &Path) -> anyhow::Result<DatabaseConnection> {
    let url = match engine {
        Engine::Sqlite => format!("sqlite://{}?mode=rwc", folder.join("bare.db").display()),
        Engine::Postgres => database::fresh_postgres().await?,
    };
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let connection = Database::connect(options).await.context("opening the database")?;
    let create = match engine {
        Engine::Sqlite => {
            for pragma in ["journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"] {
                connection.execute_unprepared(&format!("PRAGMA {pragma}")).await?;
            }
            "CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB NOT NULL)"
        }
        Engine::Postgres => "CREATE TABLE rows (id BIGSERIAL PRIMARY KEY, body BYTEA NOT NULL)",
    };
    connection.execute_unprepared(create).await?;
    Ok(connection)
}

/// How many statements a group is.
#[derive(Debug, Clone, Copy)]
enum Statements {
    /// One for each row.
    Each,
    /// One for all.
    One,
}

async fn write(connection: DatabaseConnection, mut waiting: mpsc::Receiver<Waiting>, statements: Statements) {
    let mut group: Vec<Waiting> = Vec::with_capacity(GROUP);
    while waiting.recv_many(&mut group, GROUP).await > 0 {
        let (bodies, callers): (Vec<_>, Vec<_>) = group.drain(..).unzip();
        let written = insert(&connection, bodies, statements).await;
        match written {
            Ok(ids) => {
                for (caller, id) in callers.into_iter().zip(ids) {
                    let _ = caller.send(Ok(id));
                }
            }
            Err(error) => {
                for caller in callers {
                    let _ = caller.send(Err(format!("{error:#}")));
                }
            }
        }
    }
}

async fn insert(
    connection: &DatabaseConnection,
    bodies: Vec<Vec<u8>>,
    statements: Statements,
) -> anyhow::Result<Vec<i64>> {
    let backend = connection.get_database_backend();
    let rows = bodies.len();
    let transaction = connection.begin().await?;
    let mut inserted = Vec::with_capacity(rows);
    match statements {
        Statements::Each => {
            let sql = statement(backend, 1);
            for body in bodies {
                let insert = Statement::from_sql_and_values(backend, &sql, [Value::Bytes(Some(body))]);
                inserted.extend(transaction.query_one_raw(insert).await?);
            }
        }
        Statements::One => {
            let values = bodies.into_iter().map(|body| Value::Bytes(Some(body)));
            let insert = Statement::from_sql_and_values(backend, statement(backend, rows), values);
            inserted = transaction.query_all_raw(insert).await?;
        }
    }
    transaction.commit().await?;
    let ids: Vec<i64> = inserted.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
    ensure!(ids.len() == rows, "{} of {rows} rows came back", ids.len());
    Ok(ids)
}

fn statement(backend: DatabaseBackend, rows: usize) -> String {
    let mut sql = String::from("INSERT INTO rows (body) VALUES ");
    for row in 1..=rows {
        if row > 1 {
            sql.push(',');
        }
        match backend {
            DatabaseBackend::Postgres => sql.push_str(&format!("(${row})")),
            _ => sql.push_str("(?)"),
        }
    }
    sql.push_str(" RETURNING id");
    sql
}

#[derive(Clone)]
struct Insert {
    queue: mpsc::Sender<Waiting>,
    bulk: mpsc::Sender<Waiting>,
}

impl NamedService for Insert {
    const NAME: &'static str = "greenlane.bench.Insert";
}

impl tower_service::Service<http::Request<Body>> for Insert {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let queue = if request.uri().path() == BULK_PATH { &self.bulk } else { &self.queue };
        let answer = Answer(queue.clone());
        Box::pin(async move {
            let codec = ProstCodec::<InsertResponse, EchoMessage>::default();
            Ok(Grpc::new(codec).unary(answer, request).await)
        })
    }
}

/// The number of the row that is now durable.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct InsertResponse {
    /// Counts up from one.
    #[prost(int64, tag = "1")]
    pub id: i64,
}

struct Answer(mpsc::Sender<Waiting>);

impl UnaryService<EchoMessage> for Answer {
    type Response = InsertResponse;
    type Future = Pin<Box<dyn Future<Output = Result<Response<InsertResponse>, Status>> + Send>>;

    fn call(&mut self, request: Request<EchoMessage>) -> Self::Future {
        let queue = self.0.clone();
        Box::pin(async move {
            let (caller, answer) = oneshot::channel();
            let gone = |_| Status::internal("the writer is gone");
            queue.send((request.into_inner().payload, caller)).await.map_err(|_| gone(()))?;
            let written = answer.await.map_err(|_| gone(()))?;
            Ok(Response::new(InsertResponse { id: written.map_err(Status::internal)? }))
        })
    }
}
