//! The way by an annex: every check in words, in its order.

use std::collections::BTreeSet;

use super::chain::Wanted;
use super::{Three, Way, World, shown_of_stock};
use crate::domain::arrangement::{Annex, Arrangement, Party};
use crate::domain::decision::Check;
use crate::domain::entry::Entry;
use crate::domain::equivalence::Target;
use crate::domain::key::EconomyCode;
use crate::domain::requirement::Requirement;
use crate::domain::time::Ending;
use crate::domain::words::{LapseRule, OriginRule, PartyDirection};

impl World<'_> {
    fn ended(&self, ending: Option<&Ending>) -> Three {
        let Some(ending) = ending else { return Three::Yes };
        let date = self.question.date;
        if date < ending.on {
            return Three::Yes;
        }
        if ending.rule == LapseRule::CutOff {
            return Three::No;
        }
        if ending.earlier_results_until.is_some_and(|until| date >= until) {
            return Three::No;
        }
        match self.question.granted_on {
            None => Three::Unknown("granted_on_missing"),
            Some(granted_on) if granted_on < ending.on => Three::Yes,
            Some(_) => Three::No,
        }
    }

    /// A way, the code of a missing fact, or the first check that failed.
    pub(super) fn by_annex(
        &self,
        requirement: &Requirement,
        annex: &Annex,
        arrangement: &Arrangement,
    ) -> Result<Result<Way, &'static str>, Check> {
        let (question, date) = (self.question, self.question.date);
        let market = &requirement.market;
        let destination = &question.destination;
        let mut missing: Vec<&'static str> = Vec::new();

        // It covers issuer and destination; what the parties grant each other, both grant and are granted.
        let both_ways = |party: &Party| party.direction == PartyDirection::Both;
        let part = |economy: &EconomyCode| annex.economies.is_empty() || self.belongs_to_any(economy, &annex.economies);
        let mut pairs = Vec::new();
        for exporter in &arrangement.parties {
            for importer in &arrangement.parties {
                if exporter.direction != PartyDirection::Accepts
                    && importer.direction != PartyDirection::IsAccepted
                    && (!annex.reciprocal || both_ways(exporter) && both_ways(importer))
                    && self.belongs(&self.issuer, &exporter.economy)
                    && self.belongs(market, &importer.economy)
                    && (annex.within_party || exporter.economy != importer.economy)
                    && part(&self.issuer)
                    && (part(market) || part(destination))
                {
                    pairs.push(exporter);
                }
            }
        }
        if pairs.is_empty() {
            return Err(Check::Parties);
        }
        // Scheme.
        let not = annex.exclusions.clone().unwrap_or_default();
        let usable: Vec<&Target> = question.certified.iter().filter(|t| !not.targets.contains(&t.name)).collect();
        let covered: Vec<&Target> = usable
            .iter()
            .copied()
            .filter(|held| annex.covered.is_empty() || annex.covered.iter().any(|c| self.holds(held, c)))
            .collect();
        if covered.is_empty() {
            return Err(Check::Scheme);
        }
        // Code.
        match self.covers(&annex.codes) {
            Three::Yes => {}
            Three::No => return Err(Check::Code),
            Three::Unknown(code) => missing.push(code),
        }
        // Kind of result.
        if !annex.objects.iter().any(|object| *object == question.object || !object.is_result()) {
            return Err(Check::Object);
        }
        // In force.
        let from = [arrangement.provisional_from, arrangement.in_force_from].into_iter().flatten().min();
        let suspended = arrangement.suspensions.iter().any(|period| period.contains(date));
        if from.is_some_and(|from| date < from) || suspended {
            return Err(Check::ArrangementInForce);
        }
        match self.ended(arrangement.lapse.as_ref()) {
            Three::Yes | Three::Unknown(_) if from.is_none() => missing.push("entry_into_force_missing"),
            Three::Yes => {}
            Three::No => return Err(Check::ArrangementInForce),
            Three::Unknown(code) => missing.push(code),
        }
        if !annex.validity.contains(date) || annex.suspensions.iter().any(|period| period.contains(date)) {
            return Err(Check::AnnexInForce);
        }
        match self.ended(annex.lapse.as_ref()) {
            Three::Yes => {}
            Three::No => return Err(Check::AnnexInForce),
            Three::Unknown(code) => missing.push(code),
        }
        // Exclusions.
        if not.bodies.contains(&question.body)
            || self.belongs_to_any(&question.origin, &not.origins)
            || self.belongs_to_any(&self.issuer, &not.economies)
            || self.belongs_to_any(market, &not.economies)
            || self.belongs_to_any(destination, &not.economies)
        {
            return Err(Check::Exclusions);
        }
        if !not.codes.is_empty() {
            match self.covers(&not.codes) {
                Three::Yes => return Err(Check::Exclusions),
                Three::No => {}
                Three::Unknown(code) => missing.push(code),
            }
        }
        // Origin.
        if annex.origin_rule == OriginRule::ExportingParty
            && !pairs.iter().any(|exporter| self.belongs(&question.origin, &exporter.economy))
        {
            return Err(Check::Origin);
        }
        // Transition periods.
        for period in &annex.transitions {
            let concerned = [&self.issuer, market, destination].iter().any(|e| self.belongs(e, &period.economy));
            if concerned && date < period.ends_on {
                return Err(Check::Transition);
            }
        }
        // Designation.
        let mut designation = None;
        if annex.designation_required {
            match self.designation(annex, &covered) {
                Ok(name) => designation = Some(name),
                Err(Three::Unknown(code)) => missing.push(code),
                Err(_) => return Err(Check::Designation),
            }
        }
        // Chain.
        // To what counts anyhow; else to what counts for exempt stock; else to what may count.
        let certain = self.chain(requirement, annex, &usable, Wanted::Plain);
        let certain = certain.or_else(|| self.chain(requirement, annex, &usable, Wanted::AsStock));
        let Some((certified, accepted, links)) = certain.or_else(|| {
            missing.push("granted_on_missing");
            self.chain(requirement, annex, &usable, Wanted::IfGranted)
        }) else {
            return Err(Check::Chain);
        };
        if let Some(code) = missing.first() {
            return Ok(Err(code));
        }
        let mut conditions: Vec<(u8, String)> = Vec::new();
        for link in &links {
            for deviation in &link.deviations {
                if let Some(test) = &deviation.bridging_test {
                    conditions.push((0, test.id.to_string()));
                }
            }
        }
        for condition in &annex.conditions {
            if condition.markets.is_empty()
                || self.belongs_to_any(market, &condition.markets)
                || self.belongs_to_any(destination, &condition.markets)
            {
                conditions.push((condition.kind as u8, condition.id.to_string()));
            }
        }
        let exempt = self.exempt(requirement, &accepted);
        conditions.extend(shown_of_stock(&exempt).into_iter().map(|id| (u8::MAX, id)));
        let mut seen = BTreeSet::new();
        conditions.retain(|condition| seen.insert(condition.clone()));
        Ok(Ok(Way {
            annex: Some(annex.name.name()),
            certified,
            accepted: accepted.target,
            links: links.iter().map(|link| link.name.name()).collect(),
            effect: annex.effect,
            conditions: conditions.into_iter().map(|(_, id)| id).collect(),
            designation,
            exemptions: exempt.iter().map(|it| it.name.name()).collect(),
        }))
    }

    fn designation(&self, annex: &Annex, covered: &[&Target]) -> Result<String, Three> {
        let date = self.question.date;
        let mut unknown = None;
        for entry in &self.entries {
            let Entry::Designation(it) = entry else { continue };
            if it.annex != annex.name || it.body != self.question.body {
                continue;
            }
            let suspended = it.suspensions.iter().any(|period| period.contains(date))
                || it.contestations.iter().any(|c| c.interim_suspension.as_ref().is_some_and(|p| p.contains(date)));
            let fits = it.targets.is_empty() || covered.iter().any(|held| it.targets.contains(&held.name));
            if suspended || !fits || !it.validity.contains(date) {
                continue;
            }
            match (self.ended(it.ending.as_ref()), self.covers(&it.codes)) {
                (Three::No, _) | (_, Three::No) => {}
                (Three::Yes, Three::Yes) => return Ok(it.name.name()),
                (Three::Unknown(code), _) | (_, Three::Unknown(code)) => {
                    unknown.get_or_insert(code);
                }
            }
        }
        Err(unknown.map_or(Three::No, Three::Unknown))
    }
}
