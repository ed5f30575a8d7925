//! The columns of the internal database's three tables.

use crate::database::{ColumnType, Table};

pub(super) const APPLICATIONS: Table = Table {
    name: "applications",
    columns: &[
        ("number", ColumnType::Text),
        ("applicant_name", ColumnType::Text),
        ("applicant_email", ColumnType::Text),
        ("crm_ref", ColumnType::Integer),
        ("submitted_at", ColumnType::Timestamp),
        ("recorded_at", ColumnType::Timestamp),
    ],
};
pub(super) const DECISIONS: Table = Table {
    name: "decisions",
    columns: &[
        ("id", ColumnType::Integer),
        ("application_number", ColumnType::Text),
        ("approved", ColumnType::Flag),
        ("reason", ColumnType::Text),
        ("decided_at", ColumnType::Timestamp),
        ("recorded_at", ColumnType::Timestamp),
    ],
};
pub(super) const PLACEMENTS: Table = Table {
    name: "placements",
    columns: &[
        ("id", ColumnType::Integer),
        ("application_number", ColumnType::Text),
        ("fee", ColumnType::Real),
        ("starts_at", ColumnType::Timestamp),
        ("recorded_at", ColumnType::Timestamp),
    ],
};
