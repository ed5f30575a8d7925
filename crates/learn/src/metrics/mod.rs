//! How good scores are on labelled rows that no model was fitted on.
//!
//! Every measure is a function of scores and labels; one that cannot be computed, such as the AUC of a single class,
//! is an error. Rows of the same score count the same in every measure, whatever their order in the table.

mod bootstrap;
mod blocks;
mod ranked;
mod segments;

use plumb_lead::{GainBin, Interval, Metric, Metrics, ReliabilityBin};

pub use bootstrap::Bootstrap;
pub use ranked::{Called, Ranked};
pub use segments::weakest;

use crate::Error;

/// The number of bins of a gain table and of a reliability diagram.
const BINS: usize = 10;

/// Scores nearer to 0 or 1 than this are moved to it before a logarithm is taken: the same as in scikit-learn.
const EPSILON: f64 = f64::EPSILON;

/// Returns every measure at a decision threshold, with 95 % intervals if a bootstrap is asked for.
/// Scores are probabilities from 0 to 1; `beta` is that of F-beta, over 0.
pub fn evaluate(
    scores: &[f64],
    labels: &[bool],
    threshold: f64,
    beta: f64,
    bootstrap: Option<Bootstrap>,
) -> Result<Metrics, Error> {
    check_beta(beta)?;
    check_probabilities(scores)?;
    let ranked = Ranked::new(scores, labels, "measure on")?;
    let values = Measures::of(&ranked, threshold, beta);
    let intervals = bootstrap.map(|bootstrap| bootstrap.intervals(&ranked, threshold, beta)).transpose()?;
    let metric = |of: fn(&Measures) -> f64| Metric {
        value: of(&values),
        interval: intervals.as_ref().map(|draws| draws.of(of)),
    };
    Ok(Metrics {
        rows: ranked.rows(),
        positives: ranked.positives(),
        auc: metric(|measures| measures.auc),
        average_precision: metric(|measures| measures.average_precision),
        f1: Some(metric(|measures| measures.f1)),
        f_beta: metric(|measures| measures.f_beta),
        beta,
        precision: metric(|measures| measures.precision),
        recall: metric(|measures| measures.recall),
        brier: metric(|measures| measures.brier),
        log_loss: metric(|measures| measures.log_loss),
        lift_top_decile: metric(|measures| measures.lift_top_decile),
        calibration_error: metric(|measures| measures.calibration_error),
    })
}

/// Returns the area under the ROC curve: how often a positive scores over a negative, a tie counting half.
/// Scores may be any numbers, log-odds for one.
pub fn auc(scores: &[f64], labels: &[bool]) -> Result<f64, Error> {
    Ok(Ranked::new(scores, labels, "measure the AUC on")?.auc())
}

/// Returns the average precision: the precision at each score, weighted by the positives found there.
/// Scores may be any numbers, log-odds for one.
pub fn average_precision(scores: &[f64], labels: &[bool]) -> Result<f64, Error> {
    Ok(Ranked::new(scores, labels, "measure the average precision on")?.average_precision())
}

/// Returns the mean negative log-likelihood in nats. Scores are probabilities.
pub fn log_loss(scores: &[f64], labels: &[bool]) -> Result<f64, Error> {
    check_probabilities(scores)?;
    check_rows(scores, labels, "measure the log loss on")?;
    Ok(mean(scores.iter().zip(labels).map(|(score, label)| log_loss_of(*score, *label))))
}

/// Returns the mean squared distance of score and label. Scores are probabilities.
pub fn brier(scores: &[f64], labels: &[bool]) -> Result<f64, Error> {
    check_probabilities(scores)?;
    check_rows(scores, labels, "measure the Brier score on")?;
    Ok(mean(scores.iter().zip(labels).map(|(score, label)| squared_error(*score, *label))))
}

/// Returns the F-beta of calling every row whose score is at or over the threshold; 0 if that is no row.
pub fn f_beta(scores: &[f64], labels: &[bool], threshold: f64, beta: f64) -> Result<f64, Error> {
    check_beta(beta)?;
    let ranked = Ranked::new(scores, labels, "measure F-beta on")?;
    Ok(ranked.called(threshold).f_beta(ranked.positives(), beta))
}

/// Returns the rows in tenths, best scores first. Fewer than ten rows give a bin each.
pub fn gain(scores: &[f64], labels: &[bool]) -> Result<Vec<GainBin>, Error> {
    let ranked = Ranked::new(scores, labels, "draw the gain of")?;
    let base_rate = ranked.base_rate();
    let bins = ranked.bins(BINS);
    Ok(bins
        .map(|bin| GainBin {
            rows: bin.rows,
            positives: bin.positives,
            lift: bin.positives as f64 / bin.rows as f64 / base_rate,
            interval: Some(share_interval(bin.positives as f64, bin.rows))
                .map(|share| Interval { low: share.low / base_rate, high: share.high / base_rate }),
        })
        .collect())
}

/// Returns ten bins of equal count, lowest scores first: what was predicted and what came. Scores are probabilities.
pub fn reliability(scores: &[f64], labels: &[bool]) -> Result<Vec<ReliabilityBin>, Error> {
    check_probabilities(scores)?;
    let ranked = Ranked::new(scores, labels, "draw the reliability of")?;
    let mut bins: Vec<ReliabilityBin> = ranked
        .bins(BINS)
        .map(|bin| ReliabilityBin {
            rows: bin.rows,
            predicted: bin.mean_score,
            observed: bin.share(),
            interval: Some(share_interval(bin.share() * bin.rows as f64, bin.rows)),
        })
        .collect();
    bins.reverse();
    Ok(bins)
}

/// Returns the 95 % interval of a share that was seen in so many rows: Wilson's (1927), which stays within 0 and 1 and is
/// right for few rows as well.
fn share_interval(positives: f64, rows: usize) -> Interval {
    const Z: f64 = 1.959_963_984_540_054;
    let rows = rows as f64;
    let share = positives / rows;
    let middle = (share + Z * Z / (2.0 * rows)) / (1.0 + Z * Z / rows);
    let half = Z / (1.0 + Z * Z / rows) * (share * (1.0 - share) / rows + Z * Z / (4.0 * rows * rows)).sqrt();
    Interval { low: (middle - half).max(0.0), high: (middle + half).min(1.0) }
}

/// Every measure of one set of rows.
#[derive(Clone, Copy, Debug)]
struct Measures {
    auc: f64,
    average_precision: f64,
    f1: f64,
    f_beta: f64,
    precision: f64,
    recall: f64,
    brier: f64,
    log_loss: f64,
    lift_top_decile: f64,
    calibration_error: f64,
}

impl Measures {
    fn of(ranked: &Ranked, threshold: f64, beta: f64) -> Measures {
        let called = ranked.called(threshold);
        let best_tenth = ranked.bins(BINS).next().map_or(0.0, |bin| bin.share());
        let distance: f64 = ranked.bins(BINS).map(|bin| bin.rows as f64 * (bin.mean_score - bin.share()).abs()).sum();
        Measures {
            auc: ranked.auc(),
            average_precision: ranked.average_precision(),
            f1: called.f_beta(ranked.positives(), 1.0),
            f_beta: called.f_beta(ranked.positives(), beta),
            precision: called.precision(),
            recall: called.recall(ranked.positives()),
            brier: mean(ranked.pairs().map(|(score, label)| squared_error(score, label))),
            log_loss: mean(ranked.pairs().map(|(score, label)| log_loss_of(score, label))),
            lift_top_decile: best_tenth / ranked.base_rate(),
            calibration_error: distance / ranked.rows() as f64,
        }
    }
}

pub(crate) fn check_beta(beta: f64) -> Result<(), Error> {
    if beta.is_finite() && beta > 0.0 {
        return Ok(());
    }
    Err(Error::Parameter { name: "beta", found: beta.to_string(), expected: "a number over 0, such as 0.5" })
}

fn check_probabilities(scores: &[f64]) -> Result<(), Error> {
    match scores.iter().enumerate().find(|(_, score)| !(0.0..=1.0).contains(*score)) {
        Some((row, score)) => Err(Error::Score { score: *score, row }),
        None => Ok(()),
    }
}

fn check_rows(scores: &[f64], labels: &[bool], doing: &'static str) -> Result<(), Error> {
    if scores.len() != labels.len() {
        return Err(Error::Lengths { what: "scores", found: scores.len(), expected: labels.len() });
    }
    if labels.is_empty() { Err(Error::NoRows { doing }) } else { Ok(()) }
}

fn log_loss_of(score: f64, label: bool) -> f64 {
    let of_label = if label { score } else { 1.0 - score };
    -of_label.clamp(EPSILON, 1.0 - EPSILON).ln()
}

fn squared_error(score: f64, label: bool) -> f64 {
    (score - f64::from(u8::from(label))).powi(2)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0usize), |(sum, count), value| (sum + value, count + 1));
    sum / count as f64
}
