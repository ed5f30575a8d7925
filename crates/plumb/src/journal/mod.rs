//! The journal: recorded predictions survive, whatever happens to the program a moment later.
//!
//! A request's predictions are appended to a file and forced to the disk before the response is sent (`writer`; requests
//! that wait at the same time share one such force). In the background they are loaded into the operational database
//! (`loader`), each exactly once: how far a file is loaded is committed in the same transaction as what was loaded. What
//! a server left behind is loaded by the next that starts.
//!
//! Flags go the same way, and so wait for nothing that uses the database. What they are about may still be in the file of
//! another server (`search`).

mod capture;
mod entry;
mod line;
mod segments;
mod new_segment;
mod forced_file;
mod writer;
mod capture_files;
mod loader;
mod search;
mod check;
mod catch_up;
mod handle;
#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use by_hand::JournalByHand;
pub(crate) use capture::{Capture, Payload};
pub(crate) use catch_up::catch_up;
pub(crate) use check::check;
pub(crate) use entry::{JournalEntry, RECORDED_AT_ONCE, RECORDING_COPIES};
pub(crate) use forced_file::ForcedFile;
pub(crate) use handle::Journal;
#[cfg(test)]
pub(crate) use handle::recover;
pub(crate) use new_segment::{NewSegment, list as list_segments, remove_left_aside};
pub(crate) use search::RecordedPrediction;
