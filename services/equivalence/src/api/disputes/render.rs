//! Disputes in the contract's words.

use chrono::{DateTime, Utc};
use greenlane_api::equivalence::v1 as pb;
use greenlane_platform::fault::Fault;
use greenlane_platform::revisions::timestamp;
use prost::Message as _;

use crate::domain::dispute::{Dispute, Evidence, Matter, Ruling, Statement, Subject};

greenlane_curation::found!(pub(super) found, pb);

/// A dispute in the state that it has at a moment.
pub(super) fn dispute(it: &Dispute, now: DateTime<Utc>) -> Result<pb::Dispute, Fault> {
    let today = now.date_naive();
    let effect = it.effect_on_certificate();
    let member = |it: &crate::domain::dispute::Member| pb::DisputePanelMember {
        subject: it.subject.clone(),
        display_name: it.display_name.clone(),
        economy: it.economy.clone(),
        body: it.body.clone().unwrap_or_default(),
        expertise: it.expertise.clone(),
    };
    let vote = |it: &crate::domain::dispute::Vote| pb::DisputeVote {
        member: it.member.clone(),
        matter: matter(it.matter).into(),
        uphold: it.uphold,
        finding: it.finding.clone(),
        voted_at: Some(timestamp(it.at)),
        lapsed: it.lapsed,
    };
    let event = |it: &crate::domain::dispute::Event| pb::DisputeEvent {
        at: Some(timestamp(it.at)),
        actor: it.actor.subject.clone(),
        party: it.actor.party().to_owned(),
        step: it.step.clone(),
        text: it.text.clone(),
    };
    Ok(pb::Dispute {
        name: it.name.clone(),
        subject: Some(subject(&it.subject)?),
        grounds: it.grounds.clone(),
        evidence: it.evidence.iter().map(evidence).collect(),
        fast_track_reason: it.fast_track_reason.clone(),
        interim_effect_reason: it.interim_effect_reason.clone(),
        challenger: it.challenger.party().to_owned(),
        respondents: it.parties.respondents.iter().cloned().collect(),
        interested: it.parties.interested.iter().cloned().collect(),
        state: it.state(today) as i32,
        opened_at: Some(timestamp(it.opened_at)),
        answer_by: it.answer_by().to_string(),
        object_by: it.object_by().to_string(),
        decide_by: it.decide_by().to_string(),
        overdue: it.is_overdue(today),
        answer: it.answer.as_ref().map(statement),
        objections: it.objections.iter().map(statement).collect(),
        panel: it.panel.iter().map(member).collect(),
        votes: it.votes.iter().map(vote).collect(),
        interim: it.interim.as_ref().map(|ruling| self::ruling(it, Matter::Interim, ruling)),
        outcome: it.outcome.as_ref().map(|ruling| self::ruling(it, Matter::Outcome, ruling)),
        change_sets: it.change_sets.iter().map(|(_, name)| name.clone()).collect(),
        closing_text: it.closing_text.clone(),
        events: it.events.iter().map(event).collect(),
        etag: it.etag(),
        interim_effect_from: effect.as_ref().map(|days| days.from.to_string()).unwrap_or_default(),
        interim_effect_until: effect.and_then(|days| days.until).map(|day| day.to_string()).unwrap_or_default(),
    })
}

/// As [`dispute`], without its events and evidence.
pub(super) fn short(it: &Dispute, now: DateTime<Utc>) -> Result<pb::Dispute, Fault> {
    Ok(pb::Dispute { events: Vec::new(), evidence: Vec::new(), ..dispute(it, now)? })
}

fn matter(matter: Matter) -> pb::DisputeMatter {
    match matter {
        Matter::Interim => pb::DisputeMatter::InterimEffect,
        Matter::Outcome => pb::DisputeMatter::Outcome,
    }
}

fn ruling(dispute: &Dispute, matter: Matter, ruling: &Ruling) -> pb::DisputeRuling {
    let (votes_for, votes_against) = dispute.count(matter);
    pb::DisputeRuling { upheld: ruling.upheld, votes_for, votes_against, decided_at: Some(timestamp(ruling.at)) }
}

fn statement(it: &Statement) -> pb::DisputeStatement {
    pb::DisputeStatement {
        party: it.by.party().to_owned(),
        author: it.by.subject.clone(),
        text: it.text.clone(),
        evidence: it.evidence.iter().map(evidence).collect(),
        stated_at: Some(timestamp(it.at)),
        late: it.late,
    }
}

fn evidence(it: &Evidence) -> pb::DisputeEvidence {
    pb::DisputeEvidence { sha256: it.sha256.clone(), uri: it.uri.clone(), text: it.text.clone() }
}

fn subject(it: &Subject) -> Result<pb::DisputeSubject, Fault> {
    use pb::dispute_subject::Subject as Wire;
    let subject = match it {
        Subject::Body(name) => Wire::Body(name.clone()),
        Subject::Designation(name) => Wire::Designation(name.clone()),
        Subject::Certificate { certificate, body, body_economy } => Wire::Certificate(pb::DisputedCertificate {
            certificate: certificate.clone(),
            body: body.clone(),
            body_economy: body_economy.clone(),
        }),
        Subject::Decision { id, question, revision, classification_revision } => {
            let question = pb::RecognitionQuestion::decode(question.as_slice()).map_err(Fault::internal)?;
            Wire::Decision(pb::DisputedDecision {
                decision_id: id.clone(),
                question: Some(question),
                revision: *revision,
                classification_revision: *classification_revision,
            })
        }
    };
    Ok(pb::DisputeSubject { subject: Some(subject) })
}
