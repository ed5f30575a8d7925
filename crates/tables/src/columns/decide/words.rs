//! How a column of words is read: as a flag, categories, identifiers or texts.

use std::collections::BTreeMap;

use super::super::decode::merged;
use super::super::evidence::Evidence;
use super::super::flags::{FlagWords, flag_of};
use super::super::missing::{Sure, means_missing};
use super::super::names::NameSays;
use super::super::notes::{listed_words, note, quoted};
use super::decision::Decision;
use crate::plan::ColumnReading;
use crate::report::{Level, Note, NoteCode};

/// Up to so many different words are few however many rows there are.
const FEW_MAX: u64 = 1_000;
/// From so many different words on, a column of which most are different is one of texts.
const TEXTS_MIN: u64 = 20;

/// Returns the flag that a column is, if it is one.
pub(crate) fn flag(name: &str, evidence: &Evidence) -> Option<Decision> {
    if evidence.is_many || evidence.words.len() > 24 {
        return None;
    }
    let all: Vec<&str> = evidence.words.iter().map(|word| word.word).collect();
    let spoken: Vec<&str> = all.iter().copied().filter(|word| means_missing(word).is_none()).collect();
    let whole = flag_of(&all, evidence.empty > 0);
    let missing = if whole.is_some() { Vec::new() } else { missing_words(evidence, |_| true) };
    let FlagWords { yes, no, is_plain } = whole.or_else(|| flag_of(&spoken, evidence.empty > 0))?;
    let mut notes = Vec::new();
    let listed = |words: &[String]| {
        words
            .iter()
            .map(|word| if word.is_empty() { "an empty cell".to_owned() } else { quoted(word) })
            .collect::<Vec<_>>()
            .join(", ")
    };
    if !is_plain {
        let what = format!("{} is yes, {} is no", listed(&yes), listed(&no));
        notes.push(note(
            Level::Info,
            NoteCode::FlagWords,
            name,
            evidence.rows,
            what,
            "if these are words, fix `kind = \"category\"` for the column in the plan",
        ));
    }
    if evidence.empty > 0 && spoken.len() == 1 && !no.iter().any(String::is_empty) {
        let what = format!("is {} or empty: an empty cell is missing, and may mean the contrary", quoted(spoken[0]));
        notes.push(note(
            Level::Warning,
            NoteCode::MissingDoubtful,
            name,
            evidence.empty,
            what,
            "if an empty cell is no, add \"\" to `no` of the column's plan",
        ));
    }
    Some(Decision { reading: ColumnReading::Flag { yes, no }, missing, notes })
}

/// Decides how a column of words is read.
pub(crate) fn words(name: &str, evidence: &Evidence, says: NameSays) -> Decision {
    let (present, distinct) = (evidence.present(), evidence.distinct());
    let mut notes = Vec::new();
    let form = evidence.forms.ids.name(present - evidence.forms.missing_count());
    let is_named = matches!(says, NameSays::Identifier | NameSays::Numbered);
    let is_identifier = match form {
        Some("e-mail addresses") => true,
        Some(_) => !is_few(distinct, present),
        None => is_named && !is_few(distinct, present),
    };
    if is_identifier {
        notes.extend(two_lengths(name, evidence));
        return with_missing(name, evidence, ColumnReading::Identifier, notes);
    }
    if is_nearly_unique(evidence) {
        let what = format!(
            "has {distinct} different words in {present} rows, nearly one each: it is read as text, and tells a model nothing"
        );
        notes.push(note(
            Level::Warning,
            NoteCode::NearlyUnique,
            name,
            distinct,
            what,
            "if it is to count, make categories or numbers of it in the file",
        ));
        return with_missing(name, evidence, ColumnReading::Text, notes);
    }
    notes.extend(spellings(name, evidence));
    with_missing(name, evidence, ColumnReading::Category, notes)
}

/// Returns whether different words are so few that several rows share each.
pub(crate) fn is_few(distinct: u64, present: u64) -> bool {
    distinct <= FEW_MAX && distinct * 10 <= present
}

/// Returns the spellings of missing that a column has and `counts` says of that they are.
pub(crate) fn missing_words(evidence: &Evidence, counts: impl Fn(Sure) -> bool) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in evidence.forms.missing.iter().filter(|word| means_missing(word.word).is_some_and(&counts)) {
        if !words.iter().any(|known| super::super::missing::is_same(known, word.word)) {
            words.push(word.word.to_owned());
        }
    }
    words
}

fn is_nearly_unique(evidence: &Evidence) -> bool {
    let (present, distinct) = (evidence.present(), evidence.distinct());
    let is_long = evidence.forms.bytes > present * 40;
    (distinct > TEXTS_MIN && distinct * 2 > present)
        || (distinct >= 5 && distinct == present)
        || (distinct > TEXTS_MIN && distinct * 5 > present && is_long)
}

fn with_missing(name: &str, evidence: &Evidence, reading: ColumnReading, mut notes: Vec<Note>) -> Decision {
    let has_codes = has_codes(evidence);
    let is_missing = |word: &str| match means_missing(word) {
        Some(Sure::Unmistakable) => true,
        Some(Sure::AmongValues) => word == "NA" && !has_codes,
        None => false,
    };
    let mut missing = missing_words(evidence, |_| true);
    let (taken, kept): (Vec<String>, Vec<String>) = missing.drain(..).partition(|word| is_missing(word));
    let counted: Vec<(&str, u64)> = evidence
        .forms
        .missing
        .iter()
        .filter(|word| kept.iter().any(|one| one == word.word))
        .map(|word| (word.word, word.count))
        .collect();
    let count = counted.iter().map(|(_, count)| count).sum();
    if count > 0 {
        let what = format!("{} may mean missing, and counts as a value", listed_words(&counted));
        let way_out = format!("if it is missing, add it to the column's plan: `missing = [\"{}\"]`", counted[0].0);
        notes.push(note(Level::Warning, NoteCode::MissingDoubtful, name, count, what, way_out));
    }
    if let Some(word) = taken.iter().find(|word| *word == "NA") {
        let what = format!("{} is taken as missing, as no other word is a short code", quoted(word));
        notes.push(note(
            Level::Warning,
            NoteCode::MissingDoubtful,
            name,
            0,
            what,
            "if it means North America, Namibia or the like, fix the column in the plan without it in `missing`",
        ));
    }
    Decision { reading, missing: taken, notes }
}

/// Returns whether other words are short codes in capitals, such as `EU`, `US` and `APAC`.
fn has_codes(evidence: &Evidence) -> bool {
    let is_code = |word: &str| (2..=5).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_uppercase());
    let codes = evidence.words.iter().filter(|word| means_missing(word.word).is_none() && is_code(word.word)).count();
    codes >= 2 || (codes >= 1 && evidence.words.len() <= 4)
}

/// Says which words differ by case and blanks only.
fn spellings(name: &str, evidence: &Evidence) -> Vec<Note> {
    let mut notes = Vec::new();
    if evidence.padded > 0 {
        let what = format!("{} cells have blanks around them, which are taken off", evidence.padded);
        notes.push(note(Level::Info, NoteCode::Spelling, name, evidence.padded, what, ""));
    }
    if evidence.is_many {
        return notes;
    }
    let mut groups: BTreeMap<String, Vec<(&str, u64)>> = BTreeMap::new();
    for word in evidence.words.iter() {
        groups.entry(merged(word.word)).or_default().push((word.word, word.count));
    }
    let several: Vec<&Vec<(&str, u64)>> = groups.values().filter(|group| group.len() > 1).collect();
    if let Some(first) = several.first() {
        let count = several.iter().flat_map(|group| group.iter()).map(|(_, count)| count).sum();
        let what = format!(
            "{} spellings, such as {}: each counts as a word of its own",
            if several.len() == 1 {
                "one word has several".to_owned()
            } else {
                format!("{} words have several", several.len())
            },
            listed_words(first)
        );
        notes.push(note(
            Level::Warning,
            NoteCode::Spelling,
            name,
            count,
            what,
            "to make one word of them, fix `merge_spellings = true` for the column in the plan",
        ));
    }
    notes
}

/// Says that ids of Salesforce occur with 15 and with 18 characters.
fn two_lengths(name: &str, evidence: &Evidence) -> Option<Note> {
    let ids = &evidence.forms.ids;
    if ids.short == 0 || ids.long == 0 {
        return None;
    }
    let what = format!(
        "{} ids have 15 characters and {} have 18: the same record may have both, and they are not equal",
        ids.short, ids.long
    );
    Some(note(
        Level::Warning,
        NoteCode::Spelling,
        name,
        ids.short.min(ids.long),
        what,
        "use one length in all files: the first 15 characters of the longer one are the shorter one, and their case counts",
    ))
}
