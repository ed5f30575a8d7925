//! Decides how one column is read.

use super::super::evidence::Evidence;
use super::super::missing::{Sure, means_missing};
use super::super::names::{NameSays, name_says};
use super::super::notes::{missing_note, note, unreadable_note};
use super::codes::{codes, shortened};
use super::convention::Convention;
use super::dates::{Dates, counted, dates};
use super::decision::Decision;
use super::numbers::{Numbers, numbers};
use super::words::{flag, missing_words, words};
use super::{say, say_dates};
use crate::plan::ColumnReading;
use crate::report::{Level, NoteCode};

/// Decides how a column is read.
pub(crate) fn decide(name: &str, evidence: &Evidence, convention: &Convention) -> Decision {
    let mut decision = reading(name, evidence, convention);
    let counted: Vec<(String, u64)> = decision
        .missing
        .iter()
        .map(|spelling| {
            let cells =
                evidence.forms.missing.iter().filter(|word| super::super::missing::is_same(spelling, word.word));
            (spelling.clone(), cells.map(|word| word.count).sum())
        })
        .collect();
    decision.notes.extend(missing_note(name, &counted));
    decision
}

fn reading(name: &str, evidence: &Evidence, convention: &Convention) -> Decision {
    let says = name_says(name);
    if evidence.present() == 0 {
        return ignored(name, evidence, "it is empty");
    }
    let is_sure = |word: &str| means_missing(word) == Some(Sure::Unmistakable);
    if !evidence.is_many && evidence.words.iter().all(|word| is_sure(word.word)) {
        return ignored(name, evidence, "all its cells are empty or mean missing");
    }
    if says == NameSays::Unnamed && evidence.counts_rows() {
        return ignored(name, evidence, "it has no name and counts the rows");
    }
    if let Some(flag) = flag(name, evidence) {
        return flag;
    }
    let numbers = numbers(evidence, convention);
    if let Numbers::Are(reading) = numbers {
        if let Some(codes) = codes(name, evidence, says) {
            return codes;
        }
        let missing = missing_words(evidence, |_| true);
        if let Some(reading) = counted(evidence, says) {
            let notes = say_dates::date_notes(name, evidence, &reading);
            return Decision { reading: say_dates::timestamp(&reading), missing, notes };
        }
        let mut notes = say::number_notes(name, evidence, &reading);
        notes.extend(shortened(name, evidence));
        notes.extend(unreadable(name, "number", reading.unreadable, evidence));
        return Decision { reading: ColumnReading::Number(reading.form), missing, notes };
    }
    let dates = dates(evidence, convention);
    if let Dates::Are(reading) = &dates {
        let mut notes = say_dates::date_notes(name, evidence, reading);
        notes.extend(unreadable(name, "date", reading.unreadable, evidence));
        let missing = missing_words(evidence, |_| true);
        return Decision { reading: say_dates::timestamp(reading), missing, notes };
    }
    let mut decision = words(name, evidence, says);
    let looks = match (numbers, dates) {
        (Numbers::LookLike(why), _) => Some(("numbers", NoteCode::NumberAmbiguous, why)),
        (_, Dates::LookLike(why)) => Some(("dates", NoteCode::DateAmbiguous, why)),
        _ => None,
    };
    decision.notes.extend(looks.map(|(what, code, why)| say::looks_like(name, evidence, what, code, &why)));
    decision
}

fn unreadable(name: &str, kind: &str, count: u64, evidence: &Evidence) -> Option<crate::report::Note> {
    let examples: Vec<(u64, String)> =
        evidence.forms.odd_words.iter().map(|odd| (odd.line, odd.word.to_owned())).collect();
    (count > 0).then(|| unreadable_note(name, kind, count, &examples))
}

fn ignored(name: &str, evidence: &Evidence, why: &str) -> Decision {
    let what = format!("the column is left out: {why}");
    let way_out = "to keep it, fix its kind in the plan";
    Decision {
        reading: ColumnReading::Ignored { why: why.to_owned() },
        missing: Vec::new(),
        notes: vec![note(Level::Info, NoteCode::ColumnIgnored, name, evidence.rows, what, way_out)],
    }
}
