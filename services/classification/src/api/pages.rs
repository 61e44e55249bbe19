//! Pages of lists that are read at one revision.

use std::sync::Arc;

use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};
use prost::Message;
use serde::{Deserialize, Serialize};

use super::room::Room;
use crate::app::Catalogues;
use crate::domain::Catalogue;

/// Where the next page begins.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Cursor {
    revision: u64,
    from: usize,
}

/// What a request says of pages.
#[derive(Clone, Debug)]
pub(super) struct PageRequest {
    size: usize,
    cursor: Option<Cursor>,
    binding: PageBinding,
}

/// One page.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) next_page_token: String,
}

impl PageRequest {
    /// Parses both fields.
    pub(super) fn parse(v: &mut Violations, size: i32, token: &str, binding: PageBinding) -> Option<Self> {
        let size = v.page_size(size);
        let cursor = v.page_token(token, &binding);
        Some(Self { size: size?, cursor: cursor?, binding })
    }

    /// The same where no size means all of them: of a method that had no pages once, and whose callers may ask for none.
    pub(super) fn parse_or_all(v: &mut Violations, size: i32, token: &str, binding: PageBinding) -> Option<Self> {
        let page = Self::parse(v, size, token, binding)?;
        Some(if size == 0 { Self { size: usize::MAX, ..page } } else { page })
    }

    /// Whether it is the first page.
    pub(super) fn is_first(&self) -> bool {
        self.cursor.is_none()
    }

    /// How fresh the page is: as fresh as the first one was.
    pub(super) fn pinned(&self, consistency: Consistency) -> Consistency {
        self.cursor.map_or(consistency, |cursor| Consistency::Exactly(cursor.revision))
    }

    /// The catalogue that the page is read from: that of the first page.
    pub(super) async fn read(&self, from: &Catalogues, consistency: Consistency) -> Result<Arc<Catalogue>, Fault> {
        from.read(self.pinned(consistency)).await.map_err(super::error::read)
    }

    /// How many of all items are made for it, unless a message does not hold so many.
    pub(super) fn taken(&self) -> usize {
        self.cursor.map_or(0, |cursor| cursor.from).saturating_add(self.size).saturating_add(1)
    }

    /// Cuts the page out of all items: as many as it may have, or fewer where they are so long that a message does not
    /// hold more. No items are made but those of the page and the one behind it.
    pub(super) fn cut<T: Message>(self, catalogue: &Catalogue, all: impl Iterator<Item = T>) -> Result<Page<T>, Fault> {
        let from = self.cursor.map_or(0, |cursor| cursor.from);
        let mut room = Room::default();
        let (mut items, mut more) = (Vec::new(), false);
        for item in all.skip(from) {
            // The first is there, however long it is.
            if items.len() == self.size || !(room.take(&item) || items.is_empty()) {
                more = true;
                break;
            }
            items.push(item);
        }
        let next_page_token = if more {
            self.binding.token(&Cursor { revision: catalogue.revision, from: from + items.len() })?
        } else {
            String::new()
        };
        Ok(Page { items, next_page_token })
    }
}
