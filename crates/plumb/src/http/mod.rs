//! The server. Each protocol has a room of its own, with its routes, its JSON shapes and its error format:
//!
//! | | |
//! | --- | --- |
//! | `v1` | our own API, described by `GET /v1/openapi.json` |
//! | `sagemaker` | `POST /endpoints/{target}/invocations`, as callers of InvokeEndpoint send it; `/ping`, `/invocations`, as a container has them |
//! | `mlflow` | `POST /invocations` with JSON, `/health`, `/version`, as MLflow's scoring server has them |
//! | `open_inference` | `/v2`, the Open Inference Protocol |
//! | `metrics` | `GET /metrics`, for Prometheus |
//! | `pages` | `/`, `/leads/{lead_id}`, `/models`, `/watch`, `/api`, for people |
//!
//! `instances` parses what is to be scored, `crate::serving` scores it, `middleware` is what all requests go through.
//! `limits` says how much a request may ask for, `cost` how much memory that needs.

mod app;
mod router;
mod error;
mod cursor;
mod list_turn;
mod json;
mod limits;
mod cost;
mod answer_writer;
mod media_type;
mod response_format;
mod stale_sources;
mod instances;
mod v1;
mod sagemaker;
mod mlflow;
mod open_inference;
mod metrics;
mod pages;
mod middleware;

pub use error::Error;
pub use media_type::MediaType;
pub use middleware::auth::Signature;
pub use sagemaker::Condition;

pub(crate) use app::{App, Config};
pub(crate) use limits::RequestLimits;
pub(crate) use middleware::admission::ConcurrencyLimit;
pub(crate) use middleware::auth::Auth;
pub(crate) use middleware::caller_limits::CallerLimits;
pub(crate) use middleware::timeouts::Timeouts;
pub(crate) use response_format::ResponseFormat;
pub(crate) use router::serve;

#[cfg(test)]
mod tests;
