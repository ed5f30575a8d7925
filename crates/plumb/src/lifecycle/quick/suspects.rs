//! Columns suspected to reveal the outcome, and columns about which somebody should be asked.

use anyhow::Result;
use plumb_lead::{LeakEvidence, Table};
use plumb_learn::leaks;
use serde::Serialize;

use super::splits::RowFacts;

/// What may reveal the outcome.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Suspects {
    /// Columns that are left out of the model, the gravest first.
    pub(crate) suspects: Vec<LeakEvidence>,
    /// Columns that stay in, and of which a person should say when they are filled in.
    pub(crate) questions: Vec<LeakEvidence>,
}

/// Looks for leaks, except in the columns that the user keeps.
pub(super) fn find(
    table: &Table,
    labels: &[bool],
    target: &str,
    keep: &[String],
    _facts: &RowFacts,
) -> Result<Suspects> {
    let mut suspects = Suspects { suspects: leaks::suspects(table, labels)?, questions: Vec::new() };
    for column in table.columns().iter().filter(|column| is_same_name(&column.name, target)) {
        if !suspects.suspects.iter().any(|leak| leak.column == column.name) {
            let why = format!("the file names it `{target}` as well, like the target");
            suspects.suspects.push(LeakEvidence { column: column.name.clone(), why });
        }
    }
    suspects.suspects.retain(|leak| !keep.contains(&leak.column));
    suspects.questions.retain(|leak| !keep.contains(&leak.column));
    Ok(suspects)
}

/// Returns whether a column has the target's name in the file, where a second one of a name is told apart by a number.
fn is_same_name(name: &str, target: &str) -> bool {
    let (name, target) = (name.to_lowercase(), target.to_lowercase());
    if name == target {
        return true;
    }
    let number = name.strip_prefix(&target).and_then(|rest| rest.strip_prefix('.'));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

impl Suspects {
    /// Returns the names of the suspected leaks.
    pub(crate) fn names(&self) -> Vec<String> {
        self.suspects.iter().map(|leak| leak.column.clone()).collect()
    }

    /// Returns a line for each suspected leak.
    pub(crate) fn lines(&self) -> String {
        self.suspects.iter().map(|leak| format!("  `{}`: {}\n", leak.column, leak.why)).collect()
    }
}
