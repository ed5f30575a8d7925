//! From raw rows to the relations: `sources/*.sql` define what the rows mean, this folder which lead they belong to.
//!
//! A file's name up to its first dot is its relation: `lead.sql`, `lead.history.sql`, `event.crm.sql`, `outcome.sql`
//! and `identity.sql`. A corrected file is run over all raw rows again, so that it corrects the past too.
//!
//! Of the version before is used again what has not changed: partitions whose rows are the same (`derived_partition`), and
//! the events of leads that nothing new is of. `row_local` says which files of SQL map rows one by one; what these gave is
//! kept by `kept_events`. `touched_events` derives the events of the other leads anew, and `spliced` puts them in place.

mod derive;
mod relations;
mod relation_columns;
mod raw_tables;
mod queries;
mod query_rows;
mod spill;
mod order;
mod rows_aside;
mod aside_folder;
mod source_rows;
mod typed_rows;
mod readable_rows;
mod change_detection;
mod lead_history;
mod keys;
mod identity;
mod partitions;
mod lead_state;
mod ended_leads;
mod leads;
mod fact_totals;
mod fact_rows;
mod shared_event_ids;
mod lead_facts;
mod event_times;
mod rules;
mod rows_hash;
mod lead_ranges;
mod block_file;
mod kept_ids;
mod kept_rows;
mod kept_keys;
mod kept_events;
mod earlier_ground;
mod row_local;
mod run_over;
mod touched_rows;
mod touched_events;
mod event_reading;
mod events;
mod new_events;
mod spliced;
mod derived_partition;
mod partition;
mod outcome_times;
mod key_notes;
mod ground_note;
mod undated;
mod posted;
mod check;

pub(crate) use check::check_relations;
pub(crate) use derive::derive;
pub(crate) use derived_partition::DerivedPartition;
pub(crate) use earlier_ground::EarlierGround;
pub use ground_note::{GroundNote, GroundNoteCode};
pub(crate) use kept_events::KeptEvents;
pub(crate) use lead_history::LeadHistory;
pub(crate) use queries::{NewSession, RawRows};
pub use relations::Counts;
pub(crate) use relations::Relations;
pub(crate) use rules::RULES;
pub use run_over::RunOver;
pub(crate) use spill::Spill;
pub use undated::Undated;
