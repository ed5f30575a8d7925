//! Whether a column is numbers, and in which form they are written.

use super::super::evidence::Evidence;
use super::super::number::{self, COMMA_FORMS, POINT_FORMS, form_bit, mark};
use super::super::units::is_point_currency;
use super::convention::Convention;
use crate::plan::NumberForm;

/// The most cells, as one of so many, that may be unreadable in a column of numbers or dates.
pub(crate) const UNREADABLE_ONE_OF: u64 = 100;

/// Whether a column is numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Numbers {
    /// It is, all but a few cells.
    Are(Reading),
    /// Most cells look like numbers, but not all do so in one form: why not.
    LookLike(String),
    /// It is not.
    AreNot,
}

/// How the numbers of a column are read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reading {
    pub(crate) form: NumberForm,
    /// Cells that are none.
    pub(crate) unreadable: u64,
    pub(crate) doubt: Doubt,
}

/// How sure the decimal sign is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// The column's own cells decide, or there is nothing to decide.
    None,
    /// Other columns of the file decide.
    ByOtherColumns,
    /// The separator of cells, or what is more usual, decides.
    Guessed,
}

/// Decides whether a column is numbers.
pub(crate) fn numbers(evidence: &Evidence, convention: &Convention) -> Numbers {
    let forms = &evidence.forms;
    let candidates = forms.present - forms.missing_count();
    let all = forms.number_count();
    if all == 0 || all * 2 < candidates {
        return Numbers::AreNot;
    }
    let Some((survivors, fitting)) = survivors(evidence) else { return Numbers::AreNot };
    if too_many(candidates - fitting, candidates) {
        return Numbers::LookLike(misfits(evidence, all, candidates));
    }
    let mut unreadable = candidates - fitting;
    let (units, others) = match units(evidence) {
        Ok(units) => units,
        Err(why) => return Numbers::LookLike(why),
    };
    unreadable += others;
    let percents = forms.marked(mark::PERCENT).count;
    let shares = all - percents - forms.zeros.min(all - percents);
    if percents > 0 && shares > 0 {
        if too_many(shares, candidates) {
            return Numbers::LookLike(format!("{percents} have a percent sign and {shares} have none"));
        }
        unreadable += shares;
    }
    if too_many(unreadable, candidates) {
        return Numbers::LookLike("too many of them have another unit".to_owned());
    }
    let (decimal, doubt) = decimal(evidence, survivors, convention);
    let has = |mark: u16| forms.marked(mark).count > 0;
    let form = NumberForm {
        thousands: thousands(survivors, decimal),
        decimal,
        units,
        percent: percents > 0,
        parentheses: has(mark::PARENTHESES),
        plus: has(mark::PLUS_AFTER),
        trailing_minus: has(mark::TRAILING_MINUS),
        scale: has(mark::SCALE),
    };
    Numbers::Are(Reading { form, unreadable, doubt })
}

/// Whether so many unreadable cells are too many of all.
pub(crate) fn too_many(unreadable: u64, candidates: u64) -> bool {
    unreadable * UNREADABLE_ONE_OF > candidates
}

/// Returns the forms under which the most cells are numbers, and how many these are.
fn survivors(evidence: &Evidence) -> Option<(number::Forms, u64)> {
    let fitting = |bit: u8| evidence.forms.fitting(1 << bit);
    let most = (0..8).map(fitting).max().filter(|most| *most > 0)?;
    Some(((0..8).filter(|bit| fitting(*bit) == most).map(|bit| 1 << bit).sum(), most))
}

/// Says why not all cells are numbers of one form.
fn misfits(evidence: &Evidence, all: u64, candidates: u64) -> String {
    let forms = &evidence.forms;
    let odd = candidates - all;
    if too_many(odd, candidates) {
        let example = forms.odd_words.iter().max_by_key(|word| word.count);
        let example = example.map_or_else(String::new, |odd| {
            format!(", such as {} in line {}", super::super::notes::quoted(odd.word), odd.line)
        });
        return format!("{odd} of {candidates} are none{example}");
    }
    let best = |set: number::Forms| {
        (0..8).map(|bit| 1 << bit).filter(|bit| set & bit != 0).map(|bit| forms.fitting(bit)).max()
    };
    format!(
        "{} of them fit a decimal point and {} a decimal comma, of {all}",
        best(POINT_FORMS).unwrap_or(0),
        best(COMMA_FORMS).unwrap_or(0)
    )
}

/// Returns the spellings of the one unit that the column has, and how many cells have another.
fn units(evidence: &Evidence) -> Result<(Vec<String>, u64), String> {
    let forms = &evidence.forms;
    let mut keys: Vec<(&str, u64)> = Vec::new();
    for (_, key, count) in &forms.units {
        match keys.iter_mut().find(|(known, _)| known == key) {
            Some(known) => known.1 += count,
            None => keys.push((key, *count)),
        }
    }
    keys.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let others: u64 = keys.iter().skip(1).map(|(_, count)| count).sum();
    if forms.units_are_many || too_many(others, forms.number_count()) {
        let listed: Vec<_> = forms.units.iter().map(|(unit, _, count)| (unit.as_str(), *count)).collect();
        return Err(format!("they have several units: {}", super::super::notes::listed_words(&listed)));
    }
    let first = keys.first().map_or("", |(key, _)| key);
    let mut units: Vec<String> =
        forms.units.iter().filter(|(_, key, _)| key == first).map(|(unit, ..)| unit.clone()).collect();
    units.sort();
    Ok((units, others))
}

/// Returns the decimal sign.
fn decimal(evidence: &Evidence, survivors: number::Forms, convention: &Convention) -> (Option<char>, Doubt) {
    let forms = &evidence.forms;
    match (survivors & POINT_FORMS != 0, survivors & COMMA_FORMS != 0) {
        (true, false) => return (Some('.'), Doubt::None),
        (false, true) => return (Some(','), Doubt::None),
        _ => {}
    }
    let points = forms.numbers[usize::from(number::AMBIGUOUS_POINT)];
    let commas = forms.numbers[usize::from(number::AMBIGUOUS_COMMA)];
    if points == 0 && commas == 0 {
        return (convention.decimal, Doubt::None);
    }
    if forms.units.iter().any(|(unit, ..)| is_point_currency(unit)) {
        return (Some('.'), Doubt::None);
    }
    if let Some(decimal) = convention.decimal {
        return (Some(decimal), Doubt::ByOtherColumns);
    }
    // `1.200` beside `1234`: who groups thousands groups all of them.
    if forms.ungrouped_from_1000 * 50 > forms.number_count() {
        return (Some(if points > 0 { '.' } else { ',' }), Doubt::ByOtherColumns);
    }
    let is_comma = convention.by_semicolon && !convention.decimals_differ;
    (Some(if is_comma { ',' } else { '.' }), Doubt::Guessed)
}

fn thousands(survivors: number::Forms, decimal: Option<char>) -> Option<char> {
    let fits = |thousands: Option<char>| match decimal {
        Some(decimal) => survivors & form_bit(decimal, thousands) != 0,
        None => survivors & (form_bit('.', thousands) | form_bit(',', thousands)) != 0,
    };
    if fits(None) {
        return None;
    }
    let point_or_comma = if decimal == Some(',') { '.' } else { ',' };
    [point_or_comma, '\'', ' '].into_iter().find(|sign| fits(Some(*sign)))
}
