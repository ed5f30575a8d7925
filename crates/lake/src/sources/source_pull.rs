//! One source that is being copied into the raw rows.

use std::path::Path;

use plumb_tables::{Level, Note, NoteCode};

use super::source::{FileNote, Source, SourceReport};
use crate::error::Error;
use crate::raw::{RawTable, RejectedRow, State};

/// One source that is being copied into the raw rows.
pub(super) struct SourcePull<'a> {
    pub(super) name: &'a str,
    pub(super) source: &'a Source,
    pub(super) project: &'a Path,
    pub(super) raw_folder: &'a Path,
    pub(super) state: &'a mut State,
    pub(super) rejected: &'a mut Vec<RejectedRow>,
    pub(super) report: SourceReport,
    /// Called with each step.
    pub(super) progress: &'a (dyn Fn(&str) + Sync),
}

impl SourcePull<'_> {
    /// Adds what was found out about a file; what several files have in common is said once.
    pub(super) fn add_notes(&mut self, file: &str, notes: &[Note]) {
        for note in notes {
            let is_same = |known: &&mut FileNote| {
                let Note { level, code, column, what, way_out, .. } = &known.note;
                (level, code, column, what, way_out)
                    == (&note.level, &note.code, &note.column, &note.what, &note.way_out)
            };
            match self.report.notes.iter_mut().find(is_same) {
                Some(known) => {
                    known.files += 1;
                    known.note.count += note.count;
                }
                None => self.report.notes.push(FileNote { file: file.to_owned(), files: 1, note: note.clone() }),
            }
        }
    }

    /// Notes rows of files whose key a spreadsheet has rounded: of rows with the same key only the newest is seen.
    pub(super) fn note_rounded_keys(&mut self, table: &RawTable) {
        let rounded = table.rounded_keys();
        if rounded.rows == 0 {
            return;
        }
        let what = format!(
            "{} rows have a key that a spreadsheet seems to have rounded, such as `{}`: they share {} different ones, and of \
             rows with the same key only the newest is seen",
            rounded.rows,
            rounded.example,
            rounded.different()
        );
        let way_out = "export the file again and do not save it from a spreadsheet, or name another column in `key`";
        let note = Note {
            level: Level::Warning,
            code: NoteCode::IdentifierRounded,
            column: None,
            count: rounded.rows,
            what,
            way_out: way_out.to_owned(),
        };
        self.add_notes(&self.source.url.clone(), &[note]);
    }

    /// Returns the error of a file of this source that cannot be read as a table.
    pub(super) fn table_error(&self, error: plumb_tables::Error) -> Error {
        table_error(self.name, error.into())
    }

    /// Returns an error of this source.
    pub(super) fn error(&self, problem: String, hint: &str) -> Error {
        Error::Source { source_name: self.name.to_owned(), problem, hint: hint.to_owned() }
    }
}

/// Returns an error of reading a file as one of its source.
pub(super) fn table_error(source: &str, error: Error) -> Error {
    let Error::Table(error) = error else { return error };
    let cause = std::error::Error::source(&error).map_or_else(String::new, |cause| format!(": {cause}"));
    Error::Source {
        source_name: source.to_owned(),
        problem: format!("{error}{cause}"),
        hint: "mend the file, or have `url` in plumb.toml leave it out".to_owned(),
    }
}
