//! A service for tests of the whole stack: it answers, or calls the next one.

use std::sync::Arc;

use greenlane_api::classification::v1 as pb;
use greenlane_platform::auth::{AuthConfig, Authenticator, Rule};
use greenlane_platform::client::Client;
use greenlane_platform::clock::Clock;
use greenlane_platform::grpc;
use greenlane_platform::server::{Server, ServerConfig, Service};
use pb::lookup_service_client::LookupServiceClient;
use pb::lookup_service_server::{LookupService, LookupServiceServer};
use tonic::{Request, Response, Status};

const RULES: &[Rule] = &[Rule::public("/greenlane.classification.v1.LookupService/GetCode")];

struct Relay(Option<Client>);

#[tonic::async_trait]
impl LookupService for Relay {
    async fn get_code(&self, _: Request<pb::GetCodeRequest>) -> Result<Response<pb::GetCodeResponse>, Status> {
        match &self.0 {
            Some(next) => LookupServiceClient::new(next.clone()).get_code(pb::GetCodeRequest::default()).await,
            None => Ok(Response::new(pb::GetCodeResponse::default())),
        }
    }
}

/// A bound server that answers, or calls `next`.
pub(crate) async fn relay(
    config: &ServerConfig,
    next: Option<Client>,
) -> Result<Server, greenlane_platform::server::ServeError> {
    let authenticator: Arc<Authenticator> =
        Authenticator::new(AuthConfig::default(), Clock::system()).await.expect("no key set, nothing to fail");
    let service = Service::new("relay", RULES).grpc(grpc!(LookupServiceServer::new(Relay(next))));
    Server::bind(config, authenticator, [service]).await
}

/// Calls it.
#[allow(dead_code, reason = "not every test that includes this file calls")]
pub(crate) async fn ask(client: Client) -> Result<(), Status> {
    LookupServiceClient::new(client).get_code(pb::GetCodeRequest::default()).await.map(|_| ())
}

/// A bound server that answers, and believes these issuers.
#[allow(dead_code, reason = "not every test that includes this file brings issuers")]
pub(crate) async fn relay_trusting(
    config: &ServerConfig,
    auth: AuthConfig,
) -> Result<Server, greenlane_platform::server::ServeError> {
    let authenticator = Authenticator::new(auth, Clock::system()).await.expect("its key sets are there");
    let service = Service::new("relay", RULES).grpc(grpc!(LookupServiceServer::new(Relay(None))));
    Server::bind(config, authenticator, [service]).await
}
