//! XGBoost's model files, JSON and UBJ, as checked trees. What is not understood is an error, never a wrong score.
//!
//! The readers are written by hand, for reasons that stand in [`json`] and [`ubj`]: JSON as XGBoost writes it is no JSON
//! that a library accepts, and no UBJ library reads lists as XGBoost types them.

mod limits;
mod json;
mod ubj;
mod metadata;
mod raw_tree;
mod size;
mod base_score;
mod outputs;
mod booster;
mod document;
mod read;

pub(crate) use document::ParsedModel;
pub use metadata::ModelMetadata;
pub(crate) use read::{is_ubj, read, read_json, read_ubj};
