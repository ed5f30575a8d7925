//! Reads the sheets of a workbook by calamine, which is given no file that would fill the memory.

use std::io::{Cursor, Read};
use std::panic::AssertUnwindSafe;

use calamine::{Data, DataRef, Ods, Range, Reader, Sheet, Xls, Xlsb, Xlsx};

use super::cell_text::{cell_ref_text, cell_text};
use super::choose::{SheetSize, choose, note};
use super::compound::check_compound;
use super::kept::{Keeper, KeptRows};
use super::package::{PackageKind, check_package};
use crate::error::Error;
use crate::records::bytes::Opener;
use crate::records::limits::WORKBOOK_BYTES_MAX;
use crate::report::{Level, Note, NoteCode};

type Bytes<'a> = Cursor<&'a [u8]>;

/// A sheet of a workbook.
pub(crate) struct Workbook {
    pub(crate) rows: KeptRows,
    pub(crate) sheet: String,
    pub(crate) notes: Vec<Note>,
}

/// A workbook of any kind.
enum Open<'a> {
    Xlsx(Box<Xlsx<Bytes<'a>>>),
    Xlsb(Box<Xlsb<Bytes<'a>>>),
    /// Their reader has all sheets in memory.
    Whole(Vec<(Sheet, Range<Data>)>),
}

/// Unpacks the sheet that is named, or the one with the most cells.
pub(crate) fn read_workbook(opener: &Opener, is_package: bool, named: Option<&str>) -> Result<Workbook, Error> {
    let mut bytes = Vec::new();
    opener.open()?.take(WORKBOOK_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|source| opener.failed(source))?;
    let name = opener.name();
    let unreadable = |problem: String| Error::Unreadable { name: name.to_owned(), problem };
    if bytes.len() as u64 > WORKBOOK_BYTES_MAX {
        let problem =
            format!("is longer than {WORKBOOK_BYTES_MAX} bytes, the most for a workbook: save the sheet as CSV");
        return Err(unreadable(problem));
    }
    let kind = if is_package {
        Some(check_package(&bytes).map_err(unreadable)?)
    } else {
        check_compound(&bytes).map_err(unreadable)?;
        None
    };
    // The reader of workbooks is not ours: a damaged one that makes it panic is an error as any other.
    let read = std::panic::catch_unwind(AssertUnwindSafe(|| read_sheets(&bytes, kind, name, named)));
    read.unwrap_or_else(|_| Err("it is damaged".to_owned()))
        .map_err(|problem| unreadable(format!("is a workbook that cannot be read: {problem}")))
}

fn read_sheets(bytes: &[u8], kind: Option<PackageKind>, name: &str, named: Option<&str>) -> Result<Workbook, String> {
    let mut open = open(bytes, kind)?;
    let metadata: Vec<Sheet> = match &open {
        Open::Xlsx(book) => book.sheets_metadata().to_vec(),
        Open::Xlsb(book) => book.sheets_metadata().to_vec(),
        Open::Whole(sheets) => sheets.iter().map(|(sheet, _)| sheet.clone()).collect(),
    };
    let mut sheets: Vec<SheetSize> = metadata.iter().map(|sheet| SheetSize::new(&sheet.name, sheet.visible)).collect();
    for sheet in &mut sheets {
        // A sheet of charts has no cells.
        sheet.cells = open.each_cell(&sheet.name, &mut |_, _, _| Ok(())).map_or(0, |found| found.cells);
    }
    let chosen = choose(&sheets, named)?;
    let sheet = sheets[chosen].name.clone();
    let mut keeper = Keeper::new().map_err(|error| error.to_string())?;
    let (mut row, mut cells) = (0, Vec::new());
    let found = open.each_cell(&sheet, &mut |at_row, at, text| {
        if at_row < row {
            return Err("its rows are not in order: open it in a spreadsheet, and save it again".to_owned());
        }
        if at_row > row {
            keeper.push(row + 1, &cells).map_err(|error| error.to_string())?;
            (row, cells) = (at_row, Vec::new());
        }
        if cells.len() <= at {
            cells.resize(at + 1, String::new());
        }
        cells[at] = text;
        Ok(())
    })?;
    keeper.push(row + 1, &cells).map_err(|error| error.to_string())?;
    let mut notes: Vec<Note> = note(&sheets, chosen).into_iter().collect();
    notes.extend(formula_note(found.without_value));
    let rows = keeper.finish(name).map_err(|error| error.to_string())?;
    Ok(Workbook { rows, sheet, notes })
}

fn open(bytes: &[u8], kind: Option<PackageKind>) -> Result<Open<'_>, String> {
    let cursor = Cursor::new(bytes);
    match kind {
        Some(PackageKind::Xlsx) => {
            Xlsx::new(cursor).map(|book| Open::Xlsx(Box::new(book))).map_err(|error| error.to_string())
        }
        Some(PackageKind::Xlsb) => {
            Xlsb::new(cursor).map(|book| Open::Xlsb(Box::new(book))).map_err(|error| error.to_string())
        }
        Some(PackageKind::Ods) => Ok(Open::Whole(whole(Ods::new(cursor).map_err(|error| error.to_string())?))),
        None => Ok(Open::Whole(whole(Xls::new(cursor).map_err(|error| error.to_string())?))),
    }
}

fn whole<'a, R: Reader<Bytes<'a>>>(mut book: R) -> Vec<(Sheet, Range<Data>)> {
    let sheets = book.sheets_metadata().to_vec();
    sheets.into_iter().filter_map(|sheet| book.worksheet_range(&sheet.name).ok().map(|range| (sheet, range))).collect()
}

/// What was found in the cells of a sheet.
#[derive(Default)]
struct Found {
    /// Cells with something in them.
    cells: u64,
    /// Formulas whose value was not saved.
    without_value: u64,
}

impl Open<'_> {
    /// Calls with the row, the column and the text of each cell that is not empty, from 0.
    fn each_cell(
        &mut self,
        sheet: &str,
        call: &mut dyn FnMut(u64, usize, String) -> Result<(), String>,
    ) -> Result<Found, String> {
        let mut found = Found::default();
        let mut add = |(row, column): (u32, u32), text: String| {
            if text.is_empty() {
                return Ok(());
            }
            found.cells += 1;
            call(u64::from(row), column as usize, text)
        };
        match self {
            Open::Xlsx(book) => {
                let mut cells = book.worksheet_cells_reader(sheet).map_err(|error| error.to_string())?;
                let mut without_value = 0;
                while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(|error| error.to_string())? {
                    without_value += u64::from(cell.formula.is_some() && cell.value == DataRef::Empty);
                    add(cell.pos, cell_ref_text(cell.value))?;
                }
                found.without_value = without_value;
            }
            Open::Xlsb(book) => {
                let mut cells = book.worksheet_cells_reader(sheet).map_err(|error| error.to_string())?;
                while let Some(cell) = cells.next_cell().map_err(|error| error.to_string())? {
                    add(cell.get_position(), cell_ref_text(cell.get_value().clone()))?;
                }
            }
            Open::Whole(sheets) => {
                let range = sheets.iter().find(|(other, _)| other.name == sheet).map(|(_, range)| range);
                let Some((begin, range)) = range.and_then(|range| Some((range.start()?, range))) else {
                    return Ok(found);
                };
                for (row, column, cell) in range.used_cells() {
                    add((begin.0 + row as u32, begin.1 + column as u32), cell_text(cell))?;
                }
            }
        }
        Ok(found)
    }
}

fn formula_note(count: u64) -> Option<Note> {
    (count > 0).then(|| Note {
        level: Level::Warning,
        code: NoteCode::CellUnreadable,
        column: None,
        count,
        what: format!("{count} formulas have no value, because the program that wrote them did not compute them: they are taken as empty"),
        way_out: "open the workbook in a spreadsheet, save it, and read it again".to_owned(),
    })
}
