//! Entries about published revisions of the catalogues.

use greenlane_jose::canonical::Node;

use super::instant;
use crate::domain::publication::Publication;

/// A revision that was published, and the entry about an earlier one of the same number, if there is one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PublicationEntry<'a> {
    pub(crate) publication: &'a Publication,
    pub(crate) instead_of: Option<u64>,
}

impl PublicationEntry<'_> {
    pub(super) fn members(&self, put: &mut impl FnMut(&'static str, Node<'static>)) {
        let Publication { catalogue, revision, change_set, entries_sha256, published_at } = self.publication;
        put("event", "catalogue.publish".into());
        put("catalogue", catalogue.as_str().into());
        put("revision", (*revision).into());
        if let Some(by) = change_set {
            put("change_set", by.name.clone().into());
            put("changes_sha256", hex::encode(by.sha256).into());
        }
        if let Some(sha256) = entries_sha256 {
            put("entries_sha256", hex::encode(sha256).into());
        }
        if let Some(at) = published_at {
            put("published_at", instant(*at));
        }
        if let Some(index) = self.instead_of {
            put("instead_of", index.into());
        }
    }
}
