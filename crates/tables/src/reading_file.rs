//! `reading.toml`: a reading plan in a file, for people to read and change.

use crate::error::Error;
use crate::plan::ReadingPlan;

const HEAD: &str = "\
# How a table is read: found out once, so that the next file is read in the same way.
# What no longer fits is an error that names the cell and the rule. Take out a line, and it is found out again.
#
# [file] says how bytes become rows; each [[column]] how its cells become values:
#   kind = \"number\"      decimal = \",\"  thousands = \".\"  units = [\"€\"]  percent, parentheses, plus, trailing_minus, scale = true
#   kind = \"flag\"        yes = [\"ja\"]  no = [\"nein\"]
#   kind = \"timestamp\"   order = \"year_month_day\", \"day_month_year\", \"month_day_year\", \"spreadsheet_serial\",
#                        \"unix_seconds\" or \"unix_millis\"  days_only = true
#   kind = \"category\"    merge_spellings = true: words that differ by case and blanks only are one
#   kind = \"identifier\", \"text\", \"ignored\"
#   missing = [\"NA\"]     further spellings of an empty cell, for every kind
";

impl ReadingPlan {
    /// Reads a plan from TOML; `name` is the file's name for messages.
    pub fn from_toml(text: &str, name: &str) -> Result<ReadingPlan, Error> {
        let unreadable = |line: Option<usize>, problem: &str| Error::Unreadable {
            name: name.to_owned(),
            problem: match line {
                Some(line) => format!("line {line}: {problem}"),
                None => problem.to_owned(),
            },
        };
        let plan: ReadingPlan = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| 1 + text[..span.start].matches('\n').count());
            unreadable(line, error.message())
        })?;
        for (place, column) in plan.columns.iter().enumerate() {
            if plan.columns[..place].iter().any(|other| other.name == column.name) {
                let is_second =
                    |line: &&(usize, &str)| line.1.trim_start().starts_with("name") && line.1.contains(&column.name);
                let line = text.lines().enumerate().filter(|line| is_second(&line)).nth(1).map(|(line, _)| line + 1);
                return Err(unreadable(line, &format!("column `{}` is there twice: expected each once", column.name)));
            }
        }
        Ok(plan)
    }

    /// Writes the plan as TOML, with comments that say what it is.
    pub fn to_toml(&self) -> String {
        // A plan is strings, numbers and lists of them: all of it has a TOML form.
        let body = toml::to_string(self).unwrap_or_else(|error| format!("# this plan cannot be written: {error}\n"));
        format!("{HEAD}\n{body}")
    }
}
