//! What is said of numbers and dates: how they are read, with an example and its value.

use super::super::decode::{Decoder, moment};
use super::super::evidence::Evidence;
use super::super::notes::{note, quoted};
use super::super::number::mark;
use super::dates::{self, Decided};
use super::numbers::{self, Doubt};
use crate::block::ColumnValues;
use crate::plan::{ColumnPlan, ColumnReading, DateOrder};
use crate::report::{Level, Note, NoteCode};

/// Returns how dates are read.
pub(crate) fn timestamp(reading: &dates::Reading) -> ColumnReading {
    ColumnReading::Timestamp { order: reading.order, days_only: reading.days_only }
}

/// Says how numbers are read.
pub(crate) fn number_notes(name: &str, evidence: &Evidence, reading: &numbers::Reading) -> Vec<Note> {
    let forms = &evidence.forms;
    let example = match reading.doubt {
        Doubt::None => forms.example.as_deref(),
        _ => forms.example_ambiguous.as_deref(),
    };
    let mut notes = Vec::new();
    if let Some(example) = example {
        let read = format!("{} is read as {}", quoted(example), value(example, reading));
        notes.push(form_note(name, evidence, reading, &read));
    }
    if reading.form.scale && forms.marked(mark::SCALE).count < forms.number_count() {
        let (with, all) = (forms.marked(mark::SCALE).count, forms.number_count());
        let what = format!(
            "{with} of {all} numbers have a word such as `k` or `M` that multiplies them, and the others have none"
        );
        notes.push(note(
            Level::Warning,
            NoteCode::NumberForm,
            name,
            all - with,
            what,
            "if the others mean thousands too, write them so in the file",
        ));
    }
    notes.extend(moments(name, evidence));
    for (sentinel, count) in forms.plain.sentinels() {
        let what = format!(
            "`{sentinel}` stands in {count} rows far from all other values, and may mean missing: it counts as a number"
        );
        let way_out = format!("if it is missing, add it to the column's plan: `missing = [\"{sentinel}\"]`");
        notes.push(note(Level::Warning, NoteCode::MissingDoubtful, name, count, what, way_out));
    }
    notes
}

/// Says that numbers may be milliseconds since 1970, though the name does not say so.
fn moments(name: &str, evidence: &Evidence) -> Option<Note> {
    let forms = &evidence.forms;
    let (least, greatest) = forms.plain.whole()?;
    let are_moments = dates::MILLISECONDS.contains(&least) && dates::MILLISECONDS.contains(&greatest);
    if !are_moments || forms.plain.total() != forms.number_count() {
        return None;
    }
    let day = day_text((least * 1e3) as i64);
    let what =
        format!("numbers such as `{least}` may be milliseconds since 1970, here {day}: they are read as numbers");
    let way_out = "if they are, fix `kind = \"timestamp\"` with `order = \"unix_millis\"` for the column in the plan";
    Some(note(Level::Warning, NoteCode::DateAmbiguous, name, forms.number_count(), what, way_out))
}

/// Says how dates are read.
pub(crate) fn date_notes(name: &str, evidence: &Evidence, reading: &dates::Reading) -> Vec<Note> {
    let forms = &evidence.forms;
    let marks = &forms.date_marks;
    let mut notes = Vec::new();
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
    let is_number = evidence.forms.number_count() > 0 && marks.example.is_none();
    if reading.order != DateOrder::YearMonthDay || is_number {
        notes.push(note(
            level,
            code,
            name,
            evidence.present(),
            format!("dates are read as {order}{example}{why}"),
            way_out,
        ));
    }
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

/// Says that words look like something else.
pub(crate) fn looks_like(name: &str, evidence: &Evidence, what: &str, code: NoteCode, why: &str) -> Note {
    let count = evidence.present() - evidence.forms.missing_count();
    let kind = if what == "numbers" { "number" } else { "timestamp" };
    let way_out = format!(
        "mend those cells, or fix `kind = \"{kind}\"` for the column in the plan, with spellings of missing in `missing`"
    );
    note(Level::Warning, code, name, count, format!("looks like {what}, but {why}: it is read as words"), way_out)
}

fn form_note(name: &str, evidence: &Evidence, reading: &numbers::Reading, read: &str) -> Note {
    let count = evidence.forms.number_count();
    let way_out = "if that is wrong, fix the column in the plan: `kind = \"number\"` with `decimal = \".\"` or `decimal = \",\"` and `thousands`";
    match reading.doubt {
        Doubt::None => note(Level::Info, NoteCode::NumberForm, name, count, read, way_out),
        Doubt::ByOtherColumns => note(
            Level::Info,
            NoteCode::NumberForm,
            name,
            count,
            format!("{read}, as the other numbers of the file show"),
            way_out,
        ),
        Doubt::Guessed => {
            let what = format!(
                "{read}, but its separator could be one of thousands or a decimal one, and no other cell decides"
            );
            note(Level::Warning, NoteCode::NumberAmbiguous, name, count, what, way_out)
        }
    }
}

fn value(example: &str, reading: &numbers::Reading) -> String {
    let plan = ColumnPlan {
        name: String::new(),
        reading: ColumnReading::Number(reading.form.clone()),
        missing: Vec::new(),
        merge_spellings: false,
    };
    match Decoder::new(&plan).decode(std::iter::once(example), |_, _| {}) {
        Some(ColumnValues::Number(values)) if !values[0].is_nan() => values[0].to_string(),
        _ => "no number".to_owned(),
    }
}

fn day_text(micros: i64) -> String {
    chrono::DateTime::from_timestamp_micros(micros)
        .map_or_else(|| micros.to_string(), |at| at.format("%Y-%m-%d").to_string())
}
