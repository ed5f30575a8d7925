//! What a column looks like, by its name and what it holds.

use crate::column_role::ColumnRole;
use crate::presets::{Preset, normalised};
use crate::status::meaning_of_values;
use crate::status_names::{CONVERTED, STATUS};
use crate::summary::ColumnSummary;
use crate::words::{has_any, has_phrase, words_of};

/// Words of dates of creation.
const CREATED: [&str; 15] = [
    "created",
    "create",
    "creation",
    "createdate",
    "createdon",
    "signup",
    "registered",
    "registration",
    "submitted",
    "inquiry",
    "enquiry",
    "eingang",
    "erstellt",
    "angelegt",
    "anlagedatum",
];

/// Words of dates at which something became known.
const KNOWN: [&str; 9] =
    ["logged", "recorded", "entered", "received", "loaded", "ingested", "synced", "extracted", "erfasst"];

const UPDATED: [&str; 7] =
    ["updated", "modified", "modifiedon", "lastmodifieddate", "systemmodstamp", "aktualisiert", "geändert"];

const LOST: [&str; 6] = ["lost", "rejected", "disqualified", "declined", "verloren", "abgelehnt"];

const CLOSED: [&str; 9] =
    ["closed", "close", "closedate", "decided", "decision", "completed", "closing", "abschluss", "ended"];

/// Names whose columns are written with the outcome or after it, each with the reason.
const AFTER: [(&str, &str); 18] = [
    ("reason", "a reason is given when it is decided"),
    ("probability", "a probability follows the stage, and is 0 or 100 in the end"),
    ("forecast", "a forecast follows the stage"),
    ("onboarding", "onboarding begins after the outcome"),
    ("invoice", "an invoice follows the outcome"),
    ("contract", "a contract follows the outcome"),
    ("quality", "it is judged by those who have spoken to the lead"),
    ("rating", "it is judged by those who have spoken to the lead"),
    ("tags", "tags are given as the lead is worked on, and the last ones tell how it ended"),
    ("score", "a score changes as the lead is worked on, and only today's is here"),
    ("last activity", "it moves until the outcome, and only the last one is here"),
    ("last notable activity", "it moves until the outcome, and only the last one is here"),
    ("last contacted", "it moves until the outcome, and only the last one is here"),
    ("last contact", "it moves until the outcome, and only the last one is here"),
    ("last touch", "it moves until the outcome, and only the last one is here"),
    ("next step", "it moves until the outcome, and only the last one is here"),
    ("next activity", "it moves until the outcome, and only the last one is here"),
    ("recent deal", "a deal is the outcome"),
];

/// The same for names that are something else if they are a date, a flag or a status.
const AFTER_OUTCOME: [(&str, &str); 4] = [
    ("closed", "it is written when it is decided"),
    ("won", "it is written when it is decided"),
    ("lost", "it is written when it is decided"),
    ("converted", "it is written at the conversion"),
];

/// Returns what a column is for, and why; `None` if nothing says that it is more than a field.
pub(crate) fn role_of(column: &ColumnSummary, presets: &[&Preset]) -> Option<(ColumnRole, String)> {
    let name = normalised(&column.name);
    for preset in presets {
        if let Some(role) = preset.role_of(&name) {
            return Some((role, format!("{} calls it so", preset.title)));
        }
    }
    let words = words_of(&column.name);
    let by_name = |role| Some((role, "by its name".to_owned()));
    if column.has_addresses() {
        return Some((ColumnRole::Email, "its values are e-mail addresses".to_owned()));
    }
    if let Some((_, why)) = AFTER.iter().find(|(phrase, _)| has_phrase(&words, &[phrase])) {
        return Some((ColumnRole::After, (*why).to_owned()));
    }
    if column.is_time() {
        return role_of_time(&words).map(|role| (role, "by its name, and it holds dates".to_owned()));
    }
    if has_any(&words, &["deleted", "archived"]) && !has_any(&words, &["by"]) {
        return by_name(ColumnRole::Deleted);
    }
    if has_any(&words, &["test"]) && column.is_flag() || words.join(" ") == "is test" {
        return by_name(ColumnRole::Test);
    }
    if has_any(&words, &["merged", "duplicate", "master"]) && has_any(&words, &["into", "of", "id", "record", "with"]) {
        let role = if has_any(&words, &["ids"]) { ColumnRole::MergedIds } else { ColumnRole::MergedInto };
        return by_name(role);
    }
    let is_yes_or_no =
        column.is_flag() || column.is_number() && column.numbers == Some((0.0, 1.0)) && column.distinct() == 2;
    if is_yes_or_no && has_any(&words, &CONVERTED) {
        return Some((ColumnRole::Converted, "by its name, and it holds yes and no".to_owned()));
    }
    let names_status =
        has_any(&words, &STATUS) || has_any(&words, &["state", "statecode"]) && has_decided_values(column);
    if (names_status || has_any(&words, &CONVERTED)) && !column.top.is_empty() {
        return Some((ColumnRole::Status, format!("by its name, and it has {} values", column.top.len())));
    }
    if has_any(&words, &["email", "mail"]) && !column.is_number() && !column.is_flag() {
        return by_name(ColumnRole::Email);
    }
    if has_any(&words, &["phone", "telephone", "mobile", "telefon", "mobil", "fax", "cell"]) && !column.is_flag() {
        return by_name(ColumnRole::Phone);
    }
    let after = AFTER_OUTCOME.iter().find(|(phrase, _)| has_phrase(&words, &[phrase]));
    after.map(|(_, why)| (ColumnRole::After, (*why).to_owned()))
}

fn has_decided_values(column: &ColumnSummary) -> bool {
    meaning_of_values(column.top.iter().map(|(value, _)| value.as_str()), &[]).is_decided()
}

/// Returns what a date is for, by the words of its name.
fn role_of_time(words: &[String]) -> Option<ColumnRole> {
    let is_expected = has_any(words, &["expected", "planned", "estimated", "target", "due", "next"]);
    if is_expected || has_any(words, &["last"]) && !has_any(words, &UPDATED) {
        return Some(ColumnRole::After);
    }
    if has_any(words, &["deleted", "archived"]) {
        return Some(ColumnRole::Deleted);
    }
    if has_any(words, &CONVERTED) || has_phrase(words, &["became a customer"]) {
        return Some(ColumnRole::ConvertedAt);
    }
    if has_any(words, &LOST) {
        return Some(ColumnRole::LostAt);
    }
    if has_any(words, &CLOSED) {
        return Some(ColumnRole::ClosedAt);
    }
    if has_any(words, &CREATED) || has_phrase(words, &["date added", "add time", "added on", "added at"]) {
        return Some(ColumnRole::Created);
    }
    if has_any(words, &KNOWN) {
        return Some(ColumnRole::Known);
    }
    has_any(words, &UPDATED).then_some(ColumnRole::Updated)
}

#[cfg(test)]
mod tests {
    use plumb_tables::{ColumnReading, DateOrder};

    use super::*;
    use crate::testing::column;

    #[track_caller]
    fn check(name: &str, reading: ColumnReading, expected: Option<ColumnRole>) {
        assert_eq!(role_of(&column(name, reading), &[]).map(|(role, _)| role), expected, "{name}");
    }

    #[test]
    fn dates_are_told_apart_by_their_names() {
        let date = || ColumnReading::Timestamp { order: DateOrder::YearMonthDay, days_only: false };
        check("created_at", date(), Some(ColumnRole::Created));
        check("CreateDate", date(), Some(ColumnRole::Created));
        check("Converted Date", date(), Some(ColumnRole::ConvertedAt));
        check("lost_on", date(), Some(ColumnRole::LostAt));
        check("Close Date", date(), Some(ColumnRole::ClosedAt));
        check("Expected close date", date(), Some(ColumnRole::After));
        check("last_contacted_at", date(), Some(ColumnRole::After));
        check("logged_at", date(), Some(ColumnRole::Known));
        check("LastModifiedDate", date(), Some(ColumnRole::Updated));
        check("happened_at", date(), None);
    }

    #[test]
    fn columns_that_follow_the_outcome_are_known_by_their_names() {
        check("Lost Reason", ColumnReading::Category, Some(ColumnRole::After));
        check("Probability (%)", ColumnReading::Number(Default::default()), Some(ColumnRole::After));
        check("Tags", ColumnReading::Category, Some(ColumnRole::After));
        check("won_amount", ColumnReading::Number(Default::default()), Some(ColumnRole::After));
        check("Lead Source", ColumnReading::Category, None);
        check("industry", ColumnReading::Category, None);
    }

    #[test]
    fn a_state_is_a_status_only_if_its_values_are() {
        let mut state = column("state", ColumnReading::Category);
        state.top = [("Ohio", 5), ("Texas", 4)].map(|(value, rows)| (value.to_owned(), rows)).into();
        assert_eq!(role_of(&state, &[]), None);
        state.top = [("won", 5), ("open", 4)].map(|(value, rows)| (value.to_owned(), rows)).into();
        assert_eq!(role_of(&state, &[]).map(|(role, _)| role), Some(ColumnRole::Status));
    }
}
