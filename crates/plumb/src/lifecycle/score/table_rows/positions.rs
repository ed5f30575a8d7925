//! The positions of a model's columns in a file.

use anyhow::{Result, bail};
use plumb_lead::FeatureSet;

/// The most names of a header that a message shows.
const NAMES_SHOWN_MAX: usize = 100;

/// Positions of the columns that are read.
#[derive(Debug)]
pub(super) struct Positions {
    /// Of the features, in their order.
    pub(super) features: Vec<usize>,
    /// Of the row's id, if there is one.
    pub(super) id: Option<usize>,
    /// Columns that are named a little differently than in training: the model's name, and the file's.
    pub(super) renamed: Vec<(String, String)>,
}

impl Positions {
    /// Finds the features' columns and that of the id among the names of a file. Blanks and case are no matter where one
    /// column alone can be meant.
    pub(super) fn find(file: &str, names: &[String], features: &FeatureSet, id: Option<&str>) -> Result<Positions> {
        let wanted = || features.features.iter().map(|feature| feature.name.as_str());
        let missing: Vec<&str> = wanted().chain(id).filter(|name| position(names, name).is_none()).collect();
        if !missing.is_empty() {
            bail!(
                "`{file}`: it has no column `{}`: expected a column for each of the model's {} features{}; it has `{}`",
                missing.join("`, `"),
                features.features.len(),
                if id.is_some() { ", and the one named by --id" } else { "" },
                shown(names)
            );
        }
        let renamed = wanted().filter_map(|name| {
            let found = &names[position(names, name)?];
            (found != name).then(|| (name.to_owned(), found.clone()))
        });
        Ok(Positions {
            renamed: renamed.collect(),
            features: wanted().filter_map(|name| position(names, name)).collect(),
            id: id.and_then(|name| position(names, name)),
        })
    }
}

fn position(names: &[String], wanted: &str) -> Option<usize> {
    let plain = |name: &str| name.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ");
    let exact = names.iter().position(|name| name == wanted);
    exact.or_else(|| {
        let wanted = plain(wanted);
        let mut alike = names.iter().enumerate().filter(|(_, name)| plain(name) == wanted).map(|(at, _)| at);
        alike.next().filter(|_| alike.next().is_none())
    })
}

/// Returns the first names of a header, for a message.
fn shown(names: &[String]) -> String {
    let first: Vec<&str> = names.iter().take(NAMES_SHOWN_MAX).map(String::as_str).collect();
    let more = names.len() - first.len();
    let more = if more == 0 { String::new() } else { format!("` and {more} more, such as `{}", names[first.len()]) };
    first.join("`, `") + &more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_spite_of_blanks_and_case_if_one_can_be_meant() {
        let names = ["Size", "size ", "Lead  Source"].map(str::to_owned);
        assert_eq!(position(&names, "Size"), Some(0));
        assert_eq!(position(&names, "SIZE"), None, "two can be meant");
        assert_eq!(position(&names, "lead source"), Some(2));
        assert_eq!(position(&names, "channel"), None);
    }
}
