//! What is said of dates: their order, years of two digits, zones that are not written, and days that may mean missing.

use super::super::decode::moment;
use super::super::evidence::Evidence;
use super::super::notes::{note, quoted};
use super::dates::{self, Decided};
use crate::plan::{ColumnReading, DateOrder};
use crate::report::{Level, Note, NoteCode};

/// Returns how dates are read.
pub(crate) fn timestamp(reading: &dates::Reading) -> ColumnReading {
    ColumnReading::Timestamp { order: reading.order, days_only: reading.days_only }
}

/// Says how dates are read.
pub(crate) fn date_notes(name: &str, evidence: &Evidence, reading: &dates::Reading) -> Vec<Note> {
    let forms = &evidence.forms;
    let marks = &forms.date_marks;
    let mut notes: Vec<Note> = order_note(name, evidence, reading).into_iter().collect();
    if marks.short_year > 0 {
        let what = format!(
            "{} dates have years of two digits: 69 to 99 are of the 1900s, 00 to 68 of the 2000s",
            marks.short_year
        );
        notes.push(note(
            Level::Info,
            NoteCode::DateOrder,
            name,
            marks.short_year,
            what,
            "if that is wrong, write years with four digits in the file",
        ));
    }
    let without = marks.with_time.saturating_sub(marks.with_zone);
    if without > 0 {
        notes.push(note(
            Level::Info,
            NoteCode::DateOrder,
            name,
            without,
            format!("{without} times have no zone, and are taken as UTC"),
            "if they are local, write the zone in the file",
        ));
    }
    for (sentinel, count) in forms.moments.sentinels() {
        let what = format!(
            "{} stands in {count} rows far from all other dates, and may mean missing: it counts as a date",
            day_text(sentinel as i64)
        );
        notes.push(note(
            Level::Warning,
            NoteCode::MissingDoubtful,
            name,
            count,
            what,
            "if it is missing, add it to `missing` of the column's plan as it is written",
        ));
    }
    notes
}

/// Returns a moment, in microseconds since 1970, as a day.
pub(crate) fn day_text(micros: i64) -> String {
    chrono::DateTime::from_timestamp_micros(micros)
        .map_or_else(|| micros.to_string(), |at| at.format("%Y-%m-%d").to_string())
}

/// Says in which order days and months are read, unless the year is first.
fn order_note(name: &str, evidence: &Evidence, reading: &dates::Reading) -> Option<Note> {
    let forms = &evidence.forms;
    let marks = &forms.date_marks;
    let order = match reading.order {
        DateOrder::YearMonthDay => "year, month, day",
        DateOrder::DayMonthYear => "day, month, year",
        DateOrder::MonthDayYear => "month, day, year",
        DateOrder::SpreadsheetSerial => "days of a spreadsheet since 1899-12-30",
        DateOrder::UnixSeconds => "seconds since 1970",
        DateOrder::UnixMillis => "milliseconds since 1970",
    };
    // Numbers that count days or seconds have no example that is written as a date.
    let least = forms.plain.whole().map(|(least, _)| least.to_string());
    let example = marks.example.as_deref().or(least.as_deref());
    let example = example.map_or_else(String::new, |example| {
        let micros = moment(example, reading.order, false);
        format!(", such as {}: {}", quoted(example), micros.map_or_else(|| "no date".to_owned(), day_text))
    });
    let way_out = "if that is wrong, fix `order` of the column in the plan: `order = \"day_month_year\"` or `order = \"month_day_year\"`";
    let (level, code, why) = match reading.decided {
        Decided::Here => (Level::Info, NoteCode::DateOrder, ""),
        Decided::ByOtherColumns => (Level::Info, NoteCode::DateOrder, ", as other columns of the file show"),
        Decided::AsAmerican => (
            Level::Warning,
            NoteCode::DateAmbiguous,
            "; no cell decides the order, which is taken from the dollars or twelve-hour times of the file",
        ),
        Decided::DayFirst => {
            (Level::Warning, NoteCode::DateAmbiguous, "; no cell decides the order, and the day is taken to be first")
        }
    };
    let what = format!("dates are read as {order}{example}{why}");
    let is_number = forms.number_count() > 0 && marks.example.is_none();
    let is_said = reading.order != DateOrder::YearMonthDay || is_number;
    is_said.then(|| note(level, code, name, evidence.present(), what, way_out))
}
