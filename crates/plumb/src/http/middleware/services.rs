//! What the layers of all requests share.

use std::sync::Arc;

use super::admission::AdmissionControl;
use super::auth::Auth;
use super::heavy_lane::HeavyLane;
use super::timeouts::Timeouts;
use crate::http::limits::RequestLimits;
use crate::memory::MemoryBudget;
use crate::telemetry::Metrics;

/// What the layers of all requests share.
pub(in crate::http) struct Services {
    /// Which requests are let in.
    pub(in crate::http) auth: Auth,
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
