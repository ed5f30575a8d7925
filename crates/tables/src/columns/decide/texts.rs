//! Columns of words: categories, and texts that nearly every row has its own of.

use std::collections::BTreeMap;

use super::super::decode::merged;
use super::super::evidence::Evidence;
use super::super::missing::{Sure, means_missing};
use super::super::notes::{listed_words, note};
use super::Decision;
use crate::plan::{ColumnPlan, ColumnReading};
use crate::report::{Level, Note, NoteCode};

/// With fewer rows each may have a word of its own by chance.
const ROWS_MIN: u64 = 20;

/// Spellings that say of a thing that it is missing, unless others beside them are codes like them.
const MISSING_AMONG: &[&str] = &[
    "na",
    "?",
    "??",
    ".",
    "..",
    "missing",
    "nil",
    "k.a.",
    "k. a.",
    "keine angabe",
    "not available",
    "not provided",
    "not specified",
    "n.a.",
    "n. a.",
    "n.v.",
    "n.d.",
    "tbd",
    "tba",
    "undefined",
    "void",
];

/// Decides how words are read.
pub(super) fn decide(name: &str, evidence: &Evidence) -> Decision {
    let (missing, mut notes) = missing(name, evidence);
    let taken: u64 = evidence
        .forms
        .missing
        .iter()
        .filter(|word| missing.iter().any(|one| one == word.word))
        .map(|word| word.count)
        .sum();
    let present = evidence.present() - taken;
    let distinct = evidence.distinct().saturating_sub(missing.len() as u64);
    let is_text = present >= ROWS_MIN && distinct * 2 > present;
    if is_text {
        let what = format!("{distinct} of {present} texts are different: no model can learn from them as they are");
        notes.push(note(
            Level::Warning,
            NoteCode::NearlyUnique,
            name,
            present,
            what,
            "make a column of fewer words of it, if it means something",
        ));
    } else if !evidence.is_many {
        notes.extend(spellings(name, evidence, &missing));
    }
    let reading = if is_text { ColumnReading::Text } else { ColumnReading::Category };
    let plan = ColumnPlan { name: name.to_owned(), reading, missing, merge_spellings: false };
    Decision { plan, notes }
}

/// Returns the spellings that are taken as missing, and what is said of those that are not.
fn missing(name: &str, evidence: &Evidence) -> (Vec<String>, Vec<Note>) {
    let (mut missing, mut kept): (Vec<String>, Vec<(&str, u64)>) = (Vec::new(), Vec::new());
    let are_codes = has_codes(evidence);
    for word in evidence.forms.missing.iter() {
        let is_missing = match means_missing(word.word) {
            Some(Sure::Unmistakable) => true,
            // `NA` beside `EU` and `APAC` is North America.
            _ => {
                MISSING_AMONG.contains(&word.word.to_lowercase().as_str())
                    && !(are_codes && word.word.chars().all(char::is_alphabetic))
            }
        };
        if is_missing {
            missing.push(word.word.to_owned());
        } else {
            kept.push((word.word, word.count));
        }
    }
    let count: u64 = kept.iter().map(|(_, count)| count).sum();
    let mut notes = Vec::new();
    if count > 0 {
        let level = if are_codes { Level::Warning } else { Level::Info };
        let what = format!("{} may mean missing, and taken as values here", listed_words(&kept));
        notes.push(note(
            level,
            NoteCode::MissingDoubtful,
            name,
            count,
            what,
            "name them in `missing` of the column's plan if they mean missing",
        ));
    }
    (missing, notes)
}

/// Returns whether short codes in capitals are among the words.
fn has_codes(evidence: &Evidence) -> bool {
    let is_code = |word: &str| (2..=5).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_uppercase());
    let codes = evidence.words.iter().filter(|word| means_missing(word.word).is_none() && is_code(word.word));
    codes.count() >= 1
}

/// Returns what is said of words that differ by case and blanks only.
fn spellings(name: &str, evidence: &Evidence, missing: &[String]) -> Option<Note> {
    let mut words: BTreeMap<String, Vec<(&str, u64)>> = BTreeMap::new();
    for word in evidence.words.iter().filter(|word| !missing.iter().any(|one| one == word.word)) {
        words.entry(merged(word.word)).or_default().push((word.word, word.count));
    }
    let several: Vec<&Vec<(&str, u64)>> = words.values().filter(|spellings| spellings.len() > 1).collect();
    let first = several.first()?;
    let count = several.iter().map(|spellings| {
        let most = spellings.iter().map(|(_, count)| *count).max().unwrap_or(0);
        spellings.iter().map(|(_, count)| count).sum::<u64>() - most
    });
    let more = if several.len() > 1 { format!(" and {} more words", several.len() - 1) } else { String::new() };
    let what = format!("spellings of one word: {}{more}; they are kept apart", listed_words(first));
    Some(note(
        Level::Warning,
        NoteCode::Spelling,
        name,
        count.sum(),
        what,
        "set `merge_spellings = true` for the column in the plan",
    ))
}
