//! From the cells of spreadsheets to rules: where the table begins, which lines are rules, and which say nothing.

use std::fmt;

use super::condition::Condition;
use super::{Rule, Rules, number};

/// One sheet of a workbook, or a file of separated values.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// Its name; none for a file that is one sheet.
    pub name: Option<String>,
    /// Its lines: the number, from 1, and the cells from the first column on.
    pub lines: Vec<(usize, Vec<Cell>)>,
}

/// What is in a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// Text.
    Text(String),
    /// A number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// A date.
    Date {
        /// The day, as in `2026-05-03`.
        day: String,
        /// What was typed, if it is sure that the spreadsheet program took this for a date: `3-5` becomes one.
        typed: Option<String>,
    },
}

/// What was found in spreadsheets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedRules {
    /// The rules that can be read.
    pub rules: Rules,
    /// Where each of them stands.
    pub addresses: Vec<CellAddress>,
    /// The cells that cannot be read, all of them.
    pub unreadable: Vec<UnreadableCell>,
    /// Sheets that hold no rules, a sentence each.
    pub skipped: Vec<String>,
}

/// A address in a spreadsheet, told as people look for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellAddress {
    /// The sheet, if the file has several.
    pub sheet: Option<String>,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 0.
    pub column: usize,
    /// The column's heading.
    pub heading: String,
}

/// A cell that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableCell {
    /// Where it is.
    pub address: CellAddress,
    /// What is written there.
    pub text: String,
    /// What it is instead of what was expected.
    pub why: String,
}

/// The headings that a column may have, compared without case, blanks and signs.
const FIELD: [&str; 10] =
    ["field", "fieldname", "column", "attribute", "property", "feature", "variable", "criterion", "criteria", "signal"];
const CONDITION: [&str; 8] = ["condition", "when", "if", "operator", "op", "comparison", "rule", "match"];
const VALUE: [&str; 3] = ["value", "values", "is"];
const POINTS: [&str; 6] = ["points", "point", "pts", "score", "weight", "scorechange"];

/// A title may stand over the headings, but not a whole page.
const HEADINGS_WITHIN: usize = 50;

/// Reads the rules of sheets: each that has the headings of a field, a condition and points, wherever they stand.
pub fn read(sheets: &[Sheet]) -> ParsedRules {
    let mut written = ParsedRules::default();
    for sheet in sheets {
        match Headings::find(sheet) {
            Some((above, headings)) => headings.read(sheet, &sheet.lines[above + 1..], &mut written),
            None => written.skipped.push(without_headings(sheet)),
        }
    }
    written
}

/// Reads rules from text whose cells are separated by commas, semicolons or tabs.
pub fn parse_csv(text: &str) -> ParsedRules {
    let text = text.trim_start_matches('\u{feff}');
    let count = |separator: char| text.lines().take(HEADINGS_WITHIN).map(|line| line.matches(separator).count()).max();
    let delimiter = [';', '\t'].into_iter().find(|separator| count(*separator) >= Some(2)).unwrap_or(',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter as u8)
        .flexible(true)
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut lines = Vec::new();
    for record in reader.records() {
        // Text is UTF-8 and lines may be of any length, so that nothing is left to go wrong.
        let Ok(record) = record else { continue };
        let line = record.position().map_or(0, |position| position.line() as usize);
        let cell = |text: &str| if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) };
        lines.push((line, record.iter().map(cell).collect()));
    }
    read(&[Sheet { name: None, lines }])
}

/// Where each part of a rule stands.
struct Headings {
    field: usize,
    /// One column, or an operator and a value.
    condition: Vec<usize>,
    points: usize,
    names: Vec<String>,
}

impl Headings {
    /// Returns the position of the line of headings, and what they are.
    fn find(sheet: &Sheet) -> Option<(usize, Headings)> {
        let lines = sheet.lines.iter().enumerate().take(HEADINGS_WITHIN);
        lines.filter_map(|(index, (_, cells))| Some((index, Headings::of(cells)?))).next()
    }

    fn of(cells: &[Cell]) -> Option<Headings> {
        let names: Vec<String> = cells.iter().map(|cell| cell.text().trim().to_owned()).collect();
        let plain: Vec<String> = names.iter().map(|name| plain_name(name)).collect();
        let position = |known: &[&str]| plain.iter().position(|name| known.contains(&name.as_str()));
        let condition: Vec<usize> = [position(&CONDITION), position(&VALUE)].into_iter().flatten().collect();
        let (field, points) = (position(&FIELD)?, position(&POINTS)?);
        (!condition.is_empty()).then_some(Headings { field, condition, points, names })
    }

    fn read(&self, sheet: &Sheet, lines: &[(usize, Vec<Cell>)], written: &mut ParsedRules) {
        for (line, cells) in lines {
            if self.says_nothing(cells) {
                continue;
            }
            match self.rule(cells) {
                Ok(rule) => {
                    written.rules.rules.push(rule);
                    written.addresses.push(self.address(sheet, *line, self.condition[self.condition.len() - 1]));
                }
                Err((column, why)) => written.unreadable.push(UnreadableCell {
                    address: self.address(sheet, *line, column),
                    text: cell(cells, column).text(),
                    why,
                }),
            }
        }
    }

    /// Returns whether a line is blank, the heading of a group of rules, a remark or the headings once more.
    fn says_nothing(&self, cells: &[Cell]) -> bool {
        let of_a_rule = || self.condition.iter().copied().chain([self.points]);
        let field = cell(cells, self.field).text();
        let is_remark = ["//", "# "].iter().any(|sign| field.trim().starts_with(sign));
        is_remark
            || of_a_rule().all(|column| cell(cells, column).is_empty())
            || Headings::of(cells).is_some_and(|again| again.field == self.field && again.points == self.points)
    }

    /// Returns the rule of a line, or the cell that cannot be read and why.
    fn rule(&self, cells: &[Cell]) -> Result<Rule, (usize, String)> {
        let field = cell(cells, self.field).text();
        if field.trim().is_empty() {
            return Err((self.field, "empty: expected the name of a feature".to_owned()));
        }
        let mut condition = String::new();
        for column in &self.condition {
            let text = cell(cells, *column).written().map_err(|why| (*column, why))?;
            condition = format!("{condition} {text}");
        }
        let last = self.condition[self.condition.len() - 1];
        let condition = Condition::parse(&condition, &field).map_err(|why| (last, why))?;
        let points = cell(cells, self.points)
            .points()
            .ok_or_else(|| (self.points, "not a number: expected points such as `10` or `-5`".to_owned()))?;
        let read = |column: &usize| *column == self.field || *column == self.points || self.condition.contains(column);
        let notes = (0..cells.len()).filter(|column| !read(column)).map(|column| cells[column].text());
        let notes: Vec<String> = notes.filter(|note| !note.trim().is_empty()).collect();
        Ok(Rule { field: field.trim().to_owned(), condition, points, note: notes.join("; ") })
    }

    fn address(&self, sheet: &Sheet, line: usize, column: usize) -> CellAddress {
        let heading = self.names.get(column).cloned().unwrap_or_default();
        CellAddress { sheet: sheet.name.clone(), line, column, heading }
    }
}

impl Cell {
    /// Returns what a person sees.
    pub fn text(&self) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text) => text.clone(),
            Cell::Number(number) => number.to_string(),
            Cell::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
            Cell::Date { day, .. } => day.clone(),
        }
    }

    fn is_empty(&self) -> bool {
        self.text().trim().is_empty()
    }

    /// Returns the text of a condition's cell, with what was typed where a spreadsheet program made a date of it.
    fn written(&self) -> Result<String, String> {
        match self {
            Cell::Date { typed: Some(typed), .. } => Ok(typed.clone()),
            Cell::Date { .. } => Err("a date, which no condition can be: if a range such as `3-5` was typed, the spreadsheet \
                                      program has turned it into a date; format the cell as text and type the range again"
                .to_owned()),
            other => Ok(other.text()),
        }
    }

    fn points(&self) -> Option<f64> {
        match self {
            Cell::Number(number) => Some(*number).filter(|number| number.is_finite()),
            Cell::Text(text) => number::plain(text.trim().trim_start_matches('+')),
            Cell::Empty | Cell::Flag(_) | Cell::Date { .. } => None,
        }
    }
}

fn cell(cells: &[Cell], column: usize) -> &Cell {
    cells.get(column).unwrap_or(&Cell::Empty)
}

/// Returns a heading without case, blanks and signs.
fn plain_name(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn without_headings(sheet: &Sheet) -> String {
    let of = sheet.name.as_ref().map_or_else(String::new, |name| format!("sheet \"{name}\" is skipped: "));
    let seen = sheet.lines.iter().find(|(_, cells)| cells.iter().any(|cell| !cell.is_empty()));
    let seen = seen.map_or_else(
        || "it is empty".to_owned(),
        |(line, cells)| {
            let texts: Vec<String> = cells.iter().map(Cell::text).filter(|text| !text.trim().is_empty()).collect();
            format!("line {line} is the first, `{}`", texts.join(", "))
        },
    );
    format!(
        "{of}no line has the headings of a field, a condition and points, such as `Field, Condition, Points`, and {seen}"
    )
}

impl fmt::Display for CellAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match &self.sheet {
            Some(sheet) => write!(formatter, "sheet \"{sheet}\", cell {}{}", letters(self.column), self.line),
            None => write!(formatter, "line {}, column {}", self.line, self.heading),
        }
    }
}

impl fmt::Display for UnreadableCell {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{}: `{}` is {}", self.address, self.text, self.why)
    }
}

/// Returns the name of a column: A, B, …, Z, AA.
fn letters(column: usize) -> String {
    let last = char::from(b'A' + (column % 26) as u8);
    if column < 26 { last.to_string() } else { format!("{}{last}", letters(column / 26 - 1)) }
}
