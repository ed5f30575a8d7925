//! What is usual of a model's outcomes: how late they come, how far the scores are from them, and how uneven the weeks are.

use serde::{Deserialize, Serialize};

use super::awaited::{self, AwaitedLead};
use super::counts::{Counts, Weeks};
use super::delay::Delay;
use crate::error::Error;
use crate::log_loss::sigmoid;

/// Standard errors to either side of what was measured.
const ERRORS: f64 = 2.0;

/// Newton's method finds one offset in four or five steps.
const STEPS: usize = 25;

/// With fewer weeks nothing is said of how uneven they are.
const WEEKS_MIN: usize = 8;

/// What is usual of the outcomes of a model, measured on leads that it was not fitted on. No calibration is perfect: a model
/// that is as far off as it always was is not news.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Usual {
    /// How late positive outcomes come.
    pub delay: Delay,
    /// The least that the log-odds of outcomes are over those of scores; at most 0.
    pub low: f64,
    /// The most that they are over them; at least 0.
    pub high: f64,
    /// How far the log-odds that an outcome is a late one may be from those by `delay`.
    pub late: f64,
    /// The variance of a week's outcomes over that of independent leads; 1 or more. It is over 1 where outcomes come in
    /// batches, of a committee that meets once a month for one.
    pub dispersion: f64,
}

/// How far outcomes may be from scores and still be as usual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UsualParams {
    /// Outcomes at this age in days and over it do not count: the horizon, and the days that outcomes are known late.
    pub age_max: u32,
    /// An offset of so much log-odds is tolerated in any case, however much there is to measure it on: rates move a little
    /// with every season. 0.1 is a tenth more positive outcomes or fewer.
    pub tolerance_min: f64,
}

impl Usual {
    /// Measures what is usual on leads with scores of a model that they did not help to fit, as far as their outcomes were
    /// known before the day `until`.
    ///
    /// The tolerated offset is that of scores and outcomes of leads whose ages are over, with two standard errors to either
    /// side. An error if there are fewer than 30 positive outcomes.
    pub fn measured(history: &[AwaitedLead], until: i32, params: UsualParams) -> Result<Usual, Error> {
        awaited::check(history)?;
        if !(params.tolerance_min.is_finite() && params.tolerance_min >= 0.0) {
            let found = params.tolerance_min.to_string();
            return Err(Error::Parameter { name: "tolerance_min", found, expected: "a number from 0 up" });
        }
        let delay = Delay::measured(history, until, params.age_max)?;
        let (offset, error) = offset(history, until, &delay)?;
        // The standard error of a share of a half is `0.5 / sqrt(n)`, and of its log-odds four times that.
        let late = params.tolerance_min + ERRORS * 2.0 / (delay.positives() as f64).sqrt();
        let mut usual = Usual { delay, low: offset, high: offset, late, dispersion: 1.0 };
        usual.dispersion = dispersion(history, until, &usual)?;
        let spread = params.tolerance_min.max(ERRORS * error * usual.dispersion.sqrt());
        (usual.low, usual.high) = ((offset - spread).min(0.0), (offset + spread).max(0.0));
        Ok(usual)
    }

    /// Returns why a stored one cannot be used; `None` if it can.
    pub fn problem(&self) -> Option<String> {
        let is_usable = (f64::NEG_INFINITY..=0.0).contains(&self.low)
            && (0.0..f64::INFINITY).contains(&self.high)
            && (0.0..f64::INFINITY).contains(&self.late)
            && (1.0..f64::INFINITY).contains(&self.dispersion);
        let problem = (!is_usable).then(|| "what it tolerates of outcomes is no range around 0".to_owned());
        self.delay.problem().or(problem)
    }
}

/// Returns the offset in log-odds that makes scores of leads whose ages are over sum up to their positive outcomes, the
/// likeliest one, with its standard error.
fn offset(history: &[AwaitedLead], until: i32, delay: &Delay) -> Result<(f64, f64), Error> {
    let age_max = delay.age_max();
    let matured: Vec<(f64, bool)> = (history.iter())
        .filter(|lead| lead.watched_from == 0 && i64::from(lead.day) + i64::from(age_max) <= i64::from(until))
        .map(|lead| ((lead.score / (1.0 - lead.score)).ln(), lead.positive_within(&(0..age_max)).is_some()))
        .filter(|(log_odds, _)| log_odds.is_finite())
        .collect();
    let positives = matured.iter().filter(|(_, positive)| *positive).count() as f64;
    if positives == 0.0 || positives == matured.len() as f64 {
        let class = if positives == 0.0 { "negative" } else { "positive" };
        return Err(Error::OneClass { doing: "compare scores with outcomes", rows: matured.len(), class });
    }
    let mut offset = 0.0;
    let mut information = 0.0;
    for _ in 0..STEPS {
        let probabilities = matured.iter().map(|(log_odds, _)| sigmoid(log_odds + offset));
        let (expected, variance) =
            probabilities.fold((0.0, 0.0), |(sum, variance), share| (sum + share, variance + share * (1.0 - share)));
        information = variance;
        // Clamped, because far from the solution the curve is flat.
        let step = ((positives - expected) / variance.max(f64::MIN_POSITIVE)).clamp(-2.0, 2.0);
        offset += step;
        if step.abs() < 1e-9 {
            break;
        }
    }
    Ok((offset, 1.0 / information.sqrt()))
}

/// Returns Pearson's dispersion of the weeks' outcomes around their expectations, `Σ (N - Λ)² / Λ` over the degrees of
/// freedom, where it is more than chance; 1 otherwise.
fn dispersion(history: &[AwaitedLead], until: i32, usual: &Usual) -> Result<f64, Error> {
    let Some(from) = history.iter().map(|lead| lead.day).min() else { return Ok(1.0) };
    let counts = Counts::new(history, &[], usual, Weeks::between(from, until))?;
    // Weeks that expect next to nothing would weigh as much as the others.
    let weeks: Vec<_> = counts.streams[0].iter().filter(|week| week.high >= 1.0).collect();
    if weeks.len() < WEEKS_MIN {
        return Ok(1.0);
    }
    let distance: f64 = weeks.iter().map(|week| (week.observed as f64 - week.high).powi(2) / week.high).sum();
    let freedom = (weeks.len() - 1) as f64;
    let chance = 1.0 + ERRORS * (2.0 / freedom).sqrt();
    let found = distance / freedom;
    Ok(if found > chance { found } else { 1.0 })
}
