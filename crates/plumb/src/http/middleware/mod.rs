//! What stands before and behind every handler: connections and their timeouts, authentication, bodies, admission control,
//! request ids, metrics and traces, and what protects browsers.

pub(super) mod listener;
pub(super) mod timeouts;
pub(super) mod write_deadline;
pub(super) mod auth;
pub(super) mod body;
pub(super) mod admission;
pub(super) mod protocol;
pub(super) mod observe;
pub(super) mod request_id;
pub(super) mod csrf;
pub(super) mod security_headers;
pub(super) mod accept_language;
