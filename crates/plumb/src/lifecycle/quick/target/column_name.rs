//! Finds a column by the name that a user typed.

use anyhow::{Result, bail};

/// How many names a message lists before it says that there are more.
const LISTED_MAX: usize = 24;

/// Returns the name of a column as the file has it: the name itself, or the only one that differs by blanks around it or by
/// case. Otherwise an error with the names that are near, or all.
pub(crate) fn find_name<'a>(names: impl Iterator<Item = &'a str> + Clone, typed: &str) -> Result<&'a str> {
    let plain = |name: &str| name.trim().to_lowercase();
    if let Some(same) =
        names.clone().find(|name| *name == typed).or_else(|| names.clone().find(|name| *name == typed.trim()))
    {
        return Ok(same);
    }
    let alike: Vec<&str> = names.clone().filter(|name| plain(name) == plain(typed)).collect();
    match alike.as_slice() {
        [only] => return Ok(only),
        [] => {}
        several => bail!(
            "there is no column `{typed}`, and several differ from it by case only: {}; expected one of them as it is written",
            listed(several.iter().copied())
        ),
    }
    let mut near: Vec<(usize, &str)> = names
        .clone()
        .map(|known| (strsim::levenshtein(&plain(known), &plain(typed)), known))
        .filter(|(distance, _)| *distance <= typed.chars().count() / 3)
        .collect();
    near.sort();
    if near.is_empty() {
        bail!("there is no column `{typed}`; the columns are {}", listed(names));
    }
    bail!("there is no column `{typed}`; near it are {}", listed(near.into_iter().map(|(_, known)| known)));
}

/// Returns names as a message lists them.
pub(crate) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.len().checked_sub(LISTED_MAX) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..LISTED_MAX].join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(typed: &str, expected: &str) {
        let names = ["Won", "Lead Source", "size", "SIZE"];
        let found = find_name(names.into_iter(), typed);
        let found = found.map_or_else(|error| error.to_string(), str::to_owned);
        assert!(found.contains(expected), "`{found}` does not say `{expected}`");
    }

    #[test]
    fn a_name_is_found_in_spite_of_blanks_and_case() {
        check("Won", "Won");
        check(" won ", "Won");
        check("LEAD source", "Lead Source");
        check("size", "size");
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_nearest_names() {
        check("Size", "several differ from it by case only: `size`, `SIZE`");
        check("Lead Sauce", "near it are `Lead Source`");
        check("revenue", "the columns are `Won`, `Lead Source`, `size`, `SIZE`");
    }
}
