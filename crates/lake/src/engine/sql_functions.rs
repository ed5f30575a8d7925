//! SQL functions that files may use beside the engine's own: `normalise_email`, `parse_timestamp`, `date_diff_days`.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Float64Array, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, TimestampMicrosecondType};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};

use super::parsing::{fault_number, is_fault_time};
use crate::timestamp::{self, DAY_MICROS, timestamp_array, timestamp_type};

/// Returns the functions.
pub(crate) fn functions() -> Vec<ScalarUDF> {
    let text = || vec![DataType::Utf8];
    let immutable = Volatility::Immutable;
    vec![
        create_udf(
            "normalise_email",
            text(),
            DataType::Utf8,
            immutable,
            Arc::new(|args| map_text(args, normalise_email)),
        ),
        create_udf("parse_timestamp", text(), timestamp_type(), immutable, Arc::new(parse_timestamp)),
        create_udf(
            "date_diff_days",
            vec![timestamp_type(), timestamp_type()],
            DataType::Float64,
            immutable,
            Arc::new(date_diff_days),
        ),
    ]
}

/// Returns an e-mail address as one spelling of its mailbox: without a display name, spaces, capitals or a `+tag`.
/// `None` if it is not an address.
fn normalise_email(text: &str) -> Option<String> {
    let inner = match (text.rfind('<'), text.rfind('>')) {
        (Some(open), Some(close)) if open < close => &text[open + 1..close],
        _ => text,
    };
    let address = inner.trim().trim_start_matches("mailto:").to_lowercase();
    let (mailbox, domain) = address.split_once('@')?;
    let mailbox = mailbox.split('+').next().unwrap_or_default();
    let usable = !mailbox.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !address.contains(char::is_whitespace)
        && !domain.contains('@');
    usable.then(|| format!("{mailbox}@{domain}"))
}

fn map_text(args: &[ColumnarValue], each: impl Fn(&str) -> Option<String>) -> Result<ColumnarValue> {
    match &args[0] {
        ColumnarValue::Scalar(ScalarValue::Utf8(text)) => {
            Ok(ColumnarValue::Scalar(ScalarValue::Utf8(text.as_deref().and_then(each))))
        }
        other => {
            let array = text_array(other)?;
            let mapped: StringArray = array.as_string::<i32>().iter().map(|text| text.and_then(&each)).collect();
            Ok(ColumnarValue::Array(Arc::new(mapped)))
        }
    }
}

fn parse_timestamp(args: &[ColumnarValue]) -> Result<ColumnarValue> {
    let array = text_array(&args[0])?;
    let timestamps = timestamp_array(array.as_string::<i32>().iter().map(|text| text.and_then(timestamp::parse)));
    match &args[0] {
        ColumnarValue::Scalar(_) => Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&timestamps, 0)?)),
        ColumnarValue::Array(_) => Ok(ColumnarValue::Array(timestamps)),
    }
}

fn text_array(value: &ColumnarValue) -> Result<ArrayRef> {
    let array = value.to_array(1)?;
    Ok(cast(&array, &DataType::Utf8)?)
}

fn date_diff_days(args: &[ColumnarValue]) -> Result<ColumnarValue> {
    let arrays = ColumnarValue::values_to_arrays(args)?;
    let (later, earlier) =
        (arrays[0].as_primitive::<TimestampMicrosecondType>(), arrays[1].as_primitive::<TimestampMicrosecondType>());
    let days: Float64Array = later
        .iter()
        .zip(earlier.iter())
        .map(|pair| match pair {
            // What stands for a text that is no timestamp stands for it still.
            (Some(later), Some(earlier)) => Some(match is_fault_time(later).or(is_fault_time(earlier)) {
                Some(code) => fault_number(code),
                None => later.saturating_sub(earlier) as f64 / DAY_MICROS as f64,
            }),
            _ => None,
        })
        .collect();
    let days: ArrayRef = Arc::new(days);
    if args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_))) {
        return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&days, 0)?));
    }
    Ok(ColumnarValue::Array(days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(normalise_email(text).as_deref(), expected, "{text}");
    }

    #[test]
    fn spellings_of_one_mailbox_are_normalised_alike() {
        for spelling in ["ada@x.org", " Ada@X.org ", "Ada Lovelace <ada@x.org>", "ada+jobs@x.org", "mailto:ADA@x.org"] {
            check(spelling, Some("ada@x.org"));
        }
    }

    #[test]
    fn invalid_addresses_are_none() {
        for text in ["", "n/a", "ada@", "@x.org", "ada@x", "a b@x.org", "ada@x@y.org", "ada@x.org.", "+tag@x.org"] {
            check(text, None);
        }
    }
}
