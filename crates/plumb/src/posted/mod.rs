//! What callers post: events and fields of leads, as they happen.
//!
//! A row is written into a file of the data folder and forced to the disk before the answer is sent (`segment`; requests that
//! wait at the same time share one such force). The next ingestion reads the files as a source. Until then an overlay in
//! memory (`overlay`) gives the rows to whatever looks up a lead, so that the next score knows them. It forgets a row once
//! every request reads a version of the ground that has it; after a restart it is made again from the files.
//!
//! A row has an id: one that is posted twice counts once (`recent_ids`). HTTP is unknown here.

mod presence;
mod row;
mod values;
mod recent_ids;
mod segment;
mod row_to_post;
mod refusal;
mod outcome;
mod overlay;
mod recovery;
mod state;
mod gone;
mod handle;

pub(crate) use gone::gone_leads;
pub(crate) use handle::Posted;
pub(crate) use outcome::{PostError, PostOutcome, PostStatus, PostedCounts};
pub(crate) use presence::Presence;
pub(crate) use refusal::Refusal;
pub(crate) use row::{EventRow, LeadRow};
pub(crate) use row_to_post::RowToPost;
pub(crate) use values::flattened;
