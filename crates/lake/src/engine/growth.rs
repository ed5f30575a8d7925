//! How large the value becomes that a function makes of its arguments, told before it is made.
//!
//! Most functions make about as many bytes as they are given. These multiply: by a number among their arguments, or by
//! the length of one argument for each part of another. Asked for 10^15 elements, the engine would allocate them, and a
//! failed allocation ends the program.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Date64Type, Int64Type, IntervalMonthDayNanoType, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};

/// How a function multiplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Growth {
    /// `repeat(text, times)`.
    Repeat,
    /// `lpad(text, length, fill)`.
    Pad,
    /// `replace(text, from, to)`.
    Replace,
    /// `regexp_replace(text, pattern, to)`.
    ReplaceMatches,
    /// `regexp_match(text, pattern)`: a group may be in a group.
    Groups,
    /// `array_repeat(element, times)`.
    RepeatElement,
    /// `array_resize(list, length, element)`.
    Resize,
    /// `range(start, stop, step)`.
    Series,
    /// `array_to_string(list, between, missing)`.
    Join,
    /// `array_replace(list, from, to)`.
    ReplaceElements,
    /// `levenshtein(text, text)`: it multiplies time, not bytes.
    Pairs,
}

/// Bytes of the shortest value: an offset or a number.
const WIDTH: u64 = 8;

/// Steps of [`Growth::Pairs`] that take as long as a byte of the others.
const STEPS_PER_BYTE: u64 = 16;

const DAY_NANOS: i128 = 86_400_000_000_000;

impl Growth {
    /// Returns about how many bytes the value of a row has, and never too few. A constant is an argument of one row.
    pub(super) fn bytes(self, arguments: &[ArrayRef], row: usize) -> u64 {
        let of = |argument: &ArrayRef| if argument.len() == 1 { 0 } else { row };
        let length = |index: usize| arguments.get(index).map_or(0, |argument| value_bytes(argument, of(argument)));
        let number = |index: usize| {
            let number = arguments.get(index).and_then(|argument| integer(argument, of(argument)));
            number.unwrap_or(0).max(0) as u64
        };
        let leaves = |index: usize| arguments.get(index).map_or(0, |list| leaves(list, of(list)));
        let count = |index: usize, signs: &[u8]| {
            arguments.get(index).map_or(0, |argument| count_signs(argument, of(argument), signs))
        };
        match self {
            Growth::Repeat => length(0).saturating_mul(number(1)),
            // A letter has up to four bytes.
            Growth::Pad => number(1).saturating_mul(4),
            Growth::Replace => {
                let places = length(0) / length(1).max(1) + 1;
                length(0).saturating_add(places.saturating_mul(length(2)))
            }
            Growth::ReplaceMatches => {
                // Each `\1` or `$1` stands for a part of a match; matches have no part in common.
                let places = length(0).saturating_add(1).saturating_mul(length(2));
                length(0).saturating_mul(1 + count(2, b"\\$")).saturating_add(places)
            }
            Growth::Groups => length(0).saturating_mul(1 + count(1, b"(")),
            Growth::RepeatElement => length(0).saturating_add(WIDTH).saturating_mul(number(1)),
            Growth::Resize => length(2).max(WIDTH).saturating_mul(number(1)),
            Growth::Series => {
                let cells = arguments.iter().map(|argument| argument.slice(of(argument), 1)).collect::<Vec<_>>();
                series(&cells)
            }
            Growth::Join => {
                let each = length(1).saturating_add(length(2)).saturating_add(4 * WIDTH);
                length(0).saturating_add(leaves(0).saturating_mul(each))
            }
            Growth::ReplaceElements => length(0).saturating_add(leaves(0).saturating_mul(length(2))),
            Growth::Pairs => length(0).saturating_mul(length(1)) / STEPS_PER_BYTE,
        }
    }
}

/// Returns the bytes of a value.
fn value_bytes(array: &ArrayRef, row: usize) -> u64 {
    if array.is_null(row) {
        return 0;
    }
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value_length(row) as u64,
        DataType::LargeUtf8 => array.as_string::<i64>().value_length(row) as u64,
        DataType::Utf8View => array.as_string_view().value(row).len() as u64,
        DataType::Binary => array.as_binary::<i32>().value_length(row) as u64,
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => {
            let elements = elements(array, row);
            (0..elements.len()).map(|element| value_bytes(&elements, element).saturating_add(WIDTH)).sum()
        }
        // Of the others, as many bytes as all rows have.
        kind => kind.primitive_width().map_or_else(|| array.get_array_memory_size() as u64, |width| width as u64),
    }
}

/// Returns how many values a list has, those of the lists in it counted each.
fn leaves(array: &ArrayRef, row: usize) -> u64 {
    match array.data_type() {
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) if array.is_valid(row) => {
            let elements = elements(array, row);
            let is_list = matches!(
                elements.data_type(),
                DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..)
            );
            if !is_list {
                return elements.len() as u64;
            }
            (0..elements.len()).map(|element| leaves(&elements, element)).sum()
        }
        _ => 1,
    }
}

fn elements(array: &ArrayRef, row: usize) -> ArrayRef {
    match array.data_type() {
        DataType::LargeList(_) => array.as_list::<i64>().value(row),
        DataType::FixedSizeList(..) => array.as_fixed_size_list().value(row),
        _ => array.as_list::<i32>().value(row),
    }
}

fn integer(array: &ArrayRef, row: usize) -> Option<i64> {
    let is_number = array.data_type() == &DataType::Int64 && array.is_valid(row);
    is_number.then(|| array.as_primitive::<Int64Type>().value(row))
}

/// Returns how often some signs are in a text.
fn count_signs(array: &ArrayRef, row: usize, signs: &[u8]) -> u64 {
    let text = match array.data_type() {
        _ if array.is_null(row) => "",
        DataType::Utf8 => array.as_string::<i32>().value(row),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row),
        DataType::Utf8View => array.as_string_view().value(row),
        _ => "",
    };
    text.bytes().filter(|byte| signs.contains(byte)).count() as u64
}

/// Returns the bytes of a series of numbers, dates or times; those of one without end are beyond every limit.
fn series(cells: &[ArrayRef]) -> u64 {
    let steps = |from: i128, to: i128, step: i128| match step {
        0 => 0,
        _ => ((to - from) / step + 1).clamp(0, i128::from(u64::MAX / WIDTH)) as u64,
    };
    let number = |cell: &ArrayRef| integer(cell, 0).map(i128::from);
    let count = match cells {
        [stop] => number(stop).map_or(0, |stop| steps(0, stop, 1)),
        [start, stop] => number(start).zip(number(stop)).map_or(0, |(start, stop)| steps(start, stop, 1)),
        [start, stop, step] if matches!(step.data_type(), DataType::Interval(_)) => {
            match (instant(start), instant(stop), step_nanos(step)) {
                (Some(_), Some(_), Step::Endless) => u64::MAX / WIDTH,
                (Some(start), Some(stop), Step::Nanos(step)) => steps(start, stop, step),
                _ => 0,
            }
        }
        [start, stop, step] => match (number(start), number(stop), number(step)) {
            (Some(start), Some(stop), Some(step)) => steps(start, stop, step),
            _ => 0,
        },
        _ => 0,
    };
    count.saturating_mul(WIDTH)
}

/// A step of a series of times.
enum Step {
    /// It has no length.
    Missing,
    /// It goes back and forth, as a month less thirty days does.
    Endless,
    /// Its shortest length.
    Nanos(i128),
}

fn step_nanos(array: &ArrayRef) -> Step {
    if array.is_null(0) || !matches!(array.data_type(), DataType::Interval(_)) {
        return Step::Missing;
    }
    let Some(steps) = array.as_primitive_opt::<IntervalMonthDayNanoType>() else { return Step::Endless };
    let (months, days, nanos) = IntervalMonthDayNanoType::to_parts(steps.value(0));
    let signs = [i64::from(months).signum(), i64::from(days).signum(), nanos.signum()];
    if signs.contains(&1) && signs.contains(&-1) {
        return Step::Endless;
    }
    Step::Nanos((i128::from(months) * 28 + i128::from(days)) * DAY_NANOS + i128::from(nanos))
}

/// Returns a date or a time in nanoseconds.
fn instant(array: &ArrayRef) -> Option<i128> {
    if array.is_null(0) {
        return None;
    }
    match array.data_type() {
        DataType::Date32 => Some(i128::from(array.as_primitive::<Date32Type>().value(0)) * DAY_NANOS),
        DataType::Date64 => Some(i128::from(array.as_primitive::<Date64Type>().value(0)) * 1_000_000),
        DataType::Timestamp(unit, _) => {
            let (value, nanos) = match unit {
                TimeUnit::Second => (array.as_primitive::<TimestampSecondType>().value(0), 1_000_000_000),
                TimeUnit::Millisecond => (array.as_primitive::<TimestampMillisecondType>().value(0), 1_000_000),
                TimeUnit::Microsecond => (array.as_primitive::<TimestampMicrosecondType>().value(0), 1_000),
                TimeUnit::Nanosecond => (array.as_primitive::<TimestampNanosecondType>().value(0), 1),
            };
            Some(i128::from(value) * nanos)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{
        Date32Array, Int64Array, IntervalMonthDayNanoArray, ListArray, StringArray, TimestampMicrosecondArray,
    };

    use super::*;

    fn text(text: &str) -> ArrayRef {
        Arc::new(StringArray::from(vec![text]))
    }

    fn number(number: i64) -> ArrayRef {
        Arc::new(Int64Array::from(vec![number]))
    }

    #[track_caller]
    fn check(growth: Growth, arguments: &[ArrayRef], expected: u64) {
        assert_eq!(growth.bytes(arguments, 0), expected, "{growth:?}");
    }

    #[test]
    fn a_number_multiplies() {
        check(Growth::Repeat, &[text("ab"), number(1_000_000_000_000)], 2_000_000_000_000);
        check(Growth::Repeat, &[text("ab"), number(-1)], 0);
        check(Growth::Repeat, &[text("ab"), number(i64::MAX)], u64::MAX - 1);
        check(Growth::Pad, &[text("ab"), number(10)], 40);
        check(Growth::RepeatElement, &[number(7), number(100)], 1_600);
        let list: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1), Some(2)])]));
        check(Growth::Resize, &[list.clone(), number(1_000)], 8_000);
        check(Growth::Join, &[list, text(", ")], 16 + 16 + 2 * 34);
    }

    #[test]
    fn a_text_multiplies() {
        check(Growth::Replace, &[text("aaaa"), text("a"), text("bbb")], 4 + 5 * 3);
        check(Growth::Replace, &[text("aaaa"), text(""), text("bbb")], 4 + 5 * 3);
        check(Growth::ReplaceMatches, &[text("aaaa"), text("(a)"), text("$1$1")], 4 * 3 + 5 * 4);
        check(Growth::Groups, &[text("aaaa"), text("((a)*)")], 12);
        check(Growth::Pairs, &[text("aaaaaaaa"), text("bbbbbbbb")], 4);
    }

    #[test]
    fn a_series_has_as_many_values_as_it_has_steps() {
        check(Growth::Series, &[number(1_000_000_000_000_000)], 8_000_000_000_000_008);
        check(Growth::Series, &[number(0), number(10), number(5)], 24);
        check(Growth::Series, &[number(10), number(0), number(-5)], 24);
        check(Growth::Series, &[number(10), number(0)], 0);
        check(Growth::Series, &[number(i64::MIN), number(i64::MAX)], u64::MAX - 7);
        let date = |day: i32| Arc::new(Date32Array::from(vec![day])) as ArrayRef;
        let step = |months: i32, days: i32, nanos: i64| {
            let step = IntervalMonthDayNanoType::make_value(months, days, nanos);
            Arc::new(IntervalMonthDayNanoArray::from(vec![step])) as ArrayRef
        };
        check(Growth::Series, &[date(0), date(10), step(0, 1, 0)], 88);
        // It would go on for ever: a month forward and thirty days back.
        check(Growth::Series, &[date(0), date(10), step(1, -30, 0)], u64::MAX - 7);
        let time = |micros: i64| Arc::new(TimestampMicrosecondArray::from(vec![micros])) as ArrayRef;
        check(Growth::Series, &[time(0), time(1_000_000), step(0, 0, 1)], 8_000_000_008);
    }
}
