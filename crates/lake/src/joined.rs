//! The joined rows: beside each observation, in one fixed order, the events of its lead that were known by then.
//!
//! The order is `at`, `known_at`, then the other columns that the features use, by name, missing values first. Rows
//! that are alike in all of these are alike to the features. Sums of fractions depend on it to the last bit.

use std::cell::OnceCell;
use std::cmp::Ordering;

use datafusion::arrow::array::{Array, ArrayRef, DynComparator, UInt32Array, UInt32Builder, make_comparator};
use datafusion::arrow::compute::{SortOptions, take};
use datafusion::error::Result;

use crate::program::Run;

/// From so many rows on they are handed to the aggregates: enough to be quick, few enough to stay in the cache.
const ROWS: usize = 8_192;

/// Events, column by column.
pub(crate) struct Events {
    /// When each happened, in microseconds.
    pub(crate) at: Vec<i64>,
    /// When each was learned, in microseconds.
    pub(crate) known_at: Vec<i64>,
    /// The columns that the features use, by name.
    pub(crate) columns: Vec<ArrayRef>,
}

/// Puts rows of the events of one lead after another into the order.
pub(crate) struct EventOrder<'a> {
    events: &'a Events,
    comparators: OnceCell<Vec<DynComparator>>,
}

/// Joins observations with events and hands the rows to a run.
pub(crate) struct Join<'a> {
    known_at: &'a [i64],
    /// What the run's rows are made of, a row for each event.
    of_events: Vec<ArrayRef>,
    run: Run<'a>,
    event_of: UInt32Builder,
    observation_of: Vec<u32>,
}

impl<'a> EventOrder<'a> {
    pub(crate) fn new(events: &'a Events) -> EventOrder<'a> {
        EventOrder { events, comparators: OnceCell::new() }
    }

    /// Puts the rows of one lead into the order.
    pub(crate) fn sort(&self, rows: &mut [u32]) {
        let moments = |row: u32| (self.events.at[row as usize], self.events.known_at[row as usize]);
        // Mostly they are in order and no two fall together.
        if rows.windows(2).all(|pair| moments(pair[0]) < moments(pair[1])) {
            return;
        }
        rows.sort_unstable_by(|a, b| moments(*a).cmp(&moments(*b)).then_with(|| self.compare_others(*a, *b)));
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
        Ok(Join { known_at: &events.known_at, of_events, run, event_of, observation_of })
    }

    /// Joins an observation with those of its lead's events that were known at `as_of`; with none, it is one row.
    /// `rows` are in the order.
    pub(crate) fn observe(&mut self, observation: usize, as_of: i64, rows: &[u32]) -> Result<()> {
        let before = self.observation_of.len();
        for row in rows.iter().filter(|row| self.known_at[**row as usize] <= as_of) {
            self.event_of.append_value(*row);
            self.observation_of.push(observation as u32);
        }
        if self.observation_of.len() == before {
            self.event_of.append_null();
            self.observation_of.push(observation as u32);
        }
        if self.observation_of.len() >= ROWS { self.hand_over() } else { Ok(()) }
    }

    /// Returns the features of all observations.
    pub(crate) fn finish(mut self) -> Result<Vec<ArrayRef>> {
        if !self.observation_of.is_empty() {
            self.hand_over()?;
        }
        self.run.finish()
    }

    fn hand_over(&mut self) -> Result<()> {
        let event_of = self.event_of.finish();
        let observation_of = UInt32Array::from(std::mem::take(&mut self.observation_of));
        let columns = if is_everything(&event_of, self.known_at.len()) {
            self.of_events.clone()
        } else {
            self.of_events.iter().map(|column| take(column, &event_of, None)).collect::<Result<_, _>>()?
        };
        self.run.add(columns, &observation_of)
    }
}

/// Whether rows are all rows as they lie there.
fn is_everything(rows: &UInt32Array, count: usize) -> bool {
    rows.len() == count && rows.null_count() == 0 && rows.values().iter().enumerate().all(|(at, row)| at as u32 == *row)
}
