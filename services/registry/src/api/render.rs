//! From the domain to the wire.

use chrono::{DateTime, NaiveDate, Utc};
use greenlane_api::common::v1 as common;
use greenlane_api::registry::v1 as wire;
use greenlane_log::Hash;

use crate::app::mutation::LogReceipt;
use crate::domain::body::{Body, Role};
use crate::domain::certificate::{Snapshot, etag};
use crate::domain::content as domain;
use crate::domain::contestation::{Contestation, Turn, newest};
use crate::domain::goods::{Code, ProductId};
use crate::domain::key::{Custody, Key};
use crate::domain::life::{Event, Reason, Standing, State, Step};
use crate::domain::names::{BodyId, CertificateNumber};
use crate::domain::statement::{Period, StatementState};
use crate::domain::status::Purpose;
use crate::domain::trace::footprint::{Footprint, ReporterFootprint, StageFootprint};
use crate::domain::trace::{Stage, TraceEvent, trace_name};
use crate::domain::verdict::Finding;
use crate::store::cosign::StoredCosignature;

pub(crate) fn timestamp(at: DateTime<Utc>) -> prost_types::Timestamp {
    let nanos = i32::try_from(at.timestamp_subsec_nanos()).unwrap_or_default();
    prost_types::Timestamp { seconds: at.timestamp(), nanos }
}

pub(crate) fn proof(receipt: &LogReceipt) -> wire::LogProof {
    wire::LogProof {
        index: receipt.index,
        tree_size: receipt.size,
        hashes: hashes(&receipt.hashes),
        checkpoint: receipt.checkpoint.to_string(),
        leaf: receipt.leaf.clone().into(),
    }
}

pub(crate) fn hashes(hashes: &[Hash]) -> Vec<bytes::Bytes> {
    hashes.iter().map(|hash| bytes::Bytes::copy_from_slice(hash.as_ref())).collect()
}

/// A body; nothing that the registry sets when it is only checked.
pub(crate) fn body(body: &Body, committed: bool) -> wire::Body {
    let record = &body.record;
    wire::Body {
        name: record.id.name(),
        display_name: record.display_name.clone(),
        economy: record.economy.clone(),
        roles: record.roles.iter().map(|role| wire::BodyRole::from(*role).into()).collect(),
        website: record.website.clone(),
        did: record.did.clone(),
        accreditation_number: record.accreditation_number.clone(),
        create_revision: if committed { body.create_index + 1 } else { 0 },
        create_time: committed.then(|| timestamp(body.created_at)),
        update_time: committed.then(|| timestamp(body.updated_at)),
        etag: if committed { body.etag() } else { String::new() },
    }
}

impl From<Role> for wire::BodyRole {
    fn from(role: Role) -> Self {
        match role {
            Role::CertificationBody => Self::CertificationBody,
            Role::DesignatingAuthority => Self::DesignatingAuthority,
            Role::AccreditationBody => Self::AccreditationBody,
            Role::SchemeOwner => Self::SchemeOwner,
            Role::CustomsAuthority => Self::CustomsAuthority,
        }
    }
}

pub(crate) fn key(key: &Key, committed: bool) -> wire::BodyKey {
    let record = &key.record;
    let algorithm = if record.algorithm == "ES256" { wire::KeyAlgorithm::Es256 } else { wire::KeyAlgorithm::Eddsa };
    let custody = match record.custody {
        Custody::Body => wire::KeyCustody::Body,
        Custody::Registry => wire::KeyCustody::Registry,
    };
    wire::BodyKey {
        name: key.name(),
        algorithm: algorithm.into(),
        public_jwk: record.public_jwk.clone(),
        custody: custody.into(),
        valid_from: Some(timestamp(record.valid_from)),
        valid_until: record.valid_until.map(timestamp),
        compromised_since: key.compromised_since.map(timestamp),
        create_revision: if committed { key.create_index + 1 } else { 0 },
        create_time: committed.then(|| timestamp(key.created_at)),
        verification_method: record.verification_method.clone(),
        latest_revision: if committed { key.latest_index + 1 } else { 0 },
    }
}

pub(crate) fn finding(finding: Finding) -> common::Finding {
    common::Finding {
        code: finding.code.to_owned(),
        message: finding.message,
        parameters: finding.parameters.into_iter().collect(),
    }
}

/// An event of a product's life; nothing that the registry sets when it is only checked.
pub(crate) fn trace_event(event: &TraceEvent, committed: bool) -> wire::TraceEvent {
    let record = &event.record;
    wire::TraceEvent {
        name: if committed { event.name() } else { String::new() },
        product: Some(identification(&record.product)),
        stage: wire::LifeCycleStage::from(record.stage).into(),
        event_time: Some(timestamp(record.event_time)),
        economy: record.economy.clone(),
        declared_units: Some(quantity(&record.declared_units)),
        energy_kwh_per_unit: record.energy_kwh_per_unit.clone(),
        emissions_kg_co2e_per_unit: record.emissions_kg_co2e_per_unit.clone(),
        method: record.method.clone(),
        inputs: record.inputs.iter().map(|input| trace_name(*input)).collect(),
        corrects: record.corrects.map(trace_name).unwrap_or_default(),
        epcis_json: record.epcis_json.clone(),
        reporter: record.reporter.name(),
        document: event.document.clone(),
        record_time: committed.then(|| timestamp(event.recorded_at)),
        revision: if committed { event.index + 1 } else { 0 },
    }
}

impl From<Stage> for wire::LifeCycleStage {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::RawMaterial => Self::RawMaterial,
            Stage::Production => Self::Production,
            Stage::Transport => Self::Transport,
            Stage::Use => Self::Use,
            Stage::Recovery => Self::Recovery,
        }
    }
}

pub(crate) fn footprint(footprint: &Footprint, product: &ProductId) -> wire::Footprint {
    let stage = |stage: &StageFootprint| wire::StageFootprint {
        stage: wire::LifeCycleStage::from(stage.stage).into(),
        energy_kwh_per_unit: stage.energy.to_string(),
        emissions_kg_co2e_per_unit: stage.emissions.to_string(),
        event_count: stage.event_count,
    };
    let reporter = |it: &ReporterFootprint| wire::ReporterFootprint {
        reporter: it.reporter.name(),
        energy_kwh_per_unit: it.energy.to_string(),
        emissions_kg_co2e_per_unit: it.emissions.to_string(),
        event_count: it.event_count,
    };
    wire::Footprint {
        product: Some(identification(product)),
        energy_kwh_per_unit: footprint.energy.to_string(),
        emissions_kg_co2e_per_unit: footprint.emissions.to_string(),
        stages: footprint.stages.iter().map(stage).collect(),
        findings: footprint.findings.iter().cloned().map(finding).collect(),
        event_count: footprint.event_count,
        unit: footprint.unit.clone(),
        reporters: footprint.reporters.iter().map(reporter).collect(),
    }
}

/// A cosignature.
pub(crate) fn cosignature(cosignature: &StoredCosignature) -> wire::Cosignature {
    wire::Cosignature {
        witness: cosignature.witness.clone(),
        tree_size: cosignature.size,
        sign_time: Some(timestamp(cosignature.signed_at.to_utc())),
        signature_line: cosignature.line.clone(),
    }
}

/// Suspensions or contestations.
pub(crate) fn periods(periods: &[Period]) -> Vec<wire::StandingPeriod> {
    let period = |period: &Period| wire::StandingPeriod {
        from: period.from.to_string(),
        until: period.until.map(|day| day.to_string()).unwrap_or_default(),
        reason: period.reason.clone(),
        end_reason: period.end_reason.clone(),
        by: period.by.as_ref().map(BodyId::name).unwrap_or_default(),
    };
    periods.iter().map(period).collect()
}

pub(crate) fn designation_state(state: StatementState) -> wire::DesignationState {
    match state {
        StatementState::Active => wire::DesignationState::Active,
        StatementState::Suspended => wire::DesignationState::Suspended,
        StatementState::Contested => wire::DesignationState::Contested,
        StatementState::Withdrawn => wire::DesignationState::Withdrawn,
    }
}

/// A certificate as it stands on a day.
pub(crate) fn certificate(snapshot: &Snapshot, day: NaiveDate, with_document: bool) -> wire::Certificate {
    let latest = snapshot.latest();
    let version = &snapshot.version;
    let standing = snapshot.standing(day);
    let suspended = standing == Standing::Stored(State::Suspended);
    wire::Certificate {
        name: snapshot.number.name(),
        content: Some(content(&version.content)),
        body: snapshot.body.name(),
        state: state(standing).into(),
        version: version.version,
        document: if with_document { version.document.as_ref().to_owned() } else { String::new() },
        disclosures: if with_document { version.disclosures.clone() } else { Vec::new() },
        document_sha256: bytes::Bytes::copy_from_slice(&version.document_sha256),
        signing_key: snapshot.body.key_name(&version.key),
        granted_revision: snapshot.granted_index + 1,
        latest_revision: latest.log_index + 1,
        create_time: Some(timestamp(snapshot.created_at)),
        update_time: Some(timestamp(latest.recorded_at)),
        etag: etag(latest.log_index),
        superseded_by: snapshot.superseded_by.as_ref().map(|number| number.name()).unwrap_or_default(),
        suspension_remedy: if suspended { snapshot.remedy(day).to_owned() } else { String::new() },
        conditions: snapshot.conditions(day).to_owned(),
        status_purposes: snapshot.purposes(day).iter().map(|set| purpose(*set).into()).collect(),
        contestations: newest(&snapshot.contestations)
            .into_iter()
            .map(|heard| contestation(&snapshot.number, heard))
            .collect(),
    }
}

/// What has come of a dispute about a certificate.
pub(crate) fn contestation(number: &CertificateNumber, heard: &Contestation) -> wire::CertificateContestation {
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let state = match heard.turn {
        Turn::Opened => wire::ContestationState::Open,
        Turn::Upheld => wire::ContestationState::Upheld,
        Turn::Dismissed => wire::ContestationState::Dismissed,
        Turn::Withdrawn => wire::ContestationState::Withdrawn,
        Turn::Closed => wire::ContestationState::Closed,
    };
    wire::CertificateContestation {
        certificate: number.name(),
        dispute: heard.dispute.clone(),
        state: state.into(),
        since: heard.since.to_string(),
        without_effect_from: day(heard.order.map(|order| order.from)),
        without_effect_until: day(heard.order.and_then(|order| order.until)),
        record_time: Some(timestamp(heard.recorded_at)),
        revision: heard.log_index + 1,
    }
}

fn purpose(purpose: Purpose) -> wire::StatusPurpose {
    match purpose {
        Purpose::Revocation => wire::StatusPurpose::Revocation,
        Purpose::Suspension => wire::StatusPurpose::Suspension,
        Purpose::Refresh => wire::StatusPurpose::Refresh,
    }
}

pub(crate) fn state(standing: Standing) -> wire::CertificateState {
    match standing {
        Standing::Stored(State::Active) => wire::CertificateState::Active,
        Standing::Stored(State::Suspended) => wire::CertificateState::Suspended,
        Standing::Stored(State::Withdrawn) => wire::CertificateState::Withdrawn,
        Standing::Stored(State::Terminated) => wire::CertificateState::Terminated,
        Standing::Stored(State::Annulled) => wire::CertificateState::Annulled,
        Standing::Stored(State::Superseded) => wire::CertificateState::Superseded,
        Standing::Expired => wire::CertificateState::Expired,
        Standing::NotYetValid => wire::CertificateState::NotYetValid,
    }
}

pub(crate) fn event_name(number: &CertificateNumber, event: &Event) -> String {
    format!("{}/events/{}", number.name(), event.log_index)
}

/// An event as it was recorded: whether it was overtaken is told by those recorded after it.
pub(crate) fn event(number: &CertificateNumber, event: &Event) -> wire::CertificateEvent {
    wire::CertificateEvent {
        name: event_name(number, event),
        kind: wire::CertificateEventKind::from(event.step).into(),
        reason: event.reason.map_or(wire::CertificateReason::Unspecified, Into::into).into(),
        reason_text: event.reason_text.clone(),
        effective_time: Some(timestamp(event.effective_at)),
        record_time: Some(timestamp(event.recorded_at)),
        actor: event.actor.clone(),
        log_index: event.log_index,
        revision: event.log_index + 1,
        version: event.version,
        remedy: event.remedy.clone(),
        state_after: state(Standing::Stored(event.state_after)).into(),
        overtaken_by: String::new(),
    }
}

impl From<Step> for wire::CertificateEventKind {
    fn from(step: Step) -> Self {
        match step {
            Step::Grant => Self::Grant,
            Step::ExtendScope => Self::ExtendScope,
            Step::ReduceScope => Self::ReduceScope,
            Step::Renew => Self::Renew,
            Step::Reissue => Self::Reissue,
            Step::Suspend => Self::Suspend,
            Step::Reinstate => Self::Reinstate,
            Step::ContinueUnderConditions => Self::ContinueUnderConditions,
            Step::Withdraw => Self::Withdraw,
            Step::Terminate => Self::Terminate,
            Step::Annul => Self::Annul,
            Step::Supersede => Self::Supersede,
        }
    }
}

impl From<Reason> for wire::CertificateReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Ordinary => Self::Ordinary,
            Reason::Nonconformity => Self::Nonconformity,
            Reason::ObligationNotMet => Self::ObligationNotMet,
            Reason::HolderRequest => Self::HolderRequest,
            Reason::Misuse => Self::Misuse,
            Reason::StandardChanged => Self::StandardChanged,
            Reason::Fraud => Self::Fraud,
            Reason::Mistake => Self::Mistake,
            Reason::Safety => Self::Safety,
            Reason::KeyCompromise => Self::KeyCompromise,
            Reason::Remedied => Self::Remedied,
            Reason::BodyCeased => Self::BodyCeased,
            Reason::Other => Self::Other,
        }
    }
}

/// The facts.
pub(crate) fn content(content: &domain::Content) -> wire::CertificateContent {
    let site = |site: &domain::Site| wire::ProductionSite {
        name: site.name.clone(),
        address: site.address.clone(),
        economy: site.economy.clone(),
    };
    let document = |document: &domain::NormativeDocument| wire::NormativeDocument {
        edition: document.edition.clone(),
        part: document.part.clone(),
    };
    let measurement = |measurement: &domain::Measurement| wire::Measurement {
        metric: measurement.metric.clone(),
        value: Some(quantity(&measurement.value)),
        method: measurement.method.clone(),
    };
    wire::CertificateContent {
        holder: Some(wire::Holder {
            name: content.holder.name.clone(),
            address: content.holder.address.clone(),
            economy: content.holder.economy.clone(),
            identifier: content.holder.identifier.clone(),
        }),
        products: content.products.iter().map(product).collect(),
        scheme: Some(wire::SchemeReference {
            scheme: content.scheme.scheme.clone(),
            level: content.scheme.level.clone(),
        }),
        normative_documents: content.normative_documents.iter().map(document).collect(),
        granted_on: content.granted_on.to_string(),
        valid_from: content.valid_from.to_string(),
        valid_until: content.valid_until.to_string(),
        authorised_by: content.authorised_by.clone(),
        scope: content.scope.clone(),
        sites: content.sites.iter().map(site).collect(),
        body_reference: content.body_reference.clone(),
        remarks: content.remarks.clone(),
        measurements: content.measurements.iter().map(measurement).collect(),
        confidential_fields: content.confidential.iter().map(|field| field.as_str().to_owned()).collect(),
    }
}

fn product(product: &domain::Product) -> wire::CertifiedProduct {
    wire::CertifiedProduct {
        name: product.name.clone(),
        identification: Some(identification(&product.id)),
        codes: product.codes.iter().map(code).collect(),
        serial_ranges: product.serial_ranges.iter().map(serial_range).collect(),
        quantity: product.quantity.as_ref().map(quantity),
        origin: product.origin.clone(),
        models: product.models.clone(),
    }
}

pub(crate) fn serial_range(range: &domain::SerialRange) -> wire::SerialRange {
    wire::SerialRange { first: range.first.clone(), last: range.last.clone() }
}

pub(crate) fn identification(id: &ProductId) -> common::ProductIdentification {
    common::ProductIdentification {
        gtin: id.gtin.clone(),
        model: id.model.clone(),
        batch: id.batch.clone(),
        serial: id.serial.clone(),
    }
}

pub(crate) fn code(code: &Code) -> common::CodeReference {
    common::CodeReference { edition: code.edition.clone(), code: code.code.clone() }
}

pub(crate) fn quantity(quantity: &domain::Quantity) -> wire::Quantity {
    wire::Quantity { amount: quantity.amount.clone(), unit: quantity.unit.clone() }
}
