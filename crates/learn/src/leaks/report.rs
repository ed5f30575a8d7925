//! What is found: suspects and questions, each with its evidence, and how good a model is with and without them.

use plumb_lead::LeakEvidence;
use serde::{Deserialize, Serialize};

use super::duplicates::DuplicateRows;

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeakLevel {
    /// Left out unless a person says that it is known in time.
    Suspect,
    /// Shown to a person, and not left out.
    Ask,
}

/// What speaks against a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeakKind {
    /// A text or number that is different in nearly every row.
    Identifier,
    /// A whole number that counts rows.
    RunningNumber,
    /// Each of its few values goes with one class.
    CopyOfTarget,
    /// It is present, or missing, for one class only.
    OneClass,
    /// Frequent values, or a range of them, nearly all of one class.
    PureValues,
    /// It is filled in together with others, and for one class more than for the other.
    SharedMissingness,
    /// A rare value that implies the target.
    Implication,
    /// Alone it ranks rows better than anything honest does.
    TooGood,
    /// Its name says that it is written at the end.
    Name,
    /// A date that lies after the moment as of which rows are scored.
    AfterCreation,
    /// A length of time that is known at the end.
    DurationAtClosing,
    /// A date that gives the outcome together with another one.
    DatePair,
    /// It changes once the outcome is there.
    PostOutcome,
    /// It gives the outcome together with other columns.
    Together,
}

/// A column that may reveal the outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeakSuspect {
    /// The column, of the table or of the timestamps.
    pub column: String,
    /// Whether it is to be left out or only asked about.
    pub level: LeakLevel,
    /// What speaks against it, the strongest first.
    pub kinds: Vec<LeakKind>,
    /// Why, as a sentence with its figures.
    pub why: String,
    /// The AUC of its values alone; `None` where they say nothing of rows to come (identifiers).
    pub auc_alone: Option<f64>,
    /// What the AUC of a quick model loses without it: that of the columns that are no suspects and this one (with its
    /// group), less that of the columns that are no suspects. It can be a little below 0 by chance. `None` if it was not
    /// measured.
    pub loss: Option<f64>,
    /// Its group in [`LeakReport::groups`].
    pub group: Option<usize>,
}

/// Columns that leak together: filled in together, or telling only beside each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeakGroup {
    /// What makes them a group.
    pub kind: LeakKind,
    /// The columns, in the table's order.
    pub columns: Vec<String>,
    /// Why, as a sentence with its figures.
    pub why: String,
    /// What the AUC of a quick model loses without all of them, as in [`LeakSuspect::loss`].
    pub loss: Option<f64>,
}

/// All that speaks for leaks in a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeakReport {
    /// Columns to leave out, those that the score loses most without first.
    pub suspects: Vec<LeakSuspect>,
    /// Columns to ask a person about, in the same order. They are among the columns of `auc_without`.
    pub asks: Vec<LeakSuspect>,
    /// Suspects that belong together.
    pub groups: Vec<LeakGroup>,
    /// The AUC of a quick model of all columns; `None` with too few rows of a class.
    pub auc_with_suspects: Option<f64>,
    /// The AUC of the same model without the suspects: the honest figure. `None` with too few rows of a class, and 0.5
    /// if no column is left.
    pub auc_without: Option<f64>,
    /// Rows that are there twice.
    pub duplicates: DuplicateRows,
    /// The rows of the table.
    pub rows: usize,
    /// The rows that were looked at: all, or a sample.
    pub rows_sampled: usize,
}

impl LeakReport {
    /// Returns the names of the columns to leave out.
    pub fn suspected_columns(&self) -> Vec<String> {
        self.suspects.iter().map(|suspect| suspect.column.clone()).collect()
    }

    /// Returns the suspects as model cards keep them.
    pub fn evidence(&self) -> Vec<LeakEvidence> {
        let evidence =
            |suspect: &LeakSuspect| LeakEvidence { column: suspect.column.clone(), why: suspect.why.clone() };
        self.suspects.iter().map(evidence).collect()
    }
}
