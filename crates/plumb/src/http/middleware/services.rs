//! What the layers of all requests share.

use std::net::IpAddr;
use std::sync::Arc;

use super::admission::AdmissionControl;
use super::auth::Auth;
use super::caller_limits::CallerLimits;
use super::heavy_lane::HeavyLane;
use super::host::HostRule;
use super::rate::RateLimit;
use super::timeouts::Timeouts;
use crate::http::limits::RequestLimits;
use crate::memory::MemoryBudget;
use crate::telemetry::Metrics;

/// What the layers of all requests share.
pub(in crate::http) struct Services {
    /// Which requests are let in.
    pub(in crate::http) auth: Auth,
    /// What callers may take.
    pub(in crate::http) caller_limits: CallerLimits,
    /// Whom requests may be addressed to.
    pub(super) host_rule: HostRule,
    /// Requests a second of an access key or the token, by its name, and of an address.
    pub(super) key_rate: Option<RateLimit<Arc<str>>>,
    pub(super) address_rate: Option<RateLimit<IpAddr>>,
    /// How many requests are scored at a time.
    pub(in crate::http) admission: AdmissionControl,
    /// How long clients may take.
    pub(in crate::http) timeouts: Timeouts,
    /// Where requests of many rows are answered.
    pub(in crate::http) heavy: HeavyLane,
    /// The memory of requests, from their bodies to their answers.
    pub(in crate::http) memory: Arc<MemoryBudget>,
    /// How much one request may ask for.
    pub(in crate::http) limits: RequestLimits,
    /// What is counted.
    pub(in crate::http) metrics: Metrics,
}

impl Services {
    pub(in crate::http) fn new(
        auth: Auth,
        caller_limits: CallerLimits,
        admission: AdmissionControl,
        heavy: HeavyLane,
        (memory, limits): (Arc<MemoryBudget>, RequestLimits),
        timeouts: Timeouts,
        metrics: Metrics,
    ) -> Services {
        Services {
            host_rule: HostRule::new(auth.is_open(), &caller_limits.hosts),
            key_rate: RateLimit::new(caller_limits.key_rate),
            address_rate: RateLimit::new(caller_limits.address_rate),
            auth,
            caller_limits,
            admission,
            timeouts,
            heavy,
            memory,
            limits,
            metrics,
        }
    }
}
