//! Who calls, from where, under which trace: what an audit record needs to know of a request.

use std::sync::Arc;

use tonic::Request;

use crate::auth::Caller;

/// The caller's network address; whoever accepts connections puts it into the request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer(pub Arc<str>);

/// Where a request comes from. The authentication layer puts it into the request's extensions.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The caller, if one is known.
    pub caller: Option<Arc<Caller>>,
    /// Full gRPC path of the method.
    pub method: String,
    /// The caller's network address.
    pub peer: String,
    /// W3C trace id in hex; empty when there is none.
    pub trace_id: String,
}

impl Origin {
    /// The origin of a request that came through the authentication layer; empty otherwise.
    pub fn of<T>(request: &Request<T>) -> Self {
        request.extensions().get::<Arc<Self>>().map(|origin| Self::clone(origin)).unwrap_or_default()
    }
}
