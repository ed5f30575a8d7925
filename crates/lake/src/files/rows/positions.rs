//! The positions of a model's columns in a file.

use std::path::Path;

use plumb_lead::FeatureSet;

use crate::error::Error;

/// The most names of a header that a message shows.
const NAMES_SHOWN_MAX: usize = 100;

/// Positions of the columns that are read.
#[derive(Debug)]
pub(super) struct ColumnPositions {
    /// Of the features, in their order.
    pub(super) features: Vec<usize>,
    /// Of the row's id, if there is one.
    pub(super) id: Option<usize>,
}

impl ColumnPositions {
    /// Finds the features' columns and that of the id in a file's header.
    pub(super) fn find(
        path: &Path,
        header: &[String],
        features: &FeatureSet,
        id: Option<&str>,
    ) -> Result<ColumnPositions, Error> {
        let position = |name: &str| header.iter().position(|found| found == name);
        let names = || features.features.iter().map(|feature| feature.name.as_str());
        let missing: Vec<&str> = names().chain(id).filter(|name| position(name).is_none()).collect();
        if missing.is_empty() {
            return Ok(ColumnPositions { features: names().filter_map(position).collect(), id: id.and_then(position) });
        }
        let problem = format!(
            "it has no column `{}`: expected a column for each of the model's {} features{}; it has `{}`",
            missing.join("`, `"),
            features.features.len(),
            if id.is_some() { ", and the one named by --id" } else { "" },
            shown(header)
        );
        Err(Error::Rows { path: path.to_owned(), problem })
    }
}

/// Returns the first names of a header, for a message.
fn shown(header: &[String]) -> String {
    let first: Vec<&str> = header.iter().take(NAMES_SHOWN_MAX).map(String::as_str).collect();
    let more = header.len() - first.len();
    let more = if more == 0 { String::new() } else { format!("` and {more} more, such as `{}", header[first.len()]) };
    first.join("`, `") + &more
}
