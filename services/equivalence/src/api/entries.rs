//! What all readers of entries share: one entry by name, and pages in the order of names.

use std::collections::BTreeMap;
use std::sync::Arc;

use greenlane_api::common::v1::ReadConsistency;
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};
use prost::{Message, Name};
use serde::Serialize;

use super::wire;
use crate::app::catalogue::Catalogues;
use crate::domain::catalogue::Catalogue;
use crate::domain::key::KeyError;
use crate::store::entries::Loaded;

/// The maps of the catalogue.
pub(super) type Entries<K, T> = BTreeMap<K, Arc<T>>;

/// One entry, with the revision read and the one since which it is so.
pub(super) struct Found<M> {
    pub(super) entry: M,
    pub(super) revision: u64,
    pub(super) since: u64,
}

/// A collection of resource names, and how a key of it is read.
pub(super) type Kind<K> = (&'static str, fn(&str) -> Result<K, KeyError>);

/// Reads the entry of a name.
pub(super) async fn read<K: Ord + ToString, T: Serialize, M: Message + Name + Default>(
    catalogues: &Catalogues,
    name: &str,
    consistency: Option<ReadConsistency>,
    (collection, parse): Kind<K>,
    entries: fn(&Catalogue) -> &Entries<K, T>,
) -> Result<Found<M>, Fault> {
    let mut v = Violations::new();
    let key = if name.is_empty() {
        v.required("name", None)
    } else if name.strip_prefix(collection).is_some_and(|rest| rest.starts_with('/')) {
        v.parse("name", parse(name))
    } else {
        v.add("name", format!("must be a resource name that begins with {collection}/"));
        None
    };
    let consistency = Consistency::parse(&mut v, consistency.as_ref());
    let (key, consistency) = v.finish_with(|| Some((key?, consistency?)))?;
    let loaded = catalogues.at(consistency).await?;
    let name = key.to_string();
    let entry = entries(&loaded.catalogue).get(&key).ok_or_else(|| Fault::not_found(name.as_str()))?;
    Ok(Found {
        entry: wire::to_wire(&**entry)?,
        revision: loaded.catalogue.revision(),
        since: loaded.since.get(&name).copied().unwrap_or(0),
    })
}

/// What a list request says of its page.
pub(super) struct PageRequest {
    pub(super) method: &'static str,
    pub(super) page_size: i32,
    pub(super) page_token: String,
    pub(super) consistency: Option<ReadConsistency>,
    /// The filters' encoding: a token is good for the same filters only.
    pub(super) filters: Vec<u8>,
}

/// A page that is ready to be filled.
pub(super) struct Page {
    pub(super) loaded: Arc<Loaded>,
    binding: PageBinding,
    size: usize,
    after: Option<String>,
}

impl Page {
    /// Reads the page's parameters beside the filters, whose faults are in `v`.
    pub(super) async fn open(mut v: Violations, catalogues: &Catalogues, request: PageRequest) -> Result<Self, Fault> {
        let binding = PageBinding::new(request.method).with(&request.filters);
        let size = v.page_size(request.page_size);
        let cursor = v.page_token::<(u64, String)>(&request.page_token, &binding);
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let (size, cursor, consistency) = v.finish_with(|| Some((size?, cursor?, consistency?)))?;
        // Later pages are read at the revision of the first.
        let (consistency, after) = match cursor {
            Some((revision, after)) if revision > 0 => (Consistency::Exactly(revision), Some(after)),
            Some((_, after)) => (consistency, Some(after)),
            None => (consistency, None),
        };
        Ok(Self { loaded: catalogues.at(consistency).await?, binding, size, after })
    }

    /// The revision that is read.
    pub(super) fn revision(&self) -> u64 {
        self.loaded.catalogue.revision()
    }

    /// Fills the page and makes the next one's token.
    pub(super) fn fill<K: Ord + ToString, T: Serialize, M: Message + Name + Default>(
        &self,
        entries: &Entries<K, T>,
        wanted: impl Fn(&T) -> bool,
    ) -> Result<(Vec<M>, String), Fault> {
        let later = |name: &str| self.after.as_deref().is_none_or(|after| name > after);
        let mut fitting = entries
            .iter()
            .map(|(key, entry)| (key.to_string(), entry))
            .filter(|(name, entry)| later(name) && wanted(entry));
        let mut page = Vec::new();
        let mut last = None;
        for (name, entry) in fitting.by_ref().take(self.size) {
            page.push(wire::to_wire(&**entry)?);
            last = Some(name);
        }
        let token = match last {
            Some(last) if fitting.next().is_some() => self.binding.token(&(self.revision(), last))?,
            _ => String::new(),
        };
        Ok((page, token))
    }
}

/// The body of a Get method.
macro_rules! get {
    ($self:ident, $request:ident, $response:ident { $field:ident }, $key:ty, $map:ident) => {{
        let request = $request.into_inner();
        let kind: super::entries::Kind<$key> = (<$key>::COLLECTION, <$key>::parse);
        let (name, consistency) = (&request.name, request.consistency);
        let found = super::entries::read(&$self.catalogues, name, consistency, kind, |all| &all.$map).await?;
        Ok(tonic::Response::new(pb::$response {
            $field: Some(found.entry),
            revision: found.revision,
            known_from_revision: found.since,
        }))
    }};
}

/// The body of a List method: how its filters are read, and which entries they let through.
macro_rules! list {
    (
        $self:ident, $request:ident, $path:literal, $response:ident { $field:ident }, $map:ident,
        |$v:ident, $raw:ident| $parse:expr, |$page:ident, $filter:ident, $it:ident| $wanted:expr
    ) => {{
        let mut $raw = $request.into_inner();
        let mut $v = greenlane_platform::violations::Violations::new();
        let page_size = std::mem::take(&mut $raw.page_size);
        let page_token = std::mem::take(&mut $raw.page_token);
        let consistency = $raw.consistency.take();
        let filters = prost::Message::encode_to_vec(&$raw);
        let $filter = $parse;
        let request = super::entries::PageRequest {
            method: concat!("/greenlane.equivalence.v1.", $path),
            page_size,
            page_token,
            consistency,
            filters,
        };
        let $page = super::entries::Page::open($v, &$self.catalogues, request).await?;
        let (entries, next_page_token) = $page.fill(&$page.loaded.catalogue.$map, |$it| $wanted)?;
        let revision = $page.revision();
        Ok(tonic::Response::new(pb::$response { $field: entries, next_page_token, revision }))
    }};
}

pub(super) use {get, list};
