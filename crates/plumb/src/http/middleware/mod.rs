//! What stands before and behind every handler: connections and their timeouts, what callers may take, authentication,
//! bodies, admission control, request ids, metrics and traces, and what protects browsers. None of it knows what a request
//! is about.

pub(super) mod accept_language;
pub(super) mod admission;
mod answering;
pub(super) mod auth;
pub(super) mod body;
mod bounded_map;
pub(super) mod caller_limits;
mod client_address;
mod connections;
mod csrf;
pub(super) mod heavy_lane;
mod host;
mod memory;
pub(super) mod listener;
mod observe;
mod open_files;
mod protocol;
mod rate;
pub(super) mod request_id;
pub(super) mod request_memory;
mod security_headers;
mod services;
pub(super) mod timeouts;
mod write_deadline;

pub(super) use observe::observed;
pub(super) use protocol::Protocol;
pub(super) use services::Services;
