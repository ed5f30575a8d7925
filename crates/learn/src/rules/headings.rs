//! The headings of a table of rules, and what a line under them holds.

use super::cell::{Cell, CellAddress, Sheet};
use super::condition::Condition;
use super::rule::Rule;

/// The headings that a column may have, compared without case, blanks and signs.
const FIELD: [&str; 10] =
    ["field", "fieldname", "column", "attribute", "property", "feature", "variable", "criterion", "criteria", "signal"];
const CONDITION: [&str; 8] = ["condition", "when", "if", "operator", "op", "comparison", "rule", "match"];
const VALUE: [&str; 3] = ["value", "values", "is"];
const POINTS: [&str; 6] = ["points", "point", "pts", "score", "weight", "scorechange"];

/// The most lines above the headings: a title may stand there, but not a whole page.
pub(super) const HEADINGS_WITHIN: usize = 50;

/// The columns of the parts of a rule.
pub(super) struct Headings {
    field: usize,
    /// One column, or an operator and a value.
    pub(super) condition: Vec<usize>,
    points: usize,
    names: Vec<String>,
}

impl Headings {
    /// Returns the position of the line of headings, and what they are.
    pub(super) fn find(sheet: &Sheet) -> Option<(usize, Headings)> {
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

    /// Returns whether a line is blank, the heading of a group of rules, a remark or the headings once more.
    pub(super) fn is_no_rule(&self, cells: &[Cell]) -> bool {
        let of_a_rule = || self.condition.iter().copied().chain([self.points]);
        let field = cell(cells, self.field).text();
        let is_remark = ["//", "# "].iter().any(|sign| field.trim().starts_with(sign));
        is_remark
            || of_a_rule().all(|column| cell(cells, column).is_empty())
            || Headings::of(cells).is_some_and(|again| again.field == self.field && again.points == self.points)
    }

    /// Returns the rule of a line, or the cell that cannot be read and why.
    pub(super) fn rule(&self, cells: &[Cell]) -> Result<Rule, (usize, String)> {
        let field = cell(cells, self.field).text();
        if field.trim().is_empty() {
            return Err((self.field, "empty: expected the name of a feature".to_owned()));
        }
        let mut condition = String::new();
        for column in &self.condition {
            let text = cell(cells, *column).condition().map_err(|why| (*column, why))?;
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

    pub(super) fn address(&self, sheet: &Sheet, line: usize, column: usize) -> CellAddress {
        let heading = self.names.get(column).cloned().unwrap_or_default();
        CellAddress { sheet: sheet.name.clone(), line, column, heading }
    }
}

pub(super) fn cell(cells: &[Cell], column: usize) -> &Cell {
    cells.get(column).unwrap_or(&Cell::Empty)
}

/// Returns a heading without case, blanks and signs.
fn plain_name(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
