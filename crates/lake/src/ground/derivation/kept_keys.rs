//! Which lead each key belonged to in the version before, so that the keys are found that belong to another one now.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};

use super::identity::Identities;
use crate::error::Error;
use crate::files::file_hash::FileHash;
use crate::files::parquet_files::{read_parquet, write_parquet};
use crate::ground::kept_folder::KeptFolder;

/// A lead: its id, and whether it is a test.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct KeptLead {
    pub(super) id: String,
    pub(super) is_test: bool,
}

/// Keeps the lead of each key that has one.
pub(super) fn keep(folder: &KeptFolder, identities: &Identities) -> Result<FileHash, Error> {
    let keys = identities.keys_of_leads();
    let of_leads: Vec<(&str, u32)> = keys.collect();
    let leads = || of_leads.iter().map(|(_, lead)| *lead);
    let columns: [(&str, ArrayRef); 3] = [
        ("key", Arc::new(StringArray::from_iter_values(of_leads.iter().map(|(key, _)| *key)))),
        ("lead_id", Arc::new(StringArray::from_iter_values(leads().map(|lead| identities.lead_id(lead))))),
        ("is_test", Arc::new(BooleanArray::from_iter(leads().map(|lead| Some(identities.is_test(lead)))))),
    ];
    let rows = RecordBatch::try_from_iter(columns).map_err(Error::engine("keep the keys of leads"))?;
    let aside = folder.path().join(".keys.tmp");
    if aside.exists() {
        std::fs::remove_file(&aside).map_err(Error::file("remove", &aside))?;
    }
    let hash = write_parquet(&aside, &rows)?;
    let path = folder.path_of(&hash);
    std::fs::rename(&aside, &path).map_err(Error::file("name", &path))?;
    Ok(hash)
}

/// Returns the keys that belonged to another lead, or to none, or to one that was a test and is none or the other way: each
/// with its lead then.
pub(super) fn changed(
    folder: &KeptFolder,
    file: &FileHash,
    identities: &Identities,
) -> Result<HashMap<String, Option<KeptLead>>, Error> {
    let path = folder.path_of(file);
    file.check(&path, "run `plumb ingest --full`, which makes it again")?;
    let rows = read_parquet(&path)?;
    let [keys, leads] = ["key", "lead_id"].map(|name| rows[name].as_string::<i32>());
    let tests = rows["is_test"].as_boolean();
    let mut changed = HashMap::new();
    let mut known = vec![false; identities.keys()];
    for (row, key) in keys.iter().enumerate() {
        let key = key.unwrap_or_default();
        let number = identities.number_of(key);
        number.into_iter().for_each(|number| known[number as usize] = true);
        let (id, is_test) = (leads.value(row), tests.value(row));
        let is_same = |lead: u32| identities.lead_id(lead) == id && identities.is_test(lead) == is_test;
        if !identities.lead_of(key).is_some_and(is_same) {
            changed.insert(key.to_owned(), Some(KeptLead { id: id.to_owned(), is_test }));
        }
    }
    for (key, _) in identities.keys_of_leads() {
        if identities.number_of(key).is_some_and(|number| !known[number as usize]) {
            changed.insert(key.to_owned(), None);
        }
    }
    Ok(changed)
}
