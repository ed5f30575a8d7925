//! Reads conditions as people write them in a spreadsheet.

use super::condition::Condition;
use super::quantity::{self, Quantity};

/// The longest condition: as much as a cell of Excel's holds (32,767 characters), with room for two cells and for letters
/// of two bytes.
const CONDITION_BYTES_MAX: usize = 128 << 10;

/// What a condition may look like, for messages.
const CONDITIONS: &str = "`fintech`, `a, b`, `11-50`, `> 5`, `50+`, `contains x`, `starts with x`, `not x`, `yes`, `no`, `is empty` or `any`";

const ANY: [&str; 8] = ["any", "*", "all", "anything", "filled", "known", "present", "set"];
const MISSING: [&str; 5] = ["missing", "empty", "blank", "absent", "unknown value"];
const ERRORS: [&str; 7] = ["#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"];

/// Words before what is compared that add nothing.
const FILLERS: [&str; 8] = ["is ", "are ", "equals ", "equal to ", "one of ", "in ", "==", "="];
const NEGATIONS: [&str; 10] =
    ["is not ", "are not ", "isn't ", "does not ", "doesn't ", "not equal to ", "not ", "<>", "!=", "≠"];

type Part = fn(String) -> Condition;

const PARTS: [(&str, Part); 12] = [
    ("contains ", Condition::Contains),
    ("contain ", Condition::Contains),
    ("containing ", Condition::Contains),
    ("includes ", Condition::Contains),
    ("include ", Condition::Contains),
    ("starts with ", Condition::StartsWith),
    ("start with ", Condition::StartsWith),
    ("begins with ", Condition::StartsWith),
    ("begin with ", Condition::StartsWith),
    ("ends with ", Condition::EndsWith),
    ("end with ", Condition::EndsWith),
    ("ending with ", Condition::EndsWith),
];

type Comparison = fn(f32) -> Condition;

const SIGNS: [(&str, Comparison); 6] = [
    (">=", Condition::AtLeast),
    ("≥", Condition::AtLeast),
    ("<=", Condition::AtMost),
    ("≤", Condition::AtMost),
    (">", Condition::Above),
    ("<", Condition::Below),
];

/// Words that are a comparison only before a number: `over the counter` is a word like any other.
const BEFORE: [(&str, Comparison); 14] = [
    ("greater than or equal to ", Condition::AtLeast),
    ("less than or equal to ", Condition::AtMost),
    ("at least ", Condition::AtLeast),
    ("no less than ", Condition::AtLeast),
    ("at most ", Condition::AtMost),
    ("no more than ", Condition::AtMost),
    ("up to ", Condition::AtMost),
    ("more than ", Condition::Above),
    ("greater than ", Condition::Above),
    ("over ", Condition::Above),
    ("above ", Condition::Above),
    ("less than ", Condition::Below),
    ("under ", Condition::Below),
    ("below ", Condition::Below),
];

const AFTER: [(&str, Comparison); 9] = [
    ("+", Condition::AtLeast),
    (" or more", Condition::AtLeast),
    (" and more", Condition::AtLeast),
    (" and up", Condition::AtLeast),
    (" and above", Condition::AtLeast),
    (" or above", Condition::AtLeast),
    (" or less", Condition::AtMost),
    (" or fewer", Condition::AtMost),
    (" or below", Condition::AtMost),
];

impl Condition {
    /// Returns the condition that is written in a cell, or why it cannot be read. The field says which units a number
    /// may have: `< 3 days` is a comparison of `days_open`.
    pub fn parse(text: &str, field: &str) -> Result<Condition, String> {
        let length = text.len();
        if length > CONDITION_BYTES_MAX {
            return Err(format!(
                "a condition of {length} bytes: expected at most {CONDITION_BYTES_MAX}; make several rules of it"
            ));
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ");
        let (text, is_negated) = without_words_before(&text);
        let condition = Condition::of_what_is_compared(text, field)?;
        Ok(if is_negated { condition.negated() } else { condition })
    }

    /// Reads a condition without the words before it.
    fn of_what_is_compared(text: &str, field: &str) -> Result<Condition, String> {
        if text.is_empty() {
            return Err(format!("an empty condition: expected {CONDITIONS}"));
        }
        if ERRORS.contains(&text) {
            return Err("an error of the spreadsheet's own: repair its formula".to_owned());
        }
        if is_one_of(text, &ANY) {
            return Ok(Condition::Any);
        }
        if is_one_of(text, &MISSING) {
            return Ok(Condition::Missing);
        }
        if let Some((rest, part)) = PARTS.iter().find_map(|(word, part)| Some((after(text, word)?, part))) {
            return Ok(part(unquoted(rest.trim()).to_lowercase()));
        }
        match Condition::of_a_number(text, field)? {
            Some(condition) => Ok(condition),
            None => words_of(text),
        }
    }

    fn negated(self) -> Condition {
        match self {
            Condition::Missing => Condition::Any,
            Condition::Any => Condition::Missing,
            Condition::Not(inner) => *inner,
            other => Condition::Not(Box::new(other)),
        }
    }

    /// Reads a comparison or a range; `None` if the text is neither.
    fn of_a_number(text: &str, field: &str) -> Result<Option<Condition>, String> {
        let quantity = |text: &str| Quantity::read(text)?.in_field(field).transpose();
        for (sign, comparison) in SIGNS {
            if let Some(rest) = text.strip_prefix(sign) {
                let expected = || format!("a comparison with no number: expected one after `{sign}`, as in `{sign} 5`");
                return quantity(rest).ok_or_else(expected)?.map(|number| Some(comparison(number)));
            }
        }
        for (word, comparison) in BEFORE {
            if let Some(found) = after(text, word).and_then(quantity) {
                return found.map(|number| Some(comparison(number)));
            }
        }
        for (word, comparison) in AFTER {
            if let Some(found) = before(text, word).and_then(quantity) {
                return found.map(|number| Some(comparison(number)));
            }
        }
        // The unit may stand behind the word: `200+ employees`.
        if let Some((body, unit)) = text.rsplit_once(' ').filter(|(_, unit)| unit.chars().all(char::is_alphabetic)) {
            for (word, comparison) in AFTER {
                if let Some(found) = before(body, word).and_then(|number| quantity(&format!("{number} {unit}"))) {
                    return found.map(|number| Some(comparison(number)));
                }
            }
        }
        let Some((low, high)) = quantity::range(text) else { return Ok(None) };
        let (Some(low), Some(high)) = (low.in_field(field)?, high.in_field(field)?) else { return Ok(None) };
        if low > high {
            return Err(format!("a range that ends before it begins: did you mean `{high}-{low}`?"));
        }
        Ok(Some(Condition::Range { low, high, text: text.to_owned() }))
    }
}

/// Returns a text without the words before what is compared, and whether they negate it. They are taken away in a loop and
/// not by a call within a call: a cell may hold `not not not …`.
fn without_words_before(text: &str) -> (&str, bool) {
    let (mut text, mut is_negated) = (unquoted(text), false);
    // `empty` and `any` may begin like such words, and are whole conditions.
    while !is_one_of(text, &ANY) && !is_one_of(text, &MISSING) && !ERRORS.contains(&text) {
        if let Some(rest) = after_any(text, &NEGATIONS) {
            (text, is_negated) = (unquoted(rest), !is_negated);
        } else if let Some(rest) = after_any(text, &FILLERS) {
            text = unquoted(rest);
        } else {
            break;
        }
    }
    (text, is_negated)
}

fn is_one_of(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Reads `a`, `a, b`, `a; b`, `a | b` and `a or b`.
fn words_of(text: &str) -> Result<Condition, String> {
    if quantity::is_one_or_two(text) {
        let apart = text.replace(',', ", ");
        return Err(format!("one number or several: expected `{apart}` for several, or the one without its comma"));
    }
    if let Some((ordered, _)) = AFTER.iter().find_map(|(suffix, _)| Some((before(text, suffix)?, suffix))) {
        return Err(format!("an order of words, which only the team knows: list the words, as `{ordered}, …`"));
    }
    // `C-level (CEO, CFO)` is each of them, and so is `VP / Director`.
    let separated = text.replace([';', '|', '(', ')'], ",").replace(" or ", ",").replace(" / ", ",");
    let mut words: Vec<String> = Vec::new();
    for word in separated.split(',').map(|word| unquoted(word.trim())).filter(|word| !word.is_empty()) {
        words.push(word.to_owned());
        words.extend(alternatives(word));
    }
    if words.is_empty() { Err(format!("no words: expected {CONDITIONS}")) } else { Ok(Condition::OneOf(words)) }
}

/// Returns the parts of `Technology/SaaS`, each of which is a word; none of `n/a` or `24/7`.
fn alternatives(word: &str) -> Vec<String> {
    let parts: Vec<&str> = word.split('/').map(str::trim).collect();
    let is_word = |part: &&str| part.chars().count() > 1 && part.chars().any(char::is_alphabetic);
    if parts.len() > 1 && parts.iter().all(is_word) {
        parts.into_iter().map(str::to_owned).collect()
    } else {
        Vec::new()
    }
}

fn after_any<'a>(text: &'a str, prefixes: &[&str]) -> Option<&'a str> {
    prefixes.iter().find_map(|prefix| after(text, prefix)).map(str::trim).filter(|rest| !rest.is_empty())
}

/// Returns what follows a prefix in any case; the prefix is of ASCII but for one sign that has no case.
fn after<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let start = text.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

fn before<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let from = text.len().checked_sub(suffix.len())?;
    text.get(from..)?.eq_ignore_ascii_case(suffix).then(|| &text[..from])
}

/// Returns the text without the quotes around it.
fn unquoted(text: &str) -> &str {
    let pairs = [('"', '"'), ('\'', '\''), ('“', '”'), ('„', '“')];
    let inner = pairs.into_iter().find_map(|(open, close)| text.strip_prefix(open)?.strip_suffix(close));
    inner.map_or(text, str::trim)
}
