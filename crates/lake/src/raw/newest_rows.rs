//! The hash of each key's newest row. What this run adds is in memory; what earlier runs added lies on the disk, so that a
//! run costs what is new, and not what is there.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::key_file::{KeyFile, merge, write};
use super::key_map::KeyMap;
use super::row_hash::DELETED;
use super::state::KeyFiles;
use crate::error::Error;

/// Once one in so many of the known keys was looked up on the disk, all of them are read into memory: it is quicker then.
const LOOKUPS_SHARE: u64 = 8;

/// A file of keys is united with the next older one unless that has so many times its keys. So there are few files.
const GROWTH: u64 = 4;

/// The newest rows of a table.
pub(super) struct NewestRows {
    /// Of this run.
    added: KeyMap,
    /// Of earlier runs, once they were read into memory.
    loaded: Option<KeyMap>,
    /// The files of earlier runs, oldest first.
    files: Vec<KeyFile>,
    /// Keys that were looked up in the files.
    lookups: u64,
    /// Keys whose newest row is not deleted.
    live: u64,
    /// Whether the files do not have what is loaded, so that all is written again.
    is_anew: bool,
}

impl NewestRows {
    /// Opens the files of earlier runs; `None` if one of them is not as it was written. They can be made again.
    pub(super) fn open(raw_folder: &Path, keys: &KeyFiles) -> Option<NewestRows> {
        let files = keys.files.iter().map(|path| KeyFile::open(&raw_folder.join(path)));
        let files = files.collect::<Result<Vec<KeyFile>, Error>>().ok()?;
        let live = files.last().map_or(0, KeyFile::live);
        Some(NewestRows { added: KeyMap::default(), loaded: None, files, lookups: 0, live, is_anew: false })
    }

    /// Begins without files, to be told all rows that are there.
    pub(super) fn anew() -> NewestRows {
        let loaded = Some(KeyMap::default());
        NewestRows { added: KeyMap::default(), loaded, files: Vec::new(), lookups: 0, live: 0, is_anew: true }
    }

    /// Tells of a row of an earlier run.
    pub(super) fn note_known(&mut self, key: i64, hash: i64) {
        let before = self.loaded.get_or_insert_default().insert(key, hash);
        self.count(before, hash);
    }

    /// Notes the hash of a key's newest row, and returns that of the one before.
    pub(super) fn insert(&mut self, key: i64, hash: i64) -> Result<Option<i64>, Error> {
        let before = match self.added.get(key) {
            Some(before) => Some(before),
            None => self.known(key)?,
        };
        if before != Some(hash) {
            self.added.insert(key, hash);
            self.count(before, hash);
        }
        Ok(before)
    }

    /// Returns how many keys there are whose newest row is not deleted.
    pub(super) fn live(&self) -> u64 {
        self.live
    }

    /// Returns the keys whose newest row is not deleted and that are not among those heard of, in their order.
    pub(super) fn unheard(&mut self, heard: &HashSet<i64>) -> Result<Vec<i64>, Error> {
        self.load()?;
        let loaded = self.loaded.iter().flat_map(KeyMap::iter).filter(|(key, _)| self.added.get(*key).is_none());
        let live = self.added.iter().chain(loaded).filter(|(key, hash)| *hash != DELETED && !heard.contains(key));
        let mut unheard: Vec<i64> = live.map(|(key, _)| key).collect();
        unheard.sort_unstable();
        Ok(unheard)
    }

    /// Writes what this run added, to a path that nothing else begins with, and returns the files that count then, in the
    /// raw folder.
    pub(super) fn finish(self, raw_folder: &Path, name: &Path) -> Result<Vec<PathBuf>, Error> {
        let NewestRows { added, loaded, mut files, live, is_anew, .. } = self;
        let all = |files: &[KeyFile]| files.iter().map(|file| relative(raw_folder, file.path())).collect();
        if added.len() == 0 && !is_anew {
            return Ok(all(&files));
        }
        let entries = match loaded.filter(|_| is_anew) {
            Some(mut all) => {
                all.extend(added);
                all
            }
            None => added,
        };
        let mut number = 0;
        let mut next_path = || {
            number += 1;
            name.with_extension(format!("{number}.keys"))
        };
        let path = next_path();
        write(&path, live, entries.into_sorted().map(Ok))?;
        let mut newest = KeyFile::open(&path)?;
        while let Some(older) = files.pop_if(|older| older.len() < GROWTH * newest.len()) {
            let path = next_path();
            merge(&path, &older, &newest)?;
            std::fs::remove_file(newest.path()).map_err(Error::file("remove", newest.path()))?;
            newest = KeyFile::open(&path)?;
        }
        files.push(newest);
        Ok(all(&files))
    }

    /// Returns the hash of a key's newest row of earlier runs.
    fn known(&mut self, key: i64) -> Result<Option<i64>, Error> {
        if self.loaded.is_none() {
            let known: u64 = self.files.iter().map(KeyFile::len).sum();
            self.lookups += 1;
            if self.lookups * LOOKUPS_SHARE <= known {
                let newest_first = self.files.iter().rev();
                for file in newest_first {
                    if let Some(hash) = file.find(key)? {
                        return Ok(Some(hash));
                    }
                }
                return Ok(None);
            }
            self.load()?;
        }
        Ok(self.loaded.as_ref().and_then(|loaded| loaded.get(key)))
    }

    /// Reads the files into memory.
    fn load(&mut self) -> Result<(), Error> {
        if self.loaded.is_none() {
            let mut loaded = KeyMap::default();
            for file in &self.files {
                for entry in file.entries()? {
                    let (key, hash) = entry?;
                    loaded.insert(key, hash);
                }
            }
            self.loaded = Some(loaded);
        }
        Ok(())
    }

    fn count(&mut self, before: Option<i64>, hash: i64) {
        let was_live = before.is_some_and(|before| before != DELETED);
        match (was_live, hash != DELETED) {
            (false, true) => self.live += 1,
            (true, false) => self.live -= 1,
            _ => {}
        }
    }
}

fn relative(raw_folder: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(raw_folder).unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// Rows of one run after the other: few keys, so that they come again.
    fn runs() -> impl Strategy<Value = Vec<Vec<(i64, i64)>>> {
        let row = (0_i64..200, prop_oneof![Just(DELETED), 0_i64..4]);
        let spread = row.prop_map(|(key, hash)| (key.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64), hash));
        prop::collection::vec(prop::collection::vec(spread, 0..120), 1..8)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn files_know_what_a_map_knows(runs in runs()) {
            let raw = tempfile::tempdir().expect("a temporary folder");
            let mut expected: HashMap<i64, i64> = HashMap::new();
            let mut keys = KeyFiles::default();
            for (run, rows) in runs.iter().enumerate() {
                let mut newest = NewestRows::open(raw.path(), &keys).expect("as it was written");
                for (key, hash) in rows {
                    prop_assert_eq!(newest.insert(*key, *hash).expect("readable"), expected.insert(*key, *hash));
                }
                let live = expected.values().filter(|hash| **hash != DELETED).count() as u64;
                prop_assert_eq!(newest.live(), live);
                if run % 3 == 2 {
                    let heard: HashSet<i64> = expected.keys().copied().filter(|key| key % 2 == 0).collect();
                    let is_gone = |(key, hash): &(&i64, &i64)| **hash != DELETED && !heard.contains(*key);
                    let mut unheard: Vec<i64> = expected.iter().filter(is_gone).map(|(key, _)| *key).collect();
                    unheard.sort_unstable();
                    prop_assert_eq!(newest.unheard(&heard).expect("readable"), unheard);
                }
                keys.files = newest.finish(raw.path(), &raw.path().join(format!("run-{run}"))).expect("written");
                prop_assert!(keys.files.len() < 6, "{:?}", keys.files);
                let there = std::fs::read_dir(raw.path()).expect("a folder").count();
                prop_assert!(there >= keys.files.len());
            }
        }
    }

    #[test]
    fn a_file_that_is_not_as_it_was_written_is_not_used() {
        let raw = tempfile::tempdir().expect("a temporary folder");
        let mut newest = NewestRows::anew();
        (0..3_000).for_each(|key| newest.note_known(key * 7_919, key));
        let files = newest.finish(raw.path(), &raw.path().join("run-1")).expect("written");
        let keys = KeyFiles { files, rows: 3_000 };
        let find = |key| NewestRows::open(raw.path(), &keys)?.insert(key, -1).ok().flatten();
        assert_eq!((find(7_919), find(1)), (Some(1), None));
        let path = raw.path().join(&keys.files[0]);
        let bytes = std::fs::read(&path).expect("readable");
        for changed in [0, 40, bytes.len() - 50, bytes.len() - 1] {
            let mut other = bytes.clone();
            other[changed] ^= 1;
            std::fs::write(&path, &other).expect("writable");
            assert_ne!(find(7_919), Some(0), "byte {changed}");
            let is_found = NewestRows::open(raw.path(), &keys).is_some_and(|mut newest| {
                (0..375).try_for_each(|key| newest.insert(key * 7_919, -1).map(drop)).is_ok()
            });
            assert!(!is_found, "byte {changed}");
        }
        std::fs::write(&path, &bytes[..bytes.len() - 1]).expect("writable");
        assert!(NewestRows::open(raw.path(), &keys).is_none());
        std::fs::remove_file(&path).expect("it is there");
        assert!(NewestRows::open(raw.path(), &keys).is_none());
    }
}
