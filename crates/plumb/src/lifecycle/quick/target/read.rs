//! Labels from the words of an outcome column.

use anyhow::{Result, bail};
use plumb_lead::Values;
use plumb_tables::ColumnReading;

use super::choice::{Choice, Statuses};
use super::words::{TargetWord, WordClass, Words};

/// A class with fewer rows would be missing from one of the parts too often.
const CLASS_ROWS_MIN: usize = 20;

/// An outcome column, read as two classes.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::lifecycle::quick) struct Target {
    /// The rows that count: their word is positive or negative.
    pub(in crate::lifecycle::quick) rows: Vec<usize>,
    /// Whether each of these rows is positive.
    pub(in crate::lifecycle::quick) labels: Vec<bool>,
    /// The positive words.
    pub(in crate::lifecycle::quick) positive: String,
    /// Why they are these.
    pub(in crate::lifecycle::quick) why: String,
    /// All words, the most frequent first.
    pub(in crate::lifecycle::quick) words: Vec<TargetWord>,
    /// What somebody should look at.
    pub(in crate::lifecycle::quick) warnings: Vec<String>,
}

/// An outcome column as it was read from a file.
#[derive(Clone, Copy, Debug)]
pub(in crate::lifecycle::quick) struct OutcomeColumn<'a> {
    /// The file as messages name it.
    pub(in crate::lifecycle::quick) file: &'a str,
    /// The column's name.
    pub(in crate::lifecycle::quick) name: &'a str,
    /// Its values.
    pub(in crate::lifecycle::quick) values: &'a Values,
    /// How they were read.
    pub(in crate::lifecycle::quick) reading: &'a ColumnReading,
}

impl Target {
    /// Reads the labels from a column by what the user says of its words.
    pub(in crate::lifecycle::quick) fn read(column: OutcomeColumn<'_>, statuses: &Statuses) -> Result<Target> {
        let OutcomeColumn { file, name, values, reading } = column;
        let words = Words::of(name, values, reading)?;
        match words.words.as_slice() {
            [] => bail!("target `{name}` is missing in every row: expected two values, such as yes and no"),
            [only] => bail!(
                "target `{name}` is `{}` in all {} rows: expected two values, such as yes and no; there is nothing to \
                 tell apart",
                only.shown,
                only.rows
            ),
            _ => {}
        }
        let Choice { classes, why, warnings } = Choice::new(file, name, &words, statuses)?;
        let words_of = |wanted: WordClass| -> Vec<&str> {
            let of = words.words.iter().zip(&classes).filter(|(_, class)| **class == wanted);
            of.map(|(word, _)| word.shown.as_str()).collect()
        };
        let (positive, negative) = (words_of(WordClass::Positive).join(", "), words_of(WordClass::Negative).join(", "));
        let (mut rows, mut labels) = (Vec::new(), Vec::new());
        for (row, word) in words.of_rows.iter().enumerate() {
            if let Some(class) = word.map(|word| classes[word]).filter(|class| *class != WordClass::Ignored) {
                rows.push(row);
                labels.push(class == WordClass::Positive);
            }
        }
        check_classes(name, &labels, &positive, &negative, &warnings)?;
        let target_words = words.words.into_iter().zip(classes);
        let words = target_words
            .map(|(word, class)| TargetWord { word: word.shown, also: word.also, rows: word.rows, class })
            .collect();
        Ok(Target { rows, labels, positive, why, words, warnings })
    }

    /// Returns the share of positives.
    pub(in crate::lifecycle::quick) fn base_rate(&self) -> f64 {
        self.labels.iter().filter(|label| **label).count() as f64 / self.labels.len().max(1) as f64
    }

    /// Returns the number of rows whose word is left out.
    pub(in crate::lifecycle::quick) fn rows_ignored(&self) -> usize {
        self.words.iter().filter(|word| word.class == WordClass::Ignored).map(|word| word.rows).sum()
    }
}

/// Refuses classes that are too small to be split.
fn check_classes(name: &str, labels: &[bool], positive: &str, negative: &str, warnings: &[String]) -> Result<()> {
    let positives = labels.iter().filter(|label| **label).count();
    let left_out = if warnings.is_empty() { String::new() } else { format!("; {}", warnings.join("; ")) };
    if positives == labels.len() {
        bail!(
            "target `{name}`: all {positives} rows that are left are positive (`{positive}`): expected some to compare \
             them with{left_out}"
        );
    }
    let classes = [(negative, labels.len() - positives), (positive, positives)];
    if let Some((words, rows)) = classes.into_iter().find(|(_, rows)| *rows < CLASS_ROWS_MIN) {
        bail!(
            "target `{name}` is `{words}` in {rows} rows only: expected at least {CLASS_ROWS_MIN} of each value, so that \
             there are some to train on, to choose on and to test on{left_out}"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use plumb_lead::MISSING_LEVEL;

    use super::*;

    fn words(rows: &[(&str, usize)]) -> Values {
        let codes = rows
            .iter()
            .enumerate()
            .flat_map(|(code, (word, rows))| vec![if word.is_empty() { MISSING_LEVEL } else { code as u32 }; *rows]);
        Values::Category { codes: codes.collect(), levels: rows.iter().map(|(word, _)| (*word).to_owned()).collect() }
    }

    fn read(values: &Values, statuses: &Statuses) -> Result<Target> {
        Target::read(
            OutcomeColumn { file: "x.csv", name: "status", values, reading: &ColumnReading::Category },
            statuses,
        )
    }

    fn positive(words: &[&str]) -> Statuses {
        Statuses { positive: words.iter().map(|word| (*word).to_owned()).collect(), ..Statuses::default() }
    }

    fn usual() -> Statuses {
        Statuses::default()
    }

    #[track_caller]
    fn check(rows: &[(&str, usize)], statuses: &Statuses, positive: &str, [positives, all]: [usize; 2]) -> Target {
        let target = read(&words(rows), statuses).expect("two classes");
        let count = target.labels.iter().filter(|label| **label).count();
        assert_eq!((target.positive.as_str(), count, target.rows.len()), (positive, positives, all), "{target:?}");
        target
    }

    #[track_caller]
    fn check_error(rows: &[(&str, usize)], statuses: &Statuses, expected: &[&str]) -> String {
        let error = read(&words(rows), statuses).expect_err("no target").to_string();
        expected.iter().for_each(|part| assert!(error.contains(part), "`{error}` does not say `{part}`"));
        error
    }

    #[test]
    fn a_word_that_says_yes_is_positive_even_if_it_is_the_more_frequent_one() {
        check(&[("Ja", 60), ("Nein", 40)], &usual(), "Ja", [60, 100]);
        check(&[("Converted", 60), ("Rest", 40), ("", 9)], &usual(), "Converted", [60, 100]);
        check(&[("Stays", 60), ("Lost", 40)], &usual(), "Stays", [60, 100]);
        let rarer = check(&[("gold", 60), ("tin", 40)], &usual(), "tin", [40, 100]);
        assert_eq!(rarer.why, "the rarer of `gold` and `tin`: 40 of 100 rows");
        check(&[("gold", 60), ("tin", 40)], &positive(&[" GOLD "]), "gold", [60, 100]);
    }

    #[test]
    fn digits_of_a_flag_are_read_as_such() {
        let digits = read(&Values::Number([1.0, 1.0, 0.0].repeat(20)), &usual()).expect("two classes");
        assert_eq!((digits.positive.as_str(), digits.base_rate() > 0.6), ("1", true));
    }

    #[test]
    fn open_leads_are_left_out_and_counted_if_a_positive_word_is_named() {
        let rows = [("Lost", 50), ("Won", 30), ("Open", 20), ("won ", 5), ("In Progress", 7)];
        let target = check(&rows, &positive(&["Won"]), "Won", [35, 85]);
        assert_eq!(target.rows_ignored(), 27);
        assert!(target.warnings[0].starts_with("27 rows are left out"), "{:?}", target.warnings);
        assert!(
            target.warnings[0].contains("`Open` 20, `In Progress` 7") && target.warnings[0].contains("--ignore \"\"")
        );
        let all = Statuses { ignore: Some(vec![String::new()]), ..positive(&["Won"]) };
        assert!(check(&rows, &all, "Won", [35, 112]).warnings.is_empty());
        let some = Statuses { ignore: Some(vec!["in progress".into()]), ..positive(&["Won"]) };
        check(&rows, &some, "Won", [35, 105]);
        let named = Statuses { negative: vec!["Lost".into()], ..usual() };
        check_error(&rows, &named, &["which of them are positive is not clear"]);
        check(&rows, &Statuses { negative: vec!["Lost".into()], ..positive(&["Won"]) }, "Won", [35, 85]);
        check(&rows, &Statuses { ignore: Some(vec!["Open,In Progress".into()]), ..usual() }, "Won", [35, 85]);
    }

    #[test]
    fn several_words_without_a_choice_are_listed_with_a_command_that_never_counts_open_leads_as_lost() {
        let error = check_error(
            &[("Lost", 50), ("Won, paid", 30), ("Open", 20), ("OPEN", 9)],
            &usual(),
            &[
                "target `status` has 3 values, and which of them are positive is not clear:",
                "50 rows `Lost`: looks negative",
                "29 rows `Open` (also written `OPEN`): looks open, without an end yet",
                "plumb quick x.csv --target status --positive \"Won, paid\" --ignore \"Open\"",
            ],
        );
        assert!(!error.contains("--negative"), "{error}");
        check_error(&[("a", 50), ("b", 30), ("c", 30)], &usual(), &["--positive \"WORDS\"", "with --ignore which"]);
        // Two words of which one has no end are no two classes.
        check_error(&[("Won", 50), ("Open", 50)], &usual(), &["has leads that look open, and these are not lost"]);
        check_error(&[("Won", 50), ("Open", 50)], &positive(&["Won"]), &["all 50 rows that are left are positive"]);
    }

    #[test]
    fn a_target_without_two_classes_is_refused_with_its_values() {
        check_error(&[("won", 2)], &usual(), &["is `won` in all 2 rows"]);
        check_error(&[("", 2)], &usual(), &["missing in every row"]);
        check_error(&[("lost", 50), ("won", 50)], &positive(&["gone"]), &["expected `lost` or `won`"]);
        check_error(&[("lost", 1), ("won", 50)], &usual(), &["is `lost` in 1 rows only: expected at least 20"]);
        let both = Statuses { ignore: Some(vec!["won".into()]), ..positive(&["won"]) };
        check_error(&[("lost", 50), ("won", 50)], &both, &["`won` is in two of"]);
    }
}
