//! Tables of invented leads with known leaks of each kind, and with as many honest columns that are strong.

use plumb_lead::{Column, MISSING_LEVEL, Table, Values};
use plumb_learn::leaks::{FieldHistory, LeakInput, LeakKind, PostOutcomeCounts};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::honest::{self, Strong};
use super::leaky;

/// A day in microseconds.
pub(super) const DAY: f64 = 86_400e6;

/// A leak that was put into a table.
pub(super) struct Leak {
    pub(super) kind: LeakKind,
    /// Its columns.
    pub(super) columns: Vec<String>,
    /// Whether all of them have to be found; otherwise one is enough, because without it the others tell nothing.
    pub(super) all: bool,
}

/// A table with what is known of it.
pub(super) struct LeakyTable {
    pub(super) table: Table,
    pub(super) labels: Vec<bool>,
    pub(super) timestamps: Vec<(String, Vec<i64>)>,
    pub(super) created_at: Vec<i64>,
    pub(super) history: Vec<FieldHistory>,
    pub(super) leaks: Vec<Leak>,
    /// Honest columns that are strong, or look like a leak.
    pub(super) strong: Vec<(Strong, String)>,
}

/// All kinds of leaks that are made.
pub(super) const KINDS: [LeakKind; 14] = [
    LeakKind::Identifier,
    LeakKind::RunningNumber,
    LeakKind::CopyOfTarget,
    LeakKind::OneClass,
    LeakKind::PureValues,
    LeakKind::SharedMissingness,
    LeakKind::Implication,
    LeakKind::TooGood,
    LeakKind::Name,
    LeakKind::AfterCreation,
    LeakKind::DurationAtClosing,
    LeakKind::DatePair,
    LeakKind::PostOutcome,
    LeakKind::Together,
];

/// What is being made: columns that are added one by one.
pub(super) struct Maker {
    pub(super) random: ChaCha8Rng,
    pub(super) labels: Vec<bool>,
    /// What makes a lead good, before chance decides.
    pub(super) quality: Vec<f64>,
    pub(super) created_at: Vec<i64>,
    pub(super) columns: Vec<Column>,
    pub(super) timestamps: Vec<(String, Vec<i64>)>,
    pub(super) history: Vec<FieldHistory>,
}

impl LeakyTable {
    /// Makes the table of a seed: 500 to 20,000 rows, 5 to 50 % positive, one to four leaks, and as many strong honest
    /// columns; with `rows_max` smaller ones.
    pub(super) fn make(seed: u64, rows_max: usize) -> LeakyTable {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let rows = (500.0 * (rows_max as f64 / 500.0).powf(random.random())) as usize;
        let rate: f64 = random.random_range(0.05..0.5);
        let mut maker = Maker::new(random, rows, rate);
        let weak = maker.random.random_range(6..30);
        (0..weak).for_each(|index| honest::weak(&mut maker, index));
        let mut kinds = KINDS.to_vec();
        kinds.shuffle(&mut maker.random);
        kinds.truncate(1 + seed as usize % 4);
        let leaks: Vec<Leak> = kinds.iter().map(|kind| leaky::add(&mut maker, *kind)).collect();
        let strong = kinds.iter().enumerate().map(|(index, _)| honest::strong(&mut maker, index)).collect();
        let mut columns = maker.columns;
        columns.shuffle(&mut maker.random);
        LeakyTable {
            table: Table::new(columns).expect("columns of one length"),
            labels: maker.labels,
            timestamps: maker.timestamps,
            created_at: maker.created_at,
            history: maker.history,
            leaks,
            strong,
        }
    }

    pub(super) fn input(&self) -> LeakInput<'_> {
        LeakInput {
            timestamps: &self.timestamps,
            created_at: Some(&self.created_at),
            history: &self.history,
            ..LeakInput::new(&self.table, &self.labels)
        }
    }
}

impl Maker {
    fn new(mut random: ChaCha8Rng, rows: usize, rate: f64) -> Maker {
        let quality: Vec<f64> = (0..rows).map(|_| normal(&mut random)).collect();
        let base = (rate / (1.0 - rate)).ln();
        let labels = quality.iter().map(|quality| random.random_bool(logistic(base + 0.8 * quality))).collect();
        let created_at = (0..rows).map(|_| (random.random_range(19_000.0..19_700.0) * DAY) as i64).collect();
        let mut maker = Maker {
            random,
            labels,
            quality,
            created_at,
            columns: Vec::new(),
            timestamps: Vec::new(),
            history: Vec::new(),
        };
        // Both classes have enough rows, whatever chance did.
        (0..rows).step_by(rows / 30).for_each(|row| maker.labels[row] = true);
        maker.timestamps.push(("created_at".to_owned(), maker.created_at.clone()));
        maker
    }

    pub(super) fn number(&mut self, name: &str, mut of: impl FnMut(&mut ChaCha8Rng, usize, bool) -> f64) {
        let (random, labels) = (&mut self.random, &self.labels);
        let values = labels.iter().enumerate().map(|(row, label)| of(random, row, *label) as f32).collect();
        self.columns.push(Column { name: name.to_owned(), values: Values::Number(values) });
    }

    pub(super) fn flag(&mut self, name: &str, mut of: impl FnMut(&mut ChaCha8Rng, bool) -> bool) {
        let (random, labels) = (&mut self.random, &self.labels);
        let values = labels.iter().map(|label| f32::from(u8::from(of(random, *label)))).collect();
        self.columns.push(Column { name: name.to_owned(), values: Values::Flag(values) });
    }

    /// Adds words; `None` is a missing one.
    pub(super) fn words(
        &mut self,
        name: &str,
        levels: &[String],
        mut of: impl FnMut(&mut ChaCha8Rng, usize, bool) -> Option<usize>,
    ) {
        let (random, labels) = (&mut self.random, &self.labels);
        let code = |(row, label): (usize, &bool)| of(random, row, *label).map_or(MISSING_LEVEL, |code| code as u32);
        let codes = labels.iter().enumerate().map(code).collect();
        self.columns
            .push(Column { name: name.to_owned(), values: Values::Category { codes, levels: levels.to_vec() } });
    }

    /// Adds dates, in days after the creation.
    pub(super) fn date(&mut self, name: &str, mut of: impl FnMut(&mut ChaCha8Rng, usize, bool) -> Option<f64>) {
        let (random, created_at) = (&mut self.random, &self.created_at);
        let values =
            self.labels.iter().enumerate().map(|(row, label)| {
                of(random, row, *label).map_or(i64::MIN, |days| created_at[row] + (days * DAY) as i64)
            });
        let values = values.collect();
        self.timestamps.push((name.to_owned(), values));
    }

    pub(super) fn changes(&mut self, column: &str, decided_changed: usize, open_changed: usize) {
        let counts = PostOutcomeCounts { decided: 500, decided_changed, open: 2_000, open_changed };
        self.history.push(FieldHistory { column: column.to_owned(), field: format!("{column}_field"), counts });
    }
}

/// Words that mean nothing.
pub(super) fn levels(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|index| format!("{prefix} {index}")).collect()
}

/// A standard normal number (Box and Muller).
pub(super) fn normal(random: &mut ChaCha8Rng) -> f64 {
    let (radius, angle): (f64, f64) = (random.random_range(1e-12..1.0), random.random());
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

pub(super) fn logistic(margin: f64) -> f64 {
    1.0 / (1.0 + (-margin).exp())
}
