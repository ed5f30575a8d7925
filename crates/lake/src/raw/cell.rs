//! The cells of raw rows: their columns and hash.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, StringBuilder};
use datafusion::arrow::datatypes::DataType;
use plumb_connectors::{Cell, CellKind};
use sha2::{Digest, Sha256};

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

/// Hashes names with values and skips nulls, so that a column added later changes no older row's hash.
pub(super) fn hash_row<'a>(named: impl IntoIterator<Item = (&'a str, &'a Cell)>) -> i64 {
    let mut hasher = Sha256::new();
    let mut named: Vec<(&str, &Cell)> = named.into_iter().collect();
    named.sort_by_key(|(name, _)| *name);
    for (name, cell) in named {
        let text = match cell {
            Cell::Null => continue,
            Cell::Text(text) => format!("t{text}"),
            Cell::Integer(value) => format!("i{value}"),
            Cell::Real(value) => format!("r{}", value.to_bits()),
            Cell::Flag(value) => format!("f{value}"),
            Cell::Timestamp(value) => format!("m{value}"),
        };
        hasher.update((name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    let digest = hasher.finalize();
    let mut head = [0; 8];
    head.copy_from_slice(&digest[..8]);
    i64::from_le_bytes(head)
}
