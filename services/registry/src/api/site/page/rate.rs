//! How often one client may ask.

use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Places for clients: half a mebibyte, whoever comes. Two that share one share its allowance; which ones do is drawn by
/// lot at each start.
const PLACES: usize = 65_536;

/// An allowance for each client, refilled steadily (the generic cell rate algorithm).
#[derive(Debug)]
pub(super) struct RateLimit {
    /// Until when each allowance is used up, in microseconds since the start.
    places: Box<[AtomicU64]>,
    lot: RandomState,
    began: Instant,
    interval: u64,
    burst: u64,
}

impl RateLimit {
    /// So many a minute, all of which may come at once.
    pub(super) fn new(per_minute: u32) -> Self {
        let interval = 60_000_000 / u64::from(per_minute.max(1));
        Self {
            places: (0..PLACES).map(|_| AtomicU64::new(0)).collect(),
            lot: RandomState::new(),
            began: Instant::now(),
            interval,
            burst: interval * u64::from(per_minute.max(1)),
        }
    }

    /// Takes one from a client's allowance, or says when there is one again.
    pub(super) fn take(&self, client: IpAddr) -> Result<(), Duration> {
        self.take_at(client, u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    fn take_at(&self, client: IpAddr, now: u64) -> Result<(), Duration> {
        let place = usize::try_from(self.lot.hash_one(household(client)) % PLACES as u64).unwrap_or_default();
        let mut refused = Duration::ZERO;
        let took = self.places[place].fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used_until| {
            let next = used_until.max(now) + self.interval;
            let over = (next - now).saturating_sub(self.burst);
            refused = Duration::from_micros(over);
            (over == 0).then_some(next)
        });
        took.map(|_| ()).map_err(|_| refused)
    }
}

/// An IPv6 client has a whole /64 to take addresses from.
fn household(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// A network, such as `10.0.0.0/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is neither an address nor a network such as 10.0.0.0/8");
        let (address, bits) = match text.split_once('/') {
            None => (text, None),
            Some((address, bits)) => (address, Some(bits.parse().map_err(|_| wrong())?)),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most { Err(wrong()) } else { Ok(Self { address, bits }) }
    }

    pub(super) fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                (network.to_bits() ^ address.to_bits()).checked_shr(32 - self.bits).unwrap_or(0) == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                (network.to_bits() ^ address.to_bits()).checked_shr(128 - self.bits).unwrap_or(0) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// Whose request it is: what connects to us, or, when that is a proxy of ours, the last address in `x-forwarded-for` that
/// is none. What stands before it there is whatever the client wrote.
pub(super) fn client(peer: IpAddr, forwarded: Option<&str>, proxies: &[Network]) -> IpAddr {
    let is_ours = |address: IpAddr| proxies.iter().any(|network| network.contains(address.to_canonical()));
    let mut client = peer.to_canonical();
    for hop in forwarded.unwrap_or_default().rsplit(',') {
        if !is_ours(client) {
            break;
        }
        let Some(address) = address_in(hop.trim()) else { break };
        client = address.to_canonical();
    }
    client
}

/// The address that a proxy writes, some of them with a port.
fn address_in(hop: &str) -> Option<IpAddr> {
    let bare = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    hop.parse().ok().or_else(|| hop.parse().ok().map(|with_port: SocketAddr| with_port.ip())).or_else(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_allowance_is_used_up_and_refills_and_is_each_clients_own() {
        let limit = RateLimit::new(30);
        let (one, two) = (ip("192.0.2.1"), ip("192.0.2.77"));
        for _ in 0..30 {
            limit.take_at(one, 1_000).unwrap();
        }
        assert_eq!(limit.take_at(one, 1_000), Err(Duration::from_secs(2)));
        limit.take_at(two, 1_000).unwrap();
        limit.take_at(one, 2_001_000).unwrap();
        assert!(limit.take_at(one, 2_001_000).is_err());
        // A minute of rest gives all of it back, and no more.
        for _ in 0..30 {
            limit.take_at(one, 900_000_000).unwrap();
        }
        assert!(limit.take_at(one, 900_000_000).is_err());
    }

    #[test]
    fn a_household_is_one_client() {
        let limit = RateLimit::new(1);
        limit.take_at(ip("2001:db8:1:2::1"), 0).unwrap();
        assert!(limit.take_at(ip("2001:db8:1:2:ffff::9"), 0).is_err());
        limit.take_at(ip("192.0.2.1"), 0).unwrap();
        assert!(limit.take_at(ip("::ffff:192.0.2.1"), 0).is_err());
    }

    #[test]
    fn a_client_is_told_from_others_whatever_port_the_proxy_writes_with_it() {
        let proxies = [Network::parse("10.0.0.0/8").unwrap()];
        for (written, meant) in [
            ("198.51.100.1:4711", "198.51.100.1"),
            ("203.0.113.9, 198.51.100.1:1, 10.9.9.9:443", "198.51.100.1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
        ] {
            assert_eq!(client(ip("10.1.2.3"), Some(written), &proxies), ip(meant), "{written}");
        }
    }

    #[test]
    fn only_our_proxies_are_believed() {
        let proxies = [Network::parse("10.0.0.0/8").unwrap(), Network::parse("fd00::7").unwrap()];
        let of = |peer, forwarded| client(ip(peer), forwarded, &proxies);
        assert_eq!(of("192.0.2.1", Some("198.51.100.1")), ip("192.0.2.1"), "a stranger says who he is");
        assert_eq!(of("10.1.2.3", Some("203.0.113.9, 198.51.100.1")), ip("198.51.100.1"));
        assert_eq!(of("fd00::7", Some("203.0.113.9, 198.51.100.1, 10.9.9.9")), ip("198.51.100.1"));
        assert_eq!(of("10.1.2.3", None), ip("10.1.2.3"));
        assert_eq!(of("10.1.2.3", Some("unknown")), ip("10.1.2.3"));
        for wrong in ["10.0.0.0/33", "::/129", "here", "10.0.0.0/", ""] {
            assert!(Network::parse(wrong).is_err(), "{wrong}");
        }
        let all = [Network::parse("0.0.0.0/0").unwrap()];
        assert_eq!(client(ip("192.0.2.1"), Some("198.51.100.1"), &all), ip("198.51.100.1"));
    }
}
