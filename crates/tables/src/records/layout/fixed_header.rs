//! Finds the header that a plan fixes.

use super::names::plain;
use super::survey::Head;
use crate::error::Error;
use crate::plan::HeaderPlan;
use crate::records::source::Record;

/// Returns the position of the record that has the names of a plan, in any order. Names that are missing are an error.
pub(super) fn find_fixed(
    head: &Head,
    fixed: &HeaderPlan,
    file: &str,
    place_word: &str,
) -> Result<(usize, bool), Error> {
    let error = |place: String, problem: String| Error::Plan { name: file.to_owned(), place, problem };
    if fixed.absent {
        let above = fixed.lines_above;
        let begin = head.records.iter().position(|(place, _)| place.line > above).unwrap_or(0);
        return if head.width == fixed.names.len() || fixed.names.is_empty() {
            Ok((begin, true))
        } else {
            Err(error(
                "its first row".to_owned(),
                format!(
                    "{} cells, and the plan names {} columns: mend `names` in the plan",
                    head.width,
                    fixed.names.len()
                ),
            ))
        };
    }
    let missing = |record: &Record| -> Vec<&String> {
        let names: Vec<String> = record.iter().map(|name| plain(name).to_lowercase()).collect();
        let times = |name: &str| names.iter().filter(|known| *known == name).count();
        let is_there = |name: &&String| {
            let lower = name.to_lowercase();
            // `Address.2` is the second `Address`, and `column 3` has no name.
            let numbered =
                lower.rsplit_once('.').and_then(|(name, number)| Some((name, number.parse::<usize>().ok()?)));
            let by_place = lower.strip_prefix("column ").and_then(|place| place.parse::<usize>().ok());
            times(&lower) > 0
                || numbered.is_some_and(|(name, number)| times(name) >= number)
                || by_place.is_some_and(|place| names.get(place - 1).is_none_or(String::is_empty))
        };
        fixed.names.iter().filter(|name| !is_there(name)).collect()
    };
    let lacking = head.records.iter().enumerate().take(60).map(|(at, (_, record))| (missing(record), at));
    match lacking.min_by_key(|(missing, at)| (missing.len(), *at)) {
        Some((missing, at)) if missing.is_empty() => Ok((at, false)),
        Some((missing, at)) if missing.len() < fixed.names.len() => {
            let names: Vec<&str> = missing.iter().map(|name| name.as_str()).collect();
            let (place, record) = &head.records[at];
            let found: Vec<String> = record.iter().map(plain).collect();
            Err(error(
                format!("{place_word} {}", place.line),
                format!(
                    "no column `{}`, which the plan names: expected the columns of the plan in any order, found `{}`; mend \
                     `names` in the plan if the export has changed",
                    names.join("`, `"),
                    found.join("`, `")
                ),
            ))
        }
        _ => Err(error(
            "its first lines".to_owned(),
            format!("none of the names of the plan, `{}`: is it another file?", fixed.names.join("`, `")),
        )),
    }
}
