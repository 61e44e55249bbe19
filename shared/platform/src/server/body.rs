//! The response body on its way out: bounded in time, decorated when it fails, counted when it ends.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as _, Frame, SizeHint};
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::Status;
use tonic::body::Body;

use super::errors;
use super::finish::Finish;
use super::slot::{Slot, mark_drained};

/// What hyper sends: the handler's body, watched.
pub(super) struct EdgeBody {
    inner: Body,
    slot: Arc<Slot>,
    /// Present until the call has ended and is counted.
    finish: Option<Finish>,
    /// Present on streams: ends when the server drains.
    drained: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    over: bool,
}

impl EdgeBody {
    /// A body whose end is told to `finish`.
    pub(super) fn new(
        inner: Body,
        slot: Arc<Slot>,
        finish: Finish,
        drained: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    ) -> Self {
        Self { inner, slot, finish: Some(finish), drained, over: false }
    }

    /// The end of a call that was refused or failed before there was a body.
    pub(super) fn empty() -> Self {
        Self { inner: Body::empty(), slot: Slot::current(), finish: None, drained: None, over: true }
    }

    /// Ends the body with this status in the trailers.
    fn end(&mut self, status: Status) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.over = true;
        self.inner = Body::empty();
        let mut trailers = HeaderMap::new();
        if status.add_header(&mut trailers).is_err() {
            return Poll::Ready(Some(Err(status)));
        }
        self.close(&mut trailers);
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    /// Whether the server drains; if not, the task is woken when it does.
    fn is_drained(&mut self, cx: &mut Context<'_>) -> bool {
        self.drained.as_mut().is_some_and(|drained| drained.as_mut().poll(cx).is_ready())
    }

    fn close(&mut self, trailers: &mut HeaderMap) {
        if let Some(finish) = self.finish.take() {
            finish.with_status(trailers);
        }
    }

    fn poll_inner(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let inner = Pin::new(&mut self.inner);
        let poll = || catch_unwind(AssertUnwindSafe(|| inner.poll_frame(cx)));
        // A stream's code runs here, outside the future that called the handler: in the same trace, below the same span.
        let polled = match (&self.drained, &self.finish) {
            (Some(_), Some(finish)) => finish.trace.sync_scope(|| finish.span.in_scope(poll)),
            _ => poll(),
        };
        match polled {
            Ok(polled) => polled,
            Err(panic) => Poll::Ready(Some(Err(panicked(&*panic)))),
        }
    }
}

/// The answer to a caller whose handler panicked.
pub(super) fn panicked(panic: &(dyn Any + Send)) -> Status {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    crate::fault::Fault::internal(format_args!("a handler panicked: {text}")).into()
}

impl http_body::Body for EdgeBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        if this.over {
            return Poll::Ready(None);
        }
        if let Some(why) = this.slot.expired() {
            return this.end(errors::expired(why));
        }
        match this.poll_inner(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                if frame.is_data() {
                    if this.drained.is_some() {
                        this.slot.moved();
                        // One that always has more to say never gets to the wait below.
                        if this.is_drained(cx) {
                            mark_drained(&this.slot);
                        }
                    }
                    return Poll::Ready(Some(Ok(frame)));
                }
                this.over = true;
                match frame.into_trailers() {
                    Ok(mut trailers) => {
                        this.close(&mut trailers);
                        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
                    }
                    Err(frame) => Poll::Ready(Some(Ok(frame))),
                }
            }
            Poll::Ready(Some(Err(status))) => this.end(status),
            Poll::Ready(None) => {
                this.over = true;
                this.close(&mut HeaderMap::new());
                Poll::Ready(None)
            }
            Poll::Pending => {
                if this.is_drained(cx) {
                    mark_drained(&this.slot);
                    return this.end(errors::expired(super::slot::Expiry::Drain));
                }
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.over || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
