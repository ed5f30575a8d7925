//! Whose request it is: the address of the other end or, behind a proxy that is trusted, the one that the proxy names.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::{HeaderMap, HeaderName};

/// The header in which proxies name whom they ask for, the nearest last.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Returns the address that a request is counted for. Without a trusted proxy it is the other end's: anybody can write the
/// header. Behind one it is the last that the header names and that is no trusted proxy itself.
pub(super) fn client_address(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    if !proxies.contains(&peer) {
        return peer;
    }
    let values: Vec<&str> = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok()).collect();
    let named = values.iter().rev().flat_map(|value| value.rsplit(','));
    for name in named {
        match name.trim().parse::<IpAddr>().map(|address| address.to_canonical()) {
            Ok(address) if proxies.contains(&address) => {}
            Ok(address) => return address,
            // What stands before something unreadable was not written by a proxy that we trust.
            Err(_) => return peer,
        }
    }
    peer
}

/// Returns the address that stands for its network: IPv6 gives a caller 2^64 addresses, IPv4 gives it one.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[track_caller]
    fn check(peer: &str, forwarded: &[&str], expected: &str) {
        let proxies = [address("127.0.0.1"), address("10.0.0.9")];
        let header = |value: &&str| (FORWARDED_FOR, value.parse().expect("a header"));
        let headers: HeaderMap = forwarded.iter().map(header).collect();
        assert_eq!(client_address(address(peer), &headers, &proxies), address(expected), "{peer} {forwarded:?}");
    }

    #[test]
    fn only_a_trusted_proxy_names_another_address() {
        check("8.8.8.8", &["1.1.1.1"], "8.8.8.8");
        check("127.0.0.1", &[], "127.0.0.1");
        check("127.0.0.1", &["1.1.1.1, 2.2.2.2"], "2.2.2.2");
        check("127.0.0.1", &["1.1.1.1, 2.2.2.2, 10.0.0.9"], "2.2.2.2");
        check("127.0.0.1", &["1.1.1.1", "2.2.2.2"], "2.2.2.2");
        check("127.0.0.1", &["1.1.1.1, nonsense"], "127.0.0.1");
        check("127.0.0.1", &["::ffff:1.1.1.1"], "1.1.1.1");
    }

    #[test]
    fn an_ipv6_caller_is_counted_by_its_network() {
        assert_eq!(network(address("2001:db8:1:2:3:4:5:6")), address("2001:db8:1:2::"));
        assert_eq!(network(address("::ffff:1.2.3.4")), address("1.2.3.4"));
    }
}
