//! Pages: their size, and tokens that only the method and filter that made them can use.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Violations;
use crate::fault::Fault;

/// Page size when the request names none.
pub const DEFAULT_PAGE_SIZE: usize = 50;
/// The largest page; a larger request gets this many.
pub const MAX_PAGE_SIZE: usize = 1_000;

const CHECK_BYTES: usize = 16;
const MAX_TOKEN_BYTES: usize = 2_048;

/// What a page token is bound to: a method and the parameters that must stay the same from page to page.
///
/// The token is opaque and checked, not secret: it carries nothing that the caller may not see, and every page is
/// authorized anew. The check keeps a token from being used with another filter, where it would skip rows silently.
#[derive(Clone, Debug)]
pub struct PageBinding(Vec<u8>);

impl PageBinding {
    /// Binds to a method, by its full gRPC path.
    pub fn new(method: &str) -> Self {
        Self(Vec::new()).with(method)
    }

    /// Binds to one more parameter: a filter's encoding, a parent's name.
    #[must_use]
    pub fn with(mut self, parameter: impl AsRef<[u8]>) -> Self {
        let parameter = parameter.as_ref();
        // Each with its length before it, so that no two lists of parameters make the same bytes.
        self.0.extend_from_slice(&(parameter.len() as u64).to_be_bytes());
        self.0.extend_from_slice(parameter);
        self
    }

    /// The token for the page that begins after `cursor`.
    pub fn token(&self, cursor: &impl Serialize) -> Result<String, Fault> {
        let cursor = serde_json::to_vec(cursor).map_err(|error| Fault::internal(format!("page cursor: {error}")))?;
        let mut bytes = self.check(&cursor);
        bytes.extend_from_slice(&cursor);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The cursor in a token that this binding made.
    pub fn cursor<C: DeserializeOwned>(&self, token: &str) -> Option<C> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (check, cursor) = bytes.split_at_checked(CHECK_BYTES)?;
        if check != self.check(cursor) {
            return None;
        }
        serde_json::from_slice(cursor).ok()
    }

    fn check(&self, cursor: &[u8]) -> Vec<u8> {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"greenlane page token v1\0");
        context.update(&(self.0.len() as u64).to_be_bytes());
        context.update(&self.0);
        context.update(cursor);
        context.finish().as_ref()[..CHECK_BYTES].to_vec()
    }
}

impl Violations {
    /// The field `page_size`: zero means [`DEFAULT_PAGE_SIZE`], more than [`MAX_PAGE_SIZE`] means that.
    pub fn page_size(&mut self, raw: i32) -> Option<usize> {
        match usize::try_from(raw) {
            Ok(0) => Some(DEFAULT_PAGE_SIZE),
            Ok(size) => Some(size.min(MAX_PAGE_SIZE)),
            Err(_) => {
                self.add("page_size", "must not be negative");
                None
            }
        }
    }

    /// The field `page_token`: the cursor in it, or `Some(None)` for the first page. The outer option is none when
    /// the token was not made by `binding`.
    pub fn page_token<C: DeserializeOwned>(&mut self, raw: &str, binding: &PageBinding) -> Option<Option<C>> {
        if raw.is_empty() {
            return Some(None);
        }
        let cursor = binding.cursor(raw);
        if cursor.is_none() {
            self.page_token_refused = true;
            self.add("page_token", "was not made by this method with these parameters");
        }
        cursor.map(Some)
    }
}
