//! The marketing platform: a JSON object a line, a file a month, by when the platform received it.
//!
//! It knows people by their address only, in whatever spelling; it repeats itself, is late, and some lines are unreadable.

mod channels;
mod recording;
mod files;

pub(crate) use recording::Recording;
