//! Whether the goods lie within a part of a code system, in whatever edition that speaks.

use super::context::Context;
use super::market;
use crate::domain::catalogue::{Code, Scopes};
use crate::domain::code::Within;
use crate::domain::decision::Finding;
use crate::domain::key::EconomyCode;
use crate::domain::translate::TranslateError;

/// How the goods lie to a list of scopes.
pub(super) enum Coverage {
    /// Within, all of them.
    Inside,
    /// Without.
    Outside,
    /// It cannot be told.
    Unknown(Finding),
}

impl Context<'_, '_> {
    /// How the goods lie to a list of scopes of one edition. An empty list means everything.
    pub(super) fn coverage(&self, scopes: &Scopes) -> Coverage {
        if scopes.is_everything() {
            return Coverage::Inside;
        }
        if scopes.edition == self.edition {
            return match scopes.contain(self.code) {
                Within::Yes => Coverage::Inside,
                Within::No => Coverage::Outside,
                within => self.judge(&[within], &self.question.code.edition),
            };
        }
        self.translated_coverage(scopes)
    }

    /// Whether the goods lie without, as far as that is told by their code as it is.
    pub(super) fn lies_outside(&self, scopes: &Scopes) -> bool {
        !scopes.is_everything() && scopes.edition == self.edition && scopes.contain(self.code) == Within::No
    }

    fn translated_coverage(&self, scopes: &Scopes) -> Coverage {
        let code = &self.question.code;
        // Every edition that a scope speaks in has a name.
        let Some(edition) = self.catalogue.edition_name(scopes.edition) else { return Coverage::Outside };
        match self.translate(edition) {
            Ok(codes) => {
                let each: Vec<_> = codes.iter().map(|code| scopes.contain(Code::new(code))).collect();
                self.judge(&each, edition)
            }
            Err(TranslateError::Unknown) => Coverage::Unknown(Finding::about(
                "code_unknown",
                "code",
                code,
                format!("classification knows no complete translation of {code} to {edition}"),
            )),
            Err(TranslateError::Unavailable) => Coverage::Unknown(Finding::about(
                "classification_unavailable",
                "code",
                code,
                format!("{code} could not be translated to {edition}: classification is out of reach or too old"),
            )),
        }
    }

    /// Why it cannot be said that nothing is demanded of the goods although no mandatory requirement is held that covers
    /// them: the catalogue may lack one. Where nothing is honoured of them either, nothing is asked at all: there may be no
    /// such goods, and a bloc that honours something has a say too.
    pub(super) fn doubts_that_nothing_is_demanded(&self, nor_honoured: bool) -> Vec<Finding> {
        let markets = self.destination.codes();
        let mut doubts: Vec<_> = markets.filter_map(|market| self.doubt_of_completeness(market)).collect();
        let possible = self.destination.possible().iter();
        doubts.extend(possible.filter_map(|bloc| self.doubt_of_membership(*bloc, nor_honoured)));
        if nor_honoured && doubts.is_empty() {
            doubts.extend(self.doubt_of_existence());
        }
        doubts
    }

    fn doubt_of_completeness(&self, market: &EconomyCode) -> Option<Finding> {
        let complete = self.catalogue.economy(market).and_then(|economy| economy.complete.as_ref());
        match complete.map(|codes| self.coverage(codes)) {
            Some(Coverage::Inside) => None,
            Some(Coverage::Unknown(finding)) => Some(finding),
            None | Some(Coverage::Outside) => {
                let market = market.as_str();
                let message = format!("the catalogue may lack requirements of {market} for these goods");
                Some(Finding::about("market_not_covered", "market", market, message))
            }
        }
    }

    /// Of a bloc that the destination may belong to, if it demands something of the goods, `or_honours` something.
    fn doubt_of_membership(&self, bloc: u32, or_honours: bool) -> Option<Finding> {
        let applicable = market::applicable(self, self.catalogue.economy_of(bloc));
        let mut counted = applicable.iter().filter(|entry| entry.mandatory || or_honours);
        let asks = counted.any(|entry| !matches!(self.coverage(&entry.codes), Coverage::Outside));
        if asks { self.membership_missing(&self.destination, bloc) } else { None }
    }

    fn doubt_of_existence(&self) -> Option<Finding> {
        let code = &self.question.code;
        match self.translate(&code.edition) {
            Ok(_) => None,
            Err(TranslateError::Unknown) => {
                let message = format!("classification does not know the code {code}");
                Some(Finding::about("code_unknown", "code", code, message))
            }
            Err(TranslateError::Unavailable) => {
                let message =
                    format!("whether there is a code {code} is not known: classification is out of reach or too old");
                Some(Finding::about("classification_unavailable", "code", code, message))
            }
        }
    }

    /// Goods that may have several codes lie within only if each of them does.
    fn judge(&self, each: &[Within], edition: &str) -> Coverage {
        let code = &self.question.code;
        if !each.is_empty() && each.iter().all(|within| *within == Within::Yes) {
            return Coverage::Inside;
        }
        if !each.is_empty() && each.iter().all(|within| *within == Within::No) {
            return Coverage::Outside;
        }
        if each.contains(&Within::Partly) {
            let message = format!("only a part of {code} is meant, and a code cannot tell which goods are");
            return Coverage::Unknown(Finding::about("code_partly_covered", "code", code, message));
        }
        let message = format!("some goods of {code} are meant in {edition} and others are not: give a finer code");
        Coverage::Unknown(Finding::about("code_ambiguous", "code", code, message))
    }
}
