//! What is said of numbers and identifiers.

use super::super::evidence::Evidence;
use super::super::notes::{note, quoted};
use super::super::number::mark;
use super::numbers::{Doubt, Reading};
use crate::report::{Level, Note, NoteCode};

/// Returns what is said of identifiers that a spreadsheet has rounded.
pub(super) fn rounded(name: &str, evidence: &Evidence) -> Note {
    let forms = &evidence.forms;
    let shortened = forms.marked(mark::SHORTENED);
    let seen = if shortened.count > 0 { shortened } else { forms.marked(mark::ROUNDED) };
    let (count, rows, distinct) = (seen.count, evidence.present(), evidence.distinct());
    let example = quoted(seen.example.as_deref().unwrap_or_default());
    let what = format!(
        "{count} identifiers such as {example} were rounded by a spreadsheet: {rows} rows have {distinct} different ones, so \
         that {} rows share theirs with others",
        rows.saturating_sub(distinct)
    );
    let way_out = "export the identifiers again as text, and do not save the file in a spreadsheet program";
    note(Level::Warning, NoteCode::IdentifierRounded, name, rows.saturating_sub(distinct), what, way_out)
}

/// Returns what is said of the form of numbers.
pub(super) fn number_notes(name: &str, evidence: &Evidence, reading: &Reading) -> Vec<Note> {
    let (forms, form) = (&evidence.forms, &reading.form);
    let mut notes = Vec::new();
    let mut parts: Vec<String> = Vec::new();
    if form.decimal == Some(',') {
        parts.push("a decimal comma".to_owned());
    }
    if let Some(thousands) = form.thousands {
        parts.push(if thousands == ' ' {
            "blanks between thousands".to_owned()
        } else {
            format!("`{thousands}` between thousands")
        });
    }
    if !form.units.is_empty() {
        parts.push(format!("the unit `{}`, which is left out", form.units.join("`, `")));
    }
    let marks = [
        (form.percent, "percent signs: `12.5%` is 12.5"),
        (form.parentheses, "parentheses as minus"),
        (form.trailing_minus, "a minus behind"),
        (form.plus, "a plus behind, which is left out: `14+` is 14"),
        (form.scale, "scales: `10k` is 10000"),
    ];
    parts.extend(marks.iter().filter(|(is_there, _)| *is_there).map(|(_, text)| (*text).to_owned()));
    if !parts.is_empty() {
        let example = forms.example_written.as_deref().or(forms.example.as_deref()).unwrap_or_default();
        let what = format!("numbers such as {} are read with {}", quoted(example), parts.join(", "));
        notes.push(note(Level::Info, NoteCode::NumberForm, name, forms.number_count(), what, ""));
    }
    let example = quoted(forms.example_ambiguous.as_deref().unwrap_or_default());
    match reading.doubt {
        Doubt::None => {}
        Doubt::ByOtherColumns => {
            let what = format!("{example} could be read in two ways: read as other columns of the file decide");
            notes.push(note(
                Level::Info,
                NoteCode::NumberAmbiguous,
                name,
                forms.number_count(),
                what,
                "set the column's `decimal` and `thousands` in the plan if that is wrong",
            ));
        }
        Doubt::Guessed => {
            let sign = if form.decimal == Some(',') {
                "thousands with points"
            } else {
                "a decimal point, or thousands with commas"
            };
            let what = format!(
                "{example} could be a fraction or thousands, and nothing in the file decides: read with {sign}"
            );
            notes.push(note(
                Level::Warning,
                NoteCode::NumberAmbiguous,
                name,
                forms.number_count(),
                what,
                "set the column's `decimal` and `thousands` in the plan",
            ));
        }
    }
    notes
}

/// Returns what is said of values that may mean missing.
pub(super) fn sentinels(name: &str, found: &[(f64, u64)], shown: impl Fn(f64) -> String) -> Option<Note> {
    let count: u64 = found.iter().map(|(_, count)| count).sum();
    let listed: Vec<String> = found.iter().map(|(value, count)| format!("`{}` ({count})", shown(*value))).collect();
    let what = format!(
        "{} stands apart from all other values, and may mean missing: it is read as a value",
        listed.join(", ")
    );
    let way_out = "name it in `missing` of the column's plan if it means missing";
    (count > 0).then(|| note(Level::Warning, NoteCode::MissingDoubtful, name, count, what, way_out))
}

/// Returns a moment, in microseconds since 1970, as a day.
pub(super) fn moment(micros: f64) -> String {
    chrono::DateTime::from_timestamp_micros(micros as i64)
        .map_or_else(|| micros.to_string(), |at| at.format("%Y-%m-%d").to_string())
}
