//! Files of bytes in, rows and notes out.

use super::{Input, Record, RecordSource, open_input};
use crate::error::Error;
use crate::plan::FilePlan;
use crate::report::{Level, Note, NoteCode, SetAside};

/// What a file is read as.
struct Read {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
    lines: Vec<u64>,
    set_aside: Vec<SetAside>,
    notes: Vec<Note>,
    plan: FilePlan,
}

fn read(bytes: &[u8]) -> Result<Read, Error> {
    read_by(bytes, &FilePlan::default())
}

fn read_by(bytes: &[u8], plan: &FilePlan) -> Result<Read, Error> {
    let source = open_input(Input::of_bytes("leads.csv", bytes)?, plan)?;
    read_source(source.as_ref())
}

fn read_source(source: &dyn RecordSource) -> Result<Read, Error> {
    let mut records = source.open()?;
    let (mut record, mut rows, mut lines) = (Record::new(), Vec::new(), Vec::new());
    while let Some(line) = records.next(&mut record)? {
        assert_eq!(record.len(), records.names().len());
        lines.push(line);
        rows.push(record.iter().map(str::to_owned).collect());
    }
    let set_aside = records.take_set_aside();
    let names = records.names().to_vec();
    Ok(Read { names, rows, lines, set_aside, notes: source.notes().to_vec(), plan: source.plan().clone() })
}

/// Checks names and rows, written with `|` between cells.
#[track_caller]
fn check(text: &str, names: &str, rows: &[&str]) -> Read {
    check_bytes(text.as_bytes(), names, rows)
}

#[track_caller]
fn check_bytes(bytes: &[u8], names: &str, rows: &[&str]) -> Read {
    let read = read(bytes).expect("it is read");
    assert_eq!(read.names.join("|"), names);
    let found: Vec<String> = read.rows.iter().map(|row| row.join("|")).collect();
    assert_eq!(found, rows);
    let again = read_by(bytes, &read.plan).expect("it is read");
    assert_eq!((&again.names, &again.rows, &again.lines), (&read.names, &read.rows, &read.lines), "by its own plan");
    assert_eq!(again.plan, read.plan);
    read
}

impl Read {
    #[track_caller]
    fn says(&self, level: Level, code: NoteCode, words: &str) -> &Self {
        let is_it = |note: &&Note| note.level == level && note.code == code && note.what.contains(words);
        assert!(self.notes.iter().any(|note| is_it(&note)), "{:#?}", self.notes);
        self
    }

    #[track_caller]
    fn sets_aside(&self, expected: &[(u64, bool, &str)]) -> &Self {
        let is_alike = self.set_aside.len() == expected.len()
            && self.set_aside.iter().zip(expected).all(|(found, (line, is_row, words))| {
                found.line == *line && found.is_row == *is_row && found.reason.contains(words)
            });
        assert!(is_alike, "{:#?}", self.set_aside);
        self
    }
}

#[track_caller]
fn refuses(bytes: &[u8], plan: &FilePlan, words: &[&str]) {
    let error = read_by(bytes, plan).err().expect("it is refused").to_string();
    assert!(words.iter().all(|word| error.contains(word)), "{error}");
}

mod columns_named;
mod encodings;
mod json;
mod plans;
mod rows_cut;
mod sheets;
mod written;
