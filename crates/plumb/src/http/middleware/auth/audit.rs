//! The log's lines about wrong credentials: who tried what, never a secret, and so few that guessing cannot fill the disk.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::http::middleware::rate::RateLimit;

/// Lines a second, over all addresses.
const LINES_PER_S: NonZeroU32 = NonZeroU32::new(5).expect("not zero");

/// The ids of keys that callers make up are cut to this length, in characters.
const ID_CHARS_MAX: usize = 64;

/// Writes the lines.
#[derive(Debug)]
pub(super) struct AuditLog {
    lines: Option<RateLimit<()>>,
    left_out: AtomicU64,
}

impl AuditLog {
    pub(super) fn new() -> AuditLog {
        AuditLog { lines: RateLimit::new(Some(LINES_PER_S)), left_out: AtomicU64::new(0) }
    }

    /// Reports a wrong credential, the `failures`th of an address: of many only the first, second, fourth, eighth, …
    pub(super) fn failed(&self, address: IpAddr, key: &str, failures: u32, now: Instant) {
        let has_room = || self.lines.as_ref().is_none_or(|lines| lines.take((), now).is_ok());
        if !failures.is_power_of_two() || !has_room() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let left_out = self.left_out.swap(0, Ordering::Relaxed);
        // Escaped, as the id may be anything.
        let key = key.chars().take(ID_CHARS_MAX).collect::<String>();
        tracing::warn!(%address, key = %key.escape_debug(), failures, left_out, "wrong credentials");
    }
}
