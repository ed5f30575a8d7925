//! Ids of events that several leads have. An id stands for one event, which was then corrected to be of another lead; as
//! leads lie in different partitions, such events are found before those are derived.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::partitions::hash_of;
use crate::error::Error;
use crate::files::file_hash::for_each_file;

/// Files by the hash of the id: one of them at a time is in memory.
const FILES: usize = 64;

/// Bytes of an entry: the hash of the id, and the lead.
const ENTRY_BYTES: usize = 16 + 4;

/// The ids of a relation, written aside.
pub(super) struct EventIds {
    files: Vec<(PathBuf, BufWriter<File>)>,
}

/// The ids that several leads have, and those leads.
#[derive(Default)]
pub(super) struct SharedEventIds {
    ids: HashSet<u128>,
    leads: Vec<u32>,
}

impl EventIds {
    /// Begins to collect ids in a folder, in files that begin with `name`.
    pub(super) fn new(folder: &Path, name: &str) -> Result<EventIds, Error> {
        let create = |number| {
            let path = folder.join(format!("{name}-{number}.ids"));
            let file = File::create(&path).map_err(Error::file("create", &path))?;
            Ok((path, BufWriter::with_capacity(32 << 10, file)))
        };
        Ok(EventIds { files: (0..FILES).map(create).collect::<Result<_, Error>>()? })
    }

    /// Adds the id of an event of a lead, by the position of its file of SQL.
    pub(super) fn add(&mut self, file: u16, id: &str, lead: u32) -> Result<(), Error> {
        let hash = id_hash(file, id);
        let mut entry = [0; ENTRY_BYTES];
        entry[..16].copy_from_slice(&hash.to_le_bytes());
        entry[16..].copy_from_slice(&lead.to_le_bytes());
        let (path, file) = &mut self.files[(hash % FILES as u128) as usize];
        file.write_all(&entry).map_err(Error::file("write", path))
    }

    /// Returns the ids that several leads have.
    pub(super) fn finish(self) -> Result<SharedEventIds, Error> {
        let mut paths = Vec::with_capacity(FILES);
        for (path, mut file) in self.files {
            file.flush().map_err(Error::file("write", &path))?;
            paths.push(path);
        }
        let shared: Mutex<SharedEventIds> = Mutex::default();
        for_each_file(&paths, |path| {
            let found = shared_in(&std::fs::read(path).map_err(Error::file("read", path))?);
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            for (id, lead) in found {
                shared.ids.insert(id);
                shared.leads.push(lead);
            }
            drop(shared);
            std::fs::remove_file(path).map_err(Error::file("remove", path))
        })?;
        Ok(shared.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

impl SharedEventIds {
    /// Returns whether several leads have an id.
    pub(super) fn has(&self, file: u16, id: &str) -> bool {
        !self.ids.is_empty() && self.ids.contains(&id_hash(file, id))
    }

    /// Returns the hashes of the ids.
    pub(super) fn hashes(&self) -> &HashSet<u128> {
        &self.ids
    }

    /// Returns the leads that have one.
    pub(super) fn leads(&self) -> &[u32] {
        &self.leads
    }
}

/// Returns the ids that several leads have, with each of the leads.
fn shared_in(entries: &[u8]) -> Vec<(u128, u32)> {
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let entries = entries.chunks_exact(ENTRY_BYTES);
    let mut entries: Vec<(u128, u32)> =
        entries.map(|entry| (number(&entry[..16]), number(&entry[16..]) as u32)).collect();
    entries.sort_unstable();
    entries.dedup();
    let of_id = entries.chunk_by(|one, other| one.0 == other.0);
    of_id.filter(|of_id| of_id.len() > 1).flatten().copied().collect()
}

/// Returns 128 bits: among a billion ids, the chance that two are taken for one is less than one in 10^20.
pub(super) fn id_hash(file: u16, id: &str) -> u128 {
    let half = |salt: u8| {
        let [low, high] = file.to_le_bytes();
        let bytes: Vec<u8> = [salt, low, high].into_iter().chain(id.bytes()).collect();
        u128::from(hash_of(&bytes))
    };
    half(1) << 64 | half(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_several_leads_have_are_found() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut ids = EventIds::new(folder.path(), "event").expect("created");
        for (file, id, lead) in [(0, "a", 1), (0, "a", 2), (0, "a", 2), (1, "a", 7), (0, "b", 1), (0, "b", 1)] {
            ids.add(file, id, lead).expect("written");
        }
        let shared = ids.finish().expect("readable");
        assert!(shared.has(0, "a") && !shared.has(1, "a") && !shared.has(0, "b") && !shared.has(0, "c"));
        assert_eq!(shared.leads(), [1, 2]);
    }
}
