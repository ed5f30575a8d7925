//! Counts rows, and those that are set aside.

use crate::plan::ReadingPlan;
use crate::report::{Note, ReadingReport, SetAside};

/// The most rows that a report lists; all are counted.
const SET_ASIDE_LISTED_MAX: usize = 1_000;

/// Rows that were read, and records that were not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) rows_read: u64,
    rows_set_aside: u64,
    rows_lost: u64,
    listed: Vec<SetAside>,
    /// Those since they were last taken.
    new: Vec<SetAside>,
}

impl Tally {
    /// Takes note of records that did not become rows.
    pub(crate) fn set_aside(&mut self, records: Vec<SetAside>) {
        for record in records {
            self.rows_set_aside += 1;
            self.rows_lost += u64::from(record.is_row);
            if self.new.len() < SET_ASIDE_LISTED_MAX {
                self.new.push(record.clone());
            }
            if self.listed.len() < SET_ASIDE_LISTED_MAX {
                self.listed.push(record);
            }
        }
    }

    /// Returns the first records since the last call.
    pub(crate) fn take_new(&mut self) -> Vec<SetAside> {
        std::mem::take(&mut self.new)
    }

    /// Returns the report: notes with the gravest first, records in the order of their lines.
    pub(crate) fn report(mut self, file: &str, plan: ReadingPlan, mut notes: Vec<Note>) -> ReadingReport {
        notes.sort_by_key(|note| std::cmp::Reverse(note.level));
        self.listed.sort_by_key(|record| record.line);
        ReadingReport {
            file: file.to_owned(),
            plan,
            rows_read: self.rows_read,
            rows_set_aside: self.rows_set_aside,
            rows_lost: self.rows_lost,
            set_aside: self.listed,
            notes,
        }
    }
}
