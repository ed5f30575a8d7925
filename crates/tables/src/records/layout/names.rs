//! Names of columns: trimmed, each once, and given by place where there is none.

use std::collections::{HashMap, HashSet};

use crate::error::Error;
use crate::records::limits::{COLUMNS_MAX, NAME_BYTES_MAX};
use crate::report::{Level, Note, NoteCode};

/// Returns names that are told apart, and what had to be changed.
pub(crate) fn tell_apart<'a>(
    cells: impl Iterator<Item = &'a str>,
    file: &str,
    place: &str,
) -> Result<(Vec<String>, Vec<Note>), Error> {
    let written: Vec<&str> = cells.collect();
    let unreadable = |problem: String| Error::Unreadable { name: file.to_owned(), problem };
    if written.len() > COLUMNS_MAX {
        let count = written.len();
        return Err(unreadable(format!("names {count} columns in {place}: expected at most {COLUMNS_MAX}")));
    }
    let plain: Vec<String> = written.iter().map(|name| plain(name)).collect();
    if let Some((name, number)) = plain.iter().zip(1..).find(|(name, _)| name.len() > NAME_BYTES_MAX) {
        let (bytes, shown): (usize, String) = (name.len(), name.chars().take(40).collect());
        return Err(unreadable(format!(
            "has a name of {bytes} bytes for column {number} in {place}, `{shown}…`: expected at most {NAME_BYTES_MAX}"
        )));
    }
    let mut notes: Vec<Note> = Vec::new();
    notes.extend(
        written.iter().zip(&plain).filter(|(written, _)| written.trim().contains(['\n', '\r'])).map(line_break),
    );
    // Names that are there once keep it, so that a name given here never takes another's.
    let mut taken: HashSet<String> = plain.iter().map(|name| name.to_lowercase()).collect();
    let mut seen: HashMap<String, &str> = HashMap::new();
    let mut names = Vec::with_capacity(plain.len());
    for (name, number) in plain.iter().zip(1_usize..) {
        let name = if name.is_empty() {
            let given = free(&format!("column {number}"), 1, &mut taken);
            notes.push(by_place(&given, number));
            given
        } else if let Some(first) = seen.get(&name.to_lowercase()) {
            let given = free(name, 2, &mut taken);
            notes.push(repeated(name, first, &given, number));
            given
        } else {
            seen.insert(name.to_lowercase(), name);
            name.clone()
        };
        names.push(name);
    }
    Ok((names, notes))
}

/// Returns a name without blanks around it, and with one in place of each line break and the blanks beside it.
pub(super) fn plain(name: &str) -> String {
    let is_invisible = |letter: char| matches!(letter, '\u{FEFF}' | '\u{200B}' | '\u{200E}' | '\u{200F}');
    let name = name.trim_matches(|letter: char| letter.is_whitespace() || is_invisible(letter));
    if !name.contains(['\n', '\r']) {
        return name.to_owned();
    }
    name.split(['\n', '\r']).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Returns a name that no other column has: the name itself, or with a number behind it.
fn free(name: &str, from: usize, taken: &mut HashSet<String>) -> String {
    let numbered = |number: usize| if number == 1 { name.to_owned() } else { format!("{name}.{number}") };
    let given = (from..).map(numbered).find(|name| taken.insert(name.to_lowercase()));
    given.unwrap_or_else(|| name.to_owned())
}

fn note(level: Level, column: &str, what: String, way_out: String) -> Note {
    Note { level, code: NoteCode::ColumnName, column: Some(column.to_owned()), count: 1, what, way_out }
}

fn by_place(given: &str, number: usize) -> Note {
    let what = format!("column {number} of the file has no name, and is called `{given}` by its place");
    note(Level::Info, given, what, "name it in the file, if it means something".to_owned())
}

fn repeated(name: &str, first: &str, given: &str, number: usize) -> Note {
    let how = if name == first { "is there before".to_owned() } else { format!("differs from `{first}` by case only") };
    let what = format!("the name `{name}` of column {number} {how}: it is called `{given}`");
    note(Level::Warning, given, what, "give each column a name of its own, and make sure that it is no copy".to_owned())
}

fn line_break((written, plain): (&&str, &String)) -> Note {
    let shown = written.trim().replace("\r\n", "⏎").replace(['\n', '\r'], "⏎");
    note(Level::Info, plain, format!("the name `{shown}` has a line break: it is called `{plain}`"), String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(written: &[&str], expected: &[&str], notes: usize) {
        let (names, said) = tell_apart(written.iter().copied(), "x.csv", "line 1").expect("it is read");
        assert_eq!(names, expected);
        assert_eq!(said.len(), notes, "{said:?}");
    }

    #[test]
    fn names_are_trimmed() {
        check(&[" a ", "\u{FEFF}b\u{A0}"], &["a", "b"], 0);
    }

    #[test]
    fn a_line_break_becomes_a_blank_and_is_said() {
        check(&["Annual\n Revenue"], &["Annual Revenue"], 1);
    }

    #[test]
    fn repeated_names_are_numbered() {
        check(&["Address", "Address", " Address", "ADDRESS"], &["Address", "Address.2", "Address.3", "ADDRESS.4"], 3);
    }

    #[test]
    fn a_given_name_never_takes_one_that_is_there() {
        check(&["a", "a", "a.2"], &["a", "a.3", "a.2"], 1);
        check(&["", "column 1"], &["column 1.2", "column 1"], 1);
    }

    #[test]
    fn a_column_without_a_name_is_called_by_its_place() {
        check(&["", "a", " "], &["column 1", "a", "column 3"], 2);
    }

    #[test]
    fn a_name_without_an_end_is_refused() {
        let error = tell_apart(["x".repeat(600).as_str()].into_iter(), "x.csv", "line 1").expect_err("it is refused");
        assert!(error.to_string().contains("600 bytes"), "{error}");
    }
}
