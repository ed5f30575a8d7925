//! The journal: recorded predictions survive, whatever happens to the program a moment later.
//!
//! A request's predictions are appended to a file and forced to the disk before the response is sent (`writer`; requests
//! that wait at the same time share one such force). In the background they are loaded into the operational database
//! (`loader`), each exactly once: how far a file is loaded is committed in the same transaction as what was loaded. What
//! a server left behind is loaded by the next that starts.

mod capture;
mod entry;
mod line;
mod segments;
mod writer;
mod capture_files;
mod loader;
mod handle;
#[cfg(test)]
mod tests;

pub(crate) use capture::{Capture, Payload};
pub(crate) use entry::{JournalEntry, RECORDED_AT_ONCE, RECORDING_COPIES};
pub(crate) use handle::Journal;
