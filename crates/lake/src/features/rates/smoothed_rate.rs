//! The rates of a target by one column of the lead.

use std::collections::HashMap;
use std::sync::Arc;

use super::daily_counts::CumulativeCounts;

/// How many leads of the overall rate are added to each category: the weight of the prior.
/// A category of 20 leads is half itself and half the overall rate.
const PRIOR_LEADS: f64 = 20.0;

/// The rates of one target by one column.
#[derive(Debug, Default)]
pub(super) struct Rate {
    pub(super) overall: Arc<CumulativeCounts>,
    pub(super) by_level: HashMap<String, CumulativeCounts>,
}

impl Rate {
    /// Returns the rate known before a day, smoothed to the overall rate: `(p + m r) / (n + m)`.
    /// `None` as long as no lead has matured. With it comes the number of the category's leads.
    pub(super) fn before(&self, level: &str, day: i64) -> Option<(f64, f64)> {
        let (leads, successes) = self.overall.before(day);
        if leads == 0.0 {
            return None;
        }
        let overall = successes / leads;
        let (leads, successes) = self.by_level.get(level).map_or((0.0, 0.0), |counts| counts.before(day));
        Some(((successes + PRIOR_LEADS * overall) / (leads + PRIOR_LEADS), leads))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::rates::daily_counts::{DailyCounts, MaturedLead};

    fn rate(leads: &[(&str, i64, Option<i64>)]) -> Rate {
        let (mut all, mut by_level) = (DailyCounts::default(), HashMap::<String, DailyCounts>::new());
        for (level, matured_day, success_day) in leads {
            let lead = MaturedLead { matured_day: *matured_day, success_day: *success_day };
            all.count(&lead);
            by_level.entry((*level).to_owned()).or_default().count(&lead);
        }
        let by_level = by_level.into_iter().map(|(level, days)| (level, CumulativeCounts::new(&days))).collect();
        Rate { overall: Arc::new(CumulativeCounts::new(&all)), by_level }
    }

    #[test]
    fn a_rate_is_smoothed_to_the_overall_rate_of_the_days_before() {
        let rate = rate(&[("fintech", 10, Some(10)), ("fintech", 11, None), ("retail", 11, None)]);
        assert_eq!(rate.before("fintech", 10), None, "on the day itself nothing is known yet");
        assert_eq!(rate.before("fintech", 11).map(|(rate, _)| rate), Some((1.0 + 20.0) / 21.0));
        assert_eq!(rate.before("fintech", 12).map(|(rate, _)| rate), Some((1.0 + 20.0 * (1.0 / 3.0)) / 22.0));
        assert_eq!(rate.before("never seen", 12).map(|(rate, _)| rate), Some(1.0 / 3.0));
    }

    #[test]
    fn a_success_that_is_known_late_counts_late() {
        let rate = rate(&[("fintech", 10, Some(15))]);
        assert_eq!(rate.before("fintech", 15).map(|(rate, _)| rate), Some(0.0));
        assert_eq!(rate.before("fintech", 16).map(|(rate, _)| rate), Some(1.0));
    }
}
