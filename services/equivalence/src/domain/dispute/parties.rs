//! Who has a part in a dispute.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Actor, Subject};
use crate::domain::catalogue::Catalogue;
use crate::domain::key::{BodyKey, DesignationKey, EconomyCode};
use crate::domain::question::Question;

/// Bodies by resource name and economies by code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parties {
    /// Who has to answer.
    pub respondents: BTreeSet<String>,
    /// Who else has a part in it.
    pub interested: BTreeSet<String>,
}

impl Parties {
    /// Of what is challenged; `question` is the one of a challenged decision. None when it is not in the catalogue.
    pub fn of(subject: &Subject, question: Option<&Question>, catalogue: &Catalogue) -> Option<Self> {
        let mut parties = Self::default();
        let body = |name: &str| catalogue.bodies.get(&BodyKey::parse(name).ok()?);
        // Where the catalogue knows the body, what it says counts and not what the challenger does.
        let economy = |name: &str, said: &str| body(name).map_or(said, |it| it.economy.as_str()).to_owned();
        match subject {
            Subject::Body(name) => {
                let found = body(name)?;
                parties.respondents.extend([found.name.name(), found.economy.as_str().to_owned()]);
            }
            Subject::Designation(name) => {
                let designation = catalogue.designations.get(&DesignationKey::parse(name).ok()?)?;
                for name in [&designation.authority, &designation.body] {
                    parties.respondents.insert(name.name());
                    let economy = body(&name.name()).map(|it| it.economy.as_str().to_owned());
                    parties.respondents.extend(economy);
                }
            }
            Subject::Certificate { body, body_economy, .. } => {
                parties.respondents.extend([body.clone(), economy(body, body_economy)]);
            }
            Subject::Decision { .. } => {
                let question = question?;
                parties.respondents.insert(question.destination.as_str().to_owned());
                parties.interested.extend([
                    question.body.name(),
                    economy(&question.body.name(), question.body_economy.as_str()),
                    question.origin.as_str().to_owned(),
                ]);
            }
        }
        Some(parties)
    }

    /// Whether somebody has to answer.
    pub fn responds(&self, actor: &Actor) -> bool {
        actor.names().any(|name| self.respondents.contains(name))
    }

    /// Everybody with a part in it, the challenger too, with the members of blocs and the blocs of members.
    pub fn with_an_interest(&self, challenger: &Actor, catalogue: &Catalogue) -> BTreeSet<String> {
        let named = self.respondents.iter().chain(&self.interested).map(String::as_str).chain(challenger.names());
        let mut all = BTreeSet::new();
        for name in named {
            all.insert(name.to_owned());
            let body = BodyKey::parse(name).ok().filter(|_| name.starts_with("bodies/"));
            let economy = body.and_then(|key| catalogue.bodies.get(&key)).map(|body| body.economy.as_str().to_owned());
            all.extend(economy);
        }
        with_blocs(all, catalogue)
    }
}

/// The names, with the members of blocs and the blocs of members.
pub fn with_blocs(mut names: BTreeSet<String>, catalogue: &Catalogue) -> BTreeSet<String> {
    let code = |economy: &EconomyCode| economy.as_str().to_owned();
    let blocs: Vec<_> = catalogue.economies.values().filter(|it| it.bloc).collect();
    let named: BTreeSet<String> = names.clone();
    // Members that are blocs have members, and blocs belong to blocs.
    loop {
        let known = names.len();
        let of = blocs.iter().filter(|bloc| names.contains(bloc.name.as_str()));
        let members: Vec<_> = of.flat_map(|bloc| &bloc.members).map(|member| code(&member.economy)).collect();
        names.extend(members);
        if names.len() == known {
            break;
        }
    }
    let mut within = named;
    loop {
        let known = within.len();
        let whole = blocs.iter().filter(|bloc| bloc.members.iter().any(|it| within.contains(it.economy.as_str())));
        let whole: Vec<_> = whole.map(|bloc| code(&bloc.name)).collect();
        within.extend(whole);
        if within.len() == known {
            break;
        }
    }
    names.extend(within);
    names
}
