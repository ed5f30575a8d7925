//! What counts in a data folder at a moment: the run that read the sources last, and the ground that was derived.

use std::path::{Path, PathBuf};

use crate::current::Current;
use crate::error::Error;

/// What counts in a data folder at a moment. To find out costs one small file, however much data there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataVersion {
    /// The file with the state after the last run.
    run: Option<PathBuf>,
    /// The folder of the ground's version.
    ground: Option<PathBuf>,
}

impl DataVersion {
    /// Reads it.
    pub fn read(data: &Path) -> Result<DataVersion, Error> {
        let Current { state, report } = Current::load(data)?;
        let folder = |path: PathBuf| data.join(path).parent().map(Path::to_owned);
        Ok(DataVersion { run: state.map(|state| state.path), ground: report.and_then(|report| folder(report.path)) })
    }

    /// Returns the folder of the ground's version; `None` before the first ingestion.
    pub(crate) fn ground(&self) -> Option<&Path> {
        self.ground.as_deref()
    }
}
