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

/// Headings of a list of what leads do, which has no other column than its points.
const ACTION: [&str; 15] = [
    "action",
    "actions",
    "activity",
    "activities",
    "behavior",
    "behaviour",
    "event",
    "events",
    "trigger",
    "engagement",
    "interaction",
    "touchpoint",
    "criterion",
    "criteria",
    "signal",
];

/// What the lines under the headings are about.
enum Subject {
    /// The field that a column names.
    Column(usize),
    /// One field, which the heading over the conditions names: `Industry, Points`.
    Heading(String),
    /// What a lead has done, in a column of its own: `Action, Points`.
    Action(usize),
}

/// The columns of the parts of a rule.
pub(super) struct Headings {
    subject: Subject,
    /// One column, or an operator and a value; none for actions.
    condition: Vec<usize>,
    points: usize,
    names: Vec<String>,
}

impl Headings {
    /// Returns the position of the line of headings, and what they are.
    pub(super) fn find(sheet: &Sheet) -> Option<(usize, Headings)> {
        let lines = sheet.lines.iter().enumerate().take(HEADINGS_WITHIN);
        lines.filter_map(|(index, (_, cells))| Some((index, Headings::of(cells)?))).next()
    }

    /// Returns the headings that a line consists of; `None` if it is another line.
    pub(super) fn of(cells: &[Cell]) -> Option<Headings> {
        let names: Vec<String> = cells.iter().map(|cell| cell.text().trim().to_owned()).collect();
        let plain: Vec<String> = names.iter().map(|name| plain_name(name)).collect();
        let position = |known: &[&str]| plain.iter().position(|name| known.contains(&name.as_str()));
        let points = position(&POINTS)?;
        let field = position(&FIELD);
        let mut condition: Vec<usize> = [position(&CONDITION), position(&VALUE)].into_iter().flatten().collect();
        if let (true, Some(field)) = (condition.is_empty(), field) {
            // `Attribute, Criteria, Points`: of two words for a field, the second is that of the condition.
            let second = plain.iter().skip(field + 1).position(|name| FIELD.contains(&name.as_str()));
            condition.extend(second.map(|after| field + 1 + after));
        }
        if let (Some(field), false) = (field, condition.is_empty()) {
            return Some(Headings { subject: Subject::Column(field), condition, points, names });
        }
        let first = plain.iter().position(|name| !name.is_empty()).filter(|first| *first < points)?;
        let is_one_of = |known: &[&str]| known.contains(&plain[first].as_str());
        let is_action = is_one_of(&ACTION) || is_one_of(&CONDITION);
        if !is_action && (is_one_of(&FIELD) || is_one_of(&VALUE)) {
            // `Feature, Points` lacks the condition.
            return None;
        }
        let (subject, condition) = if is_action {
            (Subject::Action(first), Vec::new())
        } else {
            (Subject::Heading(names[first].clone()), vec![first])
        };
        Some(Headings { subject, condition, points, names })
    }

    /// Returns the column whose cell a message about a rule names.
    pub(super) fn named_column(&self) -> usize {
        match self.subject {
            Subject::Action(column) => column,
            _ => self.condition.last().copied().unwrap_or(self.points),
        }
    }

    /// Returns whether a line is blank, the heading of a group of rules or a remark.
    pub(super) fn is_no_rule(&self, cells: &[Cell]) -> bool {
        let first = self.subject_column().unwrap_or_else(|| self.named_column());
        let text = cell(cells, first).text();
        let is_remark = ["//", "# "].iter().any(|sign| text.trim().starts_with(sign));
        let of_a_rule = || self.condition.iter().copied().chain([self.points]);
        is_remark || of_a_rule().all(|column| cell(cells, column).is_empty())
    }

    /// Returns the rule of a line, or the cell that cannot be read and why.
    pub(super) fn rule(&self, cells: &[Cell]) -> Result<Rule, (usize, String)> {
        let (field, condition) = match &self.subject {
            Subject::Column(column) => {
                let field = cell(cells, *column).text();
                if field.trim().is_empty() {
                    return Err((*column, "empty: expected the name of a feature".to_owned()));
                }
                let condition = self.condition(cells, &field)?;
                (field, condition)
            }
            Subject::Heading(field) => (field.clone(), self.condition(cells, field)?),
            Subject::Action(column) => {
                let action = cell(cells, *column).text();
                check_action(&action).map_err(|why| (*column, why))?;
                (action, Condition::Done)
            }
        };
        let points = cell(cells, self.points)
            .points()
            .ok_or_else(|| (self.points, "not a number: expected points such as `10` or `-5`".to_owned()))?;
        let read = |column: &usize| {
            self.subject_column() == Some(*column) || *column == self.points || self.condition.contains(column)
        };
        let notes = (0..cells.len()).filter(|column| !read(column)).map(|column| cells[column].text());
        let notes: Vec<String> = notes.filter(|note| !note.trim().is_empty()).collect();
        Ok(Rule { field: field.trim().to_owned(), condition, points, note: notes.join("; ") })
    }

    fn subject_column(&self) -> Option<usize> {
        match self.subject {
            Subject::Column(column) | Subject::Action(column) => Some(column),
            Subject::Heading(_) => None,
        }
    }

    fn condition(&self, cells: &[Cell], field: &str) -> Result<Condition, (usize, String)> {
        let mut condition = String::new();
        for column in &self.condition {
            let text = cell(cells, *column).condition().map_err(|why| (*column, why))?;
            condition = format!("{condition} {text}");
        }
        Condition::parse(&condition, field).map_err(|why| (self.named_column(), why))
    }

    pub(super) fn address(&self, sheet: &Sheet, line: usize, column: usize) -> CellAddress {
        let heading = self.names.get(column).cloned().unwrap_or_default();
        CellAddress { sheet: sheet.name.clone(), line, column, heading }
    }
}

pub(super) fn cell(cells: &[Cell], column: usize) -> &Cell {
    cells.get(column).unwrap_or(&Cell::Empty)
}

/// Returns why an action is more than something that was done: a number or a time in it would be lost.
fn check_action(action: &str) -> Result<(), String> {
    let first = action.split_whitespace().next().unwrap_or_default().to_lowercase();
    if first.is_empty() {
        return Err("empty: expected what a lead has done".to_owned());
    }
    if action.contains(|letter: char| letter.is_ascii_digit())
        || ["no", "not", "never", "without"].contains(&first.as_str())
    {
        return Err("more than something that was done: expected a rule with `Field, Condition, Points`, such as \
                    `days_since_last_interaction, > 30, -10`"
            .to_owned());
    }
    Ok(())
}

/// Returns a heading without case, blanks and signs.
fn plain_name(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
