//! The sentences of notes that more than one place says.

use crate::report::{Level, Note, NoteCode};

/// Returns a note on a column.
pub(crate) fn note(
    level: Level,
    code: NoteCode,
    column: &str,
    count: u64,
    what: impl Into<String>,
    way_out: impl Into<String>,
) -> Note {
    Note { level, code, column: Some(column.to_owned()), count, what: what.into(), way_out: way_out.into() }
}

/// Returns the note on spellings that are taken as missing, with the cells of each; `None` if there are no such cells.
pub(crate) fn missing_note(column: &str, spellings: &[(String, u64)]) -> Option<Note> {
    let count: u64 = spellings.iter().map(|(_, count)| count).sum();
    let listed: Vec<(&str, u64)> = spellings.iter().map(|(word, count)| (word.as_str(), *count)).collect();
    let what = format!("{} taken as missing", listed_words(&listed));
    let way_out = "if it is a value, fix the column in the plan without it in `missing`";
    (count > 0).then(|| note(Level::Info, NoteCode::Missing, column, count, what, way_out))
}

/// Returns the note on cells that do not fit their column, and set their rows aside.
pub(crate) fn unreadable_note(column: &str, kind: &str, count: u64, examples: &[(u64, String)]) -> Note {
    let shown: Vec<String> =
        examples.iter().take(3).map(|(line, cell)| format!("line {line}: {}", quoted(cell))).collect();
    let (cells, are, rows) = if count == 1 { ("cell", "is", "its row") } else { ("cells", "are", "their rows") };
    note(
        Level::Warning,
        NoteCode::CellUnreadable,
        column,
        count,
        format!("{count} {cells} {are} no {kind} ({}): {rows} set aside", shown.join(", ")),
        "mend the cells, or name a spelling that means missing in `missing` of the column's plan",
    )
}

/// Returns words with their counts: `` `NA` (12), `-` (3) ``.
pub(crate) fn listed_words(words: &[(&str, u64)]) -> String {
    const LISTED_MAX: usize = 5;
    let mut words: Vec<_> = words.iter().filter(|(_, count)| *count > 0).collect();
    words.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let shown: Vec<String> =
        words.iter().take(LISTED_MAX).map(|(word, count)| format!("{} ({count})", quoted(word))).collect();
    let more = words.len().saturating_sub(LISTED_MAX);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

/// Returns a cell in backticks, shortened and without control characters.
pub(crate) fn quoted(cell: &str) -> String {
    const SHOWN_MAX: usize = 40;
    let mut shown: String =
        cell.chars().take(SHOWN_MAX).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if cell.chars().nth(SHOWN_MAX).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}
