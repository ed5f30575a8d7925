//! What became of the rows and cells of a file, as lines.

use plumb_tables::{Level, Note, ReadingReport, SetAside};

/// Rows set aside that the text shows. All are counted, and the first thousand are in the JSON.
const SET_ASIDE_SHOWN: usize = 5;

/// Returns everything that a report of reading says: warnings first, each with the way out; how the file was read in short.
pub(crate) fn reading_text(report: &ReadingReport) -> String {
    set_aside_text(report) + &notes_text(&report.notes)
}

/// Returns notes as lines: warnings first.
pub(crate) fn notes_text(notes: &[Note]) -> String {
    let of = |level: Level| notes.iter().filter(move |note| note.level == level);
    let mut text: String = of(Level::Warning).map(|note| format!("warning: {}\n", with_way_out(note))).collect();
    text.extend(of(Level::Info).map(|note| format!("  {}\n", note.what)));
    text
}

fn with_way_out(note: &Note) -> String {
    if note.way_out.is_empty() { note.what.clone() } else { format!("{}; {}", note.what, note.way_out) }
}

/// Returns the rows that were lost. Titles and footers are in the notes.
fn set_aside_text(report: &ReadingReport) -> String {
    let rows = || report.set_aside.iter().filter(|record| record.is_row);
    let line = |record: &SetAside| {
        let column = record.column.as_ref().map(|column| format!("`{column}`: ")).unwrap_or_default();
        format!("set aside: line {}: {column}{}\n", record.line, record.reason)
    };
    let mut text: String = rows().take(SET_ASIDE_SHOWN).map(line).collect();
    let count = rows().count();
    if count > SET_ASIDE_SHOWN {
        text.push_str(&format!("set aside: {count} rows in all\n"));
    }
    text
}
