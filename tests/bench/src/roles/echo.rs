//! The bare servers that everything is measured against: a unary echo, and the same with a token.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use anyhow::Context as _;
use greenlane_platform::auth::Authenticator;
use greenlane_platform::clock::Clock;
use greenlane_platform::fault::Fault;
use http::{HeaderMap, header};
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

use super::Ready;
use crate::identity;

/// The method of the echo.
pub const PATH: &str = "/greenlane.bench.Echo/Echo";

/// What is sent and sent back: as large as a short request of ours.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct EchoMessage {
    /// Any bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub payload: Vec<u8>,
}

pub(super) async fn serve(trusted: Option<&Path>) -> anyhow::Result<()> {
    let (address, serving) = bind(trusted).await?;
    Ready { address }.announce()?;
    serving.await
}

/// The echo as tonic serves it by itself, and where. With a folder of trusted keys each call's token is looked up among
/// the verified ones, as our services do, and nothing else.
pub(crate) async fn bind(
    trusted: Option<&Path>,
) -> anyhow::Result<(SocketAddr, impl Future<Output = anyhow::Result<()>> + Send + 'static)> {
    let authenticator = match trusted {
        Some(folder) => Some(Authenticator::new(identity::trust(folder), Clock::system()).await?),
        None => None,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.context("binding the echo")?;
    let address = listener.local_addr()?;
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let echo = Echo { authenticator };
    let serving = tonic::transport::Server::builder().add_service(echo).serve_with_incoming(incoming);
    Ok((address, async { serving.await.context("serving the echo") }))
}

#[derive(Clone)]
pub(super) struct Echo {
    pub(super) authenticator: Option<Arc<Authenticator>>,
}

impl NamedService for Echo {
    const NAME: &'static str = "greenlane.bench.Echo";
}

/// As tonic's generated code: one boxed future a call.
impl tower_service::Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let authenticator = self.authenticator.clone();
        Box::pin(async move {
            if let Some(authenticator) = authenticator
                && let Err(status) = check(&authenticator, request.headers()).await
            {
                return Ok(status.into_http());
            }
            let codec = ProstCodec::<EchoMessage, EchoMessage>::default();
            Ok(Grpc::new(codec).unary(Answer, request).await)
        })
    }
}

/// The least that a server which authenticates can do: find the token among those verified before, or verify it.
async fn check(authenticator: &Authenticator, headers: &HeaderMap) -> Result<(), Status> {
    let value = headers.get(header::AUTHORIZATION).ok_or_else(|| Status::from(Fault::token_missing()))?;
    let token = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
    let token = token.ok_or_else(|| Status::unauthenticated("not a bearer token"))?;
    if authenticator.remembered(token).is_none() {
        authenticator.authenticate(token).await?;
    }
    Ok(())
}

struct Answer;

impl UnaryService<EchoMessage> for Answer {
    type Response = EchoMessage;
    type Future = std::future::Ready<Result<Response<EchoMessage>, Status>>;

    fn call(&mut self, request: Request<EchoMessage>) -> Self::Future {
        std::future::ready(Ok(Response::new(request.into_inner())))
    }
}
