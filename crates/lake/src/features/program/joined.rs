//! The joined rows: each observation with the events of its lead that were known by then, in one fixed order.
//!
//! The order is `at`, `known_at`, then the other columns that the features use, by name, missing values first. Rows
//! equal in all of these are equal for the features. Sums of fractions depend on the order to the last bit.

use std::cell::OnceCell;
use std::cmp::Ordering;

use datafusion::arrow::array::{Array, ArrayRef, DynComparator, UInt32Array, UInt32Builder, make_comparator};
use datafusion::arrow::compute::{SortOptions, take};
use datafusion::error::Result;

use super::run::Run;

/// Rows after which the aggregates are updated: enough to be quick, few enough to stay in the cache.
const BATCH_ROWS: usize = 8_192;

/// Events, column by column.
pub(crate) struct Events {
    /// When each happened, in microseconds.
    pub(crate) at: Vec<i64>,
    /// When each was learned, in microseconds.
    pub(crate) known_at: Vec<i64>,
    /// When each was corrected or deleted, in microseconds; the greatest number if it still holds.
    pub(crate) known_to: Vec<i64>,
    /// The columns that the features use, by name.
    pub(crate) columns: Vec<ArrayRef>,
}

/// Sorts the events of each lead.
pub(crate) struct EventOrder<'a> {
    events: &'a Events,
    comparators: OnceCell<Vec<DynComparator>>,
}

/// Joins observations with events and adds the rows to a run.
pub(crate) struct Join<'a> {
    events: &'a Events,
    /// The events' columns of the joined rows, a row for each event.
    of_events: Vec<ArrayRef>,
    run: Run<'a>,
    event_of: UInt32Builder,
    observation_of: Vec<u32>,
}

impl<'a> EventOrder<'a> {
    pub(crate) fn new(events: &'a Events) -> EventOrder<'a> {
        EventOrder { events, comparators: OnceCell::new() }
    }

    /// Sorts the rows of one lead.
    pub(crate) fn sort(&self, rows: &mut [u32]) {
        let times = |row: u32| (self.events.at[row as usize], self.events.known_at[row as usize]);
        // Usually they are in order and no two are equal.
        if rows.windows(2).all(|pair| times(pair[0]) < times(pair[1])) {
            return;
        }
        rows.sort_unstable_by(|a, b| times(*a).cmp(&times(*b)).then_with(|| self.compare_others(*a, *b)));
    }

    fn compare_others(&self, a: u32, b: u32) -> Ordering {
        let comparators = self.comparators.get_or_init(|| {
            let compare = |column: &ArrayRef| {
                make_comparator(column, column, SortOptions::default()).expect("columns of the ground have an order")
            };
            self.events.columns.iter().map(compare).collect()
        });
        let differ = |compare: &DynComparator| Some(compare(a as usize, b as usize)).filter(|order| order.is_ne());
        comparators.iter().find_map(differ).unwrap_or(Ordering::Equal)
    }
}

impl<'a> Join<'a> {
    pub(crate) fn new(events: &'a Events, run: Run<'a>) -> Result<Join<'a>> {
        let of_events = run.of_events(&events.columns, events.at.len())?;
        let (event_of, observation_of) = (UInt32Builder::new(), Vec::new());
        Ok(Join { events, of_events, run, event_of, observation_of })
    }

    /// Joins an observation with those of its lead's events that were known at `as_of`; without any, it is one row.
    /// `rows` are sorted.
    pub(crate) fn observe(&mut self, observation: usize, as_of: i64, rows: &[u32]) -> Result<()> {
        let before = self.observation_of.len();
        let events = self.events;
        let is_known = |row: usize| events.known_at[row] <= as_of && as_of < events.known_to[row];
        for row in rows.iter().filter(|row| is_known(**row as usize)) {
            self.event_of.append_value(*row);
            self.observation_of.push(observation as u32);
        }
        if self.observation_of.len() == before {
            self.event_of.append_null();
            self.observation_of.push(observation as u32);
        }
        if self.observation_of.len() >= BATCH_ROWS { self.flush() } else { Ok(()) }
    }

    /// Returns the features of all observations.
    pub(crate) fn finish(mut self) -> Result<Vec<ArrayRef>> {
        if !self.observation_of.is_empty() {
            self.flush()?;
        }
        self.run.finish()
    }

    fn flush(&mut self) -> Result<()> {
        let event_of = self.event_of.finish();
        let observation_of = UInt32Array::from(std::mem::take(&mut self.observation_of));
        let columns = if is_all_in_order(&event_of, self.events.known_at.len()) {
            self.of_events.clone()
        } else {
            self.of_events.iter().map(|column| take(column, &event_of, None)).collect::<Result<_, _>>()?
        };
        self.run.add(columns, &observation_of)
    }
}

/// Returns whether these are all rows in their order.
fn is_all_in_order(rows: &UInt32Array, count: usize) -> bool {
    rows.len() == count && rows.null_count() == 0 && rows.values().iter().enumerate().all(|(at, row)| at as u32 == *row)
}
