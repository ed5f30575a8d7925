//! Small tables for tests.

use plumb_tables::{Block, ColumnPlan, ColumnReading, ColumnValues, DateOrder, NumberForm, Texts};

use crate::summary::{ColumnSummary, StoredKind, SummaryBuilder, TableName, TableSummary};

/// Returns an empty column.
pub(crate) fn column(name: &str, reading: ColumnReading) -> ColumnSummary {
    let plan = ColumnPlan { name: name.to_owned(), reading, missing: Vec::new(), merge_spellings: false };
    let table = TableName { source: "s".into(), table: "records".into() };
    SummaryBuilder::new(table, &[&plan], &[]).finish().columns.remove(0)
}

/// Returns a table of a file from its lines, whose first has the names. Cells are separated by commas; a column is of
/// numbers, dates or words by its first cell.
pub(crate) fn table(source: &str, lines: &str) -> TableSummary {
    database_table(source, "records", lines)
}

/// Returns a table of a database, whose numbers are numbers in SQL too.
pub(crate) fn database_table(source: &str, name: &str, lines: &str) -> TableSummary {
    let mut lines = lines.trim().lines().map(|line| line.trim().split(',').map(str::trim).collect::<Vec<_>>());
    let names = lines.next().expect("a header");
    let rows: Vec<Vec<&str>> = lines.collect();
    let cells = |column: usize| rows.iter().map(move |row| row[column]);
    let plans: Vec<ColumnPlan> = names
        .iter()
        .enumerate()
        .map(|(column, name)| ColumnPlan {
            name: (*name).to_owned(),
            reading: reading_of(cells(column).filter(|cell| !cell.is_empty()).collect()),
            missing: Vec::new(),
            merge_spellings: false,
        })
        .collect();
    let columns = plans.iter().enumerate().map(|(column, plan)| values_of(plan, cells(column))).collect();
    let in_database = |plan: &ColumnPlan| match (&plan.reading, name) {
        (ColumnReading::Number(_), name) if name != "records" => StoredKind::Integer,
        _ => StoredKind::Text,
    };
    let stored: Vec<StoredKind> = plans.iter().map(in_database).collect();
    let table = TableName { source: source.into(), table: name.into() };
    let mut builder = SummaryBuilder::new(table, &plans.iter().collect::<Vec<_>>(), &stored);
    builder.add(&Block { lines: (2..rows.len() as u64 + 2).collect(), columns });
    builder.finish()
}

fn reading_of(cells: Vec<&str>) -> ColumnReading {
    let all = |is: fn(&str) -> bool| !cells.is_empty() && cells.iter().all(|cell| is(cell));
    if all(|cell| cell.parse::<f64>().is_ok()) {
        ColumnReading::Number(NumberForm::default())
    } else if all(|cell| cell == "yes" || cell == "no") {
        ColumnReading::Flag { yes: vec!["yes".into()], no: vec!["no".into()] }
    } else if all(|cell| time_of(cell).is_some()) {
        let days_only = all(|cell| cell.len() == 10);
        ColumnReading::Timestamp { order: DateOrder::YearMonthDay, days_only }
    } else {
        ColumnReading::Category
    }
}

fn time_of(cell: &str) -> Option<i64> {
    let text = if cell.len() == 10 { format!("{cell}T00:00:00Z") } else { cell.to_owned() };
    chrono::DateTime::parse_from_rfc3339(&text).ok().map(|time| time.timestamp_micros())
}

fn values_of<'a>(plan: &ColumnPlan, cells: impl Iterator<Item = &'a str>) -> ColumnValues {
    match plan.reading {
        ColumnReading::Number(_) => ColumnValues::Number(cells.map(|cell| cell.parse().unwrap_or(f64::NAN)).collect()),
        ColumnReading::Flag { .. } => ColumnValues::Flag(
            cells.map(|cell| if cell.is_empty() { f32::NAN } else { f32::from(u8::from(cell == "yes")) }).collect(),
        ),
        ColumnReading::Timestamp { .. } => {
            ColumnValues::Timestamp(cells.map(|cell| time_of(cell).unwrap_or(i64::MIN)).collect())
        }
        _ => {
            let mut texts = Texts::default();
            cells.for_each(|cell| texts.push((!cell.is_empty()).then_some(cell)));
            ColumnValues::Text(texts)
        }
    }
}
