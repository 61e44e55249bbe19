//! Entries about events of products' lives: who reported, and the hash of what was signed.

use greenlane_jose::canonical::Node;

use crate::domain::names::BodyId;
use crate::domain::trace::trace_name;

/// An event that was recorded.
#[derive(Clone, Debug)]
pub(crate) struct TraceEntry<'a> {
    pub(crate) name: String,
    pub(crate) reporter: &'a BodyId,
    pub(crate) document_sha256: &'a [u8; 32],
    pub(crate) key: &'a str,
    pub(crate) corrects: Option<u64>,
}

impl TraceEntry<'_> {
    pub(super) fn members(&self, put: &mut impl FnMut(&'static str, Node<'static>)) {
        put("event", "trace.record".into());
        put("trace_event", self.name.clone().into());
        put("body", self.reporter.name().into());
        put("document_sha256", hex::encode(self.document_sha256).into());
        put("key", self.reporter.key_name(self.key).into());
        if let Some(corrects) = self.corrects {
            put("corrects", trace_name(corrects).into());
        }
    }
}
