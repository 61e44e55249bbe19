//! One market of a question: what it asks of the goods, and by which annexes it accepts the issuer's results.

use std::sync::Arc;

use super::Detail;
use super::context::{Context, Place};
use crate::domain::catalogue::AnnexEntry;
use crate::domain::key::EconomyCode;
use crate::domain::requirement::Requirement;

/// A market.
pub(super) struct Market<'a> {
    pub(super) place: Place<'a>,
    /// The annexes that may give a route, in the order of names.
    pub(super) annexes: Vec<&'a AnnexEntry>,
}

impl<'a> Market<'a> {
    pub(super) fn new(ctx: &Context<'a>, economy: &'a EconomyCode) -> Self {
        let place = Place::new(ctx.catalogue, economy, ctx.date());
        let mut annexes: Vec<&'a AnnexEntry> = Vec::new();
        for importer in place.codes() {
            if ctx.detail == Detail::Attempts {
                annexes.extend(ctx.catalogue.annexes_accepted_by(importer).iter().map(|it| &**it));
                continue;
            }
            // An annex to which the issuer is no party fails at the first check and is never the nearest miss.
            for exporter in ctx.issuer.codes() {
                annexes.extend(ctx.catalogue.annexes_between(importer, exporter).iter().map(|it| &**it));
            }
        }
        if annexes.len() > 1 {
            annexes.sort_by(|a, b| a.annex.name.cmp(&b.annex.name));
            annexes.dedup_by(|a, b| a.annex.name == b.annex.name);
        }
        Self { place, annexes }
    }
}

/// The requirements of a market that are in force and whose scope touches the goods, in the order of names.
pub(super) fn applicable<'a>(ctx: &Context<'a>, economy: &EconomyCode) -> Vec<&'a Arc<Requirement>> {
    let Some(by_code) = ctx.catalogue.requirements_by_code(economy) else { return Vec::new() };
    let all = by_code.all();
    let code = &ctx.question.code;
    let mut found: Vec<u32> = Vec::new();
    for of in by_code.editions() {
        if of.is_universal() {
            found.extend(&of.all);
        } else if of.edition == code.edition {
            of.find(&code.code, &mut found);
        } else if of.all.iter().any(|index| ctx.in_question(&all[*index as usize])) {
            match ctx.translate(&of.edition) {
                Ok(codes) => codes.iter().for_each(|code| of.find(code, &mut found)),
                // Whether they apply cannot be said: each of them says so.
                Err(_) => found.extend(&of.all),
            }
        }
    }
    if found.len() > 1 {
        found.sort_unstable();
        found.dedup();
    }
    found.into_iter().map(|index| &all[index as usize]).filter(|it| ctx.in_question(it)).collect()
}
