//! Whether goods that were meant are meant still.

use crate::domain::code::CodeScope;

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
