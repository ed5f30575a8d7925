//! What is usual of a model's outcomes: how late they come, how far scores are from them, and how uneven the weeks are.

use serde::{Deserialize, Serialize};

use super::awaited::{self, AwaitedLead};
use super::counts::{Count, Counts, Dimension, Weeks};
use super::delay::Delay;
use crate::error::Error;

/// Standard errors to either side of what was measured.
const ERRORS: f64 = 2.0;

/// With fewer weeks nothing is said of how uneven they are.
const WEEKS_MIN: usize = 8;

/// How far the ratio of a segment is from that of all leads, before anything is known of it: as the standard deviation of its
/// logarithm.
const SEGMENT_SPREAD: f64 = 0.3;

/// What is usual of the outcomes of a model, measured on leads that it was not fitted on. No calibration is perfect: a model
/// that is as far off as it always was is not news.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Usual {
    /// How late positive outcomes come.
    pub delay: Delay,
    /// How many outcomes of all leads are as usual.
    pub all: Tolerance,
    /// How many of a segment are.
    pub segments: Vec<SegmentTolerance>,
    /// How far the log-odds that an outcome is a late one may be from those by `delay`.
    pub late: f64,
    /// The variance of a week's outcomes over that of independent leads; 1 or more. It is over 1 where outcomes come in
    /// batches, of a committee that meets once a month for one.
    pub dispersion: f64,
}

/// How many outcomes are as usual, as ratios to what the scores let expect.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tolerance {
    /// The least; at most 1 and over 0.
    pub low: f64,
    /// The most; at least 1.
    pub high: f64,
}

/// What is tolerated of one segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentTolerance {
    /// The dimension's name.
    pub dimension: String,
    /// Its level.
    pub level: String,
    /// What is tolerated.
    pub tolerance: Tolerance,
}

/// How far outcomes may be from scores and still be as usual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UsualParams {
    /// Outcomes at this age in days and over it do not count: the horizon, and the days that outcomes are known late.
    pub age_max: u32,
    /// So many more or fewer outcomes are tolerated in any case, as a share: rates move a little with every season. A tenth
    /// is a good start.
    pub tolerance_min: f64,
}

/// What is bet against in one stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) tolerance: Tolerance,
    pub(super) late: f64,
    pub(super) dispersion: f64,
}

impl Usual {
    /// Measures what is usual on leads with scores of a model that they did not help to fit, as far as their outcomes were
    /// known before the day `until`. Leads that are too young to tell count for the days that they have lived.
    ///
    /// The tolerated ratio is that of the outcomes that came to those that scores let expect, with two standard errors to
    /// either side, and always contains 1. That of a segment with few outcomes is drawn towards that of all leads.
    ///
    /// An error if there are fewer than 30 positive outcomes, or no lead that was watched to the last age.
    pub fn measured(
        history: &[AwaitedLead],
        dimensions: &[Dimension],
        until: i32,
        params: UsualParams,
    ) -> Result<Usual, Error> {
        awaited::check(history)?;
        if !(0.0..1.0).contains(&params.tolerance_min) {
            let found = params.tolerance_min.to_string();
            return Err(Error::Parameter { name: "tolerance_min", found, expected: "a share from 0 to under 1" });
        }
        let delay = Delay::measured(history, until, params.age_max)?;
        let from = history.iter().map(|lead| lead.day).min().unwrap_or(until);
        let counts = Counts::new(history, dimensions, &delay, Weeks::between(from, until))?;
        let sums: Vec<Count> = counts.streams.iter().map(|weeks| Count::sum(weeks)).collect();
        if sums[0].expected <= 0.0 || sums[0].observed == 0 {
            return Err(Error::FewOutcomes { doing: "compare scores with", found: sums[0].observed, needed: 1 });
        }
        let ratio = sums[0].observed as f64 / sums[0].expected;
        let dispersion = dispersion(&counts.streams[0], ratio);
        let error = (dispersion / sums[0].observed as f64).sqrt();
        let segments = super::counts::segments(dimensions).zip(&sums[1..]).map(|((dimension, level), count)| {
            let tolerance = segment_tolerance(count, ratio, dispersion, params.tolerance_min);
            SegmentTolerance { dimension, level, tolerance }
        });
        // The standard error of a share of a half is `0.5 / sqrt(n)`, and that of its log-odds four times as much.
        let late = params.tolerance_min + ERRORS * 2.0 / (delay.positives() as f64).sqrt();
        let segments = segments.collect();
        let all = Tolerance::around(ratio, error, params.tolerance_min);
        Ok(Usual { delay, all, segments, late, dispersion })
    }

    /// Returns the limits of all leads, or of a segment: one that was not there is as far from all as segments may be.
    pub(super) fn limits(&self, segment: Option<&(String, String)>) -> Limits {
        let Some((dimension, level)) = segment else { return self.limits_of(self.all) };
        let known = self.segments.iter().find(|known| known.dimension == *dimension && known.level == *level);
        let spread = (ERRORS * SEGMENT_SPREAD).exp();
        let unknown = Tolerance { low: self.all.low / spread, high: self.all.high * spread };
        self.limits_of(known.map_or(unknown, |known| known.tolerance))
    }

    fn limits_of(&self, tolerance: Tolerance) -> Limits {
        Limits { tolerance, late: self.late, dispersion: self.dispersion }
    }

    /// Returns why a stored one cannot be used; `None` if it can.
    pub fn problem(&self) -> Option<String> {
        let tolerances = self.segments.iter().map(|segment| segment.tolerance).chain([self.all]);
        let is_usable = tolerances.into_iter().all(Tolerance::is_usable)
            && (0.0..f64::INFINITY).contains(&self.late)
            && (1.0..f64::INFINITY).contains(&self.dispersion);
        let problem = (!is_usable).then(|| "what it tolerates of outcomes is no range around 1".to_owned());
        self.delay.problem().or(problem)
    }
}

impl Tolerance {
    /// Returns a range around a ratio and around 1, of two standard errors of its logarithm or the least that is tolerated.
    fn around(ratio: f64, error: f64, tolerance_min: f64) -> Tolerance {
        let spread = (ERRORS * error).exp().max(1.0 + tolerance_min);
        Tolerance { low: (ratio / spread).min(1.0), high: (ratio * spread).max(1.0) }
    }

    fn is_usable(self) -> bool {
        self.low > 0.0 && self.low <= 1.0 && self.high >= 1.0 && self.high.is_finite()
    }
}

/// Returns what is tolerated of a segment: its ratio has a gamma prior around that of all leads, and so the posterior of as many
/// outcomes as came and as the prior is worth.
fn segment_tolerance(count: &Count, ratio: f64, dispersion: f64, tolerance_min: f64) -> Tolerance {
    let worth = 1.0 / (SEGMENT_SPREAD * SEGMENT_SPREAD);
    let observed = count.observed as f64 / dispersion + worth;
    let expected = count.expected / dispersion + worth / ratio;
    Tolerance::around(observed / expected, 1.0 / observed.sqrt(), tolerance_min)
}

/// Returns Pearson's dispersion of the weeks' outcomes around their expectations, `Σ (N - Λ)² / Λ` over the degrees of
/// freedom, where it is more than chance; 1 otherwise.
fn dispersion(weeks: &[Count], ratio: f64) -> f64 {
    // Weeks that expect next to nothing would weigh as much as the others.
    let expected = weeks.iter().map(|week| (week.observed as f64, ratio * week.expected));
    let weeks: Vec<(f64, f64)> = expected.filter(|(_, expected)| *expected >= 1.0).collect();
    if weeks.len() < WEEKS_MIN {
        return 1.0;
    }
    let distance: f64 = weeks.iter().map(|(observed, expected)| (observed - expected).powi(2) / expected).sum();
    let freedom = (weeks.len() - 1) as f64;
    let found = distance / freedom;
    if found > 1.0 + ERRORS * (2.0 / freedom).sqrt() { found } else { 1.0 }
}
