//! The leaderboard: each kind of model on each choice of columns and rows, measured on rows that it never saw.

use anyhow::{Context, Result};
use plumb_lead::{Metrics, ModelKind};
use plumb_learn::split::Split;
use plumb_learn::{Fitted, Model, Params, metrics};
use serde::Serialize;

use super::fit::{KINDS, fit_for_use, fit_kinds};
use super::labelled_table::LabelledTable;
use super::splits::{RowOrder, RowSplit};
use crate::evaluation;

/// A loss of AUC from random rows to the newest or last ones that is worth a warning.
const AUC_LOSS_WARNED: f64 = 0.03;

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
    /// Rows in none of its parts, and why; empty if there are none.
    pub(crate) dropped: String,
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

/// The model to save, and how it was measured.
#[derive(Clone, Debug)]
pub(super) struct ModelToSave {
    /// The model: fitted on all rows if these have times, or else the one that was measured.
    pub(super) model: Model,
    /// Whether it has seen all rows.
    pub(super) knows_all: bool,
    /// The order in which it was measured.
    pub(super) order: RowOrder,
    /// The fit that was measured.
    pub(super) measured: FittedEntry,
}

/// The leaderboard.
#[derive(Clone, Debug)]
pub(super) struct Leaderboard {
    /// The orders of the rows, the one to believe first.
    orders: [RowOrder; 2],
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
    let mut leaderboard = Leaderboard { orders: table.facts.orders(), groups: Vec::new() };
    for (order, with_suspects) in groups(table) {
        let columns = columns(with_suspects, table);
        let before = |kind: &str| before_fit(&format!("{}, {columns}: {kind}", order.words(&table.facts)));
        let group = match measured(table, order, with_suspects, params, before, &after_fit) {
            Ok((models, split)) => LeaderboardGroup {
                heading: format!("{}, {columns}", split.words),
                order,
                with_suspects,
                models,
                not_measured: None,
                dropped: split.dropped,
            },
            Err(error) => {
                let heading = format!("{}, {columns}", order.words(&table.facts));
                // Rows that cannot be split in one order can be in another.
                let why = (order != RowOrder::Random).then(|| why_not_measured(&error, order)).flatten();
                let Some(why) = why else { return Err(error).context(format!("cannot train on {heading}")) };
                let (models, dropped) = (Vec::new(), String::new());
                LeaderboardGroup { heading, order, with_suspects, models, not_measured: Some(why), dropped }
            }
        };
        leaderboard.groups.push(group);
    }
    Ok(leaderboard)
}

impl Leaderboard {
    /// Returns the model to save. It is measured on the newest rows and then fitted once more with them, because the leads
    /// to come are most like these.
    pub(super) fn choose(&self, table: &LabelledTable, params: &Params) -> Result<ModelToSave> {
        let (order, measured) = self.winner().context("no model could be measured")?;
        let split = table.facts.for_use().filter(|_| order == RowOrder::Time);
        let params = Params { in_time_order: true, ..params.clone() };
        let fit = |split: Split| {
            fit_for_use(&table.without_suspects(), &table.labels, &split, measured.model.kind(), &params)
        };
        let refitted = split.map(fit).transpose()?.flatten();
        let knows_all = refitted.is_some();
        let model = refitted.unwrap_or_else(|| measured.model.clone());
        Ok(ModelToSave { model, knows_all, order, measured: measured.clone() })
    }

    /// Returns the model to save: of those without the suspected leaks the one with the best AUC on the rows to choose on,
    /// in the order to believe first. The choice does not look at the rows to test on.
    pub(super) fn winner(&self) -> Option<(RowOrder, &FittedEntry)> {
        self.orders.into_iter().filter(|order| *order != RowOrder::File).find_map(|order| {
            let entries = self.without_suspects(order).map(|entry| &entry.fitted);
            let best = entries.max_by(|left, right| left.auc_valid.total_cmp(&right.auc_valid))?;
            Some((order, best))
        })
    }

    /// Returns a warning if the winner's kind is much worse on the newest or last rows than on random ones.
    pub(super) fn drift_warning(&self) -> Option<String> {
        let kind = self.winner()?.1.model.kind();
        let auc = |order| {
            let entry = self.without_suspects(order).find(|entry| entry.kind == kind);
            entry.map(|entry| entry.metrics.auc.value)
        };
        let late = self.orders.into_iter().find(|order| *order != RowOrder::Random)?;
        let (random_auc, late_auc) = (auc(RowOrder::Random)?, auc(late)?);
        let rows = if late == RowOrder::Time { "the newest rows" } else { "the last rows of the file" };
        let if_ordered = if late == RowOrder::Time { "" } else { "if the file is in time order, " };
        (random_auc - late_auc > AUC_LOSS_WARNED).then(|| {
            format!(
                "on {rows} the AUC is {late_auc:.3}, on random rows {random_auc:.3}: {if_ordered}the world moved, and the \
                 lower figure is the one to expect"
            )
        })
    }

    fn without_suspects(&self, order: RowOrder) -> impl Iterator<Item = &LeaderboardEntry> {
        let groups = self.groups.iter().filter(move |group| group.order == order && !group.with_suspects);
        groups.flat_map(|group| &group.models)
    }
}

/// Returns the groups in the order of the leaderboard: what to believe comes first. With the suspects only one is measured,
/// to show what they would pretend.
fn groups(table: &LabelledTable) -> Vec<(RowOrder, bool)> {
    let orders = table.facts.orders();
    let mut groups: Vec<(RowOrder, bool)> = orders.into_iter().map(|order| (order, false)).collect();
    groups.extend((!table.suspects.suspects.is_empty()).then_some((orders[0], true)));
    groups
}

fn columns(with_suspects: bool, table: &LabelledTable) -> String {
    let suspects = table.suspects.names().join(", ");
    match with_suspects {
        _ if suspects.is_empty() => "all columns".to_owned(),
        false => format!("without {suspects}"),
        true => format!("with {suspects}"),
    }
}

/// Returns why rows cannot be measured in an order, if that is no fault of the table itself.
fn why_not_measured(error: &anyhow::Error, order: RowOrder) -> Option<String> {
    let ask =
        if order == RowOrder::File { "is the file sorted by its target?" } else { "choose another column by --time" };
    match error.downcast_ref()? {
        plumb_learn::Error::OneClass { rows, class, doing } => {
            Some(format!("cannot be measured, because all {rows} rows to {doing} are {class}; {ask}"))
        }
        plumb_learn::Error::NoRows { doing } => {
            Some(format!("cannot be measured, because there are no rows to {doing}; {ask}"))
        }
        _ => None,
    }
}

fn measured(
    labelled: &LabelledTable,
    order: RowOrder,
    with_suspects: bool,
    params: &Params,
    before_fit: impl Fn(&str),
    after_fit: impl Fn() -> Result<()>,
) -> Result<(Vec<LeaderboardEntry>, RowSplit)> {
    let split = labelled.facts.split(order, params.seed)?;
    let mut models = entries(labelled, &split, with_suspects, params, before_fit, after_fit)?;
    models.sort_by(|left, right| right.metrics.auc.value.total_cmp(&left.metrics.auc.value));
    Ok((models, split))
}

fn entries(
    labelled: &LabelledTable,
    RowSplit { split, in_time_order, .. }: &RowSplit,
    with_suspects: bool,
    params: &Params,
    before_fit: impl Fn(&str),
    after_fit: impl Fn() -> Result<()>,
) -> Result<Vec<LeaderboardEntry>> {
    let without;
    let table = if with_suspects {
        &labelled.table
    } else {
        without = labelled.without_suspects();
        &without
    };
    let params = Params { in_time_order: *in_time_order, ..params.clone() };
    let (fitted, test) = fit_kinds(table, &labelled.labels, split, &params, |kind| before_fit(kind.word()))?;
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
