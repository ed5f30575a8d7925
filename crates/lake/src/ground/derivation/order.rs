//! Puts rows into one order, wherever they were computed: by the file or table and the number that they come from, then by
//! their values. Of two rows with the same timestamp the later one counts, so the order is part of the result.

use std::cell::OnceCell;
use std::cmp::Ordering;

use datafusion::arrow::array::{AsArray, DynComparator, RecordBatch, UInt32Array, make_comparator};
use datafusion::arrow::compute::{SortOptions, take_record_batch};
use datafusion::arrow::datatypes::DataType;

use crate::error::Error;

/// Puts rows into their order.
pub(super) fn ordered(rows: RecordBatch) -> Result<RecordBatch, Error> {
    match order_of(&rows, None) {
        None => Ok(rows),
        Some(order) => take_record_batch(&rows, &order).map_err(Error::engine("order rows")),
    }
}

/// Returns the order of rows, by the run of each first if they are of several; `None` if they are in order.
pub(super) fn order_of(rows: &RecordBatch, runs: Option<&[i64]>) -> Option<UInt32Array> {
    let origins = rows.column_by_name("_origin").filter(|array| array.data_type() == &DataType::Utf8);
    let origins: Vec<(&str, u64)> = match origins {
        Some(origins) => origins.as_string::<i32>().iter().map(|origin| parts(origin.unwrap_or_default())).collect(),
        None => vec![("", 0); rows.num_rows()],
    };
    // Mostly they are in order, each from a row of its own.
    if runs.is_none() && origins.windows(2).all(|pair| pair[0] < pair[1]) {
        return None;
    }
    let comparators: OnceCell<Vec<DynComparator>> = OnceCell::new();
    let by_content = |a: u32, b: u32| {
        let comparators = comparators.get_or_init(|| {
            let compare = |column| make_comparator(column, column, SortOptions::default());
            rows.columns().iter().filter_map(|column| compare(column).ok()).collect()
        });
        let differ = |compare: &DynComparator| Some(compare(a as usize, b as usize)).filter(|order| order.is_ne());
        comparators.iter().find_map(differ).unwrap_or(Ordering::Equal)
    };
    let mut order: Vec<u32> = (0..rows.num_rows() as u32).collect();
    let place = |row: u32| (runs.map(|runs| runs[row as usize]), origins[row as usize]);
    order.sort_by(|a, b| place(*a).cmp(&place(*b)).then_with(|| by_content(*a, *b)));
    Some(UInt32Array::from(order))
}

/// Splits an origin such as `crm.leads:17`.
fn parts(origin: &str) -> (&str, u64) {
    match origin.rsplit_once(':').map(|(file, number)| (file, number.parse())) {
        Some((file, Ok(number))) => (file, number),
        _ => (origin, 0),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{ArrayRef, StringArray};
    use datafusion::arrow::datatypes::{Field, Schema};

    use super::*;

    #[test]
    fn rows_are_ordered_by_origin_and_then_by_value() {
        let text = |texts: &[&str]| -> ArrayRef { Arc::new(StringArray::from(texts.to_vec())) };
        let schema = ["word", "_origin"].map(|name| Field::new(name, DataType::Utf8, true));
        let columns = vec![
            text(&["b", "a", "c", "first"]),
            text(&["crm.leads:10", "crm.leads:10", "crm.leads:9", "crm.accounts:77"]),
        ];
        let rows = RecordBatch::try_new(Arc::new(Schema::new(schema.to_vec())), columns).expect("two columns");
        let words: Vec<String> = ordered(rows).expect("texts have an order")["word"]
            .as_string::<i32>()
            .iter()
            .flatten()
            .map(str::to_owned)
            .collect();
        assert_eq!(words, ["first", "c", "a", "b"]);
    }
}
