//! Words of a column: frequent and rare ones, and spellings of one word.

use std::collections::BTreeMap;

use super::quantiles::{histogram, sorted};
use crate::gather::TextFacts;
use crate::outcome::{Spelling, TextProfile, ValueCount, ValuesProfile};
use crate::sketch::Counted;

const TOP_SHOWN: usize = 30;
const SPELLINGS_SHOWN: usize = 20;

/// A value of fewer rows is rare.
const RARE_ROWS: u64 = 5;

/// Returns what is said of a column's values; `None` if no value is frequent. `present` is the number of its rows.
pub(super) fn values(facts: &TextFacts, present: u64, with_spellings: bool) -> ValuesProfile {
    let counted = facts.counts.most_frequent();
    let is_exact = facts.counts.is_exact();
    let rare = || counted.iter().filter(|counted| counted.count < RARE_ROWS);
    // Of values that were forgotten once, those with a count no larger than what was forgotten mean nothing.
    let is_sure = |counted: &&Counted| is_exact || counted.count > counted.short_by;
    let top: Vec<&Counted> = counted.iter().filter(is_sure).take(TOP_SHOWN).collect();
    ValuesProfile {
        short_by: top.iter().map(|counted| counted.short_by).max().unwrap_or_default(),
        top: top.iter().map(|counted| ValueCount { value: counted.text.clone(), rows: counted.count }).collect(),
        is_exact,
        entropy: is_exact.then(|| entropy(&counted, present)),
        rare_values: is_exact.then(|| rare().count() as u64),
        rare_rows: is_exact.then(|| rare().map(|counted| counted.count).sum()),
        spellings: if with_spellings { spellings(&counted) } else { Vec::new() },
    }
}

/// Returns what is said of the lengths of a column's texts. `lengths` are those of the sample.
pub(super) fn lengths(facts: &TextFacts, lengths: &[u32]) -> TextProfile {
    let is_none = facts.lengths.count() == 0;
    TextProfile {
        mean: facts.lengths.mean(),
        min: if is_none { 0 } else { facts.length_min },
        max: facts.length_max,
        histogram: histogram(&sorted(lengths.iter().filter(|length| **length > 0).map(|length| f64::from(*length)))),
    }
}

fn entropy(counted: &[Counted], present: u64) -> f64 {
    let shares = counted.iter().map(|counted| counted.count as f64 / present.max(1) as f64);
    shares.map(|share| -share * share.log2()).sum::<f64>().max(0.0)
}

fn spellings(counted: &[Counted]) -> Vec<Spelling> {
    let mut by_word: BTreeMap<String, Vec<&Counted>> = BTreeMap::new();
    for counted in counted {
        by_word.entry(plain(&counted.text)).or_default().push(counted);
    }
    let mut groups: Vec<Vec<&Counted>> = by_word
        .into_iter()
        .filter(|(word, group)| !word.is_empty() && group.len() > 1)
        .map(|(_, group)| group)
        .collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.iter().map(|counted| counted.count).sum::<u64>()));
    let spelling = |group: Vec<&Counted>| Spelling {
        spellings: group.into_iter().map(|one| ValueCount { value: one.text.clone(), rows: one.count }).collect(),
    };
    groups.into_iter().take(SPELLINGS_SHOWN).map(spelling).collect()
}

/// A word without case, blanks and punctuation. Signs that tell words apart, as in `C++` and `C#`, stay.
fn plain(text: &str) -> String {
    let drops =
        |sign: &char| sign.is_whitespace() || matches!(sign, '-' | '_' | '.' | ',' | '/' | '\'' | '"' | '(' | ')');
    // Numbers stay as they are: `1.5` and `15` are two.
    if text.chars().all(|sign| sign.is_ascii_digit() || sign.is_ascii_punctuation() || sign.is_whitespace()) {
        return text.to_owned();
    }
    text.chars().filter(|sign| !drops(sign)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use plumb_tables::Texts;

    use super::*;
    use crate::sketch::hash_of_text;

    fn facts(words: &[(&str, usize)]) -> TextFacts {
        let mut texts = Texts::default();
        words.iter().for_each(|(word, rows)| (0..*rows).for_each(|_| texts.push(Some(word))));
        let hashes: Vec<u64> = texts.iter().flatten().map(hash_of_text).collect();
        let mut facts = TextFacts::new();
        facts.add(&texts, &hashes);
        facts
    }

    #[test]
    fn spellings_of_one_word_are_found_and_other_words_left_apart() {
        let facts =
            facts(&[("Germany", 7), ("germany ", 2), ("GER-MANY", 1), ("C++", 3), ("C#", 3), ("1.5", 2), ("15", 2)]);
        let found = values(&facts, 20, true);
        let spellings: Vec<Vec<(&str, u64)>> = found
            .spellings
            .iter()
            .map(|spelling| spelling.spellings.iter().map(|one| (one.value.as_str(), one.rows)).collect())
            .collect();
        assert_eq!(spellings, [[("Germany", 7), ("germany ", 2), ("GER-MANY", 1)]]);
        assert_eq!((found.rare_values, found.rare_rows), (Some(6), Some(13)));
    }

    #[test]
    fn entropy_is_in_bits() {
        let found = values(&facts(&[("a", 4), ("b", 2), ("c", 2)]), 8, false);
        assert_eq!(found.entropy, Some(1.5));
    }
}
