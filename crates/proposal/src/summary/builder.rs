//! Gathers the summary of a table, block after block.

use std::collections::BTreeMap;

use plumb_tables::{Block, ColumnPlan, ColumnReading, ColumnValues};

use super::column::{ColumnSummary, StoredKind};
use super::history::HistoryBuilder;
use super::sample::ValueSample;
use super::table::{DAYS, DatePair, FilledBy, TableName, TableSummary};
use crate::status_names::looks_like_status;

/// Values listed of a column.
const LISTED_MAX: usize = 300;

/// Values by which fillings are counted.
const STATUSES_MAX: usize = 60;

/// Dates that are compared with each other.
const DATES_MAX: usize = 12;

const DAY_MICROS: i64 = 86_400_000_000;

/// Of each value its rows, and how many of them have a value in each column.
type FilledByValue = BTreeMap<String, (u64, Vec<u64>)>;

/// Gathers the summary of a table.
#[derive(Debug)]
pub struct SummaryBuilder {
    table: TableSummary,
    listed: Vec<Option<BTreeMap<String, u64>>>,
    filled_by: Vec<(usize, FilledByValue)>,
    history: Option<HistoryBuilder>,
}

impl SummaryBuilder {
    /// Begins for a table with these columns, in the order of its blocks. `stored` has the type in SQL of each; what it
    /// leaves out is text.
    pub fn new(name: TableName, columns: &[&ColumnPlan], stored: &[StoredKind]) -> SummaryBuilder {
        let summaries: Vec<ColumnSummary> = columns
            .iter()
            .enumerate()
            .map(|(index, plan)| ColumnSummary {
                name: plan.name.clone(),
                stored: stored.get(index).copied().unwrap_or_default(),
                reading: plan.reading.clone(),
                missing_words: plan.missing.clone(),
                filled: 0,
                top: Vec::new(),
                numbers: None,
                times: None,
                addresses: 0,
                letters: 0,
                values: ValueSample::default(),
            })
            .collect();
        let dates: Vec<usize> =
            (0..summaries.len()).filter(|index| summaries[*index].is_time()).take(DATES_MAX).collect();
        let pairs = dates.iter().flat_map(|first| dates.iter().map(move |second| (*first, *second)));
        let pairs = pairs.filter(|(first, second)| first != second);
        let pairs = pairs.map(|columns| DatePair { columns, ..DatePair::default() }).collect();
        let is_listed = |reading: &ColumnReading| {
            matches!(
                reading,
                ColumnReading::Category | ColumnReading::Flag { .. } | ColumnReading::Text | ColumnReading::Number(_)
            )
        };
        let listed = summaries.iter().map(|column| is_listed(&column.reading).then(BTreeMap::new)).collect();
        let statuses = summaries.iter().enumerate().filter(|(_, column)| looks_like_status(&column.name));
        let filled_by = statuses.map(|(index, _)| (index, BTreeMap::new())).collect();
        let names: Vec<String> = summaries.iter().map(|column| column.name.clone()).collect();
        let table = TableSummary {
            name,
            rows: 0,
            declared_key: Vec::new(),
            columns: summaries,
            history: Vec::new(),
            pairs,
            filled_by: Vec::new(),
        };
        SummaryBuilder { table, listed, filled_by, history: HistoryBuilder::of(&names) }
    }

    /// Sets the columns of the primary key that a database declares.
    pub fn declared_key(mut self, key: Vec<String>) -> SummaryBuilder {
        self.table.declared_key = key;
        self
    }

    /// Adds the rows of a block. Panics if it has fewer columns than the table.
    pub fn add(&mut self, block: &Block) {
        let texts: Vec<Vec<Option<String>>> = block.columns.iter().map(texts_of).collect();
        for (index, values) in block.columns.iter().enumerate() {
            self.add_column(index, values, &texts[index]);
        }
        for pair in &mut self.table.pairs {
            let (ColumnValues::Timestamp(first), ColumnValues::Timestamp(second)) =
                (&block.columns[pair.columns.0], &block.columns[pair.columns.1])
            else {
                continue;
            };
            first.iter().zip(second).for_each(|(first, second)| add_pair(pair, *first, *second));
        }
        for row in 0..block.rows() {
            for (column, values) in &mut self.filled_by {
                let Some(value) = &texts[*column][row] else { continue };
                let value = value.trim().to_lowercase();
                if values.len() >= STATUSES_MAX && !values.contains_key(&value) {
                    continue;
                }
                let (rows, filled) = values.entry(value).or_insert_with(|| (0, vec![0; texts.len()]));
                *rows += 1;
                texts.iter().zip(filled).for_each(|(texts, filled)| *filled += u64::from(texts[row].is_some()));
            }
            if let Some(history) = &mut self.history {
                history.add(|column| texts[column][row].as_deref());
            }
        }
        self.table.rows += block.rows() as u64;
    }

    fn add_column(&mut self, index: usize, values: &ColumnValues, texts: &[Option<String>]) {
        let column = &mut self.table.columns[index];
        match values {
            ColumnValues::Number(numbers) => {
                for number in numbers.iter().filter(|number| number.is_finite()) {
                    let (low, high) = column.numbers.unwrap_or((*number, *number));
                    column.numbers = Some((low.min(*number), high.max(*number)));
                }
            }
            ColumnValues::Timestamp(times) => {
                for time in times.iter().filter(|time| **time != i64::MIN) {
                    let (low, high) = column.times.unwrap_or((*time, *time));
                    column.times = Some((low.min(*time), high.max(*time)));
                }
            }
            ColumnValues::Flag(_) | ColumnValues::Text(_) => {}
        }
        for text in texts.iter().flatten() {
            column.filled += 1;
            column.addresses += u64::from(is_address(text));
            column.letters += text.len() as u64;
            column.values.add(text);
            if let Some(listed) = &mut self.listed[index] {
                *listed.entry(text.clone()).or_default() += 1;
                if listed.len() > LISTED_MAX {
                    self.listed[index] = None;
                }
            }
        }
    }

    /// Returns the summary.
    pub fn finish(mut self) -> TableSummary {
        for (column, listed) in self.table.columns.iter_mut().zip(self.listed) {
            column.top = listed.into_iter().flatten().collect();
            column.top.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        }
        self.table.filled_by = self
            .filled_by
            .into_iter()
            .map(|(column, values)| FilledBy {
                column,
                values: values.into_iter().map(|(value, (rows, filled))| (value, rows, filled)).collect(),
            })
            .collect();
        self.table.history = self.history.map(HistoryBuilder::finish).unwrap_or_default();
        self.table
    }
}

fn add_pair(pair: &mut DatePair, first: i64, second: i64) {
    if first == i64::MIN || second == i64::MIN {
        return;
    }
    let lag = second.saturating_sub(first);
    pair.rows += 1;
    pair.in_order += u64::from(lag >= -DAY_MICROS);
    pair.within_week += u64::from((-DAY_MICROS..=7 * DAY_MICROS).contains(&lag));
    let bin = DAYS.iter().position(|days| lag <= days * DAY_MICROS).unwrap_or(DAYS.len());
    pair.days[bin] += 1;
}

/// Returns the cells of a column as text; `None` where there is none.
fn texts_of(values: &ColumnValues) -> Vec<Option<String>> {
    match values {
        ColumnValues::Number(numbers) => {
            numbers.iter().map(|number| (!number.is_nan()).then(|| number.to_string())).collect()
        }
        ColumnValues::Flag(flags) => flags
            .iter()
            .map(|flag| (!flag.is_nan()).then(|| if *flag > 0.5 { "true" } else { "false" }.to_owned()))
            .collect(),
        ColumnValues::Timestamp(times) => {
            times.iter().map(|time| (*time != i64::MIN).then(|| time.to_string())).collect()
        }
        ColumnValues::Text(texts) => texts.iter().map(|text| text.map(str::to_owned)).collect(),
    }
}

fn is_address(text: &str) -> bool {
    text.trim().split_once('@').is_some_and(|(mailbox, domain)| !mailbox.is_empty() && domain.contains('.'))
}
