//! How often a column has new categories: where they come up all the time, one more is no news.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::calendar::week_of;

/// A new category in more than this share of the rows is drift, and in at least so many of them.
pub(super) const SHARE_MIN: f64 = 0.01;
pub(super) const ROWS_MIN: usize = 5;

/// Returns the share of weeks, of the later half, in which a category came up that no week before had, in as many rows as would
/// be an alert.
pub(super) fn new_levels_a_week<'a>(values: impl Iterator<Item = (f32, &'a DateTime<Utc>)>) -> f64 {
    let mut weeks: BTreeMap<i64, HashMap<u32, usize>> = BTreeMap::new();
    for (value, at) in values.filter(|(value, _)| !value.is_nan()) {
        *weeks.entry(week_of(*at)).or_default().entry(value as u32).or_default() += 1;
    }
    let (mut known, mut new, counted) = (HashSet::new(), 0usize, weeks.len() - weeks.len() / 2);
    for (index, levels) in weeks.into_values().enumerate() {
        let rows: usize = levels.values().sum();
        let is_news = |(level, of_it): (&u32, &usize)| {
            !known.contains(level) && *of_it >= ROWS_MIN && *of_it as f64 > SHARE_MIN * rows as f64
        };
        new += usize::from(index >= counted && levels.iter().any(is_news));
        known.extend(levels.into_keys());
    }
    new as f64 / counted.max(1) as f64
}
