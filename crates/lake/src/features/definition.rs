//! The definition of features: their SQL and the horizons of their rates.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::sql_file::SqlFile;

/// The definition of all features. A model stores it, so that its features are computed as in training.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FeatureSql {
    /// The files, in the order of their features.
    pub files: Vec<SqlFile>,
    /// For `outcome_rate`: seconds after creation within which an outcome of a target counts.
    pub horizons: BTreeMap<String, u64>,
}
