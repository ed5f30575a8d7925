//! What became of the rows and cells of a file, as lines.

use plumb_tables::{Level, Note, ReadingReport};

/// Rows set aside that the text shows. All are counted, and the first thousand are in the JSON.
const SET_ASIDE_SHOWN: usize = 5;

/// Returns everything that a report of reading says: what was lost, warnings with the way out, and how the file was read.
pub(crate) fn reading_text(report: &ReadingReport) -> String {
    let lost = report.set_aside.iter().filter(|record| record.is_row).take(SET_ASIDE_SHOWN);
    let mut text: String = lost.map(|record| format!("set aside: {record}\n")).collect();
    if report.rows_lost > SET_ASIDE_SHOWN as u64 {
        text.push_str(&format!("set aside: {} rows in all\n", report.rows_lost));
    }
    text + &notes_text(&report.notes)
}

/// Returns notes as lines, warnings first.
pub(crate) fn notes_text(notes: &[Note]) -> String {
    let of = |level: Level| notes.iter().filter(move |note| note.level == level);
    let mut text: String = of(Level::Warning).map(|note| format!("{note}\n")).collect();
    text.extend(of(Level::Info).map(|note| format!("  {note}\n")));
    text
}
