//! The ground: the versioned relations `lead`, `event` and `outcome`, derived from the raw rows.
//!
//! `derivation` makes the relations; `versions` keeps them on disk; [`Ground`] is an opened version, from which leads,
//! labels and post-outcome changes are read.

mod derivation;
mod versions;
mod shared_files;
mod relation_lists;
mod kept_folder;
mod in_use;
mod removal;
mod opened;
mod lead_order;
mod lookup;
mod labels;
mod post_outcome;
mod field_kinds;

pub use derivation::{Counts, GroundNote, GroundNoteCode, RunOver, Undated};
pub(crate) use derivation::{EarlierGround, NewSession, RULES, RawRows, Relations, Spill, check_relations, derive};
pub use field_kinds::{FieldKind, PostedRelation};
pub(crate) use kept_folder::KeptFolder;
pub use labels::{LabelSpec, Labels, OutcomeCounts};
pub(crate) use lead_order::{LAST_LEAD, RelationFiles, Walk, lead_ids};
pub use lookup::RecentLead;
pub(crate) use opened::Ground;
pub use post_outcome::PostOutcomeChange;
pub(crate) use post_outcome::UndatedField;
#[cfg(test)]
pub(crate) use relation_lists::RelationLists;
pub(crate) use removal::remove_versions;
pub(crate) use shared_files::SharedFiles;
pub(crate) use versions::{Origin, Report, UNMATCHED, Version, current_report, write};
