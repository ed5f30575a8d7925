//! How many bytes of text one run may compute: a value that a request sends may be used many times over.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::ColumnarValue;

use crate::engine::{TooLarge, bytes};

/// Bytes of texts and lists, in each stage of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    /// Of the values that it computes.
    computed: u64,
    /// Of a column of the lead beside each of its events.
    joined: u64,
}

impl Bound {
    /// Of one lead in a request: a hundred times what a lead with long mails has.
    pub(crate) const REQUEST: Bound = Bound { computed: 64 << 20, joined: 64 << 20 };

    /// Of a part of a batch, whose leads were ingested within limits: what a column of text can hold.
    pub(crate) const BATCH: Bound = Bound { computed: u64::MAX, joined: i32::MAX as u64 };

    /// Checks the bytes that a column of the observations has when it is beside each of their events.
    pub(super) fn check_joined(&self, of_observation: &ArrayRef, observation_of: &UInt32Array) -> Result<()> {
        if is_fixed(of_observation.data_type()) {
            return Ok(());
        }
        let rows = observation_of.len() as u64;
        // The sum is at most that; only if it could be too much is it added up.
        if text_bytes(of_observation).saturating_mul(rows) <= self.joined {
            return Ok(());
        }
        let length = |row: &u32| match of_observation.data_type() {
            DataType::Utf8 => of_observation.as_string::<i32>().value_length(*row as usize) as u64,
            _ => text_bytes(of_observation) / of_observation.len().max(1) as u64,
        };
        let sum: u64 = observation_of.values().iter().map(length).sum();
        if sum <= self.joined { Ok(()) } else { Err(too_large("beside each event, a field of the lead", self.joined)) }
    }

    /// Returns how much is left after an expression's value in so many rows, as an array.
    pub(super) fn array(&mut self, value: ColumnarValue, rows: usize) -> Result<ArrayRef> {
        match value {
            ColumnarValue::Array(array) => {
                if !is_fixed(array.data_type()) {
                    self.spend(text_bytes(&array))?;
                }
                Ok(array)
            }
            ColumnarValue::Scalar(scalar) => {
                if !is_fixed(&scalar.data_type()) {
                    self.spend((scalar.size() as u64).saturating_mul(rows as u64))?;
                }
                scalar.to_array_of_size(rows)
            }
        }
    }

    fn spend(&mut self, bytes: u64) -> Result<()> {
        let limit = self.computed;
        self.computed = limit.checked_sub(bytes).ok_or_else(|| too_large("it", Bound::REQUEST.computed))?;
        Ok(())
    }
}

fn too_large(what: &str, limit: u64) -> DataFusionError {
    let limit = bytes(limit);
    let problem = format!("{what} would have more than {limit} of text: send shorter texts or fewer events");
    DataFusionError::External(Box::new(TooLarge::new("", problem)))
}

fn is_fixed(data_type: &DataType) -> bool {
    data_type.is_primitive() || matches!(data_type, DataType::Boolean | DataType::Null)
}

fn text_bytes(array: &ArrayRef) -> u64 {
    let bytes = match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value_data().len(),
        _ => array.get_buffer_memory_size(),
    };
    bytes as u64
}
