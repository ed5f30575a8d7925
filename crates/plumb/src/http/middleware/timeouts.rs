//! How long a client may take for its part: to send headers, to send a body, and to read the response. Nobody else waits
//! for it meanwhile; this bounds how long it holds its connection.

use std::time::Duration;

/// How long clients may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    /// To send headers, or the next request.
    pub(crate) headers: Duration,
    /// To send a body.
    pub(crate) body: Duration,
    /// To read a response; it begins when the system's buffers are full.
    pub(crate) response: Duration,
}

impl Timeouts {
    /// As long as a bad connection needs for the largest body.
    pub(crate) const DEFAULT: Timeouts =
        Timeouts { headers: Duration::from_secs(30), body: Duration::from_secs(30), response: Duration::from_secs(60) };
}
