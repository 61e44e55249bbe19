//! Methods that are answered in bytes: for answers that are kept as they go over the wire, so that giving one again
//! neither reads nor writes messages.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf as _, BufMut as _, Bytes};
use futures_util::future::BoxFuture;
use tonic::body::Body;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::BoxStream;
use tonic::server::{Grpc, NamedService, StreamingService, UnaryService};
use tonic::{Request, Response, Status, Streaming};

use super::Limits;

pub mod fields;

/// How a method is answered in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bytewise<M> {
    /// One message each way.
    Unary(M),
    /// A stream each way.
    Stream(M),
}

/// Answers some methods of a gRPC service in bytes.
pub trait AnswerBytes: Clone + Send + Sync + 'static {
    /// One of the methods that are answered here.
    type Method: Copy + Send + 'static;

    /// The method at this path; the generated server answers those that are none.
    fn method(path: &str) -> Option<Bytewise<Self::Method>>;

    /// Answers a [`Bytewise::Unary`] call.
    fn unary(
        self,
        method: Self::Method,
        request: Request<Bytes>,
    ) -> impl Future<Output = Result<Response<Bytes>, Status>> + Send + 'static;

    /// Answers a [`Bytewise::Stream`] call.
    fn stream(
        self,
        method: Self::Method,
        request: Request<Streaming<Bytes>>,
    ) -> impl Future<Output = Result<Response<BoxStream<Bytes>>, Status>> + Send + 'static;
}

/// A generated server, and before it what answers some of its methods in bytes.
#[derive(Clone, Debug)]
pub struct InBytes<S, A> {
    server: S,
    answers: A,
    limits: Limits,
}

impl<S, A> InBytes<S, A> {
    /// `server` comes with its limits set, as by [`grpc!`](crate::grpc).
    pub fn new(answers: A, server: S, limits: Limits) -> Self {
        Self { server, answers, limits }
    }
}

impl<S: NamedService, A> NamedService for InBytes<S, A> {
    const NAME: &'static str = S::NAME;
}

impl<S, A> tower_service::Service<http::Request<Body>> for InBytes<S, A>
where
    S: tower_service::Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
    A: AnswerBytes,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.server.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let Some(method) = A::method(request.uri().path()) else { return Box::pin(self.server.call(request)) };
        let answers = self.answers.clone();
        let mut grpc = Grpc::new(BytesCodec)
            .max_decoding_message_size(self.limits.max_decode_bytes)
            .max_encoding_message_size(self.limits.max_encode_bytes)
            .accept_compressed(CompressionEncoding::Gzip);
        Box::pin(async move {
            Ok(match method {
                Bytewise::Unary(method) => grpc.unary(Call { answers, method }, request).await,
                Bytewise::Stream(method) => grpc.streaming(Call { answers, method }, request).await,
            })
        })
    }
}

struct Call<A: AnswerBytes> {
    answers: A,
    method: A::Method,
}

type Answering<T> = Pin<Box<dyn Future<Output = Result<Response<T>, Status>> + Send>>;

impl<A: AnswerBytes> UnaryService<Bytes> for Call<A> {
    type Response = Bytes;
    type Future = Answering<Bytes>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        Box::pin(self.answers.clone().unary(self.method, request))
    }
}

impl<A: AnswerBytes> StreamingService<Bytes> for Call<A> {
    type Response = Bytes;
    type ResponseStream = BoxStream<Bytes>;
    type Future = Answering<BoxStream<Bytes>>;

    fn call(&mut self, request: Request<Streaming<Bytes>>) -> Self::Future {
        Box::pin(self.answers.clone().stream(self.method, request))
    }
}

/// Messages as they are on the wire.
#[derive(Clone, Copy, Debug, Default)]
struct BytesCodec;

impl Codec for BytesCodec {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for BytesCodec {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for BytesCodec {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

/// The message in these bytes. The refusal is the one that tonic makes.
///
/// # Errors
/// When they are no message of this type.
pub fn decoded<M: prost::Message + Default>(bytes: Bytes) -> Result<M, Status> {
    M::decode(bytes).map_err(|error| Status::internal(error.to_string()))
}
