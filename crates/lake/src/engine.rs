//! The engine's session: its settings, and the functions that SQL files may use beside its own.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Float64Array, StringArray, TimestampMicrosecondArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, TimestampMicrosecondType};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};
use datafusion::prelude::{SessionConfig, SessionContext};

use crate::timestamp::{self, timestamp_type};

/// Microseconds in a day.
pub(crate) const DAY_MICROS: i64 = 86_400_000_000;

/// Returns a session with Plumbline's functions.
///
/// One partition: sums of fractions then always add in the same order, and the same rows give the same bytes.
pub(crate) fn session() -> SessionContext {
    let context = SessionContext::new_with_config(config(1));
    functions().into_iter().for_each(|function| context.register_udf(function));
    context
}

/// Returns the settings of a session. Text is plain `Utf8`, so that a schema does not depend on where a column came
/// from.
pub(crate) fn config(partitions: usize) -> SessionConfig {
    SessionConfig::new()
        .with_target_partitions(partitions)
        .with_information_schema(false)
        .set_bool("datafusion.execution.parquet.schema_force_view_types", false)
        .set_bool("datafusion.sql_parser.map_string_types_to_utf8view", false)
}

/// Returns Plumbline's functions.
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
        create_udf("to_timestamp", text(), timestamp_type(), immutable, Arc::new(to_timestamp)),
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
/// `None` if it is no address.
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

fn to_timestamp(args: &[ColumnarValue]) -> Result<ColumnarValue> {
    let array = text_array(&args[0])?;
    let moments: TimestampMicrosecondArray =
        array.as_string::<i32>().iter().map(|text| text.and_then(timestamp::parse)).collect();
    let moments: ArrayRef = Arc::new(moments.with_timezone("UTC"));
    match &args[0] {
        ColumnarValue::Scalar(_) => Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&moments, 0)?)),
        ColumnarValue::Array(_) => Ok(ColumnarValue::Array(moments)),
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
            (Some(later), Some(earlier)) => Some((later - earlier) as f64 / DAY_MICROS as f64),
            _ => None,
        })
        .collect();
    let days: ArrayRef = Arc::new(days);
    if args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_))) {
        return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&days, 0)?));
    }
    Ok(ColumnarValue::Array(days))
}

/// Returns the day since 1970 in which a moment lies.
pub(crate) fn day_of(micros: i64) -> i64 {
    micros.div_euclid(DAY_MICROS)
}

/// Returns an array of moments.
pub(crate) fn moments(micros: impl IntoIterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(micros.into_iter().collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(normalise_email(text).as_deref(), expected, "{text}");
    }

    #[test]
    fn spellings_of_one_mailbox_are_one() {
        for spelling in ["ada@x.org", " Ada@X.org ", "Ada Lovelace <ada@x.org>", "ada+jobs@x.org", "mailto:ADA@x.org"] {
            check(spelling, Some("ada@x.org"));
        }
    }

    #[test]
    fn what_is_no_address_is_nothing() {
        for text in ["", "n/a", "ada@", "@x.org", "ada@x", "a b@x.org", "ada@x@y.org", "ada@x.org.", "+tag@x.org"] {
            check(text, None);
        }
    }
}
