//! The text of a cell of a sheet.

use calamine::{Data, DataRef, ExcelDateTime};

/// Writes what a cell says: numbers in their shortest form, dates in ISO 8601, flags and errors as spreadsheets show them.
pub(super) fn cell_text(cell: &Data) -> String {
    match cell {
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number_text(*number),
        Data::String(text) => text.clone(),
        Data::Bool(flag) => if *flag { "TRUE" } else { "FALSE" }.to_owned(),
        Data::DateTime(moment) => moment_text(moment),
        Data::DateTimeIso(text) => text.strip_suffix("T00:00:00").unwrap_or(text).to_owned(),
        Data::DurationIso(text) => text.clone(),
        Data::Error(error) => error.to_string(),
        Data::Empty => String::new(),
    }
}

/// The same, of a cell that is read one by one.
pub(super) fn cell_ref_text(cell: DataRef<'_>) -> String {
    match cell {
        DataRef::SharedString(text) => text.to_owned(),
        DataRef::String(text) => text,
        other => cell_text(&Data::from(other)),
    }
}

fn number_text(number: f64) -> String {
    // Beyond these, plain digits would be hundreds of zeros.
    let is_plain = number == 0.0 || (1e-7..1e21).contains(&number.abs());
    if is_plain { format!("{number}") } else { format!("{number:e}") }
}

/// A moment as `2025-01-06`, or with its time; a time without a day, or a duration, as `12:30:00`.
fn moment_text(moment: &ExcelDateTime) -> String {
    let days = moment.as_f64();
    if moment.is_duration() || (0.0..1.0).contains(&days) {
        let seconds = (days.abs() * 86_400.0).round();
        if seconds > 1e12 {
            return number_text(days);
        }
        let (seconds, sign) = (seconds as u64, if days < 0.0 { "-" } else { "" });
        return format!("{sign}{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    }
    // Days beyond the year 9999 are numbers that were formatted by mistake.
    let Some(moment) = moment.as_datetime().filter(|_| (0.0..2_958_466.0).contains(&days)) else {
        return number_text(days);
    };
    let text = moment.format("%Y-%m-%d %H:%M:%S%.f").to_string();
    text.strip_suffix(" 00:00:00").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use calamine::{CellErrorType, ExcelDateTimeType};

    use super::*;

    #[track_caller]
    fn check(cell: Data, expected: &str) {
        assert_eq!(cell_text(&cell), expected);
    }

    fn moment(days: f64, is_1904: bool) -> Data {
        Data::DateTime(ExcelDateTime::new(days, ExcelDateTimeType::DateTime, is_1904))
    }

    #[test]
    fn numbers_have_their_shortest_form() {
        check(Data::Float(1.0), "1");
        check(Data::Float(0.1), "0.1");
        check(Data::Float(123_456_789_012_345.0), "123456789012345");
        check(Data::Float(1e300), "1e300");
    }

    #[test]
    fn moments_are_written_in_iso_8601() {
        check(moment(45_663.0, false), "2025-01-06");
        check(moment(45_663.5, false), "2025-01-06 12:00:00");
        check(moment(44_201.0, true), "2025-01-06");
        check(moment(0.25, false), "06:00:00");
        check(moment(9e9, false), "9000000000");
        check(Data::DateTimeIso("2025-01-06T00:00:00".to_owned()), "2025-01-06");
    }

    #[test]
    fn durations_may_be_longer_than_a_day() {
        check(Data::DateTime(ExcelDateTime::new(1.5, ExcelDateTimeType::TimeDelta, false)), "36:00:00");
    }

    #[test]
    fn flags_and_errors_are_as_spreadsheets_show_them() {
        check(Data::Bool(true), "TRUE");
        check(Data::Error(CellErrorType::NA), "#N/A");
    }
}
