//! The columns of a raw table.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::cell::RawKind;
use crate::timestamp::timestamp_type;

/// Returns the columns as SQL sees them.
pub(crate) fn schema_of(columns: &[(String, RawKind)]) -> SchemaRef {
    let mut fields: Vec<Field> = columns.iter().map(|(name, kind)| Field::new(name, kind.data_type(), true)).collect();
    fields.push(Field::new("_origin", DataType::Utf8, true));
    fields.push(Field::new("_learned_at", timestamp_type(), true));
    Arc::new(Schema::new(fields))
}

/// Returns the columns as they are stored, with those that identify rows and their versions.
pub(crate) fn stored_schema(columns: &[(String, RawKind)]) -> SchemaRef {
    let mut fields: Vec<Field> = schema_of(columns).fields().iter().map(|field| field.as_ref().clone()).collect();
    fields.extend(["_hash", "_key", "_sequence"].map(|name| Field::new(name, DataType::Int64, false)));
    Arc::new(Schema::new(fields))
}
