//! The column to predict, and which of its two values is positive.

use anyhow::{Result, bail};
use plumb_lead::{Column, Table, Values};

/// How many values or names a message lists before it says that there are more.
const LISTED_MAX: usize = 24;

/// A class with fewer rows would be missing from one of the parts too often.
const CLASS_ROWS_MIN: usize = 20;

/// A two-class column.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Target {
    /// The rows in which it is known.
    pub(super) rows: Vec<usize>,
    /// Whether each of these rows is positive.
    pub(super) labels: Vec<bool>,
    /// The positive value.
    pub(super) positive: String,
    /// Why it is that one.
    pub(super) why: String,
}

impl Target {
    /// Reads the labels from a column. `positive` is the value that the user chose, if any.
    pub(super) fn read(table: &Table, name: &str, positive: Option<&str>) -> Result<Target> {
        let values = &column(table, name)?.values;
        let words: Vec<Option<String>> = (0..table.rows()).map(|row| class(values, row)).collect();
        let counts = count(words.iter().flatten());
        let two = match counts.as_slice() {
            [] => bail!("target `{name}` is missing in every row: expected two values, such as yes and no"),
            [(word, rows)] => bail!(
                "target `{name}` is `{word}` in all {rows} rows: expected two values, such as yes and no; \
                 there is nothing to tell apart"
            ),
            [first, second] => [first, second],
            more => bail!(
                "target `{name}` has {} values ({}): expected two, such as yes and no; make a column of two \
                 values of it, or choose another",
                more.len(),
                listed(more.iter().map(|(word, _)| word.as_str()))
            ),
        };
        let (positive, why) = choose(two, positive, matches!(values, Values::Flag(_)))?;
        if let Some((word, rows)) = two.into_iter().find(|(_, rows)| *rows < CLASS_ROWS_MIN) {
            bail!(
                "target `{name}` is `{word}` in {rows} rows only: expected at least {CLASS_ROWS_MIN} of each value, so \
                 that there are some to train on, to choose on and to test on"
            );
        }
        let (rows, labels) = words
            .iter()
            .enumerate()
            .filter_map(|(row, word)| word.as_ref().map(|word| (row, *word == positive)))
            .unzip();
        Ok(Target { rows, labels, positive, why })
    }

    /// Returns the share of positives.
    pub(super) fn base_rate(&self) -> f64 {
        self.labels.iter().filter(|label| **label).count() as f64 / self.labels.len().max(1) as f64
    }
}

/// Returns a column, or an error with the names that are near to one that the table lacks.
pub(super) fn column<'a>(table: &'a Table, name: &str) -> Result<&'a Column> {
    if let Some(column) = table.column(name) {
        return Ok(column);
    }
    let known = || table.columns().iter().map(|column| column.name.as_str());
    let mut near: Vec<(usize, &str)> = known()
        .map(|known| (strsim::levenshtein(&known.to_lowercase(), &name.to_lowercase()), known))
        .filter(|(distance, _)| *distance <= name.chars().count() / 3)
        .collect();
    near.sort();
    if near.is_empty() {
        bail!("there is no column `{name}`; the columns are {}", listed(known()));
    }
    bail!("there is no column `{name}`; near it are {}", listed(near.into_iter().map(|(_, known)| known)));
}

/// Returns the class of a row as a word. A flag's is yes or no, however the file writes it.
fn class(values: &Values, row: usize) -> Option<String> {
    let text = values.text(row)?;
    match values {
        Values::Flag(_) => Some(if text == "true" { "yes" } else { "no" }.to_owned()),
        _ => Some(text),
    }
}

/// The classes and how often each occurs, in the order of their words.
fn count<'a>(words: impl Iterator<Item = &'a String>) -> Vec<(String, usize)> {
    let mut counts = std::collections::BTreeMap::<&String, usize>::new();
    words.for_each(|word| *counts.entry(word).or_default() += 1);
    counts.into_iter().map(|(word, rows)| (word.clone(), rows)).collect()
}

fn choose(two: [&(String, usize); 2], positive: Option<&str>, is_flag: bool) -> Result<(String, String)> {
    let [(first, first_rows), (second, second_rows)] = two;
    if let Some(positive) = positive {
        let word = match positive.to_lowercase().as_str() {
            "true" | "1" if is_flag => "yes".to_owned(),
            "false" | "0" if is_flag => "no".to_owned(),
            lower => lower.to_owned(),
        };
        let chosen = [first, second].into_iter().find(|known| known.to_lowercase() == word);
        return match chosen {
            Some(chosen) => Ok((chosen.clone(), "as chosen".to_owned())),
            None => bail!("--positive `{positive}` does not occur: expected `{first}` or `{second}`"),
        };
    }
    if is_flag {
        return Ok(("yes".to_owned(), "yes, true or 1 in the file".to_owned()));
    }
    if (first.as_str(), second.as_str()) == ("0", "1") {
        return Ok(("1".to_owned(), "1 in the file".to_owned()));
    }
    let (rarer, rows) = if second_rows <= first_rows { (second, second_rows) } else { (first, first_rows) };
    Ok((rarer.clone(), format!("the rarer of `{first}` and `{second}`: {rows} of {} rows", first_rows + second_rows)))
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.len().checked_sub(LISTED_MAX) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..LISTED_MAX].join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use plumb_lead::MISSING_LEVEL;

    use super::*;

    fn table(values: Values) -> Table {
        Table::new(vec![Column { name: "outcome".into(), values }]).expect("one column has one length")
    }

    fn words(codes: &[u32], levels: &[&str]) -> Table {
        let levels = levels.iter().map(|level| (*level).to_owned()).collect();
        table(Values::Category { codes: codes.to_vec(), levels })
    }

    #[track_caller]
    fn check_error(table: &Table, column: &str, positive: Option<&str>, expected: &str) {
        let error = Target::read(table, column, positive).expect_err("no target").to_string();
        assert!(error.contains(expected), "`{error}` does not say `{expected}`");
    }

    #[test]
    fn yes_of_a_flag_and_the_rarer_of_two_words_are_positive() {
        let flag = Target::read(&table(Values::Flag([1.0, f32::NAN, 0.0].repeat(20))), "outcome", None).expect("two");
        assert_eq!((&flag.rows[..3], &flag.labels[..3]), (&[0, 2, 3][..], &[true, false, true][..]));
        let two = words(&[0, 1, 0, MISSING_LEVEL].repeat(20), &["lost", "won"]);
        let word = Target::read(&two, "outcome", None).expect("two classes");
        assert_eq!((&word.rows[..4], &word.labels[..4]), (&[0, 1, 2, 4][..], &[false, true, false, false][..]));
        assert!(word.positive == "won" && word.why.contains("20 of 60 rows"), "{}", word.why);
        let chosen = Target::read(&two, "outcome", Some("Lost")).expect("it occurs");
        assert_eq!(chosen.labels[..3], [true, false, true]);
        let digits = Target::read(&table(Values::Number([1.0, 1.0, 0.0].repeat(20))), "outcome", None).expect("two");
        assert_eq!(digits.positive, "1");
    }

    #[test]
    fn a_target_without_two_classes_is_refused_with_its_values() {
        check_error(&words(&[0, 0], &["won"]), "outcome", None, "is `won` in all 2 rows");
        check_error(&words(&[0, 1, 2], &["won", "lost", "open"]), "outcome", None, "3 values (`lost`, `open`, `won`)");
        check_error(&table(Values::Number(vec![f32::NAN])), "outcome", None, "missing in every row");
        check_error(&words(&[0, 1], &["won", "lost"]), "outcome", Some("open"), "expected `lost` or `won`");
        check_error(
            &words(&[0, 1], &["won", "lost"]),
            "outcome",
            None,
            "is `lost` in 1 rows only: expected at least 20",
        );
    }

    #[test]
    fn an_unknown_column_is_refused_with_the_nearest_names() {
        check_error(&words(&[0], &["won"]), "Outcom", None, "near it are `outcome`");
        check_error(&words(&[0], &["won"]), "revenue", None, "the columns are `outcome`");
    }
}
