//! The cells of a sheet.

use anyhow::{Context, Result, bail, ensure};
use chrono::{Datelike, NaiveDate, TimeDelta};
use plumb_learn::rules::Cell;

use super::limits::{CELLS_MAX, COLUMNS_MAX, LINES_MAX, TEXT_BYTES_MAX};
use super::number_format::NumberFormat;
use super::xml::{Element, Token, Tokens};

/// What the cells of all sheets refer to.
pub(super) struct Shared {
    pub(super) texts: Vec<String>,
    /// The number format of each style.
    pub(super) formats: Vec<NumberFormat>,
    /// The first day of the calendar.
    pub(super) epoch: NaiveDate,
}

/// How much of a workbook has been read.
#[derive(Default)]
pub(super) struct Count {
    cells: usize,
    text_bytes: usize,
}

/// Reads the lines of a sheet, each with its number.
pub(super) fn read(xml: &str, shared: &Shared, count: &mut Count) -> Result<Vec<(usize, Vec<Cell>)>> {
    let (mut tokens, mut lines) = (Tokens::of(xml), Vec::new());
    while let Some(token) = tokens.next()? {
        if let Token::Start(row) = token
            && row.name == "row"
        {
            let number = row.attribute("r").and_then(|number| number.parse().ok());
            let line = number.unwrap_or_else(|| lines.last().map_or(1, |(line, _): &(usize, _)| line + 1));
            ensure!(lines.len() < LINES_MAX, "it has more than {LINES_MAX} lines");
            ensure!((1..=LINES_MAX).contains(&line), "it has a line {line}: expected 1 to {LINES_MAX}");
            lines.push((line, read_row(&mut tokens, line, shared, count)?));
        }
    }
    Ok(lines)
}

fn read_row(tokens: &mut Tokens, line: usize, shared: &Shared, count: &mut Count) -> Result<Vec<Cell>> {
    let mut cells: Vec<Cell> = Vec::new();
    while let Some(token) = tokens.next_within("row")? {
        let Token::Start(element) = token else { continue };
        if element.name != "c" {
            continue;
        }
        let at = element.attribute("r").and_then(|name| column(&name)).unwrap_or(cells.len());
        ensure!(at < COLUMNS_MAX, "line {line} has a cell in column {at}: expected at most {COLUMNS_MAX}");
        let cell = read_cell(tokens, &element, shared).with_context(|| format!("line {line}, column {}", at + 1))?;
        // Empty cells that only have a colour are not counted: there may be very many.
        if cell != Cell::Empty {
            count.add(at + 1 - cells.len().min(at + 1), &cell)?;
            cells.resize(cells.len().max(at + 1), Cell::Empty);
            cells[at] = cell;
        }
    }
    Ok(cells)
}

fn read_cell(tokens: &mut Tokens, cell: &Element, shared: &Shared) -> Result<Cell> {
    let (mut value, mut inline) = (None, None);
    while let Some(token) = tokens.next_within("c")? {
        match token {
            Token::Start(element) if element.name == "v" && value.is_none() => value = Some(tokens.text("v")?),
            Token::Start(element) if element.name == "is" && inline.is_none() => inline = Some(tokens.rich_text("is")?),
            _ => {}
        }
    }
    let text = |text: String| if text.is_empty() { Cell::Empty } else { Cell::Text(text) };
    let kind = cell.attribute("t").unwrap_or_default();
    if kind == "inlineStr" {
        return Ok(text(inline.unwrap_or_default()));
    }
    let Some(value) = value else { return Ok(Cell::Empty) };
    match kind.as_str() {
        "s" => {
            let found = value.trim().parse::<usize>().ok().and_then(|index| shared.texts.get(index));
            Ok(text(found.with_context(|| format!("text `{value}` of the workbook is missing"))?.clone()))
        }
        "b" => Ok(Cell::Flag(value.trim() == "1")),
        "d" => Ok(Cell::Date { day: value, typed: None }),
        "str" | "e" => Ok(text(value)),
        "" | "n" => {
            let number: f64 =
                value.trim().parse().with_context(|| format!("`{value}` is not a number, as its cell says"))?;
            let style = cell.attribute("s").and_then(|style| style.parse::<usize>().ok()).unwrap_or(0);
            Ok(shared.number(number, shared.formats.get(style).copied().unwrap_or(NumberFormat::Plain)))
        }
        other => bail!("a cell of type `{other}` is unknown"),
    }
}

impl Count {
    fn add(&mut self, cells: usize, cell: &Cell) -> Result<()> {
        self.cells += cells;
        ensure!(
            self.cells <= CELLS_MAX,
            "more than {CELLS_MAX} cells are too many for a table of rules: copy the rules alone into a new workbook"
        );
        if let Cell::Text(text) = cell {
            self.text_bytes += text.len();
        }
        ensure!(
            self.text_bytes <= TEXT_BYTES_MAX,
            "its cells hold more than {TEXT_BYTES_MAX} bytes of text, too many for a table of rules: copy the rules alone into \
             a new workbook"
        );
        Ok(())
    }
}

impl Shared {
    fn number(&self, number: f64, format: NumberFormat) -> Cell {
        // Days of four digits of years are all that Excel knows.
        let day = TimeDelta::try_days(number as i64).and_then(|days| self.epoch.checked_add_signed(days));
        let Some(day) = day.filter(|_| format != NumberFormat::Plain && (0.0..3e6).contains(&number)) else {
            return Cell::Number(number);
        };
        let typed = match format {
            NumberFormat::Plain | NumberFormat::Date => None,
            // A range ascends, so it does not matter which of the two the country writes first.
            NumberFormat::DayAndMonth => {
                let (low, high) = (day.day().min(day.month()), day.day().max(day.month()));
                Some(format!("{low}-{high}"))
            }
            NumberFormat::MonthAndYear => Some(format!("{}-{}", day.month(), day.year() % 100)),
        };
        Cell::Date { day: day.to_string(), typed }
    }
}

/// Returns the column of a cell's name: 1 of `B7`.
fn column(name: &str) -> Option<usize> {
    let letters = name.bytes().take_while(u8::is_ascii_uppercase);
    let column = letters
        .fold(0_usize, |column, letter| column.saturating_mul(26).saturating_add(usize::from(letter - b'A') + 1));
    column.checked_sub(1)
}
