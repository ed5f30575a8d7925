//! The words of an outcome column. Spellings that differ by case or blanks are one word.

use std::collections::HashMap;

use anyhow::{Result, bail};
use plumb_lead::{MISSING_LEVEL, Values};
use plumb_tables::ColumnReading;
use serde::Serialize;

/// With more different values a column is a quantity or a text, and no outcome.
const WORDS_MAX: usize = 1_000;

/// What the rows of a word count as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WordClass {
    /// As positive.
    Positive,
    /// As negative.
    Negative,
    /// As neither: they are left out.
    Ignored,
}

/// A word of the target, and what its rows count as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct TargetWord {
    /// Its most frequent spelling.
    pub(crate) word: String,
    /// Its other spellings.
    pub(crate) also: Vec<String>,
    /// In how many rows it is.
    pub(crate) rows: usize,
    /// What these count as.
    pub(crate) class: WordClass,
}

/// The words of a column, the most frequent first.
#[derive(Clone, Debug)]
pub(super) struct Words {
    /// The word of each row by its position; `None` where it is missing.
    pub(super) of_rows: Vec<Option<usize>>,
    pub(super) words: Vec<Word>,
}

/// A word in all its spellings.
#[derive(Clone, Debug, Default)]
pub(super) struct Word {
    /// Its most frequent spelling.
    pub(super) shown: String,
    /// The others.
    pub(super) also: Vec<String>,
    /// What it is called as well, without being written so in the file.
    synonyms: &'static [&'static str],
    pub(super) rows: usize,
}

impl Words {
    /// Reads the words of a column. `reading` is how the file's reader understood it.
    pub(super) fn of(name: &str, values: &Values, reading: &ColumnReading) -> Result<Words> {
        match (values, reading) {
            (Values::Flag(flags), ColumnReading::Flag { yes, no }) => Ok(of_flags(flags, yes, no)),
            (Values::Flag(flags), _) => Ok(of_flags(flags, &[], &[])),
            (Values::Number(numbers), _) => {
                let mut distinct: Vec<f32> = numbers.iter().copied().filter(|number| !number.is_nan()).collect();
                distinct.sort_by(f32::total_cmp);
                distinct.dedup();
                check_count(name, distinct.len())?;
                let levels: Vec<String> = distinct.iter().map(f32::to_string).collect();
                let code = |number: &f32| distinct.binary_search_by(|known| known.total_cmp(number)).ok();
                Ok(merge(numbers.iter().map(code), &levels))
            }
            (Values::Category { codes, levels }, _) => {
                check_count(name, levels.len())?;
                let code = |code: &u32| (*code != MISSING_LEVEL).then_some(*code as usize);
                Ok(merge(codes.iter().map(code), levels))
            }
        }
    }

    /// Returns the position of the word that a user typed.
    pub(super) fn position(&self, typed: &str) -> Option<usize> {
        let typed = plain(typed);
        let is_it = |word: &Word| {
            let mut spellings = word.also.iter().chain([&word.shown]);
            spellings.any(|spelling| plain(spelling) == typed) || word.synonyms.contains(&typed.as_str())
        };
        self.words.iter().position(is_it)
    }
}

fn check_count(name: &str, count: usize) -> Result<()> {
    if count > WORDS_MAX {
        bail!(
            "target `{name}` has {count} different values: expected two, such as yes and no, or some words of which \
             `--positive` names the positive ones"
        );
    }
    Ok(())
}

/// Returns a word without what does not matter in it: case, blanks around and between its parts, and zeros after a point.
fn plain(word: &str) -> String {
    if let Some(number) = word.trim().parse::<f64>().ok().filter(|number| number.is_finite()) {
        return number.to_string();
    }
    word.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

fn of_flags(flags: &[f32], yes: &[String], no: &[String]) -> Words {
    let word = |spellings: &[String], otherwise: &str, synonyms| Word {
        shown: spellings.first().map_or(otherwise, String::as_str).to_owned(),
        also: spellings.iter().skip(1).cloned().collect(),
        synonyms,
        rows: 0,
    };
    let mut words = [word(no, "no", &["no", "false", "0"]), word(yes, "yes", &["yes", "true", "1"])];
    let of_row = |flag: &f32| (!flag.is_nan()).then(|| usize::from(*flag != 0.0));
    let of_rows: Vec<Option<usize>> = flags.iter().map(of_row).collect();
    of_rows.iter().flatten().for_each(|word| words[*word].rows += 1);
    in_order(of_rows, words.into())
}

/// Puts spellings of one word together.
fn merge(codes: impl Iterator<Item = Option<usize>>, levels: &[String]) -> Words {
    let mut rows_of = vec![0; levels.len()];
    let codes: Vec<Option<usize>> = codes.inspect(|code| code.iter().for_each(|code| rows_of[*code] += 1)).collect();
    let mut by_frequency: Vec<usize> = (0..levels.len()).filter(|level| rows_of[*level] > 0).collect();
    by_frequency.sort_by(|left, right| rows_of[*right].cmp(&rows_of[*left]).then(levels[*left].cmp(&levels[*right])));
    let (mut words, mut known, mut word_of) = (Vec::<Word>::new(), HashMap::new(), vec![0; levels.len()]);
    for level in by_frequency {
        let word = *known.entry(plain(&levels[level])).or_insert(words.len());
        match words.get_mut(word) {
            Some(word) => word.also.push(levels[level].clone()),
            None => words.push(Word { shown: levels[level].clone(), ..Word::default() }),
        }
        words[word].rows += rows_of[level];
        word_of[level] = word;
    }
    in_order(codes.into_iter().map(|code| code.map(|code| word_of[code])).collect(), words)
}

/// Puts words in order, the most frequent first, and leaves out those of no row.
fn in_order(of_rows: Vec<Option<usize>>, words: Vec<Word>) -> Words {
    let mut order: Vec<usize> = (0..words.len()).filter(|word| words[*word].rows > 0).collect();
    order.sort_by(|left, right| {
        words[*right].rows.cmp(&words[*left].rows).then_with(|| words[*left].shown.cmp(&words[*right].shown))
    });
    let mut place = vec![0; words.len()];
    order.iter().enumerate().for_each(|(at, word)| place[*word] = at);
    let of_rows = of_rows.into_iter().map(|word| word.map(|word| place[word])).collect();
    Words { of_rows, words: order.iter().map(|word| words[*word].clone()).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_that_differ_by_case_or_blanks_are_one_word() {
        let levels = ["Won", "lost", "WON", "in  progress", "In Progress"].map(str::to_owned).to_vec();
        let codes = [0, 0, 1, 2, 3, 4, 4, MISSING_LEVEL].to_vec();
        let words = Words::of("status", &Values::Category { codes, levels }, &ColumnReading::Category).expect("words");
        let found: Vec<(&str, &[String], usize)> =
            words.words.iter().map(|word| (word.shown.as_str(), word.also.as_slice(), word.rows)).collect();
        assert_eq!(
            found,
            [
                ("In Progress", &["in  progress".to_owned()][..], 3),
                ("Won", &["WON".to_owned()][..], 3),
                ("lost", &[], 1)
            ]
        );
        assert_eq!(words.of_rows[..4], [Some(1), Some(1), Some(2), Some(1)]);
        assert_eq!((words.of_rows[7], words.position(" won"), words.position("open")), (None, Some(1), None));
    }

    #[test]
    fn a_flag_has_the_words_of_its_file() {
        let reading = ColumnReading::Flag { yes: vec!["Ja".into()], no: vec!["Nein".into()] };
        let words = Words::of("won", &Values::Flag(vec![1.0, 0.0, 1.0, f32::NAN]), &reading).expect("words");
        assert_eq!((words.words[0].shown.as_str(), words.words[0].rows), ("Ja", 2));
        assert_eq!((words.position("true"), words.position("JA"), words.position("no")), (Some(0), Some(0), Some(1)));
    }

    #[test]
    fn a_quantity_is_no_outcome() {
        let numbers = Values::Number((0..2_000).map(|number| number as f32).collect());
        let error = Words::of("size", &numbers, &ColumnReading::Category).expect_err("too many").to_string();
        assert!(error.starts_with("target `size` has 2000 different values"), "{error}");
    }
}
