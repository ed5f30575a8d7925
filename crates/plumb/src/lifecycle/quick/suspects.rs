//! Columns suspected to reveal the outcome, and columns about which somebody should be asked.

use anyhow::Result;
use plumb_lead::{LeakEvidence, Table};
use plumb_learn::leaks::{self, LeakInput, LeakKind, LeakLevel, LeakParams, LeakSuspect};
use serde::Serialize;

/// What may reveal the outcome.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Suspects {
    /// Columns that are left out of the model, those that the score loses most without first.
    pub(crate) suspects: Vec<LeakSuspect>,
    /// Columns that stay in, and of which a person should say when they are filled in.
    pub(crate) asks: Vec<LeakSuspect>,
}

/// Looks for leaks. `target` is the name of the outcome's column.
pub(super) fn find(input: &LeakInput<'_>, target: &str, seed: u64) -> Result<Suspects> {
    let found = leaks::find_leaks(input, &LeakParams { seed, ..LeakParams::default() })?;
    let mut suspects = Suspects { suspects: found.suspects, asks: found.asks };
    // Dates are no features here, so that nothing has to be done about them.
    suspects.suspects.retain(|suspect| input.table.column(&suspect.column).is_some());
    suspects.asks.retain(|suspect| input.table.column(&suspect.column).is_some());
    suspects.add_namesakes(input.table, target, input.keep);
    Ok(suspects)
}

impl Suspects {
    /// Returns the names of the suspected leaks.
    pub(crate) fn names(&self) -> Vec<String> {
        self.suspects.iter().map(|leak| leak.column.clone()).collect()
    }

    /// Returns a line for each suspected leak.
    pub(crate) fn lines(&self) -> String {
        let line = |suspect: &LeakSuspect| {
            let loss = suspect.loss.filter(|loss| *loss >= LOSS_SHOWN_MIN);
            let loss = loss.map_or_else(String::new, |loss| format!("; without it the AUC is {loss:.2} lower"));
            format!("  `{}`: {}{loss}\n", suspect.column, suspect.why)
        };
        self.suspects.iter().map(line).collect()
    }

    /// Returns the suspected leaks as model cards keep them.
    pub(super) fn evidence(&self) -> Vec<LeakEvidence> {
        let evidence =
            |suspect: &LeakSuspect| LeakEvidence { column: suspect.column.clone(), why: suspect.why.clone() };
        self.suspects.iter().map(evidence).collect()
    }

    /// Adds columns that the file names like the target.
    fn add_namesakes(&mut self, table: &Table, target: &str, keep: &[String]) {
        for column in table.columns().iter().filter(|column| is_same_name(&column.name, target)) {
            if keep.contains(&column.name) || self.suspects.iter().any(|leak| leak.column == column.name) {
                continue;
            }
            self.asks.retain(|ask| ask.column != column.name);
            self.suspects.push(LeakSuspect {
                column: column.name.clone(),
                level: LeakLevel::Suspect,
                kinds: vec![LeakKind::Name],
                why: format!("the file names it `{target}` as well, like the target"),
                auc_alone: None,
                loss: None,
                group: None,
            });
        }
    }
}

/// A smaller loss of AUC is chance.
const LOSS_SHOWN_MIN: f64 = 0.005;

/// Returns whether a column has the target's name in the file, where a second one of a name is told apart by a number.
fn is_same_name(name: &str, target: &str) -> bool {
    let (name, target) = (name.to_lowercase(), target.to_lowercase());
    if name == target {
        return true;
    }
    let number = name.strip_prefix(&target).and_then(|rest| rest.strip_prefix('.'));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_column_of_a_name_is_recognised() {
        for (name, expected) in
            [("Won.2", true), ("won", true), ("Won.x", false), ("Won.", false), ("Won 2", false), ("Wonder", false)]
        {
            assert_eq!(is_same_name(name, "Won"), expected, "{name}");
        }
    }
}
