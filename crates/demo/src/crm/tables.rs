//! The columns of the CRM's four tables.

use crate::database::{ColumnType, Table};

pub(super) const ACCOUNTS: Table = Table {
    name: "accounts",
    columns: &[
        ("id", ColumnType::Integer),
        ("name", ColumnType::Text),
        ("industry", ColumnType::Text),
        ("employees", ColumnType::Integer),
        ("country", ColumnType::Text),
        ("created_at", ColumnType::Timestamp),
    ],
};
pub(super) const LEADS: Table = Table {
    name: "leads",
    columns: &[
        ("id", ColumnType::Integer),
        ("account_id", ColumnType::Integer),
        ("merged_into", ColumnType::Integer),
        ("first_name", ColumnType::Text),
        ("last_name", ColumnType::Text),
        ("email", ColumnType::Text),
        ("phone", ColumnType::Text),
        ("channel", ColumnType::Text),
        ("role", ColumnType::Text),
        ("country", ColumnType::Text),
        ("experience_years", ColumnType::Integer),
        ("work_permit", ColumnType::Flag),
        ("owner", ColumnType::Text),
        ("status", ColumnType::Text),
        ("budget", ColumnType::Real),
        ("first_outreach_at", ColumnType::Text),
        ("placement_fee", ColumnType::Real),
        ("is_test", ColumnType::Flag),
        ("created_at", ColumnType::Text),
        ("updated_at", ColumnType::Text),
    ],
};
pub(super) const ACTIVITIES: Table = Table {
    name: "activities",
    columns: &[
        ("id", ColumnType::Integer),
        ("lead_id", ColumnType::Integer),
        ("kind", ColumnType::Text),
        ("minutes", ColumnType::Integer),
        ("happened_at", ColumnType::Text),
        ("logged_at", ColumnType::Text),
    ],
};
pub(super) const FIELD_HISTORY: Table = Table {
    name: "field_history",
    columns: &[
        ("id", ColumnType::Integer),
        ("lead_id", ColumnType::Integer),
        ("field", ColumnType::Text),
        ("old_value", ColumnType::Text),
        ("new_value", ColumnType::Text),
        ("changed_at", ColumnType::Text),
        ("recorded_at", ColumnType::Text),
    ],
};
