//! A file beside the database that is replaced after each change of stages or variants. To look at it costs less than a
//! query, so a server does so at each request, and reads the registry only if it has changed.

use std::os::unix::fs::MetadataExt;
use std::time::SystemTime;

use anyhow::Result;

use super::database::Store;
use crate::ids;

/// Identifies a state of the registry: another one after each change of stages or variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RegistryMarker(Option<(SystemTime, u64)>);

impl Store {
    /// Returns the marker of the registry's present state.
    pub(crate) fn registry_marker(&self) -> RegistryMarker {
        let found = std::fs::metadata(&self.marker).ok();
        RegistryMarker(found.and_then(|found| Some((found.modified().ok()?, found.ino()))))
    }

    /// Changes the marker. The file is replaced, as its time alone may be the same twice.
    pub(super) fn change_registry_marker(&self) -> Result<()> {
        Ok(plumb_lake::write_atomically(&self.marker, ids::new_id().as_bytes())?)
    }
}
