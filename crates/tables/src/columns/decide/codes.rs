//! Numbers that are none: identifiers and codes, and what spreadsheets do to them.

use super::super::evidence::Evidence;
use super::super::names::NameSays;
use super::super::notes::{note, quoted};
use super::super::number::{ALL_FORMS, mark};
use super::decision::Decision;
use super::words::{is_few, missing_words};
use crate::plan::ColumnReading;
use crate::report::{Level, Note, NoteCode};

/// Up to this value a number under a name such as `visit no` may count something.
const COUNT_MAX: f64 = 1_000.0;

/// Returns the decision on a column of numbers that are identifiers or codes; `None` if they are numbers.
pub(crate) fn codes(name: &str, evidence: &Evidence, says: NameSays) -> Option<Decision> {
    let forms = &evidence.forms;
    let zeros = forms.marked(mark::LEADING_ZERO);
    let beyond = forms.marked(mark::BEYOND_EXACT);
    let are_whole = forms.numbers[usize::from(ALL_FORMS)] + forms.zero_fractions == forms.number_count();
    let named = is_named(evidence, says);
    let shortened = forms.marked(mark::SHORTENED).count > 0;
    if zeros.count == 0 && beyond.count == 0 && !(named && (are_whole || shortened)) {
        return None;
    }
    // Rounded identifiers are few because they are rounded.
    let is_few = !shortened && is_few(evidence.distinct(), evidence.present());
    let mut notes: Vec<Note> = rounded(name, evidence).into_iter().collect();
    notes.extend(lost_zeros(name, evidence, says));
    if beyond.count > 0 {
        let example = quoted(beyond.example.as_deref().unwrap_or_default());
        let what = format!(
            "{} whole numbers such as {example} have more digits than a number can hold exactly: the column is kept as text",
            beyond.count
        );
        notes.push(note(
            Level::Warning,
            NoteCode::Precision,
            name,
            beyond.count,
            what,
            "if the last digits do not matter, shorten them in the file",
        ));
    }
    let why = match &zeros.example {
        Some(example) => format!("{} begins with a zero", quoted(example)),
        None if beyond.count > 0 => {
            format!("{} is too long for a number", quoted(beyond.example.as_deref().unwrap_or_default()))
        }
        None => "its name says so".to_owned(),
    };
    let (reading, kind) =
        if is_few { (ColumnReading::Category, "codes") } else { (ColumnReading::Identifier, "identifiers") };
    let fractions = if forms.zero_fractions > 0 { "; their `.0` stays, and other files may not have it" } else { "" };
    let what = format!("numbers are read as {kind}, as {why}{fractions}");
    notes.push(note(
        Level::Info,
        NoteCode::NumericCode,
        name,
        evidence.present(),
        what,
        "if it is a quantity, fix `kind = \"number\"` for the column in the plan",
    ));
    Some(Decision { reading, missing: missing_words(evidence, |_| true), notes })
}

/// Says that numbers of a column that is none by its name are written in short form, and stay numbers.
pub(crate) fn shortened(name: &str, evidence: &Evidence) -> Option<Note> {
    let seen = evidence.forms.marked(mark::SHORTENED);
    let example = seen.example.as_deref()?;
    let what = format!(
        "{} cells such as {} are written in a spreadsheet's short form: their further digits are lost",
        seen.count,
        quoted(example)
    );
    Some(note(
        Level::Warning,
        NoteCode::IdentifierRounded,
        name,
        seen.count,
        what,
        "export the file again with the column formatted as text or as whole numbers",
    ))
}

fn is_named(evidence: &Evidence, says: NameSays) -> bool {
    let forms = &evidence.forms;
    let range = forms.plain.whole();
    // `Phone` with 1 and 0 says whether there is one.
    let is_yes_or_no = range.is_some_and(|(least, greatest)| least >= 0.0 && greatest <= 1.0);
    match says {
        NameSays::Identifier | NameSays::PostalCode | NameSays::Code => !is_yes_or_no,
        NameSays::Numbered => range.is_none_or(|(_, greatest)| greatest > COUNT_MAX),
        _ => false,
    }
}

/// Says that a spreadsheet has rounded identifiers, and how many rows share one.
fn rounded(name: &str, evidence: &Evidence) -> Option<Note> {
    let forms = &evidence.forms;
    let (short, long, zeros) = (forms.marked(mark::SHORTENED), forms.marked(mark::LONG), forms.marked(mark::ROUNDED));
    // One in ten long numbers ends in a zero by chance.
    let has_zeros = zeros.count >= 3 && zeros.count * 10 >= long.count * 9;
    let (seen, how) = if short.count > 0 {
        (short, "in a spreadsheet's short form")
    } else if has_zeros {
        (zeros, "with zeros from the 16th digit on, as a spreadsheet rounds them")
    } else {
        return None;
    };
    let (rows, distinct) = (evidence.present(), evidence.distinct());
    let about = if evidence.is_many { "about " } else { "" };
    let example = quoted(seen.example.as_deref().unwrap_or_default());
    let what = format!(
        "{} identifiers such as {example} are written {how}: their digits are lost, and {rows} rows have {about}{distinct} different ids: {} rows share theirs with others",
        seen.count,
        rows.saturating_sub(distinct)
    );
    let way_out = "export the file again from its system and do not save it in a spreadsheet; rows that share an id may be several people";
    Some(note(Level::Warning, NoteCode::IdentifierRounded, name, seen.count, what, way_out))
}

/// Says that postal codes have lost their leading zeros.
fn lost_zeros(name: &str, evidence: &Evidence, says: NameSays) -> Option<Note> {
    let (fewest, most) = evidence.forms.digits;
    if says != NameSays::PostalCode
        || !(3..5).contains(&fewest)
        || most != 5
        || evidence.forms.marked(mark::LEADING_ZERO).count > 0
    {
        return None;
    }
    let what =
        format!("postal codes have {fewest} to {most} digits: a spreadsheet has probably taken their leading zeros");
    Some(note(
        Level::Warning,
        NoteCode::IdentifierRounded,
        name,
        evidence.present(),
        what,
        "export the file again with the column as text",
    ))
}
