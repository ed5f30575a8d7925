//! The watch over outcomes as they come.

use serde::{Deserialize, Serialize};

use super::awaited::{self, AwaitedLead};
use super::bets::{BETS, Change, EProcess};
use super::counts::{Count, Counts, Dimension, WEEK, Weeks, segments};
use super::detector::Detector;
use super::usual::{Limits, Tolerance, Usual};
use crate::error::Error;

/// How the budget is shared out: to the number of outcomes of all leads, to how late they are, and to segments.
const SHARE_ALL: f64 = 0.4;
const SHARE_LATE: f64 = 0.2;
const SHARE_SEGMENTS: f64 = 0.4;

/// What is watched, and how often it may cry without a cause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WatchParams {
    /// The day on which the watch begins: that of the model's training data, or the first whole week after it.
    pub from: i32,
    /// The first day that is not over yet. Days after the last whole week are left for later.
    pub until: i32,
    /// False alarms a year, of all leads and segments and kinds of change together; over 0.
    pub budget: f64,
}

/// The weeks of all leads and of each segment, and the alarms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// All leads first, then each level of each dimension.
    pub streams: Vec<Stream>,
    /// The alarms, oldest first.
    pub alarms: Vec<Alarm>,
}

/// The outcomes of all leads or of a segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stream {
    /// The dimension and its level; `None` for all leads.
    pub segment: Option<(String, String)>,
    /// How many outcomes are as usual, as ratios to the expected ones.
    pub tolerance: Tolerance,
    /// Its weeks.
    pub weeks: Vec<Count>,
    /// The logarithm of the e-value of all weeks together: 3 is as much as a p-value of 0.05.
    pub log_e_value: f64,
    /// The evidence of the change that is nearest to an alarm now, as a share of what an alarm needs.
    pub strength: f64,
}

/// Outcomes that are not as usual.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// The dimension and its level; `None` for all leads.
    pub segment: Option<(String, String)>,
    /// What has changed.
    pub change: Change,
    /// The first day after the week that raised it.
    pub day: i32,
    /// The day since when the outcomes are most likely changed: the first of a week.
    pub since: i32,
    /// What came since then and what was to be expected.
    pub count: Count,
    /// How many would be as usual, as ratios to the expected ones.
    pub tolerance: Tolerance,
}

/// Watches the outcomes of leads, week by week: the same leads give the same alarms, and more weeks never change those of
/// weeks before, if a lead keeps its score.
///
/// While the outcomes are as usual, the expected number of alarms in any time is at most `budget` times its years. The number
/// of outcomes of all leads gets two fifths of the budget, how late they are a fifth, and the number of outcomes of all
/// levels together the rest.
///
/// Leads are those whose outcomes did not help to fit the model: of a lead that had its `as_of` before `from` and whose
/// outcome was not known then, the days from then on.
pub fn watch(
    leads: &[AwaitedLead],
    dimensions: &[Dimension],
    usual: &Usual,
    params: WatchParams,
) -> Result<Watch, Error> {
    awaited::check(leads)?;
    if !(params.budget.is_finite() && params.budget > 0.0) {
        let found = params.budget.to_string();
        return Err(Error::Parameter { name: "budget", found, expected: "false alarms a year, a number over 0" });
    }
    if let Some(why) = usual.problem() {
        return Err(Error::Model { why });
    }
    let counts = Counts::new(leads, dimensions, &usual.delay, Weeks::between(params.from, params.until))?;
    let count = counts.streams.len() - 1;
    // Without segments their share of the budget is that of all leads.
    let of_all = if count == 0 { SHARE_ALL + SHARE_SEGMENTS } else { SHARE_ALL } / 2.0;
    let of_segment = SHARE_SEGMENTS / (2 * count.max(1)) as f64;
    let mut watched = Watch { streams: Vec::new(), alarms: Vec::new() };
    for (segment, weeks) in std::iter::once(None).chain(segments(dimensions).map(Some)).zip(counts.streams) {
        let shares: &[(Change, f64)] = match segment {
            None => &[
                (Change::Fewer, of_all),
                (Change::More, of_all),
                (Change::Later, SHARE_LATE / 2.0),
                (Change::Earlier, SHARE_LATE / 2.0),
            ],
            Some(_) => &[(Change::Fewer, of_segment), (Change::More, of_segment)],
        };
        let stream = Stream {
            tolerance: usual.limits(segment.as_ref()).tolerance,
            segment,
            weeks,
            log_e_value: 0.0,
            strength: 0.0,
        };
        let limits = usual.limits(stream.segment.as_ref());
        watched.add(stream, shares, &limits, params);
    }
    watched.alarms.sort_by(|left, right| left.day.cmp(&right.day));
    Ok(watched)
}

impl Watch {
    fn add(&mut self, mut stream: Stream, shares: &[(Change, f64)], limits: &Limits, params: WatchParams) {
        let day_of = |week: usize| (i64::from(params.from) + week as i64 * WEEK) as i32;
        for (change, share) in shares {
            let mut detector = Detector::new(params.budget * share);
            // The week in which the detector began.
            let mut begin = 0;
            for (index, week) in stream.weeks.iter().enumerate() {
                if detector.add(change.log_payments(week, limits)) {
                    let since = begin + likeliest_begin(*change, &stream.weeks[begin..=index], limits);
                    let count = Count::sum(&stream.weeks[since..=index]);
                    let segment = stream.segment.clone();
                    let (day, since) = (day_of(index + 1), day_of(since));
                    self.alarms.push(Alarm {
                        segment,
                        change: *change,
                        day,
                        since,
                        count,
                        tolerance: limits.tolerance,
                    });
                    begin = index + 1;
                }
            }
            stream.strength = stream.strength.max(detector.strength());
        }
        let mut e_process = EProcess::default();
        stream.weeks.iter().for_each(|week| e_process.add(week, limits));
        stream.log_e_value = e_process.log_value();
        self.streams.push(stream);
    }
}

/// Returns the week since when a bet would have paid most, over all bets.
fn likeliest_begin(change: Change, weeks: &[Count], limits: &Limits) -> usize {
    let mut sums = [0.0; BETS];
    let (mut best, mut begin) = (f64::NEG_INFINITY, 0);
    for (index, week) in weeks.iter().enumerate().rev() {
        let payments = change.log_payments(week, limits);
        sums.iter_mut().zip(payments).for_each(|(sum, payment)| *sum += payment);
        let most = sums.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if most > best {
            (best, begin) = (most, index);
        }
    }
    begin
}
