//! What the service does, between the transport and the tables.

mod alerts;
mod catalogues;
mod changes;
mod imports;
mod outcome;
mod owners;
mod publish;
mod teach;

pub(crate) use alerts::CodeAlerts;
pub(crate) use catalogues::{Catalogues, ReadError};
pub(crate) use changes::{CuratedCatalogue, mark_imports};
pub(crate) use imports::{MAX_PIECE, Upload, UploadError, announce};
pub(crate) use owners::{check_announced, check_import};
pub(crate) use publish::{PublishError, publish_starter};
pub(crate) use teach::{TeachError, Teaching, teach};
