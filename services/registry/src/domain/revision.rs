//! What a new version of a certificate may change.

mod parts;

use chrono::NaiveDate;

use self::parts::{Room, room};
use super::content::{Content, Product};
use super::life::{Reason, Step};

/// What an amendment does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Amendment {
    ExtendScope,
    ReduceScope,
    Correct,
}

impl Amendment {
    pub(crate) fn step(self) -> Step {
        match self {
            Self::ExtendScope => Step::ExtendScope,
            Self::ReduceScope => Step::ReduceScope,
            Self::Correct => Step::Reissue,
        }
    }
}

/// The field of a request that is to blame, and why.
pub(crate) type Fault = (&'static str, String);

/// Whether an amendment may leave the content as it is: the document is worth nothing, and is to be signed again.
pub(crate) fn signs_again(amendment: Amendment, reason: Reason) -> bool {
    amendment == Amendment::Correct && reason == Reason::KeyCompromise
}

/// Why an amendment may not make `after` of `before`; empty when it may.
pub(crate) fn amendment_faults(amendment: Amendment, before: &Content, after: &Content, reason: Reason) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    let mut check = |field, holds: bool, why: &str| {
        if !holds {
            faults.push((field, why.to_owned()));
        }
    };
    check("update_mask", before != after || signs_again(amendment, reason), "changes nothing");
    let same_scheme = before.scheme.scheme == after.scheme.scheme;
    check("content.scheme.scheme", same_scheme, "cannot change: another scheme is another certificate");
    let (whole, parts, taken_away_or_added) = match amendment {
        Amendment::Correct if reason == Reason::Mistake => return faults,
        Amendment::Correct => {
            let stays = "stays in a correction, unless the reason is a mistake: what is certified is extended, reduced or \
                         renewed by a step of its own";
            check("content.products", same_products(&before.products, &after.products), stays);
            check("content.scheme.level", before.scheme.level == after.scheme.level, stays);
            check("content.normative_documents", before.normative_documents == after.normative_documents, stays);
            check("content.granted_on", before.granted_on == after.granted_on, stays);
            check("content.valid_from", before.valid_from == after.valid_from, stays);
            check("content.valid_until", before.valid_until == after.valid_until, stays);
            return faults;
        }
        Amendment::ExtendScope => (
            after,
            before,
            "must still cover all that was covered, and as much of it in all: what is taken away is a reduction, a step of \
             its own",
        ),
        Amendment::ReduceScope => (
            before,
            after,
            "must not cover what was not covered, nor more of it in all: what is added is an extension, a step of its own",
        ),
    };
    match room(&whole.products, &parts.products) {
        Room::Found => {}
        Room::None => check("content.products", false, taken_away_or_added),
        Room::Unknown => check(
            "content.products",
            false,
            "are too many that each could be a part of several: say more of them, or change them in several steps",
        ),
    }
    let (level, becomes) = (&before.scheme.level, &after.scheme.level);
    let (holds, why) = match amendment {
        Amendment::ExtendScope => (level.is_empty() || !becomes.is_empty(), "is not given up but by a reduction"),
        Amendment::ReduceScope => (!level.is_empty() || becomes.is_empty(), "is not added but by an extension"),
        Amendment::Correct => (true, ""),
    };
    check("content.scheme.level", holds || !same_scheme, why);
    check("content.holder", before.holder == after.holder, "is changed by a correction only");
    check("content.granted_on", before.granted_on == after.granted_on, "is changed by a correction only");
    check("content.valid_from", before.valid_from == after.valid_from, "is changed by a correction only");
    check("content.valid_until", after.valid_until <= before.valid_until, "is not made later but by a renewal");
    // It ends a suspension, and so must have taken away what was not in order.
    if amendment == Amendment::ReduceScope && faults.is_empty() && !takes_away(before, after) {
        let why = if before.scheme.level == after.scheme.level {
            "takes nothing away: a reinstatement ends a suspension, and a correction puts the record right"
        } else {
            "takes nothing away but by another level, which may be a better one: say in `scope` what is no longer certified"
        };
        faults.push(("update_mask", why.to_owned()));
    }
    faults
}

/// Whether the same goods are covered, in whatever words.
fn same_products(before: &[Product], after: &[Product]) -> bool {
    before == after || room(before, after) == Room::Found && room(after, before) == Room::Found
}

/// Whether less is certified after than before, as far as that can be told: what a scope in other words takes away is the
/// body's to say. Which of two levels is the better one its scheme says, which is not known here: one in the place of the
/// other is by itself neither less nor more (ISO/IEC 17065, 7.11.1 b, takes out what does not conform).
fn takes_away(before: &Content, after: &Content) -> bool {
    before.scope != after.scope
        || !before.scheme.level.is_empty() && after.scheme.level.is_empty()
        || after.valid_until < before.valid_until
        || before.sites.iter().any(|site| !after.sites.contains(site))
        || before.normative_documents.iter().any(|document| !after.normative_documents.contains(document))
        || room(&after.products, &before.products) != Room::Found
}

/// The content after a renewal. When the last day has passed, validity begins anew today: the gap stays a gap.
pub(crate) fn renewed(
    before: &Content,
    valid_until: NaiveDate,
    authorised_by: String,
    today: NaiveDate,
) -> Result<Content, Fault> {
    if valid_until <= before.valid_until {
        return Err(("valid_until", format!("must be later than the present last day, {}", before.valid_until)));
    }
    if valid_until < today {
        return Err(("valid_until", "must not have passed".to_owned()));
    }
    let valid_from = if before.valid_until < today { today } else { before.valid_from };
    Ok(Content { valid_from, valid_until, authorised_by, ..before.clone() })
}

#[cfg(test)]
mod tests;
