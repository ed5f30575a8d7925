//! Reads the cells of an XLSX workbook (ECMA-376): what stands in them, and no formula, chart or style.
//!
//! It is our own because number formats matter here: Excel makes a date of a typed `3-5`, and only the format that it
//! picks for it tells such a date from a real one (docs/decisions/0013). `archive` reads the ZIP file, `markup` the XML.

mod archive;
mod markup;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use chrono::{Datelike, NaiveDate, TimeDelta};
use plumb_learn::rules::{Cell, Sheet};

use archive::Archive;
use markup::{Markup, elements, text_of};

/// More cells are no table of rules; without a limit a small file could fill the memory.
const CELLS_MAX: usize = 1_000_000;

/// Columns that Excel has.
const COLUMNS_MAX: usize = 16_384;

/// What is in a file.
#[derive(Debug)]
pub(crate) struct Workbook {
    /// The sheets that people see, in their order.
    pub(crate) sheets: Vec<Sheet>,
    /// The names of the others.
    pub(crate) hidden: Vec<String>,
}

/// Reads the cells of a workbook.
pub(crate) fn read(path: &Path) -> Result<Workbook> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    parse(&bytes).with_context(|| format!("`{}` is not a workbook that can be read", path.display()))
}

fn parse(bytes: &[u8]) -> Result<Workbook> {
    // The container of old `.xls` files and of new ones with a password.
    ensure!(
        !bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]),
        "it is an old .xls file or has a password: save it as .xlsx without one, or as .csv"
    );
    let archive = Archive::open(bytes)?;
    let book = Book::read(&archive)?;
    let mut sheets = Vec::new();
    for (name, part) in &book.sheets {
        let xml = archive.text(part)?.with_context(|| format!("sheet \"{name}\" is missing: `{part}`"))?;
        let lines = book.lines(&xml).with_context(|| format!("sheet \"{name}\""))?;
        sheets.push(Sheet { name: Some(name.clone()), lines });
    }
    Ok(Workbook { sheets, hidden: book.hidden })
}

/// What the sheets share.
struct Book {
    /// Names of sheets, and where their cells are.
    sheets: Vec<(String, String)>,
    hidden: Vec<String>,
    texts: Vec<String>,
    /// The number format of each style.
    formats: Vec<Format>,
    /// The first day of the calendar.
    epoch: NaiveDate,
}

/// How a number is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Plain,
    /// A day that somebody typed or chose.
    Date,
    /// `3-May`: what Excel makes of `3-5` or `5-3`.
    DayAndMonth,
    /// `Nov-50`: what Excel makes of `11-50`.
    MonthAndYear,
}

impl Book {
    fn read(archive: &Archive) -> Result<Book> {
        let workbook = archive.text("xl/workbook.xml")?.context("it has no `xl/workbook.xml`")?;
        let links = archive.text("xl/_rels/workbook.xml.rels")?.context("it has no `xl/_rels/workbook.xml.rels`")?;
        let mut targets: HashMap<String, String> = HashMap::new();
        for link in elements(&links, "Relationship") {
            if let (Some(id), Some(target)) = (link.attribute("Id"), link.attribute("Target")) {
                let target = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
                targets.insert(id, target);
            }
        }
        let (mut sheets, mut hidden) = (Vec::new(), Vec::new());
        for sheet in elements(&workbook, "sheet") {
            let is_hidden = sheet.attribute("state").is_some_and(|state| state != "visible");
            let (name, id) = (sheet.attribute("name").unwrap_or_default(), sheet.attribute("id").unwrap_or_default());
            let target = targets.get(&id).with_context(|| format!("sheet \"{name}\" has no cells of its own"))?;
            if is_hidden {
                hidden.push(name);
            } else {
                sheets.push((name, target.clone()));
            }
        }
        let texts = archive.text("xl/sharedStrings.xml")?.unwrap_or_default();
        let texts = elements(&texts, "si").map(|item| text_of(item.inner)).collect();
        let formats = formats(&archive.text("xl/styles.xml")?.unwrap_or_default());
        let is_of_1904 = elements(&workbook, "workbookPr")
            .any(|properties| properties.attribute("date1904").is_some_and(|flag| flag == "1" || flag == "true"));
        let epoch =
            if is_of_1904 { NaiveDate::from_ymd_opt(1904, 1, 1) } else { NaiveDate::from_ymd_opt(1899, 12, 30) };
        Ok(Book { sheets, hidden, texts, formats, epoch: epoch.context("the calendar begins on no day")? })
    }

    fn lines(&self, xml: &str) -> Result<Vec<(usize, Vec<Cell>)>> {
        let (mut lines, mut count) = (Vec::new(), 0_usize);
        for row in elements(xml, "row") {
            let number = row.attribute("r").and_then(|number| number.parse().ok());
            let line = number.unwrap_or_else(|| lines.last().map_or(1, |(line, _): &(usize, _)| line + 1));
            let mut cells: Vec<Cell> = Vec::new();
            for cell in elements(row.inner, "c") {
                let at = cell.attribute("r").and_then(|name| column(&name)).unwrap_or(cells.len());
                ensure!(at < COLUMNS_MAX, "line {line} has a cell in column {at}: expected at most {COLUMNS_MAX}");
                let content = self.cell(&cell).with_context(|| format!("line {line}, column {}", at + 1))?;
                // Empty cells that only have a colour are not counted: there may be very many.
                if content != Cell::Empty {
                    count += at + 1 - cells.len().min(at + 1);
                    ensure!(count <= CELLS_MAX, "more than {CELLS_MAX} cells are too many for a table of rules");
                    cells.resize(cells.len().max(at + 1), Cell::Empty);
                    cells[at] = content;
                }
            }
            lines.push((line, cells));
        }
        Ok(lines)
    }

    fn cell(&self, cell: &Markup) -> Result<Cell> {
        let value = elements(cell.inner, "v").next().map(|value| text_of(value.inner));
        let kind = cell.attribute("t").unwrap_or_default();
        let text = |text: String| if text.is_empty() { Cell::Empty } else { Cell::Text(text) };
        if kind == "inlineStr" {
            return Ok(text(text_of(cell.inner)));
        }
        let Some(value) = value else { return Ok(Cell::Empty) };
        match kind.as_str() {
            "s" => {
                let shared = value.trim().parse::<usize>().ok().and_then(|index| self.texts.get(index));
                Ok(text(shared.with_context(|| format!("text `{value}` of the workbook is missing"))?.clone()))
            }
            "b" => Ok(Cell::Flag(value.trim() == "1")),
            "d" => Ok(Cell::Date { day: value, typed: None }),
            "str" | "e" => Ok(text(value)),
            "" | "n" => {
                let number: f64 =
                    value.trim().parse().with_context(|| format!("`{value}` is not a number, as its cell says"))?;
                let style = cell.attribute("s").and_then(|style| style.parse::<usize>().ok()).unwrap_or(0);
                Ok(self.number(number, self.formats.get(style).copied().unwrap_or(Format::Plain)))
            }
            other => bail!("a cell of type `{other}` is unknown"),
        }
    }

    fn number(&self, number: f64, format: Format) -> Cell {
        // Days of four digits of years are all that Excel knows.
        let day = TimeDelta::try_days(number as i64).and_then(|days| self.epoch.checked_add_signed(days));
        let Some(day) = day.filter(|_| format != Format::Plain && (0.0..3e6).contains(&number)) else {
            return Cell::Number(number);
        };
        let typed = match format {
            Format::Plain | Format::Date => None,
            // A range ascends, so it does not matter which of the two the country writes first.
            Format::DayAndMonth => {
                let (low, high) = (day.day().min(day.month()), day.day().max(day.month()));
                Some(format!("{low}-{high}"))
            }
            Format::MonthAndYear => Some(format!("{}-{}", day.month(), day.year() % 100)),
        };
        Cell::Date { day: day.to_string(), typed }
    }
}

/// Returns the format of each style.
fn formats(xml: &str) -> Vec<Format> {
    let own: HashMap<String, String> = elements(xml, "numFmt")
        .filter_map(|format| Some((format.attribute("numFmtId")?, format.attribute("formatCode")?)))
        .collect();
    let Some(styles) = elements(xml, "cellXfs").next() else { return Vec::new() };
    let format = |style: Markup| {
        let id = style.attribute("numFmtId").unwrap_or_default();
        match (id.as_str(), own.get(&id).map(|code| code.to_lowercase())) {
            (_, Some(code)) if matches!(code.as_str(), "d-mmm" | "d\\-mmm" | "dd-mmm") => Format::DayAndMonth,
            (_, Some(code)) if matches!(code.as_str(), "mmm-yy" | "mmm\\-yy") => Format::MonthAndYear,
            (_, Some(code)) if is_of_days(&code) => Format::Date,
            ("14" | "15" | "22", None) => Format::Date,
            ("16", None) => Format::DayAndMonth,
            ("17", None) => Format::MonthAndYear,
            _ => Format::Plain,
        }
    };
    elements(styles.inner, "xf").map(format).collect()
}

/// Returns whether a format's code shows days or years, outside of quotes and brackets.
fn is_of_days(code: &str) -> bool {
    let (mut quoted, mut bracketed) = (false, false);
    code.chars().any(|letter| {
        match letter {
            '"' => quoted = !quoted,
            '[' => bracketed = true,
            ']' => bracketed = false,
            _ => {}
        }
        !quoted && !bracketed && matches!(letter, 'd' | 'y')
    })
}

/// Returns the column of a cell's name: 1 of `B7`.
fn column(name: &str) -> Option<usize> {
    let letters = name.bytes().take_while(u8::is_ascii_uppercase);
    let column = letters
        .fold(0_usize, |column, letter| column.saturating_mul(26).saturating_add(usize::from(letter - b'A') + 1));
    column.checked_sub(1)
}
