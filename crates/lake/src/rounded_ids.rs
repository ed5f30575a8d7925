//! Identifiers that a spreadsheet has rounded: it takes a long one for a number, shows `5.1234E+11`, and saves what it shows.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The most digits that a spreadsheet shows of a number that it writes with an exponent.
const DIGITS_MAX: usize = 6;

/// The least exponent that it writes: shorter numbers are shown whole.
const EXPONENT_MIN: u32 = 9;

/// Rows with rounded identifiers, counted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct RoundedIds {
    /// Rows with one.
    pub(crate) rows: u64,
    /// The first.
    pub(crate) example: String,
    different: BTreeSet<String>,
}

impl RoundedIds {
    /// Counts an identifier if it is a rounded one. It may have a prefix, as in `crm:5.1234E+11`.
    pub(crate) fn add(&mut self, id: &str) {
        let Some(number) = rounded(id) else { return };
        self.rows += 1;
        if self.example.is_empty() {
            number.clone_into(&mut self.example);
        }
        if !self.different.contains(id) {
            self.different.insert(id.to_owned());
        }
    }

    /// Adds those of later rows.
    pub(crate) fn merge(&mut self, later: RoundedIds) {
        self.rows += later.rows;
        if self.example.is_empty() {
            self.example = later.example;
        }
        self.different.extend(later.different);
    }

    /// Returns how many different ones there are.
    pub(crate) fn different(&self) -> usize {
        self.different.len()
    }
}

/// Returns the part of an identifier that is a rounded number; `None` if there is none.
fn rounded(id: &str) -> Option<&str> {
    // Nearly all identifiers are sorted out by this.
    let plus = id
        .rfind("+")
        .filter(|plus| id.as_bytes()[..*plus].last().is_some_and(|byte| byte.eq_ignore_ascii_case(&b'e')))?;
    let exponent: u32 = id[plus + 1..].trim_end().parse().ok().filter(|exponent| *exponent >= EXPONENT_MIN)?;
    let mantissa = &id[..plus - 1];
    let begin = mantissa.rfind(|letter: char| !(letter.is_ascii_digit() || ".,".contains(letter)));
    let begin = begin.map_or(0, |at| at + mantissa[at..].chars().next().map_or(1, char::len_utf8));
    let digits = mantissa[begin..].bytes().filter(u8::is_ascii_digit).count();
    let is_number = mantissa[begin..].bytes().next().is_some_and(|byte| byte.is_ascii_digit());
    (is_number && digits <= DIGITS_MAX && exponent < 100).then(|| id[begin..].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(id: &str, expected: Option<&str>) {
        assert_eq!(rounded(id), expected, "{id}");
    }

    #[test]
    fn numbers_as_spreadsheets_round_them_are_found() {
        check("5.1234E+11", Some("5.1234E+11"));
        check("crm:5,12345E+14", Some("5,12345E+14"));
        check("1E+12", Some("1E+12"));
        check("é5.1E+11 ", Some("5.1E+11"));
    }

    #[test]
    fn other_identifiers_are_not() {
        for id in [
            "",
            "+",
            "E+11",
            "512340000000",
            "5.1234E+3",
            "5.123456789E+11",
            "a5e+b",
            "x+12",
            "+4912",
            "5.1E+110",
            "é+12",
        ] {
            check(id, None);
        }
    }

    #[test]
    fn rows_that_share_one_are_counted() {
        let mut ids = RoundedIds::default();
        ["a:5.1E+11", "a:5.1E+11", "a:7", "a:5.2E+11"].into_iter().for_each(|id| ids.add(id));
        assert_eq!((ids.rows, ids.different(), ids.example.as_str()), (3, 2, "5.1E+11"));
    }
}
