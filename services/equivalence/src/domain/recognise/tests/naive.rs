//! Recognition written straight from its definition: no index, no layers, every chain walked, every check in words.
//! Slow and plain on purpose; the real one must agree with it.

use std::collections::BTreeSet;

use crate::domain::arrangement::{Annex, Arrangement};
use crate::domain::catalogue::Catalogue;
use crate::domain::code::CodeScope;
use crate::domain::decision::{Check, Decision, Outcome, Status};
use crate::domain::entry::Entry;
use crate::domain::equivalence::{Equivalence, Target, TargetKey};
use crate::domain::key::EconomyCode;
use crate::domain::question::Question;
use crate::domain::requirement::Requirement;
use crate::domain::time::Ending;
use crate::domain::translate::{TranslateError, Translator};
use crate::domain::words::{LapseRule, OriginRule, PartyDirection, RecognitionEffect};

/// What the two must agree on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Essence {
    outcome: Outcome,
    conditions: Vec<String>,
    results: Vec<Judged>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    requirement: String,
    status: Status,
    route: Option<Way>,
    miss: Option<(Option<String>, Check)>,
    missing: BTreeSet<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Way {
    annex: Option<String>,
    certified: Target,
    accepted: Target,
    links: Vec<String>,
    effect: RecognitionEffect,
    conditions: Vec<String>,
    designation: Option<String>,
}

pub(super) fn essence(decision: &Decision) -> Essence {
    let results = decision.requirements.iter().map(|result| Judged {
        requirement: result.requirement.name(),
        status: result.status,
        route: result.route.as_ref().map(|route| Way {
            annex: route.annex.as_ref().map(|(_, annex)| annex.name()),
            certified: route.certified.clone(),
            accepted: route.accepted.clone(),
            links: route.links.iter().map(|link| link.equivalence.name()).collect(),
            effect: route.effect,
            conditions: route.conditions.iter().map(|condition| condition.id.clone()).collect(),
            designation: route.designation.as_ref().map(|it| it.name()),
        }),
        miss: result.nearest_miss.as_ref().map(|miss| (miss.annex.as_ref().map(|(_, annex)| annex.name()), miss.check)),
        missing: result.findings.iter().map(|finding| finding.code).collect(),
    });
    Essence {
        outcome: decision.outcome,
        conditions: decision.conditions.iter().map(|condition| condition.id.clone()).collect(),
        results: results.collect(),
    }
}

struct World<'a> {
    entries: Vec<Entry>,
    question: &'a Question,
    translator: &'a dyn Translator,
    issuer: EconomyCode,
}

enum Three {
    Yes,
    No,
    Unknown(&'static str),
}

pub(super) fn recognise(catalogue: &Catalogue, translator: &dyn Translator, question: &Question) -> Essence {
    let entries = catalogue.entries();
    let known_body = entries.iter().find_map(|entry| match entry {
        Entry::Body(body) if body.name == question.body => Some(body.economy.clone()),
        _ => None,
    });
    let issuer = known_body.unwrap_or_else(|| question.body_economy.clone());
    let world = World { entries, question, translator, issuer };
    world.recognise()
}

impl World<'_> {
    fn recognise(&self) -> Essence {
        let destination = &self.question.destination;
        let known = self.entries.iter().any(|entry| matches!(entry, Entry::Economy(it) if it.name == *destination));
        if !known {
            return Essence { outcome: Outcome::Undetermined, conditions: Vec::new(), results: Vec::new() };
        }
        // 1. Markets: the destination, and the blocs that it belongs to on that date.
        let mut markets = vec![destination.clone()];
        markets.extend(self.blocs_of(destination));
        // 2. Applicable requirements, mandatory ones first.
        let mut results: Vec<(bool, Judged)> = Vec::new();
        for market in &markets {
            for entry in &self.entries {
                let Entry::Requirement(requirement) = entry else { continue };
                if requirement.market != *market || !self.concerns(requirement) {
                    continue;
                }
                let judged = match self.covers(&requirement.codes) {
                    Three::No => continue,
                    Three::Unknown(code) => Judged {
                        requirement: requirement.name.name(),
                        status: Status::Undetermined,
                        route: None,
                        miss: None,
                        missing: BTreeSet::from([code]),
                    },
                    Three::Yes => self.judge(requirement),
                };
                results.push((requirement.mandatory, judged));
            }
        }
        results.sort_by_key(|(mandatory, _)| !mandatory);
        // 4. The verdict.
        let (outcome, counted) = Self::overall(&results);
        let mut conditions: Vec<String> = Vec::new();
        for way in counted.iter().filter_map(|judged| judged.route.as_ref()) {
            for condition in &way.conditions {
                if !conditions.contains(condition) {
                    conditions.push(condition.clone());
                }
            }
        }
        Essence { outcome, conditions, results: results.into_iter().map(|(_, judged)| judged).collect() }
    }

    fn overall(results: &[(bool, Judged)]) -> (Outcome, Vec<Judged>) {
        let mandatory: Vec<Judged> = results.iter().filter(|(m, _)| *m).map(|(_, j)| j.clone()).collect();
        if mandatory.is_empty() {
            if results.is_empty() {
                return (Outcome::NoRequirementApplies, Vec::new());
            }
            let order = [Status::Met, Status::MetInPart, Status::InformationOnly, Status::Undetermined, Status::NotMet];
            for status in order {
                let mut fitting: Vec<&Judged> = results.iter().map(|(_, j)| j).filter(|j| j.status == status).collect();
                fitting.sort_by_key(|j| j.route.as_ref().map_or((0, 0), |way| (way.conditions.len(), way.links.len())));
                if let Some(best) = fitting.first() {
                    let outcome = match status {
                        Status::Met if best.route.as_ref().unwrap().conditions.is_empty() => Outcome::Recognised,
                        Status::Met => Outcome::RecognisedOnConditions,
                        Status::MetInPart => Outcome::Partial,
                        Status::InformationOnly => Outcome::InformationOnly,
                        Status::NotMet => Outcome::NotRecognised,
                        Status::Undetermined => Outcome::Undetermined,
                    };
                    return (outcome, vec![(*best).clone()]);
                }
            }
            unreachable!("every status is in the order");
        }
        let count = |status| mandatory.iter().filter(|judged| judged.status == status).count();
        let outcome = if count(Status::Undetermined) > 0 {
            Outcome::Undetermined
        } else if count(Status::Met) == mandatory.len() {
            let conditional = mandatory.iter().any(|judged| !judged.route.as_ref().unwrap().conditions.is_empty());
            if conditional { Outcome::RecognisedOnConditions } else { Outcome::Recognised }
        } else if count(Status::Met) + count(Status::MetInPart) > 0 {
            Outcome::Partial
        } else if count(Status::InformationOnly) > 0 {
            Outcome::InformationOnly
        } else {
            Outcome::NotRecognised
        };
        (outcome, mandatory)
    }

    fn blocs_of(&self, economy: &EconomyCode) -> Vec<EconomyCode> {
        let date = self.question.date;
        let mut blocs = Vec::new();
        for entry in &self.entries {
            let Entry::Economy(bloc) = entry else { continue };
            let member = bloc.members.iter().any(|m| {
                m.economy == *economy && m.validity.from <= date && m.validity.until.is_none_or(|until| date < until)
            });
            if member {
                blocs.push(bloc.name.clone());
            }
        }
        blocs
    }

    fn belongs(&self, economy: &EconomyCode, whole: &EconomyCode) -> bool {
        economy == whole || self.blocs_of(economy).contains(whole)
    }

    fn belongs_to_any(&self, economy: &EconomyCode, wholes: &[EconomyCode]) -> bool {
        wholes.iter().any(|whole| self.belongs(economy, whole))
    }

    fn concerns(&self, requirement: &Requirement) -> bool {
        let origin = &self.question.origin;
        requirement.validity.contains(self.question.date)
            && (requirement.origins.is_empty() || self.belongs_to_any(origin, &requirement.origins))
            && !self.belongs_to_any(origin, &requirement.excluded_origins)
    }

    fn covers(&self, scopes: &[CodeScope]) -> Three {
        if scopes.is_empty() {
            return Three::Yes;
        }
        let edition = &scopes[0].code.edition;
        let asked = &self.question.code;
        let codes: Vec<String> = if *edition == asked.edition {
            vec![asked.code.to_string()]
        } else {
            match self.translator.translate(asked, edition) {
                Ok(codes) => codes.iter().map(ToString::to_string).collect(),
                Err(TranslateError::Unknown) => return Three::Unknown("code_unknown"),
                Err(TranslateError::Unavailable) => return Three::Unknown("classification_unavailable"),
            }
        };
        // Every possible ten-digit completion of a code is either meant or not, or is a part of an ex entry.
        let (mut inside, mut outside, mut ex) = (false, false, false);
        for code in &codes {
            let (mut code_inside, mut code_outside, mut code_ex) = (false, false, false);
            for leaf in leaves(code, scopes) {
                let hits: Vec<_> = scopes
                    .iter()
                    .filter(|scope| {
                        leaf.starts_with(&*scope.code.code) && !scope.except.iter().any(|e| leaf.starts_with(&**e))
                    })
                    .collect();
                if hits.iter().any(|scope| scope.ex_description.is_empty()) {
                    code_inside = true;
                } else if hits.is_empty() {
                    code_outside = true;
                } else {
                    code_ex = true;
                }
            }
            // An ex entry counts as such only for a code that lies in it as a whole.
            let whole_ex = scopes.iter().any(|scope| {
                !scope.ex_description.is_empty()
                    && code.starts_with(&*scope.code.code)
                    && !scope.except.iter().any(|e| code.starts_with(&**e) || e.starts_with(code.as_str()))
            });
            let whole_in = scopes.iter().any(|scope| {
                scope.ex_description.is_empty()
                    && code.starts_with(&*scope.code.code)
                    && !scope.except.iter().any(|e| code.starts_with(&**e) || e.starts_with(code.as_str()))
            });
            if whole_in {
                inside = true;
            } else if whole_ex {
                ex = true;
            } else {
                inside |= code_inside || code_ex;
                outside |= code_outside || code_inside || code_ex;
                outside |= !code_inside;
            }
        }
        match (inside, outside, ex) {
            (true, false, false) => Three::Yes,
            (false, true, false) => Three::No,
            (_, _, true) => Three::Unknown("code_partly_covered"),
            _ => Three::Unknown("code_ambiguous"),
        }
    }

    fn judge(&self, requirement: &Requirement) -> Judged {
        let mut judged = Judged {
            requirement: requirement.name.name(),
            status: Status::NotMet,
            route: None,
            miss: None,
            missing: BTreeSet::new(),
        };
        // 3. The direct route, then one by each annex through which this market accepts others' results.
        let mut ways = Vec::new();
        let mut misses: Vec<(u32, Option<String>, Check)> = Vec::new();
        match self.direct(requirement) {
            Ok(way) => ways.push(way),
            Err((check, passed)) => misses.push((passed, None, check)),
        }
        for entry in &self.entries {
            let Entry::Annex(annex) = entry else { continue };
            let Some(arrangement) = self.arrangement(annex) else { continue };
            let importing = arrangement.parties.iter().any(|party| {
                party.direction != PartyDirection::IsAccepted && self.belongs(&requirement.market, &party.economy)
            });
            if !importing {
                continue;
            }
            match self.by_annex(requirement, annex, arrangement) {
                Ok(Ok(way)) => ways.push(way),
                Ok(Err(missing)) => {
                    judged.missing.insert(missing);
                }
                Err(check) => misses.push((check.number() as u32 - 1, Some(annex.name.name()), check)),
            }
        }
        // The best route: strongest effect, fewest conditions, fewest links, direct, by name.
        ways.sort_by_key(|way| (way.effect, way.conditions.len(), way.links.len(), way.annex.clone()));
        if let Some(best) = ways.into_iter().next() {
            judged.missing.clear();
            judged.status = match best.effect {
                RecognitionEffect::Full => Status::Met,
                RecognitionEffect::Partial => Status::MetInPart,
                RecognitionEffect::InformationOnly => Status::InformationOnly,
            };
            judged.route = Some(best);
        } else if !judged.missing.is_empty() {
            judged.status = Status::Undetermined;
        } else {
            // 5. The nearest miss: most checks passed; among equals the direct route, then by name.
            misses.sort_by_key(|(passed, annex, _)| (std::cmp::Reverse(*passed), annex.clone()));
            judged.miss = misses.into_iter().next().map(|(_, annex, check)| (annex, check));
        }
        judged
    }

    fn holds(&self, held: &Target, wanted: &Target) -> bool {
        if held.name != wanted.name {
            return false;
        }
        if wanted.level.is_empty() {
            return true;
        }
        let TargetKey::Scheme(key) = &held.name else { return false };
        let levels = self.entries.iter().find_map(|entry| match entry {
            Entry::Scheme(scheme) if scheme.name == *key => Some(&scheme.levels),
            _ => None,
        });
        let Some(levels) = levels else { return false };
        let wanted = levels.iter().position(|level| *level.id == *wanted.level);
        let held = levels.iter().position(|level| *level.id == *held.level);
        held.is_some() && wanted.is_some() && held <= wanted
    }

    fn direct(&self, requirement: &Requirement) -> Result<Way, (Check, u32)> {
        let mut furthest = (Check::Scheme, 0);
        for acceptance in &requirement.acceptances {
            if acceptance.validity.as_ref().is_some_and(|validity| !validity.contains(self.question.date)) {
                continue;
            }
            for held in &self.question.certified {
                if !self.holds(held, &acceptance.target) {
                    continue;
                }
                let rule = &acceptance.bodies;
                let body = &self.question.body;
                if !acceptance.objects.is_empty() && !acceptance.objects.contains(&self.question.object) {
                    furthest = std::cmp::max_by_key(furthest, (Check::Object, 1), |f| f.1);
                } else if rule.excluded_bodies.contains(body)
                    || !(rule.any || rule.bodies.contains(body) || self.belongs_to_any(&self.issuer, &rule.economies))
                {
                    furthest = (Check::Body, 2);
                } else {
                    return Ok(Way {
                        annex: None,
                        certified: held.clone(),
                        accepted: acceptance.target.clone(),
                        links: Vec::new(),
                        effect: RecognitionEffect::Full,
                        conditions: Vec::new(),
                        designation: None,
                    });
                }
            }
        }
        Err(furthest)
    }

    fn arrangement(&self, annex: &Annex) -> Option<&Arrangement> {
        self.entries.iter().find_map(|entry| match entry {
            Entry::Arrangement(it) if it.name == annex.arrangement => Some(it),
            _ => None,
        })
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
    fn by_annex(
        &self,
        requirement: &Requirement,
        annex: &Annex,
        arrangement: &Arrangement,
    ) -> Result<Result<Way, &'static str>, Check> {
        let (question, date) = (self.question, self.question.date);
        let market = &requirement.market;
        let destination = &question.destination;
        let mut missing: Vec<&'static str> = Vec::new();

        // It covers issuer and destination.
        let part = |economy: &EconomyCode| annex.economies.is_empty() || self.belongs_to_any(economy, &annex.economies);
        let mut pairs = Vec::new();
        for exporter in &arrangement.parties {
            for importer in &arrangement.parties {
                if exporter.direction != PartyDirection::Accepts
                    && importer.direction != PartyDirection::IsAccepted
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
        if from.is_none() || from.is_some_and(|from| date < from) || suspended {
            return Err(Check::ArrangementInForce);
        }
        match self.ended(arrangement.lapse.as_ref()) {
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
        let Some((certified, accepted, links)) = self.chain(requirement, annex, &usable) else {
            return Err(Check::Chain);
        };
        if let Some(code) = missing.first() {
            return Ok(Err(code));
        }
        let mut conditions: Vec<(u8, String)> = Vec::new();
        for link in &links {
            for deviation in &link.deviations {
                if let Some(test) = &deviation.bridging_test {
                    conditions.push((0, test.id.clone()));
                }
            }
        }
        for condition in &annex.conditions {
            if condition.markets.is_empty()
                || self.belongs_to_any(market, &condition.markets)
                || self.belongs_to_any(destination, &condition.markets)
            {
                conditions.push((condition.kind as u8, condition.id.clone()));
            }
        }
        let mut seen = BTreeSet::new();
        conditions.retain(|condition| seen.insert(condition.clone()));
        Ok(Ok(Way {
            annex: Some(annex.name.name()),
            certified,
            accepted,
            links: links.iter().map(|link| link.name.name()).collect(),
            effect: annex.effect,
            conditions: conditions.into_iter().map(|(_, id)| id).collect(),
            designation,
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

    /// Walks every chain, and takes the one with the fewest tests, then links, then by names.
    fn chain(
        &self,
        requirement: &Requirement,
        annex: &Annex,
        usable: &[&Target],
    ) -> Option<(Target, Target, Vec<&Equivalence>)> {
        let limit = annex.max_chain_links.unwrap_or(1) as usize;
        let mut all = Vec::new();
        for (start, held) in usable.iter().enumerate() {
            self.walk(requirement, held, limit, &mut Vec::new(), &mut |accepted, links: &[&Equivalence]| {
                all.push((start, accepted, links.to_vec()));
            });
        }
        let tests = |links: &[&Equivalence]| -> usize {
            links.iter().map(|l| l.deviations.iter().filter(|d| d.bridging_test.is_some()).count()).sum()
        };
        all.sort_by_key(|(start, accepted, links)| {
            let names: Vec<_> = links.iter().map(|link| link.name.clone()).collect();
            (tests(links), links.len(), names, *start, *accepted)
        });
        let (start, accepted, links) = all.into_iter().next()?;
        Some((usable[start].clone(), requirement.acceptances[accepted].target.clone(), links))
    }

    fn walk<'w>(
        &'w self,
        requirement: &Requirement,
        held: &Target,
        left: usize,
        links: &mut Vec<&'w Equivalence>,
        found: &mut impl FnMut(usize, &[&'w Equivalence]),
    ) {
        let date = self.question.date;
        for (index, acceptance) in requirement.acceptances.iter().enumerate() {
            let stands = acceptance.validity.as_ref().is_none_or(|validity| validity.contains(date));
            if stands && self.holds(held, &acceptance.target) {
                found(index, links);
            }
        }
        if left == 0 {
            return;
        }
        for entry in &self.entries {
            let Entry::Equivalence(link) = entry else { continue };
            let again = links.iter().any(|known| known.name == link.name);
            if link.passes() && link.validity.contains(date) && !again && self.holds(held, &link.from) {
                links.push(link);
                self.walk(requirement, &link.to, left - 1, links, found);
                links.pop();
            }
        }
    }
}

/// Enough completions of a code to tell every prefix that is spoken of from what lies beside it.
fn leaves(code: &str, scopes: &[CodeScope]) -> Vec<String> {
    let mut leaves = vec![format!("{code}zzzzzz")];
    let spoken = scopes.iter().flat_map(|scope| scope.except.iter().chain([&scope.code.code]));
    leaves.extend(spoken.filter(|prefix| prefix.starts_with(code)).map(|prefix| format!("{prefix}zzzzzz")));
    leaves
}
