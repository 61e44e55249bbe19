//! Whether goods lie within a part of a code system: every completion of the code is tried.

use super::{Three, World};
use crate::domain::code::CodeScope;
use crate::domain::translate::TranslateError;

impl World<'_> {
    pub(super) fn covers(&self, scopes: &[CodeScope]) -> Three {
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
}

/// Enough completions of a code to tell every prefix that is spoken of from what lies beside it.
fn leaves(code: &str, scopes: &[CodeScope]) -> Vec<String> {
    let mut leaves = vec![format!("{code}zzzzzz")];
    let spoken = scopes.iter().flat_map(|scope| scope.except.iter().chain([&scope.code.code]));
    leaves.extend(spoken.filter(|prefix| prefix.starts_with(code)).map(|prefix| format!("{prefix}zzzzzz")));
    leaves
}
