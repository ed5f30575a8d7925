//! Makes what a run has found visible: raw rows, cursors, rejected rows and the ground, all in one step.
//!
//! Everything is written aside, forced to the disk and named; nothing that counts is changed. Then the pointer is
//! replaced. A run that dies before leaves files that nothing names, and the next run removes them.

use std::path::{Path, PathBuf};

use crate::current::{Current, FileRef, RESTORE, leave_earlier_pointers};
use crate::error::Error;
use crate::files::csv_file::csv_of;
use crate::files::file_hash::FileHash;
use crate::files::replace_file::{name_folder, temporary_folder, write_atomically};
use crate::ground::{self, Origin, Relations, Report};
use crate::raw::{self, RejectedRow, State};

/// The folder of a run's state.
const RUNS: &str = "runs";

/// The file beside a state that lists all rejected rows.
const REJECTS: &str = "rejects.csv";

/// The ground after a run.
pub(crate) enum NewGround {
    /// It is as it was.
    Same(Box<Report>),
    /// It was derived, from this.
    Derived(Box<Relations>, Origin),
}

/// What counts after a run.
pub(crate) struct Published {
    pub(crate) current: Current,
    pub(crate) report: Report,
}

impl Published {
    /// Returns the file that lists all rejected rows.
    pub(crate) fn rejected_file(&self, data: &Path) -> PathBuf {
        beside(data, self.current.state.as_ref(), REJECTS)
    }

    /// Returns the file that lists the rows of no lead.
    pub(crate) fn unmatched_file(&self, data: &Path) -> PathBuf {
        beside(data, self.current.report.as_ref(), ground::UNMATCHED)
    }
}

fn beside(data: &Path, file: Option<&FileRef>, name: &str) -> PathBuf {
    data.join(file.map_or_else(PathBuf::new, |file| file.path.with_file_name(name)))
}

/// Reads the state of the raw rows; it is empty before the first run.
pub(crate) fn state(data: &Path, current: &Current) -> Result<State, Error> {
    match &current.state {
        Some(file) => State::parse(&data.join(&file.path), &file.read(data, RESTORE)?),
        None => Ok(State::default()),
    }
}

/// Removes what runs that died or failed have left. Nothing of it counts.
pub(crate) fn remove_leftovers(data: &Path, current: &Current, state: &State) -> Result<(), Error> {
    if current.state.as_ref().is_some_and(|state| state.hash.is_some()) {
        current.take_over(data)?;
    }
    raw::remove_unlisted(&data.join("raw"), state)?;
    let (run, version) = (current.run(), current.version());
    remove_runs(data, |number| number > run)?;
    ground::remove_versions(data, |number| number > version)
}

/// Removes what was before `before`, which itself stays for a while. Versions in use stay too.
pub(crate) fn remove_older(data: &Path, before: &Current) -> Result<(), Error> {
    let (run, version) = (before.run(), before.version());
    remove_runs(data, |number| number < run)?;
    ground::remove_versions(data, |number| number < version)
}

/// Makes the state after a run, and its ground, what counts. `before` is what counts until then.
pub(crate) fn publish(data: &Path, before: &Current, state: &State, ground: NewGround) -> Result<Published, Error> {
    let (report, report_file) = match ground {
        NewGround::Same(report) => (*report, before.report.clone()),
        NewGround::Derived(relations, origin) => {
            let (report, file) = ground::write(data, *relations, origin)?;
            (report, Some(file))
        }
    };
    let state_file = write_run(data, state, &report)?;
    let current = Current { state: Some(state_file), report: report_file };
    current.publish(data)?;
    leave_earlier_pointers(data)?;
    Ok(Published { current, report })
}

/// Makes a ground alone what counts of a data folder that has no raw rows.
pub(crate) fn publish_ground(data: &Path, relations: Relations, origin: Origin) -> Result<(), Error> {
    let (_, report) = ground::write(data, relations, origin)?;
    Current { state: None, report: Some(report) }.publish(data)
}

/// Writes the state after a run, with the list of rejected rows.
fn write_run(data: &Path, state: &State, report: &Report) -> Result<FileRef, Error> {
    let runs = data.join(RUNS);
    let temporary = temporary_folder(&runs, ".run-")?;
    let text = state.to_json();
    write_atomically(&temporary.path().join("state.json"), &text)?;
    write_atomically(&temporary.path().join(REJECTS), &rejects_csv(state.rejected.iter().chain(&report.rejected))?)?;
    let name = format!("{:06}", state.run);
    name_folder(temporary, &runs.join(&name))?;
    Ok(FileRef { path: Path::new(RUNS).join(name).join("state.json"), hash: Some(FileHash::of_bytes(&text)) })
}

fn rejects_csv<'a>(rejected: impl Iterator<Item = &'a RejectedRow>) -> Result<Vec<u8>, Error> {
    let cells = |row: &RejectedRow| [row.file.clone(), row.line.to_string(), row.field.clone(), row.reason.clone()];
    csv_of(REJECTS, ["file", "line", "field", "reason"], rejected.map(cells))
}

fn remove_runs(data: &Path, is_unwanted: impl Fn(u64) -> bool) -> Result<(), Error> {
    let runs = data.join(RUNS);
    let entries = match std::fs::read_dir(&runs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::file("list", &runs)(error)),
    };
    for entry in entries {
        let entry = entry.map_err(Error::file("list", &runs))?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if name.starts_with(".run-") || name.parse().is_ok_and(&is_unwanted) {
            std::fs::remove_dir_all(&path).map_err(Error::file("remove", &path))?;
        }
    }
    Ok(())
}
