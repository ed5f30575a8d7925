//! Columns of the engine as a table of features.

use std::collections::BTreeSet;

use datafusion::arrow::array::{ArrayRef, AsArray, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float32Type, Float64Type, Int64Type};
use datafusion::arrow::error::ArrowError;
use plumb_lead::{Column, MISSING_LEVEL, Table, Values};

use crate::error::Error;

/// Returns named columns as a table.
pub(crate) fn table_of<'a>(columns: impl Iterator<Item = (&'a str, &'a ArrayRef)>) -> Result<Table, Error> {
    let columns = columns.map(|(name, array)| {
        let values = to_values(array).map_err(Error::engine("read the features"))?;
        Ok(Column { name: name.to_owned(), values })
    });
    Ok(Table::new(columns.collect::<Result<_, Error>>()?).expect("the columns of one run are of one length"))
}

/// Returns the values of a feature: a plan accepts only numbers, flags and text.
fn to_values(array: &ArrayRef) -> Result<Values, ArrowError> {
    Ok(match array.data_type() {
        DataType::Boolean => {
            let flags = array.as_boolean().iter();
            Values::Flag(flags.map(|flag| flag.map_or(f32::NAN, |flag| f32::from(u8::from(flag)))).collect())
        }
        DataType::Utf8 => to_category(array.as_string()),
        DataType::LargeUtf8 | DataType::Utf8View => to_category(cast(array, &DataType::Utf8)?.as_string()),
        DataType::Float64 => {
            let numbers = array.as_primitive::<Float64Type>().iter();
            Values::Number(numbers.map(|number| number.map_or(f32::NAN, |number| number as f32)).collect())
        }
        DataType::Int64 => {
            let numbers = array.as_primitive::<Int64Type>().iter();
            Values::Number(numbers.map(|number| number.map_or(f32::NAN, |number| number as f32)).collect())
        }
        _ => {
            let numbers = cast(array, &DataType::Float32)?;
            let numbers = numbers.as_primitive::<Float32Type>().iter();
            Values::Number(numbers.map(|number| number.unwrap_or(f32::NAN)).collect())
        }
    })
}

fn to_category(texts: &StringArray) -> Values {
    let words: BTreeSet<&str> = texts.iter().flatten().collect();
    let levels: Vec<&str> = words.into_iter().collect();
    let code = |text: Option<&str>| {
        text.and_then(|text| levels.binary_search(&text).ok()).map_or(MISSING_LEVEL, |code| code as u32)
    };
    let codes = texts.iter().map(code).collect();
    Values::Category { codes, levels: levels.into_iter().map(str::to_owned).collect() }
}
