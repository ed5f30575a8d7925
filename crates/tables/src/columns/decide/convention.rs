//! What the columns of a file that decide for themselves say about those that do not.

use super::super::date::{DMY, MDY};
use super::super::evidence::Evidence;
use super::super::number::{COMMA_FORMS, POINT_FORMS};
use super::super::units::is_point_currency;
use crate::plan::DateOrder;

/// How the numbers and dates of a file are written, as far as some column decides it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Convention {
    /// The decimal sign of the columns that decide it.
    pub(crate) decimal: Option<char>,
    /// Whether columns contradict each other in that.
    pub(crate) decimals_differ: bool,
    /// The order of days and months of the columns that decide it.
    pub(crate) order: Option<DateOrder>,
    /// Whether dollars or twelve-hour times point to the United States.
    pub(crate) is_american: bool,
    /// Whether a semicolon separates cells, as where the comma is a decimal one.
    pub(crate) by_semicolon: bool,
}

impl Convention {
    /// Returns the convention of a file's columns.
    pub(crate) fn of<'a>(columns: impl Iterator<Item = &'a Evidence>, separator: Option<char>) -> Convention {
        let mut convention = Convention { by_semicolon: separator == Some(';'), ..Convention::default() };
        let (mut points, mut commas, mut days_first, mut months_first) = (0, 0, 0, 0);
        for column in columns {
            match decided_decimal(column) {
                Some('.') => points += 1,
                Some(_) => commas += 1,
                None => {}
            }
            match decided_order(column) {
                Some(DateOrder::DayMonthYear) => days_first += 1,
                Some(_) => months_first += 1,
                None => {}
            }
            let forms = &column.forms;
            convention.is_american |= forms.date_marks.twelve_hours > 0
                || forms.units.iter().any(|(unit, ..)| matches!(unit.as_str(), "$" | "US$" | "USD"));
        }
        convention.decimals_differ = points > 0 && commas > 0;
        convention.decimal = match (points, commas) {
            (0, 0) => None,
            (_, 0) => Some('.'),
            (0, _) => Some(','),
            _ => None,
        };
        convention.order = match (days_first, months_first) {
            (0, 0) => None,
            (_, 0) => Some(DateOrder::DayMonthYear),
            (0, _) => Some(DateOrder::MonthDayYear),
            _ => None,
        };
        convention
    }
}

/// Returns the decimal sign of a column of numbers whose cells decide it.
fn decided_decimal(column: &Evidence) -> Option<char> {
    let forms = &column.forms;
    let numbers = forms.number_count();
    if numbers == 0 || numbers * 10 < (forms.present - forms.missing_count()) * 9 {
        return None;
    }
    let best =
        |forms_of: u8| (0..8).map(|bit| 1 << bit).filter(|bit| forms_of & bit != 0).map(|bit| forms.fitting(bit)).max();
    let (point, comma) = (best(POINT_FORMS)?, best(COMMA_FORMS)?);
    let is_home_of_point = forms.units.iter().any(|(unit, ..)| is_point_currency(unit));
    match point.cmp(&comma) {
        std::cmp::Ordering::Greater => Some('.'),
        std::cmp::Ordering::Less => Some(','),
        std::cmp::Ordering::Equal => is_home_of_point.then_some('.'),
    }
}

/// Returns the order of a column of dates whose cells decide it.
fn decided_order(column: &Evidence) -> Option<DateOrder> {
    let forms = &column.forms;
    if forms.date_count() * 10 < (forms.present - forms.missing_count()) * 9 || forms.date_marks.named > 0 {
        return None;
    }
    match forms.dated(DMY).cmp(&forms.dated(MDY)) {
        std::cmp::Ordering::Greater => Some(DateOrder::DayMonthYear),
        std::cmp::Ordering::Less => Some(DateOrder::MonthDayYear),
        std::cmp::Ordering::Equal => None,
    }
}
