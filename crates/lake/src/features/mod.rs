//! The feature engine: one SQL definition, computed in batches for training and for one lead in a request.
//!
//! `sql` parses and checks the files and plans them; `program` compiles the plan and runs it; `rates` has
//! `outcome_rate`; `batch` runs a program over chunks of leads, `request` over one lead.

mod definition;
mod sql;
mod rates;
mod program;
mod request;
mod feature_program;
mod feature_table;
mod prepare;
mod batch;
mod check;

pub use batch::FeatureBlock;
pub(crate) use batch::{
    CHUNK_OBSERVATIONS, FeatureChunk, compute_chunk, compute_in_chunks, in_original_order, write_feature_file,
};
pub(crate) use check::check_features;
pub use definition::FeatureSql;
pub use feature_program::FeatureProgram;
pub(crate) use feature_table::table_of;
pub(crate) use prepare::PreparedFeatures;
pub use rates::CategoryWithoutRate;
pub(crate) use sql::undated_fields;
pub use sql::{FeatureExpression, feature_expressions};
