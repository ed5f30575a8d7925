//! Hashes rows, so that what was derived from the same ones can be used again.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};
use datafusion::arrow::datatypes::UInt32Type;
use datafusion::arrow::row::{RowConverter, SortField};
use sha2::{Digest, Sha256};

use super::identity::Identities;
use super::rules::RULES;
use super::source_rows::LEAD;
use crate::error::Error;
use crate::hash::hex;
use crate::sql_file::SqlFile;

/// A hash of rows in their order, and of the leads that they belong to.
#[derive(Clone)]
pub(super) struct RowsHash(Sha256);

impl RowsHash {
    /// Begins a hash of what a relation is derived from, by the names of its files.
    pub(super) fn new(relation: &str, files: &[&SqlFile]) -> RowsHash {
        let mut hash = RowsHash(Sha256::new());
        [env!("CARGO_PKG_VERSION"), relation].into_iter().for_each(|text| hash.text(text));
        hash.number(u64::from(RULES));
        hash.number(files.len() as u64);
        files.iter().for_each(|file| hash.text(&file.name));
        hash
    }

    /// Adds a text.
    pub(super) fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text);
    }

    /// Adds a number.
    pub(super) fn number(&mut self, number: u64) {
        self.0.update(number.to_le_bytes());
    }

    /// Adds rows with the names and types of their columns. Leads, whose numbers change from run to run, are hashed by their
    /// ids and whether they are tests.
    pub(super) fn rows(&mut self, rows: &RecordBatch, identities: &Identities) -> Result<(), Error> {
        let doing = Error::engine::<datafusion::arrow::error::ArrowError>;
        self.number(rows.num_rows() as u64);
        self.number(rows.num_columns() as u64);
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(rows.num_columns() + 1);
        for (field, column) in rows.schema_ref().fields().iter().zip(rows.columns()) {
            self.text(field.name());
            self.text(&field.data_type().to_string());
            if field.name() == LEAD {
                let leads = || column.as_primitive::<UInt32Type>().values().iter().copied();
                columns.push(Arc::new(StringArray::from_iter_values(leads().map(|lead| identities.lead_id(lead)))));
                columns.push(Arc::new(BooleanArray::from_iter(leads().map(|lead| Some(identities.is_test(lead))))));
            } else {
                columns.push(Arc::clone(column));
            }
        }
        let fields = columns.iter().map(|column| SortField::new(column.data_type().clone())).collect();
        let converter = RowConverter::new(fields).map_err(doing("hash rows"))?;
        for row in &converter.convert_columns(&columns).map_err(doing("hash rows"))? {
            self.0.update(row.as_ref());
        }
        Ok(())
    }

    /// Returns the hash.
    pub(super) fn finish(self) -> String {
        hex(self.0.finalize())
    }
}
