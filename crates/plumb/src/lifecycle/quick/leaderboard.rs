//! The leaderboard: each kind of model on each choice of columns and rows, measured on rows that it never saw.

use anyhow::{Context, Result};
use plumb_lead::{Metrics, ModelKind};
use plumb_learn::split::{self, Split};
use plumb_learn::{Fitted, Model, Params, metrics};
use serde::Serialize;

use super::fit::{KINDS, fit_kinds};
use super::labelled_table::LabelledTable;
use crate::evaluation;

/// A loss of AUC from random rows to the last ones that is worth a warning.
const AUC_LOSS_WARNED: f64 = 0.03;

/// How rows are split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RowOrder {
    /// At random: how good the model is if tomorrow is like the whole file.
    Random,
    /// The first rows train, the last test: how good it is on the newest rows, if the file is in time order.
    File,
}

/// Models on the same rows and columns.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LeaderboardGroup {
    /// The rows and columns, in words.
    pub(crate) heading: String,
    /// How its rows are split.
    pub(crate) order: RowOrder,
    /// Whether its models see the suspected leaks.
    pub(crate) with_suspects: bool,
    /// The models, the best AUC first.
    pub(crate) models: Vec<LeaderboardEntry>,
    /// Why the group has no models, if it has none.
    pub(crate) not_measured: Option<String>,
}

/// A model on the leaderboard.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LeaderboardEntry {
    /// Its kind.
    pub(crate) kind: ModelKind,
    /// Its decision threshold.
    pub(crate) threshold: f64,
    /// Its measures on the rows to test on.
    pub(crate) metrics: Metrics,
    #[serde(skip)]
    fitted: FittedEntry,
}

/// A model, and the rows that it was trained, chosen and tested on.
#[derive(Clone, Debug)]
pub(super) struct FittedEntry {
    pub(super) model: Model,
    pub(super) split: Split,
    /// AUC on the rows to choose on.
    auc_valid: f64,
}

/// The leaderboard.
#[derive(Clone, Debug, Default)]
pub(super) struct Leaderboard {
    pub(super) groups: Vec<LeaderboardGroup>,
}

/// Returns how many models a leaderboard fits.
pub(super) fn fits(table: &LabelledTable) -> usize {
    groups(table).len() * KINDS.len()
}

/// Fits and measures every model. `before_fit` gets what is fitted; `after_fit` is called after each fit, and may end it.
pub(super) fn leaderboard(
    table: &LabelledTable,
    params: &Params,
    before_fit: impl Fn(&str),
    after_fit: impl Fn() -> Result<()>,
) -> Result<Leaderboard> {
    let mut leaderboard = Leaderboard::default();
    for (order, with_suspects) in groups(table) {
        let heading = heading(order, with_suspects, table);
        let before = |kind: &str| before_fit(&format!("{heading}: {kind}"));
        let (models, not_measured) = match entries(table, order, with_suspects, params, before, &after_fit) {
            Ok(mut models) => {
                models.sort_by(|left, right| right.metrics.auc.value.total_cmp(&left.metrics.auc.value));
                (models, None)
            }
            Err(error) => match error.downcast_ref() {
                // A file that is sorted by its target can still be split at random.
                Some(plumb_learn::Error::OneClass { rows, class, doing }) if order == RowOrder::File => {
                    let why = format!(
                        "cannot be measured, because all {rows} rows to {doing} are {class}; is the file sorted by its \
                         target?"
                    );
                    (Vec::new(), Some(why))
                }
                _ => return Err(error).with_context(|| format!("cannot train on {heading}")),
            },
        };
        leaderboard.groups.push(LeaderboardGroup { heading, order, with_suspects, models, not_measured });
    }
    Ok(leaderboard)
}

impl Leaderboard {
    /// Returns the model to save: of those on random rows without the suspected leaks the one with the best AUC on the
    /// rows to choose on. The choice does not look at the rows to test on.
    pub(super) fn winner(&self) -> Option<&FittedEntry> {
        let entries = self.without_suspects(RowOrder::Random).map(|entry| &entry.fitted);
        entries.max_by(|left, right| left.auc_valid.total_cmp(&right.auc_valid))
    }

    /// Returns a warning if the winner's kind is much worse on the last rows of the file than on random ones.
    pub(super) fn drift_warning(&self) -> Option<String> {
        let kind = self.winner()?.model.kind();
        let auc = |order| {
            let entry = self.without_suspects(order).find(|entry| entry.kind == kind);
            entry.map(|entry| entry.metrics.auc.value)
        };
        let (random, late) = (auc(RowOrder::Random)?, auc(RowOrder::File)?);
        (random - late > AUC_LOSS_WARNED).then(|| {
            format!(
                "on the last rows of the file the AUC is {late:.3}, on random rows {random:.3}: if the file is in time \
                 order, the world moved, and the lower figure is the one to expect"
            )
        })
    }

    fn without_suspects(&self, order: RowOrder) -> impl Iterator<Item = &LeaderboardEntry> {
        let groups = self.groups.iter().filter(move |group| group.order == order && !group.with_suspects);
        groups.flat_map(|group| &group.models)
    }
}

impl RowOrder {
    fn words(self) -> &'static str {
        match self {
            RowOrder::Random => "random rows",
            RowOrder::File => "in row order, the last 30 % tested",
        }
    }
}

/// Returns the groups in the order of the leaderboard. Without suspects, all columns are all that there is to see.
fn groups(table: &LabelledTable) -> Vec<(RowOrder, bool)> {
    let both = [RowOrder::Random, RowOrder::File];
    let with_suspects: &[bool] = if table.leaks.is_empty() { &[false] } else { &[false, true] };
    with_suspects.iter().flat_map(|with| both.map(|order| (order, *with))).collect()
}

fn heading(order: RowOrder, with_suspects: bool, table: &LabelledTable) -> String {
    let suspects = table.suspects().join(", ");
    let columns = match with_suspects {
        _ if suspects.is_empty() => "all columns".to_owned(),
        false => format!("without {suspects}"),
        true => format!("with {suspects}"),
    };
    format!("{}, {columns}", order.words())
}

fn entries(
    labelled: &LabelledTable,
    order: RowOrder,
    with_suspects: bool,
    params: &Params,
    before_fit: impl Fn(&str),
    after_fit: impl Fn() -> Result<()>,
) -> Result<Vec<LeaderboardEntry>> {
    let rows = labelled.table.rows();
    let (split, in_time_order) = match order {
        RowOrder::Random => (split::random(rows, params.seed)?, false),
        RowOrder::File => (split::by_order(rows, params.seed)?, true),
    };
    let without;
    let table = if with_suspects {
        &labelled.table
    } else {
        without = labelled.without_suspects();
        &without
    };
    let params = Params { in_time_order, ..params.clone() };
    let (fitted, test) = fit_kinds(table, &labelled.labels, &split, &params, |kind| before_fit(kind.word()))?;
    let valid_labels = labelled.labels_of(&split.valid);
    let mut entries = Vec::new();
    for Fitted { model, held_out, .. } in fitted {
        let auc_valid = metrics::auc(&held_out, &valid_labels)?;
        let scores = evaluation::scores(&model, &test.matrix)?;
        let threshold = model.threshold.score;
        let metrics = metrics::evaluate(&scores, &test.labels, threshold, params.beta, None)?;
        let kind = model.kind();
        let fitted = FittedEntry { model, split: split.clone(), auc_valid };
        entries.push(LeaderboardEntry { kind, threshold, metrics, fitted });
        after_fit()?;
    }
    Ok(entries)
}
