//! What the values of a status mean: reached, given up, or still open.

use serde::Serialize;

use crate::words::{has_any, has_phrase, words_of};

/// What the values of a status mean. All are lower case and trimmed, as SQL compares them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StatusMeaning {
    /// Values of an outcome that was reached.
    pub positive: Vec<String>,
    /// Values of an outcome that was given up or refused.
    pub negative: Vec<String>,
    /// All others: not known yet.
    pub open: Vec<String>,
}

const POSITIVE: [&str; 18] = [
    "won",
    "converted",
    "customer",
    "sold",
    "signed",
    "approved",
    "accepted",
    "placed",
    "purchased",
    "subscribed",
    "enrolled",
    "gewonnen",
    "zusage",
    "kunde",
    "success",
    "successful",
    "closedwon",
    "hired",
];

const NEGATIVE: [&str; 22] = [
    "lost",
    "disqualified",
    "unqualified",
    "rejected",
    "junk",
    "dead",
    "declined",
    "cancelled",
    "canceled",
    "lapsed",
    "verloren",
    "abgelehnt",
    "absage",
    "invalid",
    "churned",
    "unresponsive",
    "refused",
    "withdrawn",
    "failed",
    "closedlost",
    "expired",
    "abandoned",
];

const NEGATIVE_PHRASES: [&str; 12] = [
    "not converted",
    "not interested",
    "no interest",
    "not responding",
    "not eligible",
    "not qualified",
    "no response",
    "not won",
    "not a fit",
    "no fit",
    "bad fit",
    "given up",
];

/// Values that say nothing of the person: a second record, a test.
const NEITHER: [&str; 4] = ["duplicate", "test", "spam", "merged"];

impl StatusMeaning {
    /// Returns whether some value is positive: then it can be a target.
    pub(crate) fn is_decided(&self) -> bool {
        !self.positive.is_empty()
    }

    /// Returns the values that decide.
    pub(crate) fn decided(&self) -> Vec<String> {
        self.positive.iter().chain(&self.negative).cloned().collect()
    }
}

/// Returns what values mean. `known` has those that an export's preset knows, each with whether it is positive.
pub(crate) fn meaning_of_values<'a>(values: impl Iterator<Item = &'a str>, known: &[(&str, bool)]) -> StatusMeaning {
    let mut meaning = StatusMeaning::default();
    let mut spellings: Vec<String> = values.map(|value| value.trim().to_lowercase()).collect();
    spellings.sort();
    spellings.dedup();
    for value in spellings {
        let said = known.iter().find(|(word, _)| *word == value).map(|(_, positive)| *positive);
        match said.or_else(|| meaning_of(&value)) {
            Some(true) => meaning.positive.push(value),
            Some(false) => meaning.negative.push(value),
            None => meaning.open.push(value),
        }
    }
    meaning
}

/// Returns whether a value is positive or negative; `None` if it is neither.
fn meaning_of(value: &str) -> Option<bool> {
    let words = words_of(value);
    if has_any(&words, &NEITHER) {
        return None;
    }
    if has_phrase(&words, &NEGATIVE_PHRASES) || has_any(&words, &NEGATIVE) {
        return Some(false);
    }
    // "Converted?" asks, "potential customer" hopes.
    let hopes = has_any(&words, &["potential", "prospective", "future", "no", "not", "non", "to", "former"]);
    (has_any(&words, &POSITIVE) && !hopes).then_some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, expected: Option<bool>) {
        assert_eq!(meaning_of(value), expected, "{value}");
    }

    #[test]
    fn statuses_are_reached_given_up_or_open() {
        check("closed won", Some(true));
        check("Closed - Converted", Some(true));
        check("Closed - Not Converted", Some(false));
        check("customer", Some(true));
        check("potential customer", None);
        check("Junk Lead", Some(false));
        check("not responding", Some(false));
        check("in progress positive", None);
        check("open", None);
        check("duplicate", None);
    }

    #[test]
    fn spellings_are_one_value() {
        let meaning = meaning_of_values(["Won", "WON ", "lost", "New"].into_iter(), &[]);
        assert_eq!(meaning.positive, ["won"]);
        assert_eq!((meaning.negative, meaning.open), (vec!["lost".to_owned()], vec!["new".to_owned()]));
    }

    #[test]
    fn codes_mean_what_the_export_says() {
        let meaning = meaning_of_values(["0", "1", "2"].into_iter(), &[("1", true), ("2", false)]);
        assert_eq!((meaning.positive, meaning.negative), (vec!["1".to_owned()], vec!["2".to_owned()]));
    }
}
