//! The files of raw rows as a whole: checked before anything is derived from them, and cleared of what no state lists.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::state::{Part, State};
use crate::error::Error;
use crate::files::file_hash::{FileHash, check_files, for_each_file};

/// What to do if raw rows are damaged: they are kept nowhere else.
const RESTORE: &str = "restore it from a backup; without one, move the data folder away and run `plumb ingest`, which reads \
     everything again that the sources still have";

/// Checks that all parts have the bytes that they were written with.
pub(crate) fn check_parts(raw_folder: &Path, state: &State) -> Result<(), Error> {
    let listed = state.parts().filter_map(|part| Some((raw_folder.join(&part.path), part.hash.as_ref()?)));
    check_files(&listed.collect::<Vec<(PathBuf, &FileHash)>>(), RESTORE)
}

/// Notes the hashes of parts that an earlier program wrote, so that they are checked from now on.
pub(crate) fn note_hashes(raw_folder: &Path, state: &mut State) -> Result<(), Error> {
    let parts = state.tables.values_mut().flat_map(|table| &mut table.parts);
    let unknown: Vec<Mutex<&mut Part>> = parts.filter(|part| part.hash.is_none()).map(Mutex::new).collect();
    for_each_file(&unknown, |part| {
        let mut part = part.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let path = raw_folder.join(&part.path);
        if !path.is_file() {
            let (found, expected) = ("it is not there".to_owned(), "a part that the state lists".to_owned());
            return Err(Error::Damaged { path, found, expected, way_out: RESTORE });
        }
        part.hash = Some(FileHash::of_file(&path)?);
        Ok(())
    })
}

/// Removes the parts of runs that died or failed: those that the state does not list. Parts of an earlier program stay,
/// as that program lost its state more easily, and raw rows are kept nowhere else.
pub(crate) fn remove_unlisted(raw_folder: &Path, state: &State) -> Result<(), Error> {
    let keys = state.tables.values().filter_map(|table| table.keys.as_ref()).flat_map(|keys| &keys.files);
    let listed = state.parts().map(|part| &part.path).chain(keys);
    let listed: HashSet<PathBuf> = listed.map(|path| raw_folder.join(path)).collect();
    remove_unlisted_in(raw_folder, &listed)
}

fn remove_unlisted_in(folder: &Path, listed: &HashSet<PathBuf>) -> Result<(), Error> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::file("list", folder)(error)),
    };
    for entry in entries {
        let path = entry.map_err(Error::file("list", folder))?.path();
        if path.is_dir() {
            remove_unlisted_in(&path, listed)?;
        } else if (is_part(&path) || is_key_file(&path)) && !listed.contains(&path) {
            std::fs::remove_file(&path).map_err(Error::file("remove", &path))?;
        }
    }
    Ok(())
}

/// Returns whether a file is named as this program names a part: `run-000012-0-64a1f.parquet`.
fn is_part(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let numbers: Option<Vec<&str>> = name
        .strip_prefix("run-")
        .and_then(|rest| rest.strip_suffix(".parquet"))
        .map(|numbers| numbers.split('-').collect());
    numbers.is_some_and(|numbers| numbers.len() == 3)
}

/// Returns whether a file is named as a file of keys: they are made again if they are missing.
fn is_key_file(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with("run-") && name.ends_with(".keys")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raw::TableState;

    #[test]
    fn parts_of_dead_runs_go_and_all_else_stays() {
        let raw = tempfile::tempdir().expect("a temporary folder");
        let write = |name: &str| {
            let path = raw.path().join("crm/leads").join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, name).expect("written");
        };
        ["run-000001-0-a.parquet", "run-000002-0-b.parquet", "run-000002-0.parquet", "notes.txt"]
            .into_iter()
            .for_each(write);
        let part = Part { path: "crm/leads/run-000001-0-a.parquet".into(), learned_at: 1, hash: None };
        let table = TableState { parts: vec![part], ..TableState::default() };
        let mut state = State { tables: [("crm.leads".to_owned(), table)].into(), ..State::default() };
        remove_unlisted(raw.path(), &state).expect("removed");
        let mut names: Vec<String> = std::fs::read_dir(raw.path().join("crm/leads"))
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        assert_eq!(names, ["notes.txt", "run-000001-0-a.parquet", "run-000002-0.parquet"]);

        assert!(check_parts(raw.path(), &state).is_ok(), "an earlier program noted no hash");
        note_hashes(raw.path(), &mut state).expect("readable");
        assert!(check_parts(raw.path(), &state).is_ok());
        write("run-000001-0-a.parquet");
        std::fs::write(raw.path().join("crm/leads/run-000001-0-a.parquet"), "run-000001-0-b.parquet").expect("written");
        let error = check_parts(raw.path(), &state).expect_err("a byte differs").to_string();
        assert!(error.contains("run-000001-0-a.parquet` is damaged") && error.contains("restore it from a backup"));
    }
}
