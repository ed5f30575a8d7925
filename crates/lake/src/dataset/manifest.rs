//! The manifest of a data set: `manifest.json`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::features::FeatureSql;

/// Columns of a data set that are not features.
pub(super) const NOT_FEATURES: [&str; 5] = ["lead_id", "as_of", "label", "label_known_at", "weight"];

/// A data set's target, size, hashes and origin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The first sixteen digits of `logical_hash`.
    pub dataset_id: String,
    /// The target that the labels are of.
    pub target: String,
    /// No fact that was learned later is in it.
    pub as_of: DateTime<Utc>,
    /// Rows.
    pub rows: usize,
    /// Leads that they are of.
    pub leads: usize,
    /// Rows with a positive label.
    pub positives: usize,
    /// Hash of the rows: of names, types and values, row by row. It depends neither on their encoding nor on the engine.
    pub logical_hash: String,
    /// The columns, in their order.
    pub columns: Vec<ColumnManifest>,
    /// The features' definition.
    pub sql: FeatureSql,
    /// Hash of the raw rows and of the SQL that leads, events and outcomes were derived from.
    pub ground: String,
    /// The engine that computed and wrote it.
    pub engine: String,
    /// The program's version.
    pub program: String,
    /// Hash of the file `rows.parquet`.
    pub file_hash: String,
}

/// One column of a data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnManifest {
    /// Its name, as in SQL.
    pub name: String,
    /// The kind of its values.
    pub kind: ColumnKind,
    /// Rows without a value.
    pub missing: usize,
    /// Hash of its values.
    pub hash: String,
}

/// The kind of a column's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// Text.
    Text,
    /// Numbers.
    Number,
    /// Whole numbers.
    Integer,
    /// True or false.
    Flag,
    /// Timestamps. Earlier manifests have `moment`.
    #[serde(alias = "moment")]
    Timestamp,
}

impl ColumnKind {
    /// Returns the word for the kind.
    pub fn word(self) -> &'static str {
        match self {
            ColumnKind::Text => "text",
            ColumnKind::Number => "number",
            ColumnKind::Integer => "integer",
            ColumnKind::Flag => "flag",
            ColumnKind::Timestamp => "timestamp",
        }
    }
}

impl std::fmt::Display for ColumnKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(self.word())
    }
}

impl Manifest {
    /// Returns the columns that are features.
    pub fn features(&self) -> impl Iterator<Item = &ColumnManifest> {
        self.columns.iter().filter(|column| !NOT_FEATURES.contains(&column.name.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_earlier_manifests_is_read() {
        let kind = |text: &str| serde_json::from_str::<ColumnKind>(text).expect("a kind");
        assert_eq!(kind("\"moment\""), ColumnKind::Timestamp);
        assert_eq!(kind("\"timestamp\""), ColumnKind::Timestamp);
        assert_eq!(serde_json::to_string(&ColumnKind::Timestamp).expect("JSON"), "\"timestamp\"");
    }
}
