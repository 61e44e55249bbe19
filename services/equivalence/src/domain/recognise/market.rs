//! One market of a question: what it asks of the goods, and by which annexes it accepts the issuer's results.

use smallvec::SmallVec;

use super::Detail;
use super::context::{Context, Place};
use crate::domain::catalogue::{AnnexEntry, Code, EconomyEntry, EditionScopes, NONE, RequirementEntry, Requirements};
use crate::domain::key::EconomyCode;

/// A market.
pub(super) struct Market<'a: 'q, 'q> {
    pub(super) place: Place<'a, 'q>,
    /// The annexes that may give a route, in the order of names.
    pub(super) annexes: SmallVec<[&'a AnnexEntry; 8]>,
}

impl<'a, 'q> Market<'a, 'q> {
    pub(super) fn new(ctx: &Context<'a, 'q>, economy: &'q EconomyCode) -> Self {
        let place = if ctx.destination.economy == economy {
            ctx.destination.clone()
        } else {
            Place::new(ctx.catalogue, economy, ctx.date())
        };
        // Of an issuer in an economy that is not known, any of them may be.
        let annexes = if ctx.detail == Detail::Attempts || !ctx.issuer.is_known() {
            // Those of a bloc that the market only may belong to are told where the issuer may be a party too.
            let importers: SmallVec<[u32; 8]> =
                if ctx.issuer.is_known() { place.numbers().into() } else { place.all_numbers() };
            let possible = ctx.catalogue.annexes_between(place.possible(), &ctx.issuer.all_numbers(), None);
            let all = importers.iter().flat_map(|importer| ctx.catalogue.annexes_accepted_in(*importer));
            let all = all.chain(possible);
            let mut all: SmallVec<[&'a AnnexEntry; 8]> = all.collect();
            all.sort_unstable_by_key(|it| it.terms.place);
            all.dedup_by_key(|it| it.terms.place);
            all
        } else {
            // An annex to which the issuer is no party fails at the first check and is never the nearest miss. One that does
            // not cover the goods may be, but who asks for the outcome alone is told of no miss.
            let goods = (ctx.detail == Detail::Outcome).then_some((ctx.edition, ctx.code));
            ctx.catalogue.annexes_between(&place.all_numbers(), &ctx.issuer.all_numbers(), goods)
        };
        Self { place, annexes }
    }
}

/// The requirements of a market that are in force and whose scope touches the goods, in the order of names.
pub(super) fn applicable<'a>(
    ctx: &Context<'a, '_>,
    place: Option<&'a EconomyEntry>,
) -> SmallVec<[&'a RequirementEntry; 8]> {
    let requirements = place.map(|it| &it.requirements);
    let mut found: SmallVec<[u32; 8]> = SmallVec::new();
    for of in requirements.map_or(&[][..], |it| &it.editions) {
        if of.edition == NONE {
            found.extend_from_slice(&of.all);
        } else if of.edition == ctx.edition {
            of.find(ctx.code, &mut found);
        } else {
            elsewhere(ctx, requirements, of, &mut found);
        }
    }
    if found.len() > 1 {
        found.sort_unstable();
        found.dedup();
    }
    ctx.catalogue.read_on_ahead(&ctx.held, ctx.destination.number(), ctx.issuer.number());
    let found = found.into_iter().filter_map(|at| requirements?.all.get(at as usize));
    found.filter(|it| ctx.in_question(it)).collect()
}

/// Those that speak in another edition than the question.
fn elsewhere(ctx: &Context<'_, '_>, all: Option<&Requirements>, of: &EditionScopes, found: &mut SmallVec<[u32; 8]>) {
    let Some(edition) = ctx.catalogue.edition_name(of.edition) else { return };
    let in_question = |at: &u32| all.and_then(|it| it.all.get(*at as usize)).is_some_and(|it| ctx.in_question(it));
    if !of.all.iter().any(in_question) {
        return;
    }
    match ctx.translate(edition) {
        Ok(codes) => codes.iter().for_each(|code| of.find(Code::new(code), found)),
        // Whether they apply cannot be said: each of them says so.
        Err(_) => found.extend_from_slice(&of.all),
    }
}
