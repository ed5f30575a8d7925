//! The team's scoring rules as they come from their file, with what has to be told of it. What a table of rules looks
//! like is `plumb_learn::rules`, and how an Excel file is read is `workbook`.

use std::path::Path;

use anyhow::{Context, Result, bail};
use plumb_lead::FeatureSet;
use plumb_learn::rules::{self, ParsedRules, Rules};

use crate::workbook::{self, Workbook};

/// The team's rules, as far as they can be read.
#[derive(Clone, Debug)]
pub(crate) struct TeamRules {
    /// The rules.
    pub(crate) rules: Rules,
    /// Where each of them stands.
    pub(crate) places: Vec<String>,
    /// What cannot be read, a line each.
    pub(crate) unreadable: Vec<String>,
}

impl TeamRules {
    /// Reads a CSV file or a workbook; `name` is what people are told of it.
    pub(crate) fn read(path: &Path, name: &str) -> Result<TeamRules> {
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        let mut told = Vec::new();
        let written = match ending.to_str() {
            Some("xlsx" | "xlsm") => {
                let Workbook { sheets, hidden } = workbook::read(path)?;
                told.extend(hidden.iter().map(|sheet| format!("sheet \"{sheet}\" is skipped: it is hidden")));
                rules::read(&sheets)
            }
            Some("csv" | "tsv" | "txt") => {
                let text = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
                let text = String::from_utf8(text);
                rules::parse_csv(&text.with_context(|| format!("`{name}` is not UTF-8: save it as CSV in UTF-8"))?)
            }
            _ => bail!("`{name}` is no spreadsheet that can be read: expected a .csv or .xlsx file"),
        };
        let ParsedRules { rules, places, unreadable, skipped } = written;
        let cells = unreadable.iter().map(ToString::to_string);
        Ok(TeamRules {
            rules,
            places: places.iter().map(|place| format!("{name}, {place}")).collect(),
            unreadable: cells.chain(skipped).chain(told).map(|told| format!("{name}, {told}")).collect(),
        })
    }

    /// Returns the rules that do not fit some features, a line each.
    pub(crate) fn unbound(&self, features: &FeatureSet) -> Vec<String> {
        let told = |rule: rules::UnboundRule| format!("{}: {}", self.places[rule.rule], rule.why);
        self.rules.bind(features).into_iter().map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::project::Project;

    use super::*;

    #[test]
    fn rules_come_from_the_workbook_that_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let rows = r#"<row r="1"><c t="str"><v>Field</v></c><c t="str"><v>Value</v></c><c t="str"><v>Score</v></c></row>
            <row r="2"><c t="str"><v>employees</v></c><c t="str"><v>&gt; 50</v></c><c><v>10</v></c></row>
            <row r="3"><c t="str"><v>employees</v></c><c t="str"><v>&gt; many</v></c><c><v>5</v></c></row>"#;
        let write =
            |file: &str, bytes: &[u8]| std::fs::write(folder.path().join(file), bytes).expect("it can be written");
        write("Lead scoring.xlsx", &workbook::tests::workbook(&[("Scoring", rows)]));
        write("plumb.toml", b"rules = \"Lead scoring.xlsx\"\n[target.won]\nhorizon = \"90d\"\n");
        let team =
            Project::open(folder.path()).expect("it is right").rules().expect("it can be read").expect("it is named");
        assert_eq!(team.rules.rules[0].points, 10.0);
        assert_eq!(team.places, ["Lead scoring.xlsx, sheet \"Scoring\", cell B2"]);
        assert!(team.unreadable[0].starts_with("Lead scoring.xlsx, sheet \"Scoring\", cell B3: `> many` is"));
        write("plumb.toml", b"rules = \"gone.xlsx\"\n[target.won]\nhorizon = \"90d\"\n");
        let error = Project::open(folder.path()).expect("it is right").rules().expect_err("the file is gone");
        assert!(format!("{error:#}").contains("gone.xlsx"), "{error:#}");
    }
}
