//! What a project has: sources, ground, models, data sets and features, which was made of which, and what of it is stale
//! because something that it was made of has changed since.

mod outcome;
mod project_now;
mod model_changes;
mod datasets;
mod run;

pub(crate) use outcome::{DatasetStatus, ModelStatus, Stale, Status, TargetStatus};
pub(crate) use run::status;
