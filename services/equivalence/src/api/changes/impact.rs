//! Impact previews, and the reports that they count.

mod reader;

use chrono::NaiveDate;
use greenlane_api::equivalence::v1 as pb;
use greenlane_curation::{Asked, fault, wire};
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_platform::revisions::timestamp;
use greenlane_platform::violations::{PageBinding, Violations};
use prost::Message;
use tonic::Request;

use self::reader::Reader;
use crate::api::{question, render};
use crate::app::impact::{Impacts, Report};
use crate::domain::impact::{Counts, Difference, Example, Preview, ToFulfil, Untold};
use crate::domain::key::EconomyCode;
use crate::domain::question::Question;
use crate::domain::usage::{AskedQuestion, Product, Profile, Reported, ReportedCertificate};
use crate::domain::{equivalence::TargetKey, time::parse_date};

const MAX_REPORTED: usize = 1_000;

pub(super) async fn preview(
    impacts: &Impacts,
    request: Request<pb::PreviewImpactRequest>,
) -> Result<pb::PreviewImpactResponse, Fault> {
    let reader = Reader(Caller::of(&request)?);
    let request = request.into_inner();
    let binding = PageBinding::new("/greenlane.equivalence.v1.ChangeService/PreviewImpact")
        .with(&request.name)
        .with(&request.date);
    let mut v = Violations::new();
    let name = wire::name(&mut v, "name", &request.name);
    let date = v.optional_date("date", &request.date);
    let size = v.page_size(request.page_size);
    let after = v.page_token::<u64>(&request.page_token, &binding);
    let (name, date, size, after) = v.finish_with(|| Some((name?, date?, size?, after?)))?;
    let skip = after.unwrap_or(0);
    let preview = impacts.preview(name, date, (skip, size)).await.map_err(fault)?;
    let end = skip.saturating_add(u64::try_from(preview.examples.len()).unwrap_or(u64::MAX));
    let next_page_token = if end < preview.example_count { binding.token(&end)? } else { String::new() };
    Ok(answer(preview, next_page_token, &reader))
}

fn answer(preview: Preview, next_page_token: String, reader: &Reader) -> pb::PreviewImpactResponse {
    let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let Counts { gaining, losing, otherwise } = preview.totals.certificates;
    let verifications = preview.totals.verifications;
    let totals = pb::ImpactTotals {
        certificates_gaining: gaining,
        certificates_losing: losing,
        certificates_otherwise: otherwise,
        holders: number(preview.totals.holders.len()),
        markets: number(preview.markets.len()),
        recent_verifications_gaining: verifications.gaining,
        recent_verifications_losing: verifications.losing,
        recent_verifications_otherwise: verifications.otherwise,
    };
    let markets = preview.markets.into_iter().map(|(market, impact)| pb::MarketImpact {
        market: market.as_str().to_owned(),
        certificates_gaining: impact.certificates.gaining,
        certificates_losing: impact.certificates.losing,
        holders: number(impact.holders.len()),
        recent_verifications: impact.verifications.all(),
        certificates_otherwise: impact.certificates.otherwise,
        recent_verifications_gaining: impact.verifications.gaining,
        recent_verifications_losing: impact.verifications.losing,
        recent_verifications_otherwise: impact.verifications.otherwise,
    });
    pb::PreviewImpactResponse {
        markets: markets.collect(),
        examples: preview.examples.into_iter().map(|it| example(it, reader)).collect(),
        next_page_token,
        revision: preview.revision,
        totals: Some(totals),
        certificates_examined: preview.certificates_examined,
        questions_examined: preview.verifications_examined,
        undetermined: preview.undetermined,
        complete: preview.complete,
        undetermined_examples: preview.untold.into_iter().map(|it| untold(it, reader)).collect(),
        date: preview.date.to_string(),
        use_reports: preview.reports.into_iter().map(use_report).collect(),
    }
}

fn use_report(report: Reported) -> pb::UseReport {
    pb::UseReport { reporter: report.reporter, reported_at: report.at.map(timestamp) }
}

fn example(example: Example, reader: &Reader) -> pb::DecisionImpact {
    let Example { question, difference, certificates, verifications } = example;
    let Difference { before, after, demanded_before, demanded_after, added, removed } = difference;
    pb::DecisionImpact {
        before: before.number(),
        after: after.number(),
        certificates: reader.certificates(&question, certificates),
        recent_verifications: reader.verifications(&question, verifications),
        question: Some(wire_question(question, reader)),
        conditions_added: added.into_iter().map(condition).collect(),
        conditions_removed: removed.into_iter().map(condition).collect(),
        demanded_before,
        demanded_after,
    }
}

fn condition(asked: ToFulfil) -> pb::RecognitionCondition {
    let ToFulfil { kind, id, description, origin } = asked;
    pb::RecognitionCondition { kind: kind.number(), id, description, origin }
}

fn untold(untold: Untold, reader: &Reader) -> pb::UndeterminedDecision {
    let Untold { question, certificates, verifications, findings } = untold;
    pb::UndeterminedDecision {
        certificates: reader.certificates(&question, certificates),
        recent_verifications: reader.verifications(&question, verifications),
        question: Some(wire_question(question, reader)),
        findings: findings.into_iter().map(render::finding).collect(),
    }
}

fn wire_question(question: Question, reader: &Reader) -> pb::RecognitionQuestion {
    let may_name = reader.may_name(&question);
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let mut facts = pb::CertificateFacts {
        body: if may_name { question.body.name() } else { String::new() },
        body_economy: question.body_economy.as_str().to_owned(),
        object: question.object.number(),
        granted_on: day(question.granted_on.filter(|_| may_name)),
        ..Default::default()
    };
    for target in question.certified {
        match target.name {
            TargetKey::Scheme(key) => {
                facts.schemes.push(pb::CertifiedScheme { scheme: key.name(), level: target.level.to_string() });
            }
            TargetKey::Standard(key) => facts.standard_editions.push(key.name()),
        }
    }
    pb::RecognitionQuestion {
        certificate: Some(facts),
        code: Some(greenlane_api::common::v1::CodeReference {
            edition: question.code.edition.to_string(),
            code: question.code.code.to_string(),
        }),
        origin: question.origin.as_str().to_owned(),
        destination: question.destination.as_str().to_owned(),
        date: question.date.to_string(),
        placed_on_market_on: day(question.stock.placed_on),
        manufactured_on: day(question.stock.manufactured_on),
    }
}

pub(super) async fn report(
    impacts: &Impacts,
    request: Request<pb::ReportUseRequest>,
) -> Result<pb::ReportUseResponse, Fault> {
    let (asked, mut request) = Asked::of(request)?;
    let call = asked.call(&mut request.request_id, request.validate_only);
    let payload = request.encode_to_vec();
    let mut v = Violations::new();
    let request_id = call.request_id(&mut v);
    let reporter = v.text("reporter", &request.reporter, 1..=200);
    v.check("through", i64::try_from(request.through).is_ok(), format!("must be at most {}", i64::MAX));
    let fits = |number: usize| number <= MAX_REPORTED;
    v.check("certificates", fits(request.certificates.len()), format!("at most {MAX_REPORTED}"));
    v.check("verifications", fits(request.verifications.len()), format!("at most {MAX_REPORTED}"));
    let (request_id, reporter) = v.finish_with(|| Some((request_id?, reporter?)))?;
    let all = request.certificates.len() + request.verifications.len();
    let certificates: Vec<_> = request.certificates.into_iter().filter_map(certificate).collect();
    let clock = impacts.changes.clock();
    let questions: Vec<(AskedQuestion, u64)> = request
        .verifications
        .into_iter()
        .filter_map(|it| {
            let question = fitting(|v| question::question(v, it.question, clock))?;
            (it.count > 0).then(|| (AskedQuestion::from(question), it.count))
        })
        .collect();
    let left_out = u32::try_from(all - certificates.len() - questions.len()).unwrap_or(u32::MAX);
    let report = Report { reporter, certificates, through: request.through, questions };
    let mutation = call.mutation(&request_id, &payload);
    let (through, revision) = impacts.report(mutation, report).await.map_err(fault)?;
    Ok(pb::ReportUseResponse { through, left_out, revision })
}

/// A certificate, unless recognition could not be asked about it.
fn certificate(raw: pb::CertificateUse) -> Option<ReportedCertificate> {
    let key = |key: String| (1..=100).contains(&key.len()).then_some(key);
    let facts = fitting(|v| question::certificate(v, raw.facts))?;
    let mut products = Vec::with_capacity(raw.products.len().min(MAX_REPORTED));
    for product in raw.products.into_iter().take(MAX_REPORTED) {
        let code = fitting(|v| question::code(v, "code", product.code))?;
        let origin = match product.origin.as_str() {
            "" => facts.body_economy.clone(),
            given => EconomyCode::parse(given).ok()?,
        };
        products.push(Product { code, origin });
    }
    Some(ReportedCertificate {
        certificate: key(raw.certificate_key)?,
        holder: key(raw.holder_key)?,
        profile: Profile::new(facts, products),
        in_force_from: parse_date(&raw.in_force_from)?,
        in_force_until: parse_date(&raw.in_force_until)?,
    })
}

/// What was read, unless something about it was wrong.
fn fitting<T>(read: impl FnOnce(&mut Violations) -> Option<T>) -> Option<T> {
    let mut v = Violations::new();
    let found = read(&mut v);
    found.filter(|_| v.is_empty())
}
