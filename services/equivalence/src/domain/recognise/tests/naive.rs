//! Recognition written straight from its definition: no index, no layers, every chain walked, every check in words.
//! Slow and plain on purpose; the real one must agree with it.

mod annex;
mod calendar;
mod chain;
mod codes;

use std::collections::BTreeSet;

use crate::domain::arrangement::{Annex, Arrangement};
use crate::domain::catalogue::Catalogue;
use crate::domain::decision::{Check, Condition, Decision, Demand, Outcome, Status};
use crate::domain::economy::Economy;
use crate::domain::entry::Entry;
use crate::domain::equivalence::{Target, TargetKey};
use crate::domain::key::EconomyCode;
use crate::domain::question::Question;
use crate::domain::requirement::{Acceptance, Requirement};
use crate::domain::translate::Translator;
use crate::domain::words::{PartyDirection, RecognitionEffect};

/// What the two must agree on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Essence {
    outcome: Outcome,
    demand: Option<Demand>,
    conditions: Vec<Asked>,
    results: Vec<Judged>,
}

/// Rules that were once wrong, each as it was: evaluators that go by one must differ in some random case, or nothing shows
/// that the rule is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// A calendar of editions bears on what is accepted, and not on what must be certified beside it.
    CalendarOfTargetAlone,
    /// A route settles a requirement, however much stronger one is that depends on what is missing.
    WeakerSettles,
    /// A chain starts from anything that was certified, if anything of it is covered.
    StartsAnywhere,
    /// A body that is designated for something starts from anything.
    DesignatedForAll,
    /// The end of a validity annuls what its ending lets count on.
    EndAnnulsGrandfathering,
    /// Who belongs to a member of a bloc does not belong to the bloc.
    MembersAlone,
    /// Conditions of two annexes with one identifier are one.
    ConditionsByIdentifier,
    /// Of what is honoured alone, what is there is said, whatever stronger there may be.
    WhatIsThereSettles,
    /// Goods from an economy that nobody knows are judged as goods from one that belongs to nothing.
    AnyOrigin,
    /// So are the bodies of one.
    AnyIssuer,
    /// Nobody belongs to a bloc who is not listed, whether or not all are.
    ListedMembersAlone,
    /// A calendar of a bloc is one of its listed members alone, whether or not all are.
    CalendarsOfListedMembers,
}

/// Something to be fulfilled: what asks for it, and its identifier there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    by: String,
    id: String,
}

impl Asked {
    /// A test that comes up twice is done once, whatever asks for it.
    fn is_done_with(&self, other: &Self) -> bool {
        let is_test = |it: &Self| it.by.starts_with("equivalences/");
        self.id == other.id && (self.by == other.by || is_test(self) && is_test(other))
    }
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
    conditions: Vec<Asked>,
    designation: Option<String>,
    exemptions: Vec<String>,
}

impl Essence {
    /// What is decided: what came nearest explains it.
    pub(super) fn decided(mut self) -> Self {
        self.results.iter_mut().for_each(|it| it.miss = None);
        self
    }
}

pub(super) fn essence(decision: &Decision<'_>, question: &Question) -> Essence {
    let asked = |all: &[Condition<'_>]| -> Vec<Asked> {
        all.iter().map(|it| Asked { by: it.origin(), id: it.id().to_owned() }).collect()
    };
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
            conditions: asked(&route.conditions),
            designation: route.designation.as_ref().map(|it| it.name.name()),
            exemptions: route.exemptions.iter().map(|it| it.transition.name.name()).collect(),
        }),
        miss: result.nearest_miss.as_ref().map(|miss| (miss.annex.as_ref().map(|annex| annex.name.name()), miss.check)),
        missing: result.findings.iter().map(|finding| finding.code).collect(),
    });
    Essence {
        outcome: decision.outcome,
        demand: decision.demand,
        conditions: asked(&decision.conditions),
        results: results.collect(),
    }
}

struct World<'a> {
    entries: Vec<Entry>,
    question: &'a Question,
    translator: &'a dyn Translator,
    issuer: EconomyCode,
    flaw: Option<Flaw>,
}

enum Three {
    Yes,
    No,
    Unknown(&'static str),
}

pub(super) fn recognise(catalogue: &Catalogue, translator: &dyn Translator, question: &Question) -> Essence {
    recognise_with(None, catalogue, translator, question)
}

pub(super) fn recognise_with(
    flaw: Option<Flaw>,
    catalogue: &Catalogue,
    translator: &dyn Translator,
    question: &Question,
) -> Essence {
    let entries = catalogue.entries();
    let known_body = entries.iter().find_map(|entry| match entry {
        Entry::Body(body) if body.name == question.body => Some(body.economy.clone()),
        _ => None,
    });
    let issuer = known_body.unwrap_or_else(|| question.body_economy.clone());
    let world = World { entries, question, translator, issuer, flaw };
    world.recognise()
}

impl World<'_> {
    fn recognise(&self) -> Essence {
        let destination = &self.question.destination;
        let known = |economy: &EconomyCode| self.entry_of(economy).is_some();
        let origin_counts = self.flaw != Some(Flaw::AnyOrigin);
        if !known(destination) || origin_counts && !known(&self.question.origin) {
            let (demand, conditions, results) = (None, Vec::new(), Vec::new());
            return Essence { outcome: Outcome::Undetermined, demand, conditions, results };
        }
        // 1. Markets: the destination, and the blocs that it belongs to on that date.
        let mut markets = vec![destination.clone()];
        markets.extend(self.blocs_of(destination));
        // 2. Applicable requirements, mandatory ones first.
        let mut results: Vec<(bool, Judged, Option<RecognitionEffect>)> = Vec::new();
        for market in &markets {
            for entry in &self.entries {
                let Entry::Requirement(requirement) = entry else { continue };
                if requirement.market != *market {
                    continue;
                }
                let (judged, may_have) = match self.applies(requirement) {
                    Three::No => continue,
                    Three::Unknown(code) => {
                        let judged = Judged {
                            requirement: requirement.name.name(),
                            status: Status::Undetermined,
                            route: None,
                            miss: None,
                            missing: BTreeSet::from([code]),
                        };
                        (judged, Some(RecognitionEffect::Full))
                    }
                    Three::Yes => self.judge(requirement),
                };
                results.push((requirement.mandatory, judged, may_have));
            }
        }
        results.sort_by_key(|(mandatory, ..)| !mandatory);
        // 4. The verdict.
        let (mut outcome, counted) = self.overall(&results);
        if outcome == Outcome::NoRequirementApplies
            && !(self.holds_everything(&markets) && self.code_exists() && !self.may_be_bound(false))
        {
            outcome = Outcome::Undetermined;
        }
        let ways = counted.iter().filter_map(|judged| judged.route.as_ref());
        let conditions = self.each_once(ways.flat_map(|way| way.conditions.clone()).collect());
        // 5. What is only honoured has no say in whether goods may enter.
        let honoured_alone = !results.is_empty() && results.iter().all(|(mandatory, ..)| !mandatory);
        let is_met = matches!(outcome, Outcome::Recognised | Outcome::RecognisedOnConditions);
        let demand = (honoured_alone && !is_met).then(|| {
            let holds_all = self.holds_everything(&markets) && !self.may_be_bound(true);
            if holds_all { Demand::Nothing } else { Demand::Unknown }
        });
        let results = results.into_iter().map(|(_, judged, _)| judged).collect();
        Essence { outcome, demand, conditions, results }
    }

    fn overall(&self, results: &[(bool, Judged, Option<RecognitionEffect>)]) -> (Outcome, Vec<Judged>) {
        let mandatory: Vec<Judged> = results.iter().filter(|(m, ..)| *m).map(|(_, j, _)| j.clone()).collect();
        if mandatory.is_empty() {
            if results.is_empty() {
                return (Outcome::NoRequirementApplies, Vec::new());
            }
            // What may be stronger, were it known, comes before what is there.
            let may = |effect| results.iter().any(|(.., may_have)| *may_have == Some(effect));
            let mut order = vec![Status::Met];
            for (effect, weaker) in [
                (RecognitionEffect::Full, Status::MetInPart),
                (RecognitionEffect::Partial, Status::InformationOnly),
                (RecognitionEffect::InformationOnly, Status::NotMet),
            ] {
                if may(effect) && self.flaw != Some(Flaw::WhatIsThereSettles) {
                    order.push(Status::Undetermined);
                }
                order.push(weaker);
            }
            if self.flaw == Some(Flaw::WhatIsThereSettles) {
                order.insert(3, Status::Undetermined);
            }
            for status in order {
                let mut fitting: Vec<&Judged> =
                    results.iter().map(|(_, j, _)| j).filter(|j| j.status == status).collect();
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

    fn each_once(&self, all: Vec<Asked>) -> Vec<Asked> {
        let by_id = self.flaw == Some(Flaw::ConditionsByIdentifier);
        let mut once: Vec<Asked> = Vec::new();
        for asked in all {
            if !once.iter().any(|known| known.is_done_with(&asked) || by_id && known.id == asked.id) {
                once.push(asked);
            }
        }
        once
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

    /// Whether a bloc that the destination may belong to asks something of the goods, or may; or demands it.
    fn may_be_bound(&self, demands: bool) -> bool {
        self.entries.iter().any(|entry| match entry {
            Entry::Requirement(it) => {
                (it.mandatory || !demands)
                    && self.may_belong(&self.question.destination, &it.market)
                    && !matches!(self.applies(it), Three::No)
            }
            _ => false,
        })
    }

    fn code_exists(&self) -> bool {
        let code = &self.question.code;
        self.translator.translate(code, &code.edition).is_ok()
    }

    /// The blocs that it is a member of on the date, those that these are members of, and so on; by their codes.
    fn blocs_of(&self, economy: &EconomyCode) -> Vec<EconomyCode> {
        let date = self.question.date;
        let mut blocs: Vec<EconomyCode> = Vec::new();
        loop {
            let belongs =
                |it: &EconomyCode| it == economy || blocs.contains(it) && self.flaw != Some(Flaw::MembersAlone);
            let next = self.entries.iter().find_map(|entry| match entry {
                Entry::Economy(bloc) if bloc.name != *economy && !blocs.contains(&bloc.name) => {
                    let mut members = bloc.members.iter();
                    members.any(|it| belongs(&it.economy) && it.validity.contains(date)).then(|| bloc.name.clone())
                }
                _ => None,
            });
            let Some(next) = next else { break };
            blocs.push(next);
        }
        blocs.sort();
        blocs
    }

    fn belongs(&self, economy: &EconomyCode, whole: &EconomyCode) -> bool {
        economy == whole || self.blocs_of(economy).contains(whole)
    }

    fn entry_of(&self, economy: &EconomyCode) -> Option<&Economy> {
        self.entries.iter().find_map(|entry| match entry {
            Entry::Economy(it) if it.name == *economy => Some(it),
            _ => None,
        })
    }

    /// Whether the issuer belongs to one of these. Of an economy that nobody has written down nobody knows the blocs: a fact
    /// is missing wherever one of these is a bloc.
    fn issuer_belongs_to_any(&self, wholes: &[EconomyCode]) -> Three {
        if self.belongs_to_any(&self.issuer, wholes) {
            return Three::Yes;
        }
        let is_written_down = self.entry_of(&self.issuer).is_some() || self.flaw == Some(Flaw::AnyIssuer);
        let is_economy = |whole: &EconomyCode| self.entry_of(whole).is_some_and(|it| !it.bloc);
        if is_written_down {
            return self.belongs_to_one(&self.issuer, wholes);
        }
        if wholes.iter().all(is_economy) {
            return Three::No;
        }
        Three::Unknown("body_economy_unknown")
    }

    /// Whether an economy belongs to one of these. Where not every member of a bloc is written down, a fact is missing for all
    /// who are not, for that bloc and for what it belongs to.
    fn belongs_to_one(&self, economy: &EconomyCode, wholes: &[EconomyCode]) -> Three {
        if self.belongs_to_any(economy, wholes) {
            return Three::Yes;
        }
        let may = wholes.iter().any(|whole| self.may_belong(economy, whole));
        if may { Three::Unknown("bloc_members_unknown") } else { Three::No }
    }

    /// The same of two, of which one is enough.
    fn either_belongs(&self, one: &EconomyCode, other: &EconomyCode, wholes: &[EconomyCode]) -> Three {
        match (self.belongs_to_one(one, wholes), self.belongs_to_one(other, wholes)) {
            (Three::Yes, _) | (_, Three::Yes) => Three::Yes,
            (Three::Unknown(code), _) | (_, Three::Unknown(code)) => Three::Unknown(code),
            (Three::No, Three::No) => Three::No,
        }
    }

    /// Whether an economy that is not written down as belonging to a bloc may do so. Nothing belongs to a part of itself.
    fn may_belong(&self, economy: &EconomyCode, whole: &EconomyCode) -> bool {
        if self.flaw == Some(Flaw::ListedMembersAlone) || self.belongs(economy, whole) {
            return false;
        }
        self.entries.iter().any(|entry| match entry {
            Entry::Economy(bloc) => {
                bloc.members_incomplete && !self.belongs(&bloc.name, economy) && self.belongs(&bloc.name, whole)
            }
            _ => false,
        })
    }

    fn belongs_to_any(&self, economy: &EconomyCode, wholes: &[EconomyCode]) -> bool {
        wholes.iter().any(|whole| self.belongs(economy, whole))
    }

    /// Whether a requirement is in force and for these goods.
    fn applies(&self, requirement: &Requirement) -> Three {
        let origin = &self.question.origin;
        let of_these =
            if requirement.origins.is_empty() { Three::Yes } else { self.belongs_to_one(origin, &requirement.origins) };
        let of_origin = match (of_these, self.belongs_to_one(origin, &requirement.excluded_origins)) {
            (Three::No, _) | (_, Three::Yes) => return Three::No,
            (Three::Unknown(code), _) | (_, Three::Unknown(code)) => Three::Unknown(code),
            (Three::Yes, Three::No) => Three::Yes,
        };
        if !requirement.validity.contains(self.question.date) {
            return Three::No;
        }
        match self.covers(&requirement.codes) {
            Three::Yes => of_origin,
            other => other,
        }
    }

    /// What becomes of a requirement; and where that cannot be said, the strongest effect that it may have.
    fn judge(&self, requirement: &Requirement) -> (Judged, Option<RecognitionEffect>) {
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
        let mut missing: Vec<(RecognitionEffect, &'static str)> = Vec::new();
        match self.direct(requirement) {
            Ok(Ok(way)) => ways.push(way),
            Ok(Err(code)) => missing.push((RecognitionEffect::Full, code)),
            Err((check, passed)) => misses.push((passed, None, check)),
        }
        for entry in &self.entries {
            let Entry::Annex(annex) = entry else { continue };
            let Some(arrangement) = self.arrangement(annex) else { continue };
            let importing = arrangement.parties.iter().any(|party| {
                let of_it = std::slice::from_ref(&party.economy);
                party.direction != PartyDirection::IsAccepted
                    && !matches!(self.belongs_to_one(&requirement.market, of_it), Three::No)
            });
            if !importing {
                continue;
            }
            match self.by_annex(requirement, annex, arrangement) {
                Ok(Ok(way)) => ways.push(way),
                Ok(Err(code)) => missing.push((annex.effect, code)),
                // One by which no certificate would do comes nowhere near.
                Err(Check::Scheme) if !self.leads(requirement, annex) => {}
                Err(check) => misses.push((check.number() as u32 - 1, Some(annex.name.name()), check)),
            }
        }
        // The best route: strongest effect, fewest conditions, fewest links, direct, by name.
        ways.sort_by_key(|way| (way.effect, way.conditions.len(), way.links.len(), way.annex.clone()));
        let best = ways.into_iter().next();
        // What is missing and could make for a stronger effect leaves it unsaid; what could not does not matter.
        if let Some(best) = &best {
            missing.retain(|(effect, _)| *effect < best.effect && self.flaw != Some(Flaw::WeakerSettles));
        }
        let may_have = missing.iter().map(|(effect, _)| *effect).min();
        judged.missing = missing.into_iter().map(|(_, code)| code).collect();
        if !judged.missing.is_empty() {
            judged.status = Status::Undetermined;
        } else if let Some(best) = best {
            judged.status = match best.effect {
                RecognitionEffect::Full => Status::Met,
                RecognitionEffect::Partial => Status::MetInPart,
                RecognitionEffect::InformationOnly => Status::InformationOnly,
            };
            judged.route = Some(best);
        } else {
            // 5. The nearest miss: most checks passed; among equals the direct route, then by name.
            misses.sort_by_key(|(passed, annex, _)| (std::cmp::Reverse(*passed), annex.clone()));
            judged.miss = misses.into_iter().next().map(|(_, annex, check)| (annex, check));
        }
        (judged, may_have)
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
                let of_issuer = self.issuer_belongs_to_any(&rule.economies);
                let named = rule.any || rule.bodies.contains(body);
                if !acceptance.objects.is_empty() && !acceptance.objects.contains(&self.question.object) {
                    furthest = std::cmp::max_by_key(furthest, (Check::Object, 1), |f| f.1);
                } else if rule.excluded_bodies.contains(body) || !named && matches!(of_issuer, Three::No) {
                    furthest = std::cmp::max_by_key((Check::Body, 2), furthest, |f| f.1);
                    if rule.incomplete && !rule.excluded_bodies.contains(body) {
                        missing.get_or_insert("accepted_bodies_unknown");
                    }
                } else if let Three::No = self.edition(requirement, acceptance) {
                    furthest = (Check::Edition, 3);
                } else if let (false, Three::Unknown(code)) = (named, of_issuer) {
                    missing.get_or_insert(code);
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
                        conditions: calendar::shown_of_stock(&exempt),
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

    fn arrangement(&self, annex: &Annex) -> Option<&Arrangement> {
        self.entries.iter().find_map(|entry| match entry {
            Entry::Arrangement(it) if it.name == annex.arrangement => Some(it),
            _ => None,
        })
    }
}
