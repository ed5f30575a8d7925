//! Rows of a relation, grouped by lead.

use std::collections::HashMap;

use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::{FieldRef, TimestampMicrosecondType};
use datafusion::error::Result;

use crate::features::program::EventOrder;
use crate::ground::{Walk, lead_ids};

/// Rows of a relation, grouped by lead.
pub(super) struct RowsOfLeads {
    rows: RecordBatch,
    /// Where the rows of each position begin in `of_leads`; behind them begin those of other leads.
    starts: Vec<u32>,
    of_leads: Vec<u32>,
}

impl RowsOfLeads {
    /// Walks up to a lead, and groups the rows of the leads that have a position.
    pub(super) fn read(walk: &mut Walk, last: &str, positions: &HashMap<&str, u32>) -> Result<RowsOfLeads> {
        let batches = walk.up_to(last)?;
        let position_of = positions_of(&batches, positions);
        let mut starts = vec![0_u32; positions.len() + 2];
        position_of.iter().for_each(|position| starts[*position as usize + 1] += 1);
        for position in 1..starts.len() {
            starts[position] += starts[position - 1];
        }
        let mut next = starts.clone();
        let mut of_leads = vec![0_u32; position_of.len()];
        for (row, position) in position_of.iter().enumerate() {
            let next = &mut next[*position as usize];
            of_leads[*next as usize] = row as u32;
            *next += 1;
        }
        Ok(RowsOfLeads { rows: walk.concat(&batches)?, starts, of_leads })
    }

    /// Returns the rows of the lead at a position.
    pub(super) fn of(&self, position: usize) -> &[u32] {
        &self.of_leads[self.starts[position] as usize..self.starts[position + 1] as usize]
    }

    /// Sorts the events of each lead.
    pub(super) fn sort(&mut self, order: &EventOrder<'_>) {
        for bounds in self.starts[..self.starts.len() - 1].windows(2) {
            order.sort(&mut self.of_leads[bounds[0] as usize..bounds[1] as usize]);
        }
    }

    pub(super) fn columns(&self, fields: &[FieldRef]) -> Vec<ArrayRef> {
        fields.iter().map(|field| self.rows[field.name().as_str()].clone()).collect()
    }

    /// Returns when each row was corrected or deleted, in microseconds; the greatest number if it still holds, as all rows do
    /// that an earlier program wrote.
    pub(super) fn ends(&self) -> Vec<i64> {
        match self.rows.column_by_name("known_to") {
            Some(ends) => {
                let ends = ends.as_primitive::<TimestampMicrosecondType>();
                ends.iter().map(|end| end.unwrap_or(i64::MAX)).collect()
            }
            None => vec![i64::MAX; self.rows.num_rows()],
        }
    }

    pub(super) fn micros(&self, name: &str) -> &TimestampMicrosecondArray {
        self.rows[name].as_primitive()
    }
}

/// Returns the position of each row's lead, or the number of positions if it has none.
fn positions_of(batches: &[RecordBatch], positions: &HashMap<&str, u32>) -> Vec<u32> {
    let mut position_of = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    for batch in batches {
        let (keys, texts) = lead_ids(batch);
        // Rows of a lead follow each other.
        let mut before: Option<(u32, u32)> = None;
        for key in keys.values() {
            let position = match before {
                Some((known, position)) if known == *key => position,
                _ => positions.get(texts.value(*key as usize)).copied().unwrap_or(positions.len() as u32),
            };
            before = Some((*key, position));
            position_of.push(position);
        }
    }
    position_of
}
