//! The team's scorecard, read from its file: the rules, and what of the file cannot be used. `plumb_learn::rules` reads a
//! table of rules, `spreadsheet` an Excel file.

use std::path::Path;

use anyhow::{Context, Result, bail};
use plumb_lead::FeatureSet;
use plumb_learn::rules::{self, ParsedRules, Rules};

use crate::files::read_within;
use crate::spreadsheet::{self, Workbook};

/// The largest CSV file of rules: some 60,000 rules, where a large team has some hundred. Each cell takes up to 40 times as
/// much memory as it has bytes.
const CSV_BYTES_MAX: u64 = 4 << 20;

/// The team's rules, as far as they can be read.
#[derive(Clone, Debug)]
pub(crate) struct TeamRules {
    /// The rules.
    pub(crate) rules: Rules,
    /// The place of each in the file.
    pub(crate) places: Vec<String>,
    /// What cannot be read, a line each.
    pub(crate) unreadable: Vec<String>,
}

impl TeamRules {
    /// Reads a CSV or an Excel file, which messages call `name`.
    pub(crate) fn read(path: &Path, name: &str) -> Result<TeamRules> {
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        let mut skipped_sheets = Vec::new();
        let written = match ending.to_str() {
            Some("xlsx" | "xlsm") => {
                let Workbook { sheets, hidden } = spreadsheet::read(path)?;
                skipped_sheets.extend(hidden.iter().map(|sheet| format!("sheet \"{sheet}\" is skipped: it is hidden")));
                rules::read(&sheets)
            }
            Some("csv" | "tsv" | "txt") => {
                let text = String::from_utf8(read_within(path, CSV_BYTES_MAX, "a table of rules")?);
                rules::parse_csv(&text.with_context(|| format!("`{name}` is not UTF-8: save it as CSV in UTF-8"))?)
            }
            _ => bail!("`{name}` is not a spreadsheet that can be read: expected a .csv or .xlsx file"),
        };
        let ParsedRules { rules, addresses: places, unreadable, skipped } = written;
        let cells = unreadable.iter().map(ToString::to_string);
        Ok(TeamRules {
            rules,
            places: places.iter().map(|place| format!("{name}, {place}")).collect(),
            unreadable: cells.chain(skipped).chain(skipped_sheets).map(|line| format!("{name}, {line}")).collect(),
        })
    }

    /// Returns the rules that do not fit some features, a line each. `left_out` are features that the set lacks on purpose.
    pub(crate) fn unbound(&self, features: &FeatureSet, left_out: &[String]) -> Vec<String> {
        let line = |rule: rules::UnboundRule| match left_out.contains(&rule.field) {
            true => format!("{}: feature `{}` is left out", self.places[rule.rule], rule.field),
            false => format!("{}: {}", self.places[rule.rule], rule.why),
        };
        self.rules.bind(features).into_iter().map(line).collect()
    }
}
