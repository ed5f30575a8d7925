//! The pointer to what counts of a data folder, `CURRENT`: the state of the raw rows and the version of the ground. It is
//! replaced as the last step of an ingestion, which becomes visible by that alone.
//!
//! ```text
//! CURRENT                       names the state and the report, with their hashes
//! runs/000012/state.json        which raw parts count, with their hashes, and how far each source was read
//! runs/000012/rejects.csv       the rows that could not be read, of all runs so far
//! ground/000008/report.json     the version of the ground, with the hashes of its files
//! ```
//!
//! An earlier program had two pointers, `raw/state.json` and `ground/CURRENT`. They are read while there is no `CURRENT`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::files::file_hash::FileHash;
use crate::files::replace_file::{sync_folder, write_atomically};

/// What to do if the pointer or what it names is damaged.
pub(crate) const RESTORE: &str = "restore the data folder from a backup; without one, move `CURRENT`, `raw`, `runs` and \
     `ground` out of it and run `plumb ingest`, which reads everything again that the sources still have; models, \
     predictions and flags stay";

/// What stands in `raw/state.json`, so that an earlier program refuses the folder instead of starting from nothing.
const MOVED: &str = "{ \"moved_to\": \"runs\" }\n";

/// What counts of a data folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Current {
    /// The state of the raw rows; `None` before the first run.
    pub(crate) state: Option<FileRef>,
    /// The report of the version of the ground; `None` before the first version.
    pub(crate) report: Option<FileRef>,
}

/// A file of a data folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileRef {
    /// Its path in the data folder.
    pub(crate) path: PathBuf,
    /// Its hash; `None` if an earlier program wrote it.
    pub(crate) hash: Option<FileHash>,
}

impl Current {
    /// Reads the pointer; it is empty before the first ingestion.
    pub(crate) fn load(data: &Path) -> Result<Current, Error> {
        if let Some(current) = Current::read(data)? {
            return Ok(current);
        }
        let earlier = Current::of_earlier_program(data)?;
        if earlier != Current::default() {
            return Ok(earlier);
        }
        if let Some(current) = Current::read(data)? {
            // The first ingestion by this program ended in between.
            return Ok(current);
        }
        match is_moved(data) {
            true => Err(damaged(data, "it is not there, though there are raw rows".to_owned())),
            false => Ok(earlier),
        }
    }

    fn read(data: &Path) -> Result<Option<Current>, Error> {
        let path = data.join("CURRENT");
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::file("read", &path)(error)),
        };
        serde_json::from_slice(&text).map(Some).map_err(|error| damaged(data, error.to_string()))
    }

    fn of_earlier_program(data: &Path) -> Result<Current, Error> {
        let state = PathBuf::from("raw/state.json");
        let has_state = data.join(&state).is_file() && !is_moved(data);
        let pointer = data.join("ground/CURRENT");
        let report = match std::fs::read_to_string(&pointer) {
            Ok(version) => Some(Path::new("ground").join(version.trim()).join("report.json")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(Error::file("read", &pointer)(error)),
        };
        let file = |path| FileRef { path, hash: None };
        Ok(Current { state: has_state.then(|| file(state)), report: report.map(file) })
    }

    /// Makes this what counts, in one step, which is on the disk when this returns.
    pub(crate) fn publish(&self, data: &Path) -> Result<(), Error> {
        let text = serde_json::to_vec_pretty(self).expect("paths and hashes become JSON");
        write_atomically(&data.join("CURRENT"), &text)
    }

    /// Makes sure that an earlier program refuses the folder, of which this is what counts.
    pub(crate) fn take_over(&self, data: &Path) -> Result<(), Error> {
        if is_moved(data) || !data.join("raw").is_dir() {
            return Ok(());
        }
        // The run that wrote it may have failed to force it to the disk. If it were lost, nothing would count any more.
        self.publish(data)?;
        leave_earlier_pointers(data)
    }

    /// Returns whether this program wrote what counts.
    pub(crate) fn has_hashes(&self) -> bool {
        [&self.state, &self.report].into_iter().all(|file| file.as_ref().is_some_and(|file| file.hash.is_some()))
    }

    /// Returns the number of the run that this is, from 1; 0 if an earlier program wrote it, or nothing is there.
    pub(crate) fn run(&self) -> u64 {
        self.state.as_ref().and_then(|state| state.folder_number()).unwrap_or(0)
    }

    /// Returns the number of the version of the ground, from 1; 0 if there is none.
    pub(crate) fn version(&self) -> u64 {
        self.report.as_ref().and_then(|report| report.folder_number()).unwrap_or(0)
    }
}

impl FileRef {
    /// Reads the file and checks its bytes. `way_out` says what to do if they are others.
    pub(crate) fn read(&self, data: &Path, way_out: &'static str) -> Result<Vec<u8>, Error> {
        let path = data.join(&self.path);
        let bytes = std::fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                let expected = "the file that `CURRENT` names".to_owned();
                Error::Damaged { path: path.clone(), found: "it is not there".to_owned(), expected, way_out }
            }
            _ => Error::file("read", &path)(error),
        })?;
        if let Some(hash) = &self.hash {
            hash.check_bytes(&path, &bytes, way_out)?;
        }
        Ok(bytes)
    }

    /// Returns the number that the file's folder is named by.
    fn folder_number(&self) -> Option<u64> {
        self.path.parent()?.file_name()?.to_str()?.parse().ok()
    }
}

/// Removes the pointers of an earlier program, and has it refuse the folder from now on. Until this was done once, that
/// program would take the folder for its own.
pub(crate) fn leave_earlier_pointers(data: &Path) -> Result<(), Error> {
    let raw = data.join("raw");
    if is_moved(data) || !raw.is_dir() {
        return Ok(());
    }
    for file in ["ground/CURRENT", "rejects.csv", "unmatched.csv"] {
        let path = data.join(file);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::file("remove", &path)(error));
            }
            _ => {}
        }
    }
    write_atomically(&raw.join("state.json"), MOVED.as_bytes())?;
    sync_folder(data)
}

fn is_moved(data: &Path) -> bool {
    std::fs::read(data.join("raw/state.json")).is_ok_and(|content| content == MOVED.as_bytes())
}

fn damaged(data: &Path, found: String) -> Error {
    let expected = "the names and hashes that the last ingestion wrote".to_owned();
    Error::Damaged { path: data.join("CURRENT"), found, expected, way_out: RESTORE }
}
