//! Rows in ten bins of scores: the gain table and the reliability diagram.

use plumb_lead::{GainBin, Interval, ReliabilityBin};

use super::checks::check_probabilities;
use super::measures::BINS;
use super::ranked::Ranked;
use crate::error::Error;

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
pub(super) fn share_interval(positives: f64, rows: usize) -> Interval {
    const Z: f64 = 1.959_963_984_540_054;
    let rows = rows as f64;
    let share = positives / rows;
    let middle = (share + Z * Z / (2.0 * rows)) / (1.0 + Z * Z / rows);
    let half = Z / (1.0 + Z * Z / rows) * (share * (1.0 - share) / rows + Z * Z / (4.0 * rows * rows)).sqrt();
    Interval { low: (middle - half).max(0.0), high: (middle + half).min(1.0) }
}
