//! A green list by its name, in the version that the name says.

use std::borrow::Cow;
use std::sync::Arc;

use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;

use super::{error, parse};
use crate::app::Catalogues;
use crate::domain::{Catalogue, ListData};
use crate::store;

/// Which list, in which version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListName {
    pub(super) id: String,
    /// Zero means that of the catalogue.
    pub(super) version: u32,
}

impl ListName {
    /// A list by resource name, with `@` and a version behind it if that is not the current one: `greenLists/apec-54@2`.
    pub(super) fn parse(v: &mut Violations, field: &str, raw: &str) -> Option<Self> {
        let Some((name, version)) = raw.split_once('@') else {
            return parse::green_list(v, field, raw).map(|id| Self { id, version: 0 });
        };
        let id = parse::green_list(v, field, name);
        let digits = version.bytes().all(|byte| byte.is_ascii_digit()) && !version.starts_with('0');
        let version: Option<u32> = version.parse().ok().filter(|_| digits);
        v.check(field, version.is_some(), "must have a version behind the `@`: 1, 2, 3, …");
        Some(Self { id: id?, version: version? })
    }

    /// Those of the field `green_lists`.
    pub(super) fn several(v: &mut Violations, raw: &[String]) -> Option<Vec<Self>> {
        parse::bounded(v, "green_lists", raw.len())?;
        let parsed: Vec<_> =
            raw.iter().enumerate().map(|(at, raw)| Self::parse(v, &format!("green_lists[{at}]"), raw)).collect();
        parsed.into_iter().collect()
    }

    /// The list that is meant. A version that there is not is not found.
    pub(super) async fn find<'c>(
        &self,
        catalogues: &Catalogues,
        catalogue: &'c Catalogue,
    ) -> Result<Cow<'c, ListData>, Fault> {
        let Self { id, version } = self;
        let current = self.in_some_version(catalogue)?;
        if *version == 0 || *version == current.fact.version {
            return Ok(Cow::Borrowed(current));
        }
        let found = store::list_at_version(catalogues.store(), id, *version, catalogue.revision).await;
        let missing = || {
            Fault::not_found(format!("greenLists/{id}")).with_message(format!("the list {id} has no version {version}"))
        };
        Ok(Cow::Owned(found.map_err(error::store)?.ok_or_else(missing)?))
    }

    /// The list as it is in a catalogue, in whatever version is meant.
    fn in_some_version<'c>(&self, catalogue: &'c Catalogue) -> Result<&'c ListData, Fault> {
        catalogue.list(&self.id).ok_or_else(|| Fault::not_found(format!("greenLists/{}", self.id)))
    }

    /// Nothing, where a catalogue has all the lists.
    pub(super) fn all_in(names: &[Self], catalogue: &Catalogue) -> Result<(), Fault> {
        names.iter().try_for_each(|name| name.in_some_version(catalogue).map(|_| ()))
    }

    /// The lists that are meant.
    pub(super) async fn find_all<'c>(
        names: &[Self],
        catalogues: &Catalogues,
        catalogue: &'c Catalogue,
    ) -> Result<Vec<Cow<'c, ListData>>, Fault> {
        let mut found = Vec::with_capacity(names.len());
        for name in names {
            found.push(name.find(catalogues, catalogue).await?);
        }
        Ok(found)
    }

    /// A catalogue in which the lists are as they were in the versions that are meant.
    pub(super) async fn put_back(
        names: &[Self],
        catalogues: &Catalogues,
        catalogue: Arc<Catalogue>,
    ) -> Result<Arc<Catalogue>, Fault> {
        let mut earlier = Vec::new();
        for list in Self::find_all(names, catalogues, &catalogue).await? {
            if let Cow::Owned(list) = list {
                earlier.push(list);
            }
        }
        Ok(if earlier.is_empty() { catalogue } else { Arc::new(catalogue.with_earlier(earlier)) })
    }
}
