//! Recognition written straight from its definition: no index, no layers, every chain walked, every check in words.
//! Slow and plain on purpose; the real one must agree with it.

mod annex;
mod chain;
mod codes;

use std::collections::BTreeSet;

use crate::domain::arrangement::{Annex, Arrangement};
use crate::domain::catalogue::Catalogue;
use crate::domain::decision::{Check, Decision, Outcome, Status};
use crate::domain::entry::Entry;
use crate::domain::equivalence::{Target, TargetKey};
use crate::domain::key::EconomyCode;
use crate::domain::question::Question;
use crate::domain::requirement::{Acceptance, Requirement};
use crate::domain::standard::EditionTransition;
use crate::domain::translate::Translator;
use crate::domain::words::{PartyDirection, RecognitionEffect};

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
    exemptions: Vec<String>,
}

pub(super) fn essence(decision: &Decision<'_>, question: &Question) -> Essence {
    let results = decision.requirements.iter().map(|result| Judged {
        requirement: result.requirement.name.name(),
        status: result.status,
        route: result.route.as_ref().map(|route| Way {
            annex: route.annex.as_ref().map(|annex| annex.name.name()),
            certified: {
                let certified = &question.certified[route.certified];
                assert_eq!(certified.name, *route.certified_to());
                certified.clone()
            },
            accepted: route.accepted().clone(),
            links: route.links.iter().map(|link| link.name.name()).collect(),
            effect: route.effect,
            conditions: route.conditions.iter().map(|condition| condition.id().to_owned()).collect(),
            designation: route.designation.as_ref().map(|it| it.name.name()),
            exemptions: route.exemptions.iter().map(|it| it.transition.name.name()).collect(),
        }),
        miss: result.nearest_miss.as_ref().map(|miss| (miss.annex.as_ref().map(|annex| annex.name.name()), miss.check)),
        missing: result.findings.iter().map(|finding| finding.code).collect(),
    });
    Essence {
        outcome: decision.outcome,
        conditions: decision.conditions.iter().map(|condition| condition.id().to_owned()).collect(),
        results: results.collect(),
    }
}

struct World<'a> {
    entries: Vec<Entry>,
    question: &'a Question,
    translator: &'a dyn Translator,
    issuer: EconomyCode,
}

/// What must be shown of exempt stock, by the transitions that exempt it.
fn shown_of_stock(exempt: &[&EditionTransition]) -> Vec<String> {
    let asks = exempt.iter().filter(|it| it.stock_exemption.as_ref().is_some_and(|it| !it.provided.is_empty()));
    asks.map(|it| it.name.as_str().to_owned()).collect()
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
        let (mut outcome, counted) = Self::overall(&results);
        if outcome == Outcome::NoRequirementApplies && !(self.holds_everything(&markets) && self.code_exists()) {
            outcome = Outcome::Undetermined;
        }
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

    fn holds_everything(&self, markets: &[EconomyCode]) -> bool {
        markets.iter().all(|market| {
            self.entries.iter().any(|entry| match entry {
                Entry::Economy(it) if it.name == *market => {
                    let held = it.complete_requirements.as_ref();
                    held.is_some_and(|held| matches!(self.covers(&held.codes), Three::Yes))
                }
                _ => false,
            })
        })
    }

    fn code_exists(&self) -> bool {
        let code = &self.question.code;
        self.translator.translate(code, &code.edition).is_ok()
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
            Ok(Ok(way)) => ways.push(way),
            Ok(Err(missing)) => {
                judged.missing.insert(missing);
            }
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

    pub(super) fn names_what_goes_with(&self, acceptance: &Acceptance) -> bool {
        let all = &acceptance.together_with;
        all.iter().all(|wanted| self.question.certified.iter().any(|held| self.holds(held, wanted)))
    }

    fn direct(&self, requirement: &Requirement) -> Result<Result<Way, &'static str>, (Check, u32)> {
        let mut furthest = (Check::Scheme, 0);
        let mut missing = None;
        let mut as_stock = None;
        for acceptance in &requirement.acceptances {
            if acceptance.validity.as_ref().is_some_and(|validity| !validity.contains(self.question.date)) {
                continue;
            }
            if !self.names_what_goes_with(acceptance) {
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
                    furthest = std::cmp::max_by_key((Check::Body, 2), furthest, |f| f.1);
                    if rule.incomplete && !rule.excluded_bodies.contains(body) {
                        missing.get_or_insert("accepted_bodies_unknown");
                    }
                } else if let Three::No = self.edition(requirement, acceptance) {
                    furthest = (Check::Edition, 3);
                } else if let Three::Unknown(code) = self.edition(requirement, acceptance) {
                    missing.get_or_insert(code);
                } else {
                    let exempt = self.exempt(requirement, acceptance);
                    let way = Way {
                        annex: None,
                        certified: held.clone(),
                        accepted: acceptance.target.clone(),
                        links: Vec::new(),
                        effect: RecognitionEffect::Full,
                        conditions: shown_of_stock(&exempt),
                        designation: None,
                        exemptions: exempt.iter().map(|it| it.name.name()).collect(),
                    };
                    if exempt.is_empty() {
                        return Ok(Ok(way));
                    }
                    as_stock.get_or_insert(way);
                }
            }
        }
        match (as_stock, missing) {
            (Some(way), _) => Ok(Ok(way)),
            (None, Some(code)) => Ok(Err(code)),
            (None, None) => Err(furthest),
        }
    }

    /// The transitions that leave the goods under the edition that is accepted: those past their day of conversion.
    fn exempt(&self, requirement: &Requirement, acceptance: &Acceptance) -> Vec<&EditionTransition> {
        let question = self.question;
        let mut found = Vec::new();
        for entry in &self.entries {
            let Entry::EditionTransition(it) = entry else { continue };
            let TargetKey::Standard(standard) = &acceptance.target.name else { continue };
            let here = self.belongs(&requirement.market, &it.market) || self.belongs(&question.destination, &it.market);
            let over = question.date >= it.new_only_from && it.convert_by.is_some_and(|by| by < question.date);
            if !here || *standard != it.from_standard || *standard == it.to_standard || !over {
                continue;
            }
            let Some(exemption) = &it.stock_exemption else { continue };
            let sold = exemption.until.is_some_and(|until| question.date >= until);
            let placed = match (exemption.placed_on_market_before, question.stock.placed_on) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(limit), Some(day)) => day < limit,
            };
            let made = match (exemption.manufactured_before, question.stock.manufactured_on) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(limit), Some(day)) => day < limit,
            };
            if !sold && placed && made {
                found.push(it);
            }
        }
        found
    }

    /// Whether the market's calendar of editions lets an accepted one count.
    fn edition(&self, requirement: &Requirement, acceptance: &Acceptance) -> Three {
        let (date, granted_on) = (self.question.date, self.question.granted_on);
        let mut unknown = false;
        for entry in &self.entries {
            let Entry::EditionTransition(it) = entry else { continue };
            let here =
                self.belongs(&requirement.market, &it.market) || self.belongs(&self.question.destination, &it.market);
            let TargetKey::Standard(standard) = &acceptance.target.name else { continue };
            if !here {
                continue;
            }
            if *standard == it.to_standard && it.either_from.is_some_and(|from| date < from) {
                return Three::No; // not yet
            }
            if *standard == it.from_standard && *standard != it.to_standard && date >= it.new_only_from {
                let as_stock = self.exempt(requirement, acceptance).iter().any(|exempt| exempt.name == it.name);
                if it.convert_by.is_some_and(|by| by < date) && !as_stock {
                    return Three::No; // not converted
                }
                match granted_on {
                    None => unknown = true,
                    Some(day) if day >= it.new_only_from => return Three::No, // a new one, to the old edition
                    Some(_) => {}
                }
            }
        }
        if unknown { Three::Unknown("granted_on_missing") } else { Three::Yes }
    }

    fn arrangement(&self, annex: &Annex) -> Option<&Arrangement> {
        self.entries.iter().find_map(|entry| match entry {
            Entry::Arrangement(it) if it.name == annex.arrangement => Some(it),
            _ => None,
        })
    }
}
