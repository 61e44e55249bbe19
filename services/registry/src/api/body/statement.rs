//! Accreditation scopes and designations: what one body says of another.

#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use greenlane_api::registry::v1 as wire;
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};

use super::super::issue::{Answer, Incoming, Stamp};
use super::super::{consistency, content, render};
use super::Bodies;
use crate::domain::body_command::{BodyCommand, StatementCommand};
use crate::domain::command::Command;
use crate::domain::names::BodyId;
use crate::domain::statement::{Kind, Statement, StatementRecord, StatementStep, What, parse_statement_name};

/// What the requests for steps have in common.
pub(super) struct RawStep<'r> {
    pub(super) kind: Kind,
    pub(super) step: StatementStep,
    pub(super) validate_only: bool,
    pub(super) name: &'r str,
    pub(super) effective_date: &'r str,
    pub(super) reason_text: &'r str,
}

/// Answers the request for a step: they are alike but for their names.
macro_rules! step {
    ($service:expr, $request:expr, $kind:ident, $step:ident => $response:ident { $field:ident: $render:path }) => {{
        let incoming = $crate::api::issue::Incoming::new($request, |message| &mut message.request_id)?;
        let raw = $crate::api::body::statement::RawStep {
            kind: $crate::domain::statement::Kind::$kind,
            step: $crate::domain::statement::StatementStep::$step,
            validate_only: incoming.message.validate_only,
            name: &incoming.message.name,
            effective_date: &incoming.message.effective_date,
            reason_text: &incoming.message.reason_text,
        };
        let answer = $service.step(&incoming.caller, &incoming.request_id, incoming.stamp.clone(), raw).await;
        let answer = answer.and_then(|answer| {
            let today = $service.registry.clock.today();
            let $field = Some($render(answer.statement()?, today, answer.proof.is_some()));
            Ok(wire::$response { $field, revision: answer.revision, proof: answer.proof })
        });
        Ok(Response::new(answer?))
    }};
}

macro_rules! step_scope {
    ($service:expr, $request:expr, $step:ident => $response:ident) => {
        $crate::api::body::statement::step!($service, $request, Accreditation, $step => $response {
            accreditation_scope: $crate::api::body::statement::scope
        })
    };
}

macro_rules! step_designation {
    ($service:expr, $request:expr, $step:ident => $response:ident) => {
        $crate::api::body::statement::step!($service, $request, Designation, $step => $response {
            designation: $crate::api::body::statement::designation
        })
    };
}
pub(super) use {step, step_designation, step_scope};

/// Items of a list in a scope.
const MAX_ITEMS: usize = 1_000;

impl Bodies {
    pub(super) async fn create_scope(
        &self,
        incoming: &Incoming<wire::CreateAccreditationScopeRequest>,
    ) -> Result<wire::CreateAccreditationScopeResponse, Fault> {
        let raw = &incoming.message;
        let mut v = Violations::new();
        let request_id = v.request_id(&incoming.request_id);
        let body = consistency::body(&mut v, "body", &raw.body);
        let scope = v.required("accreditation_scope", raw.accreditation_scope.as_ref());
        if let Some(scope) = scope {
            self.may_change(&incoming.caller, &scope.accreditation_body).await?;
        }
        let record = scope.and_then(|scope| scope_record(&mut v.scope("accreditation_scope"), body, scope));
        let (request_id, record) = v.finish_with(|| Some((request_id?, record?)))?;
        let stamp = incoming.stamp.clone().with(&request_id);
        let command = Command::OfBody(BodyCommand::State(record));
        let answer = Answer::from(self.registry.perform(stamp.wants(command), raw.validate_only).await?);
        let scope = scope_of(&answer, self.registry.clock.today())?;
        Ok(wire::CreateAccreditationScopeResponse {
            accreditation_scope: Some(scope),
            revision: answer.revision,
            proof: answer.proof,
        })
    }

    pub(super) async fn designate(
        &self,
        incoming: &Incoming<wire::CreateDesignationRequest>,
    ) -> Result<wire::CreateDesignationResponse, Fault> {
        let raw = &incoming.message;
        let mut v = Violations::new();
        let request_id = v.request_id(&incoming.request_id);
        let body = consistency::body(&mut v, "body", &raw.body);
        let designation = v.required("designation", raw.designation.as_ref());
        if let Some(designation) = designation {
            consistency::must_be(&incoming.caller, &designation.authority)?;
        }
        let record = designation.and_then(|raw| designation_record(&mut v.scope("designation"), body, raw));
        let (request_id, record) = v.finish_with(|| Some((request_id?, record?)))?;
        let stamp = incoming.stamp.clone().with(&request_id);
        let command = Command::OfBody(BodyCommand::State(record));
        let answer = Answer::from(self.registry.perform(stamp.wants(command), raw.validate_only).await?);
        let designation = designation_of(&answer, self.registry.clock.today())?;
        Ok(wire::CreateDesignationResponse {
            designation: Some(designation),
            revision: answer.revision,
            proof: answer.proof,
        })
    }

    pub(super) async fn step(
        &self,
        caller: &Caller,
        request_id: &str,
        stamp: Stamp,
        raw: RawStep<'_>,
    ) -> Result<Answer, Fault> {
        let mut v = Violations::new();
        let request_id = v.request_id(request_id);
        let name = v.parse("name", parse_statement_name(raw.name, raw.kind));
        let day = v.date("effective_date", raw.effective_date);
        let reason_text = v.paragraphs("reason_text", raw.reason_text, 1..=2_000);
        let (request_id, (body, index), day, reason_text) =
            v.finish_with(|| Some((request_id?, name?, day?, reason_text?)))?;
        // A claim that is no body's name acts for no body here, and is nobody's.
        let acting = match caller.body() {
            Some(claim) => Some(BodyId::from_name(claim).map_err(|_| Fault::not_yours("body", body.name()))?),
            None => None,
        };
        let economy = caller.economy().filter(|_| acting.is_none()).map(str::to_owned);
        let command =
            StatementCommand { body, kind: raw.kind, index, step: raw.step, day, reason_text, acting, economy };
        let command = Command::OfBody(BodyCommand::Step(command));
        let id = stamp.with(&request_id);
        let done = self.registry.perform(id.wants(command), raw.validate_only).await;
        Ok(Answer::from(done.map_err(|error| Fault::from(error).about(raw.name))?))
    }

    pub(super) async fn list_scopes(
        &self,
        raw: wire::ListAccreditationScopesRequest,
    ) -> Result<wire::ListAccreditationScopesResponse, Fault> {
        let request = RawList {
            method: "ListAccreditationScopes",
            kind: Kind::Accreditation,
            body: &raw.body,
            page_size: raw.page_size,
            page_token: &raw.page_token,
            consistency: raw.consistency.as_ref(),
        };
        let (accreditation_scopes, next_page_token, revision) = self.statements(request, scope).await?;
        Ok(wire::ListAccreditationScopesResponse { accreditation_scopes, next_page_token, revision })
    }

    pub(super) async fn designations(
        &self,
        raw: wire::ListDesignationsRequest,
    ) -> Result<wire::ListDesignationsResponse, Fault> {
        let request = RawList {
            method: "ListDesignations",
            kind: Kind::Designation,
            body: &raw.body,
            page_size: raw.page_size,
            page_token: &raw.page_token,
            consistency: raw.consistency.as_ref(),
        };
        let (designations, next_page_token, revision) = self.statements(request, designation).await?;
        Ok(wire::ListDesignationsResponse { designations, next_page_token, revision })
    }

    async fn statements<T>(
        &self,
        raw: RawList<'_>,
        render: fn(&Statement, NaiveDate, bool) -> T,
    ) -> Result<(Vec<T>, String, u64), Fault> {
        let mut v = Violations::new();
        let binding = PageBinding::new(raw.method).with(raw.body);
        let body = consistency::body(&mut v, "body", raw.body);
        let page_size = v.page_size(raw.page_size);
        let after = v.page_token::<u64>(raw.page_token, &binding);
        let freshness = consistency::freshness(&mut v, raw.consistency);
        let (body, page_size, after, freshness) = v.finish_with(|| Some((body?, page_size?, after?, freshness?)))?;
        let revision = self.reader.settle(freshness).await?;
        let file = self.registry.body_file(&body).await?;
        if file.body_at(revision).is_none() {
            return Err(Fault::not_found(body.name()));
        }
        let mut found = file.statements_at(raw.kind, revision);
        found.retain(|statement| after.is_none_or(|after| statement.create_index > after));
        let more = found.len() > page_size;
        found.truncate(page_size);
        let next_page_token = match found.last() {
            Some(last) if more => binding.token(&last.create_index)?,
            _ => String::new(),
        };
        let today = self.registry.clock.today();
        Ok((found.into_iter().map(|statement| render(statement, today, true)).collect(), next_page_token, revision))
    }
}

/// What the requests for lists have in common.
struct RawList<'r> {
    method: &'static str,
    kind: Kind,
    body: &'r str,
    page_size: i32,
    page_token: &'r str,
    consistency: Option<&'r greenlane_api::common::v1::ReadConsistency>,
}

fn scope_record(v: &mut Violations, body: Option<BodyId>, raw: &wire::AccreditationScope) -> Option<StatementRecord> {
    let by = consistency::body(v, "accreditation_body", &raw.accreditation_body);
    let schemes = content::list(v, "schemes", raw.schemes.clone(), 0, MAX_ITEMS, |v, scheme| {
        v.resource_name::<1>("", &scheme, "schemes/{scheme}").map(|_| scheme)
    });
    let editions = content::list(v, "standard_editions", raw.standard_editions.clone(), 0, MAX_ITEMS, |v, edition| {
        v.text("", &edition, 1..=120)
    });
    let codes = content::list(v, "codes", raw.codes.clone(), 0, MAX_ITEMS, |v, code| content::code(v, &code));
    let nothing = raw.schemes.is_empty() && raw.standard_editions.is_empty() && raw.codes.is_empty();
    v.check("schemes", !nothing, "is required, or `standard_editions`, or `codes`: a scope covers something");
    let valid_from = v.date("valid_from", &raw.valid_from);
    let valid_until = v.date("valid_until", &raw.valid_until);
    in_order(v, valid_from, valid_until);
    Some(StatementRecord {
        body: body?,
        by: by?,
        what: What::Accreditation { schemes: schemes?, standard_editions: editions?, codes: codes? },
        valid_from: valid_from?,
        valid_until: Some(valid_until?),
    })
}

fn designation_record(v: &mut Violations, body: Option<BodyId>, raw: &wire::Designation) -> Option<StatementRecord> {
    let by = consistency::body(v, "authority", &raw.authority);
    let arrangement = v.resource_name::<1>("arrangement", &raw.arrangement, "arrangements/{arrangement}");
    let annex = match raw.annex.as_str() {
        "" => Some(String::new()),
        annex => annex_of(v, annex, &raw.arrangement),
    };
    let valid_from = v.date("valid_from", &raw.valid_from);
    let valid_until = v.optional_date("valid_until", &raw.valid_until);
    in_order(v, valid_from, valid_until.flatten());
    arrangement?;
    Some(StatementRecord {
        body: body?,
        by: by?,
        what: What::Designation { arrangement: raw.arrangement.clone(), annex: annex? },
        valid_from: valid_from?,
        valid_until: valid_until?,
    })
}

/// An annex by its name, which may come with its arrangement's before it.
fn annex_of(v: &mut Violations, raw: &str, arrangement: &str) -> Option<String> {
    let name = annex_name(raw);
    v.resource_name::<1>("annex", name, "annexes/{annex}")?;
    let same = raw.strip_suffix(name).is_some_and(|of| of.is_empty() || of.strip_suffix('/') == Some(arrangement));
    v.check("annex", same, "must be an annex of the arrangement").then(|| name.to_owned())
}

/// The name that an annex has in the catalogue. Older statements in the log, and whoever still writes as they did, have the
/// arrangement's name before it.
fn annex_name(raw: &str) -> &str {
    raw.strip_prefix("arrangements/").and_then(|of| of.split_once('/')).map_or(raw, |(_, name)| name)
}

fn in_order(v: &mut Violations, from: Option<NaiveDate>, until: Option<NaiveDate>) {
    let good = from.zip(until).is_none_or(|(from, until)| from <= until);
    v.check("valid_until", good, "must not be before valid_from");
}

fn scope_of(answer: &Answer, today: NaiveDate) -> Result<wire::AccreditationScope, Fault> {
    Ok(scope(answer.statement()?, today, answer.proof.is_some()))
}

fn designation_of(answer: &Answer, today: NaiveDate) -> Result<wire::Designation, Fault> {
    Ok(designation(answer.statement()?, today, answer.proof.is_some()))
}

/// Nothing that the registry sets when it is only checked.
pub(super) fn scope(statement: &Statement, _today: NaiveDate, committed: bool) -> wire::AccreditationScope {
    let record = &statement.record;
    let mut scope = wire::AccreditationScope {
        name: if committed { statement.name() } else { String::new() },
        accreditation_body: record.by.name(),
        valid_from: record.valid_from.to_string(),
        valid_until: record.valid_until.map(|day| day.to_string()).unwrap_or_default(),
        suspensions: render::periods(&statement.suspensions),
        create_revision: if committed { statement.create_index + 1 } else { 0 },
        ..wire::AccreditationScope::default()
    };
    if let What::Accreditation { schemes, standard_editions, codes } = &record.what {
        scope.schemes.clone_from(schemes);
        scope.standard_editions.clone_from(standard_editions);
        scope.codes = codes.iter().map(render::code).collect();
    }
    scope
}

/// As it stands today; nothing that the registry sets when it is only checked.
pub(super) fn designation(statement: &Statement, today: NaiveDate, committed: bool) -> wire::Designation {
    let record = &statement.record;
    let (arrangement, annex) = match &record.what {
        What::Designation { arrangement, annex } => (arrangement.clone(), annex_name(annex).to_owned()),
        What::Accreditation { .. } => (String::new(), String::new()),
    };
    let (withdrawn_from, withdrawal_reason) = match &statement.withdrawn {
        Some((day, reason)) => (day.to_string(), reason.clone()),
        None => (String::new(), String::new()),
    };
    wire::Designation {
        name: if committed { statement.name() } else { String::new() },
        authority: record.by.name(),
        arrangement,
        annex,
        valid_from: record.valid_from.to_string(),
        valid_until: record.valid_until.map(|day| day.to_string()).unwrap_or_default(),
        state: render::designation_state(statement.state_on(today)).into(),
        suspensions: render::periods(&statement.suspensions),
        contestations: render::periods(&statement.contestations),
        create_revision: if committed { statement.create_index + 1 } else { 0 },
        withdrawn_from,
        withdrawal_reason,
    }
}
