//! What the program reports of itself: log lines, traces of requests, metrics.

mod log_filter;
mod log;
mod traces;
mod metrics;

pub(crate) use log::start;
pub(crate) use metrics::{Metrics, ServingMetrics, VariantMetrics};
pub(crate) use traces::{TRACED, body_span, record_status, record_variant, request_span};
