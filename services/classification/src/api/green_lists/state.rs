//! A list as it was at some time.

use std::borrow::Cow;

use chrono::NaiveDate;
use greenlane_api::classification::v1::GreenListState;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;

use super::GreenLists;
use crate::api::error;
use crate::api::named_list::ListName;
use crate::domain::{Catalogue, EditionId, ListData, OnDay, resolve_edition};

/// Which list, in which version, on which day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StateRef {
    name: ListName,
    on: NaiveDate,
}

impl StateRef {
    /// Whether another one is of the same list, in whatever version and on whatever day.
    pub(super) fn is_of_list_of(&self, other: &Self) -> bool {
        self.name.id == other.name.id
    }
}

/// The list as it was.
#[derive(Debug)]
pub(super) struct State<'c> {
    list: Cow<'c, ListData>,
    on: NaiveDate,
}

impl State<'_> {
    pub(super) fn on_day(&self) -> OnDay<'_> {
        (&self.list, self.on)
    }

    pub(super) fn list(&self) -> &ListData {
        &self.list
    }

    /// Resource name of the list.
    pub(super) fn name(&self) -> String {
        format!("greenLists/{}", self.list.fact.id)
    }
}

impl GreenLists {
    /// The field that names a list's state.
    pub(super) fn state_ref(&self, v: &mut Violations, field: &str, raw: Option<&GreenListState>) -> Option<StateRef> {
        let raw = v.required(field, raw)?;
        let mut v = v.scope(field);
        let name = ListName::parse(&mut v, "name", &raw.name);
        let on = self.day(&mut v, &raw.date);
        let mut name = name?;
        let one = raw.version == 0 || name.version == 0 || raw.version == name.version;
        v.check("version", one, "must be that of the name, or 0");
        name.version = name.version.max(raw.version);
        Some(StateRef { name, on: on? })
    }

    /// The list that is meant. A version that there is not is not found.
    pub(super) async fn state<'c>(&self, catalogue: &'c Catalogue, asked: &StateRef) -> Result<State<'c>, Fault> {
        let list = asked.name.find(&self.catalogues, catalogue).await?;
        Ok(State { list, on: asked.on })
    }
}

/// What a page token is bound to.
pub(super) fn binding(raw: Option<&GreenListState>) -> String {
    raw.map(|raw| format!("{}\n{}\n{}", raw.name, raw.version, raw.date)).unwrap_or_default()
}

/// An edition by resource name.
pub(super) fn edition_name(v: &mut Violations, field: &str, raw: &str) -> Option<EditionId> {
    let [id] = v.resource_name::<1>(field, raw, "editions/{edition}")?;
    v.parse(field, EditionId::parse(&id))
}

/// Where an edition is.
pub(super) fn edition(catalogue: &Catalogue, field: &str, id: &EditionId) -> Result<usize, Fault> {
    resolve_edition(catalogue, id).map_err(|why| error::unresolved(field, why))
}
