//! The lines of answers on their way out: many together, or what there is of them when nothing comes for a moment.

use std::{
    io::{Stdout, stdout},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::timeout;
use tonic::Streaming;

use crate::client::{
    Session,
    render::{View, pages::Pages},
};

/// Lines that are printed together.
const TOGETHER: usize = 200;
/// Who feeds the lines by hand, or scans goods one by one, sees each answer after this.
const PAUSE: Duration = Duration::from_millis(200);

pub(super) struct Printed {
    pages: Pages<Stdout>,
    waiting: Vec<Value>,
    /// Nobody reads any more.
    closed: bool,
}

impl Printed {
    pub(super) fn new(session: &Session, view: View) -> anyhow::Result<Self> {
        Ok(Self { pages: Pages::new(session.output(), view, stdout())?, waiting: Vec::new(), closed: false })
    }

    /// Adds a line.
    pub(super) fn push(&mut self, line: Value) {
        self.waiting.push(line);
    }

    /// The next answer; none at the end, or when nobody reads any more.
    pub(super) async fn next<A>(&mut self, answers: &mut Streaming<A>) -> anyhow::Result<Option<A>> {
        loop {
            if self.waiting.len() >= TOGETHER {
                self.print()?;
            }
            if self.closed {
                return Ok(None);
            }
            match timeout(PAUSE, answers.message()).await {
                Ok(answer) => return Ok(answer?),
                Err(_) if self.waiting.is_empty() => {}
                Err(_) => self.print()?,
            }
        }
    }

    /// Whether nobody reads any more.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    fn print(&mut self) -> anyhow::Result<()> {
        let lines = std::mem::take(&mut self.waiting);
        self.closed |= !self.pages.page(&json!({ "lines": lines }))?;
        Ok(())
    }

    /// Prints what is left, and the sums behind it.
    pub(super) fn end(mut self, mut sums: Value) -> anyhow::Result<()> {
        sums["lines"] = Value::Array(self.waiting);
        if self.pages.page(&sums)? {
            self.pages.end(&sums)?;
        }
        Ok(())
    }
}
