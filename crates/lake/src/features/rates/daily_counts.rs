//! Leads and successes by day, and until a day.

use std::collections::BTreeMap;

/// A lead whose horizon has passed.
#[derive(Clone, Copy, Debug)]
pub(super) struct MaturedLead {
    /// The day on which it counts.
    pub(super) matured_day: i64,
    /// The day on which it counts as a success.
    pub(super) success_day: Option<i64>,
}

/// Leads and successes that are new on each day, in blocks of days: in most categories something happens every day.
#[derive(Debug, Default)]
pub(super) struct DailyCounts(BTreeMap<i64, [(u32, u32); DAYS_OF_BLOCK]>);

/// A block is as small as what the map itself needs for a day.
const DAYS_OF_BLOCK: usize = 16;

/// Leads and successes until the end of each day on which something changed.
#[derive(Debug, Default)]
pub(super) struct CumulativeCounts {
    days: Vec<i64>,
    /// Leads and successes until the end of the day.
    counts: Vec<(f64, f64)>,
}

impl DailyCounts {
    pub(super) fn count(&mut self, lead: &MaturedLead) {
        self.on(lead.matured_day).0 += 1;
        if let Some(day) = lead.success_day {
            self.on(day).1 += 1;
        }
    }

    fn on(&mut self, day: i64) -> &mut (u32, u32) {
        let days = DAYS_OF_BLOCK as i64;
        &mut self.0.entry(day.div_euclid(days)).or_default()[day.rem_euclid(days) as usize]
    }
}

impl CumulativeCounts {
    pub(super) fn new(days: &DailyCounts) -> CumulativeCounts {
        let mut cumulative = CumulativeCounts::default();
        let (mut leads, mut successes) = (0.0, 0.0);
        for (block, counts) in &days.0 {
            for (day, (more_leads, more_successes)) in counts.iter().enumerate().filter(|(_, more)| **more != (0, 0)) {
                leads += f64::from(*more_leads);
                successes += f64::from(*more_successes);
                cumulative.days.push(block * DAYS_OF_BLOCK as i64 + day as i64);
                cumulative.counts.push((leads, successes));
            }
        }
        cumulative
    }

    /// Returns the leads and successes before a day.
    pub(super) fn before(&self, day: i64) -> (f64, f64) {
        let (Some(first), Some(last)) = (self.days.first(), self.days.last()) else { return (0.0, 0.0) };
        // Days are distinct, so there are no more entries before a day than days since the first, and no more from it
        // on than days until the last. If something changes every day nothing is left to search.
        let most = (day - first).clamp(0, self.days.len() as i64) as usize;
        let least = (self.days.len() as i64 - (last - day + 1).max(0)).clamp(0, most as i64) as usize;
        match least + self.days[least..most].partition_point(|known| *known < day) {
            0 => (0.0, 0.0),
            later => self.counts[later - 1],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_before_a_day_with_and_without_gaps() {
        let maturing_on = |days: &[i64]| {
            let mut counts = DailyCounts::default();
            days.iter().for_each(|day| counts.count(&MaturedLead { matured_day: *day, success_day: None }));
            CumulativeCounts::new(&counts)
        };
        for days in [&[-40, -17, -16, -1, 0, 15, 16, 200, 201][..], &[5, 6, 7, 8], &[3], &[]] {
            for day in -60..260 {
                let expected = days.iter().filter(|known| **known < day).count() as f64;
                assert_eq!(maturing_on(days).before(day), (expected, 0.0), "{days:?} before {day}");
            }
        }
    }
}
