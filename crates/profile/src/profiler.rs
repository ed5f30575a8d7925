//! The profiler: blocks of rows go in, a profile comes out.

use plumb_tables::{Block, ColumnPlan};

use crate::describe::{TableStatistics, describe};
use crate::error::Error;
use crate::gather::{Column, People};
use crate::options::Options;
use crate::outcome::{ColumnKind, Profile, RepeatedRows};
use crate::sketch::{Repeated, Reservoir, RowKey};

/// Rows that are compared with all others at once; of more, a share of them is.
const ROWS_COMPARED_MAX: usize = 1_800_000;

/// The same, of rows without their identifiers.
const ROWS_WITHOUT_IDENTIFIERS_MAX: usize = 900_000;

/// Takes in the rows of a table, block by block.
///
/// Its memory does not grow with the number of rows beyond a bound: about 8 bytes for each cell of the sample, 25 bytes for
/// each row that is compared with the others, and the texts of the frequent values.
pub struct Profiler {
    options: Options,
    rows: u64,
    reservoir: Reservoir,
    /// The lines of the sample.
    lines: Vec<u64>,
    columns: Vec<Column>,
    repeated: Repeated,
    /// The same of rows without their identifiers, if there are identifiers.
    repeated_but_identifiers: Option<Repeated>,
    people: People,
}

impl Profiler {
    /// Returns one for the columns that the blocks will have, in their order.
    pub fn new(columns: &[&ColumnPlan], options: Options) -> Profiler {
        let columns: Vec<Column> = columns.iter().map(|plan| Column::new(plan)).collect();
        let identifiers = columns.iter().filter(|column| column.kind == ColumnKind::Identifier).count();
        // Where all columns name rows, nothing is left to compare.
        let has_both = identifiers > 0 && identifiers < columns.len();
        Profiler {
            rows: 0,
            reservoir: Reservoir::new(options.sample_rows_of(columns.len()), options.seed),
            lines: Vec::new(),
            columns,
            repeated: Repeated::new(ROWS_COMPARED_MAX),
            repeated_but_identifiers: has_both.then(|| Repeated::new(ROWS_WITHOUT_IDENTIFIERS_MAX)),
            people: People::default(),
            options,
        }
    }

    /// Adds the rows of a block.
    pub fn add(&mut self, block: &Block) -> Result<(), Error> {
        if block.columns.len() != self.columns.len() {
            let expected = format!("{} columns", self.columns.len());
            return Err(Error::Block { place: block.columns.len(), expected });
        }
        let picks = self.reservoir.pick(block.rows());
        for pick in &picks {
            match self.lines.get_mut(pick.slot) {
                Some(line) => *line = block.lines[pick.row],
                None => self.lines.push(block.lines[pick.row]),
            }
        }
        self.rows += block.rows() as u64;
        let now = self.options.now.map_or(i64::MAX, |now| now.timestamp_micros());
        let mut keys = vec![RowKey::default(); block.rows()];
        // Identifiers come last, so that the keys without them are known on the way.
        for identifiers in [false, true] {
            for (column, values) in self.columns.iter_mut().zip(&block.columns) {
                if (column.kind == ColumnKind::Identifier) == identifiers {
                    column.add(values, &block.lines, &picks, now, &mut keys)?;
                }
            }
            let repeated = if identifiers { Some(&mut self.repeated) } else { self.repeated_but_identifiers.as_mut() };
            if let Some(repeated) = repeated {
                keys.iter().zip(&block.lines).for_each(|(key, line)| repeated.add(*key, *line));
            }
        }
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        self.people.add(&names, block);
        Ok(())
    }

    /// Returns the profile, compared with another table if one is given: the one from before, whose rows were added to a
    /// profiler of its own.
    pub fn finish(self, against: Option<Profiler>) -> Result<Profile, Error> {
        let options = self.options.clone();
        let against = against.map(Profiler::gathered);
        describe(&self.gathered(), against.as_ref(), &options)
    }

    fn gathered(mut self) -> TableStatistics {
        let mut order: Vec<usize> = (0..self.lines.len()).collect();
        order.sort_by_key(|row| self.lines[*row]);
        self.columns.iter_mut().for_each(|column| column.order_sample(&order));
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        let people = self.people.found(&names);
        TableStatistics {
            rows: self.rows,
            lines: order.iter().map(|row| self.lines[*row]).collect(),
            repeated: RepeatedRows::from(self.repeated.summary()),
            repeated_but_identifiers: self
                .repeated_but_identifiers
                .map(|repeated| RepeatedRows::from(repeated.summary())),
            people,
            columns: self.columns,
        }
    }
}
