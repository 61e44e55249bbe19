//! Forgetting confidential fields.

use greenlane_api::registry::v1 as wire;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;

use super::super::issue::{Answer, Incoming};
use super::super::{consistency, content};
use super::{Certificates, not_found};
use crate::domain::command::{Command, EraseCommand};

impl Certificates {
    pub(super) async fn erase(
        &self,
        incoming: &Incoming<wire::EraseConfidentialFieldsRequest>,
    ) -> Result<wire::EraseConfidentialFieldsResponse, Fault> {
        let raw = &incoming.message;
        let mut v = Violations::new();
        let request_id = v.request_id(&incoming.request_id);
        let number = consistency::certificate(&mut v, "name", &raw.name, false);
        let fields = content::confidential(&mut v, "fields", raw.fields.clone(), 1);
        let (request_id, number, fields) = v.finish_with(|| Some((request_id?, number?, fields?)))?;
        let file = self.registry.published.files().certificate(&self.registry.store, &number).await?;
        let body = file.ok_or_else(|| not_found(&number))?.body.clone();
        consistency::must_be(&incoming.caller, &body.name())?;
        let id = incoming.stamp.clone().with(&request_id);
        let name = number.name();
        let command = Command::Erase(EraseCommand { number, body, fields });
        let done = self.registry.perform(id.wants(command), raw.validate_only).await;
        let answer = Answer::from(done.map_err(|error| Fault::from(error).about(name))?);
        if answer.proof.is_some() {
            self.scrub().await;
        }
        Ok(wire::EraseConfidentialFieldsResponse { revision: answer.revision, proof: answer.proof })
    }

    /// Takes what was erased out of the database's files. It is erased whether or not that succeeds at once.
    async fn scrub(&self) {
        match self.registry.store.scrub().await {
            Ok(true) => {}
            Ok(false) => tracing::warn!("somebody reads on: what was erased leaves the database's files later"),
            Err(error) => tracing::warn!(%error, "what was erased is not out of the database's files yet"),
        }
    }
}
