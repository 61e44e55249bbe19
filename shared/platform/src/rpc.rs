//! What server and client both know of a call: its method, and the gRPC headers that carry deadlines.

pub(crate) mod methods;
pub(crate) mod timeout;
