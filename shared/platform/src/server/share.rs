//! A limit that leaves room for whoever comes next: what one caller may hold shrinks as places become fewer.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, HeaderValue, header};

/// One caller may hold so many times the places that are free: alone two thirds of them.
const CALLER_TIMES_FREE: usize = 2;
/// Of the places, those without a token have together one of so many.
const STRANGERS_PART: usize = 4;
/// Of the places, one of so many is for what changes something alone.
const CHANGES_PART: usize = 16;
/// What is never too much, so that a server with few places gives them all.
const ALWAYS: usize = 4;

/// Hashes tokens with a key of this process, so that nobody makes two that are alike.
static TOKENS: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// Whose a place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Holder {
    /// Whoever has this token. It is not checked yet: a call with one that is not good ends as soon as it is.
    Token(u64),
    /// An address without a token; none within this process.
    Address(Option<IpAddr>),
    /// A proxy of ours, through which many come.
    Proxy,
}

impl Holder {
    /// Whose a call is.
    pub(super) fn of(headers: &HeaderMap, address: Option<IpAddr>) -> Self {
        let text = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
        // The claims alone: how the rest is written is not one's own only.
        match text.and_then(claims) {
            Some(claims) => Self::Token(TOKENS.hash_one(claims)),
            None => Self::at(address),
        }
    }

    /// Whoever is at an address; of IPv6 the network, all of which is one customer's.
    pub(super) fn at(address: Option<IpAddr>) -> Self {
        Self::Address(address.map(|address| match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        }))
    }
}

/// The claims of a token as they are written: between its first two dots, or what follows the only one.
fn claims(text: &[u8]) -> Option<&[u8]> {
    let rest = text.get(memchr::memchr(b'.', text)? + 1..)?;
    rest.get(..memchr::memchr(b'.', rest).unwrap_or(rest.len()))
}

/// Lets at most so many through at a time, and of each caller what is its share; never waits.
#[derive(Clone, Debug)]
pub(super) struct Shares {
    held: Arc<Mutex<Held>>,
    most: usize,
    /// The most of one holder, whoever it is; none where that depends on what is free.
    of_one: Option<usize>,
}

#[derive(Debug, Default)]
struct Held {
    all: usize,
    by_strangers: usize,
    of: HashMap<Holder, usize>,
}

/// A place; given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    held: Arc<Mutex<Held>>,
    holder: Holder,
}

impl Shares {
    /// Shares in `most` places.
    pub(super) fn new(most: usize) -> Self {
        Self { held: Arc::default(), most, of_one: None }
    }

    /// `most` connections, so many of which one address may have.
    pub(super) fn of_connections(most: usize, of_one: usize) -> Self {
        Self { of_one: Some(of_one), ..Self::new(most) }
    }

    /// A place, unless all are taken, or all that one like this may have.
    pub(super) fn take(&self, holder: Holder, changes: bool) -> Option<Place> {
        let most = if changes { self.most } else { self.most - self.most / CHANGES_PART };
        let mut held = lock(&self.held);
        let free = most.saturating_sub(held.all);
        let own = held.of.get(&holder).copied().unwrap_or_default();
        let share = match (holder, self.of_one) {
            (Holder::Proxy, _) => usize::MAX,
            (Holder::Token(_) | Holder::Address(_), Some(of_one)) => of_one,
            (Holder::Token(_), None) => free.saturating_mul(CALLER_TIMES_FREE).max(ALWAYS),
            (Holder::Address(_), None) => {
                let left = (self.most / STRANGERS_PART).max(ALWAYS).saturating_sub(held.by_strangers);
                if left == 0 { 0 } else { left.max(ALWAYS) }
            }
        };
        if free == 0 || own >= share {
            return None;
        }
        held.all += 1;
        held.by_strangers += usize::from(matches!(holder, Holder::Address(_)));
        held.of.insert(holder, own + 1);
        Some(Place { held: Arc::clone(&self.held), holder })
    }
}

fn lock(held: &Mutex<Held>) -> MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = lock(&self.held);
        held.all -= 1;
        held.by_strangers -= usize::from(matches!(self.holder, Holder::Address(_)));
        if let Some(own) = held.of.get_mut(&self.holder) {
            *own -= 1;
            if *own == 0 {
                held.of.remove(&self.holder);
            }
        }
    }
}

#[cfg(test)]
mod tests;
