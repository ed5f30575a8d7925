//! The sample as the table that the project's models and measures read.

use std::collections::HashMap;

use plumb_lead::{Column as TableColumn, MISSING_LEVEL, Table, Values};

use super::gathered::TableStatistics;
use crate::error::Error;
use crate::gather::{Column, Facts, SampleValues};
use crate::outcome::ColumnKind;
use crate::sketch::MISSING;

/// What texts that are too rare to be known are called.
const RARE: &str = "(a rare value)";

/// Returns some columns of the sample: texts as categories, times in days since 1970.
pub(super) fn table(table: &TableStatistics, columns: &[usize]) -> Result<Table, Error> {
    let column = |place: &usize| {
        let column = &table.columns[*place];
        TableColumn { name: column.name.clone(), values: values(column) }
    };
    Ok(Table::new(columns.iter().map(column).collect())?)
}

fn values(column: &Column) -> Values {
    if let Some(numbers) = column.sample_numbers() {
        let numbers = numbers.into_iter().map(|number| number as f32).collect();
        return if column.kind == ColumnKind::Flag { Values::Flag(numbers) } else { Values::Number(numbers) };
    }
    match (&column.sample, &column.facts) {
        (SampleValues::Text(hashes, _), Facts::Text(facts)) => {
            let counted = facts.counts.most_frequent();
            let places: HashMap<u64, u32> =
                counted.iter().zip(0..).map(|(counted, place)| (counted.hash, place)).collect();
            let mut levels: Vec<String> = counted.into_iter().map(|counted| counted.text).collect();
            let rare = levels.len() as u32;
            let code = |hash: &u64| {
                if *hash == MISSING { MISSING_LEVEL } else { places.get(hash).copied().unwrap_or(rare) }
            };
            let codes: Vec<u32> = hashes.iter().map(code).collect();
            if codes.contains(&rare) {
                levels.push(RARE.to_owned());
            }
            Values::Category { codes, levels }
        }
        _ => Values::Number(Vec::new()),
    }
}
