//! Which versions of the ground are in use: a reader holds a shared lock on a version's report.

use std::fs::File;
use std::path::Path;

use crate::error::Error;
use crate::lock::is_at;

/// A version of the ground that is not removed while this is there.
#[derive(Debug)]
pub(crate) struct InUse {
    /// The lock ends with it.
    _report: File,
}

impl InUse {
    /// Begins to use a version, by the path of its report; `None` if it is not there any more.
    pub(crate) fn begin(report: &Path) -> Result<Option<InUse>, Error> {
        let file = match File::open(report) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::file("open", report)(error)),
        };
        // If it is being removed, this waits until that is done.
        file.lock_shared().map_err(Error::file("lock", report))?;
        Ok(is_at(&file, report).then_some(InUse { _report: file }))
    }
}
