//! Shares, intervals, bins and quantiles.

use serde::Serialize;

/// A 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// A quantile.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quantile {
    /// The share of the values that is smaller, 0 to 1.
    pub share: f64,
    /// The value, by linear interpolation between the two nearest (type 7, as NumPy's).
    pub value: f64,
}

/// A bar of a histogram of numbers: values from `low` on, and under `high`; the last bin has its end as well.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bin {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Rows of the sample in it.
    pub rows: u64,
}

/// A histogram of the middle of a distribution: where a few values are far away, they are counted beside it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DistributionOf {
    /// The bins, of one width.
    pub bins: Vec<Bin>,
    /// Rows of the sample under the first bin.
    pub under: u64,
    /// Rows of the sample over the last bin.
    pub over: u64,
}

/// A named part of the rows, and how often the target is positive in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bar {
    /// The value, or the range of the bin.
    pub name: String,
    /// Its rows in which the target is known.
    pub rows: u64,
    /// Those that are positive.
    pub positives: u64,
    /// Their share.
    pub rate: f64,
    /// The 95 % interval of that share (Wilson).
    pub interval: Interval,
}

/// A time with far fewer rows than those around it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FewRows {
    /// The first day, as `2026-03-01`.
    pub from: String,
    /// The last day.
    pub to: String,
    /// Rows in it.
    pub rows: u64,
    /// Rows that so long a time usually has.
    pub usual: u64,
}
