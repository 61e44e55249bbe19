//! One code.

use chrono::NaiveDate;
use greenlane_api::classification::v1::{GetCodeRequest, GetCodeResponse, GreenListMembership};
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;

use super::Lookup;
use crate::api::{error, parse, render};
use crate::domain::{Catalogue, MembershipStatus, Position, check_membership, history, resolve};

impl Lookup {
    pub(super) async fn get(&self, request: GetCodeRequest) -> Result<GetCodeResponse, Fault> {
        let mut v = Violations::new();
        let code = parse::code(&mut v, "code", request.code.as_ref());
        let languages = parse::languages(&mut v, &request.languages);
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let (code, languages, consistency) = v.finish_with(|| Some((code?, languages?, consistency?)))?;

        let catalogue = self.catalogues.read(consistency).await.map_err(error::read)?;
        let at = resolve(&catalogue, &code).map_err(|why| error::unresolved("code", why))?;
        let render = |at: Position| render::code(&catalogue, at, &languages);
        let mut answer =
            GetCodeResponse { code: Some(render(at)), revision: catalogue.revision, ..GetCodeResponse::default() };
        let row = catalogue.code(at);
        if request.include_ancestors {
            answer.ancestors = catalogue.ancestors(at).map(render).collect();
            answer.ancestors.reverse();
        }
        if request.include_children {
            answer.children = row.children.iter().map(|row| render(Position { row: *row, ..at })).collect();
        }
        if request.include_siblings {
            answer.siblings = siblings(&catalogue, at).into_iter().map(render).collect();
        }
        if request.include_notes {
            let above = std::iter::once(at).chain(catalogue.ancestors(at));
            answer.notes = above.flat_map(|at| render::notes(&catalogue, at)).collect();
        }
        if request.include_history {
            answer.history = history(&catalogue, at).iter().map(|step| render::event(&catalogue, step)).collect();
        }
        if request.include_green_lists {
            answer.memberships = memberships(&catalogue, at, self.clock.today());
        }
        Ok(answer)
    }
}

fn siblings(catalogue: &Catalogue, of: Position) -> Vec<Position> {
    let Some(parent) = catalogue.code(of).parent else { return Vec::new() };
    let rows = &catalogue.code(Position { row: parent, ..of }).children;
    rows.iter().filter(|row| **row != of.row).map(|row| Position { row: *row, ..of }).collect()
}

/// The lists that the code is on, wholly or in part.
fn memberships(catalogue: &Catalogue, of: Position, on: NaiveDate) -> Vec<GreenListMembership> {
    let found = catalogue.lists.iter().map(|list| (list, check_membership(catalogue, list, of, on, false)));
    let on_it = found.filter(|(_, found)| match found.status {
        MembershipStatus::Member | MembershipStatus::Partly => true,
        MembershipStatus::NotMember | MembershipStatus::Undetermined => false,
    });
    on_it.map(|(list, found)| render::membership(&list.fact, &found)).collect()
}
