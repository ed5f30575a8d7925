//! The columns that each relation requires.

use datafusion::arrow::datatypes::DataType;

use crate::timestamp::timestamp_type;

/// A column that a relation requires.
#[derive(Clone, Debug)]
pub(super) struct RequiredColumn {
    pub(super) name: &'static str,
    pub(super) data_type: DataType,
    /// Whether a row without a value is rejected.
    pub(super) not_null: bool,
    /// Whether a file may leave the column out: then no row has a value.
    pub(super) optional: bool,
}

fn needed(name: &'static str, data_type: DataType) -> RequiredColumn {
    RequiredColumn { name, data_type, not_null: true, optional: false }
}

fn optional_time(name: &'static str) -> RequiredColumn {
    RequiredColumn { name, data_type: timestamp_type(), not_null: false, optional: true }
}

pub(super) fn lead_columns() -> Vec<RequiredColumn> {
    vec![
        needed("lead_key", DataType::Utf8),
        RequiredColumn { name: "created_at", data_type: timestamp_type(), not_null: false, optional: false },
        optional_time("known_at"),
        optional_time("deleted_at"),
    ]
}

pub(super) fn identity_columns() -> Vec<RequiredColumn> {
    // A pair with one side missing has no effect and is not rejected.
    ["key_a", "key_b"]
        .map(|name| RequiredColumn { name, data_type: DataType::Utf8, not_null: false, optional: false })
        .into()
}

pub(super) fn event_columns() -> Vec<RequiredColumn> {
    vec![
        needed("lead_key", DataType::Utf8),
        needed("kind", DataType::Utf8),
        needed("at", timestamp_type()),
        optional_time("known_at"),
        optional_time("deleted_at"),
    ]
}

pub(super) fn outcome_columns() -> Vec<RequiredColumn> {
    vec![
        needed("lead_key", DataType::Utf8),
        needed("target", DataType::Utf8),
        needed("positive", DataType::Boolean),
        needed("at", timestamp_type()),
        optional_time("known_at"),
    ]
}
