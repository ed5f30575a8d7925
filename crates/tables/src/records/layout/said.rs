//! What is said of a file as a whole: lines above and below the table, rows of other lengths, odd cells.

use super::shape::record_excerpt;
use super::survey::{Survey, is_instruction};
use crate::report::{Level, Note, NoteCode};

/// Lines that a note shows.
const SHOWN_MAX: usize = 3;

/// Returns the notes about the layout of a table.
pub(super) fn notes(survey: &Survey, place_word: &str) -> Vec<Note> {
    let mut notes = Vec::new();
    notes.extend(above(survey, place_word));
    notes.extend(no_header(survey, place_word));
    notes.extend(footers(survey));
    notes.extend(lengths(survey));
    notes.extend(odd_cells(survey, place_word));
    notes
}

fn note(level: Level, code: NoteCode, count: u64, what: String, way_out: &str) -> Note {
    Note { level, code, column: None, count, what, way_out: way_out.to_owned() }
}

fn above(survey: &Survey, place_word: &str) -> Option<Note> {
    let titles: Vec<String> = survey
        .above
        .iter()
        .enumerate()
        .filter(|(at, record)| *at > 0 || !is_instruction(Some(record)))
        .map(|(_, (_, record))| record_excerpt(record))
        .collect();
    let count = titles.len() as u64;
    (count > 0).then(|| {
        let shown = titles[..titles.len().min(SHOWN_MAX)].join("`, `");
        let more = titles.len().saturating_sub(SHOWN_MAX);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let line = survey.header_line;
        let what = format!("{count} {place_word}s above the table are passed over: `{shown}`{more}; the table begins at {place_word} {line}");
        note(Level::Info, NoteCode::LinesAbove, count, what, "set `header` in the plan")
    })
}

fn no_header(survey: &Survey, place_word: &str) -> Option<Note> {
    survey.is_absent.then(|| {
        let what = format!(
            "no {place_word} names the columns: {place_word} {} looks like a row, and columns are called by their place",
            survey.header_line
        );
        note(Level::Warning, NoteCode::ColumnName, 1, what, "add a first line of names, or set `header.names` in the plan")
    })
}

fn footers(survey: &Survey) -> Vec<Note> {
    let mut notes = Vec::new();
    let count = survey.tail.footers as u64;
    if count > 0 {
        let what = format!("{count} records below the table are no rows, and are set aside");
        notes.push(note(Level::Info, NoteCode::Footer, count, what, "remove them from the file, if the export can"));
    }
    if let Some(line) = survey.tail.doubtful_total {
        let what = format!("line {line}, the last, may be a total, and is read as a row");
        notes.push(note(Level::Warning, NoteCode::Footer, 1, what, "remove it from the file if it is a total"));
    }
    notes
}

fn lengths(survey: &Survey) -> Vec<Note> {
    let mut notes = Vec::new();
    let (width, short, long) = (survey.shape.width, survey.short, survey.long_empty);
    if survey.shape.accepts_short && short > 0 {
        let what = format!("{short} rows have fewer cells than the {width} columns: the last ones are taken as empty");
        notes.push(note(Level::Info, NoteCode::RowLength, short, what, ""));
    }
    if long > 0 {
        let what =
            format!("{long} rows have more cells than the {width} columns, all of them empty: they are left out");
        notes.push(note(Level::Info, NoteCode::RowLength, long, what, ""));
    }
    notes
}

fn odd_cells(survey: &Survey, place_word: &str) -> Vec<Note> {
    let mut notes = Vec::new();
    let (formulas, first) = &survey.oddities.text_formulas;
    if *formulas > 0 {
        let what = format!("{formulas} cells are text formulas such as `=\"{first}\"`, and are read as that text");
        notes.push(note(Level::Info, NoteCode::Separator, *formulas, what, ""));
    }
    let (strays, line) = survey.oddities.stray_quotes;
    if strays > 0 {
        let what = format!(
            "{strays} quotes within cells are not doubled, the first in {place_word} {line}: they are read as text"
        );
        notes.push(note(Level::Info, NoteCode::Separator, strays, what, ""));
    }
    notes
}
