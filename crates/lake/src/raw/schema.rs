//! The columns of a raw table.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use plumb_connectors::CellKind;

use super::cell::data_type_of;
use crate::timestamp::timestamp_type;

/// When the delete of a row was heard; null while it is there.
const DELETED_AT: &str = "_deleted_at";

/// Returns the columns as SQL sees them.
pub(crate) fn schema_of(columns: &[(String, CellKind)]) -> SchemaRef {
    let mut fields: Vec<Field> =
        columns.iter().map(|(name, kind)| Field::new(name, data_type_of(*kind), true)).collect();
    fields.push(Field::new("_origin", DataType::Utf8, true));
    fields.push(Field::new("_learned_at", timestamp_type(), true));
    Arc::new(Schema::new(fields))
}

/// Returns the columns as they are stored, with those that identify rows and their versions.
pub(crate) fn stored_schema(columns: &[(String, CellKind)]) -> SchemaRef {
    let mut fields: Vec<Field> = schema_of(columns).fields().iter().map(|field| field.as_ref().clone()).collect();
    fields.push(Field::new(DELETED_AT, timestamp_type(), true));
    fields.extend(["_hash", "_key", "_sequence"].map(|name| Field::new(name, DataType::Int64, false)));
    Arc::new(Schema::new(fields))
}
