//! The cells of raw rows as columns.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, StringBuilder};
use datafusion::arrow::datatypes::DataType;
use plumb_connectors::{Cell, CellKind};

use crate::timestamp::{timestamp_array, timestamp_type};

/// Returns the type that a kind of cells is stored as.
pub(super) fn data_type_of(kind: CellKind) -> DataType {
    match kind {
        CellKind::Text => DataType::Utf8,
        CellKind::Integer => DataType::Int64,
        CellKind::Real => DataType::Float64,
        CellKind::Flag => DataType::Boolean,
        CellKind::Timestamp => timestamp_type(),
    }
}

/// Returns cells as a column; a cell of another kind is missing.
pub(super) fn build_column<'a>(kind: CellKind, cells: impl Iterator<Item = &'a Cell>) -> ArrayRef {
    match kind {
        CellKind::Text => {
            let mut builder = StringBuilder::new();
            for cell in cells {
                if let Cell::Text(text) = cell { builder.append_value(text) } else { builder.append_null() }
            }
            Arc::new(builder.finish())
        }
        CellKind::Integer => {
            let mut builder = Int64Builder::new();
            cells.for_each(|cell| {
                builder.append_option(if let Cell::Integer(value) = cell { Some(*value) } else { None })
            });
            Arc::new(builder.finish())
        }
        CellKind::Real => {
            let mut builder = Float64Builder::new();
            cells.for_each(|cell| {
                builder.append_option(match cell {
                    Cell::Real(value) => Some(*value),
                    Cell::Integer(value) => Some(*value as f64),
                    _ => None,
                });
            });
            Arc::new(builder.finish())
        }
        CellKind::Flag => {
            let mut builder = BooleanBuilder::new();
            cells
                .for_each(|cell| builder.append_option(if let Cell::Flag(value) = cell { Some(*value) } else { None }));
            Arc::new(builder.finish())
        }
        CellKind::Timestamp => {
            timestamp_array(cells.map(|cell| if let Cell::Timestamp(value) = cell { Some(*value) } else { None }))
        }
    }
}
