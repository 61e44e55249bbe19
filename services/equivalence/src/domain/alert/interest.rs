//! What a subscription is about, and whether it is concerned.

use greenlane_curation::alerts::Concerns;
use serde::{Deserialize, Serialize};

use super::reach::Reach;
use crate::domain::code::{CodeReference, CodeScope, Within};
use crate::domain::equivalence::TargetKey;
use crate::domain::key::EconomyCode;
use crate::domain::translate::Translator;

/// What somebody wants to be told of. Each list narrows; an empty one does not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interest {
    /// Products.
    pub codes: Vec<CodeReference>,
    /// Markets.
    pub markets: Vec<EconomyCode>,
    /// Schemes and standards that are held.
    pub schemes: Vec<TargetKey>,
    /// Where the products originate.
    #[serde(default)]
    pub origins: Vec<EconomyCode>,
}

impl Interest {
    /// Whether something of this reach concerns the subscriber.
    pub fn in_reach(&self, reach: &Reach, codes: &dyn Translator) -> Concerns {
        let meets = |some: bool, all: bool| some || all;
        let markets = reach.markets.as_ref();
        let market = meets(
            self.markets.is_empty(),
            markets.is_none_or(|markets| self.markets.iter().any(|it| markets.contains(it))),
        );
        let targets = reach.targets.as_ref();
        let scheme = meets(
            self.schemes.is_empty(),
            targets.is_none_or(|targets| self.schemes.iter().any(|it| targets.contains(it))),
        );
        let origins = reach.origins.as_ref();
        let origin = meets(
            self.origins.is_empty(),
            origins.is_none_or(|origins| self.origins.iter().any(|it| origins.contains(it))),
        );
        if !(market && scheme && origin) {
            return Concerns::No;
        }
        let Some(scopes) = &reach.codes else { return Concerns::Yes };
        if self.codes.is_empty() {
            return Concerns::Yes;
        }
        let each = self.codes.iter().flat_map(|code| scopes.iter().map(move |scope| touches(scope, code, codes)));
        each.max().unwrap_or(Concerns::No)
    }
}

/// Whether a scope touches a code or a heading.
fn touches(scope: &CodeScope, code: &CodeReference, codes: &dyn Translator) -> Concerns {
    let in_edition = |code: &str| match scope.contains(code) {
        // A heading of which some codes are meant is concerned.
        Within::Yes | Within::Ambiguous => Concerns::Yes,
        Within::Partly => Concerns::Perhaps,
        Within::No => Concerns::No,
    };
    if scope.code.edition == code.edition {
        return in_edition(&code.code);
    }
    match codes.translate(code, &scope.code.edition) {
        Ok(translated) => translated.iter().map(|code| in_edition(code)).max().unwrap_or(Concerns::Perhaps),
        Err(_) => Concerns::Perhaps,
    }
}
