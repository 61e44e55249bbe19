//! Whether goods that were meant are meant still.

use std::sync::Arc;

use crate::domain::code::{CodeReference, CodeScope};

/// Those of `some` that are not wholly within one of `all`. What several cover only together, or another edition's
/// codes do, cannot be told from the codes alone.
pub(super) fn beyond<'s>(all: &[CodeScope], some: &'s [CodeScope]) -> Vec<&'s CodeScope> {
    some.iter().filter(|one| !all.iter().any(|whole| holds(whole, one))).collect()
}

/// Whether everything that `part` means is meant by `whole`.
fn holds(whole: &CodeScope, part: &CodeScope) -> bool {
    let (outer, inner) = (&*whole.code.code, &*part.code.code);
    let described = whole.ex_description.is_empty() || whole.ex_description == part.ex_description;
    let kept = |except: &str| {
        let apart = !except.starts_with(inner) && !inner.starts_with(except);
        apart || part.except.iter().any(|it| except.starts_with(&**it))
    };
    whole.code.edition == part.code.edition
        && inner.starts_with(outer)
        && described
        && whole.except.iter().all(|except| kept(except))
}

/// What of `some` is not meant by `whole`; all of it where that cannot be told.
pub(in crate::domain::change) fn without(some: &CodeScope, whole: &CodeScope) -> Vec<CodeScope> {
    if holds(whole, some) {
        return Vec::new();
    }
    let (one, other) = (&*some.code.code, &*whole.code.code);
    if some.code.edition != whole.code.edition || !whole.ex_description.is_empty() || !overlap(some, whole) {
        return vec![some.clone()];
    }
    let under = |code: &Arc<str>| CodeScope {
        code: CodeReference { edition: some.code.edition.clone(), code: code.clone() },
        except: some.except.iter().filter(|it| it.starts_with(&**code)).cloned().collect(),
        ex_description: some.ex_description.clone(),
    };
    // What the whole excepts stays, as far as it is meant.
    let meant = |code: &&Arc<str>| code.starts_with(one) && !some.except.iter().any(|it| code.starts_with(&**it));
    let mut left: Vec<CodeScope> = whole.except.iter().filter(meant).map(under).collect();
    if !one.starts_with(other) {
        let mut beside = some.clone();
        beside.except.push(whole.code.code.clone());
        left.push(beside);
    }
    left
}

/// Whether something may be meant by both. What another edition's code means is not told by its digits.
pub(in crate::domain::change) fn overlap(one: &CodeScope, other: &CodeScope) -> bool {
    if one.code.edition != other.code.edition {
        return true;
    }
    let (short, long) = if one.code.code.len() <= other.code.code.len() { (one, other) } else { (other, one) };
    let excepted = |it: &CodeScope| it.except.iter().any(|except| long.code.code.starts_with(&**except));
    long.code.code.starts_with(&*short.code.code) && !excepted(one) && !excepted(other)
}
