//! Decides how each column is read, from the evidence of all its cells, and says what it decided.

mod convention;
mod numbers;
mod dates;
mod texts;
mod said;

pub(crate) use convention::Convention;

use self::dates::Dates;
use self::numbers::{Numbers, numbers};
use super::evidence::Evidence;
use super::flags::flag_of;
use super::missing::means_missing;
use super::names::{NameSays, name_says};
use super::notes::note;
use super::number::mark;
use crate::plan::{ColumnPlan, ColumnReading};
use crate::report::{Level, Note, NoteCode};

/// A code has at most so many different values, and each stands in so many rows on average.
const CODES_MAX: u64 = 2_000;
const ROWS_OF_A_CODE: u64 = 10;

/// How a column is read, and what is said of that.
pub(crate) struct Decision {
    pub(crate) plan: ColumnPlan,
    pub(crate) notes: Vec<Note>,
}

/// Decides how a column is read.
pub(crate) fn decide(name: &str, evidence: &Evidence, convention: &Convention) -> Decision {
    let says = name_says(name);
    let candidates = evidence.forms.present - evidence.forms.missing_count();
    if candidates == 0 {
        return ignored(name, "no cell of it has a value".to_owned());
    }
    if says == NameSays::Unnamed && evidence.counts_rows() {
        return ignored(name, "it has no name of its own and counts the rows".to_owned());
    }
    identifier(name, says, evidence)
        .or_else(|| flag(name, evidence))
        .or_else(|| code(name, says, evidence))
        .or_else(|| date(name, says, evidence, convention))
        .or_else(|| number(name, says, evidence, convention))
        .unwrap_or_else(|| texts::decide(name, evidence))
}

fn ignored(name: &str, why: String) -> Decision {
    let what = format!("the column is left out: {why}");
    let notes = vec![note(Level::Info, NoteCode::ColumnIgnored, name, 1, what, "")];
    Decision { plan: plan(name, ColumnReading::Ignored { why }), notes }
}

fn plan(name: &str, reading: ColumnReading) -> ColumnPlan {
    ColumnPlan { name: name.to_owned(), reading, missing: Vec::new(), merge_spellings: false }
}

/// Returns a plan that takes all spellings of missing in the column as such.
fn plan_with_missing(name: &str, reading: ColumnReading, evidence: &Evidence) -> ColumnPlan {
    let missing = evidence.forms.missing.iter().map(|word| word.word.to_owned()).collect();
    ColumnPlan { missing, ..plan(name, reading) }
}

/// Returns whether whole numbers or words are few and frequent, as codes are.
fn are_codes(evidence: &Evidence) -> bool {
    let distinct = evidence.distinct();
    distinct <= CODES_MAX && distinct * ROWS_OF_A_CODE <= evidence.present()
}

/// Identifiers: by the form of the cells, or by the name of the column.
fn identifier(name: &str, says: NameSays, evidence: &Evidence) -> Option<Decision> {
    let forms = &evidence.forms;
    let candidates = forms.present - forms.missing_count();
    let by_form = forms.ids.name(candidates);
    let all_numbers = forms.number_count() * 10 >= candidates * 9;
    let is_long = forms.marked(mark::BEYOND_EXACT).count > 0 || forms.marked(mark::ROUNDED).count > 0;
    let is_shortened = forms.marked(mark::SHORTENED).count * 2 > candidates;
    let is_named = says == NameSays::Identifier;
    if by_form.is_none() && !is_named && !(all_numbers && is_long) {
        return None;
    }
    if is_named && by_form.is_none() && !is_long && !is_shortened && are_codes(evidence) {
        return Some(as_category(name, evidence, all_numbers));
    }
    let mut notes = Vec::new();
    if is_shortened || forms.marked(mark::ROUNDED).count > 0 {
        notes.push(said::rounded(name, evidence));
    } else if is_long && !is_named {
        let (count, long) = (forms.marked(mark::BEYOND_EXACT).count, forms.marked(mark::BEYOND_EXACT));
        let example = long.example.clone().unwrap_or_default();
        let what = format!(
            "{count} numbers such as `{example}` are too long to be held exactly: they are read as identifiers"
        );
        notes.push(note(Level::Info, NoteCode::Precision, name, count, what, ""));
    }
    if by_form.is_some() && forms.ids.short > 0 && forms.ids.long > 0 {
        let what = format!(
            "{} ids have 15 characters and {} have 18: the same record may be there under both",
            forms.ids.short, forms.ids.long
        );
        let way_out = "export one form; the first 15 characters of the longer one are the shorter, whose case counts";
        notes.push(note(Level::Warning, NoteCode::Spelling, name, forms.ids.short.min(forms.ids.long), what, way_out));
    }
    Some(Decision { plan: plan_with_unmistakable(name, ColumnReading::Identifier, evidence), notes })
}

/// Returns a plan that takes the unmistakable spellings of missing as such.
fn plan_with_unmistakable(name: &str, reading: ColumnReading, evidence: &Evidence) -> ColumnPlan {
    let is_sure = |word: &str| means_missing(word) == Some(super::missing::Sure::Unmistakable);
    let missing = evidence.forms.missing.iter().map(|word| word.word).filter(|word| is_sure(word));
    ColumnPlan { missing: missing.map(str::to_owned).collect(), ..plan(name, reading) }
}

fn as_category(name: &str, evidence: &Evidence, is_numeric: bool) -> Decision {
    let mut notes = Vec::new();
    if is_numeric {
        let (distinct, example) = (evidence.distinct(), evidence.forms.example.clone().unwrap_or_default());
        let what = format!(
            "{distinct} different numbers such as `{example}` are codes by the column's name: they are read as words"
        );
        let way_out = "give the column `kind = \"number\"` in the plan if they are quantities";
        notes.push(note(Level::Info, NoteCode::NumericCode, name, evidence.present(), what, way_out));
    }
    let Decision { plan, notes: others } = texts::decide(name, evidence);
    notes.extend(others);
    Decision { plan, notes }
}

/// Yes and no, in any language.
fn flag(name: &str, evidence: &Evidence) -> Option<Decision> {
    if evidence.is_many {
        return None;
    }
    let words: Vec<&str> = evidence
        .words
        .iter()
        .map(|word| word.word)
        .filter(|word| means_missing(word).is_none() || *word == "x" || *word == "X")
        .collect();
    let flag = flag_of(&words, evidence.empty > 0)?;
    let mut notes = Vec::new();
    if !flag.is_plain {
        let no: Vec<&str> = flag.no.iter().map(|word| if word.is_empty() { "(empty)" } else { word }).collect();
        let what = format!("`{}` is read as yes, `{}` as no", flag.yes.join("`, `"), no.join("`, `"));
        notes.push(note(
            Level::Info,
            NoteCode::FlagWords,
            name,
            evidence.present(),
            what,
            "fix the column's words in the plan",
        ));
    }
    let reading = ColumnReading::Flag { yes: flag.yes, no: flag.no };
    let mut plan = plan_with_missing(name, reading, evidence);
    if let ColumnReading::Flag { yes, no } = &plan.reading {
        let known: Vec<String> = yes.iter().chain(no).cloned().collect();
        plan.missing.retain(|word| !known.iter().any(|known| known.eq_ignore_ascii_case(word)));
    }
    Some(Decision { plan, notes })
}

/// Codes that are written in digits: postal codes, and numbers that begin with zeros.
fn code(name: &str, says: NameSays, evidence: &Evidence) -> Option<Decision> {
    let forms = &evidence.forms;
    let candidates = forms.present - forms.missing_count();
    let is_numeric = forms.number_count() * 10 >= candidates * 9;
    let zeros = forms.marked(mark::LEADING_ZERO).count;
    let is_named = matches!(says, NameSays::PostalCode | NameSays::Code);
    if !is_numeric || (!is_named && zeros == 0) {
        return None;
    }
    if !is_named && zeros > 0 && forms.fitting(super::number::ALL_FORMS) != forms.number_count() {
        return None;
    }
    let mut decision = if are_codes(evidence) || is_named {
        as_category(name, evidence, true)
    } else {
        let what = format!("{zeros} numbers begin with zeros, as identifiers do: they are not read as numbers");
        let notes = vec![note(
            Level::Info,
            NoteCode::NumericCode,
            name,
            zeros,
            what,
            "give the column `kind = \"number\"` in the plan if they are quantities",
        )];
        Decision { plan: plan_with_unmistakable(name, ColumnReading::Identifier, evidence), notes }
    };
    if says == NameSays::PostalCode && zeros == 0 && forms.digits.0 == 4 && forms.digits.1 == 5 {
        let what = "some have 4 digits and some 5: a spreadsheet has probably taken the zeros at the beginning";
        decision.notes.push(note(
            Level::Warning,
            NoteCode::IdentifierRounded,
            name,
            evidence.present(),
            what,
            "export the column as text again",
        ));
    }
    Some(decision)
}

fn date(name: &str, says: NameSays, evidence: &Evidence, convention: &Convention) -> Option<Decision> {
    match dates::dates(says, evidence, convention) {
        Dates::Are(reading) => {
            let mut notes = dates::notes(name, evidence, &reading);
            let timestamp = ColumnReading::Timestamp { order: reading.order, days_only: reading.days_only };
            notes.extend(said::sentinels(name, &evidence.forms.moments.sentinels(), said::moment));
            Some(Decision { plan: plan_with_missing(name, timestamp, evidence), notes })
        }
        Dates::LookLike(why) => {
            let Decision { plan, mut notes } = texts::decide(name, evidence);
            let what = format!("the column looks like dates, but {why}: it is read as words");
            notes.insert(
                0,
                note(
                    Level::Warning,
                    NoteCode::DateAmbiguous,
                    name,
                    evidence.present(),
                    what,
                    "mend the cells, or give the column `kind = \"timestamp\"` and its `order` in the plan",
                ),
            );
            Some(Decision { plan, notes })
        }
        Dates::AreNot => None,
    }
}

fn number(name: &str, says: NameSays, evidence: &Evidence, convention: &Convention) -> Option<Decision> {
    match numbers(evidence, convention) {
        Numbers::Are(reading) => {
            let forms = &evidence.forms;
            let is_whole = forms.fitting(super::number::ALL_FORMS) == forms.number_count();
            let is_unique = evidence.distinct() * 100 >= evidence.present() * 99 && evidence.present() >= 20;
            if says == NameSays::Numbered && is_whole && is_unique {
                return Some(Decision {
                    plan: plan_with_unmistakable(name, ColumnReading::Identifier, evidence),
                    notes: Vec::new(),
                });
            }
            let mut notes = said::number_notes(name, evidence, &reading);
            notes.extend(said::sentinels(name, &forms.plain.sentinels(), |value| value.to_string()));
            Some(Decision { plan: plan_with_missing(name, ColumnReading::Number(reading.form), evidence), notes })
        }
        Numbers::LookLike(why) => {
            let Decision { plan, mut notes } = texts::decide(name, evidence);
            let what = format!("the column looks like numbers, but {why}: it is read as words");
            let way_out =
                "mend the cells, name a spelling of missing in `missing`, or fix the column's form in the plan";
            notes.insert(0, note(Level::Warning, NoteCode::NumberAmbiguous, name, evidence.present(), what, way_out));
            Some(Decision { plan, notes })
        }
        Numbers::AreNot => None,
    }
}
