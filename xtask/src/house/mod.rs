//! What must hold of the source tree as a whole: which file may use which, links in documents, one set of features.

mod features;
mod imports;
mod links;
mod modules;

use std::path::Path;

use anyhow::{Result, bail};

/// Checks all of it and reports every fault at once.
pub(crate) fn check(root: &Path) -> Result<()> {
    let mut faults = imports::faults(root)?;
    faults.extend(links::faults(root)?);
    faults.extend(features::faults(root)?);
    if faults.is_empty() {
        return Ok(());
    }
    bail!("{} faults in the layout of the source:\n  {}", faults.len(), faults.join("\n  "))
}
