//! The way by an annex: every check in words, in its order.

use super::calendar::shown_of_stock;
use super::chain::Wanted;
use super::{Asked, Flaw, Three, Way, World};
use crate::domain::arrangement::{Annex, Arrangement, Party};
use crate::domain::decision::Check;
use crate::domain::entry::Entry;
use crate::domain::equivalence::{Target, TargetKey};
use crate::domain::key::EconomyCode;
use crate::domain::requirement::Requirement;
use crate::domain::time::{Ending, Validity};
use crate::domain::words::{LapseRule, OriginRule, PartyDirection};

/// Which results a certificate shows that are named by their scheme or their standard: of a scheme that is named, those to
/// whatever standard the certificate names beside it.
fn results<'t>(certified: &[&'t Target], named: impl Fn(&Target) -> bool) -> Vec<&'t Target> {
    let is_scheme = |it: &Target| matches!(it.name, TargetKey::Scheme(_));
    let of_named_scheme = certified.iter().any(|it| is_scheme(it) && named(it));
    certified.iter().copied().filter(|it| named(it) || of_named_scheme && !is_scheme(it)).collect()
}

impl World<'_> {
    /// Whether something is in force by its period, or its end has come, from which day on the rule of that end counts.
    fn in_time(&self, validity: &Validity, ending: Option<&Ending>) -> bool {
        let date = self.question.date;
        let over = validity.until.is_some_and(|until| date >= until);
        let by_rule = ending.is_some_and(|it| date >= it.on && validity.until.is_none_or(|until| it.on <= until));
        validity.from <= date && (!over || by_rule && self.flaw != Some(Flaw::EndAnnulsGrandfathering))
    }

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
        let issuer_in = |whole: &EconomyCode| self.issuer_belongs_to_any(std::slice::from_ref(whole));
        // The sides that take part: the issuer, and the market or the destination.
        let part = || {
            if annex.economies.is_empty() {
                return [Three::Yes, Three::Yes];
            }
            let importing = self.either_belongs(market, destination, &annex.economies);
            [self.issuer_belongs_to_any(&annex.economies), importing]
        };
        let (mut pairs, mut possible) = (Vec::new(), Vec::new());
        for exporter in &arrangement.parties {
            for importer in &arrangement.parties {
                if exporter.direction != PartyDirection::Accepts
                    && importer.direction != PartyDirection::IsAccepted
                    && (!annex.reciprocal || both_ways(exporter) && both_ways(importer))
                    && (annex.within_party || exporter.economy != importer.economy)
                {
                    let [issuer_part, importing_part] = part();
                    let accepting = self.belongs_to_one(market, std::slice::from_ref(&importer.economy));
                    let all = [issuer_in(&exporter.economy), issuer_part, accepting, importing_part];
                    let unknown = all.iter().find_map(|it| match it {
                        Three::Unknown(code) => Some(*code),
                        Three::Yes | Three::No => None,
                    });
                    match unknown {
                        _ if all.iter().any(|it| matches!(it, Three::No)) => {}
                        Some(code) => possible.push((exporter, code)),
                        None => pairs.push(exporter),
                    }
                }
            }
        }
        if pairs.is_empty() {
            let Some(&(_, code)) = possible.first() else { return Err(Check::Parties) };
            missing.push(code);
        }
        // Scheme.
        let not = annex.exclusions.clone().unwrap_or_default();
        let usable: Vec<&Target> = question.certified.iter().filter(|t| !not.targets.contains(&t.name)).collect();
        let covered = if annex.covered.is_empty() {
            usable.clone()
        } else {
            results(&usable, |held| annex.covered.iter().any(|covered| self.holds(held, covered)))
        };
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
        let suspended = annex.suspensions.iter().any(|period| period.contains(date));
        if suspended || !self.in_time(&annex.validity, annex.lapse.as_ref()) {
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
        for whole in &not.economies {
            let sides = self.either_belongs(market, destination, std::slice::from_ref(whole));
            for side in [issuer_in(whole), sides] {
                if let Three::Unknown(code) = side {
                    missing.push(code);
                }
            }
        }
        if let Three::Unknown(code) = self.belongs_to_one(&question.origin, &not.origins) {
            missing.push(code);
        }
        // Origin.
        let is_of_origin = |exporter: &Party| self.belongs(&question.origin, &exporter.economy);
        if annex.origin_rule == OriginRule::ExportingParty && !pairs.iter().any(|exporter| is_of_origin(exporter)) {
            let may_be = |exporter: &Party| {
                let of_it = std::slice::from_ref(&exporter.economy);
                !matches!(self.belongs_to_one(&question.origin, of_it), Three::No)
            };
            let by_parties = possible.iter().find(|(exporter, _)| may_be(exporter)).map(|(_, code)| *code);
            let by_origin = pairs.iter().any(|exporter| may_be(exporter)).then_some("bloc_members_unknown");
            let Some(code) = by_parties.or(by_origin) else { return Err(Check::Origin) };
            missing.push(code);
        }
        // Transition periods.
        for period in &annex.transitions {
            let concerned = [&self.issuer, market, destination].iter().any(|e| self.belongs(e, &period.economy));
            if concerned && date < period.ends_on {
                return Err(Check::Transition);
            }
            let sides = self.either_belongs(market, destination, std::slice::from_ref(&period.economy));
            for side in [issuer_in(&period.economy), sides] {
                if let (true, Three::Unknown(code)) = (date < period.ends_on, side) {
                    missing.push(code);
                }
            }
        }
        // Designation.
        let designated = if annex.designation_required { self.designated(annex, &covered) } else { Vec::new() };
        if annex.designation_required && designated.is_empty() {
            return Err(Check::Designation);
        }
        let under = |held: &Target, doubtful: bool| {
            let mut fitting = designated.iter().filter(|it| it.doubt.is_some() == doubtful);
            fitting.find(|it| it.targets.contains(&held))
        };
        let of_all = if self.flaw == Some(Flaw::StartsAnywhere) { &usable } else { &covered };
        let starts = |doubtful: bool| -> Vec<&Target> {
            let fits = |held: &&Target| {
                let any = self.flaw == Some(Flaw::DesignatedForAll) && designated.iter().any(|it| it.doubt.is_none());
                !annex.designation_required || any || under(held, doubtful).is_some()
            };
            of_all.iter().copied().filter(fits).collect()
        };
        // Chain: from what the body is designated for, to what counts anyhow; else to what counts for exempt stock; else to
        // what may count. Else from what it may be designated for.
        let chain = |doubtful, wanted| self.chain(requirement, annex, &starts(doubtful), wanted);
        let mut found = chain(false, Wanted::Plain).or_else(|| chain(false, Wanted::AsStock));
        if found.is_none() {
            found = chain(false, Wanted::InDoubt);
            missing.extend(found.as_ref().and_then(|(_, accepted, _)| match self.edition(requirement, accepted) {
                Three::Unknown(code) => Some(code),
                Three::Yes | Three::No => None,
            }));
        }
        if found.is_none() && annex.designation_required {
            let all = [Wanted::Plain, Wanted::AsStock, Wanted::InDoubt];
            found = all.into_iter().find_map(|wanted| chain(true, wanted));
            missing.extend(found.as_ref().and_then(|(certified, ..)| under(certified, true)?.doubt));
        }
        let Some((certified, accepted, links)) = found else { return Err(Check::Chain) };
        let designation = under(&certified, false).map(|it| it.name.clone());
        for condition in annex.conditions.iter().filter(|it| !it.markets.is_empty()) {
            if let Three::Unknown(code) = self.either_belongs(market, destination, &condition.markets) {
                missing.push(code);
            }
        }
        if let Some(code) = missing.first() {
            return Ok(Err(code));
        }
        let mut conditions: Vec<Asked> = Vec::new();
        for link in &links {
            for deviation in &link.deviations {
                if let Some(test) = &deviation.bridging_test {
                    conditions.push(Asked { by: link.name.name(), id: test.id.to_string() });
                }
            }
        }
        for condition in &annex.conditions {
            if condition.markets.is_empty()
                || self.belongs_to_any(market, &condition.markets)
                || self.belongs_to_any(destination, &condition.markets)
            {
                conditions.push(Asked { by: annex.name.name(), id: condition.id.to_string() });
            }
        }
        let exempt = self.exempt(requirement, &accepted);
        conditions.extend(shown_of_stock(&exempt));
        Ok(Ok(Way {
            annex: Some(annex.name.name()),
            certified,
            accepted: accepted.target,
            links: links.iter().map(|link| link.name.name()).collect(),
            effect: annex.effect,
            conditions: self.each_once(conditions),
            designation,
            exemptions: exempt.iter().map(|it| it.name.name()).collect(),
        }))
    }

    /// The designations of the body that count or may, each with what of the certificate it is for; by their names.
    fn designated<'t>(&self, annex: &Annex, covered: &[&'t Target]) -> Vec<Designated<'t>> {
        let date = self.question.date;
        let mut found = Vec::new();
        for entry in &self.entries {
            let Entry::Designation(it) = entry else { continue };
            if it.annex != annex.name || it.body != self.question.body {
                continue;
            }
            let suspended = it.suspensions.iter().any(|period| period.contains(date))
                || it.contestations.iter().any(|c| c.interim_suspension.as_ref().is_some_and(|p| p.contains(date)));
            let targets = if it.targets.is_empty() {
                covered.to_vec()
            } else {
                results(covered, |held| it.targets.contains(&held.name))
            };
            if suspended || targets.is_empty() || !self.in_time(&it.validity, it.ending.as_ref()) {
                continue;
            }
            let doubt = match (self.ended(it.ending.as_ref()), self.covers(&it.codes)) {
                (Three::No, _) | (_, Three::No) => continue,
                (Three::Yes, Three::Yes) => None,
                (Three::Unknown(code), _) | (_, Three::Unknown(code)) => Some(code),
            };
            found.push(Designated { name: it.name.name(), targets, doubt });
        }
        found
    }
}

/// A designation, what of a certificate it is for, and why it cannot be said whether it counts.
struct Designated<'t> {
    name: String,
    targets: Vec<&'t Target>,
    doubt: Option<&'static str>,
}
