//! The rows of a file with their labels.

use std::path::Path;

use anyhow::{Result, bail, ensure};
use plumb_lead::{LeakEvidence, Table};
use plumb_learn::leaks;

use super::target::{Target, column};

/// A table with its labels.
#[derive(Clone, Debug)]
pub(super) struct LabelledTable {
    /// What the models see, without the target.
    pub(super) table: Table,
    /// A label for each row.
    pub(super) labels: Vec<bool>,
    /// Columns suspected to reveal the outcome.
    pub(super) leaks: Vec<LeakEvidence>,
}

/// Which columns the user leaves out, and which look like a leak but are none.
#[derive(Clone, Debug, Default)]
pub(crate) struct ColumnChoice {
    /// Columns that no model may see.
    pub(crate) leave_out: Vec<String>,
    /// Columns that are known before the outcome.
    pub(crate) keep: Vec<String>,
}

impl LabelledTable {
    /// Takes the target and the columns that are left out off the table of a file, and looks for leaks in the rest.
    pub(super) fn new(
        file: &Path,
        read: &Table,
        target_name: &str,
        target: &Target,
        choice: &ColumnChoice,
    ) -> Result<LabelledTable> {
        let ColumnChoice { leave_out, keep } = choice;
        for name in leave_out.iter().chain(keep) {
            column(read, name)?;
        }
        if let Some(both) = keep.iter().find(|name| leave_out.contains(name)) {
            bail!("`{both}` is in --keep and in --leave-out: expected it in one of them");
        }
        ensure!(
            !leave_out.iter().any(|name| name == target_name),
            "--leave-out names the target `{target_name}` itself"
        );
        let mut removed = leave_out.clone();
        removed.push(target_name.to_owned());
        let table = read.select(&target.rows).without(&removed);
        ensure!(
            !table.columns().is_empty(),
            "there is no column to learn from: `{}` has the target `{target_name}`{}; expected at least one other column",
            file.display(),
            if leave_out.is_empty() { " only" } else { ", and the others are left out" }
        );
        let mut evidence = leaks::suspects(&table, &target.labels)?;
        evidence.retain(|leak| !keep.contains(&leak.column));
        if evidence.len() == table.columns().len() {
            let leaks: String = evidence.iter().map(|leak| format!("  `{}`: {}\n", leak.column, leak.why)).collect();
            bail!(
                "every column is a suspected leak, and nothing is left to learn from:\n{leaks}say with --keep which of \
                 them are known before the outcome"
            );
        }
        Ok(LabelledTable { table, labels: target.labels.clone(), leaks: evidence })
    }

    /// Returns the names of the suspected leaks.
    pub(super) fn suspects(&self) -> Vec<String> {
        self.leaks.iter().map(|leak| leak.column.clone()).collect()
    }

    /// Returns the columns that are no suspected leaks.
    pub(super) fn without_suspects(&self) -> Table {
        self.table.without(&self.suspects())
    }

    /// Returns the labels of some rows.
    pub(super) fn labels_of(&self, rows: &[usize]) -> Vec<bool> {
        rows.iter().map(|row| self.labels[*row]).collect()
    }
}
