//! The contest: each kind of model on each choice of columns and rows, and what each is worth on rows it never saw.

use std::fmt::Write;

use anyhow::{Context, Result};
use plumb_lead::{FeatureSet, Matrix, MessageCatalog, Metrics, ModelKind, Table};
use plumb_learn::split::{self, Split};
use plumb_learn::{Fitted, Model, Params, Samples, metrics};

use crate::card;

/// The kinds that need nothing but a table: no team's rules are known here.
pub(super) const KINDS: [ModelKind; 3] = [ModelKind::Logistic, ModelKind::Xgboost, ModelKind::Ensemble];

/// A loss of AUC from random rows to the last ones that is worth a warning.
const FALL: f64 = 0.03;

/// How the rows are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// By chance: what the model is worth if tomorrow is like the whole file.
    Random,
    /// The first rows train, the last test: what it is worth on the newest rows, if the file is in time order.
    File,
}

/// A table with its labels.
#[derive(Clone, Debug)]
pub(super) struct Entrants {
    /// What the models see, without the target.
    pub(super) table: Table,
    /// A label a row.
    pub(super) labels: Vec<bool>,
    /// The columns of the table that may know the answer.
    pub(super) suspects: Vec<String>,
}

/// One fitted model and what it is worth.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// How its rows were shared out.
    pub(super) order: Order,
    /// Whether it saw the suspected leaks.
    pub(super) saw_suspects: bool,
    /// The model.
    pub(super) model: Model,
    /// The rows that it was trained, chosen and tested on.
    pub(super) split: Split,
    /// AUC on the rows to choose on.
    pub(super) auc_valid: f64,
    /// Measured on the rows to test on.
    pub(super) metrics: Metrics,
}

/// Every entry, and the groups that could not take part, each with its reason.
#[derive(Clone, Debug, Default)]
pub(super) struct Contest {
    /// Groups one after the other, the best AUC of each first.
    pub(super) entries: Vec<Entry>,
    /// Why a group is not there.
    pub(super) absent: Vec<String>,
}

impl Entrants {
    /// Returns the columns that are no suspected leaks.
    pub(super) fn without_suspects(&self) -> Table {
        self.table.without(&self.suspects)
    }
}

impl Order {
    /// Returns the words of a heading.
    pub(super) fn words(self) -> &'static str {
        match self {
            Order::Random => "random rows",
            Order::File => "in row order, the last 30 % tested",
        }
    }
}

/// Returns how many models a contest fits.
pub(super) fn fits(entrants: &Entrants) -> usize {
    groups(entrants).len() * KINDS.len()
}

/// Fits and measures every model; `before_fit` is told of each before it is fitted, `after_fit` called after it.
pub(super) fn hold(
    entrants: &Entrants,
    params: &Params,
    before_fit: impl Fn(&str),
    after_fit: impl Fn(),
) -> Result<Contest> {
    let mut contest = Contest::default();
    for (order, saw_suspects) in groups(entrants) {
        let heading = heading(order, saw_suspects, entrants);
        let before = |kind: &str| before_fit(&format!("{heading}: {kind}"));
        match group(entrants, order, saw_suspects, params, before, &after_fit) {
            Ok(mut entries) => {
                entries.sort_by(|left, right| right.metrics.auc.value.total_cmp(&left.metrics.auc.value));
                contest.entries.extend(entries);
            }
            Err(error) => match error.downcast_ref() {
                // A file that is sorted by its target can still be shared out by chance.
                Some(plumb_learn::Error::OneClass { rows, class, doing }) if order == Order::File => {
                    contest.absent.push(format!(
                        "{heading}: cannot be measured, because all {rows} rows to {doing} are {class}; \
                         is the file sorted by its target?"
                    ));
                }
                _ => return Err(error).with_context(|| format!("cannot train on {heading}")),
            },
        }
    }
    Ok(contest)
}

impl Contest {
    /// Returns the entry to keep: of those on random rows without the suspected leaks the one with the best AUC on the
    /// rows to choose on. Those to test on stay untouched by the choice.
    pub(super) fn winner(&self) -> Option<&Entry> {
        self.without_suspects(Order::Random).max_by(|left, right| left.auc_valid.total_cmp(&right.auc_valid))
    }

    /// Returns the entries of an order that did not see the suspected leaks.
    pub(super) fn without_suspects(&self, order: Order) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.order == order && !entry.saw_suspects)
    }

    /// Returns a sentence if the winner's kind is worth much less on the last rows of the file than on random ones.
    pub(super) fn fall_in_row_order(&self) -> Option<String> {
        let winner = self.winner()?;
        let late = self.without_suspects(Order::File).find(|entry| entry.model.kind() == winner.model.kind())?;
        let (random, late) = (winner.metrics.auc.value, late.metrics.auc.value);
        (random - late > FALL).then(|| {
            format!(
                "on the last rows of the file the AUC is {late:.3}, on random rows {random:.3}: if the file is in time \
                 order, the world moved, and the lower figure is the one to expect"
            )
        })
    }

    /// Returns the leaderboard as aligned text.
    pub(super) fn leaderboard(&self, entrants: &Entrants, beta: f64) -> String {
        let mut text = format!(
            "{:<10} {:>7} {:>9} {:>7} {:>10} {:>7} {:>9}\n",
            "",
            "AUC",
            "avg prec",
            format!("F{beta}"),
            "threshold",
            "Brier",
            "lift 10%"
        );
        let mut heading_before = String::new();
        for entry in &self.entries {
            let heading = heading(entry.order, entry.saw_suspects, entrants);
            if heading != heading_before {
                text.push_str(&format!(
                    "\n{heading} ({} rows, {:.1} % positive)\n",
                    entry.metrics.rows,
                    100.0 * entry.metrics.positives as f64 / entry.metrics.rows.max(1) as f64
                ));
                heading_before = heading;
            }
            let measured = &entry.metrics;
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{:<10} {:>7.3} {:>9.3} {:>7.3} {:>10.3} {:>7.3} {:>9.2}",
                entry.model.kind().word(),
                measured.auc.value,
                measured.average_precision.value,
                measured.f_beta.value,
                entry.model.threshold.score,
                measured.brier.value,
                measured.lift_top_decile.value,
            );
        }
        self.absent.iter().for_each(|absent| text.push_str(&format!("\n{absent}\n")));
        text
    }
}

/// The groups in the order of the leaderboard. Without suspects, all columns are all that there is to see.
fn groups(entrants: &Entrants) -> Vec<(Order, bool)> {
    let both = [Order::Random, Order::File];
    let sees: &[bool] = if entrants.suspects.is_empty() { &[false] } else { &[false, true] };
    sees.iter().flat_map(|saw| both.map(|order| (order, *saw))).collect()
}

fn heading(order: Order, saw_suspects: bool, entrants: &Entrants) -> String {
    let columns = match (saw_suspects, entrants.suspects.join(", ")) {
        (_, none) if none.is_empty() => "all columns".to_owned(),
        (false, suspects) => format!("without {suspects}"),
        (true, suspects) => format!("with {suspects}"),
    };
    format!("{}, {columns}", order.words())
}

fn group(
    entrants: &Entrants,
    order: Order,
    sees_suspects: bool,
    params: &Params,
    before_fit: impl Fn(&str),
    after_fit: impl Fn(),
) -> Result<Vec<Entry>> {
    let rows = entrants.table.rows();
    let (split, in_time_order) = match order {
        Order::Random => (split::random(rows, params.seed)?, false),
        Order::File => (split::by_order(rows, params.seed)?, true),
    };
    let kept;
    let table = if sees_suspects {
        &entrants.table
    } else {
        kept = entrants.without_suspects();
        &kept
    };
    let params = Params { in_time_order, ..params.clone() };
    let (fitted, test) = fit_and_test(table, &entrants.labels, &split, &params, |kind| before_fit(kind.word()))?;
    let valid_labels: Vec<bool> = split.valid.iter().map(|row| entrants.labels[*row]).collect();
    let mut entries = Vec::new();
    for Fitted { model, held_out, .. } in fitted {
        let auc_valid = metrics::auc(&held_out, &valid_labels)?;
        let scores = card::scores(&model, &test.matrix)?;
        let metrics = metrics::evaluate(&scores, &test.labels, model.threshold.score, params.beta, None)?;
        entries.push(Entry { order, saw_suspects: sees_suspects, model, split: split.clone(), auc_valid, metrics });
        after_fit();
    }
    Ok(entries)
}

/// Fits every kind on the known parts of a split, and returns the rows to test on as the models see them.
pub(super) fn fit_and_test(
    table: &Table,
    labels: &[bool],
    split: &Split,
    params: &Params,
    before_fit: impl Fn(ModelKind),
) -> Result<(Vec<Fitted>, Part)> {
    let features = FeatureSet::learn(&table.select(&split.train), &MessageCatalog::default());
    let (matrix, _) = features.encode(table)?;
    let [train, valid, test] = [&split.train, &split.valid, &split.test].map(|rows| part(&matrix, labels, rows));
    let fitted = plumb_learn::fit(&KINDS, &features, train.samples(), valid.samples(), params, &before_fit)?;
    Ok((fitted, test))
}

/// Some rows with their labels; each counts the same.
pub(super) struct Part {
    pub(super) matrix: Matrix,
    pub(super) labels: Vec<bool>,
    weights: Vec<f32>,
}

fn part(matrix: &Matrix, labels: &[bool], rows: &[usize]) -> Part {
    Part {
        matrix: matrix.select(rows),
        labels: rows.iter().map(|row| labels[*row]).collect(),
        weights: vec![1.0; rows.len()],
    }
}

impl Part {
    fn samples(&self) -> Samples<'_> {
        Samples { matrix: &self.matrix, labels: &self.labels, weights: &self.weights }
    }
}
