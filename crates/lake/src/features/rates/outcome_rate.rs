//! The SQL function `outcome_rate` over counted rates.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use datafusion::arrow::datatypes::{DataType, TimestampMicrosecondType};
use datafusion::common::DataFusionError;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};

use super::categories_without_rate::UnratedCounts;
use super::smoothed_rate::Rate;
use crate::timestamp::{day_of, timestamp_type};

/// Rates by target and column.
pub(super) type RateTables = HashMap<(String, String), Arc<Rate>>;

/// Returns the function over these rates.
pub(super) fn outcome_rate(tables: RateTables, unrated: Arc<UnratedCounts>) -> ScalarUDF {
    create_udf(
        "outcome_rate",
        vec![DataType::Utf8, DataType::Utf8, DataType::Utf8, timestamp_type()],
        DataType::Float64,
        Volatility::Immutable,
        Arc::new(move |args| look_up(&tables, &unrated, args)),
    )
}

/// Returns the function without rates, for plans that are not run.
pub(in crate::features) fn rate_without_tables() -> ScalarUDF {
    outcome_rate(RateTables::new(), Arc::default())
}

fn look_up(
    tables: &RateTables,
    unrated: &UnratedCounts,
    args: &[ColumnarValue],
) -> Result<ColumnarValue, DataFusionError> {
    let arrays = ColumnarValue::values_to_arrays(args)?;
    let (targets, columns) = (arrays[0].as_string::<i32>(), arrays[1].as_string::<i32>());
    let (levels, as_of) = (arrays[2].as_string::<i32>(), arrays[3].as_primitive::<TimestampMicrosecondType>());
    let mut rates = Vec::with_capacity(levels.len());
    let (Some(target), Some(column)) = (targets.iter().next().flatten(), columns.iter().next().flatten()) else {
        return Ok(ColumnarValue::Array(Arc::new(Float64Array::new_null(levels.len()))));
    };
    let table = tables
        .get(&(target.to_owned(), column.to_owned()))
        .ok_or_else(|| DataFusionError::Internal(format!("no rates of `{target}` by `{column}`")))?;
    for row in 0..levels.len() {
        let known = levels.is_valid(row) && as_of.is_valid(row);
        let found = if known { table.before(levels.value(row), day_of(as_of.value(row))) } else { None };
        if let Some((_, 0.0)) = found {
            unrated.count(column, levels.value(row));
        }
        rates.push(found.map(|(rate, _)| rate));
    }
    let rates: ArrayRef = Arc::new(Float64Array::from(rates));
    Ok(ColumnarValue::Array(rates))
}
