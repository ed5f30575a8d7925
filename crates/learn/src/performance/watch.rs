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
    watched.alarms.sort_by_key(|alarm| alarm.day);
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

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::performance::usual::UsualParams;

    /// Days before the watch, and the day of the change.
    const FROM: i32 = 371;
    const CHANGE: i32 = FROM + 105;
    const PARAMS: UsualParams = UsualParams { age_max: 90, tolerance_min: 0.1 };

    struct Company {
        leads: Vec<AwaitedLead>,
        codes: Vec<u32>,
        levels: [String; 3],
    }

    /// Draws twenty leads a day for two years. Of one in three, outcomes from the day of the change on come so many times as
    /// often, whenever the lead came; all scores are too low by a fifth.
    fn company(times: f64, seed: u64) -> Company {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (mut leads, mut codes) = (Vec::new(), Vec::new());
        for day in 0..730 {
            for _ in 0..20 {
                let code = random.random_range(0..3);
                let rate: f64 = 0.05 + 0.25 * random.random::<f64>();
                let age = (89.0 * random.random::<f64>().powi(2)) as u32;
                let is_changed = code == 1 && day + age as i32 >= CHANGE;
                let came = random.random_bool(if is_changed { rate * times } else { rate });
                let watched_from = (FROM - day).max(0) as u32;
                let score = rate / 1.2;
                leads.push(AwaitedLead { score, day, watched_from, positive_on: came.then_some(age) });
                codes.push(code);
            }
        }
        Company { leads, codes, levels: ["web", "fair", "partner"].map(str::to_owned) }
    }

    impl Company {
        fn usual(&self) -> Usual {
            let rows = self.leads.iter().filter(|lead| lead.day < FROM).count();
            let history: Vec<AwaitedLead> =
                self.leads[..rows].iter().map(|lead| AwaitedLead { watched_from: 0, ..*lead }).collect();
            let dimension = Dimension { name: "channel", levels: &self.levels, codes: &self.codes[..rows] };
            Usual::measured(&history, &[dimension], FROM, PARAMS).expect("there is a year of history")
        }

        fn watch(&self, until: i32) -> Watch {
            let dimension = Dimension { name: "channel", levels: &self.levels, codes: &self.codes };
            let params = WatchParams { from: FROM, until, budget: 1.0 };
            watch(&self.leads, &[dimension], &self.usual(), params).expect("all of it is usable")
        }
    }

    #[test]
    fn what_is_usual_is_measured() {
        let usual = company(1.0, 1).usual();
        assert!(usual.all.low == 1.0 && (1.2..1.45).contains(&usual.all.high), "{:?}", usual.all);
        assert_eq!((usual.segments.len(), usual.dispersion, usual.problem()), (3, 1.0, None));
        let fair = &usual.segments[1];
        assert_eq!((fair.dimension.as_str(), fair.level.as_str()), ("channel", "fair"));
        assert!((1.2..1.6).contains(&fair.tolerance.high), "{:?}", fair.tolerance);
        let unknown = usual.limits(Some(&("channel".to_owned(), "fax".to_owned()))).tolerance;
        assert!(unknown.high > 1.6 && unknown.low < 0.7, "{unknown:?}");
    }

    #[test]
    fn scores_that_are_off_as_ever_raise_no_alarm() {
        let watched = company(1.0, 1).watch(730);
        assert_eq!(watched.alarms, []);
        assert_eq!((watched.streams.len(), watched.streams[0].weeks.len()), (4, 51));
        let count = Count::sum(&watched.streams[0].weeks);
        assert!((count.observed as f64 / count.expected - 1.2).abs() < 0.1, "{count:?}");
    }

    #[test]
    fn changed_criteria_are_told_in_weeks_with_the_segment_and_the_day() {
        let first = &company(0.2, 2).watch(730).alarms[0];
        let segment = Some(("channel".to_owned(), "fair".to_owned()));
        assert_eq!((&first.segment, first.change), (&segment, Change::Fewer));
        assert!((CHANGE..CHANGE + 42).contains(&first.day), "{} is not soon after {CHANGE}", first.day);
        assert!((first.since - CHANGE).abs() <= 14, "{} is not near {CHANGE}", first.since);
        assert!((first.count.observed as f64) < 0.6 * first.count.expected, "{first:?}");
        assert!(company(2.2, 3).watch(730).alarms.iter().any(|alarm| alarm.change == Change::More));
    }

    #[test]
    fn later_weeks_leave_earlier_alarms_as_they_were() {
        let company = company(0.2, 2);
        let whole = company.watch(730).alarms;
        for until in [FROM, CHANGE, CHANGE + 33, CHANGE + 200] {
            // What was not known then does not count.
            let sooner: Vec<&Alarm> = whole.iter().filter(|alarm| alarm.day <= until).collect();
            assert_eq!(company.watch(until).alarms.iter().collect::<Vec<_>>(), sooner, "until {until}");
        }
    }

    #[test]
    fn unusable_input_is_an_error() {
        let company = company(1.0, 1);
        let usual = company.usual();
        let params = WatchParams { from: FROM, until: 730, budget: 1.0 };
        let dimension = Dimension { name: "channel", levels: &company.levels, codes: &company.codes[1..] };
        assert!(watch(&company.leads, &[dimension], &usual, params).is_err(), "a code is missing");
        assert!(watch(&company.leads, &[], &usual, WatchParams { budget: 0.0, ..params }).is_err());
        let not_a_score = AwaitedLead { score: f64::NAN, ..company.leads[0] };
        assert!(watch(&[not_a_score], &[], &usual, params).is_err());
        let stored = Usual { dispersion: 0.0, ..usual };
        assert!(watch(&company.leads, &[], &stored, params).is_err());
    }
}
