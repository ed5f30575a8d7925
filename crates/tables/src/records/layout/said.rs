//! What is said of a file's lines, as notes.

use super::shape::{Shape, record_excerpt};
use super::survey::Survey;
use crate::records::raw::Place;
use crate::records::source::Record;
use crate::report::{Level, Note, NoteCode};

/// Says which lines stand above the table. Several cells in one of them may be names of groups of columns.
pub(super) fn lines_above(above: &[(Place, Record)], word: &str, header: u64) -> Option<Note> {
    if above.is_empty() {
        return None;
    }
    let shown: Vec<String> = above.iter().take(5).map(|(_, record)| format!("`{}`", record_excerpt(record))).collect();
    let is_wide = above.iter().any(|(_, record)| record.iter().filter(|cell| !cell.trim().is_empty()).count() > 1);
    Some(Note {
        level: if is_wide { Level::Warning } else { Level::Info },
        code: NoteCode::LinesAbove,
        column: None,
        count: above.len() as u64,
        what: format!(
            "the columns are named in {word} {header}; above it stand {}{}",
            shown.join(", "),
            if above.len() > shown.len() { " and more" } else { "" }
        ),
        way_out: "set `lines_above` of `header` in the plan".to_owned(),
    })
}

/// Says that no line names the columns.
pub(super) fn no_names(first: &Record, word: &str, line: u64) -> Note {
    Note {
        level: Level::Warning,
        code: NoteCode::ColumnName,
        column: None,
        count: first.len() as u64,
        what: format!(
            "no line names the columns: {word} {line} looks like a row (`{}`), and is read as one; columns are called by their \
             place",
            record_excerpt(first)
        ),
        way_out:
            "add a line of names to the file, or set `names` of `header` in the plan, with `absent = true`; if it does \
                  name the columns, set `absent = false`"
                .to_owned(),
    }
}

/// Says that rows have more cells than the header names.
pub(super) fn more_cells_than_names(names: usize, width: usize, is_first: bool) -> Note {
    let where_ =
        if is_first { "the first cell of each row is a running number without a name" } else { "the last have none" };
    Note {
        level: Level::Warning,
        code: NoteCode::ColumnName,
        column: None,
        count: (width - names) as u64,
        what: format!("rows have {width} cells, and the header {names} names: {where_}, and is called by its place"),
        way_out: "name each column in the file".to_owned(),
    }
}

/// Says what the pass over all rows found.
pub(super) fn of_survey(survey: &mut Survey, shape: &Shape, word: &str) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut say = |level, code, count: u64, what: String, way_out: &str| {
        if count > 0 {
            notes.push(Note { level, code, column: None, count, what, way_out: way_out.to_owned() });
        }
    };
    let (footers, below) = (survey.footers, footers_text(survey));
    let what = format!("{footers} records at the end are no rows: {below}");
    say(Level::Info, NoteCode::Footer, footers, what, "set `footer_lines` in the plan, 0 if they are rows");
    let line = survey.doubtful_total.unwrap_or_default();
    let what = format!("the last row, in {word} {line}, says that it is a total, and is read as a row");
    let way_out = "take it out of the file, or set `footer_lines = 1` in the plan";
    say(Level::Warning, NoteCode::Footer, u64::from(survey.doubtful_total.is_some()), what, way_out);
    let totals = survey.totals.count.saturating_sub(u64::from(survey.doubtful_total.is_some()) + footers);
    let what = format!(
        "{totals} rows say that they are totals, the first in {word} {}, and are read as rows",
        survey.totals.first
    );
    say(Level::Warning, NoteCode::Footer, totals, what, "export the rows without subtotals");
    let again = survey.header_again;
    let what = format!(
        "{} records name the columns once more, the first in {word} {}: they are no rows",
        again.count, again.first
    );
    say(
        Level::Warning,
        NoteCode::RowLength,
        again.count,
        what,
        "files that were joined may have rows twice: look at them",
    );
    let (short, first) = (survey.short.count, survey.short.first);
    if survey.accepts_short {
        let what = format!(
            "{short} rows have fewer than {} cells, the first in {word} {first}, as programs write that leave out empty cells at \
             the end: the missing ones are taken as empty",
            shape.named
        );
        say(Level::Warning, NoteCode::RowLength, short, what, "if a row was cut, mend the file");
    } else {
        let what = format!(
            "{short} rows have fewer than {} cells, the first in {word} {first}: they are set aside",
            shape.named
        );
        say(Level::Warning, NoteCode::RowLength, short, what, "mend these lines: a line break may have cut them");
    }
    let long = survey.long_empty;
    let what = format!(
        "{} rows have more than {} cells, the first in {word} {}: what is too many is empty, and left out",
        long.count, shape.width, long.first
    );
    say(Level::Info, NoteCode::RowLength, long.count, what, "");
    let empty = survey.empty;
    let what = format!(
        "{} records have nothing but empty cells, the first in {word} {}: they are passed over",
        empty.count, empty.first
    );
    say(Level::Info, NoteCode::RowLength, empty.count, what, "");
    let (formulas, example) = survey.oddities.text_formulas.clone();
    let what = format!("{formulas} cells are formulas of a text, such as `=\"{example}\"`: they are read as the text");
    say(Level::Info, NoteCode::Separator, formulas, what, "");
    let (strays, first) = survey.oddities.stray_quotes;
    let what = format!(
        "{strays} quotes stand within cells and are not doubled, the first in {word} {first}: they belong to the text"
    );
    say(
        Level::Warning,
        NoteCode::Separator,
        strays,
        what,
        "set `quote` in the plan if another character encloses cells",
    );
    let (within, first) = survey.oddities.rows_within;
    let what = format!(
        "{within} cells have lines in them that look like rows, the first in {word} {first}: a quote too many may have joined them"
    );
    say(
        Level::Warning,
        NoteCode::Separator,
        within,
        what,
        "look at these lines, and close each quote where its cell ends",
    );
    notes
}

fn footers_text(survey: &mut Survey) -> String {
    let footers = survey.footers as usize;
    let last = survey.last();
    let below = &last[last.len().saturating_sub(footers)..];
    let shown: Vec<String> = below.iter().take(5).map(|(_, record)| format!("`{}`", record_excerpt(record))).collect();
    format!("{}{}", shown.join(", "), if footers > shown.len() { " and more" } else { "" })
}
