//! What the service does, between the transport and the tables.

mod catalogues;
mod publish;
mod teach;

pub(crate) use catalogues::{Catalogues, ReadError};
pub(crate) use publish::{PublishError, publish_starter};
pub(crate) use teach::{TeachError, Teaching, teach};
