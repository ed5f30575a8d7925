//! Out-of-core training: boosted trees on more rows than memory holds, and by several processes that each have some of the
//! rows.
//!
//! Hyperparameters, and the number of rounds, are searched on a sample. Then the trees are trained on all rows, which come in
//! batches and are kept as quantiles only. docs/decisions/0014 gives the reasons.

mod tree_plan;
mod workers;

pub use tree_plan::{GrowConfig, GrownTrees, RowBatches, Rows, TreePlan};
pub use workers::{Rendezvous, WorkerGroup};
