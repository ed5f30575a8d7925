//! What callers may take of a server, and by which names they may call it.

use std::net::IpAddr;
use std::num::NonZeroU32;

/// What callers may take of a server, and by which names they may call it.
#[derive(Clone, Debug)]
pub(crate) struct CallerLimits {
    /// Connections at a time.
    pub(crate) connections: usize,
    /// Connections at a time of one address that is neither this machine nor a proxy. `None`: as many as there are.
    pub(crate) connections_per_address: Option<usize>,
    /// Requests a second of one access key. `None`: any number.
    pub(crate) key_rate: Option<NonZeroU32>,
    /// Requests a second of one address. `None`: any number.
    pub(crate) address_rate: Option<NonZeroU32>,
    /// Names besides this machine's own by which callers without credentials may call it.
    pub(crate) hosts: Vec<String>,
    /// Proxies that are believed when they name whom they ask for.
    pub(crate) proxies: Vec<IpAddr>,
}

impl CallerLimits {
    /// Connections at a time: each may hold a body of some megabytes for a while.
    pub(crate) const CONNECTIONS: usize = 2_048;

    /// Half of them, so that no address alone can take all; and more than the 576 requests that are scored or wait for
    /// their turn, so that a proxy on another machine, which calls for everybody, loses nothing by it.
    pub(crate) const CONNECTIONS_PER_ADDRESS: usize = 1_024;

    /// Requests are not counted by default: admission control bounds them all together, and who may ask how much is a
    /// question of contracts.
    pub(crate) const DEFAULT: CallerLimits = CallerLimits {
        connections: CallerLimits::CONNECTIONS,
        connections_per_address: Some(CallerLimits::CONNECTIONS_PER_ADDRESS),
        key_rate: None,
        address_rate: None,
        hosts: Vec::new(),
        proxies: Vec::new(),
    };

    /// Returns how many connections an address may have at a time. This machine may have all: from there call its own
    /// programs, and reverse proxies for everybody; and who is on it can do worse than to fill a server.
    pub(super) fn connections_max_of(&self, address: IpAddr) -> usize {
        match self.connections_per_address {
            Some(max) if !address.is_loopback() && !self.proxies.contains(&address) => max,
            _ => usize::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_and_proxies_may_have_all_connections() {
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        let limits = CallerLimits { proxies: vec![address("10.0.0.9")], ..CallerLimits::DEFAULT };
        assert_eq!(limits.connections_max_of(address("10.0.0.1")), CallerLimits::CONNECTIONS_PER_ADDRESS);
        for free in ["127.0.0.1", "127.8.8.8", "::1", "10.0.0.9"] {
            assert_eq!(limits.connections_max_of(address(free)), usize::MAX, "{free}");
        }
        let unlimited = CallerLimits { connections_per_address: None, ..limits };
        assert_eq!(unlimited.connections_max_of(address("10.0.0.1")), usize::MAX);
    }
}
