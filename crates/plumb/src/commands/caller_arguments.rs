//! The options of a server about its callers: how many, how often, by which names.

use std::net::IpAddr;
use std::num::NonZeroU32;

use crate::http::CallerLimits;

/// What callers may take of a server, and by which names they may call it.
#[derive(clap::Args)]
pub(crate) struct CallerArgs {
    /// Keep so many connections open at a time; when there are more, those that rest are closed, the longest first.
    #[arg(long, value_name = "CONNECTIONS", default_value_t = CallerLimits::CONNECTIONS, value_parser = at_least_one)]
    connections: usize,
    /// Keep so many connections of one address open; 0 is any number. This machine and proxies may have any number.
    #[arg(long, value_name = "CONNECTIONS", default_value_t = CallerLimits::CONNECTIONS_PER_ADDRESS)]
    connections_per_address: usize,
    /// Answer 429 to more requests a second of one access key, or of the token; 0 is any number.
    #[arg(long, value_name = "REQUESTS", default_value_t = 0)]
    rate_per_key: u32,
    /// Answer 429 to more requests a second of one address; 0 is any number.
    #[arg(long, value_name = "REQUESTS", default_value_t = 0)]
    rate_per_address: u32,
    /// Answer callers without credentials under this host name, too, besides `localhost` and loopback addresses. May be
    /// repeated.
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// Believe the proxy at this address when it names its caller in `X-Forwarded-For`, and count requests, wrong credentials
    /// and their pauses for that caller. May be repeated.
    #[arg(long, value_name = "ADDRESS")]
    trust_proxy: Vec<IpAddr>,
}

impl CallerArgs {
    pub(crate) fn limits(self) -> CallerLimits {
        CallerLimits {
            connections: self.connections,
            connections_per_address: Some(self.connections_per_address).filter(|max| *max > 0),
            key_rate: NonZeroU32::new(self.rate_per_key),
            address_rate: NonZeroU32::new(self.rate_per_address),
            hosts: self.allow_host,
            proxies: self.trust_proxy.iter().map(IpAddr::to_canonical).collect(),
        }
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least one connection is needed".to_owned()),
        Ok(count) => Ok(count),
        Err(error) => Err(format!("{error}")),
    }
}
