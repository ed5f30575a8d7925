//! What is said of numbers: how they are read, with an example and its value.

use super::super::decode::Decoder;
use super::super::evidence::Evidence;
use super::super::notes::{note, quoted};
use super::super::number::mark;
use super::dates;
use super::numbers::{self, Doubt};
use super::say_dates::day_text;
use crate::block::ColumnValues;
use crate::plan::{ColumnPlan, ColumnReading};
use crate::report::{Level, Note, NoteCode};

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
