//! The column by whose times rows are split: when a lead came, and not when something became of it.

use anyhow::{Result, bail};

use super::file_table::{FileTable, FileValues};
use super::target::{find_name, listed};

/// Which column tells when a row is from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum TimeChoice {
    /// The one whose name says so, if there is one.
    #[default]
    Find,
    /// None.
    Without,
    /// This one.
    Column(String),
}

/// A column of times.
#[derive(Clone, Debug)]
pub(super) struct TimeColumn {
    /// Its name.
    pub(super) name: String,
    /// The time of each row of the file, in microseconds since 1970; `i64::MIN` is missing.
    pub(super) times: Vec<i64>,
    /// Why it is this one.
    pub(super) why: String,
}

/// A column in which fewer rows have a date, in percent, does not say when rows are from.
const DATED_PERCENT_MIN: usize = 80;

/// Parts of names that tell when a lead came.
const CREATION: &[&str] = &[
    "creat",
    "créat",
    "crea",
    "erstell",
    "angelegt",
    "anlage",
    "eingang",
    "eingegangen",
    "received",
    "submi",
    "regist",
    "signup",
    "signedup",
    "entered",
    "added",
    "inserted",
    "opened",
    "firstcontact",
    "firstseen",
    "erstkontakt",
    "leaddate",
    "enquirydate",
    "inquirydate",
    "requested",
    "requestdate",
    "aangemaakt",
    "criad",
    "arriv",
];

/// Whole names that are of the row itself.
const PLAIN: &[&str] = &["date", "datum", "fecha", "data", "timestamp", "datetime", "time", "day", "tag", "zeitpunkt"];

/// Parts of names of what comes after a lead.
const LATER: &[&str] = &[
    "last",
    "letzt",
    "dernier",
    "ultim",
    "últim",
    "close",
    "closing",
    "abschluss",
    "abgeschlossen",
    "modif",
    "updat",
    "chang",
    "geändert",
    "änderung",
    "convert",
    "won",
    "lost",
    "gewonnen",
    "verloren",
    "birth",
    "geburt",
    "due",
    "fällig",
    "expir",
    "next",
    "nächst",
    "follow",
    "enddate",
    "ended",
    "ende",
    "contractsign",
    "paid",
    "deliver",
    "outcome",
    "decision",
    "stage",
    "status",
    "cancel",
    "export",
];

impl TimeColumn {
    /// Finds the column that was chosen, or the one whose name tells when a lead came.
    pub(super) fn find(file: &FileTable, choice: &TimeChoice) -> Result<Option<TimeColumn>> {
        match choice {
            TimeChoice::Without => Ok(None),
            TimeChoice::Column(typed) => TimeColumn::named(file, typed).map(Some),
            TimeChoice::Find => Ok(TimeColumn::by_name(file)),
        }
    }

    fn named(file: &FileTable, typed: &str) -> Result<TimeColumn> {
        let names = file.columns.iter().map(|column| column.plan.name.as_str());
        let name = find_name(names, typed)?;
        match timestamps(file).find(|(known, _)| *known == name) {
            Some((name, times)) => {
                Ok(TimeColumn { name: name.to_owned(), times: times.to_vec(), why: "as chosen".to_owned() })
            }
            None => {
                let dates: Vec<&str> = timestamps(file).map(|(name, _)| name).collect();
                let has = if dates.is_empty() { "none".to_owned() } else { listed(dates.into_iter()) };
                bail!(
                    "--time `{name}` is no column of dates (columns of dates: {has}): choose one of these, or have it read as \
                     dates by `kind = \"timestamp\"` in a file that --reading names"
                )
            }
        }
    }

    fn by_name(file: &FileTable) -> Option<TimeColumn> {
        let usable: Vec<(&str, &[i64])> = timestamps(file).filter(|(_, times)| is_dated(times)).collect();
        let only = usable.len() == 1;
        let mut ranked: Vec<(u8, &str, &[i64])> = usable
            .into_iter()
            .filter_map(|(name, times)| Some((rank(name).filter(|rank| *rank < NEUTRAL || only)?, name, times)))
            .collect();
        // Of columns of one rank the first: they are in the order of the file.
        ranked.sort_by_key(|(rank, _, _)| *rank);
        let (rank, name, times) = ranked.first()?;
        let why = if *rank == NEUTRAL { "the only column of dates" } else { "its name says so" };
        Some(TimeColumn { name: (*name).to_owned(), times: times.to_vec(), why: why.to_owned() })
    }
}

/// The rank of a name that says nothing.
const NEUTRAL: u8 = 2;

/// Returns how well a name says when a lead came, the best first; `None` if it says something else.
fn rank(name: &str) -> Option<u8> {
    let plain: String = name.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect();
    let has = |parts: &[&str]| parts.iter().any(|part| plain.contains(part));
    if has(LATER) {
        None
    } else if has(CREATION) {
        Some(0)
    } else if PLAIN.contains(&plain.as_str()) {
        Some(1)
    } else {
        Some(NEUTRAL)
    }
}

fn timestamps(file: &FileTable) -> impl Iterator<Item = (&str, &[i64])> {
    file.columns.iter().filter_map(|column| match &column.values {
        FileValues::Timestamps(times) => Some((column.plan.name.as_str(), times.as_slice())),
        FileValues::Values(_) => None,
    })
}

/// Returns whether most rows have a date, and not all the same.
fn is_dated(times: &[i64]) -> bool {
    let dated = times.iter().filter(|time| **time != i64::MIN).count();
    let first = times.iter().find(|time| **time != i64::MIN);
    dated * 100 >= times.len() * DATED_PERCENT_MIN && times.iter().any(|time| *time != i64::MIN && Some(time) != first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: Option<u8>) {
        assert_eq!(rank(name), expected, "{name}");
    }

    #[test]
    fn names_of_the_creation_come_first() {
        for name in
            ["Created", "created_at", "Create Date", "CreatedDate", "Erstellt am", "Eingangsdatum", "date_added"]
        {
            check(name, Some(0));
        }
        check("Date", Some(1));
        check("Datum", Some(1));
        check("visit", Some(NEUTRAL));
    }

    #[test]
    fn names_of_what_comes_later_are_never_taken() {
        for name in ["Last Modified Date", "closed_at", "Close Date", "Converted Date", "Abschlussdatum", "Birthdate"] {
            check(name, None);
        }
    }
}
