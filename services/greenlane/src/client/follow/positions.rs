//! Watches of things that each have a position: where one ended, another goes on.

use clap::Args;
use prost::{Message, Name};
use serde_json::Value;
use tonic::{Status, Streaming};

use super::{Watched, follow};
use crate::client::{
    exit::Exit,
    render::{self, Output},
};

/// Where such a watch begins, and when it ends.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Span {
    /// Begin after this position, where an earlier watch ended.
    #[arg(long, value_name = "POSITION", default_value_t = 0, hide_default_value = true)]
    after: u64,
    /// End after so many.
    #[arg(long, value_name = "COUNT")]
    count: Option<u64>,
    /// End when what is known by now has been told.
    #[arg(long)]
    until_now: bool,
}

/// What such a watch is told.
pub(crate) trait Told: Message + Name {
    fn position(&self) -> u64;

    /// Whether it has something of what is watched in it, and is not a bookmark alone.
    fn is_news(&self) -> bool;

    /// Whether all that was known when the watch began has been told.
    fn is_bookmark(&self) -> bool;
}

/// Says how such a message is told: the field that has what is watched in it. The messages have the same fields, and are
/// types of their own all the same.
macro_rules! told {
    ($($message:ty: $news:ident),+) => {$(
        impl $crate::client::follow::Told for $message {
            fn position(&self) -> u64 {
                self.position
            }

            fn is_news(&self) -> bool {
                self.$news.is_some()
            }

            fn is_bookmark(&self) -> bool {
                self.bookmark
            }
        }
    )+};
}
pub(crate) use told;

/// How something is printed: the headings of its rows as CSV, and as what, and what.
#[derive(Clone, Copy)]
pub(crate) struct Show {
    pub(crate) headings: &'static str,
    pub(crate) print: fn(Output, &Value) -> anyhow::Result<()>,
}

/// Follows until it is over; `open` opens the stream behind a position.
pub(crate) async fn positions<M: Told>(
    output: Output,
    span: Span,
    show: Show,
    open: impl AsyncFnMut(u64) -> Result<Streaming<M>, Status>,
) -> anyhow::Result<Exit> {
    follow(Positions { output, span, show, open, position: span.after, told: 0, kind: std::marker::PhantomData }).await
}

struct Positions<M, O> {
    output: Output,
    span: Span,
    show: Show,
    open: O,
    position: u64,
    told: u64,
    kind: std::marker::PhantomData<M>,
}

impl<M: Told, O: AsyncFnMut(u64) -> Result<Streaming<M>, Status>> Watched for Positions<M, O> {
    type Message = M;

    async fn open(&mut self) -> Result<Streaming<M>, Status> {
        (self.open)(self.position).await
    }

    fn position(&self) -> Option<u64> {
        Some(self.position)
    }

    fn beginning(&self) -> String {
        match self.position {
            0 => "from the oldest on".to_owned(),
            position => format!("what comes after {position}; without --after, from the oldest on"),
        }
    }

    fn ends_by_itself(&self) -> bool {
        self.span.until_now || self.span.count.is_some()
    }

    fn headings(&self) -> Option<&'static str> {
        (self.output == Output::Csv).then_some(self.show.headings)
    }

    fn take(&mut self, message: &M) -> anyhow::Result<bool> {
        self.position = message.position();
        if message.is_news() || matches!(self.output, Output::Json | Output::Yaml) {
            (self.show.print)(self.output, &render::to_json(message)?)?;
        }
        self.told += u64::from(message.is_news());
        let enough = self.span.count.is_some_and(|count| self.told >= count);
        Ok(enough || (self.span.until_now && message.is_bookmark()))
    }
}
