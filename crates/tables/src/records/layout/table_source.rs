//! Lays out a table of raw records: finds its header, goes over all rows once, and offers them as a source of records.

use std::sync::Arc;

use super::fixed_header::{fixed_position, places_of};
use super::header::{HEAD_RECORDS, body_width, extent, find_header};
use super::names::tell_apart;
use super::rows::{Layout, Rows};
use super::said;
use super::shape::{Fit, Shape, last_filled, record_excerpt};
use super::survey::{Letters, Survey, survey};
use crate::error::Error;
use crate::plan::{FilePlan, HeaderPlan};
use crate::records::raw::{Place, RawTable};
use crate::records::source::{Record, RecordSource, Records};
use crate::report::Note;

/// A table whose rows can be read.
pub(crate) struct TableSource {
    raw: Box<dyn RawTable>,
    layout: Arc<Layout>,
    plan: FilePlan,
    notes: Vec<Note>,
    /// Letters beyond ASCII in its rows.
    pub(crate) letters: Letters,
}

/// Lays out a table as far as the plan leaves it open. `plan` has what was found out of the bytes already.
pub(crate) fn lay_out(raw: Box<dyn RawTable>, plan: FilePlan) -> Result<TableSource, Error> {
    let head = read_head(raw.as_ref())?;
    let unreadable = |problem: &str| Error::Unreadable { name: raw.name().to_owned(), problem: problem.to_owned() };
    if head.is_empty() {
        return Err(unreadable("has no rows: expected a line that names the columns, and a line for each row"));
    }
    let top = Top::find(&head, plan.header.as_ref(), raw.name(), raw.place_word())?;
    let (file_names, mut notes) = top.names(&head, raw.name(), raw.place_word())?;
    let fixed = plan.header.as_ref().map_or(&[] as &[String], |header| &header.names);
    let (names, places) = if fixed.is_empty() {
        (file_names.clone(), None)
    } else if top.is_absent {
        check_absent(fixed, &top, &head, raw.name(), raw.place_word())?;
        notes.clear();
        (fixed.to_vec(), None)
    } else {
        let place = format!("{} {}", raw.place_word(), top.line);
        let (places, said) = places_of(fixed, &file_names, raw.name(), &place)?;
        // What was said of the names when the plan was made needs not be said again.
        notes = said;
        let is_identity = places.iter().copied().eq(0..file_names.len());
        (fixed.to_vec(), (!is_identity).then_some(places))
    };
    let (width, named) = (top.width.max(if top.is_absent { names.len() } else { 0 }), top.named);
    let mut shape = Shape { width, named: if top.is_absent { width } else { named }, accepts_short: false };
    let mut surveyed = survey_rows(raw.as_ref(), &top, &shape)?;
    if let Some(footers) = plan.footer_lines {
        check_footers(footers, &mut surveyed, &shape, raw.name(), raw.place_word())?;
        surveyed.footers = footers;
        surveyed.doubtful_total = None;
    }
    if surveyed.records <= surveyed.footers {
        return Err(unreadable("has no rows under its header: expected at least one"));
    }
    shape.accepts_short = surveyed.accepts_short;
    notes.splice(0..0, said::lines_above(&head[..top.above], raw.place_word(), top.line));
    notes.extend(said::of_survey(&mut surveyed, &shape, raw.place_word()));
    let header_plan = HeaderPlan { lines_above: top.lines_above, names: names.clone(), absent: top.is_absent };
    let plan = FilePlan { header: Some(header_plan), footer_lines: Some(surveyed.footers), ..plan };
    let layout = Layout {
        file: raw.name().to_owned(),
        instruction_lines: raw.instruction_lines(),
        lines_above: top.lines_above,
        header: top.header,
        shape,
        records: surveyed.records,
        footers: surveyed.footers,
        names,
        places,
    };
    Ok(TableSource { raw, layout: Arc::new(layout), plan, notes, letters: surveyed.letters })
}

impl TableSource {
    /// Puts notes before the others.
    pub(crate) fn say_first(&mut self, notes: Vec<Note>) {
        self.notes.splice(0..0, notes);
    }
}

impl RecordSource for TableSource {
    fn name(&self) -> &str {
        self.raw.name()
    }

    fn open(&self) -> Result<Box<dyn Records + Send>, Error> {
        let raw = self.raw.open(Some(self.layout.shape.width))?;
        Ok(Box::new(Rows::new(raw, Arc::clone(&self.layout))))
    }

    fn plan(&self) -> &FilePlan {
        &self.plan
    }

    fn notes(&self) -> &[Note] {
        &self.notes
    }
}

/// Reads the first records that have something in them.
fn read_head(raw: &dyn RawTable) -> Result<Vec<(Place, Record)>, Error> {
    let (mut records, mut head, mut record) = (raw.open(None)?, Vec::new(), Record::new());
    while let Some(place) = records.next_raw(&mut record)? {
        let is_empty = record.iter().all(|cell| cell.trim().is_empty());
        if place.line > raw.instruction_lines() && place.wrong.is_none() && !is_empty {
            head.push((place, std::mem::take(&mut record)));
        }
        if head.len() == HEAD_RECORDS {
            break;
        }
    }
    Ok(head)
}

/// The top of a table: the header, or the first row where there is none.
struct Top {
    /// Records of the head above it.
    above: usize,
    lines_above: u64,
    /// The line of the header.
    line: u64,
    header: Option<Record>,
    is_absent: bool,
    /// Cells of a whole row.
    width: usize,
    /// The last of them that has a name, from 1.
    named: usize,
    /// Whether the first cell of each row is a running number, which the header has no cell for.
    has_row_numbers: bool,
}

impl Top {
    fn find(head: &[(Place, Record)], fixed: Option<&HeaderPlan>, file: &str, word: &str) -> Result<Top, Error> {
        let (above, is_absent) = match fixed {
            None => {
                let found = find_header(head);
                (found.index, found.is_absent)
            }
            Some(fixed) => (fixed_position(head, fixed), fixed.absent),
        };
        let Some((place, first)) = head.get(above) else {
            return Err(Error::Plan {
                name: file.to_owned(),
                place: format!("its first {word}s"),
                problem: "the table would begin below its end: mend `lines_above` in the plan".to_owned(),
            });
        };
        let body = &head[above + usize::from(!is_absent)..];
        let width = body_width(if body.is_empty() { &head[above..] } else { body });
        let used = extent(body, width);
        let names = if is_absent { 0 } else { first.len() };
        let last_name = last_filled(first);
        let has_row_numbers = !is_absent && used == names + 1 && last_name == names && counts_rows(first, body);
        let lines_above = match fixed {
            Some(fixed) if is_absent => fixed.lines_above,
            _ => place.line - 1,
        };
        Ok(Top {
            above,
            lines_above,
            line: place.line,
            header: (!is_absent).then(|| first.clone()),
            is_absent,
            width: if is_absent { width } else { names.max(used) },
            named: if is_absent { width } else { last_name.max(1) + usize::from(has_row_numbers) },
            has_row_numbers,
        })
    }

    /// Returns the names of the file's columns in their order.
    fn names(&self, head: &[(Place, Record)], file: &str, word: &str) -> Result<(Vec<String>, Vec<Note>), Error> {
        let place = format!("{word} {}", self.line);
        let Some(header) = &self.header else {
            let (names, _) = tell_apart(std::iter::repeat_n("", self.width), file, &place)?;
            return Ok((names, vec![said::no_names(&head[self.above].1, word, self.line)]));
        };
        let first = std::iter::repeat_n("", usize::from(self.has_row_numbers));
        let all = first.chain(header.iter()).chain(std::iter::repeat("")).take(self.width);
        let (names, mut notes) = tell_apart(all, file, &place)?;
        if self.width > header.len() {
            notes.insert(0, said::more_cells_than_names(header.len(), self.width, self.has_row_numbers));
        }
        Ok((names, notes))
    }
}

/// Returns whether the first cells of rows count them, and the header's first name is none for such numbers.
fn counts_rows(header: &Record, body: &[(Place, Record)]) -> bool {
    let numbers: Option<Vec<u64>> = body.iter().map(|(_, record)| record.get(0)?.trim().parse().ok()).collect();
    let counts = numbers.is_some_and(|numbers| {
        numbers.len() > 1 && numbers[0] <= 1 && numbers.windows(2).all(|two| two[1] == two[0] + 1)
    });
    let first = header.get(0).unwrap_or_default().trim().to_lowercase();
    let is_number =
        ["id", "no", "nr", "#", "index", "number", "row", "n", "pos"].iter().any(|name| first.starts_with(name))
            || first.ends_with("id");
    counts && !is_number
}

/// Refuses a plan without a line of names for a file of other rows, or for one that has such a line.
fn check_absent(fixed: &[String], top: &Top, head: &[(Place, Record)], file: &str, word: &str) -> Result<(), Error> {
    let first = &head[top.above].1;
    let wrong =
        |problem: String| Err(Error::Plan { name: file.to_owned(), place: format!("{word} {}", top.line), problem });
    if first.iter().map(str::trim).eq(fixed.iter().map(String::as_str)) {
        return wrong("it names the columns, and the plan says `absent = true`: mend the plan".to_owned());
    }
    if top.width != fixed.len() {
        let (width, names) = (top.width, fixed.len());
        return wrong(format!(
            "rows have {width} cells, and the plan {names} names for them: mend `names` in the plan"
        ));
    }
    Ok(())
}

/// Refuses a plan whose last records, which are no rows, look like rows of this file.
fn check_footers(footers: u64, survey: &mut Survey, shape: &Shape, file: &str, word: &str) -> Result<(), Error> {
    let found = survey.footers as usize;
    let last = survey.last();
    let rows =
        last.len().saturating_sub(usize::try_from(footers).unwrap_or(usize::MAX))..last.len().saturating_sub(found);
    for (place, record) in last.get(rows).unwrap_or_default() {
        let is_full = record.iter().take(shape.named).all(|cell| !cell.trim().is_empty());
        if shape.fit(record) == Fit::Whole && is_full && shape.named > 1 {
            return Err(Error::Plan {
                name: file.to_owned(),
                place: format!("{word} {}", place.line),
                problem: format!(
                    "the plan says that the last {footers} records are no rows, and this looks like one (`{}`): mend \
                     `footer_lines` in the plan, or leave it out there and it is found out",
                    record_excerpt(record)
                ),
            });
        }
    }
    Ok(())
}

/// Goes over all records below the header.
fn survey_rows(raw: &dyn RawTable, top: &Top, shape: &Shape) -> Result<Survey, Error> {
    let above = if top.is_absent { top.lines_above } else { top.line };
    let mut records = raw.open(Some(shape.width))?;
    survey(records.as_mut(), above, top.header.as_ref(), shape)
}
