//! Plans that are fixed, and their file.

use plumb_tables::{ColumnPlan, ColumnReading, DateOrder, NumberForm, ReadingPlan};
use proptest::prelude::*;

use crate::memory::{Memory, Value, read_by};

fn plan(toml: &str) -> ReadingPlan {
    ReadingPlan::from_toml(toml, "reading.toml").expect("a plan")
}

fn table(cells: &[&str]) -> Memory {
    Memory::new(&[("Umsatz", cells.iter().map(|cell| (*cell).to_owned()).collect())], ';')
}

const UMSATZ: &str =
    "[[column]]\nname = \"Umsatz\"\nkind = \"number\"\ndecimal = \",\"\nthousands = \".\"\nunits = [\"€\"]\n";

#[test]
fn a_fixed_column_is_read_as_its_plan_says() {
    let whole = read_by(table(&["1.200", "5,5 €", ""]), &plan(UMSATZ)).expect("it fits");
    assert_eq!(whole.values("Umsatz"), [Value::Number(1200.0), Value::Number(5.5), Value::Missing]);
}

#[test]
fn a_cell_that_does_not_fit_is_an_error_with_its_place_rule_and_way_out() {
    let error = read_by(table(&["5,5", "$7"]), &plan(UMSATZ)).err().expect("it does not fit").to_string();
    for part in ["line 3", "column `Umsatz`", "`$7` is no number", "unit `€` or none", "`missing`"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let whole = read_by(table(&["5,5", "$7"]), &plan(&format!("{UMSATZ}missing = [\"$7\"]\n"))).expect("it fits");
    assert_eq!(whole.values("Umsatz")[1], Value::Missing);
}

#[test]
fn a_column_that_the_file_has_not_is_an_error() {
    let error =
        read_by(table(&["5"]), &plan("[[column]]\nname = \"Umsaz\"\nkind = \"text\"\n")).err().expect("no such column");
    assert!(error.to_string().contains("`Umsaz`") && error.to_string().contains("`Umsatz`"), "{error}");
}

#[test]
fn a_number_may_be_named_as_missing() {
    let given = "[[column]]\nname = \"Umsatz\"\nkind = \"number\"\nmissing = [\"-999\"]\n";
    let whole = read_by(table(&["5", "-999"]), &plan(given)).expect("it fits");
    assert_eq!(whole.values("Umsatz")[1], Value::Missing);
}

#[test]
fn spellings_are_merged_if_the_plan_says_so() {
    let given = "[[column]]\nname = \"Umsatz\"\nkind = \"category\"\nmerge_spellings = true\n";
    let whole = read_by(table(&["Not  Interested", "not interested "]), &plan(given)).expect("it fits");
    assert_eq!(whole.values("Umsatz"), [Value::Text("not interested".into()), Value::Text("not interested".into())]);
}

#[track_caller]
fn refused(toml: &str, parts: &[&str]) {
    let error = ReadingPlan::from_toml(toml, "reading.toml").expect_err("refused").to_string();
    for part in parts {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn mistakes_in_the_file_are_named_with_line_and_key() {
    refused("[file]\nencodin = \"utf-8\"\n", &["line 2", "encodin"]);
    refused("[[column]]\nname = \"a\"\nkind = \"number\"\ndecimel = \",\"\n", &["line 4", "decimel"]);
    refused(
        "[[column]]\nname = \"a\"\nkind = \"flag\"\nyes = [\"x\"]\nno = []\ndecimal = \",\"\n",
        &["`decimal`", "`flag`"],
    );
    refused("[[column]]\nname = \"a\"\nkind = \"number\"\ndecimal = \";\"\n", &["`decimal`", "`;`"]);
    refused("[[column]]\nname = \"a\"\nkind = \"timestamp\"\n", &["`order`"]);
    refused(
        "[[column]]\nname = \"a\"\nkind = \"text\"\n\n[[column]]\nname = \"a\"\nkind = \"text\"\n",
        &["line 6", "twice"],
    );
}

fn any_reading() -> impl Strategy<Value = ColumnReading> {
    let words = || proptest::collection::vec(any::<String>(), 0..3);
    let sign = |signs: &'static [char]| proptest::option::of(proptest::sample::select(signs));
    prop_oneof![
        (sign(&['.', ',']), sign(&['\'', ' ']), words(), any::<[bool; 5]>()).prop_map(
            |(decimal, thousands, units, flags)| {
                ColumnReading::Number(NumberForm {
                    decimal,
                    thousands,
                    units,
                    percent: flags[0],
                    parentheses: flags[1],
                    plus: flags[2],
                    trailing_minus: flags[3],
                    scale: flags[4],
                })
            }
        ),
        (words(), words()).prop_map(|(yes, no)| ColumnReading::Flag { yes, no }),
        any::<bool>().prop_map(|days_only| ColumnReading::Timestamp { order: DateOrder::DayMonthYear, days_only }),
        Just(ColumnReading::Category),
        Just(ColumnReading::Identifier),
        Just(ColumnReading::Text),
        any::<String>().prop_map(|why| ColumnReading::Ignored { why }),
    ]
}

proptest! {
    #[test]
    fn a_plan_comes_back_from_its_file(
        columns in proptest::collection::vec((any::<String>(), any_reading(), proptest::collection::vec(any::<String>(), 0..3)), 0..5),
        separator in proptest::option::of(any::<char>()),
    ) {
        let mut plan = ReadingPlan::default();
        plan.file.separator = separator;
        for (place, (name, reading, missing)) in columns.into_iter().enumerate() {
            let merge_spellings = reading == ColumnReading::Category && place % 2 == 0;
            plan.columns.push(ColumnPlan { name: format!("{place}{name}"), reading, missing, merge_spellings });
        }
        let text = plan.to_toml();
        prop_assert!(text.starts_with('#'));
        prop_assert_eq!(ReadingPlan::from_toml(&text, "reading.toml").map_err(|error| error.to_string()), Ok(plan));
    }
}
