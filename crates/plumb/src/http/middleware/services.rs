//! What the layers of all requests share.

use super::admission::AdmissionControl;
use super::auth::Auth;
use super::body::BodyMemory;
use super::timeouts::Timeouts;
use crate::telemetry::Metrics;

/// What the layers of all requests share.
pub(in crate::http) struct Services {
    /// Which requests are let in.
    pub(in crate::http) auth: Auth,
    /// How many requests are scored at a time.
    pub(in crate::http) admission: AdmissionControl,
    /// How long clients may take.
    pub(in crate::http) timeouts: Timeouts,
    /// The memory of bodies that are being read or handled.
    pub(in crate::http) body_memory: BodyMemory,
    /// What is counted.
    pub(in crate::http) metrics: Metrics,
}
