//! A table whose layout is known: names, and rows as often as they are wanted.

use std::sync::Arc;

use super::fixed_header::find_fixed;
use super::names::tell_apart;
use super::rows::{Outline, Rows};
use super::said;
use super::survey::{Survey, read_head, survey};
use crate::error::Error;
use crate::plan::{FilePlan, HeaderPlan};
use crate::records::raw::RawTable;
use crate::records::source::{RecordSource, Records};
use crate::report::{Level, Note, NoteCode};

/// A table whose layout is known.
struct LaidOut {
    table: Box<dyn RawTable>,
    outline: Arc<Outline>,
    plan: FilePlan,
    notes: Vec<Note>,
}

/// Finds out the layout of a table. `plan` says how its bytes become raw records, and may fix the header; `notes` were found on
/// the way.
pub(crate) fn lay_out(
    table: Box<dyn RawTable>,
    plan: FilePlan,
    mut notes: Vec<Note>,
) -> Result<Box<dyn RecordSource>, Error> {
    let (file, place_word) = (table.name().to_owned(), table.place_word());
    let head = read_head(table.as_ref())?;
    if head.records.is_empty() {
        return Err(Error::Unreadable { name: file, problem: "is empty: expected a table of rows".to_owned() });
    }
    let fixed = plan.header.as_ref().filter(|header| !header.names.is_empty() || header.absent);
    let position = fixed.map(|header| find_fixed(&head, header, &file, place_word)).transpose()?;
    let mut survey = survey(table.as_ref(), head, position)?;
    if plan.footer_lines == Some(0) {
        survey.tail.footers = 0;
    }
    let place = format!("{place_word} {}", survey.header_line);
    let (mut names, name_notes) = tell_apart(survey.written.iter().map(String::as_str), &file, &place)?;
    match fixed {
        Some(header) if survey.is_absent && !header.names.is_empty() => names = header.names.clone(),
        Some(header) => notes.extend(further_columns(&names, header)),
        None if !survey.is_absent => notes.extend(name_notes),
        None => {}
    }
    notes.extend(said::notes(&survey, place_word));
    let outline = outline(&survey, &file, names.clone());
    if outline.end <= outline.begin {
        let problem = "has no rows under its header: expected at least one".to_owned();
        return Err(Error::Unreadable { name: file, problem });
    }
    let lines_above = if survey.is_absent { survey.header_line.saturating_sub(1) } else { survey.header_line - 1 };
    let header = HeaderPlan { lines_above, names, absent: survey.is_absent };
    let plan = FilePlan { header: Some(header), footer_lines: Some(survey.tail.footers as u64), ..plan };
    Ok(Box::new(LaidOut { table, outline: Arc::new(outline), plan, notes }))
}

fn outline(survey: &Survey, file: &str, names: Vec<String>) -> Outline {
    let begin = survey.header as u64 + u64::from(!survey.is_absent);
    Outline {
        file: file.to_owned(),
        names,
        written: if survey.is_absent { Vec::new() } else { survey.written.clone() },
        shape: survey.shape.clone(),
        begin,
        end: survey.records.saturating_sub(survey.tail.footers as u64),
        has_header: !survey.is_absent,
    }
}

/// Returns what is said of columns that a plan does not name.
fn further_columns(names: &[String], header: &HeaderPlan) -> Option<Note> {
    let is_known = |name: &&String| header.names.iter().any(|known| known.eq_ignore_ascii_case(name));
    let further: Vec<&str> = names.iter().filter(|name| !is_known(name)).map(String::as_str).collect();
    (!further.is_empty()).then(|| Note {
        level: Level::Warning,
        code: NoteCode::ColumnName,
        column: None,
        count: further.len() as u64,
        what: format!("columns that the plan does not name: `{}`", further.join("`, `")),
        way_out: "add them to `names` in the plan, or take them out of the export".to_owned(),
    })
}

impl RecordSource for LaidOut {
    fn name(&self) -> &str {
        self.table.name()
    }

    fn open(&self) -> Result<Box<dyn Records + Send>, Error> {
        let raw = self.table.open(Some(self.outline.shape.width))?;
        Ok(Box::new(Rows::new(Arc::clone(&self.outline), raw)))
    }

    fn plan(&self) -> &FilePlan {
        &self.plan
    }

    fn notes(&self) -> &[Note] {
        &self.notes
    }
}
