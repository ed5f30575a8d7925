//! A company that is watched: the alarms of the watch, and those of the test that waits for the end of the horizon.

use plumb_learn::Error;
use plumb_learn::performance::{Alarm, AwaitedLead, Dimension, Usual, UsualParams, WatchParams, watch};

use super::company::{Company, Drawn, SEGMENTS};

/// Days before the watch: what is usual is measured on the leads of these.
pub(crate) const HISTORY: i32 = 420;

/// An ordinary company: a hundred leads a week, of which about one in seven turns positive within 120 days.
pub(crate) const BASE: Company = Company {
    leads_a_week: 100.0,
    log_odds: -2.1,
    horizon: 120,
    offset: 0.0,
    noise: 0.2,
    wander: 0.0,
    quick: 0.0,
    story: None,
};

/// What was told, and when.
pub(crate) struct Watched {
    pub(crate) alarms: Vec<Alarm>,
    /// The days of alarms at the end of the horizon.
    pub(crate) at_end_of_horizon: Vec<i32>,
}

/// Watches a company for so many days.
pub(crate) fn run(company: &Company, days: i32, seed: u64, budget: f64) -> Result<Watched, Error> {
    let Drawn { mut leads, segments } = company.draw(HISTORY + days, seed);
    let age_max = company.horizon + 3;
    let rows = leads.iter().filter(|lead| lead.day < HISTORY).count();
    let levels: Vec<String> = (0..SEGMENTS).map(|segment| segment.to_string()).collect();
    let dimension = |rows: usize| [Dimension { name: "segment", levels: &levels, codes: &segments[..rows] }];
    let params = UsualParams { age_max, tolerance_min: 0.1 };
    let usual = Usual::measured(&leads[..rows], &dimension(rows), HISTORY, params)?;
    let at_end_of_horizon = end_of_horizon(&leads, days, age_max);
    leads.iter_mut().for_each(|lead| lead.watched_from = (HISTORY - lead.day).max(0) as u32);
    let params = WatchParams { from: HISTORY, until: HISTORY + days, budget };
    let alarms = watch(&leads, &dimension(leads.len()), &usual, params)?.alarms;
    Ok(Watched { alarms, at_end_of_horizon })
}

/// Four standard errors over the last eight weeks of leads whose horizon has ended.
fn end_of_horizon(leads: &[AwaitedLead], days: i32, age_max: u32) -> Vec<i32> {
    let weeks = (days / 7) as usize;
    // Outcomes, expectation and variance.
    let mut sums = vec![[0.0; 3]; weeks];
    for lead in leads.iter().filter(|lead| lead.day >= HISTORY) {
        let week = ((lead.day + age_max as i32 - HISTORY) / 7) as usize;
        if let Some([outcomes, expected, variance]) = sums.get_mut(week) {
            *outcomes += f64::from(u8::from(lead.positive_on.is_some()));
            *expected += lead.score;
            *variance += lead.score * (1.0 - lead.score);
        }
    }
    let is_alarm = |week: &usize| {
        let pooled = |figure: usize| -> f64 { sums[week - 7..=*week].iter().map(|sum| sum[figure]).sum() };
        pooled(2) > 0.0 && ((pooled(0) - pooled(1)) / pooled(2).sqrt()).abs() > 4.0
    };
    (7..weeks).filter(is_alarm).map(|week| HISTORY + 7 * (week as i32 + 1)).collect()
}
