//! Who calls, from where, under which trace: what an audit record needs to know of a request.

use std::sync::{Arc, OnceLock};

use tonic::Request;

use crate::auth::Caller;

/// The most of a request id that is kept; a good one has 64 at most.
const MAX_REQUEST_ID_BYTES: usize = 80;

/// The caller's network address; whoever accepts connections puts it into the request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer(pub Arc<str>);

/// Where a request comes from. The authentication layer puts it into the request's extensions.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The caller, if one is known.
    pub caller: Option<Arc<Caller>>,
    /// Full gRPC path of the method.
    pub method: Arc<str>,
    /// The caller's network address.
    pub peer: Arc<str>,
    /// W3C trace id in hex; empty when there is none.
    pub trace_id: String,
    /// The mutation's request id, once the handler has read it. Clones share it.
    request_id: Arc<OnceLock<String>>,
}

impl Origin {
    /// A call of `method` from `peer`, by nobody known.
    pub fn new(method: impl Into<Arc<str>>, peer: impl Into<Arc<str>>) -> Self {
        Self {
            caller: None,
            method: method.into(),
            peer: peer.into(),
            trace_id: String::new(),
            request_id: Arc::default(),
        }
    }

    /// The origin of a request that came through the authentication layer, with the trace id of the current span;
    /// empty otherwise.
    pub fn of<T>(request: &Request<T>) -> Self {
        let origin = request.extensions().get::<Arc<Self>>().map(|origin| Self::clone(origin));
        let mut origin = origin.unwrap_or_else(|| Self::new("", ""));
        // Looked up here and not in the layer: few handlers audit, and every call passes the layer.
        origin.trace_id = crate::fault::current_trace_id().unwrap_or_default();
        origin
    }

    /// Notes the request id of a mutation, as it came: whatever becomes of the call, the audit trail names it.
    pub fn note_request_id(&self, request_id: &str) {
        let mut request_id = request_id.to_owned();
        crate::fault::cut(&mut request_id, MAX_REQUEST_ID_BYTES);
        // The first stands: a call has one.
        let _ = self.request_id.set(request_id);
    }

    /// The request id that was noted; empty when none was.
    pub fn request_id(&self) -> &str {
        self.request_id.get().map_or("", String::as_str)
    }
}
