//! Wrong credentials: after a few from one address, further attempts from there are not looked at for a while, so that
//! nobody can try out thousands.
//!
//! Many callers may share an address, behind a proxy or a router, and one of them must not lock out the others for as long
//! as it likes. So the server remembers which credentials have been right from an address: these are looked at during a
//! pause, too. Who shares an address with a caller that signed in may therefore try to guess that one credential at full
//! speed, which is hopeless for a long one and not for a short one: credentials of fewer than 16 characters are not
//! remembered.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::audit::AuditLog;
use crate::http::middleware::bounded_map::BoundedMap;

/// So many wrong credentials cost nothing: a person mistypes, a key was rotated a moment ago.
const FREE: u32 = 10;

/// The pause after the first that costs; each further one doubles it.
const PAUSE_MIN: Duration = Duration::from_secs(1);

/// The longest pause: an owner who shares the address and never signed in from there waits no longer than that once the
/// guesses have ended.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// After so long without a wrong one an address is as good as new.
const FORGIVEN_AFTER: Duration = Duration::from_secs(600);

/// Addresses of a generation, about 200 bytes each.
const ADDRESSES_MAX: usize = 8_192;

/// Credentials that are remembered to have been right from one address.
const PROVEN_MAX: usize = 16;

/// A shorter secret could be guessed, so it does not get around a pause.
const SECRET_LENGTH_MIN: usize = 16;

/// What a credential is called: the id of an access key, or that it is the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::http) enum CredentialName {
    /// The token.
    Token,
    /// An access key, by its id.
    Key(Arc<str>),
}

impl CredentialName {
    /// Returns the name for logs.
    pub(in crate::http) fn as_str(&self) -> &str {
        match self {
            CredentialName::Token => "token",
            CredentialName::Key(id) => id,
        }
    }
}

/// What is known of an address.
#[derive(Debug)]
struct Record {
    failures: u32,
    last: Instant,
    paused_until: Option<Instant>,
    proven: Vec<CredentialName>,
}

/// The wrong credentials of all addresses.
#[derive(Debug)]
pub(super) struct Failures {
    records: Mutex<BoundedMap<IpAddr, Record>>,
    audit: AuditLog,
}

impl Failures {
    pub(super) fn new() -> Failures {
        Failures { records: Mutex::new(BoundedMap::new(ADDRESSES_MAX)), audit: AuditLog::new() }
    }

    /// Returns how long a credential is not looked at, if an address is in a pause and it was never right from there.
    pub(super) fn pause(&self, address: IpAddr, name: &CredentialName, now: Instant) -> Option<Duration> {
        let records = self.lock();
        let record = records.get(&address)?;
        let left = record.paused_until?.checked_duration_since(now).filter(|left| !left.is_zero())?;
        (!record.proven.contains(name)).then_some(left)
    }

    /// Records that a credential was right.
    pub(super) fn succeeded(&self, address: IpAddr, name: &CredentialName, secret_length: usize, now: Instant) {
        if secret_length < SECRET_LENGTH_MIN {
            return;
        }
        let mut records = self.lock();
        let record = records.get_or_insert_with(address, || Record::new(now));
        if !record.proven.contains(name) {
            // The oldest is forgotten: an address from which more keys are used has a proxy that can be named to us.
            if record.proven.len() == PROVEN_MAX {
                record.proven.remove(0);
            }
            record.proven.push(name.clone());
        }
    }

    /// Records that a credential was wrong; the pause that begins with it is returned.
    pub(super) fn failed(&self, address: IpAddr, name: &CredentialName, now: Instant) -> Option<Duration> {
        let (failures, pause) = {
            let mut records = self.lock();
            let record = records.get_or_insert_with(address, || Record::new(now));
            record.fail(now)
        };
        self.audit.failed(address, name.as_str(), failures, now);
        pause
    }

    fn lock(&self) -> MutexGuard<'_, BoundedMap<IpAddr, Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn new(now: Instant) -> Record {
        Record { failures: 0, last: now, paused_until: None, proven: Vec::new() }
    }

    /// Counts a failure; returns how many there are, and the pause.
    fn fail(&mut self, now: Instant) -> (u32, Option<Duration>) {
        if now.saturating_duration_since(self.last) > FORGIVEN_AFTER {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        self.last = now;
        let costly = self.failures.checked_sub(FREE).filter(|costly| *costly > 0);
        let pause = costly.map(|costly| PAUSE_MIN.saturating_mul(1 << (costly - 1).min(16)).min(PAUSE_MAX));
        self.paused_until = pause.map(|pause| now + pause);
        (self.failures, pause)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const GUESSER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
    const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));

    /// Guesses until a pause, and returns how many guesses were looked at within a time.
    fn looked_at(failures: &Failures, name: &CredentialName, begin: Instant, time: Duration) -> u32 {
        let mut count = 0;
        let mut now = begin;
        while now < begin + time {
            if failures.pause(GUESSER, name, now).is_none() {
                failures.failed(GUESSER, name, now);
                count += 1;
            }
            now += Duration::from_micros(100);
        }
        count
    }

    #[test]
    fn guesses_are_few_and_other_addresses_do_not_notice() {
        let (failures, begin) = (Failures::new(), Instant::now());
        assert_eq!(looked_at(&failures, &CredentialName::Token, begin, Duration::from_millis(300)), FREE + 1);
        let minute = looked_at(&failures, &CredentialName::Token, begin, Duration::from_secs(60));
        assert!(minute < 10, "{minute} more in a minute");
        let later = begin + Duration::from_secs(61);
        assert!(failures.pause(GUESSER, &CredentialName::Token, later).is_some());
        assert_eq!(failures.pause(OTHER, &CredentialName::Token, later), None);
        assert_eq!(failures.pause(GUESSER, &CredentialName::Token, later + PAUSE_MAX), None);
    }

    #[test]
    fn who_signed_in_before_is_not_locked_out_by_a_neighbour() {
        let (failures, now) = (Failures::new(), Instant::now());
        let key = |id: &str| CredentialName::Key(id.into());
        failures.succeeded(GUESSER, &key("owner"), 40, now);
        failures.succeeded(GUESSER, &key("short"), 15, now);
        looked_at(&failures, &key("guessed"), now, Duration::from_millis(10));
        assert_eq!(failures.pause(GUESSER, &key("owner"), now), None);
        assert!(failures.pause(GUESSER, &key("short"), now).is_some());
        assert!(failures.pause(GUESSER, &key("new"), now).is_some());
    }

    #[test]
    fn an_address_is_forgiven() {
        let (failures, now) = (Failures::new(), Instant::now());
        looked_at(&failures, &CredentialName::Token, now, Duration::from_millis(10));
        let later = now + FORGIVEN_AFTER + Duration::from_secs(1);
        assert_eq!(failures.failed(GUESSER, &CredentialName::Token, later), None);
    }
}
