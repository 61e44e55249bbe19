//! From a path to the code that answers it, authorization included.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use opentelemetry::KeyValue;
use tonic::body::Body;

use super::service::Route;
use crate::auth::Rule;
use crate::rpc::methods::{self, Shape};

/// The most of an unknown method's path that is kept.
const MAX_UNKNOWN_BYTES: usize = 256;

/// How a call is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One request, one response: bounded by a deadline.
    Unary,
    /// A stream that ends by itself.
    Stream,
    /// A stream that ends only when one side goes: a watch.
    Endless,
}

/// A method that can be called.
pub(super) struct Method {
    /// The full path.
    pub(super) path: Arc<str>,
    pub(super) kind: Kind,
    /// Health and reflection: not held to the limits of the services' own calls.
    pub(super) infrastructure: bool,
    /// Changes something, once for each request id.
    pub(super) mutation: bool,
    /// Attributes of a call that ended well; the last is the status.
    pub(super) ok_attributes: [KeyValue; 3],
    route: Arc<dyn Route>,
}

impl Method {
    fn new(path: &str, label: &str, shape: Shape, infrastructure: bool, route: Arc<dyn Route>) -> Self {
        let name = path.rsplit('/').next().unwrap_or_default();
        let kind = match shape {
            shape if shape.is_unary() => Kind::Unary,
            _ if name.starts_with("Watch") => Kind::Endless,
            _ => Kind::Stream,
        };
        let ok_attributes = [
            KeyValue::new("rpc.system.name", "grpc"),
            KeyValue::new("rpc.method", label.to_owned()),
            KeyValue::new("rpc.response.status_code", "OK"),
        ];
        Self { path: path.into(), kind, infrastructure, mutation: methods::is_mutation(path), ok_attributes, route }
    }

    /// Answers a call.
    pub(super) fn call(&self, request: http::Request<Body>) -> BoxFuture<'static, http::Response<Body>> {
        self.route.call(request)
    }
}

/// All methods of a server.
pub(super) struct Routes {
    methods: HashMap<Arc<str>, Arc<Method>>,
    services: HashMap<&'static str, Arc<dyn Route>>,
    fallback: Arc<dyn Route>,
}

impl Routes {
    /// No methods; `fallback` answers what is not known (by refusing it).
    pub(super) fn new(fallback: Arc<dyn Route>) -> Self {
        Self { methods: HashMap::new(), services: HashMap::new(), fallback }
    }

    /// Adds a gRPC service; false when one of its name is there. A method that has a rule and is in no contract of ours
    /// is taken for unary, which has the tighter bounds.
    pub(super) fn add(
        &mut self,
        service: &'static str,
        rules: &[Rule],
        infrastructure: bool,
        route: Arc<dyn Route>,
    ) -> bool {
        let prefix = format!("/{service}/");
        let of_rules = rules
            .iter()
            .filter(|rule| rule.method.starts_with(&prefix))
            .map(|rule| (rule.method, methods::shape(rule.method).unwrap_or(Shape::UNARY)));
        for (path, shape) in methods::of_service(service).chain(of_rules) {
            let method = Arc::new(Method::new(path, &path[1..], shape, infrastructure, route.clone()));
            self.methods.insert(method.path.clone(), method);
        }
        self.services.insert(service, route).is_none()
    }

    /// The method behind a path. One that no contract names goes to its service, or to the fallback, under a common
    /// label: callers must not be able to make metrics grow.
    pub(super) fn find(&self, path: &str) -> Arc<Method> {
        if let Some(method) = self.methods.get(path) {
            return method.clone();
        }
        let service = path.strip_prefix('/').and_then(|path| path.split_once('/')).map(|(service, _)| service);
        let route = service.and_then(|service| self.services.get(service)).unwrap_or(&self.fallback);
        let infrastructure = service.is_some_and(|service| service.starts_with("grpc."));
        // The path goes into every log line of the call, and is as long as the caller likes.
        let mut path = path.to_owned();
        crate::fault::cut(&mut path, MAX_UNKNOWN_BYTES);
        Arc::new(Method::new(&path, "_OTHER", Shape::UNKNOWN, infrastructure, route.clone()))
    }
}
