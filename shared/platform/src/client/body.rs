//! The response body on its way in: it ends at the call's deadline, and its end is counted.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep};
use tonic::body::Body;
use tonic::{Code, Status};

use super::metrics::Finish;
use crate::fault::Fault;

pub(super) struct ClientBody {
    inner: Body,
    until: Instant,
    /// Made only when there is something to wait for.
    timer: Option<Pin<Box<Sleep>>>,
    finish: Option<Finish>,
}

impl ClientBody {
    pub(super) fn new(inner: Body, until: Instant, finish: Finish) -> Self {
        Self { inner, until, timer: None, finish: Some(finish) }
    }

    fn close(&mut self, code: Code) {
        if let Some(finish) = self.finish.take() {
            finish.with_code(code);
        }
    }
}

impl http_body::Body for ClientBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        match Pin::new(&mut this.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    let code = trailers.get(Status::GRPC_STATUS);
                    this.close(code.map_or(Code::Unknown, |code| Code::from_bytes(code.as_bytes())));
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(status))) => {
                this.close(status.code());
                Poll::Ready(Some(Err(status)))
            }
            Poll::Ready(None) => {
                this.close(Code::Unknown);
                Poll::Ready(None)
            }
            Poll::Pending => {
                let until = this.until;
                let timer = this.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
                if timer.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                this.inner = Body::empty();
                this.close(Code::DeadlineExceeded);
                Poll::Ready(Some(Err(Fault::deadline_too_short().into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
