//! `WriteOffService`.

mod parse;
mod read;
mod render;

use std::sync::Arc;

use greenlane_api::registry::v1 as wire;
use greenlane_api::registry::v1::write_off_service_server::WriteOffService;
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use super::issue::{Answer, Stamp};
use super::{consistency, issue::Incoming};
use crate::app::read::Reader;
use crate::app::registry::Registry;
use crate::domain::command::Command;
use crate::domain::goods::ProductId;
use crate::domain::names::{BodyId, CertificateNumber};
use crate::domain::write_off::{Kind, Record, parse_write_off_name};
use crate::domain::write_off_command::WriteOffCommand;
use crate::store::write_off;

/// The service.
#[derive(Clone)]
pub(crate) struct WriteOffs {
    pub(crate) registry: Arc<Registry>,
    pub(crate) reader: Reader,
}

#[tonic::async_trait]
impl WriteOffService for WriteOffs {
    async fn record_write_off(
        &self,
        request: Request<wire::RecordWriteOffRequest>,
    ) -> Result<Response<wire::RecordWriteOffResponse>, Status> {
        let Incoming { message, caller, request_id, stamp } =
            Incoming::new(request, |message| &mut message.request_id)?;
        let dry = message.validate_only;
        let consignment = parse::Consignment::from(message);
        let answer = self.record(&caller, &request_id, stamp, consignment, dry).await?;
        let (write_off, left) = render::written_off(&answer)?;
        let (revision, proof) = (answer.revision, answer.proof);
        Ok(Response::new(wire::RecordWriteOffResponse { write_off: Some(write_off), left, revision, proof }))
    }

    async fn reverse_write_off(
        &self,
        request: Request<wire::ReverseWriteOffRequest>,
    ) -> Result<Response<wire::ReverseWriteOffResponse>, Status> {
        let incoming = Incoming::new(request, |message| &mut message.request_id)?;
        let answer = self.reverse(&incoming).await?;
        let (write_off, left) = render::written_off(&answer)?;
        let (revision, proof) = (answer.revision, answer.proof);
        Ok(Response::new(wire::ReverseWriteOffResponse { write_off: Some(write_off), left, revision, proof }))
    }

    async fn record_rejection(
        &self,
        request: Request<wire::RecordRejectionRequest>,
    ) -> Result<Response<wire::RecordRejectionResponse>, Status> {
        let Incoming { message, caller, request_id, stamp } =
            Incoming::new(request, |message| &mut message.request_id)?;
        let dry = message.validate_only;
        let consignment = parse::Consignment::from(message);
        let answer = self.record(&caller, &request_id, stamp, consignment, dry).await?;
        let (write_off, _) = render::written_off(&answer)?;
        let (revision, proof) = (answer.revision, answer.proof);
        Ok(Response::new(wire::RecordRejectionResponse { write_off: Some(write_off), revision, proof }))
    }

    async fn get_write_off(
        &self,
        request: Request<wire::GetWriteOffRequest>,
    ) -> Result<Response<wire::GetWriteOffResponse>, Status> {
        let caller = Caller::of(&request)?;
        Ok(Response::new(self.get(&caller, request.into_inner()).await?))
    }

    async fn list_write_offs(
        &self,
        request: Request<wire::ListWriteOffsRequest>,
    ) -> Result<Response<wire::ListWriteOffsResponse>, Status> {
        let caller = Caller::of(&request)?;
        Ok(Response::new(self.list(&caller, request.into_inner()).await?))
    }

    async fn get_balance(
        &self,
        request: Request<wire::GetBalanceRequest>,
    ) -> Result<Response<wire::GetBalanceResponse>, Status> {
        let caller = Caller::of(&request)?;
        Ok(Response::new(self.balance(&caller, request.into_inner()).await?))
    }

    async fn watch_write_offs(
        &self,
        request: Request<wire::WatchWriteOffsRequest>,
    ) -> Result<Response<BoxStream<wire::WatchWriteOffsResponse>>, Status> {
        let caller = Caller::of(&request)?;
        Ok(Response::new(self.watch(&caller, request.into_inner()).await?))
    }
}

impl WriteOffs {
    /// Records a consignment, released or refused.
    async fn record(
        &self,
        caller: &Caller,
        request_id: &str,
        stamp: Stamp,
        consignment: parse::Consignment,
        validate_only: bool,
    ) -> Result<Answer, Fault> {
        let mut v = Violations::new();
        let request_id = v.request_id(request_id);
        let now = self.registry.clock.now();
        let record = consignment.parse(&mut v, now, |at| self.registry.past_fault(at), caller.subject());
        let (request_id, record) = v.finish_with(|| Some((request_id?, record?)))?;
        caller.must_be_economy(&record.economy)?;
        let (name, id) = (record.certificate.name(), stamp.with(&request_id));
        if let Some(why) = self.registry.past_fault(record.event_time) {
            return Ok(self.registry.unless_done_before(&id, Fault::invalid("event_time", why)).await?.into());
        }
        let command = Command::WriteOff(Box::new(WriteOffCommand { record }));
        let done = self.registry.perform(id.wants(command), validate_only).await;
        Ok(Answer::from(done.map_err(|error| Fault::from(error).about(name))?))
    }

    async fn reverse(&self, incoming: &Incoming<wire::ReverseWriteOffRequest>) -> Result<Answer, Fault> {
        let raw = &incoming.message;
        let mut v = Violations::new();
        let request_id = v.request_id(&incoming.request_id);
        let index = v.parse("name", parse_write_off_name(&raw.name));
        let reason_text = v.paragraphs("reason_text", &raw.reason_text, 1..=2_000);
        let (request_id, index, reason_text) = v.finish_with(|| Some((request_id?, index?, reason_text?)))?;
        let found = self
            .reader
            .read("read_write_off", move |tx| Box::pin(async move { Ok(write_off::by_index(tx, index).await?) }))
            .await?;
        let found = found.ok_or_else(|| Fault::not_found(&raw.name))?;
        let caller = &incoming.caller;
        caller.must_be_economy(&found.record.economy).map_err(|denied| denied.about(raw.name.clone()))?;
        // What is undone is copied from the record when it is decided.
        let record = Record {
            kind: Kind::Reversal,
            certificate: found.record.certificate,
            body: found.record.body,
            version: found.record.version,
            economy: found.record.economy,
            declaration: String::new(),
            product: ProductId::default(),
            quantity: None,
            serials: Vec::new(),
            event_time: self.registry.clock.now(),
            reverses: Some(index),
            rejection: None,
            reason_text,
            actor: caller.subject().to_owned(),
            salt: parse::salt(),
        };
        let command = Command::WriteOff(Box::new(WriteOffCommand { record }));
        let id = incoming.stamp.clone().with(&request_id);
        Ok(Answer::from(self.registry.perform(id.wants(command), raw.validate_only).await?))
    }

    /// The body of a certificate that the caller may read of.
    async fn may_read(&self, caller: &Caller, number: &CertificateNumber) -> Result<BodyId, Fault> {
        let file = self.registry.published.files().certificate(&self.reader.store, number).await?;
        let file = file.ok_or_else(|| Fault::not_found(number.name()))?;
        consistency::own_or_unbound(caller, &file.body.name()).map_err(|denied| denied.about(number.name()))?;
        Ok(file.body.clone())
    }
}
