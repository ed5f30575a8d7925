//! The query that features mean: the join of observations with leads and events as they were known.

use std::collections::BTreeSet;

use datafusion::arrow::datatypes::{DataType, Field, Schema};

use super::select_list::Feature;
use crate::timestamp::timestamp_type;

/// Returns the query that the features mean, with all that a features file leaves out: of the lead, the version known at
/// `as_of`; of the events, those known by then.
///
/// It is planned and compiled, not run: the rows are joined by `program::joined`.
pub(super) fn query(features: &[&Feature]) -> String {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let items: Vec<String> =
        features.iter().map(|feature| format!("{} AS {}", feature.expression, quoted(&feature.name))).collect();
    let columns: BTreeSet<&String> = features.iter().flat_map(|feature| &feature.lead_columns).collect();
    let by: String = columns.into_iter().map(|column| format!(", l.{}", quoted(column))).collect();
    format!(
        "SELECT o._row AS _row, {items}
         FROM observation o
         LEFT JOIN lead l ON l.lead_id = o.lead_id AND l.known_from <= o.as_of
             AND (l.known_to IS NULL OR o.as_of < l.known_to)
         LEFT JOIN event e ON e.lead_id = o.lead_id AND e.known_at <= o.as_of
         GROUP BY o._row, o.lead_id, o.as_of{by}",
        items = items.join(", "),
    )
}

/// Returns the columns of `o`.
pub(super) fn observation_schema() -> Schema {
    Schema::new(vec![
        Field::new("_row", DataType::Int64, false),
        Field::new("lead_id", DataType::Utf8, false),
        Field::new("as_of", timestamp_type(), false),
    ])
}
