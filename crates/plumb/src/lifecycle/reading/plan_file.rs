//! The reading plan as a file: `reading.toml`.

use std::path::Path;

use anyhow::{Context, Result};
use plumb_tables::ReadingPlan;

use crate::files::read_text;

/// The name of the file in a model's folder.
const FILE: &str = "reading.toml";

/// Writes a plan into a model's folder.
pub(crate) fn save(folder: &Path, plan: &ReadingPlan) -> Result<()> {
    let path = folder.join(FILE);
    plumb_lake::write_atomically(&path, plan.to_toml().as_bytes())
        .with_context(|| format!("cannot write `{}`", path.display()))
}

/// Returns the plan of a model's folder; `None` if it has none.
pub(crate) fn load(folder: &Path) -> Result<Option<ReadingPlan>> {
    let path = folder.join(FILE);
    if path.exists() { read_plan(&path).map(Some) } else { Ok(None) }
}

/// Reads a plan.
pub(crate) fn read_plan(path: &Path) -> Result<ReadingPlan> {
    let text = read_text(path, "a reading plan")?;
    Ok(ReadingPlan::from_toml(&text, &path.display().to_string())?)
}

#[cfg(test)]
mod tests {
    use plumb_tables::{ColumnPlan, ColumnReading, DateOrder, NumberForm};

    use super::*;

    #[test]
    fn a_plan_is_the_same_after_it_was_written_and_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let column = |name: &str, reading| ColumnPlan {
            name: name.to_owned(),
            reading,
            missing: vec!["-".to_owned()],
            merge_spellings: false,
        };
        let number =
            NumberForm { decimal: Some(','), thousands: Some('.'), units: vec!["€".into()], ..NumberForm::default() };
        let columns = vec![
            column("Umsatz", ColumnReading::Number(number)),
            column("Won", ColumnReading::Flag { yes: vec!["Ja".into()], no: vec!["Nein".into()] }),
            column("Created", ColumnReading::Timestamp { order: DateOrder::DayMonthYear, days_only: true }),
            column("Id", ColumnReading::Identifier),
            column("Index", ColumnReading::Ignored { why: "it counts the rows".into() }),
        ];
        let plan = ReadingPlan { columns, ..ReadingPlan::default() };
        assert_eq!(load(folder.path()).expect("readable"), None);
        save(folder.path(), &plan).expect("writable");
        assert_eq!(load(folder.path()).expect("readable"), Some(plan));
        std::fs::write(folder.path().join(FILE), "[file]\nseparator = \";;\"\n").expect("writable");
        let error = format!("{:#}", load(folder.path()).expect_err("two characters"));
        assert!(error.contains("reading.toml") && error.contains("line 2"), "{error}");
    }
}
